//! The answers a scope keeps, if it keeps any.
//!
//! In: answers as they come, or a single primed one. Out: the answer to a key that is known; all of them for a recording.

use std::sync::Arc;

use hashbrown::HashTable;

use crate::error::LoadError;
use crate::lane::Answer;

/// What a scope's memo is for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Keeping {
    /// Answers are kept for the recording, errors too.
    pub(crate) records: bool,
    /// Values are kept, and answer the same key when it is asked for again.
    pub(crate) memoizes: bool,
    /// A key that is not known is an error instead of a question.
    pub(crate) replays: bool,
}

pub(crate) struct Memo<K, V, E> {
    keeping: Keeping,
    /// How an answer is kept; nothing where none ever is. It knows what keys and values can do, which the lane does not.
    remember: Option<Remember<K, V, E>>,
    table: HashTable<Known<K, V, E>>,
}

type Remember<K, V, E> = fn(&mut Memo<K, V, E>, u64, &Arc<Vec<K>>, usize, &Answer<V, E>) -> Option<Known<K, V, E>>;

/// An answer. Keys stay where they are, in what was sent: so they need not be `Clone`.
pub(crate) struct Known<K, V, E> {
    hash: u64,
    pub(crate) keys: Arc<Vec<K>>,
    pub(crate) position: usize,
    pub(crate) answer: Answer<V, E>,
    /// Whether it answers, or is only there to be recorded.
    answers: bool,
}

impl<K, V, E> Memo<K, V, E> {
    /// One that keeps nothing by itself.
    pub(crate) fn off() -> Self {
        Memo { keeping: Keeping::default(), remember: None, table: HashTable::new() }
    }

    /// That of a writer, whose items are not asked for again.
    pub(crate) fn of_writes(keeping: Keeping) -> Self {
        Memo { keeping, ..Memo::off() }
    }

    /// Everything that is known. It is not known any more.
    pub(crate) fn take(&mut self) -> Vec<Known<K, V, E>> {
        std::mem::take(&mut self.table).into_iter().collect()
    }

    /// Whether everything is answered from a recording.
    pub(crate) fn replays(&self) -> bool {
        self.keeping.replays
    }

    /// An answer has come for the key at this position. What it replaces is to be dropped without the lock.
    pub(crate) fn remember(
        &mut self,
        hash: u64,
        keys: &Arc<Vec<K>>,
        position: usize,
        answer: &Answer<V, E>,
    ) -> Option<Known<K, V, E>> {
        self.remember.and_then(|remember| remember(self, hash, keys, position, answer))
    }

    pub(crate) fn keeps(&self) -> bool {
        self.remember.is_some()
    }
}

impl<K: Eq, V: Clone, E> Memo<K, V, E> {
    pub(crate) fn new(keeping: Keeping) -> Self {
        let keeps = keeping.records || keeping.memoizes;
        Memo { keeping, remember: keeps.then_some(remember as Remember<K, V, E>), table: HashTable::new() }
    }

    /// What is to be said without asking, if anything is.
    pub(crate) fn find(&self, hash: u64, key: &K) -> Option<Answer<V, E>> {
        let known = if self.table.is_empty() { None } else { self.table.find(hash, |known| known.is(hash, key)) };
        match known {
            Some(known) if known.answers => Some(known.answer.clone()),
            _ if self.keeping.replays => Some(Err(LoadError::NotRecorded)),
            _ => None,
        }
    }

    /// Keeps an answer, to be given to whoever asks. What it replaces is to be dropped without the lock.
    pub(crate) fn prime(
        &mut self,
        hash: u64,
        keys: Arc<Vec<K>>,
        position: usize,
        answer: Answer<V, E>,
    ) -> impl Sized + use<K, V, E> {
        self.keep(Known { hash, keys, position, answer, answers: true })
    }

    fn keep(&mut self, known: Known<K, V, E>) -> Option<Known<K, V, E>> {
        let key = known.key()?;
        let old = self.table.find_entry(known.hash, |other| other.is(known.hash, key));
        let old = old.ok().map(|entry| entry.remove().0);
        self.table.insert_unique(known.hash, known, |known| known.hash);
        old
    }

    pub(crate) fn forget(&mut self, hash: u64, key: &K) -> impl Sized + use<K, V, E> {
        self.table.find_entry(hash, |known| known.is(hash, key)).ok().map(|entry| entry.remove().0)
    }
}

/// Values are kept for whoever asks again; errors are not, so that asking again may help.
fn remember<K: Eq, V: Clone, E>(
    memo: &mut Memo<K, V, E>,
    hash: u64,
    keys: &Arc<Vec<K>>,
    position: usize,
    answer: &Answer<V, E>,
) -> Option<Known<K, V, E>> {
    let answers = memo.keeping.memoizes && answer.is_ok();
    if !answers && !memo.keeping.records {
        return None;
    }
    let keys = Arc::clone(keys);
    memo.keep(Known { hash, keys, position, answer: answer.clone(), answers })
}

impl<K, V, E> Known<K, V, E> {
    #[cfg(feature = "serde")]
    pub(crate) fn single(key: K, answer: Answer<V, E>) -> Self {
        Known { hash: 0, keys: Arc::new(vec![key]), position: 0, answer, answers: true }
    }

    pub(crate) fn key(&self) -> Option<&K> {
        self.keys.get(self.position)
    }
}

impl<K: Eq, V, E> Known<K, V, E> {
    fn is(&self, hash: u64, key: &K) -> bool {
        self.hash == hash && self.key() == Some(key)
    }
}
