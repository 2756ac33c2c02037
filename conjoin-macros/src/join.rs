//! The exact join.
//!
//! In: `$crate; a?, b?, c`. Out: an expression that polls the branches side by side, in written order, and then applies
//! each `?` in the enclosing body, in written order.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Error, Expr, Result, Token};

/// How many branches there may be.
const ARITY: std::ops::RangeInclusive<usize> = 2..=16;

/// One branch: a future, and the `?` behind it.
struct Branch {
    future: Expr,
    marks: Vec<Token![?]>,
}

impl Parse for Branch {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut future = input.parse()?;
        let mut marks = Vec::new();
        while let Expr::Try(marked) = future {
            marks.push(marked.question_token);
            future = *marked.expr;
        }
        if let Expr::Await(awaited) = &future {
            let message = "a branch is a future: leave `.await` out, `join!` awaits it";
            return Err(Error::new(awaited.await_token.span, message));
        }
        Ok(Branch { future, marks })
    }
}

pub(crate) fn expand(tokens: TokenStream) -> Result<TokenStream> {
    let (krate, branches) = parse.parse2(tokens)?;
    check_arity(&branches)?;
    let names = |prefix| (0..branches.len()).map(move |at| name(&format!("{prefix}{at}")));
    let futures: Vec<Ident> = names("future").collect();
    let outputs: Vec<Ident> = names("output").collect();
    let starts = branches.iter().map(|branch| {
        let future = &branch.future;
        quote_spanned!(shown_at(future.span())=> #krate::__private::into_future(#future))
    });
    let steps = branches.iter().enumerate().map(|(at, branch)| step(&krate, branch, at, &futures, &outputs));
    let values = branches.iter().zip(&outputs).map(|(branch, output)| {
        // Where a `?` cannot leave, the compiler says so at the user's own.
        let shown = branch.marks.first().map_or_else(Span::mixed_site, syn::spanned::Spanned::span);
        let marks = branch.marks.iter().rev();
        quote_spanned!(shown=> { let taken = #krate::__private::take(#output); taken #(#marks)* })
    });
    let (are_done, context) = (name("are_done"), name("context"));
    // Temporaries of the arguments live as long as the `match`.
    Ok(quote! {
        match (#(#starts,)*) {
            (#(#futures,)*) => {
                #(let mut #futures = ::core::pin::pin!(::core::option::Option::Some(#futures));)*
                #(let mut #outputs = ::core::option::Option::None;)*
                ::core::future::poll_fn(|#context| {
                    let mut #are_done = true;
                    #(#steps)*
                    #krate::__private::ready(#are_done)
                })
                .await;
                (#(#values,)*)
            }
        }
    })
}

fn parse(input: ParseStream<'_>) -> Result<(TokenTree, Punctuated<Branch, Token![,]>)> {
    let krate = input.parse()?;
    input.parse::<Token![;]>()?;
    Ok((krate, Punctuated::parse_terminated(input)?))
}

fn check_arity(branches: &Punctuated<Branch, Token![,]>) -> Result<()> {
    let (least, most) = (ARITY.start(), ARITY.end());
    let count = branches.len();
    if count > *most {
        let over = branches.iter().nth(*most).map_or_else(Span::call_site, |branch| branch.future.span());
        let message =
            format!("`join!` takes {least} to {most} branches, this is one more: put some into a `join!` of their own");
        return Err(Error::new(over, message));
    }
    match branches.first() {
        None => Err(Error::new(Span::call_site(), format!("`join!` takes {least} to {most} branches, and has none"))),
        Some(only) if count == 1 => {
            let message = format!("`join!` takes {least} to {most} branches: `.await` a single one instead");
            Err(Error::new(only.future.span(), message))
        }
        Some(_) => Ok(()),
    }
}

/// Polls one branch. Where it has failed, what comes after it in the text is dropped, and it alone decides, as soon as
/// all before it are done.
fn step(krate: &TokenTree, branch: &Branch, at: usize, futures: &[Ident], outputs: &[Ident]) -> TokenStream {
    let (are_done, context) = (name("are_done"), name("context"));
    let (future, output, later) = (&futures[at], &outputs[at], &futures[at + 1..]);
    let poll = quote!(#are_done &= #krate::__private::poll(#future.as_mut(), &mut #output, #context););
    let Some(mark) = branch.marks.first() else { return poll };
    let depth = branch.marks.len();
    let has_failed = (1..depth).fold(
        quote_spanned!(mark.span()=> value),
        |inner, _| quote!(::core::option::Option::and_then(#inner, #krate::__private::value)),
    );
    let has_failed = quote_spanned! {mark.span()=>
        #output.as_ref().is_some_and(|output| {
            let value = #krate::__private::value(output);
            #has_failed.is_none()
        })
    };
    quote! {
        #poll
        if #has_failed {
            #(#later.set(::core::option::Option::None);)*
            return #krate::__private::ready(#are_done);
        }
    }
}

/// What is written by the macro, and shown where the user wrote what it is about.
fn shown_at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// A name that the user's code cannot see.
fn name(text: &str) -> Ident {
    Ident::new(text, Span::mixed_site())
}
