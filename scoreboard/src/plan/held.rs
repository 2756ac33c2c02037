//! What holds a statement behind an earlier one.
//!
//! In: what the linter makes of a file, and two statements of it that are not joined. Out: [`Held`].

use std::collections::VecDeque;

use cargo_conjoin::analysis::Analysis;
use cargo_conjoin::analysis::blocker::Blocker;
use cargo_conjoin::analysis::dependence::Edge;
use cargo_conjoin::analysis::effects::words;
use cargo_conjoin::analysis::verdict::VerdictKind;
use cargo_conjoin::index::types::Types;

use super::level::Level;
use super::{Held, Site};
use crate::reasons::Reason;

/// What holds the later statement behind the earlier one.
pub(super) fn behind(level: &Level<'_>, earlier: &[Site], later: &[Site]) -> Held {
    let is_next = |site: &&Site| {
        let previous = level.verdict(**site).and_then(|verdict| verdict.previous);
        earlier.iter().any(|other| other.function == site.function && Some(other.expr) == previous)
    };
    let second = later.iter().find(is_next).or_else(|| later.first());
    let (Some(first), Some(second)) = (earlier.last(), second) else {
        return Held::new(Reason::NotFound, "there is no await on these lines".to_owned());
    };
    if let (Some(from), Some(to)) = (level.home(*first), level.home(*second))
        && std::ptr::eq(from.analysis, to.analysis)
        && from.node != to.node
    {
        let Some(function) = level.function(*second) else { return gains_nothing() };
        return weakest(from.analysis, from.node, to.node)
            .map_or_else(gains_nothing, |blocker| blocked(&function.types, blocker));
    }
    from_outside(level, *second)
}

/// They share no region: what the verdict says, or what separates the regions.
pub(super) fn from_outside(level: &Level<'_>, site: Site) -> Held {
    let apart = || Held::new(Reason::Control("block".to_owned()), "they stand in different blocks".to_owned());
    let Some(function) = level.function(site) else { return apart() };
    let before = || level.home(site).and_then(|home| home.analysis.region.before.as_ref());
    match level.verdict(site).map(|verdict| &verdict.kind) {
        Some(VerdictKind::Blocked(blocker)) => blocked(&function.types, blocker),
        _ => before().map_or_else(apart, |blocker| blocked(&function.types, blocker)),
    }
}

fn gains_nothing() -> Held {
    Held::new(Reason::NothingToGain, "nothing holds it, but no round trip would be saved".to_owned())
}

fn blocked(types: &Types<'_>, blocker: &Blocker) -> Held {
    let line = types.index.source(types.scope.file).position(blocker.span.start).line;
    let mut said = vec![format!("{} at line {line}: {}", blocker.kind, blocker.sentence())];
    if !blocker.because.is_empty() {
        said.extend(words::links(&blocker.because));
    }
    Held { reason: Reason::of(&blocker.kind), said }
}

/// On the shortest way of dependences from one statement to another, the least sure one: without it they could be
/// joined. Where several lead from one statement to the next, the plainest stands for them.
fn weakest(analysis: &Analysis, from: usize, to: usize) -> Option<&Blocker> {
    let plainest = |from: usize, to: usize| {
        let edges = analysis.edges.iter().filter(|edge| edge.strict && (edge.from, edge.to) == (from, to));
        edges.min_by_key(|edge| Reason::of(&edge.blocker.kind))
    };
    let mut way: Vec<Option<usize>> = vec![None; analysis.region.nodes.len()];
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for edge in analysis.edges.iter().filter(|edge| edge.strict && edge.from == at) {
            if way[edge.to].is_none() && edge.to != from {
                way[edge.to] = Some(at);
                open.push_back(edge.to);
            }
        }
    }
    let mut edges: Vec<&Edge> = Vec::new();
    let mut at = to;
    while let Some(before) = way[at] {
        edges.extend(plainest(before, at));
        at = before;
    }
    edges.into_iter().max_by_key(|edge| Reason::of(&edge.blocker.kind)).map(|edge| &edge.blocker)
}
