//! Misses and wrong reports: counted by reason, and told one by one.
//!
//! In: [`Note`]s. Out: text.

use std::collections::BTreeMap;

use cargo_conjoin::diagnostic::Confidence;
use serde_json::{Value, json};

use crate::corpus::Place;
use crate::plan::{Held, Hit};
use crate::reasons::Reason;
use crate::text::table;

/// What is worth looking at in one place.
#[derive(Debug)]
pub(super) struct Note<'a> {
    pub(super) place: &'a Place,
    /// What people said of it.
    pub(super) people: String,
    /// `silent`, `possible`.
    pub(super) linter: String,
    pub(super) reason: Reason,
    pub(super) said: Vec<String>,
}

impl<'a> Note<'a> {
    /// About something that is held.
    pub(super) fn held(place: &'a Place, people: String, linter: &str, held: &Held) -> Note<'a> {
        let (reason, said) = (held.reason.clone(), held.said.clone());
        Note { place, people, linter: linter.to_owned(), reason, said }
    }

    /// About something that is reported.
    pub(super) fn reported(place: &'a Place, people: String, reason: Reason, hit: &Hit) -> Note<'a> {
        Note { place, people, linter: hit.confidence.to_string(), reason, said: hit.said.clone() }
    }
}

/// How often there is which reason, the most frequent first; nothing for no notes.
pub(super) fn reasons(title: &str, notes: &[&Note<'_>]) -> String {
    let mut counts: BTreeMap<&Reason, usize> = BTreeMap::new();
    for note in notes {
        *counts.entry(&note.reason).or_default() += 1;
    }
    let mut counts: Vec<(&Reason, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    if counts.is_empty() {
        return String::new();
    }
    let rows = counts.iter().map(|(reason, count)| vec![reason.to_string(), count.to_string()]);
    let rows: Vec<Vec<String>> = [vec![title.to_owned(), "count".to_owned()]].into_iter().chain(rows).collect();
    format!("{}\n", table(&rows))
}

/// Each note on a few lines.
pub(super) fn list(title: &str, notes: &[&Note<'_>]) -> String {
    let one = |note: &&Note<'_>| {
        let said: String = note.said.iter().map(|line| format!("        {}\n", line.replace('\n', " "))).collect();
        let (reason, people) = (&note.reason, &note.people);
        format!("    {}\n      {people}; {}: {reason}\n{said}", place(note.place), note.linter)
    };
    let all: String = notes.iter().map(one).collect();
    if all.is_empty() { all } else { format!("  {title}, {}:\n{all}\n", notes.len()) }
}

/// `rust-lang/bors 0bcb42454 src/github/api.rs:3-4,6-9`.
pub(super) fn place(place: &Place) -> String {
    let commit = place.commit.get(..9).unwrap_or(&place.commit);
    let test = if place.in_test { " (test)" } else { "" };
    format!("{} {commit} {}:{}{test}", place.repo, place.path, lines(place))
}

/// Where a row is, as JSON.
pub(super) fn place_json(place: &Place) -> Value {
    json!({
        "repo": place.repo,
        "commit": place.commit,
        "path": place.path,
        "lines": lines(place),
        "in_test": place.in_test,
    })
}

/// The word of a confidence, `silent` where there is none.
pub(super) fn word(confidence: Option<Confidence>) -> String {
    confidence.map_or_else(|| "silent".to_owned(), |confidence| confidence.to_string())
}

fn lines(place: &Place) -> String {
    let range = |lines: &std::ops::RangeInclusive<usize>| match lines.start() == lines.end() {
        true => lines.start().to_string(),
        false => format!("{}-{}", lines.start(), lines.end()),
    };
    place.statements.iter().map(range).collect::<Vec<_>>().join(",")
}
