//! Rewrites as editors offer them.
//!
//! In: what was found in a text, and the place where somebody stands. Out: an action for each rewrite there.
//!
//! Invariant: an action is made of the text whose version it names, so an editor that has gone on refuses it.

use std::collections::HashMap;

use gen_lsp_types::{
    CodeAction, CodeActionKind, CodeActionResponse, DocumentChange, OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit, TextDocumentIdentifier, TextEdit, WorkspaceEdit,
};

use super::said::Page;
use crate::diagnostic::{Applicability, Diagnostic, Fix};
use crate::source::Span;

/// The rewrites of which some part lies at `place`. `version` where the editor can be told of it.
pub(super) fn actions(
    page: Page<'_>,
    version: Option<i32>,
    found: &[Diagnostic],
    place: Span,
) -> Vec<CodeActionResponse> {
    let near = found.iter().filter_map(|found| Some((found, found.fix.as_ref()?)));
    let near = near.filter(|(found, fix)| {
        let whole = fix.in_function().fold(found.primary.span, |whole, edit| whole.to(edit.span));
        whole.start <= place.end && place.start <= whole.end
    });
    near.map(|(found, fix)| {
        CodeActionResponse::CodeAction(CodeAction {
            title: fix.title.clone(),
            kind: Some(CodeActionKind::QuickFix),
            diagnostics: Some(vec![page.diagnostic(found)]),
            is_preferred: Some(fix.applicability == Applicability::MachineApplicable),
            edit: Some(edit(page, version, fix)),
            ..CodeAction::default()
        })
    })
    .collect()
}

fn edit(page: Page<'_>, version: Option<i32>, fix: &Fix) -> WorkspaceEdit {
    let edits = fix.edits.iter().map(|edit| TextEdit {
        range: page.encoding.range(page.source, edit.span),
        new_text: edit.replacement.clone(),
    });
    match version {
        None => WorkspaceEdit {
            changes: Some(HashMap::from([(page.uri.clone(), edits.collect())])),
            ..WorkspaceEdit::default()
        },
        Some(version) => {
            let identifier = TextDocumentIdentifier { uri: page.uri.clone() };
            let text_document = OptionalVersionedTextDocumentIdentifier {
                version: Some(version),
                text_document_identifier: identifier,
            };
            let change = TextDocumentEdit { text_document, edits: edits.map(Into::into).collect() };
            WorkspaceEdit { document_changes: Some(vec![DocumentChange::from(change)]), ..WorkspaceEdit::default() }
        }
    }
}
