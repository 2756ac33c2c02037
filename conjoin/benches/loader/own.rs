//! The ways that need no other crate: asking directly, joining without batches, and this crate in and out of scopes.
//!
//! In: nothing. Out: ways to look keys up, in memory and without delay, so that what is measured is the way itself.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Poll, Waker};

use conjoin::{BatchFn, Loader, scope};
use futures::future::join_all;
use tokio::sync::{mpsc, oneshot};

use crate::measure::{Way, way};

/// A map in memory. It answers at once, and counts how often it was asked.
#[derive(Clone)]
pub struct Memory {
    map: Arc<HashMap<u64, u64>>,
    asked: Arc<AtomicUsize>,
}

impl Memory {
    /// One map for all.
    pub fn new() -> Self {
        static MAP: LazyLock<Arc<HashMap<u64, u64>>> =
            LazyLock::new(|| Arc::new((0..100_000).map(|key| (key, key * 2)).collect()));
        Memory { map: Arc::clone(&MAP), asked: Arc::default() }
    }

    pub fn answer(&self, keys: &[u64]) -> Vec<Result<u64, Infallible>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        keys.iter().map(|key| Ok(self.one(*key))).collect()
    }

    pub fn one(&self, key: u64) -> u64 {
        self.map.get(&key).copied().unwrap_or_default()
    }

    pub fn taken(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
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
            let memory = Memory::new();
            for group in groups(keys, width) {
                let keys: Vec<u64> = group.collect();
                std::hint::black_box(Box::pin(memory.load(&keys)).await);
            }
            memory.taken()
        }),
        way("join_all", |keys, width| async move {
            let memory = Memory::new();
            for group in groups(keys, width) {
                std::hint::black_box(join_all(group.map(|key| ready(&memory, key))).await);
            }
            memory.taken()
        }),
        way("join_all, waiting once", |keys, width| async move {
            let memory = Memory::new();
            for group in groups(keys, width) {
                let wakers = Mutex::new(Vec::with_capacity(width));
                std::hint::black_box(
                    woken_together(&wakers, join_all(group.map(|key| once(&memory, &wakers, key)))).await,
                );
            }
            0
        }),
        way("join_all of a client", |keys, width| async move {
            let client = client(Memory::new());
            for group in groups(keys, width) {
                std::hint::black_box(join_all(group.map(|key| ask(&client, key))).await);
            }
            keys
        }),
        way("conjoin, one scope", |keys, width| {
            let memory = Memory::new();
            let loader = Loader::new(memory.clone());
            scope(async move {
                for group in groups(keys, width) {
                    std::hint::black_box(join_all(group.map(|key| loader.get(key))).await);
                }
                memory.taken()
            })
        }),
        way("conjoin, a scope each", |keys, width| {
            let memory = Memory::new();
            let loader = Loader::new(memory.clone());
            async move {
                for group in groups(keys, width) {
                    std::hint::black_box(scope(join_all(group.map(|key| loader.get(key)))).await);
                }
                memory.taken()
            }
        }),
        way("conjoin, get_many", |keys, width| {
            let memory = Memory::new();
            let loader = Loader::new(memory.clone());
            scope(async move {
                for group in groups(keys, width) {
                    std::hint::black_box(loader.get_many(group).await);
                }
                memory.taken()
            })
        }),
        way("conjoin, outside", |keys, width| {
            let memory = Memory::new();
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

/// A lookup that is answered at once: what the join costs by itself.
async fn ready(memory: &Memory, key: u64) -> Result<u64, Infallible> {
    Ok(memory.one(key))
}

/// A lookup that waits once: what the join costs where nothing is answered at once, whoever answers.
async fn once(memory: &Memory, wakers: &Mutex<Vec<Waker>>, key: u64) -> Result<u64, Infallible> {
    let mut is_first = true;
    poll_fn(|context| {
        if std::mem::take(&mut is_first) {
            wakers.lock().expect("nobody panics").push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(memory.one(key)))
    })
    .await
}

/// Polls a join until all of it waits, and then wakes all of it.
async fn woken_together<T>(wakers: &Mutex<Vec<Waker>>, join: impl Future<Output = T>) -> T {
    let mut join = pin!(join);
    poll_fn(|context| {
        loop {
            if let Poll::Ready(value) = join.as_mut().poll(context) {
                return Poll::Ready(value);
            }
            let waiting = std::mem::take(&mut *wakers.lock().expect("nobody panics"));
            if waiting.is_empty() {
                return Poll::Pending;
            }
            waiting.into_iter().for_each(Waker::wake);
        }
    })
    .await
}

/// A key, and where its answer goes.
type Question = (u64, oneshot::Sender<u64>);

/// A task that answers one question after the other, as clients that pipeline do: what joined lookups cost without
/// batches, where nothing is answered at once.
fn client(memory: Memory) -> mpsc::UnboundedSender<Question> {
    let (sender, mut receiver) = mpsc::unbounded_channel::<Question>();
    tokio::spawn(async move {
        while let Some((key, answer)) = receiver.recv().await {
            let _ = answer.send(memory.one(key));
        }
    });
    sender
}

async fn ask(client: &mpsc::UnboundedSender<Question>, key: u64) -> Result<u64, Infallible> {
    let (sender, receiver) = oneshot::channel();
    let _ = client.send((key, sender));
    Ok(receiver.await.unwrap_or_default())
}
