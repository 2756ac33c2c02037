//! JSON whose every character can be shown.
//!
//! In: a value. Out: one line of JSON.
//! Invariant: what terminals obey, and what turns the direction of writing, is escaped; the value is the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::text::is_unsafe;

/// Writes a value and the end of its line.
pub(super) fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Escaped))?;
    out.write_all(b"\n")
}

/// As compact as can be. What JSON asks to be escaped never gets here.
struct Escaped;

impl Formatter for Escaped {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, char)) = rest.char_indices().find(|(_, char)| is_unsafe(*char)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + char.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left_and_the_value_is_the_same() {
        let text = "a\u{1b}[2J\u{7f}\u{9b}b\u{202e}c\u{e0041}\n\"漢字\" 🦀";
        let mut bytes = Vec::new();
        line(&mut bytes, &text).unwrap();
        let written = String::from_utf8(bytes).unwrap();
        assert_eq!(written, "\"a\\u001b[2J\\u007f\\u009bb\\u202ec\\udb40\\udc41\\n\\\"漢字\\\" 🦀\"\n");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
