//! Which form a join takes.
//!
//! In: the members of a join. Out: whether its errors are one, whether a branch keeps its `?`, whether all is assigned.

use super::arms::Member;
use super::{Errors, Writer};
use crate::index::ty::Ty;
use crate::ir::{StmtKind, TypeRef};
use crate::rewrite::branch::{Rest, Wrap, coerces};
use crate::rewrite::layers::Step;
use crate::rewrite::own_error::own_error;
use crate::rewrite::provider::Form;

impl Writer<'_> {
    /// Whether every value is assigned to a place as it is, so that one assignment does it.
    pub(super) fn is_assignment(&self, members: &[Member]) -> bool {
        let is_assigned = |member: &Member| matches!(member, Member::One(branch) if matches!(self.branches[*branch].rest, Rest::Assigned(_)));
        members.iter().all(is_assigned)
    }

    /// Whether nothing but `?` is done with the values, and all branches fail with one error: its type is known, or
    /// the callee is the same.
    pub(super) fn is_tried_at_once(&self, members: &[Member]) -> bool {
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
            is_tried && self.is_plain_let(*branch) && !is_joined_already(branch)
        };
        let is_ahead = |member: &Member| self.is_ahead(members, member);
        branches.iter().zip(members).all(tries) && (one_type || one_callee) && !members.iter().any(is_ahead)
    }

    /// Whether something that comes first in the source may still fail behind the join of a member that may fail.
    fn is_ahead(&self, members: &[Member], member: &Member) -> bool {
        let fails = |node: &usize| self.region.analysis.region.nodes[*node].may_fail;
        let nodes = |member: &Member| match member {
            Member::One(branch) => vec![self.branches[*branch].node],
            Member::Chain(chain) => chain.clone(),
        };
        let Some(own) = nodes(member).into_iter().rfind(|node| fails(node)) else { return false };
        let together: Vec<usize> = members.iter().flat_map(nodes).collect();
        let is_own =
            |step: &Step| matches!(step, Step::Join(branches) if branches.iter().flatten().any(|node| *node == own));
        let behind = self.steps.steps.iter().skip_while(|step| !is_own(step)).skip(1);
        let mut later = behind.flat_map(|step| match step {
            Step::Keep(node) => vec![*node],
            Step::Finish(last) => self.steps.branch_ending(*last),
            Step::Join(branches) => branches.concat(),
        });
        later.any(|node| node < own && fails(&node) && !together.contains(&node))
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

    /// Whether a member keeps its `?` inside the join: no error that comes before it in the source is looked at later.
    pub(super) fn is_marked(&self, members: &[Member], number: usize) -> bool {
        let nodes = &self.region.analysis.region.nodes;
        let may_fail = |member: &Member| match member {
            Member::One(branch) => nodes[self.branches[*branch].node].may_fail,
            Member::Chain(chain) => chain.iter().any(|node| nodes[*node].may_fail),
        };
        let is_whole = |member: &Member| match member {
            Member::One(branch) => self.branches[*branch].is_tried,
            Member::Chain(_) => true,
        };
        let is_tried = match &members[number] {
            Member::One(branch) => self.branches[*branch].tried.is_some() && self.branches[*branch].wrap != Wrap::Join,
            member @ Member::Chain(_) => may_fail(member),
        };
        // All that may fail before it keep their `?` inside as well.
        let is_first = (0..number).all(|earlier| {
            !may_fail(&members[earlier]) || (is_whole(&members[earlier]) && self.is_marked(members, earlier))
        });
        self.region.provider.form == Form::Marked && is_tried && is_first && !self.is_ahead(members, &members[number])
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
        let block = self.region.analysis.region.block.unwrap_or(crate::ir::BlockId(0));
        &self.region.types.body.block(block).stmts[self.region.analysis.region.nodes[node].stmt].kind
    }

    pub(super) fn members(&self, branches: &[Vec<usize>]) -> Option<Vec<Member>> {
        let member = |branch: &Vec<usize>| match branch.as_slice() {
            [only] => self.branch_of(*only).map(Member::One),
            chain => Some(Member::Chain(chain.to_vec())),
        };
        branches.iter().map(member).collect()
    }

    pub(super) fn joined_with(&self, node: usize) -> Option<(Vec<Member>, usize)> {
        let joins = self.steps.steps.iter().filter_map(|step| match step {
            Step::Join(branches) => Some(branches),
            _ => None,
        });
        let found = joins.filter_map(|branches| {
            let number = branches.iter().position(|branch| branch.contains(&node))?;
            Some((self.members(branches)?, number))
        });
        { found }.next()
    }

    pub(super) fn branch_of(&self, node: usize) -> Option<usize> {
        self.branches.iter().position(|branch| branch.node == node)
    }
}
