//! Tasks that a loop spawns, one for each item, with a limit on how many run at a time.
//!
//! In: a call in a `for` loop that spawns a task. Out: a [`Fix`]; `None` where the loop or the task has a shape that is not
//! written.
//!
//! Every task is spawned as before, and waits for one of a few permits first: a loop that waited before it spawns would no
//! longer go on by itself. A permit is given back when its task ends, however it ends.

use crate::analysis::joins::nearest_loop;
use crate::diagnostic::{Edit, Fix};
use crate::index::types::Types;
use crate::ir::{BlockKind, ExprId, ExprKind, LoopKind, StmtKind};
use crate::rewrite::layout;
use crate::rewrite::names::Names;
use crate::rewrite::statement::{around, own_indent};
use crate::rewrite::style::{Style, style};
use crate::source::{SourceFile, Span};

/// What a rewrite of tasks needs to know.
pub struct Tasks<'a> {
    /// The file.
    pub source: &'a SourceFile,
    /// The function.
    pub types: &'a Types<'a>,
    /// The call that spawns.
    pub spawn: ExprId,
    /// The future that the task runs.
    pub future: ExprId,
    /// Where semaphores are, `tokio`.
    pub path: String,
    /// How many may run at a time.
    pub limit: usize,
}

/// Lets some run at a time. How many is for people to say, so nobody but them applies it.
pub fn bounded(tasks: &Tasks<'_>) -> Option<Fix> {
    let (body, source) = (tasks.types.body, tasks.source);
    let place = body.expr(tasks.spawn).span;
    let each = nearest_loop(body, place)?;
    let ExprKind::Loop { kind: LoopKind::For { .. }, body: rounds } = body.expr(each).kind else { return None };
    let (_, whole) = around(body, body.expr(each).span)?;
    let is_loop = matches!(whole.kind, StmtKind::Expr { expr, .. } if expr == each);
    let stmt = body.block(rounds).stmts.iter().find(|stmt| stmt.span.contains(place)).filter(|_| is_loop)?;
    let (outer, inner) = (own_indent(source, whole)?, own_indent(source, stmt)?);
    let mut names = Names::new(tasks.types, source);
    let (permits, permit) = (names.fresh_like("permits"), names.fresh_like("_permit"));
    let takes = format!("let {permit} = {permits}.acquire_owned().await;");
    let style = style(source).with_unit(inner.strip_prefix(outer).filter(|unit| !unit.is_empty()));
    let (task, made) = match block_of(tasks) {
        Some(block) => (begun(tasks, block, &takes, &style)?, String::new()),
        None => waiting(tasks, &names.fresh_like("future"), &takes, (inner, &style))?,
    };
    let (path, limit) = (&tasks.path, tasks.limit);
    let all = format!("let {permits} = std::sync::Arc::new({path}::sync::Semaphore::new({limit}));\n{outer}");
    let own = format!("let {permits} = std::sync::Arc::clone(&{permits});\n{inner}{made}");
    let edits = [(whole.span.start, all), (stmt.span.start, own)].map(|(at, text)| insert(source, at, text));
    Fix::choice("let some run at a time", edits.into_iter().chain([task]).collect())
}

fn insert(source: &SourceFile, at: u32, text: String) -> Edit {
    Edit { span: Span { start: at, end: at }, replacement: layout::with_line_ends_of(&source.text, text) }
}

/// The block that a task runs and owns, where that stands there.
fn block_of(tasks: &Tasks<'_>) -> Option<Span> {
    let body = tasks.types.body;
    let mut at = tasks.future;
    while let ExprKind::MethodCall { receiver, method, .. } = &body.expr(at).kind
        && matches!(method.as_str(), "instrument" | "in_current_span")
    {
        at = *receiver;
    }
    match body.expr(at).kind {
        ExprKind::Block { block, kind: BlockKind::Async { moves: true }, .. } => Some(body.block(block).span),
        _ => None,
    }
}

/// A block that takes its permit before anything else.
fn begun(tasks: &Tasks<'_>, block: Span, takes: &str, style: &Style) -> Option<Edit> {
    let source = tasks.source;
    let inside = source.slice(Span { start: block.start + 1, end: block.end - 1 });
    if let Some((behind_brace, rest)) = inside.split_once('\n') {
        let indent = layout::indent_of(rest);
        return behind_brace.trim().is_empty().then(|| insert(source, block.start + 1, format!("\n{indent}{takes}")));
    }
    let line = source.text[..block.start as usize].rsplit('\n').next()?;
    let indent = layout::indent_of(line);
    let deeper = style.indent(style.width(indent) + style.tab_spaces);
    let text = format!("{{\n{deeper}{takes}\n{deeper}{}\n{indent}}}", inside.trim());
    Some(Edit { span: block, replacement: layout::with_line_ends_of(&source.text, text) })
}

/// A future that is made where it was, and that a block waits for once it has its permit; with the statement that makes it.
fn waiting(tasks: &Tasks<'_>, name: &str, takes: &str, (inner, style): (&str, &Style)) -> Option<(Edit, String)> {
    let future = tasks.types.body.expr(tasks.future);
    let text = tasks.source.slice(future.span);
    let is_call = matches!(future.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. });
    if !is_call || text.contains('\n') {
        return None;
    }
    let deeper = style.indent(style.width(inner) + style.tab_spaces);
    let block = format!("async move {{\n{deeper}{takes}\n{deeper}{name}.await\n{inner}}}");
    let edit = Edit { span: future.span, replacement: layout::with_line_ends_of(&tasks.source.text, block) };
    Some((edit, format!("let {name} = {text};\n{inner}")))
}
