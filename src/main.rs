//! Arguments, run, exit code; or the compiler's place, when cargo calls it there.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    match cargo_conjoin::verify::wrapper::stand_in(&arguments) {
        Some(code) => ExitCode::from(code),
        None => cargo_conjoin::cli::run(arguments),
    }
}
