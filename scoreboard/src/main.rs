//! Measures the lints on real code that people have read and judged.
//!
//! In: arguments. Out: tables on stdout, problems on stderr, and an exit code: 0 it ran, 2 it could not.
//!
//! | module | from | to |
//! |---|---|---|
//! | `args` | words | what is asked |
//! | `corpus` | the files of a corpus | rows: a place, its statements, what people said of them |
//! | `trees` | a mirror of repositories | the Rust files of one commit on disk |
//! | `code` | such a tree | the workspace a file of it belongs to |
//! | `reasons` | a blocker | one of few reasons, to be counted |
//! | `plan` | the statements of a row | which of them the linter joins, and what holds the others |
//! | `score` | rows with answers | tables, reasons, figures against their aims |
//! | `sample` | repositories | findings drawn at random, to be read |
//! | `table` | verdicts of readers | their tally |
//! | `text` | cells | columns |

mod args;
mod code;
mod corpus;
mod plan;
mod reasons;
mod sample;
mod score;
mod table;
mod text;
mod trees;

use std::io::Write as _;
use std::process::ExitCode;

use cargo_conjoin::parse::STACK_SIZE;
use clap::Parser as _;

use args::Command;

fn main() -> ExitCode {
    let command = Command::parse();
    match in_pool(|| run(&command)).and_then(|said| print(&said)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command) -> Result<String, String> {
    match command {
        Command::Score(args) => score::score(args),
        Command::Sample(args) => sample::sample(args),
        Command::Table { file } => table::table(file),
    }
}

/// The parser and the analysis need a deep stack on every thread.
fn in_pool<T: Send>(work: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build();
    pool.map_err(|error| format!("cannot start threads: {error}; allow this process more of them"))?.install(work)
}

/// A reader who closes stdout early has seen enough.
fn print(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot write to stdout: {error}")),
        _ => Ok(()),
    }
}
