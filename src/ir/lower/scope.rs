//! Names by scope position.
//!
//! In: names as they are bound and blocks as they open and close. Out: whom a name means.

use crate::ir::{LocalId, Name};

/// The locals that can be named, innermost last.
#[derive(Default)]
pub(super) struct Scope {
    visible: Vec<(Name, LocalId)>,
}

/// How many locals could be named at some point.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl Scope {
    /// Makes a local visible; it shadows those of the same name.
    pub(super) fn bind(&mut self, name: Name, local: LocalId) {
        self.visible.push((name, local));
    }

    /// The local that a name means here.
    pub(super) fn find(&self, name: &str) -> Option<LocalId> {
        self.visible.iter().rev().find(|(visible, _)| visible == name).map(|(_, local)| *local)
    }

    /// Opens a block.
    pub(super) fn open(&self) -> Mark {
        Mark(self.visible.len())
    }

    /// Closes the block: what it bound is gone.
    pub(super) fn close(&mut self, mark: Mark) {
        self.visible.truncate(mark.0);
    }
}
