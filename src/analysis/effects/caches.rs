//! Answers that are kept on the way: a cache that is filled gives the same answers as before.
//!
//! In: a memory and the method that changes it, a method of what is called a cache, or a call of a function of the workspace
//! with what its body does. Out: the [`Memory`] or [`Effect`] where that only keeps an answer.
//!
//! Only what puts something in under a key counts. What is taken out, cleared or assigned is a change like any other, and
//! so is whatever a call does whose own name says that it writes, or that gives nothing back.

use crate::analysis::effects::names::last_name;
use crate::analysis::effects::{Effect, Memory, memory};
use crate::diagnostic::Confidence;
use crate::index::types::Types;
use crate::index::{FunctionId, Index, owner_name};
use crate::ir::{ExprId, ExprKind, Name, Receiver};
use crate::knowledge::{self, Deed};

/// What a method does to a memory that others see.
pub(super) fn changed(cell: Name, method: &str, because: &str) -> Memory {
    match method {
        _ if !is_cache(&cell) => Memory::write(cell, because),
        // What is done through the guard is said there.
        "borrow_mut" | "try_borrow_mut" => Memory::read(cell),
        _ if knowledge::names().fills(method) => Memory::keep(cell, because),
        _ => Memory::write(cell, because),
    }
}

/// Whether a memory keeps answers, by its name: `Store.block_cache`, `HeadCache.entries`.
pub(super) fn is_cache(cell: &str) -> bool {
    let (of, field) = cell.split_once('.').unwrap_or(("", cell));
    of.ends_with("Cache") || knowledge::names().is_cache(&field.to_lowercase())
}

/// What an awaited method of unknown body does that puts something into what is called a cache: `cache.put(id, user)`.
pub(super) fn filled(types: &Types<'_>, call: ExprId, method: &Name) -> Option<Effect> {
    let ExprKind::MethodCall { receiver, .. } = &types.body.expr(call).kind else { return None };
    let cache = last_name(types, *receiver).filter(|name| knowledge::names().is_cache(&name.to_lowercase()))?;
    let because = format!("calls `{method}`, which fills `{cache}`");
    let memory = Memory::keep(cache, &because);
    let effect = Effect { memory, ..Effect::new(Deed::Read, Confidence::Likely, method, because) };
    knowledge::names().fills(method).then_some(effect)
}

/// Whether a call, of functions that only keep answers, is there to do so: by what it is called on, or by whose they are.
pub(super) fn is_filled(types: &Types<'_>, call: ExprId, method: &Name, functions: &[FunctionId]) -> bool {
    let is_of_cache = |id: &FunctionId| {
        let (ir, function) = (types.index.file(id.file), types.index.function(*id));
        let of = ir.zip(function).and_then(|(ir, function)| owner_name(ir, function));
        of.is_some_and(|of| of.ends_with("Cache"))
    };
    let is_own = knowledge::names().fills(method) && functions.iter().all(is_of_cache);
    is_own || filled(types, call, method).is_some()
}

/// What calling a function does, where what it writes is only an answer that is kept: `LruCache::put`, `cached_head`.
pub(super) fn kept(index: &Index<'_>, id: FunctionId, effect: Effect) -> Effect {
    let changes = effect.deed == Deed::Write || effect.memory.writes();
    if !changes || effect.fence.is_some() {
        return effect;
    }
    let (Some(ir), Some(function)) = (index.file(id.file), index.function(id)) else { return effect };
    if function.receiver != Some(Receiver::Shared) {
        return effect;
    }
    let of = owner_name(ir, function).unwrap_or_default();
    let fills = of.ends_with("Cache") && knowledge::names().fills(&function.name);
    if !fills && !function.name.starts_with("cached_") {
        return effect;
    }
    let cell = if fills { of } else { format!("{of}.{}", function.name).into() };
    let because = format!("fills {}", memory::text(&cell));
    let memory = Memory::keep(cell, &because);
    let confidence = Confidence::Likely;
    Effect { deed: effect.deed.min(Deed::Read), confidence, memory, because: because.into(), ..effect }
}
