//! What is done through the guards of locks and the borrows of cells.
//!
//! In: an expression of a body, or its locals. Out: the [`Memory`] that is changed.
//!
//! A lock that is opened reads what it guards. It changes it where the guard is used like something that is borrowed
//! exclusively; a binding without `mut` cannot be. A lock that is held across an await counts as a change as well: whoever
//! opens it meanwhile waits, or blocks the thread.

use crate::analysis::effects::caches;
use crate::analysis::effects::memory::{self, Memory, cell_of_lock, guard_of, is_lock};
use crate::index::calls::{Callee, resolved};
use crate::index::types::Types;
use crate::ir::{Block, BlockKind, Body, Expr, ExprId, ExprKind, LocalId, Receiver, Stmt, StmtKind};
use crate::knowledge::{self, Deed, SyncMethod};

/// What one expression changes through a guard.
pub(super) fn changed(types: &Types<'_>, expr: ExprId) -> Memory {
    let through = |place: ExprId| guard_of(types, place, 0);
    let mut does = "changes";
    let lock = match &types.body.expr(expr).kind {
        ExprKind::MethodCall { receiver, method, args, .. } => {
            does = method;
            let changes = !is_lock(types, expr) && !is_bound_shared(types, *receiver) && changes_receiver(types, expr);
            let by_receiver = through(*receiver).filter(|_| changes);
            by_receiver.or_else(|| given(types, args))
        }
        ExprKind::Call { args, .. } if dropped(types.body, types.body.expr(expr)).is_none() => given(types, args),
        ExprKind::Assign { target, .. } | ExprKind::AssignOp { target, .. } => through(*target),
        ExprKind::Borrow { mutable: true, base } => through(*base),
        // `self.client.lock().await.ask().await`: the guard lives until the answer is there.
        ExprKind::Await { base } => match &types.body.expr(*base).kind {
            ExprKind::MethodCall { receiver, .. } if !is_lock(types, *base) => {
                through(*receiver).filter(|lock| !is_bound_shared(types, *receiver) && is_exclusive(types, *lock))
            }
            _ => None,
        },
        _ => None,
    };
    lock.filter(|lock| !memory::is_own_lock(types, *lock))
        .map(|lock| {
            let cell = cell_of_lock(types, lock);
            let because = format!("changes {}", memory::text(&cell));
            caches::changed(cell, does, &because)
        })
        .unwrap_or_default()
}

/// What is locked exclusively while something else is awaited.
pub(super) fn held(types: &Types<'_>) -> Memory {
    let awaits = |from: u32, until: u32| {
        let mut waits = types.body.exprs.iter().filter(|other| matches!(other.kind, ExprKind::Await { .. }));
        waits.any(|other| other.span.start > from && other.span.start < until)
    };
    let mut found = Memory::default();
    for (number, local) in types.body.locals.iter().enumerate() {
        let lock = local.init.and_then(|init| guard_of(types, init, 0));
        let Some(lock) = lock.filter(|lock| !memory::is_own_lock(types, *lock)) else { continue };
        let ExprKind::MethodCall { method, .. } = &types.body.expr(lock).kind else { continue };
        let is_shared = method.contains("read");
        let init_end = local.init.map_or(0, |init| types.body.expr(init).span.end);
        let keeps = local.init.is_some_and(|init| is_guard(types, init));
        let cell = cell_of_lock(types, lock);
        // Of a cache it is said where it is changed.
        let changes = local.mutable && !caches::is_cache(&cell);
        let kept_until = || kept_until(types.body, LocalId(u32::try_from(number).unwrap_or(u32::MAX)));
        if keeps && (changes || (!is_shared && awaits(init_end, kept_until()))) {
            let because = format!("keeps locked {}", memory::text(&cell));
            found = found.join(&Memory::write(cell, &because));
        }
    }
    found
}

/// Until where a guard lives: to the end of its block, or to a `drop` that stands right in it. One that is given to
/// somebody else may live for ever.
fn kept_until(body: &Body, guard: LocalId) -> u32 {
    let around = body.blocks.iter().filter(|block| block.span.contains(body.local(guard).span));
    let block = around.min_by_key(|block| block.span.end - block.span.start);
    let Some(block) = block.filter(|block| !is_given_away(body, block, guard)) else { return u32::MAX };
    let is_dropped = |stmt: &&Stmt| match &stmt.kind {
        StmtKind::Expr { expr, .. } => drops(body, body.expr(*expr), guard),
        _ => false,
    };
    block.stmts.iter().filter(is_dropped).map(|stmt| stmt.span.start).min().unwrap_or(block.span.end)
}

/// Whether a guard leaves its block: as its value, with something else, or in what takes all it names.
fn is_given_away(body: &Body, block: &Block, guard: LocalId) -> bool {
    let is_it = |expr: &ExprId| matches!(body.expr(*expr).kind, ExprKind::Local(local) if local == guard);
    let is_last = block.stmts.last().is_some_and(|stmt| match &stmt.kind {
        StmtKind::Expr { expr, semicolon } => !semicolon && is_it(expr),
        _ => false,
    });
    let is_taken = |taker: &Expr| {
        let uses = body.exprs.iter().filter(|expr| expr.kind.names(guard));
        !taker.span.contains(body.local(guard).span) && uses.into_iter().any(|expr| taker.span.contains(expr.span))
    };
    let gives = |expr: &Expr| match &expr.kind {
        ExprKind::Call { args, .. } => dropped(body, expr).is_none() && args.iter().any(is_it),
        ExprKind::MethodCall { args: items, .. } | ExprKind::Tuple(items) | ExprKind::Array(items) => {
            items.iter().any(is_it)
        }
        ExprKind::Struct { fields, .. } => fields.iter().any(|(_, value)| is_it(value)),
        ExprKind::Assign { value, .. } | ExprKind::Return(Some(value)) | ExprKind::Break(Some(value)) => is_it(value),
        ExprKind::Closure { moves: true, .. } | ExprKind::Block { kind: BlockKind::Async { moves: true }, .. } => {
            is_taken(expr)
        }
        _ => false,
    };
    let is_bound_anew = body.locals.iter().any(|local| local.init.as_ref().is_some_and(is_it));
    is_last || is_bound_anew || body.exprs.iter().any(gives)
}

/// Whether an expression is the `drop` of a local.
pub(super) fn drops(body: &Body, expr: &Expr, local: LocalId) -> bool {
    dropped(body, expr).is_some_and(|given| matches!(body.expr(given).kind, ExprKind::Local(of) if of == local))
}

/// What `drop(..)` is given.
fn dropped(body: &Body, expr: &Expr) -> Option<ExprId> {
    let ExprKind::Call { callee, args } = &expr.kind else { return None };
    match (&body.expr(*callee).kind, args.as_slice()) {
        (ExprKind::Path(path), [only]) if path.last() == "drop" => Some(*only),
        _ => None,
    }
}

/// Whether a lock has one holder at a time.
fn is_exclusive(types: &Types<'_>, lock: ExprId) -> bool {
    matches!(&types.body.expr(lock).kind, ExprKind::MethodCall { method, .. } if !method.contains("read"))
}

/// Whether an initialiser is the guard itself and not something read through it.
fn is_guard(types: &Types<'_>, init: ExprId) -> bool {
    match &types.body.expr(init).kind {
        ExprKind::MethodCall { .. } if is_lock(types, init) => true,
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "unwrap" | "expect" | "map_err" | "unwrap_or_else" | "context")
                && is_guard(types, *receiver)
        }
        ExprKind::Try { base } | ExprKind::Await { base } => is_guard(types, *base),
        _ => false,
    }
}

/// Whether a place is reached through a binding that cannot be borrowed exclusively.
fn is_bound_shared(types: &Types<'_>, place: ExprId) -> bool {
    match &types.body.expr(place).kind {
        ExprKind::Local(local) => {
            let local = types.body.local(*local);
            !local.mutable && local.init.is_some_and(|init| is_guard(types, init))
        }
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } | ExprKind::Deref { base } => {
            is_bound_shared(types, *base)
        }
        ExprKind::MethodCall { receiver, .. } => !is_lock(types, place) && is_bound_shared(types, *receiver),
        _ => false,
    }
}

/// Whether a method may change what it is called on.
fn changes_receiver(types: &Types<'_>, call: ExprId) -> bool {
    let ExprKind::MethodCall { method, .. } = &types.body.expr(call).kind else { return false };
    if let Callee::Workspace { functions, resolved: true } = resolved(types, call) {
        let receivers = functions.iter().filter_map(|id| types.index.function(*id)?.receiver.as_ref());
        return receivers.into_iter().any(|receiver| !matches!(receiver, Receiver::Shared));
    }
    if memory::is_adapter(method) {
        return false;
    }
    match knowledge::names().sync_method(method) {
        Some(SyncMethod::Pure | SyncMethod::Read | SyncMethod::Shared | SyncMethod::Clock) => false,
        Some(_) => true,
        None => knowledge::names().deed(method) != Deed::Read,
    }
}

/// The lock of a guard that is handed over. Through one that others may have too, nothing is changed.
fn given(types: &Types<'_>, args: &[ExprId]) -> Option<ExprId> {
    let is_it = |arg: &&ExprId| match &types.body.expr(**arg).kind {
        ExprKind::Local(local) => types.body.local(*local).init.is_some_and(|init| is_guard(types, init)),
        _ => is_guard(types, **arg),
    };
    let lock = args.iter().find(is_it).and_then(|arg| guard_of(types, *arg, 0));
    lock.filter(|lock| is_exclusive(types, *lock))
}
