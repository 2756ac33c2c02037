//! The lines of a file that a diagnostic points at, clean enough for a terminal.
//!
//! In: a [`Diagnostic`] and its file. Out: [`Snippet`]: lines with their numbers, and marks on them.
//! Invariant: every mark lies within the lines shown, on character boundaries of their text.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Style;
use super::text::{clean, width, wrap};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{SourceFile, Span};

/// Lines between two marks that are shown rather than left out.
pub(super) const WIDEST_GAP: usize = 3;
/// A mark over more lines is drawn on the first of them only.
const TALLEST_MARK: usize = 8;
/// Longer lines are shown around their marks only.
const LONGEST_LINE: usize = 240;
const AROUND_MARK: usize = 40;

/// Some lines of a file, and marks on them.
#[derive(Debug)]
pub(super) struct Snippet {
    pub(super) name: String,
    /// The lines shown, each with its end of line.
    pub(super) text: String,
    pub(super) lines: Vec<Line>,
    pub(super) marks: Vec<Mark>,
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
    };
    let primary = std::iter::once((&diagnostic.primary, true));
    let labels: Vec<(&Label, Span, bool)> = primary
        .chain(diagnostic.labels.iter().map(|label| (label, false)))
        .map(|(label, is_primary)| (label, short_span(label.span, file), is_primary))
        .collect();
    let spans: Vec<Span> = labels.iter().map(|(_, span, _)| *span).collect();
    let shown: Vec<Shown<'_>> =
        line_numbers(&spans, file).into_iter().map(|number| Shown::new(number, &spans, file)).collect();
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
        let line = shown.partition_point(|line| line.span.start <= offset).saturating_sub(1);
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
        let left = 14 + line.map_or(0, middle);
        wrap(&clean(text, style), style.width.saturating_sub(left).max(24)).join("\n")
    }
}

/// A line of the file and the part of it that is shown.
struct Shown<'a> {
    number: usize,
    span: Span,
    file: &'a SourceFile,
    is_cut_left: bool,
    is_cut_right: bool,
}

impl<'a> Shown<'a> {
    fn new(number: usize, spans: &[Span], file: &'a SourceFile) -> Shown<'a> {
        let whole = file.line_span(number);
        if whole.len() <= LONGEST_LINE {
            return Shown { number, span: whole, file, is_cut_left: false, is_cut_right: false };
        }
        let here = spans.iter().filter(|span| span.start <= whole.end && whole.start <= span.end);
        let marked = here.copied().reduce(Span::to).unwrap_or(whole);
        let start = (marked.start.max(whole.start) as usize).saturating_sub(AROUND_MARK).max(whole.start as usize);
        let end = (marked.end as usize + AROUND_MARK).min(start + LONGEST_LINE).min(whole.end as usize);
        let floor = |offset| file.text.floor_char_boundary(offset);
        let span = Span::new(floor(start), floor(end));
        Shown { number, span, file, is_cut_left: span.start > whole.start, is_cut_right: span.end < whole.end }
    }

    fn text(&self, style: Style) -> String {
        let tail = if self.is_cut_right { ellipsis(style) } else { "" };
        self.clean_up_to(self.span.end, style) + tail
    }

    fn clean_up_to(&self, offset: u32, style: Style) -> String {
        let end = offset.clamp(self.span.start, self.span.end);
        let head = if self.is_cut_left { ellipsis(style) } else { "" };
        format!("{head}{}", clean(self.file.slice(Span { start: self.span.start, end }), style))
    }
}

fn ellipsis(style: Style) -> &'static str {
    if style.unicode { "…" } else { ".." }
}

/// The span, or its part on the first line when it is very tall.
fn short_span(span: Span, file: &SourceFile) -> Span {
    let (first, last) = (file.position(span.start).line, file.position(span.end).line);
    if last - first < TALLEST_MARK {
        span
    } else {
        Span { start: span.start, end: file.line_span(first).end.max(span.start) }
    }
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
