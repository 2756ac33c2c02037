//! Loads outside of every scope: no leader that others depend on.

use std::task::Poll;

use conjoin::{LoadError, scope};
use futures::future::join_all;

use crate::hand::{Gates, Hand, asked, run, tens};

#[test]
fn joined_loads_are_one_batch() {
    let (loader, log) = tens();
    assert_eq!(run(join_all((0..100).map(|key| loader.get(key)))).len(), 100);
    assert_eq!(asked(&log).len(), 1);
}

#[test]
fn any_waiter_sends_and_drives() {
    let gates = Gates::default();
    let loader = gates.loader();
    let mut hands: Vec<_> = (0..3).map(|key| Hand::new(loader.get(key))).collect();
    for hand in &mut hands {
        assert!(hand.poll().is_pending());
        assert_eq!(hand.bell.rings(), 1, "each takes its turn");
    }
    // Only the last is polled on; the first two are alive and silent.
    assert!(hands[2].run().is_none());
    assert_eq!(gates.asked(), [[0, 1, 2]]);
    gates.open(0);
    assert_eq!(hands[1].bell.rings(), 1, "everybody is woken, since anybody may drive");
    assert_eq!(hands[2].run(), Some(Ok(20)));
    assert_eq!(hands[0].run(), Some(Ok(0)));
    assert_eq!(hands[1].run(), Some(Ok(10)));
}

#[test]
fn the_first_may_be_dropped_before_and_after_sending() {
    for is_sent in [false, true] {
        let gates = Gates::default();
        let loader = gates.loader();
        let (mut a, mut b) = (Hand::new(loader.get(1)), Hand::new(loader.get(2)));
        assert!(a.poll().is_pending());
        assert!(b.poll().is_pending());
        if is_sent {
            assert!(a.run().is_none());
        }
        drop(a);
        assert!(b.run().is_none());
        assert_eq!(gates.asked(), [if is_sent { vec![1, 2] } else { vec![2] }]);
        gates.open(0);
        assert_eq!(b.run(), Some(Ok(20)));
    }
}

#[test]
fn with_its_last_waiter_the_batch_is_dropped() {
    let gates = Gates::default();
    let loader = gates.loader();
    let mut hands: Vec<_> = (0..2).map(|key| Hand::new(loader.get(key))).collect();
    hands.iter_mut().for_each(|hand| assert!(hand.poll().is_pending()));
    hands.iter_mut().for_each(|hand| assert!(hand.run().is_none()));
    hands.pop();
    assert!(!gates.was_dropped(0));
    hands.pop();
    assert!(gates.was_dropped(0));
    assert_eq!(run_one(&gates), Ok(50));
}

fn run_one(gates: &Gates) -> Result<u32, LoadError<String>> {
    let loader = gates.loader();
    let mut hand = Hand::new(loader.get(5));
    assert!(hand.run().is_none());
    gates.open(gates.asked().len() - 1);
    hand.run().unwrap()
}

#[test]
fn a_load_that_leaves_its_scope_is_cancelled_with_it() {
    let gates = Gates::default();
    let loader = gates.loader();
    let mut load = Box::pin(loader.get(1));
    let mut hand = Hand::new(scope(async {
        futures::future::select(&mut load, std::future::ready(())).await;
    }));
    assert!(hand.run().is_some());
    drop(hand);
    assert_eq!(Hand::new(load).poll(), Poll::Ready(Err(LoadError::Cancelled)));
}

#[test]
fn a_load_from_outside_does_not_enter_the_scope_it_is_polled_in() {
    let gates = Gates::default();
    let (loader, _) = (gates.loader(), ());
    let mut load = Box::pin(loader.get(1));
    assert!(Hand::new(&mut load).poll().is_pending());
    let mut hand = Hand::new(scope(&mut load));
    assert!(hand.run().is_none());
    drop(hand);
    gates.open(0);
    assert_eq!(Hand::new(load).run(), Some(Ok(10)));
}
