//! Retry: only failed keys, only where it may help, and nothing lost.

use std::sync::{Arc, Mutex};

use conjoin::{BatchFn, LoadError, Loader, Retry, scope};

use crate::hand::{Hand, locked, run, turn};

/// An error that is not `Clone`.
#[derive(Debug, PartialEq)]
enum Failure {
    Busy(u32),
    Gone,
}

/// Key `k` succeeds in the call number `k`; keys from 100 are gone. The call can go wrong as a whole.
struct Flaky {
    log: Arc<Mutex<Vec<Vec<u32>>>>,
    wrong: Option<(u32, Wrong)>,
}

#[derive(Clone, Copy)]
enum Wrong {
    Panic,
    Length,
}

impl BatchFn for Flaky {
    type Key = u32;
    type Value = u32;
    type Error = Failure;

    async fn load(&self, keys: &[u32]) -> Vec<Result<u32, Failure>> {
        let call = {
            let mut log = locked(&self.log);
            log.push(keys.to_vec());
            log.len() as u32 - 1
        };
        turn().await;
        match self.wrong {
            Some((at, Wrong::Panic)) if at == call => panic!("attempt {call}"),
            Some((at, Wrong::Length)) if at == call => return Vec::new(),
            _ => {}
        }
        let answer = |key: &u32| match *key {
            key if key >= 100 => Err(Failure::Gone),
            key if key > call => Err(Failure::Busy(call)),
            key => Ok(key),
        };
        keys.iter().map(answer).collect()
    }
}

type Log = Arc<Mutex<Vec<Vec<u32>>>>;
type Got = Result<u32, LoadError<Failure>>;

fn ask(attempts: u32, keys: &[u32], wrong: Option<(u32, Wrong)>) -> (Vec<Got>, Log, Vec<u32>) {
    let (log, pauses) = (Log::default(), Arc::new(Mutex::new(Vec::new())));
    let pause = {
        let pauses = Arc::clone(&pauses);
        move |attempt| {
            let pauses = Arc::clone(&pauses);
            async move {
                locked(&pauses).push(attempt);
                turn().await;
            }
        }
    };
    let is_transient = |failure: &Failure| matches!(failure, Failure::Busy(_));
    let loader = Loader::new(Retry::new(Flaky { log: Arc::clone(&log), wrong }, attempts, is_transient, pause));
    let got = run(scope(loader.get_many(keys.iter().copied())));
    let pauses = locked(&pauses).clone();
    (got, log, pauses)
}

fn busy(call: u32) -> Got {
    Err(LoadError::Failed(Failure::Busy(call).into()))
}

#[test]
fn only_what_may_pass_is_asked_for_again() {
    let (got, log, pauses) = ask(3, &[0, 1, 100, 2], None);
    assert_eq!(got, [Ok(0), Ok(1), Err(LoadError::Failed(Failure::Gone.into())), Ok(2)]);
    assert_eq!(*locked(&log), [vec![0, 1, 100, 2], vec![1, 2], vec![2]]);
    assert_eq!(pauses, [0, 1]);
}

#[test]
fn what_still_fails_is_returned_with_its_last_error() {
    let (got, log, pauses) = ask(2, &[0, 5, 1], None);
    assert_eq!(got, [Ok(0), busy(1), Ok(1)]);
    assert_eq!((locked(&log).len(), pauses.len()), (2, 1));
}

#[test]
fn without_failures_there_is_no_pause() {
    let (got, _, pauses) = ask(9, &[0, 100], None);
    assert_eq!((got.len(), pauses.len()), (2, 0));
    let (got, _, pauses) = ask(0, &[7], None);
    assert_eq!((got, pauses.len()), (vec![busy(0)], 0), "no attempts is one");
}

#[test]
fn an_attempt_that_goes_wrong_as_a_whole_loses_nothing() {
    for wrong in [Wrong::Panic, Wrong::Length] {
        let (got, log, _) = ask(5, &[0, 1, 3], Some((1, wrong)));
        assert_eq!(got, [Ok(0), busy(0), busy(0)]);
        assert_eq!(locked(&log).len(), 2);
    }
}

#[test]
fn a_first_attempt_that_goes_wrong_is_told_as_ever() {
    let (got, ..) = ask(5, &[1], Some((0, Wrong::Panic)));
    assert_eq!(got, [Err(LoadError::Panicked("attempt 0".into()))]);
    let (got, ..) = ask(5, &[1], Some((0, Wrong::Length)));
    assert_eq!(got, [Err(LoadError::WrongLength { keys: 1, answers: 0 })]);
}

#[test]
fn dropped_in_a_pause_nothing_more_is_asked() {
    let log = Log::default();
    let flaky = Flaky { log: Arc::clone(&log), wrong: None };
    let loader = Loader::new(Retry::new(flaky, 9, |_| true, |_| std::future::pending()));
    let mut hand = Hand::new(scope(loader.get(5)));
    assert!(hand.run().is_none());
    drop(hand);
    assert_eq!(*locked(&log), [[5]]);
}
