//! Functions: what their declarations say.
//!
//! In: a function of the tree and what it is a member of. Out: [`Function`], its body lowered by `body`.

use syn::{Attribute, FnArg, Pat, ReceiverKind, Signature};

use crate::ir::lower::{FileContext, attributes, body, claims, comments, types};
use crate::ir::{Body, Function, Name, Owner, Param, Receiver};
use crate::source::Span;

/// A function as it is written, wherever it stands.
pub(super) struct Declared<'s> {
    pub(super) attrs: &'s [Attribute],
    pub(super) sig: &'s Signature,
    pub(super) block: Option<&'s syn::Block>,
    /// Offset of its first token behind the attributes.
    pub(super) start: u32,
}

/// What a function is a member of, and the attributes that stand there.
#[derive(Clone, Copy)]
pub(super) struct Membership<'s> {
    pub(super) owner: Owner,
    pub(super) attributes: &'s [Name],
}

/// A function that is a member of nothing.
pub(super) const FREE: Membership<'static> = Membership { owner: Owner::Module, attributes: &[] };

/// Lowers a function, unless it is test code that is not wanted.
pub(super) fn function(ctx: &mut FileContext<'_>, declared: &Declared<'_>, membership: Membership<'_>) {
    let around = ctx.in_test;
    ctx.in_test |= attributes::is_test_function(declared.attrs);
    if ctx.tests || !ctx.in_test {
        let index = ctx.ir.functions.len();
        let mut function = declaration(ctx, declared, membership);
        let head = Span { start: function.span.start, end: declared.start };
        function.claim = claims::above(&ctx.places, head, &mut ctx.ir.unclear);
        function.is_order_noted = comments::document_order(claims::text_above(&ctx.places, head));
        ctx.ir.functions.push(function);
        let body = declared.block.map(|block| body::body(ctx, declared.sig, block));
        ctx.ir.functions[index].body = body;
    }
    ctx.in_test = around;
}

fn declaration(ctx: &FileContext<'_>, declared: &Declared<'_>, membership: Membership<'_>) -> Function {
    let places = &ctx.places;
    let signature = declared.sig;
    let (name, name_span) = places.word(&signature.ident);
    let start = attributes::outer_range(places, declared.attrs).map_or(declared.start, |(start, _)| start);
    let end =
        declared.block.map_or_else(|| declaration_end(ctx, signature), |block| places.close(&block.brace_token.span));
    let mut attributes = attributes::paths(places, declared.attrs);
    attributes.extend_from_slice(membership.attributes);
    Function {
        name: Name::new(name),
        name_span,
        span: Span { start, end },
        module: ctx.module,
        owner: membership.owner,
        is_async: signature.asyncness.is_some(),
        is_unsafe: matches!(signature.safety, syn::Safety::Unsafe(_)),
        receiver: signature.receiver().map(|receiver| self::receiver(ctx, receiver)),
        params: params(ctx, signature),
        ret: types::result(places, &signature.output),
        generics: types::generics(places, &signature.generics),
        attributes,
        claim: None,
        is_order_noted: false,
        in_test: ctx.in_test,
        body: None,
        is_outlined: declared.block.is_some_and(|block| {
            let opens = places.group(&block.brace_token.span).start;
            ctx.emptied.binary_search(&opens).is_ok()
        }),
    }
}

/// Lowers the body of a function that was left out of its file's outline.
pub(super) fn left_out(ctx: &mut FileContext<'_>, function: &syn::ImplItemFn) -> Body {
    body::body(ctx, &function.sig, &function.block)
}

/// The end of a function without body: its semicolon is the token behind its signature.
fn declaration_end(ctx: &FileContext<'_>, signature: &Signature) -> u32 {
    let end = ctx.places.node(signature).end;
    ctx.places.next_token(end) + 1
}

fn receiver(ctx: &FileContext<'_>, receiver: &syn::Receiver) -> Receiver {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => Receiver::Shared,
        ReceiverKind::Reference(_, _, Some(_)) => Receiver::Exclusive,
        ReceiverKind::Typed(_, ty) => Receiver::Typed(types::type_ref(&ctx.places, ty)),
        _ => Receiver::Value,
    }
}

fn params(ctx: &FileContext<'_>, signature: &Signature) -> Vec<Param> {
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(param) => Some(param),
        FnArg::Receiver(_) => None,
    });
    let lowered = typed.map(|param| {
        let name = match &*param.pat {
            Pat::Ident(pat) => Some(ctx.places.name(&pat.ident)),
            _ => None,
        };
        Param { name, ty: types::type_ref(&ctx.places, &param.ty) }
    });
    lowered.collect()
}

/// Where a function begins behind its attributes.
pub(super) fn first_token(
    ctx: &FileContext<'_>,
    visibility: &syn::Visibility,
    defaultness: Option<&syn::Token![default]>,
    signature: &Signature,
) -> u32 {
    let visibility = match visibility {
        syn::Visibility::Public(public) => Some(public.span),
        syn::Visibility::Restricted(restricted) => Some(restricted.pub_token.span),
        syn::Visibility::Inherited => None,
    };
    let safety = match &signature.safety {
        syn::Safety::Safe(token) => Some(token.span),
        syn::Safety::Unsafe(token) => Some(token.span),
        _ => None,
    };
    let first = visibility
        .or(defaultness.map(|token| token.span))
        .or(signature.constness.map(|token| token.span))
        .or(signature.asyncness.map(|token| token.span))
        .or(safety)
        .or(signature.abi.as_ref().map(|abi| abi.extern_token.span))
        .unwrap_or(signature.fn_token.span);
    ctx.places.start(first)
}
