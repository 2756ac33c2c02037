//! What ownership says of a place: who may borrow it exclusively, and how a method takes it.
//!
//! In: a place, or a method call. Out: a [`Usage`], or whether an exclusive borrow is possible at all.
//!
//! Invariant: a doubt about a method's receiver is an exclusive borrow, unless ownership excludes one: what a
//! `&self` or a binding without `mut` owns cannot be borrowed exclusively.

use crate::analysis::access::{Place, place};
use crate::analysis::effects::{self, call_name};
use crate::index::FunctionId;
use crate::index::calls::{Callee, callee, resolved};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{Expr, ExprId, ExprKind, LocalId, Name, Origin, Receiver, TypeRef};
use crate::knowledge::{self, Takes};

/// What is done with the value of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Value,
    Shared,
    Exclusive,
    Assigned,
}

/// Whether the fields of a local can be borrowed one by one: not through a guard or another pointer with a `deref` of
/// its own.
pub(super) fn splits_borrows(types: &Types<'_>, root: LocalId) -> bool {
    let local = types.body.local(root);
    match types.of_local(root) {
        _ if local.origin == Origin::SelfValue => true,
        Ty::Named(path, _) => {
            !path.last().is_some_and(|name| name.contains("Guard") || name.ends_with("Ref") || name == "RefMut")
        }
        Ty::Ref(..) | Ty::Tuple(_) => true,
        _ => false,
    }
}

/// How a method call uses its receiver.
pub(super) fn receiver_usage(types: &Types<'_>, call: ExprId, receiver: ExprId) -> Usage {
    let Callee::Workspace { functions, resolved: true } = resolved(types, call) else {
        return unknown_receiver_usage(types, call, receiver);
    };
    let receivers = functions.iter().filter_map(|id| types.index.function(*id)?.receiver.as_ref());
    let usages: Vec<Usage> = receivers.map(declared_usage).collect();
    let is_ref = matches!(types.of(receiver), Ty::Ref(..));
    if usages.contains(&Usage::Exclusive) {
        Usage::Exclusive
    } else if usages.contains(&Usage::Value) && !is_ref {
        Usage::Value
    } else {
        Usage::Shared
    }
}

fn declared_usage(receiver: &Receiver) -> Usage {
    match receiver {
        Receiver::Exclusive => Usage::Exclusive,
        Receiver::Shared => Usage::Shared,
        Receiver::Value => Usage::Value,
        Receiver::Typed(TypeRef::Ref { mutable, .. }) => {
            if *mutable {
                Usage::Exclusive
            } else {
                Usage::Shared
            }
        }
        Receiver::Typed(TypeRef::Path(path)) => {
            let pins = path.segments.last().and_then(|segment| segment.args.first());
            match pins {
                Some(TypeRef::Ref { mutable: true, .. }) => Usage::Exclusive,
                Some(TypeRef::Ref { mutable: false, .. }) => Usage::Shared,
                _ => Usage::Value,
            }
        }
        Receiver::Typed(_) => Usage::Value,
    }
}

fn unknown_receiver_usage(types: &Types<'_>, call: ExprId, receiver: ExprId) -> Usage {
    let place_of = place(types.body, receiver);
    match effects::takes(types, call) {
        Some(Takes::Exclusive) => return Usage::Exclusive,
        Some(Takes::Shared) => return Usage::Shared,
        Some(Takes::Value) if !matches!(types.of(receiver), Ty::Ref(..)) => return Usage::Value,
        Some(Takes::Value) | None => {}
    }
    let name = call_name(types, call);
    let names = knowledge::names();
    if matches!(name.as_str(), "into" | "into_iter" | "into_inner" | "unwrap" | "expect" | "commit" | "rollback") {
        return Usage::Value;
    }
    // No method of the standard library that is called `get` or `next` is awaited.
    let is_std = names.sync_method(&name) == Some(knowledge::SyncMethod::Pure) && !types.is_awaited(call);
    if is_std && !names.is_exclusive(&name) {
        return Usage::Shared;
    }
    match place_of {
        Some(place) if may_be_taken(types, call, &place) => Usage::Value,
        Some(place) if !may_be_borrowed_exclusively(types, &place) => Usage::Shared,
        Some(_) => Usage::Exclusive,
        None => Usage::Value,
    }
}

/// Whether a method of which only the name is known may take its receiver away: one of that name here does, and the
/// receiver is a whole local that is not named any more.
fn may_be_taken(types: &Types<'_>, call: ExprId, place: &Place) -> bool {
    let body = types.body;
    let span = body.expr(call).span;
    let is_named_later = |expr: &Expr| match &expr.kind {
        ExprKind::Local(local) => *local == place.root && expr.span.start >= span.end,
        ExprKind::Macro(call) => call.captures.contains(&place.root) && expr.span.start >= span.end,
        // The next round names it again.
        ExprKind::Loop { body: block, .. } => {
            let round = body.block(*block).span;
            round.contains(span) && !round.contains(body.local(place.root).span)
        }
        _ => false,
    };
    if !place.fields.is_empty()
        || body.local(place.root).origin == Origin::SelfValue
        || matches!(types.of_local(place.root), Ty::Ref(..))
        || body.exprs.iter().any(is_named_later)
    {
        return false;
    }
    let Callee::Workspace { functions, .. } = callee(types, call) else { return false };
    let takes = |id: &FunctionId| types.index.function(*id).and_then(|function| function.receiver.as_ref());
    functions.iter().filter_map(takes).any(|receiver| declared_usage(receiver) == Usage::Value)
}

/// Whether ownership allows `&mut` of a place at all.
fn may_be_borrowed_exclusively(types: &Types<'_>, place: &Place) -> bool {
    let local = types.body.local(place.root);
    let ty = types.of_local(place.root);
    match &ty {
        Ty::Ref(mutable, _) => *mutable,
        // Behind a shared pointer everything is shared, whatever the binding says.
        Ty::Named(path, _) if matches!(path.last().map(Name::as_str), Some("Arc" | "Rc")) => false,
        _ if local.mutable => true,
        Ty::Unknown => may_be_exclusive_ref(types, &Place { root: place.root, fields: Vec::new() }),
        _ => false,
    }
}

/// Whether a local of unknown type may hold a `&mut T`.
pub(super) fn may_be_exclusive_ref(types: &Types<'_>, place: &Place) -> bool {
    let local = types.body.local(place.root);
    match local.origin {
        Origin::SelfValue | Origin::Param => false,
        Origin::ClosureParam => {
            let is_lent = || {
                let source = types.handed(place.root);
                types.may_be_lent(place.root) || source.is_none_or(|source| may_lend_exclusively(types, source))
            };
            local.ty.is_none() && place.fields.is_empty() && is_lent()
        }
        // Bound through a pattern, its type follows the scrutinee's, which may be `&mut`.
        Origin::Pattern => {
            local.by_ref || types.matched(place.root).is_none_or(|source| may_lend_exclusively(types, source))
        }
        Origin::Let => {
            let speaks = |name: &str| {
                name.ends_with("_mut")
                    || name.contains("conn")
                    || name.contains("tx")
                    || name.contains("trans")
                    || name.contains("session")
            };
            let init_speaks = local.init.is_some_and(|init| init_is_exclusive(types, init));
            place.fields.is_empty() && (speaks(&local.name) || init_speaks)
        }
    }
}

/// Whether what a pattern is matched against may be borrowed exclusively by it.
fn may_lend_exclusively(types: &Types<'_>, source: ExprId) -> bool {
    match &types.body.expr(source).kind {
        ExprKind::Borrow { mutable, base } => *mutable || may_lend_exclusively(types, *base),
        ExprKind::MethodCall { receiver, method, .. } => {
            method.contains("mut") || may_lend_exclusively(types, *receiver)
        }
        ExprKind::Local(_) | ExprKind::Field { .. } => {
            let root = place(types.body, source).map(|place| types.of_local(place.root));
            types.of(source).is_exclusive_ref() || root.is_none_or(|ty| ty.is_exclusive_ref())
        }
        ExprKind::Call { args, .. } => args.iter().any(|arg| may_lend_exclusively(types, *arg)),
        ExprKind::Try { base } | ExprKind::Await { base } | ExprKind::Deref { base } => {
            may_lend_exclusively(types, *base)
        }
        ExprKind::Tuple(items) => items.iter().any(|item| may_lend_exclusively(types, *item)),
        _ => false,
    }
}

fn init_is_exclusive(types: &Types<'_>, init: ExprId) -> bool {
    match &types.body.expr(init).kind {
        ExprKind::Borrow { mutable, .. } => *mutable,
        ExprKind::MethodCall { method, receiver, .. } => {
            method.ends_with("_mut") || (method == "unwrap" && init_is_exclusive(types, *receiver))
        }
        ExprKind::Try { base } | ExprKind::Await { base } => init_is_exclusive(types, *base),
        _ => false,
    }
}
