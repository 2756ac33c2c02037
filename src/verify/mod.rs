//! Candidate edits to what holds when the compiler has seen it.
//!
//! In: a workspace, how cargo is to be asked, and [`Candidate`]s. Out: one [`Ruling`] for each.
//!
//! All candidates are compiled at once, in a forest of links that leaves the tree alone, in a few runs of `cargo check`:
//!
//! 1. the packages as they are: what does not build is left alone;
//! 2. with a canary and a probe beside each candidate: which places are compiled at all, and whose futures are `Send`;
//! 3. with every rewrite: what the compiler points at is written another way, or given up, until nothing is left to say;
//! 4. once more, nothing but the rewrites.
//!
//! What cannot be blamed on a rewrite is found by halving. The measurements behind this order, and the traps it avoids,
//! are in `ARCHITECTURE.md`.
//!
//! Invariant: a candidate that holds was part of a run without any new error or warning, of every target of its package
//! and of every package of the workspace that depends on it.

mod blame;
mod cargo;
mod compose;
mod forest;
mod ground;
mod probe;
mod rounds;
pub mod wrapper;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::diagnostic::Edit;
use crate::discover::{Failure, Root, Workspace};
use crate::source::FileId;

/// A rewrite that wants to be compiled.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The file.
    pub file: FileId,
    /// Where the rewrite begins: a statement.
    pub start: u32,
    /// The ways to write it, the best first. Each is sorted and disjoint.
    pub forms: Vec<Vec<Edit>>,
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It holds, written this way: an index into its forms.
    Holds(usize),
    /// The compiler will not have it, and this is what it says.
    Fails(String),
    /// Nobody can tell, and this is why.
    Unseen(String),
}

/// How cargo is asked.
#[derive(Clone)]
pub struct Build<'a> {
    /// Where the user stands.
    pub directory: &'a Path,
    /// This program, which cargo calls in the compiler's place; see [`wrapper::stand_in`].
    pub program: &'a Path,
    /// `--features`, `--offline` and the like.
    pub options: &'a [String],
    /// Where cargo is to put what it builds, when that is said.
    pub target_directory: Option<PathBuf>,
    /// Whether cargo may draw its progress while it builds what everything needs.
    pub is_cargo_shown: bool,
    /// Set when the user has had enough.
    pub is_stopped: &'a AtomicBool,
    /// Told what is being done.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

/// Compiles candidates.
///
/// # Errors
///
/// Cargo does not run, fails before it compiles anything, the forest cannot be written, or the user stops it.
pub fn verify(workspace: &Workspace, build: &Build<'_>, candidates: &[Candidate]) -> Result<Vec<Ruling>, Failure> {
    let without = || Ruling::Unseen("no package that could be compiled holds it".to_owned());
    let mut rulings: Vec<Ruling> = candidates.iter().map(|_| without()).collect();
    for root in &workspace.roots {
        let own: Vec<usize> = (0..candidates.len()).filter(|at| is_in(workspace, root, &candidates[*at])).collect();
        if own.is_empty() {
            continue;
        }
        let chosen: Vec<&Candidate> = own.iter().map(|at| &candidates[*at]).collect();
        let found = rounds::settle(workspace, root, build, &chosen)?;
        for (at, ruling) in own.into_iter().zip(found) {
            rulings[at] = ruling;
        }
    }
    Ok(rulings)
}

fn is_in(workspace: &Workspace, root: &Root, candidate: &Candidate) -> bool {
    let file = workspace.files.get(candidate.file.0 as usize);
    file.and_then(|file| file.package).is_some_and(|package| root.packages.contains(&package))
}
