//! The lines of a file that a diagnostic points at, clean enough for a terminal.
//!
//! In: a [`Diagnostic`] and its file. Out: [`Snippet`]: lines with their numbers, and marks on them.
//! Invariant: every mark lies within the lines shown, on character boundaries of their text.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Style;
use super::text::{char_width, clean, width, wrap};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{SourceFile, Span};

/// Lines between two marks that are shown rather than left out.
pub(super) const WIDEST_GAP: usize = 3;
/// A mark over more lines is drawn on the first of them only.
const TALLEST_MARK: usize = 8;
/// Columns to the left of the code: line number, bar, and the arrow of a mark over several lines.
const GUTTER: usize = 12;
/// Columns of a mark that must be seen; a line is cut on its left too when its first mark stands further right.
const LEAST_MARK: usize = 20;
/// Characters shown before the first mark of such a line.
const AROUND_MARK: usize = 10;

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
    let numbers = line_numbers(&spans, file);
    let indent = shared_indent(&numbers, file);
    let room = style.width.saturating_sub(GUTTER);
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
        let left = GUTTER + line.map_or(0, middle);
        wrap(&clean(text, style), style.width.saturating_sub(left).max(14)).join("\n")
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
    /// As much of the line as fits into `room` columns without its first `indent` bytes: from its start when its first
    /// mark can be seen then, else from a little before that.
    fn new(number: usize, indent: usize, spans: &[Span], room: usize, file: &'a SourceFile) -> Shown<'a> {
        let line = file.line_span(number);
        let whole = Span::new((line.start as usize + indent).min(line.end as usize), line.end as usize);
        let here = spans.iter().filter(|span| whole.start <= span.start && span.start <= whole.end);
        let first_mark = here.map(|span| span.start).min().unwrap_or(whole.start);
        let text = file.slice(whole);
        let lead = text.get(..(first_mark - whole.start) as usize).unwrap_or_default();
        let is_cut_left = display_width(text) > room && display_width(lead) + LEAST_MARK > room;
        let skipped = if is_cut_left { lead.char_indices().rev().nth(AROUND_MARK).map_or(0, |(at, _)| at) } else { 0 };
        let rest = text.get(skipped..).unwrap_or_default();
        let taken = fitting(rest, room.saturating_sub(usize::from(is_cut_left)));
        let start = whole.start as usize + skipped;
        Shown { number, span: Span::new(start, start + taken), file, is_cut_left, is_cut_right: taken < rest.len() }
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
    if style.unicode { "…" } else { "~" }
}

/// Columns of raw text once it is clean.
fn display_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// How many bytes of raw text fit, leaving a column for the sign that it goes on when not all do.
fn fitting(text: &str, room: usize) -> usize {
    if display_width(text) <= room {
        return text.len();
    }
    let mut columns = 0;
    let too_far = text.char_indices().find(|(_, char)| {
        columns += char_width(*char);
        columns >= room
    });
    too_far.map_or(text.len(), |(at, _)| at)
}

/// Bytes of white space that all lines begin with; blank lines have no say.
fn shared_indent(numbers: &[usize], file: &SourceFile) -> usize {
    let texts = numbers.iter().map(|number| file.slice(file.line_span(*number)));
    let indents = texts
        .filter(|text| !text.trim().is_empty())
        .map(|text| text.len() - text.trim_start_matches([' ', '\t']).len());
    indents.min().unwrap_or(0)
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
