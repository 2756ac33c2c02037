//! Awaits that stand beside one another in one expression: a statement taken apart.
//!
//! In: the statements of a region. Out: the same, where a statement with such awaits has become a node for each of them
//! and one for what is left of it, or says why it is not.
//!
//! `g(x.len(), f().await?, name(h().await), k().await)` has three operands that await. What else is evaluated before the
//! last of them, `x.len()`, `?`, `name`, stays in the statement when they have moved in front of it, and so runs later.
//!
//! Invariant: nothing that is evaluated in front of an operand does or touches what that one could notice.
//! Invariant: nothing leaves or branches in front of the last operand, but `?` and `unwrap` on an awaited value.

use crate::analysis::access::{Access, Mode, accesses, children};
use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::dependence;
use crate::analysis::effected::effected;
use crate::analysis::effects::Effects;
use crate::analysis::inspect::{Call, inspect};
use crate::analysis::order::finish_conflict;
use crate::analysis::region::{Node, Part, Region, bound, pinned};
use crate::analysis::{inspect, is_site};
use crate::index::types::Types;
use crate::ir::{BinaryOp, BlockKind, Body, ExprId, ExprKind, Literal, MacroCall, MacroKind, Stmt, StmtKind};
use crate::knowledge::Fence;
use crate::source::Span;

/// Takes apart each statement of a completed region that awaits beside itself.
pub fn split(types: &Types<'_>, effects: &Effects<'_>, region: &mut Region) {
    let Some(block) = region.block else { return };
    for node in std::mem::take(&mut region.nodes) {
        let stmt = &types.body.block(block).stmts[node.stmt];
        match Operands::of(types, stmt, &node).map(|operands| operands.parts(effects, stmt, &node)) {
            Some(Ok(parts)) => region.nodes.extend(parts),
            Some(Err(blocker)) => region.nodes.push(Node { beside: Some(blocker), ..node }),
            None => region.nodes.push(node),
        }
    }
}

/// Whether two awaits of a statement stand beside one another.
pub fn are_beside(body: &Body, sites: &[ExprId]) -> bool {
    beside(body, sites).is_some()
}

/// The outermost awaits that have another one beside them, and those around them.
fn beside(body: &Body, sites: &[ExprId]) -> Option<(Vec<ExprId>, Vec<ExprId>)> {
    let is_in = |inner: ExprId, outer: ExprId| inner != outer && body.expr(outer).span.contains(body.expr(inner).span);
    let (mut left, mut around) = (sites.to_vec(), Vec::new());
    loop {
        let outermost = left.iter().filter(|site| !left.iter().any(|other| is_in(**site, *other)));
        let outermost: Vec<ExprId> = outermost.copied().collect();
        match outermost.as_slice() {
            [] => return None,
            // What a join is given is its own affair.
            [only] if matches!(body.expr(*only).kind, ExprKind::Macro(_)) => return None,
            [only] => {
                left.retain(|site| is_in(*site, *only));
                around.insert(0, *only);
            }
            _ => return Some((outermost, around)),
        }
    }
}

/// A statement and the awaits in it that stand beside one another.
struct Operands<'a, 't> {
    types: &'a Types<'t>,
    expr: ExprId,
    /// The awaits, and where they stand.
    units: Vec<(ExprId, Span)>,
    /// The awaits around them, which need their values.
    around: Vec<ExprId>,
}

impl<'a, 't> Operands<'a, 't> {
    fn of(types: &'a Types<'t>, stmt: &Stmt, node: &Node) -> Option<Operands<'a, 't>> {
        let (StmtKind::Let { init: Some(expr), .. } | StmtKind::Expr { expr, .. }) = &stmt.kind else { return None };
        let (units, around) = beside(types.body, &node.sites)?;
        let units = units.into_iter().map(|unit| (unit, types.body.expr(unit).span)).collect();
        Some(Operands { types, expr: *expr, units, around })
    }

    fn parts(&self, effects: &Effects<'_>, stmt: &Stmt, node: &Node) -> Result<Vec<Node>, Blocker> {
        if stmt.is_conditional {
            return Err(Blocker::new(BlockerKind::Fence("cfg"), stmt.span));
        }
        self.is_in_order(stmt)?;
        let mut tried = vec![false; self.units.len()];
        self.nothing_leaves(self.expr, &mut tried)?;
        let calls = inspect(self.types, self.expr).calls;
        let sites: Vec<ExprId> = self.units.iter().map(|(unit, _)| *unit).collect();
        let touched = accesses(self.types, self.expr, &sites);
        let mut parts = Vec::new();
        for (number, tried) in tried.into_iter().enumerate() {
            let own = self.operand(node, number, &touched)?;
            parts.push(Node { may_fail: own.may_fail || tried, ..own });
        }
        for number in 0..parts.len() {
            self.may_run_later(effects, node, number, (&calls, &touched), &parts[number..])?;
        }
        if let Some(held) = parts.iter().find(|part| acquires(self.types, effects, part)) {
            return Err(Blocker::new(BlockerKind::Fence(Fence::Acquire.word()), held.span));
        }
        parts.push(self.rest(stmt, node));
        Ok(parts)
    }

    /// The awaits run in the order they stand in, and the value of each goes somewhere.
    fn is_in_order(&self, stmt: &Stmt) -> Result<(), Blocker> {
        let body = self.types.body;
        let span = body.expr(self.expr).span;
        match (&stmt.kind, &body.expr(self.expr).kind) {
            (
                StmtKind::Expr { semicolon: true, .. },
                ExprKind::Tuple(_) | ExprKind::Array(_) | ExprKind::Struct { .. } | ExprKind::Binary { .. },
            ) => return Err(Blocker::new(BlockerKind::Fence("discarded"), span)),
            // Of an operator of one's own, the place comes first.
            (_, ExprKind::AssignOp { target, .. }) if crate::analysis::access::place(body, *target).is_none() => {
                return Err(Blocker::new(BlockerKind::Fence("expression"), span));
            }
            _ => {}
        }
        let is_sorted = self.units.is_sorted_by_key(|(_, span)| span.start);
        if is_sorted { Ok(()) } else { Err(Blocker::new(BlockerKind::Fence("expression"), span)) }
    }

    /// The part of the statement in which something is evaluated: how many operands come before it.
    fn part(&self, span: Span) -> usize {
        let body = self.types.body;
        if let ExprKind::Assign { target, .. } | ExprKind::AssignOp { target, .. } = &body.expr(self.expr).kind
            && body.expr(*target).span.contains(span)
        {
            return self.units.len();
        }
        self.units.iter().filter(|(_, unit)| unit.end <= span.end).count()
    }

    fn is_inside(&self, span: Span) -> Option<usize> {
        self.units.iter().position(|(_, unit)| unit.contains(span))
    }

    /// Nothing that is evaluated in front of the last operand leaves or branches.
    fn nothing_leaves(&self, expr: ExprId, tried: &mut [bool]) -> Result<(), Blocker> {
        let body = self.types.body;
        let span = body.expr(expr).span;
        let awaits = self.units.iter().any(|(_, unit)| span.contains(*unit));
        let part = self.part(span);
        if self.is_inside(span).is_some() || (part == self.units.len() && !awaits) {
            return Ok(());
        }
        for child in children(body, expr) {
            self.nothing_leaves(child, tried)?;
        }
        if part == self.units.len() {
            return self.is_always_evaluated(expr, span);
        }
        match leaves(self.types, expr) {
            Some(BlockerKind::Control("try" | "panic")) if awaits => {
                // The value of the last operand in it is the one that is tried.
                tried[part - 1] = true;
                Ok(())
            }
            Some(kind) => Err(Blocker::new(kind, span)),
            None => Ok(()),
        }
    }

    /// Assertions, and what leaves the function, may evaluate their messages only sometimes.
    fn is_always_evaluated(&self, expr: ExprId, span: Span) -> Result<(), Blocker> {
        match &self.types.body.expr(expr).kind {
            ExprKind::Macro(call) if matches!(call.kind, MacroKind::Assert | MacroKind::Exit) => {
                Err(Blocker::new(hides(self.types, call).unwrap_or(BlockerKind::Fence("macro")), span))
            }
            _ => Ok(()),
        }
    }

    /// One operand, with what runs before its await completes.
    fn operand(&self, node: &Node, number: usize, touched: &[Access]) -> Result<Node, Blocker> {
        let (site, span) = self.units[number];
        let found = inspect(self.types, site);
        if let Some((what, span)) = found.opaque {
            return Err(Blocker::new(BlockerKind::Fence(what), span));
        }
        if let Some((by, span)) = found.hidden {
            return Err(Blocker::new(BlockerKind::Control(by), span));
        }
        // A dropped value is that of the await around; a comment is about all of it.
        let is_noted = |fence: &Blocker| !node.is_dropped || fence.kind == BlockerKind::Fence("comment");
        Ok(Node {
            pinned: pinned(self.types, &found),
            fence: node.fence.clone().filter(is_noted),
            sites: found.sites,
            calls: found.calls,
            accesses: touched.iter().filter(|access| self.is_inside(access.span) == Some(number)).cloned().collect(),
            may_fail: found.may_fail,
            part: Part::Operand,
            ..Node::bare(node.stmt, span)
        })
    }

    /// What is evaluated right in front of an operand may as well be evaluated behind that one and all others.
    fn may_run_later(
        &self,
        effects: &Effects<'_>,
        node: &Node,
        number: usize,
        (calls, touched): (&[Call], &[Access]),
        behind: &[Node],
    ) -> Result<(), Blocker> {
        let is_front = |span: Span| self.part(span) == number && self.is_inside(span).is_none();
        let calls = calls.iter().filter(|call| is_front(self.types.body.expr(call.expr).span));
        // Whatever is awaited around them runs later.
        let calls = calls.map(|call| Call { in_await: false, awaited: false, ..*call }).collect();
        let front = Node { calls, ..Node::bare(node.stmt, node.span) };
        let done = effected(self.types, effects, &front);
        if let Some(blocker) = finish_conflict((&front, &done), node.span) {
            return Err(blocker);
        }
        let lent = self.lent_to_calls();
        let touched = touched.iter().filter(|access| is_front(access.span));
        let touched = touched.filter(|access| access.mode != Mode::Exclusive || !lent.contains(&access.span));
        let (taken, seen): (Vec<Access>, Vec<Access>) = touched.cloned().partition(|access| access.mode == Mode::Take);
        // What is given away and used again is copied.
        let copied: Vec<Access> = taken.into_iter().map(|access| Access { mode: Mode::Read, ..access }).collect();
        for part in behind {
            let keeps = |access: &&Access| access.mode != Mode::Take;
            let kept: Vec<Access> = part.accesses.iter().filter(keeps).cloned().collect();
            let conflict = dependence::strict(self.types, &seen, &part.accesses)
                .or_else(|| dependence::strict(self.types, &copied, &kept));
            if let Some(blocker) = conflict {
                return Err(blocker);
            }
        }
        Ok(())
    }

    /// Places that a call around an operand borrows only when it is made: its receiver, and what `write!` writes to.
    fn lent_to_calls(&self) -> Vec<Span> {
        let body = self.types.body;
        let around = body.exprs.iter().filter(|expr| self.units.iter().any(|(_, unit)| expr.span.contains(*unit)));
        let receivers = around.filter_map(|expr| match &expr.kind {
            ExprKind::MethodCall { receiver, .. } => Some(body.expr(*receiver).span),
            ExprKind::Macro(call) if call.path.last().starts_with("write") => {
                call.args.first().map(|target| body.expr(*target).span)
            }
            _ => None,
        });
        receivers.collect()
    }

    /// What is left of the statement when the operands are there.
    fn rest(&self, stmt: &Stmt, node: &Node) -> Node {
        let outside = |span: Span| self.is_inside(span).is_none();
        let calls = node.calls.iter().filter(|call| outside(self.types.body.expr(call.expr).span));
        let mut touched = accesses(self.types, self.expr, &self.around);
        touched.retain(|access| outside(access.span));
        Node {
            sites: self.around.clone(),
            calls: calls.copied().collect(),
            accesses: bound(self.types, stmt, node, touched),
            may_fail: node.may_fail,
            fence: node.fence.clone(),
            is_dropped: node.is_dropped,
            is_last: node.is_last,
            part: Part::Rest,
            ..Node::bare(node.stmt, node.span)
        }
    }
}

/// Whether an operand gives a guard, which is then held until the statement ends.
fn acquires(types: &Types<'_>, effects: &Effects<'_>, part: &Node) -> bool {
    effected(types, effects, part).awaited.is_some_and(|effect| effect.fence == Some(Fence::Acquire))
}

/// What leaves the body at an expression, branches there or hides what it does.
fn leaves(types: &Types<'_>, expr: ExprId) -> Option<BlockerKind> {
    let body = types.body;
    match &body.expr(expr).kind {
        ExprKind::Try { .. } => Some(BlockerKind::Control("try")),
        ExprKind::MethodCall { method, .. } if inspect::panics(method) => Some(BlockerKind::Control("panic")),
        ExprKind::Index { index, .. } => {
            let is_whole = matches!(&body.expr(*index).kind, ExprKind::Range(ends) if ends.is_empty());
            (!is_whole).then_some(BlockerKind::Control("index"))
        }
        ExprKind::Binary { op: BinaryOp::Divide, rhs, .. } => {
            let is_number = matches!(body.expr(*rhs).kind, ExprKind::Literal(Literal::Other));
            (!is_number).then_some(BlockerKind::Control("index"))
        }
        ExprKind::Binary { op: BinaryOp::Lazy, rhs, .. } => {
            let behind = body.expr(*rhs).span;
            let awaits = body.exprs.iter().any(|expr| is_site(expr) && behind.contains(expr.span));
            awaits.then_some(BlockerKind::Control("lazy"))
        }
        ExprKind::Return(_) => Some(BlockerKind::Control("return")),
        ExprKind::Break(_) => Some(BlockerKind::Control("break")),
        ExprKind::Continue => Some(BlockerKind::Control("continue")),
        ExprKind::Opaque(_) => Some(BlockerKind::Control("macro")),
        ExprKind::If { .. } | ExprKind::Let { .. } => Some(BlockerKind::Control("if")),
        ExprKind::Match { .. } => Some(BlockerKind::Control("match")),
        ExprKind::Loop { .. } => Some(BlockerKind::Control("loop")),
        ExprKind::Block { kind: BlockKind::Unsafe, .. } => Some(BlockerKind::Fence("unsafe")),
        ExprKind::Block { kind: BlockKind::Plain | BlockKind::Try, .. } => Some(BlockerKind::Control("block")),
        ExprKind::Macro(call) => hides(types, call),
        _ => None,
    }
}

fn hides(types: &Types<'_>, call: &MacroCall) -> Option<BlockerKind> {
    match call.kind {
        // A macro of the workspace may do more than the one that everybody knows under its name.
        MacroKind::Value | MacroKind::Print if types.index.macro_may_leave(call.path.last()).is_none() => None,
        MacroKind::Join { .. } => None,
        MacroKind::Log => Some(BlockerKind::Control("lazy")),
        MacroKind::Assert => Some(BlockerKind::Control("assert")),
        MacroKind::Exit if matches!(call.path.last(), "bail" | "ensure") => Some(BlockerKind::Control("return")),
        MacroKind::Exit => Some(BlockerKind::Control("panic")),
        MacroKind::Value | MacroKind::Print | MacroKind::Opaque => Some(BlockerKind::Fence("macro")),
    }
}
