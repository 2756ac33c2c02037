//! Lines that changed since a revision, staged and unstaged, and files that nobody tracks yet.
//!
//! In: a repository and a revision. Out: [`Changes`], as git tells them.
//!
//! Invariant: where the revision lies on another branch, what counts is where that branch and this one part.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::discover::{Failure, Workspace};
use crate::fix::vcs;
use crate::source::Span;

/// What changed.
#[derive(Debug, Default)]
pub struct Changes {
    root: PathBuf,
    /// By file from the root: its new lines, or nothing where all are new.
    files: HashMap<PathBuf, Option<Vec<RangeInclusive<usize>>>>,
    /// There is no revision yet, so all there is is new.
    is_all: bool,
}

/// Asks git what changed.
///
/// # Errors
///
/// There is no repository, no such revision, or no git.
pub fn changes(repository: Option<&Path>, revision: &str) -> Result<Changes, Failure> {
    let root = repository.ok_or_else(|| Failure {
        message: "no repository to compare with".to_owned(),
        help: "`--since` needs git; leave it out to see everything".to_owned(),
    })?;
    let is_born = git(root, &["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok();
    if !is_born && revision == "HEAD" {
        return Ok(Changes { is_all: true, ..Changes::default() });
    }
    let commit = format!("{revision}^{{commit}}");
    let commit = git(root, &["rev-parse", "--verify", "--end-of-options", &commit])?;
    let parting = git(root, &["merge-base", commit.trim(), "HEAD"]);
    let base = parting.unwrap_or(commit);
    let mut options = vec!["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--relative", "-M", "-U0"];
    // Whatever is configured: text, and no line in a hunk that did not change.
    options.extend(["--text", "--inter-hunk-context=0", "--ignore-submodules=all"]);
    options.extend(["--src-prefix=a/", "--dst-prefix=b/", base.trim(), "--", "*.rs"]);
    let mut files: HashMap<PathBuf, _> = changed_lines(&git(root, &options)?).into_iter().collect();
    let untracked = git(root, &["ls-files", "--others", "--exclude-standard", "-z", "--", "*.rs"])?;
    files.extend(untracked.split('\0').filter(|name| !name.is_empty()).map(|name| (PathBuf::from(name), None)));
    Ok(Changes { root: root.to_owned(), files, is_all: false })
}

impl Changes {
    /// Whether one of the places of a diagnostic changed.
    pub fn touch(&self, workspace: &Workspace, diagnostic: &Diagnostic) -> bool {
        let Some(file) = workspace.files.get(diagnostic.file.0 as usize) else { return true };
        let Some(lines) = file.path.strip_prefix(&self.root).ok().and_then(|name| self.files.get(name)) else {
            return self.is_all;
        };
        let Some(lines) = lines else { return true };
        let is_new = |span: Span| {
            let (first, last) = (file.position(span.start).line, file.position(span.end).line);
            lines.iter().any(|new| *new.start() <= last && first <= *new.end())
        };
        let labels = diagnostic.labels.iter().chain([&diagnostic.primary]);
        labels.map(|label| label.span).any(is_new)
    }
}

fn git(root: &Path, words: &[&str]) -> Result<String, Failure> {
    let mut command = vcs::git(root)?;
    command.args(["-c", "core.quotepath=false"]).args(words);
    let failure = |said: &str| Failure {
        message: format!("git cannot say what changed: {said}"),
        help: format!("make `git {}` work in `{}`", words.join(" "), root.display()),
    };
    let output = command.output().map_err(|error| failure(&error.to_string()))?;
    if !output.status.success() {
        return Err(failure(String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines that a diff without context adds, file by file.
fn changed_lines(diff: &str) -> Vec<(PathBuf, Option<Vec<RangeInclusive<usize>>>)> {
    let mut files: Vec<(PathBuf, Option<Vec<RangeInclusive<usize>>>)> = Vec::new();
    // Lines of a hunk that are still to come: they may look like anything.
    let (mut removed, mut added) = (0, 0);
    for line in diff.lines() {
        match line.as_bytes().first() {
            Some(b'-') if removed > 0 => removed -= 1,
            Some(b'+') if added > 0 => added -= 1,
            _ => {
                if let Some(name) = line.strip_prefix("+++ ") {
                    let name = unquoted(name.trim_end_matches('\t'));
                    files.push((PathBuf::from(name.strip_prefix("b/").unwrap_or(&name)), Some(Vec::new())));
                } else if let Some((before, after)) = hunk(line) {
                    (removed, added) = (before.1, after.1);
                    if let (Some((_, Some(lines))), 1..) = (files.last_mut(), after.1) {
                        lines.push(after.0..=after.0 + after.1 - 1);
                    }
                }
            }
        }
    }
    files
}

/// First line and number of lines, before and after: `@@ -1,2 +3 @@`.
fn hunk(line: &str) -> Option<((usize, usize), (usize, usize))> {
    let mut words = line.strip_prefix("@@ ")?.split(' ');
    let mut range = |sign: char| {
        let word = words.next()?.strip_prefix(sign)?;
        let (first, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((first.parse().ok()?, count.parse().ok()?))
    };
    Some((range('-')?, range('+')?))
}

/// Git puts names with odd characters into quotes, and writes those as C does.
fn unquoted(name: &str) -> String {
    let Some(inside) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else { return name.to_owned() };
    let mut bytes = Vec::new();
    let mut rest = inside.bytes();
    while let Some(byte) = rest.next() {
        match (byte, if byte == b'\\' { rest.next() } else { None }) {
            (_, Some(b'n')) => bytes.push(b'\n'),
            (_, Some(b't')) => bytes.push(b'\t'),
            (_, Some(digit @ b'0'..=b'3')) => {
                let digits = [Some(digit), rest.next(), rest.next()].into_iter().flatten();
                bytes
                    .push(digits.fold(0_u8, |byte, digit| byte.wrapping_mul(8).wrapping_add(digit.wrapping_sub(b'0'))));
            }
            (_, Some(escaped)) => bytes.push(escaped),
            (byte, None) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_diff_are_those_it_adds() {
        let diff = "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -1 +1,2 @@ fn f() {\n-x\n++++ y\n+@@ -9 +9 @@\n\
                    @@ -7,2 +8,0 @@\n--- z\n-z\n--- a/b c.rs\n+++ b/b c.rs\t\n@@ -0,0 +5 @@\n+a\n";
        let lines = changed_lines(diff);
        assert_eq!(lines, [("a.rs".into(), Some(vec![1..=2])), ("b c.rs".into(), Some(vec![5..=5]))]);
    }

    #[test]
    fn quoted_names_are_read() {
        assert_eq!(unquoted("b/a b.rs"), "b/a b.rs");
        assert_eq!(unquoted("\"b/\\303\\244\\t\\\"x.rs\""), "b/ä\t\"x.rs");
    }
}
