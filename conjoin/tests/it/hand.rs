//! What the tests poll with: an executor of twenty lines, a future that is polled by hand, and batch functions that are
//! answered when the test says so.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use conjoin::{BatchFn, Loader};

/// Counts wakes.
#[derive(Default)]
pub struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Bell {
    /// How often it was rung since this was last asked.
    pub fn rings(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

/// A future that is polled when the test says so.
pub struct Hand<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    pub bell: Arc<Bell>,
}

impl<'a, T> Hand<'a, T> {
    pub fn new(future: impl Future<Output = T> + 'a) -> Self {
        Hand { future: Box::pin(future), bell: Arc::default() }
    }

    pub fn poll(&mut self) -> Poll<T> {
        let waker = Waker::from(Arc::clone(&self.bell));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Polls as long as it is woken; nothing, when it rests.
    pub fn run(&mut self) -> Option<T> {
        for _ in 0..100_000 {
            self.bell.rings();
            if let Poll::Ready(value) = self.poll() {
                return Some(value);
            }
            if self.bell.rings() == 0 {
                return None;
            }
        }
        panic!("it wakes itself for ever");
    }
}

/// The executor: polls one future until it is over, and fails where nothing can wake it.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    for _ in 0..1_000_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        assert!(bell.rings() > 0, "nothing can wake it");
    }
    panic!("it wakes itself for ever");
}

/// Wakes itself once and then goes on.
pub async fn turn() {
    let mut is_first = true;
    poll_fn(|context| {
        if std::mem::take(&mut is_first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

/// What a batch function was asked, batch by batch.
pub type Asked = Arc<Mutex<Vec<Vec<u32>>>>;

/// Answers at once: ten times the key; keys over 1000 are errors.
pub struct Tens(pub Asked);

impl BatchFn for Tens {
    type Key = u32;
    type Value = u32;
    type Error = String;

    async fn load(&self, keys: &[u32]) -> Vec<Result<u32, String>> {
        locked(&self.0).push(keys.to_vec());
        keys.iter().map(|key| ten_times(*key)).collect()
    }
}

pub fn ten_times(key: u32) -> Result<u32, String> {
    if key > 1000 { Err(format!("{key} is too large")) } else { Ok(key * 10) }
}

/// A loader that answers at once, and what it was asked.
pub fn tens() -> (Loader<Tens>, Asked) {
    let asked = Asked::default();
    (Loader::new(Tens(Arc::clone(&asked))), asked)
}

/// What was asked until now.
pub fn asked(asked: &Asked) -> Vec<Vec<u32>> {
    locked(asked).clone()
}

pub fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers when the test opens the gate of the batch.
#[derive(Clone, Default)]
pub struct Gates(Arc<Mutex<Vec<Gate>>>);

#[derive(Default)]
struct Gate {
    keys: Vec<u32>,
    is_open: bool,
    is_dropped: bool,
    waker: Option<Waker>,
}

impl Gates {
    pub fn loader(&self) -> Loader<Gates> {
        Loader::new(self.clone())
    }

    pub fn asked(&self) -> Vec<Vec<u32>> {
        locked(&self.0).iter().map(|gate| gate.keys.clone()).collect()
    }

    /// Whether the future of a batch was dropped before its gate was open.
    pub fn was_dropped(&self, batch: usize) -> bool {
        locked(&self.0)[batch].is_dropped
    }

    pub fn open(&self, batch: usize) {
        let waker = {
            let gate = &mut locked(&self.0)[batch];
            gate.is_open = true;
            gate.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl BatchFn for Gates {
    type Key = u32;
    type Value = u32;
    type Error = String;

    async fn load(&self, keys: &[u32]) -> Vec<Result<u32, String>> {
        let at = {
            let mut gates = locked(&self.0);
            gates.push(Gate { keys: keys.to_vec(), ..Gate::default() });
            gates.len() - 1
        };
        let mut passed = Passed { gates: self, at, is_through: false };
        poll_fn(|context| {
            let gate = &mut locked(&self.0)[at];
            gate.waker = Some(context.waker().clone());
            if gate.is_open { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        passed.is_through = true;
        keys.iter().map(|key| ten_times(*key)).collect()
    }
}

struct Passed<'a> {
    gates: &'a Gates,
    at: usize,
    is_through: bool,
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        locked(&self.gates.0)[self.at].is_dropped |= !self.is_through;
    }
}

thread_local! {
    static STEPS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes a step of the test that runs on this thread.
pub fn note(step: impl Into<String>) {
    STEPS.with(|steps| steps.borrow_mut().push(step.into()));
}

/// The steps noted until now.
pub fn notes() -> Vec<String> {
    STEPS.with(RefCell::take)
}
