//! What a body runs without calling it by name.
//!
//! In: a body. Out: the [`Effect`]s of workspace functions that it only names (`.map(remembered)`), of the `drop` of its
//! locals, of the `next` of iterators it goes through, of the `deref` behind a `*`, each with the words that lead to it.

use std::collections::HashSet;

use crate::analysis::effects::Effect;
use crate::index::calls::{Callee, named_function};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::index::{FunctionId, type_name};
use crate::ir::{ExprId, ExprKind, LoopKind, Name};

/// Longer chains of locals and adapters are not followed.
const DEEPEST: usize = 16;

/// What is run so, with "hands on `remembered`" in front.
pub(super) fn effects(types: &Types<'_>, summary: &mut dyn FnMut(FunctionId) -> Effect) -> Vec<(String, Effect)> {
    let mut found: Vec<(String, FunctionId)> = Vec::new();
    found.extend(named(types));
    found.extend(dropped(types));
    found.extend(gone_through(types));
    let mut seen = HashSet::new();
    found.retain(|(_, id)| seen.insert(*id));
    found.into_iter().map(|(words, id)| (words, Effect { suspends: false, ..summary(id) })).collect()
}

/// Functions that are named and not called where they are named.
fn named<'t>(types: &'t Types<'_>) -> impl Iterator<Item = (String, FunctionId)> + 't {
    let called: HashSet<ExprId> = types
        .body
        .exprs
        .iter()
        .filter_map(|expr| match expr.kind {
            ExprKind::Call { callee, .. } => Some(callee),
            _ => None,
        })
        .collect();
    let exprs = (0..).map(ExprId).zip(&types.body.exprs);
    let paths = exprs.filter_map(move |(id, expr)| match &expr.kind {
        ExprKind::Path(path) if !called.contains(&id) && path.last().starts_with(char::is_lowercase) => Some(path),
        _ => None,
    });
    paths.flat_map(|path| match named_function(types, path) {
        Callee::Workspace { functions, resolved: true } => {
            let words = format!("hands on `{}`", path.text());
            functions.into_iter().map(|id| (words.clone(), id)).collect()
        }
        _ => Vec::new(),
    })
}

/// The `drop` of what the body builds and binds.
fn dropped<'t>(types: &'t Types<'_>) -> impl Iterator<Item = (String, FunctionId)> + 't {
    let bound = types.body.locals.iter().filter_map(|local| Some((local, local.init?)));
    bound.flat_map(|(local, init)| {
        let found = built(types, init, 0).map(|of| methods(types, of, "Drop", "drop")).unwrap_or_default();
        found.into_iter().map(move |id| (format!("drops `{}`", local.name), id))
    })
}

/// The `next` of iterators that the body builds and goes through, and the `deref` of pointers.
fn gone_through<'t>(types: &'t Types<'_>) -> impl Iterator<Item = (String, FunctionId)> + 't {
    types.body.exprs.iter().flat_map(|expr| {
        let (found, words) = match &expr.kind {
            ExprKind::Loop { kind: LoopKind::For { iter, .. }, .. } => {
                let of = built(types, *iter, 0);
                (of.map(|of| methods(types, of, "Iterator", "next")), "goes through a value of its own type")
            }
            ExprKind::Deref { base } if types.index.declares_function("deref") => match types.of(*base).peel_refs() {
                Ty::Named(path, _) => {
                    let found = path.last().map(|of| methods(types, of, "Deref", "deref"));
                    (found, "looks behind a pointer of its own type")
                }
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        found.unwrap_or_default().into_iter().map(|id| (words.to_owned(), id)).collect()
    })
}

/// The name of the type of a value that is built on the spot: `Rows::open(..)`, `Busy(..)`, `Guard { .. }`, behind a local
/// and adapters too.
fn built<'t>(types: &'t Types<'_>, expr: ExprId, depth: usize) -> Option<&'t Name> {
    let next = |expr: ExprId| built(types, expr, depth + 1);
    match &types.body.expr(expr).kind {
        _ if depth > DEEPEST => None,
        ExprKind::Call { callee, .. } => match &types.body.expr(*callee).kind {
            ExprKind::Path(path) => path
                .segments
                .iter()
                .rev()
                .map(|segment| &segment.name)
                .find(|name| name.starts_with(char::is_uppercase)),
            _ => None,
        },
        ExprKind::Struct { path, .. } => path.segments.last().map(|segment| &segment.name),
        ExprKind::Local(local) => types.body.local(*local).init.and_then(next),
        ExprKind::MethodCall { receiver, .. } => next(*receiver),
        ExprKind::Borrow { base, .. } | ExprKind::Try { base } | ExprKind::Await { base } => next(*base),
        _ => None,
    }
}

/// The bodies of a trait's method for a type of the workspace.
fn methods(types: &Types<'_>, of: &Name, of_trait: &str, method: &str) -> Vec<FunctionId> {
    if !types.index.implements(of, of_trait) {
        return Vec::new();
    }
    let in_impls = types.index.methods_in_impls(of, method);
    let own = in_impls.iter().filter(|(_, block)| block.of_trait.as_ref().is_some_and(|path| path.last() == of_trait));
    own.filter(|(_, block)| type_name(&block.self_ty).is_some_and(|name| name == *of)).map(|(id, _)| *id).collect()
}
