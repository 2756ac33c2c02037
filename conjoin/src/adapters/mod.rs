//! Batch functions for clients of servers, each behind a feature of its name.
//!
//! In: a client. Out: a [`BatchFn`](crate::BatchFn) that asks it for many keys with one request.
//!
//! A request that fails as a whole is an error of every key, the same behind an `Arc`. None of them keeps anything in
//! memory, and none retries: put a [`Retry`](crate::Retry) around it.

#[cfg(feature = "memcached")]
pub mod memcached;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlx")]
pub mod sqlx;

#[cfg(any(feature = "postgres", feature = "sqlx"))]
use std::{collections::HashMap, hash::Hash};

/// The same error for every key.
fn all_failed<V, E: Clone>(keys: usize, error: &E) -> Vec<Result<V, E>> {
    (0..keys).map(|_| Err(error.clone())).collect()
}

/// What was found, by key: one value, or all.
#[cfg(any(feature = "postgres", feature = "sqlx"))]
trait Collect<V>: Default {
    fn add(&mut self, value: V);
}

/// The first of several.
#[cfg(any(feature = "postgres", feature = "sqlx"))]
impl<V> Collect<V> for Option<V> {
    fn add(&mut self, value: V) {
        self.get_or_insert(value);
    }
}

#[cfg(any(feature = "postgres", feature = "sqlx"))]
impl<V> Collect<V> for Vec<V> {
    fn add(&mut self, value: V) {
        self.push(value);
    }
}

/// Sorts rows to their keys. Rows of keys that nobody asked for are left out.
#[cfg(any(feature = "postgres", feature = "sqlx"))]
fn by_key<K: Eq + Hash, V, C: Collect<V>, E>(
    keys: &[K],
    rows: impl Iterator<Item = Result<(K, V), E>>,
) -> Result<Vec<C>, E> {
    let mut places: HashMap<K, C> = HashMap::with_capacity(keys.len());
    for row in rows {
        let (key, value) = row?;
        places.entry(key).or_default().add(value);
    }
    Ok(keys.iter().map(|key| places.remove(key).unwrap_or_default()).collect())
}
