//! What people say of calls in their manifests.
//!
//! In: the tables `[workspace.metadata.conjoin]` and `[package.metadata.conjoin]`. Out: [`Claim`]s, or a [`Failure`] that
//! names the manifest, the key and what to write.
//!
//! A workspace's table is about the code of all its packages, a package's table about its own.

use std::ops::Range;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::manifest::Manifest;
use super::spec::{near_names, quoted};
use super::{Failure, Package};
use crate::knowledge::{ClaimKind, Pattern};

/// What somebody says of the calls whose paths fit a pattern.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What they do.
    pub kind: ClaimKind,
    /// Which calls.
    pub pattern: Pattern,
    /// Where it is said.
    pub manifest: PathBuf,
    /// In which table of it, `[package.metadata.conjoin]`.
    pub table: &'static str,
    /// The packages whose code it is about, as indices into the workspace's packages.
    pub packages: Range<usize>,
}

/// The keys of a table, and how each is written.
const KEYS: [(&str, &str); 3] = [("reads", PATHS), ("writes", PATHS), ("fences", PATHS)];

const PATHS: &str = "a list of paths, `[\"shop::db::*\"]`";

/// What a table says.
#[derive(Debug)]
struct Settings {
    reads: Vec<String>,
    writes: Vec<String>,
    fences: Vec<String>,
}

/// A table, and where it stands.
struct Table<'m> {
    keys: &'m Map<String, Value>,
    name: &'static str,
    manifest: PathBuf,
    packages: Range<usize>,
}

/// The claims of all manifests; packages are counted through them in order.
pub(super) fn claims(manifests: &[Manifest]) -> Result<Vec<Claim>, Failure> {
    let mut claims = Vec::new();
    let mut first = 0;
    for manifest in manifests {
        let all = first..first + manifest.members.len();
        let root = manifest.root.join("Cargo.toml");
        let mut tables = vec![table(&manifest.metadata, "[workspace.metadata.conjoin]", root, all.clone())?];
        for (number, member) in all.clone().zip(&manifest.members) {
            let Package { manifest_path, .. } = &member.package;
            let own = number..number + 1;
            tables.push(table(&member.metadata, "[package.metadata.conjoin]", manifest_path.clone(), own)?);
        }
        for table in tables.iter().flatten() {
            claims.extend(claims_of(table)?);
        }
        first = all.end;
    }
    Ok(claims)
}

/// The table of this tool among those of others.
fn table<'m>(
    metadata: &'m Value,
    name: &'static str,
    manifest: PathBuf,
    packages: Range<usize>,
) -> Result<Option<Table<'m>>, Failure> {
    match metadata.get("conjoin") {
        None => Ok(None),
        Some(Value::Object(keys)) => Ok(Some(Table { keys, name, manifest, packages })),
        Some(_) => Err(Failure {
            message: format!("`conjoin` in `{}` is no table", manifest.display()),
            help: format!("write `{name}`, and below it a key for each thing you know"),
        }),
    }
}

fn claims_of(table: &Table<'_>) -> Result<Vec<Claim>, Failure> {
    let Settings { reads, writes, fences } = settings(table)?;
    let lists = [
        ("reads", ClaimKind::Reads, reads),
        ("writes", ClaimKind::Writes, writes),
        ("fences", ClaimKind::Fence, fences),
    ];
    let mut claims = Vec::new();
    for (key, kind, paths) in lists {
        for path in paths {
            let (manifest, packages) = (table.manifest.clone(), table.packages.clone());
            claims.push(Claim { kind, pattern: pattern(table, key, &path)?, manifest, table: table.name, packages });
        }
    }
    Ok(claims)
}

fn settings(table: &Table<'_>) -> Result<Settings, Failure> {
    let names = || KEYS.iter().map(|(key, _)| *key);
    if let Some(key) = table.keys.keys().find(|key| !names().any(|known| known == *key)) {
        let near = near_names(key, names());
        let help = match near.is_empty() {
            true => format!("the keys are {}", quoted(&names().collect::<Vec<_>>())),
            false => format!("did you mean {}?", quoted(&near)),
        };
        let message = format!("`{key}` is no key of `{}` in `{}`", table.name, table.manifest.display());
        return Err(Failure { message, help });
    }
    Ok(Settings { reads: value(table, "reads")?, writes: value(table, "writes")?, fences: value(table, "fences")? })
}

/// What stands behind a key; its default where nothing does.
fn value<T: DeserializeOwned + Default>(table: &Table<'_>, key: &str) -> Result<T, Failure> {
    let Some(value) = table.keys.get(key) else { return Ok(T::default()) };
    T::deserialize(value).map_err(|error| {
        let how = KEYS.iter().find(|(known, _)| *known == key).map_or("", |(_, how)| how);
        wrong(table, key, &error.to_string(), &format!("behind `{key} =` stands {how}"))
    })
}

fn pattern(table: &Table<'_>, key: &str, path: &str) -> Result<Pattern, Failure> {
    let pattern =
        Pattern::parse(path).map_err(|error| wrong(table, key, &error, "write paths such as `shop::Store::get_*`"))?;
    match path.split("::").map(str::trim).collect::<Vec<_>>()[..] {
        [only] => {
            let help = format!("write `shop::{only}` for one of the crate `shop`, `*::{only}` for one of any crate");
            Err(wrong(table, key, &format!("`{path}` names no crate"), &help))
        }
        ["crate" | "self" | "super", ..] => Err(wrong(
            table,
            key,
            &format!("`{path}` begins nowhere"),
            "begin it with the name of a crate, or with `*`",
        )),
        _ => Ok(pattern),
    }
}

fn wrong(table: &Table<'_>, key: &str, what: &str, help: &str) -> Failure {
    let message = format!("`{key}` of `{}` in `{}`: {what}", table.name, table.manifest.display());
    Failure { message, help: help.to_owned() }
}
