//! One call, from the strongest evidence there is.
//!
//! In: a call of a body, and the summaries of the workspace's functions. Out: its [`Effect`].

use crate::analysis::effects::memory::{self, Holder};
use crate::analysis::effects::names::{by_method_name, by_name, gives_away_exclusively, opened};
use crate::analysis::effects::summary::inside;
use crate::analysis::effects::{Effect, Memory, caches, claims, facts, names, pools, suspends_by_itself, words};
use crate::diagnostic::Confidence;
use crate::index::calls::{self, Callee, callee, resolved};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::index::{FunctionId, Index, implementor, qualified_name};
use crate::ir::{ExprId, ExprKind, Function, Name, Origin, Path, Receiver, TypeRef};
use crate::knowledge::{self, Deed, Fence, SyncMethod};

/// What a call does, given the summaries of the workspace's functions. What people say of it comes first, then what its
/// name and place alone say, then facts about crates, bodies, and names.
pub(super) fn call_effect(
    types: &Types<'_>,
    call: ExprId,
    awaited: bool,
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Effect {
    let name = call_name(types, call);
    if let Some(effect) = claims::of_call(types, call, &name, awaited) {
        return effect;
    }
    let finaliser = finaliser(types, call, &name, awaited);
    // `finish` ends something; what `finish_load` does is seen in its body.
    if let Some(effect) = finaliser.as_ref().filter(|_| !name.contains('_')) {
        return effect.clone();
    }
    let special =
        if awaited { of_cached_or_pool(types, call, &name, summary) } else { of_common_method(types, call, &name) };
    if let Some(effect) = special.or_else(|| of_value(types, call, awaited)) {
        return effect;
    }
    // What is called by a name of the standard library is taken for that, and those that share the name are not read.
    let is_std = !awaited && knowledge::names().sync_method(&name).is_some();
    let callee = if is_std { resolved(types, call) } else { callee(types, call) };
    if let Some(found) = facts::find(types, call, &callee, awaited) {
        return facts::effect(types, call, &found, awaited);
    }
    let is_resolved = matches!(callee, Callee::Workspace { resolved: true, .. });
    if awaited && !is_resolved {
        let is_foreign = matches!(callee, Callee::Foreign(_));
        let of_lock = || {
            let is_lock = matches!(name.as_str(), "lock" | "read" | "write") && memory::is_lock(types, call);
            is_lock.then(|| opened(types, call, &name))
        };
        let by_import = || if is_foreign { None } else { facts::by_import(types, call) };
        if let Some(effect) = facts::by_chain(types, call).or_else(of_lock).or_else(by_import) {
            return effect;
        }
    }
    match callee {
        Callee::Constructor(path) => of_constructor(types, path, awaited, summary),
        Callee::Workspace { functions, resolved: true } => {
            of_functions(types, call, &name, &functions, awaited, summary)
        }
        other => finaliser.or_else(|| by_name_and_receiver(types, call, &name, awaited)).unwrap_or_else(|| {
            let other = if is_std { calls::callee(types, call) } else { other };
            match other {
                // Foreign code does not know this workspace's memory; what is not known at all may.
                Callee::Foreign(_) => by_name(types, call, &name, awaited),
                Callee::Workspace { functions, .. } => of_namesakes(types, call, &name, &functions, awaited, summary),
                _ => in_the_dark(by_name(types, call, &name, awaited), awaited),
            }
        }),
    }
}

/// A method that nothing but its name and what it is called on speaks of.
fn by_name_and_receiver(types: &Types<'_>, call: ExprId, name: &Name, awaited: bool) -> Option<Effect> {
    if awaited { caches::filled(types, call, name) } else { by_method_name(types, call, name, awaited) }
}

/// An awaited call whose name says that it ends something. What a stream that was made here, of what was made here, still
/// holds back goes nowhere else.
fn finaliser(types: &Types<'_>, call: ExprId, name: &Name, awaited: bool) -> Option<Effect> {
    let ends = awaited && knowledge::names().fence(name) == Some(Fence::Finaliser);
    if let ExprKind::MethodCall { receiver, .. } = &types.body.expr(call).kind
        && ends
        && name == "flush"
        && memory::stays_here(types, *receiver)
    {
        let because = format!("calls `{name}` on a stream of its own");
        return Some(Effect { suspends: true, confidence: Confidence::Likely, ..Effect::pure(name, &because) });
    }
    let because = || format!("calls `{name}`, which ends something by its name");
    ends.then(|| Effect::fenced(Fence::Finaliser, name, because()))
}

/// An awaited call that keeps its answers, or takes something from a pool.
fn of_cached_or_pool(
    types: &Types<'_>,
    call: ExprId,
    name: &Name,
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Option<Effect> {
    if knowledge::names().is_cached(name) {
        return Some(of_cached(types, call, name, summary));
    }
    let because = || format!("calls `{name}`, which takes a connection from a pool");
    pools::gives(types, call, name).then(|| Effect::fenced(Fence::Pool, name, because()))
}

/// A method that nobody here declares, so that it is what everybody knows under that name.
fn of_common_method(types: &Types<'_>, call: ExprId, name: &Name) -> Option<Effect> {
    let is_foreign = !types.index.declares_function(name) && !knowledge::has_facts(name);
    let is_pure = is_foreign && knowledge::names().sync_method(name) == Some(SyncMethod::Pure);
    is_pure.then(|| by_method_name(types, call, name, false)).flatten()
}

/// What a call does that may mean functions of the workspace, of which only the name is known.
fn of_namesakes(
    types: &Types<'_>,
    call: ExprId,
    name: &Name,
    functions: &[FunctionId],
    awaited: bool,
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Effect {
    let functions: Vec<FunctionId> = functions.iter().copied().filter(|id| is_plausible(types, *id, awaited)).collect();
    let named = in_the_dark(by_name(types, call, name, awaited), awaited);
    if functions.is_empty() {
        return named;
    }
    let found = of_functions(types, call, name, &functions, awaited, summary);
    // A name of several words is hardly anybody else's.
    let is_own = !knowledge::names().is_common(name);
    // Only the name is shared, so nothing is proven by it; but a namesake that writes is a warning.
    let warns = found.fence.is_some() || found.deed == Deed::Write || harms(&found);
    if is_own || (warns && found.deed >= named.deed) {
        return Effect { confidence: found.confidence.min(Confidence::Likely), ..found };
    }
    // Where no namesake waits for more than memory or files, this one hardly does.
    let hardly_waits = awaited && (found.is_local || !found.suspends);
    if hardly_waits { Effect { suspends: found.suspends, is_local: found.is_local, ..named } } else { named }
}

/// What may be a function of the workspace may look at any memory of it.
fn in_the_dark(effect: Effect, awaited: bool) -> Effect {
    if awaited && effect.memory.is_empty() { Effect { memory: Memory::any_read(), ..effect } } else { effect }
}

/// Whether a function that only shares a call's name may be what is called: its result can be awaited if it is, and
/// its package is this one or one that it depends on. Nobody calls another package's synchronous method without naming
/// its type somewhere.
fn is_plausible(types: &Types<'_>, id: FunctionId, awaited: bool) -> bool {
    let package = |file| types.index.source(file).package;
    let (own, other) = (package(types.scope.file), package(id.file));
    if !awaited {
        return own == other;
    }
    let packages = &types.index.workspace.packages;
    let depends = |own: usize, other: usize| {
        let name = &packages[other].name;
        packages[own].dependencies.iter().any(|dependency| dependency.package == *name)
    };
    let is_near = match (own, other) {
        (Some(own), Some(other)) => own == other || depends(own, other),
        _ => true,
    };
    is_near && types.index.function(id).is_some_and(may_be_awaited)
}

/// Whether what a function returns can be awaited, as far as its declaration says.
pub(super) fn may_be_awaited(function: &Function) -> bool {
    let plain = |path: &Path| {
        let name = path.last();
        matches!(name, "Option" | "Vec" | "String" | "Self" | "bool" | "usize")
            || name.ends_with("Result")
            || name.starts_with(char::is_lowercase)
    };
    function.is_async
        || match &function.ret {
            Some(TypeRef::Path(path)) => !plain(path) || suspends_by_itself(function),
            Some(TypeRef::Impl(_) | TypeRef::Dyn(_)) => true,
            _ => false,
        }
}

/// A call that keeps its answer. One that only looks into memory never asks, and what is made once is asked for once.
fn of_cached(types: &Types<'_>, call: ExprId, name: &Name, summary: &mut dyn FnMut(FunctionId) -> Effect) -> Effect {
    let by_body = match resolved(types, call) {
        Callee::Workspace { functions, resolved: true } => {
            functions.iter().map(|id| summary(*id)).reduce(Effect::join).map(inside)
        }
        _ => None,
    };
    // A body that only reads needs no such excuse.
    if let Some(effect) =
        by_body.as_ref().filter(|effect| effect.is_read(Confidence::Likely) && effect.deed == Deed::Read)
    {
        return effect.clone();
    }
    let only_looks = by_body.is_some_and(|effect| effect.is_local || !effect.suspends);
    let memory = kept_in(types, call, name);
    let because = format!("calls `{name}`, which asks only when the answer is not kept");
    let is_local = only_looks || name.starts_with("get_or_");
    Effect { memory, is_local, ..Effect::new(Deed::Read, Confidence::Likely, name, because) }
}

/// Where answers are kept, when that has a name.
fn kept_in(types: &Types<'_>, call: ExprId, name: &Name) -> Memory {
    let ExprKind::MethodCall { receiver, .. } = &types.body.expr(call).kind else { return Memory::default() };
    match memory::holder(types, *receiver, name) {
        Holder::Memory(cell) => Memory::fill(cell),
        _ => Memory::default(),
    }
}

/// The join of all functions a call may mean.
fn of_functions(
    types: &Types<'_>,
    call: ExprId,
    name: &Name,
    functions: &[FunctionId],
    awaited: bool,
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Effect {
    if awaited && functions.iter().any(|id| is_of_task(types.index, *id)) {
        return Effect::fenced(Fence::Spawned, name, format!("calls `{name}`, which waits for a task"));
    }
    let mut joined: Option<Effect> = None;
    for id in functions {
        let effect = in_callers_words(types.index, *id, caches::kept(types.index, *id, summary(*id)));
        joined = Some(match joined {
            Some(so_far) => so_far.join(effect),
            None => effect,
        });
    }
    let joined = joined.unwrap_or_else(|| {
        Effect::new(Deed::Unknown, Confidence::Possible, name, format!("calls `{name}`, of which nothing is known"))
    });
    // What does not wait is what its body is, whatever its name.
    let by_name = if awaited { knowledge::names().deed(name) } else { Deed::Unknown };
    let verb = if awaited { given_verb(types, call) } else { None };
    let by_name = match verb {
        Some(verb) if is_safe(verb) => by_name.min(Deed::Read),
        Some(_) => by_name.max(Deed::Unknown),
        None if awaited && names::is_given_statement_that_writes(types, call) => Deed::Write,
        None => by_name,
    };
    let is_doubtful = joined.deed == Deed::Read && joined.confidence < Confidence::Proven;
    let only_keeps = || joined.memory.keeps().is_some() && caches::is_filled(types, call, name, functions);
    if by_name == Deed::Write
        && !only_keeps()
        && (is_doubtful || (joined.deed <= Deed::Read && joined.memory.changes()))
    {
        // Names speak against names, and the outer one says what it is for.
        let because = format!("{}, which writes by its name", called(types.index, name, functions));
        return Effect { callee: name.clone(), deed: Deed::Write, because: because.into(), ..joined };
    }
    if joined.deed != Deed::Unknown || joined.fence.is_some() {
        return Effect { callee: name.clone(), ..joined };
    }
    // The body says nothing either way: name and signature may.
    match by_name {
        // Whatever request it makes, it is told to make one that asks.
        Deed::Read if (verb.is_some() || !harms(&joined)) && !gives_away_exclusively(types, call) => {
            let called = called(types.index, name, functions);
            let because = match verb {
                Some(verb) => format!("{called}, which is given `Method::{verb}`; its body shows no write"),
                None => format!("{called}, which reads by its name and signature; its body shows no write"),
            };
            Effect {
                deed: Deed::Read,
                confidence: Confidence::Likely,
                because: because.into(),
                callee: name.clone(),
                ..joined
            }
        }
        // A body of which nothing is known, under a name that speaks of writing.
        Deed::Write => Effect { confidence: Confidence::Likely, callee: name.clone(), ..joined },
        _ => Effect { callee: name.clone(), ..joined },
    }
}

/// Whether a method takes a handle of a task, which runs whether or not anybody waits for it.
fn is_of_task(index: &Index<'_>, id: FunctionId) -> bool {
    let (Some(ir), Some(function)) = (index.file(id.file), index.function(id)) else { return false };
    let is_handle = implementor(ir, function).is_some_and(|name| name.ends_with("JoinHandle"));
    is_handle && function.receiver == Some(Receiver::Value)
}

/// The method of the request that a call is to make: `GET` of `self.request(Method::GET, path)`.
fn given_verb<'t>(types: &Types<'t>, call: ExprId) -> Option<&'t str> {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return None;
    };
    args.iter().find_map(|arg| match &types.body.expr(*arg).kind {
        ExprKind::Path(path) => match path.segments.as_slice() {
            [.., of, verb] if of.name == "Method" => Some(verb.name.as_str()),
            _ => None,
        },
        _ => None,
    })
}

/// Whether a method asks and changes nothing: RFC 9110, section 9.2.1.
fn is_safe(verb: &str) -> bool {
    matches!(verb, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "Get" | "Head" | "Options" | "Trace")
}

/// Whether what is not known of a call includes something whose name speaks of writing.
fn harms(effect: &Effect) -> bool {
    effect.deed == Deed::Unknown && effect.confidence >= Confidence::Likely
}

pub(super) fn in_callers_words(index: &Index<'_>, id: FunctionId, effect: Effect) -> Effect {
    let (Some(ir), Some(function)) = (index.file(id.file), index.function(id)) else { return effect };
    let callee = format!("calls `{}`{}", qualified_name(ir, function), place_of(index, &[id]));
    let because = words::behind(&callee, &effect.because).into();
    Effect { because, memory: effect.memory.behind(&callee), ..effect }
}

/// "calls `Store::save` (src/store.rs:9)"; of several only the name.
fn called(index: &Index<'_>, name: &Name, functions: &[FunctionId]) -> String {
    let whole = match functions {
        [id] => index.function(*id).and_then(|function| Some(qualified_name(index.file(id.file)?, function))),
        _ => None,
    };
    format!("calls `{}`{}", whole.as_deref().unwrap_or(name), place_of(index, functions))
}

/// ` (src/store.rs:9)`; nothing when it may be one of several.
fn place_of(index: &Index<'_>, functions: &[FunctionId]) -> String {
    let [id] = functions else { return String::new() };
    index.line_of(*id).map_or_else(String::new, |line| format!(" ({}:{line})", index.source(id.file).name))
}

/// A call of a value. What a closure of this body does is seen where it stands; one that was handed in may do anything.
pub(super) fn of_value(types: &Types<'_>, call: ExprId, awaited: bool) -> Option<Effect> {
    let ExprKind::Call { callee, .. } = &types.body.expr(call).kind else { return None };
    let local = match &types.body.expr(*callee).kind {
        // `HOOK(id)`: what a constant holds may be any function.
        ExprKind::Path(path) if is_constant(path.last()) => None,
        ExprKind::Path(_) => return None,
        ExprKind::Local(local) => Some(types.body.local(*local)),
        _ => None,
    };
    let init = local.and_then(|local| local.init);
    let is_seen = init.is_some_and(|init| matches!(types.body.expr(init).kind, ExprKind::Closure { .. }));
    let name = call_name(types, call);
    if is_seen {
        return Some(Effect { suspends: true, ..Effect::pure(&name, "calls a closure of its own") });
    }
    if local.is_some_and(|local| local.origin == Origin::Param) {
        // Whoever hands a closure in shows what it does.
        let because = "calls what it is given";
        return Some(Effect { suspends: awaited, confidence: Confidence::Likely, ..Effect::pure(&name, because) });
    }
    if !awaited && knowledge::names().is_condition(&name) {
        let because = "calls a condition it was given";
        return Some(Effect { suspends: false, confidence: Confidence::Likely, ..Effect::pure(&name, because) });
    }
    Some(Effect::new(Deed::Unknown, Confidence::Likely, &name, "calls a function it was given, which may do anything"))
}

fn is_constant(name: &str) -> bool {
    name.len() > 1 && name.starts_with(char::is_uppercase) && !name.contains(char::is_lowercase)
}

/// Awaiting a value of a type of the workspace runs its `poll`.
fn of_constructor(
    types: &Types<'_>,
    path: Vec<Name>,
    awaited: bool,
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Effect {
    let name = path.last().cloned().unwrap_or_default();
    if !awaited {
        return Effect::pure(&name, "only builds a value");
    }
    of_awaited_type(types, &Ty::Named(path, Vec::new()), summary).unwrap_or_else(|| {
        Effect::new(Deed::Unknown, Confidence::Possible, &name, "awaits a future of which nothing is known")
    })
}

/// What awaiting a value of a type does, where the workspace declares its `poll`.
pub(super) fn of_awaited_type(
    types: &Types<'_>,
    ty: &Ty,
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Option<Effect> {
    let Ty::Named(path, _) = ty else { return None };
    let name = path.last()?;
    let polls = types.index.methods_in_impls(name, "poll");
    let own = polls.iter().filter(|(_, block)| crate::index::type_name(&block.self_ty).is_some_and(|of| of == *name));
    let effects: Vec<Effect> = own.map(|(id, _)| in_callers_words(types.index, *id, summary(*id))).collect();
    let joined = effects.into_iter().reduce(Effect::join)?;
    Some(Effect { suspends: true, callee: name.clone(), ..joined })
}

/// The last name of what a call calls.
pub fn call_name(types: &Types<'_>, call: ExprId) -> Name {
    match &types.body.expr(call).kind {
        ExprKind::MethodCall { method, .. } => method.clone(),
        ExprKind::Call { callee, .. } => match &types.body.expr(*callee).kind {
            ExprKind::Path(path) => path.last().into(),
            ExprKind::Local(local) => types.body.local(*local).name.clone(),
            ExprKind::Field { name, .. } => name.clone(),
            _ => Name::default(),
        },
        _ => Name::default(),
    }
}
