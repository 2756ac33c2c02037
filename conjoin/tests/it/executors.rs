//! The same on tokio, both kinds, on smol, and on twenty lines of our own: no runtime is needed, and none is in the way.

use std::sync::Arc;
use std::time::Duration;

use conjoin::{Loader, Scope, ScopeHandle, batch_fn, scope};
use futures::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use crate::hand::{Tens, asked, run, tens};

/// Two levels, two loaders, one of them loading from the other.
async fn work(loader: Loader<Tens>) -> (usize, Vec<usize>) {
    let inner = loader.clone();
    let doubled = Loader::new(batch_fn(move |keys: Vec<u32>| {
        let inner = inner.clone();
        async move {
            let below = inner.get_many(keys).await;
            below.into_iter().map(|value| value.map(|value| value * 2)).collect()
        }
    }));
    let arm = async |key: u32| {
        let (a, b) = conjoin::join!(loader.get(key), doubled.get(key + 500));
        loader.get(a.unwrap() / 10 + b.unwrap() % 2 + 100).await.unwrap();
    };
    let (_, report) = Scope::new().report(async { join_all((0..50).map(arm)).await }).await;
    (report.rounds(), report.sizes())
}

const EXPECTED: (usize, [usize; 4]) = (3, [50, 50, 50, 50]);

fn check((rounds, sizes): (usize, Vec<usize>)) {
    assert_eq!((rounds, sizes), (EXPECTED.0, EXPECTED.1.to_vec()));
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn the_same_rounds_on_every_executor() {
    check(run(work(tens().0)));
    check(conjoin::block_on(work(tens().0)).unwrap());
    check(futures::executor::block_on(work(tens().0)));
    check(smol::block_on(work(tens().0)));
    check(smol::block_on(smol::spawn(work(tens().0))));
    check(current_thread().block_on(work(tens().0)));
    check(multi_thread().block_on(work(tens().0)));
    check(multi_thread().block_on(async { tokio::spawn(work(tens().0)).await.unwrap() }));
}

#[test]
fn outside_a_scope_every_executor_answers() {
    let load = || async {
        let (loader, log) = tens();
        let got = join_all((0..50).map(|key| loader.get(key))).await;
        assert_eq!(got, (0..50).map(|key| Ok(key * 10)).collect::<Vec<_>>());
        assert_eq!(asked(&log).len(), 1);
    };
    run(load());
    futures::executor::block_on(load());
    smol::block_on(load());
    current_thread().block_on(load());
    multi_thread().block_on(async { tokio::spawn(load()).await.unwrap() });
}

#[test]
fn spawned_tasks_share_batches_outside_a_scope_too() {
    let (loader, log) = tens();
    let tasks = async {
        let tasks = (0..50).map(|key| {
            let loader = loader.clone();
            tokio::spawn(async move { loader.get(key).await.unwrap() })
        });
        join_all(tasks.collect::<Vec<_>>()).await
    };
    assert_eq!(current_thread().block_on(tasks).len(), 50);
    assert_eq!(asked(&log).len(), 1);
}

#[test]
fn tokios_budget_does_not_split_a_round() {
    for runtime in [current_thread(), multi_thread()] {
        let (loader, log) = tens();
        let permits = Arc::new(Semaphore::new(10_000));
        let arm = move |key: u32| {
            let (loader, permits) = (loader.clone(), Arc::clone(&permits));
            async move {
                let _permit = permits.acquire().await.unwrap();
                loader.get(key % 1000).await.unwrap()
            }
        };
        // In a task of its own, since the budget is one of tasks.
        let task = async move { tokio::spawn(scope(join_all((0..1000).map(arm)))).await.unwrap() };
        assert_eq!(runtime.block_on(task).len(), 1000);
        assert_eq!(asked(&log).iter().map(Vec::len).collect::<Vec<_>>(), [1000]);
    }
}

#[test]
fn spawned_tasks_are_in_the_scope_they_are_spawned_in() {
    for runtime in [current_thread(), multi_thread()] {
        let (loader, _) = tens();
        let (_, report) = runtime.block_on(Scope::new().report(async {
            let tasks: Vec<_> = (0..50)
                .map(|key| {
                    let loader = loader.clone();
                    conjoin::spawn(async move {
                        let first = loader.get(key).await.unwrap();
                        loader.get(first + 501).await.unwrap()
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        }));
        assert_eq!(report.keys(), 100);
        assert!(report.batches.len() <= 100);
    }
}

#[test]
fn on_one_thread_spawned_tasks_are_one_batch_per_level() {
    let (loader, log) = tens();
    current_thread().block_on(scope(async {
        let tasks = (0..50).map(|key| {
            let loader = loader.clone();
            conjoin::spawn(async move {
                let first = loader.get(key).await.unwrap();
                loader.get(first + 501).await.unwrap()
            })
        });
        join_all(tasks.collect::<Vec<_>>()).await
    }));
    assert_eq!(asked(&log).iter().map(Vec::len).collect::<Vec<_>>(), [50, 50]);
}

#[test]
fn smols_tasks_may_be_given_a_scope() {
    let (loader, log) = tens();
    smol::block_on(scope(async {
        let handle = ScopeHandle::current().unwrap();
        let executor = smol::LocalExecutor::new();
        let tasks: Vec<_> = (0..20).map(|key| executor.spawn(handle.run(loader.get(key)))).collect();
        executor.run(join_all(tasks)).await
    }));
    assert_eq!(asked(&log).len(), 1);
}

#[test]
fn time_may_pass_in_branches_and_in_batch_functions() {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let slow = Loader::new(batch_fn(|keys: Vec<u64>| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        keys.into_iter().map(Ok::<_, ()>).collect()
    }));
    let start = |delay, key| {
        let slow = slow.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            slow.get(key).await.unwrap()
        }
    };
    let ((_, report), passed) = runtime.block_on(async {
        let before = tokio::time::Instant::now();
        let got =
            Scope::new().report(async { futures::join!(start(0, 1), start(5, 2), start(5, 3), start(30, 4)) }).await;
        (got, before.elapsed())
    });
    assert_eq!(report.sizes(), [1, 2, 1]);
    assert_eq!(passed, Duration::from_millis(40));
}
