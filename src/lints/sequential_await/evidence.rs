//! Why the awaits of a join are taken for reads.
//!
//! In: a region and its schedule. Out: a line for each reason, behind the awaits it holds for; where something is not
//! known to read, a note that says so.
//!
//! Invariant: what stands in the evidence reads. What only may read is named as a doubt.

use crate::analysis::Analysis;
use crate::analysis::effects::{Effect, words};
use crate::diagnostic::Confidence;
use crate::lints::Context;

use super::name_of;

/// One line for each reason: "`a`, `b`: `fetch` reads by its name".
pub(super) fn evidence(context: &Context<'_>, analysis: &Analysis) -> Vec<String> {
    let mut reasons: Vec<(Option<String>, String, Vec<String>)> = Vec::new();
    for (node, effect) in joined(analysis).filter(|(_, effect)| is_read(effect)) {
        let (callee, deed) = words::gist(&effect.because);
        let name = name_of(context, analysis, node);
        match reasons.iter_mut().find(|(other, same, _)| *other == callee && *same == deed) {
            Some((_, _, names)) => names.push(name),
            None => reasons.push((callee, deed, vec![name])),
        }
    }
    reasons.into_iter().map(|(callee, deed, names)| line(callee, &deed, distinct(names))).collect()
}

/// Which of the awaits nobody knows to read.
pub(super) fn doubt(context: &Context<'_>, analysis: &Analysis) -> Option<String> {
    let doubted = joined(analysis).filter(|(_, effect)| !is_read(effect));
    let names = distinct(doubted.map(|(node, _)| name_of(context, analysis, node)).collect());
    let only = if names.len() == 1 { "only reads: look at what it does" } else { "only read: look at what they do" };
    (!names.is_empty()).then(|| format!("nothing proves that {} {only} before you join", listed(names)))
}

/// Each name once, in the order they come first.
pub(super) fn distinct(names: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

/// "`a`", "`a` and `b`", "`a`, `b` and `c`", "`a`, `b` and 2 more".
pub(in crate::lints) fn listed(mut names: Vec<String>) -> String {
    if names.len() > 3 {
        let more = names.len() - 2;
        names.truncate(2);
        return format!("{} and {more} more", names.join(", "));
    }
    let Some(last) = names.pop() else { return String::new() };
    if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) }
}

fn joined(analysis: &Analysis) -> impl Iterator<Item = (usize, &Effect)> {
    let nodes = analysis.schedule.joined().into_iter();
    nodes.filter_map(|node| Some((node, analysis.effects.get(node)?.awaited.as_ref()?)))
}

fn is_read(effect: &Effect) -> bool {
    effect.is_read(Confidence::Possible)
}

/// The names are left out where the one that decides is the one that is awaited.
fn line(callee: Option<String>, deed: &str, names: Vec<String>) -> String {
    let last = |name: &str| name.trim_matches('`').rsplit("::").next().unwrap_or_default().to_owned();
    match callee {
        Some(callee) if names.len() == 1 && last(&callee) == last(&names[0]) => format!("{} {deed}", names[0]),
        Some(callee) => format!("{}: {callee} {deed}", listed(names)),
        None if names.len() == 1 => format!("{} {deed}", names[0]),
        None => format!("{}: each {deed}", listed(names)),
    }
}
