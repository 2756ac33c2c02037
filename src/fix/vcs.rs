//! Whether a change can be undone.
//!
//! In: a folder. Out: nothing, or what speaks against changing files there. The rules and their switches are those of
//! `cargo fix`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::discover::Failure;

/// What is allowed though it may lose work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Files with changes that are not staged, or that nobody tracks.
    pub dirty: bool,
    /// Files with changes that are staged.
    pub staged: bool,
    /// No version control at all.
    pub no_vcs: bool,
}

/// Folders by which other systems than git are known. What they hold is not asked.
const OTHERS: [&str; 5] = [".hg", ".jj", ".pijul", ".fslckout", "_FOSSIL_"];

/// Checks that whatever is changed in a folder can be brought back.
///
/// # Errors
///
/// No version control holds it, or some files of the repository have changes, and that is not allowed.
pub fn check(folder: &Path, allowed: Allowed) -> Result<(), Failure> {
    if allowed.no_vcs || folder.ancestors().any(|above| OTHERS.iter().any(|name| above.join(name).exists())) {
        return Ok(());
    }
    if !folder.ancestors().any(|above| above.join(".git").exists()) {
        return Err(Failure {
            message: format!("no version control holds `{}`, and fixes change files", folder.display()),
            help: "`--allow-no-vcs` changes them nevertheless; `--diff` only shows what would change".to_owned(),
        });
    }
    if allowed.dirty && allowed.staged {
        return Ok(());
    }
    let status = status(folder)?;
    let mut files = Vec::new();
    for (staged, dirty, name) in entries(&status) {
        match (staged, dirty) {
            (_, true) if !allowed.dirty => files.push(format!("{name} (dirty)")),
            (true, false) if !allowed.staged => files.push(format!("{name} (staged)")),
            _ => {}
        }
    }
    if files.is_empty() { Ok(()) } else { Err(uncommitted(&files)) }
}

/// Git in a folder, so that it runs none of the programs that the repository's own configuration names: one to ask instead
/// of looking at the files, and those that files are sent through.
pub(crate) fn git(folder: &Path) -> Result<Command, Failure> {
    let mut command = Command::new("git");
    command.current_dir(folder).stdin(Stdio::null());
    let filters = own_filters(folder)?;
    let keys = filters.iter().flat_map(|filter| ["clean", "smudge", "process"].map(|key| format!("{filter}.{key}")));
    let unset = keys.map(|key| (key, ""));
    let optional = filters.iter().map(|filter| (format!("{filter}.required"), "false"));
    let all: Vec<_> = unset.chain(optional).chain([("core.fsmonitor".to_owned(), "false")]).collect();
    command.env("GIT_CONFIG_COUNT", all.len().to_string());
    for (number, (key, value)) in all.into_iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    Ok(command)
}

/// The filters of the repository's configuration, `filter.NAME`; those of the user and the machine are their own.
fn own_filters(folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let mut command = Command::new("git");
    command.args(["config", "--show-scope", "--null", "--name-only", "--get-regexp", r"^filter\."]);
    let output = command.current_dir(folder).stdin(Stdio::null()).output();
    let said = output.map_or_else(|_| Vec::new(), |output| output.stdout);
    let said = String::from_utf8(said).map_err(|_| Failure {
        message: format!("the git configuration of `{}` has a filter whose name is no text", folder.display()),
        help: "name it in UTF-8, or take it away".to_owned(),
    })?;
    let mut words = said.split('\0');
    let mut filters = BTreeSet::new();
    while let (Some(scope), Some(key)) = (words.next(), words.next()) {
        if let ("local" | "worktree", Some((filter, _))) = (scope, key.rsplit_once('.')) {
            filters.insert(filter.to_owned());
        }
    }
    Ok(filters)
}

fn status(folder: &Path) -> Result<String, Failure> {
    let mut command = git(folder)?;
    let output = command.args(["status", "--porcelain=v1", "-z", "--untracked-files=normal"]).output();
    let failure = |said: String| Failure {
        message: format!("cannot ask git about `{}`: {said}", folder.display()),
        help: "make `git status` work there; `--allow-dirty --allow-staged` does not ask".to_owned(),
    };
    let output = output.map_err(|error| failure(error.to_string()))?;
    if !output.status.success() {
        return Err(failure(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether each file is staged, whether it is dirty, and its name.
fn entries(status: &str) -> Vec<(bool, bool, &str)> {
    let mut found = Vec::new();
    let mut fields = status.split('\0');
    while let Some(field) = fields.next() {
        let (Some(state), Some(name)) = (field.get(..2), field.get(3..)) else { continue };
        if state.contains(['R', 'C']) {
            // The name it had before.
            fields.next();
        }
        let (staged, dirty) = state.split_at(1);
        found.push((!matches!(staged, " " | "?"), dirty != " ", name));
    }
    found
}

fn uncommitted(files: &[String]) -> Failure {
    const MOST: usize = 10;
    let shown = files.iter().take(MOST).map(|file| format!("  {file}")).collect::<Vec<_>>().join("\n");
    let more = match files.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    Failure {
        message: format!(
            "these files have changes that are not committed, and fixes would be mixed with them\n{shown}{more}"
        ),
        help: "commit or stash them first, or give `--allow-dirty` or `--allow-staged`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_cargo_reads_it() {
        let read = entries("M  staged.rs\0 M dirty.rs\0MM both.rs\0?? new.rs\0R  to.rs\0from.rs\0");
        let expected = [
            (true, false, "staged.rs"),
            (false, true, "dirty.rs"),
            (true, true, "both.rs"),
            (false, true, "new.rs"),
            (true, false, "to.rs"),
        ];
        assert_eq!(read, expected);
    }
}
