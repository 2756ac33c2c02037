//! What is looked for.
//!
//! In: a function with its analyses. Out: diagnostics.
//!
//! A lint is a table entry, a function and a page. The page is rustdoc, `--explain` and a test at once.

mod await_in_loop;
mod sequential_await;

use crate::analysis::Analysis;
use crate::analysis::effects::Effects;
use crate::diagnostic::{Diagnostic, Level};
use crate::index::FunctionId;
use crate::index::types::Types;

/// A lint.
#[derive(Debug)]
pub struct Lint {
    /// Its name, which reads well behind "allow".
    pub name: &'static str,
    /// How loud it is unless told otherwise.
    pub level: Level,
    /// What it finds, in half a sentence.
    pub summary: &'static str,
    /// Its page.
    pub docs: &'static str,
    /// Looks at one function.
    pub run: fn(&Context<'_>, &mut Vec<Diagnostic>),
}

/// Every lint, sorted by name.
pub static LINTS: &[&Lint] = &[&await_in_loop::AWAIT_IN_LOOP, &sequential_await::SEQUENTIAL_AWAIT];

/// What a lint may look at.
pub struct Context<'a> {
    /// The function.
    pub id: FunctionId,
    /// Its types.
    pub types: &'a Types<'a>,
    /// Summaries of what it calls.
    pub effects: &'a Effects<'a>,
    /// Its regions.
    pub analyses: &'a [Analysis],
    /// The crate whose joins are to be written, where somebody says.
    pub provider: Option<&'a str>,
}

/// The lint of that name.
pub fn lint(name: &str) -> Option<&'static Lint> {
    LINTS.iter().copied().find(|lint| lint.name == name)
}
