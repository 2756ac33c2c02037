//! A run that takes what an earlier one found, and keeps what it finds.
//!
//! In: a workspace, and a [`Cache`]. Out: the same [`Outcome`] as without one.

use std::mem::take;

use rayon::prelude::*;

use super::{Looked, Options, Run, in_parallel, look, outcome};
use crate::analysis::effects::Effects;
use crate::cache::holds::{Changed, holds};
use crate::cache::{Before, Cache, Checked, KeptFile, Said};
use crate::check::Outcome;
use crate::diagnostic::Diagnostic;
use crate::discover::Workspace;
use crate::index::scan::Scan;
use crate::index::trace::Trace;
use crate::index::{Declared, Index, Kept};
use crate::source::{FileId, fingerprint};

/// As [`check`](super::check()), with what is kept of an earlier run.
pub(super) fn run(workspace: &Workspace, options: &Options, cache: &Cache, run: &Run<'_>) -> Outcome {
    let texts: Vec<u128> = workspace.files.par_iter().map(|file| fingerprint([file.text.as_str()])).collect();
    let mut before = cache.load(workspace, &texts);
    before.files.resize_with(texts.len(), || None);
    let ids: Vec<FileId> = (0..u32::try_from(texts.len()).unwrap_or(u32::MAX)).map(FileId).collect();
    let selected: Vec<FileId> =
        ids.iter().copied().filter(|file| workspace.files[file.0 as usize].is_selected).collect();
    if before.is_same && ids.iter().all(|file| is_kept(&before, *file, &texts)) {
        let all: Option<Vec<Looked>> = selected
            .iter()
            .map(|file| before.files[file.0 as usize].as_ref()?.checked.as_ref()?.looked(*file))
            .collect();
        if let Some(all) = all {
            return outcome(all);
        }
    }
    let mut index = Index::resume(workspace, options.tests, Kept::scanned(scans(&mut before, &texts)));
    index.watch();
    let effects = Effects::new(&index);
    before.is_same &= before.index == index.fingerprint();
    let changed = if before.is_same { holds(&effects, &mut before, &texts) } else { Changed::default() };
    let mut checked = still_checked(&mut before, &texts, &changed);
    let missing: Vec<FileId> = selected.iter().copied().filter(|file| checked[file.0 as usize].is_none()).collect();
    let new = in_parallel(&missing, run.progress, |file| index.watched(|| look(&effects, file, options)));
    for (looked, trace) in new {
        checked[looked.file.0 as usize] = Some(Checked::of(&looked, trace));
    }
    let all = selected.iter().filter_map(|file| checked[file.0 as usize].as_ref()?.looked(*file)).collect();
    before.summaries = effects.summaries();
    before.index = index.fingerprint();
    let (files, kept) = files(before.files, index, checked, &texts);
    before.files = files;
    cache.save(workspace, &before);
    if run.is_last {
        std::mem::forget((kept, before));
    } else {
        kept.free();
    }
    outcome(all)
}

fn is_kept(before: &Before, file: FileId, texts: &[u128]) -> bool {
    let number = file.0 as usize;
    before.files[number].as_ref().is_some_and(|kept| kept.text == texts[number])
}

/// The scans of texts that are the same.
fn scans(before: &mut Before, texts: &[u128]) -> Vec<Option<Scan>> {
    let kept = before.files.iter_mut().zip(texts);
    kept.map(|(kept, text)| kept.as_mut().filter(|kept| kept.text == *text).map(|kept| take(&mut kept.scan))).collect()
}

/// What was found in files whose text is the same and which asked for nothing that has changed.
fn still_checked(before: &mut Before, texts: &[u128], changed: &Changed) -> Vec<Option<Checked>> {
    let is_same = before.is_same;
    let kept = before.files.par_iter_mut().zip(texts);
    let holds = |checked: &Checked| is_same && !changed.touches(&checked.trace);
    kept.map(|(kept, text)| kept.as_mut().filter(|kept| kept.text == *text)?.checked.take().filter(holds)).collect()
}

/// What the next run may want to know of each file.
fn files(
    before: Vec<Option<KeptFile>>,
    index: Index<'_>,
    checked: Vec<Option<Checked>>,
    texts: &[u128],
) -> (Vec<Option<KeptFile>>, Kept) {
    let sources = &index.workspace.files;
    let declared: Vec<Option<Declared>> =
        index.file_ids().collect::<Vec<_>>().into_par_iter().map(|file| index.declared_if_read(file)).collect();
    let mut kept = index.keep();
    let scans = kept.take_scans();
    let all = before.into_par_iter().zip(scans).zip(declared).zip(checked).zip(texts).zip(sources);
    let all = all.map(|(((((before, scan), declared), checked), text), source)| {
        let scan = scan?;
        let (names, known) = match before.filter(|before| before.text == *text) {
            Some(before) => (before.names, before.declared),
            None => (scan.numbers(&source.text), None),
        };
        Some(KeptFile { text: *text, scan, names, declared: declared.or(known), checked })
    });
    (all.collect(), kept)
}

impl Checked {
    fn of(looked: &Looked, trace: Trace) -> Checked {
        let said = |found: &Vec<Diagnostic>| found.iter().map(Said::of).collect();
        let found = looked.found.as_ref().map(said).map_err(Clone::clone);
        Checked { lines: looked.lines, found, unclear: looked.unclear.clone(), trace }
    }

    /// `None` where a lint is not there any more.
    fn looked(&self, file: FileId) -> Option<Looked> {
        let about = |said: &Said| said.clone().about(file);
        let found = match &self.found {
            Ok(found) => Ok(found.iter().map(about).collect::<Option<Vec<Diagnostic>>>()?),
            Err(problem) => Err(problem.clone()),
        };
        Some(Looked { file, lines: self.lines, found, unclear: self.unclear.clone() })
    }
}
