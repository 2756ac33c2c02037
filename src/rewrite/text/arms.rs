//! Branches to what stands in a join: a pattern, a future, and what is done with an error.
//!
//! In: the branches of one step. Out: [`Arm`]s.

use super::kinds::Join;
use super::{Writer, gap_before};
use crate::ir::{ExprId, ExprKind, MacroKind, StmtKind};
use crate::rewrite::branch::{Rest, Wrap};
use crate::rewrite::pretty::{Statement, Tree};
use crate::rewrite::provider::Form;
use crate::rewrite::tree::pieces;

/// A branch as it is written: one statement's future, or a chain of statements.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// Index into the branches.
    One(usize),
    /// The chain's nodes.
    Chain(Vec<usize>),
}

/// What a branch gives to the text of a join.
#[derive(Debug)]
pub(super) struct Arm {
    /// What its value is bound or assigned to.
    pub(super) pattern: String,
    /// The type it is annotated with.
    pub(super) ty: Option<String>,
    /// The future.
    pub(super) tree: Tree,
    /// The future as it is, where it cannot be laid out anew.
    pub(super) forced: Tree,
    /// The comments in front.
    pub(super) before: Vec<String>,
    /// The comment behind.
    pub(super) behind: String,
}

impl Writer<'_> {
    /// The arms of a member: one, or those of a join that is already there.
    pub(super) fn arms(&self, join: &Join, number: usize) -> Option<Vec<Arm>> {
        let (members, at_once) = (&join.members, join.at_once);
        let member = &members[number];
        let mark = |tree: Tree| if join.marks[number] { tried(tree) } else { tree };
        let branch = match member {
            Member::One(branch) => *branch,
            Member::Chain(chain) => {
                let (pattern, ty) = (self.pattern_of(member, members)?, None);
                let tree = mark(self.chain_tree(chain)?);
                let behind = self.trailing_comment(*chain.last()?);
                return Some(vec![Arm { pattern, ty, forced: tree.clone(), tree, before: Vec::new(), behind }]);
            }
        };
        let node = self.branches[branch].node;
        let (mut before, behind) = (self.comment_lines(node), self.trailing_comment(node));
        if let Some(parts) = self.parts(branch, at_once) {
            let last = parts.len() - 1;
            let arm = |(at, (pattern, tree)): (usize, (String, Tree))| {
                let behind = if at == last { behind.clone() } else { String::new() };
                Arm { pattern, ty: None, forced: tree.clone(), tree, before: std::mem::take(&mut before), behind }
            };
            return Some(parts.into_iter().enumerate().map(arm).collect());
        }
        let (tree, forced) = self.future(branch)?;
        let (pattern, ty) = (self.pattern_of(member, members)?, self.annotation(branch, at_once));
        Some(vec![Arm { pattern, ty, tree: mark(tree), forced: mark(forced), before, behind }])
    }

    /// The future of a branch, laid out anew and as it is.
    fn future(&self, branch: usize) -> Option<(Tree, Tree)> {
        let (reader, found) = (self.reader(&[]), &self.branches[branch]);
        let span = |id: ExprId| self.region.types.body.expr(id).span;
        let block = |tree: Tree| Tree::Block { head: "async".to_owned(), body: vec![Statement::value(tree)] };
        match found.wrap {
            Wrap::No => Some((reader.tree(found.future), reader.forced(span(found.future)))),
            Wrap::Await => {
                let named = |tree: Tree| match (&found.named_error, found.tried) {
                    (Some(error), Some(_)) => self.ok(error, tried(tree)),
                    _ => tree,
                };
                Some((block(named(reader.tree(found.site))), block(named(reader.forced(span(found.site))))))
            }
            // A `?` that such a join keeps to itself would leave the block.
            Wrap::Join if self.slice(span(found.site)).starts_with("conjoin::") => None,
            Wrap::Join => Some((block(reader.tree(found.site)), block(reader.forced(span(found.site))))),
        }
    }

    /// The branches of a join that is already there, where it has the form of the new one.
    fn parts(&self, branch: usize, at_once: bool) -> Option<Vec<(String, Tree)>> {
        let found = &self.branches[branch];
        let body = self.region.types.body;
        let ExprKind::Macro(call) = &body.expr(found.future).kind else { return None };
        let provider = &self.region.provider;
        let name = if at_once { "try_join" } else { "join" };
        let is_same = self.slice(body.expr(found.future).span).starts_with(&format!("{}::{name}!", provider.path));
        let is_read = match found.rest {
            Rest::Pattern(_) => !at_once,
            _ => at_once && found.is_tried && matches!(provider.form, Form::Macro),
        };
        if !is_same || !is_read || call.kind != (MacroKind::Join { fallible: at_once }) {
            return None;
        }
        let StmtKind::Let { pat, ty: None, .. } = self.statement(branch) else { return None };
        let pattern = self.slice(pat.span).strip_prefix('(')?.strip_suffix(')')?;
        let patterns = pieces(pattern)?;
        let inside = self.slice(body.expr(found.future).span).split_once('(')?.1.strip_suffix(')')?;
        let is_whole = patterns.len() == call.args.len() && pieces(inside)?.len() == patterns.len();
        let is_plain = is_whole && patterns.iter().all(|piece| *piece != ".." && !piece.contains('\n'));
        let reader = self.reader(&[]);
        let part = |(pattern, arg): (&&str, &ExprId)| ((*pattern).to_owned(), reader.tree(*arg));
        is_plain.then(|| patterns.iter().zip(&call.args).map(part).collect())
    }

    fn pattern_of(&self, member: &Member, members: &[Member]) -> Option<String> {
        let branch = match member {
            Member::One(branch) => *branch,
            Member::Chain(chain) => {
                let bound = &self.bound[self.branch_of(*chain.last()?)?];
                return if bound.is_empty() { self.chain_pattern(chain) } else { Some(bound.clone()) };
            }
        };
        Some(match &self.branches[branch].rest {
            Rest::Pattern(pat) | Rest::Annotated(pat, _) => self.slice(*pat).to_owned(),
            Rest::Assigned(target) if self.is_assignment(members) => self.slice(*target).to_owned(),
            Rest::Nothing => "_".to_owned(),
            _ if !self.bound[branch].is_empty() => self.bound[branch].clone(),
            // With `try_join!(..)?` the value is what the statement binds.
            _ => match self.statement(branch) {
                StmtKind::Let { pat, .. } => self.slice(pat.span).to_owned(),
                _ => "_".to_owned(),
            },
        })
    }

    fn annotation(&self, branch: usize, at_once: bool) -> Option<String> {
        let is_taken_whole = || at_once || self.bound[branch].is_empty();
        match (&self.branches[branch].rest, self.statement(branch)) {
            (Rest::Annotated(_, ty), _) => Some(self.slice(*ty).to_owned()),
            (Rest::Rebind(_) | Rest::Around, StmtKind::Let { ty: Some((_, span)), .. }) if is_taken_whole() => {
                Some(self.slice(*span).to_owned())
            }
            _ => None,
        }
    }

    /// The comment behind a statement, on its last line.
    fn trailing_comment(&self, node: usize) -> String {
        if node >= self.steps.last {
            return String::new();
        }
        let gap = gap_before(self.region, node + 1);
        gap.lines().next().map(str::trim).unwrap_or_default().to_owned()
    }
}

/// The value with a `?`.
fn tried(tree: Tree) -> Tree {
    match tree {
        Tree::Chain { root, tries, links } if links.is_empty() => Tree::Chain { root, tries: tries + 1, links },
        Tree::Chain { root, tries, mut links } => {
            links.iter_mut().next_back().into_iter().for_each(|last| last.tries += 1);
            Tree::Chain { root, tries, links }
        }
        other => Tree::Chain { root: Box::new(other), tries: 1, links: Vec::new() },
    }
}
