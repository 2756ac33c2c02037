//! A bar for runs that take long.
//!
//! In: how many files are done. Out: a bar on stderr, when that is a terminal and a second has passed.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that nobody sees yet.
pub(super) struct Progress {
    bar: ProgressBar,
    begin: Instant,
    may_show: bool,
    is_shown: AtomicBool,
}

impl Progress {
    pub(super) fn new(begin: Instant, is_wanted: bool) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("  conjoin [{bar:30}] {pos}/{len} files") {
            bar.set_style(style.progress_chars("=> "));
        }
        let may_show = is_wanted && std::io::stderr().is_terminal();
        Progress { bar, begin, may_show, is_shown: AtomicBool::new(false) }
    }

    /// Called from every thread of the pool.
    pub(super) fn update(&self, done: usize, total: usize) {
        if !self.may_show || self.begin.elapsed() < PATIENCE {
            return;
        }
        if !self.is_shown.swap(true, Ordering::Relaxed) {
            self.bar.set_length(total as u64);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(done as u64);
    }

    /// Leaves no trace.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
