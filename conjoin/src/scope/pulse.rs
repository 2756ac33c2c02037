//! What wakes a scope: its own future, its batches, and keys from other tasks.
//!
//! In: wakes, from any thread. Out: which of them there were, and one wake of whoever polls the scope.

use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::sync::{AtomicU8, Mutex, Ordering, lock};

pub(crate) struct Pulse {
    bits: AtomicU8,
    parent: Mutex<Option<Waker>>,
}

impl Pulse {
    /// The scope's future wants to be polled.
    pub(crate) const MAIN: u8 = 1;
    /// A batch in flight does.
    pub(crate) const BATCH: u8 = 2;
    /// Another task has asked for a key, or has come to rest.
    pub(crate) const TASK: u8 = 4;
    /// The scope is being polled. Whoever raises a bit then need not wake it: it looks again before it rests.
    const POLLING: u8 = 8;

    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Pulse { bits: AtomicU8::new(Self::MAIN), parent: Mutex::new(None) })
    }

    pub(crate) fn raise(&self, bit: u8) {
        let before = self.bits.fetch_or(bit, Ordering::SeqCst);
        if before & (bit | Self::POLLING) == 0 {
            self.wake_parent();
        }
    }

    /// The scope is polled, with this waker.
    pub(crate) fn begin(&self, waker: &Waker) {
        let mut parent = lock(&self.parent);
        let is_known = parent.as_ref().is_some_and(|known| known.will_wake(waker));
        let old = if is_known { None } else { parent.replace(waker.clone()) };
        drop(parent);
        drop(old);
        self.bits.fetch_or(Self::POLLING, Ordering::SeqCst);
    }

    /// The scope rests. What was raised meanwhile wakes it again.
    pub(crate) fn end(&self) {
        let before = self.bits.fetch_and(!Self::POLLING, Ordering::SeqCst);
        if before & !Self::POLLING != 0 {
            self.wake_parent();
        }
    }

    /// The scope rests, and is sure to be polled again, whatever was raised.
    pub(crate) fn end_quietly(&self) {
        self.bits.fetch_and(!Self::POLLING, Ordering::SeqCst);
    }

    /// Whether a bit was raised; it no longer is.
    pub(crate) fn take(&self, bit: u8) -> bool {
        // Most of the time it is not, and looking is cheaper than writing.
        self.has(bit) && self.bits.fetch_and(!bit, Ordering::SeqCst) & bit != 0
    }

    pub(crate) fn has(&self, bit: u8) -> bool {
        self.bits.load(Ordering::SeqCst) & bit != 0
    }

    fn wake_parent(&self) {
        let parent = lock(&self.parent).clone();
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

/// As a waker it is that of the scope's future.
impl Wake for Pulse {
    fn wake(self: Arc<Self>) {
        self.raise(Self::MAIN);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.raise(Self::MAIN);
    }
}
