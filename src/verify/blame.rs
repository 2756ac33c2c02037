//! What the compiler complains of to whose rewrite it is about.
//!
//! In: [`Finding`]s and the texts that were compiled. Out: [`Blame`].
//!
//! Invariant: a place inside a rewrite decides before one around it: a future that is not `Send` is complained of where
//! it is spawned, and only a note leads to the function that made it so.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::cargo::{Finding, Place};
use super::compose::{Composed, Role};

/// A text that was compiled.
#[derive(Debug)]
pub(super) struct Compiled {
    /// Its path in the real tree.
    pub(super) file: PathBuf,
    /// The text, and whose each piece of it is.
    pub(super) composed: Composed,
    /// The functions around the rewrites, in bytes of the old text.
    pub(super) functions: Vec<(Range<usize>, usize)>,
}

/// Whose finding it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// A piece that was put in.
    Piece(usize, Role),
    /// The functions around some rewrites, the innermost ones. Empty when it points at none.
    Around(Vec<usize>),
}

/// Who is to blame for a finding.
pub(super) fn blame(finding: &Finding, texts: &[Compiled]) -> Blame {
    let in_piece = |place: &Place| text(texts, &place.file)?.composed.owner(&place.range);
    // The places are sorted by how telling they are.
    if let Some((owner, role)) = finding.places.iter().find_map(in_piece) {
        return Blame::Piece(owner, role);
    }
    let around = finding.places.iter().map(|place| around(texts, place));
    Blame::Around(around.into_iter().find(|owners| !owners.is_empty()).unwrap_or_default())
}

/// The candidates in whose function a place lies, of the innermost function.
fn around(texts: &[Compiled], place: &Place) -> Vec<usize> {
    let Some(text) = text(texts, &place.file) else { return Vec::new() };
    let at = text.composed.old_place(place.range.start);
    let holding = || text.functions.iter().filter(|(function, _)| function.contains(&at));
    let innermost = holding().map(|(function, _)| function.len()).min();
    holding().filter(|(function, _)| Some(function.len()) == innermost).map(|(_, owner)| *owner).collect()
}

fn text<'a>(texts: &'a [Compiled], file: &Path) -> Option<&'a Compiled> {
    texts.iter().find(|text| text.file == file)
}

/// The warnings that were not there before. A warning is the same when it says the same about the same file.
pub(super) fn new_warnings(before: &[Finding], after: &[Finding]) -> Vec<Finding> {
    let key = |finding: &Finding| {
        let file = finding.places.first().map(|place| place.file.clone());
        (finding.unit.clone(), finding.code.clone(), finding.message.clone(), file)
    };
    let mut known: HashMap<_, usize> = HashMap::new();
    for finding in before.iter().filter(|finding| !finding.is_error) {
        *known.entry(key(finding)).or_default() += 1;
    }
    let is_new = |finding: &&Finding| match known.get_mut(&key(finding)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    after.iter().filter(|finding| !finding.is_error).filter(is_new).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::cargo::{Rank, Unit};
    use super::super::compose::{Piece, compose};
    use super::*;
    use crate::diagnostic::Edit;
    use crate::source::Span;

    fn finding(is_error: bool, places: &[(Rank, Range<usize>)]) -> Finding {
        let place =
            |(rank, range): &(Rank, Range<usize>)| Place { rank: *rank, file: "/a.rs".into(), range: range.clone() };
        Finding {
            unit: Unit { package: "p".to_owned(), target: "p".to_owned() },
            is_error,
            code: None,
            message: "m".to_owned(),
            places: places.iter().map(place).collect(),
        }
    }

    /// `abc` with `b` replaced by `BB` for candidate 0, and functions around `ab` and `c`.
    fn texts() -> Vec<Compiled> {
        let edit = Edit { span: Span::new(1, 2), replacement: "BB".to_owned() };
        let composed = compose("abc", vec![Piece { edit, owner: 0, role: Role::Rewrite }]);
        vec![Compiled { file: "/a.rs".into(), composed, functions: vec![(0..2, 0), (2..3, 1)] }]
    }

    #[test]
    fn the_piece_it_points_at_is_to_blame_then_the_function() {
        let blamed = |places: &[_]| blame(&finding(true, places), &texts());
        assert_eq!(blamed(&[(Rank::Primary, 2..3)]), Blame::Piece(0, Role::Rewrite));
        assert_eq!(blamed(&[(Rank::Primary, 0..1)]), Blame::Around(vec![0]));
        assert_eq!(blamed(&[(Rank::Primary, 3..4)]), Blame::Around(vec![1]));
        assert_eq!(blamed(&[(Rank::Primary, 3..4), (Rank::Note, 1..2)]), Blame::Piece(0, Role::Rewrite));
        assert_eq!(blamed(&[]), Blame::Around(Vec::new()));
    }

    #[test]
    fn a_warning_is_new_when_there_are_more_of_it() {
        let warning = || finding(false, &[(Rank::Primary, 0..1)]);
        assert!(new_warnings(&[warning()], &[warning()]).is_empty());
        assert_eq!(new_warnings(&[warning()], &[warning(), warning()]).len(), 1);
        assert!(new_warnings(&[], &[finding(true, &[])]).is_empty());
    }
}
