//! Text to a syntax tree.
//!
//! In: a [`SourceFile`]. Out: [`Parsed`], or a [`Problem`] that names the place.
//! Invariant: no input makes this panic, or overflow a stack of [`STACK_SIZE`].
//! Invariant: spans of a tree mean something on the thread that parsed it, and only until [`forget_spans`].

pub(crate) mod lexemes;
pub(crate) mod nesting;

use crate::source::{Problem, SourceFile, Span};
use nesting::MacroTokens;

/// The stack that a thread must have which parses, lowers or analyses files.
///
/// Trees are at most as high as `nesting` lets through. In an unoptimised build, where frames are largest, the most
/// expensive of them takes a third of this.
pub const STACK_SIZE: usize = 64 << 20;

/// A parsed file.
pub struct Parsed {
    /// The tree; its spans count from behind the byte order mark and the shebang line.
    pub tree: syn::File,
    /// What must be added to a span's byte range to get the place in the raw text.
    pub offset: usize,
}

/// Parses a file.
///
/// # Errors
///
/// The text is not Rust that the parser knows, or is nested too deeply to be read.
pub fn parse(file: &SourceFile) -> Result<Parsed, Problem> {
    let offset = start_of_code(&file.text);
    let code = &file.text[offset..];
    if let Some(place) = nesting::too_deep(code, MacroTokens::Kept) {
        let help = "split what stands here into smaller functions or expressions, or leave the file out";
        return Err(problem(file, offset + place, "nested too deeply to be read".to_owned(), Some(help)));
    }
    match syn::parse_str(code) {
        Ok(tree) => Ok(Parsed { tree, offset }),
        Err(error) => Err(syntax_error(file, offset, &error)),
    }
}

/// Frees what the parser remembers of the places in every tree that this thread has parsed.
///
/// Spans of those trees mean nothing afterwards. Without this, memory grows with every file, and after 4 GiB of
/// text spans would be wrong.
pub fn forget_spans() {
    proc_macro2::extra::invalidate_current_thread_spans();
}

/// Where the code begins: behind the byte order mark and the shebang line.
fn start_of_code(text: &str) -> usize {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.len() - rest.len();
    let is_shebang = rest.strip_prefix("#!").is_some_and(|line| !begins_with_bracket(line));
    if is_shebang { start + rest.find('\n').unwrap_or(rest.len()) } else { start }
}

/// `#![..]` is an attribute, even with blanks and comments before the bracket.
fn begins_with_bracket(text: &str) -> bool {
    lexemes::lexemes(text).next().is_some_and(|first| text[first.range()] == *"[")
}

fn syntax_error(file: &SourceFile, offset: usize, error: &syn::Error) -> Problem {
    let message = error.to_string();
    let range = error.span().byte_range();
    if message == LEX_ERROR {
        let place = offset + range.start;
        return problem(file, place, lex_error(&file.text[place..]).to_owned(), None);
    }
    let is_at_end = range.is_empty();
    let place = if is_at_end { file.text.trim_end().len().max(offset) } else { offset + range.start };
    problem(file, place, lower_first(&message), None)
}

/// All that the lexer says of an error, whatever the error is.
const LEX_ERROR: &str = "cannot parse string into token stream";

/// What is wrong at a place where the lexer stopped.
fn lex_error(rest: &str) -> &'static str {
    match rest.as_bytes() {
        [b'(' | b'[' | b'{', ..] => "this delimiter is never closed",
        [b')' | b']' | b'}', ..] => "this closing delimiter matches none that is open",
        [b'"', ..] => "this string never ends or has an unknown escape",
        [b'/', b'*', ..] => "this comment never ends",
        [b'\'', ..] => "this is neither a character nor a lifetime",
        _ => "no Rust token begins here",
    }
}

fn lower_first(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn problem(file: &SourceFile, place: usize, message: String, help: Option<&str>) -> Problem {
    let position = file.position(Span::new(place, place).start);
    Problem {
        file: file.name.clone(),
        place: Some((position.line, position.column)),
        message,
        help: help.map(str::to_owned),
    }
}
