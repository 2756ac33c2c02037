//! What the name of a call says where nothing else is known of it.
//!
//! In: a bare name, and `knowledge/names.toml`, compiled in. Out: [`Names`].

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Deed, Fence};

/// What names alone say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    read: Vec<String>,
    unclear: Vec<String>,
    common: Vec<String>,
    write: Vec<String>,
    remove: Vec<String>,
    cached: Vec<String>,
    begin: Vec<String>,
    position: Vec<String>,
    cached_words: Vec<String>,
    cache_words: Vec<String>,
    fill: Vec<String>,
    condition: Vec<String>,
    differs: Vec<String>,
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
    refusals: Vec<String>,
    gate_words: Vec<String>,
    gate: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SyncNames {
    pure: Vec<String>,
    exclusive: Vec<String>,
    read: Vec<String>,
    write: Vec<String>,
    message: Vec<String>,
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
    /// It tells somebody something.
    Message,
    /// It gives a guard that readers share.
    Shared,
    /// It gives a guard.
    Acquire,
    /// It reads the clock.
    Clock,
}

impl Names {
    /// Whether a name says so little that several types may well have it: `get_all`, `find_by_id`.
    pub fn is_common(&self, name: &str) -> bool {
        let rest = || name.split('_').skip(1);
        rest().all(|word| self.common.iter().any(|known| known == word))
    }

    /// What an awaited call does, by its name.
    pub fn deed(&self, name: &str) -> Deed {
        let name = name.strip_prefix("try_").unwrap_or(name).trim_start_matches('_');
        if has_word(&self.write, name) {
            Deed::Write
        } else if has_word(&self.read, name) && !self.is_unclear(name) {
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
        let lists = [
            (&self.fence.time, Fence::Time),
            (&self.fence.event, Fence::Event),
            (&self.fence.acquire, Fence::Acquire),
            (&self.fence.finaliser, Fence::Finaliser),
        ];
        lists.into_iter().find(|(words, _)| has_word(words, name)).map(|(_, fence)| fence)
    }

    /// Whether a name says that the call decides whether what follows may run.
    pub fn is_gate(&self, name: &str) -> bool {
        has_word(&self.fence.gate, name)
    }

    /// Whether a call of that name, if it can fail, decides whether what follows may run.
    pub fn may_refuse(&self, name: &str) -> bool {
        name.split('_').any(|word| self.fence.gate_words.iter().any(|known| known == word))
    }

    /// Whether a name in a body says that it refuses somebody: `Error::Forbidden`.
    pub fn refuses(&self, name: &str) -> bool {
        self.fence.refusals.iter().any(|known| known == name)
    }

    /// What a synchronous method does, by its name.
    pub fn sync_method(&self, name: &str) -> Option<SyncMethod> {
        let lists = [
            (&self.sync.clock, SyncMethod::Clock),
            (&self.sync.shared, SyncMethod::Shared),
            (&self.sync.acquire, SyncMethod::Acquire),
            (&self.sync.write, SyncMethod::Write),
            (&self.sync.message, SyncMethod::Message),
            (&self.sync.read, SyncMethod::Read),
            (&self.sync.pure, SyncMethod::Pure),
            (&self.sync.exclusive, SyncMethod::Exclusive),
        ];
        lists.into_iter().find(|(names, _)| names.iter().any(|known| known == name)).map(|(_, kind)| kind)
    }

    /// Whether a call of that name takes away what it is given.
    pub fn removes(&self, name: &str) -> bool {
        has_word(&self.remove, name)
    }

    /// Whether an awaited call of that name begins something, and may make what it needs.
    pub fn begins(&self, name: &str) -> bool {
        has_word(&self.begin, name)
    }

    /// Whether a name is about how new something is: a slot, a height.
    pub fn is_position(&self, name: &str) -> bool {
        self.position.iter().any(|known| {
            let before = name.strip_suffix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
            before || name.starts_with(&format!("{known}_"))
        })
    }

    /// Whether the same question may have another answer the next time, by one of its words.
    pub fn differs(&self, name: &str) -> bool {
        self.is_position(name) || name.split('_').any(|word| self.differs.iter().any(|known| known == word))
    }

    /// Whether an awaited call of that name keeps its answer and gives it again.
    pub fn is_cached(&self, name: &str) -> bool {
        let mut words = name.split('_').take(2);
        let has_word = words.any(|word| self.cached_words.iter().any(|known| known == word));
        self.cached.iter().any(|known| known == name)
            || (has_word && (self.deed(name) == Deed::Read || name.starts_with("cached_")))
    }

    /// Whether what has that name keeps answers: `block_cache`.
    pub fn is_cache(&self, name: &str) -> bool {
        name.split('_').any(|word| self.cache_words.iter().any(|known| known == word))
    }

    /// Whether a method of that name puts something under a key.
    pub fn fills(&self, name: &str) -> bool {
        has_word(&self.fill, name)
    }

    /// Whether a function that is kept under that name only says yes or no.
    pub fn is_condition(&self, name: &str) -> bool {
        has_word(&self.condition, name)
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
fn has_word(words: &[String], name: &str) -> bool {
    let first = name.split('_').next().unwrap_or(name);
    words.iter().any(|word| {
        word == first
            || (word.contains('_')
                && name.strip_prefix(word.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')))
    })
}

static NAMES: LazyLock<Names> = LazyLock::new(|| super::read_toml(include_str!("../../knowledge/names.toml")));

#[cfg(test)]
mod tests {
    use super::*;

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
