//! What the linter makes of a file at one confidence.
//!
//! In: the await sites of some statements. Out: [`Level`], which says whether two of them are joined.
//!
//! Two statements are joined where both await in one region, the schedule starts the later one before the earlier one
//! has ended, and the diagnostic of that region exists.

use cargo_conjoin::analysis::effects::Effects;
use cargo_conjoin::analysis::verdict::{Verdict, verdicts};
use cargo_conjoin::analysis::{Analysis, Purpose, analyze};
use cargo_conjoin::check::{Options, check_file};
use cargo_conjoin::diagnostic::{Confidence, Diagnostic};
use cargo_conjoin::index::FunctionId;
use cargo_conjoin::index::types::Types;
use cargo_conjoin::source::{FileId, Span};

use super::{Hit, Site};

/// The lint that joins statements; the others speak of awaits inside one.
const OF_STATEMENTS: &str = "sequential_await";

/// The functions that are asked about, and every diagnostic of the file.
pub(super) struct Level<'a> {
    functions: Vec<Function<'a>>,
    diagnostics: Vec<Diagnostic>,
}

pub(super) struct Function<'a> {
    id: FunctionId,
    pub(super) types: Types<'a>,
    analyses: Vec<Analysis>,
    verdicts: Vec<Verdict>,
}

/// A statement of a region.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) node: usize,
}

impl<'a> Level<'a> {
    pub(super) fn new(
        effects: &'a Effects<'_>,
        file: FileId,
        sites: &[Vec<Site>],
        confidence: Confidence,
    ) -> Level<'a> {
        let mut ids: Vec<FunctionId> = sites.iter().flatten().map(|site| site.function).collect();
        ids.sort_unstable();
        ids.dedup();
        let function = |id: FunctionId| {
            let types = Types::new(effects.index, id)?;
            let analyses = analyze(&types, effects, confidence, Purpose::Explain);
            let verdicts = verdicts(&types, effects, &analyses);
            Some(Function { id, types, analyses, verdicts })
        };
        let options = Options { tests: true, confidence, ..Options::default() };
        let diagnostics = check_file(effects, file, &options).unwrap_or_default();
        Level { functions: ids.into_iter().filter_map(function).collect(), diagnostics }
    }

    /// The diagnostic that joins a statement with another one.
    pub(super) fn joined(&self, earlier: &[Site], later: &[Site]) -> Option<Hit> {
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
    pub(super) fn with_any(&self, sites: &[Site]) -> Option<Hit> {
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

    pub(super) fn function(&self, site: Site) -> Option<&Function<'a>> {
        self.functions.iter().find(|function| function.id == site.function)
    }

    pub(super) fn home(&self, site: Site) -> Option<Home<'_>> {
        let regions = self.function(site)?.analyses.iter();
        let home =
            |analysis: &'_ Analysis| analysis.region.nodes.iter().position(|node| node.sites.contains(&site.expr));
        regions.filter_map(|analysis| Some(Home { analysis, node: home(analysis)? })).next()
    }

    pub(super) fn verdict(&self, site: Site) -> Option<&Verdict> {
        self.function(site)?.verdicts.iter().find(|verdict| verdict.site == site.expr)
    }
}

fn overlaps(one: Span, other: Span) -> bool {
    one.start < other.end && other.start < one.end
}

fn hit(diagnostic: &Diagnostic) -> Hit {
    let said = [&diagnostic.message].into_iter().chain(&diagnostic.evidence).chain(&diagnostic.notes);
    let is_of_statements = diagnostic.lint == OF_STATEMENTS;
    Hit { confidence: diagnostic.confidence, is_of_statements, said: said.cloned().collect() }
}
