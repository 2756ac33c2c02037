//! Where the words go: findings to stdout or a file, the rest to stderr.
//!
//! In: the arguments and the environment. Out: text on the two streams, in colour where that is wanted.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use terminal_size::{Width, terminal_size_of};

use super::args::{Args, When};
use super::{Failure, NOTHING_TO_SAY};
use crate::diagnostic::Level;
use crate::report::{self, Style, clean};
use crate::source::Problem;

/// Prose is hard to follow in longer lines.
const WIDEST: usize = 120;
const NARROWEST: usize = 40;
/// What people have who did not say otherwise.
const USUAL_WIDTH: usize = 80;

/// The two streams, and what they can show.
pub(super) struct Output {
    file: Option<PathBuf>,
    /// Whether people read the findings.
    pub(super) is_terminal: bool,
    style: Style,
    pub(super) error_style: Style,
}

impl Output {
    pub(super) fn new(args: &Args) -> Output {
        let environment = |name: &str| std::env::var(name).ok();
        let unicode = shows_unicode(environment);
        let style = |is_terminal, size: Option<(Width, _)>| Style {
            color: wants_color(args.color, is_terminal, environment),
            unicode,
            width: columns(size.map(|(Width(columns), _)| columns.into()), environment),
        };
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let is_terminal = stdout.is_terminal() && args.output.is_none();
        Output {
            file: args.output.clone(),
            is_terminal,
            style: style(is_terminal, terminal_size_of(&stdout)),
            error_style: style(stderr.is_terminal(), terminal_size_of(&stderr)),
        }
    }

    /// Writes findings; `code` unless the reader has gone away.
    pub(super) fn write(
        &self,
        code: u8,
        write: impl FnOnce(&mut dyn Write, Style) -> io::Result<()>,
    ) -> Result<u8, Failure> {
        let choice = if self.style.color { ColorChoice::Always } else { ColorChoice::Never };
        let written = match &self.file {
            Some(path) => File::create(path).and_then(|file| self.fill(file, write)),
            None => self.fill(AutoStream::new(io::stdout().lock(), choice), write),
        };
        match written {
            Ok(()) => Ok(code),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(NOTHING_TO_SAY),
            Err(error) => Err(self.unwritable(&error)),
        }
    }

    /// Writes a text as it is.
    pub(super) fn print(&self, text: &str) -> Result<u8, Failure> {
        self.write(NOTHING_TO_SAY, |out, _| {
            out.write_all(text.as_bytes())?;
            if text.is_empty() || text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") }
        })
    }

    /// The text of others, so that no terminal obeys it.
    pub(super) fn clean_lines(&self, text: &str) -> String {
        text.split('\n').map(|line| clean(line, self.style)).collect::<Vec<_>>().join("\n")
    }

    /// Says something on stderr. Nobody can be told when that fails.
    pub(super) fn say(&self, text: &str) {
        let choice = if self.error_style.color { ColorChoice::Always } else { ColorChoice::Never };
        drop(writeln!(AutoStream::new(io::stderr().lock(), choice), "{text}"));
    }

    pub(super) fn problem(&self, problem: &Problem) {
        self.say(&report::problem(problem, self.error_style));
    }

    pub(super) fn note(&self, remark: &str) {
        self.say_lines(&self.error_style.quiet("note:"), remark);
    }

    pub(super) fn failure(&self, failure: &Failure) {
        self.say_lines(&self.error_style.level(Level::Deny, "error:"), &failure.message);
        self.say_lines(&format!("  {}", self.error_style.quiet("help:")), &failure.help);
    }

    fn say_lines(&self, head: &str, text: &str) {
        let mut lines = text.lines().map(|line| clean(line, self.error_style));
        self.say(&format!("{head} {}", lines.next().unwrap_or_default()));
        lines.for_each(|line| self.say(format!("  {line}").trim_end()));
    }

    fn fill(&self, out: impl Write, write: impl FnOnce(&mut dyn Write, Style) -> io::Result<()>) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        write(&mut out, self.style)?;
        out.flush()
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        let place = self.file.as_ref().map_or("stdout".to_owned(), |path| format!("`{}`", path.display()));
        Failure {
            message: format!("cannot write the findings to {place}: {error}"),
            help: "check that the folder exists and has room".to_owned(),
        }
    }
}

/// Says what clap has to say of the words. Where it repeats some that a terminal obeys (the shell puts names of files
/// there), it does so plainly.
pub(super) fn refuse(error: &clap::Error) -> io::Result<()> {
    let text = error.render().to_string();
    let plain = Style { color: false, unicode: true, width: WIDEST };
    let cleaned: Vec<_> = text.lines().map(|line| clean(line, plain)).collect();
    if cleaned.iter().all(|line| matches!(line, std::borrow::Cow::Borrowed(_))) {
        return error.print();
    }
    writeln!(io::stderr().lock(), "{}", cleaned.join("\n"))
}

/// `--color` wins, then cargo's own variable, then those that many tools share.
fn wants_color(when: Option<When>, is_terminal: bool, environment: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
    let cargo = || {
        environment("CARGO_TERM_COLOR").and_then(|value| match value.as_str() {
            "always" => Some(When::Always),
            "never" => Some(When::Never),
            _ => None,
        })
    };
    match when.or_else(cargo) {
        Some(When::Always) => true,
        Some(When::Never) => false,
        _ if is_set("NO_COLOR") => false,
        _ if environment("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") => true,
        _ => is_terminal && environment("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// Line drawing is shown unless the locale names another character set or the terminal is known to have none.
fn shows_unicode(environment: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(&environment).find(|value| !value.is_empty());
    let is_utf8 = |locale: String| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    };
    let is_plain = environment("TERM").is_some_and(|term| term == "dumb" || term == "linux");
    !is_plain && locale.is_none_or(is_utf8)
}

fn columns(terminal: Option<usize>, environment: impl Fn(&str) -> Option<String>) -> usize {
    let told = || environment("COLUMNS").and_then(|columns| columns.parse().ok());
    terminal.or_else(told).unwrap_or(USUAL_WIDTH).clamp(NARROWEST, WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + Copy + use<'a> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn the_nearest_word_about_colour_wins() {
        let color = |when, is_terminal, pairs: &[_]| wants_color(when, is_terminal, environment(pairs));
        assert!(color(None, true, &[]));
        assert!(!color(None, false, &[]));
        assert!(!color(None, true, &[("NO_COLOR", "1")]));
        assert!(color(None, true, &[("NO_COLOR", "")]));
        assert!(color(None, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!color(None, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(color(None, false, &[("NO_COLOR", "1"), ("CARGO_TERM_COLOR", "always")]));
        assert!(!color(Some(When::Never), true, &[("CARGO_TERM_COLOR", "always")]));
        assert!(color(Some(When::Always), false, &[("NO_COLOR", "1"), ("CARGO_TERM_COLOR", "never")]));
        assert!(!color(None, true, &[("TERM", "dumb")]));
    }

    #[test]
    fn line_drawing_needs_a_locale_that_does_not_deny_it() {
        let unicode = |pairs: &[_]| shows_unicode(environment(pairs));
        assert!(unicode(&[]));
        assert!(unicode(&[("LANG", "de_DE.UTF-8"), ("TERM", "xterm")]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]));
        assert!(!unicode(&[("TERM", "linux")]));
    }
}
