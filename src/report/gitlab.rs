//! GitLab's code quality report, which is Code Climate's list of issues.
//!
//! In: a [`Report`]. Out: one JSON array.
//! Invariant: fingerprints are unique, because of two issues with one GitLab shows one.

use std::io::{self, Write};

use serde_json::json;

use super::known::{Known, known, rule};
use super::{Report, escaped};
use crate::diagnostic::Level;

/// Writes the array.
pub(super) fn write(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let issues: Vec<serde_json::Value> = known(report).iter().map(issue).collect();
    escaped::line(out, &issues)
}

fn issue(known: &Known<'_>) -> serde_json::Value {
    let Known { diagnostic, file, path, fingerprint } = known;
    let (start, end) = (file.position(diagnostic.primary.span.start), file.position(diagnostic.primary.span.end));
    let severity = if diagnostic.level == Level::Deny { "major" } else { "minor" };
    json!({
        "type": "issue",
        "check_name": rule(diagnostic),
        "categories": [if diagnostic.lint.is_empty() { "Style" } else { "Performance" }],
        "description": diagnostic.message,
        "severity": severity,
        "fingerprint": fingerprint,
        "location": { "path": path, "lines": { "begin": start.line, "end": end.line } },
    })
}
