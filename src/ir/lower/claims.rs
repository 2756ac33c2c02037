//! Comments that say what a function does: `// conjoin: reads -- a cache in front of it`.
//!
//! In: the place of a function's attributes. Out: the [`ClaimKind`] that the comments there and directly above say, and what
//! speaks to this tool there and is not understood.
//!
//! Invariant: of several claims the one that allows least counts.

use crate::ir::lower::places::Places;
use crate::ir::{Name, Unclear};
use crate::knowledge::ClaimKind;
use crate::parse::lexemes::string_contents;
use crate::source::Span;

/// What comments say of the function whose attributes lie in `head`, which may be empty.
pub(super) fn above(places: &Places<'_>, head: Span, unclear: &mut Vec<Unclear>) -> Option<ClaimKind> {
    let begin = first_comment(places.text(Span { start: 0, end: head.start }));
    let text = text_above(places, head);
    // Hardly any function has one.
    if !text.contains("conjoin") {
        return None;
    }
    let mut found = None;
    let mut at = begin as usize;
    for line in text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        match said(line.trim()).map(read) {
            Some(Said::Claim(kind)) => found = found.max(Some(kind)),
            Some(Said::Nothing(words)) => {
                let span = Span::new(start, start + line.trim().len());
                unclear.push(Unclear { span, words: Name::new(words) });
            }
            Some(Said::Later) | None => {}
        }
    }
    found
}

/// The comments and attributes above a function.
pub(super) fn text_above<'t>(places: &'t Places<'_>, head: Span) -> &'t str {
    let begin = first_comment(places.text(Span { start: 0, end: head.start }));
    places.text(Span { start: begin, ..head })
}

/// Where the comments begin that end a text, each on a line of its own.
fn first_comment(text: &str) -> u32 {
    let mut begin = text.rfind('\n').map_or(0, |newline| newline + 1);
    if !text[begin..].trim().is_empty() {
        return Span::new(text.len(), text.len()).start;
    }
    while let Some(above) = text[..begin].strip_suffix('\n') {
        let start = above.rfind('\n').map_or(0, |newline| newline + 1);
        let line = above[start..].trim_start();
        if !line.starts_with("//") || line.starts_with("//!") {
            break;
        }
        begin = start;
    }
    Span::new(begin, begin).start
}

/// What a line says behind `conjoin:`, where it is a comment or documentation that begins so.
fn said(line: &str) -> Option<&str> {
    let comment = match line.strip_prefix("//") {
        Some(comment) => comment.trim_start_matches('/'),
        None => string_contents(line.strip_prefix("#[doc")?.trim_end_matches(']').trim_end()).0,
    };
    comment.trim().strip_prefix("conjoin:").map(str::trim)
}

/// What stands behind `conjoin:`.
enum Said<'t> {
    Claim(ClaimKind),
    /// It is about lints.
    Later,
    /// It is not understood.
    Nothing(&'t str),
}

fn read(words: &str) -> Said<'_> {
    if words.starts_with("allow(") {
        return Said::Later;
    }
    let (word, reason) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let is_reason = reason.is_empty() || reason.trim_start().starts_with("--");
    match ClaimKind::ALL.into_iter().find(|kind| kind.word() == word) {
        Some(kind) if is_reason => Said::Claim(kind),
        _ => Said::Nothing(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said above the `fn` of a text, and what is not understood there.
    fn claim(text: &str) -> (Option<&'static str>, Vec<String>) {
        let end = text.find("fn ").unwrap();
        let start = text.find("#[").unwrap_or(end).min(text.find("///").unwrap_or(end));
        let places = Places::new(text, Span::new(0, text.len()));
        let mut unclear = Vec::new();
        let found = above(&places, Span::new(start, end), &mut unclear);
        let shown = unclear.iter().map(|unclear| format!("{} | {}", unclear.words, places.text(unclear.span)));
        (found.map(ClaimKind::word), shown.collect())
    }

    #[test]
    fn comments_above_and_among_attributes_count() {
        let says = |text| {
            let (found, unclear) = claim(text);
            assert!(unclear.is_empty(), "{unclear:?}");
            found
        };
        assert_eq!(says("// conjoin: reads\nfn f() {}"), Some("reads"));
        assert_eq!(
            says("fn_before();\r\n    //conjoin:writes -- it counts\r\n    // Why.\r\n    fn f() {}"),
            Some("writes")
        );
        assert_eq!(says("/// Text.\n/// conjoin: fence -- order matters\n#[inline]\nfn f() {}"), Some("fence"));
        assert_eq!(says("#[inline]\n// conjoin: reads\n#[cold]\nfn f() {}"), Some("reads"));
        assert_eq!(says("#[doc = \"conjoin: reads\"]\nfn f() {}"), Some("reads"));
        assert_eq!(says("#[doc = r#\"conjoin: reads\"#]\nfn f() {}"), Some("reads"));
        assert_eq!(says("// conjoin: writes\n// conjoin: reads\nfn f() {}"), Some("writes"));
    }

    #[test]
    fn what_stands_elsewhere_does_not() {
        assert_eq!(claim("// conjoin: reads\n\nfn f() {}"), (None, Vec::new()));
        assert_eq!(claim("//! conjoin: reads\nfn f() {}"), (None, Vec::new()));
        assert_eq!(claim("a(); // conjoin: reads\nfn f() {}"), (None, Vec::new()));
        assert_eq!(claim("// The crate conjoin: reads\nfn f() {}"), (None, Vec::new()));
        assert_eq!(claim("// conjoin: allow(sequential_await)\nfn f() {}"), (None, Vec::new()));
    }

    #[test]
    fn what_is_not_understood_is_shown() {
        assert_eq!(
            claim("  // conjoin: raeds -- all\r\n  fn f() {}"),
            (None, vec!["raeds -- all | // conjoin: raeds -- all".to_owned()])
        );
        assert_eq!(claim("// conjoin: reads a lot\nfn f() {}").1, ["reads a lot | // conjoin: reads a lot"]);
        assert_eq!(claim("// conjoin:\nfn f() {}").1, [" | // conjoin:"]);
    }
}
