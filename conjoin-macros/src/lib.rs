//! The procedural macros of `conjoin`, which re-exports and documents them; use them through it.
//!
//! In: the tokens of a macro call. Out: Rust, or a compiler error at the token that is wrong.

mod join;
mod loader;

use proc_macro::TokenStream;

/// What `conjoin::join!` calls, with its own crate's name in front.
#[doc(hidden)]
#[proc_macro]
pub fn join(tokens: TokenStream) -> TokenStream {
    join::expand(tokens.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Declares a loader from one async function.
///
/// The last parameter of the function is the keys, those before it are what the loader holds, by reference. The
/// function itself becomes the constructor, which takes those by value; a type of its name in camel case becomes the
/// [`BatchFn`](trait.BatchFn.html). Options are those of the builder: `max_batch`, `max_in_flight`, `name`.
///
/// ```
/// # mod conjoin { pub use ::conjoin::*; }
/// # type Store = std::collections::HashMap<u32, String>;
/// /// The names of people.
/// #[conjoin::loader(max_batch = 100)]
/// async fn person_name(store: &Store, ids: &[u32]) -> Vec<Result<String, String>> {
///     ids.iter().map(|id| store.get(id).cloned().ok_or_else(|| format!("nobody is {id}"))).collect()
/// }
///
/// # let store = Store::from([(1, "Ada".to_owned())]);
/// let names: conjoin::Loader<PersonName> = person_name(store);
/// assert_eq!(conjoin::block_on(names.get(1)), Ok(Ok("Ada".to_owned())));
/// ```
#[proc_macro_attribute]
pub fn loader(options: TokenStream, function: TokenStream) -> TokenStream {
    loader::expand(options.into(), function.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
