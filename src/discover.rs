//! Packages and paths to source files.
//!
//! In: what the command line selects. Out: [`Workspace`].

use std::path::PathBuf;

use crate::source::SourceFile;

/// What is looked at in one run.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Where file names in reports are relative to.
    pub root: PathBuf,
    /// The workspace's packages; empty when only paths were given.
    pub packages: Vec<Package>,
    /// Every source file the index may look at, sorted by name. Those with [`SourceFile::is_selected`] are reported on.
    pub files: Vec<SourceFile>,
}

/// A package, as far as the pipeline asks.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its package id as cargo writes it.
    pub id: String,
    /// Its manifest.
    pub manifest_path: PathBuf,
    /// Its edition: 2015, 2018, 2021, 2024.
    pub edition: u16,
    /// Its targets.
    pub targets: Vec<Target>,
    /// What its manifest depends on.
    pub dependencies: Vec<Dependency>,
}

/// A target of a package.
#[derive(Debug)]
pub struct Target {
    /// `lib`, `bin`, `test` …
    pub kinds: Vec<String>,
    /// Its name.
    pub name: String,
    /// Its root file.
    pub src_path: PathBuf,
}

/// A line of `[dependencies]`.
#[derive(Debug)]
pub struct Dependency {
    /// What the source code calls it: the rename where there is one, with `-` as `_`.
    pub name: String,
    /// The package's own name.
    pub package: String,
    /// The features the manifest names.
    pub features: Vec<String>,
    /// Whether its default features are on.
    pub default_features: bool,
    /// `normal`, `dev` or `build`.
    pub kind: String,
}
