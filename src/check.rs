//! A workspace to diagnostics: the stages up to the lints, run over every file in parallel.
//!
//! In: a [`Workspace`]. Out: [`Outcome`]; for one line, [`why()`]; for one file, [`Verdict`](crate::analysis::verdict::Verdict)s.
//!
//! Invariant: the outcome is sorted by file and place, whatever the number of threads.

use std::cell::RefCell;

use rayon::prelude::*;

use crate::analysis::effects::Effects;
use crate::analysis::verdict::{VerdictKind, verdicts};
use crate::analysis::{Purpose, analyze, awaits_twice};
use crate::diagnostic::{Confidence, Diagnostic, Level};
use crate::discover::{Workspace, near_names};
use crate::index::types::Types;
use crate::index::{FunctionId, Index};
use crate::ir::{Unclear, lower, print};
use crate::knowledge::ClaimKind;
use crate::lints::{Context, LINTS, Lint, Silence};
use crate::source::{FileId, Problem, Span};
use crate::why::{self, Why};

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
    /// Comments that speak to this tool and are not understood.
    pub unclear: Vec<Problem>,
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
    let spoken_to = index.naming_us().par_iter().filter(|file| index.source(**file).is_selected);
    outcome.unclear = spoken_to.flat_map_iter(|file| unclear_in(&index, *file)).collect();
    index.free();
    outcome
}

/// The comments of a file that speak to this tool and are not understood.
fn unclear_in(index: &Index<'_>, file: FileId) -> Vec<Problem> {
    let unclear = index.file(file).map_or(&[][..], |ir| &ir.unclear);
    let problem = |unclear: &Unclear| {
        let source = index.source(file);
        let place = source.position(unclear.span.start);
        let word = unclear.words.split_whitespace().next().unwrap_or_default();
        let words = || ClaimKind::ALL.into_iter().map(ClaimKind::word);
        let help = match near_names(word, words()).as_slice() {
            [near, ..] if *near != word => format!("did you mean `{near}`?"),
            [near, ..] => format!("write ` -- ` between `{near}` and the reason"),
            [] => "write `reads`, `writes` or `fence`, and a reason behind ` -- `".to_owned(),
        };
        Problem {
            file: source.name.clone(),
            place: Some((place.line, place.column)),
            message: format!("says `conjoin: {}`, which means nothing above a function", unclear.words),
            help: Some(help),
        }
    };
    unclear.iter().map(problem).collect()
}

/// Why the awaits of a line stand where they stand.
///
/// # Errors
///
/// There is no await on that line, or the file does not parse.
pub fn why(workspace: &Workspace, options: &Options, file: FileId, line: usize) -> Result<Vec<Why>, Problem> {
    let index = Index::new(workspace, options.tests);
    let effects = Effects::new(&index);
    index.read(file).map_err(Clone::clone)?;
    let asked = why::on_line(&index, file, line)?;
    let mut found = Vec::new();
    for (id, _) in index.functions_in(file).filter(|(id, _)| asked.iter().any(|(function, _)| function == id)) {
        let Some(types) = Types::new(&index, id) else { continue };
        let analyses = analyze(&types, &effects, options.confidence, Purpose::Explain);
        let verdicts = verdicts(&types, &effects, &analyses);
        let own = verdicts.iter().filter(|verdict| asked.contains(&(id, verdict.site)));
        found.extend(own.map(|verdict| why::why(&types, &analyses, verdict)));
    }
    Ok(found)
}

/// The await graph of every selected file as text.
pub fn emit_ir(workspace: &Workspace, options: &Options) -> String {
    let selected = workspace.files.iter().filter(|file| file.is_selected);
    let lowered = selected.filter_map(|file| Some((file, lower::read(file, options.tests).ok()?)));
    lowered.map(|(file, ir)| format!("// {}\n{}", file.name, print::print(&ir))).collect()
}

/// The line of an await and what is said of it: the name of the lint, `blocked: flow(x)`, or the name of a lint and why it
/// says nothing, `unsafe_join: reads`.
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
    let silences = RefCell::default();
    let diagnostics = check_file_aloud(&effects, file, options, &silences)?;
    let source = index.source(file);
    let line = |span: Span| source.position(span.end.saturating_sub(1)).line;
    let others = diagnostics.iter().filter(|diagnostic| diagnostic.lint != "sequential_await");
    let mut marks: Vec<Mark> = others.map(|found| (line(found.primary.span), found.lint.to_owned())).collect();
    let silences = silences.into_inner();
    marks.extend(silences.iter().map(|silence| (line(silence.span), format!("{}: {}", silence.lint, silence.reason))));
    for (id, _) in index.functions_in(file) {
        let Some(types) = Types::new(&index, id) else { continue };
        let analyses = analyze(&types, &effects, options.confidence, Purpose::Explain);
        for verdict in verdicts(&types, &effects, &analyses) {
            let line = line(verdict.span);
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

/// The diagnostics of one file, sorted by place; the files around it are those of `effects`.
///
/// # Errors
///
/// The file does not parse.
pub fn check_file(effects: &Effects<'_>, file: FileId, options: &Options) -> Result<Vec<Diagnostic>, Problem> {
    check_file_aloud(effects, file, options, &RefCell::default())
}

/// The same, with why lints stayed silent of what they looked at.
fn check_file_aloud(
    effects: &Effects<'_>,
    file: FileId,
    options: &Options,
    silences: &RefCell<Vec<Silence>>,
) -> Result<Vec<Diagnostic>, Problem> {
    let index = effects.index;
    let mut found = Vec::new();
    let lints: Vec<&Lint> = LINTS.iter().copied().filter(|lint| concerns(lint, index, file, options)).collect();
    if lints.is_empty() {
        return Ok(found);
    }
    index.read(file).map_err(Clone::clone)?;
    for (id, function) in index.functions_in(file) {
        // What was left out awaits less than twice.
        let may_concern = |lint: &&&Lint| match lint.hint {
            None => !function.is_outlined,
            Some(hint) => index.function_hints_at(id, function, hint),
        };
        let lints: Vec<&Lint> = lints.iter().filter(may_concern).copied().collect();
        check_function(effects, id, options, (&lints, silences), &mut found);
    }
    found.retain(|diagnostic| diagnostic.confidence >= options.confidence && diagnostic.level > Level::Allow);
    found.sort_by_key(|diagnostic| (diagnostic.primary.span.start, diagnostic.primary.span.end));
    Ok(found)
}

/// Whether a lint is on and may find something in a file. One await has nothing to wait for.
fn concerns(lint: &Lint, index: &Index<'_>, file: FileId, options: &Options) -> bool {
    let may_find = match lint.hint {
        None => index.awaits(file) >= 2,
        Some(hint) => index.hints_at(file, hint),
    };
    may_find && level_of(lint, options) > Level::Allow
}

/// The last level that was given to a lint, or its own.
fn level_of(lint: &Lint, options: &Options) -> Level {
    let given = options.levels.iter().rev().find(|(name, _)| name == lint.name || name == "all");
    given.map_or(lint.level, |(_, level)| *level)
}

fn check_function(
    effects: &Effects<'_>,
    id: FunctionId,
    options: &Options,
    (lints, silences): (&[&Lint], &RefCell<Vec<Silence>>),
    found: &mut Vec<Diagnostic>,
) {
    if lints.is_empty() {
        return;
    }
    let Some(types) = Types::new(effects.index, id) else { return };
    let is_analyzed = lints.iter().any(|lint| lint.hint.is_none()) && awaits_twice(types.body);
    let analyses = if is_analyzed { analyze(&types, effects, options.confidence, Purpose::Report) } else { Vec::new() };
    let context = Context { id, types: &types, effects, analyses: &analyses, silences };
    for lint in lints {
        let before = found.len();
        (lint.run)(&context, found);
        found[before..].iter_mut().for_each(|diagnostic| diagnostic.level = level_of(lint, options));
    }
}
