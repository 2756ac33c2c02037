//! Chains, `root.link().link?`.
//!
//! In: the root and the links. Out: the chain on one line, with its last link broken, or with a line for each link.

use super::{Link, List, Shape, Tree, first_line, fitting, laid_out, last_line};
use crate::rewrite::style::Style;

pub(super) fn chain(root: &Tree, tries: usize, links: &[Link], shape: Shape, style: &Style) -> Option<String> {
    let count = links.len();
    let mut text = laid_out(root, shape.sub_width(tries)?, style)? + &"?".repeat(tries);
    if links.is_empty() {
        return Some(text);
    }
    let mut ends_with_block = is_block(root) && text.contains('\n');
    let mut rest = links;
    // A root no wider than a level takes up the links behind it.
    let level = style.tab_spaces.saturating_sub(shape.offset);
    while text.len() <= level && !text.contains('\n') {
        let Some((first, others)) = rest.split_first() else { break };
        let Some(first) = link(first, shape.offset_left(style.width(&text))?, style) else { break };
        text.push_str(&first);
        ends_with_block = is_extendable(&text);
        rest = others;
    }
    let Some((last, between)) = rest.split_last() else { return fitting(text, shape, style) };
    let indent = shape.indent + if ends_with_block { 0 } else { style.tab_spaces };
    let below = Shape::line(indent, style);
    let mut parts = vec![text];
    for between in between {
        parts.push(link(between, below, style)?);
    }
    let (last, fits) = last_link(&parts, last, count, (shape, below), style)?;
    parts.push(last);
    let separator = if fits { String::new() } else { format!("\n{}", style.indent(indent)) };
    fitting(parts.join(&separator), shape, style)
}

/// The last link, and whether all stands on one line.
fn last_link(
    parts: &[String],
    last: &Link,
    count: usize,
    (shape, below): (Shape, Shape),
    style: &Style,
) -> Option<(String, bool)> {
    let extends = is_extendable(&parts[0]);
    let widths = || parts.iter().map(|part| style.width(part)).sum::<usize>();
    let before = if extends { style.width(last_line(&parts[0])) } else { widths() } + last.tries;
    let room = if count == 1 { shape.width } else { shape.width.min(style.chain_width) }.saturating_sub(before);
    let is_one_line = parts.iter().all(|part| !part.contains('\n')) && room > 0;
    let own_line = below.sub_width(style.max_width.saturating_sub(shape.end()) + last.tries);
    if (is_one_line || extends)
        && let Some(behind) = shape.sub_width(last.tries).and_then(|shape| shape.offset_left(before))
        && let Some(text) = link(last, behind, style)
    {
        let lines = text.split('\n').count();
        let fits = style.width(first_line(&text)) <= room;
        if fits && lines >= 5 {
            return Some((text, is_one_line));
        }
        return match own_line.and_then(|shape| link(last, shape, style)) {
            Some(own) if !fits => Some((own, false)),
            Some(own) if own.split('\n').count() < lines => Some((own, false)),
            _ => Some((text, fits && is_one_line)),
        };
    }
    Some((link(last, own_line?, style)?, false))
}

fn link(link: &Link, shape: Shape, style: &Style) -> Option<String> {
    let shape = shape.sub_width(link.tries)?;
    let text = match &link.args {
        Some(args) => laid_out(&Tree::List(List::call(&link.name, args.clone(), style)), shape, style)?,
        // Whether a field or `.await` fits is asked of the whole.
        None => link.name.clone(),
    };
    Some(text + &"?".repeat(link.tries))
}

/// Whether a text ends with what closes something.
fn is_extendable(text: &str) -> bool {
    text.ends_with("\"#")
        || last_line(text).chars().all(|c| matches!(c, '(' | ')' | ']' | '}' | '?' | '>') || c.is_whitespace())
}

/// Whether what has several lines ends as a block does.
fn is_block(tree: &Tree) -> bool {
    match tree {
        Tree::List(_)
        | Tree::Struct { .. }
        | Tree::Block { .. }
        | Tree::Lines { .. }
        | Tree::Raw { .. }
        | Tree::Chain { .. } => true,
        Tree::Text(_) | Tree::Prefix(..) | Tree::Closure { .. } => false,
    }
}
