//! PostgreSQL.
//!
//! In: whether it is to write down what it is asked. Out: its address, and how many queries came.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tokio_postgres::{Client, NoTls};

use crate::{Server, free_port, installed};

/// `nobody`, for where this runs as root, which PostgreSQL refuses to.
const NOBODY: u32 = 65_534;

/// A PostgreSQL that runs.
pub struct Postgres {
    server: Server,
}

/// A server; nothing, where PostgreSQL is not installed.
pub fn start(is_watched: bool) -> Option<Postgres> {
    let (initdb, postgres) = (installed("initdb")?, installed("postgres")?);
    let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
    let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
    if is_root {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let run = |program: &PathBuf| {
        let mut command = Command::new(program);
        command.current_dir(folder.path()).arg("-D").arg(folder.path().join("data"));
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    };
    let mut init = run(&initdb);
    init.args(["-U", "conjoin", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]);
    let output = init.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{init:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut command = run(&postgres);
    command.args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k"]);
    command.arg(folder.path());
    if is_watched {
        command.args(["-c", "log_statement=all"]);
    }
    Some(Postgres { server: Server::start(command, port, folder) })
}

/// Where distributions put what is not for everybody's path.
pub(crate) fn folders() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin")).collect()
}

impl Postgres {
    /// Its address, with a user who may do everything.
    pub fn url(&self) -> String {
        format!("postgres://conjoin@127.0.0.1:{}/postgres", self.server.port)
    }

    /// A client, once the server accepts one.
    pub async fn connect(&self) -> Client {
        loop {
            if let Ok((client, connection)) = tokio_postgres::connect(&self.url(), NoTls).await {
                tokio::spawn(connection);
                return client;
            }
            // It listens before it has started.
            tokio::task::yield_now().await;
        }
    }

    /// How many executions of a query with this text there were since this was last asked. For a watched server.
    pub async fn queries(&self, text: &str) -> usize {
        let client = self.connect().await;
        client.simple_query("SELECT 'end of count'").await.unwrap();
        let lines = self.server.log.take_to("SELECT 'end of count'");
        lines.iter().filter(|line| line.contains("execute") && line.contains(text)).count()
    }
}
