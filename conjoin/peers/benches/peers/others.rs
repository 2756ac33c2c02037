//! The other crates: the same lookups through each.
//!
//! In: how many keys are looked up at a time. Out: a way for each crate.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;

use futures::future::join_all;
use stack_queue::assignment::{CompletionReceipt, PendingAssignment};
use stack_queue::{TaskQueue, local_queue};

use crate::measure::{self, Way, way};
use crate::own::{Memory, groups};

pub fn ways(width: usize) -> Vec<Way> {
    vec![
        way("dataloader, one yield", |keys, width| async move {
            let memory = Memory::new();
            let loader = dataloader::cached::Loader::new(memory.clone()).with_yield_count(1).with_max_batch_size(1000);
            for group in groups(keys, width) {
                black_box(join_all(group.map(|key| loader.load(key))).await);
            }
            memory.taken()
        }),
        way("async-graphql, no delay", |keys, width| async move {
            let memory = Memory::new();
            let loader = async_graphql::dataloader::DataLoader::new(memory.clone(), tokio::spawn).delay(Duration::ZERO);
            for group in groups(keys, width) {
                black_box(join_all(group.map(|key| loader.load_one(key))).await);
            }
            memory.taken()
        }),
        way("ultra-batch, no delay", move |keys, width| async move {
            let memory = Memory::new();
            let loader = ultra_batch::BatchFetcher::build(memory.clone())
                .delay_duration(Duration::ZERO)
                .eager_batch_size(Some(width))
                .finish();
            for group in groups(keys, width) {
                black_box(join_all(group.map(|key| loader.load(key))).await);
            }
            memory.taken()
        }),
        way("batch-aint-one, immediate", move |keys, _| async move {
            let memory = Memory::new();
            let loader = batcher(memory.clone(), width);
            for group in groups(keys, width) {
                black_box(join_all(group.map(|key| loader.add((), key))).await);
            }
            memory.taken()
        }),
    ]
}

/// For one thread: with two workers of a runtime that is not its own, it has crashed here. It does not count its
/// batches, and sends a key as often as it is asked for.
pub fn stack_queue() -> Way {
    way("stack-queue (no deduplication)", |keys, width| async move {
        for group in groups(keys, width) {
            black_box(join_all(group.map(Queue::auto_batch)).await);
        }
        0
    })
}

fn batcher(memory: Memory, width: usize) -> batch_aint_one::Batcher<Memory> {
    batch_aint_one::Batcher::builder()
        .name("memory")
        .processor(memory)
        .limits(batch_aint_one::Limits::builder().max_batch_size(width).max_key_concurrency(1).build())
        .batching_policy(batch_aint_one::BatchingPolicy::Immediate)
        .build()
}

/// How long one load alone takes.
pub fn latencies() {
    let runtime = measure::runtime(1);
    println!("\n| one load alone | ns |\n|---|---|");
    let line = |name, nanoseconds: f64| println!("| {name} | {nanoseconds:.0} |");
    let loader = conjoin::Loader::new(Memory::new());
    line(
        "conjoin, a scope of its own",
        measure::latency(&runtime, async || {
            let _ = black_box(conjoin::scope(loader.get(1)).await);
        }),
    );
    line(
        "conjoin, outside",
        measure::latency(&runtime, async || {
            let _ = black_box(loader.get(1).await);
        }),
    );
    // Without a cache, which would answer without a load.
    let loader = dataloader::non_cached::Loader::new(Memory::new()).with_yield_count(1);
    line(
        "dataloader, one yield",
        measure::latency(&runtime, async || {
            black_box(loader.load(1).await);
        }),
    );
    let loader = async_graphql::dataloader::DataLoader::new(Memory::new(), tokio::spawn).delay(Duration::ZERO);
    line(
        "async-graphql, no delay",
        measure::latency(&runtime, async || {
            let _ = black_box(loader.load_one(1).await);
        }),
    );
    let entered = runtime.enter();
    let loader = batcher(Memory::new(), 100);
    drop(entered);
    line(
        "batch-aint-one, immediate",
        measure::latency(&runtime, async || {
            let _ = black_box(loader.add((), 1).await);
        }),
    );
    line(
        "stack-queue",
        measure::latency(&runtime, async || {
            black_box(Queue::auto_batch(1).await);
        }),
    );
}

impl dataloader::BatchFn<u64, u64> for Memory {
    async fn load(&mut self, keys: &[u64]) -> HashMap<u64, u64> {
        keys.iter().copied().zip(self.answer(keys).into_iter().flatten()).collect()
    }
}

impl async_graphql::dataloader::Loader<u64> for Memory {
    type Value = u64;
    type Error = Infallible;

    async fn load(&self, keys: &[u64]) -> Result<HashMap<u64, u64>, Infallible> {
        Ok(keys.iter().copied().zip(self.answer(keys).into_iter().flatten()).collect())
    }
}

impl ultra_batch::Fetcher for Memory {
    type Key = u64;
    type Value = u64;
    type Error = Infallible;

    async fn fetch(&self, keys: &[u64], values: &mut ultra_batch::Cache<'_, u64, u64>) -> Result<(), Infallible> {
        for (key, value) in keys.iter().zip(self.answer(keys).into_iter().flatten()) {
            values.insert(*key, value);
        }
        Ok(())
    }
}

impl batch_aint_one::Processor for Memory {
    type Key = ();
    type Input = u64;
    type Output = u64;
    type Error = String;
    type Resources = ();

    async fn acquire_resources(&self, (): ()) -> Result<(), String> {
        Ok(())
    }

    async fn process(&self, (): (), inputs: impl Iterator<Item = u64> + Send, (): ()) -> Result<Vec<u64>, String> {
        let keys: Vec<u64> = inputs.collect();
        Ok(self.answer(&keys).into_iter().flatten().collect())
    }
}

struct Queue;

#[local_queue(buffer_size = 1024)]
impl TaskQueue for Queue {
    type Task = u64;
    type Value = u64;

    async fn batch_process<const N: usize>(batch: PendingAssignment<'_, Self, N>) -> CompletionReceipt<Self> {
        thread_local!(static MEMORY: Memory = Memory::new());
        batch.into_assignment().map(|key| MEMORY.with(|memory| memory.one(key)))
    }
}
