//! What speaks for an editor, in memory and message by message.
//!
//! In: deeds of somebody who edits. Out: what the server says; and edits made in a text as an editor makes them.

use std::path::Path;
use std::thread::JoinHandle;

use cargo_conjoin::check::Options;
use cargo_conjoin::discover::{Failure, Selection};
use cargo_conjoin::lsp::{Ended, Setup, serve};
use cargo_conjoin::narrow::Old;
use lsp_server::{Connection, Message, Notification, Request, Response};
use serde_json::{Value, json};

/// An editor. What it has sent is in the pipe before the server is started, so that tests can say what it finds there.
pub(crate) struct Editor {
    pub(crate) connection: Connection,
    server: Option<Connection>,
    pub(crate) running: Option<JoinHandle<Result<Ended, Failure>>>,
    pub(crate) setup: Old,
    requests: i32,
    /// What was published, in order: URI, version, diagnostics.
    pub(crate) published: Vec<(String, Option<i64>, Vec<Value>)>,
    pub(crate) told: Vec<Value>,
}

impl Editor {
    pub(crate) fn new(folder: &Path, capabilities: &Value) -> Editor {
        let mut editor = Editor::nowhere();
        let folders = json!([{ "uri": uri(folder), "name": "it" }]);
        editor.ask(
            "initialize",
            json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders }),
        );
        editor.notify("initialized", json!({}));
        editor
    }

    pub(crate) fn nowhere() -> Editor {
        let (connection, server) = Connection::memory();
        Editor {
            connection,
            server: Some(server),
            running: None,
            setup: Old::default(),
            requests: 0,
            published: Vec::new(),
            told: Vec::new(),
        }
    }

    pub(crate) fn start(&mut self) {
        let Some(server) = self.server.take() else { return };
        let old = self.setup.clone();
        self.running = Some(std::thread::spawn(move || {
            let options = Options::default();
            let selection = Selection::default();
            let setup = Setup { selection, directory: "/".into(), options, old, prepare: &|_| Ok(()) };
            serve(&server, &setup)
        }));
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.connection.sender.send(Notification::new(method.to_owned(), params).into()).unwrap();
    }

    /// Sends a request; its number.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> i32 {
        self.requests += 1;
        self.connection.sender.send(Request::new(self.requests.into(), method.to_owned(), params).into()).unwrap();
        self.requests
    }

    /// What comes up to the answer of a request.
    pub(crate) fn answer(&mut self, number: i32) -> Response {
        self.start();
        loop {
            match self.connection.receiver.recv().unwrap() {
                Message::Response(response) if response.id == number.into() => return response,
                Message::Response(_) => {}
                Message::Notification(sent) if sent.method == "textDocument/publishDiagnostics" => {
                    let params = &sent.params;
                    let uri = params["uri"].as_str().unwrap().to_owned();
                    let diagnostics = params["diagnostics"].as_array().unwrap().clone();
                    self.published.push((uri, params["version"].as_i64(), diagnostics));
                }
                Message::Notification(sent) => self.told.push(json!({ "method": sent.method, "params": sent.params })),
                Message::Request(sent) => self.told.push(json!({ "method": sent.method, "params": sent.params })),
            }
        }
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let number = self.ask(method, params);
        self.answer(number).response_result.unwrap()
    }

    pub(crate) fn open(&mut self, path: &Path, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "rust", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// The whole text anew.
    pub(crate) fn change(&mut self, path: &Path, version: i32, text: &str) {
        self.edit(path, version, &json!([{ "text": text }]));
    }

    pub(crate) fn edit(&mut self, path: &Path, version: i32, changes: &Value) {
        let document = json!({ "uri": uri(path), "version": version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// The rewrites for a whole file, which must have been checked for that.
    pub(crate) fn actions(&mut self, path: &Path) -> Vec<Value> {
        let end = json!({ "line": 100_000, "character": 0 });
        self.actions_in(path, &json!({ "start": { "line": 0, "character": 0 }, "end": end }))
    }

    pub(crate) fn actions_in(&mut self, path: &Path, range: &Value) -> Vec<Value> {
        let number = self.ask("textDocument/codeAction", action(path, range));
        self.answer(number).response_result.unwrap().as_array().unwrap().clone()
    }

    /// What the editor shows of a file, once all is done.
    pub(crate) fn shown(&mut self, path: &Path) -> Vec<Value> {
        self.actions(path);
        let own = self.published.iter().rev().find(|(about, ..)| *about == uri(path));
        own.map(|(.., diagnostics)| diagnostics.clone()).unwrap_or_default()
    }

    /// The codes of what is shown.
    pub(crate) fn codes(&mut self, path: &Path) -> Vec<String> {
        self.shown(path).iter().map(|shown| shown["code"].as_str().unwrap_or("?").to_owned()).collect()
    }

    pub(crate) fn hover(&mut self, path: &Path, line: u32, character: u32) -> Value {
        let position = json!({ "line": line, "character": character });
        self.request("textDocument/hover", json!({ "textDocument": { "uri": uri(path) }, "position": position }))
    }

    pub(crate) fn file_changed(&mut self, path: &Path, kind: u32) {
        self.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri(path), "type": kind }] }));
    }

    /// Says farewell; nothing the server did was an error to it.
    pub(crate) fn leave(mut self) {
        assert_eq!(self.request("shutdown", Value::Null), Value::Null);
        self.notify("exit", Value::Null);
        assert_eq!(self.running.take().unwrap().join().unwrap(), Ok(Ended::Properly));
    }
}

pub(crate) fn action(path: &Path, range: &Value) -> Value {
    json!({ "textDocument": { "uri": uri(path) }, "range": range, "context": { "diagnostics": [] } })
}

/// As editors write it: all but a few signs as `%` and two digits.
pub(crate) fn uri(path: &Path) -> String {
    let sign = |byte: u8| match byte {
        b'/' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    format!("file://{}", path.to_str().unwrap().bytes().map(sign).collect::<String>())
}

/// Makes the edits of an action, as an editor that counts in these units.
pub(crate) fn applied(text: &str, edits: &Value, is_utf8: bool) -> String {
    let offset = |place: &Value| {
        let line = place["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut left = place["character"].as_u64().unwrap() as usize;
        let mut at = start;
        for character in text[start..].chars() {
            if left == 0 {
                break;
            }
            left -= if is_utf8 { character.len_utf8() } else { character.len_utf16() };
            at += character.len_utf8();
        }
        at
    };
    let mut edits: Vec<(usize, usize, &str)> = edits
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort();
    let mut changed = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        changed.replace_range(start..end, new);
    }
    changed
}
