//! The words of `--message-format`.
//!
//! In: a word. Out: a [`Format`], or what was expected.

use crate::report::{Format, Rendered};

/// Editors ask for variants of JSON that differ in the human text inside; cargo allows several in one word.
pub(super) fn format(word: &str) -> Result<Format, String> {
    let json = |rendered| Ok(Format::Json { rendered });
    match word {
        "human" => Ok(Format::Human),
        "short" => Ok(Format::Short),
        "sarif" => Ok(Format::Sarif),
        "github" => Ok(Format::Github),
        "gitlab" => Ok(Format::Gitlab),
        _ if !word.split(',').all(|part| part == "json" || part.starts_with("json-")) => {
            Err("expected `human`, `short`, `json`, `sarif`, `github` or `gitlab`".to_owned())
        }
        _ if word.contains("json-diagnostic-short") => json(Rendered::Short),
        _ if word.contains("json-diagnostic-rendered-ansi") => json(Rendered::Ansi),
        _ => json(Rendered::Plain),
    }
}
