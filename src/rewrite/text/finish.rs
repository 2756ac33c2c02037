//! What is left of statements whose awaits have moved into a join.
//!
//! In: a node that was joined. Out: its lines behind the join, where there are any.

use super::{Writer, start_of};
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
        let name = self.bound[branch].clone();
        let reader = self.reader(Some((self.hole_of(branch), name.as_str())));
        let text = remainder(&reader, self.stmt_at(node), &self.indent)?;
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
