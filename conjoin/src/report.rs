//! What a scope did: rounds, batches, keys.
//!
//! In: each batch as it is sent. Out: a [`Report`], and [`assert_rounds!`](crate::assert_rounds) for tests.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::scope::shared::Shared;
use crate::scope::{Scope, current};
use crate::sync::lock;

/// Every batch that was sent while a future ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// In the order of sending.
    pub batches: Vec<BatchReport>,
}

/// A batch that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchReport {
    /// The name of its loader.
    pub loader: String,
    /// Which round it was sent in, counted from 0.
    pub round: usize,
    /// How many keys it had.
    pub keys: usize,
}

impl Report {
    /// How many times something was sent: the round trips, where nothing was in flight from one time to the next.
    pub fn rounds(&self) -> usize {
        self.batches.chunk_by(|a, b| a.round == b.round).count()
    }

    /// How many keys were sent.
    pub fn keys(&self) -> usize {
        self.batches.iter().map(|batch| batch.keys).sum()
    }

    /// How many keys each batch had, in the order of sending.
    pub fn sizes(&self) -> Vec<usize> {
        self.batches.iter().map(|batch| batch.keys).collect()
    }

    /// The part that is about one loader.
    pub fn of(&self, loader: &str) -> Report {
        Report { batches: self.batches.iter().filter(|batch| batch.loader == loader).cloned().collect() }
    }

    /// The names of the loaders that sent something, in the order of their first batches.
    pub fn loaders(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for batch in &self.batches {
            if !names.contains(&batch.loader.as_str()) {
                names.push(&batch.loader);
            }
        }
        names
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number, one, many| format!("{number} {}", if number == 1 { one } else { many });
        let (rounds, batches) =
            (count(self.rounds(), "round", "rounds"), count(self.batches.len(), "batch", "batches"));
        write!(f, "{rounds}, {batches}, {}", count(self.keys(), "key", "keys"))?;
        for (round, batches) in self.batches.chunk_by(|a, b| a.round == b.round).enumerate() {
            write!(f, "\n  round {}:", round + 1)?;
            for (at, batch) in batches.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                write!(f, "{comma} {} of {}", batch.keys, batch.loader)?;
            }
        }
        Ok(())
    }
}

impl Scope {
    /// Runs a future in it and reports what was sent meanwhile. In another scope, that is what that one sent.
    ///
    /// ```
    /// # use conjoin::{Loader, Scope, batch_fn};
    /// let names = Loader::builder(batch_fn(|ids: Vec<u32>| async move {
    ///     ids.iter().map(|id| Ok::<_, ()>(id.to_string())).collect()
    /// }))
    /// .name("names")
    /// .build();
    /// let work = Scope::new().report(async { conjoin::join!(names.get(1), names.get(2)) });
    /// let (_, report) = conjoin::block_on(work)?;
    /// assert_eq!(report.to_string(), "1 round, 1 batch, 2 keys\n  round 1: 2 of names");
    /// # Ok::<_, conjoin::InsideScope>(())
    /// ```
    ///
    /// # Cancellation and panics
    ///
    /// As [`scope`](crate::scope()).
    pub fn report<F: Future>(self, future: F) -> impl Future<Output = (F::Output, Report)> {
        self.run(async move {
            let watch = current::with(|scope| scope.map(Watch::start));
            let value = future.await;
            (value, watch.map(|watch| watch.report()).unwrap_or_default())
        })
    }
}

/// Somebody who wants a report, from a batch on.
struct Watch {
    scope: Arc<Shared>,
    start: usize,
}

impl Watch {
    fn start(scope: &Arc<Shared>) -> Self {
        let mut log = lock(&scope.log);
        log.watches += 1;
        Watch { scope: Arc::clone(scope), start: log.batches.len() }
    }

    fn report(&self) -> Report {
        Report { batches: lock(&self.scope.log).batches.get(self.start..).unwrap_or_default().to_vec() }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut log = lock(&self.scope.log);
        log.watches -= 1;
        if log.watches == 0 {
            log.batches.clear();
        }
    }
}

/// Runs a future in a scope and asserts how many rounds it takes.
///
/// It is for tests, and must stand in an async body. Its value is that of the future.
///
/// ```
/// # use conjoin::{Loader, assert_rounds, batch_fn};
/// # let names = Loader::new(batch_fn(|ids: Vec<u32>| async move {
/// #     ids.iter().map(|id| Ok::<_, ()>(id.to_string())).collect()
/// # }));
/// # conjoin::block_on(async {
/// let (a, b) = assert_rounds!(1, async { conjoin::join!(names.get(1), names.get(2)) });
/// # assert_eq!((a, b), (Ok("1".to_owned()), Ok("2".to_owned())));
/// # }).ok();
/// ```
///
/// # Panics
///
/// When the number differs, with the report of what was sent in each round.
#[macro_export]
macro_rules! assert_rounds {
    ($rounds:expr, $future:expr $(,)?) => {{
        let (value, report) = $crate::Scope::new().report($future).await;
        let rounds: usize = $rounds;
        ::core::assert!(report.rounds() == rounds, "expected {rounds} rounds, but it took {report}");
        value
    }};
}

/// What is written down of a scope.
#[derive(Default)]
pub(crate) struct Log {
    rounds: usize,
    /// How many want a report. A scope may live long, and nothing grows that nobody asked for.
    watches: usize,
    batches: Vec<BatchReport>,
}

impl Log {
    /// A batch is sent, in a new round or in the current one.
    pub(crate) fn add(&mut self, is_new_round: bool, loader: &str, keys: usize) {
        self.rounds += usize::from(is_new_round);
        if self.watches > 0 {
            self.batches.push(BatchReport { loader: loader.to_owned(), round: self.rounds - 1, keys });
        }
    }
}
