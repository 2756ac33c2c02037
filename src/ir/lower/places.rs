//! The parser's spans to byte ranges of the raw file.
//!
//! In: spans of the tree being lowered. Out: [`Span`]s, and the words that stand there.
//!
//! Asking the parser for byte ranges counts characters from the last range asked for, and asking it for a node's span
//! turns the node back into tokens. So places are made from line and column, and a node's span from its children's.

use proc_macro2::extra::DelimSpan;
use syn::spanned::Spanned;

use crate::ir::Name;
use crate::parse::lexemes::lexemes;
use crate::source::Span;

/// Byte offsets of a file's lines.
pub(super) struct Places<'a> {
    text: &'a str,
    /// Offset of each line of the code, counted from behind the byte order mark and shebang.
    lines: Vec<usize>,
    is_ascii: bool,
}

impl<'a> Places<'a> {
    /// Places of a piece of a file that was parsed by itself.
    pub(super) fn new(text: &'a str, piece: Span) -> Places<'a> {
        let code = &text.as_bytes()[piece.range()];
        let start = piece.start as usize;
        let mut lines = Vec::with_capacity(code.len() / 32);
        lines.push(start);
        lines.extend(memchr::memchr_iter(b'\n', code).map(|at| start + at + 1));
        Places { text, lines, is_ascii: code.is_ascii() }
    }

    /// The text of a range.
    pub(super) fn text(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Offset of the first byte of a token.
    pub(super) fn start(&self, span: proc_macro2::Span) -> u32 {
        self.offset(span.start())
    }

    /// Offset just behind a token.
    pub(super) fn end(&self, span: proc_macro2::Span) -> u32 {
        self.offset(span.end())
    }

    /// The range of a token.
    pub(super) fn token(&self, span: proc_macro2::Span) -> Span {
        Span { start: self.start(span), end: self.end(span) }
    }

    /// The range of a node, found the slow way; for those that are rare or small.
    pub(super) fn node(&self, node: &impl Spanned) -> Span {
        self.token(node.span())
    }

    /// The range of a pair of delimiters and what they hold.
    pub(super) fn group(&self, delimiters: &DelimSpan) -> Span {
        self.token(delimiters.join())
    }

    /// Offset just behind a closing delimiter.
    pub(super) fn close(&self, delimiters: &DelimSpan) -> u32 {
        self.start(delimiters.close()) + 1
    }

    /// An identifier, and where it stands.
    pub(super) fn word(&self, ident: &proc_macro2::Ident) -> (&'a str, Span) {
        let start = self.start(ident.span());
        let rest = self.text.get(start as usize..).unwrap_or_default();
        let len = lexemes(rest).next().map_or(0, |word| word.end);
        let span = Span::new(start as usize, start as usize + len);
        let word = self.text(span);
        (word.strip_prefix("r#").unwrap_or(word), span)
    }

    /// An identifier's name.
    pub(super) fn name(&self, ident: &proc_macro2::Ident) -> Name {
        Name::new(self.word(ident).0)
    }

    /// Offset of the first token at or behind an offset.
    pub(super) fn next_token(&self, offset: u32) -> u32 {
        let rest = self.text.get(offset as usize..).unwrap_or_default();
        let skipped = lexemes(rest).next().map_or(0, |token| token.start);
        Span::new(offset as usize + skipped, usize::MAX).start
    }

    fn offset(&self, place: proc_macro2::LineColumn) -> u32 {
        let start = self.lines.get(place.line.saturating_sub(1)).copied().unwrap_or(0);
        let guess = start + place.column;
        let offset = if self.is_ascii || self.is_ascii_range(start, guess) {
            guess
        } else {
            let mut characters = self.text[start..].char_indices();
            characters.nth(place.column).map_or(self.text.len(), |(at, _)| start + at)
        };
        Span::new(offset, offset).start
    }

    fn is_ascii_range(&self, start: usize, end: usize) -> bool {
        self.text.as_bytes().get(start..end).is_some_and(<[u8]>::is_ascii)
    }
}
