//! The ways that need no other crate: asking directly, joining without batches, and this crate in and out of scopes.
//!
//! In: nothing. Out: ways to look keys up, in memory and without delay, so that what is measured is the way itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use conjoin::{BatchFn, Loader, scope};
use futures::future::join_all;

use crate::measure::{Way, way};

/// Answers at once, and counts how often it was asked.
#[derive(Clone, Default)]
pub struct Memory(pub Arc<AtomicUsize>);

impl Memory {
    pub fn answer(&self, keys: &[u64]) -> Vec<Result<u64, Infallible>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        keys.iter().map(|key| Ok(key * 2)).collect()
    }

    pub fn taken(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl BatchFn for Memory {
    type Key = u64;
    type Value = u64;
    type Error = Infallible;

    async fn load(&self, keys: &[u64]) -> Vec<Result<u64, Infallible>> {
        self.answer(keys)
    }
}

/// What is looked up at a time.
pub fn groups(keys: usize, width: usize) -> impl Iterator<Item = std::ops::Range<u64>> {
    (0..keys / width).map(move |group| (group * width) as u64..((group + 1) * width) as u64)
}

pub fn ways() -> Vec<Way> {
    vec![
        way("direct multiget", |keys, width| async move {
            let memory = Memory::default();
            for group in groups(keys, width) {
                let keys: Vec<u64> = group.collect();
                std::hint::black_box(Box::pin(memory.load(&keys)).await);
            }
            memory.taken()
        }),
        way("join_all", |keys, width| async move {
            let memory = Memory::default();
            for group in groups(keys, width) {
                std::hint::black_box(join_all(group.map(|key| std::future::ready(Ok::<_, Infallible>(key * 2)))).await);
            }
            memory.taken()
        }),
        way("join_all, waiting once", |keys, width| async move {
            for group in groups(keys, width) {
                std::hint::black_box(join_all(group.map(once)).await);
            }
            0
        }),
        way("conjoin, one scope", |keys, width| {
            let memory = Memory::default();
            let loader = Loader::new(memory.clone());
            scope(async move {
                for group in groups(keys, width) {
                    std::hint::black_box(join_all(group.map(|key| loader.get(key))).await);
                }
                memory.taken()
            })
        }),
        way("conjoin, a scope each", |keys, width| {
            let memory = Memory::default();
            let loader = Loader::new(memory.clone());
            async move {
                for group in groups(keys, width) {
                    std::hint::black_box(scope(join_all(group.map(|key| loader.get(key)))).await);
                }
                memory.taken()
            }
        }),
        way("conjoin, get_many", |keys, width| {
            let memory = Memory::default();
            let loader = Loader::new(memory.clone());
            scope(async move {
                for group in groups(keys, width) {
                    std::hint::black_box(loader.get_many(group).await);
                }
                memory.taken()
            })
        }),
        way("conjoin, outside", |keys, width| {
            let memory = Memory::default();
            let loader = Loader::new(memory.clone());
            async move {
                for group in groups(keys, width) {
                    std::hint::black_box(join_all(group.map(|key| loader.get(key))).await);
                }
                memory.taken()
            }
        }),
    ]
}

/// A lookup that waits once, as every lookup does that is not answered at once, and is woken by nobody else.
async fn once(key: u64) -> Result<u64, Infallible> {
    let mut is_first = true;
    std::future::poll_fn(|context| {
        if std::mem::take(&mut is_first) {
            context.waker().wake_by_ref();
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(())
    })
    .await;
    Ok(key * 2)
}
