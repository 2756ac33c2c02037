//! Summaries of function bodies, through all they call.
//!
//! In: a function. Out: its [`Effect`] and those of everything it calls, each circle of calls as one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::analysis::effects::call::{call_effect, call_name, may_be_awaited, of_awaited_type};
use crate::analysis::effects::wrappers::{is_box, unwrapped};
use crate::analysis::effects::{Effect, Memory, Summary, claims, guards, hidden, memory, words};
use crate::diagnostic::Confidence;
use crate::index::calls::{Callee, callee};
use crate::index::trace::{Asked, Trace};
use crate::index::types::Types;
use crate::index::{FunctionId, Index};
use crate::ir::{BlockKind, Body, ExprId, ExprKind, Function, MacroCall, MacroKind, Receiver, StmtKind, TypeRef};
use crate::knowledge::{self, Deed, Fence, SyncMethod};
use crate::source::Span;

/// Where summaries are kept, shared by all threads.
pub(super) trait Kept {
    /// The summary of a function, once its circle is complete.
    fn known(&self, id: FunctionId) -> Option<Arc<Summary>>;
    /// Keeps the summary of a circle, and gives the one that is kept: somebody may have been faster.
    fn keep(&self, summary: Arc<Summary>) -> Arc<Summary>;
}

/// Summarises a function and whatever it calls that is not kept yet.
pub(super) fn summarise(index: &Index<'_>, root: FunctionId, kept: &dyn Kept) -> Arc<Summary> {
    let mut walk = Walk { index, kept, numbers: HashMap::new(), stack: Vec::new() };
    match walk.visit(root) {
        Visited::Known(summary) => summary,
        // The root of the walk is the root of its circle.
        Visited::Open(_) => Arc::new(Summary { circle: vec![root], effect: unread(), trace: Trace::new() }),
    }
}

/// Tarjan's walk over the call graph: a function and all it reaches back from form a circle.
///
/// Invariant: of what a function calls, only what is outside of its circle counts for it, so that each member's part is
/// the same wherever the walk began; the circle's summary is all parts in the order of the functions.
struct Walk<'a> {
    index: &'a Index<'a>,
    kept: &'a dyn Kept,
    numbers: HashMap<FunctionId, usize>,
    stack: Vec<(FunctionId, Effect, Trace)>,
}

/// What a walk finds at a function.
enum Visited {
    /// Its circle is complete.
    Known(Arc<Summary>),
    /// It is in a circle with what stands at this number.
    Open(usize),
}

impl Walk<'_> {
    fn visit(&mut self, id: FunctionId) -> Visited {
        if let Some(summary) = self.kept.known(id) {
            return Visited::Known(summary);
        }
        if let Some(number) = self.numbers.get(&id) {
            return Visited::Open(*number);
        }
        let number = self.numbers.len();
        self.numbers.insert(id, number);
        let position = self.stack.len();
        self.stack.push((id, Effect::pure("", ""), Trace::new()));
        let mut lowest = number;
        let index = self.index;
        let (effect, trace) = index.watched(|| {
            of_body(index, id, &mut |callee| {
                index.note(Asked::Summary(callee));
                match self.visit(callee) {
                    Visited::Known(summary) => summary.effect.clone(),
                    Visited::Open(reached) => {
                        lowest = lowest.min(reached);
                        // A call within the circle adds nothing that the circle does not have.
                        Effect { suspends: false, ..Effect::pure("", "calls itself") }
                    }
                }
            })
        });
        if let Some(entry) = self.stack.get_mut(position) {
            (entry.1, entry.2) = (effect, trace);
        }
        if lowest < number {
            return Visited::Open(lowest);
        }
        let circle = self.stack.split_off(position);
        Visited::Known(self.kept.keep(Arc::new(joined(circle))))
    }
}

/// The summary of a circle.
fn joined(mut circle: Vec<(FunctionId, Effect, Trace)>) -> Summary {
    circle.sort_by_key(|(id, ..)| *id);
    let members: Vec<FunctionId> = circle.iter().map(|(id, ..)| *id).collect();
    let own: Vec<u64> = members.iter().map(|id| Asked::Summary(*id).number()).collect();
    let mut trace: Trace = circle.iter().flat_map(|(.., trace)| trace).copied().collect();
    trace.retain(|asked| own.binary_search(asked).is_err());
    trace.sort_unstable();
    trace.dedup();
    let effect = circle.into_iter().map(|(_, effect, _)| effect).reduce(Effect::join).unwrap_or_else(unread);
    Summary { circle: members, effect, trace }
}

/// What one body does, its calls included.
fn of_body(index: &Index<'_>, id: FunctionId, summary: &mut dyn FnMut(FunctionId) -> Effect) -> Effect {
    let Some(function) = index.function(id) else { return unread() };
    if let Some(effect) = claims::of_function(index, id) {
        return effect;
    }
    let (Some(types), Some(body)) = (Types::new(index, id), index.body(id)) else {
        return by_declaration(function);
    };
    let awaited = awaited(body);
    let mut effect = Effect {
        suspends: suspends_by_itself(function) && !gives_block(body),
        ..Effect::pure(&function.name, "touches nothing that others see")
    };
    effect.memory = guards::held(&types);
    for (call, part) in hidden::effects(&types, summary) {
        effect = effect.join(inside(Effect { because: words::behind(&call, &part.because).into(), ..part }));
    }
    let on_a_miss = asked_on_a_miss(&types);
    let touched = touched_by_methods(body);
    let mut reads_clock = false;
    for number in 0..body.exprs.len() {
        let expr = ExprId(u32::try_from(number).unwrap_or(u32::MAX));
        if touched.contains(&expr) {
            continue;
        }
        if let Some(part) = of_expr(&types, expr, awaited.contains(&expr), summary) {
            let is_on_a_miss = on_a_miss.iter().any(|span| span.contains(body.expr(expr).span));
            let memory = if is_on_a_miss { Memory::default() } else { part.memory };
            let part = Effect { suspends: part.suspends && !is_on_a_miss, memory, ..part };
            reads_clock |= part.fence == Some(Fence::Clock);
            effect = effect.join(inside(part));
        }
        effect.memory = effect.memory.join(&guards::changed(&types, expr));
        // Nothing that follows can make it weaker.
        if effect.deed == Deed::Write {
            effect.memory = Memory::any_write(&effect.because);
            let suspends = effect.suspends || !awaited.is_empty();
            return Effect { suspends, ..effect };
        }
    }
    if reads_clock && function.ret.as_ref().is_some_and(is_time) {
        return Effect { fence: Some(Fence::Clock), because: "gives the time at which it is called".into(), ..effect };
    }
    effect
}

/// Statics and other places of which a method says what it does to them.
fn touched_by_methods(body: &Body) -> HashSet<ExprId> {
    let receivers = body.exprs.iter().filter_map(|expr| match &expr.kind {
        ExprKind::MethodCall { receiver, method, .. } => {
            let says = knowledge::names().sync_method(method).is_some_and(|kind| kind != SyncMethod::Pure);
            (says && matches!(body.expr(*receiver).kind, ExprKind::Path(_))).then_some(*receiver)
        }
        _ => None,
    });
    receivers.collect()
}

/// What stands in the arguments of calls that keep their answers.
fn asked_on_a_miss(types: &Types<'_>) -> Vec<Span> {
    let args = types.body.exprs.iter().filter_map(|expr| match &expr.kind {
        ExprKind::MethodCall { method, args, .. } if knowledge::names().is_cached(method) => Some(args),
        _ => None,
    });
    args.flatten().map(|arg| types.body.expr(*arg).span).collect()
}

/// Whether a type is a point in time.
fn is_time(ty: &TypeRef) -> bool {
    let TypeRef::Path(path) = ty else { return false };
    matches!(
        path.last(),
        "Duration" | "Instant" | "SystemTime" | "DateTime" | "OffsetDateTime" | "NaiveDateTime" | "Timestamp"
    ) || path.segments.last().is_some_and(|segment| segment.args.iter().any(is_time))
}

/// Whether a call is of a function that gives something back: a pause on the way to a value, between two tries say, is
/// not what whoever calls its caller waits for.
pub(super) fn calls_for_value(types: &Types<'_>, call: ExprId) -> bool {
    let Callee::Workspace { functions, .. } = callee(types, call) else { return false };
    functions.iter().filter_map(|id| types.index.function(*id)).all(returns_value)
}

/// Whether a function gives something back: not `()`, and not `Result<()>`.
fn returns_value(function: &Function) -> bool {
    let is_unit = |ty: &TypeRef| matches!(ty, TypeRef::Tuple(items) if items.is_empty());
    match &function.ret {
        None => false,
        Some(TypeRef::Path(path)) => {
            !path.segments.last().and_then(|segment| segment.args.first()).is_some_and(is_unit)
        }
        Some(ty) => !is_unit(ty),
    }
}

fn unread() -> Effect {
    Effect::new(Deed::Unknown, Confidence::Possible, "", "could not be read")
}

/// Of a method that a trait only declares, name and signature must do.
fn by_declaration(function: &Function) -> Effect {
    let names = knowledge::names();
    let name = &function.name;
    if !may_be_awaited(function) {
        let writes = names.deed(name) == Deed::Write && !borrows_exclusively(function);
        let because =
            if writes { "may write, by its name; it is only declared" } else { "is only declared, and does not wait" };
        let (deed, confidence) =
            if writes { (Deed::Unknown, Confidence::Likely) } else { (Deed::Pure, Confidence::Likely) };
        return Effect { suspends: false, ..Effect::new(deed, confidence, name, because) };
    }
    if let Some(fence) = names.fence(name) {
        return Effect::fenced(fence, name, "waits by its name; it is only declared");
    }
    match names.deed(name) {
        Deed::Write => Effect::new(Deed::Write, Confidence::Likely, name, "writes by its name; it is only declared"),
        Deed::Read if function.receiver != Some(Receiver::Exclusive) => {
            let because = "reads by its name and signature; it is only declared";
            Effect::new(Deed::Read, Confidence::Likely, name, because)
        }
        _ => {
            let because = "is only declared, under a name that says nothing";
            Effect::new(Deed::Unknown, Confidence::Possible, name, because)
        }
    }
}

/// Whether a function shows in its signature that it changes what it is given.
fn borrows_exclusively(function: &Function) -> bool {
    let is_exclusive = |ty: &TypeRef| matches!(ty, TypeRef::Ref { mutable: true, .. });
    function.receiver == Some(Receiver::Exclusive) || function.params.iter().any(|param| is_exclusive(&param.ty))
}

/// The expressions of a body that are awaited.
fn awaited(body: &Body) -> HashSet<ExprId> {
    body.exprs
        .iter()
        .filter_map(|expr| match expr.kind {
            ExprKind::Await { base } => Some(unwrapped(body, base)),
            _ => None,
        })
        .collect()
}

/// What one expression does by itself, its operands left out.
fn of_expr(
    types: &Types<'_>,
    expr: ExprId,
    awaited: bool,
    summary: &mut dyn FnMut(FunctionId) -> Effect,
) -> Option<Effect> {
    match &types.body.expr(expr).kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } => {
            let effect = call_effect(types, expr, awaited, summary);
            let effect = match effect.fence {
                Some(Fence::Time) if calls_for_value(types, expr) => Effect {
                    fence: None,
                    deed: effect.deed.max(Deed::Unknown),
                    confidence: Confidence::Possible,
                    ..effect
                },
                _ => effect,
            };
            // A future that is not awaited here does not suspend here.
            let suspends = effect.suspends && awaited && !runs_what_never_waits(types.body, expr);
            Some(Effect { suspends, ..effect })
        }
        ExprKind::Await { base } => of_await(types, unwrapped(types.body, *base), summary),
        ExprKind::Macro(call) => of_macro(types, call),
        ExprKind::Block { kind: BlockKind::Unsafe, .. } => Some(Effect {
            suspends: false,
            ..Effect::new(Deed::Unknown, Confidence::Possible, "unsafe", "holds unsafe code")
        }),
        ExprKind::Assign { target, .. } | ExprKind::AssignOp { target, .. } => of_assignment(types, *target),
        ExprKind::Path(path) => {
            let memory = memory::of_static(types, path.last())?;
            Some(Effect { memory, ..Effect::pure(path.last(), "looks at a static") })
        }
        ExprKind::Opaque(_) => Some(unread()),
        _ => None,
    }
}

/// Whether a call is given async blocks to run, and no await stands in any: `retry(|| async { client.get_blocking(id) })`.
/// What waits between two tries does not count.
fn runs_what_never_waits(body: &Body, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &body.expr(call).kind else { return false };
    let mut blocks = args.iter().filter_map(|arg| async_block(body, *arg)).peekable();
    let waits = |span: Span| {
        let is_wait =
            |kind: &ExprKind| matches!(kind, ExprKind::Await { .. } | ExprKind::Macro(_) | ExprKind::Opaque(_));
        body.exprs.iter().any(|expr| is_wait(&expr.kind) && span.contains(expr.span))
    };
    blocks.peek().is_some() && blocks.all(|span| !waits(span))
}

/// Where the async block is that a closure or a block is.
fn async_block(body: &Body, expr: ExprId) -> Option<Span> {
    match &body.expr(expr).kind {
        ExprKind::Closure { body: inner, .. } => async_block(body, *inner),
        ExprKind::Block { kind: BlockKind::Async { .. }, .. } => Some(body.expr(expr).span),
        _ => None,
    }
}

/// Inside a callee, what fences the caller's own awaits is an effect: what is acquired there is released there.
pub(super) fn inside(effect: Effect) -> Effect {
    match effect.fence {
        // Whoever opens a lock here closes it here; what it guards is compared with what others touch.
        Some(Fence::Acquire) if !effect.memory.is_empty() => {
            let because = format!("calls `{}`, which opens a lock of its own", effect.callee).into();
            let is_local = effect.suspends;
            Effect { fence: None, deed: Deed::Pure, confidence: Confidence::Likely, is_local, because, ..effect }
        }
        // A clock is read here or there; what is dropped inside was made inside.
        Some(Fence::Clock) => Effect { fence: None, deed: Deed::Pure, confidence: Confidence::Likely, ..effect },
        // What is done with the connection says what the call is for.
        Some(Fence::Pool) => {
            let because = format!("calls `{}`, which only takes a connection from a pool", effect.callee).into();
            Effect { fence: None, deed: Deed::Read, confidence: Confidence::Likely, because, ..effect }
        }
        // A claim holds for whoever calls what it is about.
        Some(Fence::Statement) if effect.deed == Deed::Write => effect,
        Some(Fence::Statement) => {
            let because = "drops what it made itself".into();
            Effect { fence: None, deed: Deed::Pure, confidence: Confidence::Likely, because, ..effect }
        }
        Some(Fence::Spawned | Fence::Gate) => {
            Effect { fence: None, deed: Deed::Unknown, confidence: Confidence::Possible, ..effect }
        }
        Some(Fence::Finaliser) => Effect { fence: None, deed: Deed::Write, confidence: Confidence::Likely, ..effect },
        // Whoever takes a lock here gives it back here: others wait for one another, and memory is all they wait for.
        Some(Fence::Acquire) if effect.suspends => {
            Effect { fence: None, deed: Deed::Unknown, confidence: Confidence::Possible, is_local: true, ..effect }
        }
        // A deadline for what was asked here: it begins when it is asked.
        Some(Fence::Time) if effect.callee.starts_with("timeout") => {
            Effect { fence: None, deed: Deed::Pure, confidence: Confidence::Likely, ..effect }
        }
        // A race between futures that were made here.
        Some(Fence::Event) if effect.callee.starts_with("select") => {
            Effect { fence: None, deed: Deed::Pure, confidence: Confidence::Likely, ..effect }
        }
        // A span that is entered, a timer that is started: over when the callee is.
        Some(Fence::Acquire) => Effect { fence: None, deed: Deed::Pure, confidence: Confidence::Likely, ..effect },
        Some(Fence::Time | Fence::Event) | None => effect,
    }
}

/// An await of something that is not a call: calls are judged by themselves.
fn of_await(types: &Types<'_>, base: ExprId, summary: &mut dyn FnMut(FunctionId) -> Effect) -> Option<Effect> {
    match &types.body.expr(base).kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } => None,
        // Its statements are in the same body, and are judged there.
        ExprKind::Block { .. } | ExprKind::Macro(_) => None,
        _ => {
            let of = types.of(base);
            if matches!(of, crate::index::ty::Ty::Future(_)) {
                return Some(Effect { suspends: true, ..Effect::pure("", "awaits a future it was given or made") });
            }
            let unknown =
                || Effect::new(Deed::Unknown, Confidence::Possible, "", "awaits a future of which nothing is known");
            Some(of_awaited_type(types, &of.peeled(), summary).unwrap_or_else(unknown))
        }
    }
}

fn of_macro(types: &Types<'_>, call: &MacroCall) -> Option<Effect> {
    let name = call.path.last();
    match call.kind {
        MacroKind::Value | MacroKind::Log | MacroKind::Assert | MacroKind::Exit => None,
        MacroKind::Join { .. } => Some(Effect { suspends: true, ..Effect::pure(name, "joins") }),
        MacroKind::Print if matches!(name, "write" | "writeln") && writes_to_local(types.body, call) => None,
        MacroKind::Print => Some(Effect {
            suspends: false,
            ..Effect::new(Deed::Write, Confidence::Proven, name, format!("prints with `{name}!`"))
        }),
        MacroKind::Opaque => {
            let because = match types.index.macro_may_leave(name) {
                Some(_) => format!("uses the macro `{name}!` of this workspace"),
                None => format!("uses the macro `{name}!`, of which nothing is known"),
            };
            let suspends = call.words.iter().any(|word| word == "await") || types.index.macro_may_wait(name);
            Some(Effect { suspends, ..Effect::new(Deed::Unknown, Confidence::Possible, name, because) })
        }
    }
}

/// Whether what `write!` writes to is a local: a string, a formatter.
fn writes_to_local(body: &Body, call: &MacroCall) -> bool {
    let target = call.args.first().map(|target| match &body.expr(*target).kind {
        ExprKind::Borrow { base, .. } => &body.expr(*base).kind,
        other => other,
    });
    matches!(target, Some(ExprKind::Local(_) | ExprKind::Field { .. }))
}

/// Assigning to a static is an effect; to anything else, the borrow shows it.
fn of_assignment(types: &Types<'_>, target: ExprId) -> Option<Effect> {
    let mut place = target;
    loop {
        match &types.body.expr(place).kind {
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } | ExprKind::Deref { base } => place = *base,
            ExprKind::Path(path) if path.last() != "_" => {
                let because = format!("assigns to `{}`", path.text());
                return Some(Effect {
                    suspends: false,
                    ..Effect::new(Deed::Write, Confidence::Proven, path.last(), because)
                });
            }
            // What it guards is changed: see `guards`.
            ExprKind::MethodCall { .. } if memory::guard_of(types, place, 0).is_some() => return None,
            ExprKind::MethodCall { receiver, method, .. }
                if memory::holder(types, *receiver, method) == memory::Holder::Own =>
            {
                return None;
            }
            ExprKind::MethodCall { .. } => {
                let name = call_name(types, place);
                let because = format!("assigns through `{name}`");
                return Some(Effect {
                    suspends: false,
                    ..Effect::new(Deed::Unknown, Confidence::Possible, &name, because)
                });
            }
            _ => return None,
        }
    }
}

/// Whether a function may suspend for a reason that its calls do not show: it is a future written by hand, or
/// returns one that it does not await.
pub fn suspends_by_itself(function: &Function) -> bool {
    if function.name == "poll" {
        return true;
    }
    !function.is_async && function.ret.as_ref().is_some_and(returns_future)
}

/// Whether a body does nothing but make an async block, `Box::pin(async move { .. })`: what waits is seen in it.
fn gives_block(body: &Body) -> bool {
    let Some([only]) = body.root.map(|root| body.block(root).stmts.as_slice()) else { return false };
    let StmtKind::Expr { expr, semicolon: false } = only.kind else { return false };
    let made = match &body.expr(expr).kind {
        ExprKind::Call { callee, args } => match (&body.expr(*callee).kind, args.as_slice()) {
            (ExprKind::Path(path), [only]) if is_box(&path.text()) => *only,
            _ => return false,
        },
        ExprKind::MethodCall { receiver, method, .. } if method == "boxed" => *receiver,
        _ => expr,
    };
    matches!(body.expr(made).kind, ExprKind::Block { kind: BlockKind::Async { .. }, .. })
}

fn returns_future(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::Impl(bounds) | TypeRef::Dyn(bounds) => bounds.iter().any(|bound| bound.last() == "Future"),
        TypeRef::Path(path) => {
            path.last().ends_with("Future")
                || path.segments.last().is_some_and(|segment| segment.args.iter().any(returns_future))
        }
        _ => false,
    }
}
