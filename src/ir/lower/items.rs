//! Items: what a file declares.
//!
//! In: items of the tree. Out: the lists of [`FileIr`](crate::ir::FileIr).

use syn::{Attribute, Fields, FnArg, ForeignItem, ImplItem, Item, Pat, ReceiverKind, Signature, TraitItem, UseTree};

use crate::ir::lower::{FileContext, attributes, body, types};
use crate::ir::{
    Function, Impl, Import, MacroDecl, Module, Name, Owner, Param, Receiver, Static, TraitDecl, TypeDecl, TypeKind,
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
            type_decl(ctx, &item.ident, &item.generics, kind);
        }
        Item::Union(item) => {
            let named = item.fields.named.iter().filter_map(|field| {
                Some((ctx.places.name(field.ident.as_ref()?), types::type_ref(&ctx.places, &field.ty)))
            });
            let kind = TypeKind::Struct(named.collect());
            type_decl(ctx, &item.ident, &item.generics, kind);
        }
        Item::Enum(item) => {
            let variants = item.variants.iter().map(|variant| ctx.places.name(&variant.ident)).collect();
            type_decl(ctx, &item.ident, &item.generics, TypeKind::Enum(variants));
        }
        Item::Type(item) => {
            let kind = TypeKind::Alias(types::type_ref(&ctx.places, &item.ty));
            type_decl(ctx, &item.ident, &item.generics, kind);
        }
        Item::Static(item) => {
            let mutable = matches!(item.mutability, syn::StaticMutability::Mut(_));
            ctx.ir.statics.push(Static { name: ctx.places.name(&item.ident), mutable });
        }
        Item::Const(item) => constant(ctx, &item.expr),
        Item::ForeignMod(item) => item.items.iter().for_each(|item| foreign(ctx, item)),
        Item::Macro(item) => item_macro(ctx, item),
        _ => {}
    });
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

/// A function as it is written, wherever it stands.
struct Declared<'s> {
    attrs: &'s [Attribute],
    sig: &'s Signature,
    block: Option<&'s syn::Block>,
    /// Offset of its first token behind the attributes.
    start: u32,
}

/// What a function is a member of, and the attributes that stand there.
#[derive(Clone, Copy)]
struct Membership<'s> {
    owner: Owner,
    attributes: &'s [Name],
}

const FREE: Membership<'static> = Membership { owner: Owner::Module, attributes: &[] };

fn function(ctx: &mut FileContext<'_>, declared: &Declared<'_>, membership: Membership<'_>) {
    let around = ctx.in_test;
    ctx.in_test |= attributes::is_test_function(declared.attrs);
    if ctx.tests || !ctx.in_test {
        let index = ctx.ir.functions.len();
        let function = declaration(ctx, declared, membership);
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
        in_test: ctx.in_test,
        body: None,
    }
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

fn first_token(
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

fn impl_block(ctx: &mut FileContext<'_>, syntax: &syn::ItemImpl) {
    let places = &ctx.places;
    let lowered = Impl {
        module: ctx.module,
        generics: types::generics(places, &syntax.generics),
        of_trait: syntax.trait_.as_ref().map(|(path, _)| types::path(places, None, path).0),
        self_ty: types::type_ref(places, &syntax.self_ty),
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
            let mutable = matches!(item.mutability, syn::StaticMutability::Mut(_));
            ctx.ir.statics.push(Static { name: ctx.places.name(&item.ident), mutable });
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

fn type_decl(ctx: &mut FileContext<'_>, ident: &syn::Ident, generics: &syn::Generics, kind: TypeKind) {
    let generics = types::generics(&ctx.places, generics);
    let name = ctx.places.name(ident);
    ctx.ir.types.push(TypeDecl { name, module: ctx.module, generics, kind });
}

fn fields(ctx: &FileContext<'_>, fields: &Fields) -> Vec<(Name, crate::ir::TypeRef)> {
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
        ctx.ir.statics.extend(declared_statics(text));
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

/// `static NAME` and lazy_static's `static ref NAME`.
fn declared_statics(text: &str) -> Vec<Static> {
    let mut statics = Vec::new();
    let mut words = lexemes(text).map(|token| &text[token.range()]);
    while words.any(|word| word == "static") {
        if let Some(name) = words.find(|word| *word != "ref") {
            statics.push(Static { name: Name::new(name), mutable: false });
        }
    }
    statics
}
