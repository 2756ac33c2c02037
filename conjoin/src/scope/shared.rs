//! What the parts of a scope share: its lanes, its options, and what is reported of it.
//!
//! In: loaders that are used in it for the first time. Out: the lane of each, the same every time.

use std::sync::Arc;

use super::Options;
use super::pulse::Pulse;
use crate::batch_fn::Core;
use crate::lane::{AnyLane, Lane};
use crate::replay::Recorded;
use crate::report::Log;
use crate::sync::{AtomicUsize, Mutex, lock};

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) log: Mutex<Log>,
    /// How many tasks that were given this scope are awake: woken, and not yet polled to rest.
    pub(crate) awake: AtomicUsize,
    lanes: Mutex<Lanes>,
}

#[derive(Default)]
struct Lanes {
    /// A scope has few loaders, so a list is looked through faster than a map.
    list: Vec<(usize, Arc<dyn AnyLane>)>,
    is_closed: bool,
}

impl Shared {
    pub(super) fn new(options: Options) -> Arc<Self> {
        Arc::new(Shared {
            options,
            pulse: Pulse::new(),
            log: Mutex::default(),
            awake: AtomicUsize::new(0),
            lanes: Mutex::default(),
        })
    }

    /// The lane of a loader in this scope; nothing if the scope has ended.
    pub(crate) fn lane<K, V, E>(
        &self,
        core: &Arc<Core<K, V, E>>,
        make: impl FnOnce(Arc<Pulse>) -> Lane<K, V, E>,
    ) -> Option<Arc<Lane<K, V, E>>>
    where
        K: Send + Sync + 'static,
        V: Send + 'static,
        E: Send + Sync + 'static,
    {
        // The lane keeps the core alive, so no other one gets its address.
        let id = Arc::as_ptr(core).addr();
        let mut lanes = lock(&self.lanes);
        if let Some((_, lane)) = lanes.list.iter().find(|(other, _)| *other == id) {
            return (Arc::clone(lane) as Arc<dyn std::any::Any + Send + Sync>).downcast().ok();
        }
        if lanes.is_closed {
            return None;
        }
        let lane = Arc::new(make(Arc::clone(&self.pulse)));
        lanes.list.push((id, Arc::clone(&lane) as Arc<dyn AnyLane>));
        Some(lane)
    }

    /// The lanes there are after the first so many.
    pub(super) fn lanes_after(&self, count: usize) -> Vec<Arc<dyn AnyLane>> {
        lock(&self.lanes).list.iter().skip(count).map(|(_, lane)| Arc::clone(lane)).collect()
    }

    pub(crate) fn recorded(&self) -> Vec<Recorded> {
        self.lanes_after(0).iter().map(|lane| lane.recorded()).collect()
    }

    /// No loader gets a lane any more, and no lane takes a key.
    pub(super) fn close(&self) {
        let mut lanes = lock(&self.lanes);
        lanes.is_closed = true;
        let list = std::mem::take(&mut lanes.list);
        drop(lanes);
        for (_, lane) in &list {
            lane.close();
        }
    }
}
