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
/// Pairs of lines that are compared; beyond that every line counts as changed.
const MOST_COMPARED: usize = 250_000;

/// The lines that change, after the fix, with a line of what stays to either side; empty when the fix only removes.
pub(super) fn lines(fix: &Fix, file: &SourceFile, style: Style) -> Vec<String> {
    let ellipsis = if style.unicode { "…" } else { ".." };
    let blocks: Vec<Vec<Option<String>>> =
        groups(&fix.edits, file).into_iter().map(|edits| block(edits, file)).collect();
    let shown: Vec<Option<String>> =
        blocks.into_iter().filter(|block| !block.is_empty()).collect::<Vec<_>>().join(&None);
    let texts = || shown.iter().flatten().filter(|line| !line.is_empty());
    let indent = texts().map(|line| indent_of(line)).min().unwrap_or(0);
    let above = |at: usize| shown.get(at.wrapping_sub(1)).or(shown.get(at + 1)).and_then(Option::as_deref);
    let dedented = shown.iter().enumerate().map(|(at, line)| match line {
        Some(line) => cut(&clean(line.get(indent..).unwrap_or_default(), style), LONGEST_LINE, style),
        None => " ".repeat(above(at).map_or(0, indent_of).saturating_sub(indent)) + ellipsis,
    });
    let mut lines: Vec<String> = dedented.collect();
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

/// The whole lines that some edits touch, after them, without the empty ones a removed statement leaves; `None` where
/// lines stay as they are.
fn block(edits: &[Edit], file: &SourceFile) -> Vec<Option<String>> {
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
    let old: Vec<&str> = file.slice(Span { start, end }).lines().map(str::trim_end).collect();
    let is_new = is_new(&old, &lines);
    let is_shown = near(&is_new);
    let shown = lines.into_iter().zip(is_shown).map(|(line, is_shown)| is_shown.then_some(line));
    let mut shown: Vec<Option<String>> = shown.collect();
    shown.dedup_by(|one, other| one.is_none() && other.is_none());
    shown
}

/// For each line whether it is there only after the edits: it is not in the longest run of lines that both have.
fn is_new(old: &[&str], new: &[String]) -> Vec<bool> {
    if old.len() * new.len() > MOST_COMPARED {
        return vec![true; new.len()];
    }
    // How many lines are common from here to the end.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, before) in old.iter().enumerate().rev() {
        for (j, after) in new.iter().enumerate().rev() {
            let skipped = common[i + 1][j].max(common[i][j + 1]);
            common[i][j] = if before == after { common[i + 1][j + 1] + 1 } else { skipped };
        }
    }
    let mut i = 0;
    let is_new = new.iter().enumerate().map(|(j, after)| {
        while i < old.len() && old[i] != *after && common[i + 1][j] == common[i][j] {
            i += 1;
        }
        let is_common = i < old.len() && old[i] == *after;
        i += usize::from(is_common);
        !is_common
    });
    is_new.collect()
}

/// Which lines are shown: new ones, one to each side of them, and one that would be left out alone.
fn near(is_new: &[bool]) -> Vec<bool> {
    let at = |shown: &[bool], line: usize| shown.get(line).copied().unwrap_or(true);
    let around = |shown: &[bool], line: usize| (line > 0 && shown[line - 1]) || shown.get(line + 1) == Some(&true);
    let beside: Vec<bool> = (0..is_new.len()).map(|line| is_new[line] || around(is_new, line)).collect();
    let is_alone = |line: usize| (line == 0 || beside[line - 1]) && at(&beside, line + 1);
    (0..is_new.len()).map(|line| beside[line] || is_alone(line)).collect()
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}
