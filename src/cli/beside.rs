//! Another command of cargo, whose findings come before ours.
//!
//! In: the words of the command line. Out: [`Beside`], which runs `cargo check` or `cargo clippy` on the same packages and
//! hands on what it says.
//!
//! An editor has room for one command only; with this, that one shows what the compiler says too.
//!
//! Invariant: each line of it stays as it is. Only `build-finished` is kept back, because ours comes at the end.
//! Invariant: what runs is ended when nobody reads it any more.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Write};
use std::process::{Child, Command, Stdio};

use clap::{Arg, ArgMatches, ValueEnum};

use super::Failure;
use crate::report::{Format, Rendered};

/// What of the command line cargo is given too.
const HANDED_ON: [&str; 32] = [
    "package",
    "workspace",
    "exclude",
    "manifest_path",
    "tests",
    "examples",
    "benches",
    "all_targets",
    "jobs",
    "locked",
    "offline",
    "frozen",
    "config",
    "unstable",
    "test",
    "example",
    "bench",
    "lib",
    "bins",
    "bin",
    "keep_going",
    "all_features",
    "no_default_features",
    "features",
    "target",
    "target_dir",
    "profile",
    "release",
    "ignore_rust_version",
    "quiet",
    "verbose",
    "color",
];

/// The commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum With {
    Check,
    Clippy,
}

/// A command that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    command: With,
    words: Vec<OsString>,
}

/// A command that runs.
pub(super) struct Beside {
    command: With,
    child: Child,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing is wrong.
    Well,
    /// It failed, and has said why where its findings go.
    Failed,
    /// It failed before it had anything to say there.
    Silent(With),
}

impl Wanted {
    /// What the words ask for.
    pub(super) fn new(command: With, format: Format, matches: &ArgMatches, known: &clap::Command) -> Wanted {
        let handed_on = known.get_arguments().filter(|arg| HANDED_ON.contains(&arg.get_id().as_str()));
        let mut words: Vec<OsString> = handed_on.flat_map(|arg| words_of(arg, matches)).collect();
        words.extend(format_of(format).map(|format| format!("--message-format={format}").into()));
        Wanted { command, words }
    }

    /// Starts it.
    pub(super) fn start(&self) -> Result<Beside, Failure> {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(program);
        command.arg(self.command.word()).args(&self.words).stdin(Stdio::null()).stdout(Stdio::piped());
        // rust-analyzer sets it for its own runs.
        command.env_remove("CARGO_LOG");
        let child = command.spawn().map_err(|error| Failure {
            message: format!("cannot run cargo: {error}"),
            help: "put cargo on PATH, or leave out `--with`".to_owned(),
        })?;
        Ok(Beside { command: self.command, child })
    }
}

impl Beside {
    /// Hands on what it says until it ends.
    ///
    /// # Errors
    ///
    /// Nobody takes it, or it cannot be read.
    pub(super) fn relay(mut self, out: &mut dyn Write) -> io::Result<End> {
        let mut has_spoken = false;
        if let Some(stdout) = self.child.stdout.take() {
            let mut lines = BufReader::new(stdout);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line)? > 0 {
                if !is_end(&line) {
                    has_spoken = true;
                    out.write_all(&line)?;
                    // An editor shows each as it comes.
                    out.flush()?;
                }
                line.clear();
            }
        }
        Ok(match (self.child.wait()?.success(), has_spoken) {
            (true, _) => End::Well,
            (false, true) => End::Failed,
            (false, false) => End::Silent(self.command),
        })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl With {
    pub(super) fn word(self) -> &'static str {
        match self {
            With::Check => "check",
            With::Clippy => "clippy",
        }
    }
}

/// An option as cargo takes it, as often as it was given.
fn words_of(arg: &Arg, matches: &ArgMatches) -> Vec<OsString> {
    let id = arg.get_id().as_str();
    let name =
        arg.get_long().map_or_else(|| format!("-{}", arg.get_short().unwrap_or_default()), |long| format!("--{long}"));
    if !arg.get_action().takes_values() {
        let count = if id == "verbose" { matches.get_count(id) } else { matches.get_flag(id).into() };
        return std::iter::repeat_n(name.into(), count.into()).collect();
    }
    let glue = if name.starts_with("--") { "=" } else { "" };
    let values = matches.get_raw(id).into_iter().flatten();
    values.map(|value| OsString::from_iter([name.as_ref(), glue.as_ref(), value])).collect()
}

/// Where ours is for a machine, so is cargo's; all others read its own text on stderr.
fn format_of(format: Format) -> Option<&'static str> {
    match format {
        Format::Json { rendered: Rendered::Plain } => Some("json"),
        Format::Json { rendered: Rendered::Ansi } => Some("json-diagnostic-rendered-ansi"),
        Format::Json { rendered: Rendered::Short } => Some("json-diagnostic-short"),
        Format::Short => Some("short"),
        Format::Human | Format::Sarif | Format::Github | Format::Gitlab => None,
    }
}

fn is_end(line: &[u8]) -> bool {
    let reason = |line: &[u8]| serde_json::from_slice::<serde_json::Value>(line).ok()?.get("reason").cloned();
    // A message of the compiler is long; only lines that are short enough are looked into.
    line.len() < 128 && line.starts_with(b"{") && reason(line).is_some_and(|reason| reason == "build-finished")
}
