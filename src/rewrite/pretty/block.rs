//! Blocks, struct literals, and what stands behind `=`.
//!
//! In: statements, fields, a right side. Out: their lines.

use super::{Shape, Tree, first_line, fitting, laid_out};
use crate::rewrite::style::Style;

/// A statement of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rewrite) struct Statement {
    /// The comments in front, each on a line of its own.
    pub(in crate::rewrite) before: Vec<String>,
    /// `let a =`; nothing for the value of the block.
    pub(in crate::rewrite) left: String,
    /// The value.
    pub(in crate::rewrite) right: Tree,
    /// `;`, or nothing.
    pub(in crate::rewrite) end: &'static str,
}

impl Statement {
    /// The value of a block.
    pub(in crate::rewrite) fn value(tree: Tree) -> Statement {
        Statement { before: Vec::new(), left: String::new(), right: tree, end: "" }
    }
}

/// A statement at an indentation: `let a = b;`, with the right side where rustfmt puts it.
pub(in crate::rewrite) fn assigned(statement: &Statement, indent: usize, style: &Style) -> Option<String> {
    let line = Shape::line(indent, style).sub_width(statement.end.len())?;
    let Statement { left, right, end, .. } = statement;
    if left.is_empty() {
        return Some(format!("{}{end}", laid_out(right, line, style)?));
    }
    let columns = left.rsplit('\n').next().map_or(0, |last| style.width(last));
    let columns = if left.contains('\n') { columns.saturating_sub(indent) } else { columns };
    let offset = line.offset + columns + 1;
    let behind = line.offset_left(columns + 1).unwrap_or(Shape { width: 0, offset, ..line });
    let beside = laid_out(right, behind, style);
    if let Some(text) = beside.as_ref().filter(|text| !text.contains('\n') && style.width(text) <= behind.width) {
        return Some(format!("{left} {text}{end}"));
    }
    let below = Shape::line(indent + style.tab_spaces, style).sub_width(end.len())?;
    let own = |own: &str| Some(format!("{left}\n{}{own}{end}", style.indent(below.indent)));
    match (beside, laid_out(right, below, style).and_then(|text| fitting(text, below, style))) {
        (Some(beside), Some(below)) if prefers_below(&beside, &below) => own(&below),
        (Some(beside), _) => Some(format!("{left} {beside}{end}")),
        (None, Some(below)) => own(&below),
        (None, None) => None,
    }
}

/// Whether a right side looks better on lines of its own.
fn prefers_below(beside: &str, below: &str) -> bool {
    let lines = |text: &str| text.matches('\n').count();
    let opens = |text: &str, bracket: char| first_line(text).ends_with(bracket);
    lines(below) == 0
        || lines(beside) > lines(below) + 1
        || ['(', '{', '['].into_iter().any(|bracket| opens(beside, bracket) && !opens(below, bracket))
}

pub(super) fn block(head: &str, body: &[Statement], shape: Shape, style: &Style) -> Option<String> {
    if let [only] = body
        && only.left.is_empty()
        && only.before.is_empty()
        && only.end.is_empty()
        && let Some(room) = shape.offset_left(style.width(head) + 1)
        && let Some(text) = laid_out(&only.right, room, style)
    {
        let line = format!("{head} {{ {text} }}");
        if !text.contains('\n') && style.width(&line) <= shape.width {
            return Some(line);
        }
    }
    let (outer, inner) = (style.indent(shape.indent), style.indent(shape.indent + style.tab_spaces));
    let mut text = format!("{head} {{\n");
    for statement in body {
        for comment in &statement.before {
            text.push_str(&format!("{inner}{comment}\n"));
        }
        text.push_str(&format!("{inner}{}\n", assigned(statement, shape.indent + style.tab_spaces, style)?));
    }
    text.push_str(&outer);
    text.push('}');
    (style.width(first_line(&text)) <= shape.width).then_some(text)
}

pub(super) fn fields(path: &str, fields: &[(String, Option<Tree>)], shape: Shape, style: &Style) -> Option<String> {
    let field = |(name, value): &(String, Option<Tree>), shape: Shape| match value {
        Some(value) => {
            let left = format!("{name}: ");
            let beside = shape.offset_left(style.width(&left)).and_then(|shape| laid_out(value, shape, style));
            // What can be broken is broken where it stands.
            let is_word = matches!(value, Tree::Text(text) if !text.contains([' ', '(', '[', '{']));
            let below = || {
                let indent = shape.indent + style.tab_spaces;
                let text = laid_out(value, Shape::line(indent, style), style).filter(|_| is_word)?;
                Some(format!("{name}:\n{}{text}", style.indent(indent)))
            };
            beside.map(|text| format!("{left}{text}")).or_else(below)
        }
        None => Some(name.clone()),
    };
    let inside = shape.width.saturating_sub(style.width(path) + 5);
    if fields.is_empty() {
        return Some(format!("{path} {{}}"));
    }
    let nested = Shape::line(shape.indent + style.tab_spaces, style).sub_width(1)?;
    let texts: Vec<String> = fields.iter().map(|given| field(given, nested)).collect::<Option<_>>()?;
    let total = texts.iter().map(|text| style.width(text) + 2).sum::<usize>().saturating_sub(2);
    if total <= inside.min(style.struct_lit_width) && texts.iter().all(|text| !text.contains('\n')) {
        return Some(format!("{path} {{ {} }}", texts.join(", ")));
    }
    let (outer, inner) = (style.indent(shape.indent), style.indent(nested.indent));
    let comma = |text: &String| if text.starts_with("..") { "" } else { "," };
    let lines: String = texts.iter().map(|text| format!("{inner}{text}{}\n", comma(text))).collect();
    Some(format!("{path} {{\n{lines}{outer}}}"))
}
