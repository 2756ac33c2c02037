//! `join!` against sequential code, on random trees of results, in virtual time.
//!
//! In: a tree whose leaves take time and may fail. Out: that the joined form gives the same value or the same error as
//! the sequence, no later than the model says it can, and that every leaf the sequence ends is ended.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use crate::hand::Bell;

#[derive(Clone, Debug)]
enum Tree {
    /// Takes so long, and then gives its number or fails with it.
    Leaf { number: u32, time: u64, fails: bool },
    /// Its branches, each with whether it is marked with `?`. What is not marked gives its result as a value.
    Join(Vec<(Tree, bool)>),
}

/// Time that passes when nothing else can happen.
#[derive(Clone, Default)]
struct Clock(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    now: u64,
    waiting: Vec<(u64, Waker)>,
    ended: BTreeSet<u32>,
    cancelled: BTreeSet<u32>,
}

impl Clock {
    async fn sleep(&self, time: u64) {
        let end = self.0.borrow().now + time;
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if state.now >= end {
                return Poll::Ready(());
            }
            state.waiting.push((end, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    /// Runs a future, and says when it is over.
    fn run<T>(&self, future: impl Future<Output = T>) -> (T, u64) {
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        let mut future = Box::pin(future);
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return (value, self.0.borrow().now);
            }
            if bell.rings() == 0 {
                let mut state = self.0.borrow_mut();
                state.now = state.waiting.iter().map(|(end, _)| *end).filter(|end| *end > state.now).min().unwrap();
                let now = state.now;
                state.waiting.extract_if(.., |(end, _)| *end <= now).for_each(|(_, waker)| waker.wake());
            }
        }
    }
}

struct Leaf<'a> {
    clock: &'a Clock,
    number: u32,
    has_ended: bool,
}

impl Drop for Leaf<'_> {
    fn drop(&mut self) {
        let mut state = self.clock.0.borrow_mut();
        let set = if self.has_ended { &mut state.ended } else { &mut state.cancelled };
        set.insert(self.number);
    }
}

async fn leaf(clock: &Clock, number: u32, time: u64, fails: bool) -> Result<Vec<u32>, u32> {
    let mut leaf = Leaf { clock, number, has_ended: false };
    clock.sleep(time).await;
    leaf.has_ended = true;
    if fails { Err(number) } else { Ok(vec![number]) }
}

type Run<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What is not marked cannot fail: its error is a value like others.
fn value(result: Result<Vec<u32>, u32>) -> Vec<u32> {
    result.unwrap_or_else(|number| vec![number + 1_000_000])
}

/// One branch after the other.
fn sequence<'a>(clock: &'a Clock, tree: &'a Tree) -> Run<'a, Result<Vec<u32>, u32>> {
    Box::pin(async move {
        match tree {
            Tree::Leaf { number, time, fails } => leaf(clock, *number, *time, *fails).await,
            Tree::Join(branches) => {
                let mut all = Vec::new();
                for (branch, is_marked) in branches {
                    let result = sequence(clock, branch).await;
                    all.extend(if *is_marked { result? } else { value(result) });
                }
                Ok(all)
            }
        }
    })
}

async fn plain(clock: &Clock, tree: &Tree) -> Vec<u32> {
    value(joined(clock, tree).await)
}

/// All branches of a join side by side, with the macro. Its marks are part of its text, so there is a call for each way
/// to set them.
fn joined<'a>(clock: &'a Clock, tree: &'a Tree) -> Run<'a, Result<Vec<u32>, u32>> {
    macro_rules! all {
        ($count:literal; $($branches:tt)*) => { <[Vec<u32>; $count]>::from(conjoin::join!($($branches)*)).concat() };
    }
    let f = |tree: &'a Tree| joined(clock, tree);
    let p = |tree: &'a Tree| plain(clock, tree);
    Box::pin(async move {
        let branches = match tree {
            Tree::Leaf { number, time, fails } => return leaf(clock, *number, *time, *fails).await,
            Tree::Join(branches) => branches,
        };
        Ok(match branches.as_slice() {
            [(a, true), (b, true)] => all!(2; f(a)?, f(b)?),
            [(a, true), (b, false)] => all!(2; f(a)?, p(b)),
            [(a, false), (b, true)] => all!(2; p(a), f(b)?),
            [(a, false), (b, false)] => all!(2; p(a), p(b)),
            [(a, true), (b, true), (c, true)] => all!(3; f(a)?, f(b)?, f(c)?),
            [(a, true), (b, true), (c, false)] => all!(3; f(a)?, f(b)?, p(c)),
            [(a, true), (b, false), (c, true)] => all!(3; f(a)?, p(b), f(c)?),
            [(a, true), (b, false), (c, false)] => all!(3; f(a)?, p(b), p(c)),
            [(a, false), (b, true), (c, true)] => all!(3; p(a), f(b)?, f(c)?),
            [(a, false), (b, true), (c, false)] => all!(3; p(a), f(b)?, p(c)),
            [(a, false), (b, false), (c, true)] => all!(3; p(a), p(b), f(c)?),
            [(a, false), (b, false), (c, false)] => all!(3; p(a), p(b), p(c)),
            [(a, _), (b, _), (c, _), (d, _), (e, _)] => all!(5; f(a)?, f(b)?, f(c)?, f(d)?, f(e)?),
            other => panic!("no tree has {} branches", other.len()),
        })
    })
}

/// When the joined form can be over at the earliest, if it starts at once: a failure waits for what is before it.
fn earliest(tree: &Tree) -> (u64, bool) {
    match tree {
        Tree::Leaf { time, fails, .. } => (*time, *fails),
        Tree::Join(branches) => {
            let mut end = 0;
            for (branch, is_marked) in branches {
                let (time, fails) = earliest(branch);
                end = end.max(time);
                if fails && *is_marked {
                    return (end, true);
                }
            }
            (end, false)
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = (0u64..6, prop::bool::weighted(0.2)).prop_map(|(time, fails)| Tree::Leaf { number: 0, time, fails });
    let tree = leaf.prop_recursive(4, 60, 5, |inner| {
        let marked = (inner.clone(), any::<bool>());
        prop_oneof![
            prop::collection::vec(marked, 2..=3).prop_map(Tree::Join),
            prop::collection::vec(inner.prop_map(|tree| (tree, true)), 5).prop_map(Tree::Join),
        ]
    });
    tree.prop_map(|mut tree| {
        number(&mut tree, &mut 0);
        tree
    })
}

/// Gives every leaf a number of its own.
fn number(tree: &mut Tree, next: &mut u32) {
    match tree {
        Tree::Leaf { number, .. } => {
            *number = *next;
            *next += 1;
        }
        Tree::Join(branches) => branches.iter_mut().for_each(|(branch, _)| number(branch, next)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_join_means_what_the_sequence_means(tree in trees()) {
        let (before, after) = (Clock::default(), Clock::default());
        let (expected, slow) = before.run(sequence(&before, &tree));
        let (got, fast) = after.run(joined(&after, &tree));
        prop_assert_eq!(got, expected);
        prop_assert!(fast <= slow);
        prop_assert_eq!(fast, earliest(&tree).0, "no earlier and no later than it can be");
        let (before, after) = (before.0.borrow(), after.0.borrow());
        prop_assert!(before.ended.is_subset(&after.ended), "{:?} were cancelled by later ones", &before.ended - &after.ended);
        prop_assert!(before.cancelled.is_empty());
    }
}
