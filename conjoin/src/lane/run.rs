//! Sending the batches of a lane and driving what is in flight.
//!
//! In: open batches, and futures that were woken. Out: answers in their slots, and their waiters woken.

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::any::Sent;
use super::batch::{Batch, NO_KEY, Stage};
use super::flight::{Outcome, Running, Task};
use super::{Home, Lane, State};
use crate::error::LoadError;
use crate::memo::Known;
use crate::scope::pulse::Pulse;
use crate::sync::lock;

impl<K, V, E> Lane<K, V, E> {
    /// Sends open batches, the oldest first and none after this number.
    pub(crate) fn start_up_to(&self, last: u64, sent: &mut dyn FnMut(Sent<'_>)) -> bool {
        let mut state = lock(&self.state);
        let mut started = Vec::new();
        let mut wakers = Vec::new();
        let mut at = 0;
        while let Some(batch) = state.batches.get_mut(at).filter(|batch| batch.id <= last) {
            at += 1;
            if batch.stage != Stage::Open {
                continue;
            }
            if batch.live == 0 {
                batch.stage = Stage::Done;
                wakers.extend(batch.wakers.take());
            } else if state.running.len() < self.core.max_in_flight {
                started.push(state.send(at - 1, self));
            } else {
                break;
            }
        }
        drop(state);
        let has_settled = !wakers.is_empty();
        wakers.into_iter().for_each(Waker::wake);
        for keys in &started {
            sent(Sent { loader: &self.core.name, keys: *keys });
        }
        if let (Home::Scope(pulse), false) = (&self.home, started.is_empty()) {
            pulse.raise(Pulse::BATCH);
        }
        has_settled || !started.is_empty()
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
        let Some(at) = state.find(batch) else { return };
        let mut unwanted = Vec::new();
        let batch = &mut state.batches[at];
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
        let mut wakers = batch.wakers.take();
        let over = state.finish(at);
        if let Home::Outside(_) = self.home {
            wakers.extend(state.held_back(&self.core));
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        drop((unwanted, over));
    }
}

/// A batch that nobody has to ask any more, and answers that were replaced in the memo.
type Finished<K, V, E> = (Option<Batch<K, V, E>>, Vec<Known<K, V, E>>);

impl<K, V, E> State<K, V, E> {
    /// Sends the batch at this place; how many keys it has.
    fn send(&mut self, at: usize, lane: &Lane<K, V, E>) -> usize {
        let batch = &mut self.batches[at];
        let keys = batch.send();
        let (count, span) = (keys.len(), batch.span());
        self.running.push(Running::new(batch.id, count, &lane.home, (lane.core.start)(keys), span));
        count
    }

    /// A batch is done: nobody joins it any more, its values are kept if the memo keeps them.
    /// What is returned is to be dropped without the lock.
    fn finish(&mut self, at: usize) -> Finished<K, V, E> {
        let batch = self.batches.remove(at);
        self.unlist(&batch);
        let mut replaced = Vec::new();
        if self.memo.keeps() {
            for slot in batch.slots.iter().filter(|slot| slot.position != NO_KEY) {
                if let Some(answer) = &slot.answer {
                    replaced.extend(self.memo.remember(slot.hash, &batch.sent, slot.position as usize, answer));
                }
            }
        }
        if batch.waiting == 0 {
            return (Some(batch), replaced);
        }
        self.batches.insert(at, batch);
        (None, replaced)
    }
}
