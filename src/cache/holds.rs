//! What of an earlier run is still true.
//!
//! In: what it kept, and an index of the files as they are now. Out: the questions whose answers have changed; the
//! summaries that are still true go into [`Effects`].
//!
//! Invariant: a summary is taken only when no question that it asked has another answer, summaries included; what a
//! summary was made of stands before it.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::{Before, KeptFile};
use crate::analysis::effects::{Effects, Summary};
use crate::index::Index;
use crate::index::scan::Scan;
use crate::index::trace::{Asked, Trace};
use crate::source::FileId;

/// When more summaries than this asked for something that changed, they are made again when somebody needs them, on all
/// threads; fewer are made at once, because most of them turn out to be the same.
const MOST_AT_ONCE: usize = 2_000;

/// Questions whose answers have changed.
#[derive(Debug, Default)]
pub(crate) struct Changed(HashSet<u64>);

impl Changed {
    /// Whether any of these is among them.
    pub(crate) fn touches(&self, trace: &Trace) -> bool {
        !self.0.is_empty() && trace.iter().any(|asked| self.0.contains(asked))
    }

    fn is_reread(&self, summary: &Summary) -> bool {
        summary.circle.iter().any(|id| self.0.contains(&Asked::Declarations(id.file).number()))
    }
}

/// Finds out what has changed, and gives `effects` the summaries that have not. `texts` are the fingerprints of the files as
/// they are now.
pub(crate) fn holds(effects: &Effects<'_>, before: &mut Before, texts: &[u128]) -> Changed {
    let mut changed = in_files(effects.index, &before.files, texts);
    let summaries = std::mem::take(&mut before.summaries);
    let suspects: Vec<bool> =
        summaries.par_iter().map(|summary| changed.is_reread(summary) || changed.touches(&summary.trace)).collect();
    let is_made_again = suspects.iter().filter(|is_suspect| **is_suspect).count() <= MOST_AT_ONCE;
    let mut other = Changed::default();
    for (summary, is_suspect) in summaries.into_iter().zip(suspects) {
        if !is_suspect && !other.touches(&summary.trace) {
            effects.remember(summary);
            continue;
        }
        // In a file that declares something else, its number may mean another function.
        let is_same = is_made_again && !changed.is_reread(&summary) && is_still(effects, &summary);
        if !is_same {
            other.0.extend(summary.circle.iter().map(|id| Asked::Summary(*id).number()));
        }
    }
    changed.0.extend(other.0);
    changed
}

/// Whether a summary made anew is the same.
fn is_still(effects: &Effects<'_>, summary: &Summary) -> bool {
    let Some(first) = summary.circle.first() else { return false };
    let now = effects.of_function(*first);
    now.circle == summary.circle && now.effect == summary.effect
}

/// What has changed in the files themselves.
fn in_files(index: &Index<'_>, files: &[Option<KeptFile>], texts: &[u128]) -> Changed {
    let ids: Vec<FileId> = index.file_ids().collect();
    let numbers = ids.par_iter().zip(files).zip(texts).flat_map_iter(|((id, kept), text)| match kept {
        Some(kept) if kept.text == *text => Vec::new(),
        Some(kept) => in_file(index, *id, kept),
        None => Vec::new(),
    });
    Changed(numbers.collect())
}

fn in_file(index: &Index<'_>, file: FileId, kept: &KeptFile) -> Vec<u64> {
    let names = index.scan(file).map(|scan| scan.numbers(&index.source(file).text)).unwrap_or_default();
    let mut changed = other_names(&kept.names, &names);
    let traits = |names: &[(u32, u8)]| -> Vec<u32> {
        names.iter().filter(|(_, bits)| Scan::is_trait(*bits)).map(|(name, _)| *name).collect()
    };
    if traits(&kept.names) != traits(&names) {
        changed.push(Asked::Traits(file).number());
    }
    let Some(before) = &kept.declared else { return changed };
    let now = index.declared(file);
    if before.fingerprint != now.fingerprint || before.functions.len() != now.functions.len() {
        changed.push(Asked::Declarations(file).number());
        return changed;
    }
    for (number, (before, now)) in before.functions.iter().zip(&now.functions).enumerate() {
        let id = crate::index::FunctionId { file, index: number };
        if before.0 != now.0 {
            changed.push(Asked::Body(id).number());
        }
        if before.1 != now.1 {
            changed.push(Asked::Line(id).number());
        }
    }
    changed
}

/// The names that a file has now and had not, or for other kinds of declarations, and the other way round.
fn other_names(before: &[(u32, u8)], now: &[(u32, u8)]) -> Vec<u64> {
    let now: HashMap<u32, u8> = now.iter().copied().collect();
    let known: HashMap<u32, u8> = before.iter().copied().collect();
    let gone = known.iter().filter(|(name, kinds)| now.get(name) != Some(kinds)).map(|(name, _)| *name);
    let new = now.keys().filter(|name| !known.contains_key(name)).copied();
    gone.chain(new).map(|name| Asked::Name(name).number()).collect()
}
