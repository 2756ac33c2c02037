//! Declarations as text.
//!
//! In: [`FileIr`]. Out: a line for each module, import, type, trait, impl, macro, static and signature.

use crate::ir::print::types::{generics, list, path, type_ref};
use crate::ir::{FileIr, Function, Name, Origin, Owner, Param, Receiver, TypeDecl, TypeKind};

/// Prints everything but functions.
pub(super) fn declarations(out: &mut String, ir: &FileIr) {
    for (index, module) in ir.modules.iter().enumerate() {
        if index > 0 {
            line(out, &format!("mod {}", module.path.join("::")));
        }
        for import in &module.imports {
            line(out, &format!("use {} as {}", import.path.join("::"), import.alias));
        }
    }
    ir.types.iter().for_each(|decl| type_decl(out, decl));
    for decl in &ir.traits {
        out.push_str(&format!("trait {}", decl.name));
        out.push_str(if decl.supertraits.is_empty() { "" } else { ": " });
        list(out, &decl.supertraits, " + ", path);
        out.push('\n');
    }
    for index in 0..ir.impls.len() {
        impl_header(out, ir, index);
        out.push('\n');
    }
    for decl in &ir.macros {
        let question = if decl.has_try { "?" } else { "" };
        line(out, &format!("macro_rules {}{question}: {}", decl.name, decl.words.join(" ")));
    }
    for decl in &ir.statics {
        line(out, &format!("static {}{}", if decl.mutable { "mut " } else { "" }, decl.name));
    }
}

/// Prints a function's signature, with the locals that its parameters bind.
pub(super) fn signature(out: &mut String, ir: &FileIr, function: &Function) {
    if let Some(claim) = function.claim {
        line(out, &format!("// conjoin: {}", claim.word()));
    }
    for attribute in &function.attributes {
        line(out, &format!("#[{attribute}]"));
    }
    out.push_str(if function.in_test { "test " } else { "" });
    out.push_str(if function.is_async { "async " } else { "" });
    out.push_str(if function.is_unsafe { "unsafe " } else { "" });
    out.push_str("fn ");
    for name in &ir.modules[function.module].path {
        out.push_str(&format!("{name}::"));
    }
    out.push_str(&function.name);
    generics(out, &function.generics);
    parameters(out, function);
    if let Some(ret) = &function.ret {
        out.push_str(" -> ");
        type_ref(out, ret);
    }
    owner(out, ir, function.owner);
    bound(out, function);
    out.push('\n');
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn type_decl(out: &mut String, decl: &TypeDecl) {
    let keyword = match decl.kind {
        TypeKind::Struct(_) => "struct",
        TypeKind::Enum(_) => "enum",
        TypeKind::Alias(_) => "type",
    };
    out.push_str(&format!("{keyword} {}", decl.name));
    generics(out, &decl.generics);
    if decl.is_clone {
        out.push_str(": Clone");
    }
    match &decl.kind {
        TypeKind::Struct(fields) => {
            out.push_str(" { ");
            list(out, fields, ", ", |out, (name, ty)| {
                out.push_str(&format!("{name}: "));
                type_ref(out, ty);
            });
            out.push_str(" }");
        }
        TypeKind::Enum(variants) => {
            out.push_str(" { ");
            list(out, variants, ", ", |out, variant| out.push_str(&variant.name));
            out.push_str(" }");
        }
        TypeKind::Alias(ty) => {
            out.push_str(" = ");
            type_ref(out, ty);
        }
    }
    out.push('\n');
}

fn impl_header(out: &mut String, ir: &FileIr, index: usize) {
    let header = &ir.impls[index];
    out.push_str("impl");
    generics(out, &header.generics);
    out.push(' ');
    if let Some(of_trait) = &header.of_trait {
        path(out, of_trait);
        out.push_str(" for ");
    }
    type_ref(out, &header.self_ty);
}

fn parameters(out: &mut String, function: &Function) {
    out.push('(');
    if let Some(receiver) = &function.receiver {
        match receiver {
            Receiver::Value => out.push_str("self"),
            Receiver::Shared => out.push_str("&self"),
            Receiver::Exclusive => out.push_str("&mut self"),
            Receiver::Typed(ty) => {
                out.push_str("self: ");
                type_ref(out, ty);
            }
        }
        out.push_str(if function.params.is_empty() { "" } else { ", " });
    }
    list(out, &function.params, ", ", |out, Param { name, ty }| {
        out.push_str(name.as_ref().map_or("_", Name::as_str));
        out.push_str(": ");
        type_ref(out, ty);
    });
    out.push(')');
}

fn owner(out: &mut String, ir: &FileIr, owner: Owner) {
    match owner {
        Owner::Module => {}
        Owner::Impl(index) => {
            out.push_str(" in ");
            impl_header(out, ir, index);
        }
        Owner::Trait(index) => out.push_str(&format!(" in trait {}", ir.traits[index].name)),
    }
}

/// The locals that a function starts with.
fn bound(out: &mut String, function: &Function) {
    let locals = function.body.iter().flat_map(|body| &body.locals).enumerate();
    let bound = locals.take_while(|(_, local)| matches!(local.origin, Origin::SelfValue | Origin::Param));
    let names: Vec<String> = bound.map(|(id, local)| format!("{}#{id}", local.name)).collect();
    if !names.is_empty() {
        out.push_str(&format!(" binds {}", names.join(", ")));
    }
}
