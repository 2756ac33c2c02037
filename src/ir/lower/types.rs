//! Types, paths and generic parameters.
//!
//! In: types of the tree. Out: [`TypeRef`], [`Path`], [`Generic`].

use syn::{
    AngleBracketedGenericArguments, GenericArgument, GenericParam, PathArguments, QSelf, ReturnType, Type,
    TypeParamBound, WherePredicate,
};

use crate::ir::lower::places::Places;
use crate::ir::{Generic, Name, Path, Segment, TypeRef};
use crate::source::Span;

/// Lowers a type.
pub(super) fn type_ref(places: &Places<'_>, ty: &Type) -> TypeRef {
    match ty {
        Type::Path(ty) => TypeRef::Path(path(places, ty.qself.as_ref(), &ty.path).0),
        Type::Reference(ty) => {
            TypeRef::Ref { mutable: ty.mutability.is_some(), to: Box::new(type_ref(places, &ty.elem)) }
        }
        Type::Tuple(ty) => TypeRef::Tuple(ty.elems.iter().map(|elem| type_ref(places, elem)).collect()),
        Type::Slice(ty) => TypeRef::Slice(Box::new(type_ref(places, &ty.elem))),
        Type::Array(ty) => TypeRef::Slice(Box::new(type_ref(places, &ty.elem))),
        Type::TraitObject(ty) => TypeRef::Dyn(bounds(places, &ty.bounds)),
        Type::ImplTrait(ty) => TypeRef::Impl(bounds(places, &ty.bounds)),
        Type::Paren(ty) => type_ref(places, &ty.elem),
        Type::Group(ty) => type_ref(places, &ty.elem),
        Type::Infer(_) => TypeRef::Infer,
        _ => TypeRef::Other,
    }
}

/// Lowers a return type.
pub(super) fn result(places: &Places<'_>, output: &ReturnType) -> Option<TypeRef> {
    match output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(type_ref(places, ty)),
    }
}

/// Lowers a path, and says where it stands.
pub(super) fn path(places: &Places<'_>, qself: Option<&QSelf>, path: &syn::Path) -> (Path, Span) {
    let mut segments = Vec::with_capacity(path.segments.len());
    let mut span: Option<Span> = None;
    for part in &path.segments {
        let (segment, part_span) = segment(places, part);
        segments.push(segment);
        span = Some(span.map_or(part_span, |span| span.to(part_span)));
    }
    let leading = path.leading_colon.map(|colons| colons.spans[0]);
    let first = qself.map(|qself| qself.lt_token.span).or(leading);
    let mut span = span.unwrap_or_default();
    if let Some(first) = first {
        span.start = places.start(first);
    }
    let qself = qself.map(|qself| Box::new(type_ref(places, &qself.ty)));
    (Path { qself, segments }, span)
}

/// Lowers the type arguments of `::<..>`.
pub(super) fn turbofish(places: &Places<'_>, arguments: &AngleBracketedGenericArguments) -> Vec<TypeRef> {
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(type_ref(places, ty)),
        _ => None,
    });
    types.collect()
}

/// Lowers generic parameters; bounds from the `where` clause join those of their parameter.
pub(super) fn generics(places: &Places<'_>, generics: &syn::Generics) -> Vec<Generic> {
    let types = generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(param),
        _ => None,
    });
    let mut lowered: Vec<Generic> =
        types.map(|param| Generic { name: places.name(&param.ident), bounds: bounds(places, &param.bounds) }).collect();
    for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
        if let WherePredicate::Type(predicate) = predicate
            && let Type::Path(bounded) = &predicate.bounded_ty
            && let Some(ident) = bounded.path.get_ident()
            && let Some(generic) = lowered.iter_mut().find(|generic| generic.name == places.word(ident).0)
        {
            generic.bounds.extend(bounds(places, &predicate.bounds));
        }
    }
    lowered
}

/// Lowers the traits among some bounds.
pub(super) fn bounds<'a>(places: &Places<'_>, bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> Vec<Path> {
    let traits = bounds.into_iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => Some(path(places, None, &bound.path).0),
        _ => None,
    });
    traits.collect()
}

fn segment(places: &Places<'_>, segment: &syn::PathSegment) -> (Segment, Span) {
    let (name, mut span) = places.word(&segment.ident);
    let mut lowered = Segment { name: Name::new(name), args: Vec::new(), bindings: Vec::new() };
    match &segment.arguments {
        PathArguments::None => {}
        PathArguments::AngleBracketed(arguments) => {
            span.end = places.start(arguments.gt_token.span) + 1;
            lowered.args = turbofish(places, arguments);
            lowered.bindings = bindings(places, arguments);
        }
        PathArguments::Parenthesized(arguments) => {
            span.end = places.close(&arguments.paren_token.span);
            lowered.args = arguments.inputs.iter().map(|input| type_ref(places, &input.ty)).collect();
            if let ReturnType::Type(_, ty) = &arguments.output {
                span.end = places.node(ty).end;
                lowered.bindings.push((Name::new_static("Output"), type_ref(places, ty)));
            }
        }
    }
    (lowered, span)
}

fn bindings(places: &Places<'_>, arguments: &AngleBracketedGenericArguments) -> Vec<(Name, TypeRef)> {
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::AssocType(binding) => Some((places.name(&binding.ident), type_ref(places, &binding.ty))),
        _ => None,
    });
    types.collect()
}
