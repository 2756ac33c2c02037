//! What in a region must follow what.
//!
//! In: a [`Region`]. Out: its [`Edge`]s at a confidence: with a lower one, more callees count as reads.
//!
//! Two statements are compared by their phases. While an await runs, others may run beside it; what is done with
//! its value afterwards keeps its place in the source among the other finishes.

use std::collections::HashMap;

use crate::analysis::access::{Access, Mode, Phase, children};
use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::effects::{Effect, Effects, call_name};
use crate::analysis::inspect::Call;
use crate::analysis::region::{Node, Region};
use crate::diagnostic::Confidence;
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{Body, ExprId, ExprKind, Literal, MacroKind, Name};
use crate::knowledge::{self, Deed, Fence};

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

/// What the two phases of a statement do.
#[derive(Clone, Debug)]
pub struct Effected {
    /// The awaited part.
    pub awaited: Option<Effect>,
    /// The rest.
    pub finish: Option<Effect>,
    /// The arguments of the awaited part.
    pub args: Option<Effect>,
}

/// The edges that names, borrows and arguments make.
pub fn data_edges(types: &Types<'_>, region: &Region) -> Vec<Edge> {
    let repeats = Repeats::new(types.body, &region.nodes);
    let mut edges = Vec::new();
    for (to, later) in region.nodes.iter().enumerate() {
        for (from, earlier) in region.nodes[..to].iter().enumerate() {
            if let Some(blocker) = later.pinned.clone().filter(|_| !earlier.sites.is_empty()) {
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

/// For each await what it says, and where the same is said first and last. A call that is made again, word for word, is
/// made again because of what stands between.
struct Repeats {
    first: Vec<Option<usize>>,
    last: Vec<Option<usize>>,
}

impl Repeats {
    fn new(body: &Body, nodes: &[Node]) -> Repeats {
        let texts: Vec<Option<String>> = nodes.iter().map(|node| said(body, node)).collect();
        let mut places: HashMap<&str, (usize, usize)> = HashMap::new();
        for (node, text) in texts.iter().enumerate() {
            if let Some(text) = text {
                places.entry(text).or_insert((node, node)).1 = node;
            }
        }
        let place = |text: &Option<String>| places.get(text.as_deref()?).copied();
        let places = texts.iter().map(place);
        let (first, last) = places.map(|place| (place.map(|(first, _)| first), place.map(|(_, last)| last))).unzip();
        Repeats { first, last }
    }

    fn between(&self, nodes: &[Node], from: usize, to: usize) -> Option<Blocker> {
        let is_again = self.first[from].is_some() && self.first[from] == self.first[to];
        let around = self.last[from].is_some_and(|last| last > to) && !nodes[to].sites.is_empty();
        let between = self.first[to].is_some_and(|first| first < from) && !nodes[from].sites.is_empty();
        (is_again || around || between).then(|| Blocker::new(BlockerKind::Fence("repeat"), nodes[to].span))
    }
}

/// The one await of a statement, written so that two are equal when they say the same of the same locals.
fn said(body: &Body, node: &Node) -> Option<String> {
    let [site] = node.sites.as_slice() else { return None };
    let mut text = String::new();
    say(body, *site, &mut text).then_some(text)
}

fn say(body: &Body, expr: ExprId, text: &mut String) -> bool {
    let head = match &body.expr(expr).kind {
        ExprKind::Local(local) => format!("{local:?}"),
        ExprKind::Path(path) => format!("{path:?}"),
        ExprKind::Literal(literal) if *literal != Literal::Other => format!("{literal:?}"),
        ExprKind::MethodCall { method, .. } => format!(".{method}"),
        ExprKind::Field { name, .. } => format!("field {name}"),
        ExprKind::Borrow { mutable, .. } => format!("borrow {mutable}"),
        ExprKind::Await { .. } => "await".to_owned(),
        ExprKind::Call { .. } => "call".to_owned(),
        ExprKind::Deref { .. } => "deref".to_owned(),
        ExprKind::Try { .. } => "try".to_owned(),
        ExprKind::Tuple(_) => "tuple".to_owned(),
        _ => return false,
    };
    text.push_str(&head);
    text.push('(');
    for child in children(body, expr) {
        if !say(body, child, text) {
            return false;
        }
        text.push(',');
    }
    text.push(')');
    true
}

/// The edges that effects make, on top of the others.
pub fn effect_edges(region: &Region, effects: &[Effected], least: Confidence) -> Vec<Edge> {
    let mut edges = Vec::new();
    for to in 0..region.nodes.len() {
        for from in 0..to {
            let (earlier, later) = (&region.nodes[from], &region.nodes[to]);
            if let Some(blocker) = effect_conflict((earlier, &effects[from]), (later, &effects[to]), least) {
                edges.push(Edge { from, to, strict: true, blocker });
            }
        }
    }
    edges
}

/// What a statement does, phase by phase.
pub fn effected(types: &Types<'_>, effects: &Effects<'_>, node: &Node) -> Effected {
    let mut found = Effected { awaited: None, finish: None, args: None };
    for call in &node.calls {
        let effect = of_call(types, effects, *call);
        let slot = match (call.in_await, call.awaited || call.apart) {
            (true, true) => &mut found.awaited,
            (true, false) => &mut found.args,
            (false, _) => &mut found.finish,
        };
        *slot = Some(match slot.take() {
            Some(so_far) => so_far.join(effect),
            None => effect,
        });
    }
    // Whatever it does on the way, it is this call that does it.
    let site = node.calls.iter().rfind(|call| call.in_await && call.awaited && !call.apart);
    if let (Some(call), Some(effect)) = (site, &mut found.awaited) {
        let name = call_name(types, call.expr);
        effect.callee = if name.is_empty() { effect.callee.clone() } else { name };
    }
    found
}

fn of_call(types: &Types<'_>, effects: &Effects<'_>, call: Call) -> Effect {
    match &types.body.expr(call.expr).kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Path(_) => {
            effects.of_call(types, call.expr, call.awaited)
        }
        ExprKind::Macro(makro) => of_macro(makro.path.last(), makro.kind),
        ExprKind::Block { .. } => {
            Effect { suspends: true, ..Effect::pure("", "runs calls that are judged by themselves") }
        }
        ExprKind::Local(local) => of_future_in_local(types, effects, *local),
        _ => of_future(types, effects, &types.of(call.expr)),
    }
}

fn of_macro(name: &str, kind: MacroKind) -> Effect {
    let pure = Effect::pure(name, "joins branches that are judged by themselves");
    match kind {
        MacroKind::Join { .. } => Effect { suspends: true, ..pure },
        MacroKind::Print => Effect { deed: Deed::Write, because: format!("prints with `{name}!`").into(), ..pure },
        _ => Effect {
            deed: Deed::Unknown,
            confidence: Confidence::Possible,
            suspends: true,
            because: "uses a macro of which nothing is known".into(),
            ..pure
        },
    }
}

/// A local that holds a future: what it was made by says what awaiting it does.
fn of_future_in_local(types: &Types<'_>, effects: &Effects<'_>, local: crate::ir::LocalId) -> Effect {
    let declared = types.body.local(local);
    if is_handle(&types.of_local(local)) {
        return of_handle(&declared.name);
    }
    let Some(init) = declared.init else { return of_future(types, effects, &types.of_local(local)) };
    match &types.body.expr(init).kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } if call_name(types, init).starts_with("spawn") => {
            of_handle(&declared.name)
        }
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } => effects.of_call(types, init, true),
        _ => of_future(types, effects, &types.of_local(local)),
    }
}

/// Awaiting a task that was spawned.
fn of_handle(name: &str) -> Effect {
    let because = "waits for a task that runs already";
    Effect { fence: Some(Fence::Spawned), suspends: true, ..Effect::pure(name, because) }
}

fn of_future(types: &Types<'_>, effects: &Effects<'_>, ty: &Ty) -> Effect {
    if is_handle(ty) {
        return of_handle("");
    }
    if let Ty::Named(path, _) = &ty.peeled()
        && let Some(fence) = knowledge::fact(path).and_then(|fact| fact.fence)
    {
        return Effect {
            fence: Some(fence),
            suspends: true,
            ..Effect::pure(path.last().map_or("", Name::as_str), "waits for an event")
        };
    }
    let known = crate::analysis::effects::of_type(types, effects, ty);
    known.unwrap_or_else(|| Effect {
        deed: Deed::Unknown,
        confidence: Confidence::Possible,
        suspends: true,
        ..Effect::pure("", "awaits a future of which nothing is known")
    })
}

fn is_handle(ty: &Ty) -> bool {
    matches!(ty, Ty::Named(path, _) if matches!(path.last().map(Name::as_str), Some("JoinHandle" | "AbortOnDrop" | "RemoteHandle")))
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
        (Mode::Read, Mode::Read) if is_connection(types, first) && first.place == second.place => {
            Some(BlockerKind::Fence("connection"))
        }
        _ => None,
    }
}

/// Whether a place is one connection or one transaction, whatever its methods borrow.
fn is_connection(types: &Types<'_>, access: &Access) -> bool {
    let name = access.place.fields.last().unwrap_or(&types.body.local(access.place.root).name);
    let by_name = ["tx", "txn", "trx", "trxn", "transaction", "conn", "connection"].contains(&name.as_str());
    let local = types.body.local(access.place.root);
    let by_origin = access.place.fields.is_empty() && local.init.is_some_and(|init| begins_transaction(types, init));
    let ty = if access.place.fields.is_empty() { types.of_local(access.place.root).peeled() } else { Ty::Unknown };
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
            matches!(method.as_str(), "transaction" | "begin") || begins_transaction(types, *receiver)
        }
        ExprKind::Try { base } | ExprKind::Await { base } | ExprKind::Borrow { base, .. } => {
            begins_transaction(types, *base)
        }
        _ => false,
    }
}

fn effect_conflict(earlier: (&Node, &Effected), later: (&Node, &Effected), least: Confidence) -> Option<Blocker> {
    if later.0.sites.is_empty() {
        return barrier_behind(earlier, later);
    }
    let is_doubted = least == Confidence::Possible && are_siblings(earlier, later);
    let fence = |(node, effected): (&Node, &Effected)| {
        fence_of((node, effected)).filter(|_| !is_doubted || !is_only_dropped(node, effected))
    };
    if let Some(fence) = fence(later).or_else(|| fence(earlier)) {
        return Some(fence);
    }
    if let Some(blocker) = finish_conflict(earlier, later.0.span) {
        return Some(blocker);
    }
    if earlier.0.sites.is_empty() {
        return None;
    }
    if let Some(args) = later.1.args.as_ref().filter(|args| !is_harmless(args)) {
        let because = args.because.to_string();
        let word = args.fence.map_or("args", Fence::word);
        return Some(Blocker { because, ..Blocker::new(BlockerKind::Fence(word), later.0.span) });
    }
    let writes = not_a_read(earlier, least).or_else(|| not_a_read(later, least));
    writes.filter(|_| !is_doubted).or_else(|| same_memory(earlier, later))
}

/// Two awaits of one kind: two calls of the same function with other arguments, or two whose values nobody gets. People
/// join such writes, and only they can say whether they may be.
fn are_siblings(earlier: (&Node, &Effected), later: (&Node, &Effected)) -> bool {
    let (Some(first), Some(second)) = (&earlier.1.awaited, &later.1.awaited) else { return false };
    let is_special = |effect: &Effect| effect.fence.is_some() || knowledge::names().is_gate(&effect.callee);
    let is_same = first.callee == second.callee || (earlier.0.is_dropped && later.0.is_dropped);
    is_same && !is_special(first) && !is_special(second)
}

/// Whether nothing but the dropped value says that nothing may cross a statement.
fn is_only_dropped(node: &Node, effected: &Effected) -> bool {
    let has_other = node.fence.as_ref().is_some_and(|fence| fence.kind != BlockerKind::Fence("discarded"));
    node.is_dropped && !has_other && effected.awaited.as_ref().is_some_and(|effect| effect.fence.is_none())
}

/// Both touch a memory that one of them changes.
fn same_memory(earlier: (&Node, &Effected), later: (&Node, &Effected)) -> Option<Blocker> {
    let (first, second) = (earlier.1.awaited.as_ref()?, later.1.awaited.as_ref()?);
    let by_first = first.memory.conflict(&second.memory).map(|because| (first, earlier.0, because));
    let by_second = || second.memory.conflict(&first.memory).map(|because| (second, later.0, because));
    let (writer, node, because) = by_first.or_else(by_second)?;
    let because = format!("{because}; both use it");
    Some(Blocker { because, ..Blocker::new(BlockerKind::Write(writer.callee.clone()), node.span) })
}

/// An argument that may be evaluated earlier than today.
fn is_harmless(args: &Effect) -> bool {
    args.fence.is_none() && args.whole_deed() == Deed::Pure && args.confidence >= Confidence::Likely
}

/// A statement between that does something nobody else may see in another order.
fn finish_conflict(earlier: (&Node, &Effected), span: crate::source::Span) -> Option<Blocker> {
    let finish = earlier.1.finish.as_ref()?;
    let fence = match finish.fence {
        Some(fence) => fence.word(),
        None if finish.whole_deed() == Deed::Pure && finish.confidence >= Confidence::Likely => return None,
        // What is read behind an await stays behind it; a read between might move above one.
        None if finish.whole_deed() == Deed::Read && !earlier.0.sites.is_empty() => return None,
        None => "statement",
    };
    let at = if earlier.0.sites.is_empty() { earlier.0.span } else { span };
    Some(Blocker { because: finish.because.to_string(), ..Blocker::new(BlockerKind::Fence(fence), at) })
}

/// A statement between stays behind what it must not cross.
fn barrier_behind(earlier: (&Node, &Effected), later: (&Node, &Effected)) -> Option<Blocker> {
    let acts = finish_conflict(later, later.0.span).is_some() || later.0.fence.is_some();
    if acts && !earlier.0.sites.is_empty() {
        return Some(Blocker::new(BlockerKind::Fence("statement"), later.0.span));
    }
    fence_of(earlier)
}

/// Why nothing crosses a statement.
fn fence_of((node, effected): (&Node, &Effected)) -> Option<Blocker> {
    let awaited = effected.awaited.as_ref();
    if let Some(effect) =
        awaited.filter(|effect| effect.deed == Deed::Write && effect.fence.is_none_or(|fence| fence == Fence::Acquire))
    {
        let is_special = effect.fence.is_some() || node.fence.is_some() || knowledge::names().is_gate(&effect.callee);
        let because = effect.because.to_string();
        return is_special
            .then(|| Blocker { because, ..Blocker::new(BlockerKind::Write(effect.callee.clone()), node.span) });
    }
    if let Some(effect) = awaited
        && let Some(fence) = effect.fence
    {
        let because = effect.because.to_string();
        return Some(Blocker { because, ..Blocker::new(BlockerKind::Fence(fence.word()), node.span) });
    }
    if node.is_dropped {
        return node.fence.clone();
    }
    let is_proven_read = awaited.is_some_and(|effect| effect.is_read(Confidence::Proven)) && !node.may_fail;
    // One that cannot fail, and whose value somebody looks at later, stops nothing here.
    let may_stop = awaited.is_none_or(|effect| !effect.is_read(Confidence::Likely) || node.may_fail);
    if awaited.is_some_and(|effect| knowledge::names().is_gate(&effect.callee)) && !is_proven_read && may_stop {
        return Some(Blocker::new(BlockerKind::Fence(Fence::Gate.word()), node.span));
    }

    if node.may_fail && awaited.is_some_and(|effect| knowledge::names().may_refuse(&effect.callee)) {
        return Some(Blocker::new(BlockerKind::Fence(Fence::Gate.word()), node.span));
    }
    node.fence.clone().filter(|blocker| !is_proven_read || blocker.kind != BlockerKind::Fence("discarded"))
}

fn not_a_read((node, effected): (&Node, &Effected), least: Confidence) -> Option<Blocker> {
    let effect = effected.awaited.as_ref()?;
    if effect.is_read(least) || (least == Confidence::Possible && effect.deed != Deed::Write) {
        return None;
    }
    let kind = match effect.deed {
        Deed::Write => BlockerKind::Write(effect.callee.clone()),
        _ => BlockerKind::Unknown(effect.callee.clone()),
    };
    Some(Blocker { because: effect.because.to_string(), ..Blocker::new(kind, node.span) })
}
