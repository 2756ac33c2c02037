//! A schedule to steps in a row: what is written first, what is joined, what follows.
//!
//! In: a region with its schedule. Out: [`Steps`].

use crate::analysis::schedule;
use crate::ir::StmtKind;
use crate::rewrite::chains::{self, statement_kind};
use crate::rewrite::{Region, operands, order};

/// The statements of a region in the order they are written.
#[derive(Debug)]
pub(super) struct Steps {
    /// The steps.
    pub(super) steps: Vec<Step>,
    /// The first node whose place changes.
    pub(super) first: usize,
    /// The last one.
    pub(super) last: usize,
    /// When each node of the region then starts, in round trips.
    pub(super) starts: Vec<usize>,
    /// How many the whole region then takes.
    pub(super) round_trips: usize,
}

/// One step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A statement as it is.
    Keep(usize),
    /// An operand that is awaited by itself, in front of its statement.
    Bind(usize),
    /// Several awaits at once. A branch of more than one node is a chain, written as an `async` block.
    Join(Vec<Vec<usize>>),
    /// What is done with a joined value.
    Finish(usize),
}

impl Steps {
    /// The nodes that are joined, those of chains too.
    pub(super) fn joined(&self) -> impl Iterator<Item = usize> {
        self.branches().flat_map(|branch| branch.iter().copied())
    }

    /// The operands that are awaited by themselves.
    pub(super) fn bound(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().filter_map(|step| match step {
            Step::Bind(node) => Some(*node),
            _ => None,
        })
    }

    /// Whether a node is written inside a block with others.
    pub(super) fn is_in_chain(&self, node: usize) -> bool {
        self.branches().any(|branch| branch.len() > 1 && branch.contains(&node))
    }

    /// The branches of each join.
    pub(super) fn joins(&self) -> impl Iterator<Item = &[Vec<usize>]> {
        self.steps.iter().filter_map(|step| match step {
            Step::Join(branches) => Some(branches.as_slice()),
            _ => None,
        })
    }

    fn branches(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.joins().flatten()
    }
}

/// Orders a region's statements: each await as early as what it waits for allows, each statement between where it
/// stood, or above the join when it can stand there. Chains become branches where they can be written as one and where
/// that is no slower; otherwise they are cut into layers.
pub(super) fn steps(region: &Region<'_>, with_chains: bool) -> Option<Steps> {
    let units = units(region);
    let plain = layered(region, &units);
    let chains = if with_chains { chains::chains(region) } else { Vec::new() };
    let chained = Some(chains).filter(|chains| !chains.is_empty());
    let chained = chained.and_then(|chains| layered(region, &contracted(&units, &chains)));
    let found = [chained, plain].into_iter().flatten();
    found.min_by_key(|steps| steps.round_trips).map(|steps| order::postponed(region, steps))
}

/// For each node the first node of the branch it is written in.
fn units(region: &Region<'_>) -> Vec<usize> {
    (0..region.analysis.region.nodes.len()).collect()
}

fn contracted(units: &[usize], chains: &[Vec<usize>]) -> Vec<usize> {
    let mut units = units.to_vec();
    for chain in chains {
        for node in chain {
            units[*node] = chain[0];
        }
    }
    units
}

/// Steps by layers; nodes of one unit share a layer and a branch.
fn layered(region: &Region<'_>, units: &[usize]) -> Option<Steps> {
    let analysis = region.analysis;
    let count = units.len();
    let awaits = |node: usize| analysis.schedule.weights[node] > 0 || units[node] != node;
    // What stands behind the last await that moves stays where it is.
    let last_early = (0..count).rev().find(|node| analysis.schedule.is_early(*node))?;
    let stays = |node: usize| node > last_early || matches!(statement_kind(region, node), Some(StmtKind::Expr { .. }));
    let mut layer = layers(region, units, &awaits)?;
    keep_in_place(region, &mut layer, &awaits, &stays);
    let last = (0..count).filter(|node| awaits(*node)).map(|node| layer[node]).max()?;
    let mut steps = Vec::new();
    for now in 0..=last + 1 {
        let branches = |at: usize| -> Vec<Vec<usize>> {
            let heads = (0..count).filter(|node| awaits(*node) && layer[*node] == at && units[*node] == *node);
            heads.map(|head| (head..count).filter(|node| units[*node] == head).collect()).collect()
        };
        let joined_before = now.checked_sub(1).map(branches).filter(|branches| branches.len() > 1).unwrap_or_default();
        for (node, of) in layer.iter().enumerate() {
            if joined_before.iter().any(|branch| branch.last() == Some(&node)) {
                steps.push(Step::Finish(node));
            } else if !awaits(node) && *of == now {
                steps.push(Step::Keep(node));
            }
        }
        let branches = branches(now);
        match branches.as_slice() {
            [] => {}
            [only] => steps.extend(only.iter().map(|node| Step::Keep(*node))),
            _ => steps.push(Step::Join(branches)),
        }
    }
    let (starts, round_trips) = clock(&steps, &analysis.schedule.weights);
    let steps = operands::gathered(region, steps)?;
    changed(steps, count).map(|steps| Steps { starts, round_trips, ..steps })
}

/// When each node starts, and when all have ended.
fn clock(steps: &[Step], weights: &[usize]) -> (Vec<usize>, usize) {
    let (mut starts, mut now) = (vec![0; weights.len()], 0);
    for step in steps {
        let branches = match step {
            Step::Keep(node) | Step::Bind(node) => &[vec![*node]],
            Step::Join(branches) => branches.as_slice(),
            Step::Finish(_) => &[],
        };
        let begin = now;
        for branch in branches {
            let mut at = begin;
            for node in branch {
                starts[*node] = at;
                at += weights[*node];
            }
            now = now.max(at);
        }
    }
    (starts, now)
}

/// The layer of each node: how many joins come before it.
fn layers(region: &Region<'_>, units: &[usize], awaits: &dyn Fn(usize) -> bool) -> Option<Vec<usize>> {
    let count = units.len();
    if units.iter().enumerate().all(|(node, unit)| node == *unit) {
        let weights: Vec<usize> = (0..count).map(|node| usize::from(awaits(node))).collect();
        return Some(schedule::starts(&weights, &region.analysis.edges));
    }
    let mut layer = vec![0; count];
    // A unit may hold a node that comes after one that follows the unit, so one pass is not enough.
    for _ in 0..=count {
        let before = layer.clone();
        for edge in region.analysis.edges.iter().filter(|edge| units[edge.from] != units[edge.to]) {
            let end = layer[units[edge.from]] + usize::from(awaits(edge.from));
            let earliest = if edge.strict { end } else { end.saturating_sub(usize::from(awaits(edge.to))) };
            let to = units[edge.to];
            layer[to] = layer[to].max(earliest);
        }
        for node in 0..count {
            layer[node] = layer[units[node]];
        }
        if layer == before {
            return Some(layer);
        }
    }
    None
}

/// Statements between that no await needs, a log line say, stay behind the awaits they stood behind. A `let` stands
/// right above the join that one of the awaits behind it moves into, so that the join stands where its last await stood.
fn keep_in_place(
    region: &Region<'_>,
    layer: &mut [usize],
    awaits: &dyn Fn(usize) -> bool,
    stays: &dyn Fn(usize) -> bool,
) {
    let count = layer.len();
    let edges = &region.analysis.edges;
    let mut needed = vec![false; count];
    for node in (0..count).rev() {
        let is_needed =
            edges.iter().filter(|edge| edge.from == node).any(|edge| awaits(edge.to) && edge.strict || needed[edge.to]);
        needed[node] = !awaits(node) && is_needed;
    }
    for node in (0..count).filter(|node| !awaits(*node)) {
        let behind = (0..node).filter(|earlier| awaits(*earlier)).map(|earlier| layer[earlier] + 1).max().unwrap_or(0);
        let in_front = (node + 1..count).filter(|later| awaits(*later)).map(|later| layer[later]).min();
        let place = if !needed[node] && stays(node) { behind } else { behind.min(in_front.unwrap_or(behind)) };
        layer[node] = layer[node].max(place);
    }
    // What follows a statement that was kept back stays behind it.
    for node in 0..count {
        let behind = edges
            .iter()
            .filter(|edge| edge.to == node && !awaits(node) && !awaits(edge.from))
            .map(|edge| layer[edge.from])
            .max();
        layer[node] = layer[node].max(behind.unwrap_or(0));
    }
}

/// Cuts off what stays as it was at either end.
fn changed(mut steps: Vec<Step>, count: usize) -> Option<Steps> {
    let mut first = 0;
    while steps.first() == Some(&Step::Keep(first)) {
        steps.remove(0);
        first += 1;
    }
    let mut last = count;
    while last > first && steps.last() == Some(&Step::Keep(last - 1)) {
        steps.pop();
        last -= 1;
    }
    (!steps.is_empty()).then(|| Steps { steps, first, last: last - 1, starts: Vec::new(), round_trips: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_at_either_end_is_cut_off() {
        let join = Step::Join(vec![vec![1], vec![2]]);
        let steps = vec![Step::Keep(0), join, Step::Finish(1), Step::Finish(2), Step::Keep(3)];
        let found = changed(steps, 4);
        let (first, last, count) = found.map_or((9, 9, 9), |found| (found.first, found.last, found.steps.len()));
        assert_eq!((first, last, count), (1, 2, 3));
    }
}
