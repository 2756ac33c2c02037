//! A statement that is written anew as a whole.
//!
//! In: a place in a body. Out: the statement it stands in, and its indentation where it can be replaced: alone on its
//! lines, without attributes, conditions and comments.

use crate::ir::{Block, Body, Stmt};
use crate::rewrite::layout;
use crate::source::{SourceFile, Span};

/// The innermost statement that a place stands in, and its block.
pub(super) fn around(body: &Body, place: Span) -> Option<(&Block, &Stmt)> {
    let all = body.blocks.iter().flat_map(|block| block.stmts.iter().map(move |stmt| (block, stmt)));
    all.filter(|(_, stmt)| stmt.span.contains(place)).min_by_key(|(_, stmt)| stmt.span.len())
}

/// The indentation of a statement that can be replaced.
pub(super) fn plain_indent<'a>(source: &'a SourceFile, stmt: &Stmt) -> Option<&'a str> {
    own_indent(source, stmt).filter(|_| !layout::has_comment(source.slice(stmt.span)))
}

/// The indentation of a statement that begins its line, so that others may stand in front of it.
pub(super) fn own_indent<'a>(source: &'a SourceFile, stmt: &Stmt) -> Option<&'a str> {
    let indent = source.text[..stmt.span.start as usize].rsplit('\n').next()?;
    let is_first = indent.chars().all(char::is_whitespace);
    (is_first && !stmt.is_conditional && stmt.attributes_start == stmt.span.start).then_some(indent)
}
