//! A workspace to diagnostics: the stages up to the lints, run over every file in parallel.
//!
//! In: a [`Workspace`]. Out: [`Outcome`]; for one line, [`why`]; for one file, [`Verdict`]s.
//!
//! Invariant: the outcome is sorted by file and place, whatever the number of threads.

use rayon::prelude::*;

use crate::analysis::effects::Effects;
use crate::analysis::verdict::{Verdict, VerdictKind, verdicts};
use crate::analysis::{Analysis, analyze, awaits_twice};
use crate::diagnostic::{Confidence, Diagnostic, Level};
use crate::discover::Workspace;
use crate::index::types::Types;
use crate::index::{FunctionId, Index};
use crate::ir::{lower, print};
use crate::lints::{Context, LINTS};
use crate::source::Problem;
use crate::source::{FileId, SourceFile};

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether test code is looked at.
    pub tests: bool,
    /// The least confidence that is reported.
    pub confidence: Confidence,
    /// Levels given to lints, later ones winning.
    pub levels: Vec<(String, Level)>,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The diagnostics, sorted by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// Files that could not be parsed.
    pub problems: Vec<Problem>,
    /// Files looked at.
    pub files: usize,
    /// Their lines.
    pub lines: usize,
}

/// Checks every selected file. `progress` is told how many files are done, and of how many.
pub fn check(workspace: &Workspace, options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Outcome {
    let index = Index::new(workspace, options.tests);
    let effects = Effects::new(&index);
    let selected: Vec<FileId> = index.file_ids().filter(|file| index.source(*file).is_selected).collect();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let results: Vec<Result<Vec<Diagnostic>, Problem>> = selected
        .par_iter()
        .map(|file| {
            let result = check_file(&effects, *file, options);
            let count = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            progress(count, selected.len());
            result
        })
        .collect();
    let lines =
        selected.par_iter().map(|file| memchr::memchr_iter(b'\n', index.source(*file).text.as_bytes()).count()).sum();
    let mut outcome = Outcome { files: selected.len(), lines, ..Outcome::default() };
    for result in results {
        match result {
            Ok(found) => outcome.diagnostics.extend(found),
            Err(problem) => outcome.problems.push(problem),
        }
    }
    outcome
}

/// Why the awaits of a line stand where they stand: one paragraph for each.
///
/// # Errors
///
/// There is no await on that line, or the file does not parse. The text says which.
pub fn why(workspace: &Workspace, options: &Options, file: FileId, line: usize) -> Result<String, String> {
    let index = Index::new(workspace, options.tests);
    let effects = Effects::new(&index);
    let source = index.source(file);
    index.read(file).map_err(|problem| format!("{}: {}", source.name, problem.message))?;
    let mut paragraphs = Vec::new();
    for (id, _) in index.functions_in(file) {
        let Some(types) = Types::new(&index, id) else { continue };
        let analyses = analyze(&types, &effects, options.confidence);
        for verdict in
            verdicts(&types, &effects, &analyses).iter().filter(|verdict| site_lines(source, verdict).contains(&line))
        {
            paragraphs.push(explain::paragraph(&types, &analyses, verdict));
        }
    }
    if paragraphs.is_empty() {
        return Err(format!("{}:{line}: there is no await on this line", source.name));
    }
    Ok(paragraphs.join("\n"))
}

/// The await graph of every selected file as text.
pub fn emit_ir(workspace: &Workspace, options: &Options) -> String {
    let selected = workspace.files.iter().filter(|file| file.is_selected);
    let lowered = selected.filter_map(|file| Some((file, lower::read(file, options.tests).ok()?)));
    lowered.map(|(file, ir)| format!("// {}\n{}", file.name, print::print(&ir))).collect()
}

/// The line of an await and what is said of it: the name of the lint, or `blocked: flow(x)`.
pub type Mark = (usize, String);

/// The diagnostics of one file and the verdict of each of its awaits. The first await of a body has none.
///
/// # Errors
///
/// The file does not parse.
pub fn verdicts_of(
    workspace: &Workspace,
    options: &Options,
    file: FileId,
) -> Result<(Vec<Diagnostic>, Vec<Mark>), Problem> {
    let index = Index::new(workspace, options.tests);
    let effects = Effects::new(&index);
    let diagnostics = check_file(&effects, file, options)?;
    let source = index.source(file);
    let mut marks = Vec::new();
    for (id, _) in index.functions_in(file) {
        let Some(types) = Types::new(&index, id) else { continue };
        let analyses = analyze(&types, &effects, options.confidence);
        for verdict in verdicts(&types, &effects, &analyses) {
            let line = source.position(verdict.span.end.saturating_sub(1)).line;
            match verdict.kind {
                VerdictKind::First => {}
                VerdictKind::Early => marks.push((line, "sequential_await".to_owned())),
                VerdictKind::Blocked(blocker) => marks.push((line, format!("blocked: {}", blocker.kind))),
            }
        }
    }
    marks.sort();
    Ok((diagnostics, marks))
}

fn check_file(effects: &Effects<'_>, file: FileId, options: &Options) -> Result<Vec<Diagnostic>, Problem> {
    let index = effects.index;
    let mut found = Vec::new();
    // One await has nothing to wait for.
    if index.awaits(file) < 2 {
        return Ok(found);
    }
    index.read(file).map_err(Clone::clone)?;
    // What was left out awaits less than twice.
    for (id, _) in index.functions_in(file).filter(|(_, function)| !function.is_outlined) {
        check_function(effects, id, options, &mut found);
    }
    found.retain(|diagnostic| diagnostic.confidence >= options.confidence && diagnostic.level > Level::Allow);
    found.sort_by_key(|diagnostic| (diagnostic.primary.span.start, diagnostic.primary.span.end));
    Ok(found)
}

fn check_function(effects: &Effects<'_>, id: FunctionId, options: &Options, found: &mut Vec<Diagnostic>) {
    let Some(types) = Types::new(effects.index, id).filter(|types| awaits_twice(types.body)) else { return };
    let analyses = analyze(&types, effects, options.confidence);
    if analyses.is_empty() {
        return;
    }
    let context = Context { id, types: &types, effects, analyses: &analyses };
    let before = found.len();
    for lint in LINTS {
        (lint.run)(&context, found);
    }
    for diagnostic in &mut found[before..] {
        let given = options.levels.iter().rev().find(|(name, _)| name == diagnostic.lint || name == "all");
        diagnostic.level = given.map_or(diagnostic.level, |(_, level)| *level);
    }
}

fn site_lines(source: &SourceFile, verdict: &Verdict) -> std::ops::RangeInclusive<usize> {
    source.position(verdict.span.start).line..=source.position(verdict.span.end.saturating_sub(1)).line
}

mod explain {
    //! One await in words.

    use super::{Analysis, Types, Verdict, VerdictKind};
    use crate::rewrite::awaited_name;
    use std::fmt::Write as _;

    /// What is said of one await: its region, what it waits for, what it may join.
    pub(super) fn paragraph(types: &Types<'_>, analyses: &[Analysis], verdict: &Verdict) -> String {
        let source = types.index.source(types.scope.file);
        let line = |offset: u32| source.position(offset).line;
        let mut text = format!(
            "{}:{}: `{}` ",
            source.name,
            line(verdict.span.end.saturating_sub(1)),
            awaited_name(types, verdict.site)
        );
        match &verdict.kind {
            VerdictKind::First => text.push_str("is the first await of its body; nothing is waited for before it.\n"),
            VerdictKind::Early => text.push_str("waits without need: it could start earlier.\n"),
            VerdictKind::Blocked(blocker) => {
                let _ = writeln!(
                    text,
                    "must wait ({}): {}, line {}.",
                    blocker.kind,
                    blocker.sentence(),
                    line(blocker.span.start)
                );
            }
        }
        let Some(analysis) = verdict.region.and_then(|region| analyses.get(region)) else { return text };
        let own = analysis.region.nodes.iter().position(|node| node.sites.contains(&verdict.site));
        let _ = writeln!(
            text,
            "  Its region takes {} round trips today and needs {}:",
            analysis.schedule.before, analysis.schedule.after
        );
        for (number, node) in analysis.region.nodes.iter().enumerate() {
            let Some(site) = node.sites.last() else { continue };
            let mark = if Some(number) == own { ">" } else { " " };
            let start = analysis.schedule.starts[number] + 1;
            let _ = write!(
                text,
                "  {mark} line {}: `{}` can start in round trip {start}",
                line(node.span.start),
                awaited_name(types, *site)
            );
            let effect = analysis.effects.get(number).and_then(|effects| effects.awaited.as_ref());
            match effect {
                Some(effect) => {
                    let _ = writeln!(text, "; {} ({})", effect.because, effect.confidence);
                }
                None => text.push('\n'),
            }
        }
        for edge in analysis.edges.iter().filter(|edge| Some(edge.to) == own && edge.strict) {
            let from = &analysis.region.nodes[edge.from];
            let _ = writeln!(
                text,
                "  It follows line {}: {} ({})",
                line(from.span.start),
                edge.blocker.sentence(),
                edge.blocker.kind
            );
        }
        text
    }
}
