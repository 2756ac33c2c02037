//! What in a region must follow what, by what it does.
//!
//! In: a [`Region`] and the effects of its statements. Out: the [`Edge`]s that effects make, at a confidence: with a lower
//! one, more callees count as reads.

use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::dependence::Edge;
use crate::analysis::effected::Effected;
use crate::analysis::effects::Effect;
use crate::analysis::region::{Node, Region};
use crate::diagnostic::Confidence;
use crate::ir::LocalId;
use crate::knowledge::{self, Deed, Fence};
use crate::source::Span;

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

/// Whether any two awaits may still run together, asked of one node after the other: as soon as nothing is left that could,
/// the rest is not looked at. Invariant: where it says no, the whole set of edges says no.
pub fn may_join(
    region: &Region,
    data: &[Edge],
    least: Confidence,
    effected: &mut dyn FnMut(usize) -> Effected,
) -> bool {
    let count = region.nodes.len();
    let mut follows = vec![false; count * count];
    for edge in data.iter().filter(|edge| edge.strict) {
        follows[edge.from * count + edge.to] = true;
    }
    let is_parallel = |one: usize, two: usize| one != two && !follows[one.min(two) * count + one.max(two)];
    let mut left: Vec<usize> = (0..count).filter(|node| !region.nodes[*node].sites.is_empty()).collect();
    for node in left.clone() {
        if !left.iter().any(|other| is_parallel(node, *other)) {
            continue;
        }
        if stands_alone(&region.nodes[node], &effected(node), least) {
            left.retain(|other| *other != node);
            let has_pair = left.iter().any(|one| left.iter().any(|two| is_parallel(*one, *two)));
            if !has_pair {
                return false;
            }
        }
    }
    left.iter().any(|one| left.iter().any(|two| is_parallel(*one, *two)))
}

/// Why two awaits cannot run together, by what they do; of one loop, the same await in two rounds.
pub fn may_overlap(earlier: (&Node, &Effected), later: (&Node, &Effected), least: Confidence) -> Option<Blocker> {
    effect_conflict(earlier, later, least)
}

/// Why something that is not awaited may be noticed by an await that would run before it; `None` when it cannot.
pub fn keeps_order(done: &Effect) -> Option<String> {
    let is_harmless = done.fence.is_none() && done.whole_deed() <= Deed::Read && done.confidence >= Confidence::Likely;
    (!is_harmless).then(|| done.because.to_string())
}

/// Whether a statement can run beside no other, or gains nothing by it.
fn stands_alone(node: &Node, effected: &Effected, least: Confidence) -> bool {
    let waits = |effect: &Effect| effect.suspends && !effect.is_local;
    fence_of((node, effected)).is_some()
        || not_a_read((node, effected), least).is_some()
        || effected.awaited.as_ref().is_some_and(|effect| !waits(effect))
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
    if earlier.1.is_position && least > Confidence::Possible {
        return Some(Blocker::new(BlockerKind::Fence("version"), earlier.0.span));
    }
    let writes = not_a_read(earlier, least).or_else(|| not_a_read(later, least));
    writes.filter(|_| !is_doubted).or_else(|| same_memory(earlier, later, is_doubted))
}

/// Two awaits of one kind: two calls of the same function with other arguments, or two whose values nobody gets. People
/// join such writes, and only they can say whether they may be.
fn are_siblings(earlier: (&Node, &Effected), later: (&Node, &Effected)) -> bool {
    let (Some(first), Some(second)) = (&earlier.1.awaited, &later.1.awaited) else { return false };
    let is_special = |effect: &Effect| effect.fence.is_some() || knowledge::names().is_gate(&effect.callee);
    let is_same = first.callee == second.callee || (earlier.0.is_dropped && later.0.is_dropped);
    is_same && !is_special(first) && !is_special(second) && !removes_what_is_used(earlier.1, later.1)
}

/// Whether one takes away by its name what the other is given too: `copy(from, to)` and `delete(from)`.
fn removes_what_is_used(first: &Effected, second: &Effected) -> bool {
    let removes = |effected: &Effected| {
        effected.awaited.as_ref().is_some_and(|effect| knowledge::names().removes(&effect.callee))
    };
    removes(first) != removes(second) && first.given.iter().any(|local| second.given.contains(local))
}

/// Whether nothing but the dropped value says that nothing may cross a statement.
fn is_only_dropped(node: &Node, effected: &Effected) -> bool {
    let has_other = node.fence.as_ref().is_some_and(|fence| fence.kind != BlockerKind::Fence("discarded"));
    node.is_dropped && !has_other && effected.awaited.as_ref().is_some_and(|effect| effect.fence.is_none())
}

/// Both touch a memory that one of them changes; with `named`, one that has a name.
fn same_memory(earlier: (&Node, &Effected), later: (&Node, &Effected), named: bool) -> Option<Blocker> {
    let (first, second) = (earlier.1.awaited.as_ref()?, later.1.awaited.as_ref()?);
    let by_first = first.memory.conflict(&second.memory, named).map(|because| (first, earlier.0, because));
    let by_second = || second.memory.conflict(&first.memory, named).map(|because| (second, later.0, because));
    let Some((writer, node, because)) = by_first.or_else(by_second) else { return finds_it_kept(earlier, later) };
    let because = format!("{because}; both use it");
    Some(Blocker { because, ..Blocker::new(BlockerKind::Write(writer.callee.clone()), node.span) })
}

/// Both keep their answer in one place, and one is given nothing that the other is not: the second finds what the first has
/// put there.
fn finds_it_kept(earlier: (&Node, &Effected), later: (&Node, &Effected)) -> Option<Blocker> {
    let (first, second) = (earlier.1.awaited.as_ref()?, later.1.awaited.as_ref()?);
    let (one, other) = (&earlier.1.given, &later.1.given);
    let is_in = |one: &[LocalId], other: &[LocalId]| !one.is_empty() && one.iter().all(|local| other.contains(local));
    let is_given_the_same = is_in(one, other) || is_in(other, one);
    let because = first.memory.keeps_with(&second.memory).filter(|_| is_given_the_same)?;
    let because = format!("{because}; the second finds it there");
    Some(Blocker { because, ..Blocker::new(BlockerKind::Write(first.callee.clone()), earlier.0.span) })
}

/// An argument that may be evaluated earlier than today.
fn is_harmless(args: &Effect) -> bool {
    args.fence.is_none() && args.whole_deed() == Deed::Pure && args.confidence >= Confidence::Likely
}

/// A statement between that does something nobody else may see in another order.
pub(super) fn finish_conflict(earlier: (&Node, &Effected), span: Span) -> Option<Blocker> {
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
