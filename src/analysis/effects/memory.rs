//! Memory that others see: what is behind locks, in cells and in statics.
//!
//! In: a method call, or the receiver of one. Out: whose memory it changes ([`Holder`]), and which [`Memory`] a lock opens.
//!
//! Ownership says most of it. What a function owns or borrows exclusively is its own: whoever called it sees the borrow. What
//! it only shares can be changed through a cell, a lock or a guard, and those have names: `Store.cache`, `static COUNT`.
//!
//! Invariant: two names that differ are two memories; what has no name may be any of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::effects::words;
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{ExprId, ExprKind, Name, Origin};
use crate::knowledge::{self, Kind};

/// More memories than this are any memory.
const MOST: usize = 24;

/// Longer chains of receivers and locals belong to anybody.
const DEEPEST: usize = 32;

/// The same of what a value is made of, where each step may branch.
const DEEPEST_MAKING: usize = 8;

/// Some memory, without a name.
const ANY: &str = "*";

/// The shared memory that running something touches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory(Option<Arc<Touched>>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Touched {
    reads: BTreeSet<Name>,
    /// With the reason, as [`words`] has it.
    writes: BTreeMap<Name, Arc<str>>,
    /// Filled once, by whoever asks first: an answer that is kept.
    fills: BTreeSet<Name>,
    /// Counted up or down without looking at the count.
    bumps: BTreeSet<Name>,
    /// What is kept under its key, so that it need not be asked for again; with the reason.
    keeps: BTreeMap<Name, Arc<str>>,
}

/// Whose memory a place is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The function's own, or what it borrows exclusively.
    Own,
    /// A cell, a static, what a lock guards.
    Memory(Name),
    /// Not known: a handle that may lead anywhere.
    Elsewhere,
}

impl Memory {
    /// Any memory may be read: nobody knows.
    pub fn any_read() -> Memory {
        Memory::read(ANY.into())
    }

    /// Any memory may be changed.
    pub fn any_write(because: &str) -> Memory {
        Memory::write(ANY.into(), because)
    }

    pub(super) fn read(cell: Name) -> Memory {
        Memory(Some(Arc::new(Touched { reads: [cell].into(), ..Touched::default() })))
    }

    pub(super) fn write(cell: Name, because: &str) -> Memory {
        Memory(Some(Arc::new(Touched { writes: [(cell, because.into())].into(), ..Touched::default() })))
    }

    /// What is asked for once and kept.
    pub(super) fn fill(cell: Name) -> Memory {
        Memory(Some(Arc::new(Touched { fills: [cell].into(), ..Touched::default() })))
    }

    /// A count that nobody looks at here.
    pub(super) fn bump(cell: Name) -> Memory {
        Memory(Some(Arc::new(Touched { bumps: [cell].into(), ..Touched::default() })))
    }

    /// An answer that is kept under its key.
    pub(super) fn keep(cell: Name, because: &str) -> Memory {
        Memory(Some(Arc::new(Touched { keeps: [(cell, because.into())].into(), ..Touched::default() })))
    }

    /// Both.
    pub(super) fn join(self, other: &Memory) -> Memory {
        let (Some(one), Some(two)) = (&self.0, &other.0) else {
            return if self.0.is_none() { other.clone() } else { self };
        };
        if one == two {
            return self;
        }
        let union = |one: &BTreeSet<Name>, two: &BTreeSet<Name>| {
            let all: BTreeSet<Name> = one.union(two).cloned().collect();
            if all.len() > MOST { [ANY.into()].into() } else { all }
        };
        Memory(Some(Arc::new(Touched {
            reads: union(&one.reads, &two.reads),
            writes: all_reasons(&one.writes, &two.writes, "changes much memory"),
            fills: union(&one.fills, &two.fills),
            bumps: union(&one.bumps, &two.bumps),
            keeps: all_reasons(&one.keeps, &two.keeps, "keeps many answers"),
        })))
    }

    /// The same, seen from a caller.
    pub(super) fn behind(self, call: &str) -> Memory {
        let has_reasons = |touched: &&Arc<Touched>| !touched.writes.is_empty() || !touched.keeps.is_empty();
        let Some(touched) = self.0.as_ref().filter(has_reasons) else { return self };
        let behind = |reasons: &BTreeMap<Name, Arc<str>>| {
            reasons.iter().map(|(cell, because)| (cell.clone(), words::behind(call, because).into())).collect()
        };
        let (writes, keeps) = (behind(&touched.writes), behind(&touched.keeps));
        Memory(Some(Arc::new(Touched { writes, keeps, ..(**touched).clone() })))
    }

    /// Whether it changes any.
    pub fn writes(&self) -> bool {
        self.0.as_ref().is_some_and(|touched| !touched.writes.is_empty())
    }

    /// Whether it leaves any memory other than it was.
    pub fn changes(&self) -> bool {
        self.keeps().is_some()
            || self.0.as_ref().is_some_and(|touched| {
                !touched.writes.is_empty() || !touched.fills.is_empty() || !touched.bumps.is_empty()
            })
    }

    /// Why it keeps an answer.
    pub fn keeps(&self) -> Option<&str> {
        self.0.as_ref()?.keeps.values().next().map(|because| &**because)
    }

    /// Why both keep answers in one place that has a name.
    pub fn keeps_with(&self, other: &Memory) -> Option<String> {
        let (one, two) = (self.0.as_ref()?, other.0.as_ref()?);
        let mut both = one.keeps.iter().filter(|(cell, _)| **cell != ANY && two.keeps.contains_key(*cell));
        both.next().map(|(_, because)| because.to_string())
    }

    /// Why it changes something.
    pub fn because(&self) -> Option<&str> {
        self.0.as_ref()?.writes.values().next().map(|because| &**because)
    }

    /// Whether it touches none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Why this changes something that the other touches; with `named`, something that has a name for both.
    pub fn conflict(&self, other: &Memory, named: bool) -> Option<String> {
        let (one, two) = (self.0.as_ref()?, other.0.as_ref()?);
        let is_meant = |cell: &Name| if named { *cell != ANY && two.names(cell) } else { two.touches(cell) };
        if let Some((_, because)) = one.writes.iter().find(|(cell, _)| is_meant(cell)) {
            return Some(because.to_string());
        }
        let filled = one.fills.iter().find(|cell| meets(cell, &two.fills));
        let filled = filled.map(|cell| format!("fills {}", text(cell)));
        let bumped = || one.bumps.iter().find(|cell| meets(cell, &two.reads));
        filled.or_else(|| bumped().map(|cell| format!("counts in {}", text(cell))))
    }
}

impl Touched {
    fn names(&self, cell: &Name) -> bool {
        self.all().any(|other| other == cell)
    }

    fn touches(&self, cell: &Name) -> bool {
        self.all().any(|other| other == ANY || other == cell || cell == ANY)
    }

    fn all(&self) -> impl Iterator<Item = &Name> {
        self.reads.iter().chain(self.writes.keys()).chain(&self.fills).chain(&self.bumps).chain(self.keeps.keys())
    }
}

fn all_reasons(one: &BTreeMap<Name, Arc<str>>, two: &BTreeMap<Name, Arc<str>>, many: &str) -> BTreeMap<Name, Arc<str>> {
    let mut all = two.clone();
    all.extend(one.iter().map(|(cell, because)| (cell.clone(), Arc::clone(because))));
    if all.len() > MOST { [(ANY.into(), many.into())].into() } else { all }
}

fn meets(cell: &Name, others: &BTreeSet<Name>) -> bool {
    others.iter().any(|other| other == ANY || other == cell || cell == ANY)
}

/// A memory as people write it.
pub(super) fn text(cell: &Name) -> String {
    // What stands behind `@` tells statics of one name apart.
    let name = cell.split('@').next().unwrap_or(cell);
    if name == ANY { "shared memory".to_owned() } else { format!("`{name}`") }
}

/// Methods that only borrowed or owned data has: no cell is changed by them, unless a guard is.
const NEVER_SHARED: [&str; 28] = [
    "push_str",
    "push_back",
    "push_front",
    "push",
    "extend",
    "extend_from_slice",
    "append",
    "sort",
    "sort_by",
    "sort_by_key",
    "sort_unstable",
    "sort_unstable_by",
    "sort_unstable_by_key",
    "dedup",
    "dedup_by_key",
    "reverse",
    "resize",
    "fill",
    "or_insert",
    "or_insert_with",
    "or_default",
    "iter_mut",
    "values_mut",
    "as_mut",
    "drain",
    "next",
    "truncate",
    "split_off",
];

/// Methods that hand on what they are called on.
const ADAPTERS: [&str; 22] = [
    "unwrap",
    "expect",
    "unwrap_or_else",
    "map_err",
    "ok",
    "context",
    "with_context",
    "as_ref",
    "as_mut",
    "as_deref_mut",
    "as_deref",
    "deref",
    "deref_mut",
    "borrow",
    "entry",
    "get_mut",
    "last_mut",
    "first_mut",
    "iter_mut",
    "values_mut",
    "clone",
    "by_ref",
];

/// Whether a method hands on what it is called on.
pub(super) fn is_adapter(method: &str) -> bool {
    ADAPTERS.contains(&method)
}

/// Methods without arguments that give a guard.
const LOCKS: [&str; 16] = [
    "lock",
    "try_lock",
    "blocking_lock",
    "lock_owned",
    "read",
    "try_read",
    "blocking_read",
    "read_owned",
    "write",
    "try_write",
    "blocking_write",
    "write_owned",
    "borrow_mut",
    "try_borrow_mut",
    "upgradable_read",
    "lock_arc",
];

/// Whose memory a method that may change its receiver changes.
pub(super) fn holder(types: &Types<'_>, receiver: ExprId, method: &str) -> Holder {
    if let Some(lock) = guard_of(types, receiver, 0) {
        return if is_own_lock(types, lock) { Holder::Own } else { Holder::Memory(cell_of_lock(types, lock)) };
    }
    match walk(types, receiver, 0) {
        Holder::Elsewhere if NEVER_SHARED.contains(&method) && !is_shared_cell(types, receiver) => Holder::Own,
        holder => holder,
    }
}

fn walk(types: &Types<'_>, expr: ExprId, depth: usize) -> Holder {
    if depth > DEEPEST {
        return Holder::Elsewhere;
    }
    let next = |expr: ExprId| walk(types, expr, depth + 1);
    match &types.body.expr(expr).kind {
        ExprKind::Local(_) => of_local(types, expr, depth),
        // What is only counted for those who watch the program is nobody's memory.
        ExprKind::Field { base, name } if is_watched(types, *base, name) => Holder::Own,
        ExprKind::Field { base, .. } => match kind_of(&types.of(expr)) {
            Some(Kind::Cell) => Holder::Memory(cell_of_place(types, expr, depth)),
            Some(Kind::Value) => Holder::Own,
            _ => next(*base),
        },
        ExprKind::MethodCall { receiver, method, .. } => match walk(types, *receiver, depth + 1) {
            Holder::Own => Holder::Own,
            holder if ADAPTERS.contains(&method.as_str()) => holder,
            _ => Holder::Elsewhere,
        },
        ExprKind::Call { .. } if is_lent(&types.of(expr)) && !is_made(types, expr) => Holder::Elsewhere,
        ExprKind::Call { .. }
        | ExprKind::Literal(_)
        | ExprKind::Macro(_)
        | ExprKind::Struct { .. }
        | ExprKind::Array(_) => Holder::Own,
        ExprKind::Borrow { base, .. }
        | ExprKind::Deref { base }
        | ExprKind::Index { base, .. }
        | ExprKind::Try { base }
        | ExprKind::Await { base }
        | ExprKind::Cast { base, .. } => next(*base),
        ExprKind::Path(path) if types.index.is_static(path.last()) => Holder::Memory(static_cell(types, path.last())),
        _ => Holder::Elsewhere,
    }
}

/// Whether a field is one of metrics: `self.metrics.hits`, a field of `StoreMetrics`.
fn is_watched(types: &Types<'_>, base: ExprId, name: &str) -> bool {
    let of_metrics = || match types.of(base).peeled() {
        Ty::Named(path, _) => path.last().is_some_and(|name| name.ends_with("Metrics") || name.ends_with("Stats")),
        _ => false,
    };
    name.ends_with("metrics") || of_metrics()
}

fn of_local(types: &Types<'_>, expr: ExprId, depth: usize) -> Holder {
    let ExprKind::Local(id) = types.body.expr(expr).kind else { return Holder::Elsewhere };
    let local = types.body.local(id);
    let ty = types.of_local(id);
    if local.mutable || ty.is_exclusive_ref() {
        return Holder::Own;
    }
    match kind_of(&ty) {
        Some(Kind::Cell) if is_made_here(types, expr) || types.handed(id).is_some_and(|from| is_made(types, from)) => {
            return Holder::Own;
        }
        Some(Kind::Cell) => return Holder::Memory(cell_of_place(types, expr, depth)),
        Some(Kind::Value) => return Holder::Own,
        _ => {}
    }
    let source = local.init.or_else(|| types.matched(id)).or_else(|| types.handed(id));
    match source {
        // What a call gives may be a handle.
        Some(source) if matches!(types.body.expr(source).kind, ExprKind::Call { .. }) && !is_made(types, source) => {
            Holder::Elsewhere
        }
        Some(source) => walk(types, source, depth + 1),
        None => Holder::Elsewhere,
    }
}

/// Whether a place leads to nothing that came from outside: to a value made in this body, of values made in this body.
pub(super) fn stays_here(types: &Types<'_>, place: ExprId) -> bool {
    is_made_of_own(types, place, 0)
}

fn is_made_of_own(types: &Types<'_>, place: ExprId, depth: usize) -> bool {
    let stays = |expr: &ExprId| is_made_of_own(types, *expr, depth + 1);
    if depth > DEEPEST_MAKING {
        return false;
    }
    if kind_of(&types.of(place)) == Some(Kind::Value) {
        return true;
    }
    match &types.body.expr(place).kind {
        ExprKind::Local(id) => {
            let local = types.body.local(*id);
            let source = local.init.or_else(|| types.matched(*id)).or_else(|| types.handed(*id));
            !matches!(local.origin, Origin::Param | Origin::SelfValue) && source.is_some_and(|source| stays(&source))
        }
        ExprKind::Field { base, .. }
        | ExprKind::Borrow { base, .. }
        | ExprKind::Deref { base }
        | ExprKind::Index { base, .. }
        | ExprKind::Try { base }
        | ExprKind::Await { base }
        | ExprKind::Cast { base, .. } => stays(base),
        ExprKind::MethodCall { receiver, args, .. } => stays(receiver) && args.iter().all(stays),
        ExprKind::Call { args, .. } | ExprKind::Array(args) => args.iter().all(stays),
        ExprKind::Path(path) => !types.index.is_static(path.last()),
        kind => matches!(kind, ExprKind::Literal(_)),
    }
}

/// Whether a local was given a value that was built on the spot and that nobody else is given.
fn is_made_here(types: &Types<'_>, expr: ExprId) -> bool {
    let ExprKind::Local(id) = types.body.expr(expr).kind else { return false };
    !types.is_lent(id) && types.body.local(id).init.is_some_and(|init| is_made(types, init))
}

/// Whether an expression builds a value on the spot.
fn is_made(types: &Types<'_>, expr: ExprId) -> bool {
    match &types.body.expr(expr).kind {
        ExprKind::Call { callee, .. } => match &types.body.expr(*callee).kind {
            ExprKind::Path(path) => matches!(path.last(), "new" | "default" | "with_capacity" | "from"),
            _ => false,
        },
        ExprKind::Struct { .. } | ExprKind::Literal(_) | ExprKind::Array(_) => true,
        ExprKind::Macro(call) => call.path.last() == "vec",
        _ => false,
    }
}

/// Whether a type is a reference to something that others may hold too.
fn is_lent(ty: &Ty) -> bool {
    matches!(ty, Ty::Ref(false, _)) || kind_of(ty) == Some(Kind::Cell)
}

fn is_shared_cell(types: &Types<'_>, expr: ExprId) -> bool {
    kind_of(&types.of(expr)) == Some(Kind::Cell)
}

/// What kind of thing a type is, behind references and pointers.
pub(super) fn kind_of(ty: &Ty) -> Option<Kind> {
    match ty.peeled() {
        Ty::Named(path, _) => knowledge::kind(&path),
        Ty::Slice(_) => Some(Kind::Value),
        _ => None,
    }
}

/// The call that gave the guard through which a place is reached.
pub(super) fn guard_of(types: &Types<'_>, expr: ExprId, depth: usize) -> Option<ExprId> {
    if depth > DEEPEST {
        return None;
    }
    let next = |expr: ExprId| guard_of(types, expr, depth + 1);
    match &types.body.expr(expr).kind {
        ExprKind::MethodCall { .. } if is_lock(types, expr) => Some(expr),
        ExprKind::MethodCall { receiver, method, .. } if ADAPTERS.contains(&method.as_str()) => next(*receiver),
        ExprKind::Local(local) => {
            let source = types.body.local(*local).init.or_else(|| types.matched(*local));
            next(source?)
        }
        ExprKind::Field { base, .. }
        | ExprKind::Index { base, .. }
        | ExprKind::Deref { base }
        | ExprKind::Borrow { base, .. }
        | ExprKind::Try { base }
        | ExprKind::Await { base } => next(*base),
        _ => None,
    }
}

/// Whether a call opens a lock or borrows from a cell.
pub(super) fn is_lock(types: &Types<'_>, call: ExprId) -> bool {
    match &types.body.expr(call).kind {
        ExprKind::MethodCall { method, args, .. } => args.is_empty() && LOCKS.contains(&method.as_str()),
        _ => false,
    }
}

/// Whether a lock is of something that was made here and that nobody else has.
pub(super) fn is_own_lock(types: &Types<'_>, lock: ExprId) -> bool {
    match &types.body.expr(lock).kind {
        ExprKind::MethodCall { receiver, .. } => is_made_here(types, *receiver),
        _ => false,
    }
}

/// What a lock guards.
pub(super) fn cell_of_lock(types: &Types<'_>, lock: ExprId) -> Name {
    match &types.body.expr(lock).kind {
        ExprKind::MethodCall { receiver, .. } => cell_of_place(types, *receiver, 0),
        _ => ANY.into(),
    }
}

/// `Store.cache` for a field, `static COUNT` for a static; anything else is any memory.
fn cell_of_place(types: &Types<'_>, expr: ExprId, depth: usize) -> Name {
    if depth > DEEPEST {
        return ANY.into();
    }
    let next = |expr: ExprId| cell_of_place(types, expr, depth + 1);
    match &types.body.expr(expr).kind {
        ExprKind::Field { base, name } => match types.of(*base).peeled() {
            Ty::Named(path, _) if !path.is_empty() => format!("{}.{name}", path.last().map_or("", Name::as_str)).into(),
            _ => ANY.into(),
        },
        ExprKind::Local(local) => types.body.local(*local).init.map_or_else(|| ANY.into(), next),
        ExprKind::Path(path) if types.index.is_static(path.last()) => static_cell(types, path.last()),
        ExprKind::MethodCall { receiver, method, .. } if ADAPTERS.contains(&method.as_str()) => next(*receiver),
        ExprKind::Call { args, callee } => match (&types.body.expr(*callee).kind, args.as_slice()) {
            // `Arc::clone(&self.cache)`.
            (ExprKind::Path(path), [only]) if path.last() == "clone" => next(*only),
            _ => ANY.into(),
        },
        ExprKind::Borrow { base, .. }
        | ExprKind::Deref { base }
        | ExprKind::Index { base, .. }
        | ExprKind::Try { base }
        | ExprKind::Await { base } => next(*base),
        _ => ANY.into(),
    }
}

/// A static is told from others of its name by the file that declares it, where that is this one.
fn static_cell(types: &Types<'_>, name: &str) -> Name {
    let file = types.scope.file;
    let is_here = types.index.file(file).is_some_and(|ir| ir.statics.iter().any(|item| item.name == name));
    if is_here { format!("static {name}@{}", file.0).into() } else { format!("static {name}").into() }
}

/// The static that a path names, as a memory.
pub(super) fn of_static(types: &Types<'_>, name: &str) -> Option<Memory> {
    let is_upper = name.starts_with(char::is_uppercase) && !name.contains(char::is_lowercase);
    (is_upper && types.index.is_static(name)).then(|| Memory::read(static_cell(types, name)))
}
