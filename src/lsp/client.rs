//! What an editor says of itself.
//!
//! In: the parameters of `initialize`. Out: [`Client`]: what it has open, and what it can.
//!
//! Read by hand, because editors say a hundred things of themselves, and one that is not as expected must not keep the
//! others from being heard.

use std::path::PathBuf;

use gen_lsp_types::PositionEncodingKind;
use serde_json::Value;

use super::places::Encoding;
use super::uris;

/// An editor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) folders: Vec<PathBuf>,
    pub(super) encoding: Encoding,
    /// Edits may name the version of the text they are for.
    pub(super) knows_versions: bool,
    pub(super) shows_markdown: bool,
    /// It can be asked to tell when files change.
    pub(super) watches_files: bool,
}

impl Client {
    pub(super) fn new(params: &Value) -> Client {
        let capability = |pointer: &str| params.pointer(&format!("/capabilities/{pointer}"));
        let is = |pointer: &str| capability(pointer).and_then(Value::as_bool) == Some(true);
        let words = |pointer: &str| -> Vec<String> {
            let words = capability(pointer).and_then(Value::as_array).into_iter().flatten();
            words.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let encodings: Vec<PositionEncodingKind> =
            words("general/positionEncodings").into_iter().map(PositionEncodingKind::from).collect();
        Client {
            folders: folders(params),
            encoding: Encoding::choose(&encodings),
            knows_versions: is("workspace/workspaceEdit/documentChanges"),
            shows_markdown: words("textDocument/hover/contentFormat").iter().any(|word| word == "markdown"),
            watches_files: is("workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }
}

/// The folders it has open; the only one of editors that know only one.
fn folders(params: &Value) -> Vec<PathBuf> {
    let several = params.get("workspaceFolders").and_then(Value::as_array).into_iter().flatten();
    let several: Vec<PathBuf> = several.filter_map(|folder| uris::path(folder.get("uri")?.as_str()?)).collect();
    let only = || params.get("rootUri").and_then(|uri| uris::path(uri.as_str()?));
    if several.is_empty() { only().into_iter().collect() } else { several }
}
