//! A chain to a block.
//!
//! In: the nodes of a chain. Out: `async { let a = ..; b(a).await }`, and the pattern its value is bound to.

use super::{Writer, start_of};
use crate::analysis::access::{Access, Mode};
use crate::ir::{LocalId, PatKind, StmtKind};
use crate::rewrite::branch::Branch;
use crate::rewrite::chains;
use crate::rewrite::own_error::own_error;
use crate::rewrite::pretty::{Link, List, Statement, Tree};
use crate::source::Span;

impl Writer<'_> {
    /// `async { let a = ..; b(a).await }`, with the names that are needed outside as its value.
    pub(super) fn chain_tree(&self, chain: &[usize]) -> Option<Tree> {
        let reader = self.reader(&[]);
        let exports = self.exports(chain);
        let may_fail = chain.iter().any(|node| self.region.analysis.region.nodes[*node].may_fail);
        let (last, before) = chain.split_last()?;
        let is_whole = exports.len() > 1 && (!may_fail || self.chain_error(chain).is_some());
        let mut body = Vec::new();
        for node in if is_whole { chain } else { before } {
            let StmtKind::Let { init: Some(init), .. } = self.statement_at(*node) else { return None };
            let start = start_of(self.region, *node)?;
            let left = self.slice(Span { start, end: self.region.types.body.expr(*init).span.start }).trim();
            let (left, before) = (left.to_owned(), self.comment_lines(*node));
            let is_plain = left.starts_with("let ") && left.ends_with('=') && !left.contains('\n');
            is_plain.then(|| body.push(Statement { before, left, right: reader.tree(*init), end: ";" }))?;
        }
        let StmtKind::Let { init: Some(init), .. } = self.statement_at(*last) else { return None };
        let names = || Tree::Text(format!("({})", exports.join(", ")));
        let named = if may_fail { self.chain_error(chain) } else { None };
        let own = self.comment_lines(*last);
        let (value, before) = match (exports.len(), may_fail, named) {
            (1, false, _) => (reader.tree(*init), own),
            (_, false, _) => (names(), Vec::new()),
            (1, true, Some(error)) => (self.ok(&error, reader.tree(*init)), own),
            (_, true, Some(error)) => (self.ok(&error, names()), Vec::new()),
            (1, true, None) => (reader.tree(self.branches[self.branch_of(*last)?].site), own),
            // The error of the last await is the block's; nothing has to name it.
            (_, true, None) => {
                let site = reader.tree(self.branches[self.branch_of(*last)?].site);
                let Tree::Chain { root, tries, mut links } = site else { return None };
                let closure = Tree::Text(format!("|{}| ({})", exports.last()?, exports.join(", ")));
                links.push(Link { name: ".map".to_owned(), args: Some(vec![closure]), tries: 0 });
                (Tree::Chain { root, tries, links }, own)
            }
        };
        body.push(Statement { before, ..Statement::value(value) });
        Some(Tree::Block { head: "async".to_owned(), body })
    }

    /// `Ok::<_, E>(value)`.
    pub(super) fn ok(&self, error: &str, value: Tree) -> Tree {
        Tree::List(List::call(&format!("Ok::<_, {error}>"), vec![value], &self.style))
    }

    /// The error that the block of a chain must name, where its awaits do not all fail with the error of the last one.
    pub(super) fn chain_error(&self, chain: &[usize]) -> Option<String> {
        let own = |node: &usize| self.branch_of(*node).map(|branch| &self.branches[branch]);
        let branches: Vec<&Branch> = chain.iter().filter_map(own).collect();
        if chains::fails_alike(&branches) { None } else { own_error(self.region).map(|own| own.text) }
    }

    /// The names of a chain that something outside it reads; those of the last statement always.
    pub(super) fn exports(&self, chain: &[usize]) -> Vec<String> {
        let body = self.region.types.body;
        let Some((last, inner)) = chain.split_last() else { return Vec::new() };
        let bound = |node: &usize| chains::bindings(self.region, *node);
        let used = inner.iter().flat_map(bound).filter(|local| self.is_used_outside(*local, chain));
        let mut names: Vec<String> = used.map(|local| body.local(local).name.to_string()).collect();
        match self.statement_at(*last) {
            StmtKind::Let { pat, .. } if names.is_empty() => names.push(self.slice(pat.span).to_owned()),
            _ => names.extend(bound(last).into_iter().map(|local| body.local(local).name.to_string())),
        }
        names
    }

    /// Whether a chain gives away a value that a later one of its statements may still borrow.
    pub(super) fn may_borrow_own(&self, chain: &[usize]) -> bool {
        let types = self.region.types;
        let inner = chain.split_last().map_or(&[][..], |(_, inner)| inner);
        let exported = inner.iter().flat_map(|node| chains::bindings(self.region, *node));
        let mut exported = exported.filter(|local| self.is_used_outside(*local, chain));
        let is_lent = |local: LocalId| {
            let accesses = chain.iter().flat_map(|node| &self.region.analysis.region.nodes[*node].accesses);
            let lends = |access: &&Access| access.place.root == local && access.mode == Mode::Read && access.held;
            accesses.into_iter().any(|access| lends(&access)) && !types.of_local(local).is_copy()
        };
        exported.any(is_lent)
    }

    pub(super) fn is_used_outside(&self, local: LocalId, chain: &[usize]) -> bool {
        let mut used = self.region.types.body.exprs.iter().filter(|expr| expr.kind.names(local));
        used.any(|expr| !chain.iter().any(|node| self.node_span(*node).contains(expr.span)))
    }

    /// What the value of a chain is bound to. `None` where a tuple of names would lose a `mut` or a pattern.
    pub(super) fn chain_pattern(&self, chain: &[usize]) -> Option<String> {
        let mut names = self.exports(chain);
        if names.len() == 1 {
            return names.pop();
        }
        match self.statement_at(*chain.last()?) {
            StmtKind::Let { pat, .. } if pat.kind == PatKind::Ident && !self.slice(pat.span).starts_with("mut ") => {
                Some(format!("({})", names.join(", ")))
            }
            _ => None,
        }
    }
}
