//! The arguments that say what is to be changed and compiled.
//!
//! In: the words of the command line. Out: [`Fixing`].

use std::path::PathBuf;

use crate::fix::Choice;
use crate::fix::vcs::Allowed;

/// What is to be done with the rewrites.
#[derive(Clone, Debug)]
pub(super) struct Fixing {
    pub(super) deed: Deed,
    /// Whether rewrites are compiled.
    pub(super) is_compiled: bool,
    pub(super) allowed: Allowed,
    pub(super) choice: Choice,
    /// Options for `cargo check`.
    pub(super) options: Vec<String>,
    pub(super) target_directory: Option<PathBuf>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Report,
    Fix,
    Diff,
}

/// The words for it.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Fixes")]
pub(super) struct FixWords {
    /// Write the joins into the files, after compiling each of them
    #[arg(long)]
    fix: bool,
    /// Print what --fix would change, and change nothing
    #[arg(long)]
    diff: bool,
    /// Write what may be incorrect too
    #[arg(long)]
    unsafe_fixes: bool,
    /// Compile the joins of a report, and show only those that the compiler takes
    #[arg(long, overrides_with = "no_verify")]
    verify: bool,
    /// Let --fix and --diff compile nothing
    #[arg(long)]
    no_verify: bool,
    /// Fix files that have changes which are not committed
    #[arg(long)]
    allow_dirty: bool,
    /// Fix files that have staged changes
    #[arg(long)]
    allow_staged: bool,
    /// Fix files that no version control holds
    #[arg(long)]
    allow_no_vcs: bool,
}

/// Flags of `cargo check` that say how to build. They matter where rewrites are compiled.
#[derive(clap::Args, Debug)]
pub(super) struct BuildWords {
    #[arg(long, hide = true)]
    lib: bool,
    #[arg(long, hide = true)]
    bins: bool,
    #[arg(long, hide = true)]
    bin: Vec<String>,
    #[arg(long, hide = true)]
    keep_going: bool,
    /// Compile with all features of the packages
    #[arg(long, help_heading = "Fixes")]
    all_features: bool,
    /// Compile without their default features
    #[arg(long, help_heading = "Fixes")]
    no_default_features: bool,
    /// Features to compile with
    #[arg(short = 'F', long, value_name = "FEATURES", help_heading = "Fixes")]
    features: Vec<String>,
    /// Platform to compile for
    #[arg(long, value_name = "TRIPLE", help_heading = "Fixes")]
    target: Vec<String>,
    /// Folder for what is compiled
    #[arg(long, value_name = "DIRECTORY", help_heading = "Fixes")]
    target_dir: Option<PathBuf>,
    /// Profile to compile with
    #[arg(long, value_name = "PROFILE", help_heading = "Fixes")]
    profile: Option<String>,
    #[arg(short, long, hide = true)]
    release: bool,
    #[arg(long, hide = true)]
    ignore_rust_version: bool,
}

impl FixWords {
    /// What they say, with the options that cargo gets anyway.
    pub(super) fn read(&self, build: &BuildWords, options: Vec<String>) -> Fixing {
        let deed = match (self.diff, self.fix) {
            (true, _) => Deed::Diff,
            (false, true) => Deed::Fix,
            (false, false) => Deed::Report,
        };
        Fixing {
            deed,
            is_compiled: if deed == Deed::Report { self.verify } else { !self.no_verify },
            allowed: Allowed { dirty: self.allow_dirty, staged: self.allow_staged, no_vcs: self.allow_no_vcs },
            choice: Choice { is_unsafe_wanted: self.unsafe_fixes },
            options: options.into_iter().chain(build.options()).collect(),
            target_directory: build.target_dir.clone(),
        }
    }
}

impl BuildWords {
    fn options(&self) -> Vec<String> {
        let flags = [
            (self.all_features, "--all-features"),
            (self.no_default_features, "--no-default-features"),
            (self.release, "--release"),
            (self.ignore_rust_version, "--ignore-rust-version"),
        ];
        let flags = flags.into_iter().filter(|(is_given, _)| *is_given).map(|(_, flag)| flag.to_owned());
        let valued = |flag: &'static str, values: &[String]| {
            values.iter().flat_map(|value| [flag.to_owned(), value.clone()]).collect::<Vec<_>>()
        };
        let profile: Vec<String> = self.profile.iter().cloned().collect();
        let features = valued("--features", &self.features);
        flags.chain(features).chain(valued("--target", &self.target)).chain(valued("--profile", &profile)).collect()
    }
}
