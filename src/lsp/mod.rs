//! The language server: findings while somebody types.
//!
//! In: a [`Connection`] to an editor, and a [`Setup`]. Out: diagnostics for open files, rewrites as actions, and why an await
//! stands where it stands; until the editor goes.
//!
//! One thread does everything, one message after the other, so there is nothing to lock and nothing to race. What has
//! come in meanwhile is looked at before anything is computed: a request that was taken back or a text that has changed
//! again costs nothing.
//!
//! * `session`, `answers` – messages to deeds, requests to answers;
//! * `client` – what the editor can;
//! * `code` – the workspace with the texts that are open;
//! * `document` – an open text and its changes;
//! * `said`, `actions` – findings and rewrites in the words of the protocol;
//! * `places`, `uris` – how editors count and name.
//!
//! Invariant: nothing is said of a text that is not the one in the editor. While it cannot be parsed, what was said of it
//! stays, moved along by the editor, and no rewrite is offered.

mod actions;
mod answers;
mod client;
mod code;
mod document;
mod places;
mod said;
mod session;
mod uris;

use std::path::PathBuf;

use lsp_server::{Connection, ErrorCode, Message, Request, Response};

use crate::check::Options;
use crate::discover::{Failure, Selection, Workspace};
use crate::narrow::Old;
use crate::parse::STACK_SIZE;
use client::Client;
use session::Session;

/// What the command line says of a session.
pub struct Setup<'a> {
    /// What is looked at in the folders that the editor names.
    pub selection: Selection,
    /// Where the server was started.
    pub directory: PathBuf,
    /// What is reported.
    pub options: Options,
    /// A baseline.
    pub old: Old,
    /// What is done with a workspace before it is looked at.
    pub prepare: &'a (dyn Fn(&mut Workspace) -> Result<(), Failure> + Sync),
}

/// How an editor went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It said so.
    Properly,
    /// It was gone.
    Abruptly,
}

/// Serves an editor on stdin and stdout.
///
/// # Errors
///
/// Nobody speaks the protocol there.
pub fn serve_stdio(setup: &Setup<'_>) -> Result<Ended, Failure> {
    let (connection, threads) = Connection::stdio();
    let ended = serve(&connection, setup)?;
    // The thread that writes ends when nobody can give it anything any more.
    drop(connection);
    Ok(if threads.join().is_ok() { ended } else { Ended::Abruptly })
}

/// Serves an editor until it goes.
///
/// # Errors
///
/// It goes before it has said who it is.
pub fn serve(connection: &Connection, setup: &Setup<'_>) -> Result<Ended, Failure> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("editor".to_owned()).stack_size(STACK_SIZE);
        let thread = thread.spawn_scoped(scope, || talk(connection, setup)).map_err(|error| Failure {
            message: format!("cannot start a thread: {error}"),
            help: "close some programs".to_owned(),
        })?;
        thread.join().unwrap_or_else(|_| Err(gone("the server stopped")))
    })
}

fn talk(connection: &Connection, setup: &Setup<'_>) -> Result<Ended, Failure> {
    let Some(request) = greeted(connection)? else { return Ok(Ended::Abruptly) };
    let session = Session::new(connection, setup, Client::new(&request.params));
    session.answer(Response::new_ok(request.id, session.welcome()));
    Ok(session.run())
}

/// The first thing an editor asks; nothing when it goes at once.
fn greeted(connection: &Connection) -> Result<Option<Request>, Failure> {
    for message in &connection.receiver {
        match message {
            Message::Request(request) if request.method == "initialize" => return Ok(Some(request)),
            Message::Request(request) => refuse(connection, request),
            Message::Notification(notification) if notification.method == "exit" => return Ok(None),
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    Err(gone("nobody speaks the language server protocol on stdin"))
}

fn refuse(connection: &Connection, request: Request) {
    let code = ErrorCode::ServerNotInitialized as i32;
    let response = Response::new_err(request.id, code, "the first request is `initialize`".to_owned());
    // Who has gone needs no answer.
    drop(connection.sender.send(response.into()));
}

fn gone(message: &str) -> Failure {
    Failure { message: message.to_owned(), help: "let an editor start it: see the README".to_owned() }
}
