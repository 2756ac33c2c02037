//! Requests to answers.
//!
//! In: a place in a text that is open. Out: the rewrites there, or why an await stands there; or why there is no answer.
//!
//! Invariant: an answer is about the text as it is when the request is read.

use gen_lsp_types::{CodeActionKind, CodeActionParams, Hover, HoverParams, MarkupContent, MarkupKind, Uri};
use lsp_server::{ErrorCode, Message, Notification};
use serde_json::{Value, json};

use super::actions::actions;
use super::code::Code;
use super::document::{Document, State};
use super::said::Page;
use super::session::Session;
use crate::report::{self, Style};
use crate::source::{FileId, Span};
use crate::why;

/// Columns of what is shown beside the text.
const WIDTH: usize = 80;

/// An answer, or why there is none.
pub(super) type Answer = Result<Value, (ErrorCode, String)>;

impl Session<'_> {
    pub(super) fn code_action(&mut self, params: &CodeActionParams) -> Answer {
        let uri = &params.text_document.uri;
        let is_wanted =
            |kind: &CodeActionKind| String::from(CodeActionKind::QuickFix).starts_with(&String::from(kind.clone()));
        if params.context.only.as_ref().is_some_and(|only| !only.iter().any(is_wanted)) {
            return Ok(json!([]));
        }
        self.is_current(uri)?;
        self.check_what_is_due(Some(uri));
        let client = &self.client;
        let Some((document, code, file)) = self.document(uri) else { return Ok(json!([])) };
        let State::Checked(found) = &document.state else { return Ok(json!([])) };
        let page = Page { source: code.source(file), uri, encoding: client.encoding };
        let place = |place| client.encoding.offset(&document.text, place);
        let place = Span::new(place(params.range.start), place(params.range.end));
        let version = client.knows_versions.then_some(document.version);
        Ok(json!(actions(page, version, found, place)))
    }

    pub(super) fn hover(&mut self, params: &HoverParams) -> Answer {
        let place = &params.text_document_position_params;
        let uri = &place.text_document.uri;
        self.is_current(uri)?;
        self.take_texts();
        let (encoding, shows_markdown) = (self.client.encoding, self.client.shows_markdown);
        let Some(document) = self.documents.iter().find(|document| document.uri == *uri) else {
            return Ok(Value::Null);
        };
        let is_held = matches!(document.state, State::Due | State::Checked(_));
        let offset = encoding.offset(&document.text, place.position);
        let file = document.path.as_deref().and_then(|path| self.code.as_ref()?.file_at(path));
        let (Some(file), true) = (file, is_held) else { return Ok(Value::Null) };
        let Some(code) = &mut self.code else { return Ok(Value::Null) };
        let Some((span, found)) = code.why(file, Span::new(offset, offset).start) else { return Ok(Value::Null) };
        let mut text = report::why(&found, Style { color: false, unicode: true, width: WIDTH });
        if matches!(found.answer, why::Answer::Early(_)) {
            text.push_str("\n  `cargo conjoin --explain sequential_await` says more about it\n");
        }
        let contents = if shows_markdown {
            MarkupContent { kind: MarkupKind::Markdown, value: format!("```text\n{text}```\n") }
        } else {
            MarkupContent { kind: MarkupKind::PlainText, value: text }
        };
        Ok(json!(Hover { contents: contents.into(), range: Some(encoding.range(code.source(file), span)) }))
    }

    /// A request about a text that has changed since is not worth an answer.
    fn is_current(&self, uri: &Uri) -> Result<(), (ErrorCode, String)> {
        let is_change = |message: &Message| {
            let Message::Notification(Notification { method, params }) = message else { return false };
            let about = params.pointer("/textDocument/uri").and_then(Value::as_str);
            method == "textDocument/didChange" && about == Some(uri.as_ref())
        };
        let has_changed = self.queue.iter().any(is_change);
        if has_changed { Err((ErrorCode::ContentModified, "the text has changed".to_owned())) } else { Ok(()) }
    }

    pub(super) fn is_taken_back(&self, id: &Value) -> bool {
        self.queue.iter().any(|message| {
            let Message::Notification(Notification { method, params }) = message else { return false };
            method == "$/cancelRequest" && params.get("id") == Some(id)
        })
    }

    fn document(&self, uri: &Uri) -> Option<(&Document, &Code, FileId)> {
        let document = self.documents.iter().find(|document| document.uri == *uri)?;
        let code = self.code.as_ref()?;
        Some((document, code, code.file_at(document.path.as_deref()?)?))
    }
}
