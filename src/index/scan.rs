//! What a file may declare, found without parsing it.
//!
//! In: a file's text. Out: [`Scan`]: the names behind `fn`, `struct`, `trait` … and the words of `impl` headers.
//! Places instead of names, so that what was found outlives a borrow of the text.
//! Invariant: nothing that the file declares is missing. Words of comments and strings may be there too; whoever
//! asks then parses a file in vain and finds nothing in it.

use crate::source::Span;

/// The names a file may declare, as places in its text.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// How often `.await` or a word ending in `join` followed by `!` occurs.
    pub(crate) awaits: usize,
    /// Whether a word stands in it that starts many futures at once.
    pub(crate) starts_many: bool,
    /// Whether a word stands in it that may name something that blocks the thread.
    pub(crate) may_block: bool,
    /// Whether something speaks to this tool, or of it.
    pub(crate) names_us: bool,
    /// Names behind `fn`.
    pub(crate) functions: Vec<Span>,
    /// Names behind `struct`, `enum`, `union`, `type`.
    pub(crate) types: Vec<Span>,
    /// Names behind `trait`.
    pub(crate) traits: Vec<Span>,
    /// Words between `impl` and `{`.
    pub(crate) impls: Vec<Span>,
    /// Names behind `macro_rules!`.
    pub(crate) macros: Vec<Span>,
    /// Names behind `static`.
    pub(crate) statics: Vec<Span>,
    /// Names of modules in files of their own that are compiled for tests only.
    pub(crate) test_modules: Vec<Span>,
}

/// Scans a text.
pub(crate) fn scan(text: &str) -> Scan {
    let mut found = Scan::default();
    let mut words = Words { text, at: 0 };
    let mut before = "";
    let mut is_for_tests = false;
    while let Some(place) = words.next_word() {
        let word = &text[place.range()];
        is_for_tests = match word {
            "test" => before == "cfg",
            "cfg" | "pub" | "crate" | "super" | "in" | "mod" | "allow" | "path" => is_for_tests && before != "mod",
            _ => false,
        };
        before = word;
        match word {
            "mod" if is_for_tests => found.test_modules.extend(words.name().filter(|_| words.is_at(b';'))),
            "await" => found.awaits += 1,
            "join" | "try_join" => {
                found.awaits += 1;
                found.starts_many = true;
            }
            word if starts_many(word) => found.starts_many = true,
            word if may_block(word) => found.may_block = true,
            "conjoin" => found.names_us = true,
            "fn" => found.functions.extend(words.name()),
            "struct" | "enum" | "union" | "type" => found.types.extend(words.name()),
            "trait" => found.traits.extend(words.name()),
            "static" => {
                found.statics.extend(words.name().filter(|name| text[name.range()] != *"mut").or_else(|| words.name()));
            }
            "impl" => words.impl_header(&mut found.impls),
            "macro_rules" => found.macros.extend(words.next_word()),
            _ => {}
        }
    }
    found
}

/// Words of what starts many futures at once.
pub(crate) fn starts_many(word: &str) -> bool {
    matches!(
        word,
        "join" | "try_join" | "join_all" | "try_join_all" | "FuturesUnordered" | "FuturesOrdered" | "JoinSet" | "spawn"
    )
}

/// Words that may name what blocks the thread.
pub(crate) fn may_block(word: &str) -> bool {
    matches!(
        word,
        "fs" | "net" | "process" | "thread" | "sleep" | "File" | "Command" | "TcpStream" | "reqwest" | "block_on"
    ) || word.starts_with("blocking")
}

/// Whether some word of a text is such a word.
pub(crate) fn holds(text: &str, is_it: impl Fn(&str) -> bool) -> bool {
    let mut words = Words { text, at: 0 };
    std::iter::from_fn(|| words.next_word()).any(|place| is_it(&text[place.range()]))
}

struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl Words<'_> {
    /// The next identifier or number, wherever it is.
    fn next_word(&mut self) -> Option<Span> {
        let bytes = self.text.as_bytes();
        let start = self.at + bytes.get(self.at..)?.iter().position(|byte| is_word(*byte))?;
        Some(self.take(start))
    }

    /// The identifier that follows after white space only, `r#` left out.
    fn name(&mut self) -> Option<Span> {
        let bytes = self.text.as_bytes();
        let start = self.at + bytes.get(self.at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let start = if bytes.get(start..)?.starts_with(b"r#") { start + 2 } else { start };
        is_word(*bytes.get(start)?).then(|| self.take(start))
    }

    /// Whether the next byte that is not white space is this one.
    fn is_at(&self, byte: u8) -> bool {
        self.text.as_bytes()[self.at..].iter().find(|next| !next.is_ascii_whitespace()) == Some(&byte)
    }

    /// Collects the words up to `{`, `;` or the end of a parameter list.
    fn impl_header(&mut self, into: &mut Vec<Span>) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'{' | b';' | b')' => return,
                byte if is_word(*byte) => into.push(self.take(self.at)),
                _ => self.at += 1,
            }
        }
    }

    fn take(&mut self, start: usize) -> Span {
        let bytes = self.text.as_bytes();
        let length = bytes[start..].iter().position(|byte| !is_word(*byte)).unwrap_or(bytes.len() - start);
        self.at = start + length;
        Span::new(start, self.at)
    }
}

/// Bytes of identifiers; those of any character beyond ASCII count, so that a word never ends inside one.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words<'t>(text: &'t str, places: &[Span]) -> Vec<&'t str> {
        places.iter().map(|place| &text[place.range()]).collect()
    }

    #[test]
    fn modules_for_tests_are_told_from_others() {
        let text = "mod a; #[cfg(test)]\nmod tests; #[cfg(test)] pub(crate) mod b; #[cfg(test)] mod c { } mod d;";
        assert_eq!(words(text, &scan(text).test_modules), ["tests", "b"]);
    }

    #[test]
    fn finds_what_is_declared() {
        let text = "pub struct User<T> { id: u32 }\nimpl<T: Show> Store<T> for User<T> where T: A { async fn r#get(&self) { x.await } }\n\
             trait Store {} static mut N: u8 = 0; macro_rules! m { () => {} } fn größe() {}";
        let found = scan(text);
        let words = |places: &[Span]| words(text, places);
        assert_eq!(words(&found.types), ["User"]);
        assert_eq!(words(&found.functions), ["get", "größe"]);
        assert_eq!(words(&found.traits), ["Store"]);
        assert_eq!(words(&found.statics), ["N"]);
        assert_eq!(words(&found.macros), ["m"]);
        assert_eq!(found.awaits, 1);
        assert!(!found.names_us && scan("// conjoin: reads\nfn f() {}").names_us);
        let impls = words(&found.impls);
        assert!(impls.contains(&"User") && impls.contains(&"Store"));
    }
}
