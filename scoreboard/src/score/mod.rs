//! What the linter says of the places of a corpus, beside what people said of them.
//!
//! In: a corpus and the trees it speaks of. Out: tables, the reasons of what was missed, and figures against their
//! aims; as JSON too, where that is asked for.

mod aims;
mod answers;
mod joins;
mod notes;
mod pairs;
mod stays;

use serde_json::json;

use crate::args::ScoreArgs;
use crate::corpus::{self, Corpus, Place};
use crate::plan::{Held, Look};
use crate::trees;

/// What the linter makes of a place, or why it makes nothing of it.
pub(crate) type Answer = Result<Look, Held>;

/// Brings the trees, looks at every place, and writes the tables.
pub(crate) fn score(args: &ScoreArgs) -> Result<String, String> {
    trees::check(&args.places)?;
    let corpus = corpus::read(&args.corpus)?;
    let found = answers::answers(&args.places, &places(&corpus))?;
    found.remarks.iter().for_each(|remark| eprintln!("note: {remark}"));
    let mut answers = found.answers.into_iter();
    let pairs: Vec<Vec<pairs::Scored<'_>>> =
        corpus.pairs.iter().map(|set| set.iter().zip(answers.by_ref()).map(pairs::judge).collect()).collect();
    let joins: Vec<joins::Scored<'_>> = corpus.joins.iter().zip(answers.by_ref()).map(joins::judge).collect();
    let stays: Vec<stays::Scored<'_>> = corpus.stays.iter().zip(answers).map(stays::judge).collect();
    let figures = aims::figures(&pairs, &joins, &stays, found.absent);
    if let Some(file) = &args.json {
        let all = json!({
            "pairs": pairs.iter().flatten().map(pairs::json).collect::<Vec<_>>(),
            "joined_by_hand": joins.iter().map(joins::json).collect::<Vec<_>>(),
            "must_stay": stays.iter().map(stays::json).collect::<Vec<_>>(),
            "figures": figures.iter().map(aims::json).collect::<Vec<_>>(),
        });
        let text = format!("{all:#}\n");
        std::fs::write(file, text).map_err(|error| format!("cannot write `{}`: {error}", file.display()))?;
    }
    let parts = [
        pairs::text(&pairs, args.verbose),
        joins::text(&joins, args.verbose),
        stays::text(&stays, args.verbose),
        aims::text(&figures),
    ];
    Ok(parts.join("\n"))
}

/// Every place in the order in which the answers are taken.
fn places(corpus: &Corpus) -> Vec<&Place> {
    let pairs = corpus.pairs.iter().flatten().map(|pair| &pair.place);
    let joins = corpus.joins.iter().map(|join| &join.place);
    pairs.chain(joins).chain(corpus.stays.iter().map(|stay| &stay.place)).collect()
}
