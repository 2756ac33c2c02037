//! Futures that are put in variables, and awaited later.
//!
//! In: an await site. Out: [`Stored`], what the variable holds that it awaits, and when that begins to run.
//!
//! Invariant: what is not known to wait for its await may run already.

use crate::analysis::access::children;
use crate::analysis::effects::{begins_when_awaited, call_name, suspends_by_itself, unwrapped};
use crate::analysis::joins;
use crate::index::calls::{Callee, callee};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{BlockKind, Body, ExprId, ExprKind, Function, LocalId, LoopKind, PatKind};

/// Attributes that leave an async function one that runs when it is awaited.
const PLAIN_ATTRIBUTES: [&str; 14] = [
    "instrument",
    "async_trait",
    "async_recursion",
    "trait_variant",
    "doc",
    "inline",
    "allow",
    "warn",
    "expect",
    "must_use",
    "deprecated",
    "cfg",
    "cold",
    "track_caller",
];

/// A future in a variable.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// The variable.
    pub local: LocalId,
    /// The call or the block that makes it; of one of several, that which makes each.
    pub made: ExprId,
    /// When it begins to run.
    pub begins: Begins,
    /// Whether the variable is one of many, `for future in futures`.
    pub is_item: bool,
}

/// When a future begins to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// When it is awaited.
    Awaited,
    /// It is a task of its own.
    Spawned,
    /// Nobody knows.
    Unknown,
}

/// The future that a site awaits, where that is in a variable.
pub fn stored(types: &Types<'_>, site: ExprId) -> Option<Stored> {
    let ExprKind::Await { base } = types.body.expr(site).kind else { return None };
    match types.body.expr(unwrapped(types.body, base)).kind {
        ExprKind::Local(local) => in_local(types, local),
        _ => None,
    }
}

/// The future in a variable, where it shows what made it.
pub fn in_local(types: &Types<'_>, local: LocalId) -> Option<Stored> {
    let of_each = || item_of(types.body, local).and_then(|items| joins::made_of_each(types.body, items));
    let (made, is_item) = match types.body.local(local).init {
        Some(init) => (init, false),
        None => (of_each()?, true),
    };
    let made = bare(types.body, made);
    let begins = match begins(types, made)? {
        // Somebody else may poll it.
        Begins::Awaited if !is_item && !is_named_once(types.body, local) => Begins::Unknown,
        begins => begins,
    };
    Some(Stored { local, made, begins, is_item })
}

/// The async block that a variable holds.
pub fn block_in_local(types: &Types<'_>, local: LocalId) -> Option<ExprId> {
    let found = in_local(types, local)?;
    matches!(types.body.expr(found.made).kind, ExprKind::Block { .. }).then_some(found.made)
}

/// Whether an expression is an async block, boxed or not: making one does nothing.
pub fn is_block(body: &Body, expr: ExprId) -> bool {
    matches!(body.expr(bare(body, expr)).kind, ExprKind::Block { kind: BlockKind::Async { .. }, .. })
}

/// Whether a variable is named once, where it is awaited: nobody else polls it, holds it or asks it.
pub fn is_named_once(body: &Body, local: LocalId) -> bool {
    let names = |kind: &ExprKind| match kind {
        ExprKind::Local(of) => usize::from(*of == local),
        ExprKind::Opaque(locals) => locals.iter().filter(|of| **of == local).count(),
        ExprKind::Macro(call) => call.captures.iter().filter(|of| **of == local).count(),
        _ => 0,
    };
    body.exprs.iter().map(|expr| names(&expr.kind)).sum::<usize>() == 1
}

/// What a `for` goes through whose pattern is this variable.
fn item_of(body: &Body, local: LocalId) -> Option<ExprId> {
    body.exprs.iter().find_map(|expr| match &expr.kind {
        ExprKind::Loop { kind: LoopKind::For { pat, iter }, .. }
            if pat.kind == PatKind::Ident && pat.bindings == [local] =>
        {
            Some(*iter)
        }
        _ => None,
    })
}

/// What makes a future, without the box and the wrappers around it.
fn bare(body: &Body, made: ExprId) -> ExprId {
    let inner = unwrapped(body, made);
    match &body.expr(inner).kind {
        // A block stands in a box too.
        ExprKind::Call { args, callee } => match (&body.expr(*callee).kind, args.as_slice()) {
            (ExprKind::Path(path), [only]) if path.text() == "Box::pin" => *only,
            _ => inner,
        },
        _ => inner,
    }
}

fn begins(types: &Types<'_>, made: ExprId) -> Option<Begins> {
    match &types.body.expr(made).kind {
        ExprKind::Block { kind: BlockKind::Async { .. }, .. } => Some(Begins::Awaited),
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } if is_spawned(types, made) => Some(Begins::Spawned),
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } => Some(of_call(types, made)),
        _ => None,
    }
}

/// Whether a call, or one that it is made of, starts a task: `tokio::spawn(f()).map(..)`.
fn is_spawned(types: &Types<'_>, call: ExprId) -> bool {
    let name = call_name(types, call);
    name.starts_with("spawn")
        || name.ends_with("_spawn")
        || matches!(&types.body.expr(call).kind, ExprKind::MethodCall { receiver, .. }
            if is_call(types.body, *receiver) && is_spawned(types, *receiver))
}

fn is_call(body: &Body, expr: ExprId) -> bool {
    matches!(body.expr(expr).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
}

fn of_call(types: &Types<'_>, call: ExprId) -> Begins {
    let waits = match callee(types, call) {
        Callee::Workspace { functions, .. } => {
            let gives_future = matches!(types.of(call), Ty::Future(_));
            let mut declared = functions.iter().map(|id| types.index.function(*id));
            declared.all(|function| function.is_some_and(|function| waits_for_await(function, gives_future)))
        }
        Callee::Foreign(_) => begins_when_awaited(types, call),
        _ => false,
    };
    if waits { Begins::Awaited } else { Begins::Unknown }
}

/// Whether a function gives a future that does nothing until it is awaited. One that is not `async` has done its part when
/// it is called, and what it gives is awaited like any other.
fn waits_for_await(function: &Function, gives_future: bool) -> bool {
    let is_plain = |path: &crate::ir::Name| PLAIN_ATTRIBUTES.iter().any(|known| path.split("::").any(|part| part == *known));
    (function.is_async || gives_future || suspends_by_itself(function)) && function.attributes.iter().all(is_plain)
}

/// The closures and blocks that a call is given, which run when its future does.
pub fn handed_over(body: &Body, made: ExprId) -> Vec<ExprId> {
    let is_run = |expr: &ExprId| match body.expr(*expr).kind {
        ExprKind::Closure { .. } | ExprKind::Block { kind: BlockKind::Async { .. }, .. } => true,
        ExprKind::Path(_) => true,
        _ => false,
    };
    let given = match &body.expr(made).kind {
        ExprKind::Call { args, .. } => args.clone(),
        _ => children(body, made),
    };
    given.into_iter().filter(is_run).collect()
}
