//! Changed texts to the disk.
//!
//! In: the files with their old and new texts. Out: each file whole, old or new, whatever happens.
//!
//! Invariant: a file is replaced in one step, by a finished one beside it.
//! Invariant: what somebody else changed in the meantime stays, and so does what lies outside the workspace.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Changed, Fixed, KeptBack};
use crate::discover::{Failure, Workspace};

/// Writes every changed file. What cannot be written is told as kept back.
///
/// # Errors
///
/// The user stops it; the files that are written by then stay written.
pub fn write(workspace: &Workspace, fixed: &mut Fixed, is_stopped: &AtomicBool) -> Result<(), Failure> {
    let mut written = Vec::new();
    for changed in std::mem::take(&mut fixed.changed) {
        if is_stopped.load(Ordering::Relaxed) {
            return Err(stopped(written.len()));
        }
        let file = &workspace.files[changed.file.0 as usize];
        match replace(workspace, &file.path, &changed, &file.text) {
            Ok(()) => written.push(changed),
            Err(error) => {
                fixed.kept_back.push(KeptBack {
                    file: file.name.clone(),
                    line: 1,
                    why: format!("not written: {error}"),
                });
            }
        }
    }
    fixed.changed = written;
    Ok(())
}

fn replace(workspace: &Workspace, path: &Path, changed: &Changed, text: &str) -> io::Result<()> {
    // A link is followed, so that it stays one.
    let path = path.canonicalize()?;
    if !is_inside(workspace, &path) {
        return Err(io::Error::other("it lies outside the workspace"));
    }
    if fs::read(&path)? != changed.before.as_bytes() {
        return Err(io::Error::other("it was changed in the meantime; run again"));
    }
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let mut finished = tempfile::Builder::new().prefix(".conjoin-").tempfile_in(folder)?;
    finished.write_all(text.as_bytes())?;
    finished.as_file().set_permissions(permissions)?;
    finished.as_file().sync_all()?;
    finished.persist(&path)?;
    Ok(())
}

/// Whether a path without links lies in the folder of a workspace, or in the one people named.
fn is_inside(workspace: &Workspace, path: &Path) -> bool {
    let folders = workspace.roots.iter().map(|root| &root.folder).chain([&workspace.root]);
    let members = workspace.packages.iter().filter_map(|package| package.manifest_path.parent());
    folders
        .map(PathBuf::as_path)
        .chain(members)
        .any(|folder| folder.canonicalize().is_ok_and(|folder| path.starts_with(folder)))
}

fn stopped(written: usize) -> Failure {
    let help = match written {
        0 => "nothing was changed".to_owned(),
        _ => format!("{written} files were changed, each of them wholly"),
    };
    Failure { message: "stopped".to_owned(), help }
}
