//! Branches to what stands in a join: a pattern, a future, and what is done with an error.
//!
//! In: the branches of one step. Out: [`Arm`]s.

use super::{Errors, Writer, gap_before, start_of};
use crate::index::ty::Ty;
use crate::ir::{ExprId, ExprKind, LocalId, MacroKind, PatKind, StmtKind, TypeRef};
use crate::rewrite::branch::{Branch, Rest, Wrap, coerces};
use crate::rewrite::chains;
use crate::rewrite::layers::Step;
use crate::rewrite::own_error::own_error;
use crate::rewrite::pretty::{Link, List, Statement, Tree};
use crate::rewrite::provider::Form;
use crate::rewrite::tree::pieces;
use crate::source::Span;

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
    pub(super) fn arms(&self, members: &[Member], number: usize) -> Option<Vec<Arm>> {
        let at_once = self.is_tried_at_once(members);
        let member = &members[number];
        let mark = |tree: Tree| if self.is_marked(members, number) { tried(tree) } else { tree };
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
        let (pattern, ty) = (self.pattern_of(member, members)?, self.annotation(branch, members));
        Some(vec![Arm { pattern, ty, tree: mark(tree), forced: mark(forced), before, behind }])
    }

    /// The future of a branch, laid out anew and as it is.
    fn future(&self, branch: usize) -> Option<(Tree, Tree)> {
        let (reader, found) = (self.reader(None), &self.branches[branch]);
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
        let reader = self.reader(None);
        let part = |(pattern, arg): (&&str, &ExprId)| ((*pattern).to_owned(), reader.tree(*arg));
        is_plain.then(|| patterns.iter().zip(&call.args).map(part).collect())
    }

    /// `async { let a = ..; b(a).await }`, with the names that are needed outside as its value.
    fn chain_tree(&self, chain: &[usize]) -> Option<Tree> {
        let reader = self.reader(None);
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
    fn ok(&self, error: &str, value: Tree) -> Tree {
        Tree::List(List::call(&format!("Ok::<_, {error}>"), vec![value], &self.style))
    }

    /// The error that the block of a chain must name, where its awaits do not all fail with the error of the last one.
    fn chain_error(&self, chain: &[usize]) -> Option<String> {
        let own = |node: &usize| self.branch_of(*node).map(|branch| &self.branches[branch]);
        let branches: Vec<&Branch> = chain.iter().filter_map(own).collect();
        if chains::fails_alike(&branches) { None } else { own_error(self.region).map(|own| own.text) }
    }

    /// The names of a chain that something outside it reads; those of the last statement always.
    fn exports(&self, chain: &[usize]) -> Vec<String> {
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

    fn is_used_outside(&self, local: LocalId, chain: &[usize]) -> bool {
        let uses = |kind: &ExprKind| match kind {
            ExprKind::Local(used) => *used == local,
            ExprKind::Macro(call) => call.captures.contains(&local),
            ExprKind::Opaque(locals) => locals.contains(&local),
            _ => false,
        };
        let mut used = self.region.types.body.exprs.iter().filter(|expr| uses(&expr.kind));
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

    fn annotation(&self, branch: usize, members: &[Member]) -> Option<String> {
        let is_taken_whole = || self.is_tried_at_once(members) || self.bound[branch].is_empty();
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
