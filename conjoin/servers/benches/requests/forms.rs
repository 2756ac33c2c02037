//! The four forms for each server.
//!
//! In: nothing. Out: lines of the table, or nothing where a server is not installed.

use std::collections::HashMap;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use async_memcached::AsciiProtocol as _;
use conjoin::{BatchFn, Loader, adapters, scope};
use conjoin_servers::{memcached, postgres, redis};
use futures::future::join_all;
use redis_client::AsyncCommands as _;
use tokio::sync::Mutex;

use crate::{Subject, WIDTH, table};

extern crate redis as redis_client;

fn groups(keys: usize) -> impl Iterator<Item = Range<i32>> {
    (0..keys / WIDTH).map(|group| (group * WIDTH) as i32..((group + 1) * WIDTH) as i32)
}

fn text(key: i32) -> String {
    format!("key-{key}")
}

/// The third form is the same everywhere: the second one, in a scope, through a loader.
async fn batched<B: BatchFn<Key: Sync>>(loader: &Loader<B>, keys: usize, key: impl Fn(i32) -> B::Key) {
    scope(async {
        for group in groups(keys) {
            black_box(join_all(group.map(|number| loader.get(key(number)))).await);
        }
    })
    .await;
}

pub(crate) async fn memcached() {
    let (Some(quiet), Some(watched)) = (memcached::start(false), memcached::start(true)) else { return };
    for server in [&quiet, &watched] {
        server.fill((0..crate::KEYS as i32).map(|key| (text(key), format!("value {key}"))));
    }
    table("memcached", &of_memcached(&quiet).await, &of_memcached(&watched).await).await;
}

async fn of_memcached(server: &memcached::Memcached) -> Subject<'_> {
    // The client takes `&mut self`, so joined lookups have to take turns.
    let client = Arc::new(Mutex::new(async_memcached::Client::new(server.address()).await.unwrap()));
    let loader = Loader::new(adapters::memcached::Memcached::new(server.address()));
    let one = |client: Arc<Mutex<async_memcached::Client>>, key: i32| async move {
        client.lock().await.get(text(key)).await.unwrap()
    };
    let [first, second, fourth] = [(); 3].map(|()| Arc::clone(&client));
    Subject {
        forms: [
            Box::new(move |keys| {
                let client = Arc::clone(&first);
                Box::pin(async move {
                    for key in groups(keys).flatten() {
                        black_box(one(Arc::clone(&client), key).await);
                    }
                })
            }),
            Box::new(move |keys| {
                let client = Arc::clone(&second);
                Box::pin(async move {
                    for group in groups(keys) {
                        black_box(join_all(group.map(|key| one(Arc::clone(&client), key))).await);
                    }
                })
            }),
            Box::new(move |keys| {
                let loader = loader.clone();
                Box::pin(async move { batched(&loader, keys, text).await })
            }),
            Box::new(move |keys| {
                let client = Arc::clone(&fourth);
                Box::pin(async move {
                    for group in groups(keys) {
                        let keys: Vec<String> = group.map(text).collect();
                        let values = client.lock().await.get_multi(&keys).await.unwrap();
                        // The server leaves out what it has not, so values must be found by their keys.
                        let mut values: HashMap<Vec<u8>, Option<Vec<u8>>> =
                            values.into_iter().map(|value| (value.key, value.data)).collect();
                        black_box(keys.iter().map(|key| values.remove(key.as_bytes())).collect::<Vec<_>>());
                    }
                })
            }),
        ],
        requests: Box::new(|| Box::pin(async { server.gets() })),
    }
}

pub(crate) async fn redis() {
    let Some(server) = redis::start(false) else { return };
    let connection = server.connect().await;
    for key in 0..crate::KEYS as i32 {
        let _: () = connection.clone().set(text(key), format!("value {key}")).await.unwrap();
    }
    let loader = Loader::new(adapters::redis::Redis::new(connection.clone()));
    let one = |mut connection: redis_client::aio::MultiplexedConnection, key: i32| async move {
        connection.get::<_, Option<Vec<u8>>>(text(key)).await.unwrap()
    };
    let [first, second, fourth] = [(); 3].map(|()| connection.clone());
    let subject = Subject {
        forms: [
            Box::new(move |keys| {
                let connection = first.clone();
                Box::pin(async move {
                    for key in groups(keys).flatten() {
                        black_box(one(connection.clone(), key).await);
                    }
                })
            }),
            Box::new(move |keys| {
                let connection = second.clone();
                Box::pin(async move {
                    for group in groups(keys) {
                        black_box(join_all(group.map(|key| one(connection.clone(), key))).await);
                    }
                })
            }),
            Box::new(move |keys| {
                let loader = loader.clone();
                Box::pin(async move { batched(&loader, keys, text).await })
            }),
            Box::new(move |keys| {
                let mut connection = fourth.clone();
                Box::pin(async move {
                    for group in groups(keys) {
                        let keys: Vec<String> = group.map(text).collect();
                        black_box(connection.mget::<_, Vec<Option<Vec<u8>>>>(keys).await.unwrap());
                    }
                })
            }),
        ],
        requests: Box::new(|| Box::pin(async { server.calls(["get", "mget"]).await.iter().sum() })),
    };
    // It counts calls without being told to, so one server is both.
    table("Redis", &subject, &subject).await;
}

pub(crate) async fn postgres() {
    let (Some(quiet), Some(watched)) = (postgres::start(false), postgres::start(true)) else { return };
    table("PostgreSQL", &of_postgres(&quiet).await, &of_postgres(&watched).await).await;
}

const ONE: &str = "SELECT id, name FROM person WHERE id = $1";
const MANY: &str = "SELECT id, name FROM person WHERE id = ANY($1)";

async fn of_postgres(server: &postgres::Postgres) -> Subject<'_> {
    let client = Arc::new(server.connect().await);
    let tables = "CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL);
        INSERT INTO person SELECT id, 'person ' || id FROM generate_series(0, 9999) id; ANALYZE person;";
    client.batch_execute(tables).await.unwrap();
    let (one, many) = (client.prepare(ONE).await.unwrap(), client.prepare(MANY).await.unwrap());
    let read = |row: &tokio_postgres::Row| Ok::<(i32, String), _>((row.try_get(0)?, row.try_get(1)?));
    let loader = Loader::new(adapters::postgres::Postgres::one(Arc::clone(&client), many.clone(), read));
    let name = |client: Arc<tokio_postgres::Client>, statement: tokio_postgres::Statement, key: i32| async move {
        client.query_one(&statement, &[&key]).await.unwrap().get::<_, String>(1)
    };
    let [first, second, fourth] = [(); 3].map(|()| Arc::clone(&client));
    let same = one.clone();
    Subject {
        forms: [
            Box::new(move |keys| {
                let (client, one) = (Arc::clone(&first), one.clone());
                Box::pin(async move {
                    for key in groups(keys).flatten() {
                        black_box(name(Arc::clone(&client), one.clone(), key).await);
                    }
                })
            }),
            Box::new(move |keys| {
                let (client, one) = (Arc::clone(&second), same.clone());
                Box::pin(async move {
                    for group in groups(keys) {
                        black_box(join_all(group.map(|key| name(Arc::clone(&client), one.clone(), key))).await);
                    }
                })
            }),
            Box::new(move |keys| {
                let loader = loader.clone();
                Box::pin(async move { batched(&loader, keys, |key| key).await })
            }),
            Box::new(move |keys| {
                let (client, many) = (Arc::clone(&fourth), many.clone());
                Box::pin(async move {
                    for group in groups(keys) {
                        let keys: Vec<i32> = group.collect();
                        let rows = client.query(&many, &[&keys]).await.unwrap();
                        black_box(rows.iter().map(|row| read(row).unwrap()).collect::<Vec<_>>());
                    }
                })
            }),
        ],
        requests: Box::new(|| Box::pin(server.queries("FROM person"))),
    }
}
