//! Statements that were taken apart, put together again.
//!
//! In: steps. Out: the same steps, in which each such statement is written once, where its rest stands: with names for
//! the operands that have moved into a join, and the others as they are.

use crate::analysis::region::Part;
use crate::rewrite::Region;
use crate::rewrite::layers::Step;

/// Puts the operands that stay beside their statement. `None` when one would be awaited behind what must follow it.
pub(super) fn gathered(region: &Region<'_>, mut steps: Vec<Step>) -> Option<Vec<Step>> {
    let nodes = &region.analysis.region.nodes;
    let joined: Vec<usize> = steps.iter().flat_map(joined_in).filter(|node| is_operand(region, *node)).collect();
    steps.retain(|step| !matches!(step, Step::Finish(node) if is_operand(region, *node)));
    for rest in (0..nodes.len()).filter(|node| nodes[*node].part == Part::Rest) {
        let own = operands(region, rest);
        for operand in own.iter().filter(|operand| !joined.contains(operand)) {
            let from = steps.iter().position(|step| *step == Step::Keep(*operand))?;
            let step = steps.remove(from);
            let to = steps.iter().position(|step| *step == Step::Keep(rest))?;
            let follows =
                |node: usize| region.analysis.edges.iter().any(|edge| (edge.from, edge.to) == (*operand, node));
            let is_kept = |node: &usize| own.contains(node) && !joined.contains(node);
            let mut crossed = steps.get(from..to)?.iter().flat_map(nodes_of).filter(|node| !is_kept(node));
            if crossed.any(follows) {
                return None;
            }
            steps.insert(to, step);
        }
        if own.iter().any(|operand| joined.contains(operand))
            && let Some(step) = steps.iter_mut().find(|step| **step == Step::Keep(rest))
        {
            *step = Step::Finish(rest);
        }
    }
    Some(steps)
}

/// The operands of the statement whose rest a node is.
pub(super) fn operands(region: &Region<'_>, rest: usize) -> Vec<usize> {
    let nodes = &region.analysis.region.nodes;
    let is_own = |node: &usize| nodes[*node].stmt == nodes[rest].stmt && nodes[*node].part == Part::Operand;
    (0..rest).filter(is_own).collect()
}

pub(super) fn is_operand(region: &Region<'_>, node: usize) -> bool {
    region.analysis.region.nodes[node].part == Part::Operand
}

fn joined_in(step: &Step) -> Vec<usize> {
    match step {
        Step::Join(branches) => branches.concat(),
        Step::Keep(_) | Step::Finish(_) => Vec::new(),
    }
}

fn nodes_of(step: &Step) -> Vec<usize> {
    match step {
        Step::Keep(node) | Step::Finish(node) => vec![*node],
        Step::Join(branches) => branches.concat(),
    }
}
