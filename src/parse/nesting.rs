//! How deeply a text is nested, told without parsing it.
//!
//! In: Rust source. Out: the place where it gets too deep for the recursion of the parser and of everything
//! that walks its tree, or nothing.
//!
//! A tree is as high as its delimiters are deep, but chains make it high too: `!!!!x`, `a.b().c()`,
//! `1 + 1 + 1`, `if .. else if ..`, `A<B<C<..>>>`. So every delimiter, and every mark in a run of tokens
//! between two separators, adds the weight of the recursion it may cause.
//!
//! Invariant: the height found is never below the tree's, whatever the text says. It may be above it where only
//! the grammar could tell, as in `(a < b, c < d)`.

use crate::parse::lexemes::{Kind, Lexeme, lexemes};

/// The greatest height that is parsed, in units of [`LINK`].
///
/// Ordinary code stays below 600. A unit takes at most 4.2 KiB of stack to parse, lower and drop in an unoptimised
/// build, where frames are largest. So a tree of this height takes 20 MiB, and at most as much again for the arguments
/// of a macro in it, which are measured by themselves. It is 280 delimiters, or 4,800 operators in a row.
const LIMIT: u32 = 4_800;

/// A delimiter, a prefix operator, `<`, a keyword that an expression follows: the parser calls itself by a long way.
const STEP: u32 = 16;

/// `=`: the parser calls itself by a short way.
const SHORT_STEP: u32 = 4;

/// `.`, `+`, `?`, `else`: the tree grows by one, and those who walk it call themselves.
const LINK: u32 = 1;

/// Whether the tokens of macro calls will be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MacroTokens {
    /// They stay tokens, so only their delimiters count.
    Kept,
    /// They are parsed as if they stood outside the macro.
    Parsed,
}

/// The first byte at which the text is nested too deeply.
pub(crate) fn too_deep(text: &str, macros: MacroTokens) -> Option<usize> {
    too_deep_among(text, lexemes(text), macros)
}

/// The same, of a text that is left with these tokens.
pub(super) fn too_deep_among(text: &str, tokens: impl Iterator<Item = Lexeme>, macros: MacroTokens) -> Option<usize> {
    let mut scan = Scan { text, macros, level: Level::default(), around: Vec::new(), outside: 0, before: [None; 3] };
    for lexeme in tokens {
        scan.read(lexeme);
        if scan.outside + scan.level.height() > LIMIT {
            return Some(lexeme.start);
        }
        scan.before = [scan.before[1], scan.before[2], Some(lexeme)];
    }
    None
}

struct Scan<'a> {
    text: &'a str,
    macros: MacroTokens,
    level: Level,
    /// The levels around this one, outermost first.
    around: Vec<Level>,
    /// What they weigh together.
    outside: u32,
    /// The last three tokens.
    before: [Option<Lexeme>; 3],
}

/// What stands between two delimiters.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Weight of the current run of tokens.
    run: u32,
    /// Height of the highest group in it.
    inner: u32,
    /// Height of the highest run before it.
    highest: u32,
    /// `<` that no `>` has closed: a comma inside them does not end the run.
    angles: u32,
    /// Between the bars of a closure's parameters: a comma does not end the run there either.
    in_bars: bool,
    /// Tokens of a macro that stay tokens.
    is_kept: bool,
}

impl Level {
    fn height(&self) -> u32 {
        self.highest.max(self.run + self.inner)
    }

    fn end_run(&mut self) {
        *self = Level { highest: self.height(), is_kept: self.is_kept, ..Level::default() };
    }

    /// A bar: around the parameters of a closure, or an operator.
    fn bar(&mut self, is_prefix: bool) {
        let opens = is_prefix && !self.in_bars;
        self.run += if opens { STEP } else { LINK };
        self.in_bars = opens;
    }

    fn open_angles(&mut self, count: u32) {
        self.angles += count;
        self.run += count * STEP;
    }
}

impl Scan<'_> {
    fn read(&mut self, lexeme: Lexeme) {
        match lexeme.kind {
            Kind::Open => self.open(),
            Kind::Close => self.close(),
            _ if self.level.is_kept => {}
            _ => {
                if self.begins_statement(lexeme) {
                    self.level.end_run();
                }
                match lexeme.kind {
                    Kind::Word => self.level.run += self.word_weight(lexeme),
                    Kind::Mark => self.mark(lexeme),
                    _ => {}
                }
            }
        }
    }

    fn open(&mut self) {
        let is_kept = self.level.is_kept || (self.macros == MacroTokens::Kept && self.is_macro_call());
        self.outside += self.level.run + STEP;
        self.around.push(self.level);
        self.level = Level { is_kept, ..Level::default() };
    }

    fn close(&mut self) {
        let Some(around) = self.around.pop() else {
            return;
        };
        let height = self.level.height() + STEP;
        let link = if around.is_kept { 0 } else { LINK };
        self.outside -= around.run + STEP;
        self.level = Level { run: around.run + link, inner: around.inner.max(height), ..around };
    }

    fn word_weight(&self, word: Lexeme) -> u32 {
        match self.text_of(word) {
            "else" | "as" => LINK,
            "if" if self.is_before("else") => LINK,
            "if" | "match" | "while" | "for" | "let" | "return" | "break" | "yield" | "become" => STEP,
            _ => 0,
        }
    }

    fn mark(&mut self, mark: Lexeme) {
        let is_prefix = self.awaits_operand();
        match self.text_of(mark) {
            ";" | "=>" => self.level.end_run(),
            "!" if self.is_before("#") => self.level.end_run(),
            "," if self.level.angles == 0 && !self.level.in_bars => self.level.end_run(),
            "<" if self.compares(mark) => self.level.run += LINK,
            "<<" if self.compares(mark) => self.level.run += LINK,
            "<" => self.level.open_angles(1),
            "<<" => self.level.open_angles(2),
            ">" | ">=" => self.level.angles = self.level.angles.saturating_sub(1),
            ">>" | ">>=" => self.level.angles = self.level.angles.saturating_sub(2),
            "|" => self.level.bar(is_prefix),
            "&&" if is_prefix => self.level.run += 2 * STEP,
            "!" | "-" | "*" | "&" | "||" | ".." | "..=" if is_prefix => self.level.run += STEP,
            "@" => self.level.run += STEP,
            "->" => self.level.run += STEP,
            "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "^=" | "&=" | "|=" | "<<=" => self.level.run += SHORT_STEP,
            _ => self.level.run += LINK,
        }
    }

    /// Whether a block has ended and this can only begin something new.
    fn begins_statement(&self, lexeme: Lexeme) -> bool {
        self.is_before("}")
            && match lexeme.kind {
                Kind::Word => !matches!(self.text_of(lexeme), "else" | "as" | "in"),
                Kind::Mark => self.text_of(lexeme) == "#",
                _ => true,
            }
    }

    /// Whether the tokens before end with `name!` or `macro_rules! name`.
    fn is_macro_call(&self) -> bool {
        match self.before.map(|lexeme| lexeme.map_or("", |lexeme| self.text_of(lexeme))) {
            [_, name, "!"] => {
                name.starts_with(|first: char| first.is_alphabetic() || first == '_') && !is_keyword(name)
            }
            ["macro_rules", "!", _] => true,
            _ => false,
        }
    }

    /// Whether an operator here would be a prefix.
    fn awaits_operand(&self) -> bool {
        let Some(last) = self.before[2] else {
            return true;
        };
        match last.kind {
            Kind::Word => is_keyword(self.text_of(last)),
            Kind::Mark => self.text_of(last) != "?",
            Kind::Open | Kind::Lifetime => true,
            Kind::Number | Kind::Char | Kind::Text | Kind::Close => false,
        }
    }

    /// Whether `<` or `<<` compares or shifts for certain: a literal stands where no path can have one.
    fn compares(&self, mark: Lexeme) -> bool {
        let is_literal = |lexeme: Lexeme| matches!(lexeme.kind, Kind::Number | Kind::Char | Kind::Text);
        let is_shift = mark.end - mark.start == 2;
        self.before[2].is_some_and(is_literal)
            || (is_shift && lexemes(&self.text[mark.end..]).next().is_some_and(is_literal))
    }

    fn is_before(&self, text: &str) -> bool {
        self.before[2].is_some_and(|last| self.text_of(last) == text)
    }

    fn text_of(&self, lexeme: Lexeme) -> &str {
        &self.text[lexeme.range()]
    }
}

/// Keywords that an operand may follow.
fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "async"
            | "become"
            | "break"
            | "const"
            | "dyn"
            | "else"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "match"
            | "move"
            | "mut"
            | "ref"
            | "return"
            | "static"
            | "unsafe"
            | "where"
            | "while"
            | "yield"
    )
}
