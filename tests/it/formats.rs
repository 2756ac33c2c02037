//! What CI reads: SARIF, GitHub's annotations, GitLab's code quality. `tests/formats.sh` asks the validators of others.

use std::collections::HashSet;
use std::path::Path;

use cargo_conjoin::diagnostic::{Diagnostic, Level};
use cargo_conjoin::discover::Workspace;
use cargo_conjoin::lints::LINTS;
use cargo_conjoin::report::{Format, Report, html, write};
use serde_json::{Value, json};

use crate::cli::conjoin;
use crate::report::{PAGE, PLAIN, page, report, two_awaits, workspace, written};
use crate::tree::{manifest, tree};

fn read(text: &str, diagnostic: Diagnostic, format: Format) -> Value {
    let written = written(&workspace(text), &[diagnostic], format, PLAIN);
    assert_eq!(written.lines().count(), 1, "{written}");
    serde_json::from_str(&written).unwrap()
}

fn sarif(text: &str, diagnostic: Diagnostic) -> Value {
    read(text, diagnostic, Format::Sarif)["runs"][0].clone()
}

#[test]
fn sarif_says_what_code_scanning_asks_for() {
    let log = read(PAGE, page(), Format::Sarif);
    assert_eq!((&log["version"], &log["runs"].as_array().unwrap().len()), (&json!("2.1.0"), &1));
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!((&driver["name"], &driver["semanticVersion"]), (&json!("conjoin"), &json!(env!("CARGO_PKG_VERSION"))));
    let rules = driver["rules"].as_array().unwrap();
    assert_eq!(rules.len(), LINTS.len() + 1);
    for rule in rules {
        for key in ["shortDescription", "fullDescription", "help"] {
            let text = rule[key]["text"].as_str().unwrap();
            assert!(text.len() > 20 && (key == "help" || text.ends_with('.')), "{rule}");
        }
        assert!(!rule["name"].as_str().unwrap().contains('_'), "{rule}");
    }
    let result = &run["results"][0];
    assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
    assert_eq!((&result["ruleId"], &result["level"]), (&json!("sequential_await"), &json!("warning")));
    let message = result["message"]["text"].as_str().unwrap();
    assert!(
        message.starts_with("2 awaits wait for one another without need.\n") && message.ends_with('.'),
        "{message}"
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"], json!({"uri": "src/lib.rs", "uriBaseId": "SRCROOT"}));
    assert_eq!(place["region"], json!({"startLine": 3, "startColumn": 17, "endLine": 3, "endColumn": 36}));
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], json!(2));
}

/// Applies the replacements of a result as a viewer that counts in UTF-16 does.
fn replaced(text: &str, result: &Value) -> String {
    let lines: Vec<Vec<u16>> = text.split_inclusive('\n').map(|line| line.encode_utf16().collect()).collect();
    let offset = |line: &Value, column: &Value| {
        let (line, column) = (line.as_u64().unwrap() as usize - 1, column.as_u64().unwrap() as usize - 1);
        lines[..line].iter().map(Vec::len).sum::<usize>() + column
    };
    let mut units: Vec<u16> = lines.concat();
    let replacements = result["fixes"][0]["artifactChanges"][0]["replacements"].as_array().unwrap();
    for replacement in replacements.iter().rev() {
        let region = &replacement["deletedRegion"];
        let range =
            offset(&region["startLine"], &region["startColumn"])..offset(&region["endLine"], &region["endColumn"]);
        units.splice(range, replacement["insertedContent"]["text"].as_str().unwrap().encode_utf16());
    }
    String::from_utf16(&units).unwrap()
}

#[test]
fn sarif_columns_are_those_of_utf_16_and_its_fixes_are_whole() {
    let text = PAGE.replace("store.name()", "store.name(\"🦀漢\")").replace('\n', "\r\n");
    let changes = [
        ("let name = store.name(\"🦀漢\").await", "let (name, photo) = join!(store.name(\"🦀漢\"), store.photo())"),
        ("    let photo = store.photo().await;\r\n", ""),
    ];
    let run = sarif(&text, two_awaits(&text, "store.photo().await", "store.name(\"🦀漢\").await", &changes));
    assert_eq!(run["columnKind"], json!("utf16CodeUnits"));
    let result = &run["results"][0];
    let region = &result["locations"][0]["physicalLocation"]["region"];
    // The crab is two units, and one character.
    assert_eq!((&region["startColumn"], &region["endColumn"]), (&json!(16), &json!(16 + 23)));
    let expected = text.replace(changes[0].0, changes[0].1).replace(changes[1].0, changes[1].1);
    assert_eq!(replaced(&text, result), expected);
}

#[test]
fn a_byte_order_mark_takes_no_column() {
    let text = "\u{feff}async fn f() { let a = b().await; let c = d().await; }\n";
    let run = sarif(text, two_awaits(text, "b().await", "d().await", &[]));
    let region = &run["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startColumn"], json!(text.find("d()").unwrap() - "\u{feff}".len() + 1));
}

/// A workspace below the root of its repository.
fn below(diagnostics: &[Diagnostic], workspace: &Workspace, format: Format) -> String {
    let mut bytes = Vec::new();
    let repository = Some(Path::new("/ws"));
    write(&mut bytes, &Report { repository, ..report(workspace, diagnostics) }, format, PLAIN).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn files_count_from_the_root_of_the_repository() {
    let mut workspace = workspace(PAGE);
    for (format, expected) in [
        (Format::Sarif, "\"uri\":\"demo/src/lib.rs\""),
        (Format::Gitlab, "\"path\":\"demo/src/lib.rs\""),
        (Format::Github, ",file=demo/src/lib.rs,"),
    ] {
        let written = below(&[page()], &workspace, format);
        assert!(written.contains(expected), "{written}");
    }
    workspace.files[0].path = "/other/a b%.rs".into();
    workspace.files[0].name = "/other/a b%.rs".to_owned();
    assert!(below(&[page()], &workspace, Format::Sarif).contains("{\"uri\":\"file:///other/a%20b%25.rs\"}"));
}

#[test]
fn github_annotations_are_escaped_as_its_toolkit_does() {
    let mut workspace = workspace(PAGE);
    workspace.files[0].name = "src/a:b,c%.rs".to_owned();
    let mut diagnostic = page();
    diagnostic.message = "100 % of ::error:: a, b".to_owned();
    let seen = written(&workspace, &[diagnostic], Format::Github, PLAIN);
    assert_eq!(
        seen,
        "::warning title=conjoin (sequential_await),file=src/a%3Ab%2Cc%25.rs,line=3,endLine=3,col=17,endColumn=36::\
         src/a:b,c%25.rs:3:17: 100 %25 of ::error:: a, b%0A%0Ahelp: await them together:%0A%0A\
         let (name, photo) = tokio::join!(store.name(), store.photo());\n"
    );
}

#[test]
fn github_gets_no_columns_for_what_is_tall_and_is_told_what_it_hides() {
    let text = "async fn f() {\n    let a = b().await;\n    let c = d()\n        .await;\n}\n";
    let mut diagnostic = two_awaits(text, "b().await", "d()\n        .await", &[]);
    diagnostic.level = Level::Deny;
    let ten = vec![diagnostic; 10];
    let workspace = workspace(text);
    let seen = written(&workspace, &ten, Format::Github, PLAIN);
    assert!(seen.starts_with("::error title=conjoin (sequential_await),file=src/lib.rs,line=3,endLine=4::"), "{seen}");
    assert_eq!(seen.lines().count(), 10, "{seen}");
    let eleven: Vec<Diagnostic> = ten.iter().chain(&ten[..1]).cloned().collect();
    let seen = written(&workspace, &eleven, Format::Github, PLAIN);
    assert!(seen.lines().nth(11).unwrap().starts_with("::notice title=conjoin::11 errors, of which "), "{seen}");
}

fn fingerprints(text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let written = written(&workspace(text), diagnostics, Format::Gitlab, PLAIN);
    let issues: Vec<Value> = serde_json::from_str(&written).unwrap();
    issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn gitlab_gets_unique_fingerprints_that_survive_moved_lines() {
    let moved = format!("// One more line.\n{}", PAGE.replace("    ", "\t\t"));
    let there = two_awaits(&moved, "store.name().await", "store.photo().await", &[]);
    let here = fingerprints(PAGE, &[page(), page()]);
    assert_eq!(fingerprints(&moved, &[there.clone(), there]), here);
    assert_eq!(here.iter().collect::<HashSet<_>>().len(), 2);
    let other = Diagnostic { function: "other".to_owned(), ..page() };
    assert!(!here.contains(&fingerprints(PAGE, &[other])[0]));
}

#[test]
fn gitlab_gets_what_its_documentation_lists() {
    let issues = read(PAGE, Diagnostic { level: Level::Deny, ..page() }, Format::Gitlab);
    let mut issue = issues[0].clone();
    assert_eq!(issue["fingerprint"].take().as_str().unwrap().len(), 64);
    let expected = json!({
        "type": "issue", "check_name": "sequential_await", "categories": ["Performance"],
        "description": "2 awaits wait for one another without need", "severity": "major", "fingerprint": null,
        "location": {"path": "src/lib.rs", "lines": {"begin": 3, "end": 3}},
    });
    assert_eq!((issue, written(&workspace(PAGE), &[], Format::Gitlab, PLAIN)), (expected, "[]\n".to_owned()));
}

#[test]
fn no_control_character_reaches_any_format() {
    let text = "async fn f() {\n    let a = b(\"\u{1b}[2J\u{202e}\").await; /* \u{7} */\n    let c = d(\"\u{9b}2J\").await;\n}\n";
    let changes = [("let a", "let \u{1b}[31m\u{9b}")];
    let mut diagnostic = two_awaits(text, "b(\"\u{1b}[2J\u{202e}\").await", "d(\"\u{9b}2J\").await", &changes);
    diagnostic.message = "\u{1b}]8;;x\u{7}link\u{9b}\n::error::x".to_owned();
    diagnostic.notes = vec!["\u{1b}c\u{202e}".to_owned()];
    let mut workspace = workspace(text);
    workspace.files[0].name = "src/\u{1b}[31m\n\u{9b}.rs".to_owned();
    for format in [Format::Sarif, Format::Github, Format::Gitlab] {
        let seen = written(&workspace, std::slice::from_ref(&diagnostic), format, PLAIN);
        assert_eq!(seen.trim_end().find(|char: char| char.is_control() || char == '\u{202e}'), None, "{seen:?}");
        assert_eq!(seen, written(&workspace, std::slice::from_ref(&diagnostic), format, PLAIN));
    }
}

fn website(workspace: &Workspace, diagnostics: &[Diagnostic]) -> String {
    let mut bytes = Vec::new();
    html(&mut bytes, &report(workspace, diagnostics)).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_page_shows_what_is_saved_with_code_reason_and_fix() {
    let mut small = page();
    small.function = "small".to_owned();
    let mut large = page();
    large.function = "large".to_owned();
    large.timeline.as_mut().unwrap().before = 5;
    let seen = website(&workspace(PAGE), &[small, large]);
    assert!(seen.contains("5 of 7 round trips could be saved, in 2 functions."), "{seen}");
    assert!(seen.find("<code>large</code>").unwrap() < seen.find("<code>small</code>").unwrap(), "{seen}");
    for part in [
        "<b>5 round trips</b> → <b>1</b>",
        "<code class=\"name\" title=\"photo\">photo</code><span class=\"track\"><i style=\"--s:1;--l:1;--n:5\"></i></span>",
        "<span class=\"n\">3</span>    let photo = store.photo().await;  <span class=\"says\">← needs nothing from it</span>",
        "Await them together</summary>\n<pre>let (name, photo) = tokio::join!(store.name(), store.photo());</pre>",
        "<li><code>name</code> by name and <code>&amp;self</code>",
        "<li class=\"soft\">if <code>photo</code> fails, <code>name</code> has run",
    ] {
        assert!(seen.contains(part), "{part}\n{seen}");
    }
    assert!(website(&workspace(PAGE), &[]).contains("Nothing. 1 file and 1,500 lines were read."));
}

#[test]
fn nothing_of_a_source_is_markup_of_the_page_and_nothing_is_fetched() {
    let text = "async fn f() {\n    let a = b(\"<script>\u{1b}\").await;\n    let c = d(\"\u{202e}&amp;\").await;\n}\n";
    let mut diagnostic = two_awaits(text, "b(\"<script>\u{1b}\").await", "d(\"\u{202e}&amp;\").await", &[]);
    diagnostic.function = "<img src=x>".to_owned();
    diagnostic.notes = vec!["`</ul>` \" onload=".to_owned()];
    diagnostic.timeline.as_mut().unwrap().rows[0].name = "\"><script>".to_owned();
    let mut workspace = workspace(text);
    workspace.files[0].name = "src/<b>\n.rs".to_owned();
    let seen = website(&workspace, &[diagnostic.clone()]);
    for markup in ["<script", "<img", "<b>\n", "</ul>\"", "http:", "https:", "\u{1b}", "\u{202e}", "url("] {
        assert!(!seen.contains(markup), "{markup}: {seen}");
    }
    assert!(
        seen.contains("&lt;script&gt;") && seen.contains("&amp;amp;") && seen.contains("default-src 'none'"),
        "{seen}"
    );
    assert_eq!(seen, website(&workspace, &[diagnostic]));
}

#[test]
fn every_format_is_written_by_the_command() {
    let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", crate::cli::WAITS), (".git/HEAD", "")]);
    for (format, begin) in [("sarif", "{\"$schema\""), ("github", "::warning title="), ("gitlab", "[{\"categories\"")] {
        let ran = conjoin(folder.path(), &["--message-format", format, "--output", "found", "--exit-zero"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
        let written = std::fs::read_to_string(folder.path().join("found")).unwrap();
        assert!(written.starts_with(begin) && written.contains("src/lib.rs"), "{written}");
        assert_eq!(conjoin(folder.path(), &["--message-format", format]).stdout, written);
        assert_eq!(conjoin(folder.path(), &["--message-format", format]).code, Some(1));
    }
    let ran = conjoin(folder.path(), &["--message-format=short", "--report", "page.html"]);
    assert!(ran.code == Some(1) && ran.stdout.starts_with("src/lib.rs:3:"), "{ran:?}");
    assert!(std::fs::read_to_string(folder.path().join("page.html")).unwrap().starts_with("<!doctype html>"));
    let ran = conjoin(folder.path(), &["--report", "no/page.html"]);
    assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains("`no/page.html`"), "{ran:?}");
}
