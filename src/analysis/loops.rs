//! Loops whose rounds wait for one another.
//!
//! In: a function. Out: for each `for` loop that awaits, [`Waiting`] or the [`Blocker`] that keeps its rounds in a row.
//!
//! The part of a round up to its last await is its *front*; what follows, its *rest*, would run behind all awaits, round
//! by round and in order, as it does today. So rounds may wait together when no front needs what another round does:
//! nothing that lives longer than a round is changed in one and used in the front of the next, all awaits read, and
//! nothing decides in a round whether there is a next one.
//!
//! Invariant: `while` and `loop` are left alone: each of their rounds is asked for by the one before.

use std::collections::HashSet;

use crate::analysis::access::{Access, Mode, Phase, accesses};
use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::dependence::is_connection;
use crate::analysis::effected::{Effected, effected};
use crate::analysis::effects::{Effect, Effects};
use crate::analysis::inspect::inspect;
use crate::analysis::is_site;
use crate::analysis::order::{keeps_order, may_overlap};
use crate::analysis::region::{self, Node, Region};
use crate::diagnostic::Confidence;
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{BlockId, Body, ExprId, ExprKind, Local, LocalId, LoopKind, Pat, StmtKind};
use crate::source::Span;

/// A loop whose rounds could wait together.
#[derive(Debug)]
pub struct Waiting {
    /// The loop.
    pub expr: ExprId,
    /// What it iterates over.
    pub iter: ExprId,
    /// Its block.
    pub block: BlockId,
    /// The last statement of the block that awaits.
    pub last: usize,
    /// The awaits of a round.
    pub sites: Vec<ExprId>,
    /// What each of them does.
    pub effects: Vec<Effect>,
    /// Whether a round may fail.
    pub may_fail: bool,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A loop, and whether its rounds could wait together.
pub type InLoop = (ExprId, Result<Waiting, Blocker>);

/// Adapters of iterators that do nothing but hand items on.
pub const PLAIN: [&str; 23] = [
    "iter",
    "iter_mut",
    "into_iter",
    "keys",
    "values",
    "values_mut",
    "into_keys",
    "into_values",
    "enumerate",
    "zip",
    "rev",
    "skip",
    "take",
    "copied",
    "cloned",
    "chain",
    "drain",
    "filter",
    "map",
    "filter_map",
    "flatten",
    "flat_map",
    "step_by",
];

/// Whoever cuts work into pieces of some size wants one piece at a time.
const PIECES: [&str; 5] = ["chunks", "chunks_exact", "chunks_mut", "array_chunks", "into_chunks"];

/// Types whose items are all there.
const COLLECTIONS: [&str; 13] = [
    "Vec",
    "VecDeque",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "IndexMap",
    "IndexSet",
    "SmallVec",
    "FxHashMap",
    "FxHashSet",
    "BinaryHeap",
    "Option",
];

/// The `for` loops of a body that await in it, in source order.
pub fn loops(types: &Types<'_>, effects: &Effects<'_>, least: Confidence) -> Vec<InLoop> {
    let body = types.body;
    let ids = (0..body.exprs.len()).map(|number| ExprId(u32::try_from(number).unwrap_or(u32::MAX)));
    let mut found = Vec::new();
    for expr in ids {
        if let ExprKind::Loop { kind: LoopKind::For { pat, iter }, body: block } = &body.expr(expr).kind
            && sites_in(body, body.block(*block).span).next().is_some()
        {
            let round = Round { types, expr, pat, iter: *iter, block: *block };
            found.push((expr, round.waiting(effects, least)));
        }
    }
    found.sort_by_key(|(expr, _)| body.expr(*expr).span.start);
    found
}

/// Whether a body has a `for` loop that awaits.
pub fn awaits_in_loop(body: &Body) -> bool {
    body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::Loop { kind: LoopKind::For { .. }, body: block } => {
            sites_in(body, body.block(*block).span).next().is_some()
        }
        _ => false,
    })
}

struct Round<'a, 't> {
    types: &'a Types<'t>,
    expr: ExprId,
    pat: &'a Pat,
    iter: ExprId,
    block: BlockId,
}

impl Round<'_, '_> {
    fn waiting(&self, effects: &Effects<'_>, least: Confidence) -> Result<Waiting, Blocker> {
        self.is_iterable()?;
        self.leaves()?;
        let (front, last) = self.front()?;
        let effected: Vec<Effected> = front.iter().map(|node| effected(self.types, effects, node)).collect();
        self.rest(effects, last)?;
        self.is_carried(&front, last)?;
        self.reads(&front, &effected, least)?;
        self.asks_anew(&front)?;
        let awaited: Vec<Effect> = effected.iter().filter_map(|effected| effected.awaited.clone()).collect();
        if !awaited.iter().any(|effect| effect.suspends && !effect.is_local) {
            return Err(self.fence("local"));
        }
        Ok(Waiting {
            expr: self.expr,
            iter: self.iter,
            block: self.block,
            last,
            sites: front.iter().flat_map(|node| node.sites.clone()).collect(),
            confidence: awaited.iter().map(Effect::sureness).min().unwrap_or(Confidence::Possible),
            effects: awaited,
            may_fail: front.iter().any(|node| node.may_fail),
        })
    }

    /// All items must be there before the first round.
    fn is_iterable(&self) -> Result<(), Blocker> {
        let body = self.types.body;
        let mut at = self.iter;
        loop {
            match &body.expr(at).kind {
                ExprKind::MethodCall { method, .. } if PIECES.contains(&method.as_str()) => {
                    return Err(Blocker::new(BlockerKind::Fence("pieces"), body.expr(at).span));
                }
                ExprKind::MethodCall { receiver, method, .. } if PLAIN.contains(&method.as_str()) => at = *receiver,
                ExprKind::Borrow { base, .. } | ExprKind::Deref { base } => at = *base,
                ExprKind::Try { base } | ExprKind::Await { base } if !is_collection(&self.types.of(at)) => at = *base,
                ExprKind::Local(_) | ExprKind::Field { .. } | ExprKind::Index { .. } | ExprKind::Array(_) => {
                    return Ok(());
                }
                ExprKind::Range(ends) if ends.len() == 2 => return Ok(()),
                ExprKind::Path(_) | ExprKind::Repeat { .. } => return Ok(()),
                ExprKind::Macro(call) if call.path.last() == "vec" => return Ok(()),
                _ if is_collection(&self.types.of(at)) => return Ok(()),
                _ => return Err(Blocker::new(BlockerKind::Fence("iterator"), body.expr(at).span)),
            }
        }
    }

    /// Nothing in a round decides whether there is a next one, but its errors.
    fn leaves(&self) -> Result<(), Blocker> {
        let body = self.types.body;
        let own = body.block(self.block).span;
        let leaving = body.exprs.iter().filter(|expr| own.contains(expr.span)).find_map(|expr| match &expr.kind {
            ExprKind::Return(_) => Some(("return", expr.span)),
            ExprKind::Break(_) => Some(("break", expr.span)),
            ExprKind::Opaque(_) => Some(("macro", expr.span)),
            _ => None,
        });
        leaving.map_or(Ok(()), |(what, span)| Err(Blocker::new(BlockerKind::Control(what), span)))
    }

    /// The statements up to the last that awaits, and which that is.
    fn front(&self) -> Result<(Vec<Node>, usize), Blocker> {
        let body = self.types.body;
        let stmts = &body.block(self.block).stmts;
        let awaits = |at: &usize| sites_in(body, stmts[*at].span).next().is_some();
        let last = (0..stmts.len()).rev().find(awaits).unwrap_or_default();
        let mut regions = region::regions(self.types, self.block).into_iter();
        let mut first: Region = regions.next().unwrap_or_default();
        if !first.nodes.iter().any(|node| node.stmt == last && !node.sites.is_empty()) {
            let behind = regions.find_map(|region| region.before);
            return Err(behind.unwrap_or_else(|| self.fence("statement")));
        }
        region::complete(self.types, &mut first);
        first.nodes.retain(|node| node.stmt <= last);
        let seen: HashSet<ExprId> = first.nodes.iter().flat_map(|node| node.sites.iter().copied()).collect();
        let own = body.block(self.block).span;
        match sites_in(body, own).find(|site| !seen.contains(site)) {
            Some(site) => Err(Blocker::new(BlockerKind::Control("block"), body.expr(site).span)),
            None => Ok((first.nodes, last)),
        }
    }

    /// What follows the last await does nothing that an await of the next round could notice.
    fn rest(&self, effects: &Effects<'_>, last: usize) -> Result<(), Blocker> {
        let stmts = &self.types.body.block(self.block).stmts;
        for (number, stmt) in stmts.iter().enumerate().skip(last) {
            let (StmtKind::Let { init: Some(expr), .. } | StmtKind::Expr { expr, .. }) = &stmt.kind else { continue };
            let found = inspect(self.types, *expr);
            if let Some((what, span)) = found.opaque {
                return Err(Blocker::new(BlockerKind::Fence(what), span));
            }
            let calls = found.calls.into_iter().filter(|call| !call.in_await).collect();
            let node = Node { calls, ..Node::bare(number, stmt.span) };
            let done = effected(self.types, effects, &node);
            if let Some(because) = done.finish.as_ref().and_then(keeps_order) {
                return Err(Blocker { because, ..Blocker::new(BlockerKind::Fence("statement"), stmt.span) });
            }
        }
        Ok(())
    }

    /// Nothing that lives longer than a round is changed in one and used in the front of the next.
    fn is_carried(&self, front: &[Node], last: usize) -> Result<(), Blocker> {
        let outlives = |access: &&Access| !self.is_own(access.place.root);
        // What is done with the last answer comes behind all awaits.
        let is_early = |node: &Node, access: &Access| access.phase == Phase::Await || node.stmt != last;
        let touched = front.iter().flat_map(|node| node.accesses.iter().map(move |access| (node, access)));
        let early: Vec<&Access> = touched
            .filter(|(node, access)| is_early(node, access))
            .map(|(_, access)| access)
            .filter(outlives)
            .collect();
        for changed in self.late(front, last).iter().filter(outlives).filter(|access| access.mode != Mode::Read) {
            if early.iter().any(|used| used.place.overlaps(&changed.place)) {
                return Err(self.about(BlockerKind::Flow, changed));
            }
        }
        // What a round takes away and the next one takes again is copied.
        match early.iter().find(|access| matches!(access.mode, Mode::Exclusive | Mode::Write)) {
            Some(changed) => Err(self.about(BlockerKind::Borrow, changed)),
            None => self.shares_connection(&early),
        }
    }

    /// One connection or transaction serves one round at a time, whatever its methods borrow.
    fn shares_connection(&self, early: &[&Access]) -> Result<(), Blocker> {
        let asks = |access: &&&Access| access.phase == Phase::Await && is_connection(self.types, &access.place);
        let connection = early.iter().find(asks);
        connection.map_or(Ok(()), |access| Err(Blocker::new(BlockerKind::Fence("connection"), access.span)))
    }

    /// What is touched behind the last await of a round.
    fn late(&self, front: &[Node], last: usize) -> Vec<Access> {
        let sites: Vec<ExprId> = front.iter().flat_map(|node| node.sites.iter().copied()).collect();
        let mut late = Vec::new();
        for stmt in self.types.body.block(self.block).stmts.iter().skip(last) {
            if let StmtKind::Let { init: Some(expr), .. } | StmtKind::Expr { expr, .. } = &stmt.kind {
                late.extend(accesses(self.types, *expr, &sites));
            }
        }
        late.retain(|access| access.phase == Phase::Finish);
        late
    }

    /// Each round asks something else. The same question again is a wait for another answer.
    fn asks_anew(&self, front: &[Node]) -> Result<(), Blocker> {
        let asks = |access: &Access| access.phase == Phase::Await && self.is_own(access.place.root);
        if front.iter().filter(|node| !node.sites.is_empty()).all(|node| node.accesses.iter().any(asks)) {
            return Ok(());
        }
        Err(self.fence("repeat"))
    }

    /// Any two awaits of two rounds may run together.
    fn reads(&self, front: &[Node], effected: &[Effected], least: Confidence) -> Result<(), Blocker> {
        let least = least.max(Confidence::Likely);
        for later in front.iter().zip(effected) {
            for earlier in front.iter().zip(effected) {
                if let Some(pinned) = &later.0.pinned {
                    return Err(pinned.clone());
                }
                if let Some(blocker) = may_overlap(earlier, later, least) {
                    return Err(blocker);
                }
            }
        }
        Ok(())
    }

    /// Whether a local lives for one round only.
    fn is_own(&self, local: LocalId) -> bool {
        let found: &Local = self.types.body.local(local);
        self.pat.bindings.contains(&local) || self.types.body.block(self.block).span.contains(found.span)
    }

    fn about(&self, kind: fn(String) -> BlockerKind, access: &Access) -> Blocker {
        Blocker::new(kind(access.place.text(self.types.body)), access.span)
    }

    fn fence(&self, what: &'static str) -> Blocker {
        Blocker::new(BlockerKind::Fence(what), self.types.body.expr(self.expr).span)
    }
}

/// Whether all items of a value are there.
pub fn is_collection(ty: &Ty) -> bool {
    match ty {
        Ty::Slice(_) => true,
        Ty::Ref(_, to) => is_collection(to),
        Ty::Named(path, args) => {
            let name = path.last().map_or("", |name| name.as_str());
            // What `?` has not opened yet, in a chain that opens it.
            COLLECTIONS.contains(&name) || (name == "Result" && args.first().is_some_and(is_collection))
        }
        _ => false,
    }
}

/// The awaits inside a span, closures and blocks of their own included.
fn sites_in(body: &Body, span: Span) -> impl Iterator<Item = ExprId> {
    let inside = body.exprs.iter().enumerate().filter(move |(_, expr)| is_site(expr) && span.contains(expr.span));
    inside.map(|(number, _)| ExprId(u32::try_from(number).unwrap_or(u32::MAX)))
}
