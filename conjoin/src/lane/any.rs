//! A lane whose types are forgotten: what a scope does with all of its loaders.
//!
//! In: orders of the scope's driver. Out: what came of them, without keys or values.

use std::any::Any;

use super::Lane;
use super::batch::Stage;
use crate::error::LoadError;
use crate::replay::Recorded;
use crate::sync::lock;
use crate::wakers::Woken;

/// A batch that was just sent.
pub(crate) struct Sent<'a> {
    pub(crate) loader: &'a str,
    pub(crate) keys: usize,
}

/// What a scope does with a lane.
pub(crate) trait AnyLane: Any + Send + Sync {
    /// Sends what is open, as far as the limit of batches in flight lets it. Whether anything came of it.
    fn start(&self, sent: &mut dyn FnMut(Sent<'_>)) -> bool;
    /// Polls what was woken. Whether a batch came to its end.
    fn poll_running(&self) -> bool;
    fn load(&self) -> Load;
    /// What was kept for a recording.
    fn recorded(&self) -> Recorded;
    /// Ends everything: nothing is in flight any more, and whoever still waits is told so.
    fn close(&self);
}

/// What there is to do in a lane.
#[derive(Clone, Copy, Default)]
pub(crate) struct Load {
    /// Keys and known answers that wait for the next round.
    pub(crate) open: usize,
    pub(crate) running: usize,
    /// How often a key was asked for.
    pub(crate) asked: u64,
}

impl Load {
    pub(crate) fn plus(self, other: Self) -> Self {
        Load { open: self.open + other.open, running: self.running + other.running, asked: self.asked + other.asked }
    }
}

impl<K: Send + Sync + 'static, V: Send + 'static, E: Send + Sync + 'static> AnyLane for Lane<K, V, E> {
    fn start(&self, sent: &mut dyn FnMut(Sent<'_>)) -> bool {
        self.start_up_to(u64::MAX, sent)
    }

    fn poll_running(&self) -> bool {
        self.drive()
    }

    fn load(&self) -> Load {
        let state = lock(&self.state);
        let open = state.queue.batches.iter().filter(|batch| batch.stage == Stage::Open);
        Load { open: open.map(|batch| batch.waiting).sum(), running: state.running.len(), asked: state.queue.asked }
    }

    fn recorded(&self) -> Recorded {
        let known = lock(&self.state).memo.take();
        Recorded::new(&self.core, known)
    }

    fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        state.index.clear();
        let running = std::mem::take(&mut state.running);
        let mut wakers = Vec::new();
        for batch in state.queue.batches.iter_mut().filter(|batch| batch.stage != Stage::Done) {
            batch.fail(&LoadError::Cancelled);
            batch.stage = Stage::Done;
            wakers.push(batch.wakers.take());
        }
        let over = state.queue.batches.extract_if(.., |batch| batch.waiting == 0).collect::<Vec<_>>();
        drop(state);
        wakers.into_iter().for_each(Woken::wake);
        drop((running, over));
    }
}
