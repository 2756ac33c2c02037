//! What threads share, in every order that matters: `RUSTFLAGS="--cfg conjoin_loom" cargo test -p conjoin --test loom`.
//!
//! In: two threads, with waiters outside of a scope, or with a scope and a task that was given it. Out: that nobody
//! waits for ever and everybody gets an answer, whichever thread is interrupted where.

#![cfg(conjoin_loom)]
#![expect(clippy::unwrap_used, reason = "it is tests from top to bottom")]

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use conjoin::{BatchFn, LoadError, Loader, Scope, ScopeHandle};
use loom::future::block_on;
use loom::sync::Mutex;
use loom::thread;

/// Answers at once.
struct Doubles;

impl BatchFn for Doubles {
    type Key = u32;
    type Value = u32;
    type Error = Infallible;

    async fn load(&self, keys: &[u32]) -> Vec<Result<u32, Infallible>> {
        keys.iter().map(|key| Ok(key * 2)).collect()
    }
}

/// Answers when somebody has opened it.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    fn open(&self) {
        let waker = {
            let mut gate = self.0.lock().unwrap();
            gate.0 = true;
            gate.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl BatchFn for Gate {
    type Key = u32;
    type Value = u32;
    type Error = Infallible;

    async fn load(&self, keys: &[u32]) -> Vec<Result<u32, Infallible>> {
        poll_fn(|context| {
            let mut gate = self.0.lock().unwrap();
            gate.1 = Some(context.waker().clone());
            if gate.0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Doubles.load(keys).await
    }
}

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

#[test]
fn two_threads_ask_outside_of_a_scope() {
    for keys in [[1, 2], [1, 1]] {
        check(move || {
            let loader = Loader::new(Doubles);
            let other = loader.clone();
            let thread = thread::spawn(move || block_on(async { other.get(keys[1]).await }));
            assert_eq!(block_on(async { loader.get(keys[0]).await }), Ok(keys[0] * 2));
            assert_eq!(thread.join().unwrap(), Ok(keys[1] * 2));
        });
    }
}

#[test]
fn one_waits_for_a_batch_of_the_other_at_the_limit() {
    check(|| {
        let loader = Loader::builder(Doubles).max_batch(1).max_in_flight(1).build();
        let other = loader.clone();
        let thread = thread::spawn(move || block_on(async { other.get(2).await }));
        assert_eq!(block_on(async { loader.get(1).await }), Ok(2));
        assert_eq!(thread.join().unwrap(), Ok(4));
    });
}

#[test]
fn one_waiter_leaves_while_the_other_drives() {
    check(|| {
        let loader = Loader::new(Doubles);
        let other = loader.clone();
        let thread = thread::spawn(move || {
            // Polled twice, so that it may have sent the batch, and dropped then.
            let mut load = pin!(other.get(1));
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..2 {
                if load.as_mut().poll(&mut context).is_ready() {
                    return;
                }
            }
        });
        assert_eq!(block_on(async { loader.get(2).await }), Ok(4));
        thread.join().unwrap();
    });
}

#[test]
fn a_batch_is_woken_from_another_thread() {
    for is_in_scope in [false, true] {
        check(move || {
            let gate = Gate::default();
            let loader = Loader::new(gate.clone());
            let thread = thread::spawn(move || gate.open());
            let load = async { loader.get(1).await };
            let got = if is_in_scope { block_on(Scope::new().run(load)) } else { block_on(load) };
            assert_eq!(got, Ok(2));
            thread.join().unwrap();
        });
    }
}

#[test]
fn two_drive_what_a_third_thread_wakes() {
    check(|| {
        let gate = Gate::default();
        let loader = Loader::new(gate.clone());
        let other = loader.clone();
        let thread = thread::spawn(move || block_on(async { other.get(2).await }));
        gate.open();
        assert_eq!(block_on(async { loader.get(1).await }), Ok(2));
        assert_eq!(thread.join().unwrap(), Ok(4));
    });
}

#[test]
fn a_task_on_another_thread_is_answered_by_the_scope() {
    check(|| {
        let loader = Loader::new(Doubles);
        let other = loader.clone();
        let got = block_on(Scope::new().run(async {
            let scope = ScopeHandle::current().unwrap();
            let done = Arc::new(Mutex::new((None, None::<Waker>)));
            let tell = Arc::clone(&done);
            let thread = thread::spawn(move || {
                let got = block_on(scope.run(async { other.get(2).await }));
                let waker = {
                    let mut done = tell.lock().unwrap();
                    done.0 = Some(got);
                    done.1.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            });
            let got = poll_fn(|context| {
                let mut done = done.lock().unwrap();
                done.1 = Some(context.waker().clone());
                done.0.take().map_or(Poll::Pending, Poll::Ready)
            })
            .await;
            thread.join().unwrap();
            got
        }));
        assert_eq!(got, Ok(4));
    });
}

#[test]
fn a_scope_that_ends_answers_tasks_on_other_threads() {
    check(|| {
        let loader = Loader::new(Gate::default());
        let handle = Mutex::new(None);
        let mut scope = Box::pin(Scope::new().run(async {
            *handle.lock().unwrap() = ScopeHandle::current();
            std::future::pending::<()>().await;
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(scope.as_mut().poll(&mut context).is_pending());
        let handle = handle.lock().unwrap().take().unwrap();
        let thread = thread::spawn(move || {
            // Asked before the end it is cancelled, asked after it waits outside: one poll tells.
            let mut load = pin!(handle.run(async { loader.get(1).await }));
            let mut context = Context::from_waker(Waker::noop());
            let first = load.as_mut().poll(&mut context);
            let second = if first.is_pending() { load.as_mut().poll(&mut context) } else { first };
            assert!(matches!(second, Poll::Pending | Poll::Ready(Err(LoadError::Cancelled))));
        });
        assert!(scope.as_mut().poll(&mut context).is_pending());
        drop(scope);
        thread.join().unwrap();
    });
}
