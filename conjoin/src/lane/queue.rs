//! The batches of a lane, and the places of keys in them.
//!
//! In: keys and known answers. Out: slots in the batch that is open, opened if there is none.

use std::sync::Arc;
use std::task::Waker;

use super::Ticket;
use super::batch::{Answer, Batch, Room, Stage};
use crate::trace::KeySpan;

pub(super) struct Queue<K, V, E> {
    /// Open and running ones, and those of whose answers some were not taken yet.
    ///
    /// Invariant: sorted by number; the last one alone takes new keys, and only while it is open and not full.
    pub(super) batches: Vec<Batch<K, V, E>>,
    /// How large the batch was that was sent last.
    pub(super) room: Room,
    /// How often a key was asked for.
    pub(super) asked: u64,
    next: u64,
    /// What every batch that was not sent has in the place of keys.
    nothing: Arc<Vec<K>>,
}

/// Where a key is.
pub(super) struct Place {
    pub(super) hash: u64,
    pub(super) batch: u64,
    pub(super) slot: u32,
}

impl<K, V, E> Queue<K, V, E> {
    pub(super) fn new() -> Self {
        Queue { batches: Vec::new(), room: Room::default(), asked: 0, next: 0, nothing: Arc::new(Vec::new()) }
    }

    pub(super) fn find(&self, batch: u64) -> Option<usize> {
        match self.batches.as_slice() {
            [only] if only.id == batch => Some(0),
            batches => batches.binary_search_by_key(&batch, |batch| batch.id).ok(),
        }
    }

    /// The key that a place leads to.
    pub(super) fn key_at(&self, place: &Place) -> Option<&K> {
        self.batches[self.find(place.batch)?].key(place.slot)
    }

    /// Adds a slot to the last batch, or to a new one where that takes no more.
    pub(super) fn add(
        &mut self,
        hash: u64,
        content: Result<K, Answer<V, E>>,
        waker: &Waker,
        span: KeySpan,
        max_batch: usize,
    ) -> Ticket {
        let has_room = |batch: &Batch<K, V, E>| batch.stage == Stage::Open && batch.live < max_batch;
        if !self.batches.last().is_some_and(has_room) {
            self.batches.push(Batch::new(self.next, Arc::clone(&self.nothing), self.room));
            self.next += 1;
        }
        let at = self.batches.len() - 1;
        let batch = &mut self.batches[at];
        let slot = batch.add(hash, content);
        batch.spans.add(slot, span);
        Ticket { batch: batch.id, slot, entry: batch.wakers.join(waker) }
    }
}
