//! What the source itself allows.
//!
//! In: the diagnostics of a file, and its [`Allow`]s. Out: those that nothing allows, and what there is to say of allowing.
//!
//! Invariant: what is said of allowing has no lint, so nothing allows it.

use crate::diagnostic::{Confidence, Diagnostic, Label, Level};
use crate::ir::Allow;
use crate::lints::lint;
use crate::source::{FileId, Span};

/// What is to be said of allowing itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strictness {
    /// What allows nothing is reported.
    pub unused: bool,
    /// What says no reason is reported.
    pub reasons: bool,
}

/// Takes out what is allowed.
pub fn suppress(file: FileId, allows: &[Allow], strictness: Strictness, found: &mut Vec<Diagnostic>) {
    let is_used = |allow: &Allow, lint: &str| {
        let one = |diagnostic: &Diagnostic| diagnostic.lint == lint && is_about(allow, diagnostic.primary.span);
        found.iter().any(one)
    };
    let mut said = Vec::new();
    for allow in allows {
        // What is no lint is told as a problem.
        let known = allow.lints.iter().filter_map(|name| lint(name)).map(|lint| lint.name);
        let unused: Vec<&str> = known.filter(|lint| !is_used(allow, lint)).collect();
        if strictness.unused && !unused.is_empty() {
            let lints = unused.iter().map(|lint| format!("`{lint}`")).collect::<Vec<_>>().join(", ");
            said.push(remark(
                file,
                allow.span,
                format!("this allows {lints}, which is not reported here"),
                "remove it",
            ));
        }
        if strictness.reasons && !allow.has_reason {
            let message = "this allows a lint and says no reason".to_owned();
            said.push(remark(file, allow.span, message, "write the reason behind ` -- `, or behind `reason =`"));
        }
    }
    found.retain(|diagnostic| {
        let allows_it = |allow: &Allow| {
            allow.lints.iter().any(|lint| lint == diagnostic.lint) && is_about(allow, diagnostic.primary.span)
        };
        !allows.iter().any(allows_it)
    });
    found.extend(said);
}

/// A line may hold only a part of what is reported.
fn is_about(allow: &Allow, place: Span) -> bool {
    let holds = |at: u32| allow.covers.start <= at && at < allow.covers.end;
    holds(place.start) || holds(place.end.saturating_sub(1))
}

fn remark(file: FileId, span: Span, message: String, help: &str) -> Diagnostic {
    Diagnostic {
        lint: "",
        level: Level::Warn,
        confidence: Confidence::Proven,
        file,
        function: String::new(),
        message,
        primary: Label { span, text: help.to_owned() },
        labels: Vec::new(),
        timeline: None,
        evidence: Vec::new(),
        notes: Vec::new(),
        fix: None,
    }
}
