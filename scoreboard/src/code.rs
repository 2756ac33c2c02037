//! The workspace that a file of a tree belongs to.
//!
//! In: a tree, and a file in it. Out: [`Code`], read as the command line reads the package of that file; where cargo
//! cannot read its manifest, the tree is read as plain files.

use std::path::{Path, PathBuf};

use cargo_conjoin::discover::{Kinds, Selection, Workspace, discover};
use cargo_conjoin::source::FileId;

/// A workspace of a tree.
#[derive(Debug)]
pub(crate) struct Code {
    /// Its files are named from the root of the tree.
    pub(crate) workspace: Workspace,
    /// Nothing but tests lie where it was looked for.
    pub(crate) is_tests_only: bool,
}

/// The workspace that a file belongs to; with `tests`, every kind of code counts.
pub(crate) fn open(tree: &Path, file: &Path, tests: bool) -> Result<Code, String> {
    let above = file.ancestors().skip(1).take_while(|folder| folder.starts_with(tree));
    let home = above.into_iter().find(|folder| folder.join("Cargo.toml").is_file()).unwrap_or(tree);
    let code = read(tree, home, tests)?;
    if code.workspace.packages.is_empty() && home != tree {
        let whole = read(tree, tree, tests)?;
        return Ok(if whole.workspace.packages.is_empty() { whole } else { code });
    }
    Ok(code)
}

/// Each workspace of a tree: of the folders with a manifest, those that no other one is above.
pub(crate) fn open_all(tree: &Path) -> Result<Vec<Code>, String> {
    homes(tree).iter().map(|home| read(tree, home, false)).collect()
}

impl Code {
    /// The file of that path.
    pub(crate) fn file(&self, path: &Path) -> Option<FileId> {
        let number = self.workspace.files.iter().position(|file| file.path == path)?;
        u32::try_from(number).ok().filter(|_| !self.is_tests_only).map(FileId)
    }

    /// Whether cargo could not read its manifest, or there is none.
    pub(crate) fn is_plain(&self) -> bool {
        self.workspace.packages.is_empty()
    }
}

fn read(tree: &Path, folder: &Path, tests: bool) -> Result<Code, String> {
    let selection = Selection {
        paths: vec![folder.to_path_buf()],
        kinds: Kinds { tests, examples: tests, benches: tests, build_scripts: tests },
        cargo_options: vec!["--offline".to_owned()],
        ..Selection::default()
    };
    // Beside the tree, so that no toolchain file of it speaks for the cargo that is asked.
    let found = discover(&selection, tree.parent().unwrap_or(tree));
    let mut found = found.map_err(|failure| format!("{}; {}", failure.message, failure.help))?;
    for file in &mut found.workspace.files {
        file.name = file.path.strip_prefix(tree).unwrap_or(&file.path).display().to_string();
    }
    Ok(Code { is_tests_only: found.asks_for_tests && !tests, workspace: found.workspace })
}

fn homes(tree: &Path) -> Vec<PathBuf> {
    let mut homes = Vec::new();
    let mut open = vec![tree.to_path_buf()];
    while let Some(folder) = open.pop() {
        if folder.join("Cargo.toml").is_file() {
            homes.push(folder);
            continue;
        }
        let entries = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        open.extend(
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()),
        );
    }
    homes.sort();
    if homes.is_empty() { vec![tree.to_path_buf()] } else { homes }
}
