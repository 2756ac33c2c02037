//! Awaits that people took apart again: none of them may be reported.
//!
//! In: places with answers. Out: a table of hazards, and the reports.

use std::collections::BTreeSet;

use cargo_conjoin::diagnostic::Confidence;
use serde_json::{Value, json};

use super::Answer;
use super::notes::{self, Note};
use crate::corpus::Stay;
use crate::plan::Hit;
use crate::reasons::Reason;
use crate::text::table;

/// A place with what the linter says of it.
#[derive(Debug)]
pub(super) struct Scored<'a> {
    pub(super) stay: &'a Stay,
    pub(super) hit: Option<Hit>,
    /// What is reported, or why it was not even looked at.
    pub(super) note: Option<Note<'a>>,
}

/// Of several awaits, whether any two are joined; of one, whether it is joined with anything.
pub(super) fn judge((stay, answer): (&Stay, Answer)) -> Scored<'_> {
    let hit = answer.as_ref().ok().and_then(|look| {
        let linked = look.links.iter().map(|link| &link.hit);
        let is_about = |hit: &&Hit| look.with_any.len() == 1 || !hit.is_of_statements;
        let other = look.with_any.iter().flatten().filter(is_about);
        linked.chain(other).max_by_key(|hit| hit.confidence).cloned()
    });
    let people = || format!("{}: {}", stay.hazard, stay.note);
    let note = match (&hit, &answer) {
        (Some(hit), _) => Some(Note::reported(&stay.place, people(), Reason::Hazard(stay.hazard.clone()), hit)),
        (None, Err(held)) => Some(Note::held(&stay.place, people(), "silent", held)),
        _ => None,
    };
    Scored { stay, hit, note }
}

impl Scored<'_> {
    pub(super) fn confidence(&self) -> Option<Confidence> {
        self.hit.as_ref().map(|hit| hit.confidence)
    }
}

pub(super) fn json(scored: &Scored<'_>) -> Value {
    let note = scored.note.as_ref();
    json!({
        "place": notes::place_json(&scored.stay.place),
        "hazard": scored.stay.hazard,
        "confidence": notes::word(scored.confidence()),
        "reason": note.map(|note| note.reason.to_string()),
        "said": note.map(|note| note.said.clone()),
    })
}

/// The table of hazards; all places, since nobody may be told to join them in tests either.
pub(super) fn text(scored: &[Scored<'_>], is_verbose: bool) -> String {
    let columns = [Some(Confidence::Proven), Some(Confidence::Likely), Some(Confidence::Possible), None];
    let head = ["hazard".to_owned()].into_iter().chain(columns.map(notes::word));
    let mut rows: Vec<Vec<String>> = vec![head.collect()];
    let hazards: BTreeSet<&str> = scored.iter().map(|one| &*one.stay.hazard).collect();
    for hazard in hazards {
        let own = scored.iter().filter(|one| one.stay.hazard == hazard);
        let count = |column| own.clone().filter(|one| one.confidence() == column).count().to_string();
        rows.push([hazard.to_owned()].into_iter().chain(columns.map(count)).collect());
    }
    let reported: Vec<&Note<'_>> =
        scored.iter().filter(|one| one.hit.is_some()).filter_map(|one| one.note.as_ref()).collect();
    let unseen: Vec<&Note<'_>> =
        scored.iter().filter(|one| one.hit.is_none()).filter_map(|one| one.note.as_ref()).collect();
    let mut text = format!("must stay: {} places\n\n{}\n", scored.len(), table(&rows));
    text += &notes::reasons("reported", &reported);
    text += &notes::reasons("not looked at", &unseen);
    if is_verbose {
        text += &notes::list("reported", &reported);
        text += &notes::list("not looked at", &unseen);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Place;
    use crate::plan::{Link, Look};

    #[test]
    fn one_await_may_be_joined_with_nothing_and_several_not_among_themselves() {
        let [repo, commit, path] = ["a/b", "c", "src/lib.rs"].map(str::to_owned);
        let place = Place { repo, commit, path, in_test: false, statements: vec![1..=1] };
        let stay = Stay { place, hazard: "race".to_owned(), note: String::new() };
        let hit = |confidence| Hit { confidence, is_of_statements: true, said: Vec::new() };
        let confidence = |look: Look| judge((&stay, Ok(look))).confidence();
        let (likely, possible) = (Confidence::Likely, Confidence::Possible);
        assert_eq!(confidence(Look { with_any: vec![Some(hit(likely))], ..Look::default() }), Some(likely));
        assert_eq!(confidence(Look { with_any: vec![Some(hit(likely)), None], ..Look::default() }), None);
        let links = vec![Link { of: (0, 1), hit: hit(possible) }];
        assert_eq!(confidence(Look { links, with_any: vec![None, None], ..Look::default() }), Some(possible));
    }
}
