//! Branches that get in each other's way: one transaction, one lock, locks in two orders, too few permits.
//!
//! In: a join. Out: what its branches share and what comes of it.

use crate::analysis::effects::call_name;
use crate::analysis::effects::locks::{Taken, kept_throughout, taken};
use crate::analysis::joins::{self, Branches, Join};
use crate::diagnostic::{Confidence, Label};
use crate::index::calls::{Callee, resolved};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{Body, ExprId, ExprKind, LocalId, Name};
use crate::lints::Context;
use crate::source::Span;

use super::{Answer, Harm, called, futures};

/// Connections that take `&self` and serve one call after the other: the type's crate, its name, and what it is called.
const ONE_BY_ONE: [(&str, &str); 4] = [
    ("sea_orm", "DatabaseTransaction"),
    ("tokio_rusqlite", "Connection"),
    ("toasty", "Transaction"),
    ("async_sqlite", "Client"),
];

/// Connections that are made to be asked several things at once.
const PIPELINED: [&str; 3] = ["tokio_postgres", "deadpool_postgres", "diesel_async"];

pub(super) fn ask(context: &Context<'_>, join: &Join) -> Answer {
    let mut reason = "";
    for question in [one_connection, one_lock, two_orders, few_permits, small_pool] {
        match question(context, join) {
            Answer::Harm(harm) => return Answer::Harm(harm),
            Answer::Fine(why) if reason.is_empty() => reason = why,
            Answer::Fine(_) => {}
        }
    }
    Answer::Fine(reason)
}

/// (b) One transaction or connection, which serves one call at a time.
fn one_connection(context: &Context<'_>, join: &Join) -> Answer {
    let types = context.types;
    let branches = futures(join);
    let used: Vec<Vec<LocalId>> = branches.iter().map(|branch| locals(types, *branch)).collect();
    let is_each = matches!(join.branches, Branches::Each { .. });
    let Some(first) = used.first() else { return Answer::Fine("") };
    let shared = first.iter().find(|local| {
        let by_all = is_each || used.iter().skip(1).any(|other| other.contains(local));
        by_all && serves_one(types, **local) == Some(true)
    });
    let Some(local) = shared else {
        let pipelined = first.iter().any(|local| serves_one(types, *local) == Some(false));
        return Answer::Fine(if pipelined { "pipelined" } else { "" });
    };
    let name = &types.body.local(*local).name;
    let is_transaction = is_begun(types, *local);
    let kind = if is_transaction { "transaction" } else { "connection" };
    let mut story =
        vec![format!("`{name}` serves one call at a time: the branches wait for one another, and nothing is gained")];
    if is_transaction && join.fallible {
        story.push("when one fails, another is dropped with its statement under way".to_owned());
    }
    Answer::Harm(Harm {
        confidence: Confidence::Likely,
        message: format!("the branches of `{}` share one {kind}, `{name}`", join.name),
        labels: vec![Label { span: types.body.local(*local).span, text: format!("one {kind} for all") }],
        story,
        evidence: vec![format!("`{name}` is a `{}`", type_text(types, *local))],
    })
}

/// The locals that a branch names, those it was made of included.
fn locals(types: &Types<'_>, future: ExprId) -> Vec<LocalId> {
    let at = joins::bare(types, future);
    let spans = [types.body.expr(at).span, types.body.expr(future).span];
    let named = types.body.exprs.iter().filter(|expr| spans.iter().any(|span| span.contains(expr.span)));
    let mut found: Vec<LocalId> = Vec::new();
    for expr in named {
        if let ExprKind::Local(local) = expr.kind {
            // `let db = &tx;`
            let init = types.body.local(local).init.and_then(|init| aliased(types.body, init));
            found.push(init.unwrap_or(local));
        }
    }
    found
}

fn aliased(body: &Body, expr: ExprId) -> Option<LocalId> {
    match body.expr(expr).kind {
        ExprKind::Borrow { base, .. } => aliased(body, base),
        ExprKind::Local(local) => Some(local),
        _ => None,
    }
}

/// Whether a local is something that serves one call at a time; `Some(false)` for what is made to serve several.
fn serves_one(types: &Types<'_>, local: LocalId) -> Option<bool> {
    if let Ty::Named(path, _) = types.of_local(local).peeled() {
        let (krate, name) = (path.first()?, path.last()?);
        if PIPELINED.contains(&krate.as_str()) {
            return Some(false);
        }
        if ONE_BY_ONE.iter().any(|(of, one)| of == krate && one == name) || name == "DatabaseTransaction" {
            return Some(true);
        }
    }
    (is_begun(types, local) && uses(types, "sea_orm")).then_some(true)
}

/// Whether a local is what `begin` gave.
fn is_begun(types: &Types<'_>, local: LocalId) -> bool {
    let is_named = || types.of_local(local).peeled() != Ty::Unknown && type_text(types, local).ends_with("Transaction");
    let mut at = types.body.local(local).init;
    while let Some(expr) = at {
        at = match &types.body.expr(expr).kind {
            ExprKind::Await { base } | ExprKind::Try { base } => Some(*base),
            ExprKind::MethodCall { receiver, method, .. } => {
                if method == "begin" {
                    return true;
                }
                Some(*receiver)
            }
            _ => None,
        };
    }
    is_named()
}

fn type_text(types: &Types<'_>, local: LocalId) -> String {
    match types.of_local(local).peeled() {
        Ty::Named(path, _) => path.last().map(ToString::to_string).unwrap_or_default(),
        _ => "transaction".to_owned(),
    }
}

/// Whether the module imports something of a crate.
fn uses(types: &Types<'_>, krate: &str) -> bool {
    let module = types.index.file(types.scope.file).and_then(|ir| ir.modules.get(types.scope.module));
    module.is_some_and(|module| module.imports.iter().any(|import| import.path.first().is_some_and(|it| it == krate)))
}

/// (b) One lock that each branch keeps as long as it waits.
fn one_lock(context: &Context<'_>, join: &Join) -> Answer {
    let Branches::Listed(branches) = &join.branches else { return Answer::Fine("") };
    let kept: Vec<Option<Name>> = branches.iter().map(|branch| kept_by(context.types, *branch)).collect();
    let Some(Some(lock)) = kept.first() else { return Answer::Fine("") };
    if branches.len() < 2 || kept.iter().any(|other| other.as_ref() != Some(lock)) {
        return Answer::Fine("");
    }
    let lock = lock.split('@').next().unwrap_or(lock);
    Answer::Harm(Harm {
        confidence: Confidence::Likely,
        message: format!("each branch of `{}` keeps the lock `{lock}` as long as it waits", join.name),
        labels: Vec::new(),
        story: vec![
            "one branch starts when the other has ended: it reads as if they ran together, and they do not".to_owned(),
        ],
        evidence: branches
            .iter()
            .map(|branch| format!("{} takes `{lock}` before it waits", called(context.types, *branch)))
            .collect(),
    })
}

/// The lock that a called function of the workspace keeps throughout.
fn kept_by(types: &Types<'_>, future: ExprId) -> Option<Name> {
    let inner = body_of(types, joins::bare(types, future))?;
    kept_throughout(&inner)
}

fn body_of<'t>(types: &Types<'t>, call: ExprId) -> Option<Types<'t>> {
    let Callee::Workspace { functions, resolved: true } = resolved(types, call) else { return None };
    let [id] = functions.as_slice() else { return None };
    Types::new(types.index, *id)
}

/// (c) Two branches that take two locks in two orders.
fn two_orders(context: &Context<'_>, join: &Join) -> Answer {
    let Branches::Listed(branches) = &join.branches else { return Answer::Fine("") };
    let all: Vec<Vec<Taken>> = branches.iter().map(|branch| taken_by(context.types, *branch)).collect();
    let is_nested = all.iter().flatten().any(|taken| !taken.kept.is_empty());
    for (number, one) in all.iter().enumerate() {
        for (other_number, other) in all.iter().enumerate().skip(number + 1) {
            if let Some((first, second)) = crossed(one, other) {
                let names = [number, other_number].map(|number| called(context.types, branches[number]));
                return Answer::Harm(crossing(join, names, &first, &second));
            }
        }
    }
    Answer::Fine(if is_nested { "one order" } else { "" })
}

fn taken_by(types: &Types<'_>, future: ExprId) -> Vec<Taken> {
    let at = joins::bare(types, future);
    taken(types, types.body.expr(at).span)
}

/// Two locks of which one branch takes the second while it keeps the first, and the other the first while it keeps the second.
fn crossed(one: &[Taken], other: &[Taken]) -> Option<(Name, Name)> {
    let pairs = |all: &[Taken]| -> Vec<(Name, Name)> {
        all.iter().flat_map(|taken| taken.kept.iter().map(|kept| (kept.clone(), taken.lock.clone()))).collect()
    };
    let others = pairs(other);
    pairs(one).into_iter().find(|(kept, taken)| {
        let is_shared =
            |all: &[Taken]| all.iter().filter(|it| it.lock == *kept || it.lock == *taken).all(|it| it.is_shared);
        kept != taken && others.contains(&(taken.clone(), kept.clone())) && !is_shared(one) && !is_shared(other)
    })
}

fn crossing(join: &Join, [one, other]: [String; 2], first: &str, second: &str) -> Harm {
    let text = |lock: &str| lock.split('@').next().unwrap_or(lock).to_owned();
    let (first, second) = (text(first), text(second));
    Harm {
        confidence: Confidence::Likely,
        message: format!("the branches of `{}` take `{first}` and `{second}` in two orders", join.name),
        labels: Vec::new(),
        story: vec![
            format!(
                "{one} has `{first}` and waits for `{second}`, {other} has `{second}` and waits for `{first}`: neither goes on"
            ),
            "take them in one order everywhere".to_owned(),
        ],
        evidence: vec![
            format!("{one} takes `{second}` while it keeps `{first}`"),
            format!("{other} takes `{first}` while it keeps `{second}`"),
        ],
    }
}

/// (d) A branch that takes a permit while it keeps one of the same semaphore.
fn few_permits(context: &Context<'_>, join: &Join) -> Answer {
    let types = context.types;
    let mut reason = "";
    for future in futures(join) {
        let span = types.body.expr(joins::bare(types, future)).span;
        let acquired = permits(types, span);
        if let Some(nested) =
            acquired.iter().find(|(_, name)| acquired.iter().filter(|(_, other)| other == name).count() > 1)
        {
            let (place, name) = nested;
            return Answer::Harm(Harm {
                confidence: Confidence::Likely,
                message: format!("each branch of `{}` takes a second permit of `{name}` while it keeps one", join.name),
                labels: vec![Label { span: *place, text: "a permit, kept while the next is waited for".to_owned() }],
                story: vec!["when each branch has one and none is left, all wait for ever".to_owned()],
                evidence: Vec::new(),
            });
        }
        if !acquired.is_empty() {
            reason = "permits";
        }
    }
    Answer::Fine(reason)
}

/// The permits that are bound to names in a stretch of source, by the name of their semaphore.
fn permits(types: &Types<'_>, span: Span) -> Vec<(Span, Name)> {
    let body = types.body;
    let bound = |place: Span| {
        let mut stmts = body.blocks.iter().flat_map(|block| &block.stmts);
        stmts.any(|stmt| matches!(&stmt.kind, crate::ir::StmtKind::Let { pat, .. } if stmt.span.contains(place) && !pat.bindings.is_empty()))
    };
    let calls = body.exprs.iter().filter(|expr| span.contains(expr.span));
    let acquires = calls.filter_map(|expr| {
        let ExprKind::MethodCall { receiver, method, args, .. } = &expr.kind else { return None };
        let is_one = matches!(method.as_str(), "acquire" | "acquire_owned") && args.is_empty();
        let name = named(body, *receiver)?;
        let is_semaphore = name.contains("sem") || name.contains("permit");
        (is_one && is_semaphore && bound(expr.span)).then_some((expr.span, name))
    });
    acquires.collect()
}

fn named(body: &Body, expr: ExprId) -> Option<Name> {
    match &body.expr(expr).kind {
        ExprKind::Local(local) => Some(body.local(*local).name.clone()),
        ExprKind::Field { name, .. } => Some(name.clone()),
        ExprKind::MethodCall { receiver, method, .. } if method == "clone" => named(body, *receiver),
        ExprKind::Borrow { base, .. } => named(body, *base),
        _ => None,
    }
}

/// (d) A pool of which it shows that it is smaller than the join.
fn small_pool(context: &Context<'_>, join: &Join) -> Answer {
    let types = context.types;
    let Branches::Listed(branches) = &join.branches else { return Answer::Fine("") };
    let used: Vec<Vec<LocalId>> = branches.iter().map(|branch| locals(types, *branch)).collect();
    let mut all: Vec<LocalId> = used.iter().flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    for local in all {
        let users = used.iter().filter(|locals| locals.contains(&local)).count();
        let Some((size, place)) = size_of(context, local) else { continue };
        if users > size && size > 0 {
            let name = &types.body.local(local).name;
            return Answer::Harm(Harm {
                confidence: Confidence::Likely,
                message: format!("{users} branches of `{}` ask a pool of {size}, `{name}`", join.name),
                labels: vec![Label { span: place, text: format!("at most {size} at a time") }],
                story: vec![
                    "the others wait for a connection meanwhile, and fail when that takes longer than the pool allows"
                        .to_owned(),
                ],
                evidence: Vec::new(),
            });
        }
        return Answer::Fine("large enough");
    }
    Answer::Fine("")
}

/// The size that a pool is made with, where it is written in this function.
fn size_of(context: &Context<'_>, local: LocalId) -> Option<(usize, Span)> {
    let types = context.types;
    let mut at = types.body.local(local).init;
    while let Some(expr) = at {
        let found = &types.body.expr(expr);
        at = match &found.kind {
            ExprKind::Await { base } | ExprKind::Try { base } => Some(*base),
            ExprKind::MethodCall { receiver, args, .. } => {
                if matches!(call_name(types, expr).as_str(), "max_connections" | "max_size") {
                    let arg = types.body.expr(*args.first()?).span;
                    let text = context.types.index.source(context.id.file).text.get(arg.range())?;
                    return text.parse().ok().map(|size| (size, arg));
                }
                Some(*receiver)
            }
            _ => None,
        };
    }
    None
}
