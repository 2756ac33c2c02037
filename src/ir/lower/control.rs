//! Blocks, branches, loops, closures and jumps.
//!
//! In: an expression that decides what runs. Out: its id and range; names bound in it are gone behind it.

use syn::Expr;

use crate::ir::lower::body::{self, BodyContext, Lowered};
use crate::ir::lower::exprs;
use crate::ir::lower::patterns::{Binding, bind};
use crate::ir::lower::types;
use crate::ir::{Arm, BinaryOp, BlockId, BlockKind, ExprId, ExprKind, LoopKind, Origin, Pat};
use crate::source::Span;

/// Lowers what [`exprs::expr`] leaves.
pub(super) fn expr(ctx: &mut BodyContext<'_, '_>, syntax: &Expr) -> Lowered {
    match syntax {
        Expr::Block(syntax) => {
            let start = syntax.label.as_ref().map(|label| label.name.apostrophe);
            block(ctx, &syntax.block, BlockKind::Plain, start, syntax.label.is_some())
        }
        Expr::Unsafe(syntax) => block(ctx, &syntax.block, BlockKind::Unsafe, Some(syntax.unsafe_token.span), false),
        Expr::Async(syntax) => {
            let kind = BlockKind::Async { moves: syntax.capture.is_some() };
            block(ctx, &syntax.block, kind, Some(syntax.async_token.span), false)
        }
        Expr::Const(syntax) => block(ctx, &syntax.block, BlockKind::Const, Some(syntax.const_token.span), false),
        Expr::TryBlock(syntax) => block(ctx, &syntax.block, BlockKind::Try, Some(syntax.try_token.span), false),
        Expr::If(syntax) => if_else(ctx, syntax),
        Expr::Let(syntax) => {
            let value = exprs::expr(ctx, &syntax.expr);
            let pat = bind(ctx, &syntax.pat, Binding::of(Origin::Pattern));
            let start = ctx.file.places.start(syntax.let_token.span);
            ctx.add(ExprKind::Let { pat, value: value.id }, Span { start, ..value.span })
        }
        Expr::Match(syntax) => match_arms(ctx, syntax),
        Expr::Loop(syntax) => {
            let body = body::block(ctx, &syntax.body);
            repeat(ctx, LoopKind::Loop, body, label_or(syntax.label.as_ref(), syntax.loop_token.span))
        }
        Expr::While(syntax) => {
            let mark = ctx.scope.open();
            let condition = exprs::expr(ctx, &syntax.cond).id;
            let body = body::block(ctx, &syntax.body);
            ctx.scope.close(mark);
            let start = label_or(syntax.label.as_ref(), syntax.while_token.span);
            repeat(ctx, LoopKind::While { condition }, body, start)
        }
        Expr::ForLoop(syntax) => for_loop(ctx, syntax),
        Expr::Closure(syntax) => closure(ctx, syntax),
        Expr::Return(syntax) => jump(ctx, syntax.return_token.span, syntax.expr.as_deref(), ExprKind::Return),
        Expr::Break(syntax) => break_out(ctx, syntax),
        Expr::Continue(syntax) => {
            let mut span = ctx.file.places.token(syntax.continue_token.span);
            if let Some(label) = &syntax.label {
                span.end = ctx.file.places.end(label.ident.span());
            }
            ctx.add(ExprKind::Continue, span)
        }
        syntax => {
            let span = ctx.file.places.node(syntax);
            exprs::opaque(ctx, span)
        }
    }
}

/// Lowers an expression that is a block, as that of `let .. else`.
pub(super) fn as_block(ctx: &mut BodyContext<'_, '_>, syntax: &Expr) -> Option<BlockId> {
    match syntax {
        Expr::Block(syntax) => Some(body::block(ctx, &syntax.block)),
        _ => None,
    }
}

fn block(
    ctx: &mut BodyContext<'_, '_>,
    syntax: &syn::Block,
    kind: BlockKind,
    start: Option<proc_macro2::Span>,
    labelled: bool,
) -> Lowered {
    let block = body::block(ctx, syntax);
    let mut span = ctx.body.block(block).span;
    if let Some(start) = start {
        span.start = ctx.file.places.start(start);
    }
    ctx.add(ExprKind::Block { block, kind, labelled }, span)
}

/// What the condition binds is visible in the first branch only.
fn if_else(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprIf) -> Lowered {
    let mark = ctx.scope.open();
    let condition = exprs::expr(ctx, &syntax.cond).id;
    let then = body::block(ctx, &syntax.then_branch);
    ctx.scope.close(mark);
    let mut end = ctx.body.block(then).span.end;
    let otherwise = syntax.else_branch.as_ref().map(|(_, branch)| {
        let branch = exprs::expr(ctx, branch);
        end = branch.span.end;
        branch.id
    });
    let start = ctx.file.places.start(syntax.if_token.span);
    ctx.add(ExprKind::If { condition, then, otherwise }, Span { start, end })
}

fn match_arms(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprMatch) -> Lowered {
    let scrutinee = exprs::expr(ctx, &syntax.expr).id;
    let arms = syntax.arms.iter().map(|syntax| arm(ctx, syntax)).collect();
    let places = &ctx.file.places;
    let span = Span { start: places.start(syntax.match_token.span), end: places.close(&syntax.brace_token.span) };
    ctx.add(ExprKind::Match { scrutinee, arms }, span)
}

fn arm(ctx: &mut BodyContext<'_, '_>, syntax: &syn::Arm) -> Arm {
    let mark = ctx.scope.open();
    let (pattern, guards) = guards(&syntax.pat);
    let pat = bind(ctx, pattern, Binding::of(Origin::Pattern));
    let guard = guards.into_iter().fold(None, |before, guard| Some(both(ctx, before, guard)));
    let body = exprs::expr(ctx, &syntax.body).id;
    ctx.scope.close(mark);
    Arm { pat, guard: guard.map(|guard| guard.id), body }
}

/// A pattern without its guard, and every guard in it.
fn guards(pat: &syn::Pat) -> (&syn::Pat, Vec<&Expr>) {
    let mut found = Vec::new();
    let bare = match pat {
        syn::Pat::Guard(pat) => {
            inner_guards(&pat.pat, &mut found);
            found.push(&*pat.guard);
            &pat.pat
        }
        pat => {
            inner_guards(pat, &mut found);
            pat
        }
    };
    (bare, found)
}

/// Guards inside alternatives, `(a if f(a)) | b`.
fn inner_guards<'p>(pat: &'p syn::Pat, found: &mut Vec<&'p Expr>) {
    match pat {
        syn::Pat::Paren(pat) => inner_guards(&pat.pat, found),
        syn::Pat::Or(pat) => pat.cases.iter().for_each(|case| inner_guards(case, found)),
        syn::Pat::Guard(pat) => {
            inner_guards(&pat.pat, found);
            found.push(&pat.guard);
        }
        _ => {}
    }
}

/// A guard that runs only when those before it hold.
fn both(ctx: &mut BodyContext<'_, '_>, before: Option<Lowered>, guard: &Expr) -> Lowered {
    let guard = exprs::expr(ctx, guard);
    match before {
        None => guard,
        Some(before) => {
            let kind = ExprKind::Binary { op: BinaryOp::Lazy, lhs: before.id, rhs: guard.id };
            ctx.add(kind, before.span.to(guard.span))
        }
    }
}

fn for_loop(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprForLoop) -> Lowered {
    let iter = exprs::expr(ctx, &syntax.expr).id;
    let mark = ctx.scope.open();
    let pat = bind(ctx, &syntax.pat, Binding::of(Origin::Pattern));
    let body = body::block(ctx, &syntax.body);
    ctx.scope.close(mark);
    repeat(ctx, LoopKind::For { pat, iter }, body, label_or(syntax.label.as_ref(), syntax.for_token.span))
}

fn label_or(label: Option<&syn::Label>, keyword: proc_macro2::Span) -> proc_macro2::Span {
    label.map_or(keyword, |label| label.name.apostrophe)
}

fn repeat(ctx: &mut BodyContext<'_, '_>, kind: LoopKind, body: BlockId, start: proc_macro2::Span) -> Lowered {
    let span = Span { start: ctx.file.places.start(start), ..ctx.body.block(body).span };
    ctx.add(ExprKind::Loop { kind, body }, span)
}

fn closure(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprClosure) -> Lowered {
    let mark = ctx.scope.open();
    let params: Vec<Pat> = syntax.inputs.iter().map(|param| closure_param(ctx, param)).collect();
    let body = exprs::expr(ctx, &syntax.body);
    ctx.scope.close(mark);
    let first = syntax.constness.map(|token| token.span);
    let first = first.or(syntax.asyncness.map(|token| token.span)).or(syntax.capture.map(|token| token.span));
    let first = syntax.lifetimes.as_ref().map(|lifetimes| lifetimes.for_token.span).or(first);
    let start = ctx.file.places.start(first.unwrap_or(syntax.inputs_begin.span));
    let kind = ExprKind::Closure {
        params,
        body: body.id,
        is_async: syntax.asyncness.is_some(),
        moves: syntax.capture.is_some(),
    };
    ctx.add(kind, Span { start, ..body.span })
}

fn closure_param(ctx: &mut BodyContext<'_, '_>, param: &syn::Pat) -> Pat {
    let ty = match param {
        syn::Pat::Type(param) => Some(types::type_ref(&ctx.file.places, &param.ty)),
        _ => None,
    };
    bind(ctx, param, Binding { ty, ..Binding::of(Origin::ClosureParam) })
}

fn break_out(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprBreak) -> Lowered {
    let mut lowered = jump(ctx, syntax.break_token.span, syntax.expr.as_deref(), ExprKind::Break);
    if let (Some(label), None) = (&syntax.label, &syntax.expr) {
        lowered.span.end = ctx.file.places.end(label.ident.span());
        if let Some(jump) = ctx.body.exprs.get_mut(lowered.id.0 as usize) {
            jump.span = lowered.span;
        }
    }
    lowered
}

fn jump(
    ctx: &mut BodyContext<'_, '_>,
    keyword: proc_macro2::Span,
    value: Option<&Expr>,
    kind: impl FnOnce(Option<ExprId>) -> ExprKind,
) -> Lowered {
    let value = value.map(|value| exprs::expr(ctx, value));
    let keyword = ctx.file.places.token(keyword);
    let span = value.map_or(keyword, |value| keyword.to(value.span));
    ctx.add(kind(value.map(|value| value.id)), span)
}
