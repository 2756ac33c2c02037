//! Lookups in PostgreSQL, with `sqlx`.
//!
//! In: a pool, and a query with `= ANY($1)`. Out: one query per batch, on a connection of the pool, and its rows by key.

use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Encode, Error, Postgres, Type};

use super::{Collect, all_failed, by_key};
use crate::batch_fn::BatchFn;

/// Looks rows up by key, with one query for all keys. `C` is what a key gets: see [`one`](Sqlx::one) and
/// [`all`](Sqlx::all).
///
/// ```no_run
/// # use conjoin::{Loader, adapters::sqlx::Sqlx};
/// # use sqlx::Row as _;
/// # async fn f(pool: sqlx::PgPool) {
/// let sql = "SELECT id, name FROM person WHERE id = ANY($1)";
/// let names = Loader::new(Sqlx::one(pool, sql, |row| Ok::<(i32, String), _>((row.try_get(0)?, row.try_get(1)?))));
/// # let _ = names.get(7).await;
/// # }
/// ```
///
/// # Cancellation
///
/// A query that is dropped costs its connection a reset before it goes back to the pool.
pub struct Sqlx<K, V, C, R> {
    pool: PgPool,
    sql: &'static str,
    read: R,
    types: Types<K, V, C>,
}

/// What is read of a row, and what becomes of that.
type Types<K, V, C> = PhantomData<fn() -> (K, V, C)>;

impl<K, V, R: Fn(&PgRow) -> Result<(K, V), Error>> Sqlx<K, V, Option<V>, R> {
    /// At most one value for each key: that of the first row, or nothing.
    pub fn one(pool: PgPool, sql: &'static str, read: R) -> Self {
        Sqlx { pool, sql, read, types: PhantomData }
    }
}

impl<K, V, R: Fn(&PgRow) -> Result<(K, V), Error>> Sqlx<K, V, Vec<V>, R> {
    /// All values for each key, in the order of the rows.
    pub fn all(pool: PgPool, sql: &'static str, read: R) -> Self {
        Sqlx { pool, sql, read, types: PhantomData }
    }
}

impl<K, V, C, R> BatchFn for Sqlx<K, V, C, R>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    Vec<K>: for<'q> Encode<'q, Postgres> + Type<Postgres>,
    V: Send + 'static,
    C: Collect<V> + Clone + Send + 'static,
    R: Fn(&PgRow) -> Result<(K, V), Error> + Send + Sync + 'static,
{
    type Key = K;
    type Value = C;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[K]) -> Vec<Result<C, Arc<Error>>> {
        let rows = sqlx::query(self.sql).bind(keys.to_vec()).fetch_all(&self.pool).await;
        match rows.and_then(|rows| by_key(keys, rows.iter().map(&self.read))) {
            Ok(found) => found.into_iter().map(Ok).collect(),
            Err(error) => all_failed(keys.len(), &Arc::new(error)),
        }
    }
}
