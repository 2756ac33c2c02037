//! What an editor has open.
//!
//! In: a text, and the changes to it. Out: the text as it is in the editor, and what was last said of it.

use std::path::PathBuf;

use gen_lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::places::Encoding;
use crate::diagnostic::Diagnostic;

/// An open file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) uri: Uri,
    /// Where it lies, if it is a file.
    pub(super) path: Option<PathBuf>,
    pub(super) version: i32,
    pub(super) text: String,
    pub(super) state: State,
    /// What the editor was told of it, and of which version.
    pub(super) shown: Option<(i32, Vec<gen_lsp_types::Diagnostic>)>,
}

/// What is known of a document's text.
#[derive(Debug)]
pub(super) enum State {
    /// Nobody has looked at it.
    New,
    /// It is no file of the workspace.
    Foreign,
    /// It cannot be parsed.
    Broken,
    /// The workspace has it, and it must be checked.
    Due,
    /// What was found in it.
    Checked(Vec<Diagnostic>),
}

impl Document {
    /// Something else has changed that it may depend on.
    pub(super) fn is_to_be_checked(&mut self) {
        if matches!(self.state, State::Checked(_)) {
            self.state = State::Due;
        }
    }

    /// Makes the changes, one after the other.
    pub(super) fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        self.version = version;
        self.state = State::New;
        for change in changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let start = encoding.offset(&self.text, part.range.start);
                    let end = encoding.offset(&self.text, part.range.end).max(start);
                    self.text.replace_range(start..end, &part.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => self.text = whole.text,
            }
        }
    }
}
