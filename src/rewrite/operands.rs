//! Statements that were taken apart, put together again.
//!
//! In: steps. Out: the same steps, in which each such statement is written once, where its rest stands: with names for
//! the operands that have moved in front of it, and the others as they are.
//!
//! Invariant: nothing runs between an operand that may fail and its `?` that had to run behind both.

use crate::analysis::region::Part;
use crate::rewrite::Region;
use crate::rewrite::layers::Step;

/// Puts the operands that may stay beside their statement, and binds the others. `None` when something would run before
/// an error is looked at that must come first.
pub(super) fn gathered(region: &Region<'_>, mut steps: Vec<Step>) -> Option<Vec<Step>> {
    let nodes = &region.analysis.region.nodes;
    steps.retain(|step| !matches!(step, Step::Finish(node) if is_operand(region, *node)));
    for rest in (0..nodes.len()).filter(|node| nodes[*node].part == Part::Rest) {
        let own = operands(region, rest);
        let kept: Vec<usize> = own.iter().copied().filter(|node| steps.contains(&Step::Keep(*node))).collect();
        // The last first, so that those that stay keep their order.
        for operand in kept.iter().rev() {
            stay(region, &mut steps, *operand, rest)?;
        }
        if own.iter().any(|operand| !steps.contains(&Step::Keep(*operand)))
            && let Some(step) = steps.iter_mut().find(|step| **step == Step::Keep(rest))
        {
            *step = Step::Finish(rest);
        }
        let is_early = |operand: &usize| is_passed(region, &steps, *operand, rest);
        if own.iter().any(is_early) {
            return None;
        }
    }
    Some(steps)
}

/// Moves an operand to its statement, or binds it where something between must follow it.
fn stay(region: &Region<'_>, steps: &mut [Step], operand: usize, rest: usize) -> Option<()> {
    let from = steps.iter().position(|step| *step == Step::Keep(operand))?;
    let to = from + steps[from..].iter().take_while(|step| !is_of(region, step, operand, rest)).count() - 1;
    let crossed = steps.get(from + 1..=to)?;
    if crossed.iter().flat_map(nodes_of).any(|node| follows(region, operand, node)) {
        steps[from] = Step::Bind(operand);
    } else {
        steps[from..=to].rotate_left(1);
    }
    Some(())
}

/// Whether a step is what a statement is made of behind one of its operands.
fn is_of(region: &Region<'_>, step: &Step, operand: usize, rest: usize) -> bool {
    let stmt = region.analysis.region.nodes[rest].stmt;
    match step {
        Step::Keep(node) => *node > operand && region.analysis.region.nodes[*node].stmt == stmt,
        _ => false,
    }
}

/// Whether an operand may fail, and what must follow it runs before its statement looks at the error.
fn is_passed(region: &Region<'_>, steps: &[Step], operand: usize, rest: usize) -> bool {
    let own = steps.iter().position(|step| matches!(step, Step::Join(_)) && nodes_of(step).contains(&operand));
    let Some(own) = own.filter(|_| region.analysis.region.nodes[operand].may_fail) else { return false };
    let between = steps[own + 1..].iter().take_while(|step| !nodes_of(step).contains(&rest));
    // Operands that stay are evaluated behind it, in the statement.
    let runs = between.filter(|step| !matches!(step, Step::Keep(node) if is_operand(region, *node)));
    runs.flat_map(nodes_of).any(|node| follows(region, operand, node))
}

fn follows(region: &Region<'_>, from: usize, to: usize) -> bool {
    region.analysis.edges.iter().any(|edge| (edge.from, edge.to) == (from, to))
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

fn nodes_of(step: &Step) -> Vec<usize> {
    match step {
        Step::Keep(node) | Step::Finish(node) | Step::Bind(node) => vec![*node],
        Step::Join(branches) => branches.concat(),
    }
}
