//! Sending the batches of a lane and driving what is in flight.
//!
//! In: open batches, and futures that were woken. Out: answers in their slots, and their waiters woken.

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::any::Sent;
use super::batch::{Batch, NO_KEY, Stage};
use super::flight::{Outcome, Running, Task};
use super::state::{State, unlist};
use super::{Home, Lane};
use crate::error::LoadError;
use crate::memo::Known;
use crate::scope::pulse::Pulse;
use crate::sync::lock;
use crate::wakers::Woken;

impl<K, V, E> Lane<K, V, E> {
    /// Sends open batches, the oldest first and none after this number. Whether anything came of it.
    pub(crate) fn start_up_to(&self, last: u64, sent: &mut dyn FnMut(Sent<'_>)) -> bool {
        let mut has_done = false;
        let mut has_sent = false;
        while let Some(started) = lock(&self.state).start(last, self) {
            has_done = true;
            match started {
                Started::Sent(keys) => {
                    has_sent = true;
                    sent(Sent { loader: &self.core.name, keys });
                }
                Started::Known(wakers) => wakers.wake(),
            }
        }
        if let (Home::Scope(pulse), true) = (&self.home, has_sent) {
            pulse.raise(Pulse::BATCH);
        }
        has_done
    }

    /// Polls what was woken. Whether a batch came to its end.
    pub(super) fn drive(&self) -> bool {
        let mut has_ended = false;
        let mut after = None;
        // Each at most once: one that wakes itself again must not keep the others waiting.
        while let Some(mut task) = self.take_woken(after) {
            after = Some(task.batch);
            match task.poll(&self.core.name) {
                Poll::Pending => self.put_back(task),
                Poll::Ready(answers) => {
                    self.complete(task.batch, answers);
                    has_ended = true;
                }
            }
        }
        has_ended
    }

    /// The first batch after this one that was woken and that nobody polls.
    fn take_woken(&self, after: Option<u64>) -> Option<Task<V, E>> {
        let mut state = lock(&self.state);
        let is_after = |running: &Running<V, E>| after.is_none_or(|after| running.batch > after);
        let is_next =
            |running: &&mut Running<V, E>| is_after(running) && running.task.is_some() && running.signal.is_woken();
        let running = state.running.iter_mut().filter(is_next).min_by_key(|running| running.batch)?;
        running.signal.clear();
        running.task.take()
    }

    fn put_back(&self, task: Task<V, E>) {
        let mut state = lock(&self.state);
        // If everybody has left meanwhile, it is dropped without the lock.
        let mut left = Some(task);
        let running = left.as_ref().and_then(|task| state.running.iter_mut().find(|other| other.batch == task.batch));
        let signal = running.map(|running| {
            running.task = left.take();
            Arc::clone(&running.signal)
        });
        drop(state);
        if let Some(signal) = signal {
            signal.repeat();
        }
    }

    fn complete(&self, batch: u64, answers: Outcome<V, E>) {
        let mut state = lock(&self.state);
        state.running.retain(|running| running.batch != batch);
        let Some(at) = state.queue.find(batch) else { return };
        let mut unwanted = Vec::new();
        let batch = &mut state.queue.batches[at];
        let keys = batch.sent.len();
        match answers {
            Ok(answers) if answers.len() == keys => unwanted = batch.settle(answers),
            Ok(answers) => {
                batch.fail(&LoadError::WrongLength { keys, answers: answers.len() });
                unwanted = answers;
            }
            Err(error) => batch.fail(&error),
        }
        batch.stage = Stage::Done;
        let wakers = batch.wakers.take();
        let over = state.finish(at);
        let held_back = if let Home::Outside(_) = self.home { state.held_back(&self.core) } else { Vec::new() };
        drop(state);
        wakers.wake();
        held_back.into_iter().for_each(Waker::wake);
        drop((unwanted, over));
    }
}

/// What became of an open batch.
enum Started {
    /// It was sent, with so many keys.
    Sent(usize),
    /// All that it was asked was known, and here is whom to tell.
    Known(Woken),
}

/// A batch that nobody has to ask any more, and answers that were replaced in the memo.
type Finished<K, V, E> = (Option<Batch<K, V, E>>, Vec<Known<K, V, E>>);

impl<K, V, E> State<K, V, E> {
    /// Starts the oldest open batch, if it may be.
    fn start(&mut self, last: u64, lane: &Lane<K, V, E>) -> Option<Started> {
        let is_due = |batch: &Batch<K, V, E>| batch.stage == Stage::Open && batch.id <= last;
        let batch = self.queue.batches.iter_mut().find(|batch| is_due(batch))?;
        if batch.live == 0 {
            batch.stage = Stage::Done;
            return Some(Started::Known(batch.wakers.take()));
        }
        if self.running.len() >= lane.core.max_in_flight {
            return None;
        }
        self.queue.room = batch.room();
        let keys = batch.send();
        let (count, span) = (keys.len(), batch.span());
        self.running.push(Running::new(batch.id, count, &lane.home, (lane.core.start)(keys), span));
        Some(Started::Sent(count))
    }

    /// A batch is done: nobody joins it any more, its values are kept if the memo keeps them.
    /// What is returned is to be dropped without the lock.
    fn finish(&mut self, at: usize) -> Finished<K, V, E> {
        unlist(&mut self.index, &self.queue, at);
        let batch = &self.queue.batches[at];
        let mut replaced = Vec::new();
        if self.memo.keeps() {
            for slot in batch.slots.iter().filter(|slot| slot.position != NO_KEY) {
                if let Some(answer) = &slot.answer {
                    replaced.extend(self.memo.remember(slot.hash, &batch.sent, slot.position as usize, answer));
                }
            }
        }
        if batch.waiting == 0 {
            return (Some(self.queue.batches.remove(at)), replaced);
        }
        (None, replaced)
    }
}
