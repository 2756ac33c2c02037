//! Where cargo may be asked from.
//!
//! In: a folder. Out: that folder, or another one where its `rust-toolchain.toml` names programs of its own.
//!
//! Invariant: what answers to the name of cargo is a toolchain that the user has installed. rustup starts whatever a
//! toolchain file above the working directory has the path of, and to read code is not to run it.

use std::path::{Path, PathBuf};

const FILES: [&str; 2] = ["rust-toolchain", "rust-toolchain.toml"];

/// The folder to start cargo in: the given one, unless programs of the code at hand would be started.
pub(super) fn folder_for_cargo(folder: &Path) -> PathBuf {
    let names_programs = |file: PathBuf| crate::source::read_text(&file).is_ok_and(|text| may_name_programs(&text));
    let is_foreign = folder.ancestors().any(|above| FILES.iter().any(|name| names_programs(above.join(name))));
    if is_foreign { neutral() } else { folder.to_path_buf() }
}

/// A folder that is nobody else's to write in: neither the code at hand nor a guest of the machine has a say there.
pub(super) fn neutral() -> PathBuf {
    let home = std::env::home_dir().filter(|home| home.is_dir());
    home.unwrap_or_else(|| PathBuf::from(std::path::MAIN_SEPARATOR_STR))
}

/// A channel has no separator of paths in it. An escaped key has a backslash, and so is taken for a path too.
fn may_name_programs(text: &str) -> bool {
    text.contains("path") || text.contains(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_no_programs_and_paths_are() {
        for channel in
            ["1.95.0\n", "nightly", "[toolchain]\nchannel = \"nightly-2026-01-01\"\ncomponents = [\"clippy\"]\n"]
        {
            assert!(!may_name_programs(channel), "{channel}");
        }
        let paths =
            ["/repo/evil\n", "[toolchain]\npath = \"/repo/evil\"\n", "toolchain.\"pat\\u0068\" = 'x'", "C:\\evil"];
        assert!(paths.into_iter().all(may_name_programs));
    }

    #[test]
    fn a_file_anywhere_above_counts() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        assert_eq!(folder_for_cargo(&below), below);
        std::fs::write(folder.path().join("rust-toolchain.toml"), "[toolchain]\npath = \"/x\"\n").unwrap();
        assert_eq!(folder_for_cargo(&below), neutral());
    }
}
