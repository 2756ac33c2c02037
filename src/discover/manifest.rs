//! Cargo's manifests: which packages there are.
//!
//! In: the path of a Cargo.toml. Out: [`Manifest`], as `cargo metadata --no-deps` tells it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use serde_json::Value;

use super::{Dependency, Failure, Package, Target, toolchain};

/// A workspace, or a package that is one by itself.
pub(super) struct Manifest {
    pub(super) root: PathBuf,
    pub(super) target_directory: PathBuf,
    pub(super) members: Vec<Member>,
    /// `[workspace.metadata]`.
    pub(super) metadata: Value,
}

/// A package of a workspace, and what selecting it needs to know.
pub(super) struct Member {
    pub(super) package: Package,
    pub(super) version: String,
    /// Whether cargo takes it when nothing is said.
    pub(super) is_default: bool,
    /// `[package.metadata]`.
    pub(super) metadata: Value,
}

impl Manifest {
    /// Whether the manifest at `path` has been loaded with this one.
    pub(super) fn covers(&self, path: &Path) -> bool {
        path == self.root.join("Cargo.toml") || self.members.iter().any(|member| member.package.manifest_path == path)
    }
}

/// The Cargo.toml in `start` or the nearest folder above it.
pub(super) fn nearest(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join("Cargo.toml")).find(|manifest| manifest.is_file())
}

/// Asks cargo for the workspace of a manifest.
///
/// Cargo's logging is switched off: rust-analyzer sets it for its own runs, and it would drown what cargo has to say.
pub(super) fn load(path: &Path, directory: &Path, options: &[String]) -> Result<Manifest, Failure> {
    if !path.is_file() {
        let message = format!("no such manifest: `{}`", path.display());
        return Err(Failure { message, help: "give the path of a Cargo.toml".to_owned() });
    }
    let ask = |directory: &Path, unstable: bool| {
        let mut command = MetadataCommand::new();
        command.manifest_path(path).current_dir(directory).no_deps().other_options(options);
        command.env_remove("CARGO_LOG").env_remove("RUST_BACKTRACE").env("CARGO_TERM_COLOR", "never");
        // A toolchain that is not there is not fetched for this.
        command.env("RUSTUP_AUTO_INSTALL", "0");
        if unstable {
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        command.exec()
    };
    // A manifest means the same to any cargo: the toolchain that this folder is bound to need not be there, and what only
    // a nightly one builds can be read by any.
    let directory = &toolchain::folder_for_cargo(directory);
    let answer = match ask(directory, false) {
        Err(error) if says(&error, &["toolchain", "is not installed"]) => {
            ask(&toolchain::neutral(), true).map_err(|_| error)
        }
        Err(error) if says(&error, &["nightly"]) => ask(directory, true).map_err(|_| error),
        answer => answer,
    };
    answer.map(|metadata| manifest(&metadata)).map_err(|error| failure(path, &error))
}

fn says(error: &cargo_metadata::Error, words: &[&str]) -> bool {
    let cargo_metadata::Error::CargoMetadata { stderr } = error else { return false };
    words.iter().all(|word| stderr.contains(word))
}

fn manifest(metadata: &Metadata) -> Manifest {
    let defaults = &metadata.workspace_default_members;
    let is_default = |id: &cargo_metadata::PackageId| !defaults.is_available() || defaults.contains(id);
    let mut members: Vec<Member> = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Member {
            package: convert(package),
            version: package.version.to_string(),
            is_default: is_default(&package.id),
            metadata: package.metadata.clone(),
        })
        .collect();
    members.sort_by(|one, other| one.package.id.cmp(&other.package.id));
    Manifest {
        root: metadata.workspace_root.clone().into(),
        target_directory: metadata.target_directory.clone().into(),
        members,
        metadata: metadata.workspace_metadata.clone(),
    }
}

fn convert(package: &cargo_metadata::Package) -> Package {
    Package {
        name: package.name.to_string(),
        id: package.id.repr.clone(),
        manifest_path: package.manifest_path.clone().into(),
        edition: package.edition.as_str().parse().unwrap_or(2015),
        targets: package.targets.iter().map(target).collect(),
        dependencies: dependencies(package),
    }
}

fn target(target: &cargo_metadata::Target) -> Target {
    Target {
        kinds: target.kind.iter().map(ToString::to_string).collect(),
        name: target.name.clone(),
        src_path: target.src_path.clone().into(),
    }
}

/// What a package depends on. Where it does so in other ways on other platforms, only what all of them ask for counts.
fn dependencies(package: &cargo_metadata::Package) -> Vec<Dependency> {
    let by_default = on_by_default(package);
    let mut found: Vec<Dependency> = Vec::new();
    for dependency in package.dependencies.iter().map(|declared| dependency(declared, &by_default)) {
        let same = |known: &&mut Dependency| known.name == dependency.name && known.kind == dependency.kind;
        match found.iter_mut().find(same) {
            Some(known) => {
                known.features.retain(|feature| dependency.features.contains(feature));
                known.default_features &= dependency.default_features;
                known.is_conditional &= dependency.is_conditional;
            }
            None => found.push(dependency),
        }
    }
    found
}

/// What the default features of a package switch on: further features and optional dependencies, by their names.
fn on_by_default(package: &cargo_metadata::Package) -> HashSet<&str> {
    let mut found = HashSet::from(["default"]);
    let mut open = vec!["default"];
    while let Some(name) = open.pop() {
        for value in package.features.get(name).into_iter().flatten() {
            // `dep:name`, `name/feature`; `name?/feature` switches nothing on.
            let value = value.strip_prefix("dep:").unwrap_or(value);
            let value = value.split('/').next().filter(|value| !value.ends_with('?'));
            open.extend(value.filter(|value| found.insert(*value)));
        }
    }
    found
}

fn dependency(dependency: &cargo_metadata::Dependency, by_default: &HashSet<&str>) -> Dependency {
    let own = dependency.rename.as_ref().unwrap_or(&dependency.name);
    let kind = match dependency.kind {
        DependencyKind::Development => "dev",
        DependencyKind::Build => "build",
        _ => "normal",
    };
    Dependency {
        name: own.replace('-', "_"),
        package: dependency.name.clone(),
        features: dependency.features.clone(),
        default_features: dependency.uses_default_features,
        kind: kind.to_owned(),
        is_conditional: dependency.target.is_some() || (dependency.optional && !by_default.contains(own.as_str())),
    }
}

fn failure(path: &Path, error: &cargo_metadata::Error) -> Failure {
    match error {
        cargo_metadata::Error::Io(error) => Failure {
            message: format!("cannot run cargo: {error}"),
            help: "put cargo on PATH, or name files or folders, which need none: `cargo-conjoin src`".to_owned(),
        },
        cargo_metadata::Error::CargoMetadata { stderr } => Failure {
            message: format!("cargo cannot read `{}`\n{}", path.display(), stderr.trim_end()),
            help: "`cargo metadata --no-deps` says the same; correct what it complains of first".to_owned(),
        },
        other => Failure {
            message: format!("cannot understand what cargo says about `{}`: {other}", path.display()),
            help: "use a cargo of version 1.71 or newer".to_owned(),
        },
    }
}
