//! What a user writes: one function that answers many keys.
//!
//! In: the keys of a batch. Out: one `Result` for each, in their order. [`Core`] is such a function with its options,
//! its own type forgotten.

use std::borrow::Cow;
use std::future::Future;
use std::hash::Hash;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

/// Answers many keys at once.
///
/// The answers are matched to the keys by position, so there must be one per key, in order. Each key has a `Result` of
/// its own: one that fails takes no other with it, and `Error` need not be `Clone`. For "not there" make `Value` an
/// `Option`.
///
/// Keys are distinct: what several waiters ask for is asked for once. `Value` is cloned for all but the last of them;
/// where that is dear, make it an `Arc`.
///
/// ```
/// use conjoin::BatchFn;
///
/// struct Squares;
///
/// impl BatchFn for Squares {
///     type Key = u64;
///     type Value = u64;
///     type Error = String;
///
///     async fn load(&self, keys: &[u64]) -> Vec<Result<u64, String>> {
///         keys.iter().map(|key| key.checked_mul(*key).ok_or_else(|| format!("{key} is too large"))).collect()
///     }
/// }
/// ```
///
/// # Panics
///
/// One that panics fails the keys of its batch with [`LoadError::Panicked`](crate::LoadError::Panicked), nothing else.
///
/// # Cancellation
///
/// Inside a [`scope`](crate::scope()) a batch that was sent runs on while the scope lives, even when nobody waits for
/// it any more; when the scope is dropped, so is the batch, at the `.await` it has reached, unless
/// [`finish_in_flight`](crate::Scope::finish_in_flight) says otherwise. Outside a scope it is dropped with its last
/// waiter.
pub trait BatchFn: Send + Sync + 'static {
    /// What is asked for.
    type Key: Eq + Hash + Send + Sync + 'static;
    /// What is answered.
    type Value: Clone + Send + 'static;
    /// Why a key has no answer.
    type Error: Send + Sync + 'static;

    /// One answer per key, in the order of the keys.
    fn load(&self, keys: &[Self::Key]) -> impl Future<Output = Vec<Result<Self::Value, Self::Error>>> + Send;
}

/// A batch function made of a closure; see [`batch_fn`].
pub struct FromFn<F, K> {
    function: F,
    keys: PhantomData<fn(K)>,
}

/// Makes a [`BatchFn`] of a closure. It is given the keys by value, cloned, so that its future can hold them.
///
/// ```
/// let lengths = conjoin::batch_fn(|words: Vec<String>| async move {
///     words.iter().map(|word| Ok::<_, std::convert::Infallible>(word.len())).collect()
/// });
/// let loader = conjoin::Loader::new(lengths);
/// let length = conjoin::block_on(loader.get("seven".to_owned()));
/// assert_eq!(length, Ok(Ok(5)));
/// ```
pub fn batch_fn<F, Fut, K, V, E>(function: F) -> FromFn<F, K>
where
    F: Fn(Vec<K>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Vec<Result<V, E>>> + Send,
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
    E: Send + Sync + 'static,
{
    FromFn { function, keys: PhantomData }
}

impl<F, Fut, K, V, E> BatchFn for FromFn<F, K>
where
    F: Fn(Vec<K>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Vec<Result<V, E>>> + Send,
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
    E: Send + Sync + 'static,
{
    type Key = K;
    type Value = V;
    type Error = E;

    fn load(&self, keys: &[K]) -> impl Future<Output = Vec<Result<V, E>>> + Send {
        (self.function)(keys.to_vec())
    }
}

/// A batch on its way.
pub(crate) type BatchFuture<V, E> = Pin<Box<dyn Future<Output = Vec<Result<V, E>>> + Send>>;

/// Makes the future of a batch.
pub(crate) type Start<K, V, E> = Box<dyn Fn(Arc<Vec<K>>) -> BatchFuture<V, E> + Send + Sync>;

/// A batch function with its options, its own type forgotten. Loaders and writers share everything below it.
pub(crate) struct Core<K, V, E> {
    pub(crate) name: Cow<'static, str>,
    /// How many keys one batch may have.
    pub(crate) max_batch: usize,
    /// How many batches may be in flight at once, in each scope and outside.
    pub(crate) max_in_flight: usize,
    /// Makes the future of a batch. It runs none of the user's code: that waits for the first poll.
    /// How its recordings are written, if they can be.
    #[cfg(feature = "serde")]
    pub(crate) codec: Option<crate::replay::Codec<K, V, E>>,
    pub(crate) start: Start<K, V, E>,
}
