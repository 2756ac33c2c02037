//! What is awaited behind wrappers that only follow it with their eyes.
//!
//! In: an awaited expression, `Box::pin(load(id)).instrument(span)`. Out: the call that does the work, `load(id)`.

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

/// Whether a method gives the future back that it is called on, in another wrapping.
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
    )
}

fn is_box(path: &str) -> bool {
    path == "Box::pin" || path.ends_with("::Box::pin")
}
