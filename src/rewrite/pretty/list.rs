//! Lists between brackets: arguments, macro arguments, tuples, arrays.
//!
//! In: a [`List`]. Out: it on one line, with its last item running on over several lines, or with a line for each item.

use super::{Shape, Tree, first_line, laid_out};
use crate::rewrite::style::Style;

/// Items between brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rewrite) struct List {
    /// What stands before the bracket.
    pub(in crate::rewrite) name: String,
    /// The brackets.
    pub(in crate::rewrite) brackets: (char, char),
    /// What stands between them.
    pub(in crate::rewrite) items: Vec<Item>,
    /// The widest items on one line.
    pub(in crate::rewrite) limit: usize,
    /// Whether the last item has a comma.
    pub(in crate::rewrite) trailing: Trailing,
}

/// An item with the comments around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rewrite) struct Item {
    /// Comments in front, each on a line of its own.
    pub(in crate::rewrite) before: Vec<String>,
    /// The item.
    pub(in crate::rewrite) tree: Tree,
    /// The comment behind its comma.
    pub(in crate::rewrite) behind: String,
}

/// Whether the last item has a comma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rewrite) enum Trailing {
    /// Where each item has a line.
    Vertical,
    /// Never: in a macro it might mean something.
    Never,
    /// It is there.
    Always,
}

impl List {
    /// `name(args)`.
    pub(in crate::rewrite) fn call(name: &str, args: Vec<Tree>, style: &Style) -> List {
        let (brackets, limit) = (('(', ')'), style.fn_call_width);
        let items = args.into_iter().map(Item::from).collect();
        List { name: name.to_owned(), brackets, items, limit, trailing: Trailing::Vertical }
    }
}

impl From<Tree> for Item {
    fn from(tree: Tree) -> Item {
        Item { before: Vec::new(), tree, behind: String::new() }
    }
}

pub(super) fn list(list: &List, shape: Shape, style: &Style) -> Option<String> {
    let (open, close) = list.brackets;
    let Some((last, others)) = list.items.split_last() else {
        let text = format!("{}{open}{close}", list.name);
        return (style.width(&text) <= shape.width).then_some(text);
    };
    let name = style.width(&list.name);
    let inside = shape.width.saturating_sub(name + 2);
    let nested = Shape::line(shape.indent + style.tab_spaces, style).sub_width(1)?;
    if list.items.iter().any(|item| !item.before.is_empty() || !item.behind.is_empty()) {
        return vertical(list, nested, shape, style);
    }
    let comma = if list.trailing == Trailing::Always { "," } else { "" };
    let on_one_line = |texts: &[String]| format!("{}{open}{}{comma}{close}", list.name, texts.join(", "));
    let mut texts: Vec<String> =
        others.iter().map(|item| laid_out(&item.tree, nested, style)).collect::<Option<_>>()?;
    let is_flat = texts.iter().all(|text| !text.contains('\n'));
    let before: usize = texts.iter().map(|text| style.width(text) + 2).sum();
    if is_flat
        && !has_many_closures(list)
        && (may_run_on(&last.tree, list.items.len()) || (others.is_empty() && list.name.len() < style.tab_spaces))
        && let Some(room) = shape.offset_left(name + 1).and_then(|shape| shape.sub_width(1))
        && let Some(text) = running_on(list, room, before, style)
        && before + style.width(first_line(&text)) <= list.limit.min(inside)
    {
        let own = laid_out(&last.tree, nested, style);
        let flat = own.filter(|own| others.is_empty() && text.matches('\n').count() == 1 && !own.contains('\n'));
        if flat.is_none() {
            texts.push(text);
            return Some(on_one_line(&texts));
        }
    }
    texts.push(laid_out(&last.tree, nested, style)?);
    let is_flat = texts.iter().all(|text| !text.contains('\n'));
    let total = texts.iter().map(|text| style.width(text)).sum::<usize>() + 2 * others.len();
    let limit = if others.is_empty() { inside } else { list.limit.min(inside) };
    if is_flat && total <= limit && inside > 0 {
        return Some(on_one_line(&texts));
    }
    if is_filled(list, &texts) {
        return Some(filled(list, &texts, nested, shape, style));
    }
    vertical(list, nested, shape, style)
}

/// The last item with its first line behind the others.
fn running_on(list: &List, room: Shape, before: usize, style: &Style) -> Option<String> {
    let last = &list.items.last()?.tree;
    let is_alone = list.items.len() == 1 && !is_call(last);
    let room = if is_alone { room } else { Shape { width: room.width.min(list.limit), ..room }.offset_left(before)? };
    let text = laid_out(last, room, style)?;
    // A chain runs on only on one line.
    let is_broken_chain = ends_with_method(last) && list.name.len() >= style.tab_spaces && text.contains('\n');
    (!is_broken_chain).then_some(text)
}

fn vertical(list: &List, nested: Shape, shape: Shape, style: &Style) -> Option<String> {
    let (outer, inner) = (style.indent(shape.indent), style.indent(nested.indent));
    let mut text = format!("{}{}\n", list.name, list.brackets.0);
    for (number, item) in list.items.iter().enumerate() {
        for comment in &item.before {
            text.push_str(&format!("{inner}{comment}\n"));
        }
        let is_last = number + 1 == list.items.len();
        let comma = if is_last && list.trailing == Trailing::Never { "" } else { "," };
        let space = if item.behind.is_empty() { "" } else { " " };
        let tree = laid_out(&item.tree, nested, style)?;
        text.push_str(&format!("{inner}{tree}{comma}{space}{}\n", item.behind));
    }
    Some(format!("{text}{outer}{}", list.brackets.1))
}

/// Whether an item may begin on the line of the others and go on below.
fn may_run_on(tree: &Tree, count: usize) -> bool {
    match tree {
        Tree::Block { .. } | Tree::Closure { .. } => true,
        Tree::Lines { text, .. } => match text.starts_with(['"', 'r', 'b', 'c']) && text.ends_with(['"', '#']) {
            true => false,
            false => count == 1 || text.starts_with(['{', '|']) || text.starts_with("async"),
        },
        Tree::List(_) | Tree::Struct { .. } => count == 1,
        Tree::Chain { root, links, .. } => match links.last() {
            None => may_run_on(root, count),
            Some(link) => count == 1 && link.args.is_some(),
        },
        Tree::Prefix(_, base) => may_run_on(base, count),
        Tree::Text(_) | Tree::Raw { .. } => false,
    }
}

/// Of several closures none runs on.
fn has_many_closures(list: &List) -> bool {
    list.items.iter().filter(|item| matches!(item.tree, Tree::Closure { .. })).count() > 1
}

fn is_call(tree: &Tree) -> bool {
    match tree {
        Tree::List(list) => !list.name.is_empty(),
        Tree::Prefix(_, base) => is_call(base),
        Tree::Chain { root, links, .. } => links.is_empty() && is_call(root),
        _ => false,
    }
}

fn ends_with_method(tree: &Tree) -> bool {
    matches!(tree, Tree::Chain { links, .. } if links.last().is_some_and(|link| link.args.is_some()))
}

/// Whether all items are short and simple, so that they fill their lines.
fn is_filled(list: &List, texts: &[String]) -> bool {
    let is_word =
        |text: &str| text.trim_start_matches(['&', '*', '-', '!']).chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_call = list.trailing == Trailing::Vertical && !list.name.ends_with('!') && !list.name.starts_with("let ");
    list.items.len() > 1 && is_call && texts.iter().all(|text| text.len() <= 10 && is_word(text))
}

fn filled(list: &List, texts: &[String], nested: Shape, shape: Shape, style: &Style) -> String {
    let (outer, inner) = (style.indent(shape.indent), style.indent(nested.indent));
    let mut lines = vec![String::new()];
    for text in texts {
        let line = lines.last().map_or(0, |line| style.width(line));
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(text),
            Some(last) if line + 2 + style.width(text) <= nested.width => last.push_str(&format!(", {text}")),
            _ => {
                lines.iter_mut().next_back().into_iter().for_each(|last| last.push(','));
                lines.push(text.clone());
            }
        }
    }
    let lines: String = lines.iter().map(|line| format!("{inner}{line}\n")).collect();
    let lines = lines.strip_suffix('\n').unwrap_or(&lines);
    format!("{}{}\n{lines},\n{outer}{}", list.name, list.brackets.0, list.brackets.1)
}
