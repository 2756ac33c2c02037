//! A schedule to steps in a row: what is written first, what is joined, what follows.
//!
//! In: a region with its schedule. Out: [`Steps`].

use crate::analysis::dependence::Edge;
use crate::ir::StmtKind;
use crate::rewrite::Region;

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
    /// Several awaits at once.
    Join(Vec<usize>),
    /// What is done with a joined value.
    Finish(usize),
}

impl Steps {
    /// The nodes that are joined.
    pub(super) fn joined(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().flat_map(|step| match step {
            Step::Join(nodes) => nodes.clone(),
            _ => Vec::new(),
        })
    }
}

/// Orders a region's statements by layers: each await as early as what it waits for allows, each statement between
/// where it stood, or above the join when an await needs it.
pub(super) fn steps(region: &Region<'_>) -> Option<Steps> {
    let analysis = region.analysis;
    let count = analysis.region.nodes.len();
    let awaits = |node: usize| !analysis.region.nodes[node].sites.is_empty() && analysis.schedule.weights[node] > 0;
    let mut layer = vec![0; count];
    for node in 0..count {
        for edge in analysis.edges.iter().filter(|edge| edge.to == node) {
            let end = layer[edge.from] + usize::from(awaits(edge.from));
            let earliest = if edge.strict { end } else { end.saturating_sub(usize::from(awaits(node))) };
            layer[node] = layer[node].max(earliest);
        }
    }
    let is_let = |node: usize| is_let_or_item(region, node);
    keep_in_place(&analysis.edges, &mut layer, &awaits, &is_let);
    let layers = (0..count).filter(|node| awaits(*node)).map(|node| layer[node]).max()?;
    let mut steps = Vec::new();
    for now in 0..=layers + 1 {
        let in_layer = |node: &usize| awaits(*node) && layer[*node] == now;
        let joined: Vec<usize> = (0..count).filter(in_layer).collect();
        let finished = |node: &usize| {
            awaits(*node) && now > 0 && layer[*node] + 1 == now && alone(&layer, &awaits, *node).is_none()
        };
        for node in 0..count {
            if finished(&node) {
                steps.push(Step::Finish(node));
            } else if !awaits(node) && layer[node] == now {
                steps.push(Step::Keep(node));
            }
        }
        match joined.as_slice() {
            [] => {}
            [only] => steps.push(Step::Keep(*only)),
            _ => steps.push(Step::Join(joined)),
        }
    }
    changed(steps, count)
}

/// A node that shares its layer with no other is written as it was.
fn alone(layer: &[usize], awaits: &dyn Fn(usize) -> bool, node: usize) -> Option<usize> {
    let others = (0..layer.len()).filter(|other| awaits(*other) && layer[*other] == layer[node]).count();
    (others == 1).then_some(node)
}

fn is_let_or_item(region: &Region<'_>, node: usize) -> bool {
    let Some(block) = region.analysis.region.block else { return false };
    let stmt = &region.types.body.block(block).stmts[region.analysis.region.nodes[node].stmt];
    !matches!(stmt.kind, StmtKind::Expr { .. })
}

/// Statements between that no await needs, a log line say, stay behind the awaits they stood behind. A `let` goes
/// above the join when it can, so that the join stands where its last await stood.
fn keep_in_place(edges: &[Edge], layer: &mut [usize], awaits: &dyn Fn(usize) -> bool, is_let: &dyn Fn(usize) -> bool) {
    let count = layer.len();
    let mut needed = vec![false; count];
    for node in (0..count).rev() {
        let is_needed =
            edges.iter().filter(|edge| edge.from == node).any(|edge| awaits(edge.to) && edge.strict || needed[edge.to]);
        needed[node] = !awaits(node) && is_needed;
    }
    for node in 0..count {
        if !awaits(node) && !needed[node] && !is_let(node) {
            let behind =
                (0..node).filter(|earlier| awaits(*earlier)).map(|earlier| layer[earlier] + 1).max().unwrap_or(0);
            layer[node] = layer[node].max(behind);
        }
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
        let steps = vec![Step::Keep(0), Step::Join(vec![1, 2]), Step::Finish(1), Step::Finish(2), Step::Keep(3)];
        let found = changed(steps, 4);
        let (first, last, count) = found.map_or((9, 9, 9), |found| (found.first, found.last, found.steps.len()));
        assert_eq!((first, last, count), (1, 2, 3));
    }
}
