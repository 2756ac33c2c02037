//! The page about a person that started it all: five cached lookups, one after the other and joined.
//!
//! In: nothing. Out: the page, and what the cache was asked for it in each form. The two forms differ in what
//! `cargo conjoin --fix` changes.

#![expect(unreachable_pub, reason = "the modules are those of a library")]

#[path = "../../../fixtures/packages/cached_profile/src/page.joined.rs"]
mod joined;
#[path = "../../../fixtures/packages/cached_profile/src/people.rs"]
mod people;
#[path = "../../../fixtures/packages/cached_profile/src/page.rs"]
mod sequential;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use conjoin::{BatchFn, LoadError, Loader, Scope};

/// Stands for memcached.
struct Memory(Arc<HashMap<String, String>>);

impl BatchFn for Memory {
    type Key = String;
    type Value = Option<Vec<u8>>;
    type Error = Infallible;

    async fn load(&self, keys: &[String]) -> Vec<Result<Option<Vec<u8>>, Infallible>> {
        keys.iter().map(|key| Ok(self.0.get(key).map(|value| value.clone().into_bytes()))).collect()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let known = [
        ("ada:name", "Ada Lovelace"),
        ("ada:photo", "ada.png"),
        ("ada:biography:short", "Wrote the first program."),
        ("ada:biography:long", "Wrote the first program, for a machine that was never built."),
        ("bob:follows:ada", "yes"),
    ];
    let store = known.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
    let cache = Loader::builder(Memory(Arc::new(store))).name("cache").build();
    let people = people::People { cache };
    let pages = async {
        let sequential = Scope::new().report(sequential::render_profile(&people, "bob", "ada")).await;
        let joined = Scope::new().report(joined::render_profile(&people, "bob", "ada")).await;
        Ok::<_, LoadError<Infallible>>([(sequential.0?, sequential.1), (joined.0?, joined.1)])
    };
    let [(page, sequential), (same, joined)] = conjoin::block_on(pages)??;
    assert_eq!(page, same);
    println!("{page}\nawaited one after the other: {sequential}\n\njoined: {joined}");
    Ok(())
}
