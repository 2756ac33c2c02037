//! Arguments, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_conjoin::cli::run(std::env::args_os().collect())
}
