//! Awaits beside one another in one expression.
#![doc = include_str!("await_in_expression.md")]

use crate::diagnostic::{Diagnostic, Level};
use crate::lints::sequential_await::diagnose;
use crate::lints::{Context, Lint};

pub(super) static AWAIT_IN_EXPRESSION: Lint = Lint {
    name: "await_in_expression",
    level: Level::Warn,
    summary: "awaits beside one another in one expression that do not need one another",
    docs: include_str!("await_in_expression.md"),
    hint: None,
    run,
};

/// Where other statements are joined too, all is said by `sequential_await`.
fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if crate::analysis::is_rewritten(context.types.function) {
        return;
    }
    let waiting = context.analyses.iter().filter(|analysis| analysis.schedule.after < analysis.schedule.before);
    let own = waiting.filter(|analysis| analysis.is_within_expressions());
    found.extend(own.filter_map(|analysis| diagnose(context, &AWAIT_IN_EXPRESSION, analysis)));
}
