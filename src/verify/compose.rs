//! Pieces put into a file, and where they came to stand.
//!
//! In: a text and the [`Piece`]s that replace parts of it. Out: [`Composed`]: the new text, and whose each place in it is.
//!
//! Invariant: a place of the new text outside every piece is a place of the old one, moved.

use std::ops::Range;

use crate::diagnostic::Edit;

/// Something that is put into a file for one candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// What it replaces, and by what.
    pub(super) edit: Edit,
    /// Whose it is, as an index into the candidates.
    pub(super) owner: usize,
    /// What it is for.
    pub(super) role: Role,
}

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The rewrite itself.
    Rewrite,
    /// An error that shows that its place is compiled.
    Canary,
    /// A function that asks whether a future is `Send`.
    Probe,
}

/// A text with pieces in it.
#[derive(Debug, Default)]
pub(super) struct Composed {
    /// The text.
    pub(super) text: String,
    /// The pieces by place, sorted and disjoint: where it stands, whose it is, what for.
    pub(super) pieces: Vec<(Range<usize>, usize, Role)>,
    /// Where each piece stood in the old text.
    old: Vec<Range<usize>>,
}

/// Puts pieces into a text. Pieces at one place keep their order; one that overlaps an earlier one is left out.
pub(super) fn compose(text: &str, mut pieces: Vec<Piece>) -> Composed {
    pieces.sort_by_key(|piece| (piece.edit.span.start, piece.edit.span.end));
    let mut composed = Composed::default();
    let mut at = 0;
    for piece in pieces {
        let range = piece.edit.span.range();
        let Some(before) = text.get(at..range.start) else { continue };
        composed.text.push_str(before);
        let start = composed.text.len();
        composed.text.push_str(&piece.edit.replacement);
        composed.pieces.push((start..composed.text.len(), piece.owner, piece.role));
        at = range.end;
        composed.old.push(range);
    }
    composed.text.push_str(text.get(at..).unwrap_or_default());
    composed
}

impl Composed {
    /// Whose piece a range of the new text touches, the first of them.
    pub(super) fn owner(&self, range: &Range<usize>) -> Option<(usize, Role)> {
        let touches = |piece: &Range<usize>| piece.start < range.end.max(range.start + 1) && range.start < piece.end;
        self.pieces.iter().find(|(piece, ..)| touches(piece)).map(|(_, owner, role)| (*owner, *role))
    }

    /// The place in the old text that a place of the new one was; inside a piece, where the piece begins.
    pub(super) fn old_place(&self, at: usize) -> usize {
        let before = self.pieces.iter().zip(&self.old).take_while(|((new, ..), _)| new.start <= at).last();
        match before {
            None => at,
            Some(((new, ..), old)) if at < new.end => old.start,
            Some(((new, ..), old)) => old.end + (at - new.end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn piece(start: usize, end: usize, replacement: &str, owner: usize) -> Piece {
        let edit = Edit { span: Span::new(start, end), replacement: replacement.to_owned() };
        Piece { edit, owner, role: Role::Rewrite }
    }

    #[test]
    fn every_place_knows_where_it_came_from() {
        let composed = compose("one two three", vec![piece(8, 13, "3", 1), piece(4, 7, "twenty-two", 0)]);
        assert_eq!(composed.text, "one twenty-two 3");
        assert_eq!(composed.owner(&(5..6)), Some((0, Role::Rewrite)));
        assert_eq!(composed.owner(&(15..16)), Some((1, Role::Rewrite)));
        assert_eq!(composed.owner(&(1..2)), None);
        assert_eq!((composed.old_place(1), composed.old_place(6), composed.old_place(14)), (1, 4, 7));
        assert_eq!(composed.old_place(16), 13);
    }

    #[test]
    fn nothing_put_in_changes_nothing() {
        let composed = compose("text", Vec::new());
        assert_eq!((composed.text.as_str(), composed.old_place(3)), ("text", 3));
    }

    #[test]
    fn of_two_that_overlap_the_first_stays() {
        assert_eq!(compose("abcdef", vec![piece(0, 3, "x", 0), piece(2, 4, "y", 1)]).text, "xdef");
    }
}
