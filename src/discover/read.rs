//! Candidates to text.
//!
//! In: the files to read. Out: [`SourceFile`]s sorted by name, and a [`Problem`] for each that is no text.

use std::path::Path;

use rayon::prelude::*;

use super::walk::Candidate;
use crate::source::{Problem, SourceFile};

/// Longer files are not written by people, and offsets must fit into 32 bits.
const MOST_BYTES: u64 = 1 << 30;

/// Reads all files at once; also says how many of the unread ones were selected.
pub(super) fn read(candidates: Vec<Candidate>, root: &Path) -> (Vec<SourceFile>, Vec<Problem>, usize) {
    let mut named: Vec<(String, Candidate)> =
        candidates.into_iter().map(|candidate| (name(&candidate.path, root), candidate)).collect();
    named.sort_by(|one, other| one.0.cmp(&other.0));
    let outcomes: Vec<(bool, Result<SourceFile, Problem>)> =
        named.into_par_iter().map(|(name, candidate)| (candidate.is_selected, read_one(name, candidate))).collect();
    let unread = outcomes.iter().filter(|(is_selected, outcome)| *is_selected && outcome.is_err()).count();
    let mut files = Vec::with_capacity(outcomes.len());
    let mut problems = Vec::new();
    for (_, outcome) in outcomes {
        match outcome {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    (files, problems, unread)
}

fn read_one(name: String, candidate: Candidate) -> Result<SourceFile, Problem> {
    match read_text(&candidate.path) {
        Ok(text) => {
            let mut file = SourceFile::new(candidate.path, name, text);
            file.package = candidate.package;
            file.is_selected = candidate.is_selected;
            file.module = candidate.module;
            Ok(file)
        }
        Err((place, message, help)) => Err(Problem { file: name, place, message, help: Some(help.to_owned()) }),
    }
}

type Reason = (Option<(usize, usize)>, String, &'static str);

fn read_text(path: &Path) -> Result<String, Reason> {
    let cannot =
        |error: &std::io::Error| (None, format!("cannot be read: {error}"), "check that it exists and its permissions");
    let metadata = path.metadata().map_err(|error| cannot(&error))?;
    if !metadata.is_file() {
        return Err((None, "is not a regular file".to_owned(), "name a Rust file"));
    }
    if metadata.len() > MOST_BYTES {
        return Err((None, "is larger than 1 GiB".to_owned(), "leave it out of the package"));
    }
    let bytes = std::fs::read(path).map_err(|error| cannot(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        (Some(end_of(valid)), "is not valid UTF-8".to_owned(), "save it as UTF-8, the only encoding rustc reads")
    })
}

/// Line and column just behind the text, from 1.
fn end_of(text: &[u8]) -> (usize, usize) {
    let line = memchr::memchr_iter(b'\n', text).count() + 1;
    let last = memchr::memrchr(b'\n', text).map_or(text, |newline| &text[newline + 1..]);
    (line, String::from_utf8_lossy(last).chars().count() + 1)
}

/// What reports call a file: relative to the root where it lies below, with `/` everywhere.
fn name(path: &Path, root: &Path) -> String {
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { name.into_owned() } else { name.replace(std::path::MAIN_SEPARATOR, "/") }
}
