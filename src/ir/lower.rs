//! Syntax to the await graph.
//!
//! In: [`Parsed`]. Out: [`FileIr`].

use crate::ir::FileIr;
use crate::parse::Parsed;

/// Lowers a file. With `tests` off, `#[cfg(test)]` items and `#[test]` functions are left out.
pub fn lower(_parsed: &Parsed, _tests: bool) -> FileIr {
    FileIr::default()
}
