//! What calls do beyond their arguments.
//!
//! In: a call of a body, or a function. Out: [`Effect`], from the strongest evidence there is: what somebody says of it in
//! a manifest or a comment; then the callee's body, summarised through the workspace; then facts about foreign crates; then
//! the callee's name and signature.
//!
//! Invariant: a summary does not depend on who asked first. Functions that call one another in a circle share one
//! summary, the join of all of them, and nothing is kept before its circle is complete.

mod caches;
mod call;
mod claims;
mod facts;
mod guards;
mod hidden;
pub mod locks;
mod memory;
mod names;
mod pools;
mod summary;
pub mod words;
mod wrappers;

use call::{call_effect, of_awaited_type, of_value};
use summary::Kept as _;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Confidence;
use crate::index::calls::{Callee, callee, named_function};
use crate::index::trace::{Asked, Trace};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::index::{FunctionId, Index};
use crate::ir::{ExprId, ExprKind, Name};
use crate::knowledge::{self, Deed, Fence};

pub use call::call_name;
pub use facts::{begins_when_awaited, takes};
pub use memory::Memory;
pub use summary::suspends_by_itself;
pub use wrappers::unwrapped;

/// What running something may do beyond its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The strongest deed in it.
    pub deed: Deed,
    /// How sure that is; of several parts, the least sure one.
    pub confidence: Confidence,
    /// Why nothing may cross it.
    pub fence: Option<Fence>,
    /// Whether it can suspend at all.
    pub suspends: bool,
    /// Whether it waits for nothing but local files.
    pub is_local: bool,
    /// The shared memory it touches, which its deed does not speak of.
    pub memory: Memory,
    /// The callee that decides, `save`.
    pub callee: Name,
    /// Why, as [`words`] has it: "calls `fetch`, which reads by its name".
    pub because: Arc<str>,
}

/// Summaries of the workspace's functions, kept once they are known.
pub struct Effects<'a> {
    /// Where declarations are looked up.
    pub index: &'a Index<'a>,
    summaries: RwLock<Summaries>,
}

#[derive(Default)]
struct Summaries {
    by_function: HashMap<FunctionId, usize>,
    all: Vec<Arc<Summary>>,
}

/// What a function does, or what all functions of a circle do that call one another.
#[derive(Debug, Serialize, Deserialize)]
pub struct Summary {
    /// The functions, sorted.
    pub circle: Vec<FunctionId>,
    /// What each of them does.
    pub effect: Effect,
    /// What was asked to find that out, where somebody watches.
    pub trace: Trace,
}

impl Effect {
    /// Does nothing.
    pub fn pure(callee: &str, because: &str) -> Effect {
        Effect {
            deed: Deed::Pure,
            confidence: Confidence::Proven,
            fence: None,
            suspends: false,
            is_local: false,
            memory: Memory::default(),
            callee: callee.into(),
            because: because.into(),
        }
    }

    fn new(deed: Deed, confidence: Confidence, callee: &str, because: impl Into<Arc<str>>) -> Effect {
        Effect {
            deed,
            confidence,
            fence: None,
            suspends: true,
            is_local: false,
            memory: Memory::default(),
            callee: callee.into(),
            because: because.into(),
        }
    }

    fn fenced(fence: Fence, callee: &str, because: impl Into<Arc<str>>) -> Effect {
        Effect { fence: Some(fence), ..Effect::new(Deed::Unknown, Confidence::Proven, callee, because) }
    }

    /// Both one after the other.
    pub fn join(self, other: Effect) -> Effect {
        let confidence = match self.deed.cmp(&other.deed) {
            _ if self.deed <= Deed::Read && other.deed <= Deed::Read => self.confidence.min(other.confidence),
            std::cmp::Ordering::Less => other.confidence,
            std::cmp::Ordering::Greater => self.confidence,
            std::cmp::Ordering::Equal => self.confidence.max(other.confidence),
        };
        let suspends = self.suspends || other.suspends;
        let is_local = suspends && [&self, &other].iter().all(|part| part.is_local || !part.suspends);
        let fence = self.fence.or(other.fence);
        let memory = self.memory.clone().join(&other.memory);
        let both_read =
            self.deed <= Deed::Read && other.deed <= Deed::Read && self.fence.is_none() && other.fence.is_none();
        let other_decides = if both_read && self.suspends != other.suspends {
            // What is waited for says more than what is done on the way.
            other.suspends
        } else {
            (other.deed, other.fence.is_some()) > (self.deed, self.fence.is_some())
                || (other.deed == self.deed && other.deed <= Deed::Read && other.confidence < self.confidence)
                // Of several reads the last one says the most: those before it open what it reads from.
                || (other.deed == Deed::Read && (self.deed, self.confidence) == (other.deed, other.confidence))
        };
        let deed = self.deed.max(other.deed);
        let decisive = if other_decides { other } else { self };
        Effect { deed, confidence, suspends, is_local, fence, memory, ..decisive }
    }

    /// Whether it may run beside other reads, at the least confidence asked for. What it does to memory is compared with
    /// what they do; that the memories differ is likely and never proven.
    pub fn is_read(&self, least: Confidence) -> bool {
        self.fence.is_none() && self.deed <= Deed::Read && self.sureness() >= least
    }

    /// How sure it is that it reads, its memory counted in.
    pub fn sureness(&self) -> Confidence {
        if self.memory.writes() || self.memory.keeps().is_some() {
            self.confidence.min(Confidence::Likely)
        } else {
            self.confidence
        }
    }

    /// The deed, what it does to memory counted in.
    pub fn whole_deed(&self) -> Deed {
        let on_memory = match (self.memory.is_empty(), self.memory.writes()) {
            (true, _) => Deed::Pure,
            (_, false) => Deed::Read,
            (_, true) => Deed::Write,
        };
        self.deed.max(on_memory)
    }
}

impl<'a> Effects<'a> {
    /// Nothing is known yet.
    pub fn new(index: &'a Index<'a>) -> Effects<'a> {
        Effects { index, summaries: RwLock::default() }
    }

    /// What a call does. `awaited` says whether its future is awaited too.
    pub fn of_call(&self, types: &Types<'_>, call: ExprId, awaited: bool) -> Effect {
        if let ExprKind::Path(path) = &types.body.expr(call).kind {
            let Callee::Workspace { functions, resolved: true } = named_function(types, path) else {
                return Effect::pure(path.last(), "names a value");
            };
            let effects = functions.iter().map(|id| self.of_function(*id).effect.clone());
            return effects.reduce(Effect::join).unwrap_or_else(|| Effect::pure(path.last(), "names a value"));
        }
        if of_value(types, call, awaited).is_some() {
            // Its closure stands elsewhere, and is not looked at.
            let name = call_name(types, call);
            return Effect::new(Deed::Unknown, Confidence::Possible, &name, "calls a closure, which may do anything");
        }
        let effect = call_effect(types, call, awaited, &mut |id| self.of_function(id).effect.clone());
        let effect = if awaited && calls_itself(types, call) { doubled(effect) } else { effect };
        if awaited { for_its_name(types, call, effect) } else { effect }
    }

    /// What a function does.
    pub fn of_function(&self, id: FunctionId) -> Arc<Summary> {
        self.index.note(Asked::Summary(id));
        self.known(id).unwrap_or_else(|| summary::summarise(self.index, id, self))
    }

    /// Takes what an earlier run found out; what it was made of must be here before it.
    pub fn remember(&self, summary: Arc<Summary>) {
        self.keep(summary);
    }

    /// What is known so far; what a summary was made of stands before it.
    pub fn summaries(&self) -> Vec<Arc<Summary>> {
        self.summaries.read().map(|summaries| summaries.all.clone()).unwrap_or_default()
    }
}

/// Whether a call is of the function it stands in.
fn calls_itself(types: &Types<'_>, call: ExprId) -> bool {
    let Callee::Workspace { functions, .. } = callee(types, call) else { return false };
    let is_it = |id: &FunctionId| {
        let function = types.index.function(*id);
        id.file == types.scope.file && function.is_some_and(|function| function.span == types.function.span)
    };
    functions.iter().any(is_it)
}

/// Two calls of a function by itself are four in the next step, and then eight.
fn doubled(effect: Effect) -> Effect {
    let because = "calls itself, and each call would again be several at once".into();
    Effect { deed: effect.deed.max(Deed::Unknown), confidence: Confidence::Possible, because, ..effect }
}

/// A call that changes memory on the way to an answer has a name that says it reads. Under any other name the change may be
/// the point; where it only keeps the answer, that is so when it gives none, or says that it writes.
fn for_its_name(types: &Types<'_>, call: ExprId, effect: Effect) -> Effect {
    let name = call_name(types, call);
    let deed = knowledge::names().deed(&name);
    if effect.fence.is_some() || effect.deed == Deed::Write || deed == Deed::Read {
        return effect;
    }
    let is_for_it = || deed == Deed::Write || knowledge::names().fills(&name) || !summary::calls_for_value(types, call);
    let kept = effect.memory.keeps().filter(|_| is_for_it());
    let Some(because) = effect.memory.because().or(kept).map(Arc::from) else { return effect };
    Effect { deed: Deed::Write, confidence: Confidence::Likely, because, callee: name, ..effect }
}

impl summary::Kept for Effects<'_> {
    fn known(&self, id: FunctionId) -> Option<Arc<Summary>> {
        let summaries = self.summaries.read().ok()?;
        summaries.by_function.get(&id).map(|number| Arc::clone(&summaries.all[*number]))
    }

    fn keep(&self, summary: Arc<Summary>) -> Arc<Summary> {
        let Ok(mut summaries) = self.summaries.write() else { return summary };
        let known = summary.circle.first().and_then(|id| summaries.by_function.get(id));
        if let Some(known) = known {
            return Arc::clone(&summaries.all[*known]);
        }
        let number = summaries.all.len();
        summaries.by_function.extend(summary.circle.iter().map(|id| (*id, number)));
        summaries.all.push(Arc::clone(&summary));
        summary
    }
}

/// What awaiting a value of a type does, where the workspace declares its `poll`.
pub fn of_type(types: &Types<'_>, effects: &Effects<'_>, ty: &Ty) -> Option<Effect> {
    of_awaited_type(types, &ty.peeled(), &mut |id| effects.of_function(id).effect.clone())
}
