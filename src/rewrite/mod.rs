//! A schedule to text: what to write instead.
//!
//! In: a region with its schedule, and the file it is in. Out: a [`Fix`] for the region, or why there is none.
//!
//! Invariant: edits are sorted, disjoint and lie inside the region; everything outside stays byte for byte.
//! Invariant: no comment is lost. Each stays in front of the statement or branch it stood in front of.

pub mod bind;
pub mod bounded;
mod branch;
mod chains;
mod imports;
mod layers;
mod layout;
pub mod loops;
mod names;
mod operands;
mod order;
mod own_error;
mod pretty;
pub mod provider;
mod remainder;
pub mod sets;
mod statement;
mod style;
pub mod tasks;
mod text;
mod tree;
pub mod twice;

use crate::analysis::Analysis;
use crate::analysis::access::{Access, Mode, Phase};
use crate::analysis::effects::Effects;
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::index::types::Types;
use crate::ir::ExprId;
use crate::rewrite::branch::{Branch, Wrap};
use crate::rewrite::layers::Steps;
use crate::rewrite::provider::Provider;
use crate::rewrite::text::Errors;
use crate::source::{SourceFile, Span};

pub(crate) use style::style_files;

/// What a rewrite needs to know.
pub struct Region<'a> {
    /// The file.
    pub source: &'a SourceFile,
    /// The function.
    pub types: &'a Types<'a>,
    /// Summaries, for what the branches return.
    pub effects: &'a Effects<'a>,
    /// The region and its schedule.
    pub analysis: &'a Analysis,
    /// Whose join is written.
    pub provider: Provider,
}

/// A region written anew.
#[derive(Debug)]
pub struct Rewrite {
    /// The fix.
    pub fix: Fix,
    /// When each of its statements then starts, in round trips.
    pub starts: Vec<usize>,
    /// How many they then take; more than the schedule's where its plan cannot be written.
    pub round_trips: usize,
    /// Whether of several errors the first in the source is still the one that is returned; where errors are joined into
    /// one, as far as the joins are told apart.
    pub keeps_order: bool,
}

/// Writes the join for a region. `None` when some statement has a shape that is not written yet.
pub fn join(region: &Region<'_>) -> Option<Rewrite> {
    write(region, true).or_else(|| write(region, false))
}

fn write(region: &Region<'_>, with_chains: bool) -> Option<Rewrite> {
    let steps = layers::steps(region, with_chains)?;
    if steps.round_trips >= region.analysis.schedule.before {
        return None;
    }
    let awaits = |node: &usize| !region.analysis.region.nodes[*node].sites.is_empty();
    let mut branches: Vec<Branch> = steps
        .joined()
        .filter(awaits)
        .chain(steps.bound())
        .map(|node| branch::branch(region, node))
        .collect::<Option<_>>()?;
    branches.sort_by_key(|branch| branch.node);
    if blocks_collide(region, &steps, &branches) {
        return None;
    }
    let span = text::replaced(region, &steps)?;
    let edit = |text: String| vec![trim(region.source, Edit { span, replacement: text })];
    let written = text::write(region, &steps, &branches, Errors::AtOnce)?;
    let fallback = if written.tries_at_once {
        Some(edit(text::write(region, &steps, &branches, Errors::EachInTurn)?.text))
    } else {
        None
    };
    let is_certain =
        branches.iter().all(|branch| branch.is_certain) && region.provider.is_certain && written.is_certain;
    let applicability = if is_certain { Applicability::MachineApplicable } else { Applicability::MaybeIncorrect };
    let keeps_order = written.keeps_order;
    let fix = Fix::new("await them together", edit(written.text), fallback, applicability)?;
    Some(Rewrite { fix, starts: steps.starts, round_trips: steps.round_trips, keeps_order })
}

/// Whether one branch takes away what the block around another one borrows. Plain futures are made one after the other,
/// so `get(name.clone()), get(name)` is fine; blocks begin only when they run. What is given away twice is copied.
fn blocks_collide(region: &Region<'_>, steps: &Steps, branches: &[Branch]) -> bool {
    let nodes = &region.analysis.region.nodes;
    let takes = |access: &&Access| access.mode == Mode::Take && access.phase == Phase::Await;
    let is_copied = |node: usize, taken: &Access| {
        let mut before = nodes[..node].iter().flat_map(|node| &node.accesses).filter(takes);
        before.any(|other| other.place.overlaps(&taken.place))
    };
    let is_wrapped = |node: usize| branches.iter().any(|branch| branch.node == node && branch.wrap != Wrap::No);
    let collide = |block: usize, other: usize| {
        let mut taken = nodes[other].accesses.iter().filter(takes).filter(|access| !is_copied(other, access));
        let held = |access: &&Access| access.phase == Phase::Await;
        taken.any(|taken| nodes[block].accesses.iter().filter(held).any(|access| access.place.overlaps(&taken.place)))
    };
    steps.joins().any(|join| {
        join.iter().enumerate().any(|(number, branch)| {
            let is_block = branch.len() > 1 || branch.iter().any(|node| is_wrapped(*node));
            let others = join.iter().enumerate().filter(|(other, _)| *other != number).flat_map(|(_, other)| other);
            // What is used behind the branch that takes it is copied too.
            is_block && others.into_iter().any(|other| branch.iter().any(|node| other > node && collide(*node, *other)))
        })
    })
}

/// What to know of a rewrite that joins all errors into one.
pub const FIRST_IN_TIME: &str =
    "if several fail, the error that comes first is returned, and the other calls are dropped";

/// The text with edits made, which are sorted and disjoint. `None` when they do not fit it.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        edited.push_str(text.get(at..edit.span.start as usize)?);
        edited.push_str(&edit.replacement);
        at = edit.span.end as usize;
    }
    edited.push_str(text.get(at..)?);
    Some(edited)
}

/// What people call what a site awaits: `fetch_user`, `User::load`.
pub fn awaited_name(types: &Types<'_>, site: ExprId) -> String {
    names::callee_text(types, site)
}

/// What a fix makes of the bytes it covers, whole lines from the first one it touches to the last.
pub fn preview(source: &SourceFile, fix: &Fix) -> Option<(Span, String)> {
    let first = fix.edits.first()?.span.start;
    let last = fix.edits.last()?.span.end;
    let start = source.text[..first as usize].rfind('\n').map_or(0, |at| at + 1);
    let end = source.text[last as usize..].find('\n').map_or(source.text.len(), |at| at + last as usize);
    let edited = apply(&source.text, &fix.edits)?;
    let behind = source.text.len() - end;
    Some((Span::new(start, end), edited.get(start..edited.len().checked_sub(behind)?)?.to_owned()))
}

/// An edit without what it leaves as it is at its end; its beginning stays, so that it covers the first await.
fn trim(source: &SourceFile, mut edit: Edit) -> Edit {
    let old = source.slice(edit.span);
    if old.ends_with('\n') && edit.replacement.ends_with('\n') {
        edit.span.end -= 1;
        edit.replacement.pop();
    }
    edit
}
