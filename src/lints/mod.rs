//! The lints: what each finds, in one table.
//!
//! In: nothing yet. Out: [`LINTS`].

use crate::diagnostic::Level;

/// A lint, as people meet it.
#[derive(Debug)]
pub struct Lint {
    /// Its name, `sequential_await`.
    pub name: &'static str,
    /// How loud it is when nobody says otherwise.
    pub level: Level,
    /// What it finds, in a few words.
    pub summary: &'static str,
    /// Its page.
    pub docs: &'static str,
}

/// All lints, sorted by name.
pub const LINTS: &[Lint] = &[Lint {
    name: "sequential_await",
    level: Level::Warn,
    summary: "awaits that wait for one another without need",
    docs: include_str!("sequential_await.md"),
}];
