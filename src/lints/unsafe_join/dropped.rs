//! A write that the error of another branch drops half-way.
//!
//! In: a join that gives its first error and drops the others. Out: the write and what would be left undone.

use crate::analysis::effects::{Effect, call_name, words};
use crate::analysis::joins::{self, Branches, Join, Step};
use crate::diagnostic::{Confidence, Label};
use crate::index::calls::{Callee, callee, resolved};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::index::{FunctionId, qualified_name};
use crate::ir::{ExprId, ExprKind, LoopKind, MacroKind, Name};
use crate::knowledge::{self, Deed};
use crate::lints::Context;
use crate::source::Span;

use super::lost::{Gives, gives};
use super::writes::{is_atomic, is_lasting, is_lasting_name, mentions_transaction};
use super::{Answer, Harm, called, futures};

/// Longer chains of calls are not followed.
const DEEPEST: usize = 4;

/// What goes on until it is stopped, so that being dropped is how it ends.
const LASTS: [&str; 22] = [
    "run", "serve", "listen", "start", "watch", "poll", "forward", "copy", "pump", "proxy", "relay", "loop", "drive",
    "handle", "consume", "worker", "task", "stream", "pipe", "spawn", "monitor", "join",
];

/// Where a write may stop, and what is behind that.
struct HalfWay {
    first: String,
    next: String,
    evidence: String,
    confidence: Confidence,
}

/// Why a branch is not taken for one that stops half-way.
enum Whole {
    /// Nothing in it writes for long.
    Reads,
    /// It writes once.
    Once(String, String),
    /// A transaction undoes what is not finished.
    Atomic,
    /// It is meant to run until it is stopped.
    Lasts,
    /// Tasks of its own write, which go on.
    Spawned,
}

pub(super) fn ask(context: &Context<'_>, join: &Join) -> Answer {
    if !join.fallible {
        return Answer::Fine("");
    }
    if is_of_conjoin(context, join) {
        return Answer::Fine("exact");
    }
    let types = context.types;
    let branches = futures(join);
    let others = |own: usize| match &join.branches {
        Branches::Each { .. } => Some(branches[0]),
        Branches::Listed(_) => branches
            .iter()
            .enumerate()
            .find(|(other, future)| *other != own && may_fail(types, **future))
            .map(|it| *it.1),
    };
    let mut reason = "";
    for (number, future) in branches.iter().enumerate() {
        let Some(other) = others(number) else {
            reason = "none fails";
            continue;
        };
        if is_handle(types, *future) {
            reason = "spawned";
            continue;
        }
        if !is_for_writing(context, *future) {
            continue;
        }
        match half_way(context, *future) {
            Ok(found) => return Answer::Harm(told(context, join, (*future, other), found)),
            Err(Whole::Once(name, evidence)) => {
                return Answer::Harm(told_once(context, join, (*future, other), &name, evidence));
            }
            Err(Whole::Reads) => {}
            Err(Whole::Atomic) => reason = "atomic",
            Err(Whole::Lasts) => reason = "lasts",
            Err(Whole::Spawned) => reason = "spawned",
        }
    }
    Answer::Fine(reason)
}

/// Whether a branch is there for what it writes: its name says so, or it gives nothing. Others write on the way to an
/// answer, and write again when they are asked again.
fn is_for_writing(context: &Context<'_>, future: ExprId) -> bool {
    let types = context.types;
    let at = joins::bare(types, future);
    let of_call = |name: &str, effect: &Effect| is_lasting_name(name) || effect.because.contains("by its SQL");
    match (gives(types, future), &types.body.expr(at).kind) {
        (Gives::Nothing, _) => true,
        (gives, ExprKind::Block { .. }) => {
            let steps = joins::steps_in(types, context.effects, types.body.expr(at).span);
            let mut writes = steps.iter().map(|step| of_call(&name(types, step), &step.effect));
            if gives == Gives::Values {
                !steps.is_empty() && writes.all(|writes| writes)
            } else {
                writes.any(|writes| writes)
            }
        }
        (_, ExprKind::Path(path)) => is_lasting_name(path.last()),
        _ => {
            let is_ours = matches!(resolved(types, at), Callee::Workspace { resolved: true, .. });
            let effect = (!is_ours).then(|| context.effects.of_call(types, at, true));
            is_lasting_name(&call_name(types, at)) || effect.is_some_and(|effect| of_call("", &effect))
        }
    }
}

/// The joins of the runtime crate drop no branch that stands before the one that fails.
fn is_of_conjoin(context: &Context<'_>, join: &Join) -> bool {
    let ExprKind::Macro(call) = &context.types.body.expr(join.expr).kind else { return false };
    let path = crate::index::paths::absolute(context.types.index, context.types.scope, &call.path);
    path.first().is_some_and(|krate| krate == "conjoin")
}

fn told(context: &Context<'_>, join: &Join, (future, other): (ExprId, ExprId), found: HalfWay) -> Harm {
    let types = context.types;
    let (name, other) = (called(types, future), failing(types, join, other));
    let label = Label { span: types.body.expr(future).span, text: "may stop half-way".to_owned() };
    Harm {
        confidence: found.confidence,
        message: format!("`{}` drops {name} half-way when {other} fails", join.name),
        labels: vec![label],
        story: vec![
            format!("then {} is done and {} never happens", found.first, found.next),
            "wait for all of them and look at the errors afterwards, or write in one transaction".to_owned(),
        ],
        evidence: vec![found.evidence],
    }
}

fn told_once(
    context: &Context<'_>,
    join: &Join,
    (future, other): (ExprId, ExprId),
    name: &str,
    evidence: String,
) -> Harm {
    let types = context.types;
    let other = failing(types, join, other);
    let label = Label { span: types.body.expr(future).span, text: "may be dropped while it writes".to_owned() };
    Harm {
        confidence: Confidence::Possible,
        message: format!("`{}` drops {name} while it writes when {other} fails", join.name),
        labels: vec![label],
        story: vec![
            format!("whether {name} has happened nobody knows then, and the caller is told that all has failed"),
            "wait for all of them and look at the errors afterwards".to_owned(),
        ],
        evidence: vec![evidence],
    }
}

fn failing(types: &Types<'_>, join: &Join, other: ExprId) -> String {
    match &join.branches {
        Branches::Each { .. } => "another item".to_owned(),
        Branches::Listed(_) => called(types, other),
    }
}

/// Whether a branch may give an error. What gives one the compiler knows, so only a block that plainly cannot is left out.
fn may_fail(types: &Types<'_>, future: ExprId) -> bool {
    let at = joins::bare(types, future);
    let span = types.body.expr(at).span;
    match &types.body.expr(at).kind {
        ExprKind::Block { .. } => {
            let fails = |kind: &ExprKind| match kind {
                ExprKind::Try { .. } | ExprKind::Return(_) => true,
                ExprKind::Macro(call) => matches!(call.kind, MacroKind::Exit | MacroKind::Opaque),
                ExprKind::Path(path) => path.last() == "Err",
                _ => false,
            };
            let inner = types.body.exprs.iter().filter(|expr| span.contains(expr.span));
            let ends_well = types.body.exprs.iter().any(|expr| match &expr.kind {
                ExprKind::Call { callee, .. } => {
                    let is_ok =
                        matches!(&types.body.expr(*callee).kind, ExprKind::Path(path) if path.text().contains("Ok"));
                    is_ok && span.contains(expr.span) && span.end - expr.span.end < 12
                }
                _ => false,
            });
            inner.into_iter().any(|expr| fails(&expr.kind)) || !ends_well
        }
        _ => true,
    }
}

/// Whether a branch only waits for a task, which goes on when nobody waits for it.
fn is_handle(types: &Types<'_>, future: ExprId) -> bool {
    let is_task =
        |ty: &Ty| matches!(ty, Ty::Named(path, _) if path.last().is_some_and(|name| name.ends_with("Handle")));
    let mut at = future;
    loop {
        if is_task(&types.of(at)) || call_name(types, at).starts_with("spawn") {
            return true;
        }
        at = match &types.body.expr(at).kind {
            ExprKind::Local(local) if types.body.local(*local).name.contains("handle") => return true,
            ExprKind::Local(local) => match types.body.local(*local).init {
                Some(init) => init,
                None => return false,
            },
            ExprKind::MethodCall { receiver, .. } => *receiver,
            ExprKind::Borrow { base, .. } => *base,
            _ => return false,
        };
    }
}

/// Whether a place stands in what a task runs that a stretch of source starts, and that goes on when its handle is dropped.
/// Those of a `JoinSet` end with it.
fn is_spawned(types: &Types<'_>, span: Span, place: Span) -> bool {
    types.body.exprs.iter().filter(|expr| span.contains(expr.span)).any(|expr| match &expr.kind {
        ExprKind::Call { callee, args } => match &types.body.expr(*callee).kind {
            ExprKind::Path(path) => {
                path.last().starts_with("spawn") && args.iter().any(|arg| types.body.expr(*arg).span.contains(place))
            }
            _ => false,
        },
        _ => false,
    })
}

/// Where a branch may stop between two of its writes.
fn half_way(context: &Context<'_>, future: ExprId) -> Result<HalfWay, Whole> {
    let types = context.types;
    let at = joins::bare(types, future);
    match &types.body.expr(at).kind {
        ExprKind::Block { .. } => within(context, types, types.body.expr(at).span, 0),
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Path(_) => {
            let step = Step { call: at, effect: context.effects.of_call(types, at, true) };
            of_step(context, types, &step, 0)
        }
        _ => Err(Whole::Reads),
    }
}

/// The same for all that a stretch of source waits for.
fn within(context: &Context<'_>, types: &Types<'_>, span: Span, depth: usize) -> Result<HalfWay, Whole> {
    let all = joins::steps_in(types, context.effects, span).into_iter();
    let (spawned, steps): (Vec<Step>, Vec<Step>) =
        all.partition(|step| is_spawned(types, span, types.body.expr(step.call).span));
    let names: Vec<Name> = steps.iter().map(|step| name(types, step)).collect();
    if names.iter().any(|name| is_atomic(name)) || mentions_transaction(types, span) {
        return Err(Whole::Atomic);
    }
    if goes_on(types, span) {
        return Err(Whole::Lasts);
    }
    let writes: Vec<usize> = (0..steps.len()).filter(|number| is_lasting(&steps[*number].effect)).collect();
    match writes.as_slice() {
        [] if spawned.iter().any(|step| is_lasting(&step.effect)) => Err(Whole::Spawned),
        [] => Err(Whole::Reads),
        [only] => {
            let step = &steps[*only];
            let called = format!("`{}`", names[*only]);
            if is_repeated(types, span, types.body.expr(step.call).span) {
                return Ok(HalfWay {
                    next: format!("{called} for the rest"),
                    first: format!("{called} for some"),
                    evidence: evidence(&called, &step.effect),
                    confidence: step.effect.confidence,
                });
            }
            of_step(context, types, step, depth)
        }
        [one, .., two] => {
            let step = &steps[*one];
            if is_either(types, types.body.expr(step.call).span, types.body.expr(steps[*two].call).span) {
                return of_step(context, types, step, depth);
            }
            let called = format!("`{}`", names[*one]);
            let next =
                if names[*one] == names[*two] { format!("the next {called}") } else { format!("`{}`", names[*two]) };
            let confidence = step.effect.confidence.min(steps[*two].effect.confidence);
            Ok(HalfWay { evidence: evidence(&called, &step.effect), first: called, next, confidence })
        }
    }
}

/// Looks into what one step calls.
fn of_step(context: &Context<'_>, types: &Types<'_>, step: &Step, depth: usize) -> Result<HalfWay, Whole> {
    let called = name(types, step);
    if LASTS.iter().any(|word| called.split('_').any(|part| part == *word)) {
        return Err(Whole::Lasts);
    }
    if !is_lasting(&step.effect) || knowledge::names().deed(&called) == Deed::Read {
        return Err(Whole::Reads);
    }
    let inner = match callee(types, step.call) {
        Callee::Workspace { functions, resolved: true } if depth < DEEPEST => body_of(context, &functions, depth),
        _ => None,
    };
    let called = format!("`{called}`");
    let is_once = is_lasting_name(called.trim_matches('`')) || step.effect.because.contains("by its SQL");
    let once = || if is_once { Whole::Once(called.clone(), evidence(&called, &step.effect)) } else { Whole::Reads };
    inner.unwrap_or_else(|| Err(once()))
}

fn body_of(context: &Context<'_>, functions: &[FunctionId], depth: usize) -> Option<Result<HalfWay, Whole>> {
    let [id] = functions else { return None };
    let inner = Types::new(context.types.index, *id)?;
    let whole = qualified_name(context.types.index.file(id.file)?, inner.function);
    let found = within(context, &inner, inner.function.span, depth + 1);
    Some(match found {
        Ok(found) => Ok(HalfWay { evidence: format!("`{whole}`: {}", found.evidence), ..found }),
        Err(Whole::Reads) => return None,
        other => other,
    })
}

fn name(types: &Types<'_>, step: &Step) -> Name {
    match &types.body.expr(step.call).kind {
        ExprKind::Path(path) => path.last().into(),
        _ => call_name(types, step.call),
    }
}

fn evidence(called: &str, effect: &Effect) -> String {
    let (by, deed) = words::gist(&effect.because);
    match by {
        Some(by) if by != called => format!("{called}: {by} {deed}"),
        _ => format!("{called} {deed}"),
    }
}

/// Whether a stretch of source waits in a loop that has no end of its own.
fn goes_on(types: &Types<'_>, span: Span) -> bool {
    let body = types.body;
    body.exprs.iter().filter(|expr| span.contains(expr.span)).any(|expr| {
        let ExprKind::Loop { kind: LoopKind::Loop | LoopKind::While { .. }, body: block } = &expr.kind else {
            return false;
        };
        let inside = body.block(*block).span.to(expr.span);
        body.exprs.iter().any(|inner| match &inner.kind {
            ExprKind::Await { .. } => inside.contains(inner.span),
            ExprKind::Macro(call) => inside.contains(inner.span) && call.path.last() == "select",
            _ => false,
        })
    })
}

/// Whether a place stands in a loop of a stretch of source.
fn is_repeated(types: &Types<'_>, span: Span, place: Span) -> bool {
    let body = types.body;
    body.exprs.iter().filter(|expr| span.contains(expr.span)).any(|expr| match &expr.kind {
        ExprKind::Loop { kind: LoopKind::For { .. }, body: block } => body.block(*block).span.contains(place),
        _ => false,
    })
}

/// Whether only one of two places is ever reached: they stand in different arms.
fn is_either(types: &Types<'_>, one: Span, two: Span) -> bool {
    let body = types.body;
    body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            let (then, otherwise) = (body.block(*then).span, body.expr(*otherwise).span);
            then.contains(one) && otherwise.contains(two)
        }
        ExprKind::Match { arms, .. } => {
            let arm = |place: Span| arms.iter().position(|arm| body.expr(arm.body).span.contains(place));
            matches!((arm(one), arm(two)), (Some(one), Some(two)) if one != two)
        }
        _ => false,
    })
}
