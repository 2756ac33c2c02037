//! A loop taken apart.
//!
//! In: a loop. Out: [`Parts`]: what becomes a future, and what has to come along for the rest of the round.

use super::{Loop, items};
use crate::analysis::access::{Access, Mode, Phase, accesses};
use crate::analysis::is_site;
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{Body, ExprId, ExprKind, LocalId, LoopKind, Name, Origin, Pat, Receiver, Stmt, StmtKind};
use crate::rewrite::branch::{Rest, borrows_temporary, error_type, is_eager, rest, tried};
use crate::source::Span;

/// What a loop is made of.
pub(super) struct Parts<'a> {
    /// Binds an item.
    pub(super) pat: &'a Pat,
    /// The statements in front of the last that awaits.
    pub(super) front: &'a [Stmt],
    /// The last statement that awaits.
    pub(super) last: &'a Stmt,
    /// Its last await.
    pub(super) site: ExprId,
    /// What that awaits.
    pub(super) future: ExprId,
    /// What is left of the statement.
    pub(super) rest: Rest,
    /// What the rest of the round still needs of its front, in the order in which it is bound.
    pub(super) kept: Vec<LocalId>,
    /// What lives longer than a round and must be borrowed before a block takes it.
    pub(super) borrowed: Vec<Name>,
    /// Whether the future is a block: it does more than the call that is awaited.
    pub(super) is_block: bool,
    /// Whether there are so few items that all may wait at once.
    pub(super) is_few: bool,
    /// Whether something that the futures borrow is taken, changed or borrowed exclusively behind the loop.
    pub(super) is_claimed: bool,
}

/// Takes a loop apart. `None` for what is not written.
pub(super) fn parts<'a>(each: &Loop<'a>) -> Option<Parts<'a>> {
    let (types, waiting) = (each.types, each.waiting);
    let body = types.body;
    let ExprKind::Loop { kind: LoopKind::For { pat, iter }, body: block } = &body.expr(waiting.expr).kind else {
        return None;
    };
    let stmts = &body.block(*block).stmts;
    let (front, last) = (stmts.get(..waiting.last)?, stmts.get(waiting.last)?);
    let site = *waiting.sites.last()?;
    let ExprKind::Await { base: future } = body.expr(site).kind else { return None };
    let hole = body.expr(site).span;
    let sites_of_last = waiting.sites.iter().filter(|site| last.span.contains(body.expr(**site).span));
    let is_chained = sites_of_last.clone().count() > 1;
    if !sites_of_last.clone().all(|inner| hole.contains(body.expr(*inner).span)) {
        return None;
    }
    let is_plain = front.iter().chain([last]).all(|stmt| {
        let is_item = matches!(stmt.kind, StmtKind::Item { .. } | StmtKind::Let { otherwise: Some(_), .. });
        !stmt.is_conditional && !is_item && stmt.attributes_start == stmt.span.start
    });
    let round = Round { types, pat, front, last, hole, end: body.block(*block).span.end };
    if !is_plain || !is_statement(body, waiting.expr) || !round.errors_stay(site, future) {
        return None;
    }
    let kept = round.kept()?;
    let lends = !items::are_borrowed(types, *iter) && round.accesses().iter().any(|access| round.lends_own(access));
    let is_block = !kept.is_empty()
        || !front.is_empty()
        || is_chained
        || lends
        || borrows_temporary(types, future)
        || is_eager(types, future);
    let (rest, _) = rest(types, &last.kind, site)?;
    Some(Parts {
        pat,
        front,
        last,
        site,
        future,
        rest,
        kept,
        borrowed: if is_block { round.borrowed()? } else { Vec::new() },
        is_block,
        is_few: items::count(body, *iter).is_some_and(|count| count <= each.limit),
        is_claimed: is_claimed(types, waiting.expr, &round.borrows(*iter)),
    })
}

/// Whether what stands behind a loop and what is borrowed by its futures exclude one another.
fn is_claimed(types: &Types<'_>, each: ExprId, borrowed: &[Access]) -> bool {
    let body = types.body;
    let whole = body.expr(each).span;
    let around = body.blocks.iter().filter(|block| block.span.contains(whole));
    let behind = around.flat_map(|block| &block.stmts).filter(|stmt| stmt.span.start >= whole.end);
    let touched = behind.flat_map(|stmt| match &stmt.kind {
        StmtKind::Let { init: Some(expr), .. } | StmtKind::Expr { expr, .. } => accesses(types, *expr, &[]),
        _ => Vec::new(),
    });
    let mut touched = touched.filter(|touch| !types.of_local(touch.place.root).is_copy());
    touched.any(|touch| {
        let mut held = borrowed.iter().filter(|held| held.place.overlaps(&touch.place));
        held.any(|held| held.mode == Mode::Exclusive || touch.mode != Mode::Read)
    })
}

/// Whether a loop is a statement of a block, so that others may stand before it.
fn is_statement(body: &Body, each: ExprId) -> bool {
    let is_it = |stmt: &Stmt| matches!(stmt.kind, StmtKind::Expr { expr, .. } if expr == each);
    body.blocks.iter().any(|block| block.stmts.iter().any(is_it))
}

struct Round<'a> {
    types: &'a Types<'a>,
    pat: &'a Pat,
    front: &'a [Stmt],
    last: &'a Stmt,
    /// The await and what it awaits.
    hole: Span,
    /// Where the body ends.
    end: u32,
}

impl Round<'_> {
    /// What a round touches up to its last await.
    fn accesses(&self) -> Vec<Access> {
        let body = self.types.body;
        let sites: Vec<ExprId> = body
            .exprs
            .iter()
            .enumerate()
            .filter(|(_, expr)| is_site(expr) && self.hole.contains(expr.span))
            .filter_map(|(at, _)| u32::try_from(at).ok().map(ExprId))
            .collect();
        let of = |stmt: &Stmt, sites: &[ExprId]| match &stmt.kind {
            StmtKind::Let { init: Some(expr), .. } | StmtKind::Expr { expr, .. } => accesses(self.types, *expr, sites),
            _ => Vec::new(),
        };
        let in_front = self.front.iter().flat_map(|stmt| of(stmt, &[]));
        let at_last = of(self.last, &sites).into_iter().filter(|access| access.phase == Phase::Await);
        in_front.chain(at_last).collect()
    }

    /// What the futures borrow that was there before the loop.
    fn borrows(&self, iter: ExprId) -> Vec<Access> {
        let in_rounds = self.accesses();
        let own: Vec<LocalId> = self.own().collect();
        let all = accesses(self.types, iter, &[]).into_iter().chain(in_rounds);
        all.filter(|access| {
            let is_borrow = access.mode == Mode::Exclusive || (access.mode == Mode::Read && access.held);
            is_borrow && !own.contains(&access.place.root)
        })
        .collect()
    }

    /// A `?` inside the future ends the future, no longer the function. It may stay where the future gives a `Result` with
    /// the same error, on which the loop tries a `?` too.
    fn errors_stay(&self, site: ExprId, future: ExprId) -> bool {
        let body = self.types.body;
        let inside = |span: Span| self.hole.contains(span) || self.front.iter().any(|stmt| stmt.span.contains(span));
        let error = error_type(self.types, future);
        let is_alike = |base: ExprId| match &body.expr(base).kind {
            ExprKind::Await { base } => error.is_some() && error_type(self.types, *base) == error,
            _ => false,
        };
        let mut tries = body.exprs.iter().filter(|expr| inside(expr.span)).filter_map(|expr| match expr.kind {
            ExprKind::Try { base } => Some(base),
            _ => None,
        });
        let leaves = |expr: &crate::ir::Expr| matches!(expr.kind, ExprKind::Continue) && inside(expr.span);
        let is_tried = tried(self.types, site).is_some();
        let first = tries.next();
        let may_try = is_tried && self.kept().is_some_and(|kept| kept.is_empty());
        !body.exprs.iter().any(leaves) && first.is_none_or(|first| may_try && is_alike(first) && tries.all(is_alike))
    }

    /// What a round binds up to its last await and uses behind it. `None` where it changes that, or lends it by pattern.
    fn kept(&self) -> Option<Vec<LocalId>> {
        let behind =
            |span: Span| span.start >= self.last.span.start && span.end <= self.end && !self.hole.contains(span);
        let used = mentioned(self.types.body, behind);
        let kept: Vec<LocalId> = self.own().filter(|local| used.contains(local)).collect();
        let is_plain = |local: &LocalId| {
            let local = self.types.body.local(*local);
            !local.mutable && !local.by_ref
        };
        kept.iter().all(is_plain).then_some(kept)
    }

    fn own(&self) -> impl Iterator<Item = LocalId> {
        let bound = self.front.iter().flat_map(|stmt| match &stmt.kind {
            StmtKind::Let { pat, .. } => pat.bindings.as_slice(),
            _ => &[],
        });
        self.pat.bindings.iter().chain(bound).copied()
    }

    /// Whether a future that is made outside of a block would borrow what only the closure has.
    fn lends_own(&self, access: &Access) -> bool {
        let is_own = self.own().any(|local| local == access.place.root);
        is_own
            && access.mode != Mode::Take
            && access.held
            && !matches!(self.types.of_local(access.place.root), Ty::Ref(false, _))
    }

    /// What a block that takes all it names must not take. What is given away by value in each round is copied. `None`
    /// where it is `self` by value, which has no other name.
    fn borrowed(&self) -> Option<Vec<Name>> {
        let body = self.types.body;
        let inside = |span: Span| self.hole.contains(span) || self.front.iter().any(|stmt| stmt.span.contains(span));
        let accesses = self.accesses();
        let is_copied = |local: LocalId| {
            let is_given = |access: &Access| {
                access.place.root == local && access.place.fields.is_empty() && access.mode == Mode::Take
            };
            self.types.of_local(local).is_copy() || accesses.iter().any(is_given)
        };
        let is_outer = |local: &LocalId| {
            let found = body.local(*local);
            !self.pat.bindings.contains(local) && !inside(found.span)
        };
        let mut names = Vec::new();
        for local in mentioned(body, inside).into_iter().filter(is_outer).filter(|local| !is_copied(*local)) {
            let found = body.local(local);
            if found.origin == Origin::SelfValue {
                let is_reference = self.types.function.receiver == Some(Receiver::Shared);
                if is_reference {
                    continue;
                }
                return None;
            }
            if !names.contains(&found.name) {
                names.push(found.name.clone());
            }
        }
        Some(names)
    }
}

/// The locals that are named in some places, those in format strings too, in the order of the source.
fn mentioned(body: &Body, is_there: impl Fn(Span) -> bool) -> Vec<LocalId> {
    let mut found: Vec<LocalId> = Vec::new();
    for expr in body.exprs.iter().filter(|expr| is_there(expr.span)) {
        match &expr.kind {
            ExprKind::Local(local) => found.push(*local),
            ExprKind::Macro(call) => found.extend(&call.captures),
            ExprKind::Opaque(named) => found.extend(named),
            _ => {}
        }
    }
    found
}
