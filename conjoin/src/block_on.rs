//! The way in for callers that are not async.
//!
//! In: a future. Out: its value, when this thread has driven it to its end.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::scope::{current, scope};

/// Runs a future in a [`scope`](crate::scope()) of its own and blocks the thread until it is over.
///
/// It is what `f()` is beside `f.asynq()` in Quora's `asynq`: the same code for callers that are not async. The future
/// is polled on this thread and nowhere else. Batch functions that need a runtime need it to run in other threads, and
/// to be entered here: `let _guard = handle.enter();` with tokio.
///
/// # Errors
///
/// [`InsideScope`], and the future is not polled, where this thread runs in a scope already: it would wait for a batch
/// that only this thread can send.
///
/// # Panics
///
/// With the future.
pub fn block_on<F: Future>(future: F) -> Result<F::Output, InsideScope> {
    if current::is_inside() {
        return Err(InsideScope(()));
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(scope(future));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return Ok(value),
            // A wake that came before this makes it return at once.
            Poll::Pending => thread::park(),
        }
    }
}

/// Blocking was tried inside a scope. Await the future instead, or call from a thread of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsideScope(());

impl fmt::Display for InsideScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "blocking inside a scope would wait for a batch that only this thread can send; await the future instead",
        )
    }
}

impl Error for InsideScope {}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}
