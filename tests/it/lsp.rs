//! The language server, driven as an editor does it: in memory, message by message, and once through its real streams.
//!
//! Nothing here waits for time to pass. A request is answered after everything that was sent before it, and a text is checked
//! before a rewrite for it is offered; so what has arrived with the answer is all there is.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use cargo_conjoin::lsp::Ended;
use lsp_server::{Message, Notification, Request, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{WAITS, conjoin};
use crate::editor::{Editor, action, applied, uri};
use crate::fixtures::cases;
use crate::tree::{manifest, tree, write};

fn package(text: &str) -> TempDir {
    let dependencies = "[dependencies]\ntokio = { version = \"1\", features = [\"macros\"] }\n";
    tree(&[("Cargo.toml", &(manifest("demo") + dependencies)), ("src/lib.rs", text)])
}

/// What `--fix` makes of a text.
fn fixed(text: &str) -> String {
    let folder = package(text);
    let ran = conjoin(folder.path(), &["--fix", "--no-verify", "--allow-no-vcs"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    std::fs::read_to_string(folder.path().join("src/lib.rs")).unwrap()
}

const NEEDS: &str = "\
pub async fn page() -> std::io::Result<String> {
    let name = api.fetch_name().await;
    api.fetch_photo(&name).await
}
";

#[test]
fn findings_follow_what_is_typed() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.open(&file, WAITS);
    let shown = editor.shown(&file);
    let [finding] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!((&finding["source"], &finding["code"]), (&json!("conjoin"), &json!("sequential_await")));
    assert_eq!(finding["severity"], 2);
    assert_eq!(finding["range"]["start"], json!({ "line": 2, "character": 16 }));
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("\n2 round trips today, 1 then\n") && message.contains("confidence: "), "{message}");
    let related = &finding["relatedInformation"][0];
    assert_eq!(
        (&related["location"]["uri"], &related["location"]["range"]["start"]["line"]),
        (&json!(uri(&file)), &json!(1))
    );
    assert!(finding.get("codeDescription").is_none());

    // Nothing of this is saved.
    editor.change(&file, 2, NEEDS);
    assert!(editor.shown(&file).is_empty());
    editor.change(&file, 3, &format!("\n{WAITS}"));
    assert_eq!(editor.shown(&file)[0]["range"]["start"]["line"], 3);
    let versions: Vec<Option<i64>> = editor.published.iter().map(|(_, version, _)| *version).collect();
    assert_eq!(versions, [Some(1), Some(2), Some(3)]);
    // What is on the disk holds again, and nothing is shown of what is closed.
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(&file) } }));
    assert!(editor.shown(&file).is_empty());
    editor.leave();
}

#[test]
fn changes_are_parts_in_either_way_of_counting() {
    let text = "// Grüße 🦀 an alle\r\npub async fn page() {\r\n    let a = 1;\r\n}\r\n";
    for (capabilities, crab_end) in [
        (json!({}), 11),
        (json!({ "general": { "positionEncodings": ["utf-16"] } }), 11),
        (json!({ "general": { "positionEncodings": ["utf-16", "utf-8"] } }), 15),
    ] {
        let is_utf8 = crab_end == 15;
        let folder = package(text);
        let file = folder.path().join("src/lib.rs");
        let mut editor = Editor::new(folder.path(), &capabilities);
        editor.open(&file, text);
        let at = |line: u32, character: u32| json!({ "line": line, "character": character });
        let two = "    let nämé = api.fetch_name(\"🦀\").await;\r\n    let photo = api.fetch_photo().await;\r\n    use_both(nämé, photo);\r\n";
        // One after the other: behind the crab, then what that has moved, then to the end of a line.
        let changes = json!([
            { "range": { "start": at(0, crab_end), "end": at(0, crab_end) }, "text": "🦀\r\n//" },
            { "range": { "start": at(3, 0), "end": at(4, 0) }, "text": two },
            { "range": { "start": at(2, 21), "end": at(2, 99) }, "text": " " },
            { "range": { "start": at(2, 22), "end": at(2, 22) }, "text": "// end" },
        ]);
        editor.edit(&file, 2, &changes);
        let now = format!("// Grüße 🦀🦀\r\n// an alle\r\npub async fn page() {{ // end\r\n{two}}}\r\n");
        let actions = editor.actions(&file);
        let [action] = actions.as_slice() else { panic!("{actions:?}") };
        let result = applied(&now, &action["edit"]["changes"][uri(&file)], is_utf8);
        assert_eq!(result, fixed(&now), "{capabilities}");
        assert!(result.contains("let (nämé, photo) = tokio::join!(") && result.contains("\r\n"), "{result}");
        editor.leave();
    }
}

#[test]
fn rewrites_are_for_one_version_and_as_sure_as_they_are() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let capabilities = json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } });
    let mut editor = Editor::new(folder.path(), &capabilities);
    editor.open(&file, WAITS);
    editor.change(&file, 7, WAITS);
    let actions = editor.actions(&file);
    let [action] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!((&action["kind"], &action["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert_eq!(action["diagnostics"], json!(editor.shown(&file)));
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": uri(&file), "version": 7 }));
    assert_eq!(applied(WAITS, &change["edits"], false), fixed(WAITS));
    let lines =
        |line: u32| json!({ "start": { "line": line, "character": 4 }, "end": { "line": line, "character": 4 } });
    for (line, count) in [(0, 0), (1, 1), (2, 1), (3, 0)] {
        assert_eq!(editor.actions_in(&file, &lines(line)).len(), count, "line {line}");
    }
    let mut only = action_params(&file);
    only["context"]["only"] = json!(["refactor"]);
    assert_eq!(editor.request("textDocument/codeAction", only.clone()), json!([]));
    only["context"]["only"] = json!(["quickfix"]);
    assert_eq!(editor.request("textDocument/codeAction", only).as_array().unwrap().len(), 1);
    editor.leave();
}

fn action_params(path: &Path) -> Value {
    let end = json!({ "line": 100, "character": 0 });
    action(path, &json!({ "start": { "line": 0, "character": 0 }, "end": end }))
}

#[test]
fn what_cannot_be_parsed_keeps_what_was_said_and_offers_nothing() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.open(&file, WAITS);
    assert_eq!(editor.actions(&file).len(), 1);
    let before = editor.published.len();
    for (version, broken) in [(2, "pub async fn page( {"), (3, "{{{{"), (4, "\"")] {
        editor.change(&file, version, &format!("{WAITS}{broken}"));
        assert!(editor.actions(&file).is_empty());
        assert_eq!(editor.hover(&file, 2, 37), Value::Null);
    }
    assert_eq!(editor.published.len(), before, "nothing new is said of it");
    editor.change(&file, 5, &format!("{WAITS}fn f() {{}}\n"));
    assert_eq!((editor.actions(&file).len(), editor.published.len()), (1, before + 1));
    // One that is broken from the start has nothing to keep.
    write(folder.path(), "src/other.rs", b"fn f( {");
    let other = folder.path().join("src/other.rs");
    editor.file_changed(&other, 1);
    editor.open(&other, "fn f( {");
    assert!(editor.actions(&other).is_empty());
    assert!(editor.published.iter().all(|(about, ..)| *about != uri(&other)));
    editor.leave();
}

/// What `page` asks may be read or written, as `store.rs` says.
const PAGE: &str = "\
pub async fn page(store: &crate::store::Store) -> (u32, u32) {
    let one = store.first().await;
    let two = store.second().await;
    (one, two)
}
";
const READS: &str = "\
pub struct Store;
impl Store {
    pub async fn first(&self) -> u32 { self.query(1).await }
    pub async fn second(&self) -> u32 { self.query(2).await }
    async fn query(&self, id: u32) -> u32 { client.fetch_row(id).await }
}
";

fn two_files() -> TempDir {
    tree(&[
        ("Cargo.toml", &manifest("demo")),
        ("src/lib.rs", "pub mod page;\npub mod store;\n"),
        ("src/page.rs", PAGE),
        ("src/store.rs", READS),
    ])
}

#[test]
fn a_finding_depends_on_other_files() {
    let folder = two_files();
    let (page, store) = (folder.path().join("src/page.rs"), folder.path().join("src/store.rs"));
    let writes = READS.replace("client.fetch_row(id)", "client.insert_row(id)");
    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.open(&page, PAGE);
    assert_eq!(editor.codes(&page), ["sequential_await"]);
    // On the disk, while it is not open.
    write(folder.path(), "src/store.rs", writes.as_bytes());
    editor.file_changed(&store, 2);
    assert!(editor.codes(&page).is_empty());
    // In the editor, whatever the disk has.
    editor.open(&store, READS);
    assert_eq!(editor.codes(&page), ["sequential_await"]);
    editor.file_changed(&store, 2);
    assert_eq!(editor.codes(&page), ["sequential_await"]);
    // While it is broken, the last text that was not holds for others.
    editor.change(&store, 2, &format!("{READS}fn f( {{"));
    editor.change(&page, 2, &format!("\n{PAGE}"));
    assert_eq!(editor.codes(&page), ["sequential_await"]);
    editor.change(&store, 3, &writes);
    assert!(editor.codes(&page).is_empty());
    // Closed, the disk holds.
    write(folder.path(), "src/store.rs", READS.as_bytes());
    editor.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(&store) } }));
    assert_eq!(editor.codes(&page), ["sequential_await"]);
    editor.leave();
}

/// Whatever was changed before, the answer is that of somebody who sees these texts for the first time.
#[test]
fn the_way_there_does_not_matter() {
    let folder = two_files();
    let names = ["src/page.rs", "src/store.rs"];
    let files = names.map(|name| folder.path().join(name));
    let pages =
        [PAGE.to_owned(), PAGE.replace("store.second()", "store.first()"), format!("{PAGE}{WAITS}"), String::new()];
    let stores = [
        READS.to_owned(),
        READS.replace("fetch_row", "insert_row"),
        READS.replace("second", "third"),
        format!(
            "{READS}async fn two(s: &Store) -> u32 {{\n    let a = s.first().await;\n    let b = s.second().await;\n    a + b\n}}\n"
        ),
        READS.replace("struct Store", "struct Other"),
        format!("{READS}fn broken( {{"),
    ];
    let fresh = |page: &str, store: &str| {
        let mut editor = Editor::new(folder.path(), &json!({}));
        editor.open(&files[0], page);
        editor.open(&files[1], store);
        let shown = files.each_ref().map(|file| editor.shown(file));
        editor.leave();
        shown
    };
    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.open(&files[0], PAGE);
    editor.open(&files[1], READS);
    let mut texts = [PAGE, READS];
    let mut counts = Vec::new();
    for step in 0..24 {
        // Each goes through all of its texts, out of step with the other.
        let (number, text) = if step % 2 == 0 {
            (0, &pages[step / 2 * 3 % pages.len()])
        } else {
            (1, &stores[step * 5 % (stores.len() - 1)])
        };
        texts[number] = text;
        editor.change(&files[number], 2 + i32::try_from(step).unwrap(), text);
        let shown = files.each_ref().map(|file| editor.shown(file));
        assert_eq!(shown, fresh(texts[0], texts[1]), "step {step}");
        counts.push(shown[0].len() + shown[1].len());
    }
    assert!(counts.contains(&0) && counts.contains(&1) && counts.iter().any(|count| *count > 1), "{counts:?}");
    editor.leave();
}

#[test]
fn what_is_out_of_date_is_not_computed() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.open(&file, WAITS);
    for version in 2..=100 {
        editor.change(&file, version, &format!("{WAITS}// {version}\n"));
    }
    let actions = editor.actions(&file);
    assert_eq!(actions.len(), 1);
    let versions: Vec<Option<i64>> = editor.published.iter().map(|(_, version, _)| *version).collect();
    assert_eq!(versions, [Some(100)], "of a hundred texts one is looked at");
    editor.leave();

    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.open(&file, WAITS);
    let taken_back = editor.ask("textDocument/codeAction", action_params(&file));
    editor.notify("$/cancelRequest", json!({ "id": taken_back }));
    let too_late = editor.ask("textDocument/codeAction", action_params(&file));
    let hover = json!({ "textDocument": { "uri": uri(&file) }, "position": { "line": 2, "character": 37 } });
    let hover = editor.ask("textDocument/hover", hover);
    editor.change(&file, 2, NEEDS);
    let error = |response: Response| response.response_result.unwrap_err().code;
    assert_eq!(error(editor.answer(taken_back)), -32800);
    assert_eq!(error(editor.answer(too_late)), -32801);
    assert_eq!(error(editor.answer(hover)), -32801);
    assert!(editor.shown(&file).is_empty());
    editor.leave();
}

#[test]
fn an_await_says_why_it_stands_where_it_stands() {
    let folder = package(NEEDS);
    let file = folder.path().join("src/lib.rs");
    let capabilities = json!({ "textDocument": { "hover": { "contentFormat": ["markdown", "plaintext"] } } });
    for (capabilities, kind) in [(capabilities, "markdown"), (json!({}), "plaintext")] {
        let mut editor = Editor::new(folder.path(), &capabilities);
        editor.open(&file, NEEDS);
        let hover = editor.hover(&file, 2, 29);
        assert_eq!(hover["contents"]["kind"], kind);
        let text = hover["contents"]["value"].as_str().unwrap();
        let said = conjoin(folder.path(), &["--why", "src/lib.rs:3"]).stdout;
        assert!(text.contains(&said) && said.contains("it needs `name` (flow(name))"), "{text}\n{said}");
        assert_eq!(text.starts_with("```text\n") && text.ends_with("```\n"), kind == "markdown");
        let place = |character: u32| json!({ "line": 2, "character": character });
        assert_eq!(hover["range"], json!({ "start": place(26), "end": place(32) }));
        for (line, character) in [(2, 10), (2, 25), (0, 0), (3, 0), (99, 99)] {
            assert_eq!(editor.hover(&file, line, character), Value::Null, "{line}:{character}");
        }
        editor.change(&file, 2, WAITS);
        let text = editor.hover(&file, 2, 37)["contents"]["value"].as_str().unwrap().to_owned();
        assert!(text.contains("waits without need") && text.contains("--explain sequential_await"), "{text}");
        editor.leave();
    }
}

#[test]
fn settings_hold_and_may_change() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let settings = folder.path().join("conjoin.toml");
    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.open(&file, WAITS);
    let say = |editor: &mut Editor, text: &str| {
        std::fs::write(&settings, text).unwrap();
        editor.file_changed(&settings, 2);
        editor.shown(&file).iter().map(|shown| shown["severity"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(say(&mut editor, "lints = { sequential_await = \"deny\" }\n"), [1]);
    assert!(say(&mut editor, "lints = { sequential_await = \"allow\" }\n").is_empty());
    assert_eq!(say(&mut editor, ""), [2]);
    assert!(say(&mut editor, "exclude = [\"src\"]\n").is_empty());
    std::fs::write(folder.path().join("known.tsv"), "src/lib.rs\tpage\tsequential_await\t1\n").unwrap();
    assert!(say(&mut editor, "baseline = \"known.tsv\"\n").is_empty());
    editor.change(&file, 2, &format!("{WAITS}{}", WAITS.replace("fn page", "fn other")));
    assert_eq!(editor.codes(&file), ["sequential_await"]);
    // Trouble is told once, and ends.
    assert!(editor.told.is_empty(), "{:?}", editor.told);
    assert!(say(&mut editor, "confidense = 1\n").is_empty());
    assert!(say(&mut editor, "confidense = 1\n").is_empty());
    let [told] = editor.told.as_slice() else { panic!("{:?}", editor.told) };
    assert_eq!(told["method"], "window/showMessage");
    assert!(told["params"]["message"].as_str().unwrap().contains("confidense"), "{told}");
    assert_eq!(say(&mut editor, ""), [2, 2]);
    // Comments in the text.
    let allowed =
        WAITS.replace("    let photo", "    // conjoin: allow(sequential_await) -- told in this order\n    let photo");
    editor.change(&file, 3, &allowed);
    assert!(editor.shown(&file).is_empty());
    editor.change(&file, 4, &allowed.replace("allow(sequential_await)", "allow(sequential_awaits)"));
    let shown = editor.shown(&file);
    let messages: Vec<&str> = shown.iter().map(|shown| shown["message"].as_str().unwrap()).collect();
    assert!(messages[1].contains("did you mean `sequential_await`?"), "{messages:?}");
    assert_eq!((shown.len(), &shown[1]["range"]["start"]), (2, &json!({ "line": 2, "character": 4 })));
    editor.leave();
}

#[test]
fn a_baseline_may_come_from_the_command_line() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let known = folder.path().join("known.tsv");
    std::fs::write(&known, "src/lib.rs\tpage\tsequential_await\t1\n").unwrap();
    for (path, count) in [(known, 0), (folder.path().join("nope.tsv"), 1)] {
        let mut editor = Editor::new(folder.path(), &json!({}));
        editor.setup.baseline = Some(path);
        editor.open(&file, WAITS);
        assert_eq!((editor.shown(&file).len(), editor.told.len()), (count, count));
        editor.leave();
    }
}

#[test]
fn files_come_and_go_under_any_name() {
    let folder =
        tree(&[("my ünit 100%/Cargo.toml", &manifest("demo")), ("my ünit 100%/src/lib.rs", "pub mod page;\n")]);
    let root = folder.path().join("my ünit 100%");
    let capabilities = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut editor = Editor::new(&root, &capabilities);
    let page = root.join("src/page.rs");
    // Not saved yet, so it belongs to nothing.
    editor.open(&page, WAITS);
    assert!(editor.codes(&page).is_empty());
    assert_eq!(editor.told[0]["method"], "client/registerCapability");
    write(&root, "src/page.rs", WAITS.as_bytes());
    editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri(&page) } }));
    assert_eq!(editor.codes(&page), ["sequential_await"]);
    std::fs::remove_file(&page).unwrap();
    editor.file_changed(&page, 3);
    editor.change(&page, 2, NEEDS);
    editor.actions(&page);
    let elsewhere = tree(&[("a.rs", WAITS)]);
    let elsewhere = elsewhere.path().join("a.rs");
    editor.open(&elsewhere, WAITS);
    assert!(editor.shown(&elsewhere).is_empty());
    for odd in ["untitled:Untitled-1", "file://", ""] {
        let document = json!({ "uri": odd, "languageId": "rust", "version": 1, "text": WAITS });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }));
        let place = json!({ "line": 0, "character": 0 });
        let params = json!({ "textDocument": { "uri": odd }, "range": { "start": place, "end": place }, "context": { "diagnostics": [] } });
        assert_eq!(editor.request("textDocument/codeAction", params), json!([]));
    }
    editor.leave();
}

#[test]
fn folders_come_and_go() {
    let (one, two) = (package(WAITS), package(WAITS));
    let files = [&one, &two].map(|folder| folder.path().join("src/lib.rs"));
    let mut editor = Editor::new(one.path(), &json!({}));
    files.iter().for_each(|file| editor.open(file, WAITS));
    assert_eq!(files.each_ref().map(|file| editor.codes(file).len()), [1, 0]);
    let named = |folder: &TempDir| json!([{ "uri": uri(folder.path()), "name": "it" }]);
    let event = json!({ "event": { "added": named(&two), "removed": named(&one) } });
    editor.notify("workspace/didChangeWorkspaceFolders", event);
    assert_eq!(editor.codes(&files[1]).len(), 1);
    editor.leave();
    // A file alone is looked at in its package.
    let mut editor = Editor::nowhere();
    editor.ask("initialize", json!({ "capabilities": {} }));
    editor.open(&files[0], WAITS);
    assert_eq!(editor.codes(&files[0]).len(), 1);
    editor.leave();
}

#[test]
fn nonsense_is_answered_and_changes_nothing() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let mut editor = Editor::nowhere();
    let early = editor.ask("textDocument/hover", json!({}));
    assert_eq!(editor.answer(early).response_result.unwrap_err().code, -32002);
    editor.request(
        "initialize",
        json!({ "rootUri": uri(folder.path()), "capabilities": { "general": 7 }, "workspaceFolders": null }),
    );
    editor.open(&file, WAITS);
    for (method, code) in
        [("textDocument/rename", -32601), ("textDocument/hover", -32602), ("textDocument/codeAction", -32602)]
    {
        let number = editor.ask(method, json!({ "textDocument": 3 }));
        assert_eq!(editor.answer(number).response_result.unwrap_err().code, code, "{method}");
    }
    for method in
        ["textDocument/didChange", "textDocument/didOpen", "workspace/didChangeWatchedFiles", "$/setTrace", "x"]
    {
        editor.notify(method, json!({ "textDocument": null, "changes": [7] }));
    }
    let range = json!({ "start": { "line": 9, "character": 9 }, "end": { "line": 1, "character": 0 } });
    editor.edit(&file, 2, &json!([{ "range": range, "text": "// x" }]));
    assert_eq!(editor.codes(&file), ["sequential_await"]);
    editor.leave();
}

/// Every fixture, cut off at many places and glued together again: the server goes on, and ends with the right answer.
#[test]
fn no_text_stops_it() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.open(&file, "");
    let mut version = 1;
    let mut random = 1_u64;
    for case in cases().iter().step_by(7) {
        let text = std::fs::read_to_string(&case.before).unwrap();
        let ends = text.char_indices().map(|(at, _)| at).step_by(text.len() / 9 + 1);
        for end in ends {
            version += 1;
            editor.change(&file, version, &text[..end]);
            editor.actions(&file);
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (line, character) = ((random >> 40) % 60, (random >> 50) % 60);
            let place = json!({ "line": line, "character": character });
            version += 1;
            let range = json!({ "start": place, "end": { "line": line + (random >> 60), "character": 3 } });
            editor.edit(&file, version, &json!([{ "range": range, "text": "}é{ \"" }]));
            editor.hover(&file, u32::try_from(line).unwrap(), 20);
            editor.actions(&file);
        }
    }
    assert!(version > 100);
    editor.change(&file, version + 1, WAITS);
    assert_eq!(editor.codes(&file), ["sequential_await"]);
    editor.leave();
}

#[test]
fn editors_may_go_as_they_like() {
    let mut editor = Editor::nowhere();
    editor.notify("exit", Value::Null);
    editor.start();
    assert_eq!(editor.running.take().unwrap().join().unwrap(), Ok(Ended::Abruptly));
    let folder = package(WAITS);
    let mut editor = Editor::new(folder.path(), &json!({}));
    editor.request("textDocument/codeAction", action_params(&folder.path().join("src/lib.rs")));
    let Editor { connection, mut running, .. } = editor;
    drop(connection);
    assert_eq!(running.take().unwrap().join().unwrap(), Ok(Ended::Abruptly));
    let mut silent = Editor::nowhere();
    silent.start();
    let Editor { connection, mut running, .. } = silent;
    drop(connection);
    assert!(running.take().unwrap().join().unwrap().is_err());
}

#[test]
fn the_real_streams_carry_it() {
    let folder = package(WAITS);
    let file = folder.path().join("src/lib.rs");
    let run = |arguments: &[&str], messages: &[Message]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cargo-conjoin"))
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut bytes = Vec::new();
        messages.iter().for_each(|message| message.clone().write(&mut bytes).unwrap());
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        let mut stdout = BufReader::new(output.stdout.as_slice());
        let answers: Vec<Message> = std::iter::from_fn(|| Message::read(&mut stdout).unwrap()).collect();
        (output.status.code(), answers, String::from_utf8(output.stderr).unwrap())
    };
    let request =
        |id: i32, method: &str, params: Value| Message::from(Request::new(id.into(), method.to_owned(), params));
    let notification = |method: &str, params: Value| Message::from(Notification::new(method.to_owned(), params));
    let initialize = request(1, "initialize", json!({ "rootUri": uri(folder.path()), "capabilities": {} }));
    let document = json!({ "uri": uri(&file), "languageId": "rust", "version": 1, "text": WAITS });
    let opened = notification("textDocument/didOpen", json!({ "textDocument": document }));
    let action = request(2, "textDocument/codeAction", action_params(&file));
    let farewell = [request(3, "shutdown", Value::Null), notification("exit", Value::Null)];
    let all: Vec<Message> = [initialize.clone(), opened.clone(), action].into_iter().chain(farewell).collect();
    let (code, answers, stderr) = run(&["conjoin", "--lsp", "--stdio", "-D", "warnings"], &all);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let published = answers.iter().find_map(|message| match message {
        Message::Notification(sent) if sent.method == "textDocument/publishDiagnostics" => Some(&sent.params),
        _ => None,
    });
    assert_eq!(published.unwrap()["diagnostics"][0]["severity"], 1);
    assert_eq!(answers.len(), 4);
    // Whether it has checked anything by then is up to the two of them.
    let (code, ..) = run(&["--lsp"], &[initialize, opened, notification("exit", Value::Null)]);
    assert_eq!(code, Some(1));
    let (code, answers, stderr) = run(&["--lsp"], &[]);
    assert_eq!((code, answers.len()), (Some(2), 0));
    assert!(stderr.contains("nobody speaks the language server protocol on stdin"), "{stderr}");
    for wrong in [&["--lsp", "src"][..], &["--lsp", "--fix"], &["--stdio"], &["--lsp", "--message-format=json"]] {
        assert_eq!(run(wrong, &[]).0, Some(2), "{wrong:?}");
    }
}
