//! By what a diagnostic is known again in the next run, and where its file lies in the repository.
//!
//! In: a [`Report`]. Out: for each diagnostic a [`Known`].
//! Invariant: no two diagnostics of a report have one fingerprint.
//! Invariant: a fingerprint stays when lines move, when they are indented anew, and when other files change.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{Report, located};
use crate::diagnostic::Diagnostic;
use crate::source::SourceFile;

/// A diagnostic, its file, and what those call it who keep it.
pub(super) struct Known<'a> {
    pub(super) diagnostic: &'a Diagnostic,
    pub(super) file: &'a SourceFile,
    /// The file from the root of the repository, with `/` everywhere; from the root of the disk where it lies outside.
    pub(super) path: String,
    /// Sixty-four digits.
    pub(super) fingerprint: String,
}

/// Every diagnostic of a report, in its order.
pub(super) fn known<'a>(report: &Report<'a>) -> Vec<Known<'a>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let known = located(report).map(|(diagnostic, file)| {
        let path = path(report, file);
        let words: Vec<&str> = file.slice(diagnostic.primary.span).split_whitespace().collect();
        let said = [rule(diagnostic), &path, &diagnostic.function, &words.join(" ")].join("\0");
        let before = seen.entry(said.clone()).or_default();
        let fingerprint = Sha256::digest(format!("{said}\0{before}"));
        *before += 1;
        Known { diagnostic, file, path, fingerprint: fingerprint.iter().map(|byte| format!("{byte:02x}")).collect() }
    });
    known.collect()
}

/// What the lint of a diagnostic is called where every one must have a name.
pub(super) fn rule(diagnostic: &Diagnostic) -> &'static str {
    if diagnostic.lint.is_empty() { "suppression" } else { diagnostic.lint }
}

fn path(report: &Report<'_>, file: &SourceFile) -> String {
    let inside = report.repository.and_then(|root| file.path.strip_prefix(root).ok());
    let path = inside.map_or_else(|| file.name.clone(), |path| path.to_string_lossy().into_owned());
    if std::path::MAIN_SEPARATOR == '/' { path } else { path.replace(std::path::MAIN_SEPARATOR, "/") }
}
