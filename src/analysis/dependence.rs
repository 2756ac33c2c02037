//! What in a region must follow what, by the names it touches.
//!
//! In: a [`Region`]. Out: the [`Edge`]s that names, borrows and arguments make.
//!
//! Two statements are compared by their phases. While an await runs, others may run beside it; what is done with
//! its value afterwards keeps its place in the source among the other finishes.

use crate::analysis::access::{Access, Mode, Phase, Place};
use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::region::{Node, Part, Region};
use crate::analysis::repeats::Repeats;
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{Body, Expr, ExprId, ExprKind, LocalId};
use crate::knowledge::{self, Kind};

/// One statement follows another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Index of the earlier node.
    pub from: usize,
    /// Index of the later node.
    pub to: usize,
    /// The later one may not start before the earlier one has finished. Otherwise it only may not finish before it.
    pub strict: bool,
    /// Why.
    pub blocker: Blocker,
}

impl Edge {
    /// Whether the two cannot stand in blocks beside one another: one follows the other, or takes what building the
    /// other looks at, and a block is built only when it runs.
    pub fn binds(&self) -> bool {
        self.strict || matches!(self.blocker.kind, BlockerKind::Move(_))
    }
}

/// The edges that names, borrows and arguments make.
pub fn data_edges(types: &Types<'_>, region: &Region) -> Vec<Edge> {
    let repeats = Repeats::new(types.body, &region.nodes);
    let mut edges = Vec::new();
    for (to, later) in region.nodes.iter().enumerate() {
        for (from, earlier) in region.nodes[..to].iter().enumerate() {
            if later.part == Part::Rest && earlier.stmt == later.stmt {
                let blocker = Blocker::new(BlockerKind::Flow("_".to_owned()), later.span);
                edges.push(Edge { from, to, strict: true, blocker });
            } else if let Some(blocker) = later.pinned.clone().filter(|_| !earlier.sites.is_empty()) {
                edges.push(Edge { from, to, strict: true, blocker });
            } else if let Some((strict, blocker)) = conflict(types, earlier, later) {
                edges.push(Edge { from, to, strict, blocker });
            }
            if let Some(blocker) = repeats.between(&region.nodes, from, to) {
                edges.push(Edge { from, to, strict: true, blocker });
            }
        }
    }
    edges
}

/// Why the later statement may not start, or not finish, before the earlier one: by what both touch.
fn conflict(types: &Types<'_>, earlier: &Node, later: &Node) -> Option<(bool, Blocker)> {
    let strict = shadowed(types, earlier, later)
        .or_else(|| strict(types, &earlier.accesses, &later.accesses))
        .or_else(|| hoisted(types, earlier, later));
    strict.map(|blocker| (true, blocker)).or_else(|| weak(types, earlier, later).map(|blocker| (false, blocker)))
}

/// Why one statement may not start before another has finished.
pub fn strict(types: &Types<'_>, earlier: &[Access], later: &[Access]) -> Option<Blocker> {
    touching(earlier, later).filter(|(_, second)| second.phase == Phase::Await).find_map(|(first, second)| {
        let kind = match first.phase {
            Phase::Finish => after_finish(types, first, second),
            Phase::Await => beside(types, first, second),
        };
        kind.map(|kind| Blocker::new(kind, second.span))
    })
}

/// A statement between that would be moved up changes what an earlier future was given.
fn hoisted(types: &Types<'_>, earlier: &Node, later: &Node) -> Option<Blocker> {
    if !later.sites.is_empty() {
        return None;
    }
    let crosses = |(first, second): &(&Access, &Access)| first.phase == Phase::Await && second.phase == Phase::Finish;
    // What was given away before and is used again is copied.
    let changes = |(first, second): &(&Access, &Access)| match (first.mode, second.mode) {
        (Mode::Exclusive | Mode::Write, _) | (_, Mode::Exclusive | Mode::Write) => true,
        (Mode::Read, Mode::Take) => first.held,
        _ => false,
    };
    let (_, second) = touching(&earlier.accesses, &later.accesses).filter(crosses).find(changes)?;
    Some(Blocker::new(BlockerKind::Anti(second.place.text(types.body)), second.span))
}

/// Why what is done with two values keeps its order.
fn weak(types: &Types<'_>, earlier: &Node, later: &Node) -> Option<Blocker> {
    if let Some(blocker) = renamed(types, earlier, later).or_else(|| taken(types, earlier, later)) {
        return Some(blocker);
    }
    let finish = |(first, second): &(&Access, &Access)| first.phase == Phase::Finish && second.phase == Phase::Finish;
    let changes = |(first, second): &(&Access, &Access)| first.mode != Mode::Read || second.mode != Mode::Read;
    let (first, second) = touching(&earlier.accesses, &later.accesses).filter(finish).find(changes)?;
    let text = second.place.text(types.body);
    let writes = matches!(first.mode, Mode::Write | Mode::Exclusive);
    Some(Blocker::new(if writes { BlockerKind::Flow(text) } else { BlockerKind::Anti(text) }, second.span))
}

/// What building an earlier future looks at may be taken away by building a later one, not by building one before it.
fn taken(types: &Types<'_>, earlier: &Node, later: &Node) -> Option<Blocker> {
    let is_taken = |(first, second): &(&Access, &Access)| {
        (first.phase, second.phase) == (Phase::Await, Phase::Await)
            && (first.mode, second.mode) == (Mode::Read, Mode::Take)
            && !types.of_local(second.place.root).is_copy()
    };
    let (_, second) = touching(&earlier.accesses, &later.accesses).find(is_taken)?;
    Some(Blocker::new(BlockerKind::Move(second.place.text(types.body)), second.span))
}

/// A name that an earlier await is built with must not be bound anew by an earlier join.
fn renamed(types: &Types<'_>, earlier: &Node, later: &Node) -> Option<Blocker> {
    let name = |access: &Access| &types.body.local(access.place.root).name;
    bindings(types.body, later).find_map(|bound| {
        let others = earlier.accesses.iter().filter(|access| access.place.root != bound.place.root);
        others.into_iter().find(|access| name(access) == name(bound))?;
        Some(Blocker::new(BlockerKind::Anti(name(bound).to_string()), bound.span))
    })
}

/// The accesses of a statement that bind a name.
fn bindings<'a>(body: &'a Body, node: &'a Node) -> impl Iterator<Item = &'a Access> {
    node.accesses
        .iter()
        .filter(|access| access.mode == Mode::Write && body.local(access.place.root).span == access.span)
}

fn touching<'a>(earlier: &'a [Access], later: &'a [Access]) -> impl Iterator<Item = (&'a Access, &'a Access)> {
    let pairs = earlier.iter().flat_map(move |first| later.iter().map(move |second| (first, second)));
    pairs.filter(|(first, second)| first.place.overlaps(&second.place))
}

/// A join binds the later name before the earlier statement is finished, which then would see another variable of
/// that name; and one pattern cannot bind a name twice.
fn shadowed(types: &Types<'_>, earlier: &Node, later: &Node) -> Option<Blocker> {
    let name = |access: &Access| &types.body.local(access.place.root).name;
    bindings(types.body, later).find_map(|bound| {
        // A branch of the same join still sees the old one; a statement between may be moved above the join.
        let sees = |access: &&Access| access.phase == Phase::Finish || later.sites.is_empty();
        let finishes = earlier.accesses.iter().filter(sees);
        let seen = finishes
            .filter(|access| access.place.root != bound.place.root)
            .find(|access| name(access) == name(bound))?;
        // A value that nobody names can be bound to a name that nobody names.
        if seen.mode == Mode::Write && !types.is_used(seen.place.root) {
            return None;
        }
        let kind = if seen.mode == Mode::Write { BlockerKind::Output } else { BlockerKind::Anti };
        Some(Blocker::new(kind(name(bound).to_string()), bound.span))
    })
}

/// The later future would run before what the earlier statement does with its value.
fn after_finish(types: &Types<'_>, first: &Access, second: &Access) -> Option<BlockerKind> {
    let place = if first.place.fields.len() > second.place.fields.len() { &first.place } else { &second.place };
    let text = || place.text(types.body);
    match (first.mode, second.mode) {
        (Mode::Write | Mode::Exclusive, _) => Some(BlockerKind::Flow(text())),
        (Mode::Read | Mode::Take, Mode::Exclusive | Mode::Write) => Some(BlockerKind::Anti(text())),
        (Mode::Read, Mode::Take) => Some(BlockerKind::Move(text())),
        (Mode::Take, Mode::Take) if !types.of_local(second.place.root).is_copy() => Some(BlockerKind::Move(text())),
        _ => None,
    }
}

/// Both futures would run at once.
fn beside(types: &Types<'_>, first: &Access, second: &Access) -> Option<BlockerKind> {
    let text = || {
        let place = if first.place.fields.len() < second.place.fields.len() { &first.place } else { &second.place };
        place.text(types.body)
    };
    match (first.mode, second.mode) {
        (Mode::Exclusive | Mode::Write, _) | (_, Mode::Exclusive | Mode::Write) => Some(BlockerKind::Borrow(text())),
        (Mode::Read, Mode::Take) if first.held => Some(BlockerKind::Move(text())),
        (Mode::Read, Mode::Read) if first.place == second.place && is_connection(types, &first.place) => {
            Some(BlockerKind::Fence("connection"))
        }
        _ => None,
    }
}

/// Whether a place is one connection or one transaction, whatever its methods borrow, or asks through one: a paginator that
/// was made of `&txn`.
pub(super) fn is_connection(types: &Types<'_>, place: &Place) -> bool {
    let init = types.body.local(place.root).init.filter(|_| place.fields.is_empty());
    is_one_connection(types, place) || init.is_some_and(|init| is_made_over_connection(types, init))
}

/// Whether a value keeps a borrow of a connection. What was awaited is an answer, and has none.
fn is_made_over_connection(types: &Types<'_>, init: ExprId) -> bool {
    let body = types.body;
    let whole = body.expr(init).span;
    let inside = || body.exprs.iter().filter(|expr| whole.contains(expr.span));
    let local = |root: LocalId| Some(Place { root, fields: Vec::new() });
    let lent = |expr: &Expr| match expr.kind {
        ExprKind::Borrow { mutable: false, base } => match body.expr(base).kind {
            ExprKind::Local(root) => local(root),
            _ => None,
        },
        ExprKind::Local(root) if matches!(types.of_local(root), Ty::Ref(false, _)) => local(root),
        _ => None,
    };
    matches!(body.expr(init).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
        && !inside().any(|expr| matches!(expr.kind, ExprKind::Await { .. }))
        && inside().filter_map(lent).any(|place| is_one_connection(types, &place))
}

fn is_one_connection(types: &Types<'_>, place: &Place) -> bool {
    let name = place.fields.last().unwrap_or(&types.body.local(place.root).name);
    let by_name = ["tx", "txn", "trx", "trxn", "transaction", "conn", "connection"].contains(&name.as_str());
    let local = types.body.local(place.root);
    // What a closure is handed comes from what its method is called on: `client.transaction().run(|client| ..)`.
    let origin = local.init.or_else(|| types.handed(place.root));
    let by_origin = place.fields.is_empty() && origin.is_some_and(|origin| begins_transaction(types, origin));
    let ty = if place.fields.is_empty() { types.of_local(place.root).peeled() } else { Ty::Unknown };
    let kind = match &ty {
        Ty::Named(path, _) => knowledge::kind(path),
        _ => None,
    };
    // A pool may be called a connection, and its type says what it is.
    match kind {
        Some(Kind::Connection | Kind::Transaction) => return true,
        Some(Kind::Pool | Kind::Pipeline | Kind::Client) => return false,
        _ => {}
    }
    let by_type = match &ty {
        Ty::Named(path, _) => path.last().is_some_and(|name| names_connection(name)),
        Ty::Bounds(bounds) => bounds.iter().filter_map(|bound| bound.last()).any(|bound| {
            let above = types.index.traits_named(bound).into_iter().flat_map(|(_, decl)| &decl.supertraits);
            names_connection(bound) || above.into_iter().any(|above| names_connection(above.last()))
        }),
        _ => false,
    };
    by_name || by_origin || by_type
}

/// `PgConnection`, `SqliteAsyncConnExt`, `Transaction`; a pool or a manager of them is none.
fn names_connection(name: &str) -> bool {
    let name = name.strip_suffix("Ext").unwrap_or(name);
    name.ends_with("Transaction") || name.ends_with("Connection") || name.ends_with("Conn")
}

fn begins_transaction(types: &Types<'_>, init: ExprId) -> bool {
    match &types.body.expr(init).kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            matches!(method.trim_start_matches('_'), "transaction" | "begin") || begins_transaction(types, *receiver)
        }
        ExprKind::Try { base } | ExprKind::Await { base } | ExprKind::Borrow { base, .. } => {
            begins_transaction(types, *base)
        }
        _ => false,
    }
}
