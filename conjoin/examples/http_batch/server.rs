//! The endpoint, so that the example needs nobody else.
//!
//! In: requests for `/people?ids=…`. Out: a line per id with a status, and the name of who exists.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const NAMES: [&str; 3] = ["Ada", "Bob", "Cleo"];

/// Serves on a free port until the program ends.
pub(crate) async fn start() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    Ok(address)
}

async fn answer(stream: TcpStream) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    // The head ends with an empty line.
    while stream.read_line(&mut request).await? > 2 {}
    let ids = request.split(' ').nth(1).and_then(|path| path.strip_prefix("/people?ids="));
    let (status, body) = match ids {
        Some(ids) => ("200 OK", ids.split(',').map(person).collect()),
        None => ("404 Not Found", String::new()),
    };
    let length = body.len();
    stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes()).await?;
    stream.shutdown().await
}

fn person(id: &str) -> String {
    let name = id.parse::<usize>().ok().and_then(|id| NAMES.get(id.checked_sub(1)?));
    name.map_or_else(|| "404 nobody\n".to_owned(), |name| format!("200 {name}\n"))
}
