//! What the phases of a statement do.
//!
//! In: a statement of a region. Out: [`Effected`], from the effects of its calls.

use crate::analysis::effects::{Effect, Effects, call_name};
use crate::analysis::inspect::Call;
use crate::analysis::region::Node;
use crate::analysis::stored::{self, Begins};
use crate::diagnostic::Confidence;
use crate::index::calls::{Callee, resolved};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::index::{FunctionId, Index, type_name};
use crate::ir::{Body, Expr, ExprId, ExprKind, LocalId, MacroKind, Name, Owner, PartOf, TypeKind, TypeRef};
use crate::knowledge::{self, Deed, Fence};
use crate::source::Span;

/// What the two phases of a statement do.
#[derive(Clone, Debug)]
pub struct Effected {
    /// The awaited part.
    pub awaited: Option<Effect>,
    /// The rest.
    pub finish: Option<Effect>,
    /// The arguments of the awaited part.
    pub args: Option<Effect>,
    /// Whether the awaited part says how new the answers are that are asked for behind it.
    pub is_position: bool,
    /// The locals that the awaited call is given as they are, `from` of `store.copy(from, &to)`.
    pub given: Vec<LocalId>,
}

/// What a statement does, phase by phase.
pub fn effected(types: &Types<'_>, effects: &Effects<'_>, node: &Node) -> Effected {
    let mut found = Effected { awaited: None, finish: None, args: None, is_position: false, given: Vec::new() };
    for call in &node.calls {
        let effect = of_call(types, effects, *call);
        let slot = match (call.in_await, call.awaited || call.apart) {
            (true, true) => &mut found.awaited,
            (true, false) => &mut found.args,
            (false, _) => &mut found.finish,
        };
        *slot = Some(match slot.take() {
            Some(so_far) => so_far.join(effect),
            None => effect,
        });
    }
    // Whatever it does on the way, it is this call that does it.
    let site = node.calls.iter().rfind(|call| call.in_await && call.awaited && !call.apart);
    if let (Some(call), Some(effect)) = (site, &mut found.awaited) {
        let call = made(types, call.expr);
        let name = call_name(types, call);
        found.is_position = is_position(types, call, &name);
        found.given = given_locals(types, call);
        effect.callee = if name.is_empty() { effect.callee.clone() } else { name };
        if effect.fence.is_none() && effect.deed <= Deed::Read && node.may_fail {
            let reason = match (is_permitted(types, call), refuses(types, call)) {
                (true, _) => "is told what is to be permitted",
                (_, true) => "may refuse, as its body says",
                _ => "",
            };
            if !reason.is_empty() {
                effect.fence = Some(Fence::Gate);
                effect.because = format!("calls `{}`, which {reason}", effect.callee).into();
            }
        }
    }
    found
}

/// The locals among the arguments of a call, lent or given away or copied.
fn given_locals(types: &Types<'_>, call: ExprId) -> Vec<LocalId> {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return Vec::new();
    };
    let local = |arg: &ExprId| {
        let mut at = *arg;
        loop {
            at = match &types.body.expr(at).kind {
                ExprKind::Local(local) => return Some(*local),
                ExprKind::Borrow { base, .. } | ExprKind::Deref { base } => *base,
                ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => *receiver,
                _ => return None,
            };
        }
    };
    args.iter().filter_map(local).collect()
}

/// What makes the future that is awaited, where that is in a variable.
fn made(types: &Types<'_>, awaited: ExprId) -> ExprId {
    match types.body.expr(awaited).kind {
        ExprKind::Local(local) => stored::in_local(types, local).map_or(awaited, |found| found.made),
        _ => awaited,
    }
}

/// Whether a call gives a slot, a height, a version, by its name or by the type of what it gives.
fn is_position(types: &Types<'_>, call: ExprId, name: &str) -> bool {
    let names = knowledge::names();
    if names.is_position(name) {
        return true;
    }
    let Callee::Workspace { functions, resolved: true } = resolved(types, call) else { return false };
    let returned = functions.iter().filter_map(|id| given_by(types.index, *id));
    returned.flat_map(|name| types.index.types_named(&name)).any(|(_, declared)| {
        let TypeKind::Struct(fields) = &declared.kind else { return false };
        fields.len() <= 2 && fields.iter().any(|(field, _)| names.is_position(field))
    })
}

/// The name of the type that a function gives when it does not fail.
fn given_by(index: &Index<'_>, id: FunctionId) -> Option<Name> {
    let function = index.function(id)?;
    let name = given(function.ret.as_ref()?);
    match function.owner {
        Owner::Impl(block) if name == "Self" => type_name(&index.file(id.file)?.impls.get(block)?.self_ty),
        _ => Some(name.into()),
    }
}

/// The name of what is in a `Result`.
fn given(ty: &TypeRef) -> &str {
    match ty {
        TypeRef::Path(path) => match path.segments.last() {
            Some(last) if last.name.ends_with("Result") => last.args.first().map_or("", given),
            Some(last) => &last.name,
            None => "",
        },
        _ => "",
    }
}

/// Whether a call is given an action that somebody must be permitted to do: `authz::Action::Modify`. To read is what the
/// call itself does.
fn is_permitted(types: &Types<'_>, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return false;
    };
    let names_action = |arg: &ExprId| match &types.body.expr(*arg).kind {
        ExprKind::Path(path) => {
            let of = path.segments.iter().rev().nth(1).map_or("", |segment| segment.name.as_str());
            let is_action = ["Action", "Permission", "Privilege"].iter().any(|word| of.ends_with(word));
            is_action && !["Read", "List", "View", "Get"].iter().any(|word| path.last().starts_with(word))
        }
        _ => false,
    };
    args.iter().any(names_action)
}

/// Whether the body of what is called, not of what that calls, may refuse somebody.
fn refuses(types: &Types<'_>, call: ExprId) -> bool {
    let Callee::Workspace { functions, resolved: true } = resolved(types, call) else { return false };
    let mut bodies = functions.iter().filter_map(|id| types.index.body(*id));
    bodies.any(|body| {
        let says = |expr: &&Expr| match &expr.kind {
            ExprKind::Path(path) | ExprKind::Struct { path, .. } => knowledge::names().refuses(path.last()),
            _ => false,
        };
        body.exprs.iter().filter(says).any(|expr| !hands_on_refusal(body, expr.span))
    })
}

/// Whether what stands at a place is in the arm of a refusal that somebody else spoke: `Denied(error) => Err(Denied(error))`.
fn hands_on_refusal(body: &Body, place: Span) -> bool {
    let is_refusal = |local: &LocalId| match &body.local(*local).part_of {
        Some(PartOf::Named { path, .. }) => knowledge::names().refuses(path.last()),
        _ => false,
    };
    let arms = body.exprs.iter().filter_map(|expr| match &expr.kind {
        ExprKind::Match { arms, .. } => Some(arms),
        _ => None,
    });
    arms.flatten().any(|arm| body.expr(arm.body).span.contains(place) && arm.pat.bindings.iter().any(is_refusal))
}

fn of_call(types: &Types<'_>, effects: &Effects<'_>, call: Call) -> Effect {
    match &types.body.expr(call.expr).kind {
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Path(_) => {
            if call.awaited && drives_unseen(types, call.expr) {
                let because = "drives futures that were made elsewhere";
                let name = call_name(types, call.expr);
                return Effect {
                    deed: Deed::Unknown,
                    confidence: Confidence::Possible,
                    suspends: true,
                    ..Effect::pure(&name, because)
                };
            }
            let effect = effects.of_call(types, call.expr, call.awaited);
            Effect { suspends: effect.suspends && call.awaited, ..effect }
        }
        ExprKind::Macro(makro) => of_macro(makro.path.last(), makro.kind),
        ExprKind::Block { .. } => {
            Effect { suspends: true, ..Effect::pure("", "runs calls that are judged by themselves") }
        }
        ExprKind::Local(local) => of_future_in_local(types, effects, *local),
        _ => of_future(types, effects, &types.of(call.expr)),
    }
}

/// Whether a call joins futures that lie in a list which it is not seen to be made of: one that began empty, or was given.
fn drives_unseen(types: &Types<'_>, call: ExprId) -> bool {
    let ExprKind::Call { args, .. } = &types.body.expr(call).kind else { return false };
    let [only] = args.as_slice() else { return false };
    if !matches!(call_name(types, call).as_str(), "join_all" | "try_join_all" | "select_all" | "select_ok") {
        return false;
    }
    let mut at = *only;
    loop {
        at = match &types.body.expr(at).kind {
            ExprKind::Borrow { base, .. } => *base,
            ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => *receiver,
            ExprKind::Local(local) => {
                // What a chain is collected into is looked at with the chain.
                let init = types.body.local(*local).init.map(|init| &types.body.expr(init).kind);
                return !matches!(init, Some(ExprKind::MethodCall { .. } | ExprKind::Array(_) | ExprKind::Macro(_)));
            }
            kind => return matches!(kind, ExprKind::Field { .. } | ExprKind::Index { .. }),
        };
    }
}

fn of_macro(name: &str, kind: MacroKind) -> Effect {
    let pure = Effect::pure(name, "joins branches that are judged by themselves");
    match kind {
        MacroKind::Join { .. } => Effect { suspends: true, ..pure },
        MacroKind::Print => Effect { deed: Deed::Write, because: format!("prints with `{name}!`").into(), ..pure },
        _ => Effect {
            deed: Deed::Unknown,
            confidence: Confidence::Possible,
            suspends: true,
            because: "uses a macro of which nothing is known".into(),
            ..pure
        },
    }
}

/// A local that holds a future: what it was made by says what awaiting it does.
fn of_future_in_local(types: &Types<'_>, effects: &Effects<'_>, local: LocalId) -> Effect {
    let declared = types.body.local(local);
    if is_handle(&types.of_local(local)) {
        return of_handle(&declared.name);
    }
    let Some(found) = stored::in_local(types, local) else { return of_future(types, effects, &types.of_local(local)) };
    match (found.begins, &types.body.expr(found.made).kind) {
        (Begins::Spawned, _) => of_handle(&declared.name),
        // What is in the block is looked at where it is awaited.
        (Begins::Awaited, ExprKind::Block { .. }) => {
            Effect { suspends: true, ..Effect::pure("", "runs an async block") }
        }
        (Begins::Awaited, _) => effects.of_call(types, found.made, true),
        (Begins::Unknown, ExprKind::Block { .. }) => may_run_already(of_future(types, effects, &types.of_local(local))),
        (Begins::Unknown, _) => may_run_already(effects.of_call(types, found.made, true)),
    }
}

/// Awaiting a future that may have begun when it was made: nobody knows what there is to gain.
fn may_run_already(effect: Effect) -> Effect {
    if effect.fence.is_some() {
        return effect;
    }
    Effect {
        deed: effect.deed.max(Deed::Unknown),
        confidence: Confidence::Possible,
        because: "awaits a future that may run already".into(),
        ..effect
    }
}

/// Awaiting a task that was spawned.
fn of_handle(name: &str) -> Effect {
    let because = "waits for a task that runs already";
    Effect { fence: Some(Fence::Spawned), suspends: true, ..Effect::pure(name, because) }
}

fn of_future(types: &Types<'_>, effects: &Effects<'_>, ty: &Ty) -> Effect {
    if is_handle(ty) {
        return of_handle("");
    }
    if let Ty::Named(path, _) = &ty.peeled()
        && let Some(fence) = knowledge::fact(path).and_then(|fact| fact.fence)
    {
        return Effect {
            fence: Some(fence),
            suspends: true,
            ..Effect::pure(path.last().map_or("", Name::as_str), "waits for an event")
        };
    }
    let known = crate::analysis::effects::of_type(types, effects, ty);
    known.unwrap_or_else(|| Effect {
        deed: Deed::Unknown,
        confidence: Confidence::Possible,
        suspends: true,
        ..Effect::pure("", "awaits a future of which nothing is known")
    })
}

fn is_handle(ty: &Ty) -> bool {
    matches!(ty, Ty::Named(path, _) if matches!(path.last().map(Name::as_str), Some("JoinHandle" | "AbortOnDrop" | "RemoteHandle")))
}
