//! Which form a join takes.
//!
//! In: the members of a join. Out: whether its errors are one, whether a branch keeps its `?`, whether all is assigned.

use super::arms::Member;
use super::{Errors, Writer};
use crate::index::ty::Ty;
use crate::ir::{Stmt, StmtKind, TypeRef};
use crate::rewrite::branch::{Rest, Wrap, coerces};
use crate::rewrite::layers::Step;
use crate::rewrite::operands;
use crate::rewrite::own_error::own_error;
use crate::rewrite::provider::Form;

/// A join and the form it takes.
#[derive(Debug)]
pub(super) struct Join {
    /// Its branches.
    pub(super) members: Vec<Member>,
    /// Whether its errors are joined into one.
    pub(super) at_once: bool,
    /// For each member whether it keeps its `?` inside the join.
    pub(super) marks: Vec<bool>,
}

impl Writer<'_> {
    /// Whether every value is assigned to a place as it is, so that one assignment does it.
    pub(super) fn is_assignment(&self, members: &[Member]) -> bool {
        let is_assigned = |member: &Member| matches!(member, Member::One(branch) if matches!(self.branches[*branch].rest, Rest::Assigned(_)));
        members.iter().all(is_assigned)
    }

    /// Whether nothing but `?` is done with the values, and all branches fail with one error: its type is known, or
    /// the callee is the same.
    fn is_tried_at_once(&self, members: &[Member]) -> bool {
        if self.errors == Errors::EachInTurn || self.region.provider.form == Form::Marked {
            return false;
        }
        let last = |member: &Member| match member {
            Member::One(branch) => Some(*branch),
            Member::Chain(chain) => self.branch_of(*chain.last()?),
        };
        let Some(branches) = members.iter().map(last).collect::<Option<Vec<usize>>>() else { return false };
        let errors: Vec<Option<Ty>> = members.iter().flat_map(|member| self.errors_of(member)).collect();
        let one_type = errors.iter().all(|error| error.is_some() && *error == errors[0]);
        let callees: Vec<&str> = branches.iter().map(|branch| self.branches[*branch].callee.as_str()).collect();
        let one_callee = callees.iter().all(|callee| !callee.is_empty() && *callee == callees[0])
            && members.iter().all(|member| matches!(member, Member::One(_)))
            && self.returns_result();
        let is_joined_already = |branch: &usize| {
            self.branches[*branch].wrap == Wrap::Join && !matches!(self.region.provider.form, Form::Macro)
        };
        let tries = |(branch, member): (&usize, &Member)| {
            let fails = |node: &usize| self.region.analysis.region.nodes[*node].may_fail;
            let is_tried = match member {
                Member::One(_) => self.branches[*branch].is_tried,
                Member::Chain(chain) => chain.iter().any(fails),
            };
            let is_operand = operands::is_operand(self.region, self.branches[*branch].node);
            is_tried && !is_operand && self.is_plain_let(*branch) && !is_joined_already(branch)
        };
        let is_ahead = |member: &Member| self.is_ahead(member);
        branches.iter().zip(members).all(tries) && (one_type || one_callee) && !members.iter().any(is_ahead)
    }

    /// Whether something that comes first in the source may still fail behind the join of a member that may fail.
    fn is_ahead(&self, member: &Member) -> bool {
        let fails = |node: &usize| self.region.analysis.region.nodes[*node].may_fail;
        let nodes = |member: &Member| match member {
            Member::One(branch) => vec![self.branches[*branch].node],
            Member::Chain(chain) => chain.clone(),
        };
        let Some(own) = nodes(member).into_iter().rfind(|node| fails(node)) else { return false };
        let is_own =
            |step: &Step| matches!(step, Step::Join(branches) if branches.iter().flatten().any(|node| *node == own));
        let behind = self.steps.steps.iter().skip_while(|step| !is_own(step)).skip(1);
        let mut later = behind.flat_map(|step| match step {
            Step::Keep(node) | Step::Bind(node) => vec![*node],
            Step::Finish(last) => match self.joined_with(*last).map(|(join, number)| &join.members[number]) {
                Some(Member::Chain(chain)) => chain.clone(),
                _ => vec![*last],
            },
            Step::Join(branches) => branches.concat(),
        });
        let join = |node: usize| self.places[node].map(|(join, _)| join);
        later.any(|node| node < own && fails(&node) && join(node) != join(own))
    }

    /// What a member fails with, as far as it is known; more than one where it is a join itself.
    fn errors_of(&self, member: &Member) -> Vec<Option<Ty>> {
        match member {
            Member::One(branch) => self.branches[*branch].errors.clone(),
            Member::Chain(chain) if self.chain_error(chain).is_some() => {
                vec![own_error(self.region).map(|own| own.ty).filter(|ty| *ty != Ty::Unknown)]
            }
            Member::Chain(chain) => {
                let last = chain.last().and_then(|last| self.branch_of(*last));
                last.map_or(vec![None], |last| self.branches[last].errors.clone())
            }
        }
    }

    /// Which members keep their `?` inside the join: no error that comes before it in the source is looked at later.
    fn marks(&self, members: &[Member]) -> Vec<bool> {
        if self.region.provider.form != Form::Marked {
            return vec![false; members.len()];
        }
        let nodes = &self.region.analysis.region.nodes;
        let may_fail = |member: &Member| match member {
            Member::One(branch) => nodes[self.branches[*branch].node].may_fail,
            Member::Chain(chain) => chain.iter().any(|node| nodes[*node].may_fail),
        };
        let is_whole = |member: &Member| match member {
            Member::One(branch) => self.branches[*branch].is_tried,
            Member::Chain(_) => true,
        };
        // All that may fail before it keep their `?` inside as well.
        let mut is_first = true;
        let mut marks = Vec::new();
        for member in members {
            let is_tried = match member {
                Member::One(branch) => {
                    self.branches[*branch].tried.is_some() && self.branches[*branch].wrap != Wrap::Join
                }
                Member::Chain(_) => may_fail(member),
            };
            let is_marked = is_first && is_tried && !self.is_ahead(member);
            is_first &= !may_fail(member) || (is_marked && is_whole(member));
            marks.push(is_marked);
        }
        marks
    }

    /// `let pat = ..;`, where a type that stands behind the pattern may stand in a tuple of types.
    pub(super) fn is_plain_let(&self, branch: usize) -> bool {
        match self.statement(branch) {
            StmtKind::Let { pat, ty, otherwise: None, .. } => {
                !pat.is_refutable && ty.as_ref().is_none_or(|(ty, _)| !coerces(ty))
            }
            _ => false,
        }
    }

    /// Whether `?` in this function can only be tried on a `Result`.
    fn returns_result(&self) -> bool {
        matches!(&self.region.types.function.ret, Some(TypeRef::Path(path)) if path.last().ends_with("Result"))
    }

    pub(super) fn statement(&self, branch: usize) -> &StmtKind {
        self.statement_at(self.branches[branch].node)
    }

    pub(super) fn statement_at(&self, node: usize) -> &StmtKind {
        &self.stmt_at(node).kind
    }

    pub(super) fn stmt_at(&self, node: usize) -> &Stmt {
        let block = self.region.analysis.region.block.unwrap_or(crate::ir::BlockId(0));
        &self.region.types.body.block(block).stmts[self.region.analysis.region.nodes[node].stmt]
    }

    pub(super) fn members(&self, branches: &[Vec<usize>]) -> Option<Vec<Member>> {
        let member = |branch: &Vec<usize>| match branch.as_slice() {
            [only] => self.branch_of(*only).map(Member::One),
            chain => Some(Member::Chain(chain.to_vec())),
        };
        branches.iter().map(member).collect()
    }

    /// Finds out of each join which form it takes.
    pub(super) fn form_joins(&mut self) -> Option<()> {
        let steps = self.steps;
        for (number, branches) in steps.joins().enumerate() {
            for (at, branch) in branches.iter().enumerate() {
                branch.iter().for_each(|node| self.places[*node] = Some((number, at)));
            }
            let members = self.members(branches)?;
            self.joins.push(Join { members, at_once: false, marks: Vec::new() });
        }
        for number in 0..self.joins.len() {
            let members = &self.joins[number].members;
            let (at_once, marks) = (self.is_tried_at_once(members), self.marks(members));
            self.joins[number].at_once = at_once;
            self.joins[number].marks = marks;
        }
        Some(())
    }

    /// The join that a node is part of, and which member it belongs to.
    pub(super) fn joined_with(&self, node: usize) -> Option<(&Join, usize)> {
        let (join, number) = (*self.places.get(node)?)?;
        Some((&self.joins[join], number))
    }

    pub(super) fn branch_of(&self, node: usize) -> Option<usize> {
        self.branches.binary_search_by_key(&node, |branch| branch.node).ok()
    }
}
