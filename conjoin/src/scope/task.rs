//! A scope in other tasks: loads in spawned tasks go into the batches of the scope they were given.
//!
//! In: a handle to the scope, and a future for a task of its own. Out: that future, run in the scope.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;

use super::current;
use super::pulse::Pulse;
use super::shared::Shared;
use crate::sync::{AtomicU8, Mutex, Ordering, lock};

/// A scope, to be given to other tasks.
///
/// The scope stays where it is: it is driven by whoever polls it, so it must be polled while its tasks wait for loads.
/// A round is sent when the scope and all tasks that were given it have come to rest, or after 256 polls in which one
/// of them did not.
#[derive(Clone)]
pub struct ScopeHandle {
    shared: Arc<Shared>,
}

impl ScopeHandle {
    /// The scope this code runs in, if any.
    pub fn current() -> Option<Self> {
        current::with(|scope| scope.map(|shared| ScopeHandle { shared: Arc::clone(shared) }))
    }

    /// Runs a future in this scope, in whichever task it is polled.
    ///
    /// # Cancellation
    ///
    /// When the scope ends first, loads that wait end with [`LoadError::Cancelled`](crate::LoadError::Cancelled), and
    /// later ones are those of code outside a scope.
    pub fn run<F: Future>(&self, future: F) -> InTask<F> {
        let shared = Arc::clone(&self.shared);
        shared.awake.fetch_add(1, Ordering::SeqCst);
        InTask { future, guest: Guest(Arc::new(Alarm { shared, state: AtomicU8::new(AWAKE), task: Mutex::new(None) })) }
    }
}

/// Spawns a task on tokio's runtime that is in the same scope as the code that spawns it, if that is in one.
///
/// # Panics
///
/// As `tokio::spawn`, outside of a runtime.
#[cfg(feature = "tokio")]
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    match ScopeHandle::current() {
        Some(scope) => tokio::spawn(scope.run(future)),
        None => tokio::spawn(future),
    }
}

pin_project! {
    /// A future that runs in the scope it was given; what [`ScopeHandle::run`] returns.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct InTask<F> {
        #[pin]
        future: F,
        guest: Guest,
    }
}

impl<F: Future> Future for InTask<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let alarm = &this.guest.0;
        alarm.begin(context.waker());
        let waker = Waker::from(Arc::clone(alarm));
        let entered = current::enter(Some(Arc::clone(&alarm.shared)));
        let poll = this.future.poll(&mut Context::from_waker(&waker));
        drop(entered);
        match poll.is_ready() {
            true => alarm.retire(),
            false => alarm.end(),
        }
        poll
    }
}

/// Dropped with the future: nobody waits for it any more.
struct Guest(Arc<Alarm>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.retire();
    }
}

/// The task waits to be woken.
const ASLEEP: u8 = 0;
/// It is to be polled, or is being polled and has not woken itself.
const AWAKE: u8 = 1;
/// It is being polled.
const POLLING: u8 = 2;
/// It was woken while it was polled.
const AGAIN: u8 = 3;
/// It is over.
const GONE: u8 = 4;

/// Wakes a task, and counts it among those that are awake.
///
/// Invariant: the scope counts it exactly while its state is neither asleep nor gone.
struct Alarm {
    shared: Arc<Shared>,
    state: AtomicU8,
    task: Mutex<Option<Waker>>,
}

impl Alarm {
    fn begin(&self, waker: &Waker) {
        let old = lock(&self.task).replace(waker.clone());
        drop(old);
        if self.state.swap(POLLING, Ordering::SeqCst) == ASLEEP {
            self.shared.awake.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn end(&self) {
        let sleeps = self.state.compare_exchange(POLLING, ASLEEP, Ordering::SeqCst, Ordering::SeqCst);
        match sleeps {
            Ok(_) => self.leave(),
            Err(_) => self.state.store(AWAKE, Ordering::SeqCst),
        }
    }

    fn retire(&self) {
        let before = self.state.swap(GONE, Ordering::SeqCst);
        if before != ASLEEP && before != GONE {
            self.leave();
        }
    }

    /// One task less is awake; the scope looks whether that was the last.
    fn leave(&self) {
        self.shared.awake.fetch_sub(1, Ordering::SeqCst);
        self.shared.pulse.raise(Pulse::TASK);
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let woken = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| match state {
            ASLEEP => Some(AWAKE),
            POLLING => Some(AGAIN),
            _ => None,
        });
        if woken == Ok(ASLEEP) {
            self.shared.awake.fetch_add(1, Ordering::SeqCst);
        }
        let task = lock(&self.task).clone();
        if let Some(task) = task {
            task.wake();
        }
    }
}
