//! A loop whose rounds need not wait for one another, so that they wait together.
//!
//! In: a [`Waiting`] loop. Out: a [`Fix`]; `None` where some part of it has a shape that is not written.
//!
//! What a round does up to its last await becomes a future, and the futures are collected first: a stream over borrowed
//! items whose closure makes them on the way is not `Send`. Few are awaited at once, of many no more than a limit at a
//! time. What a round does with its answer stays where it is, in a loop over the answers, which come in the order of the
//! items: so what a loop collects, which error it returns, and what it has done before that stay what they are.
//!
//! Invariant: the body of the new loop awaits nothing. A stream that is not polled holds up what it has started.

mod items;
mod parts;
mod text;

use crate::analysis::loops::Waiting;
use crate::diagnostic::{Edit, Fix};
use crate::index::types::Types;
use crate::rewrite::provider::Streams;
use crate::source::{SourceFile, Span};

/// What a rewrite of a loop needs to know.
pub struct Loop<'a> {
    /// The file.
    pub source: &'a SourceFile,
    /// The function.
    pub types: &'a Types<'a>,
    /// The loop.
    pub waiting: &'a Waiting,
    /// Whose streams are used.
    pub streams: Streams,
    /// How many rounds may wait at a time.
    pub limit: usize,
}

/// Writes a loop so that its rounds wait together. How many may is for people to say, so nobody but them applies it.
pub fn together(each: &Loop<'_>) -> Option<Fix> {
    let parts = parts::parts(each)?;
    let text = text::text(each, &parts)?;
    let title = if parts.is_few { "await them together" } else { "await some of them at a time" };
    let mut edits = vec![Edit { span: text.span, replacement: text.head }];
    if !text.behind.is_empty() {
        let end = each.types.body.expr(each.waiting.expr).span.end;
        edits.push(Edit { span: Span { start: end, end }, replacement: text.behind });
    }
    Fix::choice(title, edits)
}
