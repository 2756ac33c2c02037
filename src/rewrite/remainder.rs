//! What is left of a statement when its awaits have moved elsewhere.
//!
//! In: a statement, the awaits in it, and the names of what they give. Out: the statement with the names in their places.

use crate::ir::{Body, ExprId, ExprKind, Stmt, StmtKind};
use crate::rewrite::layout;
use crate::rewrite::pretty::{Shape, Statement, assigned, laid_out};
use crate::rewrite::tree::Reader;
use crate::source::Span;

/// The statement around the names, laid out anew where that can be done. `reader` knows the awaits and the names; the
/// attributes in front are left out.
pub(super) fn remainder(reader: &Reader<'_>, stmt: &Stmt, indent: &str) -> String {
    let columns = reader.style.width(indent);
    laid_out_again(reader, stmt, columns)
        .or_else(|| around_head(reader, stmt, indent))
        .unwrap_or_else(|| reader.text(stmt.span))
}

fn laid_out_again(reader: &Reader<'_>, stmt: &Stmt, columns: usize) -> Option<String> {
    let body = reader.body;
    let Span { start, end } = stmt.span;
    let (left, value, ending) = match &stmt.kind {
        StmtKind::Let { init: Some(init), otherwise: None, .. } => (true, *init, ";"),
        StmtKind::Expr { expr, semicolon } => match &body.expr(*expr).kind {
            ExprKind::Assign { value, .. } | ExprKind::AssignOp { value, .. } => (true, *value, ";"),
            _ => (false, *expr, if *semicolon { ";" } else { "" }),
        },
        _ => return None,
    };
    let span = body.expr(value).span;
    let before = reader.source.slice(Span { start, end: span.start }).trim();
    let is_plain = !layout::has_comment(before) && before.is_empty() != left;
    if !is_plain || reader.source.slice(Span { start: span.end, end }).trim() != ending {
        return None;
    }
    let statement = Statement { before: Vec::new(), left: before.to_owned(), right: reader.tree(value), end: ending };
    let starts_block = matches!(body.expr(value).kind, ExprKind::Match { .. } | ExprKind::If { .. });
    if starts_block { None } else { assigned(&statement, columns, reader.style) }
}

/// Where the awaits stood in what a block hangs on, `match f().await {`, that line is laid out anew, and the block stays.
fn around_head(reader: &Reader<'_>, stmt: &Stmt, indent: &str) -> Option<String> {
    let body = reader.body;
    let head = match &stmt.kind {
        StmtKind::Let { init: Some(init), .. } => head_of(body, *init).unwrap_or(*init),
        StmtKind::Expr { expr, .. } => head_of(body, *expr)?,
        _ => return None,
    };
    let span = body.expr(head).span;
    if !reader.holes.iter().all(|(hole, _)| span.contains(body.expr(*hole).span)) {
        return None;
    }
    let before = reader.source.slice(Span { start: stmt.span.start, end: span.start });
    let before = before.split_whitespace().collect::<Vec<_>>().join(" ");
    let after = reader.source.slice(Span { start: span.end, end: stmt.span.end });
    let room = Shape::line(reader.style.width(indent), reader.style).offset_left(reader.style.width(&before) + 1)?;
    let line = laid_out(&reader.tree(head), room.sub_width(2)?, reader.style)?;
    let from = layout::indent_of(after.rsplit('\n').next().unwrap_or_default());
    let behind = layout::moved(after.trim_start(), from, indent);
    let space = if behind.starts_with([';', ',']) { "" } else { " " };
    let is_plain = !line.contains('\n') && !layout::has_comment(&before);
    is_plain.then(|| format!("{before} {line}{space}{behind}"))
}

/// What a `match` or an `if let` looks at.
fn head_of(body: &Body, expr: ExprId) -> Option<ExprId> {
    match &body.expr(expr).kind {
        ExprKind::Match { scrutinee, .. } => Some(*scrutinee),
        ExprKind::If { condition, .. } => match &body.expr(*condition).kind {
            ExprKind::Let { value, .. } => Some(*value),
            _ => Some(*condition),
        },
        _ => None,
    }
}
