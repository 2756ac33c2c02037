//! What is left of statements whose awaits have moved into a join.
//!
//! In: a node that was joined. Out: its lines behind the join, where there are any.

use super::{Writer, start_of};
use crate::ir::ExprId;
use crate::rewrite::operands;
use crate::rewrite::pretty::{Statement, assigned};
use crate::rewrite::remainder::remainder;
use crate::source::Span;

impl Writer<'_> {
    pub(super) fn finish(&mut self, node: usize) -> Option<()> {
        let branch = self.branch_of(node)?;
        if self.steps.is_in_chain(node) {
            return self.finish_chain(branch);
        }
        if !self.is_written_again(branch) {
            return Some(());
        }
        let holes = [(self.hole_of(branch), self.bound[branch].clone())];
        self.written_again(node, &holes)
    }

    /// What is left of a statement of which some operands have moved into joins.
    pub(super) fn rest(&mut self, node: usize) -> Option<()> {
        let own = operands::operands(self.region, node);
        if own.first().is_some_and(|head| self.branch_of(*head).is_none()) {
            self.what_stands_before(node);
        }
        let branches = own.into_iter().filter_map(|operand| self.branch_of(operand));
        let holes: Vec<_> = branches.map(|branch| (self.hole_of(branch), self.bound[branch].clone())).collect();
        self.written_again(node, &holes)
    }

    /// An operand that is awaited by itself, `let name = f().await?;`.
    pub(super) fn bind(&mut self, node: usize) -> Option<()> {
        let branch = self.branch_of(node)?;
        let right = self.reader(&[]).tree(self.hole_of(branch));
        let statement =
            Statement { before: Vec::new(), left: format!("let {} =", self.bound[branch]), right, end: ";" };
        let text = assigned(&statement, self.columns, &self.style)?;
        self.push(&text);
        Some(())
    }

    fn written_again(&mut self, node: usize, holes: &[(ExprId, String)]) -> Option<()> {
        let text = remainder(&self.reader(holes), self.stmt_at(node), &self.indent);
        let attributes = Span { start: start_of(self.region, node)?, end: self.node_span(node).start };
        let text = format!("{}{text}", self.slice(attributes));
        self.push(&text);
        Some(())
    }

    /// What a chain gives is bound by the join; its error, if it was not returned there, is returned here.
    fn finish_chain(&mut self, branch: usize) -> Option<()> {
        let name = self.bound[branch].clone();
        if !name.is_empty() {
            let pattern = self.chain_pattern(&self.chain_of(branch))?;
            self.push(&format!("let {pattern} = {name}?;"));
        }
        Some(())
    }
}
