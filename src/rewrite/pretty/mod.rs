//! Code to text as rustfmt lays it out.
//!
//! In: a [`Tree`] and the room there is for it, a [`Shape`]. Out: the text; `None` where it does not fit, or where
//! rustfmt does something that is not known here.
//!
//! The rules are those of rustfmt 1.9 for chains, calls, blocks and assignments, with its names for the widths.

mod block;
mod chain;
mod list;

use crate::rewrite::layout;
use crate::rewrite::style::Style;

pub(super) use block::{Statement, assigned};
pub(super) use list::{Item, List, Trailing};

/// A piece of code, as far as its layout goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// What stays on one line.
    Text(String),
    /// What stays on its lines: all but the first begin with `from`.
    Lines {
        /// The text.
        text: String,
        /// The indentation of the line it ends on.
        from: String,
    },
    /// The same, whether it fits or not.
    Raw {
        /// The text.
        text: String,
        /// The indentation of the line it ends on.
        from: String,
    },
    /// `root.link().link?`.
    Chain {
        /// What it begins with.
        root: Box<Tree>,
        /// How many `?` follow that.
        tries: usize,
        /// What follows.
        links: Vec<Link>,
    },
    /// `f(a, b)`, `f!(a, b)`, `(a, b)`, `[a, b]`.
    List(List),
    /// `&a`.
    Prefix(String, Box<Tree>),
    /// `Path { a, b: c }`.
    Struct {
        /// The type.
        path: String,
        /// The fields; one without value is a shorthand or a base.
        fields: Vec<(String, Option<Tree>)>,
    },
    /// `async { a }`.
    Block {
        /// What stands before the brace.
        head: String,
        /// What stands in it.
        body: Vec<Statement>,
    },
    /// `|a| b`.
    Closure {
        /// Up to its body.
        head: String,
        /// Its body.
        body: Box<Tree>,
    },
}

/// A link of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// `.await`, `.name`, `.get::<T>`.
    pub(super) name: String,
    /// The arguments of a method.
    pub(super) args: Option<Vec<Tree>>,
    /// How many `?` follow.
    pub(super) tries: usize,
}

/// Room for a text: how far its lines are indented, where on its line it begins, and what is left of that line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) indent: usize,
    pub(super) offset: usize,
    pub(super) width: usize,
}

/// A tree with one more method behind it.
pub(super) fn linked(tree: Tree, name: &str) -> Tree {
    with(tree, Link { name: name.to_owned(), args: Some(Vec::new()), tries: 0 })
}

/// A tree with one more link behind it.
pub(super) fn with(tree: Tree, link: Link) -> Tree {
    match tree {
        Tree::Chain { root, tries, mut links } => {
            links.push(link);
            Tree::Chain { root, tries, links }
        }
        other => Tree::Chain { root: Box::new(other), tries: 0, links: vec![link] },
    }
}

/// Lays out a tree.
pub(super) fn laid_out(tree: &Tree, shape: Shape, style: &Style) -> Option<String> {
    match tree {
        // Nobody breaks a string.
        Tree::Text(text) => (style.width(text) <= shape.width || text.starts_with('"')).then(|| text.clone()),
        Tree::Lines { text, from } => fitting(layout::moved(text, from, &style.indent(shape.indent)), shape, style),
        Tree::Raw { text, from } => Some(layout::moved(text, from, &style.indent(shape.indent))),
        Tree::Chain { root, tries, links } => chain::chain(root, *tries, links, shape, style),
        Tree::List(list) => list::list(list, shape, style),
        Tree::Prefix(prefix, base) => {
            let base = laid_out(base, shape.offset_left(style.width(prefix))?, style)?;
            Some(format!("{prefix}{base}"))
        }
        Tree::Struct { path, fields } => block::fields(path, fields, shape, style),
        Tree::Block { head, body } => block::block(head, body, shape, style),
        Tree::Closure { head, body } => closure(head, body, shape, style),
    }
}

fn closure(head: &str, body: &Tree, shape: Shape, style: &Style) -> Option<String> {
    let shape = shape.offset_left(style.width(head) + 1)?;
    let is_block = matches!(body, Tree::Block { .. } | Tree::Lines { .. } | Tree::Struct { .. });
    match laid_out(body, shape, style) {
        Some(text) if is_block || !text.contains('\n') => Some(format!("{head} {text}")),
        _ if is_block => None,
        // What does not fit behind the bars gets braces.
        _ => {
            let inner = Shape::line(shape.indent + style.tab_spaces, style);
            let text = laid_out(body, inner, style)?;
            let (outer, inner) = (style.indent(shape.indent), style.indent(inner.indent));
            (shape.width > 0).then(|| format!("{head} {{\n{inner}{text}\n{outer}}}"))
        }
    }
}

impl Shape {
    /// A whole line behind its indentation.
    pub(super) fn line(indent: usize, style: &Style) -> Shape {
        Shape { indent, offset: 0, width: style.max_width.saturating_sub(indent) }
    }

    /// What is left behind so many columns.
    pub(super) fn offset_left(self, columns: usize) -> Option<Shape> {
        Some(Shape { offset: self.offset + columns, width: self.width.checked_sub(columns)?, ..self })
    }

    /// With so many columns kept for what follows.
    pub(super) fn sub_width(self, columns: usize) -> Option<Shape> {
        Some(Shape { width: self.width.checked_sub(columns)?, ..self })
    }

    /// Where the line would have to end.
    fn end(self) -> usize {
        self.indent + self.offset + self.width
    }
}

/// The text, when its first line, its last and all between fit.
fn fitting(text: String, shape: Shape, style: &Style) -> Option<String> {
    let mut lines = text.split('\n');
    let first = lines.next().map_or(0, |line| style.width(line));
    let fits_between = lines.clone().all(|line| style.width(line) <= style.max_width);
    let fits_last = lines.next_back().is_none_or(|line| style.width(line) <= shape.end());
    (first <= shape.width && fits_between && fits_last).then_some(text)
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
