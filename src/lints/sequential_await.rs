//! Awaits in a row that do not need one another.
#![doc = include_str!("sequential_await.md")]

mod evidence;

pub(super) use evidence::listed;

use crate::analysis::Analysis;
use crate::analysis::verdict;
use crate::diagnostic::{Applicability, Confidence, Diagnostic, Label, Level, Row, Timeline};
use crate::lints::{Context, Lint, stored_futures};
use crate::rewrite::{self, Rewrite, provider};
use crate::source::Span;

pub(super) static SEQUENTIAL_AWAIT: Lint = Lint {
    name: "sequential_await",
    level: Level::Warn,
    summary: "awaits in a row that do not need one another",
    docs: include_str!("sequential_await.md"),
    hint: None,
    run,
};

fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if crate::analysis::is_rewritten(context.types.function) {
        return;
    }
    let own = waiting(context).filter(|analysis| !analysis.is_within_expressions());
    let own = own.filter(|analysis| stored_futures::told_of(context, analysis).is_empty());
    found.extend(own.filter_map(|analysis| diagnose(context, &SEQUENTIAL_AWAIT, analysis)));
}

/// The regions that take longer than they need.
pub(super) fn waiting<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Analysis> + use<'a> {
    context.analyses.iter().filter(|analysis| analysis.schedule.after < analysis.schedule.before)
}

/// What there is to say of a region whose round trips could be fewer.
pub(super) fn diagnose(context: &Context<'_>, lint: &Lint, analysis: &Analysis) -> Option<Diagnostic> {
    let awaits = shown(analysis);
    let early: Vec<usize> = awaits.iter().copied().filter(|node| analysis.schedule.is_early(*node)).collect();
    let first_early = *early.first()?;
    let waited_for = *awaits.iter().take_while(|node| **node < first_early).last()?;
    let fix = fix(context, analysis);
    // What is written counts, where it is slower than what could be.
    let written = fix.as_ref().ok().filter(|rewrite| rewrite.round_trips > analysis.schedule.after);
    let starts = written.map_or(&analysis.schedule.starts, |rewrite| &rewrite.starts);
    let timeline = timeline(context, analysis, &awaits, starts);
    let message = format!(
        "{} without need: {} round trips could be {}",
        who_waits(context, analysis, &early, waited_for),
        timeline.before,
        timeline.after
    );
    let mut notes = notes(context, analysis);
    notes.extend(fix.as_ref().err().cloned());
    if fix.as_ref().is_ok_and(|rewrite| rewrite.fix.fallback.is_some()) {
        notes.push(rewrite::FIRST_IN_TIME.to_owned());
    } else if fix.as_ref().is_ok_and(|rewrite| !rewrite.keeps_order) {
        notes.push("if several fail, another error than today may be returned".to_owned());
    }
    let primary = Label { span: site_span(context, analysis, first_early), text: "could start earlier".to_owned() };
    Some(Diagnostic {
        labels: labels(context, analysis, &awaits, first_early),
        timeline: Some(timeline),
        evidence: evidence::evidence(context, analysis),
        notes,
        fix: fix.ok().map(|rewrite| rewrite.fix),
        ..context.diagnostic(lint, analysis.confidence, message, primary)
    })
}

/// The awaits from the first that is joined to the last; what stands before and behind them stays as it is.
fn shown(analysis: &Analysis) -> Vec<usize> {
    let joined = analysis.schedule.joined();
    let (Some(first), Some(last)) = (joined.first(), joined.last()) else { return Vec::new() };
    (*first..=*last).filter(|node| analysis.schedule.weights[*node] > 0).collect()
}

fn labels(context: &Context<'_>, analysis: &Analysis, awaits: &[usize], primary: usize) -> Vec<Label> {
    let label = |node: &usize| {
        let text = if analysis.schedule.is_early(*node) {
            "could start earlier".to_owned()
        } else if Some(node) == awaits.first() {
            "starts first".to_owned()
        } else {
            verdict::strongest(analysis, *node).label(analysis.region.nodes[*node].span)
        };
        Label { span: site_span(context, analysis, *node), text }
    };
    awaits.iter().filter(|node| **node != primary).map(label).collect()
}

fn timeline(context: &Context<'_>, analysis: &Analysis, awaits: &[usize], starts: &[usize]) -> Timeline {
    let schedule = &analysis.schedule;
    let begin = awaits.iter().map(|node| starts[*node]).min().unwrap_or(0);
    let begin_today = awaits.first().map_or(0, |node| schedule.sequential[*node]);
    let row = |node: &usize| Row {
        name: name_of(context, analysis, *node).trim_matches('`').to_owned(),
        before: schedule.sequential[*node] - begin_today,
        after: starts[*node] - begin,
        length: schedule.weights[*node],
    };
    let rows: Vec<Row> = awaits.iter().map(row).collect();
    let before = rows.iter().map(|row| row.length).sum();
    let after = rows.iter().map(|row| row.after + row.length).max().unwrap_or(before);
    Timeline { before, after, rows }
}

fn notes(context: &Context<'_>, analysis: &Analysis) -> Vec<String> {
    let joined = analysis.schedule.joined();
    let fallible: Vec<usize> = joined.iter().copied().filter(|node| analysis.region.nodes[*node].may_fail).collect();
    let mut notes = Vec::new();
    if let Some(first) = fallible.first()
        && joined.iter().any(|node| node > first)
    {
        let name = name_of(context, analysis, *first);
        notes.push(format!("if {name} fails, the others have started; today they would not"));
    }
    notes.extend(evidence::doubt(context, analysis));
    notes
}

fn fix(context: &Context<'_>, analysis: &Analysis) -> Result<Rewrite, String> {
    let index = context.types.index;
    let source = index.source(context.id.file);
    let package = index.package_of(source);
    let provider = provider::provider(package, source, context.provider)?.as_imported(context.types, source);
    let region = rewrite::Region { source, types: context.types, effects: context.effects, analysis, provider };
    let mut rewrite = rewrite::join(&region)
        .ok_or_else(|| "statements of this shape are not rewritten yet; join them by hand".to_owned())?;
    if analysis.confidence < Confidence::Likely {
        // Right as a text, and nobody knows whether it is right.
        rewrite.fix.applicability = Applicability::MaybeIncorrect;
    }
    Ok(rewrite)
}

/// "`b` waits for `a`", "`b` and `c` wait for `a`", "2 calls of `b` wait for `a`".
fn who_waits(context: &Context<'_>, analysis: &Analysis, early: &[usize], waited_for: usize) -> String {
    let first = name_of(context, analysis, waited_for);
    let schedule = &analysis.schedule;
    let ends = schedule.starts[waited_for] + schedule.weights[waited_for];
    // Some may start earlier than today, and still need what is waited for here.
    let beside: Vec<usize> = early.iter().copied().filter(|node| schedule.starts[*node] < ends).collect();
    let beside = if beside.is_empty() { early } else { beside.as_slice() };
    let names: Vec<String> = beside.iter().map(|node| name_of(context, analysis, *node)).collect();
    let distinct = evidence::distinct(names.clone());
    // Two blocks are not one called twice.
    let (one, several) = match first.as_str() {
        "`async block`" => ("async block".to_owned(), "async blocks".to_owned()),
        _ => (format!("call of {first}"), format!("calls of {first}")),
    };
    match (distinct.as_slice(), names.len()) {
        ([name], 1) if *name == first => format!("a second {one} waits for the first"),
        ([name], count) if *name == first => format!("{count} more {several} wait for the first"),
        ([name], 1) => format!("{name} waits for {first}"),
        ([name], count) => format!("{count} calls of {name} wait for {first}"),
        _ => format!("{} wait for {first}", listed(distinct)),
    }
}

fn name_of(context: &Context<'_>, analysis: &Analysis, node: usize) -> String {
    let sites = &analysis.region.nodes[node].sites;
    sites.last().map_or_else(String::new, |site| format!("`{}`", rewrite::awaited_name(context.types, *site)))
}

fn site_span(context: &Context<'_>, analysis: &Analysis, node: usize) -> Span {
    let sites = &analysis.region.nodes[node].sites;
    sites.last().map_or(analysis.region.nodes[node].span, |site| context.types.body.expr(*site).span)
}
