//! The arguments that say which findings count, beside those about lints.
//!
//! In: the words of the command line. Out: [`Narrowing`], and settings that the command line overrules.

use crate::diagnostic::Confidence;
use crate::discover::{Settings, Workspace};

/// Which findings count.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrowing {
    pub(super) confidence: Option<Confidence>,
    pub(super) reports_unused: bool,
    pub(super) requires_reasons: bool,
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
}

impl NarrowingWords {
    pub(super) fn read(&self, confidence: Option<Confidence>) -> Narrowing {
        Narrowing {
            confidence,
            reports_unused: self.report_unused_suppressions,
            requires_reasons: self.require_reasons,
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
