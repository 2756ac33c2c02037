//! The arguments of tracing's and log's macros.
//!
//! In: `target: "x", parent: &span, user.id, count = 1, error = ?err, %path, "message {name}", args`.
//! Out: the expressions in it, in order, format strings among them.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::{Expr, Ident, LitStr, Token};

/// Parses the arguments.
pub(super) fn fields(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut fields = Vec::new();
    while !input.is_empty() {
        skip_key(input);
        skip_sigil(input)?;
        fields.push(input.parse()?);
        if !input.is_empty() && input.parse::<Option<Token![;]>>()?.is_none() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(fields)
}

/// Goes behind `key =`, `a.b.key =`, `"key" =`, log's `key:? =`, and options such as `target:`.
fn skip_key(input: ParseStream<'_>) {
    let ahead = input.fork();
    if key(&ahead).is_ok() {
        input.advance_to(&ahead);
    }
}

fn key(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(LitStr) {
        input.parse::<LitStr>()?;
    } else {
        input.call(Ident::parse_any)?;
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            input.call(Ident::parse_any)?;
        }
    }
    if !input.peek(Token![:]) {
        return assigned(input);
    }
    if input.peek(Token![::]) {
        return Err(input.error("a path"));
    }
    input.parse::<Token![:]>()?;
    let ahead = input.fork();
    if capture_mode(&ahead).is_ok() {
        input.advance_to(&ahead);
    }
    Ok(())
}

/// log's way to say how a value is written: `:? =`, `:% =`, `:err =`.
fn capture_mode(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Ident) {
        input.parse::<Ident>()?;
    } else {
        skip_sigil(input)?;
        skip_sigil(input)?;
    }
    assigned(input)
}

fn assigned(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![==]) || input.peek(Token![=>]) {
        return Err(input.error("a comparison or an arm"));
    }
    input.parse::<Token![=]>()?;
    Ok(())
}

/// `?` and `%` say how a value is written.
fn skip_sigil(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
    } else if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
    }
    Ok(())
}
