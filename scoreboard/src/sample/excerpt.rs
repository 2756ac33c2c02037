//! The code around some awaits.
//!
//! In: a file and spans in it. Out: the function they are in with line numbers, cut where it is long.

use std::ops::RangeInclusive;
use std::path::Path;

use cargo_conjoin::ir::{Function, lower};
use cargo_conjoin::source::{SourceFile, Span};

/// Longer functions are cut.
const MOST_LINES: usize = 80;
/// Of a function that is cut, the lines of its head that stay.
const HEAD_LINES: usize = 4;

/// The function around the spans; lines that they begin on are marked. Where another function of the file cannot be parsed,
/// only the lines around them.
pub(super) fn excerpt(path: &Path, spans: &[Span]) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let file = SourceFile::new(path.to_path_buf(), path.display().to_string(), text);
    let ir = lower::read(&file, false);
    Ok(lines(&file, ir.as_ref().map_or(&[], |ir| &ir.functions), spans))
}

/// A fence of more backticks than the code has in a row.
pub(super) fn fence(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn lines(file: &SourceFile, functions: &[Function], spans: &[Span]) -> String {
    let line = |offset: u32| file.position(offset).line;
    let whole = spans.iter().copied().reduce(Span::to).unwrap_or_default();
    let around = functions.iter().map(|function| function.span).filter(|span| span.contains(whole));
    let function = around.min_by_key(|span| span.len()).unwrap_or(whole);
    let last = |span: Span| line(span.end.saturating_sub(1).max(span.start));
    let marked: Vec<usize> = spans.iter().map(|span| last(*span)).collect();
    let shown = shown(line(function.start)..=last(function), line(whole.start)..=last(whole));
    let mut text = String::new();
    let mut before = None;
    for number in shown.into_iter().flatten() {
        if before.is_some_and(|before| before + 1 != number) {
            text += "        ...\n";
        }
        let mark = if marked.contains(&number) { '>' } else { ' ' };
        let code = file.slice(file.line_span(number));
        text += format!("{mark}{number:>6} {code}").trim_end();
        text.push('\n');
        before = Some(number);
    }
    text
}

/// All lines of a function, or its head and what lies around the awaits.
fn shown(function: RangeInclusive<usize>, awaits: RangeInclusive<usize>) -> Vec<RangeInclusive<usize>> {
    let (first, last) = (*function.start(), *function.end());
    if last - first < MOST_LINES {
        return vec![function];
    }
    let length = awaits.end() - awaits.start() + 1;
    let beside = MOST_LINES.saturating_sub(HEAD_LINES + length) / 2;
    let from = awaits.start().saturating_sub(beside).max(first);
    let to = (awaits.end() + beside).min(last);
    let head_end = first + HEAD_LINES - 1;
    if from <= head_end + 1 { vec![first..=to] } else { vec![first..=head_end, from..=to] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_function_is_shown_whole_with_its_awaits_marked() {
        let text = "fn before() {}\nasync fn f() {\n    a().await;\n    b()\n        .await;\n}\n";
        let file = SourceFile::new("a.rs".into(), "a.rs".to_owned(), text.to_owned());
        let ir = lower::read(&file, false).unwrap();
        let span = |code: &str| {
            let start = text.find(code).unwrap();
            Span::new(start, start + code.len())
        };
        let spans = [span("a().await"), span("b()\n        .await")];
        let expected =
            "      2 async fn f() {\n>     3     a().await;\n      4     b()\n>     5         .await;\n      6 }\n";
        assert_eq!(lines(&file, &ir.functions, &spans), expected);
    }

    #[test]
    fn a_long_function_keeps_its_head_and_what_lies_around_the_awaits() {
        assert_eq!(shown(1..=80, 40..=41), [1..=80]);
        assert_eq!(shown(1..=1000, 500..=503), [1..=4, 464..=539]);
        assert_eq!(shown(1..=1000, 10..=13), [1..=49]);
        assert_eq!(shown(1..=1000, 900..=999), [1..=4, 900..=999]);
    }

    #[test]
    fn a_fence_is_longer_than_what_stands_inside() {
        assert_eq!(fence("/// ```\n"), "````");
        assert_eq!(fence("x"), "```");
    }
}
