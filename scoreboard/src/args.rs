//! The arguments.
//!
//! In: the words of the command line. Out: [`Command`].

use std::path::PathBuf;

use clap::{Args, Parser};

/// Measures the lints on real code that people have read and judged
#[derive(Parser, Debug)]
#[command(name = "scoreboard", version)]
pub(crate) enum Command {
    /// Compare what the linter says with what people said of the same places
    Score(ScoreArgs),
}

/// Where sources come from and go to.
#[derive(Args, Debug)]
pub(crate) struct Places {
    /// Folder with the git directories: OWNER+NAME/repo
    #[arg(long, value_name = "DIR")]
    pub(crate) mirror: PathBuf,
    /// Folder that the Rust files of a commit are written to once: OWNER+NAME/COMMIT
    #[arg(long, value_name = "DIR")]
    pub(crate) trees: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ScoreArgs {
    /// Folder with the labelled places
    #[arg(long, value_name = "DIR")]
    pub(crate) corpus: PathBuf,
    #[command(flatten)]
    pub(crate) places: Places,
    /// Write every row with its answer, and the figures, to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// List every miss and every wrong report with its evidence
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_is_well_formed() {
        super::Command::command().debug_assert();
    }
}
