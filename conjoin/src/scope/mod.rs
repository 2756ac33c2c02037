//! The scope: inside it, loads that run together become batches.
//!
//! In: a future. Out: its value. `driver` runs it, `current` says which scope code is in, `task` takes it to other tasks.

pub(crate) mod current;
mod driver;
pub(crate) mod pulse;
pub(crate) mod shared;
mod task;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use self::driver::Driver;
#[cfg(feature = "tokio")]
pub use self::task::spawn;
pub use self::task::{InTask, ScopeHandle};
use crate::memo::Keeping;
use crate::replay::Recording;

/// Runs a future so that the loads in it become batches. The same as [`Scope::new`]`().run(future)`.
///
/// The future is polled until nothing in it can go on: every branch of every join has come to a load, or waits for
/// something else. Then everything that is open is sent at once, one batch per loader, and the batches are polled
/// together with the future until the next such moment. There is no timer and no task is spawned: whoever polls the
/// scope drives everything in it, on any executor.
///
/// A scope inside another one is transparent: its loads go into the outer scope's batches, and its options do not
/// count. So functions may open scopes as they like; two scopes side by side, with none around them, share nothing.
///
/// ```
/// # use conjoin::{Loader, batch_fn};
/// let names = Loader::new(batch_fn(|ids: Vec<u32>| async move {
///     println!("one request for {ids:?}");
///     ids.iter().map(|id| Ok::<_, std::convert::Infallible>(format!("person {id}"))).collect()
/// }));
/// let page = conjoin::scope(async {
///     let (a, b) = conjoin::join!(names.get(1)?, names.get(2)?);
///     Ok::<_, conjoin::LoadError<_>>(format!("{a} and {b}"))
/// });
/// assert_eq!(conjoin::block_on(page), Ok(Ok("person 1 and person 2".to_owned())));
/// ```
///
/// # Cancellation
///
/// Dropping it drops the future and the batches in flight, at the `.await` each has reached;
/// [`Scope::finish_in_flight`] lets them end. Loads of this scope that are still waited for elsewhere, in tasks that
/// were given it, end with [`LoadError::Cancelled`](crate::LoadError::Cancelled).
///
/// # Panics
///
/// With the future, if that panics. A panic in a batch function is an error of its waiters instead.
///
/// # Fairness
///
/// In one poll at most 64 rounds are made, and what wakes itself is polled again at most 8 times, before the executor
/// gets its turn. A round waits for branches that wake themselves, up to 1024 polls, as long as new keys come; without
/// new keys 32 polls.
///
/// The idea of a future that flushes its loaders whenever it cannot go on is that of the scheduler of Quora's `asynq`;
/// in Rust the crate `async_dataloader` had it first.
pub fn scope<F: Future>(future: F) -> Scoped<F> {
    Scope::new().run(future)
}

/// A scope to be, with its options.
#[derive(Clone, Default)]
#[must_use = "a scope does nothing until it runs a future"]
pub struct Scope {
    pub(crate) options: Options,
}

#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) keeping: Keeping,
    pub(crate) flush: Flush,
    pub(crate) recording: Recording,
    finish: Option<Arc<dyn Fn(InFlight) + Send + Sync>>,
}

/// When open batches are sent, each time nothing can go on.
///
/// What a batch in flight asks for itself is sent at once whatever the policy, since the batch waits for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flush {
    /// All of them, at once, whatever is in flight.
    #[default]
    All,
    /// All of them, but only when nothing is in flight: what an early answer leads to waits for the late ones, and
    /// goes with what those lead to. Fewer and larger batches, in lockstep; the rounds of the first Haxl.
    WhenIdle,
    /// The one with the most keys, and only when nothing is in flight: the others may still grow. It saves requests
    /// and costs time; the rule of `asynq`.
    Largest,
}

impl Scope {
    /// A scope without a memo, that sends everything at once and cancels what is in flight when it is dropped.
    pub fn new() -> Self {
        Scope::default()
    }

    /// Keeps the values of all loads until the scope ends, and answers the same key from there.
    ///
    /// What is found is given out at the end of the round that the key would have been asked in, together with the
    /// answers of that round: so what follows stays in step. (The rule of GraphQL's `dataloader`.) Errors are not kept.
    pub fn memo(mut self) -> Self {
        self.options.keeping.memoizes = true;
        self
    }

    /// When open batches are sent.
    pub fn flush(mut self, flush: Flush) -> Self {
        self.options.flush = flush;
        self
    }

    /// What is in flight when the scope ends is driven to its end, by a future that is given to `spawn`.
    ///
    /// For clients that are left broken by a request that is dropped half-way. Keys that were not sent are not sent.
    ///
    /// ```no_run
    /// # async fn page() {}
    /// # async fn f() {
    /// let scope = conjoin::Scope::new().finish_in_flight(|rest| {
    ///     tokio::spawn(rest);
    /// });
    /// scope.run(page()).await;
    /// # }
    /// ```
    pub fn finish_in_flight(mut self, spawn: impl Fn(InFlight) + Send + Sync + 'static) -> Self {
        self.options.finish = Some(Arc::new(spawn));
        self
    }

    /// Runs a future in it; see [`scope`](crate::scope()).
    pub fn run<F: Future>(self, future: F) -> Scoped<F> {
        Scoped { future, state: State::New(self.options) }
    }
}

pin_project! {
    /// A future in its scope; what [`scope`] returns.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct Scoped<F> {
        // Dropped first, so that its loads are gone when the driver looks for what is in flight.
        #[pin]
        future: F,
        state: State,
    }
}

enum State {
    New(Options),
    /// Inside another scope, which does everything.
    Nested,
    Root(Root),
    Over,
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let State::New(options) = this.state {
            *this.state = match current::is_inside() {
                true => State::Nested,
                false => State::Root(Root(Some(Driver::new(std::mem::take(options))))),
            };
        }
        let poll = match this.state {
            State::Root(Root(Some(driver))) => driver.poll(this.future, context),
            _ => this.future.poll(context),
        };
        if poll.is_ready() {
            *this.state = State::Over;
        }
        poll
    }
}

/// The driver of a scope that is outermost. With it the scope ends.
struct Root(Option<Driver>);

impl Drop for Root {
    fn drop(&mut self) {
        if let Some(driver) = self.0.take()
            && driver.is_in_flight()
            && let Some(finish) = driver.options().finish.clone()
        {
            finish(InFlight { driver });
        }
    }
}

/// What was in flight when a scope ended, as a future that ends with it. See [`Scope::finish_in_flight`].
///
/// Dropping it drops what is still in flight.
#[must_use = "futures do nothing unless they are polled"]
pub struct InFlight {
    driver: Driver,
}

impl Future for InFlight {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.driver.poll_in_flight(context)
    }
}
