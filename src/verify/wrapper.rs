//! This program in the place of the compiler.
//!
//! In: the compiler and its arguments, as cargo gives them to a workspace wrapper. Out: the compiler's own exit code,
//! after it has read the forest instead of the tree.
//!
//! Invariant: every package of the workspace is read from the forest, changed or not, so that a file has one name in all runs.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::forest::twin;

/// Says where the forest is. Set for cargo only.
pub(super) const FOREST: &str = "CONJOIN_FOREST";

/// A wrapper that the user has already.
pub(super) const INNER: &str = "CONJOIN_INNER_WRAPPER";

/// Runs the compiler when this program stands in its place; `None` when it does not.
pub fn stand_in(arguments: &[OsString]) -> Option<u8> {
    let root = PathBuf::from(std::env::var_os(FOREST)?);
    let compiler = arguments.get(1)?;
    let folder = std::env::current_dir().unwrap_or_default();
    let given = arguments[2..].iter().map(|word| in_forest(&root, &folder, word).unwrap_or_else(|| word.clone()));
    let mut command = match std::env::var_os(INNER) {
        Some(inner) => {
            let mut command = Command::new(inner);
            command.arg(compiler);
            command
        }
        None => Command::new(compiler),
    };
    command.args(given);
    Some(run(command))
}

/// The root of a crate as it lies in the forest.
fn in_forest(root: &Path, folder: &Path, word: &OsStr) -> Option<OsString> {
    let path = Path::new(word);
    if path.extension()? != "rs" || word.to_string_lossy().starts_with('-') {
        return None;
    }
    let twin = twin(root, &settled(&folder.join(path))?);
    twin.is_file().then(|| twin.into_os_string())
}

/// The path without links in its folders, so that a file has one name however it was reached. A link in the place of the
/// file itself stays.
pub(super) fn settled(path: &Path) -> Option<PathBuf> {
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

#[cfg(unix)]
fn run(mut command: Command) -> u8 {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    not_run(&command, &error)
}

#[cfg(not(unix))]
fn run(mut command: Command) -> u8 {
    match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2),
        Err(error) => not_run(&command, &error),
    }
}

/// Says so where cargo looks for what a compiler says.
fn not_run(command: &Command, error: &io::Error) -> u8 {
    let program = command.get_program().to_string_lossy();
    drop(writeln!(io::stderr(), "error: cannot run {program}: {error}"));
    2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_root_of_the_crate_is_sent_into_the_forest() {
        let temporary = tempfile::tempdir().unwrap();
        let tree = temporary.path().canonicalize().unwrap().join("ws");
        let root = temporary.path().join("forest");
        let place = twin(&root, &tree.join("src/lib.rs"));
        for file in [&tree.join("src/lib.rs"), &place] {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let seen = |word: &str| in_forest(&root, &tree, OsStr::new(word));
        assert_eq!(seen("src/lib.rs"), Some(place.clone().into_os_string()));
        assert_eq!(seen("src/../src/lib.rs"), Some(place.clone().into_os_string()));
        assert_eq!(seen(tree.join("src/lib.rs").to_str().unwrap()), Some(place.into_os_string()));
        assert_eq!((seen("src/other.rs"), seen("--edition=2024"), seen("-o.rs")), (None, None, None));
    }
}
