//! The grammar of `select!`, as tokio and futures have it.
//!
//! In: its tokens. Out: the joins among its futures, those whose results are given a name.

use syn::parse::ParseStream;
use syn::{Expr, Pat, Stmt, Token};

use crate::ir::lower::macros::biased;

/// The joins that win a race with a name for their results.
pub(super) fn joins(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    biased(input)?;
    let mut joins = Vec::new();
    while !input.is_empty() {
        joins.extend(raced(input)?.filter(joins_futures));
        input.parse::<Token![=>]>()?;
        input.call(Expr::parse_with_earlier_boundary_rule)?;
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(joins)
}

/// What stands before `=>`: `pattern = future`, perhaps with a condition, or what is done when nothing can win.
fn raced(input: ParseStream<'_>) -> syn::Result<Option<Expr>> {
    if input.parse::<Option<Token![else]>>()?.is_some() {
        return Ok(None);
    }
    let pat = Pat::parse_multi_with_leading_vert(input)?;
    if input.peek(Token![=>]) {
        // `complete` and `default`.
        return Ok(None);
    }
    input.parse::<Token![=]>()?;
    let future = input.parse()?;
    if input.parse::<Option<Token![,]>>()?.is_some() {
        input.parse::<Token![if]>()?;
        input.parse::<Expr>()?;
    }
    Ok((!matches!(pat, Pat::Wild(_))).then_some(future))
}

/// Whether a future is a join by its name.
fn joins_futures(future: &Expr) -> bool {
    let is_join = |name: &syn::Ident| name.to_string().trim_start_matches("try_").starts_with("join");
    let ends_so = |path: &syn::Path| path.segments.last().is_some_and(|last| is_join(&last.ident));
    match future {
        // A join that waits by itself stands in a block of its own.
        Expr::Async(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(Expr::Await(waiting), None)] => joins_futures(&waiting.base),
            [Stmt::Expr(only, None)] => joins_futures(only),
            [Stmt::Macro(only)] => ends_so(&only.mac.path),
            _ => false,
        },
        Expr::Macro(call) => ends_so(&call.mac.path),
        Expr::Call(call) => matches!(&*call.func, Expr::Path(callee) if ends_so(&callee.path)),
        Expr::MethodCall(call) => matches!(&*call.receiver, Expr::Tuple(_)) && is_join(&call.method),
        _ => false,
    }
}
