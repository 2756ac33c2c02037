//! Diagnostics to changed files.
//!
//! In: a workspace and what may be changed. Out: [`Fixed`]: the texts as they should be, what is left to report, and what
//! was kept back and why; [`write`](write::write) puts the texts on the disk.
//!
//! Rewrites are chosen by how many round trips they save, compiled together, put into the texts, and the texts are looked
//! at again, until nothing is left to rewrite: what one rewrite joins, another may join further.
//!
//! Invariant: no file on the disk is changed before everything is settled.
//! Invariant: what the compiler refused is not written; what it could not see is written only when that is asked for.

pub mod diff;
pub mod vcs;
pub mod write;

use std::collections::{BTreeMap, HashMap};

use crate::check::{Options, Outcome, check};
use crate::diagnostic::{Applicability, Confidence, Diagnostic, Edit, Fix};
use crate::discover::{Failure, Workspace};
use crate::rewrite;
use crate::source::FileId;
use crate::verify::{Build, Candidate, Ruling, verify};

/// More rounds than any code has needed.
const MOST_ROUNDS: usize = 8;

/// What may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Whether what may be incorrect is written too.
    pub is_unsafe_wanted: bool,
}

/// What became of a workspace.
#[derive(Debug, Default)]
pub struct Fixed {
    /// What is left to report, about the changed texts.
    pub outcome: Outcome,
    /// The changed files, in order.
    pub changed: Vec<Changed>,
    /// What was not written, in order.
    pub kept_back: Vec<KeptBack>,
}

/// A file with another text.
#[derive(Debug)]
pub struct Changed {
    /// The file.
    pub file: FileId,
    /// What it said before.
    pub before: String,
    /// How many rewrites it has taken.
    pub fixes: usize,
}

/// A rewrite that was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBack {
    /// What people call the file.
    pub file: String,
    /// The line of the await that could start earlier, in the changed text.
    pub line: usize,
    /// Why.
    pub why: String,
}

/// Rewrites the texts of a workspace. Without a build, nothing is compiled.
///
/// # Errors
///
/// See [`verify`](verify()).
pub fn fix(
    workspace: &mut Workspace,
    options: &Options,
    choice: Choice,
    build: Option<&Build<'_>>,
) -> Result<Fixed, Failure> {
    let mut refused = Refused::default();
    let mut changed: BTreeMap<u32, Changed> = BTreeMap::new();
    for _ in 0..MOST_ROUNDS {
        let outcome = check(workspace, options, &|_, _| {});
        let chosen = choose(&outcome.diagnostics, |diagnostic, fix| {
            may_write(diagnostic, fix, choice, build.is_some()) && !refused.knows(diagnostic)
        });
        let rulings = rule(workspace, build, &chosen)?;
        let mut held: BTreeMap<u32, Vec<&[Edit]>> = BTreeMap::new();
        for ((diagnostic, candidate), ruling) in chosen.iter().zip(&rulings) {
            match ruling {
                Ruling::Holds(form) => held.entry(diagnostic.file.0).or_default().push(&candidate.forms[*form]),
                Ruling::Unseen(_) if choice.is_unsafe_wanted => {
                    held.entry(diagnostic.file.0).or_default().push(&candidate.forms[0]);
                }
                ruling => refused.remember(diagnostic, ruling.clone()),
            }
        }
        if held.is_empty() {
            return Ok(finish(workspace, outcome, &refused, changed));
        }
        put_in(workspace, held, &mut changed);
    }
    let outcome = check(workspace, options, &|_, _| {});
    Ok(finish(workspace, outcome, &refused, changed))
}

/// Compiles the rewrites of a report, and says in each diagnostic what came of it.
///
/// # Errors
///
/// See [`verify`](verify()).
pub fn verified(workspace: &Workspace, mut outcome: Outcome, build: &Build<'_>) -> Result<Outcome, Failure> {
    let mut rulings = Refused::default();
    let chosen = choose(&outcome.diagnostics, |_, _| true);
    let found = rule(workspace, Some(build), &chosen)?;
    for ((diagnostic, _), ruling) in chosen.iter().zip(found) {
        rulings.remember(diagnostic, ruling);
    }
    rulings.annotate(&mut outcome.diagnostics);
    Ok(outcome)
}

/// Whether a fix may be written at all. What is only not sure to compile is, where it is compiled.
fn may_write(diagnostic: &Diagnostic, fix: &Fix, choice: Choice, is_compiled: bool) -> bool {
    let is_sure = fix.applicability == Applicability::MachineApplicable
        || (is_compiled && !fix.is_choice && diagnostic.confidence >= Confidence::Likely);
    is_sure || choice.is_unsafe_wanted
}

/// The fixes to try, those that save most first, none overlapping another.
fn choose(diagnostics: &[Diagnostic], is_wanted: impl Fn(&Diagnostic, &Fix) -> bool) -> Vec<(&Diagnostic, Candidate)> {
    let saving = |diagnostic: &Diagnostic| {
        diagnostic.timeline.as_ref().map_or(0, |timeline| timeline.before.saturating_sub(timeline.after))
    };
    let mut with_fix: Vec<(&Diagnostic, &Fix)> =
        diagnostics.iter().filter_map(|diagnostic| Some((diagnostic, diagnostic.fix.as_ref()?))).collect();
    with_fix.retain(|(diagnostic, fix)| is_wanted(diagnostic, fix));
    with_fix.sort_by_key(|(diagnostic, _)| std::cmp::Reverse(saving(diagnostic)));
    let mut chosen: Vec<(&Diagnostic, Candidate)> = Vec::new();
    for (diagnostic, fix) in with_fix {
        let candidate = candidate(diagnostic, fix);
        let is_free =
            |(_, other): &(&Diagnostic, Candidate)| other.file != candidate.file || !overlap(other, &candidate);
        if chosen.iter().all(is_free) {
            chosen.push((diagnostic, candidate));
        }
    }
    chosen.sort_by_key(|(_, candidate)| (candidate.file, candidate.start));
    chosen
}

fn candidate(diagnostic: &Diagnostic, fix: &Fix) -> Candidate {
    let start = fix.in_function().next().map_or(0, |edit| edit.span.start);
    let forms = std::iter::once(fix.edits.clone()).chain(fix.fallback.clone()).collect();
    Candidate { file: diagnostic.file, start, forms }
}

fn overlap(one: &Candidate, other: &Candidate) -> bool {
    let edits = |candidate: &Candidate| candidate.forms.iter().flatten().map(|edit| edit.span).collect::<Vec<_>>();
    let others = edits(other);
    edits(one).iter().any(|span| others.iter().any(|other| span.start < other.end && other.start < span.end))
}

fn rule(
    workspace: &Workspace,
    build: Option<&Build<'_>>,
    chosen: &[(&Diagnostic, Candidate)],
) -> Result<Vec<Ruling>, Failure> {
    let candidates: Vec<Candidate> = chosen.iter().map(|(_, candidate)| candidate.clone()).collect();
    match build {
        Some(build) if !candidates.is_empty() => verify(workspace, build, &candidates),
        _ => Ok(candidates.iter().map(|_| Ruling::Holds(0)).collect()),
    }
}

fn put_in(workspace: &mut Workspace, held: BTreeMap<u32, Vec<&[Edit]>>, changed: &mut BTreeMap<u32, Changed>) {
    for (file, edits) in held {
        let source = &mut workspace.files[file as usize];
        let fixes = edits.len();
        let mut all: Vec<Edit> = edits.into_iter().flatten().cloned().collect();
        all.sort_by_key(|edit| edit.span);
        if let Some(text) = rewrite::apply(&source.text, &all) {
            let before = std::mem::take(&mut source.text);
            *source = source.with_text(text);
            let entry = changed.entry(file).or_insert(Changed { file: FileId(file), before, fixes: 0 });
            entry.fixes += fixes;
        }
    }
}

fn finish(workspace: &Workspace, mut outcome: Outcome, refused: &Refused, changed: BTreeMap<u32, Changed>) -> Fixed {
    let kept_back = refused.annotate(&mut outcome.diagnostics);
    let name = |(file, at, why): (FileId, u32, String)| {
        let source = &workspace.files[file.0 as usize];
        KeptBack { file: source.name.clone(), line: source.position(at).line, why }
    };
    Fixed { outcome, changed: changed.into_values().collect(), kept_back: kept_back.into_iter().map(name).collect() }
}

/// What was said of rewrites that have been tried, by their texts: places move, texts stay.
#[derive(Debug, Default)]
struct Refused {
    rulings: HashMap<(FileId, Vec<String>), Ruling>,
}

impl Refused {
    fn remember(&mut self, diagnostic: &Diagnostic, ruling: Ruling) {
        self.rulings.insert(key(diagnostic), ruling);
    }

    fn knows(&self, diagnostic: &Diagnostic) -> bool {
        self.rulings.contains_key(&key(diagnostic))
    }

    /// Says in each diagnostic what the compiler said of its rewrite; gives back what is not written, and why.
    fn annotate(&self, diagnostics: &mut [Diagnostic]) -> Vec<(FileId, u32, String)> {
        let mut kept_back = Vec::new();
        for diagnostic in diagnostics {
            let Some(ruling) = self.rulings.get(&key(diagnostic)) else { continue };
            let why = match ruling {
                Ruling::Holds(form) => {
                    hold(diagnostic, *form);
                    continue;
                }
                Ruling::Fails(said) => {
                    diagnostic.fix = None;
                    format!("written out, the join does not compile: {said}")
                }
                Ruling::Unseen(why) => {
                    if let Some(fix) = &mut diagnostic.fix {
                        fix.applicability = Applicability::MaybeIncorrect;
                    }
                    format!("the join was not compiled: {why}")
                }
            };
            kept_back.push((diagnostic.file, diagnostic.primary.span.start, why.clone()));
            diagnostic.notes.push(why);
        }
        kept_back
    }
}

/// The fix in the form that compiles. What was only not sure to compile is sure now.
fn hold(diagnostic: &mut Diagnostic, form: usize) {
    let Some(fix) = &mut diagnostic.fix else { return };
    let fallback = fix.fallback.take();
    if let (1, Some(edits)) = (form, fallback) {
        fix.edits = edits;
        diagnostic.notes.retain(|note| note != rewrite::FIRST_IN_TIME);
    }
    if diagnostic.confidence >= Confidence::Likely && !fix.is_choice {
        fix.applicability = Applicability::MachineApplicable;
    }
}

fn key(diagnostic: &Diagnostic) -> (FileId, Vec<String>) {
    let edits = diagnostic.fix.iter().flat_map(|fix| &fix.edits);
    (diagnostic.file, edits.map(|edit| edit.replacement.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Label, Level, Row, Timeline};
    use crate::source::Span;

    /// A diagnostic with a fix of these bytes, which saves so many round trips.
    fn diagnostic(
        span: (usize, usize),
        saved: usize,
        confidence: Confidence,
        applicability: Applicability,
    ) -> Diagnostic {
        let edit = Edit { span: Span::new(span.0, span.1), replacement: format!("{span:?}") };
        Diagnostic {
            lint: "sequential_await",
            level: Level::Warn,
            confidence,
            file: FileId(0),
            function: String::new(),
            message: String::new(),
            primary: Label { span: Span::new(span.0, span.1), text: String::new() },
            labels: Vec::new(),
            timeline: Some(Timeline { before: saved + 1, after: 1, rows: Vec::<Row>::new() }),
            evidence: Vec::new(),
            notes: vec![rewrite::FIRST_IN_TIME.to_owned()],
            fix: Fix::new("join", vec![edit.clone()], Some(vec![edit]), applicability),
        }
    }

    #[test]
    fn of_two_that_overlap_the_one_that_saves_more_is_tried() {
        let sure = |span, saved| diagnostic(span, saved, Confidence::Proven, Applicability::MachineApplicable);
        let all = [sure((0, 10), 1), sure((5, 20), 3), sure((20, 30), 1)];
        let chosen: Vec<u32> = choose(&all, |_, _| true).iter().map(|(_, candidate)| candidate.start).collect();
        assert_eq!(chosen, [5, 20]);
    }

    #[test]
    fn what_may_be_incorrect_is_written_when_asked_for_or_when_compiling_makes_it_sure() {
        use Applicability::{MachineApplicable, MaybeIncorrect};
        let may = |confidence, applicability, is_unsafe_wanted, is_compiled| {
            let diagnostic = diagnostic((0, 1), 1, confidence, applicability);
            let fix = diagnostic.fix.as_ref().unwrap();
            may_write(&diagnostic, fix, Choice { is_unsafe_wanted }, is_compiled)
        };
        assert!(may(Confidence::Likely, MachineApplicable, false, false));
        assert!(!may(Confidence::Likely, MaybeIncorrect, false, false));
        assert!(may(Confidence::Likely, MaybeIncorrect, false, true));
        assert!(!may(Confidence::Possible, MaybeIncorrect, false, true));
        assert!(may(Confidence::Possible, MaybeIncorrect, true, true));
        let mut choice = diagnostic((0, 1), 1, Confidence::Proven, MaybeIncorrect);
        choice.fix.iter_mut().for_each(|fix| fix.is_choice = true);
        let written =
            |is_unsafe_wanted| may_write(&choice, choice.fix.as_ref().unwrap(), Choice { is_unsafe_wanted }, true);
        assert_eq!((written(false), written(true)), (false, true));
    }

    #[test]
    fn a_diagnostic_says_what_the_compiler_said() {
        let told = |ruling: Ruling| {
            let mut all = [diagnostic((0, 1), 1, Confidence::Likely, Applicability::MaybeIncorrect)];
            let mut rulings = Refused::default();
            rulings.remember(&all[0], ruling);
            let kept_back = rulings.annotate(&mut all).len();
            let [diagnostic] = all;
            (kept_back, diagnostic.notes.join("; "), diagnostic.fix.map(|fix| fix.applicability))
        };
        let first = rewrite::FIRST_IN_TIME;
        assert_eq!(told(Ruling::Holds(0)), (0, first.to_owned(), Some(Applicability::MachineApplicable)));
        assert_eq!(told(Ruling::Holds(1)), (0, String::new(), Some(Applicability::MachineApplicable)));
        let (kept_back, notes, fix) = told(Ruling::Fails("E0382".to_owned()));
        assert!(kept_back == 1 && notes.ends_with("does not compile: E0382") && fix.is_none(), "{notes}");
        let (kept_back, notes, fix) = told(Ruling::Unseen("a `cfg`".to_owned()));
        assert!(kept_back == 1 && notes.ends_with("not compiled: a `cfg`"), "{notes}");
        assert_eq!(fix, Some(Applicability::MaybeIncorrect));
    }
}
