//! Why a load has no value.
//!
//! In: what the batch function said of a key, or what kept it from saying anything. Out: [`LoadError`], one per waiter.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// What a waiter gets instead of a value.
///
/// It can be cloned whatever `E` is: several waiters of one key share the error behind an `Arc`.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError<E> {
    /// The batch function answered this key with an error. Other keys of the same batch are not touched by it.
    Failed(Arc<E>),
    /// The batch function panicked, with this message. The loader lives on; the next load starts a new batch.
    Panicked(Arc<str>),
    /// The batch function gave another number of answers than it was given keys, so none can be told from another.
    WrongLength {
        /// How many keys it was given.
        keys: usize,
        /// How many answers it gave.
        answers: usize,
    },
    /// The scope ended before the answer came.
    Cancelled,
    /// The scope answers from a recording, and this key is not in it.
    NotRecorded,
}

impl<E> LoadError<E> {
    /// The batch function's own error, if it is one.
    pub fn failure(&self) -> Option<&E> {
        match self {
            LoadError::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The batch function's own error by value, if it is one and nobody else shares it; otherwise `self` again.
    ///
    /// # Errors
    ///
    /// `self`, unchanged, where there is no such error or another waiter of the same key still holds it.
    pub fn into_failure(self) -> Result<E, Self> {
        match self {
            LoadError::Failed(error) => Arc::try_unwrap(error).map_err(LoadError::Failed),
            other => Err(other),
        }
    }
}

impl<E> Clone for LoadError<E> {
    fn clone(&self) -> Self {
        match self {
            LoadError::Failed(error) => LoadError::Failed(Arc::clone(error)),
            LoadError::Panicked(message) => LoadError::Panicked(Arc::clone(message)),
            LoadError::WrongLength { keys, answers } => LoadError::WrongLength { keys: *keys, answers: *answers },
            LoadError::Cancelled => LoadError::Cancelled,
            LoadError::NotRecorded => LoadError::NotRecorded,
        }
    }
}

impl<E: fmt::Display> fmt::Display for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Failed(error) => write!(f, "the batch function answered with an error: {error}"),
            LoadError::Panicked(message) => write!(f, "the batch function panicked: {message}"),
            LoadError::WrongLength { keys, answers } => {
                write!(f, "the batch function gave {answers} answers for {keys} keys; give one per key, in order")
            }
            LoadError::Cancelled => f.write_str("the scope ended before the answer came; await loads inside it"),
            LoadError::NotRecorded => f.write_str("the recording has no answer for this key; record it anew"),
        }
    }
}

impl<E: Error + 'static> Error for LoadError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failure().map(|error| error as &(dyn Error + 'static))
    }
}
