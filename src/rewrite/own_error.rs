//! The error that a function itself returns, as it can be named.
//!
//! In: a region. Out: its text and type; `None` where `?` leaves something else than the function, a closure say, or where
//! the return type does not spell the error out.

use crate::index::ty::{Ty, lower};
use crate::ir::print::type_text;
use crate::ir::{BlockKind, ExprKind, Generic, Path, TypeRef};
use crate::rewrite::Region;

/// A function's own error.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OwnError {
    /// As it is written.
    pub(super) text: String,
    /// What it is.
    pub(super) ty: Ty,
}

/// The error of the function that a region stands in.
pub(super) fn own_error(region: &Region<'_>) -> Option<OwnError> {
    let types = region.types;
    let Some(TypeRef::Path(path)) = &types.function.ret else { return None };
    if !types.function.is_async || is_inside_another(region) {
        return None;
    }
    let generics: Vec<&Generic> = types.function.generics.iter().collect();
    let args = &path.segments.last()?.args;
    match (path.last(), args.as_slice(), krate(path)) {
        ("Result", [_, error], _) => {
            let text = type_text(error);
            let is_spelled = !text.contains(['_', '<']) && !text.contains("impl ") && !text.contains("dyn ");
            let is_spelled = is_spelled || is_plain_path(error);
            let ty = lower(types.index, types.scope, &generics, error);
            is_spelled.then_some(OwnError { text, ty })
        }
        ("Result", [_], Some("anyhow")) => {
            let ty = Ty::Named(vec!["anyhow".into(), "Result".into()], Vec::new());
            Some(OwnError { text: "anyhow::Error".to_owned(), ty })
        }
        _ => None,
    }
}

/// The crate a path begins with, where it has more than one segment.
fn krate(path: &Path) -> Option<&str> {
    path.segments.first().filter(|_| path.segments.len() > 1).map(|first| first.name.as_str())
}

/// A path without arguments.
fn is_plain_path(ty: &TypeRef) -> bool {
    matches!(ty, TypeRef::Path(path) if path.qself.is_none() && path.segments.iter().all(|segment| segment.args.is_empty() && segment.bindings.is_empty()))
}

/// Whether a closure or a block with a `?` of its own lies between the region and the function.
fn is_inside_another(region: &Region<'_>) -> bool {
    let body = region.types.body;
    let Some(block) = region.analysis.region.block else { return true };
    let span = body.block(block).span;
    body.exprs.iter().any(|expr| {
        let catches = match &expr.kind {
            ExprKind::Closure { .. } => true,
            ExprKind::Block { kind, .. } => matches!(kind, BlockKind::Async { .. } | BlockKind::Try),
            _ => false,
        };
        catches && expr.span.contains(span)
    })
}
