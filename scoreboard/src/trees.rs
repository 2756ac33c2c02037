//! The Rust files of one commit on disk.
//!
//! In: a mirror of repositories, `MIRROR/owner+name/repo`. Out: a folder, `TREES/owner+name/commit`, with the commit's
//! Rust files and manifests, written once and marked by a file `.done`.
//!
//! Invariant: nothing is written outside the folder, no link is made, and nothing is fetched.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::args::Places;

/// Files beside `*.rs` that say how a package is built.
const MANIFESTS: [&str; 6] =
    ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rust-toolchain", "rustfmt.toml", ".rustfmt.toml"];

/// Whether cargo could take a tree for a part of something else.
pub(crate) fn check(places: &Places) -> Result<(), String> {
    let trees = std::path::absolute(&places.trees)
        .map_err(|error| format!("cannot find `{}`: {error}", places.trees.display()))?;
    let manifest = trees.ancestors().map(|folder| folder.join("Cargo.toml")).find(|manifest| manifest.exists());
    let taken = |manifest: PathBuf| {
        let (trees, manifest) = (trees.display(), manifest.display());
        format!("`{trees}` lies below `{manifest}`, which cargo would take for its own; choose another folder")
    };
    manifest.map_or(Ok(()), |manifest| Err(taken(manifest)))
}

/// The tree of a commit; writes it when it is not there yet.
pub(crate) fn bring(places: &Places, repo: &str, commit: &str) -> Result<PathBuf, String> {
    let tree = places.trees.join(key(repo)).join(commit);
    let tree = std::path::absolute(&tree).map_err(|error| format!("cannot find `{}`: {error}", tree.display()))?;
    if tree.join(".done").exists() {
        return Ok(tree);
    }
    let git = git_directory(places, repo);
    let what = |error: String| format!("cannot bring {repo} at {commit}: {error}; is it in the mirror?");
    let (written, missing) = write(&git, commit, &tree).map_err(what)?;
    // A repository without any Rust has no folder yet.
    let noted =
        fs::create_dir_all(&tree).and_then(|()| fs::write(tree.join(".done"), format!("({written}, {missing})")));
    noted.map_err(|error| what(error.to_string()))?;
    Ok(tree)
}

/// The newest commit of a repository.
pub(crate) fn newest(places: &Places, repo: &str) -> Result<String, String> {
    let git = git_directory(places, repo);
    let out = run(&git, &["rev-parse", "HEAD"]).map_err(|error| format!("cannot look at {repo}: {error}"))?;
    Ok(String::from_utf8_lossy(&out).trim().to_owned())
}

/// The folder of a repository; `%2E` stands for a dot.
fn key(repo: &str) -> String {
    repo.replace("%2E", ".").replace('/', "+")
}

fn git_directory(places: &Places, repo: &str) -> PathBuf {
    places.mirror.join(key(repo)).join("repo")
}

/// How many files were written, and how many the repository does not hold.
fn write(git: &Path, commit: &str, tree: &Path) -> Result<(usize, usize), String> {
    let listing = run(git, &["ls-tree", "-r", "-z", "--full-tree", commit])?;
    let wanted = listing.split(|byte| *byte == 0).filter_map(entry).filter(|(_, path)| is_wanted(path));
    let wanted: Vec<(String, PathBuf)> = wanted.collect();
    let mut cat = command(git).args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let cat = cat.as_mut().map_err(|error| format!("cannot run git: {error}"))?;
    let outcome = write_all(cat, &wanted, tree);
    drop(cat.stdin.take());
    cat.wait().map_err(|error| format!("git did not end: {error}"))?;
    outcome
}

/// Blobs one by one, so that absent ones do no harm.
fn write_all(cat: &mut Child, wanted: &[(String, PathBuf)], tree: &Path) -> Result<(usize, usize), String> {
    let (Some(mut ask), Some(answer)) = (cat.stdin.take(), cat.stdout.take()) else {
        return Err("git has no input and output".to_owned());
    };
    let mut answer = BufReader::new(answer);
    let (mut written, mut missing) = (0, 0);
    for (blob, path) in wanted {
        let failed = |error: std::io::Error| format!("`{}`: {error}", path.display());
        writeln!(ask, "{blob}").and_then(|()| ask.flush()).map_err(failed)?;
        let mut head = String::new();
        answer.read_line(&mut head).map_err(failed)?;
        let Some(size) = head.split_whitespace().nth(2).and_then(|size| size.parse().ok()) else {
            missing += 1;
            continue;
        };
        // A line break follows.
        let mut bytes = vec![0; size + 1];
        answer.read_exact(&mut bytes).map_err(failed)?;
        let file = tree.join(path);
        fs::create_dir_all(file.parent().unwrap_or(tree)).map_err(failed)?;
        fs::write(&file, &bytes[..size]).map_err(failed)?;
        written += 1;
    }
    Ok((written, missing))
}

/// The blob and the path of a regular file: `100644 blob 1234<tab>src/lib.rs`.
fn entry(line: &[u8]) -> Option<(String, PathBuf)> {
    let line = String::from_utf8_lossy(line);
    let (meta, path) = line.split_once('\t')?;
    let [mode, "blob", blob] = meta.split(' ').collect::<Vec<_>>()[..] else { return None };
    let is_link = mode == "120000";
    (!is_link).then(|| (blob.to_owned(), PathBuf::from(path)))
}

fn is_wanted(path: &Path) -> bool {
    let stays_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    stays_inside && (name.ends_with(".rs") || MANIFESTS.contains(&name))
}

fn run(git: &Path, words: &[&str]) -> Result<Vec<u8>, String> {
    let out = command(git).args(words).output().map_err(|error| format!("cannot run git: {error}"))?;
    let said = || String::from_utf8_lossy(&out.stderr).trim().to_owned();
    if out.status.success() { Ok(out.stdout) } else { Err(said()) }
}

/// What the mirror does not hold counts as missing, instead of being fetched.
fn command(git: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(git).env("GIT_NO_LAZY_FETCH", "1");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rust_files_and_manifests_inside_the_tree_are_written() {
        for (path, expected) in [
            ("src/lib.rs", true),
            ("crates/a/Cargo.toml", true),
            (".rustfmt.toml", true),
            ("README.md", false),
            ("../lib.rs", false),
            ("/lib.rs", false),
        ] {
            assert_eq!(is_wanted(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn links_and_submodules_are_left_out() {
        let read = |line: &str| entry(line.as_bytes()).map(|(blob, path)| (blob, path.display().to_string()));
        assert_eq!(read("100644 blob 12ab\tsrc/a b.rs"), Some(("12ab".to_owned(), "src/a b.rs".to_owned())));
        assert_eq!(read("120000 blob 12ab\tsrc/link.rs"), None);
        assert_eq!(read("160000 commit 12ab\tvendor/x"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn a_repository_has_a_folder() {
        assert_eq!(key("rust-lang/docs%2Ers"), "rust-lang+docs.rs");
    }
}
