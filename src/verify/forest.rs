//! The user's tree with some files changed, while the tree itself is not touched.
//!
//! In: texts for some files. Out: a folder in which every path of the machine can be followed: links to what is there,
//! and the changed files in their places.
//!
//! Cargo and build scripts see the real tree; only the compiler is sent into the forest, by [`wrapper`](super::wrapper).
//! So the working directory, `.cargo/config.toml`, `include_str!` and paths to other packages mean what they always mean.
//!
//! Invariant: nothing is written through a link.
//! Invariant: a file that was ever a real file in the forest is one in every later run, with a newer time. Cargo would
//! otherwise take what it compiled from the changed file for what the unchanged one gives.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

/// A forest that nobody else uses while this lives. When it goes, its links go too: who walks through all folders and
/// follows links would walk the whole machine.
#[derive(Debug)]
pub(super) struct Forest {
    root: PathBuf,
    list: PathBuf,
    _lock: File,
}

impl Forest {
    /// Opens the forest in a folder; calls `wait` before waiting for whoever else uses it. Says which files were real ones
    /// in earlier runs.
    pub(super) fn open(folder: &Path, wait: impl FnOnce()) -> io::Result<(Forest, Vec<PathBuf>)> {
        fs::create_dir_all(folder)?;
        let lock = File::create(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            wait();
            lock.lock()?;
        }
        let root = folder.join("forest");
        if root.is_dir() {
            fs::remove_dir_all(&root)?;
        }
        fs::create_dir_all(&root)?;
        let forest = Forest { root: root.canonicalize()?, list: folder.join("written"), _lock: lock };
        let known = fs::read_to_string(&forest.list).unwrap_or_default();
        let known: BTreeSet<PathBuf> = known.lines().map(PathBuf::from).filter(|file| file.is_file()).collect();
        fs::write(&forest.list, lines(&known))?;
        Ok((forest, known.into_iter().collect()))
    }

    /// Where the compiler is sent.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Gives a file a text of its own.
    pub(super) fn write(&self, file: &Path, text: &str) -> io::Result<()> {
        let place = twin(&self.root, file);
        if let Some(folder) = file.parent() {
            self.make_real(folder)?;
        }
        if !place
            .parent()
            .is_some_and(|folder| folder.canonicalize().is_ok_and(|folder| folder.starts_with(&self.root)))
        {
            return Err(io::Error::other(format!("`{}` would be written outside the copy", file.display())));
        }
        if place.symlink_metadata().is_ok() {
            fs::remove_file(&place)?;
        }
        self.remember(file)?;
        fs::write(place, text)
    }

    /// The path that a path in the forest stands for.
    pub(super) fn original(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).map_or_else(|_| path.to_path_buf(), |rest| Path::new("/").join(rest))
    }

    /// Makes a folder a real one, with links to all that is in it. Begins at the top: below a link every folder looks
    /// real, and is the user's own.
    fn make_real(&self, folder: &Path) -> io::Result<()> {
        let place = twin(&self.root, folder);
        if let Some(parent) = folder.parent() {
            self.make_real(parent)?;
            if place.symlink_metadata().is_ok_and(|found| found.is_dir()) {
                return Ok(());
            }
            if place.symlink_metadata().is_ok() {
                fs::remove_file(&place)?;
            }
            fs::create_dir(&place)?;
        }
        // What cannot be listed cannot be asked for by name of a neighbour either.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let link = place.join(entry.file_name());
            if link.symlink_metadata().is_err() {
                link_to(&entry.path(), &link)?;
            }
        }
        Ok(())
    }

    /// Remembers a file before it is one.
    fn remember(&self, file: &Path) -> io::Result<()> {
        let line = lines(&BTreeSet::from([file.to_path_buf()]));
        if fs::read_to_string(&self.list)?.contains(&line) {
            return Ok(());
        }
        File::options().append(true).open(&self.list)?.write_all(line.as_bytes())
    }
}

impl Drop for Forest {
    fn drop(&mut self) {
        // What stays is cleared the next time.
        drop(fs::remove_dir_all(&self.root));
    }
}

/// Cargo's paths are text.
fn lines(files: &BTreeSet<PathBuf>) -> String {
    files.iter().map(|file| format!("{}\n", file.display())).collect()
}

/// The path in a forest that stands for a path.
pub(super) fn twin(root: &Path, path: &Path) -> PathBuf {
    let inside = path.components().filter(|part| matches!(part, Component::Normal(_)));
    root.join(inside.collect::<PathBuf>())
}

#[cfg(unix)]
fn link_to(original: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(windows)]
fn link_to(original: &Path, link: &Path) -> io::Result<()> {
    if original.is_dir() {
        std::os::windows::fs::symlink_dir(original, link)
    } else {
        std::os::windows::fs::symlink_file(original, link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changed_file_is_seen_beside_its_unchanged_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().canonicalize().unwrap().join("tree");
        fs::create_dir_all(tree.join("src/deep")).unwrap();
        for (name, text) in [("src/lib.rs", "lib"), ("src/deep/mod.rs", "deep"), ("README.md", "read")] {
            fs::write(tree.join(name), text).unwrap();
        }
        let (forest, known) = Forest::open(&folder.path().join("work"), || {}).unwrap();
        assert!(known.is_empty());
        forest.write(&tree.join("src/lib.rs"), "new").unwrap();
        let seen = |name: &str| fs::read_to_string(twin(forest.root(), &tree.join(name))).unwrap();
        assert_eq!((seen("src/lib.rs").as_str(), seen("src/deep/mod.rs").as_str()), ("new", "deep"));
        assert_eq!(fs::read_to_string(twin(forest.root(), &tree.join("src")).join("../README.md")).unwrap(), "read");
        assert_eq!(fs::read_to_string(tree.join("src/lib.rs")).unwrap(), "lib");
        assert_eq!(forest.original(&twin(forest.root(), &tree.join("src/lib.rs"))), tree.join("src/lib.rs"));
    }

    #[test]
    fn a_second_file_below_a_link_is_not_written_through_it() {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().canonicalize().unwrap().join("tree");
        for name in ["one/src/lib.rs", "two/src/lib.rs"] {
            fs::create_dir_all(tree.join(name).parent().unwrap()).unwrap();
            fs::write(tree.join(name), "old").unwrap();
        }
        let (forest, _) = Forest::open(&folder.path().join("work"), || {}).unwrap();
        for name in ["one/src/lib.rs", "two/src/lib.rs"] {
            forest.write(&tree.join(name), "new").unwrap();
            assert_eq!(fs::read_to_string(tree.join(name)).unwrap(), "old");
        }
    }

    #[test]
    fn what_was_changed_once_is_known_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join("a.rs");
        fs::write(&file, "old").unwrap();
        let work = folder.path().join("work");
        Forest::open(&work, || {}).unwrap().0.write(&file, "new").unwrap();
        assert!(!work.join("forest").exists(), "the links stayed");
        assert_eq!(Forest::open(&work, || {}).unwrap().1, [file]);
    }
}
