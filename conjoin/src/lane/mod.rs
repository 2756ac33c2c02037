//! One loader's batches in one scope, or outside: the state that waiters and drivers share.
//!
//! In: keys, one by one. Out: tickets, and for each of them an answer. `run` sends the batches and drives them.

mod any;
mod batch;
mod flight;
mod run;
mod waiter;

use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Weak};
use std::task::Waker;

use hashbrown::{DefaultHashBuilder, HashTable};

pub(crate) use self::any::{AnyLane, Load};
pub(crate) use self::batch::Answer;
use self::batch::{Batch, Stage};
use self::flight::Running;
pub(crate) use self::flight::poll_caught;
pub(crate) use self::waiter::Waiter;
use crate::batch_fn::Core;
use crate::error::LoadError;
use crate::memo::{Known, Memo};
use crate::scope::pulse::Pulse;
use crate::sync::{Mutex, lock};
use crate::trace::KeySpan;
use crate::wakers::Entry;

pub(crate) struct Lane<K, V, E> {
    pub(crate) core: Arc<Core<K, V, E>>,
    home: Home,
    hasher: DefaultHashBuilder,
    state: Mutex<State<K, V, E>>,
}

/// Who drives the batches.
pub(crate) enum Home {
    /// The scope; it is told by its pulse.
    Scope(Arc<Pulse>),
    /// Whichever waiter is polled; all of them are woken.
    Outside(Weak<dyn Rouse>),
}

/// Wakes everybody who can drive a batch.
pub(crate) trait Rouse: Send + Sync {
    fn rouse(&self, batch: u64);
}

struct State<K, V, E> {
    /// Open and running ones, and those of whose answers some were not taken yet.
    ///
    /// Invariant: sorted by number; the last one alone takes new keys, and only while it is open and not full.
    batches: Vec<Batch<K, V, E>>,
    running: Vec<Running<V, E>>,
    /// Every key that is open or running and may be joined.
    index: HashTable<Place>,
    memo: Memo<K, V, E>,
    next: u64,
    /// How many keys were asked for and not joined.
    asked: u64,
    /// What every batch that was not sent has in the place of keys.
    nothing: Arc<Vec<K>>,
    is_closed: bool,
}

/// Where a key is.
struct Place {
    hash: u64,
    batch: u64,
    slot: u32,
}

/// What a scope gives that has ended meanwhile: no batch has this number, so the answer is that it is cancelled.
const LOST: Ticket = Ticket { batch: u64::MAX, slot: 0, entry: 0 };

/// A waiter's claim to an answer. It must end in [`Lane::answer`] or [`Lane::leave`].
#[derive(Clone, Copy)]
pub(crate) struct Ticket {
    pub(crate) batch: u64,
    slot: u32,
    entry: Entry,
}

impl<K, V, E> Lane<K, V, E> {
    pub(crate) fn in_scope(core: Arc<Core<K, V, E>>, pulse: Arc<Pulse>, memo: Memo<K, V, E>) -> Self {
        Lane::new(core, Home::Scope(pulse), memo)
    }

    fn new(core: Arc<Core<K, V, E>>, home: Home, memo: Memo<K, V, E>) -> Self {
        let state = State {
            batches: Vec::new(),
            running: Vec::new(),
            index: HashTable::new(),
            memo,
            next: 0,
            asked: 0,
            nothing: Arc::new(Vec::new()),
            is_closed: false,
        };
        Lane { core, home, hasher: DefaultHashBuilder::default(), state: Mutex::new(state) }
    }

    /// Puts a key into the batch that is open, whatever else is under way. Nobody else joins it.
    pub(crate) fn append(&self, key: K, waker: &Waker) -> Ticket {
        let span = KeySpan::current();
        let mut state = lock(&self.state);
        if state.is_closed {
            return LOST;
        }
        let content = if state.memo.replays() { Err(Err(LoadError::NotRecorded)) } else { Ok(key) };
        state.add(0, content, waker, span, self.core.max_batch)
    }

    /// The waiter's answer, or `None` and it is woken when there is more to know.
    pub(crate) fn answer(&self, ticket: &mut Ticket, waker: &Waker, copy: Copy<V, E>) -> Option<Answer<V, E>> {
        let mut state = lock(&self.state);
        let Some(at) = state.find(ticket.batch) else { return Some(Err(LoadError::Cancelled)) };
        let batch = &mut state.batches[at];
        if batch.stage != Stage::Done {
            let (entry, old) = batch.wakers.register(ticket.entry, waker);
            ticket.entry = entry;
            drop(state);
            drop(old);
            return None;
        }
        let answer = batch.answer(ticket.slot, copy);
        if batch.waiting == 0 {
            state.remove(at);
        }
        Some(answer.unwrap_or(Err(LoadError::Cancelled)))
    }

    /// The waiter is dropped. A key that nobody waits for any more is not sent, if it was not sent yet.
    pub(crate) fn leave(&self, ticket: Ticket) {
        let mut state = lock(&self.state);
        let Some(at) = state.find(ticket.batch) else { return };
        let is_outside = matches!(self.home, Home::Outside(_));
        let left = state.leave(at, ticket, is_outside);
        // The place of a batch that is gone may be what others wait for.
        let wakers = if is_outside && left.2.is_some() { state.held_back(&self.core) } else { Vec::new() };
        drop(state);
        drop(left);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl<K: Send + Sync + 'static, V: Send + 'static, E: Send + Sync + 'static> Lane<K, V, E> {
    pub(crate) fn outside(core: Arc<Core<K, V, E>>) -> Arc<Self> {
        let of = |me: &Weak<Self>| Lane::new(core, Home::Outside(Weak::clone(me) as Weak<dyn Rouse>), Memo::off());
        Arc::new_cyclic(of)
    }
}

impl<K: Send + Sync + 'static, V: Send + 'static, E: Send + Sync + 'static> Rouse for Lane<K, V, E> {
    fn rouse(&self, batch: u64) {
        let state = lock(&self.state);
        let mut wakers = state.find(batch).map_or_else(Vec::new, |at| state.batches[at].wakers.copies());
        wakers.extend(state.held_back(&self.core));
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl<K: Eq + Hash, V: Clone, E> Lane<K, V, E> {
    /// Asks for a key: from memory, by joining whoever asks for it already, or in the batch that is open.
    pub(crate) fn ask(&self, key: K, waker: &Waker) -> Ticket {
        let (hash, span) = (self.hasher.hash_one(&key), KeySpan::current());
        let mut state = lock(&self.state);
        if state.is_closed {
            return LOST;
        }
        if let Some(answer) = state.memo.find(hash, &key) {
            return state.add(hash, Err(answer), waker, span, self.core.max_batch);
        }
        let State { index, batches, .. } = &mut *state;
        let place = index.find(hash, |place| place.hash == hash && key_at(batches, place) == Some(&key));
        if let Some(&Place { batch, slot, .. }) = place
            && let Ok(at) = batches.binary_search_by_key(&batch, |batch| batch.id)
        {
            return batches[at].join(slot, waker, span);
        }
        let ticket = state.add(hash, Ok(key), waker, span, self.core.max_batch);
        let place = Place { hash, batch: ticket.batch, slot: ticket.slot };
        state.index.insert_unique(hash, place, |place| place.hash);
        ticket
    }

    /// Knows what a recording knows.
    pub(crate) fn learn(&self, known: &Known<K, V, E>) {
        if let Some(key) = known.key() {
            let hash = self.hasher.hash_one(key);
            lock(&self.state).memo.prime(hash, Arc::clone(&known.keys), known.position, known.answer.clone());
        }
    }

    /// Keeps a value for a key, as if it had been loaded.
    pub(crate) fn prime(&self, key: K, value: V) {
        let hash = self.hasher.hash_one(&key);
        let old = lock(&self.state).memo.prime(hash, Arc::new(vec![key]), 0, Ok(value));
        drop(old);
    }

    /// Forgets what is known of a key, and lets nobody join a batch that was already sent for it.
    pub(crate) fn clear(&self, key: &K) {
        let hash = self.hasher.hash_one(key);
        let mut state = lock(&self.state);
        let old = state.memo.forget(hash, key);
        let State { index, batches, .. } = &mut *state;
        let is_sent = |place: &Place| {
            let at = batches.binary_search_by_key(&place.batch, |batch| batch.id);
            at.is_ok_and(|at| batches[at].stage == Stage::Running && batches[at].key(place.slot) == Some(key))
        };
        if let Ok(place) = index.find_entry(hash, |place| place.hash == hash && is_sent(place)) {
            place.remove();
        }
        drop(state);
        drop(old);
    }
}

impl<K, V, E> State<K, V, E> {
    fn find(&self, batch: u64) -> Option<usize> {
        match self.batches.as_slice() {
            [only] if only.id == batch => Some(0),
            batches => batches.binary_search_by_key(&batch, |batch| batch.id).ok(),
        }
    }

    /// Adds a slot to the last batch, or to a new one where that takes no more.
    fn add(
        &mut self,
        hash: u64,
        content: Result<K, Answer<V, E>>,
        waker: &Waker,
        span: KeySpan,
        max_batch: usize,
    ) -> Ticket {
        let has_room = |batch: &Batch<K, V, E>| batch.stage == Stage::Open && batch.live < max_batch;
        if !self.batches.last().is_some_and(has_room) {
            self.batches.push(Batch::new(self.next, Arc::clone(&self.nothing)));
            self.next += 1;
        }
        self.asked += u64::from(content.is_ok());
        let at = self.batches.len() - 1;
        let batch = &mut self.batches[at];
        let slot = batch.add(hash, content);
        batch.spans.add(slot, span);
        Ticket { batch: batch.id, slot, entry: batch.wakers.join(waker) }
    }

    /// Takes a batch out, with everything that leads to it.
    fn remove(&mut self, at: usize) -> Gone<K, V, E> {
        let batch = self.batches.remove(at);
        let running = self.running.iter().position(|running| running.batch == batch.id);
        if batch.stage == Stage::Running {
            self.unlist(&batch);
        }
        (batch, running.map(|at| self.running.swap_remove(at)))
    }

    /// Takes all keys of a batch that is no longer open out of the index.
    fn unlist(&mut self, batch: &Batch<K, V, E>) {
        if self.batches.iter().all(|other| other.stage == Stage::Done || other.id == batch.id) {
            return self.index.clear();
        }
        for (slot, content) in batch.slots.iter().enumerate().filter(|(_, slot)| slot.position != batch::NO_KEY) {
            self.forget(content.hash, batch.id, slot as u32);
        }
    }

    /// The wakers of those whose batch is open, where one more may be sent only when another is over.
    fn held_back(&self, core: &Core<K, V, E>) -> Vec<Waker> {
        let is_limited = core.max_in_flight != usize::MAX;
        let open = self.batches.iter().filter(|batch| is_limited && batch.stage == Stage::Open);
        open.flat_map(|batch| batch.wakers.copies()).collect()
    }

    /// What is returned is to be dropped without the lock.
    fn leave(&mut self, at: usize, ticket: Ticket, is_outside: bool) -> Left<K, V, E> {
        let batch = &mut self.batches[at];
        let waker = batch.wakers.leave(ticket.entry);
        let slot = &mut batch.slots[ticket.slot as usize];
        slot.waiters -= 1;
        batch.waiting -= 1;
        let mut answer = None;
        if slot.waiters == 0 {
            answer = slot.answer.take();
            if batch.stage == Stage::Open && slot.position != batch::NO_KEY {
                batch.live -= 1;
                let hash = slot.hash;
                self.forget(hash, ticket.batch, ticket.slot);
            }
        }
        let is_idle = self.batches[at].waiting == 0;
        let is_over = match self.batches[at].stage {
            Stage::Open | Stage::Done => true,
            // Outside of a scope nobody is left to drive it.
            Stage::Running => is_outside,
        };
        let gone = (is_idle && is_over).then(|| self.remove(at));
        (waker, answer, gone)
    }

    /// Takes a key out of the index, so that nobody joins it.
    fn forget(&mut self, hash: u64, batch: u64, slot: u32) {
        if let Ok(place) = self.index.find_entry(hash, |place| place.batch == batch && place.slot == slot) {
            place.remove();
        }
    }
}

/// How an answer is copied for all waiters of a key but the last.
pub(crate) type Copy<V, E> = fn(&Answer<V, E>) -> Answer<V, E>;

/// What a waiter leaves behind: its waker, its answer, and the batch if it was the last one there.
type Left<K, V, E> = (Option<Waker>, Option<Answer<V, E>>, Option<Gone<K, V, E>>);

/// A batch that is over, with its future if it was running.
type Gone<K, V, E> = (Batch<K, V, E>, Option<Running<V, E>>);

/// The key that a place leads to.
fn key_at<'a, K, V, E>(batches: &'a [Batch<K, V, E>], place: &Place) -> Option<&'a K> {
    let at = batches.binary_search_by_key(&place.batch, |batch| batch.id).ok()?;
    batches[at].key(place.slot)
}
