//! The promises of the runtime crate, each with a test that polls by hand where that is possible.
//!
//! One binary, so that it is linked once. `hand` has what the others share.

#![expect(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "it is tests from top to bottom")]

mod blocking;
mod chains;
mod declared;
mod errors;
mod executors;
mod hand;
mod join;
mod join_model;
mod limits;
mod model;
mod outside;
mod promises;
mod replays;
mod retries;
mod rounds;
mod writes;
