//! Folders to candidates.
//!
//! In: a package, or a path. Out: the Rust files that belong to it, each with its kind and its module path.
//! Invariant: links found on the way are not followed, so no file is seen twice and none outside the tree. A target whose
//! path or link leads out of the workspace and of the repository around it belongs to somebody else.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::manifest::Manifest;
use super::{Kinds, Package, Target};

/// A file that may be read.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) package: Option<usize>,
    pub(super) kind: Kind,
    pub(super) module: Vec<String>,
    pub(super) is_selected: bool,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Source,
    Test,
    Example,
    Bench,
    BuildScript,
}

impl Candidate {
    pub(super) fn is_selected_test(&self) -> bool {
        self.is_selected && self.kind == Kind::Test
    }
}

impl Kind {
    pub(super) fn is_wanted(self, kinds: Kinds) -> bool {
        match self {
            Kind::Source => true,
            Kind::Test => kinds.tests,
            Kind::Example => kinds.examples,
            Kind::Bench => kinds.benches,
            Kind::BuildScript => kinds.build_scripts,
        }
    }

    fn of_target(target: &Target) -> Kind {
        match target.kinds.first().map_or("", String::as_str) {
            "test" => Kind::Test,
            "example" => Kind::Example,
            "bench" => Kind::Bench,
            "custom-build" => Kind::BuildScript,
            _ => Kind::Source,
        }
    }

    fn of_folder(name: &str) -> Option<Kind> {
        match name {
            "tests" => Some(Kind::Test),
            "examples" => Some(Kind::Example),
            "benches" => Some(Kind::Bench),
            _ => None,
        }
    }
}

/// The files of a package: the folders its targets live in, and its target roots wherever they are.
pub(super) fn package(package: &Package, index: usize, manifest: &Manifest) -> Vec<Candidate> {
    let home = package.manifest_path.parent().unwrap_or(Path::new(""));
    let own = Own::new(home, &manifest.root);
    let mut folders = crate_folders(package, home);
    folders.retain(|folder, _| own.holds(folder));
    let outermost =
        folders.keys().filter(|folder| !folder.ancestors().skip(1).any(|above| folders.contains_key(above)));
    let is_foreign = |entry: &DirEntry| {
        entry.path() == manifest.target_directory || entry.path().join("Cargo.toml").is_file() && entry.path() != home
    };
    let candidate =
        |path: PathBuf, kind, module| Candidate { path, package: Some(index), kind, module, is_selected: false };
    let mut candidates = Vec::new();
    for path in outermost.flat_map(|folder| rust_files(folder, &is_foreign)) {
        let Some((folder, kind)) = path.ancestors().skip(1).find_map(|above| folders.get_key_value(above)) else {
            continue;
        };
        let relative = path.strip_prefix(folder).unwrap_or(&path);
        let top = relative.components().next().and_then(|component| component.as_os_str().to_str());
        let by_name = top.filter(|_| folder == home).and_then(Kind::of_folder);
        let module = module_path(relative);
        let kind = by_name.unwrap_or(*kind);
        let helps_tests =
            kind == Kind::Source && (helps_tests(package, manifest) || module.iter().any(|name| is_for_tests(name)));
        candidates.push(candidate(path.clone(), if helps_tests { Kind::Test } else { kind }, module));
    }
    candidates.retain(|candidate| !package.targets.iter().any(|target| target.src_path == candidate.path));
    let roots = package.targets.iter().filter(|target| own.holds(&target.src_path));
    let kind = |target: &Target| match Kind::of_target(target) {
        Kind::Source if helps_tests(package, manifest) => Kind::Test,
        kind => kind,
    };
    candidates.extend(roots.map(|target| candidate(target.src_path.clone(), kind(target), Vec::new())));
    candidates
}

/// Whether a package serves tests: by its name, or by the folder it lies in.
fn helps_tests(package: &Package, manifest: &Manifest) -> bool {
    let below = package.manifest_path.strip_prefix(&manifest.root).ok().and_then(Path::parent);
    let in_tests = below.is_some_and(|folder| folder.iter().any(|name| name == "tests" || name == "test"));
    in_tests || is_for_tests(&package.name)
}

/// Modules and packages that serve tests without being tests: `tests.rs`, `user_test.rs`, `my-test-utils`, `tests-fuzz`.
/// A module that is only called `test` may be a command of that name.
fn is_for_tests(name: &str) -> bool {
    let name = name.replace('-', "_");
    let whole =
        ["tests", "testing", "test_util", "test_utils", "testutil", "testutils", "test_helpers", "test_fixtures"];
    whole.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
        || name.contains("_test_")
        || name.ends_with("_test")
        || name.starts_with("tests_")
        || name == "fuzz"
        || name == "e2e"
        || name.ends_with("_e2e")
}

/// A path that belongs to no target: a file, or a folder read as one tree, nested packages included.
pub(super) fn loose(path: &Path, kinds: Kinds) -> Vec<Candidate> {
    let candidate =
        |path: PathBuf, module| Candidate { path, package: None, kind: Kind::Source, module, is_selected: true };
    if !path.is_dir() {
        let module = path.iter().any(|folder| folder == "src").then(|| module_path(behind_src(path)));
        return vec![candidate(path.to_path_buf(), module.unwrap_or_default())];
    }
    let is_unwanted = |entry: &DirEntry| loose_kind(entry).is_some_and(|kind| !kind.is_wanted(kinds));
    rust_files(path, &is_unwanted)
        .map(|file| {
            let relative = file.strip_prefix(path).unwrap_or(&file);
            let module = module_path(behind_src(relative));
            candidate(file, module)
        })
        .filter(|candidate| kinds.tests || !candidate.module.iter().any(|name| is_for_tests(name)))
        .collect()
}

/// Each folder that a crate's modules lie in, and what for. Build scripts and tests in the package's own folder own
/// only their root file there.
fn crate_folders(package: &Package, home: &Path) -> BTreeMap<PathBuf, Kind> {
    let mut folders: BTreeMap<PathBuf, Kind> = BTreeMap::new();
    for target in &package.targets {
        let kind = Kind::of_target(target);
        let Some(folder) = target.src_path.parent().filter(|folder| *folder != home || kind == Kind::Source) else {
            continue;
        };
        let known = folders.entry(folder.to_path_buf()).or_insert(kind);
        *known = kind.min(*known);
    }
    let is_own_crate = |folder: &Path| {
        let has_root = |name| package.targets.iter().any(|target| target.src_path == folder.join(name));
        folder.ends_with("bin") || has_root("main.rs") || has_root("lib.rs")
    };
    let all = folders.clone();
    folders.retain(|folder, kind| {
        let surrounding = folder.ancestors().skip(1).find_map(|above| all.get(above));
        surrounding != Some(kind) || is_own_crate(folder)
    });
    folders
}

/// The folders that may hold code of a package: its own, that of its workspace, that of the repository around it.
struct Own(Vec<PathBuf>);

impl Own {
    fn new(home: &Path, root: &Path) -> Own {
        let repository = root.ancestors().find(|folder| folder.join(".git").exists());
        let folders = [Some(home), Some(root), repository].into_iter().flatten();
        Own(folders.filter_map(|folder| folder.canonicalize().ok()).collect())
    }

    /// Whether a path lies inside, links followed. One that is missing does, to be complained of.
    fn holds(&self, path: &Path) -> bool {
        let is_inside = |real: PathBuf| self.0.iter().any(|folder| real.starts_with(folder));
        path.canonicalize().map_or(true, is_inside)
    }
}

/// Tests, examples, benches and build scripts of packages that nobody told us about, by the usual names.
fn loose_kind(entry: &DirEntry) -> Option<Kind> {
    let name = entry.file_name().to_str()?;
    let beside = |name: &str| entry.path().parent().is_some_and(|folder| folder.join(name).exists());
    if entry.file_type().is_dir() {
        return Kind::of_folder(name).filter(|_| beside("Cargo.toml") || beside("src"));
    }
    (name == "build.rs" && beside("Cargo.toml")).then_some(Kind::BuildScript)
}

/// Every `.rs` file below a folder but in hidden folders, build output, and what `is_foreign` names.
fn rust_files<'a>(folder: &Path, is_foreign: &'a dyn Fn(&DirEntry) -> bool) -> impl Iterator<Item = PathBuf> + use<'a> {
    let enters = move |entry: &DirEntry| {
        entry.depth() == 0 || !(is_hidden(entry) || is_build_output(entry) || is_foreign(entry))
    };
    let is_rust = |entry: &DirEntry| {
        entry.file_type().is_file() && entry.path().extension().is_some_and(|extension| extension == "rs")
    };
    WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(enters)
        .filter_map(Result::ok)
        .filter(is_rust)
        .map(DirEntry::into_path)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// A module may be called `target` too, so the name alone is not enough.
fn is_build_output(entry: &DirEntry) -> bool {
    let is_marked = || entry.path().join("CACHEDIR.TAG").exists();
    let is_beside_manifest = || entry.path().parent().is_some_and(|folder| folder.join("Cargo.toml").exists());
    entry.file_type().is_dir() && entry.file_name() == "target" && (is_marked() || is_beside_manifest())
}

/// What stands behind the last `src`, and behind the folder of a binary in it.
fn behind_src(path: &Path) -> &Path {
    let Some(src) = path.ancestors().skip(1).find(|folder| folder.ends_with("src")) else {
        return path;
    };
    let inside = path.strip_prefix(src).unwrap_or(path);
    let Ok(binary) = inside.strip_prefix("bin") else {
        return inside;
    };
    match binary.components().count() {
        1 => Path::new("main.rs"),
        _ => binary.strip_prefix(binary.iter().next().unwrap_or_default()).unwrap_or(binary),
    }
}

/// `api/users.rs` and `api/users/mod.rs` are `["api", "users"]`; a crate's root is `[]`.
fn module_path(relative: &Path) -> Vec<String> {
    let stem = relative.with_extension("");
    let name = |component: Component<'_>| component.as_os_str().to_string_lossy().into_owned();
    let mut module: Vec<String> = stem.components().map(name).collect();
    let is_root = module.len() == 1 && matches!(module[0].as_str(), "main" | "lib");
    if is_root || module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}
