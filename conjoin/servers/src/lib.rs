//! Real servers for tests and benches: each on a free port of this machine, in a folder of its own, until it is dropped.
//!
//! In: the program, if it is installed. Out: its address, and what it was asked. Where it is not installed the test says
//! so on stderr and is over; with `CONJOIN_SERVERS=required` in the environment it fails instead.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it serves tests, which stop where it stops"
)]

mod log;
pub mod memcached;
pub mod postgres;
pub mod redis;

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

pub use crate::log::Log;

/// A server process. It ends when it is dropped, and its folder goes with it.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    /// What it has written to stderr.
    pub log: Log,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts a program that listens on this port and waits until it does.
    fn start(mut command: Command, port: u16, folder: tempfile::TempDir) -> Server {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let log = Log::of(child.stderr.take().expect("it is piped"));
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let end = child.try_wait().unwrap();
            assert!(end.is_none(), "{command:?} ended with {end:?}:\n{}", log.text());
            std::thread::yield_now();
        }
        Server { port, log, child, _folder: folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that does not end is seen by whoever looks at the machine, not by the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listened on a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Where a program is, if it is installed; otherwise it is said that a test is skipped.
fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain(postgres::folders()).map(|folder| folder.join(program));
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        let is_required = std::env::var("CONJOIN_SERVERS").is_ok_and(|value| value == "required");
        assert!(!is_required, "{program} is not installed, and CONJOIN_SERVERS says that it must be");
        // Not `eprintln!`, which tests do not show.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {program} is not installed");
    }
    found
}
