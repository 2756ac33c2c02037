//! Futures that look as if they ran together, and run one after the other.
#![doc = include_str!("stored_futures.md")]

use crate::analysis::Analysis;
use crate::analysis::blocker::BlockerKind;
use crate::analysis::effected::effected;
use crate::analysis::effects::Effect;
use crate::analysis::joins::around;
use crate::analysis::loops::{Waiting, loops};
use crate::analysis::region::Node;
use crate::analysis::stored::{Begins, Stored, is_held_here, stored};
use crate::analysis::verdict;
use crate::diagnostic::{Confidence, Diagnostic, Label, Level};
use crate::ir::ExprId;
use crate::knowledge::Deed;
use crate::lints::{Context, Lint, await_in_loop, sequential_await};

pub(super) static STORED_FUTURES: Lint = Lint {
    name: "stored_futures",
    level: Level::Warn,
    summary: "futures in variables that look as if they ran together, and run one after the other",
    docs: include_str!("stored_futures.md"),
    hint: None,
    run,
};

fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let looked_at = looked_at(context);
    if looked_at.is_empty() || crate::analysis::is_rewritten(context.types.function) {
        return;
    }
    let mut told: Vec<ExprId> = Vec::new();
    for analysis in sequential_await::waiting(context) {
        let futures = told_of(context, analysis);
        if let Some(whole) =
            sequential_await::diagnose(context, &STORED_FUTURES, analysis).filter(|_| !futures.is_empty())
        {
            told.extend(futures.iter().map(|(site, _)| *site));
            found.push(of_region(context, &futures, whole));
        }
    }
    let in_loops = if looked_at.iter().any(|(_, future)| future.is_item) {
        loops(context.types, context.effects, Confidence::Likely)
    } else {
        Vec::new()
    };
    for waiting in in_loops.iter().filter_map(|(_, waiting)| waiting.as_ref().ok()) {
        if let Some(whole) = await_in_loop::diagnose(context, waiting).filter(|_| tells(context, waiting)) {
            told.extend(&waiting.sites);
            found.push(of_loop(context, waiting, whole));
        }
    }
    for (site, future) in looked_at.iter().filter(|(site, _)| !told.contains(site)) {
        let around =
            in_loops.iter().find(|(expr, _)| future.is_item && context.span(*expr).contains(context.span(*site)));
        let blocker = around.and_then(|(_, waiting)| waiting.as_ref().err());
        let reason = before_all(context, future)
            .or_else(|| blocker.map(|blocker| word(&blocker.kind)))
            .unwrap_or_else(|| in_region(context, *site));
        context.silent(&STORED_FUTURES, context.span(*site), reason);
    }
}

/// The futures of a region that look as if they ran together with others; none where nobody would think so.
pub(super) fn told_of(context: &Context<'_>, analysis: &Analysis) -> Vec<(ExprId, Stored)> {
    let nodes = &analysis.region.nodes;
    let joined = analysis.schedule.joined();
    let sites = joined.iter().flat_map(|node| nodes[*node].sites.iter().map(move |site| (*node, *site)));
    let sites: Vec<(usize, ExprId)> = sites.collect();
    let waits = |future: &Stored| future.begins == Begins::Awaited && !future.is_item;
    let futures: Vec<(usize, ExprId, Stored)> = sites
        .iter()
        .filter_map(|(node, site)| Some((*node, *site, stored(context.types, *site).filter(waits)?)))
        .collect();
    let looks = |(node, site, future): &(usize, ExprId, Stored)| {
        let others = sites.iter().map(|(_, other)| *other).filter(|other| other != site);
        analysis.schedule.is_early(*node) && others.into_iter().any(|other| is_between(context, future, other, *site))
    };
    if futures.iter().any(looks) {
        futures.into_iter().map(|(_, site, future)| (site, future)).collect()
    } else {
        Vec::new()
    }
}

/// Whether a loop goes through futures that were made before it.
pub(super) fn tells(context: &Context<'_>, waiting: &Waiting) -> bool {
    let is_item = |site: &ExprId| stored(context.types, *site).is_some_and(|future| future.is_item);
    waiting.sites.iter().any(is_item)
}

/// The awaits of futures in variables that somebody may think to run meanwhile: something else is awaited behind what makes
/// them, or they are many.
fn looked_at(context: &Context<'_>) -> Vec<(ExprId, Stored)> {
    let body = context.types.body;
    let numbers = (0..u32::try_from(body.exprs.len()).unwrap_or(u32::MAX)).map(ExprId);
    let sites: Vec<ExprId> = numbers.filter(|id| crate::analysis::is_site(body.expr(*id))).collect();
    let found = sites.iter().filter_map(|site| Some((*site, stored(context.types, *site)?)));
    let looks = |(site, future): &(ExprId, Stored)| {
        future.is_item || sites.iter().any(|other| other != site && is_between(context, future, *other, *site))
    };
    found.filter(looks).collect()
}

/// Whether an await stands behind what makes a future, and in front of the await of that.
fn is_between(context: &Context<'_>, future: &Stored, other: ExprId, site: ExprId) -> bool {
    let (made, at, place) = (context.span(future.made), context.span(other), context.span(site));
    made.end <= at.start && at.end <= place.start && around(context.types.body, at) == around(context.types.body, place)
}

fn of_region(context: &Context<'_>, futures: &[(ExprId, Stored)], whole: Diagnostic) -> Diagnostic {
    let names: Vec<String> = futures.iter().map(|(_, future)| format!("`{}`", name_of(context, future))).collect();
    let words = if names.len() == 1 {
        "looks as if it ran meanwhile, and does nothing until it is awaited"
    } else {
        "look as if they ran together, and do nothing until they are awaited"
    };
    let (before, after) = whole.timeline.as_ref().map_or((0, 0), |timeline| (timeline.before, timeline.after));
    let names = sequential_await::listed(names);
    let message = format!("{names} {words}: {before} round trips could be {after}");
    let made = futures.iter().map(|(_, future)| made_here(context, future));
    Diagnostic {
        message,
        primary: Label { text: "starts only here".to_owned(), ..whole.primary.clone() },
        labels: whole.labels.iter().cloned().chain(made).collect(),
        ..whole
    }
}

fn of_loop(context: &Context<'_>, waiting: &Waiting, whole: Diagnostic) -> Diagnostic {
    let futures: Vec<Stored> = waiting.sites.iter().filter_map(|site| stored(context.types, *site)).collect();
    let names: Vec<String> = futures.iter().map(|future| format!("`{}`", name_of(context, future))).collect();
    let message = format!(
        "each {} looks as if it ran already, and starts only when the loop awaits it: one round trip for each item could be \
         one for all",
        sequential_await::listed(names)
    );
    Diagnostic {
        lint: STORED_FUTURES.name,
        level: STORED_FUTURES.level,
        message,
        primary: Label { text: "starts only here".to_owned(), ..whole.primary.clone() },
        labels: whole.labels.iter().cloned().chain(futures.iter().map(|future| made_here(context, future))).collect(),
        ..whole
    }
}

/// What a variable holds, and that it has not begun.
fn made_here(context: &Context<'_>, future: &Stored) -> Label {
    Label { span: context.span(future.made), text: "made here, and does nothing yet".to_owned() }
}

fn name_of(context: &Context<'_>, future: &Stored) -> String {
    context.types.body.local(future.local).name.to_string()
}

/// Why nobody knows that a future in a variable waits for its await.
fn before_all(context: &Context<'_>, future: &Stored) -> Option<&'static str> {
    match future.begins {
        Begins::Spawned => Some("spawned"),
        Begins::Unknown if !is_held_here(context.types.body, future.local, future.is_item) => Some("used"),
        Begins::Unknown if context.effects.of_call(context.types, future.made, true).fence.is_some() => None,
        Begins::Unknown => Some("unseen"),
        Begins::Awaited => None,
    }
}

/// Why an await keeps its place: what it does, what those do that stand in front of it, or what it needs.
fn in_region(context: &Context<'_>, site: ExprId) -> &'static str {
    let is_home = |node: &Node| node.sites.contains(&site);
    let home =
        context.analyses.iter().find_map(|analysis| Some((analysis, analysis.region.nodes.iter().position(is_home)?)));
    let Some((analysis, number)) = home else { return "control" };
    let nodes = &analysis.region.nodes;
    let effect = |node: &Node| effected(context.types, context.effects, node).awaited;
    let awaits = nodes[..number].iter().rev().filter(|node| !node.sites.is_empty());
    let in_turn = std::iter::once(&nodes[number]).chain(awaits);
    if in_turn.clone().count() < 2 {
        return "control";
    }
    let by_deed = in_turn.filter_map(effect).find_map(|effect| kept_by(&effect));
    by_deed.unwrap_or_else(|| word(&verdict::strongest(analysis, number).kind))
}

/// Why what something does keeps it in its place.
fn kept_by(effect: &Effect) -> Option<&'static str> {
    match (effect.fence, effect.deed) {
        (Some(fence), _) => Some(fence.word()),
        (None, Deed::Write) => Some("write"),
        (None, Deed::Unknown) => Some("unknown"),
        _ if !effect.is_read(Confidence::Likely) => Some("unknown"),
        _ if effect.is_local => Some("local"),
        _ if !effect.suspends => Some("ready"),
        _ => None,
    }
}

fn word(kind: &BlockerKind) -> &'static str {
    match kind {
        BlockerKind::Flow(_) => "flow",
        BlockerKind::Anti(_) => "anti",
        BlockerKind::Output(_) => "output",
        BlockerKind::Borrow(_) => "borrow",
        BlockerKind::Move(_) => "move",
        BlockerKind::Control(_) => "control",
        BlockerKind::Write(_) => "write",
        BlockerKind::Unknown(_) => "unknown",
        BlockerKind::Fence(what) => what,
    }
}
