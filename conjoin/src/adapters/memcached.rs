//! Lookups in memcached.
//!
//! In: the address of a server. Out: one `get` with many keys, on a connection that nobody else uses meanwhile.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_memcached::{AsciiProtocol as _, Client, Error as ClientError, Status, Value};

use super::all_failed;
use crate::batch_fn::BatchFn;

/// Looks values up by key, with `get_multi`.
///
/// The client takes `&mut self`, so lookups on one connection cannot be joined; this is what makes them joinable. A
/// connection is opened when a batch finds none that is idle, so there are as many as batches in flight at once: limit
/// them with [`max_in_flight`](crate::LoaderBuilder::max_in_flight). One that was closed meanwhile is replaced.
///
/// It needs tokio, as `async-memcached` does.
///
/// # Cancellation
///
/// A connection whose request is dropped half-way is closed. [`Scope::finish_in_flight`](crate::Scope::finish_in_flight)
/// saves it.
pub struct Memcached {
    address: String,
    idle: Mutex<Vec<Client>>,
}

impl Memcached {
    /// Lookups in the server at an address such as `tcp://127.0.0.1:11211` or `unix:///run/memcached.sock`. Nothing is
    /// connected before the first batch.
    pub fn new(address: impl Into<String>) -> Self {
        Memcached { address: address.into(), idle: Mutex::default() }
    }

    async fn ask(&self, keys: &[&String]) -> Result<Vec<Value>, ClientError> {
        let idle = self.idle().pop();
        if let Some(mut client) = idle {
            match get(&mut client, keys).await {
                // The server may have closed it long ago.
                Err(ClientError::Io(_) | ClientError::ConnectionClosed) => {}
                answer => return self.keep(client, answer),
            }
        }
        let mut client = Client::new(&self.address).await?;
        let answer = get(&mut client, keys).await;
        self.keep(client, answer)
    }

    /// Keeps the connection for the next batch, if it can be used again.
    fn keep(&self, client: Client, answer: Result<Vec<Value>, ClientError>) -> Result<Vec<Value>, ClientError> {
        if answer.is_ok() && !client.is_closed() {
            self.idle().push(client);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BatchFn for Memcached {
    type Key = String;
    /// Nothing where the server has nothing under the key.
    type Value = Option<Vec<u8>>;
    type Error = MemcachedError;

    async fn load(&self, keys: &[String]) -> Vec<Result<Option<Vec<u8>>, MemcachedError>> {
        let asked: Vec<&String> = keys.iter().filter(|key| is_valid(key)).collect();
        if asked.is_empty() {
            return all_failed(keys.len(), &MemcachedError::InvalidKey);
        }
        match self.ask(&asked).await {
            Ok(values) if is_in_order(&asked, &values) => {
                let mut values = values.into_iter().peekable();
                answer(keys, |key| values.next_if(|value| value.key == key.as_bytes())?.data)
            }
            Ok(values) => {
                let values = values.into_iter().map(|value| (value.key, value.data));
                let mut values: HashMap<Vec<u8>, Option<Vec<u8>>> = values.collect();
                answer(keys, |key| values.remove(key.as_bytes()).flatten())
            }
            Err(error) => all_failed(keys.len(), &MemcachedError::Client(Arc::new(error))),
        }
    }
}

/// Why there is no answer to a lookup.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MemcachedError {
    /// The key is empty, longer than 250 bytes, or has a blank or a control character in it; the protocol has no way to
    /// ask for it.
    InvalidKey,
    /// The request failed.
    Client(Arc<ClientError>),
}

impl fmt::Display for MemcachedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemcachedError::InvalidKey => {
                f.write_str("a memcached key has 1 to 250 bytes, without blanks or control characters")
            }
            MemcachedError::Client(error) => write!(f, "memcached: {error}"),
        }
    }
}

impl Error for MemcachedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            MemcachedError::InvalidKey => None,
            MemcachedError::Client(error) => Some(&**error),
        }
    }
}

async fn get(client: &mut Client, keys: &[&String]) -> Result<Vec<Value>, ClientError> {
    match client.get_multi(keys).await {
        // The client says so where no key at all is there.
        Err(ClientError::Protocol(Status::NotFound)) => Ok(Vec::new()),
        answer => answer,
    }
}

/// Whether the values are in the order of the keys, as they are where the server is memcached itself: then they need not
/// be looked for.
fn is_in_order(keys: &[&String], values: &[Value]) -> bool {
    let mut keys = keys.iter();
    values.iter().all(|value| keys.any(|key| key.as_bytes() == value.key))
}

fn answer(
    keys: &[String],
    mut find: impl FnMut(&String) -> Option<Vec<u8>>,
) -> Vec<Result<Option<Vec<u8>>, MemcachedError>> {
    keys.iter().map(|key| if is_valid(key) { Ok(find(key)) } else { Err(MemcachedError::InvalidKey) }).collect()
}

fn is_valid(key: &str) -> bool {
    (1..=250).contains(&key.len()) && !key.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use async_memcached::Value;

    use super::is_in_order;

    #[test]
    fn values_out_of_order_are_seen() {
        let keys = ["a", "b", "c"].map(str::to_owned);
        let keys: Vec<&String> = keys.iter().collect();
        let values = |found: &[&str]| {
            let value = |key: &&str| Value { key: key.as_bytes().to_vec(), cas: None, flags: None, data: None };
            found.iter().map(value).collect::<Vec<_>>()
        };
        for found in [&["a", "b", "c"][..], &["a", "c"], &["b"], &[]] {
            assert!(is_in_order(&keys, &values(found)));
        }
        for found in [&["b", "a"][..], &["c", "a", "b"], &["d"]] {
            assert!(!is_in_order(&keys, &values(found)));
        }
    }
}
