//! Why an await stands where it stands.
//!
//! In: a line of a file ([`on_line`]), or a function with its analyses and one verdict ([`why`]). Out: the awaits of
//! that line, or [`Why`]: the region with its round trips, and what holds the await back, as plain data.

use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::dependence::Edge;
use crate::analysis::effects::words;
use crate::analysis::joins::nearest_loop;
use crate::analysis::loops::InLoop;
use crate::analysis::verdict::{Verdict, VerdictKind, strongest_edge};
use crate::analysis::{Analysis, is_site};
use crate::index::types::Types;
use crate::index::{FunctionId, Index, qualified_name};
use crate::ir::{ExprId, ExprKind, LoopKind};
use crate::rewrite::awaited_name;
use crate::source::{FileId, Problem, SourceFile, Span};

/// Lines that are named instead of one without awaits.
const NEAREST: usize = 5;

/// What there is to say of one await.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// What people call the file.
    pub file: String,
    /// The function it is in, `Store::page`.
    pub function: String,
    /// What is awaited, and where.
    pub asked: Place,
    /// Whether it must wait.
    pub answer: Answer,
    /// What it follows for further reasons, the nearest first; of one reason only the nearest.
    pub also: Vec<Reason>,
    /// The awaits that run beside it in the plan.
    pub beside: Vec<Place>,
    /// The awaits of its region, where it belongs to one.
    pub region: Option<Trips>,
    /// The loop around it, where it stands in one.
    pub rounds: Option<Rounds>,
}

/// A loop whose rounds await.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Its line.
    pub line: usize,
    /// What keeps its rounds in a row; nothing where they need not wait for one another.
    pub kept: Option<Reason>,
}

/// Whether an await must wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is awaited before it.
    First,
    /// It could start earlier. The links of the reason why it counts as a read.
    Early(Vec<String>),
    /// It must wait.
    Blocked(Reason),
}

/// What holds an await back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The await that holds it back; of a statement that awaits nothing only the line.
    pub behind: Place,
    /// Where that is seen, when it is neither in that statement nor in the one of the await.
    pub seen: Option<usize>,
    /// Why, as a sentence.
    pub sentence: String,
    /// Why, as fixtures and papers write it: `flow(user)`.
    pub kind: String,
    /// The evidence, link by link.
    pub links: Vec<String>,
    /// How many further ones, before it, hold it back for the same reason.
    pub more: usize,
}

/// A statement or an await.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What is awaited; empty when nothing is.
    pub name: String,
    /// Its line.
    pub line: usize,
}

/// The awaits of a region in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trips {
    /// Round trips today.
    pub before: usize,
    /// Round trips of the plan.
    pub after: usize,
    /// A row for each await.
    pub rows: Vec<Row>,
}

/// An await in time; round trips count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is awaited.
    pub place: Place,
    /// The round trip it is today and the one it could be; nothing when it takes none.
    pub trips: Option<(usize, usize)>,
    /// Whether it is the one that was asked about.
    pub is_asked: bool,
}

/// The awaits that a line means: those that end on it, else the innermost ones that reach over it.
///
/// # Errors
///
/// There are none. The problem says where the nearest ones are.
pub fn on_line(index: &Index<'_>, file: FileId, line: usize) -> Result<Vec<(FunctionId, ExprId)>, Problem> {
    let source = index.source(file);
    let sites: Vec<(FunctionId, ExprId, Span)> = sites(index, file);
    let ends_here: Vec<_> = sites.iter().filter(|(_, _, span)| last_line(source, *span) == line).collect();
    let reaches = |span: Span| (source.position(span.start).line..=last_line(source, span)).contains(&line);
    let around = || {
        let reaching = sites.iter().filter(|(_, _, span)| reaches(*span));
        let shortest = reaching.clone().map(|(_, _, span)| span.len()).min();
        reaching.filter(|(_, _, span)| Some(span.len()) == shortest).collect()
    };
    let found = if ends_here.is_empty() { around() } else { ends_here };
    if found.is_empty() {
        return Err(no_await(index, source, line, &sites));
    }
    Ok(found.into_iter().map(|(id, site, _)| (*id, *site)).collect())
}

/// The await of which the word itself, or the dot before it, stands at a place; with the place of the two.
pub fn at(index: &Index<'_>, file: FileId, offset: u32) -> Option<(FunctionId, ExprId, Span)> {
    let source = index.source(file);
    let mut words = sites(index, file).into_iter().map(|(id, site, span)| {
        let start = source.slice(span).rfind('.').map_or(span.start, |at| span.start + Span::new(at, at).start);
        (id, site, Span { start, end: span.end })
    });
    words.find(|(_, _, word)| word.start <= offset && offset <= word.end && source.slice(*word).ends_with("await"))
}

/// What there is to say of one await of a function, whose loops are `loops`.
pub fn why(types: &Types<'_>, analyses: &[Analysis], loops: &[InLoop], verdict: &Verdict) -> Why {
    let source = types.index.source(types.scope.file);
    let analysis = verdict.region.and_then(|region| analyses.get(region));
    let own = analysis.and_then(|analysis| {
        let number = analysis.region.nodes.iter().position(|node| node.sites.contains(&verdict.site))?;
        Some(Own { types, source, analysis, number, site: verdict.site })
    });
    let answer = match &verdict.kind {
        VerdictKind::First => Answer::First,
        VerdictKind::Early => Answer::Early(own.as_ref().map(Own::links).unwrap_or_default()),
        VerdictKind::Blocked(blocker) => {
            let edge = own.as_ref().and_then(|own| Some(own.follows(own.edge(blocker)?)));
            Answer::Blocked(edge.unwrap_or_else(|| from_outside(types, source, verdict, blocker)))
        }
    };
    let ir = types.index.file(types.scope.file);
    Why {
        file: source.name.clone(),
        function: ir.map(|ir| qualified_name(ir, types.function)).unwrap_or_default(),
        asked: place(types, source, verdict.site),
        also: own.as_ref().map(|own| own.also(&answer)).unwrap_or_default(),
        beside: own.as_ref().map(Own::beside).unwrap_or_default(),
        region: own.as_ref().map(Own::trips),
        rounds: rounds(types, source, loops, verdict.site),
        answer,
    }
}

/// What is said of the nearest loop around an await, in the same body.
fn rounds(types: &Types<'_>, source: &SourceFile, loops: &[InLoop], site: ExprId) -> Option<Rounds> {
    let body = types.body;
    let nearest = nearest_loop(body, body.expr(site).span)?;
    let expr = body.expr(nearest);
    let ExprKind::Loop { kind, .. } = &expr.kind else { return None };
    let place = line_only(source, expr.span);
    let line = place.line;
    let kept = match (kind, loops.iter().find(|(expr, _)| *expr == nearest)) {
        (LoopKind::For { .. }, Some((_, Ok(_)))) => None,
        (LoopKind::For { .. }, Some((_, Err(blocker)))) => {
            Some(reason(source, line_only(source, blocker.span), blocker))
        }
        _ => Some(Reason {
            behind: place,
            seen: None,
            sentence: "each round is asked for by the one before".to_owned(),
            kind: BlockerKind::Control("loop").to_string(),
            links: Vec::new(),
            more: 0,
        }),
    };
    Some(Rounds { line, kept })
}

/// An await as a statement of its region.
struct Own<'a> {
    types: &'a Types<'a>,
    source: &'a SourceFile,
    analysis: &'a Analysis,
    number: usize,
    site: ExprId,
}

impl Own<'_> {
    /// The dependence inside the region that was chosen for the verdict.
    fn edge(&self, blocker: &Blocker) -> Option<&Edge> {
        strongest_edge(self.analysis, self.number).filter(|edge| edge.blocker == *blocker)
    }

    /// All else that must be over before.
    fn also(&self, answer: &Answer) -> Vec<Reason> {
        let Answer::Blocked(given) = answer else { return Vec::new() };
        let into = self.analysis.edges.iter().filter(|edge| edge.to == self.number && edge.strict);
        let mut reasons: Vec<Reason> = into.map(|edge| self.follows(edge)).filter(|reason| reason != given).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.behind.line));
        let mut kept: Vec<Reason> = Vec::new();
        for reason in reasons {
            match kept.iter_mut().find(|other| other.kind == reason.kind) {
                Some(other) => other.more += 1,
                None => kept.push(reason),
            }
        }
        kept
    }

    fn follows(&self, edge: &Edge) -> Reason {
        let node = &self.analysis.region.nodes[edge.from];
        let behind = match node.sites.last() {
            Some(site) => place(self.types, self.source, *site),
            None => line_only(self.source, node.span),
        };
        let reason = reason(self.source, behind, &edge.blocker);
        let nodes = &self.analysis.region.nodes;
        let is_at_either =
            [edge.from, edge.to, self.number].iter().any(|at| nodes[*at].span.contains(edge.blocker.span));
        Reason { seen: reason.seen.filter(|_| !is_at_either), ..reason }
    }

    fn links(&self) -> Vec<String> {
        let effect = self.analysis.effects.get(self.number).and_then(|effects| effects.awaited.as_ref());
        effect.map(|effect| words::links(&effect.because)).unwrap_or_default()
    }

    fn beside(&self) -> Vec<Place> {
        let joined = self.analysis.schedule.joined();
        let starts = &self.analysis.schedule.starts;
        let is_beside = |node: &&usize| **node != self.number && starts[**node] == starts[self.number];
        let others = joined.iter().filter(|_| joined.contains(&self.number)).filter(is_beside);
        let first = others.filter_map(|node| self.analysis.region.nodes[*node].sites.first());
        first.map(|site| place(self.types, self.source, *site)).collect()
    }

    fn trips(&self) -> Trips {
        let schedule = &self.analysis.schedule;
        let nodes = self.analysis.region.nodes.iter().enumerate();
        let rows = nodes.flat_map(|(number, node)| {
            node.sites.iter().enumerate().map(move |(nth, site)| Row {
                place: place(self.types, self.source, *site),
                trips: (schedule.weights[number] > 0)
                    .then(|| (schedule.sequential[number] + nth + 1, schedule.starts[number] + nth + 1)),
                is_asked: *site == self.site,
            })
        });
        Trips { before: schedule.before, after: schedule.after, rows: rows.collect() }
    }
}

/// A blocker that is no dependence inside a region: what names say is about the await before, all else about its place.
fn from_outside(types: &Types<'_>, source: &SourceFile, verdict: &Verdict, blocker: &Blocker) -> Reason {
    let is_about_place = match blocker.kind {
        BlockerKind::Control(_) | BlockerKind::Fence(_) => blocker.kind != BlockerKind::Fence("expression"),
        _ => false,
    };
    let behind = match verdict.previous.filter(|_| !is_about_place) {
        Some(previous) => place(types, source, previous),
        None => line_only(source, blocker.span),
    };
    reason(source, behind, blocker)
}

fn reason(source: &SourceFile, behind: Place, blocker: &Blocker) -> Reason {
    let seen = source.position(blocker.span.start).line;
    let links = if blocker.because.is_empty() { Vec::new() } else { words::links(&blocker.because) };
    Reason {
        seen: (seen != behind.line).then_some(seen),
        behind,
        sentence: blocker.sentence(),
        kind: blocker.kind.to_string(),
        links,
        more: 0,
    }
}

fn place(types: &Types<'_>, source: &SourceFile, site: ExprId) -> Place {
    Place { name: awaited_name(types, site), line: last_line(source, types.body.expr(site).span) }
}

fn line_only(source: &SourceFile, span: Span) -> Place {
    Place { name: String::new(), line: source.position(span.start).line }
}

fn last_line(source: &SourceFile, span: Span) -> usize {
    source.position(span.end.saturating_sub(1)).line
}

fn sites(index: &Index<'_>, file: FileId) -> Vec<(FunctionId, ExprId, Span)> {
    let bodies = index.functions_in(file).filter_map(|(id, _)| Some((id, index.body(id)?)));
    let sites = bodies.flat_map(|(id, body)| {
        let exprs = (0..).map(ExprId).zip(&body.exprs).filter(|(_, expr)| is_site(expr));
        exprs.map(move |(site, expr)| (id, site, expr.span))
    });
    sites.collect()
}

fn no_await(index: &Index<'_>, source: &SourceFile, line: usize, sites: &[(FunctionId, ExprId, Span)]) -> Problem {
    let lines = source.text.lines().count();
    let message = if line == 0 || line > lines {
        format!("there is no such line, the file has {lines}")
    } else {
        "there is no await on this line".to_owned()
    };
    let is_around = |id: FunctionId| {
        let span = index.function(id).map(|function| function.span).unwrap_or_default();
        (source.position(span.start).line..=last_line(source, span)).contains(&line)
    };
    let lines_of = |sites: &mut dyn Iterator<Item = &(FunctionId, ExprId, Span)>| {
        let mut lines: Vec<usize> = sites.map(|(_, _, span)| last_line(source, *span)).collect();
        lines.sort_unstable();
        lines.dedup();
        lines.sort_by_key(|other| other.abs_diff(line));
        lines.truncate(NEAREST);
        lines.sort_unstable();
        lines
    };
    let inside = lines_of(&mut sites.iter().filter(|(id, _, _)| is_around(*id)));
    let (place, nearest) =
        if inside.is_empty() { ("the file", lines_of(&mut sites.iter())) } else { ("this function", inside) };
    let help = match nearest.as_slice() {
        [] => "no await of this file is looked at; `--tests` adds those of test code".to_owned(),
        [only] => format!("the nearest await of {place} is on line {only}"),
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(usize::to_string).collect();
            format!("the nearest awaits of {place} are on lines {} and {last}", rest.join(", "))
        }
    };
    Problem { file: source.name.clone(), place: Some((line, 1)), message, help: Some(help) }
}
