//! A join that a deadline or a race drops, with the results that are there already.
//!
//! In: a join that waits for values. Out: what drops it.

use crate::analysis::effects::call_name;
use crate::analysis::joins::{self, Branches, Join};
use crate::diagnostic::{Confidence, Label};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{Arm, Body, ExprId, ExprKind, MacroKind, Name, StmtKind};
use crate::lints::Context;
use crate::source::Span;

use super::{Answer, Harm, futures};

pub(super) fn ask(context: &Context<'_>, join: &Join) -> Answer {
    let types = context.types;
    if join.fallible {
        // One error drops the others as well: all or nothing is what it is for.
        return Answer::Fine("");
    }
    let place = types.body.expr(join.expr).span;
    let Some((by, around)) = dropped_by(types, join.expr, place) else { return Answer::Fine("") };
    let value = match &join.branches {
        Branches::Listed(branches) => {
            branches.iter().map(|branch| gives(types, *branch)).max().unwrap_or(Gives::Nothing)
        }
        Branches::Each { .. } => {
            futures(join).iter().map(|future| gives(types, *future)).max().unwrap_or(Gives::Nothing)
        }
    };
    if value == Gives::Nothing || is_discarded(types, around) {
        return Answer::Fine("no results");
    }
    if is_handed_on(types, around) {
        return Answer::Fine("all or nothing");
    }
    Answer::Harm(Harm {
        confidence: if value == Gives::Values { Confidence::Likely } else { Confidence::Possible },
        message: format!("{by} drops `{}` with the results that are there already", join.name),
        labels: vec![Label { span: around, text: "all or nothing".to_owned() }],
        story: vec![
            "one slow branch is enough to lose what all others have given".to_owned(),
            "give each branch its own deadline, or collect the results as they come".to_owned(),
        ],
        evidence: Vec::new(),
    })
}

/// What a branch gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gives {
    Nothing,
    Unknown,
    Values,
}

pub(super) fn gives(types: &Types<'_>, future: ExprId) -> Gives {
    let at = joins::bare(types, future);
    let of = match types.of(at) {
        Ty::Future(of) => *of,
        _ => match &types.body.expr(at).kind {
            ExprKind::Block { block, .. } => match types.body.block(*block).stmts.last().map(|stmt| &stmt.kind) {
                Some(StmtKind::Expr { expr, semicolon: false }) => return of_tail(types, *expr),
                _ => return Gives::Nothing,
            },
            _ => return Gives::Unknown,
        },
    };
    of_type(&of)
}

fn of_tail(types: &Types<'_>, expr: ExprId) -> Gives {
    match &types.body.expr(expr).kind {
        ExprKind::Call { callee, args } if names_ok(types, *callee) => {
            args.first().map_or(Gives::Unknown, |arg| of_tail(types, *arg))
        }
        ExprKind::Loop { .. } | ExprKind::Macro(_) => Gives::Nothing,
        ExprKind::Tuple(items) if !items.is_empty() => Gives::Values,
        ExprKind::Tuple(_) => Gives::Nothing,
        ExprKind::If { otherwise: None, .. } => Gives::Nothing,
        _ => of_type(&types.of(expr)),
    }
}

fn names_ok(types: &Types<'_>, callee: ExprId) -> bool {
    matches!(&types.body.expr(callee).kind, ExprKind::Path(path) if matches!(path.last(), "Ok" | "Some"))
}

fn of_type(of: &Ty) -> Gives {
    match of {
        Ty::Unknown => Gives::Unknown,
        Ty::Tuple(items) if items.is_empty() => Gives::Nothing,
        Ty::Named(path, args) if path.last().is_some_and(|name| name.ends_with("Result")) => {
            args.first().map_or(Gives::Unknown, of_type)
        }
        _ => Gives::Values,
    }
}

/// The deadline or race that a join stands in, directly or in a block, or through the local it was put in.
fn dropped_by(types: &Types<'_>, join: ExprId, place: Span) -> Option<(String, Span)> {
    let body = types.body;
    let local = (0..).zip(&body.locals).find(|(_, local)| local.init == Some(join)).map(|(number, _)| number);
    let holds = |arg: ExprId| {
        let inner = body.expr(joins::bare(types, arg));
        let is_its = matches!(inner.kind, ExprKind::Local(of) if Some(of.0) == local);
        let is_last = match &inner.kind {
            ExprKind::Block { block, .. } => body
                .block(*block)
                .stmts
                .last()
                .is_some_and(|stmt| stmt.span.contains(place) && !is_repeated(body, place)),
            _ => inner.span == place,
        };
        is_its || is_last
    };
    body.exprs.iter().enumerate().find_map(|(number, expr)| match &expr.kind {
        ExprKind::Call { args, .. } => {
            let name = call_name(types, ExprId(u32::try_from(number).ok()?));
            let is_deadline = matches!(name.as_str(), "timeout" | "timeout_at") && args.len() == 2;
            (is_deadline && holds(args[1])).then(|| (format!("`{name}`"), expr.span))
        }
        ExprKind::Macro(call) if call.kind == MacroKind::Opaque && call.path.last() == "select" => {
            let is_named = call.captures.iter().any(|of| Some(of.0) == local);
            let is_raced = is_named || call.args.iter().any(|arg| holds(*arg));
            is_raced.then(|| ("`select!`".to_owned(), expr.span))
        }
        _ => None,
    })
}

/// Whether a place stands in a loop.
fn is_repeated(body: &Body, place: Span) -> bool {
    body.exprs.iter().any(|expr| matches!(expr.kind, ExprKind::Loop { .. }) && expr.span.contains(place))
}

/// Whether the error of a deadline, or what wins a race, leaves the function or panics: all or nothing is what is wanted
/// then.
fn is_handed_on(types: &Types<'_>, place: Span) -> bool {
    let body = types.body;
    let text = &types.index.source(types.scope.file).text;
    let is_around = |base: &ExprId| body.expr(*base).span.contains(place);
    let within =
        |base: &ExprId| is_around(base) && joins::around(body, body.expr(*base).span) == joins::around(body, place);
    body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::Try { base } => within(base),
        // A branch of the race leaves the function.
        ExprKind::Macro(call) if expr.span == place => {
            let leaves = |word: &Name| matches!(word.as_str(), "return" | "bail" | "ensure" | "panic");
            call.words.iter().any(leaves) || text.get(place.range()).is_some_and(|text| text.contains('?'))
        }
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.as_str(), "map_err" | "expect" | "unwrap" | "or" | "context" | "with_context")
                && within(receiver)
        }
        _ => false,
    })
}

/// Whether nobody looks at what an expression gives: `let _ = ..;`, `..;`, `if ...is_err()`.
fn is_discarded(types: &Types<'_>, place: Span) -> bool {
    let body = types.body;
    let text = &types.index.source(types.scope.file).text;
    let stmts = body.blocks.iter().flat_map(|block| &block.stmts).filter(|stmt| stmt.span.contains(place));
    let Some(stmt) = stmts.min_by_key(|stmt| stmt.span.end - stmt.span.start) else { return false };
    match &stmt.kind {
        StmtKind::Let { pat, .. } => pat.bindings.is_empty(),
        StmtKind::Expr { expr, semicolon } => match &body.expr(*expr).kind {
            ExprKind::If { condition, .. } => {
                !matches!(&body.expr(*condition).kind, ExprKind::Let { pat, .. } if !pat.bindings.is_empty())
            }
            ExprKind::Match { scrutinee, arms } if body.expr(*scrutinee).span.contains(place) => {
                // `Ok(_) => ..`: that all have come is all that matters.
                let is_error = |arm: &Arm| text.get(arm.pat.span.range()).is_some_and(|text| text.starts_with("Err"));
                arms.iter().all(|arm| is_error(arm) || arm.pat.bindings.is_empty())
            }
            ExprKind::Match { .. } | ExprKind::Return(_) | ExprKind::Assign { .. } => false,
            _ => *semicolon && !matches!(body.expr(*expr).kind, ExprKind::Macro(_)),
        },
        StmtKind::Item { .. } => true,
    }
}
