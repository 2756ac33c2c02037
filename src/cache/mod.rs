//! What one run keeps for the next.
//!
//! In: a [`Workspace`](crate::discover::Workspace) and what is asked of it. Out: [`Cache`], where an earlier run of the same
//! question may have left something; what it left, and what of that is still true.
//!
//! | file | does |
//! |---|---|
//! | `place` | where it lies, reading, writing in one step, dropping what is old |
//! | `bytes` | what is kept to bytes and back |
//! | `holds` | which summaries and which files' diagnostics are still true |
//!
//! What is found in a file depends on its text and on every question asked on the way, [`Asked`](crate::index::trace::Asked):
//! what other files declare, what functions do, on which line they stand, which files have a name. Each summary of a
//! function and each file's diagnostics are kept with their questions. A later run compares the texts, finds the questions
//! whose answers have changed, makes those summaries again that asked them, and, where a summary became another one, those
//! that it went into; then it checks the files again that asked for any of that.
//!
//! Invariant: what is kept changes no outcome. What cannot be read, is of another program, another question or other
//! manifests counts as not there.

mod bytes;
pub(crate) mod holds;
mod place;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::analysis::effects::Summary;
use crate::diagnostic::{Confidence, Diagnostic, Fix, Label, Level, Timeline};
use crate::index::Declared;
use crate::index::scan::Scan;
use crate::index::trace::Trace;
use crate::lints::lint;
use crate::source::{FileId, Problem};

pub use place::Cache;

/// What is kept of a run.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// Whether all but texts is as it was; otherwise only scans are kept.
    pub(crate) is_same: bool,
    /// Of what holds for all files together; see [`crate::index::Index::fingerprint`].
    pub(crate) index: u128,
    /// In the order of the workspace's files; `None` where nothing is kept of this text.
    pub(crate) files: Vec<Option<KeptFile>>,
    /// What summaries are made of stands before them.
    pub(crate) summaries: Vec<Arc<Summary>>,
}

/// What is kept of a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptFile {
    /// The fingerprint of its text.
    pub(crate) text: u128,
    pub(crate) scan: Scan,
    /// The names in it, as the scan numbers them.
    pub(crate) names: Vec<(u32, u8)>,
    /// Where somebody read it.
    pub(crate) declared: Option<Declared>,
    /// Where it was checked.
    pub(crate) checked: Option<Checked>,
}

/// What checking a file gave.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// Its lines.
    pub(crate) lines: usize,
    /// What was found, or why it cannot be parsed.
    pub(crate) found: Result<Vec<Said>, Problem>,
    /// Comments that speak to this tool and are not understood.
    pub(crate) unclear: Vec<Problem>,
    /// What was asked to find that out.
    pub(crate) trace: Trace,
}

/// A [`Diagnostic`] without what every run has by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    lint: String,
    level: Level,
    confidence: Confidence,
    function: String,
    message: String,
    primary: Label,
    labels: Vec<Label>,
    timeline: Option<Timeline>,
    evidence: Vec<String>,
    notes: Vec<String>,
    fix: Option<Fix>,
}

impl Said {
    pub(crate) fn of(diagnostic: &Diagnostic) -> Said {
        let Diagnostic {
            lint,
            level,
            confidence,
            function,
            message,
            primary,
            labels,
            timeline,
            evidence,
            notes,
            fix,
            ..
        } = diagnostic.clone();
        let lint = lint.to_owned();
        Said { lint, level, confidence, function, message, primary, labels, timeline, evidence, notes, fix }
    }

    /// `None` where no lint has its name.
    pub(crate) fn about(self, file: FileId) -> Option<Diagnostic> {
        let name = if self.lint.is_empty() { "" } else { lint(&self.lint)?.name };
        let Said { level, confidence, function, message, primary, labels, timeline, evidence, notes, fix, .. } = self;
        Some(Diagnostic {
            lint: name,
            level,
            confidence,
            file,
            function,
            message,
            primary,
            labels,
            timeline,
            evidence,
            notes,
            fix,
        })
    }
}
