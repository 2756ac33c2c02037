//! Text to a syntax tree.
//!
//! In: a [`SourceFile`]. Out: [`Parsed`], or a [`Problem`] that names the place.
//! Invariant: no input makes this panic, or overflow a stack of [`STACK_SIZE`].
//! Invariant: spans of a tree mean something on the thread that parsed it, and only until [`forget_spans`].

pub(crate) mod lexemes;
pub(crate) mod nesting;
mod outline;
pub mod signature;

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
    /// The opening braces of the bodies that were left out, ascending.
    pub emptied: Vec<u32>,
    /// Of what the file declares, when bodies may have been left out: the same while only what they hold changes.
    pub fingerprint: u128,
}

/// Parses a file.
///
/// # Errors
///
/// The text is not Rust that the parser knows, or is nested too deeply to be read.
pub fn parse(file: &SourceFile) -> Result<Parsed, Problem> {
    let offset = start_of_code(&file.text);
    Ok(Parsed { tree: parse_code(file, offset, &file.text[offset..])?, offset, emptied: Vec::new(), fingerprint: 0 })
}

/// Parses a file without most of its bodies; see [`Parsed::emptied`].
///
/// # Errors
///
/// As [`parse`], and a body that is left out has no errors.
pub fn parse_outline(file: &SourceFile, tests: bool) -> Result<Parsed, Problem> {
    let offset = start_of_code(&file.text);
    let outline = outline::outline(&file.text[offset..], tests);
    match parse_shallow(file, offset, &outline.text, outline.too_deep) {
        Ok(tree) => {
            let emptied = outline.emptied.into_iter().map(|at| Span::new(offset + at, offset + at).start).collect();
            Ok(Parsed { tree, offset, emptied, fingerprint: outline.fingerprint })
        }
        // What looks like a body may be a constant in a type.
        Err(_) => Ok(Parsed { fingerprint: outline.fingerprint, ..parse(file)? }),
    }
}

/// Parses a piece of a file, whole tokens of it.
///
/// # Errors
///
/// The piece is not what is expected there.
pub fn parse_piece<T: syn::parse::Parse>(file: &SourceFile, piece: Span) -> Result<T, Problem> {
    parse_code(file, piece.start as usize, file.slice(piece))
}

fn parse_code<T: syn::parse::Parse>(file: &SourceFile, offset: usize, code: &str) -> Result<T, Problem> {
    parse_shallow(file, offset, code, nesting::too_deep(code, MacroTokens::Kept))
}

/// Parses code of which it is known where it is nested too deeply.
fn parse_shallow<T: syn::parse::Parse>(
    file: &SourceFile,
    offset: usize,
    code: &str,
    too_deep: Option<usize>,
) -> Result<T, Problem> {
    if let Some(place) = too_deep {
        let help = "split what stands here into smaller functions or expressions, or leave the file out";
        return Err(problem(file, offset + place, "nested too deeply to be read".to_owned(), Some(help)));
    }
    syn::parse_str(code).map_err(|error| syntax_error(file, offset, &error))
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
        // Bodies that nobody asks for are blanks to the lexer, byte for byte.
        let place = file.text.floor_char_boundary(offset + range.start);
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
