//! Loaders for writes: in the order of asking, each as often as asked, sent with the round.
//!
//! In: a function that writes many items. Out: futures, one per item, each with its own receipt.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::batch_fn::Core;
use crate::error::LoadError;
use crate::lane::{Lane, Waiter};
use crate::memo::Memo;
use crate::scope::current;

/// Writes many items at once, in their order, and says what became of each, in the same order.
///
/// # Panics and cancellation
///
/// As for a [`BatchFn`](crate::BatchFn). A batch that is dropped half-way may have written some of its items; use
/// [`Scope::finish_in_flight`](crate::Scope::finish_in_flight) where that matters.
pub trait WriteFn: Send + Sync + 'static {
    /// What is written.
    type Item: Send + Sync + 'static;
    /// What is said of an item that was written.
    type Receipt: Send + 'static;
    /// Why an item was not.
    type Error: Send + Sync + 'static;

    /// One answer per item, in the order of the items.
    fn write(&self, items: &[Self::Item]) -> impl Future<Output = Vec<Result<Self::Receipt, Self::Error>>> + Send;
}

/// Takes one item at a time, and writes many at once.
///
/// Unlike a [`Loader`](crate::Loader) it sends every item, the same twice if it is given twice, in the order in which
/// the futures were first polled; and it never has two batches in flight in one scope, so that what was asked for
/// later is written later. Loads of the same round are sent at the same time and may see the state before it or after.
///
/// It is cheap to clone; clones are the same writer.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// struct Journal(Arc<Mutex<Vec<String>>>);
///
/// impl conjoin::WriteFn for Journal {
///     type Item = String;
///     type Receipt = usize;
///     type Error = String;
///
///     async fn write(&self, lines: &[String]) -> Vec<Result<usize, String>> {
///         let Ok(mut journal) = self.0.lock() else { return Vec::new() };
///         lines.iter().map(|line| { journal.push(line.clone()); Ok(journal.len()) }).collect()
///     }
/// }
///
/// let lines = Arc::default();
/// let journal = conjoin::Writer::new(Journal(Arc::clone(&lines)));
/// let work = async { conjoin::join!(journal.put("a".to_owned()), journal.put("a".to_owned())) };
/// assert_eq!(conjoin::block_on(work), Ok((Ok(1), Ok(2))));
/// ```
pub struct Writer<W: WriteFn> {
    inner: Arc<Inner<W>>,
}

struct Inner<W: WriteFn> {
    core: Arc<Core<W::Item, W::Receipt, W::Error>>,
    outside: LaneOf<W>,
}

type LaneOf<W> = Arc<Lane<<W as WriteFn>::Item, <W as WriteFn>::Receipt, <W as WriteFn>::Error>>;

impl<W: WriteFn> Writer<W> {
    /// A writer whose batches have any size, named after its function's type.
    pub fn new(write_fn: W) -> Self {
        Self::with(write_fn, std::any::type_name::<W>(), usize::MAX)
    }

    /// A writer with a name for reports, and the number of items that one batch may have; 0 counts as 1.
    pub fn with(write_fn: W, name: impl Into<Cow<'static, str>>, max_batch: usize) -> Self {
        let write_fn = Arc::new(write_fn);
        let core = Arc::new(Core {
            name: name.into(),
            max_batch: max_batch.max(1),
            max_in_flight: 1,
            #[cfg(feature = "serde")]
            codec: None,
            start: Box::new(move |items| {
                let write_fn = Arc::clone(&write_fn);
                Box::pin(async move { write_fn.write(&items).await })
            }),
        });
        let outside = Lane::outside(Arc::clone(&core));
        Writer { inner: Arc::new(Inner { core, outside }) }
    }

    /// Writes an item. Nothing happens before the future is polled.
    ///
    /// # Errors
    ///
    /// The item's own error, or what kept the batch from answering: see [`LoadError`]. In a scope that answers from a
    /// recording nothing is written: there it is [`LoadError::NotRecorded`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future takes the item back, if it was not sent yet.
    pub fn put(&self, item: W::Item) -> Write<'_, W> {
        Write { writer: self, state: State::New(item) }
    }

    fn lane(&self) -> Option<LaneOf<W>> {
        let core = &self.inner.core;
        current::lane(Arc::as_ptr(core).addr(), |scope| {
            let memo = Memo::of_writes(scope.options.keeping);
            scope.lane(core, |pulse| Lane::in_scope(Arc::clone(core), pulse, memo))
        })
    }
}

impl<W: WriteFn> Clone for Writer<W> {
    fn clone(&self) -> Self {
        Writer { inner: Arc::clone(&self.inner) }
    }
}

impl<W: WriteFn> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("name", &self.inner.core.name).finish_non_exhaustive()
    }
}

/// The writing of one item; what [`Writer::put`] returns.
#[must_use = "futures do nothing unless they are polled"]
pub struct Write<'a, W: WriteFn> {
    writer: &'a Writer<W>,
    state: State<W>,
}

enum State<W: WriteFn> {
    New(W::Item),
    Waiting(Waiter<W::Item, W::Receipt, W::Error>),
    Over,
}

// Nothing in it is ever pinned.
impl<W: WriteFn> Unpin for Write<'_, W> {}

impl<W: WriteFn> Future for Write<'_, W> {
    type Output = Result<W::Receipt, LoadError<W::Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Waiting(waiter) = &mut self.state {
            // Nobody joins a write, so there is one waiter, and nothing to copy for another.
            let answer = waiter.poll(context.waker(), |_| Err(LoadError::Cancelled));
            if answer.is_some() {
                self.state = State::Over;
            }
            return answer.map_or(Poll::Pending, Poll::Ready);
        }
        if let State::New(item) = std::mem::replace(&mut self.state, State::Over) {
            let lane = self.writer.lane();
            let is_outside = lane.is_none();
            let lane = lane.unwrap_or_else(|| Arc::clone(&self.writer.inner.outside));
            let ticket = lane.append(item, context.waker());
            self.state = State::Waiting(Waiter::new(lane, ticket));
            if is_outside {
                // Whoever is ready now gets a turn to write, before this one sends.
                context.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }
}
