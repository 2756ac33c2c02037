//! A function's parameters and statements.
//!
//! In: a signature and a block. Out: [`Body`].

use syn::{FnArg, ReceiverKind, Signature};

use crate::ir::lower::patterns::{Binding, bind};
use crate::ir::lower::scope::Scope;
use crate::ir::lower::{FileContext, attributes, comments, control, exprs, items, macros, types};
use crate::ir::{Block, BlockId, Body, Expr, ExprId, ExprKind, Local, LocalId, Name, Origin, Stmt, StmtKind, TypeRef};
use crate::source::Span;

/// Where lowering stands in a function.
pub(super) struct BodyContext<'f, 'a> {
    pub(super) file: &'f mut FileContext<'a>,
    pub(super) body: Body,
    pub(super) scope: Scope,
}

/// A lowered expression, and the range of its text with the parentheses around it.
#[derive(Clone, Copy)]
pub(super) struct Lowered {
    pub(super) id: ExprId,
    pub(super) span: Span,
}

impl BodyContext<'_, '_> {
    /// Adds an expression whose children have been added.
    pub(super) fn add(&mut self, kind: ExprKind, span: Span) -> Lowered {
        let id = ExprId(index(self.body.exprs.len()));
        self.body.exprs.push(Expr { kind, span });
        Lowered { id, span }
    }

    /// Adds a block whose statements have been lowered.
    pub(super) fn add_block(&mut self, stmts: Vec<Stmt>, span: Span) -> BlockId {
        let id = BlockId(index(self.body.blocks.len()));
        self.body.blocks.push(Block { stmts, span });
        id
    }

    /// Adds a local and makes it visible.
    pub(super) fn declare(&mut self, local: Local) -> LocalId {
        let id = LocalId(index(self.body.locals.len()));
        self.scope.bind(local.name.clone(), id);
        self.body.locals.push(local);
        id
    }
}

/// A file is smaller than 4 GiB, and so is the number of its expressions.
fn index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Lowers a function's body.
pub(super) fn body(file: &mut FileContext<'_>, signature: &Signature, block: &syn::Block) -> Body {
    let mut ctx = BodyContext { file, body: Body::default(), scope: Scope::default() };
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => receive(&mut ctx, receiver),
            FnArg::Typed(param) => {
                let ty = types::type_ref(&ctx.file.places, &param.ty);
                bind(&mut ctx, &param.pat, Binding { ty: Some(ty), ..Binding::of(Origin::Param) });
            }
        }
    }
    let root = self::block(&mut ctx, block);
    ctx.body.root = Some(root);
    // The graph of every file is kept, and growing by doubling would leave a quarter of it unused.
    let mut body = ctx.body;
    body.exprs.shrink_to_fit();
    body.blocks.shrink_to_fit();
    body.locals.shrink_to_fit();
    body
}

fn receive(ctx: &mut BodyContext<'_, '_>, receiver: &syn::Receiver) {
    let ty = match &receiver.kind {
        ReceiverKind::Typed(_, ty) => Some(types::type_ref(&ctx.file.places, ty)),
        _ => None,
    };
    ctx.declare(Local {
        name: Name::new_static("self"),
        span: ctx.file.places.token(receiver.self_token.span),
        mutable: receiver.mutability.is_some(),
        by_ref: false,
        ty,
        init: None,
        part_of: None,
        origin: Origin::SelfValue,
    });
}

/// Lowers a block; what it binds is out of scope afterwards.
pub(super) fn block(ctx: &mut BodyContext<'_, '_>, block: &syn::Block) -> BlockId {
    let mark = ctx.scope.open();
    let mut stmts: Vec<Stmt> = block.stmts.iter().filter_map(|stmt| statement(ctx, stmt)).collect();
    ctx.scope.close(mark);
    let span = ctx.file.places.group(&block.brace_token.span);
    let mut end = span.start + 1;
    for stmt in &mut stmts {
        let gap = Span { start: end, end: stmt.attributes_start.max(end) };
        stmt.is_order_noted = comments::speak_of_order(ctx.file.places.text(gap));
        end = stmt.span.end;
    }
    ctx.add_block(stmts, span)
}

/// Lowers a statement; a lone `;` is none.
fn statement(ctx: &mut BodyContext<'_, '_>, stmt: &syn::Stmt) -> Option<Stmt> {
    match stmt {
        syn::Stmt::Local(local) => Some(let_statement(ctx, local)),
        syn::Stmt::Item(item) => Some(item_statement(ctx, item)),
        syn::Stmt::Expr(syn::Expr::Verbatim(tokens), _) if tokens.is_empty() => None,
        syn::Stmt::Expr(expr, semicolon) => {
            let lowered = exprs::expr(ctx, expr);
            Some(expr_statement(ctx, lowered, attributes::of_statement(expr), semicolon.as_ref()))
        }
        syn::Stmt::Macro(stmt) => {
            let lowered = macros::call(ctx, &stmt.mac);
            Some(expr_statement(ctx, lowered, &stmt.attrs, stmt.semi_token.as_ref()))
        }
    }
}

fn let_statement(ctx: &mut BodyContext<'_, '_>, local: &syn::Local) -> Stmt {
    let init = local.init.as_ref().map(|init| exprs::expr(ctx, &init.expr).id);
    let diverge = local.init.as_ref().and_then(|init| init.diverge.as_ref());
    let otherwise = diverge.and_then(|(_, expr)| control::as_block(ctx, expr));
    let ty = annotation(ctx, &local.pat);
    let known = ty.as_ref().map(|(ty, _)| ty.clone());
    let pat = bind(ctx, &local.pat, Binding { origin: Origin::Let, ty: known, init });
    let places = &ctx.file.places;
    let span = Span { start: places.start(local.let_token.span), end: places.start(local.semi_token.span) + 1 };
    finish(ctx, StmtKind::Let { pat, ty, init, otherwise }, &local.attrs, span)
}

fn annotation(ctx: &BodyContext<'_, '_>, pat: &syn::Pat) -> Option<(TypeRef, Span)> {
    match pat {
        syn::Pat::Type(pat) => {
            let places = &ctx.file.places;
            Some((types::type_ref(places, &pat.ty), places.node(&pat.ty)))
        }
        _ => None,
    }
}

fn expr_statement(
    ctx: &BodyContext<'_, '_>,
    lowered: Lowered,
    attributes: &[syn::Attribute],
    semicolon: Option<&syn::Token![;]>,
) -> Stmt {
    let end = semicolon.map_or(lowered.span.end, |semicolon| ctx.file.places.start(semicolon.span) + 1);
    let kind = StmtKind::Expr { expr: lowered.id, semicolon: semicolon.is_some() };
    finish(ctx, kind, attributes, Span { start: lowered.span.start, end })
}

fn item_statement(ctx: &mut BodyContext<'_, '_>, item: &syn::Item) -> Stmt {
    items::item(ctx.file, item);
    let span = items::span(ctx.file, item);
    let name = items::name(item).map(|ident| ctx.file.places.name(ident));
    let is_macro_rules = matches!(item, syn::Item::Macro(item) if items::is_macro_rules(item));
    finish(ctx, StmtKind::Item { name, is_macro_rules }, attributes::of_item(item), span)
}

fn finish(ctx: &BodyContext<'_, '_>, kind: StmtKind, attributes: &[syn::Attribute], span: Span) -> Stmt {
    let range = attributes::outer_range(&ctx.file.places, attributes);
    Stmt {
        kind,
        span,
        attributes_start: range.map_or(span.start, |(start, _)| start),
        is_conditional: attributes::is_conditional(attributes),
        is_order_noted: false,
    }
}
