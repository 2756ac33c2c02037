//! What a lint has to say, as plain data.
//!
//! In: nothing, this is the vocabulary. Out: [`Diagnostic`], which `lints` make and `report` writes.
//! Invariant: nothing here knows how it will be shown; no colour, no width, no markup.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::source::{FileId, Span};

/// One thing to say about one place.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Name of the lint, `sequential_await`; empty when the tool itself speaks (a file it cannot read).
    pub lint: &'static str,
    /// How loud it is.
    pub level: Level,
    /// How sure the lint is.
    pub confidence: Confidence,
    /// Which file.
    pub file: FileId,
    /// The function it is in, `Store::page`.
    pub function: String,
    /// One sentence without final stop, lower case, as rustc writes them.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// Other places that belong to it.
    pub labels: Vec<Label>,
    /// Round trips before and after, and how the awaits lie in time.
    pub timeline: Option<Timeline>,
    /// Why the lint believes it: one line per await.
    pub evidence: Vec<String>,
    /// What else changes when the advice is followed.
    pub notes: Vec<String>,
    /// What to write instead.
    pub fix: Option<Fix>,
}

/// A place with a remark.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark.
    pub text: String,
}

/// The awaits of a region in time, counted in round trips.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timeline {
    /// Round trips today.
    pub before: usize,
    /// Round trips after the rewrite.
    pub after: usize,
    /// One row per await, in source order.
    pub rows: Vec<Row>,
}

/// An await in time: when it starts today and then, and how long it lasts, in round trips.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What is awaited.
    pub name: String,
    /// Start today.
    pub before: usize,
    /// Start after the rewrite.
    pub after: usize,
    /// Length.
    pub length: usize,
}

/// A rewrite.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, `await them together`.
    pub title: String,
    /// Its edits, sorted and disjoint.
    pub edits: Vec<Edit>,
    /// The same region with a `?` for each value, in source order; there exactly where the edits join all errors into
    /// one, which compiles only if they are of one type. Sorted and disjoint too.
    pub fallback: Option<Vec<Edit>>,
    /// How far it can be trusted.
    pub applicability: Applicability,
    /// Whether it changes more than what waits for what, so that it is written only where somebody wants it, however well
    /// it compiles.
    pub is_choice: bool,
    /// How many of its first edits only take names out of imports, which stand above the function.
    pub imports: usize,
}

/// A replacement of some bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Which bytes.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// How loud a lint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Says nothing.
    Allow,
    /// Warns.
    Warn,
    /// Is an error.
    Deny,
}

/// How sure a lint is, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Confidence {
    /// Nothing speaks against it.
    Possible,
    /// Name and signature agree.
    Likely,
    /// The bodies or known facts say so.
    Proven,
}

/// How far a fix can be trusted, as in rustc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Applicability {
    /// May be applied without looking.
    MachineApplicable,
    /// May need a look.
    MaybeIncorrect,
}

impl Fix {
    /// A rewrite, with its edits in order. Where two of them overlap there is none.
    pub fn new(
        title: &str,
        edits: Vec<Edit>,
        fallback: Option<Vec<Edit>>,
        applicability: Applicability,
    ) -> Option<Fix> {
        let fallback = match fallback {
            Some(edits) => Some(in_order(edits)?),
            None => None,
        };
        let (title, edits) = (title.to_owned(), in_order(edits)?);
        Some(Fix { title, edits, fallback, applicability, is_choice: false, imports: 0 })
    }

    /// A rewrite that lets some run at a time: how many is for people to say, so nobody but them applies it.
    pub fn choice(title: &str, edits: Vec<Edit>) -> Option<Fix> {
        let fix = Fix::new(title, edits, None, Applicability::MaybeIncorrect)?;
        Some(Fix { is_choice: true, ..fix })
    }

    /// Its edits but for those of imports.
    pub fn in_function(&self) -> impl Iterator<Item = &Edit> {
        self.edits.iter().skip(self.imports)
    }
}

/// Edits sorted by place; `None` where two of them overlap.
fn in_order(mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
    edits.sort_by_key(|edit| edit.span);
    edits.is_sorted_by(|one, other| one.span.end <= other.span.start).then_some(edits)
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Allow => "allow",
            Level::Warn => "warning",
            Level::Deny => "error",
        })
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Proven => "proven",
        })
    }
}

impl fmt::Display for Applicability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Applicability::MachineApplicable => "MachineApplicable",
            Applicability::MaybeIncorrect => "MaybeIncorrect",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_sorted_and_disjoint() {
        let edit = |start, end| Edit { span: Span::new(start, end), replacement: String::new() };
        let fix = |edits, fallback| Fix::new("join", edits, fallback, Applicability::MaybeIncorrect);
        let sorted = fix(vec![edit(5, 9), edit(1, 5)], Some(vec![edit(3, 4), edit(0, 2)]));
        let starts = |edits: &[Edit]| edits.iter().map(|edit| edit.span.start).collect::<Vec<_>>();
        let found = sorted.map(|fix| (starts(&fix.edits), fix.fallback.as_deref().map(starts)));
        assert_eq!(found, Some((vec![1, 5], Some(vec![0, 3]))));
        assert!(fix(vec![edit(1, 5), edit(4, 9)], None).is_none());
        assert!(fix(vec![edit(1, 5)], Some(vec![edit(4, 9), edit(1, 5)])).is_none());
    }
}
