//! Folders to try things on.
//!
//! In: names and texts of files. Out: a temporary folder that has them, gone when dropped.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// Writes the files, and the folders they need.
pub(crate) fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| write(folder.path(), name, text.as_bytes()));
    folder
}

/// Writes one more file.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A manifest that is a workspace of its own.
pub(crate) fn manifest(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n")
}
