//! memcached: one `get` for many keys, and what becomes of connections.

use conjoin::adapters::memcached::{Memcached, MemcachedError};
use conjoin::{LoadError, Loader, Scope, scope};
use conjoin_servers::memcached;
use futures::future::{join_all, ready, select};

use crate::runtime;

fn values(keys: std::ops::Range<u32>) -> impl Iterator<Item = (String, String)> {
    keys.map(|key| (format!("key-{key}"), format!("value {key}")))
}

#[test]
fn many_keys_are_one_request() {
    let Some(server) = memcached::start(true) else { return };
    server.fill(values(0..90));
    let loader = Loader::new(Memcached::new(server.address()));
    server.gets();
    let load = |key: u32| loader.get(format!("key-{key}"));
    let got = runtime().block_on(scope(join_all((0..100).map(load))));
    assert_eq!(server.gets(), 1);
    for (key, got) in got.into_iter().enumerate() {
        let expected = (key < 90).then(|| format!("value {key}").into_bytes());
        assert_eq!(got.unwrap(), expected);
    }
}

#[test]
fn the_connection_is_used_again() {
    let Some(server) = memcached::start(true) else { return };
    let loader = Loader::new(Memcached::new(server.address()));
    runtime().block_on(scope(async {
        for _ in 0..5 {
            assert_eq!(loader.get("a".to_owned()).await.unwrap(), None);
        }
    }));
    assert_eq!(server.gets(), 5);
}

#[test]
fn a_key_that_cannot_be_asked_for_is_an_error_of_its_own() {
    let Some(server) = memcached::start(true) else { return };
    server.fill(values(1..2));
    let loader = Loader::new(Memcached::new(server.address()));
    let keys = ["key-1", "with blank", "", &"x".repeat(251)].map(str::to_owned);
    let got = runtime().block_on(loader.get_many(keys));
    assert_eq!(got[0].as_ref().unwrap().as_deref(), Some(&b"value 1"[..]));
    let is_invalid =
        |got: &Result<_, LoadError<_>>| matches!(got.as_ref().unwrap_err().failure(), Some(MemcachedError::InvalidKey));
    assert!(got[1..].iter().all(is_invalid));
}

#[test]
fn a_server_that_is_gone_is_an_error_of_every_key() {
    let Some(server) = memcached::start(false) else { return };
    let loader = Loader::new(Memcached::new(server.address()));
    let runtime = runtime();
    runtime.block_on(loader.get("a".to_owned())).unwrap();
    drop(server);
    let got = runtime.block_on(loader.get_many(["a", "b"].map(str::to_owned)));
    assert!(got.iter().all(|got| matches!(got, Err(LoadError::Failed(_)))), "{got:?}");
}

#[test]
fn a_dropped_scope_breaks_no_later_lookup() {
    let Some(server) = memcached::start(false) else { return };
    server.fill(values(0..10));
    let loader = Loader::new(Memcached::new(server.address()));
    let runtime = runtime();
    let load = || loader.get("key-1".to_owned());
    runtime.block_on(async {
        load().await.unwrap();
        for _ in 0..20 {
            // Dropped when the request is on its way.
            let mut work = Box::pin(scope(load()));
            drop(select(&mut work, ready(())).await);
            drop(work);
            assert_eq!(load().await.unwrap().as_deref(), Some(&b"value 1"[..]));
        }
    });
}

#[test]
fn asked_to_the_scope_lets_the_request_end() {
    let Some(server) = memcached::start(true) else { return };
    let loader = Loader::new(Memcached::new(server.address()));
    runtime().block_on(async {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let sender = std::sync::Mutex::new(Some(sender));
        let spawn = move |rest| {
            let rest = tokio::spawn(rest);
            let sender = sender.lock().unwrap().take().unwrap();
            sender.send(rest).unwrap();
        };
        let mut work = Box::pin(Scope::new().finish_in_flight(spawn).run(loader.get("a".to_owned())));
        assert!(futures::poll!(&mut work).is_pending());
        drop(work);
        receiver.await.unwrap().await.unwrap();
    });
    assert_eq!(server.gets(), 1);
}
