//! Expressions that only compute: operators, calls, literals, places.
//!
//! In: an expression of the tree. Out: its id and range, its children added before it.

use syn::{BinOp, Expr, Lit, Member, UnOp};

use crate::ir::lower::body::{BodyContext, Lowered};
use crate::ir::lower::{control, macros, mentions, types};
use crate::ir::{BinaryOp, ExprId, ExprKind, Literal, Name, Path};
use crate::parse::lexemes::string_contents;
use crate::source::Span;

/// Lowers an expression.
pub(super) fn expr(ctx: &mut BodyContext<'_, '_>, syntax: &Expr) -> Lowered {
    match syntax {
        Expr::Paren(paren) => {
            let inner = expr(ctx, &paren.expr);
            Lowered { id: inner.id, span: ctx.file.places.group(&paren.paren_token.span) }
        }
        Expr::Group(group) => expr(ctx, &group.expr),
        Expr::Path(syntax) => path(ctx, syntax),
        Expr::Lit(syntax) => literal(ctx, &syntax.lit),
        Expr::Call(syntax) => call(ctx, syntax),
        Expr::MethodCall(syntax) => method_call(ctx, syntax),
        Expr::Field(syntax) => field(ctx, syntax),
        Expr::Index(syntax) => index(ctx, syntax),
        Expr::Await(syntax) => {
            let base = expr(ctx, &syntax.base);
            let end = ctx.file.places.end(syntax.await_token.span);
            ctx.add(ExprKind::Await { base: base.id }, Span { end, ..base.span })
        }
        Expr::Try(syntax) => {
            let base = expr(ctx, &syntax.expr);
            let end = ctx.file.places.end(syntax.question_token.span);
            ctx.add(ExprKind::Try { base: base.id }, Span { end, ..base.span })
        }
        Expr::Reference(syntax) => {
            prefix(ctx, syntax.and_token.span, &syntax.expr, |base| borrow(syntax.mutability.is_some(), base))
        }
        Expr::RawAddr(syntax) => {
            let mutable = matches!(syntax.mutability, syn::PointerMutability::Mut(_));
            prefix(ctx, syntax.and_token.span, &syntax.expr, |base| borrow(mutable, base))
        }
        Expr::Unary(syntax) => unary(ctx, syntax),
        Expr::Binary(syntax) => binary(ctx, syntax),
        Expr::Assign(syntax) => assign(ctx, syntax),
        Expr::Cast(syntax) => cast(ctx, syntax),
        Expr::Range(syntax) => range(ctx, syntax),
        Expr::Struct(syntax) => structure(ctx, syntax),
        Expr::Tuple(syntax) => {
            let elems = exprs(ctx, &syntax.elems);
            ctx.add(ExprKind::Tuple(elems), ctx.file.places.group(&syntax.paren_token.span))
        }
        Expr::Array(syntax) => {
            let elems = exprs(ctx, &syntax.elems);
            ctx.add(ExprKind::Array(elems), ctx.file.places.group(&syntax.bracket_token.span))
        }
        Expr::Repeat(syntax) => {
            let value = expr(ctx, &syntax.expr).id;
            let len = expr(ctx, &syntax.len).id;
            ctx.add(ExprKind::Repeat { value, len }, ctx.file.places.group(&syntax.bracket_token.span))
        }
        Expr::Macro(syntax) => macros::call(ctx, &syntax.mac),
        Expr::Infer(syntax) => {
            let span = ctx.file.places.token(syntax.underscore_token.span);
            ctx.add(ExprKind::Path(single("_")), span)
        }
        syntax => control::expr(ctx, syntax),
    }
}

/// Lowers expressions in order.
pub(super) fn exprs<'e>(ctx: &mut BodyContext<'_, '_>, syntax: impl IntoIterator<Item = &'e Expr>) -> Vec<ExprId> {
    syntax.into_iter().map(|syntax| expr(ctx, syntax).id).collect()
}

/// Keeps an expression as the locals that its text may name.
pub(super) fn opaque(ctx: &mut BodyContext<'_, '_>, span: Span) -> Lowered {
    let captures = mentions::mentions(ctx, span).captures;
    ctx.add(ExprKind::Opaque(captures), span)
}

/// A local where the name is one here; otherwise the path.
fn path(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprPath) -> Lowered {
    let places = &ctx.file.places;
    if syntax.qself.is_none()
        && let Some(ident) = syntax.path.get_ident()
    {
        let (name, span) = places.word(ident);
        let kind = ctx.scope.find(name).map_or_else(|| ExprKind::Path(single(name)), ExprKind::Local);
        return ctx.add(kind, span);
    }
    let (path, span) = types::path(places, syntax.qself.as_ref(), &syntax.path);
    ctx.add(ExprKind::Path(path), span)
}

fn single(name: &str) -> Path {
    let segment = crate::ir::Segment { name: Name::new(name), args: Vec::new(), bindings: Vec::new() };
    Path { qself: None, segments: vec![segment] }
}

fn literal(ctx: &mut BodyContext<'_, '_>, syntax: &Lit) -> Lowered {
    let span = ctx.file.places.token(syntax.span());
    let value = match syntax {
        Lit::Str(string) => Literal::Str(string_value(ctx.file.places.text(span), string)),
        Lit::Bool(value) => Literal::Bool(value.value),
        _ => Literal::Other,
    };
    ctx.add(ExprKind::Literal(value), span)
}

/// What a string says; most say what stands between their quotes.
fn string_value(text: &str, string: &syn::LitStr) -> Name {
    let (contents, is_raw) = string_contents(text);
    let is_plain = !contents.contains('\r') && (is_raw || !contents.contains('\\'));
    if is_plain { Name::new(contents) } else { Name::from(string.value()) }
}

fn call(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprCall) -> Lowered {
    let callee = expr(ctx, &syntax.func);
    let args = exprs(ctx, &syntax.args);
    let end = ctx.file.places.close(&syntax.paren_token.span);
    ctx.add(ExprKind::Call { callee: callee.id, args }, Span { end, ..callee.span })
}

fn method_call(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprMethodCall) -> Lowered {
    let receiver = expr(ctx, &syntax.receiver);
    let args = exprs(ctx, &syntax.args);
    let places = &ctx.file.places;
    let (method, method_span) = places.word(&syntax.method);
    let turbofish = syntax.turbofish.as_ref().map_or_else(Vec::new, |types| types::turbofish(places, types));
    let span = Span { end: places.close(&syntax.paren_token.span), ..receiver.span };
    let method = Name::new(method);
    ctx.add(ExprKind::MethodCall { receiver: receiver.id, method, method_span, args, turbofish }, span)
}

fn field(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprField) -> Lowered {
    let base = expr(ctx, &syntax.base);
    let (name, end) = member(ctx, &syntax.member);
    ctx.add(ExprKind::Field { base: base.id, name }, Span { end, ..base.span })
}

/// A field's name and where it ends.
fn member(ctx: &BodyContext<'_, '_>, member: &Member) -> (Name, u32) {
    match member {
        Member::Named(ident) => {
            let (name, span) = ctx.file.places.word(ident);
            (Name::new(name), span.end)
        }
        Member::Unnamed(index) => (smol_str::format_smolstr!("{}", index.index), ctx.file.places.end(index.span)),
    }
}

fn index(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprIndex) -> Lowered {
    let base = expr(ctx, &syntax.expr);
    let index = expr(ctx, &syntax.index).id;
    let end = ctx.file.places.close(&syntax.bracket_token.span);
    ctx.add(ExprKind::Index { base: base.id, index }, Span { end, ..base.span })
}

fn unary(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprUnary) -> Lowered {
    match &syntax.op {
        UnOp::Deref(star) => prefix(ctx, star.span, &syntax.expr, |base| ExprKind::Deref { base }),
        UnOp::Not(bang) => prefix(ctx, bang.span, &syntax.expr, |base| ExprKind::Unary { base }),
        UnOp::Neg(minus) => prefix(ctx, minus.span, &syntax.expr, |base| ExprKind::Unary { base }),
        _ => opaque(ctx, ctx.file.places.node(syntax)),
    }
}

fn prefix(
    ctx: &mut BodyContext<'_, '_>,
    operator: proc_macro2::Span,
    operand: &Expr,
    kind: impl FnOnce(ExprId) -> ExprKind,
) -> Lowered {
    let base = expr(ctx, operand);
    let start = ctx.file.places.start(operator);
    ctx.add(kind(base.id), Span { start, ..base.span })
}

fn borrow(mutable: bool, base: ExprId) -> ExprKind {
    ExprKind::Borrow { mutable, base }
}

fn binary(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprBinary) -> Lowered {
    let left = expr(ctx, &syntax.left);
    let right = expr(ctx, &syntax.right);
    let (op, assigns) = operator(&syntax.op);
    let kind = if assigns {
        ExprKind::AssignOp { target: left.id, value: right.id, op }
    } else {
        ExprKind::Binary { op, lhs: left.id, rhs: right.id }
    };
    ctx.add(kind, left.span.to(right.span))
}

/// An operator, and whether it assigns.
fn operator(op: &BinOp) -> (BinaryOp, bool) {
    match op {
        BinOp::And(_) | BinOp::Or(_) => (BinaryOp::Lazy, false),
        BinOp::Div(_) | BinOp::Rem(_) => (BinaryOp::Divide, false),
        BinOp::DivAssign(_) | BinOp::RemAssign(_) => (BinaryOp::Divide, true),
        BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => {
            (BinaryOp::Compare, false)
        }
        BinOp::AddAssign(_)
        | BinOp::SubAssign(_)
        | BinOp::MulAssign(_)
        | BinOp::BitXorAssign(_)
        | BinOp::BitAndAssign(_)
        | BinOp::BitOrAssign(_)
        | BinOp::ShlAssign(_)
        | BinOp::ShrAssign(_) => (BinaryOp::Arithmetic, true),
        _ => (BinaryOp::Arithmetic, false),
    }
}

fn assign(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprAssign) -> Lowered {
    let value = expr(ctx, &syntax.right);
    let target = expr(ctx, &syntax.left);
    ctx.add(ExprKind::Assign { target: target.id, value: value.id }, target.span.to(value.span))
}

fn cast(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprCast) -> Lowered {
    let base = expr(ctx, &syntax.expr);
    let places = &ctx.file.places;
    let ty = types::type_ref(places, &syntax.ty);
    let end = places.node(&syntax.ty).end;
    ctx.add(ExprKind::Cast { base: base.id, ty }, Span { end, ..base.span })
}

fn range(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprRange) -> Lowered {
    let ends = [&syntax.start, &syntax.end].map(|end| end.as_ref().map(|end| expr(ctx, end)));
    let mut span = match &syntax.limits {
        syn::RangeLimits::HalfOpen(dots) => ctx.file.places.token(dots.spans[0]),
        syn::RangeLimits::Closed(dots) => ctx.file.places.token(dots.spans[0]),
    };
    span.end = span.start + if matches!(syntax.limits, syn::RangeLimits::HalfOpen(_)) { 2 } else { 3 };
    let span = ends.iter().flatten().fold(span, |span, end| span.to(end.span));
    ctx.add(ExprKind::Range(ends.iter().flatten().map(|end| end.id).collect()), span)
}

fn structure(ctx: &mut BodyContext<'_, '_>, syntax: &syn::ExprStruct) -> Lowered {
    let mut fields = Vec::with_capacity(syntax.fields.len());
    for field in &syntax.fields {
        let value = expr(ctx, &field.expr).id;
        fields.push((member(ctx, &field.member).0, value));
    }
    let base = syntax.rest.as_ref().map(|rest| expr(ctx, rest).id);
    let (path, span) = types::path(&ctx.file.places, syntax.qself.as_ref(), &syntax.path);
    let end = ctx.file.places.close(&syntax.brace_token.span);
    ctx.add(ExprKind::Struct { path, fields, base }, Span { end, ..span })
}
