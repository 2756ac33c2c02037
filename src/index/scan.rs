//! What a file may declare, found without parsing it.
//!
//! In: a file's text. Out: [`Scan`]: the names behind `fn`, `struct`, `trait` … and the words of `impl` headers.
//! Places instead of names, so that what was found outlives a borrow of the text.
//! Invariant: nothing that the file declares is missing. Words of comments and strings may be there too; whoever
//! asks then parses a file in vain and finds nothing in it.

use serde::{Deserialize, Serialize};

use crate::index::trace;
use crate::source::Span;

/// The names a file may declare, as places in its text.
#[derive(Debug, Default, Serialize, Deserialize)]
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
    /// Words between `impl` and `{`, outside of angles.
    pub(crate) impls: Vec<Span>,
    /// Names behind `macro_rules!`.
    pub(crate) macros: Vec<Span>,
    /// Names behind `static`.
    pub(crate) statics: Vec<Span>,
    /// Names of modules in files of their own that are compiled for tests only.
    pub(crate) test_modules: Vec<Span>,
}

impl Scan {
    /// Whether every place is one of the text.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let mut all = self.kinds().into_iter().flatten().chain(&self.test_modules);
        all.all(|place| text.get(place.range()).is_some())
    }

    /// The numbers of all names, sorted, each with the kinds of declarations that have it, one bit each.
    pub(crate) fn numbers(&self, text: &str) -> Vec<(u32, u8)> {
        let mut found: Vec<(u32, u8)> = Vec::new();
        for (kind, places) in self.kinds().into_iter().enumerate() {
            found.extend(places.iter().map(|place| (trace::hashed(&text[place.range()]), 1 << kind)));
        }
        found.sort_unstable();
        found.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 |= if is_same { next.1 } else { 0 };
            is_same
        });
        found
    }

    /// Whether a name's bits say that a trait has it.
    pub(crate) fn is_trait(bits: u8) -> bool {
        bits & 0b100 != 0
    }

    fn kinds(&self) -> [&Vec<Span>; 6] {
        [&self.functions, &self.types, &self.traits, &self.impls, &self.macros, &self.statics]
    }
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

    /// Collects the words up to `{`, `;` or the end of a parameter list, but for those in angles and parentheses: no impl
    /// block is for what stands there.
    fn impl_header(&mut self, into: &mut Vec<Span>) {
        let bytes = self.text.as_bytes();
        let (mut angles, mut parentheses) = (0_usize, 0_usize);
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'{' | b';' => return,
                b')' if parentheses == 0 => return,
                b')' => parentheses -= 1,
                b'(' => parentheses += 1,
                b'<' => angles += 1,
                // An arrow closes nothing.
                b'>' if self.at > 0 && bytes[self.at - 1] == b'-' => {}
                b'>' => angles = angles.saturating_sub(1),
                byte if is_word(*byte) => {
                    let word = self.take(self.at);
                    if angles == 0 && parentheses == 0 {
                        into.push(word);
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
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
    fn headers_give_types_and_traits_and_not_what_these_are_made_of() {
        let headers = |text: &str| {
            let found = scan(text).impls;
            found.iter().map(|place| text[place.range()].to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            headers("impl<T: Show<u8>> Store<T> for &'a User<Vec<T>> where T: A {}"),
            "Store for a User where T A"
        );
        assert_eq!(headers("impl<F: Fn(u8) -> Vec<u8>> a::Run for Runner<F> {}"), "a Run for Runner");
        assert_eq!(headers("impl From<Vec<u8>> for <X as Y>::Z {}"), "From for Z");
        assert_eq!(headers("fn f(x: impl Fn(u8) -> u8, y: u8) -> Vec<u8> {} impl A {}"), "Fn u8 y u8 A");
    }

    #[test]
    fn names_are_numbered_with_their_kinds() {
        let text = "struct Get; fn get() {} fn get() {} trait get {} impl Get for u8 {}";
        let found = scan(text);
        let bits = |name: &str| found.numbers(text).into_iter().find(|(number, _)| *number == trace::hashed(name));
        assert_eq!(bits("get").map(|(_, bits)| bits), Some(0b101));
        assert_eq!(bits("Get").map(|(_, bits)| bits), Some(0b1010));
        assert_eq!(bits("set"), None);
        assert!(found.fits(text) && !found.fits(&text[..20]));
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
