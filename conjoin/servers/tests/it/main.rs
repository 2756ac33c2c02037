//! The adapters against real servers, and what these servers were asked.

#![expect(clippy::unwrap_used, unreachable_pub, reason = "it is tests from top to bottom")]

mod memcached;
mod postgres;
mod profile;
mod redis;

use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
