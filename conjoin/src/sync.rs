//! The locks, atomics and thread-locals of the crate, so that a model checker can take their place.
//!
//! In: `--cfg conjoin_loom`, or not. Out: loom's primitives, or those of std.

#[cfg(conjoin_loom)]
pub(crate) use loom::{
    sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    sync::{Mutex, MutexGuard},
    thread_local,
};
use std::sync::PoisonError;
#[cfg(not(conjoin_loom))]
pub(crate) use std::{
    sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    sync::{Mutex, MutexGuard},
    thread_local,
};

/// Locks, and takes what a panicking thread left behind for what it is.
///
/// Invariant: no lock of this crate is held while a future is polled, a waker is woken or dropped, or an answer is
/// dropped. What runs under a lock is this crate's code, `Hash` and `Eq` of keys, and `Clone` of values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
