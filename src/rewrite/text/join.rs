//! A step in which several awaits run to the text of a join.
//!
//! In: the branches of one step. Out: the lines of `let (a, b) = join!(..);`.

use super::arms::{Arm, Member};
use super::kinds::Join;
use super::{Writer, start_of};
use crate::analysis::region::Part;
use crate::ir::{ExprId, ExprKind, PatKind, StmtKind};
use crate::rewrite::branch::Rest;
use crate::rewrite::pretty::{Item, Link, List, Shape, Statement, Trailing, Tree, assigned, laid_out};
use crate::rewrite::provider::{Form, Provider};
use crate::rewrite::style::Style;
use crate::rewrite::{layout, operands};
use crate::source::Span;

/// Wider than any line.
const ENDLESS: usize = 1 << 20;

impl Writer<'_> {
    pub(super) fn join(&mut self, branches: &[Vec<usize>]) -> Option<()> {
        self.blank_line_before(*branches.first()?.first()?);
        for branch in branches {
            self.attributes(branch);
        }
        let (join, _) = self.joined_with(*branches.first()?.first()?)?;
        let (members, at_once) = (&join.members, join.at_once);
        let mut arms = self.all_arms(join)?;
        let left = self.left(members, &mut arms)?;
        let text = self.statement_of_join(&arms, at_once, &left, ";")?;
        self.push(&text);
        Some(())
    }

    fn all_arms(&self, join: &Join) -> Option<Vec<Arm>> {
        let arms = (0..join.members.len()).map(|number| self.arms(join, number));
        Some(arms.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
    }

    fn statement_of_join(&self, arms: &[Arm], at_once: bool, left: &str, end: &'static str) -> Option<String> {
        joined(&self.region.provider, &self.style, arms, at_once, |right, style| {
            let statement = Statement { before: Vec::new(), left: left.to_owned(), right, end };
            assigned(&statement, self.columns, style)
        })
    }

    /// The rest of a statement whose value is a tuple of just what is joined, and that tuple: the join gives it.
    pub(super) fn as_tuple(&self, branches: &[Vec<usize>]) -> Option<(usize, ExprId)> {
        let (nodes, body) = (branches.concat(), self.region.types.body);
        let rest = nodes.last()? + 1;
        let is_rest = self.region.analysis.region.nodes.get(rest)?.part == Part::Rest;
        let value = match self.statement_at(rest) {
            StmtKind::Let { init: Some(init), otherwise: None, .. } => *init,
            StmtKind::Expr { expr, semicolon: false } => *expr,
            _ => return None,
        };
        let ExprKind::Tuple(items) = &body.expr(value).kind else { return None };
        let hole = |node: &usize| self.branch_of(*node).map(|branch| self.hole_of(branch));
        let holes: Vec<ExprId> = nodes.iter().map(hole).collect::<Option<_>>()?;
        let is_flat = nodes.len() == branches.len() && (self.region.provider.form != Form::Zip || nodes.len() == 2);
        let text = Span { start: self.node_span(rest).start, end: body.expr(value).span.end };
        let is_all = is_rest && operands::operands(self.region, rest) == nodes && *items == holes;
        (is_all && is_flat && !layout::has_comment(self.slice(text))).then_some((rest, value))
    }

    /// `let pair = (a().await, b().await);` becomes `let pair = join!(a(), b());`.
    pub(super) fn tuple_joined(&mut self, branches: &[Vec<usize>]) -> Option<()> {
        let (rest, value) = self.as_tuple(branches)?;
        let (join, _) = self.joined_with(rest - 1)?;
        let arms = self.all_arms(join)?;
        let Span { start, end } = self.node_span(rest);
        let value = self.region.types.body.expr(value).span;
        let left = self.slice(Span { start, end: value.start }).trim();
        let end = if self.slice(Span { start: value.end, end }).contains(';') { ";" } else { "" };
        let text = self.statement_of_join(&arms, join.at_once, left, end)?;
        let attributes = self.slice(Span { start: start_of(self.region, rest)?, end: start }).to_owned();
        self.blank_line_before(*branches.first()?.first()?);
        self.push(&format!("{attributes}{text}"));
        Some(())
    }

    /// `let (a, b) =`, `(self.a, self.b) =`, or nothing when no value is used.
    fn left(&self, members: &[Member], arms: &mut [Arm]) -> Option<String> {
        if self.is_assignment(members) {
            let places = arms.iter().map(|arm| arm.pattern.clone()).collect();
            return self.tuple("", places, self.style.fn_call_width).map(|tuple| format!("{tuple} ="));
        }
        let mut parts: Vec<String> = arms.iter().map(|arm| arm.pattern.clone()).collect();
        rename_repeated(&mut parts)?;
        let is_statement = |member: &Member| matches!(member, Member::One(branch) if matches!(self.statement(*branch), StmtKind::Expr { .. }));
        if parts.iter().all(|part| part == "_") && members.iter().all(is_statement) {
            return Some(String::new());
        }
        let types: Vec<&str> = arms.iter().map(|arm| arm.ty.as_deref().unwrap_or("_")).collect();
        let is_nested = self.region.provider.form == Form::Zip;
        let nest = |parts: &[&str]| if is_nested { nested(parts) } else { format!("({})", parts.join(", ")) };
        if arms.iter().any(|arm| arm.ty.is_some()) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            return Some(format!("let {}: {} =", nest(&parts), nest(&types)));
        }
        self.tuple("let ", parts, self.style.max_width).map(|tuple| format!("{tuple} ="))
    }

    fn tuple(&self, name: &str, parts: Vec<String>, limit: usize) -> Option<String> {
        let piece = |text: String| match text.rsplit_once('\n') {
            Some((_, last)) => Tree::Raw { from: layout::indent_of(last).to_owned(), text },
            None => Tree::Text(text),
        };
        let list = |name: &str, items: Vec<Tree>| {
            let items = items.into_iter().map(Item::from).collect();
            List { name: name.to_owned(), brackets: ('(', ')'), items, limit, trailing: Trailing::Vertical }
        };
        let mut items: Vec<Tree> = parts.into_iter().map(piece).collect();
        while self.region.provider.form == Form::Zip && items.len() > 2 {
            let last = items.split_off(items.len() - 2);
            items.push(Tree::List(list("", last)));
        }
        laid_out(&Tree::List(list(name, items)), Shape::line(self.columns, &self.style).sub_width(2)?, &self.style)
    }

    /// The attributes of a statement that becomes a branch stand on the join instead.
    fn attributes(&mut self, branch: &[usize]) {
        let [node] = branch else { return };
        let keeps_own = self.branch_of(*node).is_some_and(|branch| self.is_written_again(branch));
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

    /// Whether something is left to do with a branch's value when the join has it.
    pub(super) fn is_written_again(&self, branch: usize) -> bool {
        let found = &self.branches[branch];
        if operands::is_operand(self.region, found.node) {
            return true;
        }
        let Some((join, number)) = self.joined_with(found.node) else { return false };
        let is_whole = || {
            let is_bare = || matches!(self.statement(branch), StmtKind::Expr { semicolon: true, .. });
            found.is_tried && (self.is_plain_let(branch) || is_bare())
        };
        match found.rest {
            Rest::Pattern(_) | Rest::Annotated(..) | Rest::Nothing => false,
            Rest::Assigned(_) => !self.is_assignment(&join.members),
            Rest::Rebind(_) | Rest::Around => !(join.at_once || join.marks[number] && is_whole()),
        }
    }

    /// What the name of a branch's value stands for: the await, or the `?` that the join keeps.
    pub(super) fn hole_of(&self, branch: usize) -> ExprId {
        let found = &self.branches[branch];
        if self.steps.bound().any(|node| node == found.node) {
            return found.value;
        }
        let is_marked = self.joined_with(found.node).is_some_and(|(join, number)| join.marks[number]);
        found.tried.filter(|_| is_marked).unwrap_or(found.site)
    }

    /// Whether the value of a branch needs a name until its statement is written.
    pub(super) fn needs_name(&self, branch: usize) -> bool {
        match self.steps.is_in_chain(self.branches[branch].node) {
            true => self.is_chain_tried_later(branch),
            false => self.is_written_again(branch),
        }
    }

    /// The name that the statement itself gives to the value.
    pub(super) fn own_name(&self, branch: usize) -> Option<String> {
        if !self.needs_name(branch) {
            return None;
        }
        match (&self.branches[branch].rest, self.statement(branch)) {
            (_, StmtKind::Let { pat, .. }) if self.steps.is_in_chain(self.branches[branch].node) => {
                let name = self.region.types.body.local(*pat.bindings.first()?).name.to_string();
                (pat.kind == PatKind::Ident).then_some(name)
            }
            (Rest::Rebind(name), _) => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether a branch ends a chain whose error is looked at behind the join.
    fn is_chain_tried_later(&self, branch: usize) -> bool {
        let node = self.branches[branch].node;
        let Some((join, number)) = self.joined_with(node) else { return false };
        let members = &join.members;
        let is_last = matches!(&members[number], Member::Chain(chain) if chain.last() == Some(&node));
        let may_fail = |node: &usize| self.region.analysis.region.nodes[*node].may_fail;
        let may_fail = matches!(&members[number], Member::Chain(chain) if chain.iter().any(may_fail));
        is_last && may_fail && !join.at_once && !join.marks[number]
    }

    pub(super) fn chain_of(&self, branch: usize) -> Vec<usize> {
        match self.joined_with(self.branches[branch].node).map(|(join, number)| &join.members[number]) {
            Some(Member::Chain(chain)) => chain.clone(),
            _ => Vec::new(),
        }
    }

    /// Where in its join a node's error is looked at, where that is not left for later.
    pub(super) fn place_in_join(&self, node: usize) -> Option<usize> {
        let (join, number) = self.joined_with(node)?;
        if join.at_once {
            return Some(0);
        }
        join.marks[number].then_some(number)
    }

    /// Whether some join of the region joins its errors too.
    pub(super) fn tries_at_once(&self) -> bool {
        self.joins.iter().any(|join| join.at_once)
    }
}

/// The text that `write` makes of the call that joins. Arms that cannot be laid out anew stay as they are, and where even
/// that is too wide, as comments may be, no line is too long.
fn joined(
    provider: &Provider,
    style: &Style,
    arms: &[Arm],
    at_once: bool,
    write: impl Fn(Tree, &Style) -> Option<String>,
) -> Option<String> {
    let item =
        |arm: &Arm, tree: &Tree| Item { before: arm.before.clone(), tree: tree.clone(), behind: arm.behind.clone() };
    let anew = call(provider, style, arms.iter().map(|arm| item(arm, &arm.tree)).collect(), at_once)?;
    let forced = call(provider, style, arms.iter().map(|arm| item(arm, &arm.forced)).collect(), at_once)?;
    let endless = Style { max_width: ENDLESS, ..style.clone() };
    write(anew, style).or_else(|| write(forced.clone(), style)).or_else(|| write(forced, &endless))
}

/// The call that joins. `None` when there are more branches than it takes.
fn call(provider: &Provider, style: &Style, items: Vec<Item>, at_once: bool) -> Option<Tree> {
    let list = |name: String, items: Vec<Item>| List { items, ..List::call(&name, Vec::new(), style) };
    let (path, module, name) = (&provider.path, &provider.module, if at_once { "try_join" } else { "join" });
    let tries = usize::from(at_once);
    let awaited = |root: List| {
        let links = vec![Link { name: ".await".to_owned(), args: None, tries }];
        Tree::Chain { root: Box::new(Tree::List(root)), tries: 0, links }
    };
    let count = items.len();
    match provider.form {
        Form::Marked if count > 16 => None,
        Form::Macro | Form::Marked => {
            let root = Tree::List(list(format!("{path}::{name}!"), items));
            Some(if at_once { Tree::Chain { root: Box::new(root), tries, links: Vec::new() } } else { root })
        }
        Form::Function if count > 5 => None,
        Form::Function => {
            let number = if count > 2 { count.to_string() } else { String::new() };
            Some(awaited(list(format!("{module}::{name}{number}"), items)))
        }
        Form::Tuple if count > 12 => None,
        Form::Tuple => {
            let name = if at_once { "TryJoin::try_join" } else { "Join::join" };
            let tuple = Tree::List(list(String::new(), items));
            Some(awaited(list(format!("{module}::{name}"), vec![Item::from(tuple)])))
        }
        Form::Zip => {
            let name = format!("{module}::{}", if at_once { "try_zip" } else { "zip" });
            zipped(&name, items, &list).map(awaited)
        }
    }
}

/// `zip(a, zip(b, c))`.
fn zipped(name: &str, mut items: Vec<Item>, list: &dyn Fn(String, Vec<Item>) -> List) -> Option<List> {
    if items.len() < 3 {
        return (items.len() == 2).then(|| list(name.to_owned(), items));
    }
    let rest = items.split_off(1);
    items.push(Item::from(Tree::List(zipped(name, rest, list)?)));
    Some(list(name.to_owned(), items))
}

/// `(a, (b, c))`.
fn nested(parts: &[&str]) -> String {
    match parts {
        [first, second] => format!("({first}, {second})"),
        [first, rest @ ..] if !rest.is_empty() => format!("({first}, {})", nested(rest)),
        _ => parts.concat(),
    }
}

/// One pattern cannot bind a name twice: the earlier value, which nobody reads, gets an underscore. `None` where that is
/// one of the names in a larger pattern.
fn rename_repeated(parts: &mut [String]) -> Option<()> {
    for at in 0..parts.len() {
        let later: Vec<&str> = parts[at + 1..].iter().flat_map(|part| names(part)).collect();
        if !names(&parts[at]).any(|name| later.contains(&name)) {
            continue;
        }
        let name = parts[at].trim_start_matches("mut ");
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        parts[at] = is_name.then(|| format!("_{name}"))?;
    }
    Some(())
}

/// The words of a pattern that may be names.
fn names(pattern: &str) -> impl Iterator<Item = &str> {
    let words = pattern.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| {
        word.starts_with(|c: char| c.is_lowercase() || c == '_') && !matches!(*word, "_" | "mut" | "ref")
    })
}
