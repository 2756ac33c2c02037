//! Lookups in Redis.
//!
//! In: a connection that can be cloned. Out: `MGET`, on a cluster one for each slot.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use redis::RedisError;
use redis::aio::ConnectionLike;

use super::all_failed;
use crate::batch_fn::BatchFn;

/// Looks values up by key, with `MGET`.
///
/// The connection is cloned for each request; those of the `redis` crate are made for that.
///
/// # Cancellation
///
/// A request that is dropped leaves the connection whole.
#[derive(Clone)]
pub struct Redis<C> {
    connection: C,
    is_cluster: bool,
}

impl<C> Redis<C> {
    /// Lookups in one server: one request per batch.
    pub fn new(connection: C) -> Self {
        Redis { connection, is_cluster: false }
    }

    /// Lookups in a cluster. It refuses keys of different slots in one `MGET`, even where one node has both, so there is
    /// one for each slot, all at once. Keys that are asked for together belong under one hash tag: `{user:7}:name`.
    pub fn cluster(connection: C) -> Self {
        Redis { connection, is_cluster: true }
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> BatchFn for Redis<C> {
    type Key = String;
    /// Nothing where the server has nothing under the key, or something else than a string.
    type Value = Option<Vec<u8>>;
    type Error = Arc<RedisError>;

    async fn load(&self, keys: &[String]) -> Vec<Result<Option<Vec<u8>>, Arc<RedisError>>> {
        if !self.is_cluster {
            return ask(self.connection.clone(), &keys.iter().collect::<Vec<_>>()).await;
        }
        let mut slots: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
        for (place, key) in keys.iter().enumerate() {
            slots.entry(slot(key.as_bytes())).or_default().push(place);
        }
        let requests: Vec<_> = slots
            .values()
            .map(|places| {
                let (connection, keys) = (self.connection.clone(), places.iter().map(|place| &keys[*place]).collect());
                async move { ask(connection, &keys).await }
            })
            .collect();
        let answers = join_all(requests).await.into_iter().flatten();
        let mut sorted: Vec<_> = slots.values().flatten().copied().zip(answers).collect();
        sorted.sort_unstable_by_key(|(place, _)| *place);
        sorted.into_iter().map(|(_, answer)| answer).collect()
    }
}

async fn ask<C: ConnectionLike>(
    mut connection: C,
    keys: &Vec<&String>,
) -> Vec<Result<Option<Vec<u8>>, Arc<RedisError>>> {
    let request = redis::cmd("MGET").arg(keys).to_owned();
    match request.query_async::<Vec<Option<Vec<u8>>>>(&mut connection).await {
        Ok(values) => values.into_iter().map(Ok).collect(),
        Err(error) => all_failed(keys.len(), &Arc::new(error)),
    }
}

/// The slot of a key: CRC-16/XMODEM of the key, or of what stands in its first `{…}` if that is not empty.
fn slot(key: &[u8]) -> u16 {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        let close = rest.iter().position(|byte| *byte == b'}')?;
        (close > 0).then(|| &rest[..close])
    });
    crc16(tag.unwrap_or(key)) % 16_384
}

fn crc16(bytes: &[u8]) -> u16 {
    let step = |crc: u16| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
    bytes.iter().fold(0, |crc, byte| (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::slot;

    #[test]
    fn slots_are_those_of_the_specification() {
        // The check value of CRC-16/XMODEM.
        assert_eq!(slot(b"123456789"), 0x31C3);
        assert_eq!(slot(b"{user1000}.following"), slot(b"{user1000}.followers"));
        assert_ne!(slot(b"foo{}{bar}"), slot(b"{bar}"));
        assert_eq!(slot(b"foo{{bar}}zap"), slot(b"{bar"));
        assert_eq!(slot(b"foo{bar}{zap}"), slot(b"bar"));
    }
}
