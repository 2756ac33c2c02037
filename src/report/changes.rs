//! What is changed, and what is kept back.
//!
//! In: what [`fix`](crate::fix) did. Out: text for stderr, and diffs for stdout.

use super::text::{Style, clean, count};
use crate::diagnostic::Level;
use crate::discover::Workspace;
use crate::fix::diff::unified;
use crate::fix::{Changed, Fixed};

/// One line for each changed file and each rewrite that was kept back; a line that adds them up.
pub fn changes(workspace: &Workspace, fixed: &Fixed, is_written: bool, style: Style) -> String {
    let name = |changed: &Changed| clean(&workspace.files[changed.file.0 as usize].name, style);
    let verb = if is_written { "fixed" } else { "would fix" };
    let written = fixed.changed.iter().map(|changed| {
        let fixes = count(changed.fixes, "join");
        format!("{} {verb} {} ({fixes})", style.good("conjoin:"), name(changed))
    });
    let kept_back = fixed.kept_back.iter().map(|kept| {
        let head = style.level(Level::Warn, "conjoin:");
        format!("{head} kept back {}:{}\n  {}", clean(&kept.file, style), kept.line, clean(&kept.why, style))
    });
    let joins: usize = fixed.changed.iter().map(|changed| changed.fixes).sum();
    let kept = match fixed.kept_back.len() {
        0 => String::new(),
        kept => format!(", {kept} kept back"),
    };
    let in_files = match fixed.changed.len() {
        0 => String::new(),
        files => format!(" in {}", count(files, "file")),
    };
    // Behind what was written, the report of what is left follows.
    let left = match fixed.outcome.diagnostics.len().saturating_sub(fixed.kept_back.len()) {
        left if left > 0 && !is_written => {
            format!("; no rewrite for {}, and a report says why", count(left, "finding"))
        }
        _ => String::new(),
    };
    let total = format!("{} {verb} {}{in_files}{kept}{left}", style.good("conjoin:"), count(joins, "join"));
    written.chain(kept_back).chain([total]).collect::<Vec<_>>().join("\n")
}

/// A unified diff of one file. For a terminal it is cleaned and, where that is wanted, in colour; a program gets its bytes.
pub fn diff(name: &str, before: &str, after: &str, is_terminal: bool, style: Style) -> String {
    let diff = unified(name, before, after);
    let line = |line: &str| {
        let shown = if is_terminal { clean(line, style) } else { line.into() };
        match line.as_bytes().first() {
            Some(b'+') => style.added(&shown),
            Some(b'-') => style.removed(&shown),
            _ => shown.into_owned(),
        }
    };
    diff.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// What is being done now.
pub fn status(what: &str, style: Style) -> String {
    format!("{} {what} …", style.quiet("conjoin:"))
}
