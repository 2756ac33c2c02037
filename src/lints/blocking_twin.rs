//! Calls that block the thread, in async code, where an async one stands beside them.
#![doc = include_str!("blocking_twin.md")]

mod twins;

use crate::analysis::joins::around;
use crate::diagnostic::{Confidence, Diagnostic, Label, Level};
use crate::index::Hint;
use crate::ir::{Body, ExprId, ExprKind};
use crate::knowledge::Deed;
use crate::lints::{Context, Lint};
use crate::source::Span;

use twins::Twin;

pub(super) static BLOCKING_TWIN: Lint = Lint {
    name: "blocking_twin",
    level: Level::Allow,
    summary: "calls that block the thread in async code, where an async one stands beside them",
    docs: include_str!("blocking_twin.md"),
    hint: Some(Hint::MayBlock),
    run,
};

fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let body = context.types.body;
    let numbers = 0..u32::try_from(body.exprs.len()).unwrap_or(u32::MAX);
    let calls = numbers
        .map(ExprId)
        .filter(|id| matches!(body.expr(*id).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. }));
    for call in calls {
        let Some(mut twin) = twins::twin(context.types, call) else { continue };
        // A method that only computes blocks no longer than its twin does.
        if twin.is_ours && context.effects.of_call(context.types, call, false).whole_deed() == Deed::Pure {
            twin.confidence = Confidence::Possible;
        }
        match reason_not_to_speak(context, call, &twin) {
            None => found.push(said(context, call, &twin)),
            Some(reason) => context.silent(&BLOCKING_TWIN, body.expr(call).span, reason),
        }
    }
}

fn said(context: &Context<'_>, call: ExprId, twin: &Twin) -> Diagnostic {
    let span = context.types.body.expr(call).span;
    let message = format!("`{}` blocks the thread in async code, and {} is there", twin.blocks, twin.instead);
    let primary = Label { span, text: "everything else on this thread stands still".to_owned() };
    Diagnostic {
        evidence: vec![twin.evidence.clone()],
        notes: vec![twin.story.to_owned()],
        ..context.diagnostic(&BLOCKING_TWIN, twin.confidence, message, primary)
    }
}

/// Why a call may block where it stands.
fn reason_not_to_speak(context: &Context<'_>, call: ExprId, twin: &Twin) -> Option<&'static str> {
    let types = context.types;
    let place = types.body.expr(call).span;
    if let Some(reason) = not_async(context, place) {
        return Some(reason);
    }
    if types.function.in_test {
        return Some("test");
    }
    // At the start and at the end of a program there is nothing beside it.
    if types.function.name == "main" && joined_with_nothing(types.body, place) && twin.runtime.is_some() {
        return Some("main");
    }
    if matches!(types.function.name.as_str(), "drop") {
        return Some("drop");
    }
    if is_awaited(types.body, call) {
        return Some("awaited");
    }
    match twin.runtime {
        Some(runtime) if !twins::has(context, runtime) => Some("no twin"),
        _ => None,
    }
}

/// Whether a place of `main` stands in its own body, not in a task of its own.
fn joined_with_nothing(body: &Body, place: Span) -> bool {
    around(body, place).is_none()
}

/// Why the code around a place is not async: its function, or the closure that somebody else runs.
fn not_async(context: &Context<'_>, place: Span) -> Option<&'static str> {
    let types = context.types;
    let body = types.body;
    let mut place = place;
    while let Some(inner) = around(body, place) {
        match &body.expr(inner).kind {
            ExprKind::Closure { is_async: true, .. } | ExprKind::Block { .. } => return None,
            // What runs a closure on the spot blocks the one who calls it.
            ExprKind::Closure { .. } if runs_on_the_spot(body, inner) => place = body.expr(inner).span,
            _ => return Some("closure"),
        }
    }
    if types.function.is_async { None } else { Some("not async") }
}

/// Whether a closure is given to a method that runs it and comes back.
fn runs_on_the_spot(body: &Body, closure: ExprId) -> bool {
    body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::MethodCall { method, args, .. } => {
            args.contains(&closure)
                && matches!(
                    method.as_str(),
                    "map"
                        | "and_then"
                        | "for_each"
                        | "filter_map"
                        | "filter"
                        | "unwrap_or_else"
                        | "map_err"
                        | "ok_or_else"
                        | "or_else"
                        | "flat_map"
                        | "try_for_each"
                        | "any"
                        | "all"
                        | "is_some_and"
                        | "map_or"
                        | "map_or_else"
                        | "with_context"
                        | "inspect"
                        | "then"
                        | "fold"
                        | "find"
                        | "find_map"
                        | "retain"
                )
        }
        _ => false,
    })
}

/// Whether what a call gives is awaited, so that it is async whatever it is called.
fn is_awaited(body: &Body, call: ExprId) -> bool {
    let place = body.expr(call).span;
    body.exprs.iter().any(|expr| match expr.kind {
        ExprKind::Await { base } => base == call || (body.expr(base).span == place),
        _ => false,
    })
}
