//! A question that is asked again: the value of the first one in its place.
//!
//! In: an [`Again`]. Out: a [`Fix`], or why there is none.
//!
//! Invariant: only what is looked at, copied, never named again or known to be cloned takes the place of the second answer.

use crate::analysis::Analysis;
use crate::analysis::access::Mode;
use crate::analysis::again::{Again, Value, given, init_of};
use crate::diagnostic::{Applicability, Confidence, Edit, Fix};
use crate::index::types::Types;
use crate::ir::{Body, ExprId, ExprKind, LocalId, PatKind, StmtKind};
use crate::source::{SourceFile, Span};

/// Methods that only look at what they are called on, whatever that is.
const LOOKING: [&str; 18] = [
    "len",
    "is_empty",
    "iter",
    "as_str",
    "as_bytes",
    "as_ref",
    "as_deref",
    "as_slice",
    "to_string",
    "to_owned",
    "clone",
    "get",
    "contains",
    "contains_key",
    "is_some",
    "is_none",
    "first",
    "last",
];

/// Puts the first answer where the second question stands.
pub fn once(types: &Types<'_>, source: &SourceFile, analysis: &Analysis, again: &Again) -> Result<Fix, &'static str> {
    const BY_HAND: &str = "statements of this shape are not rewritten; give the answer a name and use it twice";
    let body = types.body;
    if analysis.schedule.after < analysis.schedule.before {
        return Err("join first what may run together here; then this can be rewritten");
    }
    let kept = kept(types, analysis, again).ok_or(BY_HAND)?;
    let (repeated, _) = given(types, again.repeated);
    let is_tried = |site: ExprId| given(types, site).0 != site;
    if is_tried(again.asked) != is_tried(again.repeated) {
        return Err(BY_HAND);
    }
    let place = body.expr(repeated).span;
    let text = source.slice(place);
    if text.contains("//") || text.contains("/*") {
        return Err(BY_HAND);
    }
    let name = &body.local(kept).name;
    let replacement = match how(body, repeated, kept, again.value) {
        Some(Use::AsItIs) => name.to_string(),
        Some(Use::Cloned) => format!("{name}.clone()"),
        None => return Err("nothing says that the answer can be cloned; borrow it, or clone it where you may"),
    };
    let edit = edit(analysis, again, source, place, replacement).ok_or(BY_HAND)?;
    let is_sure = again.confidence == Confidence::Proven;
    let applicability = if is_sure { Applicability::MachineApplicable } else { Applicability::MaybeIncorrect };
    Fix::new("ask once and use the answer again", vec![edit], None, applicability).ok_or(BY_HAND)
}

/// The local that holds the first answer and nothing else, up to the second question.
fn kept(types: &Types<'_>, analysis: &Analysis, again: &Again) -> Option<LocalId> {
    let body = types.body;
    let node = analysis.region.nodes.get(again.first)?;
    let (asked, _) = given(types, again.asked);
    let stmt = body.block(analysis.region.block?).stmts.get(node.stmt)?;
    let StmtKind::Let { pat, .. } = &stmt.kind else { return None };
    let [local] = pat.bindings.as_slice() else { return None };
    if pat.kind != PatKind::Ident || init_of(body, analysis, again.first) != Some(asked) {
        return None;
    }
    let until = body.expr(again.repeated).span.start;
    let between = &analysis.region.nodes[again.first + 1..=again.again];
    let accesses = between.iter().flat_map(|node| &node.accesses).filter(|access| access.span.end <= until);
    let is_touched =
        |local: LocalId| accesses.clone().any(|access| access.place.root == local && access.mode != Mode::Read);
    let name = &body.local(*local).name;
    let is_hidden = body.locals.iter().any(|other| {
        other.name == *name && other.span.start > body.local(*local).span.start && other.span.end <= until
    });
    // Its own pattern may stand in front of the second question and bind the name anew only behind it.
    let own = init_of(body, analysis, again.again).is_some() && analysis.region.nodes[again.again].span.start < until;
    let is_hidden = is_hidden && !(own && only_by(analysis, body, again, *local));
    (!is_touched(*local) && !is_hidden).then_some(*local)
}

/// Whether the only local of that name between is the one that the second statement binds.
fn only_by(analysis: &Analysis, body: &Body, again: &Again, local: LocalId) -> bool {
    let (start, until) = (body.local(local).span.start, body.expr(again.repeated).span.start);
    let own = analysis.region.nodes[again.again].span;
    let hiding = body
        .locals
        .iter()
        .filter(|other| other.name == body.local(local).name && other.span.start > start && other.span.end <= until);
    hiding.into_iter().all(|other| own.contains(other.span))
}

enum Use {
    AsItIs,
    Cloned,
}

/// How the first answer is written where the second one was used.
fn how(body: &Body, repeated: ExprId, kept: LocalId, value: Value) -> Option<Use> {
    let is_looked_at = body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::Borrow { mutable: false, base } => *base == repeated,
        ExprKind::MethodCall { receiver, method, .. } => *receiver == repeated && LOOKING.contains(&method.as_str()),
        _ => false,
    });
    if is_looked_at || value == Value::Copied || !is_named_behind(body, kept, body.expr(repeated).span) {
        return Some(Use::AsItIs);
    }
    (value == Value::Cloned).then_some(Use::Cloned)
}

fn is_named_behind(body: &Body, local: LocalId, place: Span) -> bool {
    body.exprs.iter().filter(|expr| expr.span.end > place.end).any(|expr| expr.kind.names(local))
}

/// The edit, laid out as a formatter would: a statement over several lines is written only where it is nothing else.
fn edit(analysis: &Analysis, again: &Again, source: &SourceFile, place: Span, replacement: String) -> Option<Edit> {
    let span = analysis.region.nodes.get(again.again)?.span;
    let head = source.slice(Span { start: span.start, end: place.start });
    let tail = source.slice(Span { start: place.end, end: span.end });
    if !source.slice(span).contains('\n') {
        return Some(Edit { span: place, replacement });
    }
    let is_alone = tail == ";" && head.trim_end().ends_with('=') && !head.trim_end().contains('\n');
    is_alone.then(|| Edit { span, replacement: format!("{} {replacement};", head.trim_end()) })
}
