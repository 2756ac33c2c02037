//! Joins over something that can grow without a limit.
#![doc = include_str!("unbounded_join.md")]

mod growth;
mod work;

use crate::analysis::effects::call_name;
use crate::analysis::joins::{self, Branches, Join};
use crate::diagnostic::{Confidence, Diagnostic, Fix, Label, Level};
use crate::index::Hint;
use crate::ir::{Expr, ExprId, ExprKind};
use crate::lints::{Context, Lint};
use crate::rewrite::bounded::{Unbounded, bounded};
use crate::rewrite::tasks::{self, Tasks};
use crate::rewrite::{provider, sets};

use growth::Growth;
use work::Work;

pub(super) static UNBOUNDED_JOIN: Lint = Lint {
    name: "unbounded_join",
    level: Level::Allow,
    summary: "one future for each item of something that can grow without a limit, all at once",
    docs: include_str!("unbounded_join.md"),
    hint: Some(Hint::StartsMany),
    run,
};

fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let types = context.types;
    let all = joins::joins(types);
    for join in &all {
        let Branches::Each { items, future, .. } = join.branches else { continue };
        // What a task is spawned for is said where it is spawned, and its handle may have a name.
        let made = match types.body.expr(future).kind {
            ExprKind::Local(local) => types.body.local(local).init.unwrap_or(future),
            _ => future,
        };
        let is_spawned_inside = |other: &Join| {
            other.name.starts_with("spawn")
                && other.expr != join.expr
                && types.body.expr(made).span.contains(types.body.expr(other.expr).span)
        };
        if all.iter().any(is_spawned_inside) {
            continue;
        }
        match judged(context, join, items, future) {
            Ok(reason) => found.push(said(context, join, items, &reason)),
            Err(reason) => context.silent(&UNBOUNDED_JOIN, types.body.expr(join.expr).span, reason),
        }
    }
}

/// What is done for each item, and what the items are.
struct Reason {
    work: String,
    items: String,
    confidence: Confidence,
}

/// The reason to speak, or the one not to.
fn judged(context: &Context<'_>, join: &Join, items: ExprId, future: ExprId) -> Result<Reason, &'static str> {
    if work::is_limited(context, join) {
        return Err("limited");
    }
    let (items, growing) = match growth::growth(context, items, future) {
        Growth::Bounded(reason) => return Err(reason),
        Growth::Grows(items, confidence) => (items, confidence),
    };
    match work::work(context, future) {
        Work::Nothing(reason) => Err(reason),
        Work::Asks(work, confidence) => Ok(Reason { work, items, confidence: growing.min(confidence) }),
    }
}

fn said(context: &Context<'_>, join: &Join, items: ExprId, reason: &Reason) -> Diagnostic {
    let span = |expr| context.types.body.expr(expr).span;
    let what = match join.name.as_str() {
        "spawn" | "spawn_local" | "JoinSet" => "a task".to_owned(),
        _ => reason.work.clone(),
    };
    let message = format!("`{}` starts {what} for each of {}, all at once", join.name, reason.items);
    let primary = Label { span: span(join.expr), text: "as many at once as there are items".to_owned() };
    let fix = fix(context, join);
    let advice = match &fix {
        Ok(_) => context.limit_note(),
        Err(why) => why.clone(),
    };
    Diagnostic {
        labels: vec![Label { span: span(items), text: "nothing here says how many".to_owned() }],
        evidence: vec![format!("each waits for {}", reason.work)],
        notes: vec![
            "whoever is asked gets all requests at once: connections, files or memory run out, or it refuses"
                .to_owned(),
            advice,
        ],
        fix: fix.ok(),
        ..context.diagnostic(&UNBOUNDED_JOIN, reason.confidence, message, primary)
    }
}

/// The tasks or the join with a limit, or what to do by hand.
fn fix(context: &Context<'_>, join: &Join) -> Result<Fix, String> {
    if spawns(context, join.expr) { bounded_tasks(context, join) } else { bounded_join(context, join) }
}

/// Whether a call starts a task by itself.
fn spawns(context: &Context<'_>, call: ExprId) -> bool {
    matches!(call_name(context.types, call).as_str(), "spawn" | "spawn_local")
}

fn bounded_tasks(context: &Context<'_>, join: &Join) -> Result<Fix, String> {
    let index = context.types.index;
    let source = index.source(context.id.file);
    let package = index.package_of(source);
    let path = provider::semaphores(package, source)?;
    let Branches::Each { future, .. } = join.branches else { return Err(BY_HAND.to_owned()) };
    let (types, limit) = (context.types, context.loop_limit);
    let tasks = Tasks { source, types, spawn: join.expr, future, path, limit };
    tasks::bounded(&tasks).ok_or_else(|| BY_HAND.to_owned())
}

/// What there is to do where nothing is written.
const BY_HAND: &str = "let some run at a time: `futures::stream::iter(..).buffered(n)`, or a semaphore";

fn bounded_join(context: &Context<'_>, join: &Join) -> Result<Fix, String> {
    let by_hand = || BY_HAND.to_owned();
    // A task runs whether or not somebody waits for it.
    let body = context.types.body;
    let Branches::Each { future, set, .. } = join.branches else { return Err(by_hand()) };
    let inside = |expr: &Expr| body.expr(future).span.contains(expr.span);
    let is_spawn = |at: u32| call_name(context.types, ExprId(at)).starts_with("spawn");
    let has_tasks = (0..).zip(&body.exprs).any(|(at, expr)| inside(expr) && is_spawn(at));
    let is_set = matches!(join.name.as_str(), "FuturesUnordered" | "FuturesOrdered");
    if has_tasks || !(is_set || join.name.ends_with("join_all")) {
        return Err(by_hand());
    }
    let (source, streams) = context.streams()?;
    let (types, fallible, limit) = (context.types, join.fallible, context.loop_limit);
    let unbounded = Unbounded { source, types, join: join.expr, fallible, streams, limit };
    let fix = if is_set { sets::bounded(&unbounded, &join.name, set) } else { bounded(&unbounded) };
    fix.ok_or_else(by_hand)
}
