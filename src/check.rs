//! A workspace to diagnostics: the stages up to the lints, run over every file in parallel.
//!
//! In: a [`Workspace`]. Out: [`Outcome`]; for one line, [`why()`]; for one file, [`Verdict`](crate::analysis::verdict::Verdict)s.
//!
//! Invariant: the outcome is sorted by file and place, whatever the number of threads.

mod again;
mod apart;

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::analysis::effects::Effects;
use crate::analysis::loops::{awaits_in_loop, loops};
use crate::analysis::verdict::{VerdictKind, verdicts};
use crate::analysis::{Analysis, Purpose, analyze, awaits_twice};
use crate::cache::Cache;
use crate::diagnostic::{Confidence, Diagnostic, Level};
use crate::discover::{Workspace, near_names};
use crate::index::types::Types;
use crate::index::{FunctionId, Index};
use crate::ir::{ExprId, Unclear, lower, print};
use crate::knowledge::ClaimKind;
use crate::lints::{Context, LINTS, Lint, Silence};
use crate::source::{FileId, Problem, Span};
use crate::suppress::{Strictness, suppress};
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
    /// The crate whose joins are written; otherwise the package and the file decide.
    pub provider: Option<String>,
    /// How many rounds of a loop may wait at a time, where one is written anew.
    pub loop_limit: usize,
}

impl Default for Options {
    /// What a run is asked for where nobody says: sixteen at a time is a courtesy to whoever is asked.
    fn default() -> Options {
        Options { tests: false, confidence: Confidence::Likely, levels: Vec::new(), provider: None, loop_limit: 16 }
    }
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
    /// How many diagnostics were taken out because they are old.
    pub old: usize,
    /// Files looked at.
    pub files: usize,
    /// Their lines.
    pub lines: usize,
}

/// How a run is made.
pub struct Run<'a> {
    /// Where an earlier one may have left something, and this one leaves something.
    pub cache: Option<&'a Cache>,
    /// Told how many files are done, and of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// The program ends behind it, so nothing need be given back.
    pub is_last: bool,
}

/// Checks every selected file. `progress` is told how many files are done, and of how many.
pub fn check(workspace: &Workspace, options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Outcome {
    run(workspace, options, &Run { cache: None, progress, is_last: false })
}

/// The same, as it is wanted.
pub fn run(workspace: &Workspace, options: &Options, run: &Run<'_>) -> Outcome {
    if let Some(cache) = run.cache {
        return again::run(workspace, options, cache, run);
    }
    let index = Index::new(workspace, options.tests);
    let effects = Effects::new(&index);
    let selected: Vec<FileId> = index.file_ids().filter(|file| index.source(*file).is_selected).collect();
    let outcome = outcome(in_parallel(&selected, run.progress, |file| look(&effects, file, options)));
    match run.is_last {
        true => std::mem::forget(index.keep()),
        false => index.free(),
    }
    outcome
}

/// What was found in one file.
struct Looked {
    file: FileId,
    /// Its lines.
    lines: usize,
    /// Its diagnostics, or why it cannot be parsed.
    found: Result<Vec<Diagnostic>, Problem>,
    /// Comments that speak to this tool and are not understood.
    unclear: Vec<Problem>,
}

fn look(effects: &Effects<'_>, file: FileId, options: &Options) -> Looked {
    let index = effects.index;
    let found = check_file(effects, file, options);
    let is_spoken_to = index.naming_us().binary_search(&file).is_ok();
    let unclear = if is_spoken_to { unclear_in(index, file) } else { Vec::new() };
    let lines = memchr::memchr_iter(b'\n', index.source(file).text.as_bytes()).count();
    Looked { file, lines, found, unclear }
}

fn in_parallel<T: Send>(
    files: &[FileId],
    progress: &(dyn Fn(usize, usize) + Sync),
    work: impl Fn(FileId) -> T + Sync,
) -> Vec<T> {
    let done = AtomicUsize::new(0);
    let counted = |file: &FileId| {
        let result = work(*file);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, files.len());
        result
    };
    files.par_iter().map(counted).collect()
}

fn outcome(looked: Vec<Looked>) -> Outcome {
    let mut outcome = Outcome { files: looked.len(), ..Outcome::default() };
    for Looked { lines, found, unclear, .. } in looked {
        outcome.lines += lines;
        outcome.unclear.extend(unclear);
        match found {
            Ok(found) => outcome.diagnostics.extend(found),
            Err(problem) => outcome.problems.push(problem),
        }
    }
    outcome
}

/// What is said in a file to this tool and means nothing: comments, and allows of what is no lint.
pub fn unclear_in(index: &Index<'_>, file: FileId) -> Vec<Problem> {
    let source = index.source(file);
    let problem = |span: Span, message: String, help: String| {
        let place = source.position(span.start);
        Problem { file: source.name.clone(), place: Some((place.line, place.column)), message, help: Some(help) }
    };
    let Ok(ir) = index.read(file) else { return Vec::new() };
    let comments = ir.unclear.iter().map(|unclear| {
        let above = if unclear.words.starts_with("al") { "here" } else { "above a function" };
        let message = format!("says `conjoin: {}`, which means nothing {above}", unclear.words);
        problem(unclear.span, message, words_to_write(unclear))
    });
    let names = || LINTS.iter().map(|lint| lint.name);
    let allows = ir.allows.iter().flat_map(|allow| allow.lints.iter().map(move |lint| (allow.span, lint)));
    let unknown = allows.filter(|(_, lint)| names().all(|known| known != lint.as_str())).map(|(span, lint)| {
        let help = match near_names(lint, names()).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`cargo conjoin --list` names them all".to_owned(),
        };
        problem(span, format!("allows `{lint}`, which is no lint"), help)
    });
    comments.chain(unknown).collect()
}

fn words_to_write(unclear: &Unclear) -> String {
    let word = unclear.words.split([' ', '\t', '(']).next().unwrap_or_default();
    let words = || ClaimKind::ALL.into_iter().map(ClaimKind::word);
    match near_names(word, words().chain(["allow"])).as_slice() {
        ["allow", ..] => "write `allow(sequential_await) -- reason`".to_owned(),
        [near, ..] if *near != word => format!("did you mean `{near}`?"),
        [near, ..] => format!("write ` -- ` between `{near}` and the reason"),
        [] => "write `reads`, `writes` or `fence`, and a reason behind ` -- `".to_owned(),
    }
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
    Ok(whys(&effects, options, file, &asked))
}

/// The await of which the word itself stands at a place, and why it stands there.
pub fn why_at(effects: &Effects<'_>, options: &Options, file: FileId, offset: u32) -> Option<(Span, Why)> {
    let (id, site, span) = why::at(effects.index, file, offset)?;
    Some((span, whys(effects, options, file, &[(id, site)]).into_iter().next()?))
}

fn whys(effects: &Effects<'_>, options: &Options, file: FileId, asked: &[(FunctionId, ExprId)]) -> Vec<Why> {
    let index = effects.index;
    let options = &own_options(index, file, options);
    let mut found = Vec::new();
    for (id, _) in index.functions_in(file).filter(|(id, _)| asked.iter().any(|(function, _)| function == id)) {
        let Some(types) = Types::new(index, id) else { continue };
        let analyses = analyze(&types, effects, options.confidence, Purpose::Explain);
        let verdicts = verdicts(&types, effects, &analyses);
        let in_loops = loops(&types, effects, options.confidence);
        let own = verdicts.iter().filter(|verdict| asked.contains(&(id, verdict.site)));
        found.extend(own.map(|verdict| why::why(&types, &analyses, &in_loops, verdict)));
    }
    found
}

/// The await graph of every selected file as text.
pub fn emit_ir(workspace: &Workspace, options: &Options) -> String {
    let selected = workspace.files.iter().filter(|file| file.is_selected);
    let lowered = selected.filter_map(|file| Some((file, lower::read(file, options.tests).ok()?)));
    lowered.map(|(file, ir)| format!("// {}\n{}", file.name, print::print(&ir))).collect()
}

/// The line of an await and what is said of it: the name of the lint, `blocked: flow(x)`, or the name of a lint and why it
/// says nothing, `unsafe_join: reads`. Of a loop, its first line: `await_in_loop: flow(x)`. An await that stands beside the
/// one before it, in one expression, has two where it must wait: `blocked: flow(x)` and `await_in_expression: flow(x)`.
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
    let by_await = ["sequential_await", "await_in_expression", "await_in_loop"];
    let others = diagnostics.iter().filter(|found| !by_await.contains(&found.lint));
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
                VerdictKind::Early => {
                    let analysis = verdict.region.and_then(|region| analyses.get(region));
                    let is_expression = analysis.is_some_and(Analysis::is_within_expressions);
                    let lint = if is_expression { "await_in_expression" } else { "sequential_await" };
                    marks.push((line, lint.to_owned()));
                }
                VerdictKind::Blocked(blocker) => {
                    if verdict.is_beside {
                        marks.push((line, format!("await_in_expression: {}", blocker.kind)));
                    }
                    marks.push((line, format!("blocked: {}", blocker.kind)));
                }
            }
        }
        for (expr, waiting) in loops(&types, &effects, options.confidence) {
            let line = source.position(types.body.expr(expr).span.start).line;
            let mark = waiting
                .map_or_else(|blocker| format!("await_in_loop: {}", blocker.kind), |_| "await_in_loop".to_owned());
            marks.push((line, mark));
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
    let own = own_options(index, file, options);
    let lints: Vec<&Lint> = LINTS.iter().copied().filter(|lint| concerns(lint, index, file, &own)).collect();
    if !lints.is_empty() {
        index.read(file).map_err(Clone::clone)?;
        for (id, function) in index.functions_in(file) {
            // What was left out awaits less than twice, and in no loop.
            let may_concern = |lint: &&&Lint| match lint.hint {
                None => !function.is_outlined,
                Some(hint) => index.function_hints_at(id, function, hint),
            };
            let lints: Vec<&Lint> = lints.iter().filter(may_concern).copied().collect();
            check_function(effects, id, &own, (&lints, silences), &mut found);
        }
    }
    if index.naming_us().binary_search(&file).is_ok() {
        let ir = index.read(file).map_err(Clone::clone)?;
        suppress(file, &ir.allows, strictness(index, file), &mut found);
    }
    // Only now, because what is not wanted in this run is not allowed for nothing.
    found.retain(|diagnostic| diagnostic.confidence >= own.confidence && diagnostic.level > Level::Allow);
    found.sort_by_key(|diagnostic| (diagnostic.primary.span.start, diagnostic.primary.span.end));
    Ok(found)
}

/// What is asked for, where the settings of a file's package do not say something else.
fn own_options(index: &Index<'_>, file: FileId, options: &Options) -> Options {
    let settings = index.workspace.settings_of(index.source(file));
    let levels = settings.levels.iter().map(|(lint, level, _)| (lint.clone(), *level));
    Options {
        confidence: settings.confidence.unwrap_or(options.confidence),
        levels: levels.chain(options.levels.iter().cloned()).collect(),
        provider: options.provider.clone().or_else(|| settings.provider.clone()),
        loop_limit: settings.loop_limit.unwrap_or(options.loop_limit),
        ..options.clone()
    }
}

fn strictness(index: &Index<'_>, file: FileId) -> Strictness {
    let settings = index.workspace.settings_of(index.source(file));
    Strictness {
        unused: settings.reports_unused_suppressions == Some(true),
        reasons: settings.requires_reasons == Some(true),
    }
}

/// Whether a lint may find something in a file, and is on. Where a lint is allowed in one place, what it would find is
/// asked for even when it is off: an allow that is not needed in this run is not unused.
fn concerns(lint: &Lint, index: &Index<'_>, file: FileId, options: &Options) -> bool {
    let may_be_allowed = || index.naming_us().binary_search(&file).is_ok();
    let is_wanted = level_of(lint, options) > Level::Allow || may_be_allowed();
    is_wanted
        && match lint.hint {
            None => index.awaits(file) > 0,
            Some(hint) => index.hints_at(file, hint),
        }
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
    // One await has nothing to wait for, but in a loop itself.
    let waits = lints.iter().any(|lint| lint.hint.is_none());
    let is_analyzed = waits && awaits_twice(types.body);
    let is_silent = waits && !is_analyzed && !awaits_in_loop(types.body);
    let analyses = if is_analyzed { analyze(&types, effects, options.confidence, Purpose::Report) } else { Vec::new() };
    let provider = options.provider.as_deref();
    let loop_limit = options.loop_limit;
    let context = Context { id, types: &types, effects, analyses: &analyses, silences, provider, loop_limit };
    let first = found.len();
    for lint in lints.iter().filter(|lint| !is_silent || lint.hint.is_some()) {
        let before = found.len();
        (lint.run)(&context, found);
        found[before..].iter_mut().for_each(|diagnostic| diagnostic.level = level_of(lint, options));
    }
    // What is not reported takes no code away from what is.
    found[first..]
        .sort_by_key(|diagnostic| diagnostic.level == Level::Allow || diagnostic.confidence < options.confidence);
    let reported = found[first..].iter().filter(|it| it.level > Level::Allow && it.confidence >= options.confidence);
    let reported = first + reported.count();
    apart::keep_apart(&mut found[first..reported]);
}
