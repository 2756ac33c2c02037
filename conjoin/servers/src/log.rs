//! What a server writes, line by line, while it runs.
//!
//! In: its stderr. Out: the lines, and a way to wait until one of them is there.

use std::io::{BufRead as _, BufReader};
use std::process::ChildStderr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The lines that nobody has taken yet.
#[derive(Clone, Default)]
pub struct Log(Arc<(Mutex<Lines>, Condvar)>);

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    is_over: bool,
}

impl Log {
    pub(crate) fn of(stderr: ChildStderr) -> Log {
        let log = Log::default();
        let writer = log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                writer.change(|lines| lines.lines.push(line));
            }
            writer.change(|lines| lines.is_over = true);
        });
        log
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }

    /// Everything that was written.
    pub fn text(&self) -> String {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).lines.join("\n")
    }

    /// Waits for a line with this mark, and takes all lines up to it.
    pub fn take_to(&self, mark: &str) -> Vec<String> {
        let mut lines = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(at) = lines.lines.iter().position(|line| line.contains(mark)) {
                return lines.lines.drain(..=at).collect();
            }
            assert!(!lines.is_over, "the server has ended");
            lines = self.0.1.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
