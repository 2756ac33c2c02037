//! Errors in the order of the source.
//!
//! In: steps. Out: the same steps, with each look at an error behind those that come first in the source, where nothing
//! needs the value earlier; and whether that leaves every error in its place.

use crate::rewrite::layers::{Step, Steps};
use crate::rewrite::{Region, operands};

/// Puts what is done with a value that may be an error behind what may fail before it in the source.
pub(super) fn postponed(region: &Region<'_>, mut steps: Steps) -> Steps {
    let chained: Vec<(usize, usize)> = steps.joins().flatten().flat_map(|branch| pairs(branch)).collect();
    let needs = |from: usize, to: usize| region.analysis.edges.iter().any(|edge| edge.from == from && edge.to == to);
    let whole = |node: usize| chained.iter().filter(move |(last, _)| *last == node).map(|(_, inner)| *inner);
    let mut at = steps.steps.len();
    while at > 0 {
        at -= 1;
        let Step::Finish(node) = steps.steps[at] else { continue };
        if !may_fail(region, &steps, node) {
            continue;
        }
        let is_earlier =
            |step: &Step| nodes_of(step).any(|other| other < node && region.analysis.region.nodes[other].may_fail);
        let own: Vec<usize> = whole(node).chain([node]).collect();
        let needs_it = |step: &Step| nodes_of(step).any(|other| own.iter().any(|own| needs(*own, other)));
        let behind = &steps.steps[at + 1..];
        let free = behind.iter().take_while(|step| !needs_it(step)).count();
        if let Some(last) = behind[..free].iter().rposition(is_earlier) {
            steps.steps[at..=at + 1 + last].rotate_left(1);
        }
    }
    steps
}

/// Whether the error of a node that is finished may be looked at there.
fn may_fail(region: &Region<'_>, steps: &Steps, node: usize) -> bool {
    let nodes = &region.analysis.region.nodes;
    let branch = steps.joins().flatten().find(|branch| branch.last() == Some(&node));
    branch.is_some_and(|branch| branch.iter().any(|node| nodes[*node].may_fail))
}

/// The nodes that a step runs or looks at.
fn nodes_of(step: &Step) -> Box<dyn Iterator<Item = usize> + '_> {
    match step {
        Step::Keep(node) | Step::Finish(node) | Step::Bind(node) => Box::new(std::iter::once(*node)),
        Step::Join(branches) => Box::new(branches.iter().flatten().copied()),
    }
}

/// The last node of a chain with each of the others.
fn pairs(branch: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let (last, inner) = branch.split_last().map_or((0, &[][..]), |(last, inner)| (*last, inner));
    inner.iter().map(move |node| (last, *node))
}

/// Whether an error of a node that stands first in the source is looked at before those behind it. `at_join` says of a
/// node whether its error is looked at by the join itself.
pub(super) fn is_kept(region: &Region<'_>, steps: &Steps, at_join: &dyn Fn(usize) -> Option<usize>) -> bool {
    let nodes = &region.analysis.region.nodes;
    let mut places: Vec<(usize, (usize, usize))> = Vec::new();
    for (at, step) in steps.steps.iter().enumerate() {
        match step {
            Step::Keep(node) | Step::Bind(node) => places.push((*node, (at, 0))),
            Step::Finish(last) => {
                let branch = steps.joins().flatten().find(|branch| branch.last() == Some(last));
                let own = branch.cloned().unwrap_or_else(|| operands::operands(region, *last));
                let is_bound = |node: &usize| steps.bound().any(|bound| bound == *node);
                let later = own.into_iter().filter(|node| at_join(*node).is_none() && !is_bound(node));
                places.extend(later.map(|node| (node, (at, 0))));
            }
            Step::Join(branches) => {
                let own = branches.iter().flatten().filter_map(|node| Some((*node, (at, at_join(*node)?))));
                places.extend(own);
            }
        }
    }
    places.retain(|(node, _)| nodes[*node].may_fail);
    places.sort_unstable();
    places.is_sorted_by_key(|(_, place)| *place)
}
