//! A loader from one async function.
//!
//! In: the options, and the function. Out: a type with its `BatchFn`, and a constructor of the function's name.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Error, Expr, FnArg, GenericArgument, ItemFn, MetaNameValue, Pat, PathArguments, Result, ReturnType,
    Token, Type,
};

const OPTIONS: [&str; 3] = ["max_batch", "max_in_flight", "name"];

pub(crate) fn expand(options: TokenStream, function: TokenStream) -> Result<TokenStream> {
    let options = Punctuated::<MetaNameValue, Token![,]>::parse_terminated.parse2(options)?;
    let function: ItemFn = syn::parse2(function)?;
    check(&function)?;
    let mut parameters = function.sig.inputs.iter().map(parameter).collect::<Result<Vec<_>>>()?;
    let Some((keys, keys_type)) = parameters.pop() else {
        return Err(Error::new(
            function.sig.paren_token.span.join(),
            "the last parameter must be the keys: `keys: &[Key]`",
        ));
    };
    let Type::Slice(slice) = keys_type else {
        return Err(Error::new(keys_type.span(), "the last parameter must be the keys, a slice: `keys: &[Key]`"));
    };
    let (value, error) = answer(&function.sig.output)?;
    let settings = options.iter().map(setting).collect::<Result<Vec<_>>>()?;

    let (name, visibility, body) = (&function.sig.ident, &function.vis, &function.block);
    let (output, key) = (&function.sig.output, &slice.elem);
    let type_name = Ident::new(&camel_case(&name.to_string()), name.span());
    let (fields, types): (Vec<&Ident>, Vec<&Type>) = parameters.into_iter().unzip();
    let (docs, rest): (Vec<&Attribute>, Vec<&Attribute>) =
        function.attrs.iter().partition(|attribute| attribute.path().is_ident("doc"));
    let text = name.to_string();
    Ok(quote! {
        #(#docs)*
        #visibility struct #type_name {
            #(#fields: #types,)*
        }

        impl ::conjoin::BatchFn for #type_name {
            type Key = #key;
            type Value = #value;
            type Error = #error;

            #(#rest)*
            async fn load(&self, #keys: &[#key]) #output {
                let Self { #(#fields,)* } = self;
                #body
            }
        }

        #(#docs)*
        #visibility fn #name(#(#fields: #types,)*) -> ::conjoin::Loader<#type_name> {
            ::conjoin::Loader::builder(#type_name { #(#fields,)* }).name(#text)#(#settings)*.build()
        }
    })
}

fn check(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        return Err(Error::new(signature.fn_token.span, "a loader is made from an `async fn`"));
    }
    if !signature.generics.params.is_empty() {
        let message = "a loader from a function has no generics: implement `BatchFn` for a generic type instead";
        return Err(Error::new(signature.generics.span(), message));
    }
    Ok(())
}

/// The name of a parameter, and what it refers to.
fn parameter(parameter: &FnArg) -> Result<(&Ident, &Type)> {
    let FnArg::Typed(typed) = parameter else {
        return Err(Error::new(parameter.span(), "a loader is made from a free function, without `self`"));
    };
    let Pat::Ident(name) = &*typed.pat else {
        return Err(Error::new(typed.pat.span(), "name this parameter: the loader has a field of its name"));
    };
    match &*typed.ty {
        Type::Reference(reference) if reference.mutability.is_none() => Ok((&name.ident, &*reference.elem)),
        other => {
            Err(Error::new(other.span(), "take this by shared reference: the loader holds it, many batches share it"))
        }
    }
}

/// `V` and `E` of `Vec<Result<V, E>>`.
fn answer(output: &ReturnType) -> Result<(&Type, &Type)> {
    let wrong =
        || Error::new(output.span(), "one answer per key: the function must return `Vec<Result<Value, Error>>`");
    let ReturnType::Type(_, list) = output else { return Err(wrong()) };
    let one = arguments(list, "Vec").ok_or_else(wrong)?;
    let [result] = one.as_slice() else { return Err(wrong()) };
    let two = arguments(result, "Result").ok_or_else(wrong)?;
    let [value, error] = two.as_slice() else { return Err(wrong()) };
    Ok((value, error))
}

/// The type arguments of a path that ends in this name.
fn arguments<'a>(path: &'a Type, name: &str) -> Option<Vec<&'a Type>> {
    let Type::Path(path) = path else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let types = arguments.args.iter().map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    });
    types.collect()
}

fn setting(option: &MetaNameValue) -> Result<TokenStream> {
    let known = option.path.get_ident().filter(|name| OPTIONS.iter().any(|known| name == known));
    let Some(name) = known else {
        return Err(Error::new(option.path.span(), format!("no such option; there are {}", OPTIONS.join(", "))));
    };
    let value: &Expr = &option.value;
    Ok(quote!(.#name(#value)))
}

fn camel_case(name: &str) -> String {
    let words = name.trim_start_matches("r#").split('_').filter(|word| !word.is_empty());
    words.flat_map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1))).collect()
}
