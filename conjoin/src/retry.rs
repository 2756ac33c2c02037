//! Asks again for the keys that failed, and for no others.
//!
//! In: a batch function, and a policy. Out: a batch function whose failures are those that last.

use std::future::{Future, poll_fn};
use std::pin::pin;

use crate::batch_fn::BatchFn;
use crate::error::LoadError;
use crate::lane::poll_caught;

/// A batch function that asks again for failed keys, where the error may pass.
///
/// Keys with a value or a lasting error are settled. The others are asked for again, together, after a pause, until
/// none is left or the attempts are used up. What still fails then is answered key by key, each with its last error:
/// those are the dead letters, and none is lost.
///
/// The pause is the caller's: a future for each attempt, from whatever runtime there is.
///
/// ```
/// # use conjoin::{BatchFn, Loader, Retry, batch_fn};
/// # use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// # #[derive(Clone, Debug, PartialEq)] enum DbError { Busy, NotFound }
/// # let calls = AtomicU32::new(0);
/// # let names = batch_fn(move |ids: Vec<u32>| {
/// #     let call = calls.fetch_add(1, Relaxed);
/// #     async move { ids.iter().map(|id| match id {
/// #         0 => Err(DbError::NotFound),
/// #         1 if call == 0 => Err(DbError::Busy),
/// #         id => Ok(id.to_string()),
/// #     }).collect() }
/// # });
/// # async fn sleep(_: u32) {}
/// let names = Retry::new(names, 3, |error: &DbError| *error == DbError::Busy, |attempt| async move {
///     // With tokio: tokio::time::sleep(Duration::from_millis(10 << attempt)).await
///     sleep(10 << attempt).await;
/// });
/// let names = Loader::new(names);
/// assert_eq!(conjoin::block_on(names.get(1)), Ok(Ok("1".to_owned())));
/// ```
///
/// # Panics
///
/// A panic of the batch function, in an attempt after the first, ends the attempts: the keys that were asked for again
/// keep the errors they had. In the first attempt it is a panic of this one.
///
/// # Cancellation
///
/// Dropped during a pause, nothing more is asked.
pub struct Retry<B, T, P> {
    batch_fn: B,
    attempts: u32,
    is_transient: T,
    pause: P,
}

impl<B, T, P, Fut> Retry<B, T, P>
where
    B: BatchFn<Key: Clone>,
    T: Fn(&B::Error) -> bool + Send + Sync + 'static,
    P: Fn(u32) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    /// Asks at most `attempts` times; 0 counts as 1. `is_transient` tells errors that may pass from lasting ones,
    /// `pause` is given the number of the attempt that failed, counted from 0.
    pub fn new(batch_fn: B, attempts: u32, is_transient: T, pause: P) -> Self {
        Retry { batch_fn, attempts: attempts.max(1), is_transient, pause }
    }

    /// Asks for the keys at these places again. Whether there is any point in going on.
    async fn ask_again(&self, keys: &[B::Key], places: &[usize], answers: &mut [Answer<B>]) -> bool {
        let again: Vec<B::Key> = places.iter().map(|place| keys[*place].clone()).collect();
        let mut load = pin!(self.batch_fn.load(&again));
        let outcome: Result<_, LoadError<()>> = poll_fn(|context| poll_caught(load.as_mut(), context)).await;
        match outcome {
            Ok(fresh) if fresh.len() == places.len() => {
                for (place, answer) in places.iter().zip(fresh) {
                    answers[*place] = answer;
                }
                true
            }
            // What cannot be told apart replaces nothing that is known.
            _ => false,
        }
    }
}

/// What is said of one key.
type Answer<B> = Result<<B as BatchFn>::Value, <B as BatchFn>::Error>;

impl<B, T, P, Fut> BatchFn for Retry<B, T, P>
where
    B: BatchFn<Key: Clone>,
    T: Fn(&B::Error) -> bool + Send + Sync + 'static,
    P: Fn(u32) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    type Key = B::Key;
    type Value = B::Value;
    type Error = B::Error;

    async fn load(&self, keys: &[B::Key]) -> Vec<Answer<B>> {
        let mut answers = self.batch_fn.load(keys).await;
        if answers.len() != keys.len() {
            return answers;
        }
        for attempt in 1..self.attempts {
            let may_pass = |answer: &Answer<B>| answer.as_ref().is_err_and(&self.is_transient);
            let places: Vec<usize> = (0..keys.len()).filter(|place| may_pass(&answers[*place])).collect();
            if places.is_empty() {
                break;
            }
            (self.pause)(attempt - 1).await;
            if !self.ask_again(keys, &places, &mut answers).await {
                break;
            }
        }
        answers
    }
}
