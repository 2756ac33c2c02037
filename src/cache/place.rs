//! Where a run keeps what it found.
//!
//! In: a workspace and what is asked of it. Out: [`Cache`], and bytes from it and to it.
//!
//! One file for each question, `target/conjoin-cache/<question>.cache`, and only where there is a target directory already.
//! Whoever writes makes a whole file beside it and puts it in its place in one step, so runs at the same time read the old
//! one or the new one and need no lock; the last one wins. Where nothing can be written, nothing is kept, and nobody is
//! told: the outcome is the same.

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Write as _};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Before, bytes};
use crate::discover::Workspace;
use crate::rewrite::style_files;
use crate::source::fingerprint;

/// Questions that are kept at once; of more, those that were asked longest ago are dropped.
const MOST_QUESTIONS: usize = 8;

/// Where something may be kept, and of what.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    /// Of everything beside the texts that an outcome depends on.
    environment: u128,
}

impl Cache {
    /// The place for a question; `None` where there is no target directory. `question` must show all that it asks.
    pub fn new(workspace: &Workspace, question: &impl Debug) -> Option<Cache> {
        let target = workspace.roots.first().map(|root| &root.target_directory).filter(|target| target.is_dir())?;
        let name = fingerprint([&*format!("{question:?}"), &workspace.root.to_string_lossy()]);
        let path = target.join("conjoin-cache").join(format!("{name:032x}.cache"));
        Some(Cache { path, environment: environment(workspace, question)? })
    }

    /// What an earlier run kept of files with these names and texts.
    pub(crate) fn load(&self, workspace: &Workspace, texts: &[u128]) -> Before {
        let read = || bytes::decode(&fs::read(&self.path).ok()?, self.environment, workspace, texts);
        read().unwrap_or_default()
    }

    /// Keeps something for the next run.
    pub(crate) fn save(&self, workspace: &Workspace, before: &Before) {
        let Some(folder) = self.path.parent() else { return };
        let bytes = bytes::encode(before, self.environment, workspace);
        // Somebody else may drop the same file, or the disk be full: then it is not kept.
        if replace(&self.path, folder, &bytes).is_ok() {
            drop(drop_oldest(folder));
        }
    }
}

fn replace(path: &Path, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut finished = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    finished.write_all(bytes)?;
    finished.persist(path)?;
    Ok(())
}

/// Drops the questions that were asked longest ago, and what an interrupted run may have left.
fn drop_oldest(folder: &Path) -> io::Result<()> {
    let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        found.push((entry.metadata()?.modified()?, entry.path()));
    }
    found.sort_unstable();
    let many = found.len().saturating_sub(MOST_QUESTIONS);
    found[..many].iter().try_for_each(|(_, path)| fs::remove_file(path))
}

/// What an outcome depends on beside the texts: this program, the question, the manifests and what they say, which files
/// there are and whose they are, and how rustfmt is told to lay them out.
fn environment(workspace: &Workspace, question: &impl Debug) -> Option<u128> {
    let mut said = Pieces::default();
    let program = std::env::current_exe().ok()?;
    let metadata = program.metadata().ok()?;
    let Workspace { root, packages, roots, files, claims, settings, loose_settings } = workspace;
    let about = (env!("CARGO_PKG_VERSION"), program, metadata.len(), metadata.modified().ok()?);
    write!(said, "{about:?} {question:?} {root:?} {roots:?} {packages:?} {claims:?} {settings:?} {loose_settings:?}")
        .ok()?;
    let mut folders = BTreeSet::new();
    for file in files {
        write!(said, "{:?} {:?} {:?} {:?}", file.path, file.name, file.package, file.module).ok()?;
        for folder in file.path.ancestors().skip(1) {
            if !folders.insert(folder) {
                break;
            }
        }
    }
    for style in folders.into_iter().flat_map(style_files) {
        if let Ok(text) = fs::read_to_string(&style) {
            write!(said, "{style:?} {text}").ok()?;
        }
    }
    Some(fingerprint(said.0.iter().map(String::as_str)))
}

/// Text in pieces that need not be moved when more comes.
#[derive(Default)]
struct Pieces(Vec<String>);

impl fmt::Write for Pieces {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const PIECE: usize = 1 << 16;
        match self.0.last_mut().filter(|last| last.len() + text.len() <= PIECE) {
            Some(last) => last.push_str(text),
            None => {
                let mut piece = String::with_capacity(PIECE.max(text.len()));
                piece.push_str(text);
                self.0.push(piece);
            }
        }
        Ok(())
    }
}
