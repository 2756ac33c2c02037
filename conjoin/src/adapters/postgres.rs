//! Lookups in PostgreSQL, with `tokio-postgres`.
//!
//! In: a client, and a statement with `= ANY($1)`. Out: one query per batch, and its rows by key.

use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::{Collect, all_failed, by_key};
use crate::batch_fn::BatchFn;

/// Looks rows up by key, with one query for all keys. `C` is what a key gets: see [`one`](Postgres::one) and
/// [`all`](Postgres::all).
///
/// ```no_run
/// # use std::sync::Arc;
/// # use conjoin::{Loader, adapters::postgres::Postgres};
/// # async fn f(client: Arc<tokio_postgres::Client>) -> Result<(), tokio_postgres::Error> {
/// let statement = client.prepare("SELECT id, name FROM person WHERE id = ANY($1)").await?;
/// let names = Loader::new(Postgres::one(client, statement, |row| Ok::<(i32, String), _>((row.try_get(0)?, row.try_get(1)?))));
/// # let _ = names.get(7).await;
/// # Ok(()) }
/// ```
///
/// # Cancellation
///
/// A query that is dropped runs to its end in the server; the client is left whole.
pub struct Postgres<K, V, C, R> {
    client: Arc<Client>,
    statement: Statement,
    read: R,
    types: Types<K, V, C>,
}

/// What is read of a row, and what becomes of that.
type Types<K, V, C> = PhantomData<fn() -> (K, V, C)>;

impl<K, V, R: Fn(&Row) -> Result<(K, V), Error>> Postgres<K, V, Option<V>, R> {
    /// At most one value for each key: that of the first row, or nothing.
    pub fn one(client: Arc<Client>, statement: Statement, read: R) -> Self {
        Postgres { client, statement, read, types: PhantomData }
    }
}

impl<K, V, R: Fn(&Row) -> Result<(K, V), Error>> Postgres<K, V, Vec<V>, R> {
    /// All values for each key, in the order of the rows.
    pub fn all(client: Arc<Client>, statement: Statement, read: R) -> Self {
        Postgres { client, statement, read, types: PhantomData }
    }
}

impl<K, V, C, R> BatchFn for Postgres<K, V, C, R>
where
    K: ToSql + Eq + Hash + Send + Sync + 'static,
    V: Send + 'static,
    C: Collect<V> + Clone + Send + 'static,
    R: Fn(&Row) -> Result<(K, V), Error> + Send + Sync + 'static,
{
    type Key = K;
    type Value = C;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[K]) -> Vec<Result<C, Arc<Error>>> {
        let rows = self.client.query(&self.statement, &[&keys]).await;
        match rows.and_then(|rows| by_key(keys, rows.iter().map(&self.read))) {
            Ok(found) => found.into_iter().map(Ok).collect(),
            Err(error) => all_failed(keys.len(), &Arc::new(error)),
        }
    }
}
