//! A file without the bodies that nobody has asked for yet.
//!
//! In: Rust source. Out: [`Outline`]: the same text with blanks in the place of what functions hold, and where.
//!
//! Most lines of a file stand in bodies, and most bodies are never looked at: they await nothing or one thing, and no
//! await calls them. A body that declares something, a function or a `use`, stays, and so does one that awaits twice, or in a loop.
//!
//! Invariant: each character is replaced by one, so lines and columns stay what they are.

use std::ops::Range;

use super::lexemes::{Kind, Lexeme, lexemes};
use super::nesting::{MacroTokens, too_deep_among};
use crate::source::fingerprint;

/// Shorter bodies are cheaper to parse than to find out about.
const SHORTEST: usize = 64;

/// A text with blanks in the place of bodies.
#[derive(Debug)]
pub(crate) struct Outline {
    /// The text.
    pub(crate) text: String,
    /// Byte offset in the whole text of the brace that opens each emptied body, ascending.
    pub(crate) emptied: Vec<usize>,
    /// Of what the text declares: it stays the same while only bodies change that declare nothing.
    pub(crate) fingerprint: u128,
    /// Where it is nested too deeply.
    pub(crate) too_deep: Option<usize>,
}

/// Leaves out bodies. Without `tests`, `#[cfg(test)]` modules are emptied too.
pub(crate) fn outline(code: &str, tests: bool) -> Outline {
    let tokens = lexemes(code).collect();
    let mut walk = Walk { code, tokens, at: 0, holes: Vec::new(), bodies: Vec::new(), emptied: Vec::new() };
    while walk.at < walk.tokens.len() {
        match walk.word(walk.at) {
            "macro_rules" => walk.skip_macro_rules(),
            "fn" if walk.kind(walk.at + 1) == Some(Kind::Word) => walk.function(),
            "cfg" if !tests => walk.test_module(),
            _ => walk.at += 1,
        }
    }
    let fingerprint = fingerprint(between(code, &walk.bodies));
    let too_deep = too_deep_among(code, left(&walk.tokens, &walk.holes), MacroTokens::Kept);
    Outline { text: blanked(code, &walk.holes), emptied: walk.emptied, fingerprint, too_deep }
}

struct Walk<'a> {
    code: &'a str,
    tokens: Vec<Lexeme>,
    at: usize,
    holes: Vec<Range<usize>>,
    /// What declares nothing: bodies, left out or not, and what is for tests.
    bodies: Vec<Range<usize>>,
    emptied: Vec<usize>,
}

impl Walk<'_> {
    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &self.code[token.range()])
    }

    fn word(&self, at: usize) -> &str {
        if self.kind(at) == Some(Kind::Word) { self.text(at) } else { "" }
    }

    /// Rules are matched token by token, so nothing in them is what it looks like.
    fn skip_macro_rules(&mut self) {
        let open = (self.at..self.tokens.len()).find(|at| self.kind(*at) == Some(Kind::Open));
        self.at = open.and_then(|open| self.close(open)).map_or(self.at + 1, |close| close + 1);
    }

    fn function(&mut self) {
        let mut at = self.at + 2;
        // The body is the first brace that no parenthesis or bracket of the signature holds.
        loop {
            match (self.kind(at), self.text(at)) {
                (Some(Kind::Open), "{") => break,
                (Some(Kind::Open), _) => match self.close(at) {
                    Some(close) => at = close + 1,
                    None => break,
                },
                (None, _) | (Some(Kind::Close), _) | (_, ";") => {
                    self.at = at;
                    return;
                }
                _ => at += 1,
            }
        }
        let Some(close) = self.close(at) else {
            self.at = at + 1;
            return;
        };
        let inside = self.tokens[at].end..self.tokens[close].start;
        let body = self.body(at + 1..close);
        if !body.declares {
            self.bodies.push(inside.clone());
        }
        if inside.len() < SHORTEST || body.declares || body.awaits > 1 {
            // What it declares may have bodies of its own.
            self.at = at + 1;
            return;
        }
        self.emptied.push(self.tokens[at].start);
        self.holes.push(inside);
        self.at = close + 1;
    }

    fn body(&self, tokens: Range<usize>) -> Inside {
        let mut found = Inside { awaits: 0, declares: false };
        let mut has_loop = false;
        for at in tokens {
            match self.word(at) {
                "for" => has_loop = true,
                // One in a loop waits for itself.
                "await" if has_loop => found.awaits += 2,
                // The branches of a join wait beside one another.
                "join" | "try_join" if self.text(at + 1) == "!" => found.awaits += 2,
                "await" | "join" | "try_join" => found.awaits += 1,
                word if declares(word) => return Inside { declares: true, ..found },
                _ => {}
            }
        }
        found
    }

    /// `#[cfg(test)] mod name { .. }`, with other attributes and a visibility between.
    fn test_module(&mut self) {
        let is_test =
            ["(", "test", ")", "]"].iter().enumerate().all(|(step, text)| self.text(self.at + 1 + step) == *text);
        let mut at = self.at + 5;
        self.at += 1;
        if !is_test {
            return;
        }
        while self.text(at) == "#" && self.text(at + 1) == "[" {
            let Some(close) = self.close(at + 1) else { return };
            at = close + 1;
        }
        if self.word(at) == "pub" {
            at = if self.text(at + 1) == "(" { self.close(at + 1).map_or(at, |close| close + 1) } else { at + 1 };
        }
        if self.word(at) == "mod"
            && self.text(at + 2) == "{"
            && let Some(close) = self.close(at + 2)
        {
            let inside = self.tokens[at + 2].end..self.tokens[close].start;
            self.bodies.push(inside.clone());
            self.holes.push(inside);
            self.at = close + 1;
        }
    }

    /// The delimiter that closes the one at a place.
    fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }
}

/// What a body holds.
struct Inside {
    /// How often it awaits; one in a loop counts twice.
    awaits: usize,
    /// Whether it may declare something.
    declares: bool,
}

/// Words that begin a declaration; a body with one of them stays.
fn declares(word: &str) -> bool {
    matches!(
        word,
        "fn" | "impl" | "mod" | "use" | "struct" | "enum" | "union" | "trait" | "static" | "type" | "macro_rules"
    )
}

/// The tokens outside of the holes.
fn left<'a>(tokens: &'a [Lexeme], holes: &'a [Range<usize>]) -> impl Iterator<Item = Lexeme> + 'a {
    let mut holes = holes.iter().peekable();
    tokens.iter().copied().filter(move |token| {
        while holes.next_if(|hole| hole.end <= token.start).is_some() {}
        holes.peek().is_none_or(|hole| token.start < hole.start)
    })
}

/// What stands around the holes.
fn between<'a>(code: &'a str, holes: &'a [Range<usize>]) -> impl Iterator<Item = &'a str> {
    let starts = std::iter::once(0).chain(holes.iter().map(|hole| hole.end));
    let ends = holes.iter().map(|hole| hole.start).chain([code.len()]);
    starts.zip(ends).map(|(start, end)| &code[start..end])
}

fn blanked(code: &str, holes: &[Range<usize>]) -> String {
    let mut text = String::with_capacity(code.len());
    let mut at = 0;
    for hole in holes {
        text.push_str(&code[at..hole.start]);
        let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
        text.extend(code[hole.clone()].chars().map(blank));
        at = hole.end;
    }
    text.push_str(&code[at..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "let number = compute(one, two, three); number + other(number) + 1234567890";

    fn outlined(code: &str) -> String {
        outline(code, false).text
    }

    #[test]
    fn bodies_are_left_out_and_places_stay() {
        let code =
            format!("fn größe<const N: usize>(a: [u8; {{ 2 }}]) -> u8 where u8: Copy {{ {LONG}\n ü }} struct A;");
        let found = outline(&code, false);
        assert_eq!(found.text.chars().count(), code.chars().count());
        assert_eq!(found.emptied.len(), 1);
        assert!(code[found.emptied[0]..].starts_with("{ let number"));
        assert!(!found.text.contains("compute") && found.text.ends_with("} struct A;"));
        assert_eq!(found.text.matches('\n').count(), 1);
    }

    #[test]
    fn what_is_asked_for_stays() {
        for body in [format!("a().await; b().await; {LONG}"), format!("use a::b; {LONG}"), "1".to_owned()] {
            let code = format!("fn f() {{ {body} }}");
            assert_eq!(outlined(&code), code);
        }
        let inner = format!("fn f() {{ fn g() {{ {LONG} }} {LONG} }}");
        assert_eq!(outlined(&inner).matches("compute").count(), 1, "the inner one is left out, the outer one stays");
    }

    #[test]
    fn only_what_declares_nothing_may_change_unseen() {
        let fingerprint = |code: &str| outline(code, false).fingerprint;
        let with = |body: &str| fingerprint(&format!("fn f() {{ {body} }} struct A;"));
        let same = with("1");
        for body in ["", LONG, "a().await; b().await;", "\n\n// nothing\n", "let fun = \"fn g() {}\";"] {
            assert_eq!(with(body), same, "{body}");
        }
        for body in ["fn g() {}", "use a::b; 1", "struct B;", "macro_rules! m { () => {} }", "static N: u8 = 1;"] {
            assert_ne!(with(body), same, "{body}");
        }
        assert_ne!(fingerprint("fn f() { 1 } struct B;"), same);
        assert_ne!(fingerprint("async fn f() { 1 } struct A;"), same);
        assert_ne!(fingerprint("fn f(); struct A;"), same);
        assert_ne!(fingerprint("// conjoin: reads -- so\nfn f() { 1 } struct A;"), same);
    }

    #[test]
    fn rules_of_macros_are_left_alone() {
        let code = format!("macro_rules! m {{ () => {{ fn f() {{ {LONG} }} }} }}");
        assert_eq!(outlined(&code), code);
    }

    #[test]
    fn what_is_left_out_is_not_too_deep() {
        use crate::parse::nesting::too_deep;
        let deep = format!("{}1{}", "(".repeat(2_000), ")".repeat(2_000));
        for code in [
            format!("fn f() {{ let x = {deep}; {LONG} }} fn g() {{ 1 }}"),
            format!("fn f() {{ {LONG} }} const X: u8 = {deep};"),
            format!("fn f() {{ a().await; b().await; {deep} }} fn g() {{ {deep} }}"),
        ] {
            let found = outline(&code, false);
            assert_eq!(found.too_deep, too_deep(&found.text, MacroTokens::Kept), "{}", &found.text[..60]);
        }
    }

    #[test]
    fn modules_for_tests_are_emptied() {
        let code = "#[cfg(test)]\n#[allow(x)]\npub(crate) mod tests { fn a() {} }\nfn b() {}";
        assert!(!outlined(code).contains("fn a") && outlined(code).contains("fn b"));
        assert_eq!(outline(code, true).text, code);
    }

    #[test]
    fn broken_text_is_no_trouble() {
        for code in ["fn", "fn f", "fn f(", "fn f() {", "fn f() }", "#[cfg(test)] mod", "macro_rules", "fn f(}{)"] {
            assert_eq!(outlined(code).len(), code.len());
        }
    }
}
