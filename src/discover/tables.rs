//! Where people write what this tool should do: two tables of manifests, and a file.
//!
//! In: manifests, and a folder to look for `conjoin.toml` in. Out: [`Table`]s, or a [`Failure`] that names the file, the key
//! and what to write.
//!
//! Invariant: tables come in the order in which the later one wins: `conjoin.toml`, `[workspace.metadata.conjoin]`,
//! `[package.metadata.conjoin]`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Failure;
use super::manifest::Manifest;
use super::spec::{near_names, quoted};
use crate::source::read_text;

/// The keys of a table, and how each is written.
const KEYS: [(&str, &str); 11] = [
    ("reads", PATHS),
    ("writes", PATHS),
    ("fences", PATHS),
    ("lints", "a table of levels, `{ sequential_await = \"deny\" }`; levels are `allow`, `warn`, `deny`"),
    ("confidence", "`\"proven\"`, `\"likely\"` or `\"possible\"`"),
    ("provider", "the name of a crate, `\"tokio\"`"),
    ("loop-limit", "a number from 1, `16`"),
    ("exclude", "a list of files and folders, `[\"src/generated\"]`"),
    ("baseline", "the path of a file, `\"conjoin-baseline.tsv\"`"),
    ("report-unused-suppressions", "`true` or `false`"),
    ("require-reasons", "`true` or `false`"),
];

const PATHS: &str = "a list of paths, `[\"shop::db::*\"]`";

/// The name of the file.
pub(super) const FILE: &str = "conjoin.toml";

/// A table, and where it stands.
pub(super) struct Table {
    keys: Map<String, Value>,
    /// `[package.metadata.conjoin]`, or [`FILE`].
    pub(super) name: &'static str,
    pub(super) file: PathBuf,
    /// The packages whose code it is about, counted through all manifests.
    pub(super) packages: Range<usize>,
}

/// The tables of all manifests. Packages are counted through them in order.
pub(super) fn tables(manifests: &[Manifest]) -> Result<Vec<Table>, Failure> {
    let mut tables = Vec::new();
    let mut first = 0;
    for manifest in manifests {
        let all = first..first + manifest.members.len();
        tables.extend(file(&manifest.root, all.clone())?);
        let root = manifest.root.join("Cargo.toml");
        tables.extend(table(&manifest.metadata, "[workspace.metadata.conjoin]", root, all.clone())?);
        for (number, member) in all.clone().zip(&manifest.members) {
            let path = member.package.manifest_path.clone();
            tables.extend(table(&member.metadata, "[package.metadata.conjoin]", path, number..number + 1)?);
        }
        first = all.end;
    }
    Ok(tables)
}

/// The file in a folder or the nearest one above it, for code of no package.
pub(super) fn nearest_file(folder: &Path) -> Result<Option<Table>, Failure> {
    let folder = folder.ancestors().find(|folder| folder.join(FILE).is_file());
    folder.map_or(Ok(None), |folder| file(folder, 0..0))
}

fn file(folder: &Path, packages: Range<usize>) -> Result<Option<Table>, Failure> {
    let path = folder.join(FILE);
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.display());
            return Err(Failure { message, help: "make it a text file, or take it away".to_owned() });
        }
    };
    let keys: Map<String, Value> = toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let message = format!("`{}:{line}` is no TOML: {}", path.display(), error.message());
        Failure { message, help: "write `key = value`, one in a line".to_owned() }
    })?;
    checked(Table { keys, name: FILE, file: path, packages }).map(Some)
}

/// The table of this tool among those of others.
fn table(
    metadata: &Value,
    name: &'static str,
    file: PathBuf,
    packages: Range<usize>,
) -> Result<Option<Table>, Failure> {
    match metadata.get("conjoin") {
        None => Ok(None),
        Some(Value::Object(keys)) => checked(Table { keys: keys.clone(), name, file, packages }).map(Some),
        Some(_) => Err(Failure {
            message: format!("`conjoin` in `{}` is no table", file.display()),
            help: format!("write `{name}`, and below it a key for each thing you know"),
        }),
    }
}

fn checked(table: Table) -> Result<Table, Failure> {
    let names = || KEYS.iter().map(|(key, _)| *key);
    let Some(key) = table.keys.keys().find(|key| !names().any(|known| known == *key)) else { return Ok(table) };
    let near = near_names(key, names());
    let help = match near.is_empty() {
        true => format!("the keys are {}", quoted(&names().collect::<Vec<_>>())),
        false => format!("did you mean {}?", quoted(&near)),
    };
    Err(Failure { message: format!("`{key}` is no key of {}", table.place()), help })
}

impl Table {
    /// What stands behind a key.
    pub(super) fn value<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Failure> {
        let Some(value) = self.keys.get(key) else { return Ok(None) };
        T::deserialize(value).map(Some).map_err(|error| self.misread(key, &error.to_string()))
    }

    /// What is wrong about a value, and how it is written.
    pub(super) fn misread(&self, key: &str, what: &str) -> Failure {
        let how = KEYS.iter().find(|(known, _)| *known == key).map_or("", |(_, how)| how);
        self.wrong(key, what, &format!("behind `{key} =` stands {how}"))
    }

    /// What is wrong about a key, and what to write.
    pub(super) fn wrong(&self, key: &str, what: &str, help: &str) -> Failure {
        Failure { message: format!("`{key}` of {}: {what}", self.place()), help: help.to_owned() }
    }

    /// Its keys and what stands behind them, sorted.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.keys.iter()
    }

    /// The folder that its paths count from.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// "`[package.metadata.conjoin]` in `/ws/Cargo.toml`".
    pub(super) fn place(&self) -> String {
        let file = format!("`{}`", self.file.display());
        if self.name == FILE { file } else { format!("`{}` in {file}", self.name) }
    }
}
