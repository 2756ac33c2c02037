//! The futures of loads.
//!
//! In: a key, and polls. Out: its answer. Inside a scope the future only waits; outside it also drives.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::batch_fn::BatchFn;
use crate::error::LoadError;
use crate::lane::Waiter;
use crate::loader::Loader;

/// The load of one key; what [`Loader::get`] returns. It can be polled again after its end, and is then pending.
#[must_use = "futures do nothing unless they are polled"]
pub struct Load<'a, B: BatchFn> {
    loader: &'a Loader<B>,
    state: State<B>,
}

enum State<B: BatchFn> {
    New(B::Key),
    Waiting(Waiter<B::Key, B::Value, B::Error>),
    Over,
}

impl<'a, B: BatchFn> Load<'a, B> {
    pub(crate) fn new(loader: &'a Loader<B>, key: B::Key) -> Self {
        Load { loader, state: State::New(key) }
    }
}

// Nothing in it is ever pinned.
impl<B: BatchFn> Unpin for Load<'_, B> {}

impl<B: BatchFn> Future for Load<'_, B> {
    type Output = Result<B::Value, LoadError<B::Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Waiting(waiter) = &mut self.state {
            let answer = waiter.poll(context.waker(), Clone::clone);
            if answer.is_some() {
                self.state = State::Over;
            }
            return answer.map_or(Poll::Pending, Poll::Ready);
        }
        if let State::New(key) = std::mem::replace(&mut self.state, State::Over) {
            let lane = self.loader.lane();
            let is_outside = lane.is_none();
            let lane = lane.unwrap_or_else(|| Arc::clone(&self.loader.inner.outside));
            let ticket = lane.ask(key, context.waker());
            self.state = State::Waiting(Waiter::new(lane, ticket));
            if is_outside {
                // Whoever is ready now gets a turn to ask, before this one sends.
                context.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }
}

impl<B: BatchFn> fmt::Debug for Load<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("loader", &self.loader.name()).finish_non_exhaustive()
    }
}

/// The load of many keys; what [`Loader::get_many`] returns. Its answers are in the order of the keys.
#[must_use = "futures do nothing unless they are polled"]
pub struct LoadMany<'a, B: BatchFn> {
    loads: Vec<Result<Answer<B>, Load<'a, B>>>,
}

type Answer<B> = Result<<B as BatchFn>::Value, LoadError<<B as BatchFn>::Error>>;

impl<'a, B: BatchFn> LoadMany<'a, B> {
    pub(crate) fn new(loads: Vec<Load<'a, B>>) -> Self {
        LoadMany { loads: loads.into_iter().map(Err).collect() }
    }
}

// Nothing in it is ever pinned.
impl<B: BatchFn> Unpin for LoadMany<'_, B> {}

impl<B: BatchFn> Future for LoadMany<'_, B> {
    type Output = Vec<Answer<B>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut is_over = true;
        for load in &mut self.loads {
            if let Err(future) = load {
                match Pin::new(future).poll(context) {
                    Poll::Ready(answer) => *load = Ok(answer),
                    Poll::Pending => is_over = false,
                }
            }
        }
        if !is_over {
            return Poll::Pending;
        }
        let loads = std::mem::take(&mut self.loads);
        Poll::Ready(loads.into_iter().filter_map(Result::ok).collect())
    }
}
