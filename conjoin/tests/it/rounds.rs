//! What becomes one batch: joins of every kind, levels, loaders that load, nested scopes.

use std::sync::Arc;

use conjoin::{BatchFn, Flush, LoadError, Loader, Scope, assert_rounds, scope};
use futures::future::{join_all, select, try_join_all};
use futures::stream::{self, FuturesUnordered, StreamExt as _};

use crate::hand::{Asked, Gates, Hand, Tens, asked, locked, run, tens, turn};

#[test]
fn joined_loads_are_one_batch() {
    let (loader, log) = tens();
    let got = run(scope(async { futures::join!(loader.get(1), loader.get(2), loader.get(3)) }));
    assert_eq!(got, (Ok(10), Ok(20), Ok(30)));
    assert_eq!(asked(&log), [[1, 2, 3]]);
}

#[test]
fn every_kind_of_join_is_one_batch() {
    let (loader, log) = tens();
    run(scope(async {
        join_all((0..40).map(|key| loader.get(key))).await;
        try_join_all((0..40).map(|key| loader.get(key))).await.unwrap();
        let unordered: FuturesUnordered<_> = (0..40).map(|key| loader.get(key)).collect();
        unordered.count().await;
        stream::iter((0..40).map(|key| loader.get(key))).buffered(40).count().await;
        loader.get_many(0..40).await;
        futures_concurrency::future::Join::join((0..40).map(|key| loader.get(key)).collect::<Vec<_>>()).await;
        tokio::join!(loader.get_many(0..20), loader.get_many(20..40));
    }));
    let expected: Vec<u32> = (0..40).collect();
    assert_eq!(asked(&log).len(), 7);
    for mut keys in asked(&log) {
        keys.sort_unstable();
        assert_eq!(keys, expected);
    }
}

#[test]
fn two_loaders_and_two_levels_are_one_batch_each_per_level() {
    let ((people, people_log), (towns, towns_log)) = (tens(), tens());
    let arm = async |key: u32| {
        let (a, b) = futures::join!(people.get(key), towns.get(key + 100));
        let next = a.unwrap() / 10 + 1;
        futures::join!(people.get(next % 7), towns.get(next % 5)).1.map(|town| (town, b))
    };
    let work = Scope::new().report(async { join_all((0..50).map(arm)).await });
    let (_, report) = run(work);
    assert_eq!(report.rounds(), 2);
    assert_eq!(report.sizes(), [50, 50, 7, 5]);
    assert_eq!((asked(&people_log).len(), asked(&towns_log).len()), (2, 2));
}

#[test]
fn the_same_key_is_sent_once() {
    let (loader, log) = tens();
    let got = run(scope(async { join_all([4, 4, 5, 4].map(|key| loader.get(key))).await }));
    assert_eq!(got, [Ok(40), Ok(40), Ok(50), Ok(40)]);
    assert_eq!(asked(&log), [[4, 5]]);
}

#[test]
fn a_key_in_flight_is_joined() {
    let gates = Gates::default();
    let (loader, (other, _)) = (gates.loader(), tens());
    let late = async {
        other.get(1).await.unwrap();
        loader.get_many([7, 8]).await
    };
    let mut hand = Hand::new(scope(async { futures::join!(loader.get(7), late) }));
    assert!(hand.run().is_none());
    assert_eq!(gates.asked(), [[7], [8]], "7 is in flight, so only 8 is sent");
    gates.open(1);
    assert!(hand.run().is_none());
    gates.open(0);
    assert_eq!(hand.run(), Some((Ok(70), vec![Ok(70), Ok(80)])));
}

/// A cache in front of a database, as a batch function that loads.
struct Cached {
    database: Loader<Tens>,
    asked: Asked,
}

impl BatchFn for Cached {
    type Key = u32;
    type Value = u32;
    type Error = LoadError<String>;

    async fn load(&self, keys: &[u32]) -> Vec<Result<u32, LoadError<String>>> {
        locked(&self.asked).push(keys.to_vec());
        let misses = keys.iter().filter(|key| *key % 2 == 1).copied();
        let mut found = self.database.get_many(misses).await.into_iter();
        let mut next = |key: &u32| if key % 2 == 1 { found.next().unwrap() } else { Ok(0) };
        keys.iter().map(&mut next).collect()
    }
}

fn cached() -> (Loader<Cached>, Asked, Asked) {
    let (database, below) = tens();
    let above = Asked::default();
    (Loader::new(Cached { database, asked: Arc::clone(&above) }), above, below)
}

#[test]
fn loaders_that_load_are_one_batch_per_tier() {
    let (loader, above, below) = cached();
    let got = run(async { assert_rounds!(2, async { futures::join!(loader.get(1), loader.get(2), loader.get(3)) }) });
    assert_eq!(got, (Ok(10), Ok(0), Ok(30)));
    assert_eq!((asked(&above), asked(&below)), (vec![vec![1, 2, 3]], vec![vec![1, 3]]));
}

#[test]
fn loaders_that_load_wait_for_nobody_whatever_the_policy() {
    for flush in [Flush::All, Flush::WhenIdle, Flush::Largest] {
        let (loader, _, below) = cached();
        let database = loader_below(&below);
        // Somebody else has asked the database for the same key, and the batch in flight joins that.
        let work = async { futures::join!(loader.get(1), database.get(1), loader.get(5)) };
        let got = run(Scope::new().flush(flush).run(work));
        assert_eq!(got, (Ok(10), Ok(10), Ok(50)), "{flush:?}");
    }
}

/// Another loader of the same database.
fn loader_below(log: &Asked) -> Loader<Tens> {
    Loader::new(Tens(Arc::clone(log)))
}

#[test]
fn loaders_that_load_work_outside_a_scope() {
    let (loader, above, below) = cached();
    assert_eq!(run(join_all([1, 2, 3].map(|key| loader.get(key)))), [Ok(10), Ok(0), Ok(30)]);
    assert_eq!((asked(&above), asked(&below)), (vec![vec![1, 2, 3]], vec![vec![1, 3]]));
}

#[test]
fn scopes_in_scopes_are_transparent() {
    let (loader, log) = tens();
    let loader = &loader;
    let inner = |key| scope(async move { scope(loader.get(key)).await });
    run(scope(join_all((0..10).map(inner))));
    assert_eq!(asked(&log).len(), 1);
}

#[test]
fn scopes_side_by_side_share_nothing() {
    let (loader, log) = tens();
    run(join_all((0..10).map(|key| scope(loader.get(key)))));
    assert_eq!(asked(&log).len(), 10);
}

#[test]
fn branches_that_wake_themselves_first_are_waited_for() {
    let (loader, log) = tens();
    let slow = async |turns: u32| {
        for _ in 0..turns {
            turn().await;
        }
        loader.get(turns).await
    };
    run(scope(join_all((0..20).map(slow))));
    assert_eq!(asked(&log).len(), 1, "{:?}", asked(&log));
}

#[test]
fn a_branch_that_wakes_itself_for_ever_does_not_hold_a_round_back() {
    let (loader, log) = tens();
    let spin = async {
        loop {
            turn().await;
        }
    };
    let got = run(scope(select(Box::pin(spin), loader.get(3))));
    assert!(matches!(got, futures::future::Either::Right((Ok(30), _))));
    assert_eq!(asked(&log), [[3]]);
}

#[test]
fn when_idle_waits_for_what_is_in_flight() {
    for (flush, expected) in
        [(Flush::All, vec![vec![1], vec![2], vec![3]]), (Flush::WhenIdle, vec![vec![1], vec![2, 3]])]
    {
        let gates = Gates::default();
        let (loader, (fast, _)) = (gates.loader(), tens());
        let a = async {
            loader.get(1).await.unwrap();
            loader.get(2).await
        };
        let b = async {
            fast.get(1).await.unwrap();
            loader.get(3).await
        };
        let mut hand = Hand::new(Scope::new().flush(flush).run(async { futures::join!(a, b) }));
        assert!(hand.run().is_none());
        for batch in 0..expected.len() {
            assert!(batch == 0 || hand.run().is_none());
            gates.open(batch);
        }
        assert_eq!(hand.run(), Some((Ok(20), Ok(30))));
        let mut sent = gates.asked();
        sent.iter_mut().for_each(|keys| keys.sort_unstable());
        sent.sort();
        assert_eq!(sent, expected, "{flush:?}");
    }
}

#[test]
fn largest_sends_the_largest_alone() {
    let ((few, _), (many, _)) = (tens(), tens());
    // Asked for in the first round by one branch and in the second by another: they meet.
    let a = async {
        few.get(1).await.unwrap();
        many.get_many([1, 2]).await
    };
    let b = async {
        many.get_many([3, 4, 5]).await;
        few.get(2).await
    };
    let (_, report) = run(Scope::new().flush(Flush::Largest).report(async { futures::join!(a, b) }));
    assert_eq!(report.sizes(), [3, 2, 2], "{report}");
    assert_eq!(report.rounds(), 3);
}

#[test]
fn memo_answers_at_the_end_of_the_round() {
    let gates = Gates::default();
    let (loader, (next, log)) = (gates.loader(), tens());
    let mut hand = Hand::new(Scope::new().memo().run(async {
        loader.get(1).await.unwrap();
        let follow = async |key: u32| {
            let value = loader.get(key).await.unwrap();
            next.get(value).await
        };
        futures::join!(follow(1), follow(2))
    }));
    assert!(hand.run().is_none());
    gates.open(0);
    assert!(hand.run().is_none());
    assert_eq!(gates.asked(), [[1], [2]], "1 is known");
    assert!(asked(&log).is_empty(), "and waits for the answer of 2");
    gates.open(1);
    assert_eq!(hand.run(), Some((Ok(100), Ok(200))));
    assert_eq!(asked(&log), [[10, 20]]);
}

#[test]
fn without_memo_nothing_is_kept_but_what_is_primed() {
    let (loader, log) = tens();
    run(scope(async {
        assert_eq!(loader.get(1).await, Ok(10));
        assert_eq!(loader.get(1).await, Ok(10));
        assert!(loader.prime(2, 7));
        assert_eq!(loader.get(2).await, Ok(7));
        loader.clear(&2);
        assert_eq!(loader.get(2).await, Ok(20));
    }));
    assert_eq!(asked(&log), [[1], [1], [2]]);
    assert!(!loader.prime(3, 1), "outside a scope nothing keeps it");
}

#[test]
fn memo_keeps_values_and_no_errors() {
    let (loader, log) = tens();
    run(Scope::new().memo().run(async {
        for _ in 0..2 {
            assert_eq!(loader.get(1).await, Ok(10));
            assert!(loader.get(2000).await.is_err());
        }
        loader.clear(&1);
        assert_eq!(loader.get(1).await, Ok(10));
    }));
    assert_eq!(asked(&log), [vec![1], vec![2000], vec![2000], vec![1]]);
}

#[test]
fn what_was_sent_before_a_clear_is_not_joined() {
    let gates = Gates::default();
    let (loader, (other, _)) = (gates.loader(), tens());
    let late = async {
        other.get(1).await.unwrap();
        loader.clear(&7);
        loader.get(7).await
    };
    let mut hand = Hand::new(scope(async { futures::join!(loader.get(7), late) }));
    assert!(hand.run().is_none());
    assert_eq!(gates.asked(), [[7], [7]]);
    gates.open(1);
    gates.open(0);
    assert_eq!(hand.run(), Some((Ok(70), Ok(70))));
}
