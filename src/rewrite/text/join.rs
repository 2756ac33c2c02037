//! Branches to the text of a join.
//!
//! In: the branches of one step. Out: the lines of `let (a, b) = join!(..);`.

use super::{Errors, MAX_ARGS, MAX_WIDTH, Writer, gap_before, start_of};
use crate::index::ty::Ty;
use crate::ir::{ExprKind, LocalId, StmtKind, TypeRef};
use crate::rewrite::branch::{Branch, Rest, Wrap};
use crate::rewrite::layers::Step;
use crate::rewrite::{layers, layout};
use crate::source::Span;

/// A branch as it is written: one statement's future, or a chain of statements.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// Index into the branches.
    One(usize),
    /// The chain's nodes.
    Chain(Vec<usize>),
}

impl Writer<'_> {
    pub(super) fn join(&mut self, branches: &[Vec<usize>]) -> Option<()> {
        let first = *branches.first()?.first()?;
        self.blank_line_before(first);
        let members: Vec<Member> = branches.iter().map(|branch| self.member(branch)).collect::<Option<_>>()?;
        let fallible = self.is_tried_at_once(&members);
        let (call, close) = self.region.provider.call(members.len(), fallible)?;
        let pattern = self.pattern(&members, fallible);
        let inner = format!("{}{}", self.indent, self.unit);
        let texts: Vec<(Vec<String>, String)> =
            members.iter().map(|member| self.member_text(member, &inner)).collect::<Option<_>>()?;
        let trailing: Vec<String> = branches.iter().map(|branch| self.trailing_comment(branch)).collect();
        let has_comments =
            texts.iter().any(|(comments, _)| !comments.is_empty()) || trailing.iter().any(|text| !text.is_empty());
        for branch in branches {
            self.attributes(branch);
        }
        let args = texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", ");
        if !has_comments && !args.contains('\n') && args.chars().count() <= MAX_ARGS {
            let whole = format!("{}{pattern}{call}({args}){close}", self.indent);
            if whole.chars().count() <= MAX_WIDTH {
                self.lines.push(whole);
                return Some(());
            }
            let own_line = format!("{inner}{call}({args}){close}");
            if !pattern.is_empty() && own_line.chars().count() <= MAX_WIDTH {
                self.lines.push(format!("{}{}", self.indent, pattern.trim_end()));
                self.lines.push(own_line);
                return Some(());
            }
        }
        self.lines.push(format!("{}{pattern}{call}(", self.indent));
        for (number, (comments, text)) in texts.into_iter().enumerate() {
            self.lines.extend(comments.into_iter().map(|comment| format!("{inner}{comment}")));
            let behind = trailing.get(number).map_or("", String::as_str);
            let space = if behind.is_empty() { "" } else { " " };
            self.lines.push(format!("{inner}{text},{space}{behind}"));
        }
        match close.strip_prefix(".await") {
            // rustfmt gives an await behind several lines a line of its own.
            Some(end) => self.lines.extend([format!("{})", self.indent), format!("{}.await{end}", self.indent)]),
            None => self.lines.push(format!("{}){close}", self.indent)),
        }
        Some(())
    }

    /// The attributes of a statement that becomes a branch stand on the join instead.
    pub(super) fn attributes(&mut self, branch: &[usize]) {
        let [node] = branch else { return };
        let keeps_own = self
            .branch_of(*node)
            .is_some_and(|branch| matches!(self.branches[branch].rest, Rest::Around(_) | Rest::Rebind(..)));
        let start = start_of(self.region, *node).filter(|_| !keeps_own).unwrap_or(self.node_span(*node).start);
        let text = self.slice(Span { start, end: self.node_span(*node).start });
        let lines: Vec<String> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| format!("{}{line}", self.indent))
            .collect();
        self.lines.extend(lines);
    }

    /// The comment behind a statement, on its last line.
    pub(super) fn trailing_comment(&self, branch: &[usize]) -> String {
        let Some(node) = branch.last().filter(|node| **node < self.steps.last) else { return String::new() };
        let gap = gap_before(self.region, node + 1);
        gap.lines().next().map(str::trim).unwrap_or_default().to_owned()
    }

    pub(super) fn member(&self, branch: &[usize]) -> Option<Member> {
        match branch {
            [only] => self.branch_of(*only).map(Member::One),
            chain => Some(Member::Chain(chain.to_vec())),
        }
    }

    /// `let (a, b) = `, or nothing when no value is used.
    fn pattern(&self, members: &[Member], fallible: bool) -> String {
        let mut parts: Vec<String> = members.iter().map(|member| self.pattern_of(member, fallible)).collect();
        rename_repeated(&mut parts);
        let is_statement = |member: &Member| matches!(member, Member::One(branch) if self.is_statement(*branch));
        if parts.iter().all(|part| part == "_") && members.iter().all(is_statement) {
            return String::new();
        }
        let types: Vec<Option<Span>> = members.iter().map(|member| self.annotation(member)).collect();
        if types.iter().all(Option::is_none) {
            let line = format!("let ({}) = ", parts.join(", "));
            if self.indent.chars().count() + line.trim_end().chars().count() <= MAX_WIDTH {
                return line;
            }
            let Writer { indent, unit, .. } = self;
            return format!("let (\n{indent}{unit}{},\n{indent}) = ", parts.join(&format!(",\n{indent}{unit}")));
        }
        let types: Vec<&str> = types.iter().map(|ty| ty.map_or("_", |ty| self.slice(ty))).collect();
        format!("let ({}): ({}) = ", parts.join(", "), types.join(", "))
    }

    fn annotation(&self, member: &Member) -> Option<Span> {
        match member {
            Member::One(branch) => match &self.branches[*branch].rest {
                Rest::Annotated(_, ty) => Some(*ty),
                _ => None,
            },
            Member::Chain(_) => None,
        }
    }

    /// The names of a chain that something outside it reads; the last one always.
    fn exports(&self, chain: &[usize]) -> Vec<String> {
        let body = self.region.types.body;
        let (last, inner) =
            chain.split_last().map_or((&[][..], &[][..]), |(last, inner)| (std::slice::from_ref(last), inner));
        let bound = |node: &usize| layers::bindings(self.region, *node);
        let mut names: Vec<String> = Vec::new();
        for local in inner.iter().flat_map(bound).filter(|local| self.is_used_outside(*local, chain)) {
            names.push(body.local(local).name.to_string());
        }
        names.extend(last.iter().flat_map(bound).map(|local| body.local(local).name.to_string()));
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

    /// A branch with the comments in front of it; its lines but the first begin with `inner`.
    fn member_text(&self, member: &Member, inner: &str) -> Option<(Vec<String>, String)> {
        match member {
            Member::One(branch) => {
                let found = &self.branches[*branch];
                Some((self.comment_lines(found.node), self.future_text(found, inner)))
            }
            Member::Chain(chain) => self.chain_text(chain, inner).map(|text| (Vec::new(), text)),
        }
    }

    fn future_text(&self, branch: &Branch, inner: &str) -> String {
        let future = self.slice(branch.future);
        let room = MAX_WIDTH.saturating_sub(inner.chars().count() + 1);
        let wrapped = |text: &str| match branch.wrap {
            Wrap::No => text.to_owned(),
            Wrap::Await => format!("async {{ {text}.await }}"),
            Wrap::Join => format!("async {{ {text} }}"),
        };
        if let Some(line) = layout::on_one_line(future).map(|line| wrapped(&line)).filter(|line| !line.contains('\n')) {
            let broken = future.lines().skip(1).filter(|line| line.trim_start().starts_with('.')).count();
            let limit = if broken > 1 { room.min(MAX_ARGS) } else { room };
            if line.chars().count() <= limit {
                return line;
            }
        }
        let from = self.line_indent(branch.future.start);
        if branch.wrap == Wrap::No {
            return layout::moved(future, from, inner);
        }
        let deeper = format!("{inner}{}", self.unit);
        let moved = layout::moved(future, from, &deeper);
        let last_line = moved.lines().next_back().unwrap_or_default();
        let ending = match branch.wrap {
            Wrap::Join => String::new(),
            _ => format!("\n{}.await", layout::indent_of(last_line)),
        };
        format!("async {{\n{deeper}{moved}{ending}\n{inner}}}")
    }

    /// The indentation of the line that a byte stands on.
    fn line_indent(&self, at: u32) -> &str {
        let start = self.region.source.text[..at as usize].rfind('\n').map_or(0, |at| at + 1);
        layout::indent_of(&self.region.source.text[start..at as usize])
    }

    /// `async { let a = ..; b(a).await }`, with the names that are needed outside as its value.
    fn chain_text(&self, chain: &[usize], inner: &str) -> Option<String> {
        let exports = self.exports(chain);
        let may_fail = chain.iter().any(|node| self.region.analysis.region.nodes[*node].may_fail);
        if may_fail && exports.len() > 1 {
            // The error's type could not be told from the block.
            return None;
        }
        let deeper = format!("{inner}{}", self.unit);
        let mut lines = vec!["async {".to_owned()];
        let (last, before) = chain.split_last()?;
        let whole: &[usize] = if exports.len() > 1 { chain } else { before };
        for node in whole {
            lines.extend(self.comment_lines(*node).into_iter().map(|comment| format!("{deeper}{comment}")));
            let span = Span { start: start_of(self.region, *node)?, end: self.node_span(*node).end };
            lines.push(format!("{deeper}{}", layout::moved(self.slice(span), &self.indent, &deeper)));
        }
        if exports.len() > 1 {
            lines.push(format!("{deeper}({})", exports.join(", ")));
        } else {
            lines.extend(self.comment_lines(*last).into_iter().map(|comment| format!("{deeper}{comment}")));
            let span = self.region.types.body.expr(*self.region.analysis.region.nodes[*last].sites.last()?).span;
            lines.push(format!("{deeper}{}", layout::moved(self.slice(span), self.line_indent(span.start), &deeper)));
        }
        lines.push(format!("{inner}}}"));
        Some(lines.join("\n"))
    }

    fn pattern_of(&self, member: &Member, fallible: bool) -> String {
        let branch = match member {
            Member::One(branch) => *branch,
            Member::Chain(chain) => {
                let mut names = self.exports(chain);
                return if names.len() == 1 { names.remove(0) } else { format!("({})", names.join(", ")) };
            }
        };
        match &self.branches[branch].rest {
            Rest::Pattern(pat) | Rest::Annotated(pat, _) => self.slice(*pat).to_owned(),
            // With `try_join!(..)?` the value is what the statement binds.
            Rest::Rebind(..) | Rest::Around(_) if fallible => {
                self.statement_pattern(branch).unwrap_or_else(|| self.bound[branch].clone())
            }
            Rest::Rebind(..) | Rest::Around(_) => self.bound[branch].clone(),
            Rest::Nothing => "_".to_owned(),
        }
    }

    /// The pattern of the `let` that a branch comes from.
    pub(super) fn statement_pattern(&self, branch: usize) -> Option<String> {
        match self.statement(branch) {
            StmtKind::Let { pat, ty: None, .. } => Some(self.slice(pat.span).to_owned()),
            _ => None,
        }
    }

    fn is_statement(&self, branch: usize) -> bool {
        matches!(self.statement(branch), StmtKind::Expr { .. })
    }

    fn statement(&self, branch: usize) -> &StmtKind {
        let node = &self.region.analysis.region.nodes[self.branches[branch].node];
        let block = self.region.analysis.region.block.unwrap_or(crate::ir::BlockId(0));
        &self.region.types.body.block(block).stmts[node.stmt].kind
    }

    /// Whether nothing but `?` is done with the values, and all branches fail with one error: its type is known, or
    /// the callee is the same.
    pub(super) fn is_tried_at_once(&self, members: &[Member]) -> bool {
        if self.errors == Errors::EachInTurn {
            return false;
        }
        let errors: Vec<Option<&Ty>> = members.iter().map(|member| self.error_of(member)).collect();
        let one_type = errors.iter().all(|error| error.is_some() && *error == errors[0]);
        let callees: Vec<&str> = members.iter().map(|member| self.callee_of(member)).collect();
        let one_callee =
            callees.iter().all(|callee| !callee.is_empty() && *callee == callees[0]) && self.returns_result();
        members.iter().all(|member| self.is_tried(member)) && (one_type || one_callee)
    }

    /// Whether `?` is all that is done with a branch's value, and the value is bound by a plain `let`.
    fn is_tried(&self, member: &Member) -> bool {
        let is_let = |branch: usize| matches!(self.statement(branch), StmtKind::Let { ty: None, otherwise: None, .. });
        match member {
            Member::One(branch) => {
                self.branches[*branch].is_tried && self.branches[*branch].wrap != Wrap::Join && is_let(*branch)
            }
            Member::Chain(_) => self.error_of(member).is_some(),
        }
    }

    /// The error a branch fails with; of a chain, that of every `?` in it.
    fn error_of(&self, member: &Member) -> Option<&Ty> {
        let branch = match member {
            Member::One(branch) => *branch,
            Member::Chain(chain) => self.branch_of(*chain.last()?).filter(|_| self.exports(chain).len() == 1)?,
        };
        self.branches[branch].error.as_ref().filter(|_| self.branches[branch].is_tried)
    }

    fn callee_of(&self, member: &Member) -> &str {
        match member {
            Member::One(branch) => &self.branches[*branch].callee,
            Member::Chain(_) => "",
        }
    }

    /// Whether `?` in this function can only be tried on a `Result`.
    fn returns_result(&self) -> bool {
        matches!(&self.region.types.function.ret, Some(TypeRef::Path(path)) if path.last().ends_with("Result"))
    }

    pub(super) fn joined_with(&self, node: usize) -> Option<Vec<Member>> {
        let branches = self.steps.steps.iter().find_map(|step| match step {
            Step::Join(branches) if branches.iter().any(|branch| branch.contains(&node)) => Some(branches),
            _ => None,
        })?;
        branches.iter().map(|branch| self.member(branch)).collect()
    }

    pub(super) fn branch_of(&self, node: usize) -> Option<usize> {
        self.branches.iter().position(|branch| branch.node == node)
    }
}

/// One pattern cannot bind a name twice: the earlier value, which nobody reads, gets an underscore.
fn rename_repeated(parts: &mut [String]) {
    for at in 0..parts.len() {
        if parts[at] != "_" && parts[at + 1..].contains(&parts[at]) {
            parts[at] = format!("_{}", parts[at]);
        }
    }
}
