//! Words behind options that mean more than a word.
//!
//! In: a word. Out: a [`Format`], or a place; or what was expected.

use std::path::PathBuf;

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

/// `file:line`, or `file:line:column` as it is copied from a report.
pub(super) fn place(word: &str) -> Result<(PathBuf, usize), String> {
    let last_number = |text: &str| {
        let (rest, number) = text.rsplit_once(':')?;
        Some((rest.to_owned(), number.parse::<usize>().ok()?))
    };
    let (file, line) = last_number(word).ok_or("expected FILE:LINE, as in `src/api.rs:42`")?;
    let (file, line) = last_number(&file).unwrap_or((file, line));
    if line == 0 { Err("lines count from 1".to_owned()) } else { Ok((file.into(), line)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_may_be_copied_from_a_report() {
        assert_eq!(place("src/a.rs:4"), Ok(("src/a.rs".into(), 4)));
        assert_eq!(place("src/a.rs:4:17"), Ok(("src/a.rs".into(), 4)));
        assert!(place("src/a.rs").is_err() && place("src/a.rs:x").is_err() && place("src/a.rs:0").is_err());
    }
}
