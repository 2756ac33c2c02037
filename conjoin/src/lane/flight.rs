//! A batch in flight: its future, what wakes it, and a poll that a panic does not get out of.
//!
//! In: the batch function's future. Out: its answers, or why there are none.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use super::{Home, Rouse};
use crate::batch_fn::BatchFuture;
use crate::error::LoadError;
use crate::scope::pulse::Pulse;
use crate::sync::{AtomicBool, Ordering};
use crate::trace::BatchSpan;

/// A batch in flight.
pub(super) struct Running<V, E> {
    pub(super) batch: u64,
    pub(super) signal: Arc<Signal>,
    /// Away while somebody polls it.
    pub(super) task: Option<Task<V, E>>,
}

/// What is polled, without any lock.
pub(super) struct Task<V, E> {
    pub(super) batch: u64,
    future: BatchFuture<V, E>,
    signal: Arc<Signal>,
    span: BatchSpan,
    keys: usize,
}

/// What came of a batch: what the batch function gave, or why it gave nothing.
pub(super) type Outcome<V, E> = Result<Vec<Result<V, E>>, LoadError<E>>;

impl<V, E> Running<V, E> {
    pub(super) fn new(batch: u64, keys: usize, home: &Home, future: BatchFuture<V, E>, span: BatchSpan) -> Self {
        let signal = Arc::new(Signal::new(batch, home));
        let task = Task { batch, future, signal: Arc::clone(&signal), span, keys };
        Running { batch, signal, task: Some(task) }
    }
}

impl<V, E> Task<V, E> {
    pub(super) fn poll(&mut self, loader: &str) -> Poll<Outcome<V, E>> {
        let waker = Waker::from(Arc::clone(&self.signal));
        let future = self.future.as_mut();
        self.span.run(loader, self.keys, || poll_caught(future, &mut Context::from_waker(&waker)))
    }
}

/// What a batch in flight is woken by.
pub(super) struct Signal {
    woken: AtomicBool,
    target: Target,
}

enum Target {
    Scope(Arc<Pulse>),
    Outside(Weak<dyn Rouse>, u64),
}

impl Signal {
    /// It is woken to begin with: that is the first poll.
    fn new(batch: u64, home: &Home) -> Self {
        let target = match home {
            Home::Scope(pulse) => Target::Scope(Arc::clone(pulse)),
            Home::Outside(lane) => Target::Outside(Weak::clone(lane), batch),
        };
        Signal { woken: AtomicBool::new(true), target }
    }

    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }

    /// It is polled now, and what comes after this wakes it anew.
    pub(super) fn clear(&self) {
        self.woken.store(false, Ordering::SeqCst);
    }

    /// The batch may be polled again. Outside, whoever came while it was polled could not poll it, and may have been too
    /// late to be woken.
    pub(super) fn repeat(&self) {
        if let Target::Outside(lane, batch) = &self.target
            && self.is_woken()
            && let Some(lane) = lane.upgrade()
        {
            lane.rouse(*batch);
        }
    }
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
