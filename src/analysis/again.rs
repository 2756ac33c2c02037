//! Questions that are asked again although nothing can have changed the answer.
//!
//! In: a region. Out: for each await that says the same as an earlier one, [`Again`], or the word for what may have made the
//! answer another one.
//!
//! Invariant: of what stands from the first question to the second, nothing writes, waits for an event, or is unknown; and
//! what both are asked with is the same values.

use std::collections::HashMap;

use crate::analysis::Analysis;
use crate::analysis::access::{Access, Mode, Phase, children};
use crate::analysis::blocker::BlockerKind;
use crate::analysis::effected::{Effected, effected};
use crate::analysis::effects::{Effect, Effects, call_name, unwrapped};
use crate::analysis::joins::{Branches, joins};
use crate::analysis::ownership::{Usage, receiver_usage};
use crate::analysis::region::Node;
use crate::analysis::repeats::text_of;
use crate::diagnostic::Confidence;
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{BinaryOp, Body, ExprId, ExprKind, LocalId, StmtKind};
use crate::knowledge::{self, Deed};
use crate::source::Span;

/// A question that is asked again.
#[derive(Debug)]
pub struct Again {
    /// The statement of the first one, as an index into the region.
    pub first: usize,
    /// The first await.
    pub asked: ExprId,
    /// The statement of the second one.
    pub again: usize,
    /// The second await.
    pub repeated: ExprId,
    /// What asking does.
    pub effect: Effect,
    /// How sure it is that the answer is the same.
    pub confidence: Confidence,
    /// What is known of the answer.
    pub value: Value,
}

/// What may be done with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// It is copied wherever it goes.
    Copied,
    /// It can be cloned.
    Cloned,
    /// Nobody knows more than that it is data.
    Plain,
}

/// The questions of a region that are asked again, in the order of the source: the await, and what is said of it.
pub fn again(
    types: &Types<'_>,
    effects: &Effects<'_>,
    analysis: &Analysis,
) -> Vec<(ExprId, Result<Again, &'static str>)> {
    let mut found: Vec<(ExprId, Result<Again, &'static str>)> = Vec::new();
    for pair in pairs(types.body, &analysis.region.nodes) {
        // Of a chain that says the same as a whole, its parts say nothing.
        let is_part =
            |(whole, _): &(ExprId, _)| types.body.expr(*whole).span.contains(types.body.expr(pair.again.1).span);
        if !found.iter().any(is_part) {
            found.push((pair.again.1, judge(types, effects, analysis, &pair)));
        }
    }
    found
}

/// The branches of joins that ask what a branch of the same join asks already: the join, the branch, and what is said of it.
pub fn at_once(types: &Types<'_>, effects: &Effects<'_>) -> Vec<(ExprId, ExprId, Result<Again, &'static str>)> {
    let mut found = Vec::new();
    for join in joins(types) {
        let Branches::Listed(branches) = join.branches else { continue };
        let mut before: HashMap<String, ExprId> = HashMap::new();
        for branch in branches {
            let is_call = matches!(types.body.expr(branch).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. });
            if let Some(text) = text_of(types.body, branch).filter(|_| is_call)
                && let Some(asked) = before.insert(text, branch)
            {
                found.push((join.expr, branch, in_join(types, effects, asked, branch, join.fallible)));
            }
        }
    }
    found
}

fn in_join(
    types: &Types<'_>,
    effects: &Effects<'_>,
    asked: ExprId,
    repeated: ExprId,
    is_tried: bool,
) -> Result<Again, &'static str> {
    let effect = effects.of_call(types, repeated, true);
    gives_the_same(types, repeated, &effect)?;
    for call in children(types.body, repeated).into_iter().flat_map(|child| calls_in(types.body, child)) {
        if not_a_read(&effects.of_call(types, call, false)).is_some() {
            return Err("args");
        }
    }
    let confidence = effect.sureness();
    let Ty::Future(of) = types.of(repeated) else { return Err("value") };
    let given = match *of {
        Ty::Named(_, args) if is_tried => args.into_iter().next().ok_or("value")?,
        of => of,
    };
    let value = kind_of(types, &given).ok_or("value")?;
    Ok(Again { first: 0, asked, again: 0, repeated, effect, confidence, value })
}

/// A question, and the same one before it.
struct Pair {
    first: (usize, ExprId),
    again: (usize, ExprId),
}

/// Each await with the nearest one before it that says the same.
fn pairs(body: &Body, nodes: &[Node]) -> Vec<Pair> {
    let mut before: HashMap<String, (usize, ExprId)> = HashMap::new();
    let mut found = Vec::new();
    for (number, node) in nodes.iter().enumerate() {
        for site in &node.sites {
            if matches!(body.expr(*site).kind, ExprKind::Await { .. })
                && let Some(text) = text_of(body, *site)
                && let Some(first) = before.insert(text, (number, *site))
            {
                found.push(Pair { first, again: (number, *site) });
            }
        }
    }
    // The outer await of a chain comes before those in it.
    found.sort_by_key(|pair| {
        let span = body.expr(pair.again.1).span;
        (span.start, std::cmp::Reverse(span.end))
    });
    found
}

fn judge(types: &Types<'_>, effects: &Effects<'_>, analysis: &Analysis, pair: &Pair) -> Result<Again, &'static str> {
    let ((first, asked), (again, repeated)) = (pair.first, pair.again);
    let nodes = &analysis.region.nodes;
    let span = &nodes[first..=again];
    let done: Vec<Effected> = span.iter().map(|node| effected(types, effects, node)).collect();
    let effect = done.first().and_then(|done| done.awaited.clone()).ok_or("unknown")?;
    gives_the_same(types, asked, &effect)?;
    let last = span.len() - 1;
    let mut confidence = effect.sureness();
    for (number, (node, done)) in span.iter().zip(&done).enumerate() {
        confidence = confidence.min(leaves_alone(node, done, (number > 0, number < last || first == again))?);
    }
    is_asked_with_the_same(types, nodes, pair)?;
    if is_compared(types, nodes, pair) {
        return Err("compared");
    }
    let value = value_of(types, analysis, pair).ok_or("value")?;
    Ok(Again { first, asked, again, repeated, effect, confidence, value })
}

/// Whether a call gives the same answer when nothing else happens.
fn gives_the_same(types: &Types<'_>, site: ExprId, effect: &Effect) -> Result<(), &'static str> {
    if let Some(reason) = not_a_read(effect) {
        return Err(reason);
    }
    if !effect.suspends {
        return Err("ready");
    }
    if effect.is_local {
        return Err("local");
    }
    if calls_in(types.body, site).iter().any(|call| knowledge::names().differs(&call_name(types, *call))) {
        return Err("name");
    }
    Ok(())
}

/// Why something may be noticed by the next question.
fn not_a_read(effect: &Effect) -> Option<&'static str> {
    match (effect.fence, effect.deed) {
        (Some(fence), _) => Some(fence.word()),
        (None, Deed::Write) => Some("write"),
        _ if effect.memory.writes() => Some("write"),
        _ if !effect.is_read(Confidence::Likely) => Some("unknown"),
        _ => None,
    }
}

/// Whether what a statement does leaves the answer as it is, and how sure that is: what it awaits, unless it is the first,
/// and what it does behind that, unless it is the last.
fn leaves_alone(node: &Node, done: &Effected, (front, rest): (bool, bool)) -> Result<Confidence, &'static str> {
    let parts = [done.awaited.as_ref().filter(|_| front), done.args.as_ref(), done.finish.as_ref().filter(|_| rest)];
    let mut least = Confidence::Proven;
    for effect in parts.into_iter().flatten() {
        if let Some(reason) = not_a_read(effect) {
            return Err(reason);
        }
        least = least.min(effect.sureness());
    }
    match node.fence.as_ref().or(node.pinned.as_ref()).map(|blocker| &blocker.kind) {
        Some(BlockerKind::Fence(what)) => Err(what),
        Some(_) => Err("control"),
        None => Ok(least),
    }
}

/// Whether nothing that both are asked with is changed, and asking takes nothing away and borrows nothing exclusively.
fn is_asked_with_the_same(types: &Types<'_>, nodes: &[Node], pair: &Pair) -> Result<(), &'static str> {
    let ((first, _), (again, repeated)) = (pair.first, pair.again);
    let place = types.body.expr(repeated).span;
    let asked: Vec<&Access> = nodes[again].accesses.iter().filter(|access| place.contains(access.span)).collect();
    if asked.iter().any(|access| matches!(access.mode, Mode::Exclusive | Mode::Write)) {
        return Err("exclusive");
    }
    let is_before = |access: &&Access| access.span.end <= place.start;
    let between = nodes[first..=again].iter().flat_map(|node| &node.accesses).filter(is_before);
    let mut changes = between.filter(|access| matches!(access.mode, Mode::Exclusive | Mode::Write));
    if changes.any(|change| asked.iter().any(|asked| asked.place.overlaps(&change.place))) {
        return Err("changed");
    }
    if calls_in_args(types.body, repeated).iter().any(|call| knowledge::names().differs(&call_name(types, *call))) {
        return Err("args");
    }
    Ok(())
}

/// Whether both answers are held against one another: asked before and after, to see whether something changed.
fn is_compared(types: &Types<'_>, nodes: &[Node], pair: &Pair) -> bool {
    let body = types.body;
    let holders = |(node, site): (usize, ExprId)| (bound(body, &nodes[node]), body.expr(site).span);
    let (first, again) = (holders(pair.first), holders(pair.again));
    let names = |expr: ExprId, (locals, place): &(Vec<LocalId>, Span)| {
        let span = body.expr(expr).span;
        span.contains(*place) || locals_in(body, span).any(|local| locals.contains(&local))
    };
    let is_apart = nodes[pair.first.0].stmt != nodes[pair.again.0].stmt;
    body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::Binary { op, lhs, rhs } if *op == BinaryOp::Compare || (*op == BinaryOp::Arithmetic && is_apart) => {
            (names(*lhs, &first) && names(*rhs, &again)) || (names(*lhs, &again) && names(*rhs, &first))
        }
        ExprKind::Macro(call) => match call.args.as_slice() {
            [one, other, ..] => {
                call.path.last().contains("assert")
                    && (names(*one, &first) || names(*one, &again))
                    && (names(*other, &first) || names(*other, &again))
            }
            _ => false,
        },
        _ => false,
    })
}

/// What may be done with the answer; `None` where it may be more than data, or where each question asks for another type.
fn value_of(types: &Types<'_>, analysis: &Analysis, pair: &Pair) -> Option<Value> {
    let changes = |(node, site): (usize, ExprId)| {
        let value = given(types, site).0;
        let locals = if init_of(types.body, analysis, node) == Some(value) {
            bound(types.body, &analysis.region.nodes[node])
        } else {
            Vec::new()
        };
        locals.iter().any(|local| types.body.local(*local).mutable) || is_moved_on(types, value)
    };
    let (_, ty) = given(types, pair.first.1);
    if changes(pair.first) || changes(pair.again) || given(types, pair.again.1).1 != ty {
        return None;
    }
    kind_of(types, &ty)
}

/// Whether a method takes a value exclusively where it stands: `rows(id).await.next()`.
fn is_moved_on(types: &Types<'_>, value: ExprId) -> bool {
    let called = types
        .body
        .exprs
        .iter()
        .position(|expr| matches!(&expr.kind, ExprKind::MethodCall { receiver, .. } if *receiver == value));
    let call = called.and_then(|at| u32::try_from(at).ok()).map(ExprId);
    call.is_some_and(|call| receiver_usage(types, call, value) == Usage::Exclusive)
}

fn kind_of(types: &Types<'_>, ty: &Ty) -> Option<Value> {
    if ty.is_copy() {
        return Some(Value::Copied);
    }
    if is_clone(types, ty, 0) {
        return Some(Value::Cloned);
    }
    is_data(ty, 0).then_some(Value::Plain)
}

/// Whether a type is known in all its parts, and no name in it says that it is more than data.
fn is_data(ty: &Ty, depth: usize) -> bool {
    const MORE: [&str; 26] = [
        "Stream",
        "Reader",
        "Writer",
        "Connection",
        "Conn",
        "Client",
        "Guard",
        "Permit",
        "Receiver",
        "Sender",
        "Handle",
        "Cursor",
        "Iter",
        "Iterator",
        "Transaction",
        "Session",
        "Socket",
        "Channel",
        "Lock",
        "Pool",
        "File",
        "Body",
        "Response",
        "Request",
        "Builder",
        "Lease",
    ];
    match ty {
        Ty::Named(path, args) => {
            let name = path.last().map_or("?", |name| name.as_str());
            name != "?" && !MORE.iter().any(|more| name.ends_with(more)) && {
                depth < 8 && args.iter().all(|arg| is_data(arg, depth + 1))
            }
        }
        Ty::Ref(mutable, to) => !mutable && is_data(to, depth + 1),
        Ty::Tuple(items) => items.iter().all(|item| is_data(item, depth + 1)),
        Ty::Slice(of) => is_data(of, depth + 1),
        Ty::Unknown | Ty::Bounds(_) | Ty::Future(_) => false,
    }
}

/// The value that an await gives, its `?` included, and of which type that is.
pub fn given(types: &Types<'_>, site: ExprId) -> (ExprId, Ty) {
    let value = tried(types.body, site).unwrap_or(site);
    (value, types.of(value))
}

/// The `?` on an await.
fn tried(body: &Body, site: ExprId) -> Option<ExprId> {
    let at = body.exprs.iter().position(|expr| matches!(expr.kind, ExprKind::Try { base } if base == site))?;
    u32::try_from(at).ok().map(ExprId)
}

/// The whole value of the `let` that a node is.
pub fn init_of(body: &Body, analysis: &Analysis, node: usize) -> Option<ExprId> {
    let stmt = body.block(analysis.region.block?).stmts.get(analysis.region.nodes.get(node)?.stmt)?;
    match &stmt.kind {
        StmtKind::Let { init, otherwise: None, .. } => *init,
        _ => None,
    }
}

/// Whether a type is known to be data that can be cloned.
fn is_clone(types: &Types<'_>, ty: &Ty, depth: usize) -> bool {
    const DATA: [&str; 12] = [
        "String", "Vec", "VecDeque", "Option", "HashMap", "HashSet", "BTreeMap", "BTreeSet", "Uuid", "Value",
        "PathBuf", "Duration",
    ];
    let Ty::Named(path, args) = ty else { return ty.is_copy() };
    let name = path.last().map_or("", |name| name.as_str());
    if matches!(name, "Arc" | "Rc") {
        return true;
    }
    let is_whole = depth < 8 && args.iter().all(|arg| is_clone(types, arg, depth + 1));
    let declared = types.index.types_at(path);
    let is_own = !declared.is_empty() && declared.iter().all(|(_, declared)| declared.is_clone);
    is_whole && (is_own || ty.is_copy() || (declared.is_empty() && DATA.contains(&name)))
}

/// The locals that a statement binds.
fn bound(body: &Body, node: &Node) -> Vec<LocalId> {
    let binds = |access: &&Access| access.mode == Mode::Write && access.phase == Phase::Finish;
    let own = node.accesses.iter().filter(binds).map(|access| access.place.root);
    own.filter(|local| node.span.contains(body.local(*local).span)).collect()
}

fn locals_in(body: &Body, span: Span) -> impl Iterator<Item = LocalId> {
    body.exprs.iter().filter(move |expr| span.contains(expr.span)).filter_map(|expr| match expr.kind {
        ExprKind::Local(local) => Some(local),
        _ => None,
    })
}

/// The calls in an awaited expression.
fn calls_in(body: &Body, expr: ExprId) -> Vec<ExprId> {
    let mut found = Vec::new();
    if matches!(body.expr(expr).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. }) {
        found.push(expr);
    }
    for child in children(body, expr) {
        found.extend(calls_in(body, child));
    }
    found
}

/// The calls among the arguments of what a site awaits.
fn calls_in_args(body: &Body, site: ExprId) -> Vec<ExprId> {
    let ExprKind::Await { base } = body.expr(site).kind else { return Vec::new() };
    let call = unwrapped(body, base);
    children(body, call).into_iter().flat_map(|child| calls_in(body, child)).collect()
}
