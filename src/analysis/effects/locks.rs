//! Which locks a function keeps while it takes others.
//!
//! In: a stretch of a body. Out: [`Taken`], every lock that is taken in it, through the workspace's functions, with the
//! locks that are kept meanwhile.
//!
//! Invariant: a lock without a name is left out: nobody can say whether it is another one.

use crate::analysis::effects::guards::drops;
use crate::analysis::effects::{call_name, memory, unwrapped};
use crate::index::calls::{Callee, resolved};
use crate::index::types::Types;
use crate::ir::{Body, ExprId, ExprKind, Name, PatKind, StmtKind};
use crate::source::Span;

/// Longer chains of calls are not followed.
const DEEPEST: usize = 3;

/// A lock that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What it guards, `Store.cache`.
    pub lock: Name,
    /// Whether others may hold it at the same time.
    pub is_shared: bool,
    /// The locks that are kept while it is taken.
    pub kept: Vec<Name>,
}

/// A guard that is bound to a name: its lock, and from where to where it is kept.
struct Guard {
    lock: Name,
    is_shared: bool,
    kept: Span,
}

/// Every lock that is taken in a stretch of a body.
pub fn taken(types: &Types<'_>, within: Span) -> Vec<Taken> {
    taken_at(types, within, 0)
}

/// The lock that is kept for itself during all of what a body waits for, the taking of the lock itself left out.
pub fn kept_throughout(types: &Types<'_>) -> Option<Name> {
    let body = types.body;
    let guards = guards(types);
    let waits: Vec<ExprId> = ids(body).filter(|id| is_wait(types, *id)).collect();
    let keeps =
        |guard: &&Guard| !guard.is_shared && waits.iter().all(|wait| guard.kept.contains(body.expr(*wait).span));
    guards.iter().find(keeps).filter(|_| !waits.is_empty()).map(|guard| guard.lock.clone())
}

/// Whether an expression waits for something other than a lock.
fn is_wait(types: &Types<'_>, expr: ExprId) -> bool {
    match types.body.expr(expr).kind {
        ExprKind::Await { base } => !memory::is_lock(types, unwrapped(types.body, base)),
        _ => false,
    }
}

fn taken_at(types: &Types<'_>, within: Span, depth: usize) -> Vec<Taken> {
    let body = types.body;
    let guards = guards(types);
    let mut found: Vec<Taken> = Vec::new();
    for id in ids(body).filter(|id| within.contains(body.expr(*id).span)) {
        let place = body.expr(id).span;
        let kept = || -> Vec<Name> {
            let around = guards.iter().filter(|guard| guard.kept.contains(place) && within.contains(guard.kept));
            around.map(|guard| guard.lock.clone()).collect()
        };
        if memory::is_lock(types, id) && !memory::is_own_lock(types, id) {
            let is_shared = is_shared(types, id);
            found.extend(name_of(types, id).map(|lock| Taken { lock, is_shared, kept: kept() }));
        } else if depth < DEEPEST {
            let kept = kept();
            let inner = inside(types, id, depth).into_iter();
            found.extend(
                inner.map(|taken| Taken { kept: taken.kept.into_iter().chain(kept.clone()).collect(), ..taken }),
            );
        }
    }
    found
}

/// What is taken inside a called function of the workspace.
fn inside(types: &Types<'_>, call: ExprId, depth: usize) -> Vec<Taken> {
    let Callee::Workspace { functions, resolved: true } = resolved(types, call) else { return Vec::new() };
    let [only] = functions.as_slice() else { return Vec::new() };
    let Some(inner) = Types::new(types.index, *only) else { return Vec::new() };
    taken_at(&inner, inner.function.span, depth + 1)
}

/// The guards that are bound to names.
fn guards(types: &Types<'_>) -> Vec<Guard> {
    let body = types.body;
    let mut found = Vec::new();
    for block in &body.blocks {
        for stmt in &block.stmts {
            let StmtKind::Let { pat, init: Some(init), .. } = &stmt.kind else { continue };
            let Some(lock) = behind(body, *init).filter(|lock| memory::is_lock(types, *lock)) else { continue };
            let [local] = pat.bindings.as_slice() else { continue };
            if pat.kind != PatKind::Ident && pat.kind != PatKind::Success {
                continue;
            }
            let dropped = dropped_at(body, *local, stmt.span.end);
            let kept = Span { start: stmt.span.end, end: dropped.unwrap_or(block.span.end) };
            let is_shared = is_shared(types, lock);
            found.extend(name_of(types, lock).map(|lock| Guard { lock, is_shared, kept }));
        }
    }
    found
}

/// Whether others may have the lock at the same time.
fn is_shared(types: &Types<'_>, lock: ExprId) -> bool {
    matches!(call_name(types, lock).as_str(), "read" | "try_read" | "read_owned" | "blocking_read" | "upgradable_read")
}

fn dropped_at(body: &Body, local: crate::ir::LocalId, behind: u32) -> Option<u32> {
    let drops = body.exprs.iter().filter(|expr| drops(body, expr, local)).map(|expr| expr.span.start);
    drops.filter(|start| *start >= behind).min()
}

/// The call behind `.await`, `?` and `unwrap()`.
fn behind(body: &Body, expr: ExprId) -> Option<ExprId> {
    match &body.expr(expr).kind {
        ExprKind::Await { base } | ExprKind::Try { base } => behind(body, *base),
        ExprKind::MethodCall { receiver, method, .. } if matches!(method.as_str(), "unwrap" | "expect" | "map_err") => {
            behind(body, *receiver)
        }
        ExprKind::MethodCall { .. } => Some(expr),
        _ => None,
    }
}

fn name_of(types: &Types<'_>, lock: ExprId) -> Option<Name> {
    let name = memory::cell_of_lock(types, lock);
    (!name.contains('*')).then_some(name)
}

fn ids(body: &Body) -> impl Iterator<Item = ExprId> + use<> {
    (0..u32::try_from(body.exprs.len()).unwrap_or(u32::MAX)).map(ExprId)
}
