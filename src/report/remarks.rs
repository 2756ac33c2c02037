//! What there is to say of a diagnostic beside its places and its fix.
//!
//! In: a [`Diagnostic`]. Out: lines without markup, for everything that shows no more than lines.

use super::text::count;
use crate::diagnostic::Diagnostic;

/// Round trips, evidence, confidence, notes.
pub fn remarks(diagnostic: &Diagnostic) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(timeline) = &diagnostic.timeline {
        let before = count(timeline.before, "round trip");
        lines.push(format!("{before} today, {} then", timeline.after));
    }
    let title = if diagnostic.timeline.is_some() || diagnostic.lint == "await_in_loop" { "reads" } else { "why" };
    lines.extend(diagnostic.evidence.iter().map(|line| format!("{title}: {line}")));
    if !diagnostic.lint.is_empty() {
        lines.push(format!("confidence: {}", diagnostic.confidence));
    }
    lines.extend(diagnostic.notes.iter().cloned());
    lines
}
