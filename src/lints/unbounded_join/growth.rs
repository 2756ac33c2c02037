//! Whether what a join goes through can grow without a limit.
//!
//! In: what is gone through. Out: [`Growth`].

use crate::analysis::joins;
use crate::diagnostic::Confidence;
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{BinaryOp, Body, ExprId, ExprKind, LocalId, LoopKind, Name, Origin, TypeRef};
use crate::knowledge::{self, Deed};
use crate::lints::Context;

/// Longer ways back are not followed.
const DEEPEST: usize = 16;

/// Things of which there are as many as somebody has set up.
const FEW: &str = "\
    actor aggregator alerter attempt backend broker bucket chain channel cipher client cluster column committee \
    component config connector consumer core cpu database db device driver endpoint executor extension fetcher \
    format guardian handle handler hook host interface kind language layer leader listener locale member \
    middleware mirror mode module network node operator oracle participant partition party peer phase plugin \
    pool processor protocol producer provider receiver region registry relay replica replicaset retry role sender server \
    service shard signer sink source stage storage store subscriber task thread tool type upstream uri \
    validator variant worker";

/// What the items are.
pub(super) enum Growth {
    /// As many as somebody wrote down: the reason.
    Bounded(&'static str),
    /// As many as there happen to be: what they are, and how sure that is.
    Grows(String, Confidence),
}

/// Whether an expression can give any number of items, of which each becomes a future.
pub(super) fn growth(context: &Context<'_>, items: ExprId, future: ExprId) -> Growth {
    let body = context.types.body;
    if called(body, items, future).iter().any(|local| is_few_name(&body.local(*local).name)) {
        return Growth::Bounded("few");
    }
    walk(context, items, 0)
}

/// What the loop or the closure calls an item.
fn called(body: &Body, items: ExprId, future: ExprId) -> Vec<LocalId> {
    let names = body.exprs.iter().filter_map(|expr| match &expr.kind {
        ExprKind::Loop { kind: LoopKind::For { pat, iter }, .. } if *iter == items => Some(pat.bindings.clone()),
        ExprKind::Closure { params, body: inner, .. } if *inner == future => {
            Some(params.iter().flat_map(|pat| pat.bindings.clone()).collect())
        }
        _ => None,
    });
    names.flatten().collect()
}

fn walk(context: &Context<'_>, expr: ExprId, depth: usize) -> Growth {
    let types = context.types;
    let body = types.body;
    let unknown = || Growth::Grows("what it is given".to_owned(), Confidence::Possible);
    if depth > DEEPEST {
        return unknown();
    }
    let next = |expr: ExprId| walk(context, expr, depth + 1);
    if is_few(types, expr) {
        return Growth::Bounded("few");
    }
    match &body.expr(expr).kind {
        ExprKind::Array(_) | ExprKind::Tuple(_) | ExprKind::Literal(_) | ExprKind::Repeat { .. } => {
            Growth::Bounded("listed")
        }
        ExprKind::Macro(call) if call.path.last() == "vec" => match call.args.first() {
            Some(only) if matches!(body.expr(*only).kind, ExprKind::Repeat { .. }) => unknown(),
            _ => Growth::Bounded("listed"),
        },
        ExprKind::Path(_) => Growth::Bounded("constant"),
        ExprKind::Range(ends) => of_range(context, ends, depth),
        ExprKind::Borrow { base, .. }
        | ExprKind::Deref { base }
        | ExprKind::Try { base }
        | ExprKind::Cast { base, .. }
        | ExprKind::Index { base, .. } => next(*base),
        ExprKind::Await { base } => of_answer(types, *base),
        ExprKind::Local(local) => of_local(context, *local, depth),
        ExprKind::Field { name, .. } => Growth::Grows(format!("`{name}`"), Confidence::Possible),
        ExprKind::MethodCall { receiver, method, args, .. } => match method.as_str() {
            "take" | "chunks" | "chunks_exact" | "array_chunks" | "chunk" | "par_chunks" | "ready_chunks"
            | "chunk_by" | "group_by" | "into_group_map" | "batching" | "step_by" | "truncate" => {
                Growth::Bounded("cut")
            }
            "zip" | "izip" => match next(*receiver) {
                Growth::Bounded(reason) => Growth::Bounded(reason),
                grows => match args.first().map(|other| next(*other)) {
                    Some(Growth::Bounded(reason)) => Growth::Bounded(reason),
                    _ => grows,
                },
            },
            method if is_way_through(method) => next(*receiver),
            _ => of_call(types, expr),
        },
        ExprKind::Call { callee, args } => match (&body.expr(*callee).kind, args.as_slice()) {
            (ExprKind::Path(path), [only]) if matches!(path.last(), "iter" | "from" | "clone" | "Some" | "Ok") => {
                next(*only)
            }
            (ExprKind::Path(path), [one, other]) if path.last() == "zip" => match (next(*one), next(*other)) {
                (Growth::Bounded(reason), _) | (_, Growth::Bounded(reason)) => Growth::Bounded(reason),
                (grows, _) => grows,
            },
            _ => of_call(types, expr),
        },
        _ => unknown(),
    }
}

/// What hands on the items of what it is called on.
fn is_way_through(method: &str) -> bool {
    matches!(
        method,
        "iter"
            | "iter_mut"
            | "into_iter"
            | "into_par_iter"
            | "enumerate"
            | "filter"
            | "filter_map"
            | "map"
            | "flat_map"
            | "flatten"
            | "chain"
            | "rev"
            | "skip"
            | "skip_while"
            | "take_while"
            | "map_while"
            | "cloned"
            | "copied"
            | "keys"
            | "values"
            | "values_mut"
            | "into_keys"
            | "into_values"
            | "drain"
            | "peekable"
            | "dedup"
            | "unique"
            | "unique_by"
            | "sorted"
            | "sorted_by"
            | "sorted_by_key"
            | "collect"
            | "collect_vec"
            | "to_vec"
            | "clone"
            | "as_slice"
            | "as_ref"
            | "as_deref"
            | "unwrap"
            | "expect"
            | "unwrap_or_default"
            | "unwrap_or"
            | "unwrap_or_else"
            | "context"
            | "with_context"
            | "map_err"
            | "into_inner"
            | "to_owned"
            | "inspect"
            | "lock"
            | "read"
            | "write"
            | "borrow"
            | "lines"
            | "by_ref"
            | "partition"
            | "difference"
            | "intersection"
            | "union"
            | "split_off"
    )
}

/// What an awaited call gives.
fn of_answer(types: &Types<'_>, base: ExprId) -> Growth {
    let at = joins::bare(types, base);
    let name = crate::analysis::effects::call_name(types, at);
    let is_lock = matches!(name.as_str(), "lock" | "read" | "write") || name.is_empty();
    if let ExprKind::MethodCall { receiver, .. } = &types.body.expr(at).kind
        && is_lock
    {
        return match &types.body.expr(*receiver).kind {
            ExprKind::Field { name, .. } if is_few_name(name) => Growth::Bounded("few"),
            ExprKind::Field { name, .. } => Growth::Grows(format!("`{name}`"), Confidence::Possible),
            _ => Growth::Grows("what is behind the lock".to_owned(), Confidence::Possible),
        };
    }
    if let Some(bounded) = bounded_by_call(types, at, &name) {
        return bounded;
    }
    let is_many = knowledge::names().deed(&name) == Deed::Read || name == "fetch_all";
    let confidence = if is_many { Confidence::Likely } else { Confidence::Possible };
    Growth::Grows(format!("what `{name}` gives"), confidence)
}

fn of_call(types: &Types<'_>, call: ExprId) -> Growth {
    let name = crate::analysis::effects::call_name(types, call);
    if let Some(bounded) = bounded_by_call(types, call, &name) {
        return bounded;
    }
    let is_files = matches!(name.as_str(), "read_dir" | "glob" | "walk" | "WalkDir");
    let confidence = if is_files { Confidence::Likely } else { Confidence::Possible };
    Growth::Grows(format!("what `{name}` gives"), confidence)
}

/// What a call gives by its name is few, or no more than it is told.
fn bounded_by_call(types: &Types<'_>, call: ExprId, name: &str) -> Option<Growth> {
    match is_few_name(name) {
        true => Some(Growth::Bounded("few")),
        false => is_given_limit(types, call).then_some(Growth::Bounded("cut")),
    }
}

/// Whether a call is told how many to give at most: `schedulable_jobs(conf.batch_size)`.
fn is_given_limit(types: &Types<'_>, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return false;
    };
    let is_limit = |name: &str| {
        let last = name.rsplit('_').next().unwrap_or(name).to_lowercase();
        matches!(last.as_str(), "limit" | "size" | "batch" | "max" | "take")
    };
    args.iter().any(|arg| match &types.body.expr(*arg).kind {
        ExprKind::Local(local) => is_limit(&types.body.local(*local).name),
        ExprKind::Field { name, .. } => is_limit(name),
        ExprKind::Path(path) => is_limit(path.last()),
        _ => false,
    })
}

/// `0..4` and `0..WORKERS` are as long as they are written; `0..ids.len()` is as long as `ids`.
fn of_range(context: &Context<'_>, ends: &[ExprId], depth: usize) -> Growth {
    let body = context.types.body;
    let Some(end) = ends.last() else { return Growth::Grows("an endless range".to_owned(), Confidence::Possible) };
    match &body.expr(*end).kind {
        ExprKind::Literal(_) | ExprKind::Path(_) => Growth::Bounded("constant"),
        ExprKind::MethodCall { receiver, method, .. } if method == "len" => walk(context, *receiver, depth + 1),
        ExprKind::Binary { .. } | ExprKind::Call { .. } => Growth::Bounded("computed"),
        // A number that somebody chose.
        _ => Growth::Bounded("number"),
    }
}

fn of_local(context: &Context<'_>, local: LocalId, depth: usize) -> Growth {
    let types = context.types;
    let declared = types.body.local(local);
    if is_checked(context, local) {
        return Growth::Bounded("checked");
    }
    if matches!(&declared.ty, Some(TypeRef::Slice(_))) {
        return Growth::Bounded("listed");
    }
    if let Some(filler) = filled_by(types.body, local) {
        return walk(context, filler, depth + 1);
    }
    match (declared.origin, declared.init) {
        (Origin::Param, _) => {
            let is_many = is_sequence(&types.of_local(local), declared.ty.as_ref());
            let confidence = if is_many { Confidence::Likely } else { Confidence::Possible };
            Growth::Grows(format!("`{}`", declared.name), confidence)
        }
        (_, Some(init)) => match walk(context, init, depth + 1) {
            Growth::Grows(what, confidence) if what.starts_with("what") => {
                Growth::Grows(format!("`{}`, {what}", declared.name), confidence)
            }
            other => other,
        },
        // One of the parts that something was cut into.
        _ => match types.matched(local).or_else(|| types.handed(local)).map(|from| walk(context, from, depth + 1)) {
            Some(Growth::Bounded("cut")) => Growth::Bounded("cut"),
            _ if matches!(declared.name.as_str(), "chunk" | "batch") => Growth::Bounded("cut"),
            _ => Growth::Grows(format!("`{}`", declared.name), Confidence::Possible),
        },
    }
}

/// Whether a type is a sequence of any length.
fn is_sequence(of: &Ty, written: Option<&TypeRef>) -> bool {
    let by_type = match of.peeled() {
        Ty::Slice(_) => true,
        Ty::Named(path, _) => matches!(
            path.last().map_or("", Name::as_str),
            "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "HashMap" | "BTreeMap" | "IndexMap" | "IndexSet"
        ),
        _ => false,
    };
    by_type
        || matches!(written, Some(TypeRef::Impl(bounds)) if bounds.iter().any(|bound| bound.last().contains("Iter")))
}

/// The loop that fills a local that begins empty.
fn filled_by(body: &Body, local: LocalId) -> Option<ExprId> {
    body.exprs.iter().find_map(|expr| {
        let ExprKind::MethodCall { receiver, method, .. } = &expr.kind else { return None };
        let is_its = matches!(body.expr(*receiver).kind, ExprKind::Local(of) if of == local);
        let fills = matches!(method.as_str(), "push" | "insert" | "push_back");
        if !is_its || !fills {
            return None;
        }
        let made = body.local(local).init.map(|init| body.expr(init).span);
        joins::loop_around(body, expr.span, made)
    })
}

/// Whether something asks how many there are, or cuts them.
fn is_checked(context: &Context<'_>, local: LocalId) -> bool {
    let body = context.types.body;
    let source = &context.types.index.source(context.id.file).text;
    let is_len = |expr: ExprId| match &body.expr(expr).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            method == "len" && matches!(body.expr(*receiver).kind, ExprKind::Local(of) if of == local)
        }
        _ => false,
    };
    // `len() > 0` and `len() == 1` say nothing of how many there may be.
    let is_limit = |expr: ExprId| !matches!(source.get(body.expr(expr).span.range()), Some("0" | "1" | "2"));
    body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::Binary { op: BinaryOp::Compare, lhs, rhs } => {
            (is_len(*lhs) && is_limit(*rhs) && !is_length(body, *rhs))
                || (is_len(*rhs) && is_limit(*lhs) && !is_length(body, *lhs))
        }
        ExprKind::MethodCall { receiver, method, .. } => {
            method == "truncate" && matches!(body.expr(*receiver).kind, ExprKind::Local(of) if of == local)
        }
        _ => false,
    })
}

fn is_length(body: &Body, expr: ExprId) -> bool {
    matches!(&body.expr(expr).kind, ExprKind::MethodCall { method, .. } if method == "len")
}

/// Whether an expression names things of which there are as many as somebody has set up.
fn is_few(types: &Types<'_>, expr: ExprId) -> bool {
    let of_type = || match types.of(expr).item() {
        Ty::Named(path, _) => path.last().is_some_and(|name| is_few_name(&snake(name))),
        Ty::Ref(_, to) => {
            matches!(&*to, Ty::Named(path, _) if path.last().is_some_and(|name| is_few_name(&snake(name))))
        }
        _ => false,
    };
    match &types.body.expr(expr).kind {
        ExprKind::Local(local) => is_few_name(&types.body.local(*local).name) || of_type(),
        ExprKind::Field { name, .. } => is_few_name(name) || of_type(),
        _ => false,
    }
}

/// The last word says what they are, `component_ids` the one before.
fn is_few_name(name: &str) -> bool {
    let mut words = name.rsplit('_');
    let of = words.find(|word| {
        !matches!(
            *word,
            "id" | "ids"
                | "list"
                | "map"
                | "set"
                | "vec"
                | "info"
                | "infos"
                | "name"
                | "names"
                | "identifier"
                | "index"
                | "idx"
                | "config"
        )
    });
    let last = of.unwrap_or(name);
    let singular = last.strip_suffix("ies").map(|stem| format!("{stem}y"));
    let singular = singular.or_else(|| last.strip_suffix("sses").map(|stem| format!("{stem}ss")));
    let singular = singular.unwrap_or_else(|| last.strip_suffix('s').unwrap_or(last).to_owned());
    FEW.split_whitespace().any(|word| word == singular || word == last)
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}
