//! A join that asks the same twice: one branch, whose answer is used twice.
//!
//! In: a macro that joins, and the branch of it that says what an earlier one says. Out: a [`Fix`]; `None` where the
//! statement has a shape that is not written, or nothing says that the answer can be used twice.

use crate::analysis::again::{Again, Value};
use crate::diagnostic::{Applicability, Confidence, Edit, Fix};
use crate::index::types::Types;
use crate::ir::{ExprId, ExprKind, Stmt, StmtKind};
use crate::rewrite::layout;
use crate::rewrite::pretty::{Link, List, Statement, Tree, assigned, with};
use crate::rewrite::statement::{around, plain_indent};
use crate::rewrite::style::style;
use crate::rewrite::tree::{Reader, pieces};
use crate::source::SourceFile;

/// Leaves one of two branches.
pub fn one_branch(types: &Types<'_>, source: &SourceFile, join: ExprId, again: &Again) -> Option<Fix> {
    let (_, stmt) = around(types.body, types.body.expr(join).span)?;
    let replacement = text(types, source, join, again, stmt)?;
    let is_sure = again.confidence == Confidence::Proven;
    let applicability = if is_sure { Applicability::MachineApplicable } else { Applicability::MaybeIncorrect };
    Fix::new("ask once and use the answer twice", vec![Edit { span: stmt.span, replacement }], None, applicability)
}

fn text(types: &Types<'_>, source: &SourceFile, join: ExprId, again: &Again, stmt: &Stmt) -> Option<String> {
    let body = types.body;
    let ExprKind::Macro(call) = &body.expr(join).kind else { return None };
    let (value, pattern) = match &stmt.kind {
        StmtKind::Let { init: Some(init), otherwise: None, ty: None, pat } => (*init, Some(source.slice(pat.span))),
        StmtKind::Expr { expr, semicolon: true } => (*expr, None),
        _ => return None,
    };
    let tries = match &body.expr(value).kind {
        _ if value == join => 0,
        ExprKind::Try { base } if *base == join => 1,
        _ => return None,
    };
    let indent = plain_indent(source, stmt)?;
    let place = |branch: ExprId| call.args.iter().position(|arg| *arg == branch);
    let (asked, repeated) = (place(again.asked)?, place(again.repeated)?);
    let mut branches = call.args.clone();
    let mut names: Vec<&str> = match pattern {
        Some(pattern) => pieces(pattern.strip_prefix('(')?.strip_suffix(')')?)?,
        None => vec!["_"; branches.len()],
    };
    if names.len() != branches.len() || names.iter().any(|name| *name == ".." || name.contains('\n')) {
        return None;
    }
    // Whichever has the name stays.
    let (kept, dropped) = if names[asked] == "_" { (repeated, asked) } else { (asked, repeated) };
    let second = second(names[kept], names[dropped], again.value)?;
    branches.remove(dropped);
    names.remove(dropped);
    let style = style(source);
    let reader = Reader { body, source, style: &style, holes: &[] };
    let right = joined(&reader, source.slice(body.expr(join).span), &branches, tries)?;
    let left = match (pattern, names.as_slice()) {
        (None, _) => String::new(),
        (_, [name]) => format!("let {name} ="),
        (_, names) => format!("let ({}) =", names.join(", ")),
    };
    let first = Statement { before: Vec::new(), left, right, end: ";" };
    let first = assigned(&first, style.width(indent), &style)?;
    let text = if second.is_empty() { first } else { format!("{first}\n{indent}{second}") };
    Some(layout::with_line_ends_of(&source.text, text))
}

/// The statement that gives the answer its second name; empty where it has none.
fn second(kept: &str, dropped: &str, value: Value) -> Option<String> {
    let is_name = kept.chars().all(|c| c.is_alphanumeric() || c == '_');
    match value {
        _ if dropped == "_" => Some(String::new()),
        Value::Copied if is_name => Some(format!("let {dropped} = {kept};")),
        Value::Cloned if is_name => Some(format!("let {dropped} = {kept}.clone();")),
        _ => None,
    }
}

/// The join of what is left; an await where that is one.
fn joined(reader: &Reader<'_>, text: &str, branches: &[ExprId], tries: usize) -> Option<Tree> {
    if let [only] = branches {
        let awaited = Link { name: ".await".to_owned(), args: None, tries };
        return Some(with(reader.tree(*only), awaited));
    }
    let name = text.split_once('(')?.0.trim_end();
    let list = List::call(name, branches.iter().map(|branch| reader.tree(*branch)).collect(), reader.style);
    Some(Tree::Chain { root: Box::new(Tree::List(list)), tries, links: Vec::new() })
}
