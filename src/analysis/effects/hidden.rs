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

/// The `drop` of what the body binds.
fn dropped<'t>(types: &'t Types<'_>) -> impl Iterator<Item = (String, FunctionId)> + 't {
    let bound = types.body.locals.iter().filter(|local| local.init.is_some());
    bound.flat_map(|local| {
        let of = local.init.map_or(Ty::Unknown, |init| types.of(init));
        methods(types, &of, "drop").into_iter().map(move |id| (format!("drops `{}`", local.name), id))
    })
}

/// The `next` of iterators of the workspace, and the `deref` of its pointers.
fn gone_through<'t>(types: &'t Types<'_>) -> impl Iterator<Item = (String, FunctionId)> + 't {
    types.body.exprs.iter().flat_map(|expr| {
        let (of, method, words) = match &expr.kind {
            ExprKind::Loop { kind: LoopKind::For { iter, .. }, .. } => (root(types, *iter), "next", "goes through"),
            ExprKind::Deref { base } => (*base, "deref", "looks behind"),
            _ => return Vec::new(),
        };
        let of = if method == "deref" { types.of(of).peel_refs() } else { types.of(of) };
        let found = methods(types, &of, method);
        found.into_iter().map(|id| (format!("{words} a value of its own type"), id)).collect()
    })
}

/// What a chain of adapters begins with.
fn root(types: &Types<'_>, expr: ExprId) -> ExprId {
    let mut at = expr;
    for _ in 0..16 {
        match &types.body.expr(at).kind {
            ExprKind::MethodCall { receiver, .. } if matches!(types.of(at), Ty::Unknown) => at = *receiver,
            _ => break,
        }
    }
    at
}

/// The bodies of a trait's method for a type of the workspace.
fn methods(types: &Types<'_>, of: &Ty, method: &str) -> Vec<FunctionId> {
    let Ty::Named(path, _) = of else { return Vec::new() };
    let Some(name) = path.last().filter(|_| types.index.declares_function(method)) else { return Vec::new() };
    let in_impls = types.index.methods_in_impls(name, method);
    let own = in_impls.iter().filter(|(_, block)| block.of_trait.is_some());
    own.filter(|(_, block)| type_name(&block.self_ty).is_some_and(|of: Name| of == *name)).map(|(id, _)| *id).collect()
}
