//! The scope that code runs in.
//!
//! In: a scope, for as long as its future is polled. Out: that scope, for loads that are polled meanwhile.

use std::cell::RefCell;
use std::sync::Arc;

use super::shared::Shared;
use crate::sync::thread_local;

thread_local! {
    #[cfg_attr(not(conjoin_loom), expect(clippy::missing_const_for_thread_local, reason = "loom's has no const form"))]
    static CURRENT: RefCell<Option<Arc<Shared>>> = RefCell::new(None);
}

/// Until it is dropped, this thread runs in that scope, or in none. It puts back what was there before.
pub(crate) struct Entered {
    before: Option<Arc<Shared>>,
}

pub(crate) fn enter(scope: Option<Arc<Shared>>) -> Entered {
    Entered { before: CURRENT.with(|current| current.replace(scope)) }
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
    CURRENT.with(|current| look(current.borrow().as_ref()))
}

/// Whether this thread runs in a scope.
pub(crate) fn is_inside() -> bool {
    with(|scope| scope.is_some())
}
