//! The arguments.
//!
//! In: the words of the command line. Out: [`Command`].

use std::path::PathBuf;

use cargo_conjoin::diagnostic::Confidence;
use clap::{Args, Parser, ValueEnum};

/// Measures the lints on real code that people have read and judged
#[derive(Parser, Debug)]
#[command(name = "scoreboard", version)]
pub(crate) enum Command {
    /// Compare what the linter says with what people said of the same places
    Score(ScoreArgs),
    /// Draw findings from the newest commits of repositories, as Markdown to be read
    Sample(SampleArgs),
    /// Tally a table of verdicts
    Table {
        /// Tab-separated: repository, commit, file, line, confidence, verdict, reason
        file: PathBuf,
    },
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

#[derive(Args, Debug)]
pub(crate) struct SampleArgs {
    #[command(flatten)]
    pub(crate) places: Places,
    /// What decides the draw
    #[arg(long, value_name = "N")]
    pub(crate) seed: u64,
    /// How many findings to draw
    #[arg(long, value_name = "N")]
    pub(crate) count: usize,
    /// At most so many of one repository
    #[arg(long, value_name = "N")]
    pub(crate) per_repo: Option<usize>,
    /// What is at least this sure
    #[arg(long, value_name = "HOW", default_value = "likely")]
    pub(crate) confidence: Sure,
    /// Only this lint
    #[arg(long, value_name = "NAME")]
    pub(crate) lint: Option<String>,
    /// Repositories, OWNER/NAME
    #[arg(required = true, value_name = "REPO")]
    pub(crate) repos: Vec<String>,
}

/// A confidence, as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Sure {
    Proven,
    Likely,
    Possible,
}

impl From<Sure> for Confidence {
    fn from(sure: Sure) -> Confidence {
        match sure {
            Sure::Proven => Confidence::Proven,
            Sure::Likely => Confidence::Likely,
            Sure::Possible => Confidence::Possible,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_is_well_formed() {
        super::Command::command().debug_assert();
    }
}
