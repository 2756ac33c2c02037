//! Text to rough tokens: enough to tell words from strings, comments and delimiters, at the speed of a byte scan.
//!
//! In: Rust source, or a piece of it that begins and ends between tokens. Out: [`Lexeme`]s.
//! Invariant: where the Rust lexer accepts the text, every word, string and delimiter of its tokens is one here;
//! only numbers are cut, `1.5e-3` is three numbers with marks between.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// A rough token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lexeme {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte behind it.
    pub(crate) end: usize,
}

/// What a rough token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or identifier, `r#` included.
    Word,
    /// The start of a number, up to its first mark.
    Number,
    /// `'a`.
    Lifetime,
    /// A character or byte, `'a'`, `b'a'`.
    Char,
    /// A string of any kind, with its quotes.
    Text,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// An operator or separator, as long as Rust has one: `<<=`, `=>`, `,`.
    Mark,
}

/// The rough tokens of a text, in order.
pub(crate) struct Lexemes<'a> {
    text: &'a str,
    at: usize,
}

/// Cuts a text into rough tokens.
pub(crate) fn lexemes(text: &str) -> Lexemes<'_> {
    Lexemes { text, at: 0 }
}

/// What a string literal says between its quotes, and whether backslashes mean something there.
pub(crate) fn string_contents(literal: &str) -> (&str, bool) {
    let is_raw = literal.trim_start_matches(['b', 'c']).starts_with('r');
    let Some(open) = memchr(b'"', literal.as_bytes()) else {
        return ("", is_raw);
    };
    let hashes = literal[..open].bytes().filter(|byte| *byte == b'#').count();
    let close = literal.len().saturating_sub(hashes + 1);
    (literal.get(open + 1..close).unwrap_or_default(), is_raw)
}

impl Iterator for Lexemes<'_> {
    type Item = Lexeme;

    fn next(&mut self) -> Option<Lexeme> {
        self.at = skip_blank(self.text, self.at);
        let start = self.at;
        let (kind, end) = lexeme(self.text, start)?;
        self.at = end;
        Some(Lexeme { kind, start, end })
    }
}

/// The kind and the end of the token that begins at `start`; `None` at the end of the text.
fn lexeme(text: &str, start: usize) -> Option<(Kind, usize)> {
    let bytes = text.as_bytes();
    let found = match *bytes.get(start)? {
        b'(' | b'[' | b'{' => (Kind::Open, start + 1),
        b')' | b']' | b'}' => (Kind::Close, start + 1),
        b'"' => (Kind::Text, quoted(bytes, start + 1, b'"')),
        b'\'' => quote(text, start),
        b'0'..=b'9' => (Kind::Number, word_end(text, start)),
        b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => word(text, start),
        _ => (Kind::Mark, start + mark_len(&bytes[start..])),
    };
    Some(found)
}

/// The length of the longest operator that the bytes begin with.
fn mark_len(bytes: &[u8]) -> usize {
    match bytes {
        [b'<', b'<', b'=', ..] | [b'>', b'>', b'=', ..] | [b'.', b'.', b'.' | b'=', ..] => 3,
        [b'=' | b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'&' | b'|', b'=', ..] => 2,
        [b'-' | b'=', b'>', ..] => 2,
        [first @ (b'&' | b'|' | b':' | b'.' | b'<' | b'>'), second, ..] if first == second => 2,
        _ => 1,
    }
}

/// A word, or the literal whose prefix the word is.
fn word(text: &str, start: usize) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let end = word_end(text, start);
    match (&bytes[start..end], bytes.get(end)) {
        (b"b" | b"c", Some(b'"')) => (Kind::Text, quoted(bytes, end + 1, b'"')),
        (b"b", Some(b'\'')) => (Kind::Char, quoted(bytes, end + 1, b'\'')),
        (b"r" | b"br" | b"cr", Some(b'"' | b'#')) => raw(text, start, end),
        _ => (Kind::Word, end),
    }
}

/// What begins with `r`, `br` or `cr` ending at `end`: a raw string, a raw identifier, or just that word.
fn raw(text: &str, start: usize, end: usize) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let hashes = bytes[end..].iter().take_while(|byte| **byte == b'#').count();
    let open = end + hashes;
    if bytes.get(open) == Some(&b'"') {
        return (Kind::Text, raw_end(bytes, open + 1, hashes));
    }
    let name_end = word_end(text, open);
    let is_identifier = hashes == 1 && end - start == 1 && name_end > open;
    (Kind::Word, if is_identifier { name_end } else { end })
}

/// The end of a raw string: behind the first quote that is followed by as many hashes as opened it.
fn raw_end(bytes: &[u8], mut at: usize, hashes: usize) -> usize {
    while let Some(quote) = memchr(b'"', &bytes[at..]) {
        at += quote + 1;
        let tail = bytes.get(at..at + hashes);
        if tail.is_some_and(|tail| tail.iter().all(|byte| *byte == b'#')) {
            return at + hashes;
        }
    }
    bytes.len()
}

/// The end of a quoted literal whose contents begin at `at`.
fn quoted(bytes: &[u8], mut at: usize, close: u8) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(close, b'\\', rest)) {
        at += found + 1;
        if bytes[at - 1] == close {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// A character or a lifetime.
fn quote(text: &str, start: usize) -> (Kind, usize) {
    let inside = start + 1;
    let mut characters = text[inside..].chars();
    match (characters.next(), characters.next()) {
        (Some('\\'), _) => (Kind::Char, quoted(text.as_bytes(), inside, b'\'')),
        (Some(character), Some('\'')) => (Kind::Char, inside + character.len_utf8() + 1),
        _ => (Kind::Lifetime, word_end(text, inside)),
    }
}

/// The end of the run of identifier characters that begins at `at`.
fn word_end(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => at += 1,
            0x80.. => match wide(text, at) {
                Some(character) if !is_blank(character) => at += character.len_utf8(),
                _ => break,
            },
            _ => break,
        }
    }
    at
}

/// The first byte at or behind `at` that belongs to a token.
fn skip_blank(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b' ' | b'\t'..=b'\r', _) => at += 1,
            (b'/', Some(b'/')) => at = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |newline| at + newline + 1),
            (b'/', Some(b'*')) => at = block_comment(bytes, at + 2),
            (0x80.., _) => match wide(text, at) {
                Some(character) if is_blank(character) => at += character.len_utf8(),
                _ => break,
            },
            _ => break,
        }
    }
    at
}

/// The end of a block comment, those inside it included.
fn block_comment(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'*', b'/', rest)) {
        at += found;
        match bytes.get(at..at + 2) {
            Some(b"*/") => depth -= 1,
            Some(b"/*") => depth += 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn wide(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// The Rust lexer also takes the two direction marks for blanks.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200e}' | '\u{200f}')
}

impl Lexeme {
    /// Its bytes, for slicing the text.
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(Kind, &str)> {
        lexemes(text).map(|lexeme| (lexeme.kind, &text[lexeme.range()])).collect()
    }

    #[test]
    fn strings_comments_and_characters_hide_their_delimiters() {
        let text = "/* ( /* [ */ */ f(\"}\\\"{\", '{', b'\\'', r##\"\"# )\"##) // (";
        assert_eq!(
            shown(text),
            [
                (Kind::Word, "f"),
                (Kind::Open, "("),
                (Kind::Text, "\"}\\\"{\""),
                (Kind::Mark, ","),
                (Kind::Char, "'{'"),
                (Kind::Mark, ","),
                (Kind::Char, "b'\\''"),
                (Kind::Mark, ","),
                (Kind::Text, "r##\"\"# )\"##"),
                (Kind::Close, ")"),
            ]
        );
    }

    #[test]
    fn a_quote_begins_a_lifetime_unless_it_closes() {
        assert_eq!(
            shown("'a 'é' 'static '\\u{7d}'"),
            [(Kind::Lifetime, "'a"), (Kind::Char, "'é'"), (Kind::Lifetime, "'static"), (Kind::Char, "'\\u{7d}'"),]
        );
    }

    #[test]
    fn raw_identifiers_are_words_and_raw_strings_are_not() {
        assert_eq!(
            shown("r#type r br#\"x\"# größe\u{2028}y"),
            [
                (Kind::Word, "r#type"),
                (Kind::Word, "r"),
                (Kind::Text, "br#\"x\"#"),
                (Kind::Word, "größe"),
                (Kind::Word, "y"),
            ]
        );
    }

    #[test]
    fn operators_are_as_long_as_rust_has_them() {
        assert_eq!(
            shown("a<<=b..=&&&c=>->").iter().map(|lexeme| lexeme.1).collect::<Vec<_>>(),
            ["a", "<<=", "b", "..=", "&&", "&", "c", "=>", "->"]
        );
    }

    #[test]
    fn unfinished_literals_end_with_the_text() {
        for text in ["\"abc", "r#\"abc\"", "'\\", "b'", "/* abc", "'", "r#", "\"\\"] {
            assert!(lexemes(text).all(|lexeme| lexeme.end <= text.len()), "{text}");
        }
    }

    #[test]
    fn string_contents_leave_out_prefix_hashes_and_quotes() {
        assert_eq!(string_contents("\"a\\n\""), ("a\\n", false));
        assert_eq!(string_contents("r##\"a\"b\"##"), ("a\"b", true));
        assert_eq!(string_contents("br\"a\""), ("a", true));
        assert_eq!(string_contents("\""), ("", false));
    }
}
