//! Record what the loaders of a scope answered, and answer from that later: tests without servers.
//!
//! In: the answers of a scope. Out: a [`Recording`], and a scope that asks nobody. `json` makes it a file.

#[cfg(feature = "serde")]
mod json;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

#[cfg(feature = "serde")]
pub(crate) use self::json::Codec;
#[cfg(feature = "serde")]
pub use self::json::RecordingError;
use crate::batch_fn::Core;
use crate::memo::Known;
use crate::scope::{Scope, current};
use crate::sync::{Mutex, lock};

/// The answers that the loaders of a scope gave, each under the name of its loader.
///
/// Loaders of one recording need different names. It has one answer for each key, the last. What a
/// [`Writer`](crate::Writer) wrote is not in it, and neither is what was still in flight.
#[derive(Clone, Default)]
pub struct Recording {
    lanes: Arc<Vec<Recorded>>,
}

/// The answers of one loader.
pub(crate) struct Recorded {
    loader: String,
    answers: Answers,
}

enum Answers {
    /// A `Mutex<Vec<Known<K, V, E>>>`, so that values need not be `Sync`.
    Typed {
        known: Arc<dyn Any + Send + Sync>,
        #[cfg(feature = "serde")]
        as_json: Option<json::Written>,
    },
    #[cfg(feature = "serde")]
    Json(Vec<json::Entry>),
}

impl Scope {
    /// Runs a future in it and records what loaders answered. It must be outermost: inside another scope the recording
    /// is empty.
    ///
    /// ```
    /// # use conjoin::{Loader, Scope, batch_fn};
    /// # let names = Loader::new(batch_fn(|ids: Vec<u32>| async move {
    /// #     ids.iter().map(|id| Ok::<_, ()>(id.to_string())).collect()
    /// # }));
    /// # conjoin::block_on(async {}).ok();
    /// # let block_on = futures::executor::block_on::<std::pin::Pin<Box<dyn Future<Output = ()>>>>;
    /// # block_on(Box::pin(async move {
    /// let (name, recording) = Scope::new().record(names.get(1)).await;
    /// let (again, report) = Scope::new().replay(recording).report(names.get(1)).await;
    /// assert_eq!(name, again);
    /// assert_eq!(report.rounds(), 0);
    /// # }));
    /// ```
    ///
    /// # Cancellation and panics
    ///
    /// As [`scope`](crate::scope()).
    pub fn record<F: Future>(mut self, future: F) -> impl Future<Output = (F::Output, Recording)> {
        self.options.keeping.records = true;
        self.run(async move {
            let value = future.await;
            let lanes = current::with(|scope| scope.map(|scope| scope.recorded()));
            (value, Recording { lanes: Arc::new(lanes.unwrap_or_default()) })
        })
    }

    /// Answers every load from a recording, and no batch function is called: what is not in it is
    /// [`LoadError::NotRecorded`](crate::LoadError::NotRecorded). Answers come at the end of a round, as those of a
    /// [`memo`](Scope::memo) do.
    pub fn replay(mut self, recording: Recording) -> Self {
        self.options.keeping.replays = true;
        self.options.recording = recording;
        self
    }
}

impl Recording {
    /// The names of the loaders in it.
    pub fn loaders(&self) -> impl Iterator<Item = &str> {
        self.lanes.iter().map(|recorded| recorded.loader.as_str())
    }

    /// Gives everything that was recorded of a loader to `learn`.
    pub(crate) fn teach<K, V, E>(&self, core: &Core<K, V, E>, mut learn: impl FnMut(&Known<K, V, E>))
    where
        K: 'static,
        V: 'static,
        E: 'static,
    {
        for recorded in self.lanes.iter().filter(|recorded| recorded.loader == core.name) {
            match &recorded.answers {
                Answers::Typed { known, .. } => {
                    if let Some(known) = known.downcast_ref::<Mutex<Vec<Known<K, V, E>>>>() {
                        lock(known).iter().for_each(&mut learn);
                    }
                }
                #[cfg(feature = "serde")]
                Answers::Json(entries) => {
                    if let Some(codec) = &core.codec {
                        entries.iter().filter_map(|entry| (codec.read)(entry)).for_each(|known| learn(&known));
                    }
                }
            }
        }
    }
}

impl Recorded {
    pub(crate) fn new<K, V, E>(core: &Core<K, V, E>, known: Vec<Known<K, V, E>>) -> Self
    where
        K: Send + Sync + 'static,
        V: Send + 'static,
        E: Send + Sync + 'static,
    {
        #[cfg(feature = "serde")]
        let as_json = core.codec.as_ref().map(|codec| known.iter().map(codec.write).collect());
        let known = Arc::new(Mutex::new(known));
        let answers = Answers::Typed {
            known,
            #[cfg(feature = "serde")]
            as_json,
        };
        Recorded { loader: core.name.to_string(), answers }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("loaders", &self.loaders().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
