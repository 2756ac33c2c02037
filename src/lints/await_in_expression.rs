//! Awaits beside one another in one expression.
#![doc = include_str!("await_in_expression.md")]

use crate::diagnostic::{Diagnostic, Level};
use crate::lints::sequential_await::{diagnose, waiting};
use crate::lints::{Context, Lint, stored_futures};

pub(super) static AWAIT_IN_EXPRESSION: Lint = Lint {
    name: "await_in_expression",
    level: Level::Warn,
    summary: "awaits beside one another in one expression that do not need one another",
    docs: include_str!("await_in_expression.md"),
    hint: None,
    run,
};

/// Where other statements are joined too, all is said by `sequential_await`; of futures in variables, by `stored_futures`.
fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if crate::analysis::is_rewritten(context.types.function) {
        return;
    }
    let own = waiting(context).filter(|analysis| analysis.is_within_expressions());
    let own = own.filter(|analysis| stored_futures::told_of(context, analysis).is_empty());
    found.extend(own.filter_map(|analysis| diagnose(context, &AWAIT_IN_EXPRESSION, analysis)));
}
