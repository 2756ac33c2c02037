//! Places as editors count them.
//!
//! In: a text and a byte offset, or a [`Position`] of an editor. Out: the other one.
//!
//! Invariant: whatever an editor says, an offset lies on a character boundary inside the text: a place behind the end of a
//! line is its end, one inside a character is in front of it.

use gen_lsp_types::{Position, PositionEncodingKind, Range};

use crate::source::{SourceFile, Span};

/// What columns count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
}

impl Encoding {
    /// Bytes where the editor knows them; else what every editor must know.
    pub(super) fn choose(known: &[PositionEncodingKind]) -> Encoding {
        if known.contains(&PositionEncodingKind::UTF8) { Encoding::Utf8 } else { Encoding::Utf16 }
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    pub(super) fn range(self, file: &SourceFile, span: Span) -> Range {
        Range { start: self.position(file, span.start), end: self.position(file, span.end) }
    }

    fn position(self, file: &SourceFile, offset: u32) -> Position {
        let line = file.position(offset).line;
        let before = file.slice(Span { start: file.line_span(line).start, end: offset });
        let units = before.chars().map(|character| self.units(character)).sum();
        Position { line: number(line - 1), character: number(units) }
    }

    /// The byte offset of a place in a text.
    pub(super) fn offset(self, text: &str, place: Position) -> usize {
        let mut starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        let Some(start) = starts.nth(place.line as usize) else { return text.len() };
        let line = text[start..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut left = place.character as usize;
        for (at, character) in line.char_indices() {
            let units = self.units(character);
            if left < units {
                return start + at;
            }
            left -= units;
        }
        start + line.len()
    }

    fn units(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
        }
    }
}

/// Files of more than 4 GiB are refused before they are read.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "let ä = \"🦀\";\r\n\tx\n";

    #[test]
    fn places_go_there_and_back_in_both_ways_of_counting() {
        let file = SourceFile::new("a.rs".into(), "a.rs".to_owned(), TEXT.to_owned());
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (offset, _) in TEXT.char_indices().chain([(TEXT.len(), ' ')]) {
                let place = encoding.range(&file, Span::new(offset, offset)).start;
                // Between the two bytes of a line ending no editor can stand.
                let expected = if TEXT[offset..].starts_with('\n') && TEXT[..offset].ends_with('\r') {
                    offset - 1
                } else {
                    offset
                };
                assert_eq!(encoding.offset(TEXT, place), expected, "{encoding:?} {place:?}");
            }
        }
        let crab = TEXT.find('🦀').unwrap();
        let columns = [Encoding::Utf8, Encoding::Utf16]
            .map(|encoding| encoding.range(&file, Span::new(crab, crab + 4)))
            .map(|range| (range.start.character, range.end.character));
        assert_eq!(columns, [(10, 14), (9, 11)]);
    }

    #[test]
    fn places_that_are_none_are_the_nearest() {
        let at = |line, character| Encoding::Utf16.offset(TEXT, Position { line, character });
        let crab = TEXT.find('🦀').unwrap();
        assert_eq!(
            (at(0, 10), at(0, 99), at(9, 0), at(2, 5)),
            (crab, TEXT.find('\r').unwrap(), TEXT.len(), TEXT.len())
        );
    }
}
