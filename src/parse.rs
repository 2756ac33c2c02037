//! Text to a syntax tree.
//!
//! In: a [`SourceFile`]. Out: [`Parsed`], or a [`Problem`] that names the place.
//! Invariant: no input makes this panic or overflow the stack of a pool thread.

use crate::source::SourceFile;

/// A parsed file.
pub struct Parsed {
    /// The tree; its spans count from behind the byte order mark and the shebang line.
    pub tree: syn::File,
    /// What must be added to a span's byte range to get the place in the raw text.
    pub offset: usize,
}

/// Why a file or a package could not be read; never a reason to stop the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What people call the file.
    pub file: String,
    /// The place in it, where there is one: line and column, from 1.
    pub place: Option<(usize, usize)>,
    /// What is wrong, one lower-case sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Parses a file.
///
/// # Errors
///
/// The text is not Rust that the parser knows, or is nested too deeply to be read.
pub fn parse(_file: &SourceFile) -> Result<Parsed, Problem> {
    Err(Problem { file: String::new(), place: None, message: String::new(), help: None })
}
