//! Items: what a file declares.
//!
//! In: items of the tree. Out: the lists of [`FileIr`](crate::ir::FileIr).

use syn::{Attribute, Fields, ForeignItem, ImplItem, Item, TraitItem, UseTree};

use crate::ir::lower::functions::{Declared, FREE, Membership, first_token, function};
use crate::ir::lower::{FileContext, attributes, types};
use crate::ir::{
    Impl, Import, MacroDecl, Module, Name, Owner, Static, TraitDecl, TypeDecl, TypeKind, TypeRef, Variant,
};
use crate::parse::lexemes::{Kind, lexemes};
use crate::source::Span;

/// Lowers the items of a file or module.
pub(super) fn items(ctx: &mut FileContext<'_>, items: &[Item]) {
    for syntax in items {
        item(ctx, syntax);
    }
}

/// Lowers an item, unless it is test code that is not wanted.
pub(super) fn item(ctx: &mut FileContext<'_>, syntax: &Item) {
    within(ctx, attributes::of_item(syntax), |ctx| match syntax {
        Item::Fn(item) => {
            let start = first_token(ctx, &item.vis, item.modifiers.defaultness.as_ref(), &item.sig);
            let declared = Declared { attrs: &item.attrs, sig: &item.sig, block: Some(&item.block), start };
            function(ctx, &declared, FREE);
        }
        Item::Impl(item) => impl_block(ctx, item),
        Item::Trait(item) => trait_decl(ctx, item),
        Item::Mod(item) => module(ctx, item),
        Item::Use(item) => import(ctx, &item.tree, &mut Vec::new()),
        Item::Struct(item) => {
            let kind = TypeKind::Struct(fields(ctx, &item.fields));
            type_decl(ctx, &item.attrs, (&item.ident, &item.generics), kind);
        }
        Item::Union(item) => {
            let named = item.fields.named.iter().filter_map(|field| {
                Some((ctx.places.name(field.ident.as_ref()?), types::type_ref(&ctx.places, &field.ty)))
            });
            let kind = TypeKind::Struct(named.collect());
            type_decl(ctx, &item.attrs, (&item.ident, &item.generics), kind);
        }
        Item::Enum(item) => {
            let variants = item
                .variants
                .iter()
                .map(|variant| Variant { name: ctx.places.name(&variant.ident), fields: fields(ctx, &variant.fields) });
            let kind = TypeKind::Enum(variants.collect());
            type_decl(ctx, &item.attrs, (&item.ident, &item.generics), kind);
        }
        Item::Type(item) => {
            let kind = TypeKind::Alias(types::type_ref(&ctx.places, &item.ty));
            type_decl(ctx, &item.attrs, (&item.ident, &item.generics), kind);
        }
        Item::Static(item) => {
            static_item(ctx, &item.ident, &item.mutability, &item.ty);
        }
        Item::Const(item) => constant(ctx, &item.expr),
        Item::ForeignMod(item) => item.items.iter().for_each(|item| foreign(ctx, item)),
        Item::Macro(item) => item_macro(ctx, item),
        _ => {}
    });
}

/// Where an item stands, attributes left out.
pub(super) fn span(ctx: &FileContext<'_>, syntax: &Item) -> Span {
    let attributes = attributes::outer_range(&ctx.places, attributes::of_item(syntax));
    match syntax {
        Item::Fn(item) => Span {
            start: first_token(ctx, &item.vis, item.modifiers.defaultness.as_ref(), &item.sig),
            end: ctx.places.close(&item.block.brace_token.span),
        },
        syntax => {
            let whole = ctx.places.node(syntax);
            Span { start: attributes.map_or(whole.start, |(_, end)| ctx.places.next_token(end)), ..whole }
        }
    }
}

/// The name of an item where it has one.
pub(super) fn name(item: &Item) -> Option<&syn::Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::ExternCrate(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Mod(item) => Some(&item.ident),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::TraitAlias(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

/// Whether an item defines a macro whose scope is textual.
pub(super) fn is_macro_rules(item: &syn::ItemMacro) -> bool {
    item.ident.is_some() && item.mac.path.is_ident("macro_rules")
}

/// Runs `lower` where test code is what its attributes and those around it say, or not at all.
fn within<'a>(ctx: &mut FileContext<'a>, attributes: &[Attribute], lower: impl FnOnce(&mut FileContext<'a>)) {
    let around = ctx.in_test;
    ctx.in_test |= attributes::is_test_only(attributes);
    if ctx.tests || !ctx.in_test {
        lower(ctx);
    }
    ctx.in_test = around;
}

fn impl_block(ctx: &mut FileContext<'_>, syntax: &syn::ItemImpl) {
    let places = &ctx.places;
    let lowered = Impl {
        module: ctx.module,
        generics: types::generics(places, &syntax.generics),
        of_trait: syntax.trait_.as_ref().map(|(path, _)| types::path(places, None, path).0),
        self_ty: types::type_ref(places, &syntax.self_ty),
        target: syntax.items.iter().find_map(|item| match item {
            ImplItem::Type(item) if item.ident == "Target" => Some(types::type_ref(places, &item.ty)),
            _ => None,
        }),
    };
    let owner = Owner::Impl(ctx.ir.impls.len());
    ctx.ir.impls.push(lowered);
    let membership = Membership { owner, attributes: &attributes::paths(&ctx.places, &syntax.attrs) };
    for member in &syntax.items {
        within(ctx, attributes::of_impl_item(member), |ctx| {
            if let ImplItem::Fn(item) = member {
                let start = first_token(ctx, &item.vis, item.modifiers.defaultness.as_ref(), &item.sig);
                let declared = Declared { attrs: &item.attrs, sig: &item.sig, block: Some(&item.block), start };
                function(ctx, &declared, membership);
            }
        });
    }
}

fn trait_decl(ctx: &mut FileContext<'_>, syntax: &syn::ItemTrait) {
    let lowered = TraitDecl {
        name: ctx.places.name(&syntax.ident),
        module: ctx.module,
        supertraits: types::bounds(&ctx.places, &syntax.supertraits),
    };
    let owner = Owner::Trait(ctx.ir.traits.len());
    ctx.ir.traits.push(lowered);
    let membership = Membership { owner, attributes: &attributes::paths(&ctx.places, &syntax.attrs) };
    for member in &syntax.items {
        within(ctx, attributes::of_trait_item(member), |ctx| {
            if let TraitItem::Fn(item) = member {
                let start =
                    first_token(ctx, &syn::Visibility::Inherited, item.modifiers.defaultness.as_ref(), &item.sig);
                let declared = Declared { attrs: &item.attrs, sig: &item.sig, block: item.default.as_ref(), start };
                function(ctx, &declared, membership);
            }
        });
    }
}

fn foreign(ctx: &mut FileContext<'_>, syntax: &ForeignItem) {
    match syntax {
        ForeignItem::Fn(item) => {
            let start = first_token(ctx, &item.vis, None, &item.sig);
            let declared = Declared { attrs: &item.attrs, sig: &item.sig, block: None, start };
            function(ctx, &declared, FREE);
        }
        ForeignItem::Static(item) => {
            static_item(ctx, &item.ident, &item.mutability, &item.ty);
        }
        _ => {}
    }
}

fn module(ctx: &mut FileContext<'_>, syntax: &syn::ItemMod) {
    let Some((_, content)) = &syntax.content else {
        return;
    };
    let around = ctx.module;
    ctx.module_path.push(ctx.places.name(&syntax.ident));
    ctx.module = ctx.ir.modules.len();
    ctx.ir.modules.push(Module { path: ctx.module_path.clone(), imports: Vec::new() });
    items(ctx, content);
    ctx.module_path.pop();
    ctx.module = around;
}

/// Adds what a `use` tree brings in; `prefix` is the path to it.
fn import(ctx: &mut FileContext<'_>, tree: &UseTree, prefix: &mut Vec<Name>) {
    match tree {
        UseTree::Path(tree) => {
            prefix.push(ctx.places.name(&tree.ident));
            import(ctx, &tree.tree, prefix);
            prefix.pop();
        }
        UseTree::Group(tree) => tree.items.iter().for_each(|tree| import(ctx, tree, prefix)),
        UseTree::Name(tree) => {
            let name = ctx.places.name(&tree.ident);
            add_import(ctx, prefix, name, None);
        }
        UseTree::Rename(tree) => {
            let (name, alias) = (ctx.places.name(&tree.ident), ctx.places.name(&tree.rename));
            add_import(ctx, prefix, name, Some(alias));
        }
        UseTree::Glob(_) => {
            let import = Import { path: prefix.clone(), alias: Name::new_static("*") };
            ctx.ir.modules[ctx.module].imports.push(import);
        }
    }
}

/// `use a::b::{self}` brings in `b`.
fn add_import(ctx: &mut FileContext<'_>, prefix: &[Name], name: Name, alias: Option<Name>) {
    let mut path = prefix.to_vec();
    if name != "self" || path.is_empty() {
        path.push(name);
    }
    let alias = alias.or_else(|| path.last().cloned()).unwrap_or_default();
    ctx.ir.modules[ctx.module].imports.push(Import { path, alias });
}

fn type_decl(
    ctx: &mut FileContext<'_>,
    attrs: &[Attribute],
    (ident, generics): (&syn::Ident, &syn::Generics),
    kind: TypeKind,
) {
    let is_clone = attributes::derives(attrs, "Clone");
    let generics = types::generics(&ctx.places, generics);
    let name = ctx.places.name(ident);
    ctx.ir.types.push(TypeDecl { name, module: ctx.module, generics, is_clone, kind });
}

fn fields(ctx: &FileContext<'_>, fields: &Fields) -> Vec<(Name, TypeRef)> {
    let named = fields.iter().enumerate().map(|(index, field)| {
        let name =
            field.ident.as_ref().map_or_else(|| smol_str::format_smolstr!("{index}"), |ident| ctx.places.name(ident));
        (name, types::type_ref(&ctx.places, &field.ty))
    });
    named.collect()
}

/// `const _: () = { .. };` is a common place for impl blocks.
fn constant(ctx: &mut FileContext<'_>, value: &syn::Expr) {
    if let syn::Expr::Block(block) = value {
        for stmt in &block.block.stmts {
            if let syn::Stmt::Item(syntax) = stmt {
                item(ctx, syntax);
            }
        }
    }
}

fn item_macro(ctx: &mut FileContext<'_>, syntax: &syn::ItemMacro) {
    let text = ctx.places.text(ctx.places.group(syntax.mac.delimiter.span()));
    let last = syntax.mac.path.segments.last().map(|segment| &segment.ident);
    if let (true, Some(ident)) = (is_macro_rules(syntax), &syntax.ident) {
        let name = ctx.places.name(ident);
        ctx.ir.macros.push(macro_decl(name, text));
    } else if last.is_some_and(|last| last == "thread_local" || last == "lazy_static") {
        let module = ctx.module;
        ctx.ir.statics.extend(declared_statics(text, module));
    }
}

fn macro_decl(name: Name, rules: &str) -> MacroDecl {
    let mut words: Vec<&str> =
        lexemes(rules).filter(|token| token.kind == Kind::Word).map(|token| &rules[token.range()]).collect();
    words.sort_unstable();
    words.dedup();
    let has_try = lexemes(rules).any(|token| rules[token.range()] == *"?");
    MacroDecl { name, words: words.into_iter().map(Name::new).collect(), has_try }
}

fn static_item(ctx: &mut FileContext<'_>, name: &syn::Ident, mutability: &syn::StaticMutability, ty: &syn::Type) {
    let mutable = matches!(mutability, syn::StaticMutability::Mut(_));
    let (name, ty, module) = (ctx.places.name(name), Some(types::type_ref(&ctx.places, ty)), ctx.module);
    ctx.ir.statics.push(Static { name, mutable, ty, module });
}

/// `static NAME` and lazy_static's `static ref NAME`.
fn declared_statics(text: &str, module: usize) -> Vec<Static> {
    let mut statics = Vec::new();
    let mut words = lexemes(text).map(|token| &text[token.range()]);
    while words.any(|word| word == "static") {
        if let Some(name) = words.find(|word| *word != "ref") {
            statics.push(Static { name: Name::new(name), mutable: false, ty: None, module });
        }
    }
    statics
}
