//! The state of a lane, behind its lock.
//!
//! In: waiters that leave, and batches that are over. Out: what they leave behind, to be dropped without the lock.

use std::task::Waker;

use hashbrown::HashTable;

use super::Ticket;
use super::batch::{Answer, Batch, NO_KEY, Stage};
use super::flight::Running;
use super::queue::{Place, Queue};
use crate::batch_fn::Core;
use crate::memo::Memo;

pub(super) struct State<K, V, E> {
    pub(super) queue: Queue<K, V, E>,
    pub(super) running: Vec<Running<V, E>>,
    /// Every key that is open or running and may be joined.
    pub(super) index: HashTable<Place>,
    pub(super) memo: Memo<K, V, E>,
    pub(super) is_closed: bool,
}

/// What a waiter leaves behind: its waker, its answer, and the batch if it was the last one there.
pub(super) type Left<K, V, E> = (Option<Waker>, Option<Answer<V, E>>, Option<Gone<K, V, E>>);

/// A batch that is over, with its future if it was running.
pub(super) type Gone<K, V, E> = (Batch<K, V, E>, Option<Running<V, E>>);

impl<K, V, E> State<K, V, E> {
    pub(super) fn new(memo: Memo<K, V, E>) -> Self {
        State { queue: Queue::new(), running: Vec::new(), index: HashTable::new(), memo, is_closed: false }
    }

    /// Takes a batch out, with everything that leads to it.
    pub(super) fn remove(&mut self, at: usize) -> Gone<K, V, E> {
        if self.queue.batches[at].stage == Stage::Running {
            unlist(&mut self.index, &self.queue, at);
        }
        let batch = self.queue.batches.remove(at);
        let running = self.running.iter().position(|running| running.batch == batch.id);
        (batch, running.map(|at| self.running.swap_remove(at)))
    }

    /// The wakers of those whose batch is open, where one more may be sent only when another is over.
    pub(super) fn held_back(&self, core: &Core<K, V, E>) -> Vec<Waker> {
        let is_limited = core.max_in_flight != usize::MAX;
        let open = self.queue.batches.iter().filter(|batch| is_limited && batch.stage == Stage::Open);
        open.flat_map(|batch| batch.wakers.copies()).collect()
    }

    /// What is returned is to be dropped without the lock.
    pub(super) fn leave(&mut self, at: usize, ticket: Ticket, is_outside: bool) -> Left<K, V, E> {
        let batch = &mut self.queue.batches[at];
        let waker = batch.wakers.leave(ticket.entry);
        let slot = &mut batch.slots[ticket.slot as usize];
        slot.waiters -= 1;
        batch.waiting -= 1;
        let mut answer = None;
        if slot.waiters == 0 {
            answer = slot.answer.take();
            if batch.stage == Stage::Open && slot.position != NO_KEY {
                batch.live -= 1;
                let hash = slot.hash;
                forget(&mut self.index, hash, ticket.batch, ticket.slot);
            }
        }
        let is_idle = self.queue.batches[at].waiting == 0;
        let is_over = match self.queue.batches[at].stage {
            Stage::Open | Stage::Done => true,
            // Outside of a scope nobody is left to drive it.
            Stage::Running => is_outside,
        };
        let gone = (is_idle && is_over).then(|| self.remove(at));
        (waker, answer, gone)
    }
}

/// Takes all keys of a batch that is no longer open out of the index.
pub(super) fn unlist<K, V, E>(index: &mut HashTable<Place>, queue: &Queue<K, V, E>, at: usize) {
    let batch = &queue.batches[at];
    if queue.batches.iter().all(|other| other.stage == Stage::Done || other.id == batch.id) {
        return index.clear();
    }
    for (slot, content) in batch.slots.iter().enumerate().filter(|(_, slot)| slot.position != NO_KEY) {
        forget(index, content.hash, batch.id, slot as u32);
    }
}

/// Takes a key out of the index, so that nobody joins it.
fn forget(index: &mut HashTable<Place>, hash: u64, batch: u64, slot: u32) {
    if let Ok(place) = index.find_entry(hash, |place| place.batch == batch && place.slot == slot) {
        place.remove();
    }
}
