//! Figures against their aims.
//!
//! In: everything scored. Out: [`Figure`]s; outside tests, but for what must stay.

use cargo_conjoin::diagnostic::Confidence;
use serde_json::{Value, json};

use super::pairs::{Worth, count, worth};
use super::{joins, pairs, stays};
use crate::text::{percent, share, table};

/// A figure and its aim.
#[derive(Debug)]
pub(super) struct Figure {
    name: &'static str,
    figure: String,
    aim: &'static str,
    is_met: bool,
}

/// The figures in the order they are shown.
pub(super) fn figures(
    pairs: &[Vec<pairs::Scored<'_>>],
    joins: &[joins::Scored<'_>],
    stays: &[stays::Scored<'_>],
    absent: usize,
) -> Vec<Figure> {
    let pairs: Vec<&pairs::Scored<'_>> = pairs.iter().flatten().filter(|one| !one.pair.place.in_test).collect();
    let direct: Vec<&joins::Scored<'_>> = joins.iter().filter(|one| is_direct(one)).collect();
    let mut figures = of_pairs(&pairs);
    figures.extend([
        found("direct joins found, proven and likely", "at least 50 %", &direct, Confidence::Likely, 50.0),
        found("direct joins found, any", "at least 75 %", &direct, Confidence::Possible, 75.0),
    ]);
    let reported = stays.iter().filter(|one| one.confidence() > Some(Confidence::Possible)).count();
    figures.push(Figure {
        name: "must-stay places above possible",
        figure: share(reported, stays.len()),
        aim: "0",
        is_met: reported == 0,
    });
    // Of what nobody has looked at, nothing is wrong either.
    figures.push(Figure {
        name: "places whose commit the mirror lacks",
        figure: absent.to_string(),
        aim: "0",
        is_met: absent == 0,
    });
    figures
}

fn of_pairs(pairs: &[&pairs::Scored<'_>]) -> Vec<Figure> {
    let wrong_proven = count(pairs, Worth::Wrong, Confidence::Proven);
    let likely: Vec<&&pairs::Scored<'_>> =
        pairs.iter().filter(|one| one.confidence() == Some(Confidence::Likely)).collect();
    let wrong_likely = likely.iter().filter(|one| worth(one.pair) == Worth::Wrong).count();
    let joinable = pairs.iter().filter(|one| one.pair.is_joinable).count();
    let recalled = count(pairs, Worth::Right, Confidence::Likely);
    vec![
        Figure {
            name: "dependent pairs reported at proven",
            figure: wrong_proven.to_string(),
            aim: "0",
            is_met: wrong_proven == 0,
        },
        Figure {
            name: "reports at likely that are wrong",
            figure: share(wrong_likely, likely.len()),
            aim: "at most 5 %",
            is_met: percent(wrong_likely, likely.len()) <= 5.0,
        },
        Figure {
            name: "joinable pairs reported, proven and likely",
            figure: share(recalled, joinable),
            aim: "at least 60 %",
            is_met: percent(recalled, joinable) >= 60.0,
        },
    ]
}

/// Straight code or code with something between, that needs no blocks and no new signatures.
fn is_direct(scored: &joins::Scored<'_>) -> bool {
    let join = scored.join;
    joins::is_of_statements(join) && join.difficulty == "direct" && !join.place.in_test
}

/// Found in part counts as found: who is shown two of three sees the third.
fn found(
    name: &'static str,
    aim: &'static str,
    joins: &[&joins::Scored<'_>],
    least: Confidence,
    percents: f64,
) -> Figure {
    let found = joins.iter().filter(|one| one.confidence >= Some(least)).count();
    let whole = joins.iter().filter(|one| one.confidence >= Some(least) && one.found == joins::Found::Whole).count();
    Figure {
        name,
        figure: format!("{}, {whole} whole", share(found, joins.len())),
        aim,
        is_met: percent(found, joins.len()) >= percents,
    }
}

pub(super) fn json(figure: &Figure) -> Value {
    json!({ "name": figure.name, "figure": figure.figure, "aim": figure.aim, "met": figure.is_met })
}

pub(super) fn text(figures: &[Figure]) -> String {
    let head = ["figure", "is", "aim", ""].map(str::to_owned).to_vec();
    let row = |figure: &Figure| {
        let outcome = if figure.is_met { "met" } else { "missed" };
        [figure.name, &figure.figure, figure.aim, outcome].map(str::to_owned).to_vec()
    };
    let rows: Vec<Vec<String>> = [head].into_iter().chain(figures.iter().map(row)).collect();
    format!("figures against their aims, tests left out\n\n{}", table(&rows))
}
