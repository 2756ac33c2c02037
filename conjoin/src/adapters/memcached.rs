//! Lookups in memcached.
//!
//! In: the address of a server. Out: one `get` with many keys, on a connection that nobody else uses meanwhile.

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
            Ok(values) => {
                let mut found: std::collections::HashMap<Vec<u8>, Option<Vec<u8>>> =
                    values.into_iter().map(|value| (value.key, value.data)).collect();
                let mut answer = |key: &String| match is_valid(key) {
                    true => Ok(found.remove(key.as_bytes()).flatten()),
                    false => Err(MemcachedError::InvalidKey),
                };
                keys.iter().map(&mut answer).collect()
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

fn is_valid(key: &str) -> bool {
    (1..=250).contains(&key.len()) && !key.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
}
