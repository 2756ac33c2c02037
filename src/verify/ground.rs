//! Where cargo works: which packages, in which folder, leaving what behind.
//!
//! In: a workspace and its candidates. Out: packages, a folder that can be written, and a lock file as it was.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{Build, Candidate};
use crate::discover::{Root, Workspace};

/// The packages of the candidates and those of the workspace that depend on them, over any number of steps.
pub(super) fn concerned(workspace: &Workspace, root: &Root, candidates: &[&Candidate]) -> BTreeSet<usize> {
    let package = |candidate: &&Candidate| workspace.files.get(candidate.file.0 as usize)?.package;
    let mut concerned: BTreeSet<usize> = candidates.iter().filter_map(package).collect();
    loop {
        let names: HashSet<&str> = concerned.iter().map(|at| workspace.packages[*at].name.as_str()).collect();
        let depends = |at: &usize| {
            workspace.packages[*at].dependencies.iter().any(|dependency| names.contains(dependency.package.as_str()))
        };
        let more: Vec<usize> = root.packages.clone().filter(|at| !concerned.contains(at)).filter(depends).collect();
        if more.is_empty() {
            return concerned;
        }
        concerned.extend(more);
    }
}

/// A folder to build in.
#[derive(Debug)]
pub(super) struct Ground {
    /// The folder.
    pub(super) folder: PathBuf,
    /// Set where the folder is gone afterwards.
    _temporary: Option<TempDir>,
}

/// Cargo's own folder, or a new one where that cannot be written.
pub(super) fn ground(root: &Root, build: &Build<'_>) -> io::Result<Ground> {
    let wanted = build.target_directory.clone().unwrap_or_else(|| root.target_directory.clone());
    let can_write = || {
        std::fs::create_dir_all(wanted.join("conjoin"))?;
        std::fs::File::create(wanted.join("conjoin").join("lock"))
    };
    if can_write().is_ok() {
        return Ok(Ground { folder: wanted, _temporary: None });
    }
    let temporary = tempfile::Builder::new().prefix("conjoin-").tempdir()?;
    Ok(Ground { folder: temporary.path().to_path_buf(), _temporary: Some(temporary) })
}

/// A file that is afterwards what it was before: cargo may write the lock file, and nobody asked for that.
pub(super) struct Kept {
    path: PathBuf,
    before: Option<Vec<u8>>,
}

impl Kept {
    pub(super) fn new(path: PathBuf) -> Kept {
        let before = std::fs::read(&path).ok();
        Kept { path, before }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // A file that cannot be put back is one that could not be written.
        match &self.before {
            Some(before) if std::fs::read(&self.path).is_ok_and(|now| now != *before) => {
                drop(std::fs::write(&self.path, before));
            }
            None => drop(std::fs::remove_file(&self.path)),
            Some(_) => {}
        }
    }
}
