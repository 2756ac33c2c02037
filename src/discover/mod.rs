//! Packages and paths to source files.
//!
//! In: what the command line selects, [`Selection`]. Out: [`Workspace`], and what could not be read.
//! Invariant: the same selection over the same disk gives the same files in the same order.
//! Invariant: nothing is fetched, resolved or built; cargo is asked for its manifests only, and paths need no cargo.

mod claims;
mod found;
mod manifest;
mod read;
mod settings;
mod spec;
mod tables;
mod toolchain;
mod walk;

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use crate::source::{Problem, SourceFile};

pub use claims::Claim;
use found::Found;
use manifest::Manifest;
pub use settings::Settings;
pub(crate) use spec::near_names;
use walk::Candidate;

/// What is looked at in one run.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Where file names in reports are relative to.
    pub root: PathBuf,
    /// The workspace's packages; empty when only paths were given.
    pub packages: Vec<Package>,
    /// What cargo builds at once; empty when only paths were given.
    pub roots: Vec<Root>,
    /// Every source file the index may look at, sorted by name. Those with [`SourceFile::is_selected`] are reported on.
    pub files: Vec<SourceFile>,
    /// What the manifests say of calls.
    pub claims: Vec<Claim>,
    /// What they say of a run, for each package.
    pub settings: Vec<Settings>,
    /// The same for code of no package.
    pub loose_settings: Settings,
}

/// A workspace as cargo knows it, or a package that is one by itself.
#[derive(Debug)]
pub struct Root {
    /// Its folder.
    pub folder: PathBuf,
    /// Where cargo puts what it builds.
    pub target_directory: PathBuf,
    /// Its packages, as indices into the packages of [`Workspace`].
    pub packages: Range<usize>,
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
    /// Whether it is there only on some platforms, or with features that are off by default.
    pub is_conditional: bool,
}

/// What one run is asked to look at.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Files and folders; empty means packages.
    pub paths: Vec<PathBuf>,
    /// Names, globs and package-id specs of packages.
    pub packages: Vec<String>,
    /// Every package of the workspace.
    pub all_packages: bool,
    /// Packages to leave out of `all_packages`.
    pub exclude: Vec<String>,
    /// The manifest to start from instead of the nearest one.
    pub manifest_path: Option<PathBuf>,
    /// Where it is there: only those of the selected files, by their whole paths.
    pub only: Option<Vec<PathBuf>>,
    /// Which kinds of code are wanted beside the sources.
    pub kinds: Kinds,
    /// Options handed on to cargo: `--offline`, `--config …`.
    pub cargo_options: Vec<String>,
    /// Whether file names stay relative to the workspace root even when that lies below the working directory.
    pub names_from_root: bool,
}

/// Kinds of code that are skipped unless they are asked for, because order is usually the point there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kinds {
    /// Integration tests.
    pub tests: bool,
    /// Examples.
    pub examples: bool,
    /// Benchmarks.
    pub benches: bool,
    /// Build scripts.
    pub build_scripts: bool,
}

/// What was found, and what was not.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Everything that could be read.
    pub workspace: Workspace,
    /// Files that could not be read.
    pub problems: Vec<Problem>,
    /// How many of the unread files were selected.
    pub unread: usize,
    /// The packages that are reported on, as indices into the workspace's packages.
    pub selected_packages: Vec<usize>,
    /// Whether tests are among what was asked for, by name or by path.
    pub asks_for_tests: bool,
    /// What an attentive user may want to know.
    pub remarks: Vec<String>,
}

/// Why there is nothing to look at: the selection is wrong or the environment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong; may have several lines.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// Finds and reads the files of a selection.
///
/// # Errors
///
/// A path or package does not exist, cargo cannot say what the workspace is, or a manifest has a table for this tool that
/// cannot be understood.
pub fn discover(selection: &Selection, directory: &Path) -> Result<Discovery, Failure> {
    let mut remarks = Vec::new();
    let manifests = load_manifests(selection, directory, &mut remarks)?;
    let tables = tables::tables(&manifests)?;
    let loose_table = if manifests.is_empty() { tables::nearest_file(directory)? } else { None };
    let claims = claims::claims(&tables)?;
    let members = manifests.iter().map(|manifest| manifest.members.len()).sum();
    let settings = settings::settings(&tables, members)?;
    let loose_settings = settings::merged(loose_table.iter())?;
    let exclusions = settings::exclusions(tables.iter().chain(&loose_table))?;
    let mut found = Found::new(&manifests, selection)?;
    for path in &selection.paths {
        found.select_path(&absolute(directory, path), selection.kinds);
    }
    if let Some(only) = &selection.only {
        found.limit(only);
    }
    let excluded = found.exclude(&exclusions);
    if excluded > 0 {
        remarks.push(format!("left out because of `exclude`: {excluded} files"));
    }
    let root = names_root(&manifests, selection, directory);
    let selected_packages = found.selected_packages();
    let candidates = found.wanted(selection.kinds);
    let asks_for_tests = selection.kinds.tests || candidates.iter().any(Candidate::is_selected_test);
    let (files, problems, unread) = read::read(candidates, &root);
    let roots = roots(&manifests);
    let packages = manifests.into_iter().flat_map(|manifest| manifest.members).map(|member| member.package).collect();
    Ok(Discovery {
        workspace: Workspace { root, packages, roots, files, claims, settings, loose_settings },
        problems,
        unread,
        selected_packages,
        asks_for_tests,
        remarks,
    })
}

impl Workspace {
    /// What holds for a file.
    pub fn settings_of(&self, file: &SourceFile) -> &Settings {
        file.package.and_then(|package| self.settings.get(package)).unwrap_or(&self.loose_settings)
    }
}

impl Package {
    /// The target a file of the package most likely belongs to: its own, or the one whose root lies nearest above it.
    pub fn target_of(&self, path: &Path) -> Option<&Target> {
        let is_root = |target: &&Target| target.src_path == path;
        let depth = |target: &&Target| {
            let folder = target.src_path.parent().filter(|folder| path.starts_with(folder));
            let is_library = target.kinds.iter().any(|kind| kind.ends_with("lib"));
            folder.map(|folder| (folder.components().count(), is_library))
        };
        let nearest = || self.targets.iter().filter(|target| depth(target).is_some()).max_by_key(depth);
        self.targets.iter().find(is_root).or_else(nearest).or_else(|| self.targets.first())
    }
}

/// The manifest of the working directory, or one for every workspace that a path lies in.
fn load_manifests(
    selection: &Selection,
    directory: &Path,
    remarks: &mut Vec<String>,
) -> Result<Vec<Manifest>, Failure> {
    let is_about_packages = selection.paths.is_empty() || !selection.packages.is_empty();
    let mut manifests: Vec<Manifest> = Vec::new();
    for start in starts(selection, directory)? {
        let path = match &selection.manifest_path {
            Some(path) => Some(absolute(directory, path)),
            None => manifest::nearest(&start),
        };
        let loaded = match path {
            Some(path) if manifests.iter().any(|manifest| manifest.covers(&path)) => continue,
            Some(path) => manifest::load(&path, directory, &selection.cargo_options),
            None if is_about_packages => Err(no_manifest(&start)),
            None => continue,
        };
        match loaded {
            Ok(manifest) => manifests.push(manifest),
            Err(failure) if is_about_packages => return Err(failure),
            Err(failure) => {
                remarks.push(format!("{}; reading {} without it", failure.message, start.display()));
            }
        }
    }
    Ok(manifests)
}

/// Where to look for manifests from; every given path must exist.
fn starts(selection: &Selection, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    if selection.paths.is_empty() {
        return Ok(vec![directory.to_path_buf()]);
    }
    let mut starts = Vec::new();
    for path in &selection.paths {
        let whole = absolute(directory, path);
        whole.metadata().map_err(|error| no_path(path, &error))?;
        starts.push(whole);
    }
    Ok(starts)
}

/// The workspace root, as cargo does it; but the working directory where that holds several workspaces or none, and
/// where people start above the workspace and want names they can click on.
fn names_root(manifests: &[Manifest], selection: &Selection, directory: &Path) -> PathBuf {
    match manifests {
        [manifest] if selection.names_from_root || !manifest.root.starts_with(directory) => manifest.root.clone(),
        _ => directory.to_path_buf(),
    }
}

fn roots(manifests: &[Manifest]) -> Vec<Root> {
    let mut first = 0;
    let mut root = |manifest: &Manifest| {
        let packages = first..first + manifest.members.len();
        first = packages.end;
        Root { folder: manifest.root.clone(), target_directory: manifest.target_directory.clone(), packages }
    };
    manifests.iter().map(&mut root).collect()
}

/// The path from the root, without `.` and `..`. Links are not resolved, so that names stay as people wrote them.
pub(crate) fn absolute(directory: &Path, path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for component in directory.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    whole
}

fn no_path(path: &Path, error: &std::io::Error) -> Failure {
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => format!("no such file or folder: `{}`", path.display()),
        _ => format!("cannot look at `{}`: {error}", path.display()),
    };
    Failure { message, help: "name Rust files or folders that hold them".to_owned() }
}

fn no_manifest(directory: &Path) -> Failure {
    Failure {
        message: format!("no Cargo.toml in `{}` or any folder above it", directory.display()),
        help: "run it inside a package, give `--manifest-path`, or name files or folders: `cargo conjoin src`"
            .to_owned(),
    }
}
