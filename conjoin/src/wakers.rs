//! The wakers of those who wait for one batch.
//!
//! In: a waiter's waker at each poll. Out: all of them, each once, when there is something to wake for.
//!
//! Branches of one `join!` are polled with one waker, so neighbours share an entry: ten waiters, one wake.

use std::task::Waker;

/// Where a waiter's waker is. It must be given back to [`Wakers::leave`] or to the next [`Wakers::register`].
pub(crate) type Entry = u32;

/// Wakers that were taken.
pub(crate) struct Woken(Vec<Option<Shared>>);

impl Woken {
    pub(crate) fn wake(self) {
        self.0.into_iter().flatten().for_each(|shared| shared.waker.wake());
    }
}

pub(crate) struct Wakers {
    /// Invariant: an entry without uses holds no waker and is in `free`.
    entries: Vec<Option<Shared>>,
    free: Vec<Entry>,
    last: Entry,
}

struct Shared {
    waker: Waker,
    uses: u32,
}

impl Wakers {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Wakers { entries: Vec::with_capacity(capacity), free: Vec::new(), last: 0 }
    }

    /// A waiter that waits with this waker.
    pub(crate) fn join(&mut self, waker: &Waker) -> Entry {
        if let Some(Some(last)) = self.entries.get_mut(self.last as usize)
            && last.waker.will_wake(waker)
        {
            last.uses += 1;
            return self.last;
        }
        let shared = Some(Shared { waker: waker.clone(), uses: 1 });
        self.last = self.free.pop().unwrap_or(self.entries.len() as Entry);
        match self.entries.get_mut(self.last as usize) {
            Some(vacant) => *vacant = shared,
            None => self.entries.push(shared),
        }
        self.last
    }

    /// The waiter is polled again, perhaps with another waker. The second value is to be dropped without the lock.
    pub(crate) fn register(&mut self, entry: Entry, waker: &Waker) -> (Entry, Option<Waker>) {
        let known = self.entries.get(entry as usize).and_then(Option::as_ref);
        if known.is_some_and(|shared| shared.waker.will_wake(waker)) {
            return (entry, None);
        }
        let old = self.leave(entry);
        (self.join(waker), old)
    }

    /// The waiter waits no longer. The value is to be dropped without the lock.
    pub(crate) fn leave(&mut self, entry: Entry) -> Option<Waker> {
        let place = self.entries.get_mut(entry as usize)?;
        let shared = place.as_mut()?;
        shared.uses -= 1;
        if shared.uses > 0 {
            return None;
        }
        self.free.push(entry);
        place.take().map(|shared| shared.waker)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Everybody's waker, to be woken without the lock. Whoever waits on must register again.
    pub(crate) fn take(&mut self) -> Woken {
        self.free.clear();
        self.last = 0;
        Woken(std::mem::take(&mut self.entries))
    }

    /// Copies of everybody's waker, to be woken without the lock, and everybody stays registered.
    pub(crate) fn copies(&self) -> Vec<Waker> {
        self.entries.iter().flatten().map(|shared| shared.waker.clone()).collect()
    }
}
