//! One batch: who waits for which key of it, and what was answered.
//!
//! In: keys while it is open, answers when they are there. Out: each waiter's own answer.

use std::sync::Arc;
use std::task::Waker;

use super::{Copy, Ticket};
use crate::error::LoadError;
use crate::trace::{BatchSpan, KeySpan, KeySpans};
use crate::wakers::Wakers;

/// What a waiter gets.
pub(crate) type Answer<V, E> = Result<V, LoadError<E>>;

/// The position of a slot that has no key to send: its answer was there before.
pub(super) const NO_KEY: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Keys may be added. It stays open after it is full, until it is sent.
    Open,
    /// Sent: `sent` holds the keys, the slots without waiters that were left out have no position.
    Running,
    /// Every slot that has waiters has its answer.
    Done,
}

pub(super) struct Batch<K, V, E> {
    /// Invariant: batches of a lane have rising numbers, and none is used twice.
    pub(super) id: u64,
    pub(super) stage: Stage,
    /// The keys, while it is open.
    pub(super) keys: Vec<K>,
    /// The keys that were sent, while it is running.
    pub(super) sent: Arc<Vec<K>>,
    /// One for each key asked for, in the order of asking.
    pub(super) slots: Vec<Slot<V, E>>,
    pub(super) wakers: Wakers,
    /// How many waiters have neither taken their answer nor left.
    pub(super) waiting: usize,
    /// How many slots have a key and somebody who waits for it.
    pub(super) live: usize,
    pub(super) spans: KeySpans,
}

pub(super) struct Slot<V, E> {
    pub(super) hash: u64,
    /// Where its key is in `keys` or `sent`, or [`NO_KEY`].
    pub(super) position: u32,
    pub(super) waiters: u32,
    pub(super) answer: Option<Answer<V, E>>,
}

/// How large a batch was.
#[derive(Clone, Copy, Default)]
pub(super) struct Room {
    slots: usize,
    wakers: usize,
}

impl<K, V, E> Batch<K, V, E> {
    pub(super) fn room(&self) -> Room {
        Room { slots: self.slots.len(), wakers: self.wakers.len() }
    }

    /// An open one, with room for as many keys and wakers as the one before it had.
    pub(super) fn new(id: u64, sent: Arc<Vec<K>>, room: Room) -> Self {
        Batch {
            id,
            stage: Stage::Open,
            keys: Vec::with_capacity(room.slots),
            sent,
            slots: Vec::with_capacity(room.slots),
            wakers: Wakers::with_capacity(room.wakers),
            waiting: 0,
            live: 0,
            spans: KeySpans::default(),
        }
    }

    /// The key of a slot, wherever it is now.
    pub(super) fn key(&self, slot: u32) -> Option<&K> {
        let position = self.slots.get(slot as usize)?.position as usize;
        match self.stage {
            Stage::Open => self.keys.get(position),
            Stage::Running | Stage::Done => self.sent.get(position),
        }
    }

    /// Adds a slot with one waiter. A key makes it one that is sent, an answer one that is not.
    pub(super) fn add(&mut self, hash: u64, content: Result<K, Answer<V, E>>) -> u32 {
        let (position, answer) = match content {
            Ok(key) => {
                self.keys.push(key);
                self.live += 1;
                (self.keys.len() as u32 - 1, None)
            }
            Err(answer) => (NO_KEY, Some(answer)),
        };
        self.waiting += 1;
        self.slots.push(Slot { hash, position, waiters: 1, answer });
        self.slots.len() as u32 - 1
    }

    /// One more waiter for a slot.
    pub(super) fn join(&mut self, slot: u32, waker: &Waker, span: KeySpan) -> Ticket {
        self.slots[slot as usize].waiters += 1;
        self.waiting += 1;
        self.spans.add(slot, span);
        Ticket { batch: self.id, slot, entry: self.wakers.join(waker) }
    }

    /// Turns the open batch into a running one: keys that nobody waits for are left out.
    pub(super) fn send(&mut self) -> Arc<Vec<K>> {
        if self.live < self.keys.len() {
            let mut slots = self.slots.iter_mut().filter(|slot| slot.position != NO_KEY);
            let mut next = 0;
            self.keys.retain(|_| {
                let Some(slot) = slots.next() else { return false };
                let is_wanted = slot.waiters > 0;
                slot.position = if is_wanted { next } else { NO_KEY };
                next += u32::from(is_wanted);
                is_wanted
            });
        }
        self.stage = Stage::Running;
        self.sent = Arc::new(std::mem::take(&mut self.keys));
        Arc::clone(&self.sent)
    }

    /// Its span, linked to those of the keys that were sent.
    pub(super) fn span(&mut self) -> BatchSpan {
        let slots = &self.slots;
        self.spans.batch(|slot| slots.get(slot as usize).is_some_and(|slot| slot.position != NO_KEY))
    }

    /// Hands the answers to their slots. What nobody waits for any more is given back, to be dropped without the lock.
    pub(super) fn settle(&mut self, answers: Vec<Result<V, E>>) -> Vec<Result<V, E>> {
        let mut unwanted = Vec::new();
        let slots = self.slots.iter_mut().filter(|slot| slot.position != NO_KEY);
        for (slot, answer) in slots.zip(answers) {
            if slot.waiters > 0 {
                slot.answer = Some(answer.map_err(|error| LoadError::Failed(Arc::new(error))));
            } else {
                unwanted.push(answer);
            }
        }
        unwanted
    }

    /// Answers every slot that has none with this error.
    pub(super) fn fail(&mut self, error: &LoadError<E>) {
        for slot in self.slots.iter_mut().filter(|slot| slot.answer.is_none()) {
            slot.answer = Some(Err(error.clone()));
        }
    }

    /// The waiter's own answer, if it is there. The last waiter of a slot gets the answer itself, the others copies.
    pub(super) fn answer(&mut self, slot: u32, copy: Copy<V, E>) -> Option<Answer<V, E>> {
        let is_done = self.stage == Stage::Done;
        let slot = self.slots.get_mut(slot as usize).filter(|_| is_done)?;
        let answer = if slot.waiters == 1 { slot.answer.take() } else { slot.answer.as_ref().map(copy) };
        slot.waiters -= 1;
        self.waiting -= 1;
        answer
    }
}
