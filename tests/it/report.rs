//! What is written about a diagnostic, in every format.

use std::collections::HashSet;
use std::time::Duration;

use cargo_conjoin::diagnostic::{Applicability, Confidence, Diagnostic, Edit, Fix, Label, Level, Row, Timeline};
use cargo_conjoin::discover::{Package, Target, Workspace};
use cargo_conjoin::report::{Format, Rendered, Report, Style, problem, summary, write};
use cargo_conjoin::source::{FileId, Problem, SourceFile, Span};

pub(crate) const PLAIN: Style = Style { color: false, unicode: true, width: 80 };

/// The place of `part` in `text`.
fn span(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

fn label(text: &str, part: &str, words: &str) -> Label {
    Label { span: span(text, part), text: words.to_owned() }
}

fn row(name: &str, before: usize, after: usize) -> Row {
    Row { name: name.to_owned(), before, after, length: 1 }
}

fn edits(text: &str, changes: &[(&str, &str)]) -> Vec<Edit> {
    let edit =
        |(part, replacement): &(&str, &str)| Edit { span: span(text, part), replacement: (*replacement).to_owned() };
    changes.iter().map(edit).collect()
}

/// Two awaits on two lines, the second of which points back to the first.
pub(crate) fn two_awaits(text: &str, first: &str, second: &str, changes: &[(&str, &str)]) -> Diagnostic {
    Diagnostic {
        lint: "sequential_await",
        level: Level::Warn,
        confidence: Confidence::Likely,
        file: FileId(0),
        function: "page".to_owned(),
        message: "2 awaits wait for one another without need".to_owned(),
        primary: label(text, second, "needs nothing from it"),
        labels: vec![label(text, first, "starts here")],
        timeline: Some(Timeline { before: 2, after: 1, rows: vec![row("name", 0, 0), row("photo", 1, 0)] }),
        evidence: vec!["`name` by name and `&self`".to_owned()],
        notes: vec!["if `photo` fails, `name` has run".to_owned()],
        fix: Some(Fix {
            title: "await them together".to_owned(),
            edits: edits(text, changes),
            fallback: None,
            applicability: Applicability::MachineApplicable,
            is_choice: false,
            imports: 0,
        }),
    }
}

pub(crate) const PAGE: &str = "\
async fn page(store: &Store) {
    let name = store.name().await;
    let photo = store.photo().await;
    show(name, photo);
}
";

pub(crate) fn page() -> Diagnostic {
    let changes = [
        ("let name = store.name().await", "let (name, photo) = tokio::join!(store.name(), store.photo())"),
        ("    let photo = store.photo().await;\n", ""),
    ];
    two_awaits(PAGE, "store.name().await", "store.photo().await", &changes)
}

/// A package whose only file has this text.
pub(crate) fn workspace(text: &str) -> Workspace {
    let mut file = SourceFile::new("/ws/demo/src/lib.rs".into(), "src/lib.rs".to_owned(), text.to_owned());
    file.package = Some(0);
    let target =
        Target { kinds: vec!["lib".to_owned()], name: "demo".to_owned(), src_path: "/ws/demo/src/lib.rs".into() };
    let package = Package {
        name: "demo".to_owned(),
        id: "path+file:///ws/demo#0.1.0".to_owned(),
        manifest_path: "/ws/demo/Cargo.toml".into(),
        edition: 2024,
        targets: vec![target],
        dependencies: Vec::new(),
    };
    Workspace { root: "/ws/demo".into(), packages: vec![package], files: vec![file], ..Workspace::default() }
}

pub(crate) fn written(workspace: &Workspace, diagnostics: &[Diagnostic], format: Format, style: Style) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes, &report(workspace, diagnostics), format, style).unwrap();
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn report<'a>(workspace: &'a Workspace, diagnostics: &'a [Diagnostic]) -> Report<'a> {
    Report { workspace, packages: &[0], repository: None, diagnostics, old: 0, built: None, files: 1, lines: 1500 }
}

fn human(text: &str, diagnostic: Diagnostic, style: Style) -> String {
    written(&workspace(text), &[diagnostic], Format::Human, style)
}

/// The JSON lines about a text.
fn json(text: &str, diagnostic: Diagnostic) -> String {
    written(&workspace(text), &[diagnostic], Format::Json { rendered: Rendered::Plain }, PLAIN)
}

/// The text after every suggestion in the JSON lines, as `rustfix` applies them.
fn fixed(text: &str, lines: &str) -> String {
    let messages = lines.lines().filter_map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.get("message").map(ToString::to_string)
    });
    let only_machine_applicable = rustfix::Filter::MachineApplicableOnly;
    let suggestions: Vec<rustfix::Suggestion> = messages
        .flat_map(|message| {
            rustfix::get_suggestions_from_json(&message, &HashSet::new(), only_machine_applicable).unwrap()
        })
        .collect();
    rustfix::apply_suggestions(text, &suggestions).unwrap()
}

#[test]
fn a_newcomer_sees_what_where_how_much_and_what_to_write() {
    let expected = "\
conjoin::sequential_await

  ⚠ 2 awaits wait for one another without need
   ╭─[src/lib.rs:3:17]
 2 │ let name = store.name().await;
   ·            ─────────┬────────
   ·                     ╰── starts here
 3 │ let photo = store.photo().await;
   ·             ─────────┬─────────
   ·                      ╰── needs nothing from it
   ╰────

          today: 2 round trips   then: 1
  name    ████                   ████
  photo   ····████               ████

  help:  await them together:

    let (name, photo) = tokio::join!(store.name(), store.photo());

  reads: `name` by name and `&self`
  note:  in `page`; confidence: likely
  note:  if `photo` fails, `name` has run

";
    let seen = human(PAGE, page(), PLAIN);
    assert_eq!(seen, expected, "\n{seen}");
}

#[test]
fn plain_terminals_get_plain_characters() {
    for width in [40, 80, 120] {
        let seen = human(PAGE, page(), Style { color: false, unicode: false, width });
        assert!(seen.is_ascii() && seen.contains("....####"), "{seen}");
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let colored = human(PAGE, page(), Style { color: true, ..PLAIN });
    let stripped = anstream::adapter::strip_str(&colored).to_string();
    assert_ne!(colored, stripped);
    let trimmed: String = stripped.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(trimmed, human(PAGE, page(), PLAIN));
}

#[test]
fn tabs_and_wide_characters_keep_their_marks_below_them() {
    let text = "async fn f() {\n\tlet 名 = 取る(\"漢字\").await;\n\t\tlet y = g().await;\n}\n";
    let diagnostic = two_awaits(text, "取る(\"漢字\").await", "g().await", &[]);
    let expected = "   \
   ╭─[src/lib.rs:3:11]
 2 │ let 名 = 取る(\"漢字\").await;
   ·          ─────────┬────────
   ·                   ╰── starts here
 3 │     let y = g().await;
   ·             ────┬────
   ·                 ╰── needs nothing from it
   ╰────
";
    let seen = human(text, diagnostic, PLAIN);
    assert!(seen.contains(expected.trim_start()), "{seen}");
}

#[test]
fn everything_but_code_fits_into_the_width() {
    let long =
        format!("async fn f() {{\n    let a = {}().await;\n    let b = c().await;\n}}\n", "long_name_".repeat(40));
    for width in [40, 60, 80, 120] {
        let mut diagnostic = two_awaits(&long, &format!("{}().await", "long_name_".repeat(40)), "c().await", &[]);
        diagnostic.labels[0].text = "it starts here and takes a while because it is far away ".repeat(3);
        diagnostic.notes.push("something else changes that has to be told at length ".repeat(4));
        let rows = (0..40).map(|index| row(&"very_long_name_".repeat(5), index, 0)).collect();
        diagnostic.timeline = Some(Timeline { before: 40, after: 1, rows });
        let seen = human(&long, diagnostic, Style { width, ..PLAIN });
        let widest = seen.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(width), "{width}: {widest:?}\n{seen}");
        assert!(seen.contains("very_") && seen.contains('…') && seen.contains("and 24 more"), "{seen}");
    }
}

#[test]
fn no_control_character_of_source_or_path_reaches_the_terminal() {
    let text = "async fn f() {\n    let a = b(\"\u{1b}[2J\u{202e}\").await; /* \u{7} */\r\n    let c = d(\"\u{9b}2J\").await;\n}\n";
    let mut diagnostic = two_awaits(text, "b(\"\u{1b}[2J\u{202e}\").await", "d(\"\u{9b}2J\").await", &[]);
    diagnostic.message = "\u{1b}]8;;x\u{7}link".to_owned();
    diagnostic.notes = vec!["\u{1b}c".to_owned()];
    diagnostic.fix.as_mut().unwrap().edits = edits(text, &[("let a", "let \u{1b}[31m")]);
    let mut workspace = workspace(text);
    workspace.files[0].name = "src/\u{1b}[31m\n.rs".to_owned();
    for format in [Format::Human, Format::Short] {
        let seen = written(&workspace, std::slice::from_ref(&diagnostic), format, PLAIN);
        assert_eq!(seen.find(|char: char| char != '\n' && (char.is_control() || char == '\u{202e}')), None, "{seen:?}");
    }
    let unread = Problem { file: "a\u{1b}.rs".to_owned(), place: None, message: "is\r\nbad".to_owned(), help: None };
    assert_eq!(problem(&unread, PLAIN), "warning: a␛.rs is bad");
}

#[test]
fn lines_far_apart_are_two_boxes_and_tall_marks_one_arrow() {
    let text = "async fn f() {\n    let a = b\n        .c()\n        .await;\n    x();\n    x();\n    x();\n    x();\n    d().await;\n}\n";
    let seen = human(text, two_awaits(text, "b\n        .c()\n        .await", "d().await", &[]), PLAIN);
    let expected = "   \
   ╭─[src/lib.rs:2:13]
 2 │ ╭─▶ let a = b
 3 │ │       .c()
 4 │ ├─▶     .await;
   · ╰──── starts here
   ╰────
   ╭─[src/lib.rs:9:5]
 9 │ d().await;
   · ────┬────
   ·     ╰── needs nothing from it
   ╰────
";
    assert!(seen.contains(expected.trim_start()), "{seen}");
}

#[test]
fn a_long_line_shows_where_it_awaits() {
    let call = |name: &str, args: &str| format!("{name}({}).await", args.repeat(12));
    let (first, second) = (call("first", "argument, "), call("second", "取る, "));
    let text = format!("async fn f() {{\n    let a = {first}?;\n    let b = {second}?;\n}}\n");
    let seen = human(&text, two_awaits(&text, &first, &second, &[]), PLAIN);
    let code: Vec<&str> = seen.lines().filter(|line| line.contains(" │ let")).collect();
    assert!(code.len() == 2 && code.iter().all(|line| line.contains('…') && line.ends_with(").await?;")), "{seen}");
    assert!(code[0].contains("first(argument") && code[1].contains("second(取る"), "{seen}");
    assert!(seen.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 80), "{seen}");
}

#[test]
fn a_title_keeps_its_figures_together() {
    for length in 1..60 {
        let mut diagnostic = page();
        diagnostic.message = format!("`b` waits for `{}` without need: 2 round trips could be 1", "a".repeat(length));
        let seen = human(PAGE, diagnostic, PLAIN);
        let title: Vec<&str> = seen.lines().skip(2).take_while(|line| !line.contains('╭')).collect();
        assert!(title.len() <= 3 && title.iter().any(|line| line.contains("2 round trips could be 1")), "{seen}");
        assert!(title.iter().all(|line| line.len() > 16), "{seen}");
    }
}

#[test]
fn of_a_tall_mark_the_call_is_shown() {
    let arguments = "            1,\n".repeat(9);
    let first = format!("self\n        .store\n        .first(\n{arguments}        )\n        .await");
    let text = format!("async fn f() {{\n    let a = {first};\n    b().await;\n}}\n");
    let seen = human(&text, two_awaits(&text, &first, "b().await", &[]), PLAIN);
    assert!(seen.contains("let a = self") && seen.contains("├─▶     .first(\n") && !seen.contains(" 1,"), "{seen}");
}

#[test]
fn what_stays_is_left_out_of_the_code_to_write() {
    let lines: String = (0..9).map(|line| format!("    step({line});\n")).collect();
    let text = format!("async fn f() {{\n    let a = b().await;\n{lines}    let c = d().await;\n}}\n");
    let whole = &text[15..text.len() - 2];
    let after = whole.replace("b().await", "join!(b(), d())").replace("    let c = d().await;\n", "");
    let seen = human(&text, two_awaits(&text, "b().await", "d().await", &[(whole, &after)]), PLAIN);
    assert!(seen.contains("\n    let a = join!(b(), d());\n    step(0);\n    …\n\n"), "{seen}");
}

#[test]
fn evidence_is_four_lines_at_most() {
    let mut diagnostic = page();
    diagnostic.evidence = (0..6).map(|number| format!("`read{number}` reads")).collect();
    let seen = human(PAGE, diagnostic, PLAIN);
    assert!(seen.contains("`read2` reads\n         and 3 more\n  note:") && !seen.contains("`read3`"), "{seen}");
}

#[test]
fn short_is_one_line_that_editors_know() {
    let mut diagnostic = page();
    diagnostic.level = Level::Deny;
    assert_eq!(
        written(&workspace(PAGE), &[diagnostic], Format::Short, PLAIN),
        "src/lib.rs:3:17: error: 2 awaits wait for one another without need [conjoin::sequential_await]\n"
    );
}

#[test]
fn the_last_line_counts_what_could_be_saved() {
    let workspace = workspace(PAGE);
    let said =
        |diagnostics: &[Diagnostic]| summary(&report(&workspace, diagnostics), Duration::from_millis(1234), PLAIN);
    assert_eq!(said(&[]), "conjoin: nothing waits without need; 1 file and 1,500 lines in 1.23 s");
    let old = |diagnostics: &[Diagnostic]| {
        summary(&Report { old: 3, ..report(&workspace, diagnostics) }, Duration::ZERO, PLAIN)
    };
    assert!(old(&[]).starts_with("conjoin: nothing new waits without need, 3 older left out; "), "{}", old(&[]));
    assert!(
        old(&[page()]).starts_with("conjoin: 1 diagnostic, 3 older left out, 1 of 2 round trips "),
        "{}",
        old(&[page()])
    );
    assert_eq!(
        said(&[page(), page()]),
        "conjoin: 2 diagnostics, 2 of 4 round trips could be saved; 1 file and 1,500 lines in 1.23 s\n  \
         help: `cargo conjoin --explain sequential_await` says more about it"
    );
}

#[test]
fn json_is_what_cargo_writes() {
    use cargo_metadata::Message;
    let lines = json(PAGE, page());
    let messages: Vec<Message> = Message::parse_stream(lines.as_bytes()).map(Result::unwrap).collect();
    let [Message::CompilerMessage(message), Message::CompilerArtifact(artifact), Message::BuildFinished(finished)] =
        messages.as_slice()
    else {
        panic!("{lines}");
    };
    assert_eq!(
        (message.package_id.repr.as_str(), message.target.name.as_str()),
        ("path+file:///ws/demo#0.1.0", "demo")
    );
    assert_eq!(artifact.package_id, message.package_id);
    assert!(!artifact.fresh && finished.success);
    assert_eq!(message.message.code.as_ref().unwrap().code, "conjoin::sequential_await");
    assert_eq!(
        message.message.rendered.as_deref(),
        Some(human(PAGE, page(), Style { width: 100, ..PLAIN }).trim_end_matches('\n'))
            .map(|text| format!("{text}\n"))
            .as_deref()
    );

    let spans: Vec<(usize, usize, bool, Option<&str>)> = message
        .message
        .spans
        .iter()
        .map(|span| (span.line_start, span.column_start, span.is_primary, span.label.as_deref()))
        .collect();
    assert_eq!(spans, [(3, 17, true, Some("needs nothing from it")), (2, 16, false, Some("starts here"))]);
    let children: Vec<(&str, usize)> =
        message.message.children.iter().map(|child| (child.message.as_str(), child.spans.len())).collect();
    assert_eq!(
        children,
        [
            ("await them together", 2),
            ("2 round trips today, 1 then", 0),
            ("reads: `name` by name and `&self`", 0),
            ("confidence: likely", 0),
            ("if `photo` fails, `name` has run", 0)
        ]
    );
}

#[test]
fn json_keeps_every_field_that_strict_readers_ask_for() {
    let lines = json(PAGE, page());
    let value: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<HashSet<_>>();
    let set = |words: &str| words.split(' ').map(str::to_owned).collect::<HashSet<_>>();
    assert_eq!(keys(&value), set("reason package_id manifest_path target message"));
    assert_eq!(keys(&value["target"]), set("kind crate_types name src_path edition doc doctest test"));
    assert_eq!(keys(&value["message"]), set("rendered $message_type children level message spans code"));
    assert_eq!(keys(&value["message"]["code"]), set("code explanation"));
    let child = &value["message"]["children"][0];
    assert_eq!(keys(child), set("children code level message rendered spans"));
    let span_keys =
        set("file_name byte_start byte_end line_start line_end column_start column_end is_primary text label \
         suggested_replacement suggestion_applicability expansion");
    for span in [&value["message"]["spans"][0], &child["spans"][1]] {
        assert_eq!(keys(span), span_keys);
    }
    let removed = &child["spans"][1];
    let expected = serde_json::json!([
        {"text": "    let photo = store.photo().await;", "highlight_start": 1, "highlight_end": 37},
        {"text": "    show(name, photo);", "highlight_start": 1, "highlight_end": 1},
    ]);
    assert_eq!((&removed["text"], &removed["is_primary"]), (&expected, &serde_json::json!(true)));
    assert_eq!((removed["line_end"].as_u64(), removed["column_end"].as_u64()), (Some(4), Some(1)));
}

#[test]
fn rustfix_writes_what_the_edits_say() {
    let with_mark = format!("\u{feff}{}", PAGE.replace('\n', "\r\n").replace("name", "naïve"));
    let changes = [
        ("let naïve = store.naïve().await", "let (naïve, photo) = join!(store.naïve(), store.photo())"),
        ("    let photo = store.photo().await;\r\n", ""),
    ];
    let marked = two_awaits(&with_mark, "store.naïve().await", "store.photo().await", &changes);
    assert_eq!(
        fixed(&with_mark, &json(&with_mark, marked)),
        "\u{feff}async fn page(store: &Store) {\r\n    let (naïve, photo) = join!(store.naïve(), store.photo());\r\n    \
         show(naïve, photo);\r\n}\r\n"
    );
}

#[test]
fn a_fix_is_offered_where_the_cursor_stands() {
    let changes = [("let name = ", "let (name, photo) = join!("), ("().await;\n    show", "());\n    show")];
    let lines = json(PAGE, two_awaits(PAGE, "store.name().await", "store.photo().await", &changes));
    let value: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let primary = &value["message"]["spans"][0];
    let spans = value["message"]["children"][0]["spans"].as_array().unwrap();
    let covers = |span: &&serde_json::Value| {
        span["byte_start"].as_u64() <= primary["byte_start"].as_u64()
            && primary["byte_end"].as_u64() <= span["byte_end"].as_u64()
    };
    assert_eq!((spans.len(), spans.iter().filter(covers).count()), (2, 1));
    let expected = PAGE.replace(changes[0].0, changes[0].1).replace(changes[1].0, changes[1].1);
    assert_eq!(fixed(PAGE, &lines), expected);
}
