//! The tables of the fixtures' README are held: every hazard that must be refused has its fixture.
//!
//! In: `fixtures/README.md` and the folder beside it. Out: the rows and fixtures that one of them lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use conjoin_fixtures::{Case, is_rewrite_later, marks};

use crate::fixtures::{cases, folder};

/// A row of a table: its first cell, and the words in backticks of the whole row.
struct Row {
    section: String,
    name: String,
    words: Vec<String>,
}

#[test]
fn every_fixture_named_in_a_table_exists() {
    let exist: BTreeSet<String> = cases().iter().map(Case::title).collect();
    let missing: Vec<String> = fixture_names(&rows()).difference(&exist).cloned().collect();
    assert!(missing.is_empty(), "named and not there: {missing:?}");
}

#[test]
fn every_fixture_is_in_a_table() {
    let named = fixture_names(&rows());
    let left: Vec<String> = cases().iter().map(Case::title).filter(|title| !named.contains(title)).collect();
    assert!(left.is_empty(), "in no table: {left:?}");
}

#[test]
fn every_required_hazard_has_a_fixture() {
    let readme = readme();
    let list = readme.split("\nRequired: ").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let required: Vec<&str> = list.split_whitespace().collect();
    let rows = rows();
    let has_fixture =
        |id: &&str| rows.iter().any(|row| row.section == "Hazards" && row.name == *id && !fixtures_of(row).is_empty());
    assert!(required.len() > 50, "the list is cut short: {required:?}");
    let left: Vec<&str> = required.into_iter().filter(|id| !has_fixture(id)).collect();
    assert!(left.is_empty(), "no fixture for {left:?}");
}

#[test]
fn every_blocker_is_of_a_listed_kind() {
    let kinds: BTreeMap<String, BTreeSet<String>> = rows()
        .into_iter()
        .filter(|row| {
            row.section == "Writing one" && row.words.first().is_some_and(|word| row.name == format!("`{word}`"))
        })
        .map(|row| (row.words[0].clone(), row.words[1..].iter().cloned().collect()))
        .collect();
    let is_listed = |text: &str| {
        let (kind, what) = text.strip_suffix(')').and_then(|text| text.split_once('(')).unwrap_or((text, ""));
        kinds.get(kind).is_some_and(|words| !["control", "fence"].contains(&kind) || words.contains(what))
    };
    for case in cases() {
        for mark in marks(&fs::read_to_string(&case.before).unwrap()) {
            let blocker = mark.text.strip_prefix("blocked: ");
            assert!(blocker.is_none_or(is_listed), "{}:{}: {}", case.before.display(), mark.line, mark.text);
        }
    }
}

#[test]
fn the_rewrites_to_come_are_listed() {
    let rows = rows().into_iter().filter(|row| row.section == "Rewrite to come").collect::<Vec<_>>();
    let is_later = |case: &Case| is_rewrite_later(&fs::read_to_string(&case.before).unwrap());
    let later: BTreeSet<String> = cases().iter().filter(|case| is_later(case)).map(Case::title).collect();
    assert_eq!(fixture_names(&rows), later);
}

fn fixture_names(rows: &[Row]) -> BTreeSet<String> {
    rows.iter().flat_map(fixtures_of).collect()
}

fn fixtures_of(row: &Row) -> Vec<String> {
    let is_fixture = |word: &&String| word.starts_with("fires/") || word.starts_with("quiet/");
    row.words.iter().filter(is_fixture).cloned().collect()
}

fn rows() -> Vec<Row> {
    let mut section = String::new();
    let mut rows = Vec::new();
    for line in readme().lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.to_owned();
        }
        if let Some(cells) = line.strip_prefix("| ") {
            let name = cells.split(" | ").next().unwrap_or_default().to_owned();
            let words = line.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            rows.push(Row { section: section.clone(), name, words });
        }
    }
    rows
}

fn readme() -> String {
    fs::read_to_string(folder().join("README.md")).unwrap()
}
