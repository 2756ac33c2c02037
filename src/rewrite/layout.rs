//! Pieces of the user's text, laid out anew where they stand now.
//!
//! In: a piece of code that begins and ends between tokens. Out: the same tokens on one line, or with another
//! indentation.
//!
//! Invariant: only white space between tokens changes. A piece that holds a comment, or a string over several lines,
//! is not put on one line.

use crate::parse::lexemes::{Kind, lexemes};

/// The piece on one line, without the comma that stood behind a last argument; `None` where a comment or a string
/// forbids it.
pub(super) fn on_one_line(text: &str) -> Option<String> {
    if !text.contains('\n') {
        return Some(text.to_owned());
    }
    if !is_movable(text) {
        return None;
    }
    let mut line = String::new();
    for part in text.split('\n').map(str::trim).filter(|part| !part.is_empty()) {
        let closes = part.starts_with([')', ']', '}']);
        if closes && line.ends_with(',') && !part.starts_with('}') {
            line.pop();
        }
        let tight = line.is_empty() || part.starts_with(['.', '?', ')', ']', ',', ';']) || line.ends_with(['(', '[']);
        if !tight {
            line.push(' ');
        }
        line.push_str(part);
    }
    Some(line)
}

/// The piece with each line but the first moved from one indentation to another; what stands in strings is not moved.
pub(super) fn moved(text: &str, from: &str, to: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let strings: Vec<(usize, usize)> = lexemes(text)
        .filter(|lexeme| lexeme.kind == Kind::Text)
        .map(|lexeme| (lexeme.start, lexeme.end))
        .filter(|(start, end)| text[*start..*end].contains('\n'))
        .collect();
    let is_in_string = |at: usize| strings.iter().any(|(start, end)| (*start..*end).contains(&at));
    let mut lines = text.split('\n');
    let mut whole = lines.next().unwrap_or_default().to_owned();
    let mut at = whole.len();
    for line in lines {
        whole.push('\n');
        match line.strip_prefix(from) {
            Some(rest) if !is_in_string(at) && !line.is_empty() => {
                whole.push_str(to);
                whole.push_str(rest);
            }
            _ => whole.push_str(line),
        }
        at += line.len() + 1;
    }
    whole
}

/// The white space a line begins with.
pub(super) fn indent_of(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// Whether it holds no comment, and no string that goes over several lines.
fn is_movable(text: &str) -> bool {
    let mut strings = lexemes(text).filter(|lexeme| lexeme.kind == Kind::Text);
    !has_comment(text) && strings.all(|lexeme| !text[lexeme.start..lexeme.end].contains('\n'))
}

/// A text with the line ends of the file it goes into. As rustfmt tells them: by the first line.
pub(super) fn with_line_ends_of(source: &str, text: String) -> String {
    let is_dos = source.find('\n').is_some_and(|at| source[..at].ends_with('\r'));
    if is_dos { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
}

/// Whether something stands between the tokens that is not white space.
pub(super) fn has_comment(text: &str) -> bool {
    let mut end = 0;
    for lexeme in lexemes(text) {
        if !text[end..lexeme.start].trim().is_empty() {
            return true;
        }
        end = lexeme.end;
    }
    !text[end..].trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_arguments_fold() {
        assert_eq!(on_one_line("store\n        .last(series)").as_deref(), Some("store.last(series)"));
        assert_eq!(on_one_line("get(\n    a,\n    b,\n)").as_deref(), Some("get(a, b)"));
        assert_eq!(on_one_line("get(S {\n    a,\n})").as_deref(), Some("get(S { a, })"));
        assert_eq!(on_one_line("get(\n    // why\n    a\n)"), None);
        assert_eq!(on_one_line("get(\"a\n  b\")"), None);
    }

    #[test]
    fn only_lines_that_have_the_indentation_move() {
        assert_eq!(moved("a(\n    b,\n)", "", "  "), "a(\n      b,\n  )");
        assert_eq!(moved("a(\n        b,\n    )", "    ", ""), "a(\n    b,\n)");
        assert_eq!(moved("a(\"x\n    y\",\n    b)", "    ", ""), "a(\"x\n    y\",\nb)");
    }
}
