//! Runs a scope: polls to quiescence, sends what is open, drives what is in flight.
//!
//! In: the scope's future and a poll. Out: its value, or a rest in which everything that matters can wake it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::current::{self, Entered};
use super::pulse::Pulse;
use super::shared::Shared;
use super::{Flush, Options};
use crate::lane::{AnyLane, Load};
use crate::sync::{Ordering, lock};

/// Steps of one poll, each a poll of the future or of batches, before the executor gets its turn.
const STEPS: usize = 64;

/// How often in a row, in one poll, what has woken itself is polled again.
const RESTLESS_STEPS: usize = 8;

/// For how many polls in a row a round waits for what wakes itself and asks for nothing new.
const RESTLESS_POLLS: usize = 32;

/// For how many polls a round waits for tasks that are awake and have not come to rest.
const TASK_POLLS: usize = if cfg!(conjoin_loom) { 2 } else { 256 };

/// For how many polls a round waits at most, whatever happens.
const PATIENCE: usize = 1024;

pub(crate) struct Driver {
    shared: Arc<Shared>,
    waker: Waker,
    /// Those of the scope, as far as they are known here.
    lanes: Vec<Arc<dyn AnyLane>>,
    /// The places of lanes that batches in flight have asked, since they were sent: whatever the policy, those cannot wait
    /// for what is in flight, for that waits for them.
    urgent: Vec<usize>,
    waits: Waits,
}

/// How long the round that is open has been waiting.
#[derive(Default)]
struct Waits {
    polls: usize,
    restless_polls: usize,
    asked: u64,
}

/// What a step has come to.
enum Step<T> {
    Over(T),
    /// A batch came to its end, or was sent.
    Progress,
    /// Something has woken itself.
    Restless,
    /// Keys wait for other tasks to come to rest.
    Waiting,
    /// Nothing is left to do.
    Rest,
}

impl Driver {
    pub(super) fn new(options: Options) -> Self {
        let shared = Shared::new(options);
        let waker = Waker::from(Arc::clone(&shared.pulse));
        Driver { shared, waker, lanes: Vec::new(), urgent: Vec::new(), waits: Waits::default() }
    }

    pub(super) fn poll<F: Future>(&mut self, mut main: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
        let pulse = Arc::clone(&self.shared.pulse);
        pulse.begin(context.waker());
        let entered = self.enter();
        pulse.take(Pulse::TASK);
        let mut restless = 0;
        let mut is_resting = false;
        for _ in 0..STEPS {
            match self.step(main.as_mut()) {
                Step::Over(value) => return Poll::Ready(value),
                Step::Progress => restless = 0,
                Step::Restless => restless += 1,
                Step::Waiting => break,
                Step::Rest => {
                    is_resting = true;
                    break;
                }
            }
            if restless == RESTLESS_STEPS || (restless > 0 && is_out_of_budget()) {
                break;
            }
        }
        drop(entered);
        if !is_resting {
            self.has_waited();
            if comes_back_later(context) {
                pulse.end_quietly();
                return Poll::Pending;
            }
            // It goes on in the next poll.
            pulse.raise(Pulse::TASK);
        }
        pulse.end();
        Poll::Pending
    }

    /// Drives what is in flight to its end, and what that asks for, without the scope's future.
    pub(super) fn poll_in_flight(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let pulse = Arc::clone(&self.shared.pulse);
        pulse.begin(context.waker());
        let entered = self.enter();
        for _ in 0..STEPS {
            pulse.take(Pulse::MAIN | Pulse::TASK);
            if pulse.take(Pulse::BATCH) {
                self.poll_batches();
            }
            if !pulse.has(Pulse::BATCH) && !matches!(self.flush(), Step::<()>::Progress) {
                break;
            }
        }
        drop(entered);
        pulse.end();
        if self.is_in_flight() { Poll::Pending } else { Poll::Ready(()) }
    }

    pub(super) fn options(&self) -> &Options {
        &self.shared.options
    }

    pub(super) fn is_in_flight(&self) -> bool {
        self.load().running > 0
    }

    fn step<F: Future>(&mut self, main: Pin<&mut F>) -> Step<F::Output> {
        let pulse = Arc::clone(&self.shared.pulse);
        let has_ended = pulse.take(Pulse::BATCH) && self.poll_batches();
        let mut is_restless = false;
        if pulse.take(Pulse::MAIN) {
            if let Poll::Ready(value) = main.poll(&mut Context::from_waker(&self.waker)) {
                return Step::Over(value);
            }
            // What found the budget empty is woken only when the poll is over.
            is_restless = is_out_of_budget();
        }
        is_restless |= pulse.has(Pulse::MAIN | Pulse::BATCH);
        if is_restless && !self.waits.are_over() {
            return if has_ended { Step::Progress } else { Step::Restless };
        }
        match self.flush() {
            Step::Rest if is_restless => Step::Restless,
            step => step,
        }
    }

    /// Sends what the policy lets go.
    fn flush<T>(&mut self) -> Step<T> {
        self.lanes.extend(self.shared.lanes_after(self.lanes.len()));
        let are_tasks_awake = self.shared.awake.load(Ordering::SeqCst) > 0;
        if are_tasks_awake && self.waits.polls < TASK_POLLS && self.load().open > 0 {
            return Step::Waiting;
        }
        let mut is_first = true;
        let mut has_done = false;
        let mut start = |lane: &Arc<dyn AnyLane>| {
            has_done |= lane.start(&mut |sent| {
                lock(&self.shared.log).add(std::mem::take(&mut is_first), sent.loader, sent.keys);
            });
        };
        let urgent = std::mem::take(&mut self.urgent);
        due(&self.lanes, self.shared.options.flush).iter().for_each(&mut start);
        urgent.iter().filter_map(|place| self.lanes.get(*place)).for_each(&mut start);
        if has_done {
            self.waits = Waits::default();
            return Step::Progress;
        }
        Step::Rest
    }

    fn poll_batches(&mut self) -> bool {
        let poll = |lanes: &[Arc<dyn AnyLane>]| lanes.iter().fold(false, |ended, lane| lane.poll_running() | ended);
        if self.shared.options.flush == Flush::All {
            return poll(&self.lanes);
        }
        let asked: Vec<u64> = self.lanes.iter().map(|lane| lane.load().asked).collect();
        let has_ended = poll(&self.lanes);
        self.lanes.extend(self.shared.lanes_after(self.lanes.len()));
        let was_asked = |place: &usize| self.lanes[*place].load().asked > asked.get(*place).copied().unwrap_or(0);
        self.urgent.extend((0..self.lanes.len()).filter(was_asked));
        has_ended
    }

    fn enter(&self) -> Entered {
        current::enter(Some(Arc::clone(&self.shared)))
    }

    fn load(&self) -> Load {
        self.lanes.iter().map(|lane| lane.load()).fold(Load::default(), Load::plus)
    }

    /// A poll has ended before the scope came to rest.
    fn has_waited(&mut self) {
        self.lanes.extend(self.shared.lanes_after(self.lanes.len()));
        let Load { open, asked, .. } = self.load();
        if open == 0 {
            self.waits = Waits::default();
            return;
        }
        let is_restless = asked == self.waits.asked && !is_out_of_budget();
        self.waits.restless_polls = if is_restless { self.waits.restless_polls + 1 } else { 0 };
        self.waits.polls += 1;
        self.waits.asked = asked;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Waits {
    fn are_over(&self) -> bool {
        self.restless_polls >= RESTLESS_POLLS || self.polls >= PATIENCE
    }
}

/// The lanes whose open batches may be sent now.
fn due(lanes: &[Arc<dyn AnyLane>], flush: Flush) -> &[Arc<dyn AnyLane>] {
    let is_idle = || lanes.iter().all(|lane| lane.load().running == 0);
    match flush {
        Flush::All => lanes,
        Flush::WhenIdle if is_idle() => lanes,
        Flush::Largest if is_idle() => {
            // Of several that are equally large, the one that was used first.
            let largest = (0..lanes.len()).rev().max_by_key(|at| lanes[*at].load().open);
            largest.map_or(&[], |at| &lanes[at..=at])
        }
        Flush::WhenIdle | Flush::Largest => &[],
    }
}

/// Whether tokio wants the task to return. What then waits is not restless, only out of time.
#[cfg(feature = "tokio")]
fn is_out_of_budget() -> bool {
    !tokio::task::coop::has_budget_remaining()
}

#[cfg(not(feature = "tokio"))]
fn is_out_of_budget() -> bool {
    false
}

/// Whether tokio polls the scope again, after it has woken what was out of budget: it does so later than a wake would.
#[cfg(feature = "tokio")]
fn comes_back_later(context: &mut Context<'_>) -> bool {
    is_out_of_budget() && std::pin::pin!(tokio::task::yield_now()).poll(context).is_pending()
}

#[cfg(not(feature = "tokio"))]
fn comes_back_later(_: &mut Context<'_>) -> bool {
    false
}
