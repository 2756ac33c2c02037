//! The whole way: a page as it is written, as the linter joins it, and what memcached is asked for each.

#[path = "../../../../fixtures/packages/cached_profile/src/page.joined.rs"]
mod joined;
#[path = "../../../../fixtures/packages/cached_profile/src/people.rs"]
mod people;
#[path = "../../../../fixtures/packages/cached_profile/src/page.rs"]
mod sequential;

use conjoin::adapters::memcached::Memcached;
use conjoin::{Loader, scope};
use conjoin_servers::memcached;

use crate::runtime;

#[test]
fn the_joined_page_asks_memcached_once_instead_of_five_times() {
    let Some(server) = memcached::start(true) else { return };
    let known =
        [("name", "Ada"), ("photo", "ada.png"), ("biography:short", "Wrote."), ("biography:long", "Wrote more.")];
    server.fill(known.into_iter().map(|(what, value)| (format!("ada:{what}"), value.to_owned())));
    let people = people::People { cache: Loader::new(Memcached::new(server.address())) };
    let runtime = runtime();
    server.gets();
    let sequential = runtime.block_on(scope(sequential::render_profile(&people, "bob", "ada"))).unwrap();
    assert_eq!(server.gets(), 5);
    let joined = runtime.block_on(scope(joined::render_profile(&people, "bob", "ada"))).unwrap();
    assert_eq!(server.gets(), 1);
    assert_eq!(
        (sequential.as_str(), joined.as_str()),
        ("Ada <ada.png> [follow]\nWrote.\nWrote more.\n", sequential.as_str())
    );
}
