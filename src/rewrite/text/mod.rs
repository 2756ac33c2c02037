//! Steps to text, in the layout of the file.
//!
//! In: [`Steps`] and [`Branch`]es. Out: the text that replaces the region.

mod join;

use crate::rewrite::branch::{Branch, Rest};
use crate::rewrite::layers::{Step, Steps};
use crate::rewrite::names::Names;
use crate::rewrite::{Region, layout};
use crate::source::Span;

/// As wide as rustfmt lets a line be by default.
const MAX_WIDTH: usize = 100;

/// The longest argument list that rustfmt leaves on one line by default.
const MAX_ARGS: usize = 60;

/// One level of indentation where the file shows no other.
const INDENT: &str = "    ";

/// The bytes that are replaced: from the first statement that changes to the last.
pub(super) fn replaced(region: &Region<'_>, steps: &Steps) -> Option<Span> {
    let nodes = &region.analysis.region.nodes;
    let first = start_of(region, steps.first)?;
    Some(Span { start: first, end: nodes.get(steps.last)?.span.end })
}

/// What is done with errors where all branches fail with one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errors {
    /// `try_join!(..)?`.
    AtOnce,
    /// `join!(..)`, and a `?` for each value in source order.
    EachInTurn,
}

/// What is written instead of a region.
#[derive(Debug)]
pub(super) struct Written {
    /// The text.
    pub(super) text: String,
    /// Whether it has a join whose errors are joined into one.
    pub(super) tries_at_once: bool,
}

/// The text of all steps.
pub(super) fn write(region: &Region<'_>, steps: &Steps, branches: &[Branch], errors: Errors) -> Option<Written> {
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
    let unit = unit(region, &indent);
    let (bound, lines) = (Vec::new(), Vec::new());
    let mut writer = Writer { region, steps, branches, errors, unit, indent, bound, lines };
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
    let mut joins = steps.steps.iter().filter_map(|step| match step {
        Step::Join(branches) => branches.iter().map(|branch| writer.member(branch)).collect::<Option<Vec<_>>>(),
        _ => None,
    });
    let tries_at_once = joins.any(|members| writer.is_tried_at_once(&members));
    let text = writer.lines.join("\n");
    let text = text.strip_prefix(writer.indent.as_str()).unwrap_or(&text).to_owned();
    let text = if newline == "\n" { text } else { text.replace("\r\n", "\n").replace('\n', newline) };
    Some(Written { text, tries_at_once })
}

struct Writer<'a> {
    region: &'a Region<'a>,
    steps: &'a Steps,
    branches: &'a [Branch],
    errors: Errors,
    indent: String,
    /// One level more.
    unit: String,
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

    fn finish(&mut self, node: usize) -> Option<()> {
        let branch = self.branch_of(node)?;
        if self.joined_with(node).is_some_and(|chosen| self.is_tried_at_once(&chosen)) {
            return Some(());
        }
        if self.steps.is_in_chain(node) {
            return self.finish_chain(node);
        }
        let hole = match &self.branches[branch].rest {
            Rest::Rebind(_, hole) | Rest::Around(hole) => *hole,
            _ => return Some(()),
        };
        let span = self.node_span(node);
        let before = self.slice(Span { start: start_of(self.region, node)?, end: hole.start });
        let after = self.slice(Span { start: hole.end, end: span.end });
        // The line that broke behind `=` need not, and what hung on it hangs one level higher.
        let (before, after) = match before.trim_end().strip_suffix('=') {
            Some(start) if before.contains('\n') && !start.contains('\n') => (
                format!("{start}= "),
                after.replace(&format!("\n{}{}", self.indent, self.unit), &format!("\n{}", self.indent)),
            ),
            _ => (before.to_owned(), after.to_owned()),
        };
        let before = without_own_name(before, &self.bound[branch], &after);
        let value = format!("{}{after}", self.bound[branch]);
        let folded = layout::on_one_line(&value)
            .filter(|_| !after.contains('{'))
            .map(|value| format!("{}{before}{value}", self.indent));
        let folded = folded.filter(|line| !line.contains('\n') && line.chars().count() <= MAX_WIDTH);
        self.lines.push(folded.unwrap_or_else(|| format!("{}{before}{value}", self.indent)));
        Some(())
    }

    /// What a chain gives is bound by the join; its error, if it may fail, is returned here.
    fn finish_chain(&mut self, last: usize) -> Option<()> {
        let branch = self.branch_of(last)?;
        if self.branches[branch].is_tried {
            let (indent, pattern) = (&self.indent, self.statement_pattern(branch)?);
            let name = pattern.trim_start_matches("mut ").to_owned();
            self.lines.push(format!("{indent}let {pattern} = {name}?;"));
        }
        Some(())
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
        // What stands on the line of the statement before belongs to that one.
        let own = gap.find('\n').map_or("", |at| &gap[at..]);
        own.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
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

/// `User { name: ` without its `name: `, where nothing but `name` follows.
fn without_own_name(before: String, name: &str, after: &str) -> String {
    let is_whole = after.trim_start().starts_with([',', '}']);
    let shorter = before.trim_end().strip_suffix(':').and_then(|start| start.strip_suffix(name));
    let is_field = |start: &&str| start.ends_with(|c: char| c.is_whitespace() || c == '{');
    match shorter.filter(is_field) {
        Some(start) if is_whole => start.to_owned(),
        _ => before,
    }
}

/// One level of indentation as the file has it: what the statements of this block have more than the line that opens it.
fn unit(region: &Region<'_>, indent: &str) -> String {
    let opens = region.analysis.region.block.map_or(0, |block| region.types.body.block(block).span.start as usize);
    let text = &region.source.text[..opens];
    let line = &text[text.rfind('\n').map_or(0, |at| at + 1)..];
    let outer = layout::indent_of(line);
    indent.strip_prefix(outer).filter(|unit| !unit.is_empty()).unwrap_or(INDENT).to_owned()
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
