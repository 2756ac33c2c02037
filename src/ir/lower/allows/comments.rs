//! The line comments between tokens that speak to this tool, what they say, and what they are about.
//!
//! In: a text. Out: [`Comment`]s; the lints of one; the range that it is about.

use super::{Node, NodeKind, name};
use crate::ir::Name;
use crate::parse::lexemes::lexemes;
use crate::source::Span;

/// A line comment that speaks to this tool.
pub(super) struct Comment<'t> {
    pub(super) span: Span,
    /// What stands behind `conjoin:`.
    pub(super) words: &'t str,
    is_behind_code: bool,
    is_inner: bool,
    /// The first token below.
    next: u32,
}

impl Comment<'_> {
    /// What it is about; nothing for the whole file.
    pub(super) fn covers(&self, text: &str, nodes: &[Node]) -> Option<Span> {
        let line = |at: u32| {
            let at = at as usize;
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            Span::new(start, at + text[at..].find('\n').unwrap_or(text.len() - at))
        };
        if self.is_inner {
            let around = nodes.iter().filter(|node| node.kind == NodeKind::Module && node.span.contains(self.span));
            return around.map(|node| node.span).min_by_key(|span| span.len());
        }
        if self.is_behind_code {
            let line = line(self.span.start);
            let ends_here = |node: &&Node| {
                node.kind == NodeKind::Statement && (line.start..=self.span.start).contains(&node.span.end)
            };
            return Some(nodes.iter().filter(ends_here).fold(line, |covers, node| covers.to(node.span)));
        }
        let begins = |node: &&Node| (node.span.start..=node.head).contains(&self.next);
        let begun = nodes.iter().filter(begins).map(|node| node.span).max_by_key(|span| span.len());
        Some(begun.unwrap_or_else(|| line(self.next)))
    }
}

/// The line comments between tokens that speak to this tool.
pub(super) fn comments(text: &str, offset: usize) -> Vec<Comment<'_>> {
    let mut found = Vec::new();
    let mut at = offset;
    let code = text.get(offset..).unwrap_or_default();
    let tokens = lexemes(code).map(|token| (offset + token.start, offset + token.end));
    for (start, end) in tokens.chain([(text.len(), text.len())]) {
        if text[at..start].contains("conjoin:") {
            between(text, at, start, &mut found);
        }
        at = end;
    }
    found
}

/// Those between two tokens.
fn between<'t>(text: &'t str, mut at: usize, end: usize, found: &mut Vec<Comment<'t>>) {
    let next = Span::new(end, end).start;
    while let Some(slash) = text[at..end].find('/') {
        let start = at + slash;
        if text[start..end].starts_with("/*") {
            at = start + block_len(&text[start..end]);
            continue;
        }
        let stop = text[start..end].find('\n').map_or(end, |newline| start + newline);
        let line = text[start..stop].trim_end();
        let is_inner = line.starts_with("//!");
        let words = line.trim_start_matches('/').trim_start_matches('!').trim().strip_prefix("conjoin:").map(str::trim);
        if let Some(words) = words {
            let begin = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
            let is_behind_code = !text[begin..start].trim_start_matches('\u{feff}').trim().is_empty();
            let span = Span::new(start, start + line.len());
            found.push(Comment { span, words, is_behind_code, is_inner, next });
        }
        at = stop;
    }
}

/// The length of the block comment that a text begins with; they nest.
fn block_len(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The lints of `allow(a, b)`, and whether a reason stands behind ` -- `; `None` where something else is said.
pub(super) fn read(words: &str) -> Option<Result<(Vec<Name>, bool), ()>> {
    let (word, rest) = words.split_once('(')?;
    if word.trim() != "allow" {
        // A slip of the pen, rather than prose with a parenthesis in it.
        let is_near = word.trim().len() < 8 && strsim::damerau_levenshtein(word.trim(), "allow") <= 2;
        return is_near.then_some(Err(()));
    }
    let Some((lints, behind)) = rest.split_once(')') else { return Some(Err(())) };
    let lints: Vec<Name> = lints.split(',').map(str::trim).filter(|lint| !lint.is_empty()).map(name).collect();
    let reason = match behind.trim() {
        "" => Some(""),
        behind => behind.strip_prefix("--").map(str::trim),
    };
    Some(match reason {
        Some(reason) if !lints.is_empty() => Ok((lints, !reason.is_empty())),
        _ => Err(()),
    })
}
