//! Steps to text, in the layout of the file.
//!
//! In: [`Steps`] and [`Branch`]es. Out: the text that replaces the region.

mod arms;
mod chain;
mod finish;
mod join;
mod kinds;

use self::kinds::Join;
use crate::analysis::region::Part;
use crate::ir::ExprId;
use crate::rewrite::branch::Branch;
use crate::rewrite::layers::{Step, Steps};
use crate::rewrite::names::Names;
use crate::rewrite::style::{Style, style};
use crate::rewrite::tree::Reader;
use crate::rewrite::{Region, layout, operands, order};
use crate::source::Span;

/// The bytes that are replaced: from the first statement that changes to the last.
pub(super) fn replaced(region: &Region<'_>, steps: &Steps) -> Option<Span> {
    Some(Span { start: start_of(region, steps.first)?, end: statement_span(region, steps.last).end })
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
    /// Whether of several errors the first in the source is returned, joins whose errors are one apart.
    pub(super) keeps_order: bool,
    /// Whether no block gives away what it may still borrow.
    pub(super) is_certain: bool,
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
    let style = style(region.source).with_unit(unit(region, &indent));
    let columns = style.width(&indent);
    let (bound, lines) = (vec![String::new(); branches.len()], Vec::new());
    let places = vec![None; region.analysis.region.nodes.len()];
    let joins = Vec::new();
    let mut writer = Writer { region, steps, branches, errors, style, columns, indent, joins, places, bound, lines };
    writer.form_joins()?;
    writer.name_values();
    for step in &steps.steps {
        writer.step(step)?;
    }
    let tries_at_once = writer.tries_at_once();
    let keeps_order = order::is_kept(region, steps, &|node| writer.place_in_join(node));
    let text = writer.lines.join("\n");
    let text = text.strip_prefix(writer.indent.as_str()).unwrap_or(&text).to_owned();
    let text = layout::with_line_ends_of(&region.source.text, text);
    let is_certain = !steps.joins().flatten().any(|branch| branch.len() > 1 && writer.may_borrow_own(branch));
    Some(Written { text, tries_at_once, keeps_order, is_certain })
}

struct Writer<'a> {
    region: &'a Region<'a>,
    steps: &'a Steps,
    branches: &'a [Branch],
    errors: Errors,
    style: Style,
    /// How far the region is indented.
    columns: usize,
    indent: String,
    joins: Vec<Join>,
    /// For each node the join it is part of, and which of its members.
    places: Vec<Option<(usize, usize)>>,
    /// The name each branch's value is bound to, where the statement is written again.
    bound: Vec<String>,
    lines: Vec<String>,
}

impl Writer<'_> {
    fn step(&mut self, step: &Step) -> Option<()> {
        match step {
            // It is written where the rest of its statement is.
            Step::Keep(node) if operands::is_operand(self.region, *node) => {}
            Step::Keep(node) => {
                self.what_stands_before(*node);
                let start = start_of(self.region, *node)?;
                let text = self.slice(Span { start, end: self.node_span(*node).end }).to_owned();
                self.push(&text);
            }
            Step::Bind(node) => {
                self.comments_before(*node);
                self.bind(*node)?;
            }
            Step::Join(nodes) if self.as_tuple(nodes).is_some() => self.tuple_joined(nodes)?,
            Step::Join(nodes) => self.join(nodes)?,
            Step::Finish(node) if self.region.analysis.region.nodes[*node].part == Part::Rest => {
                let is_written =
                    self.steps.joins().any(|join| self.as_tuple(join).is_some_and(|(rest, _)| rest == *node));
                return if is_written { Some(()) } else { self.rest(*node) };
            }
            Step::Finish(node) => self.finish(*node)?,
        }
        Some(())
    }

    /// A line, or several of which the first has no indentation yet.
    fn push(&mut self, text: &str) {
        self.lines.push(format!("{}{text}", self.indent));
    }

    /// Gives a name to each value whose statement is written again.
    fn name_values(&mut self) {
        let mut names = Names::new(self.region.types, self.region.source);
        for branch in 0..self.branches.len() {
            if let Some(given) = self.own_name(branch) {
                self.bound[branch] = given;
            } else if self.needs_name(branch) {
                self.bound[branch] = names.fresh(self.region.types, self.branches[branch].site);
            }
        }
    }

    fn reader<'r>(&'r self, holes: &'r [(ExprId, String)]) -> Reader<'r> {
        Reader { body: self.region.types.body, source: self.region.source, style: &self.style, holes }
    }

    /// The blank line and the comments in front of a statement; those of one that was taken apart stand before its first
    /// operand.
    fn what_stands_before(&mut self, node: usize) {
        let head = operands::operands(self.region, node).first().copied().unwrap_or(node);
        self.comments_before(head);
    }

    fn comments_before(&mut self, node: usize) {
        self.blank_line_before(node);
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
        statement_span(self.region, node)
    }

    fn slice(&self, span: Span) -> &str {
        self.region.source.slice(span)
    }
}

/// One level of indentation as the file has it: what the statements of this block have more than the line that opens it.
fn unit<'a>(region: &Region<'_>, indent: &'a str) -> Option<&'a str> {
    let opens = region.analysis.region.block.map_or(0, |block| region.types.body.block(block).span.start as usize);
    let text = &region.source.text[..opens];
    let line = &text[text.rfind('\n').map_or(0, |at| at + 1)..];
    indent.strip_prefix(layout::indent_of(line)).filter(|unit| !unit.is_empty())
}

/// What stands between a statement and the one before it.
fn gap_before<'a>(region: &Region<'a>, node: usize) -> &'a str {
    let start = statement_span(region, node - 1).end;
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

/// Where the statement of a node stands.
fn statement_span(region: &Region<'_>, node: usize) -> Span {
    let found = &region.analysis.region.nodes[node];
    region.analysis.region.block.map_or(found.span, |block| region.types.body.block(block).stmts[found.stmt].span)
}

/// Where a statement begins, its attributes included.
fn start_of(region: &Region<'_>, node: usize) -> Option<u32> {
    let block = region.analysis.region.block?;
    let stmt = region.analysis.region.nodes.get(node)?.stmt;
    Some(region.types.body.block(block).stmts.get(stmt)?.attributes_start)
}
