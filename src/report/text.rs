//! Text as terminals can take it: clean, measured, cut, wrapped, painted.
//!
//! In: any text and a [`Style`]. Out: text whose width is known and which cannot move a cursor.

use std::borrow::Cow;

use anstyle::AnsiColor;
use unicode_width::UnicodeWidthChar;

use crate::diagnostic::Level;

/// What the reader's terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences for colour are understood.
    pub color: bool,
    /// Whether line drawing characters are shown.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

impl Style {
    /// Bold in the colour of a level.
    pub fn level(self, level: Level, text: &str) -> String {
        let color = if level == Level::Deny { AnsiColor::Red } else { AnsiColor::Yellow };
        self.paint(color.on_default().bold(), text)
    }

    /// Something good.
    pub fn good(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    /// Something that may be better.
    pub fn fair(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// A word that introduces something.
    pub fn quiet(self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    /// Something in the background.
    pub fn dim(self, text: &str) -> String {
        self.paint(anstyle::Style::new().dimmed(), text)
    }

    /// What a diff adds.
    pub(super) fn added(self, text: &str) -> String {
        self.good(text)
    }

    /// What a diff takes away.
    pub(super) fn removed(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    fn paint(self, style: anstyle::Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The text with everything visible that could move the cursor, turn the writing direction, or hide.
/// Tabs become four spaces, line breaks a space.
pub fn clean(text: &str, style: Style) -> Cow<'_, str> {
    if text.chars().all(|char| !is_unsafe(char)) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    text.chars().for_each(|char| push_clean(&mut cleaned, char, style));
    Cow::Owned(cleaned)
}

/// Adds one character as [`clean`] shows it.
pub(super) fn push_clean(cleaned: &mut String, char: char, style: Style) {
    match char {
        '\t' => cleaned.push_str("    "),
        '\n' => cleaned.push(' '),
        '\u{feff}' | '\r' => {}
        _ if !is_unsafe(char) => cleaned.push(char),
        _ if !style.unicode => cleaned.push('?'),
        '\0'..='\x1f' => cleaned.push(char::from_u32(0x2400 + u32::from(char)).unwrap_or('\u{fffd}')),
        _ => cleaned.push('\u{fffd}'),
    }
}

/// Whether a terminal obeys a character, or it cannot be seen, or it turns what stands beside it. Joiners are none of them:
/// some writings need them.
pub(super) fn is_unsafe(char: char) -> bool {
    char.is_control() || is_turning(char) || is_invisible(char)
}

fn is_turning(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Lines that end where no line ends; blanks without width; marks and letters that nobody draws.
fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Columns a character takes once it is clean.
pub(super) fn char_width(char: char) -> usize {
    match char {
        '\t' => 4,
        '\u{feff}' | '\r' => 0,
        _ if is_unsafe(char) => 1,
        _ => char.width().unwrap_or(0),
    }
}

/// Columns a clean text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// The text in at most `limit` columns, its end replaced by `…` when it has more.
pub(super) fn cut(text: &str, limit: usize, style: Style) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mark = if style.unicode { "…" } else { ".." };
    let mut room = limit.saturating_sub(width(mark));
    let mut short = String::new();
    for char in text.chars() {
        let Some(rest) = room.checked_sub(char.width().unwrap_or(0)) else {
            break;
        };
        room = rest;
        short.push(char);
    }
    short + mark
}

/// The text filled with spaces up to `columns`.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Words in lines of at most `limit` columns; a longer word gets a line of its own.
pub(super) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text with its first letter as a capital.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// `1 file`, `2 files`, `12,345 lines`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: Style = Style { color: false, unicode: true, width: 80 };
    const ASCII: Style = Style { unicode: false, ..UNICODE };

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(clean("a\u{1b}[2Jb\tc\u{202e}d\r\n\u{9b}", UNICODE), "a␛[2Jb    c\u{fffd}d \u{fffd}");
        assert_eq!(clean("a\u{1b}b", ASCII), "a?b");
        assert_eq!(clean("x\u{e0041}\u{200b}\u{2028}y", UNICODE), "x\u{fffd}\u{fffd}\u{fffd}y");
        assert_eq!(clean("naïve 漢字 👩\u{200d}🔬", UNICODE), "naïve 漢字 👩\u{200d}🔬");
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(cut("漢字漢字", 8, UNICODE), "漢字漢字");
        assert_eq!(cut("漢字漢字", 7, UNICODE), "漢字漢…");
        assert_eq!(cut("漢字漢字", 6, UNICODE), "漢字…");
        assert_eq!(cut("abcdef", 5, ASCII), "abc..");
    }

    #[test]
    fn counts_are_readable() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(1234567, "line"), "1,234,567 lines");
        assert_eq!(count(100, "line"), "100 lines");
    }
}
