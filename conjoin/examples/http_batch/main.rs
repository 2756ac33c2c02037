//! A loader in front of an HTTP endpoint that answers many keys: `GET /people?ids=1,2,3`.
//!
//! In: nothing; the endpoint is served by this program itself. Out: what was asked, and what came of it. Each person
//! has a status of their own in the answer, and a request has as many ids as fit a line.

mod server;

use std::io;
use std::sync::Arc;

use conjoin::{BatchFn, LoadError, Loader, Scope};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What the endpoint knows of people.
struct People {
    address: String,
}

/// Why there is no answer for a person.
#[derive(Clone, Debug)]
enum Refusal {
    /// The request failed, for everybody who was in it.
    Request(Arc<io::Error>),
    /// The endpoint gave this status for this person.
    Status(u16),
}

impl BatchFn for People {
    type Key = u32;
    type Value = String;
    type Error = Refusal;

    async fn load(&self, ids: &[u32]) -> Vec<Result<String, Refusal>> {
        let list: Vec<String> = ids.iter().map(u32::to_string).collect();
        match get(&self.address, &format!("/people?ids={}", list.join(","))).await {
            // One line per id, in order: the status, and the name if it is 200.
            Ok(body) => body.lines().map(read_line).collect(),
            Err(error) => {
                let error = Arc::new(error);
                ids.iter().map(|_| Err(Refusal::Request(Arc::clone(&error)))).collect()
            }
        }
    }
}

fn read_line(line: &str) -> Result<String, Refusal> {
    match line.split_once(' ') {
        Some(("200", name)) => Ok(name.to_owned()),
        Some((status, _)) => Err(Refusal::Status(status.parse().unwrap_or(500))),
        None => Err(Refusal::Status(500)),
    }
}

/// The body of an answer. A client of your choice does this better.
async fn get(address: &str, path: &str) -> io::Result<String> {
    println!("GET {path}");
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        status => Err(io::Error::other(format!("status {}", status.unwrap_or("missing")))),
    }
}

/// Three people and somebody who does not exist, each looked up on its own.
async fn page(people: &Loader<People>) -> Result<String, LoadError<Refusal>> {
    let (author, editor, reader, nobody) =
        conjoin::join!(people.get(1)?, people.get(2)?, people.get(3)?, people.get(404));
    let missing = nobody.as_ref().is_err_and(|error| matches!(error.failure(), Some(Refusal::Status(404))));
    if let Err(LoadError::Failed(refusal)) = &nobody
        && let Refusal::Request(error) = &**refusal
    {
        println!("the request failed: {error}");
    }
    Ok(format!("{author} wrote it, {editor} edited it, {reader} reads it; 404 is missing: {missing}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = server::start().await?;
    let people = Loader::builder(People { address }).name("people").max_batch(100).build();
    let (page, report) = Scope::new().report(page(&people)).await;
    println!("{}\n{report}", page.map_err(|error| format!("{error:?}"))?);
    Ok(())
}
