//! What is known without reading: facts about foreign crates, SQL text, and what names alone say.
//!
//! In: the files of `knowledge/`, compiled in, each read when somebody first asks about its crate. Out: [`fact`] for an
//! absolute path, [`kind`] for a type, [`trait_facts`] for a method of an imported trait, [`names`] for a bare name.

mod crates;
mod names;
mod pattern;
pub mod sql;

use serde::{Deserialize, Serialize};

pub use crates::{crates, fact, has_facts, is_trait, kind, knows, trait_facts};
pub use names::{Names, SyncMethod, names};
pub use pattern::Pattern;

/// What is known of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    path: Vec<String>,
    /// What it does.
    pub effect: Option<FactEffect>,
    /// It only builds a request; what sending that does.
    pub begins: Option<Begins>,
    /// What sending does when nothing says what was begun.
    pub otherwise: Option<Deed>,
    /// The type of what comes back, after `await`, `?` and `unwrap`.
    pub returns: Option<String>,
    /// To what, for people.
    pub of: Option<String>,
    /// Why nothing may cross it.
    pub fence: Option<Fence>,
    /// How a method takes what it is called on.
    pub receiver: Option<Takes>,
    /// `false` when it completes at once.
    pub suspends: Option<bool>,
    /// Whether it waits for this machine only.
    #[serde(default)]
    pub is_local: bool,
    /// Whether it runs the futures it is given.
    #[serde(default)]
    pub runs_arguments: bool,
    /// Where the claim comes from.
    pub source: String,
}

impl Fact {
    /// Whether it is about methods of that very name, and not of any that a pattern fits.
    pub fn is_about(&self, method: &str) -> bool {
        self.path.iter().any(|path| path.rsplit("::").next() == Some(method))
    }
}

/// What a call does beyond its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// What a fact says a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactEffect {
    /// Nothing.
    Pure,
    /// It reads.
    Read,
    /// It may do anything.
    Unknown,
    /// It writes.
    Write,
    /// It sends a request that an earlier call of the same chain began.
    Begun,
}

/// What people say that a call does, in a manifest or in a comment, from what allows most to what allows least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimKind {
    /// It reads, and may run beside other reads.
    Reads,
    /// It writes.
    Writes,
    /// Nothing may cross it.
    Fence,
}

impl ClaimKind {
    /// Every kind.
    pub const ALL: [ClaimKind; 3] = [ClaimKind::Reads, ClaimKind::Writes, ClaimKind::Fence];

    /// The word that comments use.
    pub fn word(self) -> &'static str {
        match self {
            ClaimKind::Reads => "reads",
            ClaimKind::Writes => "writes",
            ClaimKind::Fence => "fence",
        }
    }
}

/// What sending a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Begins {
    /// It reads.
    Read,
    /// It may do anything.
    Unknown,
    /// It writes.
    Write,
    /// What the SQL text among the arguments says.
    Sql,
}

/// How a method takes what it is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Takes {
    /// `&mut self`.
    Exclusive,
    /// `&self`.
    Shared,
    /// `self`.
    Value,
}

/// What kind of thing a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It hands out connections, so that calls run beside one another.
    Pool,
    /// One connection that takes many calls at once.
    Pipeline,
    /// It serves one call at a time.
    Connection,
    /// A connection whose calls belong together.
    Transaction,
    /// What it holds lasts until it is dropped.
    Guard,
    /// A task that runs already.
    Task,
    /// Shared memory that is changed through `&`.
    Cell,
    /// Any other handle through which many calls may run at once.
    Client,
    /// It derefs to its first type argument.
    Pointer,
    /// Data without interior mutability.
    Value,
    /// A trait, whose methods apply where a file imports it.
    Trait,
}

/// Why nothing may cross a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

fn read_toml<T: serde::de::DeserializeOwned>(text: &str) -> T {
    #[expect(clippy::panic, reason = "the files are compiled in, and a test reads every one")]
    toml::from_str(text).unwrap_or_else(|error| panic!("a knowledge file is wrong: {error}"))
}
