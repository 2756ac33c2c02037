//! Where the values of locals come from, when no `let` says it.
//!
//! In: a body. Out: for each local that a pattern or a closure binds, the expression it comes from and how; which locals
//! are used, and which expressions are statements of their own or awaited.

use std::collections::{HashMap, HashSet};

use crate::ir::{Body, ExprId, ExprKind, LocalId, LoopKind, Pat, PatKind, StmtKind};

/// Where a local's value comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// The expression.
    pub(super) expr: ExprId,
    /// What of it.
    pub(super) how: How,
    /// Whether a closure may get it by `&mut`, as its method says: `retain`, `and_modify`.
    pub(super) lends: bool,
}

/// What of an expression a local is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// All of it.
    Whole,
    /// What is in the `Some` or `Ok`.
    Success,
    /// One of the items that going through it gives.
    Item,
    /// Some part.
    Part,
}

/// What going on through a chain of iterators gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// The same items.
    Same,
    /// The values of a map.
    Values,
}

/// What a method on something that can be gone through gives to go through.
pub(super) fn goes_through(method: &str) -> Option<Gives> {
    match method {
        "iter" | "iter_mut" | "into_iter" | "drain" | "rev" | "skip" | "take" | "filter" | "step_by" | "cloned"
        | "copied" | "peekable" | "chain" | "skip_while" | "take_while" | "inspect" | "sorted" | "unique"
        | "as_slice" | "as_ref" | "clone" | "to_vec" | "as_mut" | "as_deref" => Some(Gives::Same),
        "values" | "values_mut" | "into_values" => Some(Gives::Values),
        _ => None,
    }
}

/// What the patterns of a body are matched against.
pub(super) fn matched(body: &Body) -> HashMap<LocalId, Source> {
    let mut found = HashMap::new();
    let mut note = |pat: &Pat, expr: ExprId, whole: How| {
        let how = match pat.kind {
            PatKind::Ident => whole,
            PatKind::Success if whole == How::Whole => How::Success,
            _ => How::Part,
        };
        found.extend(pat.bindings.iter().map(|local| (*local, Source { expr, how, lends: false })));
    };
    for expr in &body.exprs {
        match &expr.kind {
            ExprKind::Let { pat, value } => note(pat, *value, How::Whole),
            ExprKind::Match { scrutinee, arms } => arms.iter().for_each(|arm| note(&arm.pat, *scrutinee, How::Whole)),
            ExprKind::Loop { kind: LoopKind::For { pat, iter }, .. } => note(pat, *iter, How::Item),
            _ => {}
        }
    }
    for stmt in body.blocks.iter().flat_map(|block| &block.stmts) {
        if let StmtKind::Let { pat, init: Some(init), .. } = &stmt.kind {
            note(pat, *init, How::Whole);
        }
    }
    found
}

/// What closures are handed: an item of what the method is called on, or, for the accumulator of a fold, what it begins
/// with.
pub(super) fn handed(body: &Body) -> HashMap<LocalId, Source> {
    let mut found = HashMap::new();
    for expr in &body.exprs {
        let ExprKind::MethodCall { receiver, method, args, .. } = &expr.kind else { continue };
        for arg in args {
            let ExprKind::Closure { params, .. } = &body.expr(*arg).kind else { continue };
            for (number, param) in params.iter().enumerate() {
                let begins = matches!(method.as_str(), "fold" | "try_fold") && number == 0;
                let is_item = params.len() == 1 && param.kind == PatKind::Ident && gives_items(method);
                let how = match (begins, is_item) {
                    (true, _) => How::Whole,
                    (_, true) => How::Item,
                    _ => How::Part,
                };
                let expr = if begins { args[0] } else { *receiver };
                let lends = lends_exclusively(method) || !gives_items(method);
                found.extend(param.bindings.iter().map(|local| (*local, Source { expr, how, lends })));
            }
        }
    }
    found
}

fn lends_exclusively(method: &str) -> bool {
    ["mut", "modify", "retain", "with", "scan"].iter().any(|part| method.contains(part))
}

/// Whether a method hands its closure one item after the other, or what is in an option.
fn gives_items(method: &str) -> bool {
    matches!(
        method,
        "map"
            | "for_each"
            | "filter_map"
            | "flat_map"
            | "and_then"
            | "any"
            | "all"
            | "try_for_each"
            | "map_or"
            | "is_some_and"
            | "inspect"
            | "for_each_concurrent"
            | "then"
    )
}

/// The expressions that are statements of their own.
pub(super) fn dropped(body: &Body) -> HashSet<ExprId> {
    let stmts = body.blocks.iter().flat_map(|block| &block.stmts);
    let dropped = stmts.filter_map(|stmt| match stmt.kind {
        StmtKind::Expr { expr, semicolon: true } => Some(expr),
        _ => None,
    });
    dropped.collect()
}

/// The expressions that are awaited.
pub(super) fn awaited(body: &Body) -> HashSet<ExprId> {
    let awaited = body.exprs.iter().filter_map(|expr| match expr.kind {
        ExprKind::Await { base } => Some(base),
        _ => None,
    });
    awaited.collect()
}

/// The locals that somebody else is given: borrowed, or copied as a handle.
pub(super) fn lent(body: &Body) -> HashSet<LocalId> {
    let local = |expr: ExprId| match body.expr(expr).kind {
        ExprKind::Local(local) => Some(local),
        _ => None,
    };
    let lent = body.exprs.iter().filter_map(|expr| match &expr.kind {
        ExprKind::Borrow { base, .. } => local(*base),
        ExprKind::MethodCall { receiver, method, .. } if method == "clone" => local(*receiver),
        _ => None,
    });
    lent.collect()
}

/// The locals that are named anywhere after they were bound.
pub(super) fn used(body: &Body) -> HashSet<LocalId> {
    let mut found = HashSet::new();
    for expr in &body.exprs {
        match &expr.kind {
            ExprKind::Local(local) => {
                found.insert(*local);
            }
            ExprKind::Opaque(locals) => found.extend(locals),
            ExprKind::Macro(call) => found.extend(&call.captures),
            _ => {}
        }
    }
    found
}
