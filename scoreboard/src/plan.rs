//! Which of some statements the linter joins, and what holds the others.
//!
//! In: a file of an index, and the lines of the statements. Out: [`Look`].
//!
//! Two statements are joined where both await in one region, the schedule starts the later one before the earlier one
//! has ended, and the diagnostic of that region exists.

use std::ops::RangeInclusive;

use cargo_conjoin::analysis::blocker::Blocker;
use cargo_conjoin::analysis::dependence::Edge;
use cargo_conjoin::analysis::effects::{Effects, words};
use cargo_conjoin::analysis::verdict::{Verdict, VerdictKind, verdicts};
use cargo_conjoin::analysis::{Analysis, analyze, is_site};
use cargo_conjoin::check::{Options, check_file};
use cargo_conjoin::diagnostic::{Confidence, Diagnostic};
use cargo_conjoin::index::types::Types;
use cargo_conjoin::index::{FunctionId, Index};
use cargo_conjoin::ir::ExprId;
use cargo_conjoin::source::{FileId, SourceFile, Span};

use crate::reasons::Reason;

/// The lint that joins statements; the others speak of awaits inside one.
const OF_STATEMENTS: &str = "sequential_await";

/// What the linter makes of some statements.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Each two that are joined.
    pub(crate) links: Vec<Link>,
    /// For each two neighbours that are not: what holds the later one. Of a single statement, what holds that.
    pub(crate) held: Vec<Held>,
    /// For each two neighbours that are, but not at [`Confidence::Likely`]: what held the later one there.
    pub(crate) doubts: Vec<Held>,
    /// For each statement: how sure a diagnostic joins it with anything.
    pub(crate) with_any: Vec<Option<Hit>>,
}

/// Two statements that are joined.
#[derive(Debug)]
pub(crate) struct Link {
    /// Indices of the statements.
    pub(crate) of: (usize, usize),
    pub(crate) hit: Hit,
}

/// A diagnostic, as far as the score asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) confidence: Confidence,
    /// Whether it joins statements, and not what stands inside one.
    pub(crate) is_of_statements: bool,
    /// Its message and its evidence.
    pub(crate) said: Vec<String>,
}

/// What holds a statement behind the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) reason: Reason,
    /// The blocker with its place, and its evidence link by link.
    pub(crate) said: Vec<String>,
}

/// Looks at the statements: first for what is likely, and only where that joins nothing for what is possible.
pub(crate) fn look(effects: &Effects<'_>, file: FileId, statements: &[RangeInclusive<usize>]) -> Result<Look, Held> {
    effects.index.read(file).map_err(|problem| Held::new(Reason::NotParsed, problem.message.clone()))?;
    let sites = awaited(effects.index, file, statements);
    if sites.iter().filter(|sites| !sites.is_empty()).count() < statements.len().min(2) {
        return Err(Held::new(Reason::NotFound, "there is no await on some of these lines".to_owned()));
    }
    let likely = Level::new(effects, file, &sites, Confidence::Likely);
    let possible = Level::new(effects, file, &sites, Confidence::Possible);
    let with_any = |sites: &Vec<Site>| likely.with_any(sites).or_else(|| possible.with_any(sites));
    let mut look = Look { with_any: sites.iter().map(with_any).collect(), ..Look::default() };
    if let [only] = sites.as_slice() {
        look.held.extend(only.first().map(|site| possible.held_from_outside(*site)));
    }
    for later in 0..sites.len() {
        for earlier in 0..later {
            let joined = |level: &Level<'_>| level.joined(&sites[earlier], &sites[later]);
            let held = |level: &Level<'_>| level.held(&sites[earlier], &sites[later]);
            let is_neighbour = earlier + 1 == later;
            let at_likely = joined(&likely);
            if is_neighbour && at_likely.is_none() {
                look.doubts.push(held(&likely));
            }
            match at_likely.or_else(|| joined(&possible)) {
                Some(hit) => look.links.push(Link { of: (earlier, later), hit }),
                None if is_neighbour => look.held.push(held(&possible)),
                None => {}
            }
        }
    }
    Ok(look)
}

/// Whether any of the statements awaits.
pub(crate) fn awaits(index: &Index<'_>, file: FileId, statements: &[RangeInclusive<usize>]) -> bool {
    awaited(index, file, statements).iter().any(|sites| !sites.is_empty())
}

impl Held {
    pub(crate) fn new(reason: Reason, said: String) -> Held {
        Held { reason, said: vec![said] }
    }
}

/// An await site with the line its `.await` stands on.
#[derive(Clone, Copy, Debug)]
struct Site {
    function: FunctionId,
    expr: ExprId,
    span: Span,
}

/// The await sites of each statement, in the order they are lowered.
fn awaited(index: &Index<'_>, file: FileId, statements: &[RangeInclusive<usize>]) -> Vec<Vec<Site>> {
    let source = index.source(file);
    let bodies = index.functions_in(file).filter_map(|(function, _)| Some((function, index.body(function)?)));
    let sites = bodies.flat_map(|(function, body)| {
        let exprs = (0..).map(ExprId).zip(&body.exprs).filter(|(_, expr)| is_site(expr));
        exprs.map(move |(number, expr)| Site { function, expr: number, span: expr.span })
    });
    let sites: Vec<(usize, Site)> = sites.map(|site| (last_line(source, site.span), site)).collect();
    let on = |lines: &RangeInclusive<usize>| {
        sites.iter().filter(|(line, _)| lines.contains(line)).map(|(_, site)| *site).collect()
    };
    statements.iter().map(on).collect()
}

fn last_line(source: &SourceFile, span: Span) -> usize {
    source.position(span.end.saturating_sub(1)).line
}

/// What the linter makes of a file at one confidence.
struct Level<'a> {
    functions: Vec<Function<'a>>,
    diagnostics: Vec<Diagnostic>,
}

struct Function<'a> {
    id: FunctionId,
    types: Types<'a>,
    analyses: Vec<Analysis>,
    verdicts: Vec<Verdict>,
}

/// A statement of a region.
#[derive(Clone, Copy)]
struct Home<'a> {
    analysis: &'a Analysis,
    node: usize,
}

impl<'a> Level<'a> {
    fn new(effects: &'a Effects<'_>, file: FileId, sites: &[Vec<Site>], confidence: Confidence) -> Level<'a> {
        let mut ids: Vec<FunctionId> = sites.iter().flatten().map(|site| site.function).collect();
        ids.sort_unstable();
        ids.dedup();
        let function = |id: FunctionId| {
            let types = Types::new(effects.index, id)?;
            let analyses = analyze(&types, effects, confidence);
            let verdicts = verdicts(&types, effects, &analyses);
            Some(Function { id, types, analyses, verdicts })
        };
        let options = Options { tests: true, confidence, levels: Vec::new() };
        let diagnostics = check_file(effects, file, &options).unwrap_or_default();
        Level { functions: ids.into_iter().filter_map(function).collect(), diagnostics }
    }

    /// The diagnostic that joins a statement with another one.
    fn joined(&self, earlier: &[Site], later: &[Site]) -> Option<Hit> {
        let mut pairs = later.iter().flat_map(|site| earlier.iter().map(|other| (*other, *site)));
        pairs.find_map(|(earlier, later)| self.joined_sites(earlier, later))
    }

    fn joined_sites(&self, earlier: Site, later: Site) -> Option<Hit> {
        let (first, second) = (self.home(earlier)?, self.home(later)?);
        let schedule = &second.analysis.schedule;
        let is_same = std::ptr::eq(first.analysis, second.analysis) && first.node < second.node;
        let joined = schedule.joined();
        let is_planned = is_same && joined.contains(&first.node) && joined.contains(&second.node);
        let overlaps = || schedule.starts[second.node] < schedule.starts[first.node] + schedule.weights[first.node];
        (is_planned && overlaps()).then(|| self.said(second.analysis)).flatten()
    }

    /// The diagnostic that joins a statement with anything: by the plan of its region, or another lint's.
    fn with_any(&self, sites: &[Site]) -> Option<Hit> {
        let planned = sites.iter().filter_map(|site| self.home(*site));
        let planned = planned.filter(|home| home.analysis.schedule.joined().contains(&home.node));
        let own = planned.filter_map(|home| self.said(home.analysis)).max_by_key(|hit| hit.confidence);
        let is_about = |diagnostic: &&Diagnostic| {
            let labels = || diagnostic.labels.iter().chain([&diagnostic.primary]);
            let is_here = |site: &Site| labels().any(|label| overlaps(label.span, site.span));
            diagnostic.lint != OF_STATEMENTS && sites.iter().any(is_here)
        };
        own.or_else(|| self.diagnostics.iter().filter(is_about).map(hit).max_by_key(|hit| hit.confidence))
    }

    fn said(&self, analysis: &Analysis) -> Option<Hit> {
        let is_own = |span: Span| analysis.region.nodes.iter().any(|node| node.span.contains(span));
        let mut own = self.diagnostics.iter().filter(|diagnostic| is_own(diagnostic.primary.span));
        own.find(|diagnostic| diagnostic.lint == OF_STATEMENTS).map(hit)
    }

    fn function(&self, site: Site) -> Option<&Function<'a>> {
        self.functions.iter().find(|function| function.id == site.function)
    }

    fn home(&self, site: Site) -> Option<Home<'_>> {
        let regions = self.function(site)?.analyses.iter();
        let home =
            |analysis: &'_ Analysis| analysis.region.nodes.iter().position(|node| node.sites.contains(&site.expr));
        regions.filter_map(|analysis| Some(Home { analysis, node: home(analysis)? })).next()
    }

    fn verdict(&self, site: Site) -> Option<&Verdict> {
        self.function(site)?.verdicts.iter().find(|verdict| verdict.site == site.expr)
    }

    /// What holds the later statement behind the earlier one.
    fn held(&self, earlier: &[Site], later: &[Site]) -> Held {
        let is_next = |site: &&Site| {
            let previous = self.verdict(**site).and_then(|verdict| verdict.previous);
            earlier.iter().any(|other| other.function == site.function && Some(other.expr) == previous)
        };
        let second = later.iter().find(is_next).or_else(|| later.first());
        let (Some(first), Some(second)) = (earlier.last(), second) else {
            return Held::new(Reason::NotFound, "there is no await on these lines".to_owned());
        };
        if let (Some(from), Some(to)) = (self.home(*first), self.home(*second))
            && std::ptr::eq(from.analysis, to.analysis)
            && from.node != to.node
        {
            let Some(function) = self.function(*second) else { return gains_nothing() };
            return weakest(from.analysis, from.node, to.node)
                .map_or_else(gains_nothing, |blocker| blocked(&function.types, blocker));
        }
        self.held_from_outside(*second)
    }

    /// They share no region: what the verdict says, or what separates the regions.
    fn held_from_outside(&self, site: Site) -> Held {
        let apart = || Held::new(Reason::Control("block".to_owned()), "they stand in different blocks".to_owned());
        let Some(function) = self.function(site) else { return apart() };
        let before = || self.home(site).and_then(|home| home.analysis.region.before.as_ref());
        match self.verdict(site).map(|verdict| &verdict.kind) {
            Some(VerdictKind::Blocked(blocker)) => blocked(&function.types, blocker),
            _ => before().map_or_else(apart, |blocker| blocked(&function.types, blocker)),
        }
    }
}

fn gains_nothing() -> Held {
    Held::new(Reason::NothingToGain, "nothing holds it, but no round trip would be saved".to_owned())
}

fn overlaps(one: Span, other: Span) -> bool {
    one.start < other.end && other.start < one.end
}

fn hit(diagnostic: &Diagnostic) -> Hit {
    let said = [&diagnostic.message].into_iter().chain(&diagnostic.evidence).chain(&diagnostic.notes);
    let is_of_statements = diagnostic.lint == OF_STATEMENTS;
    Hit { confidence: diagnostic.confidence, is_of_statements, said: said.cloned().collect() }
}

fn blocked(types: &Types<'_>, blocker: &Blocker) -> Held {
    let line = types.index.source(types.scope.file).position(blocker.span.start).line;
    let mut said = vec![format!("{} at line {line}: {}", blocker.kind, blocker.sentence())];
    if !blocker.because.is_empty() {
        said.extend(words::links(&blocker.because));
    }
    Held { reason: Reason::of(&blocker.kind), said }
}

/// On the shortest way of dependences from one statement to another, the least sure one: without it they could be
/// joined. Where several lead from one statement to the next, the plainest stands for them.
fn weakest(analysis: &Analysis, from: usize, to: usize) -> Option<&Blocker> {
    let plainest = |from: usize, to: usize| {
        let edges = analysis.edges.iter().filter(|edge| edge.strict && (edge.from, edge.to) == (from, to));
        edges.min_by_key(|edge| Reason::of(&edge.blocker.kind))
    };
    let mut way: Vec<Option<usize>> = vec![None; analysis.region.nodes.len()];
    let mut open = std::collections::VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for edge in analysis.edges.iter().filter(|edge| edge.strict && edge.from == at) {
            if way[edge.to].is_none() && edge.to != from {
                way[edge.to] = Some(at);
                open.push_back(edge.to);
            }
        }
    }
    let mut edges: Vec<&Edge> = Vec::new();
    let mut at = to;
    while let Some(before) = way[at] {
        edges.extend(plainest(before, at));
        at = before;
    }
    edges.into_iter().max_by_key(|edge| Reason::of(&edge.blocker.kind)).map(|edge| &edge.blocker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cargo_conjoin::discover::Workspace;

    const CODE: &str = "\
async fn fetch_name(id: u32) -> u32 { Reply.await + id }
async fn fetch_photo(id: u32) -> u32 { Reply.await + id }
struct Reply;
impl Future for Reply {
    type Output = u32;
    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<u32> {
        std::task::Poll::Ready(1)
    }
}
async fn page(id: u32) -> u32 {
    let name = fetch_name(id).await;
    let photo = fetch_photo(id)
        .await;
    let other = fetch_photo(name).await;
    name + photo + other
}
";

    fn look_at(statements: &[RangeInclusive<usize>]) -> Result<Look, Held> {
        let file = SourceFile::new("a.rs".into(), "a.rs".to_owned(), CODE.to_owned());
        let workspace = Workspace { files: vec![file], ..Workspace::default() };
        let index = Index::new(&workspace, false);
        look(&Effects::new(&index), FileId(0), statements)
    }

    #[test]
    fn a_pair_is_joined_where_the_plan_runs_both_at_once() {
        let found = look_at(&[11..=11, 12..=13]).unwrap();
        assert_eq!(found.links.len(), 1);
        assert_eq!((found.links[0].of, found.links[0].hit.confidence), ((0, 1), Confidence::Proven));
        assert!(found.held.is_empty() && found.doubts.is_empty());
        assert!(found.with_any.iter().all(Option::is_some));
    }

    #[test]
    fn what_needs_a_value_is_held_by_it() {
        let found = look_at(&[11..=11, 14..=14]).unwrap();
        assert!(found.links.is_empty());
        assert_eq!(found.held[0].reason, Reason::Flow);
        assert!(found.held[0].said[0].starts_with("flow(name) at line 14"), "{:?}", found.held);
    }

    #[test]
    fn lines_without_await_are_not_found() {
        assert_eq!(look_at(&[10..=10, 15..=15]).unwrap_err().reason, Reason::NotFound);
        assert_eq!(look_at(&[11..=11, 15..=15]).unwrap_err().reason, Reason::NotFound);
    }
}
