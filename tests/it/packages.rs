//! Packages that cargo builds, for what must be compiled.
//!
//! In: names and texts of files. Out: a folder with a git repository in it, in the place that cargo gives tests to write
//! to, so that what was compiled the last time is there the next time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tree::write;

/// A manifest that is a workspace of its own and has tokio's macros.
pub(crate) fn manifest(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"time\"] }}\n"
    )
}

/// A committed tree with these files and the lock file of the example package, whose dependencies are always there.
pub(crate) fn package(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let lock = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/packages/profile/Cargo.lock")).unwrap();
    write(&folder, "Cargo.lock", &lock);
    files.iter().for_each(|(name, text)| write(&folder, name, text.as_bytes()));
    // Cargo writes the lock file anew for another package, and that is no change to speak of.
    let generated = cargo(&folder, &["generate-lockfile", "--offline"]);
    assert!(generated.contains("exit: 0"), "{generated}");
    git(&folder, &["init", "--quiet"]);
    commit(&folder);
    folder
}

/// Where the packages of tests are built: one place for all, so that tokio is built once.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("target")
}

/// Commits whatever there is.
pub(crate) fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(
        folder,
        &["-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message", "all"],
    );
}

/// What git says.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    ran(Command::new("git").arg("-c").arg("init.defaultBranch=main").args(arguments).current_dir(folder))
}

/// What cargo says.
pub(crate) fn cargo(folder: &Path, arguments: &[&str]) -> String {
    ran(Command::new(env!("CARGO")).args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", target()))
}

fn ran(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}exit: {}\n", text(&output.stdout), text(&output.stderr), output.status.code().unwrap_or(-1))
}
