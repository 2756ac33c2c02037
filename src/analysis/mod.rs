//! Questions asked of the await graph: what depends on what, what a call does, what may run together.
//!
//! In: a function of the index. Out: its regions with their schedules ([`analyze`]), and for each await site why it
//! stands where it stands ([`verdict::verdicts`]).
//!
//! Invariant: no text and no syntax is seen here, only the await graph.

pub mod access;
pub mod again;
pub mod blocker;
pub mod dependence;
pub mod effected;
pub mod effects;
pub mod inspect;
pub mod joins;
pub mod loops;
pub mod operands;
pub mod order;
mod ownership;
pub mod region;
mod repeats;
pub mod schedule;
pub mod stored;
pub mod verdict;

use crate::analysis::dependence::Edge;
use crate::analysis::effected::{Effected, effected};
use crate::analysis::effects::{Effect, Effects};
use crate::analysis::region::{Node, Region};
use crate::analysis::schedule::{Plan, Schedule, schedule};
use crate::diagnostic::Confidence;
use crate::index::types::Types;
use crate::ir::{BlockId, Body, Expr, ExprKind, Function, MacroKind};

/// Attributes that turn an async function into a blocking one as well, where a join has no meaning.
const REWRITING_ATTRIBUTES: [&str; 4] = ["maybe_async", "bisync", "sync_wrapper", "remove_async_await"];

/// A region with what is known of it.
#[derive(Debug)]
pub struct Analysis {
    /// Its statements.
    pub region: Region,
    /// What each statement does; empty where data alone orders everything.
    pub effects: Vec<Effected>,
    /// What must follow what.
    pub edges: Vec<Edge>,
    /// The fewest round trips.
    pub schedule: Schedule,
    /// How sure the schedule is: the least sure callee that is joined.
    pub confidence: Confidence,
}

impl Analysis {
    /// Whether what runs together stands in one expression, everywhere.
    pub fn is_within_expressions(&self) -> bool {
        fn is_within(plan: &Plan, stmt_of: &dyn Fn(usize) -> usize) -> bool {
            match plan {
                Plan::One(_) => true,
                Plan::Seq(parts) => parts.iter().all(|part| is_within(part, stmt_of)),
                Plan::Par(_) => {
                    let nodes = plan.nodes();
                    nodes.iter().all(|node| stmt_of(*node) == stmt_of(nodes[0]))
                }
            }
        }
        is_within(&self.schedule.plan, &|node| self.region.nodes[node].stmt)
    }
}

/// What an analysis is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To report what may run together: of a region in which nothing may, nobody asks why.
    Report,
    /// To say of each await why it stands where it stands.
    Explain,
}

/// Analyses every region of a function in which something is awaited. `least` is the confidence below which a
/// callee does not count as a read.
pub fn analyze(types: &Types<'_>, effects: &Effects<'_>, least: Confidence, purpose: Purpose) -> Vec<Analysis> {
    let blocks = (0..types.body.blocks.len()).map(|number| BlockId(u32::try_from(number).unwrap_or(u32::MAX)));
    let regions = blocks.flat_map(|block| region::regions(types, block));
    let awaiting = regions.filter(|region| region.nodes.iter().any(|node| !node.sites.is_empty()));
    awaiting.map(|region| analyze_region(types, effects, region, least, purpose)).collect()
}

/// Whether a body awaits twice, so that something may wait for something, or in several branches of a join.
pub fn awaits_twice(body: &Body) -> bool {
    let branches = |expr: &Expr| match &expr.kind {
        ExprKind::Macro(call) => call.args.len(),
        _ => 1,
    };
    body.exprs.iter().filter(|expr| is_site(expr)).map(branches).sum::<usize>() > 1
}

/// Whether an expression waits: an await, or a macro that joins.
pub fn is_site(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Await { .. } => true,
        ExprKind::Macro(call) => matches!(call.kind, MacroKind::Join { .. }),
        _ => false,
    }
}

/// Whether an attribute of a function forbids any join in it.
pub fn is_rewritten(function: &Function) -> bool {
    let last = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
    function.attributes.iter().any(|path| REWRITING_ATTRIBUTES.contains(&last(path).as_str()))
}

fn analyze_region(
    types: &Types<'_>,
    effects: &Effects<'_>,
    mut region: Region,
    least: Confidence,
    purpose: Purpose,
) -> Analysis {
    let mut awaiting = region.nodes.iter().filter(|node| !node.sites.is_empty());
    let has_siblings = region.nodes.iter().any(|node| operands::are_beside(types.body, &node.sites));
    if awaiting.nth(1).is_some() || has_siblings {
        region::complete(types, &mut region);
        operands::split(types, effects, &mut region);
    }
    let weights: Vec<usize> = region.nodes.iter().map(|node| node.sites.len()).collect();
    let edges = dependence::data_edges(types, &region);
    let by_data = schedule(&weights, &edges);
    let mut known: Vec<Option<Effected>> = vec![None; region.nodes.len()];
    let mut is_hopeless = || {
        purpose == Purpose::Report
            && least >= Confidence::Likely
            && !order::may_join(&region, &edges, least, &mut |node| {
                known[node].get_or_insert_with(|| effected(types, effects, &region.nodes[node])).clone()
            })
    };
    if by_data.after == by_data.before {
        return Analysis { region, effects: Vec::new(), edges, schedule: by_data, confidence: Confidence::Proven };
    }
    if is_hopeless() {
        let as_it_is = Schedule { after: by_data.before, ..by_data };
        return Analysis { region, effects: Vec::new(), edges, schedule: as_it_is, confidence: Confidence::Proven };
    }
    let of_node = |(node, known): (&Node, Option<Effected>)| known.unwrap_or_else(|| effected(types, effects, node));
    let effected: Vec<Effected> = region.nodes.iter().zip(known).map(of_node).collect();
    let weights = weights_of(&region, &effected, least.max(Confidence::Likely));
    // What is likely is reported as such, even where more would be possible.
    let mut found = at_confidence(&region, &effected, &edges, &weights, least.max(Confidence::Likely));
    if found.1.after == found.1.before && least < Confidence::Likely {
        let weights = weights_of(&region, &effected, least);
        found = at_confidence(&region, &effected, &edges, &weights, least);
    }
    let (edges, schedule) = found;
    let joined = schedule.joined().into_iter().filter_map(|node| effected[node].awaited.as_ref());
    let confidence = joined.map(Effect::sureness).min().unwrap_or(Confidence::Proven);
    let confidence =
        if schedule.joined().iter().any(|node| !is_read(&effected[*node])) { Confidence::Possible } else { confidence };
    Analysis { region, effects: effected, edges, schedule, confidence }
}

fn is_read(effected: &Effected) -> bool {
    effected.awaited.as_ref().is_none_or(|effect| effect.is_read(Confidence::Possible))
}

fn at_confidence(
    region: &Region,
    effected: &[Effected],
    data: &[Edge],
    weights: &[usize],
    least: Confidence,
) -> (Vec<Edge>, Schedule) {
    let mut edges = data.to_vec();
    edges.extend(order::effect_edges(region, effected, least));
    let found = schedule(weights, &edges);
    (edges, found)
}

/// An await that never suspends costs no round trip; one of local files costs one only for those who want to know
/// everything.
fn weights_of(region: &Region, effected: &[Effected], least: Confidence) -> Vec<usize> {
    let counts = |effect: &Effect| effect.suspends && (!effect.is_local || least < Confidence::Likely);
    let suspends = |effected: &Effected| effected.awaited.as_ref().is_none_or(counts);
    region
        .nodes
        .iter()
        .zip(effected)
        .map(|(node, effected)| if suspends(effected) { node.sites.len() } else { 0 })
        .collect()
}
