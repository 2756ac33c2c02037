//! Attributes: their paths, and whether they make something test code.
//!
//! In: attributes. Out: names and verdicts.

use proc_macro2::{TokenStream, TokenTree};
use syn::{AttrStyle, Attribute, Expr, ImplItem, Item, Meta, TraitItem};

use crate::ir::Name;
use crate::ir::lower::places::Places;

/// The paths of attributes as written, documentation left out.
pub(super) fn paths(places: &Places<'_>, attributes: &[Attribute]) -> Vec<Name> {
    let code = attributes.iter().filter(|attribute| !attribute.path().is_ident("doc"));
    code.map(|attribute| path_text(places, attribute.path())).collect()
}

/// Whether they mark a test function, `#[test]`, `#[tokio::test]`, `#[rstest]`.
pub(super) fn is_test_function(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|last| {
            let name = last.ident.to_string();
            name.starts_with("test") || name.ends_with("test")
        })
    })
}

/// Whether they leave something out of builds without tests: `#[cfg(test)]`, `#[cfg(all(test, unix))]`.
pub(super) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => names_test(list.tokens.clone()),
        _ => false,
    })
}

/// Whether they make something conditional, `#[cfg(..)]`, `#[cfg_attr(..)]`; but not by what never holds,
/// `#[cfg_attr(any(), ..)]`.
pub(super) fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => !begins_with_never(list.tokens.clone()),
        meta => meta.path().is_ident("cfg"),
    })
}

/// Whether they derive a trait, `#[derive(Debug, Clone)]`.
pub(super) fn derives(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("derive") => {
            list.tokens.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(word) if word == name))
        }
        _ => false,
    })
}

/// `any()`.
fn begins_with_never(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter();
    let is_any = matches!(tokens.next(), Some(TokenTree::Ident(word)) if word == "any");
    is_any && matches!(tokens.next(), Some(TokenTree::Group(group)) if group.stream().is_empty())
}

/// Where the first outer attribute begins, and where the last one ends.
pub(super) fn outer_range(places: &Places<'_>, attributes: &[Attribute]) -> Option<(u32, u32)> {
    let mut outer = attributes.iter().filter(|attribute| matches!(attribute.style, AttrStyle::Outer));
    let first = outer.next()?;
    let last = outer.next_back().unwrap_or(first);
    Some((places.start(first.pound_token.span), places.close(&last.bracket_token.span)))
}

/// `test` anywhere but inside `not(..)`.
fn names_test(tokens: TokenStream) -> bool {
    let mut is_negated = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "test" => return true,
            TokenTree::Ident(ident) => is_negated = ident == "not",
            TokenTree::Group(group) if !is_negated && names_test(group.stream()) => return true,
            _ => is_negated = false,
        }
    }
    false
}

fn path_text(places: &Places<'_>, path: &syn::Path) -> Name {
    let mut text = String::new();
    for segment in &path.segments {
        if !text.is_empty() {
            text.push_str("::");
        }
        text.push_str(places.word(&segment.ident).0);
    }
    Name::from(text)
}

/// The attributes of an item.
pub(super) fn of_item(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of a member of a trait.
pub(super) fn of_trait_item(item: &TraitItem) -> &[Attribute] {
    match item {
        TraitItem::Const(item) => &item.attrs,
        TraitItem::Fn(item) => &item.attrs,
        TraitItem::Type(item) => &item.attrs,
        TraitItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of a member of an impl block.
pub(super) fn of_impl_item(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of a statement that is an expression: the parser hangs them on its leftmost operand.
pub(super) fn of_statement(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Assign(expr) => of_statement(&expr.left),
        Expr::Binary(expr) => of_statement(&expr.left),
        Expr::Cast(expr) => of_statement(&expr.expr),
        expr => of_expr(expr),
    }
}

fn of_expr(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Array(expr) => &expr.attrs,
        Expr::Async(expr) => &expr.attrs,
        Expr::Await(expr) => &expr.attrs,
        Expr::Block(expr) => &expr.attrs,
        Expr::Break(expr) => &expr.attrs,
        Expr::Call(expr) => &expr.attrs,
        Expr::Closure(expr) => &expr.attrs,
        Expr::Const(expr) => &expr.attrs,
        Expr::Continue(expr) => &expr.attrs,
        Expr::Field(expr) => &expr.attrs,
        Expr::ForLoop(expr) => &expr.attrs,
        Expr::Group(expr) => &expr.attrs,
        Expr::If(expr) => &expr.attrs,
        Expr::Index(expr) => &expr.attrs,
        Expr::Lit(expr) => &expr.attrs,
        Expr::Loop(expr) => &expr.attrs,
        Expr::Macro(expr) => &expr.attrs,
        Expr::Match(expr) => &expr.attrs,
        Expr::MethodCall(expr) => &expr.attrs,
        Expr::Paren(expr) => &expr.attrs,
        Expr::Path(expr) => &expr.attrs,
        Expr::Range(expr) => &expr.attrs,
        Expr::RawAddr(expr) => &expr.attrs,
        Expr::Reference(expr) => &expr.attrs,
        Expr::Repeat(expr) => &expr.attrs,
        Expr::Return(expr) => &expr.attrs,
        Expr::Struct(expr) => &expr.attrs,
        Expr::Try(expr) => &expr.attrs,
        Expr::TryBlock(expr) => &expr.attrs,
        Expr::Tuple(expr) => &expr.attrs,
        Expr::Unary(expr) => &expr.attrs,
        Expr::Unsafe(expr) => &expr.attrs,
        Expr::While(expr) => &expr.attrs,
        Expr::Yield(expr) => &expr.attrs,
        _ => &[],
    }
}
