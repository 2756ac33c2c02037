//! PostgreSQL: one query with `= ANY($1)`, through both clients.

use std::sync::Arc;

use conjoin::adapters::postgres::Postgres;
use conjoin::adapters::sqlx::Sqlx;
use conjoin::{BatchFn, LoadError, Loader, scope};
use conjoin_servers::postgres;
use futures::future::join_all;
use sqlx::Row as _;

use crate::runtime;

const NAMES: &str = "SELECT id, name FROM person WHERE id = ANY($1)";
const PETS: &str = "SELECT owner, name FROM pet WHERE owner = ANY($1) ORDER BY name";

async fn fill(client: &tokio_postgres::Client) {
    let tables = "CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL);
        INSERT INTO person SELECT id, 'person ' || id FROM generate_series(0, 89) id;
        CREATE TABLE pet (owner int, name text NOT NULL);
        INSERT INTO pet SELECT id % 10, 'pet ' || id FROM generate_series(0, 19) id;";
    client.batch_execute(tables).await.unwrap();
}

async fn check_names<B>(loader: &Loader<B>)
where
    B: BatchFn<Key = i32, Value = Option<String>, Error: std::fmt::Debug>,
{
    let got = scope(join_all((0..100).map(|key| loader.get(key)))).await;
    for (key, got) in got.into_iter().enumerate() {
        assert_eq!(got.unwrap(), (key < 90).then(|| format!("person {key}")));
    }
}

async fn check_pets<B>(loader: &Loader<B>)
where
    B: BatchFn<Key = i32, Value = Vec<String>, Error: std::fmt::Debug>,
{
    let got = scope(loader.get_many([3, 77])).await;
    let got: Vec<Vec<String>> = got.into_iter().map(Result::unwrap).collect();
    assert_eq!(got, [vec!["pet 13".to_owned(), "pet 3".to_owned()], vec![]]);
}

#[test]
fn many_keys_are_one_query() {
    let Some(server) = postgres::start(true) else { return };
    runtime().block_on(async {
        let client = Arc::new(server.connect().await);
        fill(&client).await;
        let (names, pets) = (client.prepare(NAMES).await.unwrap(), client.prepare(PETS).await.unwrap());
        let names = Postgres::one(Arc::clone(&client), names, |row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let pets = Postgres::all(Arc::clone(&client), pets, |row| Ok((row.try_get(0)?, row.try_get(1)?)));
        check_names(&Loader::new(names)).await;
        check_pets(&Loader::new(pets)).await;
        let got = futures::join!(server.queries("FROM person"), async {});
        assert_eq!(got.0, 1);
    });
}

#[test]
fn many_keys_are_one_query_of_sqlx_too() {
    let Some(server) = postgres::start(true) else { return };
    runtime().block_on(async {
        fill(&server.connect().await).await;
        let pool = sqlx::PgPool::connect(&server.url()).await.unwrap();
        let names = Sqlx::one(pool.clone(), NAMES, |row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let pets = Sqlx::all(pool.clone(), PETS, |row| Ok((row.try_get(0)?, row.try_get(1)?)));
        check_names(&Loader::new(names)).await;
        check_pets(&Loader::new(pets)).await;
        assert_eq!(server.queries("FROM person").await, 1);
        pool.close().await;
    });
}

#[test]
fn what_the_server_refuses_is_an_error_of_every_key() {
    let Some(server) = postgres::start(false) else { return };
    runtime().block_on(async {
        let client = Arc::new(server.connect().await);
        fill(&client).await;
        let statement =
            client.prepare("SELECT id, name FROM person WHERE 1 / (id - id) = 1 AND id = ANY($1)").await.unwrap();
        let read = |row: &tokio_postgres::Row| Ok::<(i32, String), _>((row.try_get(0)?, row.try_get(1)?));
        let got = Loader::new(Postgres::one(Arc::clone(&client), statement, read)).get_many([1, 2]).await;
        assert!(got.iter().all(|got| matches!(got, Err(LoadError::Failed(_)))), "{got:?}");
        // A row that does not fit is an error too, and the client is none the worse for it.
        let statement = client.prepare("SELECT name, id FROM person WHERE id = ANY($1)").await.unwrap();
        let got = Loader::new(Postgres::one(Arc::clone(&client), statement, read)).get(1).await;
        assert!(got.is_err());
        let statement = client.prepare(NAMES).await.unwrap();
        assert!(Loader::new(Postgres::one(client, statement, read)).get(1).await.is_ok());
    });
}
