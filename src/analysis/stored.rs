//! Futures that are put in variables, and awaited later.
//!
//! In: an await site. Out: [`Stored`], what the variable holds that it awaits, and when that begins to run.
//!
//! Invariant: what is not known to wait for its await may run already.

use crate::analysis::access::children;
use crate::analysis::effects::{begins_when_awaited, call_name, unwrapped};
use crate::analysis::joins;
use crate::index::calls::{Callee, callee};
use crate::index::types::Types;
use crate::index::{FunctionId, Index};
use crate::ir::{BlockKind, Body, ExprId, ExprKind, LocalId, LoopKind, MacroKind, Name, PatKind, Stmt, StmtKind};
use crate::knowledge::{self, SyncMethod};

/// Longer ways from a function to what it gives are not followed.
const DEEPEST: usize = 8;

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
        Begins::Awaited if !is_held_here(types.body, local, is_item) => Begins::Unknown,
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

/// Whether nobody else polls, holds or asks what is in a variable: it is named once, where it is awaited; of one of many,
/// they are named where they are put together and where the loop goes through them.
pub fn is_held_here(body: &Body, local: LocalId, is_item: bool) -> bool {
    let from_list = || match item_of(body, local).map(|items| &body.expr(root(body, items)).kind) {
        Some(ExprKind::Local(list)) => times_named(body, *list) - times_filled(body, *list) == 1,
        _ => true,
    };
    times_named(body, local) == 1 && (!is_item || from_list())
}

/// What is gone through, without the call that goes through it: `futures.into_iter()`.
fn root(body: &Body, items: ExprId) -> ExprId {
    match body.expr(items).kind {
        ExprKind::MethodCall { receiver, .. } | ExprKind::Borrow { base: receiver, .. } => root(body, receiver),
        _ => items,
    }
}

fn times_filled(body: &Body, list: LocalId) -> usize {
    let fills = |kind: &ExprKind| match kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "push" | "push_back" | "reserve" | "len" | "is_empty")
                && matches!(body.expr(*receiver).kind, ExprKind::Local(of) if of == list)
        }
        _ => false,
    };
    body.exprs.iter().filter(|expr| fills(&expr.kind)).count()
}

fn times_named(body: &Body, local: LocalId) -> usize {
    let names = |kind: &ExprKind| match kind {
        ExprKind::Local(of) => usize::from(*of == local),
        ExprKind::Opaque(locals) => locals.iter().filter(|of| **of == local).count(),
        ExprKind::Macro(call) => call.captures.iter().filter(|of| **of == local).count(),
        _ => 0,
    };
    body.exprs.iter().map(|expr| names(&expr.kind)).sum()
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
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } => Some(of_call(types, made, 0)),
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

fn of_call(types: &Types<'_>, call: ExprId, depth: usize) -> Begins {
    let waits = match callee(types, call) {
        // Of namesakes, all of them.
        Callee::Workspace { functions, .. } => functions.iter().all(|id| waits_for_await(types.index, *id, depth)),
        Callee::Foreign(_) => begins_when_awaited(types, call),
        _ => false,
    };
    if waits { Begins::Awaited } else { Begins::Unknown }
}

/// Whether a function gives a future that does nothing until it is awaited: it is `async`, or it only builds one.
fn waits_for_await(index: &Index<'_>, id: FunctionId, depth: usize) -> bool {
    let Some(function) = index.function(id) else { return false };
    let is_plain = |path: &Name| PLAIN_ATTRIBUTES.iter().any(|known| path.split("::").any(|part| part == *known));
    function.attributes.iter().all(is_plain) && (function.is_async || only_builds(index, id, depth))
}

/// Whether a function does nothing but give an async block, or what such a function gives.
fn only_builds(index: &Index<'_>, id: FunctionId, depth: usize) -> bool {
    let Some(types) = Types::new(index, id).filter(|_| depth < DEEPEST) else { return false };
    let stmts = types.body.root.map_or(&[][..], |root| &types.body.block(root).stmts);
    let Some((last, before)) = stmts.split_last() else { return false };
    let StmtKind::Expr { expr, semicolon: false } = last.kind else { return false };
    let computes = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Let { init, otherwise: None, .. } => init.is_none_or(|init| only_computes(&types, init)),
        StmtKind::Item { is_macro_rules: false, .. } => true,
        _ => false,
    };
    let made = bare(types.body, expr);
    let is_future = match &types.body.expr(made).kind {
        ExprKind::Block { kind: BlockKind::Async { .. }, .. } => true,
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } => {
            children(types.body, made).into_iter().all(|child| only_computes(&types, child))
                && of_call(&types, made, depth + 1) == Begins::Awaited
        }
        _ => false,
    };
    is_future && before.iter().all(computes)
}

/// Names, literals, and calls that touch nothing but what they are given.
fn only_computes(types: &Types<'_>, expr: ExprId) -> bool {
    let is_known = match &types.body.expr(expr).kind {
        ExprKind::MethodCall { .. } => {
            knowledge::names().sync_method(&call_name(types, expr)) == Some(SyncMethod::Pure)
        }
        ExprKind::Call { .. } => matches!(call_name(types, expr).as_str(), "clone" | "new" | "from"),
        ExprKind::Macro(call) => call.kind == MacroKind::Value,
        ExprKind::Local(_)
        | ExprKind::Path(_)
        | ExprKind::Literal(_)
        | ExprKind::Field { .. }
        | ExprKind::Borrow { mutable: false, .. }
        | ExprKind::Deref { .. }
        | ExprKind::Struct { .. }
        | ExprKind::Tuple(_) => true,
        _ => false,
    };
    is_known && children(types.body, expr).into_iter().all(|child| only_computes(types, child))
}

/// The closures and blocks that a call is given, which run when its future does.
pub fn handed_over(body: &Body, made: ExprId) -> Vec<ExprId> {
    let is_run = |expr: &ExprId| {
        matches!(
            body.expr(*expr).kind,
            ExprKind::Closure { .. } | ExprKind::Block { kind: BlockKind::Async { .. }, .. } | ExprKind::Path(_)
        )
    };
    let given = match &body.expr(made).kind {
        ExprKind::Call { args, .. } => args.clone(),
        _ => children(body, made),
    };
    given.into_iter().filter(is_run).collect()
}
