//! Dropped waiters, dropped scopes, waiters that nobody polls.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use conjoin::{InFlight, LoadError, Scope, ScopeHandle, scope};
use futures::future::{Either, join_all, pending, ready, select};

use crate::hand::{Gates, Hand, asked, locked, run, tens};

#[test]
fn a_dropped_waiters_key_is_not_sent() {
    let (loader, log) = tens();
    run(scope(async {
        let quits = async { drop(select(loader.get(1), ready(())).await) };
        assert_eq!(futures::join!(quits, loader.get(2)).1, Ok(20));
    }));
    assert_eq!(asked(&log), [[2]]);
}

#[test]
fn with_every_waiter_dropped_nothing_is_sent() {
    let (loader, log) = tens();
    run(scope(async {
        drop(select(loader.get(1), ready(())).await);
        // Asked for again, it is sent after all.
        drop(select(join_all([3, 4, 3].map(|key| loader.get(key))), ready(())).await);
        assert_eq!(loader.get(4).await, Ok(40));
    }));
    assert_eq!(asked(&log), [[4]]);
}

#[test]
fn one_of_two_waiters_of_a_key_may_leave() {
    let (loader, log) = tens();
    let (left, stays) = run(scope(async { futures::join!(select(loader.get(1), ready(())), loader.get(1)) }));
    drop(left);
    assert_eq!(stays, Ok(10));
    assert_eq!(asked(&log), [[1]]);
}

#[test]
fn dropped_in_flight_the_others_get_theirs() {
    let gates = Gates::default();
    let (loader, other) = (gates.loader(), Gates::default());
    let quits = async { select(loader.get(1), other.loader().get(9)).await.factor_first().0.ok() };
    let mut hand = Hand::new(scope(async { futures::join!(quits, loader.get(2), loader.get(3)) }));
    assert!(hand.run().is_none());
    assert_eq!(gates.asked(), [[1, 2, 3]]);
    other.open(0);
    assert!(hand.run().is_none());
    gates.open(0);
    assert_eq!(hand.run(), Some((Some(90), Ok(20), Ok(30))));
    assert!(!gates.was_dropped(0));
}

#[test]
fn dropping_the_scope_drops_what_is_in_flight() {
    let gates = Gates::default();
    let loader = gates.loader();
    let mut hand = Hand::new(scope(loader.get(1)));
    assert!(hand.run().is_none());
    assert!(!gates.was_dropped(0));
    drop(hand);
    assert!(gates.was_dropped(0));
}

#[test]
fn a_batch_that_nobody_waits_for_runs_on_while_the_scope_lives() {
    let gates = Gates::default();
    let (loader, other) = (gates.loader(), Gates::default());
    let long = other.loader();
    let mut hand = Hand::new(scope(async {
        let first = Either::<_, ()>::Left(select(loader.get(1), long.get(2)).await.factor_first().0);
        drop(first);
        long.get(3).await
    }));
    assert!(hand.run().is_none());
    other.open(0);
    assert!(hand.run().is_none());
    assert!(!gates.was_dropped(0));
    gates.open(0);
    assert!(hand.run().is_none());
    other.open(1);
    assert_eq!(hand.run(), Some(Ok(30)));
    assert!(!gates.was_dropped(0));
}

/// What was in flight when scopes ended.
type Rest = Arc<Mutex<Vec<InFlight>>>;

fn finishing(rest: &Rest) -> Scope {
    let rest = Arc::clone(rest);
    Scope::new().finish_in_flight(move |in_flight| locked(&rest).push(in_flight))
}

#[test]
fn asked_to_the_scope_finishes_what_is_in_flight() {
    let (gates, rest) = (Gates::default(), Rest::default());
    let loader = gates.loader();
    let mut hand = Hand::new(finishing(&rest).run(loader.get(1)));
    assert!(hand.run().is_none());
    drop(hand);
    assert!(!gates.was_dropped(0));
    let mut hand = Hand::new(locked(&rest).pop().unwrap());
    assert!(hand.run().is_none());
    gates.open(0);
    assert_eq!(hand.run(), Some(()));
    assert!(!gates.was_dropped(0));
}

#[test]
fn what_is_left_when_the_future_is_over_is_finished_too() {
    let (gates, rest) = (Gates::default(), Rest::default());
    let (loader, (other, _)) = (gates.loader(), tens());
    let work = async {
        drop(select(loader.get(1), other.get(1)).await);
    };
    assert!(Hand::new(finishing(&rest).run(work)).run().is_some());
    let in_flight = locked(&rest).pop().unwrap();
    drop(in_flight);
    assert!(gates.was_dropped(0), "dropped after all");
    run(finishing(&rest).run(other.get(1))).unwrap();
    assert!(locked(&rest).is_empty(), "nothing was in flight");
}

#[test]
fn a_waiter_that_is_polled_no_more_blocks_nobody() {
    let (loader, log) = tens();
    let got = run(scope(async {
        let mut first = Box::pin(loader.get(1));
        // Polled once, and then held while others wait.
        assert!(matches!(select(&mut first, ready(())).await, Either::Right(_)));
        let second = loader.get(2).await;
        let again = loader.get(1).await;
        (second, again, first.await)
    }));
    assert_eq!(got, (Ok(20), Ok(10), Ok(10)));
    assert_eq!(asked(&log), [vec![1, 2], vec![1]], "the first one's answer waits until it is taken");
}

#[test]
fn select_keeps_what_it_did_not_take() {
    let gates = Gates::default();
    let loader = gates.loader();
    let mut hand = Hand::new(scope(async {
        match select(loader.get(1), loader.get(2)).await {
            Either::Left((a, rest)) => (a, rest.await),
            Either::Right((b, rest)) => (rest.await, b),
        }
    }));
    assert!(hand.run().is_none());
    gates.open(0);
    assert_eq!(hand.run(), Some((Ok(10), Ok(20))));
    assert_eq!(gates.asked(), [[1, 2]]);
}

#[test]
fn resting_it_is_not_woken_and_needs_no_polls() {
    let gates = Gates::default();
    let loader = gates.loader();
    let mut hand = Hand::new(scope(loader.get(1)));
    assert!(hand.run().is_none());
    assert_eq!(hand.bell.rings(), 0);
    // Spurious polls change nothing.
    assert!(hand.poll().is_pending());
    assert_eq!(hand.bell.rings(), 0);
    gates.open(0);
    assert_eq!(hand.bell.rings(), 1);
}

#[test]
fn a_future_that_panics_ends_the_scope() {
    let gates = Gates::default();
    let loader = gates.loader();
    let work = async {
        futures::join!(loader.get(1), async {
            loader.get(2).await.unwrap();
            panic!("of its own");
        })
    };
    let mut hand = Hand::new(scope(work));
    assert!(hand.run().is_none());
    gates.open(0);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hand.run()));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "of its own");
    drop(hand);
    assert!(ScopeHandle::current().is_none(), "the thread has left the scope");
    let (loader, _) = tens();
    assert_eq!(run(loader.get(1)), Ok(10));
}

#[test]
fn other_tasks_wait_in_the_scope_they_were_given() {
    let (loader, log) = tens();
    let tasks = Mutex::<Vec<_>>::default();
    let mut root = Hand::new(scope(async {
        let handle = ScopeHandle::current().unwrap();
        locked(&tasks).extend((1..4).map(|key| Hand::new(handle.run(loader.get(key)))));
        loader.get(0).await
    }));
    assert!(root.poll().is_pending());
    assert!(asked(&log).is_empty(), "the tasks are awake, and may ask too");
    let mut tasks_now = locked(&tasks);
    assert!(tasks_now.iter_mut().all(|task| task.poll().is_pending()));
    assert_eq!(root.run(), Some(Ok(0)));
    assert_eq!(asked(&log), [[0, 1, 2, 3]]);
    drop(root);
    let got: Vec<_> = tasks_now.iter_mut().map(|task| task.run().unwrap()).collect();
    assert_eq!(got, [Ok(10), Ok(20), Ok(30)]);
}

#[test]
fn a_task_that_is_polled_no_more_holds_the_round_back_for_a_while_only() {
    let (loader, log) = tens();
    let mut root = Hand::new(scope(async {
        let silent = ScopeHandle::current().unwrap().run(pending::<()>());
        let got = loader.get(1).await;
        drop(silent);
        got
    }));
    assert_eq!(root.run(), Some(Ok(10)));
    assert_eq!(asked(&log), [[1]]);
}

#[test]
fn tasks_that_outlive_the_scope_are_told_and_then_outside() {
    let gates = Gates::default();
    let loader = gates.loader();
    let task: Mutex<Option<Hand<'_, _>>> = Mutex::default();
    let mut root = Hand::new(scope(async {
        let handle = ScopeHandle::current().unwrap();
        let work = async { (loader.get(1).await, loader.get(2).await) };
        *locked(&task) = Some(Hand::new(handle.run(work)));
        pending::<()>().await;
    }));
    assert!(root.run().is_none());
    let mut task = locked(&task).take().unwrap();
    assert!(task.run().is_none());
    assert!(root.run().is_none());
    assert_eq!(gates.asked(), [[1]]);
    drop(root);
    assert_eq!(task.bell.rings(), 1);
    assert!(task.run().is_none());
    assert_eq!(gates.asked(), [[1], [2]]);
    gates.open(1);
    assert_eq!(task.run(), Some((Err(LoadError::Cancelled), Ok(20))));
}

#[test]
fn futures_are_send_and_loaders_are_sync() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    fn is_sync<T: Send + Sync + Clone>(_: &T) {}
    let (loader, _) = tens();
    is_sync(&loader);
    let work: Pin<Box<dyn Future<Output = _> + Send>> =
        Box::pin(is_send(scope(async { is_send(loader.get(1)).await })));
    assert_eq!(run(work), Ok(10));
}
