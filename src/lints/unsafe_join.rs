//! Joins that harm: they drop writes half-way, share one connection, cross locks, lose what is done.
#![doc = include_str!("unsafe_join.md")]

mod dropped;
mod lost;
mod shared;
mod writes;

use crate::analysis::joins::{self, Branches, Join};
use crate::diagnostic::{Confidence, Diagnostic, Label, Level};
use crate::index::Hint;
use crate::index::types::Types;
use crate::ir::{ExprId, ExprKind, MacroKind, Name};
use crate::lints::{Context, Lint};
use crate::source::Span;

pub(super) static UNSAFE_JOIN: Lint = Lint {
    name: "unsafe_join",
    level: Level::Allow,
    summary: "joins that drop writes half-way, share one transaction, cross locks or lose results",
    docs: include_str!("unsafe_join.md"),
    hint: Some(Hint::StartsMany),
    run,
};

/// What is wrong with a join.
struct Harm {
    confidence: Confidence,
    message: String,
    /// Remarks at other places of this function.
    labels: Vec<Label>,
    /// What can happen, step by step.
    story: Vec<String>,
    evidence: Vec<String>,
}

/// What a question about a join comes to.
enum Answer {
    Harm(Harm),
    /// Why not.
    Fine(&'static str),
}

fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let all = joins::joins(context.types);
    for join in all.iter().filter(|join| is_waited_for(join)) {
        let questions: [fn(&Context<'_>, &Join) -> Answer; 3] = [shared::ask, dropped::ask, lost::ask];
        let mut reason = "";
        let mut harm = None;
        for question in questions {
            match question(context, join) {
                Answer::Harm(known) => {
                    harm = Some(known);
                    break;
                }
                Answer::Fine(why) => reason = if reason.is_empty() { why } else { reason },
            }
        }
        let span = context.types.body.expr(join.expr).span;
        match harm {
            Some(harm) => found.push(said(context, span, harm)),
            None => context.silent(&UNSAFE_JOIN, span, if reason.is_empty() { "reads" } else { reason }),
        }
    }
}

fn said(context: &Context<'_>, span: Span, harm: Harm) -> Diagnostic {
    let primary = Label { span, text: "joined here".to_owned() };
    Diagnostic {
        labels: harm.labels,
        evidence: harm.evidence,
        notes: harm.story,
        ..context.diagnostic(&UNSAFE_JOIN, harm.confidence, harm.message, primary)
    }
}

/// Whether a join waits in one place; what a set or a task runs goes on by itself.
fn is_waited_for(join: &Join) -> bool {
    join.name.contains("join") || join.name == "zip"
}

/// The futures of a join, written one by one or made by one expression.
fn futures(join: &Join) -> Vec<ExprId> {
    match &join.branches {
        Branches::Listed(branches) => branches.clone(),
        Branches::Each { future, .. } => vec![*future],
    }
}

/// What a branch is called in a sentence: `save`.
fn called(types: &Types<'_>, future: ExprId) -> String {
    let at = joins::bare(types, future);
    let name: Name = match &types.body.expr(at).kind {
        ExprKind::Path(path) => path.last().into(),
        ExprKind::Macro(call) if matches!(call.kind, MacroKind::Join { .. }) => call.path.last().into(),
        _ => crate::analysis::effects::call_name(types, at),
    };
    match (name.is_empty(), &types.body.expr(future).kind) {
        (false, _) => format!("`{name}`"),
        (true, ExprKind::Local(local)) => format!("`{}`", types.body.local(*local).name),
        (true, _) => "a branch".to_owned(),
    }
}
