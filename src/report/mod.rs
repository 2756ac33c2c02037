//! Diagnostics to text, for people, editors and CI.
//!
//! In: a [`Report`] and a [`Format`]. Out: bytes on a writer.
//! Invariant: a report is the same for the same input; only [`summary`] knows the time.
//! Invariant: no control character of a source text or path reaches a terminal; JSON carries them escaped.

mod changes;
mod escaped;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod known;
mod remarks;
mod rewritten;
mod sarif;
mod short;
mod snippet;
mod text;
mod timeline;
mod why;

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Level};
use crate::discover::Workspace;
use crate::source::{Problem, SourceFile};

pub use changes::{changes, diff, status};
pub use html::html;
pub use remarks::remarks;
pub use text::{Style, clean};
pub use why::why;

/// Everything there is to say after a run.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was looked at.
    pub workspace: &'a Workspace,
    /// The packages that were reported on, as indices into the workspace's packages.
    pub packages: &'a [usize],
    /// The root of the repository that holds it all. What is read beside a change counts its files from there.
    pub repository: Option<&'a Path>,
    /// What was found.
    pub diagnostics: &'a [Diagnostic],
    /// How many more there are that are old.
    pub old: usize,
    /// Whether cargo, whose own messages stand in front, could build it; nothing where it was not asked to.
    pub built: Option<bool>,
    /// How many files were reported on.
    pub files: usize,
    /// How many lines they have.
    pub lines: usize,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: snippets, timelines, the code to write.
    Human,
    /// One line each.
    Short,
    /// Cargo's own JSON lines, for editors and for `rustfix`.
    Json {
        /// What the `rendered` field holds.
        rendered: Rendered,
    },
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub's workflow commands, which become annotations.
    Github,
    /// GitLab's code quality report.
    Gitlab,
}

/// The human text inside JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// As [`Format::Human`], without colour.
    Plain,
    /// As [`Format::Human`], in colour.
    Ansi,
    /// As [`Format::Short`].
    Short,
}

/// Writes a report.
///
/// # Errors
///
/// The writer fails.
pub fn write(out: &mut dyn Write, report: &Report<'_>, format: Format, style: Style) -> io::Result<()> {
    match format {
        Format::Human => {
            for (diagnostic, file) in located(report) {
                writeln!(out, "{}", human::render(diagnostic, file, style))?;
            }
            Ok(())
        }
        Format::Short => {
            for (diagnostic, file) in located(report) {
                writeln!(out, "{}", short::render(diagnostic, file, style))?;
            }
            Ok(())
        }
        Format::Json { rendered } => json::write(out, report, rendered, style),
        Format::Sarif => sarif::write(out, report),
        Format::Github => github::write(out, report, style),
        Format::Gitlab => gitlab::write(out, report),
    }
}

/// A file that could not be read or parsed, as a warning of one or more lines.
pub fn problem(problem: &Problem, style: Style) -> String {
    let place = problem.place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
    let head = style.level(Level::Warn, "warning:");
    let mut text = format!("{head} {}{place} {}", clean(&problem.file, style), clean(&problem.message, style));
    if let Some(help) = &problem.help {
        text.push_str(&format!("\n  {} {}", style.quiet("help:"), clean(help, style)));
    }
    text
}

/// The last words: what was found, what it costs, what was looked at, how long it took.
pub fn summary(report: &Report<'_>, elapsed: Duration, style: Style) -> String {
    let looked = format!(
        "{} and {} in {:.2} s",
        text::count(report.files, "file"),
        text::count(report.lines, "line"),
        elapsed.as_secs_f64()
    );
    if report.files == 0 {
        let head = style.level(Level::Warn, "conjoin:");
        let help = "tests, examples, benches, build scripts and packages for tests are left out; `--all-targets` looks at them";
        return format!("{head} no file was looked at\n  {} {help}", style.quiet("help:"));
    }
    if report.diagnostics.is_empty() {
        let nothing = match report.old {
            0 => "nothing waits without need".to_owned(),
            old => format!("nothing new waits without need, {old} older left out"),
        };
        return format!("{} {nothing}; {looked}", style.good("conjoin:"));
    }
    let timelines = || report.diagnostics.iter().filter_map(|diagnostic| diagnostic.timeline.as_ref());
    let before: usize = timelines().map(|timeline| timeline.before).sum();
    let saved: usize = timelines().map(|timeline| timeline.before.saturating_sub(timeline.after)).sum();
    let found = text::count(report.diagnostics.len(), "diagnostic");
    let head = style.level(loudest(report.diagnostics), "conjoin:");
    let trips = match saved {
        0 => String::new(),
        _ => format!(", {} of {} could be saved", saved, text::count(before, "round trip")),
    };
    let old = if report.old == 0 { String::new() } else { format!(", {} older left out", report.old) };
    let mut names: Vec<&str> = report.diagnostics.iter().map(|diagnostic| diagnostic.lint).collect();
    names.sort_unstable();
    names.dedup();
    let explain = names
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| format!("\n  {} `cargo conjoin --explain {name}` says more about it", style.quiet("help:")));
    format!("{head} {found}{old}{trips}; {looked}{}", explain.collect::<String>())
}

fn loudest(diagnostics: &[Diagnostic]) -> Level {
    diagnostics.iter().map(|diagnostic| diagnostic.level).max().unwrap_or(Level::Warn)
}

/// Each diagnostic with its file. One about a file that is not in the workspace has no place to show.
fn located<'a>(report: &Report<'a>) -> impl Iterator<Item = (&'a Diagnostic, &'a SourceFile)> + use<'a> {
    let files = &report.workspace.files;
    report.diagnostics.iter().filter_map(|diagnostic| Some((diagnostic, files.get(diagnostic.file.0 as usize)?)))
}

/// `conjoin::sequential_await`; nothing when the tool itself speaks.
fn code(diagnostic: &Diagnostic) -> Option<String> {
    (!diagnostic.lint.is_empty()).then(|| format!("conjoin::{}", diagnostic.lint))
}

/// A word and what it introduces; further lines stand a little to the right, so that the next item is seen.
fn item(word: &str, text: &str, style: Style) -> Vec<String> {
    const INDENT: usize = 9;
    const HANG: usize = 2;
    let lines = text::wrap(text, style.width.saturating_sub(INDENT + HANG).max(24));
    let line = |(index, line): (usize, String)| match index {
        0 => format!("  {}{}{line}", style.quiet(word), " ".repeat(INDENT.saturating_sub(2 + word.len()))),
        _ => format!("{}{line}", " ".repeat(INDENT + HANG)),
    };
    lines.into_iter().enumerate().map(line).collect()
}
