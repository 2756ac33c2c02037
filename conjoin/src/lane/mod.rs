//! One loader's batches in one scope, or outside: the state that waiters and drivers share.
//!
//! In: keys, one by one. Out: tickets, and for each of them an answer. `run` sends the batches and drives them.

mod any;
mod batch;
mod flight;
mod queue;
mod run;
mod state;
mod waiter;

use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Weak};
use std::task::Waker;

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::Entry;

pub(crate) use self::any::{AnyLane, Load};
pub(crate) use self::batch::Answer;
use self::batch::Stage;
pub(crate) use self::flight::poll_caught;
use self::queue::Place;
use self::state::State;
pub(crate) use self::waiter::Waiter;
use crate::batch_fn::Core;
use crate::error::LoadError;
use crate::memo::{Known, Memo};
use crate::scope::pulse::Pulse;
use crate::sync::{Mutex, lock};
use crate::trace::KeySpan;

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

/// What a scope gives that has ended meanwhile: no batch has this number, so the answer is that it is cancelled.
const LOST: Ticket = Ticket { batch: u64::MAX, slot: 0, entry: 0 };

/// A waiter's claim to an answer. It must end in [`Lane::answer`] or [`Lane::leave`].
#[derive(Clone, Copy)]
pub(crate) struct Ticket {
    pub(crate) batch: u64,
    slot: u32,
    entry: u32,
}

impl<K, V, E> Lane<K, V, E> {
    pub(crate) fn in_scope(core: Arc<Core<K, V, E>>, pulse: Arc<Pulse>, memo: Memo<K, V, E>) -> Self {
        Lane::new(core, Home::Scope(pulse), memo)
    }

    fn new(core: Arc<Core<K, V, E>>, home: Home, memo: Memo<K, V, E>) -> Self {
        let state = State::new(memo);
        Lane { core, home, hasher: DefaultHashBuilder::default(), state: Mutex::new(state) }
    }

    /// Puts a key into the batch that is open, whatever else is under way. Nobody else joins it.
    pub(crate) fn append(&self, key: K, waker: &Waker) -> Ticket {
        let span = KeySpan::current();
        let mut state = lock(&self.state);
        if state.is_closed {
            return LOST;
        }
        state.queue.asked += 1;
        let content = if state.memo.replays() { Err(Err(LoadError::NotRecorded)) } else { Ok(key) };
        state.queue.add(0, content, waker, span, self.core.max_batch)
    }

    /// The waiter's answer, or `None` and it is woken when there is more to know.
    pub(crate) fn answer(&self, ticket: &mut Ticket, waker: &Waker, copy: Copy<V, E>) -> Option<Answer<V, E>> {
        let mut state = lock(&self.state);
        let Some(at) = state.queue.find(ticket.batch) else { return Some(Err(LoadError::Cancelled)) };
        let batch = &mut state.queue.batches[at];
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
        let Some(at) = state.queue.find(ticket.batch) else { return };
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
        let mut wakers = state.queue.find(batch).map_or_else(Vec::new, |at| state.queue.batches[at].wakers.copies());
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
        state.queue.asked += 1;
        if let Some(answer) = state.memo.find(hash, &key) {
            return state.queue.add(hash, Err(answer), waker, span, self.core.max_batch);
        }
        let State { index, queue, .. } = &mut *state;
        let is_asked = |place: &Place| place.hash == hash && queue.key_at(place) == Some(&key);
        match index.entry(hash, is_asked, |place| place.hash) {
            Entry::Occupied(place) => {
                let &Place { batch, slot, .. } = place.get();
                queue.find(batch).map_or(LOST, |at| queue.batches[at].join(slot, waker, span))
            }
            Entry::Vacant(place) => {
                let ticket = queue.add(hash, Ok(key), waker, span, self.core.max_batch);
                place.insert(Place { hash, batch: ticket.batch, slot: ticket.slot });
                ticket
            }
        }
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
        let State { index, queue, .. } = &mut *state;
        let is_running = |batch| queue.find(batch).is_some_and(|at| queue.batches[at].stage == Stage::Running);
        let is_sent = |place: &Place| queue.key_at(place) == Some(key) && is_running(place.batch);
        if let Ok(place) = index.find_entry(hash, |place| place.hash == hash && is_sent(place)) {
            place.remove();
        }
        drop(state);
        drop(old);
    }
}

/// How an answer is copied for all waiters of a key but the last.
pub(crate) type Copy<V, E> = fn(&Answer<V, E>) -> Answer<V, E>;
