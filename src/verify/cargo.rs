//! One run of `cargo check`.
//!
//! In: the packages, and a forest to read them from. Out: what the compiler complains of, as [`Finding`]s.
//!
//! Invariant: cargo runs where the user runs it and with the user's environment, so that toolchain, flags and
//! configuration are theirs. Only the workspace wrapper is ours.

use std::ffi::OsString;
use std::io::{BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel, DiagnosticSpan};
use cargo_metadata::{CompilerMessage, Message};

use super::forest::Forest;
use super::wrapper::{FOREST, INNER};
use crate::discover::{Failure, absolute};

/// How cargo is asked.
#[derive(Debug)]
pub(super) struct Cargo<'a> {
    /// Where the user stands.
    pub(super) directory: &'a Path,
    /// This program, for the compiler's place.
    pub(super) program: &'a Path,
    /// The folder of the workspace, which names in messages are relative to.
    pub(super) root: &'a Path,
    /// Package ids.
    pub(super) packages: Vec<&'a str>,
    /// `--features`, `--offline` and the like.
    pub(super) options: &'a [String],
    /// Where it puts what it builds.
    pub(super) target_directory: &'a Path,
    /// Whether the user sees what cargo does in the first run, the long one.
    pub(super) is_shown: bool,
    /// Set when the user has had enough.
    pub(super) is_stopped: &'a AtomicBool,
}

/// Which targets are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Targets {
    /// Libraries and programs.
    Usual,
    /// Tests, examples and benches too.
    All,
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) unit: Unit,
    pub(super) is_error: bool,
    /// `E0382`, or the name of a lint.
    pub(super) code: Option<String>,
    pub(super) message: String,
    /// Where, the most telling places first.
    pub(super) places: Vec<Place>,
}

/// A target of a package; its tests are part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unit {
    pub(super) package: String,
    pub(super) target: String,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) rank: Rank,
    /// The path in the real tree.
    pub(super) file: PathBuf,
    /// Bytes of the text that was compiled.
    pub(super) range: Range<usize>,
}

/// How much a place says about who is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The compiler points at it.
    Primary,
    /// It belongs to it.
    Label,
    /// A note behind it.
    Note,
}

impl Cargo<'_> {
    /// Checks the packages, in the forest where there is one.
    ///
    /// # Errors
    ///
    /// Cargo does not run, fails before it compiles anything, or the user stops it.
    pub(super) fn check(&self, targets: Targets, forest: Option<&Forest>) -> Result<Vec<Finding>, Failure> {
        let mut child = self.command(targets, forest).spawn().map_err(|error| cannot_run(&error))?;
        let complaints = child.stderr.take().map(collect);
        let messages = child.stdout.take().map(read);
        let (findings, has_built) = self.findings(&mut child, messages, forest)?;
        let status = child.wait().map_err(|error| cannot_run(&error))?;
        if self.is_stopped.load(Ordering::Relaxed) {
            return Err(stopped());
        }
        // Where a build script fails, the packages behind it are not seen, and the others are.
        if !status.success() && !has_built && !findings.iter().any(|finding| finding.is_error) {
            let said = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
            return Err(Failure {
                message: format!("cargo cannot check the rewrites\n{}", complaint(&said)),
                help:
                    "make `cargo check --all-targets` work, or leave out the packages it stops at; nothing was changed"
                        .to_owned(),
            });
        }
        Ok(findings)
    }

    fn command(&self, targets: Targets, forest: Option<&Forest>) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.directory).args(["check", "--keep-going", "--message-format", "json"]);
        if targets == Targets::All {
            command.arg("--all-targets");
        }
        command.arg("--manifest-path").arg(self.root.join("Cargo.toml"));
        command.args(self.packages.iter().flat_map(|package| ["-p", package])).args(self.options);
        if !self.is_shown {
            command.env("CARGO_TERM_COLOR", "never");
        }
        command.env("CARGO_TARGET_DIR", self.target_directory);
        command.env_remove("CARGO_LOG").env_remove("RUSTC_WORKSPACE_WRAPPER");
        let stderr = if self.is_shown && forest.is_none() { Stdio::inherit() } else { Stdio::piped() };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        if let Some(forest) = forest {
            if let Some(inner) = std::env::var_os("RUSTC_WORKSPACE_WRAPPER").filter(|inner| !inner.is_empty()) {
                command.env(INNER, inner);
            }
            command.env("RUSTC_WORKSPACE_WRAPPER", self.program).env(FOREST, forest.root());
        }
        command
    }

    fn findings(
        &self,
        child: &mut Child,
        messages: Option<Receiver<Message>>,
        forest: Option<&Forest>,
    ) -> Result<(Vec<Finding>, bool), Failure> {
        const PATIENCE: Duration = Duration::from_millis(100);
        let (mut found, mut has_built) = (Vec::new(), false);
        let Some(messages) = messages else { return Ok((found, has_built)) };
        loop {
            if self.is_stopped.load(Ordering::Relaxed) {
                // It may have ended by itself.
                drop(child.kill());
                drop(child.wait());
                return Err(stopped());
            }
            match messages.recv_timeout(PATIENCE) {
                Ok(Message::CompilerMessage(message)) => found.extend(self.finding(&message, forest)),
                Ok(message) => has_built |= matches!(message, Message::BuildFinished(_)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok((found, has_built)),
            }
        }
    }

    /// A message of the compiler; `None` for what only counts others.
    fn finding(&self, message: &CompilerMessage, forest: Option<&Forest>) -> Option<Finding> {
        let Diagnostic { message: text, code, level, spans, children, .. } = &message.message;
        let is_error = matches!(level, DiagnosticLevel::Error | DiagnosticLevel::Ice);
        let is_count = spans.is_empty()
            && (text.starts_with("aborting due to")
                || text.contains("warning emitted")
                || text.contains("warnings emitted"));
        if is_count || !(is_error || *level == DiagnosticLevel::Warning) {
            return None;
        }
        let mut places = Vec::new();
        for span in spans {
            let rank = if span.is_primary { Rank::Primary } else { Rank::Label };
            self.place(span, rank, forest, &mut places);
        }
        for span in children.iter().flat_map(|child| &child.spans) {
            self.place(span, Rank::Note, forest, &mut places);
        }
        places.sort_by_key(|place| place.rank);
        Some(Finding {
            unit: Unit { package: message.package_id.repr.clone(), target: message.target.name.clone() },
            is_error,
            code: code.as_ref().map(|code| code.code.clone()),
            message: text.clone(),
            places,
        })
    }

    /// A place, and the places where the macro that it lies in was called.
    fn place(&self, span: &DiagnosticSpan, rank: Rank, forest: Option<&Forest>, places: &mut Vec<Place>) {
        let path = absolute(self.root, Path::new(&span.file_name));
        let file = forest.map_or_else(|| path.clone(), |forest| forest.original(&path));
        places.push(Place { rank, file, range: span.byte_start as usize..span.byte_end as usize });
        if let Some(expansion) = &span.expansion {
            self.place(&expansion.span, rank, forest, places);
        }
    }
}

/// The cargo that runs us, or the one on the path.
fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn read(stdout: ChildStdout) -> Receiver<Message> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for message in Message::parse_stream(BufReader::new(stdout)).map_while(Result::ok) {
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}

fn collect(mut stderr: ChildStderr) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut said = Vec::new();
        // What could be read is worth showing.
        drop(stderr.read_to_end(&mut said));
        String::from_utf8_lossy(&said).into_owned()
    })
}

/// What cargo complains of, without what it says of its work.
fn complaint(said: &str) -> String {
    const MOST: usize = 12;
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.iter().position(|line| line.starts_with("error")).unwrap_or(lines.len().saturating_sub(MOST));
    lines[first..].iter().take(MOST).copied().collect::<Vec<_>>().join("\n")
}

fn cannot_run(error: &std::io::Error) -> Failure {
    Failure {
        message: format!("cannot run cargo: {error}"),
        help: "put cargo on PATH; rewrites are compiled before they are kept".to_owned(),
    }
}

fn stopped() -> Failure {
    Failure { message: "stopped".to_owned(), help: "nothing was changed".to_owned() }
}
