//! Types and paths as text.
//!
//! In: [`TypeRef`], [`Path`], [`Generic`]. Out: text as Rust has it.

use crate::ir::{Generic, Path, Segment, TypeRef};

/// Prints a type.
pub(super) fn type_ref(out: &mut String, ty: &TypeRef) {
    match ty {
        TypeRef::Path(named) => path(out, named),
        TypeRef::Ref { mutable, to } => {
            out.push_str(if *mutable { "&mut " } else { "&" });
            type_ref(out, to);
        }
        TypeRef::Tuple(elems) => {
            out.push('(');
            list(out, elems, ", ", type_ref);
            out.push(')');
        }
        TypeRef::Slice(elem) => {
            out.push('[');
            type_ref(out, elem);
            out.push(']');
        }
        TypeRef::Dyn(bounds) => {
            out.push_str("dyn ");
            list(out, bounds, " + ", path);
        }
        TypeRef::Impl(bounds) => {
            out.push_str("impl ");
            list(out, bounds, " + ", path);
        }
        TypeRef::Infer => out.push('_'),
        TypeRef::Other => out.push_str("<other>"),
    }
}

/// Prints a path.
pub(super) fn path(out: &mut String, path: &Path) {
    if let Some(qself) = &path.qself {
        out.push('<');
        type_ref(out, qself);
        out.push_str(">::");
    }
    list(out, &path.segments, "::", segment);
}

/// Prints generic parameters with their angle brackets, or nothing.
pub(super) fn generics(out: &mut String, generics: &[Generic]) {
    if generics.is_empty() {
        return;
    }
    out.push('<');
    list(out, generics, ", ", |out, generic| {
        out.push_str(&generic.name);
        out.push_str(if generic.bounds.is_empty() { "" } else { ": " });
        list(out, &generic.bounds, " + ", path);
    });
    out.push('>');
}

/// Prints things with something between them.
pub(super) fn list<T>(out: &mut String, items: &[T], between: &str, mut print: impl FnMut(&mut String, &T)) {
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { between });
        print(out, item);
    }
}

fn segment(out: &mut String, segment: &Segment) {
    out.push_str(&segment.name);
    if segment.args.is_empty() && segment.bindings.is_empty() {
        return;
    }
    out.push('<');
    list(out, &segment.args, ", ", type_ref);
    out.push_str(if segment.args.is_empty() || segment.bindings.is_empty() { "" } else { ", " });
    list(out, &segment.bindings, ", ", |out, (name, ty)| {
        out.push_str(name);
        out.push_str(" = ");
        type_ref(out, ty);
    });
    out.push('>');
}
