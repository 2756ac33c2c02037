//! Redis, alone or as a cluster of one node.
//!
//! In: which of the two. Out: its address, and how often each command was called.

use std::process::Command;

use redis::Client;

use crate::{Server, free_port, installed};

/// A Redis that runs.
pub struct Redis {
    server: Server,
}

/// A server; nothing, where Redis is not installed.
pub fn start(is_cluster: bool) -> Option<Redis> {
    let (program, port, folder) = (installed("redis-server")?, free_port(), tempfile::tempdir().unwrap());
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no", "--dir"]);
    command.arg(folder.path());
    if is_cluster {
        let bus = free_port();
        command.args(["--cluster-enabled", "yes", "--cluster-port", &bus.to_string()]);
    }
    Some(Redis { server: Server::start(command, port, folder) })
}

impl Redis {
    /// A connection.
    pub async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = Client::open(format!("redis://127.0.0.1:{}/", self.server.port)).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// How often each of these commands was called since this was last asked.
    pub async fn calls<const N: usize>(&self, commands: [&str; N]) -> [usize; N] {
        let mut connection = self.connect().await;
        let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut connection).await.unwrap();
        let _: () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut connection).await.unwrap();
        commands.map(|command| {
            let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
            line.map_or(0, |rest| rest.split(',').next().unwrap().parse().unwrap())
        })
    }
}
