//! What a join starts for each item, and whether something lets only some run at a time.
//!
//! In: the future of one item. Out: [`Work`].

use crate::analysis::effects::{Effect, call_name, words};
use crate::analysis::joins::{self, Branches, Join, Step};
use crate::diagnostic::Confidence;
use crate::index::calls::{Callee, resolved};
use crate::ir::{ExprId, ExprKind, Name};
use crate::knowledge::{self, Deed, Fence};
use crate::lints::Context;
use crate::source::Span;

/// What is done for an item.
pub(super) enum Work {
    /// Little: why it does not matter how many there are.
    Nothing(&'static str),
    /// Somebody is asked, or files are opened: by which call, and how sure that is.
    Asks(String, Confidence),
}

/// Words of what lets only some pass.
const LIMITS: [&str; 12] = [
    "sem",
    "semaphore",
    "permit",
    "permits",
    "limiter",
    "throttle",
    "rate",
    "concurrency",
    "limit",
    "limited",
    "quota",
    "budget",
];

/// What one item waits for.
pub(super) fn work(context: &Context<'_>, future: ExprId) -> Work {
    let types = context.types;
    let steps = joins::steps(types, context.effects, future);
    let span = types.body.expr(joins::bare(types, future)).span.to(types.body.expr(future).span);
    if names_limit(context, span) {
        return Work::Nothing("limited");
    }
    let mut best: Option<(Name, Confidence)> = None;
    for step in &steps {
        let name = name_of(context, step);
        if name.contains("spawn_blocking") || name.contains("block_in_place") {
            return Work::Nothing("limited");
        }
        if is_limit(&name) {
            return Work::Nothing("limited");
        }
        if name.split('_').any(|word| matches!(word, "loop" | "run" | "serve" | "listen" | "watch" | "forever")) {
            return Work::Nothing("lasts");
        }
        // What is looked up in a map beside the future.
        let is_ours = || matches!(resolved(types, step.call), Callee::Workspace { resolved: true, .. });
        if knowledge::names().sync_method(&name).is_some() && !is_ours() {
            continue;
        }
        if let Some(confidence) = asks(&name, &step.effect)
            && best.as_ref().is_none_or(|(_, known)| confidence > *known)
        {
            best = Some((name, confidence));
        }
    }
    match best {
        Some((name, confidence)) => Work::Asks(format!("`{name}`"), confidence),
        None if steps.is_empty() => Work::Nothing("unseen"),
        None => Work::Nothing("in memory"),
    }
}

fn name_of(context: &Context<'_>, step: &Step) -> Name {
    match &context.types.body.expr(step.call).kind {
        ExprKind::Path(path) => path.last().into(),
        _ => call_name(context.types, step.call),
    }
}

/// How sure it is that a call asks somebody, or opens a file. Locks, channels, tasks and timers cost little.
fn asks(name: &str, effect: &Effect) -> Option<Confidence> {
    if !effect.suspends && !effect.is_local {
        return None;
    }
    let waits_only =
        matches!(effect.fence, Some(Fence::Time | Fence::Event | Fence::Acquire | Fence::Spawned | Fence::Clock));
    let is_made = name.starts_with(char::is_uppercase) || matches!(name, "from" | "new" | "into_future" | "ready");
    if waits_only
        || is_made
        || matches!(name, "send" | "recv" | "join" | "lock" | "read" | "write" | "changed" | "notified")
    {
        return None;
    }
    let (_, deed) = words::gist(&effect.because);
    let of_memory = ["memory", "lock", "message", "channel", "cache", "streams"].iter().any(|word| deed.contains(word));
    if of_memory || (effect.is_local && !deed.contains("file")) {
        return None;
    }
    match effect.deed {
        Deed::Read | Deed::Write if effect.confidence >= Confidence::Likely => Some(Confidence::Likely),
        _ if knowledge::names().deed(name) != Deed::Unknown => Some(Confidence::Likely),
        Deed::Pure => None,
        _ => Some(Confidence::Possible),
    }
}

fn is_limit(name: &str) -> bool {
    name.split('_').any(|word| LIMITS.contains(&word)) || matches!(name, "acquire" | "acquire_owned" | "until_ready")
}

/// Whether something in a stretch of source limits how many run.
fn names_limit(context: &Context<'_>, span: Span) -> bool {
    let body = context.types.body;
    body.exprs.iter().filter(|expr| span.contains(expr.span)).any(|expr| match &expr.kind {
        ExprKind::MethodCall { method, .. } => is_limit(method),
        ExprKind::Local(local) => is_limit(&body.local(*local).name),
        ExprKind::Field { name, .. } => is_limit(name),
        _ => false,
    })
}

/// Whether the loop that starts the futures waits for some of them, or takes a permit, before it starts the next; or the
/// whole is given away in parts.
pub(super) fn is_limited(context: &Context<'_>, join: &Join) -> bool {
    let body = context.types.body;
    let Branches::Each { items, future, set } = &join.branches else { return false };
    let inner = body.exprs.iter().filter_map(|expr| match &expr.kind {
        ExprKind::Loop { body: block, kind: crate::ir::LoopKind::For { iter, .. } } if iter == items => {
            Some(body.block(*block).span)
        }
        _ => None,
    });
    let Some(round) = inner.into_iter().next() else { return false };
    let future = body.expr(*future).span;
    body.exprs.iter().filter(|expr| round.contains(expr.span) && !future.contains(expr.span)).any(|expr| {
        match &expr.kind {
            ExprKind::MethodCall { receiver, method, .. } => {
                let is_set = matches!(body.expr(*receiver).kind, ExprKind::Local(of) if Some(of) == *set);
                (is_set
                    && matches!(method.as_str(), "next" | "join_next" | "len" | "select_next_some" | "try_join_next"))
                    || is_limit(method)
            }
            ExprKind::Local(local) => is_limit(&body.local(*local).name),
            _ => false,
        }
    })
}
