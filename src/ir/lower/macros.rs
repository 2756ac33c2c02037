//! Macro calls.
//!
//! In: a call's path and tokens. Out: [`MacroCall`], with its arguments as expressions where the macro is known to
//! take expressions, and otherwise with every name it may use.

use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, Token};

use crate::ir::lower::body::{BodyContext, Lowered};
use crate::ir::lower::exprs::expr;
use crate::ir::lower::patterns::{Binding, bind};
use crate::ir::lower::{log_fields, mentions, race, types};
use crate::ir::{ExprId, ExprKind, LocalId, MacroCall, MacroKind, Name, Origin};
use crate::parse::nesting::{MacroTokens, too_deep};
use crate::source::Span;

/// How the arguments of a known macro are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// Tokens that are not evaluated.
    Inert,
    /// Expressions.
    List,
    /// Expressions, a format string among them, and named arguments.
    Format,
    /// Expressions, or `value; len`.
    Vec,
    /// An expression, a pattern and perhaps a guard; then as [`Grammar::Format`].
    Matches,
    /// Tokens among which expressions stand, in a grammar of the macro's own.
    Tokens,
    /// Expressions behind an optional `biased;`.
    Branches,
    /// Fields and a message, as tracing and log have them.
    Fields,
}

/// Lowers a macro call.
pub(super) fn call(ctx: &mut BodyContext<'_, '_>, syntax: &syn::Macro) -> Lowered {
    let (path, name_span) = types::path(&ctx.file.places, None, &syntax.path);
    let group = ctx.file.places.group(syntax.delimiter.span());
    let inside = Span { start: group.start + 1, end: group.end.saturating_sub(1) };
    let first = path.segments.first().map_or("", |segment| segment.name.as_str());
    let is_bare = path.segments.len() == 1;
    let known = known(path.last(), is_bare, first);
    if let Some((kind, Grammar::Tokens)) = known {
        let mentions = mentions::mentions(ctx, inside);
        let kind = if may_leave(ctx.file.places.text(inside), &mentions.words) { MacroKind::Opaque } else { kind };
        let words = if kind == MacroKind::Opaque { mentions.words } else { Vec::new() };
        let call = MacroCall { path, kind, args: Vec::new(), captures: mentions.captures, words };
        return ctx.add(ExprKind::Macro(call), Span { end: group.end, ..name_span });
    }
    let parsed = known.and_then(|(kind, grammar)| Some((kind, arguments(ctx, grammar, syntax, inside)?)));
    let call = match parsed {
        Some((kind, arguments)) => {
            MacroCall { path, kind, args: arguments.exprs, captures: arguments.captures, words: Vec::new() }
        }
        None => {
            let mentions = mentions::mentions(ctx, inside);
            let kind = MacroKind::Opaque;
            let args = if path.last() == "select" { raced_joins(ctx, syntax, inside) } else { Vec::new() };
            MacroCall { path, kind, args, captures: mentions.captures, words: mentions.words }
        }
    };
    ctx.add(ExprKind::Macro(call), Span { end: group.end, ..name_span })
}

/// Whether tokens may leave the body, wait, or call something.
fn may_leave(text: &str, words: &[Name]) -> bool {
    let leaves = |word: &Name| {
        matches!(word.as_str(), "await" | "return" | "break" | "continue" | "panic" | "unwrap" | "expect")
    };
    text.contains(['?', '(', '!']) || words.iter().any(leaves)
}

/// What is known of a macro by the last segment of its path.
fn known(name: &str, is_bare: bool, first: &str) -> Option<(MacroKind, Grammar)> {
    let known = match name {
        "format" | "format_args" | "anyhow" | "eyre" | "miette" => (MacroKind::Value, Grammar::Format),
        "vec" | "smallvec" | "smallvec_inline" => (MacroKind::Value, Grammar::Vec),
        "concat" | "izip" | "iproduct" => (MacroKind::Value, Grammar::List),
        // sqlx: they build a query from its text and what is bound to it.
        "query"
        | "query_as"
        | "query_scalar"
        | "query_unchecked"
        | "query_as_unchecked"
        | "query_scalar_unchecked"
        | "query_file"
        | "query_file_as"
        | "query_file_scalar"
            if is_bare || first == "sqlx" =>
        {
            (MacroKind::Value, Grammar::List)
        }
        "json" | "doc" | "bson" | "hashmap" | "btreemap" | "hashset" | "btreeset" | "indexmap" | "params"
        | "named_params" | "counter" | "gauge" | "histogram" | "describe_counter" | "describe_gauge"
        | "describe_histogram" => (MacroKind::Value, Grammar::Tokens),
        "matches" => (MacroKind::Value, Grammar::Matches),
        "stringify" | "lazy_static" | "env" | "option_env" | "include_str" | "include_bytes" | "line" | "file"
        | "column" | "module_path" | "cfg" => (MacroKind::Value, Grammar::Inert),
        "println" | "print" | "eprintln" | "eprint" | "write" | "writeln" => (MacroKind::Print, Grammar::Format),
        "dbg" => (MacroKind::Print, Grammar::List),
        "assert" | "assert_eq" | "assert_ne" | "debug_assert" | "debug_assert_eq" | "debug_assert_ne" => {
            (MacroKind::Assert, Grammar::Format)
        }
        "assert_matches" | "debug_assert_matches" => (MacroKind::Assert, Grammar::Matches),
        "panic" | "todo" | "unimplemented" | "unreachable" | "bail" | "ensure" | "return_err" => {
            (MacroKind::Exit, Grammar::Format)
        }
        "ready" => (MacroKind::Exit, Grammar::List),
        "join" => (MacroKind::Join { fallible: false }, Grammar::Branches),
        "try_join" => (MacroKind::Join { fallible: true }, Grammar::Branches),
        name if is_log(name) && (is_bare || matches!(first, "tracing" | "log" | "slog")) => {
            (MacroKind::Log, Grammar::Fields)
        }
        _ => return None,
    };
    Some(known)
}

fn is_log(name: &str) -> bool {
    matches!(name, "event" | "span" | "log")
        || matches!(name.strip_suffix("_span").unwrap_or(name), "trace" | "debug" | "info" | "warn" | "error")
}

/// What a known macro evaluates.
#[derive(Default)]
struct Arguments {
    exprs: Vec<ExprId>,
    captures: Vec<LocalId>,
}

/// Lowers the arguments; `None` when they are not written as the grammar has it.
fn arguments(ctx: &mut BodyContext<'_, '_>, grammar: Grammar, syntax: &syn::Macro, inside: Span) -> Option<Arguments> {
    if grammar == Grammar::Inert {
        return Some(Arguments::default());
    }
    if_shallow(ctx, inside, |ctx| parsed_arguments(ctx, grammar, syntax))
}

/// What is made of a macro's tokens, unless they nest too deep to be parsed.
fn if_shallow<T>(
    ctx: &mut BodyContext<'_, '_>,
    inside: Span,
    lower: impl FnOnce(&mut BodyContext<'_, '_>) -> Option<T>,
) -> Option<T> {
    let is_outermost = !ctx.file.in_macro;
    if is_outermost && too_deep(ctx.file.places.text(inside), MacroTokens::Parsed).is_some() {
        return None;
    }
    ctx.file.in_macro = true;
    let lowered = lower(ctx);
    ctx.file.in_macro = !is_outermost;
    lowered
}

fn parsed_arguments(ctx: &mut BodyContext<'_, '_>, grammar: Grammar, syntax: &syn::Macro) -> Option<Arguments> {
    match grammar {
        Grammar::Inert | Grammar::Tokens => Some(Arguments::default()),
        Grammar::List => parse(syntax, list).map(|syntax| plain(ctx, &syntax)),
        Grammar::Branches => parse(syntax, branches).map(|syntax| plain(ctx, &syntax)),
        Grammar::Format => parse(syntax, list).map(|syntax| format(ctx, &syntax)),
        Grammar::Fields => parse(syntax, log_fields::fields).map(|syntax| format(ctx, &syntax)),
        Grammar::Matches => parse(syntax, matched).map(|syntax| matches(ctx, &syntax)),
        Grammar::Vec => parse(syntax, list).map(|syntax| plain(ctx, &syntax)).or_else(|| {
            let (value, len) = parse(syntax, repeated)?;
            Some(repeat(ctx, &value, &len, syntax))
        }),
    }
}

fn parse<T>(syntax: &syn::Macro, grammar: fn(ParseStream<'_>) -> syn::Result<T>) -> Option<T> {
    grammar.parse2(syntax.tokens.clone()).ok()
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    Ok(Punctuated::<Expr, Token![,]>::parse_terminated(input)?.into_iter().collect())
}

fn branches(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    biased(input)?;
    list(input)
}

/// `biased;` is an option of join and of select, not a branch.
pub(super) fn biased(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(syn::Ident) && input.peek2(Token![;]) {
        input.parse::<syn::Ident>()?;
        input.parse::<Token![;]>()?;
    }
    Ok(())
}

fn repeated(input: ParseStream<'_>) -> syn::Result<(Expr, Expr)> {
    let value = input.parse()?;
    input.parse::<Token![;]>()?;
    Ok((value, input.parse()?))
}

/// The arguments of `matches!` and `assert_matches!`.
struct Matched {
    value: Expr,
    pat: syn::Pat,
    guard: Option<Expr>,
    message: Vec<Expr>,
}

fn matched(input: ParseStream<'_>) -> syn::Result<Matched> {
    let value = input.parse()?;
    input.parse::<Token![,]>()?;
    let pat = syn::Pat::parse_multi_with_leading_vert(input)?;
    let guard = match input.parse::<Option<Token![if]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(Matched { value, pat, guard, message: list(input)? })
}

/// The joins of `select!`, which it may drop.
fn raced_joins(ctx: &mut BodyContext<'_, '_>, syntax: &syn::Macro, inside: Span) -> Vec<ExprId> {
    let joins = if_shallow(ctx, inside, |ctx| {
        let joins = parse(syntax, race::joins)?;
        Some(joins.iter().map(|join| expr(ctx, join).id).collect())
    });
    joins.unwrap_or_default()
}

fn plain(ctx: &mut BodyContext<'_, '_>, syntax: &[Expr]) -> Arguments {
    let exprs = syntax.iter().map(|syntax| expr(ctx, syntax).id).collect();
    Arguments { exprs, captures: Vec::new() }
}

/// Expressions of which the literal strings are formats, and the assignments named arguments.
fn format(ctx: &mut BodyContext<'_, '_>, syntax: &[Expr]) -> Arguments {
    let mut arguments = Arguments::default();
    let mut named = Vec::new();
    for syntax in syntax {
        match syntax {
            Expr::Lit(ExprLit { lit: Lit::Str(format), .. }) => {
                let literal = ctx.file.places.text(ctx.file.places.token(format.span()));
                mentions::capture(ctx, literal, &mut arguments.captures);
            }
            Expr::Assign(argument) => {
                if let Expr::Path(name) = &*argument.left
                    && let Some(ident) = name.path.get_ident()
                {
                    named.extend(ctx.scope.find(ctx.file.places.word(ident).0));
                }
                arguments.exprs.push(expr(ctx, &argument.right).id);
            }
            syntax => arguments.exprs.push(expr(ctx, syntax).id),
        }
    }
    arguments.captures.retain(|local| !named.contains(local));
    arguments
}

fn matches(ctx: &mut BodyContext<'_, '_>, syntax: &Matched) -> Arguments {
    let value = expr(ctx, &syntax.value).id;
    let mark = ctx.scope.open();
    bind(ctx, &syntax.pat, Binding::of(Origin::Pattern));
    let guard = syntax.guard.as_ref().map(|guard| expr(ctx, guard).id);
    ctx.scope.close(mark);
    let message = format(ctx, &syntax.message);
    let exprs = std::iter::once(value).chain(guard).chain(message.exprs).collect();
    Arguments { exprs, captures: message.captures }
}

fn repeat(ctx: &mut BodyContext<'_, '_>, value: &Expr, len: &Expr, syntax: &syn::Macro) -> Arguments {
    let value = expr(ctx, value).id;
    let len = expr(ctx, len).id;
    let span = ctx.file.places.group(syntax.delimiter.span());
    let repeat = ctx.add(ExprKind::Repeat { value, len }, span);
    Arguments { exprs: vec![repeat.id], captures: Vec::new() }
}
