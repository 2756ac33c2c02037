//! What a shell and `man` know of the command, made from the same words as its help.
//!
//! In: the command as `clap` has it. Out: completions for a shell, or a page in roff.

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// Completions for a shell.
pub(super) fn completions(command: Command, shell: Shell) -> String {
    let mut bytes = Vec::new();
    // Shells complete the program's own name; what stands behind `cargo` is up to cargo.
    clap_complete::generate(shell, &mut command.bin_name("cargo-conjoin"), "cargo-conjoin", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The manual page.
pub(super) fn man(command: Command) -> String {
    let mut bytes = Vec::new();
    let page = Man::new(command.name("cargo-conjoin").bin_name("cargo conjoin")).section("1");
    // A vector takes everything.
    drop(page.render(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}
