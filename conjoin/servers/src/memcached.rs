//! memcached.
//!
//! In: whether it is to say what it is asked. Out: its address, and how many `get`s came.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use crate::{Server, free_port, installed};

/// A memcached that runs.
pub struct Memcached {
    server: Server,
}

/// A server that writes down what it is asked, if it is to. Nothing, where memcached is not installed.
pub fn start(is_watched: bool) -> Option<Memcached> {
    let (program, port) = (installed("memcached")?, free_port());
    let mut command = Command::new(program);
    // One thread, so that what it writes is in order. Root must say whose rights to take.
    command.args(["-l", "127.0.0.1", "-p", &port.to_string(), "-U", "0", "-t", "1", "-u", "nobody"]);
    if is_watched {
        command.arg("-vv");
    }
    Some(Memcached { server: Server::start(command, port, tempfile::tempdir().unwrap()) })
}

impl Memcached {
    /// Its address, as `async-memcached` wants it.
    pub fn address(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.server.port)
    }

    /// How many `get`s there were since this was last asked, however many keys each had. For a watched server.
    pub fn gets(&self) -> usize {
        self.send("get end-of-count\r\n", "END\r\n");
        let lines = self.server.log.take_to("get end-of-count");
        lines.iter().filter(|line| line.contains(" get ")).count() - 1
    }

    /// Stores values.
    pub fn fill(&self, values: impl Iterator<Item = (String, String)>) {
        for (key, value) in values {
            self.send(&format!("set {key} 0 0 {}\r\n{value}\r\n", value.len()), "STORED\r\n");
        }
    }

    fn send(&self, request: &str, answer: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut got = vec![0; answer.len()];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(String::from_utf8_lossy(&got), answer);
    }
}
