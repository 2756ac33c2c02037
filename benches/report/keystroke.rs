//! How long after a keystroke an editor can show what is found.
//!
//! In: a workspace. Out: [`Typing`]: a server that has a few of its files open, and the time from a change in one of them to what
//! is published of it.
//!
//! The server runs in a thread of this process and is talked to in memory; all it says is waited for before the next stroke.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Instant;

use cargo_conjoin::check::Options;

use cargo_conjoin::discover::{Failure, Selection, Workspace};
use cargo_conjoin::lsp::{Ended, Setup, serve};
use cargo_conjoin::narrow::Old;
use cargo_conjoin::source::SourceFile;
use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

/// Files that are open.
const OPEN: usize = 4;

/// An editor with a server.
pub(crate) struct Typing {
    connection: Connection,
    server: JoinHandle<Result<Ended, Failure>>,
    /// With the number of their lines.
    files: Vec<(PathBuf, usize)>,
    version: i32,
}

impl Typing {
    /// Opens those files of a workspace in which most is awaited, and waits until they are checked.
    pub(crate) fn begin(folder: &Path, workspace: &Workspace) -> Result<Typing, Box<dyn Error>> {
        let awaits = |text: &str| text.matches(".await").count();
        let mut files: Vec<&SourceFile> = workspace.files.iter().collect();
        files.sort_by_key(|file| std::cmp::Reverse(awaits(&file.text)));
        files.truncate(OPEN);
        let (connection, other) = Connection::memory();
        let server = std::thread::spawn(move || serve(&other, &setup()));
        let lines = |file: &&SourceFile| (file.path.clone(), file.text.matches('\n').count());
        let typing = Typing { connection, server, files: files.iter().map(lines).collect(), version: 1 };
        typing.send(Request::new(
            0.into(),
            "initialize".to_owned(),
            json!({ "rootUri": uri(folder), "capabilities": {} }),
        ))?;
        for file in files {
            let document = json!({ "uri": uri(&file.path), "languageId": "rust", "version": 1, "text": file.text });
            typing.notify("textDocument/didOpen", &json!({ "textDocument": document }))?;
        }
        for _ in 0..OPEN {
            typing.published()?;
        }
        Ok(typing)
    }

    /// Types a word behind the last line of a file and takes it away again; seconds until each is answered. `text` may
    /// declare something, so that all that is open has to be looked at again.
    pub(crate) fn strokes(&mut self, number: usize, text: &str) -> Result<Vec<f64>, Box<dyn Error>> {
        let line = self.files[number].1;
        let place = |character: usize| json!({ "line": line, "character": character });
        let put = json!({ "range": { "start": place(0), "end": place(0) }, "text": text });
        let taken = json!({ "range": { "start": place(0), "end": place(text.len()) }, "text": "" });
        [put, taken].into_iter().map(|change| self.stroke(number, &change)).collect()
    }

    fn stroke(&mut self, number: usize, change: &Value) -> Result<f64, Box<dyn Error>> {
        self.version += 1;
        let own = uri(&self.files[number].0);
        let document = json!({ "uri": own, "version": self.version });
        let begin = Instant::now();
        self.notify("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": [change] }))?;
        while self.published()? != (own.clone(), Some(i64::from(self.version))) {}
        let seconds = begin.elapsed().as_secs_f64();
        self.settle()?;
        Ok(seconds)
    }

    /// Waits until all other files are looked at: a question about each has to wait for that.
    fn settle(&mut self) -> Result<(), Box<dyn Error>> {
        for number in 0..self.files.len() {
            let place = json!({ "line": 0, "character": 0 });
            let range = json!({ "start": place, "end": place });
            let document = json!({ "uri": uri(&self.files[number].0) });
            let params = json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } });
            let id = i32::try_from(number)? + 1;
            self.send(Request::new(id.into(), "textDocument/codeAction".to_owned(), params))?;
            loop {
                if matches!(self.connection.receiver.recv()?, Message::Response(answer) if answer.id == id.into()) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Says farewell.
    pub(crate) fn end(self) -> Result<(), Box<dyn Error>> {
        self.send(Request::new(9.into(), "shutdown".to_owned(), Value::Null))?;
        self.notify("exit", &Value::Null)?;
        let ended = self.server.join().map_err(|_| io::Error::other("the server stopped"))?;
        match ended {
            Ok(Ended::Properly) => Ok(()),
            other => Err(format!("the server ended otherwise: {other:?}").into()),
        }
    }

    fn published(&self) -> Result<(String, Option<i64>), Box<dyn Error>> {
        loop {
            if let Message::Notification(Notification { method, params }) = self.connection.receiver.recv()?
                && method == "textDocument/publishDiagnostics"
            {
                return Ok((params["uri"].as_str().unwrap_or_default().to_owned(), params["version"].as_i64()));
            }
        }
    }

    fn notify(&self, method: &str, params: &Value) -> Result<(), Box<dyn Error>> {
        self.send(Notification::new(method.to_owned(), params))
    }

    fn send(&self, message: impl Into<Message>) -> Result<(), Box<dyn Error>> {
        Ok(self.connection.sender.send(message.into())?)
    }
}

fn setup() -> Setup<'static> {
    Setup {
        selection: Selection::default(),
        directory: "/".into(),
        options: Options::default(),
        old: Old::default(),
        prepare: &|_| Ok(()),
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
