//! A place in a file to the function around it, as far as somebody must know who wants to call it.
//!
//! In: a parsed file and a byte offset. Out: [`Signature`], as pieces of the file's own text.

use proc_macro2::Span as TokenSpan;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{FnArg, GenericParam, Generics, ImplItemFn, ItemFn, ItemImpl, ReturnType, Signature as SynSignature};

use super::Parsed;
use crate::source::{SourceFile, Span};

/// How a function is called.
#[derive(Debug)]
pub struct Signature {
    /// The whole function, attributes included.
    pub item: Span,
    /// Its name.
    pub name: String,
    /// Its generic parameters with their bounds, `<'a, T: Into<String>>`; empty when it has none.
    pub generics: String,
    /// The types and constants among them as arguments, `::<T>`; empty when there are none.
    pub arguments: String,
    /// `&self`, `self: Arc<Self>`.
    pub receiver: Option<String>,
    /// The types of its other parameters.
    pub parameters: Vec<String>,
    /// Its `where` clause, or nothing.
    pub bounds: String,
    /// The `impl` it stands in.
    pub owner: Option<Owner>,
    /// Whether a call gives a future, and asks for nothing that a caller could not give.
    pub is_plain_future: bool,
}

/// An `impl` block.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The whole block.
    pub item: Span,
    /// Its generic parameters, `<T: Clone>`.
    pub generics: String,
    /// The type.
    pub of: String,
    /// Its `where` clause, or nothing.
    pub bounds: String,
    /// The trait, when it implements one.
    pub implements: Option<String>,
}

/// The innermost function that holds a byte.
pub fn signature_at(file: &SourceFile, parsed: &Parsed, at: u32) -> Option<Signature> {
    let mut finder = Finder { file, offset: parsed.offset, at, owner: None, found: None };
    finder.visit_file(&parsed.tree);
    finder.found
}

struct Finder<'a> {
    file: &'a SourceFile,
    offset: usize,
    at: u32,
    owner: Option<Owner>,
    found: Option<Signature>,
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let span = self.span(item.span());
        if self.holds(span) {
            let owner = self.owner.take();
            self.found = self.signature(span, &item.sig);
            syn::visit::visit_item_fn(self, item);
            self.owner = owner;
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let span = self.span(item.span());
        if self.holds(span) {
            self.found = self.signature(span, &item.sig);
            let owner = self.owner.take();
            syn::visit::visit_impl_item_fn(self, item);
            self.owner = owner;
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let span = self.span(item.span());
        if self.holds(span) {
            // A trait's own body is called through types that are not known here.
            self.found = self.signature(span, &item.sig).map(|found| Signature { is_plain_future: false, ..found });
            syn::visit::visit_trait_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let span = self.span(item.span());
        if self.holds(span) {
            let outer = self.owner.replace(Owner {
                item: span,
                generics: self.generics(&item.generics),
                of: self.text(item.self_ty.span()),
                bounds: self.bounds(&item.generics),
                implements: item.trait_.as_ref().map(|(path, _)| self.text(path.span())),
            });
            syn::visit::visit_item_impl(self, item);
            self.owner = outer;
        }
    }
}

impl Finder<'_> {
    fn signature(&self, item: Span, signature: &SynSignature) -> Option<Signature> {
        let receiver = signature.inputs.iter().find_map(|input| match input {
            FnArg::Receiver(receiver) => Some(self.text(receiver.span())),
            FnArg::Typed(_) => None,
        });
        let typed = || {
            signature.inputs.iter().filter_map(|input| match input {
                FnArg::Typed(typed) => Some(typed),
                FnArg::Receiver(_) => None,
            })
        };
        let has_attributes = typed().any(|typed| !typed.attrs.is_empty());
        let is_common = signature.constness.is_none()
            && matches!(signature.safety, syn::Safety::Default)
            && signature.abi.is_none()
            && signature.variadic.is_none();
        Some(Signature {
            item,
            name: self.text(signature.ident.span()),
            generics: self.generics(&signature.generics),
            arguments: arguments(&signature.generics),
            receiver,
            parameters: typed().map(|typed| self.text(typed.ty.span())).collect(),
            bounds: self.bounds(&signature.generics),
            owner: self.owner.clone(),
            is_plain_future: (signature.asyncness.is_some() || self.gives_future(&signature.output))
                && is_common
                && !has_attributes,
        })
    }

    fn gives_future(&self, output: &ReturnType) -> bool {
        matches!(output, ReturnType::Type(_, of) if self.text(of.span()).starts_with("impl ") && self.text(of.span()).contains("Future<"))
    }

    fn generics(&self, generics: &Generics) -> String {
        match (&generics.lt_token, &generics.gt_token) {
            (Some(open), Some(close)) => self.file.slice(self.span(open.span()).to(self.span(close.span()))).to_owned(),
            _ => String::new(),
        }
    }

    fn bounds(&self, generics: &Generics) -> String {
        generics.where_clause.as_ref().map_or_else(String::new, |clause| self.text(clause.span()))
    }

    fn text(&self, span: TokenSpan) -> String {
        self.file.slice(self.span(span)).to_owned()
    }

    fn span(&self, span: TokenSpan) -> Span {
        let range = span.byte_range();
        Span::new(self.offset + range.start, self.offset + range.end)
    }

    fn holds(&self, span: Span) -> bool {
        span.start <= self.at && self.at < span.end
    }
}

/// `::<T, N>`. Lifetimes are left to be found out.
fn arguments(generics: &Generics) -> String {
    let names: Vec<String> = generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(param.ident.to_string()),
            GenericParam::Const(param) => Some(param.ident.to_string()),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    if names.is_empty() { String::new() } else { format!("::<{}>", names.join(", ")) }
}
