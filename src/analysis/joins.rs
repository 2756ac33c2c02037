//! The joins that stand in a body already, and what their branches do.
//!
//! In: a function. Out: [`joins`], each [`Join`] with its branches, written one by one or one for each item; the [`Step`]s
//! of a branch, the calls that it waits for, in the order of the source.
//!
//! Invariant: a join that the workspace declares itself is none of these; nobody knows what it does.

use crate::analysis::effects::{Effect, Effects, call_name, unwrapped};
use crate::index::calls::{Callee, callee, resolved};
use crate::index::types::Types;
use crate::ir::{BlockKind, Body, Expr, ExprId, ExprKind, LocalId, LoopKind, MacroKind, Name, StmtKind, TypeRef};
use crate::source::Span;

/// Longer ways from a join to what it is given are not followed.
const DEEPEST: usize = 12;

/// Crates whose functions join.
const CRATES: [&str; 5] = ["futures", "futures_util", "futures_lite", "futures_concurrency", "smol"];

/// Collections that run the futures they hold.
const SETS: [&str; 4] = ["FuturesUnordered", "FuturesOrdered", "JoinSet", "FutureGroup"];

/// A join.
#[derive(Debug)]
pub struct Join {
    /// The macro or call; of what is run without one, the call that starts each.
    pub expr: ExprId,
    /// What it is called, `try_join_all`.
    pub name: Name,
    /// Whether the first error drops the others.
    pub fallible: bool,
    /// What it waits for.
    pub branches: Branches,
}

/// What a join waits for.
#[derive(Debug)]
pub enum Branches {
    /// Futures written one by one.
    Listed(Vec<ExprId>),
    /// One future for each item.
    Each {
        /// What is gone through.
        items: ExprId,
        /// What is made of each item: a future, a block that ends in one, or a function's name.
        future: ExprId,
        /// Where the futures are kept, when that has a name.
        set: Option<LocalId>,
    },
}

/// A call that a branch waits for.
#[derive(Debug)]
pub struct Step {
    /// The call.
    pub call: ExprId,
    /// What it does.
    pub effect: Effect,
}

/// Every join of a body, in the order of the source.
pub fn joins(types: &Types<'_>) -> Vec<Join> {
    let numbers = 0..u32::try_from(types.body.exprs.len()).unwrap_or(u32::MAX);
    let mut found: Vec<Join> = numbers.filter_map(|number| join(types, ExprId(number))).collect();
    found.sort_by_key(|join| types.body.expr(join.expr).span);
    found
}

fn join(types: &Types<'_>, expr: ExprId) -> Option<Join> {
    let body = types.body;
    match &body.expr(expr).kind {
        ExprKind::Macro(call) => {
            let MacroKind::Join { fallible } = call.kind else { return None };
            let of = call.path.segments.first().filter(|_| call.path.segments.len() > 1);
            let is_known = of.is_some_and(|of| of.name == "tokio" || CRATES.contains(&of.name.as_str()));
            let is_own = !is_known && types.index.macro_may_leave(call.path.last()).is_some();
            let branches = Branches::Listed(call.args.clone());
            (!is_own).then(|| Join { expr, name: call.path.last().into(), fallible, branches })
        }
        ExprKind::Call { args, .. } => {
            let name = call_name(types, expr);
            if matches!(name.as_str(), "spawn" | "spawn_local") {
                return if is_ours(types, expr) { None } else { spawned_in_loop(types, expr, *args.first()?, &name) };
            }
            let fallible = name.starts_with("try_");
            let branches = match name.trim_start_matches("try_") {
                "join_all" if is_joining(types, expr, true) => of_all(body, *args.first()?)?,
                "join" | "join3" | "join4" | "join5" | "zip" if is_joining(types, expr, false) => {
                    Branches::Listed(args.clone())
                }
                _ => return None,
            };
            Some(Join { expr, name, fallible, branches })
        }
        ExprKind::MethodCall { receiver, method, args, turbofish, .. } => match (method.as_str(), args.as_slice()) {
            ("join" | "try_join", []) => {
                let ExprKind::Tuple(items) = &body.expr(*receiver).kind else { return None };
                let branches = Branches::Listed(items.clone());
                Some(Join { expr, name: method.clone(), fallible: method == "try_join", branches })
            }
            ("push" | "push_back" | "spawn" | "insert", [future]) => kept_in_set(types, expr, *receiver, *future),
            ("collect", []) => {
                let name = set_of(body, expr, turbofish)?;
                let (items, future, set) = each(body, *receiver, 0)?;
                Some(Join { expr, name, fallible: false, branches: Branches::Each { items, future, set } })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a call is of a function of the workspace, which starts whatever it is for.
fn is_ours(types: &Types<'_>, call: ExprId) -> bool {
    matches!(resolved(types, call), Callee::Workspace { resolved: true, .. })
}

/// Whether a call is of one of the crates that join. `join_all` is nothing else, whatever brings it in.
fn is_joining(types: &Types<'_>, call: ExprId, is_plain: bool) -> bool {
    match callee(types, call) {
        Callee::Foreign(path) => path.first().is_some_and(|krate| CRATES.contains(&krate.as_str())),
        Callee::Unknown => is_plain,
        _ => false,
    }
}

/// What `join_all` is given.
fn of_all(body: &Body, arg: ExprId) -> Option<Branches> {
    if let Some((items, future, set)) = each(body, arg, 0) {
        return Some(Branches::Each { items, future, set });
    }
    listed(body, arg, 0).map(Branches::Listed)
}

fn listed(body: &Body, expr: ExprId, depth: usize) -> Option<Vec<ExprId>> {
    match &body.expr(expr).kind {
        ExprKind::Array(items) => Some(items.clone()),
        ExprKind::Macro(call) if call.path.last() == "vec" => Some(call.args.clone()),
        ExprKind::Local(local) if depth < DEEPEST => listed(body, body.local(*local).init?, depth + 1),
        _ => None,
    }
}

/// What is gone through, what is made of each item, and where that is kept.
fn each(body: &Body, expr: ExprId, depth: usize) -> Option<(ExprId, ExprId, Option<LocalId>)> {
    if depth > DEEPEST {
        return None;
    }
    match &body.expr(expr).kind {
        ExprKind::Borrow { base, .. } | ExprKind::Try { base } | ExprKind::Await { base } => {
            each(body, *base, depth + 1)
        }
        ExprKind::Local(local) => {
            let init = body.local(*local).init?;
            match pushed(body, *local) {
                Some((items, future)) => Some((items, future, Some(*local))),
                None => each(body, init, depth + 1),
            }
        }
        ExprKind::MethodCall { receiver, method, args, .. } => match method.as_str() {
            "map" | "filter_map" | "flat_map" => Some((*receiver, made_of(body, *args.first()?), None)),
            "collect" | "collect_vec" | "into_iter" | "iter_mut" | "drain" | "rev" | "by_ref" | "chain" | "flatten" => {
                each(body, *receiver, depth + 1)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The body of a closure; anything else as it is.
fn made_of(body: &Body, expr: ExprId) -> ExprId {
    match &body.expr(expr).kind {
        ExprKind::Closure { body: inner, .. } => *inner,
        _ => expr,
    }
}

/// What is made of each item, where something is gone through that holds the futures: `for future in futures`.
pub fn made_of_each(body: &Body, items: ExprId) -> Option<ExprId> {
    each(body, items, 0).map(|(_, future, _)| future)
}

/// What a loop pushes into a local.
fn pushed(body: &Body, local: LocalId) -> Option<(ExprId, ExprId)> {
    body.exprs.iter().find_map(|expr| {
        let ExprKind::MethodCall { receiver, method, args, .. } = &expr.kind else { return None };
        let is_its = matches!(body.expr(*receiver).kind, ExprKind::Local(of) if of == local);
        let future = args.first().filter(|_| is_its && matches!(method.as_str(), "push" | "push_back"))?;
        let made = body.local(local).init.map(|init| body.expr(init).span)?;
        Some((loop_around(body, expr.span, Some(made))?, *future))
    })
}

/// What the `for` loop around a place goes through, when `made` stands outside of it and no closure or block of its own lies
/// between.
pub fn loop_around(body: &Body, place: Span, made: Option<Span>) -> Option<ExprId> {
    let nearest = body.expr(nearest_loop(body, place)?);
    match &nearest.kind {
        ExprKind::Loop { kind: LoopKind::For { iter, .. }, .. } => {
            made.is_none_or(|made| !nearest.span.contains(made)).then_some(*iter)
        }
        _ => None,
    }
}

/// The loop around a place, when no closure or block of its own lies between.
pub fn nearest_loop(body: &Body, place: Span) -> Option<ExprId> {
    let is_around = |expr: &Expr| match &expr.kind {
        ExprKind::Loop { body: block, .. } => body.block(*block).span.contains(place),
        ExprKind::Closure { .. } | ExprKind::Block { kind: BlockKind::Async { .. }, .. } => {
            expr.span.contains(place) && expr.span != place
        }
        _ => false,
    };
    let around = (0..).map(ExprId).zip(&body.exprs).filter(|(_, expr)| is_around(expr));
    let (nearest, expr) = around.min_by_key(|(_, expr)| expr.span.len())?;
    matches!(expr.kind, ExprKind::Loop { .. }).then_some(nearest)
}

/// A task for each round of a loop.
fn spawned_in_loop(types: &Types<'_>, call: ExprId, future: ExprId, name: &Name) -> Option<Join> {
    let items = loop_around(types.body, types.body.expr(call).span, None)?;
    let branches = Branches::Each { items, future, set: None };
    Some(Join { expr: call, name: name.clone(), fallible: false, branches })
}

/// A future that a loop hands to something that runs it.
fn kept_in_set(types: &Types<'_>, call: ExprId, receiver: ExprId, future: ExprId) -> Option<Join> {
    let body = types.body;
    let ExprKind::Local(local) = body.expr(receiver).kind else { return None };
    let init = body.local(local).init?;
    let name = set_of(body, init, &[])?;
    let items = loop_around(body, body.expr(call).span, Some(body.expr(init).span))?;
    let branches = Branches::Each { items, future, set: Some(local) };
    Some(Join { expr: call, name, fallible: false, branches })
}

/// The name of the set that an expression makes: by its path, by what it is collected into, or by the type of its local.
fn set_of(body: &Body, expr: ExprId, turbofish: &[TypeRef]) -> Option<Name> {
    let known = |name: &str| SETS.into_iter().find(|set| *set == name).map(Name::new_static);
    let of_type = |ty: &TypeRef| match ty {
        TypeRef::Path(path) => known(path.last()),
        _ => None,
    };
    if let Some(found) = turbofish.iter().find_map(of_type) {
        return Some(found);
    }
    let annotated = body.locals.iter().find(|local| local.init == Some(expr)).and_then(|local| local.ty.as_ref());
    annotated.and_then(of_type).or_else(|| match &body.expr(expr).kind {
        ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
            ExprKind::Path(path) => path.segments.iter().find_map(|segment| known(&segment.name)),
            _ => None,
        },
        _ => None,
    })
}

/// The future behind what only wraps it: adapters, boxes, deadlines, tasks, and the local it was put in.
pub fn bare(types: &Types<'_>, future: ExprId) -> ExprId {
    let mut at = future;
    for _ in 0..DEEPEST {
        let Some(inner) = wrapped(types, at) else { return at };
        at = inner;
    }
    at
}

fn wrapped(types: &Types<'_>, expr: ExprId) -> Option<ExprId> {
    let body = types.body;
    match &body.expr(expr).kind {
        ExprKind::Borrow { base, .. } => Some(*base),
        ExprKind::Local(local) => body.local(*local).init,
        ExprKind::Block { block, kind: BlockKind::Plain, .. } => match body.block(*block).stmts.last()?.kind {
            StmtKind::Expr { expr, semicolon: false } => Some(expr),
            _ => None,
        },
        ExprKind::MethodCall { receiver, method, .. } if is_adapter(method) => Some(*receiver),
        ExprKind::Call { args, callee } => {
            let ExprKind::Path(path) = &body.expr(*callee).kind else { return None };
            match (path.last(), args.as_slice()) {
                ("pin", [only]) => Some(*only),
                ("spawn" | "spawn_local", [only]) => Some(*only),
                ("timeout" | "timeout_at", [_, inner]) => Some(*inner),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_adapter(method: &str) -> bool {
    matches!(
        method,
        "map"
            | "map_err"
            | "map_ok"
            | "boxed"
            | "boxed_local"
            | "fuse"
            | "instrument"
            | "in_current_span"
            | "context"
            | "with_context"
            | "err_into"
            | "then"
            | "or_else"
            | "and_then"
            | "inspect"
            | "inspect_err"
            | "timeout"
            | "shared"
            | "ok"
            | "unwrap"
            | "expect"
            | "flatten"
            | "unwrap_or_default"
            | "unwrap_or_else"
    )
}

/// The calls that a branch waits for, in the order of the source.
pub fn steps(types: &Types<'_>, effects: &Effects<'_>, future: ExprId) -> Vec<Step> {
    let body = types.body;
    let at = bare(types, future);
    match &body.expr(at).kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } => vec![step(types, effects, at)],
        ExprKind::Path(_) => vec![Step { call: at, effect: effects.of_call(types, at, true) }],
        ExprKind::Block { .. } => steps_in(types, effects, body.expr(at).span),
        _ => Vec::new(),
    }
}

/// The calls that are waited for in a stretch of source.
pub fn steps_in(types: &Types<'_>, effects: &Effects<'_>, span: Span) -> Vec<Step> {
    let body = types.body;
    let mut found = Vec::new();
    for expr in body.exprs.iter().filter(|expr| span.contains(expr.span)) {
        match &expr.kind {
            ExprKind::Await { base } => {
                let at = bare(types, unwrapped(body, *base));
                if matches!(body.expr(at).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. }) {
                    found.push(step(types, effects, at));
                }
            }
            ExprKind::Macro(call) if matches!(call.kind, MacroKind::Join { .. }) => {
                found.extend(call.args.iter().flat_map(|branch| steps(types, effects, *branch)));
            }
            _ => {}
        }
    }
    found.sort_by_key(|step| body.expr(step.call).span);
    found
}

fn step(types: &Types<'_>, effects: &Effects<'_>, call: ExprId) -> Step {
    Step { call, effect: effects.of_call(types, call, true) }
}

/// Where an expression stands, the innermost closure or async block around it; `None` for the function's own body.
pub fn around(body: &Body, place: Span) -> Option<ExprId> {
    let is_around = |expr: &&(usize, &Expr)| {
        let is_body =
            matches!(expr.1.kind, ExprKind::Closure { .. } | ExprKind::Block { kind: BlockKind::Async { .. }, .. });
        is_body && expr.1.span.contains(place) && expr.1.span != place
    };
    let all: Vec<(usize, &Expr)> = body.exprs.iter().enumerate().collect();
    let innermost = all.iter().filter(is_around).min_by_key(|(_, expr)| expr.span.end - expr.span.start)?;
    u32::try_from(innermost.0).ok().map(ExprId)
}
