//! One fix for each piece of code.
//!
//! In: what the lints found in a function. Out: the same, with no two fixes that touch the same code. What is left out is
//! found again when the other one has been made, and its diagnostic says so.

use crate::diagnostic::{Applicability, Diagnostic, Fix};
use crate::source::Span;

/// Takes away each fix that overlaps a better one: one that may be applied without looking, then one that saves more, then
/// the first.
pub(super) fn keep_apart(found: &mut [Diagnostic]) {
    let mut order: Vec<usize> = (0..found.len()).filter(|at| found[*at].fix.is_some()).collect();
    order.sort_by_key(|at| {
        let saving =
            found[*at].timeline.as_ref().map_or(0, |timeline| timeline.before - timeline.after.min(timeline.before));
        let is_certain =
            found[*at].fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::MachineApplicable);
        (!is_certain, std::cmp::Reverse(saving), *at)
    });
    let mut kept: Vec<usize> = Vec::new();
    for at in order {
        let touches = |other: &&usize| match (&found[at].fix, &found[**other].fix) {
            (Some(one), Some(other)) => overlap(one, other),
            _ => false,
        };
        match kept.iter().find(touches).map(|other| found[*other].lint) {
            None => kept.push(at),
            Some(lint) => {
                found[at].fix = None;
                found[at].notes.push(format!("its rewrite comes when that of `{lint}` in the same code has been made"));
            }
        }
    }
}

fn overlap(one: &Fix, other: &Fix) -> bool {
    let (one, other) = (whole(one), whole(other));
    one.start < other.end && other.start < one.end
}

/// From the first edit to the last.
fn whole(fix: &Fix) -> Span {
    let spans = || fix.in_function().map(|edit| edit.span);
    let (start, end) = (spans().map(|span| span.start).min(), spans().map(|span| span.end).max());
    Span { start: start.unwrap_or(0), end: end.unwrap_or(0) }
}
