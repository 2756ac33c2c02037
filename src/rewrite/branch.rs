//! One statement to a branch of a join and what is left of it.
//!
//! In: a node of a region. Out: [`Branch`].

use crate::analysis::inspect::panics;
use crate::analysis::region::{Node, Part};
use crate::index::calls::{Callee, callee, resolved};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{BinaryOp, Expr, ExprId, ExprKind, MacroKind, PatKind, Receiver, StmtKind, TypeRef};
use crate::rewrite::Region;
use crate::rewrite::own_error::own_error;
use crate::source::Span;

/// A statement taken apart.
#[derive(Debug)]
pub(super) struct Branch {
    /// The node.
    pub(super) node: usize,
    /// The future.
    pub(super) future: ExprId,
    /// The await, or the macro that joins.
    pub(super) site: ExprId,
    /// How the future becomes a branch.
    pub(super) wrap: Wrap,
    /// The bytes of the await and what the statement puts around them.
    pub(super) rest: Rest,
    /// The `?` that is tried on the awaited value before anything else.
    pub(super) tried: Option<ExprId>,
    /// The awaited value with what its statement does to it, as far as that may fail; of a whole statement its value.
    pub(super) value: ExprId,
    /// Whether that is all that is done with the value.
    pub(super) is_tried: bool,
    /// The type of the error, where the callee's declaration says; of a join, that of each of its branches.
    pub(super) errors: Vec<Option<Ty>>,
    /// What is called, without its arguments: the same callee fails with the same error.
    pub(super) callee: String,
    /// The error that a block around several awaits must name, since they fail with different ones.
    pub(super) named_error: Option<String>,
    /// Whether the text is sure to be right when it compiles.
    pub(super) is_certain: bool,
}

/// How a future becomes a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrap {
    /// As it is.
    No,
    /// `async { future.await }`.
    Await,
    /// As it is: a join macro, which becomes branches of its own or `async { join!(..) }`.
    Join,
}

/// What is left of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// `let pat = future.await;`: the pattern stands in the join's own pattern.
    Pattern(Span),
    /// `let pat: T = future.await;` where `T` can stand in the tuple's type.
    Annotated(Span, Span),
    /// `let name = future.await ..;`: the name is bound by the join and again by the statement.
    Rebind(String),
    /// `place = future.await;`.
    Assigned(Span),
    /// Any other statement around the await.
    Around,
    /// `future.await;` or `let _ = future.await;`.
    Nothing,
}

/// Takes a node apart. `None` for shapes that are not written.
pub(super) fn branch(region: &Region<'_>, node: usize) -> Option<Branch> {
    let types = region.types;
    let statement = &region.analysis.region.nodes[node];
    let site = *statement.sites.last()?;
    let (future, hole) = match &types.body.expr(site).kind {
        ExprKind::Await { base } => (*base, types.body.expr(site).span),
        ExprKind::Macro(_) => (site, types.body.expr(site).span),
        _ => return None,
    };
    let chained = statement.sites.len() > 1;
    let is_inside = |inner: &ExprId| hole.contains(types.body.expr(*inner).span);
    if !statement.sites.iter().all(is_inside) {
        return None;
    }
    let wrap = match &types.body.expr(future).kind {
        ExprKind::Macro(call) if matches!(call.kind, MacroKind::Join { .. }) => Wrap::Join,
        _ if chained || borrows_temporary(types, future) || is_eager(types, future) => Wrap::Await,
        _ => Wrap::No,
    };
    let block = region.analysis.region.block?;
    let stmt = &types.body.block(block).stmts[statement.stmt];
    let (rest, value) = match statement.part {
        Part::Whole => rest(types, &stmt.kind, site)?,
        Part::Operand => (Rest::Around, operand_value(region, node, site)),
        // The names that stand in it come from other joins.
        Part::Rest => return None,
    };
    let tried = tried(types, site);
    let mut errors = match &types.body.expr(future).kind {
        ExprKind::Macro(call) if wrap == Wrap::Join => call.args.iter().map(|arg| error_type(types, *arg)).collect(),
        _ => vec![error_type(types, future)],
    };
    let alike = !chained || fails_alike(types, statement, &errors);
    let own = if alike || tried.is_none() { None } else { own_error(region) };
    if let Some(own) = &own {
        errors = vec![Some(own.ty.clone()).filter(|ty| *ty != Ty::Unknown)];
    }
    Some(Branch {
        node,
        future,
        site,
        wrap,
        rest,
        tried,
        value,
        is_tried: tried == Some(value),
        is_certain: alike || own.is_some(),
        named_error: own.map(|own| own.text),
        errors,
        callee: callee_of(region, future),
    })
}

/// The `?` on what a site gives.
pub(super) fn tried(types: &Types<'_>, site: ExprId) -> Option<ExprId> {
    let is_try_of_site = |expr: &Expr| matches!(expr.kind, ExprKind::Try { base } if base == site);
    types.body.exprs.iter().position(is_try_of_site).and_then(|at| u32::try_from(at).ok()).map(ExprId)
}

/// The value that an operand gives to what stands around it: the await, or what tries it. Where it may fail once more, the
/// last thing that does.
fn operand_value(region: &Region<'_>, node: usize, site: ExprId) -> ExprId {
    let (body, nodes) = (region.types.body, &region.analysis.region.nodes);
    let own = body.expr(site).span;
    let others = nodes.iter().enumerate().filter(|(other, found)| *other != node && found.stmt == nodes[node].stmt);
    let others: Vec<Span> =
        others.filter(|(_, found)| found.part == Part::Operand).map(|(_, found)| found.span).collect();
    let is_own = |expr: &Expr| {
        let fails = match &expr.kind {
            ExprKind::Try { .. } => true,
            ExprKind::MethodCall { method, .. } => panics(method),
            _ => false,
        };
        fails && expr.span.contains(own) && !others.iter().any(|other| expr.span.contains(*other))
    };
    let last = body.exprs.iter().rposition(is_own).and_then(|at| u32::try_from(at).ok());
    last.map_or(site, ExprId)
}

/// Whether each await of a chain is known to fail with the error that the last one fails with, so that its `?` may
/// stand in a block.
fn fails_alike(types: &Types<'_>, statement: &Node, errors: &[Option<Ty>]) -> bool {
    let of = |site: &ExprId| match &types.body.expr(*site).kind {
        ExprKind::Await { base } => error_type(types, *base),
        _ => None,
    };
    errors.iter().all(Option::is_some) && statement.sites.iter().all(|site| Some(&of(site)) == errors.first())
}

/// What remains of a statement, and the expression in it that holds the await.
pub(super) fn rest(types: &Types<'_>, stmt: &StmtKind, site: ExprId) -> Option<(Rest, ExprId)> {
    match stmt {
        StmtKind::Let { otherwise: Some(_), init: Some(init), .. } => Some((Rest::Around, *init)),
        StmtKind::Let { pat, ty, init: Some(init), .. } => {
            let is_bare = *init == site;
            let rest = match (ty, pat.kind) {
                (None, PatKind::Wild) if is_bare => Rest::Nothing,
                (None, _) if is_bare && !pat.is_refutable => Rest::Pattern(pat.span),
                (Some((ty, span)), _) if is_bare && !coerces(ty) && !pat.is_refutable => {
                    Rest::Annotated(pat.span, *span)
                }
                (_, PatKind::Ident) if is_chain(types, *init, site) => {
                    Rest::Rebind(types.body.local(*pat.bindings.first()?).name.to_string())
                }
                _ => Rest::Around,
            };
            Some((rest, *init))
        }
        StmtKind::Expr { expr, semicolon } => {
            let rest = match &types.body.expr(*expr).kind {
                _ if *expr == site && *semicolon => Rest::Nothing,
                ExprKind::Assign { target, value } if *value == site && is_plain_place(types, *target) => {
                    Rest::Assigned(types.body.expr(*target).span)
                }
                _ => Rest::Around,
            };
            Some((rest, *expr))
        }
        _ => None,
    }
}

/// A variable or its fields: nothing that runs when it is assigned to.
fn is_plain_place(types: &Types<'_>, target: ExprId) -> bool {
    match &types.body.expr(target).kind {
        ExprKind::Local(_) => true,
        ExprKind::Field { base, .. } => is_plain_place(types, *base),
        _ => false,
    }
}

/// Whether an expression is the await and a chain behind it, `future.await?.name`.
fn is_chain(types: &Types<'_>, expr: ExprId, site: ExprId) -> bool {
    expr == site
        || match &types.body.expr(expr).kind {
            ExprKind::Try { base }
            | ExprKind::Field { base, .. }
            | ExprKind::Cast { base, .. }
            | ExprKind::Borrow { base, .. }
            | ExprKind::Deref { base }
            | ExprKind::Unary { base }
            | ExprKind::Match { scrutinee: base, .. }
            | ExprKind::MethodCall { receiver: base, .. } => is_chain(types, *base, site),
            _ => false,
        }
}

/// Whether a type annotation may change the value's type, so that it must keep its own `let`.
pub(super) fn coerces(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Path(path) => {
            let is_pointer = matches!(path.last(), "Box" | "Rc" | "Arc" | "Pin");
            is_pointer
                && path
                    .segments
                    .iter()
                    .flat_map(|segment| &segment.args)
                    .any(|arg| matches!(arg, TypeRef::Dyn(_) | TypeRef::Slice(_)) || coerces(arg))
        }
        TypeRef::Tuple(items) => items.iter().any(coerces),
        TypeRef::Infer => false,
        _ => true,
    }
}

fn callee_of(region: &Region<'_>, base: ExprId) -> String {
    let body = region.types.body;
    match &body.expr(base).kind {
        ExprKind::Call { callee, .. } => region.source.slice(body.expr(*callee).span).to_owned(),
        ExprKind::MethodCall { method_span, .. } => {
            let start = body.expr(base).span.start;
            region.source.slice(Span { start, end: method_span.end }).to_owned()
        }
        _ => String::new(),
    }
}

/// The error of what a call returns, where its declaration says.
pub(super) fn error_type(types: &Types<'_>, call: ExprId) -> Option<Ty> {
    let Ty::Future(of) = types.of(call) else { return None };
    match *of {
        Ty::Named(path, args) if path.last().is_some_and(|name| name == "Result") => match args.as_slice() {
            [_, error] if *error != Ty::Unknown => Some(error.clone()),
            // An alias with its own error, `anyhow::Result<T>`: the alias names it.
            [_] if path.len() > 1 => Some(Ty::Named(path, Vec::new())),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a macro join would drop a temporary that the future still borrows.
pub(super) fn borrows_temporary(types: &Types<'_>, base: ExprId) -> bool {
    let expr = |id: ExprId| &types.body.expr(id).kind;
    match expr(base) {
        ExprKind::MethodCall { receiver, args, .. } => {
            let takes_receiver = receiver_is_taken(types, base);
            (is_temporary(types, *receiver) && !takes_receiver)
                || args.iter().any(|arg| lends_temporary(types, *arg))
                || builder_borrows(types, *receiver)
        }
        ExprKind::Call { args, .. } => args.iter().any(|arg| lends_temporary(types, *arg)),
        _ => false,
    }
}

/// The calls a builder chain is made of may borrow temporaries too.
fn builder_borrows(types: &Types<'_>, receiver: ExprId) -> bool {
    match &types.body.expr(receiver).kind {
        ExprKind::MethodCall { receiver, args, .. } => {
            args.iter().any(|arg| lends_temporary(types, *arg)) || builder_borrows(types, *receiver)
        }
        ExprKind::Call { args, .. } => args.iter().any(|arg| lends_temporary(types, *arg)),
        _ => false,
    }
}

fn lends_temporary(types: &Types<'_>, arg: ExprId) -> bool {
    match &types.body.expr(arg).kind {
        ExprKind::Borrow { base, mutable } => {
            is_temporary(types, *base) || (*mutable && is_value(types, *base)) || lends_temporary(types, *base)
        }
        ExprKind::MethodCall { receiver, method, .. } => {
            let owns = matches!(method.as_str(), "clone" | "to_string" | "to_owned" | "into" | "to_vec" | "len");
            (!owns && is_temporary(types, *receiver)) || lends_temporary(types, *receiver)
        }
        ExprKind::Array(items) | ExprKind::Tuple(items) => items.iter().any(|item| lends_temporary(types, *item)),
        ExprKind::Struct { fields, .. } => fields.iter().any(|(_, value)| lends_temporary(types, *value)),
        ExprKind::Call { args, .. } => args.iter().any(|item| lends_temporary(types, *item)),
        _ => false,
    }
}

/// A value that nothing holds: a borrow of it ends with the statement. Literals are promoted to statics.
fn is_temporary(types: &Types<'_>, expr: ExprId) -> bool {
    match &types.body.expr(expr).kind {
        ExprKind::Call { .. }
        | ExprKind::MethodCall { .. }
        | ExprKind::Macro(_)
        | ExprKind::Await { .. }
        | ExprKind::Try { .. }
        | ExprKind::Closure { .. } => true,
        ExprKind::Array(items) | ExprKind::Tuple(items) => {
            items.iter().any(|item| !matches!(types.body.expr(*item).kind, ExprKind::Literal(_)))
        }
        ExprKind::Struct { .. } | ExprKind::Range(_) => true,
        ExprKind::Binary { op, .. } => *op != BinaryOp::Lazy,
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => is_temporary(types, *base),
        _ => false,
    }
}

/// A value that is promoted to a static where it is only shared: `None`, `0`, `[1, 2]`.
fn is_value(types: &Types<'_>, expr: ExprId) -> bool {
    match &types.body.expr(expr).kind {
        ExprKind::Literal(_) | ExprKind::Path(_) => true,
        ExprKind::Array(items) | ExprKind::Tuple(items) => !items.is_empty(),
        ExprKind::Unary { base } => is_value(types, *base),
        _ => false,
    }
}

/// Whether a method takes its receiver by value, so that the future owns it.
fn receiver_is_taken(types: &Types<'_>, call: ExprId) -> bool {
    let ExprKind::MethodCall { method, .. } = &types.body.expr(call).kind else { return false };
    match callee(types, call) {
        Callee::Workspace { functions, resolved: true } => {
            let mut receivers = functions.iter().filter_map(|id| types.index.function(*id)?.receiver.clone());
            receivers.all(|receiver| matches!(receiver, Receiver::Value | Receiver::Typed(TypeRef::Path(_))))
        }
        // Builders of the common clients end in these, and take themselves.
        _ => matches!(
            method.as_str(),
            "send" | "json" | "text" | "bytes" | "execute" | "fetch_one" | "fetch_all" | "fetch_optional"
        ),
    }
}

/// A function that is not `async` may do something when it is called, not when it is awaited.
pub(super) fn is_eager(types: &Types<'_>, call: ExprId) -> bool {
    let Callee::Workspace { functions, resolved: true } = resolved(types, call) else { return false };
    let function = |id: &crate::index::FunctionId| types.index.function(*id);
    functions
        .iter()
        .filter_map(function)
        .any(|function| !function.is_async && function.body.is_some() && !is_boxed_by_macro(function))
}

/// `#[async_trait]` writes the box itself.
fn is_boxed_by_macro(function: &crate::ir::Function) -> bool {
    function.attributes.iter().any(|path| path.ends_with("async_trait") || path.ends_with("async_recursion"))
}
