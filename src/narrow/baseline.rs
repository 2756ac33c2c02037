//! Findings that are known already, and wait for somebody to look at them.
//!
//! In: a file of lines `path⇥function⇥lint⇥count`, and diagnostics. Out: the diagnostics that it does not know; entries that
//! are for nothing; the file, written anew.
//!
//! Invariant: no line number is in it, so moved code is known still.
//! Invariant: it is sorted and has one entry a line, so that version control merges it.
//! Invariant: where a function has more findings of a lint than are known, all of them are shown, because nobody can say
//! which are new.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::discover::{Failure, Workspace};
use crate::source::{Problem, SourceFile, read_text};

const HEAD: &str =
    "# What cargo-conjoin found and does not report: file, function, lint, how often. `--update-baseline` writes it.\n";

/// A baseline, and the files it is about.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    /// As indices into the workspace's files.
    files: Vec<usize>,
}

/// File, function, lint.
type Key = (String, String, String);

/// The baselines of the selected files: `given` for all, or what tables name. Of a file that could not be read nobody
/// knows what is in it.
pub fn places(workspace: &Workspace, given: Option<&Path>, unread: &[Problem]) -> Vec<Place> {
    let mut places: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    let is_read = |file: &SourceFile| file.is_selected && unread.iter().all(|problem| problem.file != file.name);
    for (number, file) in workspace.files.iter().enumerate().filter(|(_, file)| is_read(file)) {
        let named = workspace.settings_of(file).baseline.as_deref();
        if let Some(path) = given.or(named) {
            places.entry(path.to_owned()).or_default().push(number);
        }
    }
    places.into_iter().map(|(path, files)| Place { path, files }).collect()
}

/// Takes out what is known; what it says of entries that are for nothing.
///
/// # Errors
///
/// It cannot be read.
pub fn subtract(
    workspace: &Workspace,
    place: &Place,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Problem>, Failure> {
    let known = read(&place.path)?;
    let found = counted(workspace, place, diagnostics);
    let is_known = |key: &Key| found.get(key) <= known.get(key).map(|(count, _)| count);
    diagnostics.retain(|diagnostic| key(workspace, place, diagnostic).is_none_or(|key| !is_known(&key)));
    let looked_at: Vec<String> = place.files.iter().map(|file| name(place, &workspace.files[*file])).collect();
    let is_left = |key: &Key| looked_at.binary_search(&key.0).is_err() && folder(place).join(&key.0).exists();
    let is_stale =
        |(key, (count, _)): &(&Key, &(usize, usize))| !is_left(key) && found.get(key).is_none_or(|n| n < count);
    let stale: Vec<(&Key, &(usize, usize))> = known.iter().filter(is_stale).collect();
    Ok(stale.first().map(|((path, function, lint), (count, line))| {
        let left = found.get(&(path.clone(), function.clone(), lint.clone())).copied().unwrap_or(0);
        let more = if stale.len() > 1 { format!(", and {} entries more", stale.len() - 1) } else { String::new() };
        Problem {
            file: place.path.strip_prefix(&workspace.root).unwrap_or(&place.path).display().to_string(),
            place: Some((*line, 1)),
            message: format!("counts {count} `{lint}` in `{function}` of {path}, and {left} are there{more}"),
            help: Some("`--update-baseline` takes out what is for nothing".to_owned()),
        }
    }))
}

/// Writes what was found, and keeps what is about files that were not looked at.
///
/// # Errors
///
/// It cannot be read or written.
pub fn update(workspace: &Workspace, place: &Place, diagnostics: &[Diagnostic]) -> Result<(), Failure> {
    let known = if place.path.exists() { read(&place.path)? } else { BTreeMap::new() };
    let looked_at: Vec<String> = place.files.iter().map(|file| name(place, &workspace.files[*file])).collect();
    let mut entries = counted(workspace, place, diagnostics);
    for (key, (count, _)) in known {
        if looked_at.binary_search(&key.0).is_err() && folder(place).join(&key.0).exists() {
            entries.insert(key, count);
        }
    }
    let lines = entries.iter().map(|((path, function, lint), count)| format!("{path}\t{function}\t{lint}\t{count}\n"));
    let text = HEAD.to_owned() + &lines.collect::<String>();
    write(&place.path, &text).map_err(|error| Failure {
        message: format!("cannot write `{}`: {error}", place.path.display()),
        help: "check that its folder exists and has room".to_owned(),
    })
}

/// Whole or not at all.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".conjoin").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.persist(path)?;
    Ok(())
}

/// How often each key was found.
fn counted(workspace: &Workspace, place: &Place, diagnostics: &[Diagnostic]) -> BTreeMap<Key, usize> {
    let mut counts = BTreeMap::new();
    for key in diagnostics.iter().filter_map(|diagnostic| key(workspace, place, diagnostic)) {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// What a diagnostic is called in a baseline, where that is about its file. What is said of allowing is no finding.
fn key(workspace: &Workspace, place: &Place, diagnostic: &Diagnostic) -> Option<Key> {
    let number = diagnostic.file.0 as usize;
    let is_about = !diagnostic.lint.is_empty() && place.files.binary_search(&number).is_ok();
    let file = workspace.files.get(number).filter(|_| is_about)?;
    Some((name(place, file), field(&diagnostic.function), diagnostic.lint.to_owned()))
}

/// A file from the folder of the baseline.
fn name(place: &Place, file: &SourceFile) -> String {
    let below = file.path.strip_prefix(folder(place)).map(|path| path.to_string_lossy().into_owned());
    let name = below.unwrap_or_else(|_| file.name.clone());
    field(&if std::path::MAIN_SEPARATOR == '/' { name } else { name.replace(std::path::MAIN_SEPARATOR, "/") })
}

/// Nothing that separates fields or lines.
fn field(text: &str) -> String {
    text.replace(|char: char| char.is_control(), "?")
}

fn folder(place: &Place) -> &Path {
    place.path.parent().unwrap_or(Path::new(""))
}

/// Each entry with its count and line.
fn read(path: &Path) -> Result<BTreeMap<Key, (usize, usize)>, Failure> {
    let text = read_text(path).map_err(|error| Failure {
        message: format!("cannot read the baseline `{}`: {error}", path.display()),
        help: "`--update-baseline` writes it".to_owned(),
    })?;
    let mut entries = BTreeMap::new();
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (&[file, function, lint, _], Some(count)) =
            (&fields[..], fields.last().and_then(|count| count.parse().ok()))
        else {
            return Err(Failure {
                message: format!("`{}:{number}` is no entry of a baseline", path.display()),
                help: "write file, function, lint and count with tabs between; or `--update-baseline`".to_owned(),
            });
        };
        entries.insert((file.to_owned(), function.to_owned(), lint.to_owned()), (count, number));
    }
    Ok(entries)
}
