//! Which awaits stand in a block of their own, beside others.
//!
//! In: a region with its schedule. Out: chains of nodes, each of which is written as one `async` block.

use std::collections::HashSet;

use crate::analysis::access::{Mode, Phase};
use crate::analysis::dependence::Edge;
use crate::analysis::region::Part;
use crate::analysis::schedule::Plan;
use crate::index::ty::Ty;
use crate::ir::{ExprKind, LocalId, PatKind, StmtKind};
use crate::rewrite::Region;
use crate::rewrite::branch::{self, Branch};
use crate::rewrite::own_error::own_error;

/// The chains of a region that can be written as blocks.
pub(super) fn chains(region: &Region<'_>) -> Vec<Vec<usize>> {
    let found = chains_of(&region.analysis.schedule.plan).into_iter().map(|chain| with_lets(region, chain));
    found.filter(|chain| is_written_as_block(region, chain)).collect()
}

/// A chain with the `let`s between its awaits that they need.
fn with_lets(region: &Region<'_>, chain: Vec<usize>) -> Vec<usize> {
    let (nodes, edges) = (&region.analysis.region.nodes, &region.analysis.edges);
    let (Some(first), Some(last)) = (chain.first().copied(), chain.last().copied()) else { return chain };
    let mut whole = chain;
    // What a later one needs is found first.
    for node in (first..last).rev().filter(|node| nodes[*node].sites.is_empty()) {
        let is_let = matches!(statement_kind(region, node), Some(StmtKind::Let { init: Some(_), .. }));
        let is_needed = edges.iter().any(|edge| edge.from == node && edge.strict && whole.contains(&edge.to));
        if is_let && is_needed {
            whole.push(node);
        }
    }
    whole.sort_unstable();
    whole
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
    let awaits: Vec<usize> = chain.iter().copied().filter(|node| !nodes[*node].sites.is_empty()).collect();
    let Some(branches) = awaits.iter().map(|node| branch::branch(region, *node)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let is_tried = |node: usize| branches.iter().any(|branch| branch.node == node && branch.is_tried);
    // Errors of several types, or of some awaits only, need a name in the block.
    let may_fail = fails_alike(&branches.iter().collect::<Vec<_>>()) || own_error(region).is_some();
    let is_last = |node: &usize| Some(node) == chain.last();
    let is_plain = |node: &usize| {
        is_plain_let(region, *node, is_last(node)) && (!nodes[*node].may_fail || (may_fail && is_tried(*node)))
    };
    let leaves_others = |node: &usize| {
        let foreign = nodes[*node].accesses.iter().filter(|access| !is_bound_in(region, chain, access.place.root));
        foreign.into_iter().all(|access| match access.phase {
            Phase::Await => access.mode != Mode::Take,
            Phase::Finish => access.mode == Mode::Read,
        })
    };
    let needs_nothing_between = |node: &usize| {
        let edges = region.analysis.edges.iter().filter(|edge| edge.to == *node && edge.strict);
        edges.into_iter().all(|edge| chain.contains(&edge.from) || edge.from < chain[0])
    };
    // The names of a block that may fail are bound where its last error is looked at.
    let fails = chain.iter().any(|node| nodes[*node].may_fail);
    let last = chain.last().copied().unwrap_or_default();
    let is_asked_early = region.analysis.edges.iter().any(|edge| {
        fails && edge.from != last && edge.to < last && chain.contains(&edge.from) && !chain.contains(&edge.to)
    });
    let binds = chain.last().is_some_and(|last| !bindings(region, *last).is_empty());
    let is_certain = branches.iter().all(|branch| branch.is_certain);
    binds
        && is_certain
        && !is_asked_early
        && chain.iter().all(|node| is_plain(node) && leaves_others(node) && needs_nothing_between(node))
}

/// Whether `?` is all that is done with each value, and the callees are known to fail with the same error.
pub(super) fn fails_alike(branches: &[&Branch]) -> bool {
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
    if statement.part != Part::Whole {
        return false;
    }
    let body = region.types.body;
    let value = match body.expr(*init).kind {
        ExprKind::Try { base } => base,
        _ => *init,
    };
    let keeps_name = pat.kind == PatKind::Ident && !pat.bindings.iter().any(|local| body.local(*local).mutable);
    let is_bare = statement.sites.is_empty() || statement.sites.last() == Some(&value);
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

pub(super) fn statement_kind<'a>(region: &Region<'a>, node: usize) -> Option<&'a StmtKind> {
    let block = region.analysis.region.block?;
    let stmt = region.analysis.region.nodes.get(node)?.stmt;
    Some(&region.types.body.block(block).stmts.get(stmt)?.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_of_single_awaits_are_chains() {
        let row = Plan::Seq(vec![Plan::One(0), Plan::One(1)]);
        let nested = Plan::Seq(vec![Plan::One(2), Plan::Par(vec![Plan::One(3), Plan::One(4)])]);
        assert_eq!(chains_of(&Plan::Par(vec![row.clone(), nested, Plan::One(5)])), [vec![0, 1]]);
        assert!(chains_of(&row).is_empty());
    }
}
