//! The arguments that say which findings count, beside those about lints.
//!
//! In: the words of the command line. Out: [`Narrowing`], and settings that the command line overrules.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::diagnostic::Confidence;
use crate::discover::{Failure, Settings, Workspace, absolute};
use crate::narrow::Old;

/// Which findings count.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrowing {
    pub(super) confidence: Option<Confidence>,
    pub(super) reports_unused: bool,
    pub(super) requires_reasons: bool,
    pub(super) old: Old,
    pub(super) files_from: Option<PathBuf>,
}

/// The words for it.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Lints")]
pub(super) struct NarrowingWords {
    /// Report comments and attributes that allow a lint where nothing is reported
    #[arg(long)]
    report_unused_suppressions: bool,
    /// Report comments and attributes that allow a lint and say no reason
    #[arg(long)]
    require_reasons: bool,

    /// Look only at those of the files that a file names, one a line; `-` is stdin
    #[arg(long, value_name = "FILE", help_heading = "New findings")]
    files_from: Option<PathBuf>,
    /// Report only what stands in lines that changed since a revision, or that nobody tracks yet
    #[arg(long, value_name = "REV", conflicts_with_all = ["fix", "diff"], help_heading = "New findings")]
    since: Option<String>,
    /// Report only what this file does not know
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "diff"], help_heading = "New findings")]
    baseline: Option<PathBuf>,
    /// Write what is found into the baseline, and take out what is for nothing
    #[arg(long, conflicts_with_all = ["fix", "diff", "since"], help_heading = "New findings")]
    update_baseline: bool,
}

impl NarrowingWords {
    pub(super) fn read(&self, confidence: Option<Confidence>) -> Narrowing {
        Narrowing {
            confidence,
            reports_unused: self.report_unused_suppressions,
            requires_reasons: self.require_reasons,
            old: Old { baseline: self.baseline.clone(), is_updating: self.update_baseline, since: self.since.clone() },
            files_from: self.files_from.clone(),
        }
    }
}

/// Writes what the command line says over what tables say.
pub(super) fn overrule(workspace: &mut Workspace, narrowing: &Narrowing) {
    let loose = std::iter::once(&mut workspace.loose_settings);
    for settings in workspace.settings.iter_mut().chain(loose) {
        let said = |what: bool, before: Option<bool>| if what { Some(true) } else { before };
        *settings = Settings {
            confidence: narrowing.confidence.or(settings.confidence),
            reports_unused_suppressions: said(narrowing.reports_unused, settings.reports_unused_suppressions),
            requires_reasons: said(narrowing.requires_reasons, settings.requires_reasons),
            ..std::mem::take(settings)
        };
    }
}

/// The files that a file names: one a line, or as `git diff -z` ends them.
pub(super) fn named_files(from: &Path, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut text = String::new();
    let read = match from.to_str() {
        Some("-") => std::io::stdin().read_to_string(&mut text).map(|_| ()),
        _ => std::fs::read_to_string(from).map(|read| text = read),
    };
    read.map_err(|error| Failure {
        message: format!("cannot read the names of files from `{}`: {error}", from.display()),
        help: "write one path a line into it; `-` reads them from stdin".to_owned(),
    })?;
    let end = if text.contains('\0') { '\0' } else { '\n' };
    let names = text.split(end).map(|name| name.trim_end_matches('\r')).filter(|name| !name.is_empty());
    Ok(names.map(|name| absolute(directory, Path::new(name))).collect())
}
