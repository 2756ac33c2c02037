//! As much of a line as there is room for.
//!
//! In: a line of a file and the marks on it. Out: [`Shown`]: the pieces of it that are shown.
//! Invariant: where the last mark on the line ends is among them, because that is where the `.await` stands.

use crate::report::Style;
use crate::report::text::{char_width, clean};
use crate::source::{SourceFile, Span};

/// Columns of a mark that must be seen; a line is cut on its left when its first mark stands further right.
const LEAST_MARK: usize = 20;
/// Characters shown before the first mark of such a line.
const AROUND_MARK: usize = 10;
/// Columns kept of a mark's beginning when its middle is left out, and before its end.
const LEAST_END: usize = 10;

/// A line of the file and the pieces of it that are shown.
pub(super) struct Shown<'a> {
    pub(super) number: usize,
    /// The line without its indent.
    pub(super) whole: Span,
    pieces: Vec<Span>,
    file: &'a SourceFile,
}

impl<'a> Shown<'a> {
    /// As much of the line as fits into `room` columns without its first `indent` bytes: from its start when its first
    /// mark can be seen then, else from a little before that; and without its middle when its last mark would not end.
    pub(super) fn new(number: usize, indent: usize, spans: &[Span], room: usize, file: &'a SourceFile) -> Shown<'a> {
        let line = file.line_span(number);
        let whole = Span::new((line.start as usize + indent).min(line.end as usize), line.end as usize);
        let pieces = if display_width(file.slice(whole)) <= room {
            vec![whole]
        } else {
            Cut { file, whole, room, first: first_mark(whole, spans), last: last_mark(whole, spans, file) }.pieces()
        };
        Shown { number, whole, pieces, file }
    }

    pub(super) fn text(&self, style: Style) -> String {
        let is_cut_right = self.pieces.last().is_some_and(|last| last.end < self.whole.end);
        self.clean_up_to(self.whole.end, style) + if is_cut_right { ellipsis(style) } else { "" }
    }

    /// The shown text in front of a place of the line.
    pub(super) fn clean_up_to(&self, offset: u32, style: Style) -> String {
        let mut text = String::new();
        let mut at = self.whole.start;
        for piece in self.pieces.iter().take_while(|piece| piece.start <= offset.max(self.whole.start)) {
            text.push_str(if piece.start > at { ellipsis(style) } else { "" });
            let end = offset.clamp(piece.start, piece.end);
            text.push_str(&clean(self.file.slice(Span { start: piece.start, end }), style));
            at = piece.end;
        }
        text
    }
}

/// A line that is too long.
struct Cut<'a> {
    file: &'a SourceFile,
    whole: Span,
    room: usize,
    /// Where the first mark begins.
    first: u32,
    /// Where the last mark ends, the punctuation behind it included.
    last: u32,
}

impl Cut<'_> {
    fn pieces(&self) -> Vec<Span> {
        let lead = self.slice(self.whole.start, self.first);
        let is_cut_left = display_width(lead) + LEAST_MARK > self.room;
        let skipped = if is_cut_left { lead.char_indices().rev().nth(AROUND_MARK).map_or(0, |(at, _)| at) } else { 0 };
        let start = self.whole.start + offset(skipped);
        let room = self.room.saturating_sub(usize::from(is_cut_left));
        let sign = usize::from(self.last < self.whole.end);
        if display_width(self.slice(start, self.last)) + sign <= room {
            let end = start + offset(fitting(self.slice(start, self.whole.end), room));
            return vec![Span { start, end }];
        }
        // The head holds the beginning of the mark, the tail its end; a sign stands between them.
        let room = room.saturating_sub(1 + sign);
        let lead = display_width(self.slice(start, self.first.max(start)));
        let head = (room * 2 / 3).max(lead + LEAST_END).min(room.saturating_sub(LEAST_END));
        let end = start + offset(taken(self.slice(start, self.last), head));
        let tail = self.last - offset(taken_from_end(self.slice(end, self.last), room - head));
        vec![Span { start, end }, Span { start: tail, end: self.last }]
    }

    fn slice(&self, start: u32, end: u32) -> &str {
        self.file.slice(Span { start, end })
    }
}

fn first_mark(whole: Span, spans: &[Span]) -> u32 {
    let here = spans.iter().filter(|span| whole.start <= span.start && span.start <= whole.end);
    here.map(|span| span.start).min().unwrap_or(whole.start)
}

/// Where the last mark that begins on the line ends on it, and what closes the statement behind it.
fn last_mark(whole: Span, spans: &[Span], file: &SourceFile) -> u32 {
    let last = spans.iter().filter(|span| whole.contains(**span)).map(|span| span.end).max().unwrap_or(whole.start);
    let behind = file.slice(Span { start: last, end: whole.end });
    let closing = behind.chars().take_while(|char| "?;,)".contains(*char)).take(4).count();
    last + offset(closing)
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
    if display_width(text) <= room { text.len() } else { taken(text, room.saturating_sub(1)) }
}

/// The bytes of the characters that take at most so many columns.
fn taken(text: &str, columns: usize) -> usize {
    let mut taken = 0;
    let too_far = text.char_indices().find(|(_, char)| {
        taken += char_width(*char);
        taken > columns
    });
    too_far.map_or(text.len(), |(at, _)| at)
}

/// The same from the end.
fn taken_from_end(text: &str, columns: usize) -> usize {
    let mut taken = 0;
    let too_far = text.char_indices().rev().find(|(_, char)| {
        taken += char_width(*char);
        taken > columns
    });
    too_far.map_or(text.len(), |(at, char)| text.len() - at - char.len_utf8())
}

/// Files are shorter than 4 GiB.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
