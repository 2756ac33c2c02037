//! The lines of a file that a diagnostic points at, clean enough for a terminal.
//!
//! In: a [`Diagnostic`] and its file. Out: [`Snippet`]: lines with their numbers, and marks on them.
//! Invariant: every mark lies within the lines shown, on character boundaries of their text.

mod shown;

use std::collections::BTreeSet;
use std::ops::Range;

use super::Style;
use super::text::{clean, width, wrap};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{SourceFile, Span};
use shown::Shown;

/// Lines between two marks that are shown rather than left out.
pub(super) const WIDEST_GAP: usize = 3;
/// A mark over more lines is drawn on the first of them only.
const TALLEST_MARK: usize = 8;
/// Columns to the left of the code beside the line number: a bar and spaces.
const GUTTER: usize = 4;
/// Columns of the arrow of a mark over several lines, and of the one that leads to a label.
const ARROW: usize = 4;

/// Some lines of a file, and marks on them.
#[derive(Debug)]
pub(super) struct Snippet {
    pub(super) name: String,
    /// The lines shown, each with its end of line.
    pub(super) text: String,
    pub(super) lines: Vec<Line>,
    pub(super) marks: Vec<Mark>,
    /// Columns to the left of the code.
    gutter: usize,
}

/// A line shown.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub(super) number: usize,
    /// Where it lies in the snippet's text, without its end of line.
    pub(super) range: Range<usize>,
}

/// A label on the lines shown.
#[derive(Debug)]
pub(super) struct Mark {
    /// Where it lies in the snippet's text.
    pub(super) range: Range<usize>,
    /// Column in the file, from 1.
    pub(super) column: usize,
    pub(super) text: String,
    pub(super) is_primary: bool,
}

/// Picks the lines of all labels, and of small gaps between them.
pub(super) fn snippet(diagnostic: &Diagnostic, file: &SourceFile, style: Style) -> Snippet {
    let mut snippet = Snippet {
        name: clean(&file.name, style).into_owned(),
        text: String::new(),
        lines: Vec::new(),
        marks: Vec::new(),
        gutter: 0,
    };
    let primary = std::iter::once((&diagnostic.primary, true));
    let labels: Vec<(&Label, Span, bool)> = primary
        .chain(diagnostic.labels.iter().map(|label| (label, false)))
        .map(|(label, is_primary)| (label, short_span(label.span, file), is_primary))
        .collect();
    let spans: Vec<Span> = labels.iter().map(|(_, span, _)| *span).collect();
    let numbers = line_numbers(&spans, file);
    let indent = shared_indent(&numbers, file);
    let has_arrows = spans.iter().any(|span| file.position(span.start).line < file.position(span.end).line);
    let digits = numbers.last().map_or(0, |last| last.to_string().len());
    snippet.gutter = GUTTER + digits + if has_arrows { ARROW } else { 0 };
    let room = style.width.saturating_sub(snippet.gutter);
    let shown: Vec<Shown<'_>> =
        numbers.into_iter().map(|number| Shown::new(number, indent, &spans, room, file)).collect();
    for line in &shown {
        let start = snippet.text.len();
        snippet.text.push_str(&line.text(style));
        snippet.lines.push(Line { number: line.number, range: start..snippet.text.len() });
        snippet.text.push('\n');
    }
    for (label, span, is_primary) in labels {
        let start = snippet.place(span.start, &shown, style);
        let end = snippet.place(span.end, &shown, style).max(start);
        let column = file.position(span.start).column;
        let text = snippet.label_text(&label.text, start..end, style);
        snippet.marks.push(Mark { range: start..end, column, text, is_primary });
    }
    snippet
}

impl Snippet {
    /// The lines that hold a range of the text, when there is no gap in them.
    pub(super) fn lines_of(&self, range: &Range<usize>) -> Option<&[Line]> {
        let first = self.lines.iter().position(|line| line.range.end >= range.start)?;
        let last = self.lines.iter().position(|line| line.range.end >= range.end)?;
        let lines = self.lines.get(first..=last)?;
        let has_no_gap = lines.windows(2).all(|pair| pair[0].number + 1 == pair[1].number);
        has_no_gap.then_some(lines)
    }

    fn place(&self, offset: u32, shown: &[Shown<'_>], style: Style) -> usize {
        let line = shown.partition_point(|line| line.whole.start <= offset).saturating_sub(1);
        match (shown.get(line), self.lines.get(line)) {
            (Some(shown), Some(line)) => line.range.start + shown.clean_up_to(offset, style).len(),
            _ => 0,
        }
    }

    /// Broken into lines, so that it does not run over the right edge when its mark stands far to the right.
    fn label_text(&self, text: &str, range: Range<usize>, style: Style) -> String {
        let line = self.lines.iter().find(|line| range.start <= line.range.end);
        let middle = |line: &Line| {
            let end = range.end.min(line.range.end).max(range.start);
            let to = |end: usize| width(self.text.get(line.range.start..end).unwrap_or_default());
            (to(range.start) + to(end)) / 2
        };
        let left = self.gutter + ARROW + line.map_or(0, middle);
        wrap(&clean(text, style), style.width.saturating_sub(left).max(8)).join("\n")
    }
}

/// Bytes of white space that all lines begin with; blank lines have no say.
fn shared_indent(numbers: &[usize], file: &SourceFile) -> usize {
    let texts = numbers.iter().map(|number| file.slice(file.line_span(*number)));
    let indents = texts
        .filter(|text| !text.trim().is_empty())
        .map(|text| text.len() - text.trim_start_matches([' ', '\t']).len());
    indents.min().unwrap_or(0)
}

/// The span, or of a very tall one its first line, and those after it up to the call: a bare `self` says nothing.
fn short_span(span: Span, file: &SourceFile) -> Span {
    let (first, last) = (file.position(span.start).line, file.position(span.end).line);
    if last - first < TALLEST_MARK {
        return span;
    }
    let call = file.slice(span).find('(').map_or(span.start, |at| span.start + u32::try_from(at).unwrap_or(0));
    let line = file.position(call).line;
    let end = if line - first < TALLEST_MARK { line } else { first };
    Span { start: span.start, end: file.line_span(end).end.max(span.start) }
}

fn line_numbers(spans: &[Span], file: &SourceFile) -> Vec<usize> {
    let lines_of = |span: &Span| file.position(span.start).line..=file.position(span.end).line;
    let marked: BTreeSet<usize> = spans.iter().flat_map(lines_of).collect();
    let mut numbers: Vec<usize> = Vec::new();
    for line in marked {
        let last = numbers.last().copied().unwrap_or(line);
        let is_near = line <= last + WIDEST_GAP + 1;
        numbers.extend(if is_near { last + 1..line } else { line..line });
        numbers.push(line);
    }
    numbers
}
