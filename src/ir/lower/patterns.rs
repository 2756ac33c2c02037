//! Patterns: the locals they bind.
//!
//! In: a pattern and how it is bound. Out: [`Pat`], and its locals in the body and in scope.

use syn::spanned::Spanned;

use crate::ir::lower::body::BodyContext;
use crate::ir::lower::types::path;
use crate::ir::{ExprId, Local, LocalId, Name, Origin, PartOf, Pat, PatKind, TypeRef};
use crate::source::Span;

/// How a pattern comes to its value.
pub(super) struct Binding {
    /// How its locals came to be.
    pub(super) origin: Origin,
    /// Its type where it is written.
    pub(super) ty: Option<TypeRef>,
    /// Its value where that is one expression.
    pub(super) init: Option<ExprId>,
}

impl Binding {
    /// A pattern of which nothing more is known.
    pub(super) fn of(origin: Origin) -> Binding {
        Binding { origin, ty: None, init: None }
    }
}

/// Binds the locals of a pattern; they are in scope from here on.
pub(super) fn bind(ctx: &mut BodyContext<'_, '_>, pat: &syn::Pat, binding: Binding) -> Pat {
    let pat = unwrap(pat);
    let origin = binding.origin;
    let mut bound = Pat { span: span(ctx, pat), bindings: Vec::new(), kind: kind(ctx, pat), is_refutable: false };
    collect(ctx, pat, origin, &mut bound);
    for (local, part_of) in parts(ctx, pat, &bound) {
        if let Some(local) = ctx.body.locals.get_mut(local.0 as usize) {
            local.part_of = Some(part_of);
        }
    }
    if bound.kind == PatKind::Ident
        && let Some(LocalId(index)) = bound.bindings.first().copied()
        && let Some(local) = ctx.body.locals.get_mut(index as usize)
    {
        local.ty = binding.ty;
        local.init = binding.init;
    }
    bound
}

/// The pattern without parentheses and annotation.
fn unwrap(pat: &syn::Pat) -> &syn::Pat {
    match pat {
        syn::Pat::Paren(pat) => unwrap(&pat.pat),
        syn::Pat::Type(pat) => unwrap(&pat.pat),
        pat => pat,
    }
}

fn kind(ctx: &BodyContext<'_, '_>, pat: &syn::Pat) -> PatKind {
    match pat {
        syn::Pat::Ident(pat)
            if pat.by_ref.is_none() && pat.subpat.is_none() && !names_constant(ctx.file.places.word(&pat.ident).0) =>
        {
            PatKind::Ident
        }
        syn::Pat::Wild(_) => PatKind::Wild,
        syn::Pat::Tuple(pat) if pat.elems.is_empty() => PatKind::Unit,
        syn::Pat::TupleStruct(pat) if is_success(pat) => PatKind::Success,
        _ => PatKind::Other,
    }
}

/// `Some(x)`, `Ok(x)`.
fn is_success(pat: &syn::PatTupleStruct) -> bool {
    let is_name = |inner: &syn::Pat| matches!(unwrap(inner), syn::Pat::Ident(ident) if ident.subpat.is_none());
    let last = pat.path.segments.last();
    last.is_some_and(|last| last.ident == "Some" || last.ident == "Ok")
        && pat.elems.len() == 1
        && pat.elems.iter().all(is_name)
}

/// The locals that are parts of what the whole pattern takes apart.
fn parts(ctx: &BodyContext<'_, '_>, pat: &syn::Pat, bound: &Pat) -> Vec<(LocalId, PartOf)> {
    let places = &ctx.file.places;
    let local = |inner: &syn::Pat| match unwrap(inner) {
        syn::Pat::Ident(ident) if ident.subpat.is_none() => {
            let name = places.word(&ident.ident).0;
            bound.bindings.iter().copied().find(|local| ctx.body.local(*local).name == name)
        }
        _ => None,
    };
    // Behind `..` nobody knows which one it is.
    let in_front = |elems: &syn::punctuated::Punctuated<syn::Pat, syn::Token![,]>| -> Vec<(usize, LocalId)> {
        let known = elems.iter().enumerate().take_while(|(_, inner)| !matches!(inner, syn::Pat::Rest(_)));
        known.filter_map(|(at, inner)| Some((at, local(inner)?))).collect()
    };
    match pat {
        syn::Pat::Tuple(tuple) => {
            in_front(&tuple.elems).into_iter().map(|(at, local)| (local, PartOf::Tuple(at))).collect()
        }
        syn::Pat::TupleStruct(tuple) => {
            let (path, _) = path(places, tuple.qself.as_ref(), &tuple.path);
            let field = |at| smol_str::format_smolstr!("{at}");
            let named = |(at, local)| (local, PartOf::Named { path: path.clone(), field: field(at) });
            in_front(&tuple.elems).into_iter().map(named).collect()
        }
        syn::Pat::Struct(of) => {
            let (path, _) = path(places, of.qself.as_ref(), &of.path);
            let named = |field: &syn::FieldPat| {
                let name = match &field.member {
                    syn::Member::Named(name) => places.name(name),
                    syn::Member::Unnamed(index) => smol_str::format_smolstr!("{}", index.index),
                };
                Some((local(&field.pat)?, PartOf::Named { path: path.clone(), field: name }))
            };
            of.fields.iter().filter_map(named).collect()
        }
        _ => Vec::new(),
    }
}

/// Adds the locals of a pattern, and whether it names constants, to `bound`.
fn collect(ctx: &mut BodyContext<'_, '_>, pat: &syn::Pat, origin: Origin, bound: &mut Pat) {
    match pat {
        syn::Pat::Ident(pat) => ident(ctx, pat, origin, bound),
        syn::Pat::Or(pat) => pat.cases.iter().for_each(|case| collect(ctx, case, origin, bound)),
        syn::Pat::Tuple(pat) => pat.elems.iter().for_each(|elem| collect(ctx, elem, origin, bound)),
        syn::Pat::TupleStruct(pat) => pat.elems.iter().for_each(|elem| collect(ctx, elem, origin, bound)),
        syn::Pat::Slice(pat) => pat.elems.iter().for_each(|elem| collect(ctx, elem, origin, bound)),
        syn::Pat::Struct(pat) => pat.fields.iter().for_each(|field| collect(ctx, &field.pat, origin, bound)),
        syn::Pat::Paren(pat) => collect(ctx, &pat.pat, origin, bound),
        syn::Pat::Type(pat) => collect(ctx, &pat.pat, origin, bound),
        syn::Pat::Reference(pat) => collect(ctx, &pat.pat, origin, bound),
        syn::Pat::Guard(pat) => {
            bound.is_refutable = true;
            collect(ctx, &pat.pat, origin, bound);
        }
        syn::Pat::Wild(_) | syn::Pat::Rest(_) => {}
        _ => bound.is_refutable = true,
    }
}

/// One identifier: a constant, a name that another alternative has bound already, or a new local.
fn ident(ctx: &mut BodyContext<'_, '_>, pat: &syn::PatIdent, origin: Origin, bound: &mut Pat) {
    let (name, span) = ctx.file.places.word(&pat.ident);
    if names_constant(name) && pat.subpat.is_none() && pat.by_ref.is_none() && pat.mutability.is_none() {
        bound.is_refutable = true;
        return;
    }
    let is_bound = bound.bindings.iter().any(|local| ctx.body.local(*local).name == name);
    if !is_bound {
        let local = Local {
            name: Name::new(name),
            span,
            mutable: pat.mutability.is_some(),
            by_ref: pat.by_ref.is_some(),
            ty: None,
            init: None,
            part_of: None,
            origin,
        };
        bound.bindings.push(ctx.declare(local));
    }
    if let Some((_, inner)) = &pat.subpat {
        collect(ctx, inner, origin, bound);
    }
}

/// Locals begin in lower case; the compiler warns of others.
fn names_constant(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

fn span(ctx: &BodyContext<'_, '_>, pat: &syn::Pat) -> Span {
    let places = &ctx.file.places;
    match pat {
        syn::Pat::Ident(pat) if pat.subpat.is_none() => {
            let first = pat.by_ref.map(|token| token.span).or(pat.mutability.map(|token| token.span));
            let word = places.word(&pat.ident).1;
            first.map_or(word, |first| Span { start: places.start(first), end: word.end })
        }
        syn::Pat::Tuple(pat) => places.group(&pat.paren_token.span),
        syn::Pat::Slice(pat) => places.group(&pat.bracket_token.span),
        syn::Pat::TupleStruct(pat) => {
            let path = path(places, pat.qself.as_ref(), &pat.path).1;
            Span { start: path.start, end: places.close(&pat.paren_token.span) }
        }
        syn::Pat::Struct(pat) => {
            let path = path(places, pat.qself.as_ref(), &pat.path).1;
            Span { start: path.start, end: places.close(&pat.brace_token.span) }
        }
        pat => places.token(pat.span()),
    }
}
