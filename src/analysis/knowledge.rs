//! Facts about foreign crates, and what names alone say.
//!
//! In: the files of `knowledge/`, compiled in. Out: [`fact`] for an absolute path, [`Names`] for a bare name.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::ir::Name;

/// The crates of which facts are known, with the text of their files.
const CRATES: [(&str, &str); 3] = [
    ("futures", include_str!("../../knowledge/futures.toml")),
    ("std", include_str!("../../knowledge/std.toml")),
    ("tokio", include_str!("../../knowledge/tokio.toml")),
];

/// What is known of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    path: Vec<String>,
    /// What it does.
    pub effect: Option<Deed>,
    /// To what, for people.
    pub of: Option<String>,
    /// Why nothing may cross it.
    pub fence: Option<Fence>,
    /// `false` when it completes at once.
    pub suspends: Option<bool>,
    /// Whether it waits for this machine's files only.
    #[serde(default)]
    pub is_local: bool,
    /// Whether it runs the futures it is given.
    #[serde(default)]
    pub runs_arguments: bool,
    /// Where the claim comes from.
    pub source: String,
}

/// What a call does beyond its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// Nothing.
    Pure,
    /// It reads what others may write.
    Read,
    /// It may do anything.
    Unknown,
    /// It changes what others may read.
    Write,
}

/// Why nothing may cross a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fence {
    /// It lets time pass.
    Time,
    /// It waits for something to happen.
    Event,
    /// It acquires a lock, a permit, a guard.
    Acquire,
    /// It takes a connection from a pool.
    Pool,
    /// It ends something: commit, flush, close.
    Finaliser,
    /// It reads the clock.
    Clock,
    /// It waits for a task that runs already.
    Spawned,
    /// It decides whether what follows may run.
    Gate,
    /// It has an effect of its own.
    Statement,
}

impl Fence {
    /// The word reports use.
    pub fn word(self) -> &'static str {
        match self {
            Fence::Time => "time",
            Fence::Event => "event",
            Fence::Acquire | Fence::Pool => "acquire",
            Fence::Finaliser => "finaliser",
            Fence::Clock => "clock",
            Fence::Spawned => "spawned",
            Fence::Gate => "check",
            Fence::Statement => "statement",
        }
    }
}

/// The fact about an absolute path, the one with the longest matching pattern.
pub fn fact(path: &[Name]) -> Option<&'static Fact> {
    let table = &*FACTS;
    let whole = path.join("::");
    if let Some(at) = table.by_path.get(whole.as_str()) {
        return Some(&table.facts[*at]);
    }
    let (_, owner) = path.split_last()?;
    let all = format!("{}::*", owner.join("::"));
    table.by_path.get(all.as_str()).map(|at| &table.facts[*at])
}

/// Whether some fact is about a function or method of that name.
pub fn has_facts(name: &str) -> bool {
    FACTS.names.contains(name)
}

/// The crates of which facts are known.
pub fn crates() -> impl Iterator<Item = &'static str> {
    CRATES.iter().map(|(name, _)| *name)
}

/// What names alone say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    read: Vec<String>,
    unclear: Vec<String>,
    write: Vec<String>,
    cached: Vec<String>,
    fence: FenceNames,
    sync: SyncNames,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FenceNames {
    time: Vec<String>,
    event: Vec<String>,
    acquire: Vec<String>,
    finaliser: Vec<String>,
    gate: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SyncNames {
    pure: Vec<String>,
    exclusive: Vec<String>,
    read: Vec<String>,
    write: Vec<String>,
    shared: Vec<String>,
    acquire: Vec<String>,
    clock: Vec<String>,
}

/// What the name of a synchronous method says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMethod {
    /// It touches its receiver and arguments only.
    Pure,
    /// The same, and it takes its receiver exclusively.
    Exclusive,
    /// It reads shared memory.
    Read,
    /// It writes shared memory.
    Write,
    /// It gives a guard that readers share.
    Shared,
    /// It gives a guard.
    Acquire,
    /// It reads the clock.
    Clock,
}

impl Names {
    /// What an awaited call does, by its name.
    pub fn deed(&self, name: &str) -> Deed {
        let name = name.strip_prefix("try_").unwrap_or(name).trim_start_matches('_');
        let first = name.split('_').next().unwrap_or(name);
        if has_word(&self.write, name, first) {
            Deed::Write
        } else if has_word(&self.read, name, first) && !self.is_unclear(name) {
            Deed::Read
        } else {
            Deed::Unknown
        }
    }

    /// Whether one of its words begins with an unclear part: `lock` is in `get_lock_holder`, not in `get_block`.
    fn is_unclear(&self, name: &str) -> bool {
        let begins_word = |at: usize| name[at..].starts_with('_') || at == 0 || name[..at].ends_with('_');
        self.unclear.iter().any(|part| name.match_indices(part.as_str()).any(|(at, _)| begins_word(at)))
    }

    /// The fence that an awaited call is, by its name.
    pub fn fence(&self, name: &str) -> Option<Fence> {
        let name = name.strip_prefix("try_").unwrap_or(name).trim_start_matches('_');
        let first = name.split('_').next().unwrap_or(name);
        let lists = [
            (&self.fence.time, Fence::Time),
            (&self.fence.event, Fence::Event),
            (&self.fence.acquire, Fence::Acquire),
            (&self.fence.finaliser, Fence::Finaliser),
        ];
        lists.into_iter().find(|(words, _)| has_word(words, name, first)).map(|(_, fence)| fence)
    }

    /// Whether a name says that the call decides whether what follows may run.
    pub fn is_gate(&self, name: &str) -> bool {
        let first = name.split('_').next().unwrap_or(name);
        has_word(&self.fence.gate, name, first)
    }

    /// What a synchronous method does, by its name.
    pub fn sync_method(&self, name: &str) -> Option<SyncMethod> {
        let lists = [
            (&self.sync.clock, SyncMethod::Clock),
            (&self.sync.shared, SyncMethod::Shared),
            (&self.sync.acquire, SyncMethod::Acquire),
            (&self.sync.write, SyncMethod::Write),
            (&self.sync.read, SyncMethod::Read),
            (&self.sync.pure, SyncMethod::Pure),
            (&self.sync.exclusive, SyncMethod::Exclusive),
        ];
        lists.into_iter().find(|(names, _)| names.iter().any(|known| known == name)).map(|(_, kind)| kind)
    }

    /// Whether an awaited call of that name keeps its answer and gives it again.
    pub fn is_cached(&self, name: &str) -> bool {
        self.cached.iter().any(|known| known == name)
    }

    /// Whether a synchronous call of that name reads the clock.
    pub fn reads_clock(&self, name: &str) -> bool {
        self.sync.clock.iter().any(|known| known == name)
    }

    /// Whether a synchronous method of that name takes `&mut self` on the types of the standard library.
    pub fn is_exclusive(&self, name: &str) -> bool {
        self.sync.exclusive.iter().any(|known| known == name)
    }
}

/// The table of names.
pub fn names() -> &'static Names {
    &NAMES
}

/// A word fits when it is the first of the name, or, of several parts, how the name begins.
fn has_word(words: &[String], name: &str, first: &str) -> bool {
    words.iter().any(|word| {
        word == first
            || (word.contains('_')
                && name.strip_prefix(word.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CrateFile {
    #[serde(rename = "crate")]
    name: String,
    #[expect(dead_code, reason = "says what the claims were checked against, for people")]
    version: String,
    call: Vec<Fact>,
}

struct Facts {
    facts: Vec<Fact>,
    by_path: HashMap<String, usize>,
    names: HashSet<String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| read_toml(include_str!("../../knowledge/names.toml")));

static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let mut table = Facts { facts: Vec::new(), by_path: HashMap::new(), names: HashSet::new() };
    for (_, text) in CRATES {
        let file: CrateFile = read_toml(text);
        for fact in file.call {
            for path in &fact.path {
                table.names.extend(path.rsplit("::").next().map(str::to_owned));
                for alias in aliases(&file.name, path) {
                    table.by_path.entry(alias).or_insert(table.facts.len());
                }
            }
            table.facts.push(fact);
        }
    }
    table
});

/// `std` is also spelled `core` and `alloc`; the parts of futures are crates of their own.
fn aliases(krate: &str, path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    if let Some(rest) = path.strip_prefix("std::").filter(|_| krate == "std") {
        all.push(format!("core::{rest}"));
    }
    if let Some(rest) = path.strip_prefix("futures::") {
        all.push(format!("futures_util::{rest}"));
    }
    all
}

fn read_toml<T: serde::de::DeserializeOwned>(text: &str) -> T {
    #[expect(clippy::panic, reason = "the files are compiled in, and a test reads every one")]
    toml::from_str(text).unwrap_or_else(|error| panic!("a knowledge file is wrong: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<Name> {
        text.split("::").map(Name::new).collect()
    }

    #[test]
    fn every_file_is_read_and_bears_its_crate_name() {
        for (name, text) in CRATES {
            let file: CrateFile = read_toml(text);
            assert_eq!(file.name, name);
            for fact in &file.call {
                assert!(fact.effect.is_some() != fact.fence.is_some(), "{:?}: either an effect or a fence", fact.path);
                assert!(!fact.source.is_empty(), "{:?} has no source", fact.path);
            }
        }
    }

    #[test]
    fn the_longest_pattern_wins() {
        assert_eq!(fact(&path("tokio::fs::read")).and_then(|fact| fact.effect), Some(Deed::Read));
        assert_eq!(fact(&path("tokio::fs::write")).and_then(|fact| fact.effect), Some(Deed::Write));
        assert_eq!(fact(&path("tokio::time::sleep")).and_then(|fact| fact.fence), Some(Fence::Time));
        assert_eq!(fact(&path("tokio::nothing")), None);
    }

    #[test]
    fn names_speak_by_their_first_word() {
        let names = names();
        assert_eq!(names.deed("fetch_user"), Deed::Read);
        assert_eq!(names.deed("try_get_user"), Deed::Read);
        assert_eq!(names.deed("get_or_create_user"), Deed::Unknown);
        assert_eq!(names.deed("getter"), Deed::Unknown);
        assert_eq!(names.deed("save_user"), Deed::Write);
        assert_eq!(names.fence("wait_for_leader"), Some(Fence::Event));
        assert!(names.is_gate("ensure_owner"));
    }
}
