//! Awaits that people joined by hand: how many of them are found.
//!
//! In: joins with answers. Out: tables of kind, difficulty and confidence, and reasons.

use std::collections::BTreeSet;

use cargo_conjoin::diagnostic::Confidence;
use cargo_conjoin::lints;
use serde_json::{Value, json};

use super::Answer;
use super::notes::{self, Note};
use crate::corpus::Join;
use crate::plan::{Held, Hit, Look};
use crate::reasons::Reason;
use crate::text::table;

const LEVELS: [Confidence; 3] = [Confidence::Proven, Confidence::Likely, Confidence::Possible];

/// A join with what the linter finds of it.
#[derive(Debug)]
pub(super) struct Scored<'a> {
    pub(super) join: &'a Join,
    pub(super) found: Found,
    /// How sure it is.
    pub(super) confidence: Option<Confidence>,
    /// Why not all of it is found, or, where it is only possible, why it is no more than that.
    pub(super) note: Option<Note<'a>>,
}

/// How much of a join is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    Miss,
    Part,
    Whole,
}

/// How much of a join is found, at the highest confidence at which anything is.
pub(super) fn judge((join, answer): (&Join, Answer)) -> Scored<'_> {
    let found_at = |least: Confidence| match &answer {
        Ok(look) => found(join, look, least),
        Err(_) => Found::Miss,
    };
    let confidence = LEVELS.into_iter().find(|least| found_at(*least) > Found::Miss);
    let found = confidence.map_or(Found::Miss, found_at);
    let people = format!("{}, {}: {}", join.kind, join.difficulty, join.note);
    let linter = format!("{}, {}", found.word(), notes::word(confidence));
    let held = held(join, &answer, found, confidence);
    let note = held.map(|held| Note::held(&join.place, people, &linter, &held));
    Scored { join, found, confidence, note }
}

/// How much a plan joins; of a loop or an expression, also how many of its awaits another lint speaks of.
fn found(join: &Join, look: &Look, least: Confidence) -> Found {
    let links = look.links.iter().filter(|link| link.hit.confidence >= least).map(|link| link.of);
    let planned = connected(&links.collect::<Vec<_>>(), join.place.statements.len());
    let is_named = |hit: &Hit| hit.confidence >= least && !hit.is_of_statements;
    let named = look.with_any.iter().flatten().filter(|hit| is_named(hit)).count();
    let by_others = match named {
        0 => Found::Miss,
        _ if join.kind == "loop" || named == look.with_any.len() => Found::Whole,
        _ => Found::Part,
    };
    if is_of_statements(join) { planned } else { planned.max(by_others) }
}

/// Whole where every statement runs beside another one of them, and no group of them is apart from the rest.
fn connected(links: &[(usize, usize)], count: usize) -> Found {
    let Some((first, _)) = links.first() else { return Found::Miss };
    let mut group = BTreeSet::from([*first]);
    while let Some((one, two)) = links.iter().find(|(one, two)| group.contains(one) != group.contains(two)) {
        group.extend([*one, *two]);
    }
    if group.len() == count { Found::Whole } else { Found::Part }
}

fn held(join: &Join, answer: &Answer, found: Found, confidence: Option<Confidence>) -> Option<Held> {
    if found == Found::Miss && !has_lint(join) {
        return Some(Held::new(Reason::NoLint, format!("no lint looks at awaits of kind {}", join.kind)));
    }
    match answer {
        Err(held) => Some(held.clone()),
        Ok(look) if found != Found::Whole => look.held.first().or(look.doubts.first()).cloned(),
        Ok(look) if confidence == Some(Confidence::Possible) => look.doubts.first().cloned(),
        Ok(_) => None,
    }
}

/// Statements in a row, with others between or not.
pub(super) fn is_of_statements(join: &Join) -> bool {
    join.kind == "straight" || join.kind == "gap"
}

fn has_lint(join: &Join) -> bool {
    match &*join.kind {
        "loop" => lints::lint("await_in_loop").is_some(),
        "nested" => lints::lint("await_in_expression").is_some(),
        _ => true,
    }
}

impl Found {
    fn word(self) -> &'static str {
        match self {
            Found::Whole => "whole",
            Found::Part => "part",
            Found::Miss => "miss",
        }
    }
}

pub(super) fn json(scored: &Scored<'_>) -> Value {
    let note = scored.note.as_ref();
    json!({
        "place": notes::place_json(&scored.join.place),
        "kind": scored.join.kind,
        "difficulty": scored.join.difficulty,
        "found": scored.found.word(),
        "confidence": notes::word(scored.confidence),
        "reason": note.map(|note| note.reason.to_string()),
        "said": note.map(|note| note.said.clone()),
    })
}

/// The tables, tests apart.
pub(super) fn text(scored: &[Scored<'_>], is_verbose: bool) -> String {
    let mut text = String::new();
    for (in_test, words) in [(false, "outside tests"), (true, "in tests")] {
        let own: Vec<&Scored<'_>> = scored.iter().filter(|one| one.join.place.in_test == in_test).collect();
        if !own.is_empty() {
            text += &format!("joined by hand, {words}: {} places\n\n{}\n", own.len(), kinds(&own));
            text += &noted(&own).iter().map(|(title, notes)| notes::reasons(title, notes)).collect::<String>();
        }
    }
    if is_verbose {
        let all: Vec<&Scored<'_>> = scored.iter().collect();
        text += &noted(&all).iter().map(|(title, notes)| notes::list(title, notes)).collect::<String>();
    }
    text
}

/// Kind and difficulty against how much is found, and how surely.
fn kinds(scored: &[&Scored<'_>]) -> String {
    let columns = LEVELS.map(|level| [Found::Whole, Found::Part].map(|found| (found, Some(level))));
    let columns: Vec<(Found, Option<Confidence>)> =
        columns.into_iter().flatten().chain([(Found::Miss, None)]).collect();
    let word = |(found, confidence): &(Found, Option<Confidence>)| match confidence {
        Some(confidence) => format!("{} {confidence}", found.word()),
        None => found.word().to_owned(),
    };
    let head = ["kind", "difficulty"].map(str::to_owned).into_iter().chain(columns.iter().map(word));
    let mut rows: Vec<Vec<String>> = vec![head.collect()];
    let groups: BTreeSet<(&str, &str)> = scored.iter().map(|one| (&*one.join.kind, &*one.join.difficulty)).collect();
    for (kind, difficulty) in groups {
        let own = scored.iter().filter(|one| (&*one.join.kind, &*one.join.difficulty) == (kind, difficulty));
        let count = |column: &(Found, Option<Confidence>)| {
            own.clone().filter(|one| (one.found, one.confidence) == *column).count().to_string()
        };
        let words = [kind, difficulty].map(str::to_owned);
        rows.push(words.into_iter().chain(columns.iter().map(count)).collect());
    }
    table(&rows)
}

fn noted<'s>(scored: &[&'s Scored<'_>]) -> [(&'static str, Vec<&'s Note<'s>>); 3] {
    let of = |is_wanted: fn(&Scored<'_>) -> bool| {
        scored.iter().filter(|one| is_wanted(one)).filter_map(|one| one.note.as_ref()).collect()
    };
    [
        ("missed", of(|one| one.found == Found::Miss)),
        ("found in part", of(|one| one.found == Found::Part)),
        ("only possible", of(|one| one.found == Found::Whole)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_is_whole_where_all_of_it_is_connected() {
        assert_eq!(connected(&[], 3), Found::Miss);
        assert_eq!(connected(&[(0, 1)], 3), Found::Part);
        assert_eq!(connected(&[(0, 1), (2, 3)], 4), Found::Part);
        // Two chains beside a third await: the links of the chain itself are missing.
        assert_eq!(connected(&[(0, 2), (1, 2)], 3), Found::Whole);
    }
}
