//! Imports that a rewrite leaves without use.
//!
//! In: a file, a name, and how often the text that goes names it. Out: the edit that takes the name out of the one import
//! that is left. Where anything else in the file names it, or the import is not alone on one line, there is none.

use crate::diagnostic::Edit;
use crate::parse::lexemes::{Kind, Lexeme, lexemes};
use crate::rewrite::tree::pieces;
use crate::source::{SourceFile, Span};

/// Takes a name out of the imports.
pub(super) fn without(source: &SourceFile, name: &str, removed: usize) -> Option<Edit> {
    if mentions(&source.text, name) != removed + 1 {
        return None;
    }
    let tokens: Vec<Lexeme> = lexemes(&source.text).collect();
    let text = |at: usize| tokens.get(at).map_or("", |token| &source.text[token.start..token.end]);
    tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word).find_map(|(at, _)| {
        if text(at) != name {
            return None;
        }
        let first = (0..at).rev().take_while(|before| text(*before) != ";").find(|before| text(*before) == "use")?;
        let last = (at..tokens.len()).find(|behind| text(*behind) == ";")?;
        let (start, end) = (tokens[first].start, tokens[last].end);
        let line = source.text[..start].rfind('\n').map_or(0, |before| before + 1);
        let behind = source.text[end..].find('\n').map_or(source.text.len(), |behind| end + behind + 1);
        let is_alone = source.text[line..start].trim().is_empty() && source.text[end..behind].trim().is_empty();
        let is_plain = is_alone && text(first.wrapping_sub(1)) != "]" && !source.text[start..end].contains('\n');
        let tree = source.text.get(start + "use".len()..end - 1).filter(|_| is_plain)?;
        match reduced(tree.trim(), name)? {
            Left::Nothing => Some(Edit { span: Span::new(line, behind), replacement: String::new() }),
            Left::Tree(tree) => Some(Edit { span: Span::new(start, end), replacement: format!("use {tree};") }),
        }
    })
}

/// How often a text names something.
pub(super) fn mentions(text: &str, name: &str) -> usize {
    lexemes(text).filter(|token| token.kind == Kind::Word && &text[token.start..token.end] == name).count()
}

/// What is left of an import.
enum Left {
    Nothing,
    Tree(String),
}

/// An import without a name; `None` where it is brought in by another one.
fn reduced(tree: &str, name: &str) -> Option<Left> {
    let Some((path, inside)) = tree.split_once('{') else {
        return match tree.rsplit("::").next() {
            Some(last) if last.trim() == name => Some(Left::Nothing),
            _ if mentions(tree, name) > 0 => None,
            _ => Some(Left::Tree(tree.to_owned())),
        };
    };
    let mut kept: Vec<String> = Vec::new();
    for piece in pieces(inside.trim_end().strip_suffix('}')?)? {
        match reduced(piece, name)? {
            Left::Nothing => {}
            Left::Tree(tree) => kept.push(tree),
        }
    }
    Some(match kept.as_slice() {
        [] => Left::Nothing,
        [only] if only == "self" => Left::Tree(path.trim_end_matches("::").to_owned()),
        [only] => Left::Tree(format!("{path}{only}")),
        _ => Left::Tree(format!("{path}{{{}}}", kept.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> Option<String> {
        let source = SourceFile::new("a.rs".into(), "a.rs".to_owned(), text.to_owned());
        let edit = without(&source, "Set", 0)?;
        crate::rewrite::apply(text, &[edit])
    }

    #[test]
    fn only_the_name_goes() {
        for (text, expected) in [
            ("use a::Set;\nuse b::C;\n", "use b::C;\n"),
            ("use a::{B, Set};\n", "use a::B;\n"),
            ("use a::{B, C, Set};\n", "use a::{B, C};\n"),
            ("use a::{self, b::Set};\n", "use a;\n"),
            ("use a::{D, b::{Set, c}};\n", "use a::{D, b::c};\n"),
            ("mod m {\n    use a::Set;\n    use b::C;\n}\n", "mod m {\n    use b::C;\n}\n"),
        ] {
            assert_eq!(left(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_stays() {
        for text in [
            "use a::Set;\nfn f(set: Set) {}\n",
            "use a::Set as Other;\n",
            "#[cfg(test)]\nuse a::Set;\n",
            "use a::{\n    B, Set,\n};\n",
            "pub use a::Set;\n",
            "fn f(set: Set) {}\n",
        ] {
            assert_eq!(left(text), None, "{text}");
        }
    }
}
