//! A schedule to steps in a row: what is written first, what is joined, what follows.
//!
//! In: a region with its schedule. Out: [`Steps`].

use std::collections::HashSet;

use crate::analysis::access::{Mode, Phase};
use crate::analysis::dependence::Edge;
use crate::analysis::schedule::{self, Plan};
use crate::index::ty::Ty;
use crate::ir::{ExprKind, LocalId, PatKind, StmtKind};
use crate::rewrite::{Region, branch};

/// The statements of a region in the order they are written.
#[derive(Debug)]
pub(super) struct Steps {
    /// The steps.
    pub(super) steps: Vec<Step>,
    /// The first node whose place changes.
    pub(super) first: usize,
    /// The last one.
    pub(super) last: usize,
}

/// One step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A statement as it is.
    Keep(usize),
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

    /// Whether a node is written inside a block with others.
    pub(super) fn is_in_chain(&self, node: usize) -> bool {
        self.branches().any(|branch| branch.len() > 1 && branch.contains(&node))
    }

    fn branches(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.steps.iter().flat_map(|step| match step {
            Step::Join(branches) => branches.as_slice(),
            _ => &[],
        })
    }
}

/// Orders a region's statements: each await as early as what it waits for allows, each statement between where it
/// stood, or above the join when it can stand there. Chains become branches where they can be written as one;
/// otherwise they are cut into layers.
pub(super) fn steps(region: &Region<'_>, with_chains: bool) -> Option<Steps> {
    let units = units(region);
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for chain in chains_of(&region.analysis.schedule.plan) {
        if with_chains && is_written_as_block(region, &chain) {
            chains.push(chain);
        }
    }
    let contracted = contracted(&units, &chains);
    layered(region, &contracted).or_else(|| layered(region, &units))
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

/// The rows of single nodes that run beside something else.
fn chains_of(plan: &Plan) -> Vec<Vec<usize>> {
    let single = |plan: &Plan| match plan {
        Plan::One(node) => Some(*node),
        _ => None,
    };
    match plan {
        Plan::One(_) => Vec::new(),
        Plan::Seq(parts) => parts.iter().flat_map(chains_of).collect(),
        Plan::Par(parts) => parts
            .iter()
            .filter_map(|part| match part {
                Plan::Seq(steps) => steps.iter().map(single).collect(),
                _ => None,
            })
            .collect(),
    }
}

/// Whether each statement can stand in a block beside others: a `let`, with nothing but `?` or what computes done to the
/// awaited value, where all fail with one error; and the block would take nothing that others still need.
fn is_written_as_block(region: &Region<'_>, chain: &[usize]) -> bool {
    let nodes = &region.analysis.region.nodes;
    let fails_alike = fails_alike(region, chain);
    let is_last = |node: &usize| Some(node) == chain.last();
    let is_plain = |node: &usize| is_plain_let(region, *node, is_last(node)) && (!nodes[*node].may_fail || fails_alike);
    let takes_nothing = |node: &usize| {
        let taken =
            nodes[*node].accesses.iter().filter(|access| access.phase == Phase::Await && access.mode == Mode::Take);
        taken.into_iter().all(|access| is_bound_in(region, chain, access.place.root))
    };
    let needs_nothing_between = |node: &usize| {
        let edges = region.analysis.edges.iter().filter(|edge| edge.to == *node && edge.strict);
        edges.into_iter().all(|edge| chain.contains(&edge.from) || edge.from < chain[0])
    };
    let binds = chain.last().is_some_and(|last| !bindings(region, *last).is_empty());
    let is_one = |node: &usize| nodes[*node].sites.len() == 1;
    binds
        && chain.iter().all(|node| is_one(node) && is_plain(node) && takes_nothing(node) && needs_nothing_between(node))
}

/// Whether `?` is all that is done with each value, and the callees are known to fail with the same error.
fn fails_alike(region: &Region<'_>, chain: &[usize]) -> bool {
    let Some(branches) = chain.iter().map(|node| branch::branch(region, *node)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let error = branches.first().and_then(|branch| branch.errors.first()?.as_ref());
    let is_it = |errors: &[Option<Ty>]| errors.iter().all(|other| other.as_ref() == error);
    error.is_some() && branches.iter().all(|branch| branch.is_tried && is_it(&branch.errors))
}

/// `let pat = future.await;`, with or without `?`, and with what computes behind it where that may run at any time.
fn is_plain_let(region: &Region<'_>, node: usize, is_last: bool) -> bool {
    let statement = &region.analysis.region.nodes[node];
    let Some(StmtKind::Let { pat, ty, init: Some(init), otherwise: None }) = statement_kind(region, node) else {
        return false;
    };
    let body = region.types.body;
    let value = match body.expr(*init).kind {
        ExprKind::Try { base } => base,
        _ => *init,
    };
    let keeps_name = pat.kind == PatKind::Ident && !pat.bindings.iter().any(|local| body.local(*local).mutable);
    let is_bare = statement.sites.as_slice() == [value];
    let touches = |edge: &&Edge| edge.from == node || edge.to == node;
    let is_free = || !statement.may_fail && !region.analysis.edges.iter().filter(touches).any(|edge| !edge.strict);
    !pat.is_refutable && (is_last || keeps_name) && (ty.is_none() || !is_last) && (is_bare || is_free())
}

fn is_bound_in(region: &Region<'_>, chain: &[usize], local: LocalId) -> bool {
    let bound: HashSet<LocalId> = chain.iter().flat_map(|node| bindings(region, *node)).collect();
    bound.contains(&local)
}

/// The locals that a statement binds.
pub(super) fn bindings(region: &Region<'_>, node: usize) -> Vec<LocalId> {
    match statement_kind(region, node) {
        Some(StmtKind::Let { pat, .. }) => pat.bindings.clone(),
        _ => Vec::new(),
    }
}

fn statement_kind<'a>(region: &Region<'a>, node: usize) -> Option<&'a StmtKind> {
    let block = region.analysis.region.block?;
    let stmt = region.analysis.region.nodes.get(node)?.stmt;
    Some(&region.types.body.block(block).stmts.get(stmt)?.kind)
}

/// Steps by layers; nodes of one unit share a layer and a branch.
fn layered(region: &Region<'_>, units: &[usize]) -> Option<Steps> {
    let analysis = region.analysis;
    let count = units.len();
    let awaits = |node: usize| analysis.schedule.weights[node] > 0;
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
    changed(steps, count)
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
    (!steps.is_empty()).then(|| Steps { steps, first, last: last - 1 })
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

    #[test]
    fn only_rows_of_single_awaits_are_chains() {
        let row = Plan::Seq(vec![Plan::One(0), Plan::One(1)]);
        let nested = Plan::Seq(vec![Plan::One(2), Plan::Par(vec![Plan::One(3), Plan::One(4)])]);
        assert_eq!(chains_of(&Plan::Par(vec![row.clone(), nested, Plan::One(5)])), [vec![0, 1]]);
        assert!(chains_of(&row).is_empty());
    }
}
