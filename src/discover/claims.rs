//! What people say of calls in their manifests.
//!
//! In: [`Table`]s. Out: [`Claim`]s, or a [`Failure`] that names the file, the key and what to write.
//!
//! A workspace's table is about the code of all its packages, a package's table about its own.

use std::ops::Range;
use std::path::PathBuf;

use super::Failure;
use super::tables::Table;
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

/// The claims of all tables.
pub(super) fn claims(tables: &[Table]) -> Result<Vec<Claim>, Failure> {
    let mut claims = Vec::new();
    for table in tables {
        claims.extend(claims_of(table)?);
    }
    Ok(claims)
}

fn claims_of(table: &Table) -> Result<Vec<Claim>, Failure> {
    let lists = [("reads", ClaimKind::Reads), ("writes", ClaimKind::Writes), ("fences", ClaimKind::Fence)];
    let mut claims = Vec::new();
    for (key, kind) in lists {
        for path in table.value::<Vec<String>>(key)?.unwrap_or_default() {
            let (manifest, packages) = (table.file.clone(), table.packages.clone());
            claims.push(Claim { kind, pattern: pattern(table, key, &path)?, manifest, table: table.name, packages });
        }
    }
    Ok(claims)
}

fn pattern(table: &Table, key: &str, path: &str) -> Result<Pattern, Failure> {
    let pattern =
        Pattern::parse(path).map_err(|error| table.wrong(key, &error, "write paths such as `shop::Store::get_*`"))?;
    match path.split("::").map(str::trim).collect::<Vec<_>>()[..] {
        [only] => {
            let help = format!("write `shop::{only}` for one of the crate `shop`, `*::{only}` for one of any crate");
            Err(table.wrong(key, &format!("`{path}` names no crate"), &help))
        }
        ["crate" | "self" | "super", ..] => {
            Err(table.wrong(key, &format!("`{path}` begins nowhere"), "begin it with the name of a crate, or with `*`"))
        }
        _ => Ok(pattern),
    }
}
