//! Which findings are new.
//!
//! In: an [`Outcome`]. Out: the same without what a [`baseline`] knows already, and without what stands in lines that did not
//! change [`since`] a revision.
//!
//! Invariant: a baseline is asked before a revision is, so its counts are those of whole files.

pub mod baseline;
pub mod since;

use std::path::{Path, PathBuf};

use crate::check::Outcome;
use crate::discover::{Failure, Workspace};

/// What is known already, and from when on a line is new.
#[derive(Clone, Debug, Default)]
pub struct Old {
    /// A baseline for all files, instead of those that tables name.
    pub baseline: Option<PathBuf>,
    /// Whether baselines are written anew.
    pub is_updating: bool,
    /// A revision.
    pub since: Option<String>,
}

/// Takes out what is old. `repository` is the folder of version control.
///
/// # Errors
///
/// A baseline cannot be read or written, or git cannot say what changed.
pub fn narrow(
    workspace: &Workspace,
    old: &Old,
    repository: Option<&Path>,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let all = outcome.diagnostics.len();
    let baselines = baseline::places(workspace, old.baseline.as_deref(), &outcome.problems);
    if old.is_updating {
        if baselines.is_empty() {
            let help = "give `--baseline FILE`, or write `baseline = \"conjoin-baseline.tsv\"` into conjoin.toml";
            return Err(Failure { message: "no baseline to update".to_owned(), help: help.to_owned() });
        }
        baselines.iter().try_for_each(|place| baseline::update(workspace, place, &outcome.diagnostics))?;
    }
    for place in &baselines {
        let stale = baseline::subtract(workspace, place, &mut outcome.diagnostics)?;
        outcome.unclear.extend(stale);
    }
    if let Some(revision) = &old.since {
        let changes = since::changes(repository, revision)?;
        outcome.diagnostics.retain(|diagnostic| changes.touch(workspace, diagnostic));
    }
    outcome.old = all - outcome.diagnostics.len();
    Ok(())
}
