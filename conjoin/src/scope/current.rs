//! The scope that code runs in.
//!
//! In: a scope, for as long as its future is polled. Out: that scope, for loads that are polled meanwhile.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use super::shared::Shared;
use crate::sync::thread_local;

#[cfg(not(conjoin_loom))]
thread_local! {
    static CURRENT: RefCell<Option<Here>> = const { RefCell::new(None) };
}

#[cfg(conjoin_loom)]
thread_local! {
    static CURRENT: RefCell<Option<Here>> = RefCell::new(None);
}

struct Here {
    scope: Arc<Shared>,
    /// The lane that was asked for last, by the address of its loader's core: most of the time it is the next one too.
    last: Option<(usize, Arc<dyn Any + Send + Sync>)>,
}

/// Until it is dropped, this thread runs in that scope, or in none. It puts back what was there before.
pub(crate) struct Entered {
    before: Option<Here>,
}

pub(crate) fn enter(scope: Option<Arc<Shared>>) -> Entered {
    let here = scope.map(|scope| Here { scope, last: None });
    Entered { before: CURRENT.with(|current| current.replace(here)) }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.before.take();
        let inner = CURRENT.with(|current| current.replace(before));
        drop(inner);
    }
}

/// Looks at the scope that this thread runs in. What looks runs none of the user's code.
pub(crate) fn with<R>(look: impl FnOnce(Option<&Arc<Shared>>) -> R) -> R {
    CURRENT.with(|current| look(current.borrow().as_ref().map(|here| &here.scope)))
}

/// The lane with this address in the scope that this thread runs in, which `find` finds where it was not the last one.
pub(crate) fn lane<L: Send + Sync + 'static>(
    address: usize,
    find: impl FnOnce(&Shared) -> Option<Arc<L>>,
) -> Option<Arc<L>> {
    CURRENT.with(|current| {
        let mut current = current.borrow_mut();
        let here = current.as_mut()?;
        if let Some((known, lane)) = &here.last
            && *known == address
        {
            return Arc::clone(lane).downcast().ok();
        }
        let lane = find(&here.scope)?;
        here.last = Some((address, Arc::clone(&lane) as Arc<dyn Any + Send + Sync>));
        Some(lane)
    })
}

/// Whether this thread runs in a scope.
pub(crate) fn is_inside() -> bool {
    with(|scope| scope.is_some())
}
