//! Measures ways to look keys up: CPU time, allocations and round trips per key, many rounds of each, taken in turns so
//! that what disturbs one disturbs all.
//!
//! In: ways, each a future that looks keys up so many at a time. Out: a table of medians, with ratios of the same run.

use std::future::Future;
use std::pin::Pin;

use cpu_time::ProcessTime;
use tokio::runtime::{Builder, Runtime};

/// How often each way is measured.
const ROUNDS: usize = 9;

/// How many keys are looked up in one measurement.
const KEYS: usize = 20_000;

/// Looks up so many keys, so many at a time, and says how many round trips that took.
pub type Look = Box<dyn Fn(usize, usize) -> Pin<Box<dyn Future<Output = usize> + Send>>>;

pub struct Way {
    pub name: &'static str,
    pub look: Look,
}

pub fn way<F>(name: &'static str, look: impl Fn(usize, usize) -> F + 'static) -> Way
where
    F: Future<Output = usize> + Send + 'static,
{
    Way { name, look: Box::new(move |keys, width| Box::pin(look(keys, width))) }
}

/// A runtime with one thread, or with two workers.
pub fn runtime(threads: usize) -> Runtime {
    let mut builder = if threads == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(2).enable_all().build().expect("a runtime")
}

/// Runs a future to its end: on two threads, in a task of its own, as a server would.
pub fn drive(runtime: &Runtime, threads: usize, future: Pin<Box<dyn Future<Output = usize> + Send>>) -> usize {
    match threads {
        1 => runtime.block_on(future),
        _ => runtime.block_on(async { tokio::spawn(future).await.expect("it does not panic") }),
    }
}

/// CPU time per key, round trips, and allocations per key, of the ways for so many threads and so many keys at a time. Ratios are to the way with the name `base`.
pub fn table(bases: [&str; 2], make: impl Fn(usize, usize) -> Vec<Way>) {
    let [first, second] = bases;
    println!("| threads | at a time | way | CPU ns/key | x {first} | x {second} | round trips | allocations/key |");
    println!("|---|---|---|---|---|---|---|---|");
    for threads in [1, 2] {
        let runtime = runtime(threads);
        for width in [10, 100, 1000] {
            // The runtime is entered, since some ways spawn when they are made.
            let entered = runtime.enter();
            let ways = make(threads, width);
            drop(entered);
            let mut costs = vec![Vec::new(); ways.len()];
            let mut trips = vec![0; ways.len()];
            for _ in 0..ROUNDS {
                for (at, way) in ways.iter().enumerate() {
                    let before = ProcessTime::now();
                    trips[at] = drive(&runtime, threads, (way.look)(KEYS, width));
                    costs[at].push(before.elapsed().as_nanos() as f64 / KEYS as f64);
                }
            }
            let medians: Vec<f64> = costs.into_iter().map(median).collect();
            let cost_of = |base| ways.iter().position(|way| way.name == base).map_or(f64::NAN, |at| medians[at]);
            let [first, second] = bases.map(cost_of);
            for ((way, cost), trips) in ways.iter().zip(&medians).zip(trips) {
                let allocations = allocations(&runtime, threads, way, width);
                let ratios = format!("{:.2} | {:.2}", cost / first, cost / second);
                println!("| {threads} | {width} | {} | {cost:.0} | {ratios} | {trips} | {allocations} |", way.name);
            }
        }
    }
}

/// Allocations of one thread are counted, so there is no number for two.
fn allocations(runtime: &Runtime, threads: usize, way: &Way, width: usize) -> String {
    if threads > 1 {
        return "–".to_owned();
    }
    let counted = allocation_counter::measure(|| {
        drive(runtime, threads, (way.look)(KEYS, width));
    });
    format!("{:.2}", counted.count_total as f64 / KEYS as f64)
}

/// What one call costs, in nanoseconds of CPU time: the median of many rounds of many calls.
pub fn latency(runtime: &Runtime, call: impl AsyncFn()) -> f64 {
    const CALLS: usize = 2_000;
    let rounds = (0..ROUNDS * 3).map(|_| {
        runtime.block_on(async {
            let before = ProcessTime::now();
            for _ in 0..CALLS {
                call().await;
            }
            before.elapsed().as_nanos() as f64 / CALLS as f64
        })
    });
    median(rounds.collect())
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
