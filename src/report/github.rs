//! GitHub's workflow commands, which it shows as annotations of a change.
//!
//! In: a [`Report`]. Out: a line for each diagnostic, and one more where GitHub will not show them all.
//! Invariant: every line is escaped as `@actions/core` does it, so that nothing in it begins another command.

use std::io::{self, Write};

use super::known::{Known, known, rule};
use super::text::count;
use super::{Report, Style, clean, rewritten};
use crate::diagnostic::{Diagnostic, Level};
use crate::source::SourceFile;

/// GitHub shows so many annotations of each kind for one step, and does not say that there were more.
const MOST_SHOWN: usize = 10;

/// Writes all lines.
pub(super) fn write(out: &mut dyn Write, report: &Report<'_>, style: Style) -> io::Result<()> {
    let style = Style { color: false, unicode: true, ..style };
    let known = known(report);
    for known in &known {
        writeln!(out, "{}", annotation(known, style))?;
    }
    for level in [Level::Deny, Level::Warn] {
        let all = known.iter().filter(|known| known.diagnostic.level == level).count();
        if all > MOST_SHOWN {
            let what = count(all, kind(level));
            let told = format!(
                "{what}, of which GitHub shows the first {MOST_SHOWN} as annotations; all are in the log of this step, and \
                 `--message-format sarif` uploads them all"
            );
            writeln!(out, "::notice title=conjoin::{}", message(&told))?;
        }
    }
    Ok(())
}

fn annotation(known: &Known<'_>, style: Style) -> String {
    let Known { diagnostic, file, path, .. } = known;
    let path = clean(path, style);
    let (start, end) = (file.position(diagnostic.primary.span.start), file.position(diagnostic.primary.span.end));
    let mut properties = vec![
        ("title", format!("conjoin ({})", rule(diagnostic))),
        ("file", path.to_string()),
        ("line", start.line.to_string()),
        ("endLine", end.line.to_string()),
    ];
    // Columns of two lines are refused.
    if start.line == end.line {
        properties.extend([("col", start.column.to_string()), ("endColumn", end.column.to_string())]);
    }
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    let place = format!("{path}:{}:{}", start.line, start.column);
    let text = format!("{place}: {}{}", clean(&diagnostic.message, style), advice(diagnostic, file, style));
    format!("::{} {}::{}", kind(diagnostic.level), properties.join(","), message(&text))
}

/// What to write instead, below the message.
fn advice(diagnostic: &Diagnostic, file: &SourceFile, style: Style) -> String {
    let Some(fix) = &diagnostic.fix else { return String::new() };
    let lines = rewritten::lines(fix, file, style).into_iter().map(|line| format!("\n{line}"));
    format!("\n\nhelp: {}:\n{}", clean(&fix.title, style), lines.collect::<String>())
}

fn kind(level: Level) -> &'static str {
    if level == Level::Deny { "error" } else { "warning" }
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
