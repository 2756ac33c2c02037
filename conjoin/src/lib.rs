//! Joined lookups become one batched call.
#![doc = include_str!("../README.md")]

#[cfg(any(feature = "memcached", feature = "postgres", feature = "redis", feature = "sqlx"))]
pub mod adapters;
mod batch_fn;
mod block_on;
mod error;
mod join;
mod lane;
mod load;
mod loader;
mod memo;
mod replay;
mod report;
mod retry;
mod scope;
mod sync;
mod trace;
mod wakers;
mod write;

pub use crate::batch_fn::{BatchFn, FromFn, batch_fn};
pub use crate::block_on::{InsideScope, block_on};
pub use crate::error::LoadError;
pub use crate::load::{Load, LoadMany};
pub use crate::loader::{Loader, LoaderBuilder};
pub use crate::replay::Recording;
#[cfg(feature = "serde")]
pub use crate::replay::RecordingError;
pub use crate::report::{BatchReport, Report};
pub use crate::retry::Retry;
#[cfg(feature = "tokio")]
pub use crate::scope::spawn;
pub use crate::scope::{Flush, InFlight, InTask, Scope, ScopeHandle, Scoped, scope};
pub use crate::write::{Write, WriteFn, Writer};
pub use conjoin_macros::loader;

#[doc(hidden)]
pub use crate::join::private as __private;
