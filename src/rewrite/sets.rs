//! A set of futures, one for each item, with a limit on how many wait at a time.
//!
//! In: a `FuturesUnordered` that a chain is collected into, or that loops push to. Out: a [`Fix`]; `None` where the set has
//! another shape, or something is done with it that a stream cannot do.
//!
//! The futures are kept in a list first: a stream whose closure makes them on the way is not `Send` where the items are
//! borrowed. A set gives its answers as they come, and so does the stream; a `FuturesOrdered` keeps their order.

use crate::diagnostic::{Edit, Fix};
use crate::ir::{Body, ExprId, ExprKind, LocalId, StmtKind};
use crate::rewrite::bounded::{Unbounded, limited, onto};
use crate::rewrite::names::Names;
use crate::rewrite::pretty::{Statement, Tree, assigned, linked};
use crate::rewrite::statement::{around, plain_indent};
use crate::rewrite::style::{Style, style};
use crate::rewrite::tree::Reader;
use crate::rewrite::{imports, layout};
use crate::source::Span;

/// What is asked of a stream and not of a set alone.
const OF_STREAMS: [&str; 16] = [
    "next",
    "try_next",
    "collect",
    "try_collect",
    "for_each",
    "try_for_each",
    "fold",
    "try_fold",
    "map",
    "filter_map",
    "by_ref",
    "count",
    "concat",
    "try_concat",
    "map_ok",
    "map_err",
];

/// Lets some wait at a time, where `join` is the call that collects or pushes. `set` is the local it pushes to.
pub fn bounded(join: &Unbounded<'_>, name: &str, set: Option<LocalId>) -> Option<Fix> {
    let mut edits = match set {
        Some(set) => pushed(join, name, set)?,
        None => collected(join, name)?,
    };
    let removed: usize = edits.iter().map(|edit| imports::mentions(join.source.slice(edit.span), name)).sum();
    let import = imports::without(join.source, name, removed);
    let imports = usize::from(import.is_some());
    edits.extend(import);
    Some(Fix { imports, ..Fix::choice("await some of them at a time", edits)? })
}

/// `let mut answers = CHAIN.collect::<FuturesUnordered<_>>();`, and `CHAIN.collect::<..>().try_collect().await`.
fn collected(join: &Unbounded<'_>, name: &str) -> Option<Vec<Edit>> {
    let (body, source) = (join.types.body, join.source);
    let (_, stmt) = around(body, body.expr(join.join).span)?;
    let (value, end) = match stmt.kind {
        StmtKind::Let { init: Some(init), otherwise: None, .. } => (init, ";"),
        StmtKind::Expr { expr, semicolon } => (expr, if semicolon { ";" } else { "" }),
        _ => return None,
    };
    let ExprKind::MethodCall { receiver: chain, .. } = body.expr(join.join).kind else { return None };
    let left = match &stmt.kind {
        // The type is that of a set.
        StmtKind::Let { pat, .. } if value == join.join => {
            let [set] = pat.bindings.as_slice() else { return None };
            is_asked_as_stream(join, *set, stmt.span.end).then_some(())?;
            format!("let {} =", source.slice(pat.span))
        }
        _ if !begins_with(body, value, join.join) => return None,
        _ => source.slice(Span { start: stmt.span.start, end: body.expr(value).span.start }).trim_end().to_owned(),
    };
    let indent = plain_indent(source, stmt)?;
    if left.contains('\n') {
        return None;
    }
    let style = style(source);
    let columns = style.width(indent);
    let pending = Names::new(join.types, source).fresh_like("pending");
    let reader = Reader { body, source, style: &style, holes: &[] };
    let all = linked(reader.tree(chain), ".collect");
    let first = Statement { before: Vec::new(), left: format!("let {pending}: Vec<_> ="), right: all, end: ";" };
    let hole = [(join.join, String::new())];
    let stream = some_at_a_time(join, &pending, name, &style);
    let right = match (Reader { holes: &hole, ..reader }).tree(value) {
        _ if value == join.join => stream,
        rest => onto(stream, rest)?,
    };
    let second = Statement { before: Vec::new(), left, right, end };
    let text = format!("{}\n{indent}{}", assigned(&first, columns, &style)?, assigned(&second, columns, &style)?);
    Some(vec![Edit { span: stmt.span, replacement: layout::with_line_ends_of(&source.text, text) }])
}

/// `let mut answers = FuturesUnordered::new();` and loops that push to it.
fn pushed(join: &Unbounded<'_>, name: &str, set: LocalId) -> Option<Vec<Edit>> {
    let (body, source) = (join.types.body, join.source);
    let init = body.local(set).init?;
    let (block, made) = around(body, body.expr(init).span)?;
    let StmtKind::Let { init: Some(value), ty: None, .. } = made.kind else { return None };
    let ExprKind::Call { args, .. } = &body.expr(init).kind else { return None };
    let is_made = value == init && args.is_empty() && source.slice(body.expr(init).span).ends_with("::new()");
    let is_push = |span: Span| is_called(body, span, &["push"]);
    let last_push = uses(body, set).into_iter().filter(|span| is_push(*span)).max_by_key(|span| span.end)?;
    let filled = block.stmts.iter().find(|stmt| stmt.span.contains(last_push))?;
    let is_only_pushed = uses(body, set).into_iter().all(|span| span.start > filled.span.end || is_push(span));
    let indent = plain_indent(source, made)?;
    let is_beside = source.text[..filled.span.start as usize].rsplit('\n').next() == Some(indent);
    if name != "FuturesUnordered"
        || !is_made
        || !is_only_pushed
        || !is_beside
        || filled.is_conditional
        || !is_asked_as_stream(join, set, filled.span.end)
    {
        return None;
    }
    let style = style(source);
    let own = &body.local(set).name;
    let right = some_at_a_time(join, own, name, &style);
    let stream = Statement { before: Vec::new(), left: format!("let mut {own} ="), right, end: ";" };
    let stream = format!("\n{indent}{}", assigned(&stream, style.width(indent), &style)?);
    let behind = Span { start: filled.span.end, end: filled.span.end };
    let list = Edit { span: made.span, replacement: format!("let mut {own} = Vec::new();") };
    Some(vec![list, Edit { span: behind, replacement: layout::with_line_ends_of(&source.text, stream) }])
}

/// The stream of what is in a list.
fn some_at_a_time(join: &Unbounded<'_>, list: &str, name: &str, style: &Style) -> Tree {
    let method = if name == "FuturesOrdered" { "buffered" } else { "buffer_unordered" };
    let is_chain = join.streams.has_methods(join.types, join.source, "StreamExt");
    limited(join, list, method, is_chain, style)
}

/// Whether a value is a chain that begins with something and waits for it.
fn begins_with(body: &Body, value: ExprId, first: ExprId) -> bool {
    let (mut at, mut waits) = (value, false);
    while at != first {
        waits |= matches!(body.expr(at).kind, ExprKind::Await { .. });
        at = match &body.expr(at).kind {
            ExprKind::Await { base } | ExprKind::Try { base } | ExprKind::MethodCall { receiver: base, .. } => *base,
            _ => return false,
        };
    }
    waits
}

/// Where a local is named.
fn uses(body: &Body, local: LocalId) -> Vec<Span> {
    body.exprs.iter().filter(|expr| expr.kind.names(local)).map(|expr| expr.span).collect()
}

/// Whether all that is done with a local behind a place is what a stream can do as well.
fn is_asked_as_stream(join: &Unbounded<'_>, set: LocalId, behind: u32) -> bool {
    let body = join.types.body;
    let is_asked = |span: &Span| is_called(body, *span, &OF_STREAMS);
    uses(body, set).iter().filter(|span| span.start >= behind).all(is_asked)
}

/// Whether one of some methods is called on what stands at a place.
fn is_called(body: &Body, place: Span, methods: &[&str]) -> bool {
    body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            body.expr(*receiver).span == place && methods.contains(&method.as_str())
        }
        _ => false,
    })
}
