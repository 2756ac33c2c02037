//! Findings as editors show them.
//!
//! In: a [`Diagnostic`] and its file. Out: the same as the protocol has it.
//!
//! There is no link to a page of the lint, because there is no address that holds for every copy of this program.

use gen_lsp_types::{Diagnostic as Shown, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Message, Uri};

use super::places::Encoding;
use crate::diagnostic::{Diagnostic, Level};
use crate::report::remarks;
use crate::source::{Problem, SourceFile, Span};

/// What editors show as the origin; behind rust-analyzer it is the same.
const SOURCE: &str = "conjoin";

/// A file and how its places are counted and named.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) source: &'a SourceFile,
    pub(super) uri: &'a Uri,
    pub(super) encoding: Encoding,
}

impl Page<'_> {
    pub(super) fn diagnostic(self, found: &Diagnostic) -> Shown {
        let label = Some(found.primary.text.clone()).filter(|text| !text.is_empty());
        let lines = std::iter::once(found.message.clone()).chain(label).chain(remarks(found));
        let related = found.labels.iter().map(|label| DiagnosticRelatedInformation {
            location: Location { uri: self.uri.clone(), range: self.encoding.range(self.source, label.span) },
            message: label.text.clone(),
        });
        let related: Vec<DiagnosticRelatedInformation> = related.collect();
        Shown {
            severity: Some(match found.level {
                Level::Deny => DiagnosticSeverity::Error,
                Level::Warn | Level::Allow => DiagnosticSeverity::Warning,
            }),
            code: (!found.lint.is_empty()).then(|| found.lint.into()),
            related_information: (!related.is_empty()).then_some(related),
            ..self.shown(found.primary.span, lines.collect::<Vec<_>>().join("\n"))
        }
    }

    /// Words that are not understood, up to the end of their line.
    pub(super) fn problem(self, problem: &Problem) -> Shown {
        let (line, column) = problem.place.unwrap_or((1, 1));
        let whole = self.source.line_span(line);
        let before: usize = self.source.slice(whole).chars().take(column - 1).map(char::len_utf8).sum();
        let span = Span::new(whole.start as usize + before, whole.end as usize);
        let lines = std::iter::once(problem.message.clone()).chain(problem.help.clone());
        self.shown(span, lines.collect::<Vec<_>>().join("\n"))
    }

    fn shown(self, span: Span, text: String) -> Shown {
        Shown {
            range: self.encoding.range(self.source, span),
            severity: Some(DiagnosticSeverity::Warning),
            source: Some(SOURCE.to_owned()),
            message: Message::String(text),
            ..Shown::default()
        }
    }
}
