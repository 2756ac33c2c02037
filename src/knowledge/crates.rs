//! Facts about foreign crates.
//!
//! In: the files of `knowledge/`, one for each crate. Out: the fact about an absolute path.
//!
//! Invariant: a file is read once, when somebody first asks about its crate.
//! Invariant: of several patterns that fit, the one with the most literal text wins.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use smol_str::SmolStr;

use super::pattern::Pattern;
use super::{Fact, Kind, read_toml};

/// The fact about an absolute path: a function's, a method's behind that of its type, or a type's that is awaited.
pub fn fact(path: &[SmolStr]) -> Option<&'static Fact> {
    let table = table_of(path)?;
    spellings(path).into_iter().find_map(|path| table.calls.find(&path)).map(|at| &table.facts[at])
}

/// What kind of thing a foreign type is, by its absolute path.
pub fn kind(path: &[SmolStr]) -> Option<Kind> {
    let table = table_of(path)?;
    spellings(path).into_iter().find_map(|path| table.kinds.find(&path)).map(|at| table.kind_of[at])
}

/// The facts of a crate about a method, each with the type or trait that has it.
pub fn trait_facts<'a>(krate: &str, method: &'a str) -> impl Iterator<Item = (&'static str, &'static Fact)> + use<'a> {
    let table = file_of(krate).map(table);
    let named = table.and_then(|table| table.by_method.get(method)).map_or(&[][..], Vec::as_slice);
    let named = named.iter().map(|(owner, at)| (owner, *at));
    let like = table.map_or(&[][..], |table| &table.like);
    let like = like.iter().filter(move |(_, pattern, _)| pattern.fits(&[method]));
    let all = named.chain(like.map(|(owner, _, at)| (owner, *at)));
    all.filter_map(move |(owner, at)| Some((owner.as_str(), &table?.facts[at])))
}

/// Whether a type of a crate is a trait, whose methods an import brings in.
pub fn is_trait(krate: &str, name: &str) -> bool {
    file_of(krate).is_some_and(|file| table(file).traits.contains(name))
}

/// Whether facts are known of a crate.
pub fn knows(krate: &str) -> bool {
    file_of(krate).is_some()
}

/// Whether some fact is about a function or method of that name.
pub fn has_facts(name: &str) -> bool {
    METHODS.contains(name)
}

/// The crates of which facts are known.
pub fn crates() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../knowledge/", $name, ".toml")))),*]
    };
}

/// The crates of which facts are known, with the text of their files. `*` stands for the end of a name.
static FILES: &[(&str, &str)] = files!(
    "actix_web"
    "alloy"
    "anyhow"
    "arc_swap"
    "async_channel"
    "async_executor"
    "async_fs"
    "async_io"
    "async_lock"
    "async_nats"
    "async_net"
    "async_process"
    "async_std"
    "aws_config"
    "aws_sdk"
    "axum"
    "axum_extra"
    "azure"
    "backoff"
    "backon"
    "bb8"
    "blocking"
    "bollard"
    "bytes"
    "cached"
    "cassandra_cpp"
    "cdrs_tokio"
    "chrono"
    "clickhouse"
    "conjoin"
    "crossbeam"
    "crossbeam_channel"
    "dashmap"
    "deadpool"
    "deadpool_postgres"
    "deadpool_redis"
    "diesel"
    "diesel_async"
    "elasticsearch"
    "ethers"
    "eyre"
    "fastrand"
    "firestore"
    "flume"
    "fred"
    "fs_err"
    "futures"
    "futures_channel"
    "futures_lite"
    "futures_util"
    "google_cloud"
    "governor"
    "hf_hub"
    "http"
    "http_body_util"
    "hyper"
    "hyper_util"
    "iceberg"
    "jsonrpsee"
    "k8s_openapi"
    "kube"
    "lapin"
    "lettre"
    "libsql"
    "log"
    "meilisearch_sdk"
    "metrics"
    "mini_moka"
    "mobc"
    "moka"
    "mongodb"
    "object_store"
    "octocrab"
    "once_cell"
    "opendal"
    "opentelemetry"
    "parking_lot"
    "parquet"
    "prometheus"
    "prometheus_client"
    "qdrant_client"
    "quick_cache"
    "r2d2"
    "rand"
    "rdkafka"
    "redis"
    "reqwest"
    "reqwest_middleware"
    "rocksdb"
    "rusqlite"
    "s3"
    "scylla"
    "sea_orm"
    "sea_orm_migration"
    "sendgrid"
    "serde_json"
    "serenity"
    "sled"
    "smol"
    "solana_client"
    "solana_rpc_client"
    "sqlx"
    "std"
    "stripe"
    "surrealdb"
    "tantivy"
    "teloxide"
    "time"
    "tokio"
    "tokio_postgres"
    "tokio_retry"
    "tokio_retry2"
    "tokio_rusqlite"
    "tokio_stream"
    "tokio_util"
    "tonic"
    "tower"
    "tower_sessions"
    "tracing"
    "twilight_http"
    "url"
    "uuid"
);

/// Crates that are parts or other names of one that has a file.
const PARTS: [(&str, &str); 10] = [
    ("alloc", "std"),
    ("alloy_contract", "alloy"),
    ("alloy_provider", "alloy"),
    ("aws_smithy_types", "aws_sdk"),
    ("core", "std"),
    ("ethers_providers", "ethers"),
    ("futures_core", "futures_util"),
    ("futures_sink", "futures_util"),
    ("gcloud_storage", "google_cloud"),
    ("teloxide_core", "teloxide"),
];

/// Crates of which there are many, named alike, with one file for all.
const FAMILIES: [&str; 3] = ["aws_sdk", "azure", "google_cloud"];

static TABLES: LazyLock<Vec<OnceLock<Table>>> = LazyLock::new(|| FILES.iter().map(|_| OnceLock::new()).collect());

/// Every last name of a path in the files, found without reading them.
static METHODS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let names = FILES.iter().flat_map(|(_, text)| text.split('"')).filter(|text| text.contains("::"));
    names.filter_map(|path| path.rsplit("::").next()).collect()
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CrateFile {
    #[serde(rename = "crate")]
    #[cfg_attr(not(test), expect(dead_code, reason = "says which crate it is, for people and a test"))]
    name: String,
    #[expect(dead_code, reason = "says what the claims were checked against, for people")]
    version: String,
    #[serde(default, rename = "type")]
    types: Vec<TypeFact>,
    #[serde(default)]
    call: Vec<Fact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeFact {
    path: Vec<String>,
    is: Kind,
    #[expect(dead_code, reason = "says where the claim comes from, for people")]
    source: String,
}

/// A file, read.
struct Table {
    facts: Vec<Fact>,
    calls: Paths,
    kind_of: Vec<Kind>,
    kinds: Paths,
    /// The types and traits that have a method, with the fact.
    by_method: HashMap<String, Vec<(String, usize)>>,
    /// The traits, by their bare names.
    traits: HashSet<String>,
    /// The types and traits of which one fact is about several methods, with the pattern of their names.
    like: Vec<(String, Pattern, usize)>,
}

/// Patterns with what they lead to.
#[derive(Default)]
struct Paths {
    exact: HashMap<String, usize>,
    /// Those with a `*`, the one that says most first.
    globs: Vec<(Pattern, usize)>,
}

impl Paths {
    fn insert(&mut self, path: &str, at: usize) {
        match Pattern::parse(path) {
            Ok(pattern) if pattern.is_exact() => {
                self.exact.entry(path.to_owned()).or_insert(at);
            }
            Ok(pattern) => self.globs.push((pattern, at)),
            // A test reads every path.
            Err(_) => {}
        }
    }

    fn find(&self, path: &[SmolStr]) -> Option<usize> {
        let exact = self.exact.get(path.join("::").as_str()).copied();
        exact.or_else(|| self.globs.iter().find(|(pattern, _)| pattern.fits(path)).map(|(_, at)| *at))
    }

    fn sort(&mut self) {
        self.globs.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.weight()));
    }
}

fn table_of(path: &[SmolStr]) -> Option<&'static Table> {
    // What needs no path is of the standard library.
    let krate = if path.len() > 1 && path[0].starts_with(char::is_lowercase) { path[0].as_str() } else { "std" };
    file_of(krate).map(table)
}

/// The file about a crate.
fn file_of(krate: &str) -> Option<usize> {
    static BY_NAME: LazyLock<HashMap<&'static str, usize>> =
        LazyLock::new(|| FILES.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect());
    let part = PARTS.iter().find(|(part, _)| *part == krate).map_or(krate, |(_, whole)| *whole);
    let family = || FAMILIES.iter().find(|name| krate.strip_prefix(**name).is_some_and(|rest| rest.starts_with('_')));
    BY_NAME.get(part).or_else(|| BY_NAME.get(family()?)).copied()
}

fn table(file: usize) -> &'static Table {
    TABLES[file].get_or_init(|| read(FILES[file].1))
}

fn read(text: &str) -> Table {
    let file: CrateFile = read_toml(text);
    let mut table = Table {
        facts: file.call,
        calls: Paths::default(),
        kind_of: file.types.iter().map(|fact| fact.is).collect(),
        kinds: Paths::default(),
        by_method: HashMap::new(),
        traits: HashSet::new(),
        like: Vec::new(),
    };
    for (at, fact) in table.facts.iter().enumerate() {
        for path in &fact.path {
            table.calls.insert(path, at);
            let names: Vec<&str> = path.rsplit("::").collect();
            let [method, owner, ..] = names.as_slice() else { continue };
            match Pattern::parse(method) {
                // One fact for all methods says nothing of a method that is found by its name.
                Ok(_) if *method == "*" => {}
                Ok(pattern) if !pattern.is_exact() => table.like.push(((*owner).to_owned(), pattern, at)),
                _ => table.by_method.entry((*method).to_owned()).or_default().push(((*owner).to_owned(), at)),
            }
        }
    }
    for (at, fact) in file.types.iter().enumerate() {
        for path in &fact.path {
            match fact.is {
                Kind::Trait => table.traits.extend(path.rsplit("::").next().map(str::to_owned)),
                _ => table.kinds.insert(path, at),
            }
        }
    }
    table.calls.sort();
    table.kinds.sort();
    table
}

/// How a path may stand in a file: as it is, without the modules before the type, under the name of the whole crate.
fn spellings(path: &[SmolStr]) -> Vec<Vec<SmolStr>> {
    let mut all = vec![path.to_vec()];
    let of_type = path.iter().position(|name| name.starts_with(char::is_uppercase));
    match of_type {
        Some(at) if at > 1 => all.push(path[..1].iter().chain(&path[at..]).cloned().collect()),
        // Types of the prelude.
        Some(0) => all.push(std::iter::once(SmolStr::new("std")).chain(path.iter().cloned()).collect()),
        _ => {}
    }
    let whole = path.first().and_then(|first| PARTS.iter().find(|(part, _)| part == first));
    if let Some((_, whole)) = whole {
        let renamed: Vec<Vec<SmolStr>> = all
            .iter()
            .map(|path| std::iter::once(SmolStr::new(*whole)).chain(path[1..].iter().cloned()).collect())
            .collect();
        all.extend(renamed);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{FactEffect, Fence};

    fn path(text: &str) -> Vec<SmolStr> {
        text.split("::").map(SmolStr::new).collect()
    }

    #[test]
    fn every_file_is_read_and_says_where_its_claims_come_from() {
        for (name, text) in FILES {
            let file: CrateFile = read_toml(text);
            assert_eq!(file.name.trim_end_matches("_*"), *name);
            for fact in &file.call {
                assert!(fact.effect.is_some() != fact.fence.is_some(), "{:?}: either an effect or a fence", fact.path);
                assert!(!fact.source.is_empty(), "{:?} has no source", fact.path);
                assert!(
                    fact.otherwise.is_none() || fact.effect == Some(FactEffect::Begun),
                    "{:?}: only what was begun can be something else otherwise",
                    fact.path
                );
            }
            let paths =
                file.call.iter().flat_map(|fact| &fact.path).chain(file.types.iter().flat_map(|fact| &fact.path));
            for path in paths {
                Pattern::parse(path).unwrap();
            }
        }
    }

    #[test]
    fn the_pattern_that_says_most_wins() {
        let effect = |text| fact(&path(text)).and_then(|fact| fact.effect);
        assert_eq!(effect("tokio::fs::read"), Some(FactEffect::Read));
        assert_eq!(effect("tokio::fs::write"), Some(FactEffect::Write));
        assert_eq!(fact(&path("tokio::time::sleep")).and_then(|fact| fact.fence), Some(Fence::Time));
        assert_eq!(fact(&path("tokio::nothing")), None);
    }

    #[test]
    fn parts_of_a_crate_and_its_modules_are_one() {
        assert!(fact(&path("core::future::ready")).is_some());
        assert!(fact(&path("futures_util::future::join_all")).is_some());
        assert!(fact(&path("drop")).is_some());
    }
}
