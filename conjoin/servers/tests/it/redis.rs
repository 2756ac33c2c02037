//! Redis: `MGET`, and one for each slot of a cluster.

use std::collections::BTreeSet;

use conjoin::adapters::redis::Redis;
use conjoin::{LoadError, Loader, scope};
use conjoin_servers::redis::{self, Redis as Server};
use futures::future::join_all;
use redis_client::aio::MultiplexedConnection;
use redis_client::{AsyncCommands as _, ErrorKind, ServerErrorKind, cmd};

use crate::runtime;

extern crate redis as redis_client;

async fn fill(server: &Server, keys: impl Iterator<Item = String>) {
    let mut connection = server.connect().await;
    for key in keys {
        let _: () = connection.set(&key, format!("value of {key}")).await.unwrap();
    }
}

/// Makes a cluster of one node, and waits until it is one.
async fn take_all_slots(connection: &mut MultiplexedConnection) {
    let _: () = cmd("CLUSTER").arg(&["ADDSLOTSRANGE", "0", "16383"]).query_async(connection).await.unwrap();
    loop {
        let info: String = cmd("CLUSTER").arg("INFO").query_async(connection).await.unwrap();
        if info.contains("cluster_state:ok") {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn many_keys_are_one_mget() {
    let Some(server) = redis::start(false) else { return };
    runtime().block_on(async {
        fill(&server, (0..90).map(|key| format!("key-{key}"))).await;
        let loader = Loader::new(Redis::new(server.connect().await));
        server.calls([]).await;
        let got = scope(join_all((0..100).map(|key| loader.get(format!("key-{key}"))))).await;
        assert_eq!(server.calls(["mget", "get"]).await, [1, 0]);
        for (key, got) in got.into_iter().enumerate() {
            assert_eq!(got.unwrap(), (key < 90).then(|| format!("value of key-{key}").into_bytes()));
        }
    });
}

#[test]
fn a_cluster_is_asked_slot_by_slot() {
    let Some(server) = redis::start(true) else { return };
    runtime().block_on(async {
        let mut connection = server.connect().await;
        take_all_slots(&mut connection).await;
        let keys: Vec<String> = (0..30).map(|key| format!("{{tag-{}}}:{key}", key % 10)).collect();
        fill(&server, keys.iter().cloned()).await;
        let refused = cmd("MGET").arg(&keys).query_async::<Vec<String>>(&mut connection).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Server(ServerErrorKind::CrossSlot));
        let mut slots = BTreeSet::new();
        for key in &keys {
            let slot: u32 = cmd("CLUSTER").arg("KEYSLOT").arg(key).query_async(&mut connection).await.unwrap();
            slots.insert(slot);
        }
        let loader = Loader::new(Redis::cluster(connection));
        server.calls([]).await;
        let got = scope(loader.get_many(keys.iter().cloned())).await;
        assert_eq!(server.calls(["mget"]).await, [slots.len()]);
        for (key, got) in keys.iter().zip(got) {
            assert_eq!(got.unwrap(), Some(format!("value of {key}").into_bytes()));
        }
    });
}

#[test]
fn a_server_that_is_gone_is_an_error_of_every_key() {
    let Some(server) = redis::start(false) else { return };
    runtime().block_on(async {
        let loader = Loader::new(Redis::new(server.connect().await));
        loader.get("a".to_owned()).await.unwrap();
        drop(server);
        let got = loader.get_many(["a", "b"].map(str::to_owned)).await;
        assert!(got.iter().all(|got| matches!(got, Err(LoadError::Failed(_)))), "{got:?}");
    });
}
