//! Messages to deeds.
//!
//! In: what an editor sends. Out: answers, and findings for what is open.
//!
//! Invariant: each request gets one answer.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use gen_lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProvider, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    FileChangeType, MessageType, PublishDiagnosticsParams, ServerCapabilities, ShowMessageParams, TextDocumentSync,
    TextDocumentSyncKind, TextDocumentSyncOptions, Uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::Client;
use super::code::{Code, Found};
use super::document::{Document, State};
use super::said::Page;
use super::uris;
use super::{Ended, Setup};
use crate::discover::Failure;
use crate::source::{FileId, SourceFile};

/// A talk with an editor.
pub(super) struct Session<'a> {
    pub(super) connection: &'a Connection,
    setup: &'a Setup<'a>,
    pub(super) client: Client,
    /// Nothing until it is needed, and when there are other files than before.
    pub(super) code: Option<Code>,
    /// What is open, the last one changed at the end.
    pub(super) documents: Vec<Document>,
    /// What has come in and was not looked at.
    pub(super) queue: VecDeque<Message>,
    is_over: bool,
    /// The last trouble that was told, so that it is told once.
    trouble: Option<Failure>,
}

impl<'a> Session<'a> {
    pub(super) fn new(connection: &'a Connection, setup: &'a Setup<'a>, client: Client) -> Session<'a> {
        Session {
            connection,
            setup,
            client,
            code: None,
            documents: Vec::new(),
            queue: VecDeque::new(),
            is_over: false,
            trouble: None,
        }
    }

    /// What the server can, as the editor is told.
    pub(super) fn welcome(&self) -> Value {
        let capabilities = ServerCapabilities {
            position_encoding: Some(self.client.encoding.kind()),
            text_document_sync: Some(TextDocumentSync::Options(TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::Incremental),
                save: Some(true.into()),
                ..TextDocumentSyncOptions::default()
            })),
            code_action_provider: Some(CodeActionProvider::CodeActionOptions(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QuickFix]),
                ..CodeActionOptions::default()
            })),
            hover_provider: Some(true.into()),
            ..ServerCapabilities::default()
        };
        json!({
            "capabilities": capabilities,
            "serverInfo": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        })
    }

    /// Answers until the editor goes.
    pub(super) fn run(mut self) -> Ended {
        loop {
            if self.queue.is_empty() && !self.is_something_due() {
                match self.connection.receiver.recv() {
                    Ok(message) => self.queue.push_back(message),
                    Err(_) => return if self.is_over { Ended::Properly } else { Ended::Abruptly },
                }
            }
            self.queue.extend(self.connection.receiver.try_iter());
            match self.queue.pop_front() {
                Some(Message::Request(request)) => self.request(request),
                Some(Message::Notification(notification)) if notification.method == "exit" => {
                    return if self.is_over { Ended::Properly } else { Ended::Abruptly };
                }
                Some(Message::Notification(notification)) => self.notification(notification),
                // To what was asked of the editor nothing can be said that matters.
                Some(Message::Response(_)) => {}
                None => self.check_what_is_due(None),
            }
        }
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let answer = if self.is_taken_back(&json!(id)) {
            Err((ErrorCode::RequestCanceled, "taken back".to_owned()))
        } else if self.is_over {
            Err((ErrorCode::InvalidRequest, "after `shutdown` comes `exit`".to_owned()))
        } else {
            match method.as_str() {
                "shutdown" => {
                    self.is_over = true;
                    Ok(Value::Null)
                }
                "textDocument/codeAction" => read(params).and_then(|params| self.code_action(&params)),
                "textDocument/hover" => read(params).and_then(|params| self.hover(&params)),
                _ => Err((ErrorCode::MethodNotFound, format!("`{method}` is not known"))),
            }
        };
        self.answer(match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        });
    }

    fn notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        // What cannot be read means nothing, and there is nobody to tell.
        match method.as_str() {
            "initialized" => self.ask_for_changes(),
            "textDocument/didOpen" => drop(read(params).map(|params| self.open(params))),
            "textDocument/didChange" => drop(read(params).map(|params| self.change(params))),
            "textDocument/didSave" => drop(read(params).map(|params| self.saved(&params))),
            "textDocument/didClose" => drop(read(params).map(|params| self.close(&params))),
            "workspace/didChangeWatchedFiles" => drop(read(params).map(|params| self.files_changed(&params))),
            "workspace/didChangeWorkspaceFolders" => drop(read(params).map(|params| self.folders_changed(&params))),
            _ => {}
        }
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let opened = params.text_document;
        self.documents.retain(|document| document.uri != opened.uri);
        let path = uris::path(opened.uri.as_ref());
        if let Some(path) = path.as_deref().filter(|_| self.client.folders.is_empty()) {
            // A file alone: the package it lies in, else its folder.
            let package = path.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file());
            self.client.folders.extend(package.or(path.parent()).map(Path::to_path_buf));
            self.code = None;
        }
        self.documents.push(Document {
            uri: opened.uri,
            path,
            version: opened.version,
            text: opened.text,
            state: State::New,
            shown: None,
        });
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let identifier = params.text_document;
        let uri = &identifier.text_document_identifier.uri;
        let Some(at) = self.documents.iter().position(|document| document.uri == *uri) else { return };
        let mut document = self.documents.remove(at);
        document.change(identifier.version, params.content_changes, self.client.encoding);
        self.documents.push(document);
    }

    /// Editors that watch files tell of those; of others only this is heard.
    fn saved(&mut self, params: &DidSaveTextDocumentParams) {
        let path = uris::path(params.text_document.uri.as_ref());
        if path.is_some_and(|path| self.is_other_than_before(&path, FileChangeType::Changed)) {
            self.begin_anew();
        }
    }

    fn close(&mut self, params: &DidCloseTextDocumentParams) {
        let uri = &params.text_document.uri;
        let Some(at) = self.documents.iter().position(|document| document.uri == *uri) else { return };
        let mut closed = self.documents.remove(at);
        unsay(self.connection, &mut closed);
        if let Some(path) = closed.path {
            self.read_again(&path);
        }
    }

    fn files_changed(&mut self, params: &DidChangeWatchedFilesParams) {
        for event in &params.changes {
            let Some(path) = uris::path(event.uri.as_ref()) else { continue };
            if self.is_other_than_before(&path, event.kind) {
                self.begin_anew();
                return;
            }
            self.read_again(&path);
        }
    }

    fn folders_changed(&mut self, params: &DidChangeWorkspaceFoldersParams) {
        let gone: Vec<PathBuf> =
            params.event.removed.iter().filter_map(|folder| uris::path(folder.uri.as_ref())).collect();
        self.client.folders.retain(|folder| !gone.contains(folder));
        self.client.folders.extend(params.event.added.iter().filter_map(|folder| uris::path(folder.uri.as_ref())));
        self.begin_anew();
    }

    /// Whether it changes which files there are, or what is said of them.
    fn is_other_than_before(&self, path: &Path, kind: FileChangeType) -> bool {
        let is_named = |name: &str| path.file_name().is_some_and(|own| own == name);
        let is_known = self.code.as_ref().is_none_or(|code| code.file_at(path).is_some());
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        is_named("Cargo.toml")
            || is_named("conjoin.toml")
            || is_source && (!is_known || kind == FileChangeType::Deleted)
    }

    fn begin_anew(&mut self) {
        self.code = None;
        self.documents.iter_mut().for_each(|document| document.state = State::New);
    }

    /// A file of the disk has another text, unless it is open: then what the editor has holds.
    fn read_again(&mut self, path: &Path) {
        let is_open = self.documents.iter().any(|document| document.path.as_deref() == Some(path));
        let Some(code) = self.code.as_mut().filter(|_| !is_open) else { return };
        let (Some(file), Ok(text)) = (code.file_at(path), std::fs::read_to_string(path)) else { return };
        if code.source(file).text != text && code.replace(file, &text) {
            self.documents.iter_mut().for_each(Document::is_to_be_checked);
        }
    }

    fn is_something_due(&self) -> bool {
        self.documents.iter().any(|document| matches!(document.state, State::New | State::Due))
    }

    /// Gives the workspace the texts that nobody has looked at yet.
    pub(super) fn take_texts(&mut self) {
        if self.code.is_none() && !self.documents.is_empty() {
            self.code = Some(self.find_code());
            self.documents.iter_mut().for_each(|document| document.state = State::New);
        }
        let Some(code) = &mut self.code else { return };
        let mut has_changed = false;
        let connection = self.connection;
        for document in self.documents.iter_mut().filter(|document| matches!(document.state, State::New)) {
            let file = document.path.as_deref().and_then(|path| code.file_at(path));
            document.state = match file {
                None => {
                    unsay(connection, document);
                    State::Foreign
                }
                Some(file) => {
                    let is_other = code.source(file).text != document.text;
                    let is_taken = code.replace(file, &document.text);
                    has_changed |= is_other && is_taken;
                    if is_taken { State::Due } else { State::Broken }
                }
            };
        }
        if has_changed {
            self.documents.iter_mut().for_each(Document::is_to_be_checked);
        }
    }

    /// The workspace, or one without files where there is trouble.
    fn find_code(&mut self) -> Code {
        match Code::new(self.setup, &self.client.folders) {
            Ok(code) => {
                self.trouble = None;
                code
            }
            Err(failure) => {
                self.tell(failure);
                Code::empty(self.setup)
            }
        }
    }

    /// Checks what is due, the last change first, until it is done or something else has come in; or one document alone.
    pub(super) fn check_what_is_due(&mut self, only: Option<&Uri>) {
        self.take_texts();
        let Some(mut code) = self.code.take() else { return };
        let due = self.documents.iter().rev().filter(|document| matches!(document.state, State::Due));
        let due = due.filter(|document| only.is_none_or(|only| document.uri == *only));
        let due: Vec<FileId> = due.filter_map(|document| code.file_at(document.path.as_deref()?)).collect();
        if !due.is_empty() {
            let old = &self.setup.old;
            // The first is always looked at, so that whoever types without end sees something at last.
            code.check(due.into_iter(), old, |source, found| {
                self.take_result(source, found);
                self.connection.receiver.is_empty()
            });
        }
        self.code = Some(code);
    }

    fn take_result(&mut self, source: &SourceFile, found: Option<Found>) {
        let is_it = |document: &&mut Document| document.path.as_ref() == Some(&source.path);
        let (client, connection) = (&self.client, self.connection);
        for document in self.documents.iter_mut().filter(is_it) {
            let Some(found) = &found else {
                document.state = State::Broken;
                continue;
            };
            let page = Page { source, uri: &document.uri, encoding: client.encoding };
            let diagnostics = found.diagnostics.iter().map(|diagnostic| page.diagnostic(diagnostic));
            let unclear = found.unclear.iter().map(|problem| page.problem(problem));
            let told = Some((document.version, diagnostics.chain(unclear).collect()));
            document.state = State::Checked(found.diagnostics.clone());
            if document.shown != told {
                document.shown = told;
                publish(connection, document);
            }
        }
        if let Some(failure) = found.and_then(|found| found.failure) {
            self.tell(failure);
        }
    }

    fn tell(&mut self, failure: Failure) {
        if self.trouble.as_ref() != Some(&failure) {
            let message = format!("conjoin: {}\n{}", failure.message, failure.help);
            notify(self.connection, "window/showMessage", ShowMessageParams { kind: MessageType::Error, message });
            self.trouble = Some(failure);
        }
    }

    /// Asks to be told when files change that are not open.
    fn ask_for_changes(&self) {
        if !self.client.watches_files {
            return;
        }
        let watchers = ["**/*.rs", "**/Cargo.toml", "**/conjoin.toml"].map(|glob| json!({ "globPattern": glob }));
        let method = "workspace/didChangeWatchedFiles";
        let registration = json!({ "id": method, "method": method, "registerOptions": { "watchers": watchers } });
        let params = json!({ "registrations": [registration] });
        let request = Request::new("watch".to_owned().into(), "client/registerCapability".to_owned(), params);
        send(self.connection, request.into());
    }

    pub(super) fn answer(&self, response: Response) {
        send(self.connection, response.into());
    }
}

/// What was said of a document holds no more.
fn unsay(connection: &Connection, document: &mut Document) {
    if document.shown.take().is_some_and(|(_, shown)| !shown.is_empty()) {
        publish(connection, document);
    }
}

/// What an editor is to show of a document; nothing where nothing holds.
fn publish(connection: &Connection, document: &Document) {
    let (version, diagnostics) = document.shown.clone().unzip();
    let params =
        PublishDiagnosticsParams { uri: document.uri.clone(), version, diagnostics: diagnostics.unwrap_or_default() };
    notify(connection, "textDocument/publishDiagnostics", params);
}

fn notify(connection: &Connection, method: &str, params: impl Serialize) {
    send(connection, Notification::new(method.to_owned(), params).into());
}

fn send(connection: &Connection, message: Message) {
    // Who has gone reads nothing any more; the next look at what came in says so.
    drop(connection.sender.send(message));
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}
