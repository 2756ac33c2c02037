//! Calls that take a connection from a pool, which others may be waiting for.
//!
//! In: an awaited call of a body. Out: whether it takes one.

use crate::analysis::effects::names::last_name;
use crate::index::calls::{Callee, resolved};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::index::{FunctionId, Index, implementor};
use crate::ir::{ExprId, ExprKind, TypeRef};

/// Whether a call takes something from a pool, which others may be waiting for.
pub(super) fn gives(types: &Types<'_>, call: ExprId, name: &str) -> bool {
    let ExprKind::MethodCall { receiver, args, .. } = &types.body.expr(call).kind else { return false };
    if let Callee::Workspace { functions, resolved: true } = resolved(types, call) {
        return functions.iter().all(|id| gives_connection(types.index, *id));
    }
    // What is asked for by name or address is no connection of the pool's, or a new pool.
    if !args.is_empty()
        || !matches!(
            name,
            "get" | "get_conn" | "get_connection" | "connect" | "connection" | "acquire" | "checkout" | "get_owned"
        )
    {
        return false;
    }
    let is_pool = |name: &str| name.to_lowercase().contains("pool");
    last_name(types, *receiver).is_some_and(|name| is_pool(&name))
        || matches!(types.of(*receiver).peeled(), Ty::Named(path, _) if path.last().is_some_and(|name| is_pool(name)))
}

/// Whether a method of a pool gives a connection.
fn gives_connection(index: &Index<'_>, id: FunctionId) -> bool {
    let (Some(function), Some(ir)) = (index.function(id), index.file(id.file)) else { return false };
    let is_pool = implementor(ir, function).is_some_and(|name| name.ends_with("Pool"));
    is_pool && function.is_async && function.ret.as_ref().is_some_and(names_connection)
}

fn names_connection(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Path(path) => {
            path.last().contains("Conn")
                || path.segments.last().is_some_and(|segment| segment.args.first().is_some_and(names_connection))
        }
        TypeRef::Tuple(items) => items.first().is_some_and(names_connection),
        _ => false,
    }
}
