//! A file's path and text, and places in it: byte ranges for the machine, line and column for people.
//!
//! In: the bytes of a file. Out: [`SourceFile`], [`Span`], [`Position`].

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// A range of bytes in a file's raw text, byte order mark and shebang line included.
///
/// Invariant: `start <= end`, and both lie on character boundaries of the text they were made for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just behind the last byte.
    pub end: u32,
}

/// One file: where it lies, how people call it, what it says.
#[derive(Debug)]
pub struct SourceFile {
    /// Where to read it.
    pub path: PathBuf,
    /// What reports call it: relative to the workspace root where it lies inside.
    pub name: String,
    /// The whole text as it stands on disk.
    pub text: String,
    /// The package it belongs to, as an index into the workspace's packages.
    pub package: Option<usize>,
    /// Whether diagnostics are wanted for it; the others are only looked up.
    pub is_selected: bool,
    /// The module the file is, from its crate's root: `["api", "users"]` for `src/api/users.rs`.
    pub module: Vec<String>,
    line_starts: OnceLock<Vec<u32>>,
}

/// A place for people: both numbers count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line number.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// A file of a workspace, as an index into its list of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// Why a file or a package could not be read; never a reason to stop the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl Span {
    /// The span from `start` to `end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: clamp(start), end: clamp(end) }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The number of bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `other` lies inside.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The same as a range, for slicing text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl SourceFile {
    /// A file that belongs to no package.
    pub fn new(path: PathBuf, name: String, text: String) -> SourceFile {
        SourceFile {
            path,
            name,
            text,
            package: None,
            is_selected: true,
            module: Vec::new(),
            line_starts: OnceLock::new(),
        }
    }

    /// The same file with another text.
    pub fn with_text(&self, text: String) -> SourceFile {
        SourceFile {
            path: self.path.clone(),
            name: self.name.clone(),
            text,
            package: self.package,
            is_selected: self.is_selected,
            module: self.module.clone(),
            line_starts: OnceLock::new(),
        }
    }

    /// The text of a span; empty when the span lies outside.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Line and column of a byte offset; an offset behind the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let before = self.slice(Span { start, end: offset.max(start).min(clamp(self.text.len())) });
        // A byte order mark takes no column.
        Position { line, column: before.trim_start_matches('\u{feff}').chars().count() + 1 }
    }

    /// The bytes of a line (counted from 1) without its line ending; empty when there is no such line.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let Some(start) = line.checked_sub(1).and_then(|index| starts.get(index)).copied() else {
            return Span::default();
        };
        let end = starts.get(line).copied().unwrap_or(clamp(self.text.len()));
        let text = self.slice(Span { start, end });
        Span { start, end: start + clamp(text.trim_end_matches(['\n', '\r']).len()) }
    }

    /// The path without its folder, for messages that have little room.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let after_newlines = memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| clamp(at + 1));
            std::iter::once(0).chain(after_newlines).collect()
        })
    }
}

/// A number that is the same for the same pieces, and for others another one, unless somebody looks for two that share
/// one.
pub fn fingerprint<'a>(pieces: impl IntoIterator<Item = &'a str>) -> u128 {
    let mut hash = Xxh3Default::new();
    for piece in pieces {
        hash.update(&piece.len().to_le_bytes());
        hash.update(piece.as_bytes());
    }
    hash.digest128()
}

/// The same in fewer bits, for many small ones.
pub fn short_fingerprint(piece: &str) -> u64 {
    xxh3_64(piece.as_bytes())
}

/// Longer settings, baselines and lists are not written by people, nor for them.
const MOST_BYTES: u64 = 64 << 20;

/// The text of a file that is not source: settings, lists. What is no regular file, or has no end, is an error like any other.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut text = String::new();
    let read = File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 MiB"));
    }
    Ok(text)
}

/// Files of more than 4 GiB are refused before they are read, so nothing is lost here.
fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
