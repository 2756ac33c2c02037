//! Syntax to the await graph.
//!
//! In: [`Parsed`]. Out: [`FileIr`].

use crate::ir::FileIr;
use crate::parse::Parsed;

/// Lowers a file. With `tests` off, `#[cfg(test)]` items and `#[test]` functions are left out.
pub fn lower(_parsed: &Parsed, _tests: bool) -> FileIr {
    FileIr::default()
}

/// Parses and lowers a file.
///
/// # Errors
///
/// As [`crate::parse::parse`].
pub fn read(file: &crate::source::SourceFile, tests: bool) -> Result<FileIr, crate::parse::Problem> {
    Ok(lower(&crate::parse::parse(file)?, tests))
}
