//! The names in text that is not parsed.
//!
//! In: a range of the file. Out: the locals it may name, as identifiers or in format strings, and its words.

use crate::ir::lower::body::BodyContext;
use crate::ir::{LocalId, Name};
use crate::parse::lexemes::{Kind, lexemes, string_contents};
use crate::source::Span;

/// What some tokens mention.
#[derive(Default)]
pub(super) struct Mentions {
    /// Locals in scope that they may name, each once.
    pub(super) captures: Vec<LocalId>,
    /// Every identifier and keyword, each once, sorted.
    pub(super) words: Vec<Name>,
}

/// Collects what the text of a range mentions.
pub(super) fn mentions(ctx: &BodyContext<'_, '_>, span: Span) -> Mentions {
    let text = ctx.file.places.text(span);
    let mut captures = Vec::new();
    let mut words = Vec::new();
    for lexeme in lexemes(text) {
        let token = &text[lexeme.range()];
        match lexeme.kind {
            Kind::Word if token == "_" => {}
            Kind::Word => words.push(token.strip_prefix("r#").unwrap_or(token)),
            Kind::Text => capture(ctx, token, &mut captures),
            _ => {}
        }
    }
    words.sort_unstable();
    words.dedup();
    for word in &words {
        add(ctx, word, &mut captures);
    }
    Mentions { captures, words: words.into_iter().map(Name::new).collect() }
}

/// Adds the locals that a string literal captures when it is a format string.
pub(super) fn capture(ctx: &BodyContext<'_, '_>, literal: &str, captures: &mut Vec<LocalId>) {
    let (contents, is_raw) = string_contents(literal);
    let mut rest = contents;
    while let Some(at) = rest.find(['{', '\\']) {
        let inside = &rest[at + 1..];
        rest = match (rest.as_bytes()[at], inside.as_bytes().first()) {
            (b'\\', _) if is_raw => inside,
            (b'\\', Some(b'u')) => inside.split_once('}').map_or("", |(_, rest)| rest),
            (b'\\', _) => inside.get(1..).unwrap_or(inside),
            (_, Some(b'{')) => &inside[1..],
            _ => {
                let (argument, rest) = inside.split_once('}').unwrap_or_default();
                argument_names(argument).for_each(|name| add(ctx, name, captures));
                rest
            }
        };
    }
}

/// The names in a format argument: the one before the colon, and width and precision behind it.
fn argument_names(argument: &str) -> impl Iterator<Item = &str> {
    let (name, spec) = argument.split_once(':').unwrap_or((argument, ""));
    let counts = spec.match_indices('$').map(|(end, _)| {
        let before = &spec[..end];
        let name_start = before.trim_end_matches(|letter: char| letter == '_' || letter.is_alphanumeric()).len();
        before[name_start..].trim_start_matches(|digit: char| digit.is_ascii_digit())
    });
    std::iter::once(name.trim()).chain(counts)
}

fn add(ctx: &BodyContext<'_, '_>, name: &str, captures: &mut Vec<LocalId>) {
    let name = name.strip_prefix("r#").unwrap_or(name);
    if let Some(local) = ctx.scope.find(name)
        && !captures.contains(&local)
    {
        captures.push(local);
    }
}
