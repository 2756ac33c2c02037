//! The blocking way in, and its error inside a scope.

use std::task::Poll;
use std::thread;

use conjoin::{block_on, scope};

use crate::hand::{Gates, Hand, asked, run, tens};

#[test]
fn blocking_runs_a_scope() {
    let (loader, log) = tens();
    let got = block_on(async { futures::join!(loader.get(1), loader.get(2)) });
    assert_eq!(got, Ok((Ok(10), Ok(20))));
    assert_eq!(asked(&log), [[1, 2]]);
}

#[test]
fn it_waits_for_other_threads() {
    let gates = Gates::default();
    let loader = gates.loader();
    let got = thread::scope(|threads| {
        let waiting = threads.spawn(|| block_on(loader.get(1)));
        while gates.asked().is_empty() {
            thread::yield_now();
        }
        gates.open(0);
        waiting.join().unwrap()
    });
    assert_eq!(got, Ok(Ok(10)));
}

#[test]
fn inside_a_scope_it_is_an_error_and_no_deadlock() {
    let (loader, log) = tens();
    let error = run(scope(async { block_on(loader.get(1)).unwrap_err() }));
    assert!(error.to_string().contains("await the future instead"));
    assert!(asked(&log).is_empty());
    // Blocking from a batch function would wait just as long.
    let nested = conjoin::Loader::new(conjoin::batch_fn(move |keys: Vec<u32>| {
        let loader = loader.clone();
        async move { keys.into_iter().map(|key| block_on(loader.get(key)).map(|_| ())).collect() }
    }));
    assert!(block_on(nested.get(1)).unwrap().is_err());
}

#[test]
fn after_a_scope_the_thread_may_block_again() {
    let (loader, _) = tens();
    let mut hand = Hand::new(scope(std::future::pending::<()>()));
    assert_eq!(hand.poll(), Poll::Pending);
    assert_eq!(block_on(loader.get(1)), Ok(Ok(10)), "a scope that is not polled is not around");
}
