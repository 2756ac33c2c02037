//! Statements that may be reordered among themselves.
//!
//! In: a block. Out: its [`Region`]s, and between each two of them the [`Blocker`] that separates them.
//!
//! Invariant: inside a region nothing leaves the body, branches, or is compiled only sometimes; `?` and `unwrap`
//! on an awaited value are the exception, and belong to the statement that awaits it.
//! Invariant: an `if` condition, a `match` scrutinee and the value of a `let … else` end the region they are in.

use crate::analysis::access::{Access, Mode, Phase, Place, accesses};
use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::effects::call_name;
use crate::analysis::inspect::{Call, Inspection, inspect};
use crate::analysis::stored::{self, stored};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{BlockId, ExprId, ExprKind, LocalId, MacroKind, Name, Pat, PatKind, Stmt, StmtKind};
use crate::knowledge::{self, SyncMethod};
use crate::source::Span;

/// A run of statements.
#[derive(Debug, Default)]
pub struct Region {
    /// The block it is in.
    pub block: Option<BlockId>,
    /// Its statements in source order.
    pub nodes: Vec<Node>,
    /// What separates it from the statements before it, where something does.
    pub before: Option<Blocker>,
}

/// A statement of a region.
#[derive(Debug)]
pub struct Node {
    /// Index into the block's statements.
    pub stmt: usize,
    /// The statement.
    pub span: Span,
    /// Its await sites in the order they run; empty for a statement between.
    pub sites: Vec<ExprId>,
    /// What it calls.
    pub calls: Vec<Call>,
    /// What it touches, the names it binds included; empty until the region is completed.
    pub accesses: Vec<Access>,
    /// It may fail: `?` or `unwrap` on the awaited value.
    pub may_fail: bool,
    /// Why it cannot start before what stands before it, where something in its arguments forbids it.
    pub pinned: Option<Blocker>,
    /// Why nothing crosses it: a comment, or what its value is bound to. The latter counts unless it is a proven read.
    pub fence: Option<Blocker>,
    /// Nobody gets its value: `f().await?;`.
    pub is_dropped: bool,
    /// Only the part that awaits belongs to the region: a condition, a scrutinee.
    pub is_last: bool,
    /// Which part of its statement it is.
    pub part: Part,
    /// Why the statement is not taken apart, where awaits stand beside one another in it.
    pub beside: Option<Blocker>,
}

/// Which part of a statement a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole statement.
    Whole,
    /// One of several awaits that stand beside one another in its expression; the rest follows.
    Operand,
    /// What is left of it when those are there.
    Rest,
}

impl Node {
    /// A statement of which nothing is known yet.
    pub fn bare(stmt: usize, span: Span) -> Node {
        Node {
            stmt,
            span,
            sites: Vec::new(),
            calls: Vec::new(),
            accesses: Vec::new(),
            may_fail: false,
            pinned: None,
            fence: None,
            is_dropped: false,
            is_last: false,
            part: Part::Whole,
            beside: None,
        }
    }
}

/// Splits a block into regions. What their statements touch is left out: most regions hold one await at most, and
/// nobody asks.
pub fn regions(types: &Types<'_>, block: BlockId) -> Vec<Region> {
    let open = Region { block: Some(block), ..Region::default() };
    let mut split = Split { types, block, done: Vec::new(), open, noted: documented(types) };
    for (number, stmt) in types.body.block(block).stmts.iter().enumerate() {
        split.statement(number, stmt);
    }
    split.done.push(split.open);
    split.done
}

/// Adds to each statement of a region what it touches, and whether its value is kept for an effect.
pub fn complete(types: &Types<'_>, region: &mut Region) {
    let Some(block) = region.block else { return };
    for node in &mut region.nodes {
        let stmt = &types.body.block(block).stmts[node.stmt];
        node.accesses = accesses_of(types, stmt, node);
        let StmtKind::Let { pat, init: Some(_), otherwise: None, .. } = &stmt.kind else { continue };
        if node.fence.is_none() {
            node.fence = kept_for_effect(types, pat, node);
        }
    }
}

/// What a statement touches, the names it binds included; of one that branches, only what it awaits first.
pub fn accesses_of(types: &Types<'_>, stmt: &Stmt, node: &Node) -> Vec<Access> {
    let expr = match &stmt.kind {
        StmtKind::Let { init, .. } => *init,
        StmtKind::Expr { expr, .. } => Some(*expr),
        StmtKind::Item { .. } => None,
    };
    let mut found = expr.map(|expr| accesses(types, expr, &node.sites)).unwrap_or_default();
    found.extend(node.sites.iter().filter_map(|site| stored(types, *site)).flat_map(|future| held(types, future.made)));
    bound(types, stmt, node, found)
}

/// What a statement touches with the names it binds; of one that branches, only what it awaits.
pub(super) fn bound(types: &Types<'_>, stmt: &Stmt, node: &Node, mut touched: Vec<Access>) -> Vec<Access> {
    if node.is_last {
        touched.retain(|access| access.phase == Phase::Await);
    } else {
        touched.extend(bindings(types, stmt));
    }
    touched
}

/// What a future in a variable looks at while it runs. What it borrows exclusively or has taken, nobody else has.
fn held(types: &Types<'_>, made: ExprId) -> Vec<Access> {
    let mut found = accesses(types, made, &[]);
    found.retain(|access| access.mode == Mode::Read && access.held);
    found.iter_mut().for_each(|access| access.phase = Phase::Await);
    found
}

/// Documentation that speaks of order speaks of the whole function.
fn documented(types: &Types<'_>) -> Option<Blocker> {
    let function = types.function;
    function.is_order_noted.then(|| Blocker::new(BlockerKind::Fence("comment"), function.name_span))
}

struct Split<'a, 't> {
    types: &'a Types<'t>,
    block: BlockId,
    done: Vec<Region>,
    open: Region,
    /// A comment about order speaks of all that follows it in its region.
    noted: Option<Blocker>,
}

impl Split<'_, '_> {
    fn statement(&mut self, number: usize, stmt: &Stmt) {
        let expr = match &stmt.kind {
            StmtKind::Item { is_macro_rules: true, .. } => {
                return self.close(Blocker::new(BlockerKind::Fence("macro"), stmt.span));
            }
            StmtKind::Item { .. } => return self.open.nodes.push(self.node(number, stmt, Inspection::default())),
            StmtKind::Let { init: None, .. } => {
                return self.open.nodes.push(self.node(number, stmt, Inspection::default()));
            }
            StmtKind::Let { init: Some(init), .. } => *init,
            StmtKind::Expr { expr, .. } => *expr,
        };
        let mut found = inspect(self.types, expr);
        if matches!(stmt.kind, StmtKind::Let { .. }) && stored::is_block(self.types.body, expr) {
            // A block does nothing where it is made; what is in it counts where it is awaited.
            found.calls.clear();
        }
        if stmt.is_conditional {
            return self.alone(number, stmt, Some(found), Blocker::new(BlockerKind::Fence("cfg"), stmt.span));
        }
        if let Some(blocker) = boundary(&found, stmt) {
            return self.boundary(number, stmt, found, blocker);
        }
        let discards = self.discards(stmt, expr, &found);
        if stmt.is_order_noted {
            self.noted = Some(Blocker::new(BlockerKind::Fence("comment"), stmt.span));
        }
        let mut node = self.node(number, stmt, found);
        node.is_dropped = discards.is_some();
        node.fence = self.noted.clone().or(discards);
        self.open.nodes.push(node);
    }

    /// A statement that ends the region. What it awaits first, before it branches, still belongs to it.
    fn boundary(&mut self, number: usize, stmt: &Stmt, found: Inspection, blocker: Blocker) {
        let is_let_else = matches!(stmt.kind, StmtKind::Let { otherwise: Some(_), .. });
        let leads = !found.sites.is_empty() && (found.branches.is_some() || is_let_else) && found.opaque.is_none();
        if !leads {
            return self.alone(number, stmt, Some(found), blocker);
        }
        let mut node = self.node(number, stmt, found);
        node.is_last = true;
        let body = self.types.body;
        let is_awaited_first =
            |call: &Call| node.sites.iter().any(|site| body.expr(*site).span.contains(body.expr(call.expr).span));
        node.calls.retain(|call| call.in_await && is_awaited_first(call));
        self.open.nodes.push(node);
        self.close(blocker);
    }

    /// A statement that nothing crosses in either direction.
    fn alone(&mut self, number: usize, stmt: &Stmt, awaits: Option<Inspection>, blocker: Blocker) {
        self.close(blocker.clone());
        if let Some(found) = awaits.filter(|found| !found.sites.is_empty()) {
            let node = self.node(number, stmt, found);
            self.open.nodes.push(node);
            self.close(blocker);
        }
    }

    fn close(&mut self, blocker: Blocker) {
        let next = Region { block: Some(self.block), nodes: Vec::new(), before: Some(blocker) };
        let closed = std::mem::replace(&mut self.open, next);
        self.done.push(closed);
        self.noted = documented(self.types);
    }

    fn node(&self, number: usize, stmt: &Stmt, found: Inspection) -> Node {
        let pinned = pinned(self.types, &found);
        Node {
            sites: found.sites,
            calls: found.calls,
            may_fail: found.may_fail,
            pinned,
            ..Node::bare(number, stmt.span)
        }
    }

    /// An await whose value is dropped is an effect or a guard.
    fn discards(&self, stmt: &Stmt, expr: ExprId, found: &Inspection) -> Option<Blocker> {
        let StmtKind::Expr { semicolon, .. } = &stmt.kind else { return None };
        if !*semicolon || found.sites.is_empty() {
            return None;
        }
        let what = if is_bare_await(self.types, expr) {
            "discarded"
        } else if is_judged(self.types, expr) {
            "check"
        } else {
            return None;
        };
        Some(Blocker::new(BlockerKind::Fence(what), stmt.span))
    }
}

/// Why what is awaited cannot start earlier, by its arguments. A guard made inside the expression lives until its end:
/// `state.lock().unwrap().load().await`.
pub(super) fn pinned(types: &Types<'_>, found: &Inspection) -> Option<Blocker> {
    let is_acquire = |call: &&Call| {
        let name = call_name(types, call.expr);
        let kind = &types.body.expr(call.expr).kind;
        let takes_none = matches!(kind, ExprKind::MethodCall { args, .. } if args.is_empty());
        takes_none
            && call.in_await
            && !call.awaited
            && knowledge::names().sync_method(&name) == Some(SyncMethod::Acquire)
    };
    let acquires = found.calls.iter().find(is_acquire);
    let acquires = acquires.map(|call| Blocker::new(BlockerKind::Fence("acquire"), types.body.expr(call.expr).span));
    acquires.or_else(|| found.exit_in_args.map(|(kind, span)| Blocker::new(BlockerKind::Control(kind), span)))
}

fn bindings(types: &Types<'_>, stmt: &Stmt) -> Vec<Access> {
    let StmtKind::Let { pat, .. } = &stmt.kind else { return Vec::new() };
    let bind = |root: &LocalId| Access {
        place: Place { root: *root, fields: Vec::new() },
        mode: Mode::Write,
        phase: Phase::Finish,
        held: false,
        span: types.body.local(*root).span,
    };
    pat.bindings.iter().map(bind).collect()
}

/// A value bound only to be kept (`_guard`), or thrown away (`_`): unless it is a proven read, the effect is the
/// point. Nothing that is kept to be dropped crosses anything.
fn kept_for_effect(types: &Types<'_>, pat: &Pat, node: &Node) -> Option<Blocker> {
    let fence = |what| Some(Blocker::new(BlockerKind::Fence(what), pat.span));
    if let [only] = pat.bindings.as_slice() {
        let name = &types.body.local(*only).name;
        let is_guard = is_guard_type(&types.of_local(*only)) || is_guard_name(name);
        if is_guard || (name.starts_with('_') && node.sites.is_empty() && !node.calls.is_empty()) {
            return fence("acquire");
        }
        // A value that nobody looks at is there for its error.
        let is_for_error = node.may_fail && !types.is_used(*only);
        return if name.starts_with('_') || is_for_error { fence("discarded") } else { None };
    }
    if pat.kind == PatKind::Wild || pat.kind == PatKind::Unit { fence("discarded") } else { None }
}

fn boundary(found: &Inspection, stmt: &Stmt) -> Option<Blocker> {
    if let StmtKind::Let { otherwise: Some(_), .. } = &stmt.kind {
        return Some(Blocker::new(BlockerKind::Control("let_else"), stmt.span));
    }
    if let Some((kind, span)) = found.exit {
        return Some(Blocker::new(BlockerKind::Control(kind), span));
    }
    if let Some((kind, span)) = found.hidden {
        let kind = match kind {
            "unsafe" => BlockerKind::Fence("unsafe"),
            "macro" => BlockerKind::Fence("macro"),
            other => BlockerKind::Control(other),
        };
        return Some(Blocker::new(kind, span));
    }
    if let Some((kind, span)) = found.opaque {
        return Some(Blocker::new(BlockerKind::Fence(kind), span));
    }
    match (found.branches, found.sites.is_empty()) {
        (Some(kind), false) => Some(Blocker::new(BlockerKind::Control(kind), stmt.span)),
        _ => None,
    }
}

/// `f().await`, `f().await?`, `f().await.context("f")?`: nothing is done with the value.
fn is_bare_await(types: &Types<'_>, expr: ExprId) -> bool {
    match &types.body.expr(expr).kind {
        ExprKind::Await { .. } => true,
        ExprKind::Macro(call) => matches!(call.kind, MacroKind::Join { .. }),
        // Whatever an adapter makes of the error, the value is dropped.
        ExprKind::Try { base } => is_adapted_await(types, *base),
        ExprKind::MethodCall { receiver, method, .. } => {
            let drops = ["unwrap", "expect", "ok", "unwrap_or_default", "unwrap_or_else", "inspect_err"];
            drops.contains(&method.as_str()) && is_adapted_await(types, *receiver)
        }
        _ => false,
    }
}

/// `ensure(allowed().await, "no")?;`: the value goes to a call of which only the error counts.
fn is_judged(types: &Types<'_>, expr: ExprId) -> bool {
    let ExprKind::Try { base } = types.body.expr(expr).kind else { return false };
    matches!(types.body.expr(base).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
}

fn is_adapted_await(types: &Types<'_>, expr: ExprId) -> bool {
    match &types.body.expr(expr).kind {
        ExprKind::MethodCall { receiver, .. } => is_adapted_await(types, *receiver),
        _ => is_bare_await(types, expr),
    }
}

/// Names that people give to what only has to live.
fn is_guard_name(name: &Name) -> bool {
    let name = name.trim_start_matches('_');
    ["guard", "permit", "lock", "lease", "entered", "claim", "conn", "connection", "tx", "txn", "trx", "transaction"]
        .iter()
        .any(|word| name == *word || name.ends_with(&format!("_{word}")))
}

fn is_guard_type(ty: &Ty) -> bool {
    let Ty::Named(path, _) = ty else { return false };
    let name = path.last().map_or("", Name::as_str);
    name.ends_with("Guard") || name.ends_with("Permit") || name == "Entered"
}
