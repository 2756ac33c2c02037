//! A join of one future for each item, with a limit on how many wait at a time.
//!
//! In: a call of `join_all` or `try_join_all` that is awaited at the beginning of its statement. Out: a [`Fix`]; `None`
//! where the statement has a shape that is not written.
//!
//! The futures are collected first, as the join does it: a stream whose closure makes them on the way is not `Send` where
//! the items are borrowed. Answers keep their order. Of several errors the first one in the order of the items is
//! returned, and no longer the first one in time.

use crate::diagnostic::{Edit, Fix};
use crate::index::types::Types;
use crate::ir::{ExprId, ExprKind, LocalId, Stmt, StmtKind};
use crate::rewrite::layout;
use crate::rewrite::names::Names;
use crate::rewrite::pretty::{Link, List, Statement, Tree, assigned, linked, with};
use crate::rewrite::provider::Streams;
use crate::rewrite::statement::{around, plain_indent};
use crate::rewrite::style::{Style, style};
use crate::rewrite::tree::Reader;
use crate::source::{SourceFile, Span};

/// What a rewrite of a join needs to know.
pub struct Unbounded<'a> {
    /// The file.
    pub source: &'a SourceFile,
    /// The function.
    pub types: &'a Types<'a>,
    /// The call that joins.
    pub join: ExprId,
    /// Whether it is one that ends with the first error.
    pub fallible: bool,
    /// Whose streams are used.
    pub streams: Streams,
    /// How many may wait at a time.
    pub limit: usize,
}

/// Lets some wait at a time. How many is for people to say, so nobody but them applies it.
pub fn bounded(join: &Unbounded<'_>) -> Option<Fix> {
    let body = join.types.body;
    let (_, stmt) = around(body, body.expr(join.join).span)?;
    let (replaced, replacement) = text(join, stmt)?;
    let edits = vec![Edit { span: replaced, replacement }];
    Fix::choice("await some of them at a time", edits)
}

/// What is replaced, and by what.
fn text(join: &Unbounded<'_>, stmt: &Stmt) -> Option<(Span, String)> {
    let (body, source) = (join.types.body, join.source);
    let (value, end) = match stmt.kind {
        StmtKind::Let { init: Some(init), otherwise: None, .. } => (init, ";"),
        StmtKind::Expr { expr, semicolon: true } => (expr, ";"),
        StmtKind::Expr { expr, semicolon: false } => (expr, ""),
        _ => return None,
    };
    let (span, own) = (body.expr(value).span, stmt.span);
    let left = source.slice(Span { start: own.start, end: span.start }).trim_end();
    let behind = source.slice(Span { start: span.end, end: own.end }).trim();
    let indent = plain_indent(source, stmt)?;
    if behind != end || left.contains('\n') || !is_awaited_first(join, value) {
        return None;
    }
    let style = style(source);
    let ExprKind::Call { args, .. } = &body.expr(join.join).kind else { return None };
    let [futures] = args.as_slice() else { return None };
    let mut names = Names::new(join.types, source);
    let columns = style.width(indent);
    let reader = Reader { body, source, style: &style, holes: &[] };
    let (first, pending) = match &body.expr(*futures).kind {
        ExprKind::Local(local) if is_list(join, *local) => (String::new(), body.local(*local).name.to_string()),
        _ => {
            let pending = names.fresh_like("pending");
            let left = format!("let {pending}: Vec<_> =");
            let list = Statement { before: Vec::new(), left, right: collected(&reader, *futures)?, end: ";" };
            (format!("{}\n{indent}", assigned(&list, columns, &style)?), pending)
        }
    };
    let hole = [(join.join, String::new())];
    let rest = Reader { holes: &hole, ..reader }.tree(value);
    let right = onto(stream(join, &pending, &style), rest)?;
    let second = Statement { before: Vec::new(), left: left.to_owned(), right, end };
    let text = format!("{first}{}", assigned(&second, columns, &style)?);
    Some((own, layout::with_line_ends_of(&source.text, text)))
}

/// Whether nothing of a value is evaluated before the join, and its answer is awaited at once.
fn is_awaited_first(join: &Unbounded<'_>, value: ExprId) -> bool {
    let body = join.types.body;
    let mut at = value;
    loop {
        at = match &body.expr(at).kind {
            ExprKind::Await { base } if *base == join.join => return true,
            ExprKind::Await { base } | ExprKind::Try { base } | ExprKind::MethodCall { receiver: base, .. } => *base,
            _ => return false,
        };
    }
}

/// Whether a variable holds a list, and no iterator that makes the futures on the way.
fn is_list(join: &Unbounded<'_>, local: LocalId) -> bool {
    match join.types.body.local(local).init.map(|init| &join.types.body.expr(init).kind) {
        Some(ExprKind::MethodCall { method, .. }) => !LAZY.contains(&method.as_str()),
        _ => true,
    }
}

/// Methods whose iterator makes each item when it is asked for.
const LAZY: [&str; 7] = ["map", "filter_map", "flat_map", "into_iter", "chain", "flatten", "rev"];

/// The futures as a list: the iterator is gone through, what is collected already stays.
fn collected(reader: &Reader<'_>, futures: ExprId) -> Option<Tree> {
    let tree = match (&reader.body.expr(futures).kind, reader.tree(futures)) {
        (ExprKind::Local(_), name) => name,
        // The type stands on the left now.
        (ExprKind::MethodCall { method, .. }, Tree::Chain { root, tries, mut links })
            if matches!(method.as_str(), "collect" | "collect_vec") =>
        {
            links.pop();
            Tree::Chain { root, tries, links }
        }
        (ExprKind::MethodCall { method, .. }, chain @ Tree::Chain { .. }) if LAZY.contains(&method.as_str()) => chain,
        _ => return None,
    };
    Some(linked(tree, ".collect"))
}

/// The stream that gives all answers as one list.
fn stream(join: &Unbounded<'_>, pending: &str, style: &Style) -> Tree {
    let path = &join.streams.path;
    let (of, collect) = if join.fallible { ("TryStreamExt", "try_collect") } else { ("StreamExt", "collect") };
    let has = |name: &str| join.streams.has_methods(join.types, join.source, name);
    let is_chain = has("StreamExt") && has(of);
    let buffered = limited(join, pending, "buffered", is_chain, style);
    if is_chain {
        return linked(buffered, &format!(".{collect}::<Vec<_>>"));
    }
    Tree::List(List::call(&format!("{path}::{of}::{collect}::<Vec<_>>"), vec![buffered], style))
}

/// The stream of what is in a list, of which some wait at a time: by a method, or by the path of that.
pub(super) fn limited(join: &Unbounded<'_>, list: &str, method: &str, is_chain: bool, style: &Style) -> Tree {
    let path = &join.streams.path;
    let (all, limit) = (Tree::Text(format!("{path}::stream::iter({list})")), Tree::Text(join.limit.to_string()));
    if is_chain {
        return with(all, Link { name: format!(".{method}"), args: Some(vec![limit]), tries: 0 });
    }
    Tree::List(List::call(&format!("{path}::StreamExt::{method}"), vec![all, limit], style))
}

/// A chain that begins with something else.
pub(super) fn onto(root: Tree, rest: Tree) -> Option<Tree> {
    let Tree::Chain { tries: 0, links, .. } = rest else { return None };
    Some(links.into_iter().fold(root, with))
}
