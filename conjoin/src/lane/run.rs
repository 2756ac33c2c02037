//! Sending the batches of a lane and driving what is in flight.
//!
//! In: open batches, and futures that were woken. Out: answers in their slots, and their waiters woken.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use super::batch::{Batch, NO_KEY, Stage};
use super::{Home, Lane, Rouse, State};
use crate::batch_fn::BatchFuture;
use crate::error::LoadError;
use crate::scope::pulse::Pulse;
use crate::sync::{AtomicBool, Ordering, lock};

/// A batch in flight.
pub(super) struct Running<V, E> {
    pub(super) batch: u64,
    /// Away while somebody polls it.
    future: Option<BatchFuture<V, E>>,
    signal: Arc<Signal>,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// What a batch in flight is woken by.
struct Signal {
    woken: AtomicBool,
    target: Target,
}

enum Target {
    Scope(Arc<Pulse>),
    Outside(Weak<dyn Rouse>, u64),
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.woken.swap(true, Ordering::SeqCst) {
            return;
        }
        match &self.target {
            Target::Scope(pulse) => pulse.raise(Pulse::BATCH),
            Target::Outside(lane, batch) => {
                if let Some(lane) = lane.upgrade() {
                    lane.rouse(*batch);
                }
            }
        }
    }
}

/// What came of a batch: what the batch function gave, or why it gave nothing.
type Outcome<V, E> = Result<Vec<Result<V, E>>, LoadError<E>>;

/// A batch that was just sent.
pub(crate) struct Sent<'a> {
    pub(crate) loader: &'a str,
    pub(crate) keys: usize,
}

/// A lane whose types are forgotten: what a scope does with all of its loaders.
pub(crate) trait AnyLane: Any + Send + Sync {
    /// Sends what is open, as far as the limit of batches in flight lets it. Whether anything came of it.
    fn start(&self, sent: &mut dyn FnMut(Sent<'_>)) -> bool;
    /// Polls what was woken. Whether a batch came to its end.
    fn poll_running(&self) -> bool;
    fn load(&self) -> Load;
    /// Ends everything: nothing is in flight any more, and whoever still waits is told so.
    fn close(&self);
}

/// What there is to do in a lane.
#[derive(Clone, Copy, Default)]
pub(crate) struct Load {
    /// Keys and known answers that wait for the next round.
    pub(crate) open: usize,
    pub(crate) running: usize,
    /// How many keys were ever asked for.
    pub(crate) asked: u64,
}

impl Load {
    pub(crate) fn plus(self, other: Self) -> Self {
        Load { open: self.open + other.open, running: self.running + other.running, asked: self.asked + other.asked }
    }
}

impl<K: Send + Sync + 'static, V: Send + 'static, E: Send + Sync + 'static> AnyLane for Lane<K, V, E> {
    fn start(&self, sent: &mut dyn FnMut(Sent<'_>)) -> bool {
        self.start_up_to(u64::MAX, sent)
    }

    fn poll_running(&self) -> bool {
        self.drive()
    }

    fn load(&self) -> Load {
        let state = lock(&self.state);
        let open = state.batches.iter().filter(|batch| batch.stage == Stage::Open);
        Load { open: open.map(|batch| batch.waiting).sum(), running: state.running.len(), asked: state.asked }
    }

    fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        state.index.clear();
        let running = std::mem::take(&mut state.running);
        let mut wakers = Vec::new();
        for batch in state.batches.iter_mut().filter(|batch| batch.stage != Stage::Done) {
            batch.fail(&LoadError::Cancelled);
            batch.stage = Stage::Done;
            wakers.extend(batch.wakers.take());
        }
        let over = state.batches.extract_if(.., |batch| batch.waiting == 0).collect::<Vec<_>>();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        drop((running, over));
    }
}

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
        while let Some(mut running) = self.take_woken(after) {
            after = Some(running.batch);
            match running.poll() {
                Poll::Pending => self.put_back(running),
                Poll::Ready(answers) => {
                    self.complete(running.batch, answers);
                    has_ended = true;
                }
            }
        }
        has_ended
    }

    /// The first batch after this one that was woken and that nobody polls.
    fn take_woken(&self, after: Option<u64>) -> Option<Running<V, E>> {
        let mut state = lock(&self.state);
        let is_next = |running: &&mut Running<V, E>| {
            after.is_none_or(|after| running.batch > after)
                && running.future.is_some()
                && running.signal.woken.load(Ordering::SeqCst)
        };
        let running = state.running.iter_mut().filter(is_next).min_by_key(|running| running.batch)?;
        running.signal.woken.store(false, Ordering::SeqCst);
        Some(Running { future: running.future.take(), ..running.handle() })
    }

    fn put_back(&self, mut running: Running<V, E>) {
        let mut state = lock(&self.state);
        if let Some(place) = state.running.iter_mut().find(|other| other.batch == running.batch) {
            place.future = running.future.take();
        }
        drop(state);
        // Whoever came while it was away could not poll it, and may have been too late to be woken.
        if let Target::Outside(lane, batch) = &running.signal.target
            && running.signal.woken.load(Ordering::SeqCst)
            && let Some(lane) = lane.upgrade()
        {
            lane.rouse(*batch);
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

impl<K, V, E> State<K, V, E> {
    /// Sends the batch at this place; how many keys it has.
    fn send(&mut self, at: usize, lane: &Lane<K, V, E>) -> usize {
        let batch = &mut self.batches[at];
        let keys = batch.send();
        let target = match &lane.home {
            Home::Scope(pulse) => Target::Scope(Arc::clone(pulse)),
            Home::Outside(lane) => Target::Outside(Weak::clone(lane), batch.id),
        };
        let count = keys.len();
        self.running.push(Running {
            batch: batch.id,
            #[cfg(feature = "tracing")]
            span: crate::trace::batch_span(&lane.core.name, count, batch),
            future: Some((lane.core.start)(keys)),
            signal: Arc::new(Signal { woken: AtomicBool::new(true), target }),
        });
        count
    }

    /// A batch is done: nobody joins it any more, its values are kept if the memo keeps them.
    fn finish(&mut self, at: usize) -> Option<Batch<K, V, E>> {
        let batch = self.batches.remove(at);
        self.unlist(&batch);
        if self.memo.keeps() {
            for slot in batch.slots.iter().filter(|slot| slot.position != NO_KEY) {
                if let Some(answer) = &slot.answer {
                    self.memo.remember(slot.hash, &batch.sent, slot.position as usize, answer);
                }
            }
        }
        if batch.waiting == 0 {
            return Some(batch);
        }
        self.batches.insert(at, batch);
        None
    }
}

impl<V, E> Running<V, E> {
    /// The same without its future.
    fn handle(&self) -> Self {
        Running {
            batch: self.batch,
            future: None,
            signal: Arc::clone(&self.signal),
            #[cfg(feature = "tracing")]
            span: self.span.clone(),
        }
    }

    fn poll(&mut self) -> Poll<Outcome<V, E>> {
        #[cfg(feature = "tracing")]
        let _entered = self.span.enter();
        let waker = Waker::from(Arc::clone(&self.signal));
        let Some(future) = self.future.as_mut() else { return Poll::Pending };
        poll_caught(future.as_mut(), &mut Context::from_waker(&waker))
    }
}

/// Polls a batch function's future; a panic becomes an error.
pub(crate) fn poll_caught<T, E>(
    future: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    context: &mut Context<'_>,
) -> Poll<Result<T, LoadError<E>>> {
    // What a panic leaves in disorder is the future, and it is never polled again.
    match catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(payload) => Poll::Ready(Err(LoadError::Panicked(message(&*payload).into()))),
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
