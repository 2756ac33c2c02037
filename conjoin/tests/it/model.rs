//! Loaders against a model, on random programs of loads, drops and errors.
//!
//! In: branches that load, one key after the other or many at once, and may stop early. Out: that every waiter gets
//! exactly its answer, and that the batches are those of the model's rounds.

use std::collections::BTreeSet;
use std::sync::Arc;

use conjoin::{Loader, Scope};
use futures::future::{join_all, ready, select};
use proptest::prelude::*;

use crate::hand::{Asked, Tens, asked, run, ten_times, turn};

/// What a branch does in one step, that is, until it waits.
#[derive(Clone, Debug)]
enum Step {
    /// Asks one of the two loaders for a key.
    Load(usize, u32),
    /// Asks for many.
    Many(usize, Vec<u32>),
    /// Asks, and leaves before the answer.
    Quit(usize, u32),
    /// Wakes itself so many times.
    Turn(u8),
}

type Branch = Vec<Step>;

fn steps() -> impl Strategy<Value = Step> {
    // Few keys, so that they meet; those over 1000 fail.
    let keys = prop_oneof![0u32..12, 1001u32..1004];
    prop_oneof![
        4 => (0usize..2, keys.clone()).prop_map(|(loader, key)| Step::Load(loader, key)),
        1 => (0usize..2, prop::collection::vec(keys.clone(), 0..6)).prop_map(|(loader, keys)| Step::Many(loader, keys)),
        1 => (0usize..2, keys).prop_map(|(loader, key)| Step::Quit(loader, key)),
        1 => (1u8..4).prop_map(Step::Turn),
    ]
}

fn programs() -> impl Strategy<Value = Vec<Branch>> {
    prop::collection::vec(prop::collection::vec(steps(), 0..6), 1..12)
}

/// Runs a branch, and counts the answers that are not those of their keys.
async fn branch(loaders: &[Loader<Tens>; 2], steps: &[Step]) -> usize {
    let mut wrong = 0;
    for step in steps {
        match step {
            Step::Load(loader, key) => wrong += usize::from(!is_right(*key, &loaders[*loader].get(*key).await)),
            Step::Many(loader, keys) => {
                let got = loaders[*loader].get_many(keys.iter().copied()).await;
                wrong += keys.len().abs_diff(got.len());
                wrong += keys.iter().zip(&got).filter(|(key, got)| !is_right(**key, got)).count();
            }
            Step::Quit(loader, key) => drop(select(loaders[*loader].get(*key), ready(())).await),
            Step::Turn(times) => {
                for _ in 0..*times {
                    turn().await;
                }
            }
        }
    }
    wrong
}

fn is_right(key: u32, got: &Result<u32, conjoin::LoadError<String>>) -> bool {
    match (ten_times(key), got) {
        (Ok(expected), Ok(got)) => expected == *got,
        (Err(expected), Err(got)) => got.failure() == Some(&expected),
        _ => false,
    }
}

/// The rounds of a program: in each, every branch goes on to its next load, and each loader is asked for the keys of
/// that round.
fn rounds(program: &[Branch]) -> Vec<[BTreeSet<u32>; 2]> {
    let mut at = vec![0; program.len()];
    let mut rounds = Vec::new();
    loop {
        let mut asked = [BTreeSet::new(), BTreeSet::new()];
        for (branch, at) in program.iter().zip(&mut at) {
            while let Some(step) = branch.get(*at) {
                *at += 1;
                match step {
                    Step::Load(loader, key) => {
                        asked[*loader].insert(*key);
                        break;
                    }
                    Step::Many(_, keys) if keys.is_empty() => {}
                    Step::Many(loader, keys) => {
                        asked[*loader].extend(keys);
                        break;
                    }
                    Step::Quit(..) | Step::Turn(_) => {}
                }
            }
        }
        if asked.iter().all(BTreeSet::is_empty) {
            return rounds;
        }
        rounds.push(asked);
    }
}

/// Two loaders, and what each was asked.
fn loaders(max_batch: usize) -> ([Loader<Tens>; 2], [Asked; 2]) {
    let logs = [Asked::default(), Asked::default()];
    let loaders = ["first", "second"];
    let loader =
        |at: usize| Loader::builder(Tens(Arc::clone(&logs[at]))).name(loaders[at]).max_batch(max_batch).build();
    ([loader(0), loader(1)], logs.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn batches_are_the_rounds_of_the_model(program in programs()) {
        let (loaders, logs) = loaders(usize::MAX);
        let work = join_all(program.iter().map(|steps| branch(&loaders, steps)));
        let (wrong, report) = run(Scope::new().report(work));
        prop_assert_eq!(wrong.into_iter().sum::<usize>(), 0);
        let expected = rounds(&program);
        prop_assert_eq!(report.rounds(), expected.len(), "{}", report);
        for (at, log) in logs.iter().enumerate() {
            let sent: Vec<BTreeSet<u32>> = asked(log).into_iter().map(|keys| keys.into_iter().collect()).collect();
            let due: Vec<BTreeSet<u32>> = expected.iter().map(|round| round[at].clone()).filter(|keys| !keys.is_empty()).collect();
            prop_assert_eq!(sent, due);
        }
        let distinct = |log: &Asked| asked(log).iter().all(|keys| keys.iter().collect::<BTreeSet<_>>().len() == keys.len());
        prop_assert!(logs.iter().all(distinct), "no key is in a batch twice");
    }

    #[test]
    fn small_batches_take_as_many_rounds(program in programs(), max_batch in 1usize..5) {
        let (loaders, logs) = loaders(max_batch);
        let work = join_all(program.iter().map(|steps| branch(&loaders, steps)));
        let (wrong, report) = run(Scope::new().report(work));
        prop_assert_eq!(wrong.into_iter().sum::<usize>(), 0);
        let expected = rounds(&program);
        prop_assert_eq!(report.rounds(), expected.len());
        let keys: usize = expected.iter().flatten().map(BTreeSet::len).sum();
        prop_assert_eq!(report.keys(), keys);
        prop_assert!(logs.iter().all(|log| asked(log).iter().all(|keys| keys.len() <= max_batch)));
    }

    #[test]
    fn with_a_memo_no_key_is_asked_twice_unless_it_failed(program in programs()) {
        let (loaders, logs) = loaders(usize::MAX);
        let wrong = run(Scope::new().memo().run(join_all(program.iter().map(|steps| branch(&loaders, steps)))));
        prop_assert_eq!(wrong.into_iter().sum::<usize>(), 0);
        for log in &logs {
            let asked: Vec<u32> = asked(log).concat().into_iter().filter(|key| *key <= 1000).collect();
            prop_assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), asked.len());
        }
    }

    #[test]
    fn outside_a_scope_every_waiter_gets_its_answer(program in programs(), max_batch in 1usize..5, limit in 1usize..3) {
        let log = Asked::default();
        let loader = Loader::builder(Tens(Arc::clone(&log))).max_batch(max_batch).max_in_flight(limit).build();
        let loaders = [loader.clone(), loader];
        let wrong = run(join_all(program.iter().map(|steps| branch(&loaders, steps))));
        prop_assert_eq!(wrong.into_iter().sum::<usize>(), 0);
        prop_assert!(asked(&log).iter().all(|keys| keys.len() <= max_batch));
    }
}
