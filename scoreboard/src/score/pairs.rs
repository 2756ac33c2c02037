//! Labelled pairs: what is reported of them, and how much of that is right.
//!
//! In: pairs with answers. Out: tables of label and confidence, precision, recall, reasons.

use cargo_conjoin::diagnostic::Confidence;
use serde_json::{Value, json};

use super::Answer;
use super::notes::{self, Note};
use crate::corpus::{Label, PAIR_FILES, Pair};
use crate::plan::Hit;
use crate::reasons::Reason;
use crate::text::{share, table};

/// A pair with what the linter says of it.
#[derive(Debug)]
pub(super) struct Scored<'a> {
    pub(super) pair: &'a Pair,
    pub(super) hit: Option<Hit>,
    /// Why it is missed, why a report is wrong, or, where it is only possible, why it is no more than that.
    pub(super) note: Option<Note<'a>>,
}

/// How right a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// A maintainer would welcome it.
    Right,
    /// Nothing forbids it, and nobody wants it.
    Unwanted,
    /// The second must follow the first.
    Wrong,
}

/// What the answer to a pair is worth.
pub(super) fn judge((pair, answer): (&Pair, Answer)) -> Scored<'_> {
    let people = || {
        let wish = if pair.is_joinable { "joinable" } else { "not joinable" };
        format!("{}, {wish}: {}", pair.label.word(), pair.note)
    };
    let hit = answer.as_ref().ok().and_then(|look| look.links.first()).map(|link| link.hit.clone());
    let note = match (&hit, worth(pair)) {
        (Some(hit), Worth::Right) if hit.confidence == Confidence::Possible => {
            let doubt = answer.as_ref().ok().and_then(|look| look.doubts.first());
            doubt.map(|held| Note::held(&pair.place, people(), "possible", held))
        }
        (Some(hit), Worth::Wrong | Worth::Unwanted) => {
            Some(Note::reported(&pair.place, people(), overlooked(pair.label), hit))
        }
        (None, Worth::Right) => {
            let held = answer.as_ref().map_or_else(Some, |look| look.held.first());
            held.map(|held| Note::held(&pair.place, people(), "silent", held))
        }
        _ => None,
    };
    Scored { pair, hit, note }
}

/// What a report of this pair is worth.
pub(super) fn worth(pair: &Pair) -> Worth {
    match (pair.is_joinable, pair.label) {
        (true, _) => Worth::Right,
        (false, Label::Independent) => Worth::Unwanted,
        (false, _) => Worth::Wrong,
    }
}

/// The dependence that a wrong report has overlooked; of an unwanted one, that nobody gains from it.
fn overlooked(label: Label) -> Reason {
    match label {
        Label::Data => Reason::Flow,
        Label::Borrow => Reason::Borrow,
        Label::Control => Reason::Control("overlooked".to_owned()),
        Label::Effect => Reason::Write,
        Label::Independent => Reason::NothingToGain,
    }
}

impl Scored<'_> {
    pub(super) fn confidence(&self) -> Option<Confidence> {
        self.hit.as_ref().map(|hit| hit.confidence)
    }
}

/// How many of them are of that worth and reported at least that surely.
pub(super) fn count(scored: &[&Scored<'_>], of: Worth, least: Confidence) -> usize {
    scored.iter().filter(|one| worth(one.pair) == of && one.confidence() >= Some(least)).count()
}

pub(super) fn json(scored: &Scored<'_>) -> Value {
    let note = scored.note.as_ref();
    json!({
        "place": notes::place_json(&scored.pair.place),
        "label": scored.pair.label.word(),
        "joinable": scored.pair.is_joinable,
        "confidence": notes::word(scored.confidence()),
        "reason": note.map(|note| note.reason.to_string()),
        "said": note.map(|note| note.said.clone()),
    })
}

/// The tables of each file and of both, tests apart.
pub(super) fn text(sets: &[Vec<Scored<'_>>], is_verbose: bool) -> String {
    let mut text = String::new();
    for (name, set) in PAIR_FILES.iter().zip(sets) {
        text += &parts(name, &set.iter().collect::<Vec<_>>(), false);
    }
    let both: Vec<&Scored<'_>> = sets.iter().flatten().collect();
    text + &parts("both files of labelled pairs", &both, true) + &if is_verbose { lists(&both) } else { String::new() }
}

fn parts(name: &str, scored: &[&Scored<'_>], with_reasons: bool) -> String {
    let mut text = String::new();
    for (in_test, words) in [(false, "outside tests"), (true, "in tests")] {
        let own: Vec<&Scored<'_>> = scored.iter().copied().filter(|one| one.pair.place.in_test == in_test).collect();
        if !own.is_empty() {
            text += &format!("{name}, {words}: {} pairs\n\n{}\n{}\n", own.len(), labels(&own), shares(&own));
            text += &if with_reasons { reasons(&own) } else { String::new() };
        }
    }
    text
}

/// Label and wish against confidence.
fn labels(scored: &[&Scored<'_>]) -> String {
    let columns = [Some(Confidence::Proven), Some(Confidence::Likely), Some(Confidence::Possible), None];
    let head = ["label", "joinable"].map(str::to_owned).into_iter().chain(columns.map(notes::word));
    let mut rows: Vec<Vec<String>> = vec![head.collect()];
    for label in Label::ALL {
        for is_joinable in [false, true] {
            let own = scored.iter().filter(|one| (one.pair.label, one.pair.is_joinable) == (label, is_joinable));
            let count = |column| own.clone().filter(|one| one.confidence() == column).count().to_string();
            if own.clone().next().is_some() {
                let wish = if is_joinable { "yes" } else { "no" };
                let words = [label.word(), wish].map(str::to_owned);
                rows.push(words.into_iter().chain(columns.map(count)).collect());
            }
        }
    }
    table(&rows)
}

/// Precision and recall.
fn shares(scored: &[&Scored<'_>]) -> String {
    let head = ["reported at", "joinable", "unwanted", "wrong", "precision", "recall"].map(str::to_owned).to_vec();
    let joinable = scored.iter().filter(|one| one.pair.is_joinable).count();
    let row = |(words, least): (&str, Confidence)| {
        let [right, unwanted, wrong] =
            [Worth::Right, Worth::Unwanted, Worth::Wrong].map(|worth| count(scored, worth, least));
        let all = right + unwanted + wrong;
        let numbers = [right, unwanted, wrong].map(|number| number.to_string());
        let shares = [share(right, all), share(right, joinable)];
        [words.to_owned()].into_iter().chain(numbers).chain(shares).collect()
    };
    let levels =
        [("proven", Confidence::Proven), ("proven, likely", Confidence::Likely), ("any", Confidence::Possible)];
    table(&[head].into_iter().chain(levels.map(row)).collect::<Vec<Vec<String>>>())
}

/// The notes: what is missed, what is only possible, what is wrong, what nobody wants.
fn noted<'s>(scored: &[&'s Scored<'_>]) -> [(&'static str, Vec<&'s Note<'s>>); 4] {
    let of = |of: Worth, is_reported: bool| {
        let own = scored.iter().filter(|one| worth(one.pair) == of && one.hit.is_some() == is_reported);
        own.filter_map(|one| one.note.as_ref()).collect()
    };
    [
        ("missed", of(Worth::Right, false)),
        ("only possible", of(Worth::Right, true)),
        ("wrong, overlooked", of(Worth::Wrong, true)),
        ("unwanted", of(Worth::Unwanted, true)),
    ]
}

fn reasons(scored: &[&Scored<'_>]) -> String {
    noted(scored).iter().map(|(title, notes)| notes::reasons(title, notes)).collect()
}

fn lists(scored: &[&Scored<'_>]) -> String {
    noted(scored).iter().map(|(title, notes)| notes::list(title, notes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Place;
    use crate::plan::{Held, Link, Look};

    fn pair(label: Label, is_joinable: bool) -> Pair {
        let statements = vec![1..=1, 2..=2];
        let [repo, commit, path] = ["a/b", "c", "src/lib.rs"].map(str::to_owned);
        let place = Place { repo, commit, path, in_test: false, statements };
        Pair { place, label, is_joinable, note: String::new() }
    }

    fn reported(confidence: Confidence) -> Answer {
        let hit = Hit { confidence, is_of_statements: true, said: Vec::new() };
        let doubts = vec![Held::new(Reason::Unknown, String::new())];
        Ok(Look { links: vec![Link { of: (0, 1), hit }], doubts, ..Look::default() })
    }

    #[test]
    fn a_report_is_right_wrong_or_unwanted() {
        let pairs =
            [(Label::Independent, true), (Label::Independent, false), (Label::Effect, false), (Label::Effect, true)];
        let pairs = pairs.map(|(label, is_joinable)| pair(label, is_joinable));
        let scored: Vec<Scored<'_>> = pairs.iter().map(|pair| judge((pair, reported(Confidence::Possible)))).collect();
        let reasons = scored.iter().map(|one| one.note.as_ref().map(|note| note.reason.clone()));
        let expected = [Reason::Unknown, Reason::NothingToGain, Reason::Write, Reason::Unknown].map(Some);
        assert_eq!(reasons.collect::<Vec<_>>(), expected);
        let scored: Vec<&Scored<'_>> = scored.iter().collect();
        let counts = [Worth::Right, Worth::Unwanted, Worth::Wrong].map(|of| count(&scored, of, Confidence::Possible));
        assert_eq!((counts, count(&scored, Worth::Right, Confidence::Likely)), ([2, 1, 1], 0));
        let said = shares(&scored);
        assert!(said.contains("2 of 4 (50.0 %)  2 of 2 (100.0 %)"), "{said}");
    }

    #[test]
    fn only_misses_and_what_is_wrong_or_doubted_is_noted() {
        let (wanted, dependent) = (pair(Label::Independent, true), pair(Label::Data, false));
        let silent = || Err(Held::new(Reason::InTestCode, String::new()));
        assert_eq!(judge((&wanted, silent())).note.map(|note| note.reason), Some(Reason::InTestCode));
        assert!(judge((&wanted, reported(Confidence::Likely))).note.is_none());
        assert!(judge((&dependent, silent())).note.is_none());
    }
}
