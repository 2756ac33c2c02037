//! What a loop goes through, as an iterator.
//!
//! In: the expression behind `in`. Out: the iterator that `for` would make of it, as people write it, and how many items it
//! has where that stands there.

use crate::analysis::loops::{PLAIN, is_collection};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{Body, ExprId, ExprKind, MacroKind};
use crate::rewrite::pretty::{Tree, linked};
use crate::rewrite::tree::Reader;

/// How many items there are, where they are written down.
pub(super) fn count(body: &Body, iter: ExprId) -> Option<usize> {
    match &body.expr(iter).kind {
        ExprKind::Array(items) => Some(items.len()),
        ExprKind::Macro(call) if call.path.last() == "vec" && call.kind == MacroKind::Value => Some(call.args.len()),
        ExprKind::Borrow { base, .. } => count(body, *base),
        ExprKind::MethodCall { receiver, method, .. }
            if matches!(method.as_str(), "iter" | "iter_mut" | "into_iter" | "enumerate" | "rev") =>
        {
            count(body, *receiver)
        }
        _ => None,
    }
}

/// The iterator. `None` where an edition decides what that is.
pub(super) fn iterator(types: &Types<'_>, reader: &Reader<'_>, iter: ExprId, edition: u16) -> Option<Tree> {
    let body = types.body;
    let going = |base: ExprId, name: &str| linked(reader.tree(base), name);
    match &body.expr(iter).kind {
        ExprKind::MethodCall { method, .. } if PLAIN.contains(&method.as_str()) => Some(reader.tree(iter)),
        // Whoever can be gone through by reference has a method for it.
        ExprKind::Borrow { mutable, base } => Some(going(*base, if *mutable { ".iter_mut" } else { ".iter" })),
        ExprKind::Range(_) => {
            let text = reader.source.slice(body.expr(iter).span);
            (!text.contains('\n')).then(|| Tree::Text(format!("({text})")))
        }
        ExprKind::Array(_) | ExprKind::Path(_) | ExprKind::Repeat { .. } if edition < 2021 => None,
        _ if matches!(types.of(iter), Ty::Named(path, _) if path.last().is_some_and(|name| name.starts_with("Range"))) => {
            Some(reader.tree(iter))
        }
        _ if matches!(types.of(iter), Ty::Ref(false, of) if is_collection(&of)) => Some(going(iter, ".iter")),
        _ => Some(going(iter, ".into_iter")),
    }
}

/// Whether each item is a reference to something that outlives the loop.
pub(super) fn are_borrowed(types: &Types<'_>, iter: ExprId) -> bool {
    match &types.body.expr(iter).kind {
        ExprKind::Borrow { mutable, .. } => !mutable,
        ExprKind::MethodCall { receiver, method, .. } => match method.as_str() {
            "iter" | "keys" | "values" => true,
            "rev" | "skip" | "take" | "step_by" | "filter" => are_borrowed(types, *receiver),
            _ => false,
        },
        _ => matches!(types.of(iter), Ty::Ref(false, of) if is_collection(&of)),
    }
}
