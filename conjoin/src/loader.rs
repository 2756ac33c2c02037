//! The loader: what code asks for one key at a time.
//!
//! In: a batch function and its options. Out: futures, one per key, that share its batches.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::batch_fn::{BatchFn, Core};
use crate::lane::Lane;
use crate::load::{Load, LoadMany};
use crate::memo::Memo;
use crate::scope::current;

/// Answers one key at a time, and asks for many at once.
///
/// It is cheap to clone; clones are the same loader. It may be used in many scopes and outside of them at the same
/// time: scopes share none of its batches, so that what ends one ends nothing in another.
///
/// What it does with keys that are asked for together:
///
/// * the same key is sent once, and everybody gets a clone of the value;
/// * a key that is in flight in the same scope is joined, not sent again;
/// * a batch that is full is sent together with the next one, up to the limit of batches in flight.
pub struct Loader<B: BatchFn> {
    pub(crate) inner: Arc<Inner<B>>,
}

pub(crate) struct Inner<B: BatchFn> {
    pub(crate) core: Arc<Core<B::Key, B::Value, B::Error>>,
    /// For loads outside of every scope.
    pub(crate) outside: LaneOf<B>,
}

/// The lane of a loader.
pub(crate) type LaneOf<B> = Arc<Lane<<B as BatchFn>::Key, <B as BatchFn>::Value, <B as BatchFn>::Error>>;

impl<B: BatchFn> Loader<B> {
    /// A loader without limits, named after its batch function's type.
    pub fn new(batch_fn: B) -> Self {
        Self::builder(batch_fn).build()
    }

    /// A loader with a name or limits.
    pub fn builder(batch_fn: B) -> LoaderBuilder<B> {
        let name = Cow::Borrowed(std::any::type_name::<B>());
        LoaderBuilder {
            batch_fn,
            name,
            max_batch: usize::MAX,
            max_in_flight: usize::MAX,
            #[cfg(feature = "serde")]
            codec: None,
        }
    }

    /// Asks for a key. Nothing happens before the future is polled.
    ///
    /// Inside a [`scope`](crate::scope()) the key is sent when nothing in the scope can go on. Outside, it is sent one
    /// turn of the executor later, with the keys of this loader that were asked for until then, and all waiters of
    /// the batch can drive it: one that is dropped or polled no longer keeps nobody waiting.
    ///
    /// # Errors
    ///
    /// The key's own error, or what kept the batch from answering: see [`LoadError`](crate::LoadError).
    ///
    /// # Cancellation
    ///
    /// Dropping the future takes the key back, if nobody else waits for it and it was not sent yet.
    pub fn get(&self, key: B::Key) -> Load<'_, B> {
        Load::new(self, key)
    }

    /// Asks for many keys, as so many calls of [`get`](Self::get) that are joined. The answers are in their order.
    ///
    /// # Errors and cancellation
    ///
    /// Those of [`get`](Self::get), for each key. It is over when all keys are answered.
    pub fn get_many<I: IntoIterator<Item = B::Key>>(&self, keys: I) -> LoadMany<'_, B> {
        LoadMany::new(keys.into_iter().map(|key| self.get(key)).collect())
    }

    /// Keeps a value for a key until the scope ends, as if it had been loaded. Whether there is a scope to keep it.
    ///
    /// It is given out even where the scope has no [`memo`](crate::Scope::memo) for what is loaded.
    pub fn prime(&self, key: B::Key, value: B::Value) -> bool {
        let lane = self.lane();
        if let Some(lane) = &lane {
            lane.prime(key, value);
        }
        lane.is_some()
    }

    /// Forgets what the scope knows of a key: the next load asks for it anew, and joins nothing that was sent before.
    ///
    /// For after a write. Outside of a scope, nothing that was sent before is joined.
    pub fn clear(&self, key: &B::Key) {
        self.lane().as_ref().unwrap_or(&self.inner.outside).clear(key);
    }

    /// The name in reports and spans.
    pub fn name(&self) -> &str {
        &self.inner.core.name
    }

    /// Its lane in the scope this code runs in, if that is in one that has not ended.
    pub(crate) fn lane(&self) -> Option<LaneOf<B>> {
        let core = &self.inner.core;
        current::lane(Arc::as_ptr(core).addr(), |scope| {
            let keeping = scope.options.keeping;
            scope.lane(core, |pulse| {
                let lane = Lane::in_scope(Arc::clone(core), pulse, Memo::new(keeping));
                scope.options.recording.teach(core, |known| lane.learn(known));
                lane
            })
        })
    }
}

impl<B: BatchFn> Clone for Loader<B> {
    fn clone(&self) -> Self {
        Loader { inner: Arc::clone(&self.inner) }
    }
}

impl<B: BatchFn> fmt::Debug for Loader<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader").field("name", &self.inner.core.name).finish_non_exhaustive()
    }
}

/// A loader to be; see [`Loader::builder`].
#[must_use = "it is no loader before it is built"]
pub struct LoaderBuilder<B: BatchFn> {
    batch_fn: B,
    name: Cow<'static, str>,
    max_batch: usize,
    max_in_flight: usize,
    #[cfg(feature = "serde")]
    pub(crate) codec: Option<crate::replay::Codec<B::Key, B::Value, B::Error>>,
}

impl<B: BatchFn> LoaderBuilder<B> {
    /// The name in reports and spans.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// How many keys one batch may have; 0 counts as 1. More of them make more batches, sent in the same round.
    pub fn max_batch(mut self, keys: usize) -> Self {
        self.max_batch = keys.max(1);
        self
    }

    /// How many batches may be in flight at once in each scope; 0 counts as 1.
    ///
    /// What is over the limit stays open and takes more keys, so batches grow with the load.
    pub fn max_in_flight(mut self, batches: usize) -> Self {
        self.max_in_flight = batches.max(1);
        self
    }

    /// The loader.
    pub fn build(self) -> Loader<B> {
        let batch_fn = Arc::new(self.batch_fn);
        let core = Arc::new(Core {
            name: self.name,
            max_batch: self.max_batch,
            max_in_flight: self.max_in_flight,
            #[cfg(feature = "serde")]
            codec: self.codec,
            start: Box::new(move |keys| {
                let batch_fn = Arc::clone(&batch_fn);
                Box::pin(async move { batch_fn.load(&keys).await })
            }),
        });
        let outside = Lane::outside(Arc::clone(&core));
        Loader { inner: Arc::new(Inner { core, outside }) }
    }
}
