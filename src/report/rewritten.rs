//! The lines that a fix writes, as they will stand.
//!
//! In: a [`Fix`] and its file. Out: lines of code, without the indentation they share.

use super::Style;
use super::text::{clean, cut};
use crate::diagnostic::{Edit, Fix};
use crate::source::{SourceFile, Span};

/// Unchanged lines between two edits that are shown rather than left out.
const WIDEST_GAP: usize = 3;
const MOST_LINES: usize = 40;
const LONGEST_LINE: usize = 400;

/// The changed statements after the fix; empty when the fix only removes.
pub(super) fn lines(fix: &Fix, file: &SourceFile, style: Style) -> Vec<String> {
    let ellipsis = if style.unicode { "…" } else { ".." };
    let blocks: Vec<Vec<String>> = groups(&fix.edits, file).into_iter().map(|edits| block(edits, file)).collect();
    let indent = blocks.iter().flatten().filter(|line| !line.is_empty()).map(|line| indent_of(line)).min().unwrap_or(0);
    let mut lines = Vec::new();
    for block in blocks.iter().filter(|block| !block.is_empty()) {
        if !lines.is_empty() {
            lines.push(ellipsis.to_owned());
        }
        let dedented = block.iter().map(|line| line.get(indent..).unwrap_or_default());
        lines.extend(dedented.map(|line| cut(&clean(line, style), LONGEST_LINE, style)));
    }
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push(ellipsis.to_owned());
    }
    lines
}

/// The text of `region` after the edits that lie in it.
pub(super) fn apply(edits: &[Edit], region: Span, file: &SourceFile) -> String {
    let mut text = String::new();
    let mut at = region.start;
    for edit in edits.iter().filter(|edit| region.contains(edit.span) && edit.span.start >= region.start) {
        text.push_str(file.slice(Span { start: at, end: edit.span.start.max(at) }));
        text.push_str(&edit.replacement);
        at = edit.span.end;
    }
    text + file.slice(Span { start: at, end: region.end.max(at) })
}

/// Edits that are shown in one piece.
fn groups<'a>(edits: &'a [Edit], file: &SourceFile) -> Vec<&'a [Edit]> {
    let first_line = |edit: &Edit| file.position(edit.span.start).line;
    edits.chunk_by(|one, other| first_line(other) <= last_line(one, file) + WIDEST_GAP + 1).collect()
}

/// The last line an edit touches: not the next one when whole lines are replaced by whole lines.
fn last_line(edit: &Edit, file: &SourceFile) -> usize {
    let end = file.position(edit.span.end);
    let is_whole_lines = end.column == 1 && (edit.replacement.is_empty() || edit.replacement.ends_with('\n'));
    let first = file.position(edit.span.start).line;
    if is_whole_lines && end.line > first { end.line - 1 } else { end.line }
}

/// The whole lines that some edits touch, after them, without the empty ones a removed statement leaves.
fn block(edits: &[Edit], file: &SourceFile) -> Vec<String> {
    let (Some(first), Some(last)) = (edits.first(), edits.last()) else {
        return Vec::new();
    };
    let start = file.line_span(file.position(first.span.start).line).start;
    let end = file.line_span(last_line(last, file)).end.max(last.span.end);
    let text = apply(edits, Span { start, end }, file);
    let is_left_over = |line: &&str| !line.is_empty() && line.trim().is_empty();
    let mut lines: Vec<String> =
        text.lines().filter(|line| !is_left_over(line)).map(|line| line.trim_end().to_owned()).collect();
    lines.dedup_by(|one, other| one.is_empty() && other.is_empty());
    let blank_head = lines.iter().take_while(|line| line.is_empty()).count();
    lines.drain(..blank_head);
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}
