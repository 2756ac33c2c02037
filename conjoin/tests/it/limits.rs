//! Batch size and batches in flight.

use conjoin::{Loader, Scope, scope};
use futures::future::join_all;

use crate::hand::{Asked, Gates, Hand, Tens, asked, run};

#[test]
fn full_batches_go_in_the_same_round() {
    let log = Asked::default();
    let loader = Loader::builder(Tens(log.clone())).max_batch(4).name("four").build();
    let work = Scope::new().report(async { join_all((0..10).chain(0..10).map(|key| loader.get(key))).await });
    let (got, report) = run(work);
    assert_eq!(got.len(), 20);
    assert!(got.iter().all(Result::is_ok));
    assert_eq!((report.rounds(), report.sizes()), (1, vec![4, 4, 2]));
    assert_eq!(report.of("four"), report);
    assert_eq!(asked(&log).concat(), (0..10).collect::<Vec<_>>());
}

#[test]
fn outside_a_scope_batches_have_the_same_size() {
    let log = Asked::default();
    let loader = Loader::builder(Tens(log.clone())).max_batch(4).build();
    run(join_all((0..10).map(|key| loader.get(key))));
    assert_eq!(asked(&log).iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
}

#[test]
fn what_is_over_the_limit_stays_open_and_grows() {
    let gates = Gates::default();
    let loader = Loader::builder(gates.clone()).max_in_flight(1).build();
    let other = Loader::new(Tens(Asked::default()));
    let late = async |key: u32| {
        other.get(key).await.unwrap();
        loader.get(key).await
    };
    let mut hand = Hand::new(scope(async { futures::join!(loader.get(1), late(2), late(3)) }));
    assert!(hand.run().is_none());
    assert_eq!(gates.asked(), [[1]]);
    gates.open(0);
    assert!(hand.run().is_none());
    assert_eq!(gates.asked(), [vec![1], vec![2, 3]]);
    gates.open(1);
    assert_eq!(hand.run(), Some((Ok(10), Ok(20), Ok(30))));
}

#[test]
fn the_limit_holds_outside_a_scope_too() {
    let gates = Gates::default();
    let loader = Loader::builder(gates.clone()).max_in_flight(1).max_batch(1).build();
    let (mut a, mut b) = (Hand::new(loader.get(1)), Hand::new(loader.get(2)));
    assert!(a.run().is_none());
    assert!(b.run().is_none());
    assert_eq!(gates.asked(), [[1]]);
    gates.open(0);
    // The first is polled no more, so the second must be woken and drive both.
    assert_eq!(b.bell.rings(), 1);
    assert!(b.run().is_none());
    assert_eq!(gates.asked(), [[1], [2]]);
    gates.open(1);
    assert_eq!(b.run(), Some(Ok(20)));
    assert_eq!(a.run(), Some(Ok(10)));
}

#[test]
fn a_dropped_batch_makes_room_outside_a_scope() {
    let gates = Gates::default();
    let loader = Loader::builder(gates.clone()).max_in_flight(1).max_batch(1).build();
    let (mut a, mut b) = (Hand::new(loader.get(1)), Hand::new(loader.get(2)));
    assert!(a.run().is_none());
    assert!(b.run().is_none());
    drop(a);
    assert!(gates.was_dropped(0));
    assert_eq!(b.bell.rings(), 1);
    assert!(b.run().is_none());
    gates.open(1);
    assert_eq!(b.run(), Some(Ok(20)));
}
