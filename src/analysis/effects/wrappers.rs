//! What is awaited behind wrappers that only follow it with their eyes, or hand its answer on.
//!
//! In: an awaited expression, `Box::pin(load(id)).instrument(span)`. Out: the call that does the work, `load(id)`.
//!
//! Invariant: what a wrapper is given is looked at where it stands, a closure's calls as part of what is awaited.

use crate::ir::{Body, ExprId, ExprKind};

/// What is awaited, without the wrappers around it.
pub fn unwrapped(body: &Body, base: ExprId) -> ExprId {
    let mut at = base;
    while let Some(inner) = inside(body, at) {
        at = inner;
    }
    at
}

/// The future that a wrapper is around, where it is made on the spot.
fn inside(body: &Body, expr: ExprId) -> Option<ExprId> {
    let inner = match &body.expr(expr).kind {
        ExprKind::MethodCall { receiver, method, .. } if is_wrapper(method) => *receiver,
        ExprKind::Call { callee, args } => match (&body.expr(*callee).kind, args.as_slice()) {
            (ExprKind::Path(path), [only]) if is_box(&path.text()) => *only,
            _ => return None,
        },
        _ => return None,
    };
    matches!(body.expr(inner).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. }).then_some(inner)
}

/// Whether a method gives the future back that it is called on, in another wrapping, or with its answer changed: those of
/// `futures::FutureExt` and `futures::TryFutureExt` that wait for nothing else.
fn is_wrapper(method: &str) -> bool {
    matches!(
        method,
        "instrument"
            | "in_current_span"
            | "with_subscriber"
            | "with_current_subscriber"
            | "boxed"
            | "boxed_local"
            | "fuse"
            | "map"
            | "map_ok"
            | "map_err"
            | "map_ok_or_else"
            | "map_into"
            | "ok_into"
            | "err_into"
            | "inspect"
            | "inspect_ok"
            | "inspect_err"
            | "unwrap_or_else"
    )
}

/// Whether a path is that of `Box::pin`.
pub(super) fn is_box(path: &str) -> bool {
    path == "Box::pin" || path.ends_with("::Box::pin")
}
