//! A recording as a file.
//!
//! In: a recording whose loaders can be written. Out: JSON, and the recording again.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Answers, Recorded, Recording};
use crate::batch_fn::BatchFn;
use crate::error::LoadError;
use crate::lane::Answer;
use crate::loader::LoaderBuilder;
use crate::memo::Known;

/// How the answers of a loader are written and read.
pub(crate) struct Codec<K, V, E> {
    pub(super) write: fn(&Known<K, V, E>) -> Result<Entry, serde_json::Error>,
    /// Nothing where it is of other types than this loader's.
    pub(super) read: fn(&Entry) -> Option<Known<K, V, E>>,
}

/// What became of writing all answers of a loader.
pub(super) type Written = Result<Vec<Entry>, serde_json::Error>;

/// A key and its answer.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    key: serde_json::Value,
    answer: Stored<serde_json::Value, serde_json::Value>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stored<V, E> {
    Value(V),
    Failed(E),
    Panicked(String),
    WrongLength { keys: usize, answers: usize },
    Cancelled,
    NotRecorded,
}

impl<B: BatchFn> LoaderBuilder<B> {
    /// Lets recordings of this loader be written as JSON.
    pub fn recordable(mut self) -> Self
    where
        B::Key: Serialize + DeserializeOwned,
        B::Value: Serialize + DeserializeOwned,
        B::Error: Serialize + DeserializeOwned,
    {
        self.codec =
            Some(Codec { write: write::<B::Key, B::Value, B::Error>, read: read::<B::Key, B::Value, B::Error> });
        self
    }
}

impl Recording {
    /// Writes it as JSON: for each loader its keys and their answers.
    ///
    /// # Errors
    ///
    /// Where one of its loaders is not [`recordable`](LoaderBuilder::recordable), or something in it cannot be JSON.
    pub fn to_json(&self) -> Result<String, RecordingError> {
        let wrong = |loader: &str, reason: &str| RecordingError(format!("the loader `{loader}` {reason}"));
        let mut loaders = BTreeMap::new();
        for Recorded { loader, answers } in self.lanes.iter() {
            let entries = match answers {
                Answers::Typed { as_json: Some(Ok(entries)), .. } | Answers::Json(entries) => entries,
                Answers::Typed { as_json: Some(Err(error)), .. } => {
                    return Err(wrong(loader, &format!("has an answer that cannot be written: {error}")));
                }
                Answers::Typed { as_json: None, .. } => {
                    return Err(wrong(loader, "cannot be written; build it with `recordable()`"));
                }
            };
            if loaders.insert(loader, entries).is_some() {
                return Err(wrong(loader, "is there twice; give each a name of its own"));
            }
        }
        serde_json::to_string_pretty(&loaders).map_err(|error| RecordingError(error.to_string()))
    }

    /// Reads what [`to_json`](Self::to_json) has written. Answers become values when a loader asks for them; what does
    /// not fit its types is not there.
    ///
    /// # Errors
    ///
    /// Where it is not that.
    pub fn from_json(text: &str) -> Result<Self, RecordingError> {
        let loaders: BTreeMap<String, Vec<Entry>> = serde_json::from_str(text)
            .map_err(|error| RecordingError(format!("this is no recording, record it anew: {error}")))?;
        let lanes = loaders.into_iter().map(|(loader, entries)| Recorded { loader, answers: Answers::Json(entries) });
        Ok(Recording { lanes: Arc::new(lanes.collect()) })
    }
}

/// Why a recording cannot be written or read.
#[derive(Debug)]
pub struct RecordingError(String);

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for RecordingError {}

fn write<K: Serialize, V: Serialize, E: Serialize>(known: &Known<K, V, E>) -> Result<Entry, serde_json::Error> {
    let answer = match &known.answer {
        Ok(value) => Stored::Value(serde_json::to_value(value)?),
        Err(LoadError::Failed(error)) => Stored::Failed(serde_json::to_value(&**error)?),
        Err(LoadError::Panicked(message)) => Stored::Panicked(message.to_string()),
        Err(LoadError::WrongLength { keys, answers }) => Stored::WrongLength { keys: *keys, answers: *answers },
        Err(LoadError::Cancelled) => Stored::Cancelled,
        Err(LoadError::NotRecorded) => Stored::NotRecorded,
    };
    Ok(Entry { key: serde_json::to_value(known.key())?, answer })
}

fn read<K: DeserializeOwned, V: DeserializeOwned, E: DeserializeOwned>(entry: &Entry) -> Option<Known<K, V, E>> {
    let key = serde_json::from_value(entry.key.clone()).ok()?;
    let answer: Answer<V, E> = match entry.answer.clone() {
        Stored::Value(value) => Ok(serde_json::from_value(value).ok()?),
        Stored::Failed(error) => Err(LoadError::Failed(Arc::new(serde_json::from_value(error).ok()?))),
        Stored::Panicked(message) => Err(LoadError::Panicked(message.into())),
        Stored::WrongLength { keys, answers } => Err(LoadError::WrongLength { keys, answers }),
        Stored::Cancelled => Err(LoadError::Cancelled),
        Stored::NotRecorded => Err(LoadError::NotRecorded),
    };
    Some(Known::single(key, answer))
}
