//! Steps to text, in the layout of the file.
//!
//! In: [`Steps`] and [`Branch`]es. Out: the text that replaces the region.

use crate::ir::{ExprKind, LocalId, StmtKind};
use crate::rewrite::branch::{Branch, Rest, Wrap};
use crate::rewrite::layers::{Step, Steps};
use crate::rewrite::names::Names;
use crate::rewrite::{Region, layers};
use crate::source::Span;

/// As wide as rustfmt lets a line be by default.
const MAX_WIDTH: usize = 100;

/// The longest argument list that rustfmt leaves on one line by default.
const MAX_ARGS: usize = 60;

/// One level of indentation.
const INDENT: &str = "    ";

/// The bytes that are replaced: from the first statement that changes to the last.
pub(super) fn replaced(region: &Region<'_>, steps: &Steps) -> Option<Span> {
    let nodes = &region.analysis.region.nodes;
    let first = start_of(region, steps.first)?;
    Some(Span { start: first, end: nodes.get(steps.last)?.span.end })
}

/// The text of all steps.
pub(super) fn write(region: &Region<'_>, steps: &Steps, branches: &[Branch]) -> Option<String> {
    let start = start_of(region, steps.first)?;
    let line_start = region.source.text[..start as usize].rfind('\n').map_or(0, |at| at + 1);
    let indent = region.source.text.get(line_start..start as usize)?.to_owned();
    if !indent.chars().all(char::is_whitespace) {
        return None;
    }
    if (steps.first + 1..=steps.last).any(|node| !is_only_comments(gap_before(region, node))) {
        return None;
    }
    let newline = if region.source.text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut names = Names::new(region.types, region.source);
    let mut writer = Writer { region, steps, branches, indent, bound: Vec::new(), lines: Vec::new() };
    for branch in branches {
        let name = match &branch.rest {
            Rest::Rebind(name, _) => name.clone(),
            Rest::Around(_) => names.fresh(region.types, *region.analysis.region.nodes[branch.node].sites.last()?),
            _ => String::new(),
        };
        writer.bound.push(name);
    }
    for step in &steps.steps {
        writer.step(step)?;
    }
    let text = writer.lines.join("\n");
    let text = text.strip_prefix(writer.indent.as_str()).unwrap_or(&text).to_owned();
    Some(if newline == "\n" { text } else { text.replace("\r\n", "\n").replace('\n', newline) })
}

/// A branch as it is written: one statement's future, or a chain of statements.
#[derive(Debug, PartialEq, Eq)]
enum Member {
    /// Index into the branches.
    One(usize),
    /// The chain's nodes.
    Chain(Vec<usize>),
}

struct Writer<'a> {
    region: &'a Region<'a>,
    steps: &'a Steps,
    branches: &'a [Branch],
    indent: String,
    /// The name each branch's value is bound to, where the statement is written again.
    bound: Vec<String>,
    lines: Vec<String>,
}

impl Writer<'_> {
    fn step(&mut self, step: &Step) -> Option<()> {
        match step {
            Step::Keep(node) => {
                self.comments(*node, true);
                let start = start_of(self.region, *node)?;
                let text = self.slice(Span { start, end: self.node_span(*node).end }).to_owned();
                self.lines.push(format!("{}{text}", self.indent));
            }
            Step::Join(nodes) => self.join(nodes)?,
            Step::Finish(node) => self.finish(*node)?,
        }
        Some(())
    }

    fn join(&mut self, branches: &[Vec<usize>]) -> Option<()> {
        let first = *branches.first()?.first()?;
        self.blank_line_before(first);
        let members: Vec<Member> = branches.iter().map(|branch| self.member(branch)).collect::<Option<_>>()?;
        let fallible = self.is_tried_at_once(&members);
        let name = if fallible { "try_join" } else { "join" };
        let close = if fallible { ")?;" } else { ");" };
        let pattern = self.pattern(&members, fallible);
        let call = format!("{}::{name}!(", self.region.provider.path);
        let texts: Vec<(Vec<String>, String)> =
            members.iter().map(|member| self.member_text(member)).collect::<Option<_>>()?;
        let has_comments = texts.iter().any(|(comments, _)| !comments.is_empty());
        let args = texts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", ");
        if !has_comments && !args.contains('\n') && args.chars().count() <= MAX_ARGS {
            let whole = format!("{}{pattern}{call}{args}{close}", self.indent);
            if whole.chars().count() <= MAX_WIDTH {
                self.lines.push(whole);
                return Some(());
            }
            let own_line = format!("{}{INDENT}{call}{args}{close}", self.indent);
            if !pattern.is_empty() && own_line.chars().count() <= MAX_WIDTH {
                self.lines.push(format!("{}{}", self.indent, pattern.trim_end()));
                self.lines.push(own_line);
                return Some(());
            }
        }
        self.lines.push(format!("{}{pattern}{call}", self.indent));
        let count = texts.len();
        for (number, (comments, text)) in texts.into_iter().enumerate() {
            self.lines.extend(comments.into_iter().map(|comment| format!("{}{INDENT}{comment}", self.indent)));
            let comma = if number + 1 < count { "," } else { "" };
            self.lines.push(format!("{}{INDENT}{}{comma}", self.indent, text.replace('\n', &format!("\n{INDENT}"))));
        }
        self.lines.push(format!("{}{close}", self.indent));
        Some(())
    }

    fn member(&self, branch: &[usize]) -> Option<Member> {
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
            return format!("let ({}) = ", parts.join(", "));
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
        let inside: Vec<Span> = chain.iter().map(|node| self.node_span(*node)).collect();
        let body = self.region.types.body;
        body.exprs.iter().filter(|expr| !inside.iter().any(|span| span.contains(expr.span))).any(|expr| {
            match &expr.kind {
                ExprKind::Local(used) => *used == local,
                ExprKind::Macro(call) => call.captures.contains(&local),
                ExprKind::Opaque(locals) => locals.contains(&local),
                _ => false,
            }
        })
    }

    fn member_text(&self, member: &Member) -> Option<(Vec<String>, String)> {
        match member {
            Member::One(branch) => Some(self.branch_text(*branch)),
            Member::Chain(chain) => self.chain_text(chain).map(|text| (Vec::new(), text)),
        }
    }

    /// `async { let a = ..; b(a).await }`, with the names that are needed outside as its value.
    fn chain_text(&self, chain: &[usize]) -> Option<String> {
        let exports = self.exports(chain);
        let mut lines = vec!["async {".to_owned()];
        let (last, inner) = chain.split_last()?;
        let whole: &[usize] = if exports.len() > 1 { chain } else { inner };
        for node in whole {
            lines.extend(self.comment_lines(*node).into_iter().map(|comment| format!("{INDENT}{comment}")));
            let span = Span { start: start_of(self.region, *node)?, end: self.node_span(*node).end };
            lines.push(format!("{INDENT}{}", self.slice(span)));
        }
        if exports.len() > 1 {
            lines.push(format!("{INDENT}({})", exports.join(", ")));
        } else {
            lines.extend(self.comment_lines(*last).into_iter().map(|comment| format!("{INDENT}{comment}")));
            let site = *self.region.analysis.region.nodes[*last].sites.last()?;
            lines.push(format!("{INDENT}{}", self.slice(self.region.types.body.expr(site).span)));
        }
        lines.push("}".to_owned());
        Some(lines.join(&format!("\n{}", self.indent)))
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
    fn statement_pattern(&self, branch: usize) -> Option<String> {
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

    /// Whether all branches fail with one known error and nothing but `?` is done with their values.
    fn is_tried_at_once(&self, members: &[Member]) -> bool {
        let single = |member: &Member| match member {
            Member::One(branch) => Some(*branch),
            Member::Chain(_) => None,
        };
        let Some(chosen) = members.iter().map(single).collect::<Option<Vec<usize>>>() else { return false };
        let errors: Vec<_> = chosen.iter().map(|branch| self.branches[*branch].error.as_ref()).collect();
        let is_let =
            |branch: &usize| matches!(self.statement(*branch), StmtKind::Let { ty: None, otherwise: None, .. });
        errors.first().is_some_and(|first| first.is_some() && errors.iter().all(|error| error == first))
            && chosen.iter().all(is_let)
            && chosen.iter().all(|branch| self.branches[*branch].wrap != Wrap::Join)
    }

    /// A branch with the comments in front of it. A join inside becomes a block that joins.
    fn branch_text(&self, branch: usize) -> (Vec<String>, String) {
        let found = &self.branches[branch];
        let future = self.slice(found.future).to_owned();
        let text = match found.wrap {
            Wrap::No => future,
            Wrap::Await => format!("async {{ {future}.await }}"),
            Wrap::Join => format!("async {{ {future} }}"),
        };
        (self.comment_lines(found.node), text)
    }

    fn finish(&mut self, node: usize) -> Option<()> {
        let branch = self.branch_of(node)?;
        let hole = match &self.branches[branch].rest {
            Rest::Rebind(_, hole) | Rest::Around(hole) => *hole,
            _ => return Some(()),
        };
        if self.joined_with(node).is_some_and(|chosen| self.is_tried_at_once(&chosen)) {
            return Some(());
        }
        let span = self.node_span(node);
        let before = self.slice(Span { start: start_of(self.region, node)?, end: hole.start });
        let after = self.slice(Span { start: hole.end, end: span.end });
        self.lines.push(format!("{}{before}{}{after}", self.indent, self.bound[branch]));
        Some(())
    }

    fn joined_with(&self, node: usize) -> Option<Vec<Member>> {
        let branches = self.steps.steps.iter().find_map(|step| match step {
            Step::Join(branches) if branches.iter().any(|branch| branch.contains(&node)) => Some(branches),
            _ => None,
        })?;
        branches.iter().map(|branch| self.member(branch)).collect()
    }

    fn branch_of(&self, node: usize) -> Option<usize> {
        self.branches.iter().position(|branch| branch.node == node)
    }

    fn comments(&mut self, node: usize, keep_blank: bool) {
        if keep_blank {
            self.blank_line_before(node);
        }
        let comments = self.comment_lines(node);
        self.lines.extend(comments.into_iter().map(|comment| format!("{}{comment}", self.indent)));
    }

    fn blank_line_before(&mut self, node: usize) {
        let gap = self.gap_before(node);
        let first_line_break = gap.find('\n').map_or(gap.len(), |at| at + 1);
        let is_blank = gap[first_line_break..].lines().next().is_some_and(|line| line.trim().is_empty())
            && gap[first_line_break..].contains('\n');
        if is_blank && !self.lines.is_empty() {
            self.lines.push(String::new());
        }
    }

    /// The comments between the statement before and this one.
    fn comment_lines(&self, node: usize) -> Vec<String> {
        let gap = self.gap_before(node);
        gap.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    fn gap_before(&self, node: usize) -> &str {
        if node == self.steps.first { "" } else { gap_before(self.region, node) }
    }

    fn node_span(&self, node: usize) -> Span {
        self.region.analysis.region.nodes[node].span
    }

    fn slice(&self, span: Span) -> &str {
        self.region.source.slice(span)
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

/// What stands between a statement and the one before it.
fn gap_before<'a>(region: &Region<'a>, node: usize) -> &'a str {
    let start = region.analysis.region.nodes[node - 1].span.end;
    let end = start_of(region, node).unwrap_or(start);
    region.source.slice(Span { start, end: end.max(start) })
}

/// Whether a gap holds nothing but white space and comments; items stand in gaps too.
fn is_only_comments(gap: &str) -> bool {
    let mut rest = gap.trim_start();
    while !rest.is_empty() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else {
            return false;
        };
        rest = rest[length..].trim_start();
    }
    true
}

/// Where a statement begins, its attributes included.
fn start_of(region: &Region<'_>, node: usize) -> Option<u32> {
    let block = region.analysis.region.block?;
    let stmt = region.analysis.region.nodes.get(node)?.stmt;
    Some(region.types.body.block(block).stmts.get(stmt)?.attributes_start)
}
