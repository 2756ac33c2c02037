//! What calls do beyond their arguments.
//!
//! In: a call of a body, or a function. Out: [`Effect`], from the strongest evidence there is: the callee's body,
//! summarised through the workspace; then facts about foreign crates; then the callee's name and signature.
//!
//! Invariant: a summary does not depend on who asked first. Functions that call one another in a circle share one
//! summary, the join of all of them, and nothing is kept before its circle is complete.

mod summary;
pub mod words;

use summary::Kept as _;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use crate::analysis::knowledge::{self, Deed, Fact, Fence, SyncMethod};
use crate::diagnostic::Confidence;
use crate::index::calls::{Callee, callee};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::index::{FunctionId, Index, qualified_name};
use crate::ir::{ExprId, ExprKind, Function, Name, Origin, Path, Receiver, TypeRef};

pub use summary::suspends_by_itself;

/// What running something may do beyond its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The callee that decides, `save`.
    pub callee: Name,
    /// Why, as [`words`] has it: "calls `fetch`, which reads by its name".
    pub because: Arc<str>,
}

/// Summaries of the workspace's functions, kept once they are known.
pub struct Effects<'a> {
    /// Where declarations are looked up.
    pub index: &'a Index<'a>,
    summaries: RwLock<HashMap<FunctionId, Arc<Effect>>>,
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
        let other_decides = (other.deed, other.fence.is_some()) > (self.deed, self.fence.is_some())
            || (other.deed == self.deed && other.deed <= Deed::Read && other.confidence < self.confidence)
            // Of several reads the last one says the most: those before it open what it reads from.
            || (other.deed == Deed::Read && (self.deed, self.confidence) == (other.deed, other.confidence));
        let decisive = if other_decides { other } else { self };
        Effect { confidence, suspends, is_local, fence, ..decisive }
    }

    /// Whether it may run beside other reads, at the least confidence asked for.
    pub fn is_read(&self, least: Confidence) -> bool {
        self.fence.is_none() && self.deed <= Deed::Read && self.confidence >= least
    }
}

impl<'a> Effects<'a> {
    /// Nothing is known yet.
    pub fn new(index: &'a Index<'a>) -> Effects<'a> {
        Effects { index, summaries: RwLock::default() }
    }

    /// What a call does. `awaited` says whether its future is awaited too.
    pub fn of_call(&self, types: &Types<'_>, call: ExprId, awaited: bool) -> Effect {
        if of_value(types, call, awaited).is_some() {
            // Its closure stands elsewhere, and is not looked at.
            let name = call_name(types, call);
            return Effect::new(Deed::Unknown, Confidence::Possible, &name, "calls a closure, which may do anything");
        }
        let summarise = |id| self.of_function(id);
        call_effect(types, call, awaited, &mut |id| (*summarise(id)).clone())
    }

    /// What a function does.
    pub fn of_function(&self, id: FunctionId) -> Arc<Effect> {
        if let Some(known) = self.known(id) {
            return known;
        }
        summary::summarise(self.index, id, self);
        self.known(id)
            .unwrap_or_else(|| Arc::new(Effect::new(Deed::Unknown, Confidence::Possible, "", "could not be read")))
    }
}

impl summary::Kept for Effects<'_> {
    fn known(&self, id: FunctionId) -> Option<Arc<Effect>> {
        self.summaries.read().ok()?.get(&id).cloned()
    }

    fn keep(&self, circle: &[FunctionId], effect: &Arc<Effect>) {
        if let Ok(mut summaries) = self.summaries.write() {
            for id in circle {
                summaries.entry(*id).or_insert_with(|| Arc::clone(effect));
            }
        }
    }
}

/// What a call does, given the summaries of the workspace's functions.
fn call_effect(
    types: &Types<'_>,
    call: ExprId,
    awaited: bool,
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Effect {
    let name = call_name(types, call);
    if awaited && knowledge::names().fence(&name) == Some(Fence::Finaliser) {
        return Effect::fenced(Fence::Finaliser, &name, format!("calls `{name}`, which ends something by its name"));
    }
    if awaited && knowledge::names().is_cached(&name) {
        let because = format!("calls `{name}`, which asks only when the answer is not kept");
        return Effect { is_local: true, ..Effect::new(Deed::Read, Confidence::Likely, &name, because) };
    }
    if awaited && checks_out(types, call, &name) {
        return Effect::fenced(Fence::Pool, &name, format!("calls `{name}`, which takes a connection from a pool"));
    }
    // Nobody here declares it, so it is what everybody knows under that name.
    if !awaited
        && !types.index.declares_function(&name)
        && !knowledge::has_facts(&name)
        && knowledge::names().sync_method(&name) == Some(SyncMethod::Pure)
        && let Some(effect) = by_method_name(types, call, &name, awaited)
    {
        return effect;
    }
    if let Some(effect) = of_value(types, call, awaited) {
        return effect;
    }
    match callee(types, call) {
        Callee::Constructor(path) => of_constructor(types, path, awaited, summary),
        Callee::Foreign(path) => of_foreign(types, call, &path, awaited),
        Callee::Workspace { functions, resolved: true } => of_functions(types, call, &name, &functions, summary),
        Callee::Workspace { functions, resolved: false } => {
            let functions: Vec<FunctionId> =
                functions.into_iter().filter(|id| is_plausible(types, *id, awaited)).collect();
            by_method_name(types, call, &name, awaited).unwrap_or_else(|| {
                let named = by_name(types, call, &name, awaited);
                if functions.is_empty() {
                    return named;
                }
                let found = of_functions(types, call, &name, &functions, summary);
                // Only the name is shared, so nothing is proven by it; but a namesake that writes is a warning.
                let warns = found.fence.is_some() || found.deed == Deed::Write || harms(&found);
                if warns && found.deed >= named.deed {
                    return Effect { confidence: found.confidence.min(Confidence::Likely), ..found };
                }
                named
            })
        }
        Callee::Unknown => {
            by_method_name(types, call, &name, awaited).unwrap_or_else(|| by_name(types, call, &name, awaited))
        }
    }
}

/// Whether a function that only shares a call's name may be what is called: its result can be awaited if it is, and
/// nobody calls another package's method without naming its type somewhere.
fn is_plausible(types: &Types<'_>, id: FunctionId, awaited: bool) -> bool {
    let package = |file| types.index.source(file).package;
    if awaited {
        return types.index.function(id).is_some_and(may_be_awaited);
    }
    package(id.file) == package(types.scope.file)
}

/// Whether what a function returns can be awaited, as far as its declaration says.
fn may_be_awaited(function: &Function) -> bool {
    let plain = |path: &Path| {
        let name = path.last();
        matches!(name, "Result" | "Option" | "Vec" | "String" | "Self" | "bool" | "usize")
            || name.starts_with(char::is_lowercase)
    };
    function.is_async
        || match &function.ret {
            Some(TypeRef::Path(path)) => !plain(path) || suspends_by_itself(function),
            Some(TypeRef::Impl(_) | TypeRef::Dyn(_)) => true,
            _ => false,
        }
}

/// Whether a call takes something from a pool, which others may be waiting for.
fn checks_out(types: &Types<'_>, call: ExprId, name: &str) -> bool {
    let ExprKind::MethodCall { receiver, .. } = &types.body.expr(call).kind else { return false };
    if !matches!(
        name,
        "get" | "get_conn" | "get_connection" | "connect" | "connection" | "acquire" | "checkout" | "get_owned"
    ) {
        return false;
    }
    let named = match &types.body.expr(*receiver).kind {
        ExprKind::Local(local) => types.body.local(*local).name.clone(),
        ExprKind::Field { name, .. } | ExprKind::MethodCall { method: name, .. } => name.clone(),
        _ => Name::default(),
    };
    let is_pool = |name: &str| name.to_lowercase().contains("pool");
    is_pool(&named)
        || matches!(types.of(*receiver).peeled(), Ty::Named(path, _) if path.last().is_some_and(|name| is_pool(name)))
}

/// The join of all functions a call may mean.
fn of_functions(
    types: &Types<'_>,
    call: ExprId,
    name: &Name,
    functions: &[FunctionId],
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Effect {
    let mut joined: Option<Effect> = None;
    for id in functions {
        let effect = in_callers_words(types.index, *id, summary(*id));
        joined = Some(match joined {
            Some(so_far) => so_far.join(effect),
            None => effect,
        });
    }
    let joined = joined.unwrap_or_else(|| {
        Effect::new(Deed::Unknown, Confidence::Possible, name, format!("calls `{name}`, of which nothing is known"))
    });
    let by_name = knowledge::names().deed(name);
    if joined.deed == Deed::Read && joined.confidence < Confidence::Proven && by_name == Deed::Write {
        // Names speak against names, and the outer one says what it is for.
        let because = format!("calls `{name}`{}, which writes by its name", place_of(types.index, functions));
        return Effect { callee: name.clone(), deed: Deed::Write, because: because.into(), ..joined };
    }
    if joined.deed != Deed::Unknown || joined.fence.is_some() {
        return Effect { callee: name.clone(), ..joined };
    }
    // The body says nothing either way: name and signature may.
    match by_name {
        Deed::Read if !harms(&joined) && !gives_away_exclusively(types, call) => {
            let place = place_of(types.index, functions);
            let because =
                format!("calls `{name}`{place}, which reads by its name and signature; its body shows no write");
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

/// Whether what is not known of a call includes something whose name speaks of writing.
fn harms(effect: &Effect) -> bool {
    effect.deed == Deed::Unknown && effect.confidence >= Confidence::Likely
}

fn in_callers_words(index: &Index<'_>, id: FunctionId, effect: Effect) -> Effect {
    let (Some(ir), Some(function)) = (index.file(id.file), index.function(id)) else { return effect };
    let callee = format!("calls `{}`{}", qualified_name(ir, function), place_of(index, &[id]));
    Effect { because: words::behind(&callee, &effect.because).into(), ..effect }
}

/// ` (src/store.rs:9)`; nothing when it may be one of several.
fn place_of(index: &Index<'_>, functions: &[FunctionId]) -> String {
    let [id] = functions else { return String::new() };
    let Some(function) = index.function(*id) else { return String::new() };
    let source = index.source(id.file);
    format!(" ({}:{})", source.name, source.position(function.name_span.start).line)
}

/// A call of a value. What a closure of this body does is seen where it stands; one that was handed in may do anything.
fn of_value(types: &Types<'_>, call: ExprId, awaited: bool) -> Option<Effect> {
    let ExprKind::Call { callee, .. } = &types.body.expr(call).kind else { return None };
    let local = match &types.body.expr(*callee).kind {
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
    if !awaited && local.is_some_and(|local| local.origin == Origin::Param) {
        // Whoever hands a closure in shows what it does.
        let because = "calls what it is given";
        return Some(Effect { confidence: Confidence::Likely, ..Effect::pure(&name, because) });
    }
    Some(Effect::new(Deed::Unknown, Confidence::Likely, &name, "calls a function it was given, which may do anything"))
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
fn of_awaited_type(types: &Types<'_>, ty: &Ty, summary: &mut dyn FnMut(FunctionId) -> Effect) -> Option<Effect> {
    let Ty::Named(path, _) = ty else { return None };
    let name = path.last()?;
    let polls = types.index.methods_in_impls(name, "poll");
    let own = polls.iter().filter(|(_, block)| crate::index::type_name(&block.self_ty).is_some_and(|of| of == *name));
    let effects: Vec<Effect> = own.map(|(id, _)| in_callers_words(types.index, *id, summary(*id))).collect();
    let joined = effects.into_iter().reduce(Effect::join)?;
    Some(Effect { suspends: true, callee: name.clone(), ..joined })
}

fn of_foreign(types: &Types<'_>, call: ExprId, path: &[Name], awaited: bool) -> Effect {
    let name = path.last().cloned().unwrap_or_default();
    if let Some(fact) = knowledge::fact(path) {
        return of_fact(types, call, fact, path, &name);
    }
    by_method_name(types, call, &name, awaited).unwrap_or_else(|| by_name(types, call, &name, awaited))
}

fn of_fact(types: &Types<'_>, call: ExprId, fact: &Fact, path: &[Name], name: &Name) -> Effect {
    if fact.runs_arguments && gives_a_place(types, call) {
        let because = format!("calls `{name}`, which runs futures made elsewhere, of which nothing is known");
        return Effect::new(Deed::Unknown, Confidence::Possible, name, because);
    }
    let path = path.join("::");
    let suspends = fact.suspends.unwrap_or(true);
    if let Some(fence) = fact.fence {
        return Effect::fenced(fence, name, format!("calls `{path}`, which {}", fence_says(fence)));
    }
    let of = fact.of.as_deref().unwrap_or("nothing");
    let (deed, because) = match fact.effect.unwrap_or(Deed::Unknown) {
        Deed::Pure => (Deed::Pure, format!("calls `{path}`, which touches nothing")),
        Deed::Read => (Deed::Read, format!("calls `{path}`, which reads {of}")),
        Deed::Unknown => (Deed::Unknown, format!("calls `{path}`, which may do anything to {of}")),
        Deed::Write => (Deed::Write, format!("calls `{path}`, which changes {of}")),
    };
    Effect { suspends, is_local: fact.is_local, ..Effect::new(deed, Confidence::Proven, name, because) }
}

/// Whether an argument is a local or field, so that what it holds was made elsewhere.
fn gives_a_place(types: &Types<'_>, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return false;
    };
    args.iter().any(|arg| matches!(types.body.expr(*arg).kind, ExprKind::Local(_) | ExprKind::Field { .. }))
}

/// Synchronous methods that mean the same wherever they occur.
fn by_method_name(types: &Types<'_>, call: ExprId, name: &Name, awaited: bool) -> Option<Effect> {
    let ExprKind::MethodCall { receiver, .. } = &types.body.expr(call).kind else { return None };
    let names = knowledge::names();
    if awaited {
        return None;
    }
    let effect = match names.sync_method(name)? {
        SyncMethod::Pure => harmless(name, "touches its arguments only, by its name"),
        SyncMethod::Exclusive if changes_only_its_own(types, *receiver) => harmless(name, "changes a local value"),
        SyncMethod::Exclusive | SyncMethod::Write => Effect::new(
            Deed::Write,
            Confidence::Likely,
            name,
            format!("calls `{name}`, which may change shared memory"),
        ),
        SyncMethod::Read => {
            Effect::new(Deed::Read, Confidence::Likely, name, format!("calls `{name}`, which reads shared memory"))
        }
        SyncMethod::Shared => Effect::new(
            Deed::Read,
            Confidence::Likely,
            name,
            format!("calls `{name}`, which shares a lock with other readers"),
        ),
        SyncMethod::Acquire => Effect::fenced(Fence::Acquire, name, format!("calls `{name}`, which gives a guard")),
        SyncMethod::Clock => Effect::fenced(Fence::Clock, name, format!("calls `{name}`, which reads the clock")),
    };
    Some(Effect { suspends: false, ..effect })
}

fn harmless(name: &Name, does: &str) -> Effect {
    Effect { confidence: Confidence::Likely, ..Effect::pure(name, &format!("calls `{name}`, which {does}")) }
}

/// Whether a method on this receiver can only change what the function itself holds: its `mut` local, what it
/// borrows exclusively, or a fresh value.
fn changes_only_its_own(types: &Types<'_>, receiver: ExprId) -> bool {
    match &types.body.expr(receiver).kind {
        ExprKind::Local(local) => {
            let declared = types.body.local(*local);
            declared.mutable
                || types.of_local(*local).is_exclusive_ref()
                || is_std_collection(&types.of_local(*local).peeled())
        }
        ExprKind::Field { base, .. } => {
            is_std_collection(&types.of(receiver).peeled()) || changes_only_its_own(types, *base)
        }
        ExprKind::MethodCall { receiver, .. } => changes_only_its_own(types, *receiver),
        ExprKind::Call { .. } | ExprKind::Literal(_) | ExprKind::Macro(_) | ExprKind::Struct { .. } => true,
        ExprKind::Borrow { base, .. }
        | ExprKind::Deref { base }
        | ExprKind::Index { base, .. }
        | ExprKind::Try { base } => changes_only_its_own(types, *base),
        _ => false,
    }
}

/// Collections without interior mutability.
pub(crate) fn is_std_collection(ty: &Ty) -> bool {
    let Ty::Named(path, _) = ty else { return matches!(ty, Ty::Slice(_)) };
    matches!(
        path.last().map_or("", Name::as_str),
        "Vec"
            | "String"
            | "HashMap"
            | "HashSet"
            | "BTreeMap"
            | "BTreeSet"
            | "VecDeque"
            | "BinaryHeap"
            | "Option"
            | "PathBuf"
            | "IndexMap"
            | "SmallVec"
    )
}

/// What the name says where nothing else does.
fn by_name(types: &Types<'_>, call: ExprId, name: &Name, awaited: bool) -> Effect {
    let names = knowledge::names();
    if awaited && let Some(fence) = names.fence(name) {
        return Effect::fenced(fence, name, format!("calls `{name}`, which {} by its name", fence_says(fence)));
    }
    if !awaited && names.reads_clock(name) {
        return Effect::fenced(Fence::Clock, name, format!("calls `{name}`, which reads the clock"));
    }
    match names.deed(name) {
        Deed::Write if awaited => {
            Effect::new(Deed::Write, Confidence::Likely, name, format!("calls `{name}`, which writes by its name"))
        }
        Deed::Write if !changes_its_own_receiver(types, call) => {
            let because = format!("calls `{name}`, which may write, by its name");
            Effect { suspends: false, ..Effect::new(Deed::Unknown, Confidence::Likely, name, because) }
        }
        Deed::Read if awaited && !gives_away_exclusively(types, call) => Effect::new(
            Deed::Read,
            Confidence::Likely,
            name,
            format!("calls `{name}`, which reads by its name and the way it is called"),
        ),
        _ if awaited => Effect::new(
            Deed::Unknown,
            Confidence::Possible,
            name,
            format!("calls `{name}`, of which neither a body nor the name says what it does"),
        ),
        _ => harmless(name, "does nothing that others see, by its name"),
    }
}

fn changes_its_own_receiver(types: &Types<'_>, call: ExprId) -> bool {
    match &types.body.expr(call).kind {
        ExprKind::MethodCall { receiver, .. } => changes_only_its_own(types, *receiver),
        _ => false,
    }
}

/// Whether a call visibly gives an exclusive borrow away, or its declaration takes `&mut self`.
fn gives_away_exclusively(types: &Types<'_>, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return false;
    };
    let is_exclusive = |arg: &ExprId| match &types.body.expr(*arg).kind {
        ExprKind::Borrow { mutable, base } => *mutable && !is_way_to_database(types, *base),
        ExprKind::Local(local) => types.of_local(*local).is_exclusive_ref() && !is_way_to_database(types, *arg),
        _ => false,
    };
    args.iter().any(is_exclusive) || takes_self_exclusively(types, call)
}

/// A connection, pool or transaction is handed over exclusively to be asked, not to be changed.
fn is_way_to_database(types: &Types<'_>, expr: ExprId) -> bool {
    let name = match &types.body.expr(expr).kind {
        ExprKind::Local(local) => types.body.local(*local).name.clone(),
        ExprKind::Field { name, .. } | ExprKind::MethodCall { method: name, .. } => name.clone(),
        ExprKind::Deref { base }
        | ExprKind::Borrow { base, .. }
        | ExprKind::Try { base }
        | ExprKind::Await { base } => {
            return is_way_to_database(types, *base);
        }
        _ => return false,
    };
    let name = name.to_lowercase();
    ["conn", "pool", "tx", "txn", "trx", "transaction", "db", "executor", "exec"].iter().any(|word| {
        name == *word
            || name.ends_with(&format!("_{word}"))
            || name.starts_with(&format!("{word}_"))
            || name == "connection"
    })
}

fn takes_self_exclusively(types: &Types<'_>, call: ExprId) -> bool {
    let Callee::Workspace { functions, .. } = callee(types, call) else { return false };
    let receivers = functions.iter().filter_map(|id| types.index.function(*id));
    receivers.filter_map(|function| function.receiver.as_ref()).any(|receiver| *receiver == Receiver::Exclusive)
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

fn fence_says(fence: Fence) -> &'static str {
    match fence {
        Fence::Time => "lets time pass",
        Fence::Event => "waits for something to happen",
        Fence::Acquire => "acquires something",
        Fence::Pool => "takes a connection from a pool",
        Fence::Finaliser => "ends something",
        Fence::Clock => "reads the clock",
        Fence::Spawned => "waits for a task that runs already",
        Fence::Gate => "decides whether the rest may run",
        Fence::Statement => "has an effect of its own",
    }
}

/// What awaiting a value of a type does, where the workspace declares its `poll`.
pub fn of_type(types: &Types<'_>, effects: &Effects<'_>, ty: &Ty) -> Option<Effect> {
    of_awaited_type(types, &ty.peeled(), &mut |id| (*effects.of_function(id)).clone())
}
