//! Rounds of a loop that do not need one another.
#![doc = include_str!("await_in_loop.md")]

use crate::analysis::effects::words;
use crate::analysis::loops::{Waiting, loops};
use crate::diagnostic::{Confidence, Diagnostic, Fix, Label, Level};
use crate::lints::{Context, Lint, stored_futures};
use crate::rewrite::{self, loops::Loop};

pub(super) static AWAIT_IN_LOOP: Lint = Lint {
    name: "await_in_loop",
    level: Level::Warn,
    summary: "rounds of a loop that do not need one another",
    docs: include_str!("await_in_loop.md"),
    hint: None,
    run,
};

fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if crate::analysis::is_rewritten(context.types.function) {
        return;
    }
    let waiting = loops(context.types, context.effects, Confidence::Likely).into_iter();
    let others =
        waiting.filter_map(|(_, waiting)| waiting.ok()).filter(|waiting| !stored_futures::tells(context, waiting));
    found.extend(others.filter_map(|waiting| diagnose(context, &waiting)));
}

/// What is said of such a loop.
pub(super) fn diagnose(context: &Context<'_>, waiting: &Waiting) -> Option<Diagnostic> {
    let body = context.types.body;
    let names: Vec<String> =
        waiting.sites.iter().map(|site| format!("`{}`", rewrite::awaited_name(context.types, *site))).collect();
    let (first, last) = (waiting.sites.first()?, waiting.sites.last()?);
    let label = |text: &str, span| Label { span, text: text.to_owned() };
    let waits = if names.len() == 1 { "waits" } else { "wait" };
    let message = format!(
        "{} {waits} in each round for the round before, without need: one round trip for each item could be one for all",
        names.join(" and ")
    );
    let primary = label("each round waits here", body.expr(*last).span);
    let and_here = (first != last).then(|| label("and here", body.expr(*first).span));
    let fix = fix(context, waiting);
    Some(Diagnostic {
        labels: and_here.into_iter().chain([label("all items are there", body.expr(waiting.iter).span)]).collect(),
        evidence: evidence(&names, waiting),
        notes: notes(context, waiting, fix.as_ref()),
        fix: fix.ok(),
        ..context.diagnostic(&AWAIT_IN_LOOP, waiting.confidence, message, primary)
    })
}

fn evidence(names: &[String], waiting: &Waiting) -> Vec<String> {
    let line = |(name, effect): (&String, &crate::analysis::effects::Effect)| {
        let (callee, deed) = words::gist(&effect.because);
        match callee {
            Some(callee) if *name != callee => format!("{name}: {callee} {deed}"),
            _ => format!("{name} {deed}"),
        }
    };
    names.iter().zip(&waiting.effects).map(line).collect()
}

/// The loop written anew, or why it is not.
fn fix(context: &Context<'_>, waiting: &Waiting) -> Result<Fix, String> {
    let (source, streams) = context.streams()?;
    let each = Loop { source, types: context.types, waiting, streams, limit: context.loop_limit };
    rewrite::loops::together(&each).ok_or_else(|| {
        "a loop of this shape is not rewritten yet; collect the futures and await them by hand".to_owned()
    })
}

fn notes(context: &Context<'_>, waiting: &Waiting, fix: Result<&Fix, &String>) -> Vec<String> {
    let mut notes = Vec::new();
    match fix {
        Ok(_) => notes.push(context.limit_note()),
        Err(why) => notes.extend([
            "`futures::future::join_all` awaits them together and keeps their order; where there may be many, \
             `futures::stream::iter(..).buffered(n)` lets at most n of them wait at once"
                .to_owned(),
            why.clone(),
        ]),
    }
    if waiting.may_fail {
        notes.push("the loop ends with the first error; then the others would have started".to_owned());
    }
    notes
}
