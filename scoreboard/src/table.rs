//! Tallies a table of verdicts.
//!
//! In: a file of tab-separated rows, written by people who have read findings. Out: counts and shares by confidence. An
//! error names the file and the line.

use std::path::Path;

use cargo_conjoin::diagnostic::Confidence;

use crate::text;

const HEAD: &str = "repository\tcommit\tfile\tline\tconfidence\tverdict\treason";

/// What a reader thinks of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The join is right, and worth it.
    Right,
    /// It is right, and nobody would want it.
    Unwanted,
    /// The order mattered.
    Wrong,
    /// The reader could not say.
    Unclear,
}

const VERDICTS: [(&str, Verdict); 4] = [
    ("right", Verdict::Right),
    ("unwanted", Verdict::Unwanted),
    ("wrong", Verdict::Wrong),
    ("unclear", Verdict::Unclear),
];

/// Reads the file and tallies it.
pub(crate) fn table(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read `{}`: {error}; give a file of tab-separated verdicts", file.display()))?;
    rows(&file.display().to_string(), &text).map(|rows| tally(&rows))
}

type Row = (Confidence, Verdict);

fn rows(name: &str, text: &str) -> Result<Vec<Row>, String> {
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, head)| head) != Some(HEAD) {
        return Err(format!("{name}:1: the head must be `{}`", HEAD.replace('\t', "<tab>")));
    }
    let rows = lines.filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(number, line)| row(line).map_err(|message| format!("{name}:{}: {message}", number + 1))).collect()
}

fn row(line: &str) -> Result<Row, String> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [_, _, _, place, confidence, verdict, _] = cells[..] else {
        return Err(format!("{} cells, expected 7; part them by tabs", cells.len()));
    };
    place.parse::<usize>().map_err(|_| format!("`{place}` is no line number"))?;
    let levels = [Confidence::Proven, Confidence::Likely, Confidence::Possible];
    let level = levels.into_iter().find(|level| level.to_string() == confidence);
    let level = level.ok_or_else(|| format!("`{confidence}` is none of proven, likely, possible"))?;
    let found = VERDICTS.into_iter().find(|(word, _)| *word == verdict);
    let (_, verdict) = found.ok_or_else(|| format!("`{verdict}` is none of right, wrong, unwanted, unclear"))?;
    Ok((level, verdict))
}

/// Of what was decided, how much is right, and how much of that is wanted.
fn tally(rows: &[Row]) -> String {
    let head = ["confidence", "right", "unwanted", "wrong", "unclear", "not wrong", "right and wanted"];
    let line = |(words, levels): (&str, &[Confidence])| {
        let count = |verdict| rows.iter().filter(|row| levels.contains(&row.0) && row.1 == verdict).count();
        let counts = VERDICTS.map(|(_, verdict)| count(verdict));
        let [right, unwanted, wrong, _] = counts;
        let decided = right + unwanted + wrong;
        let shares = [text::share(right + unwanted, decided), text::share(right, decided)];
        [words.to_owned()].into_iter().chain(counts.map(|count| count.to_string())).chain(shares).collect()
    };
    let (proven, likely, possible) = (Confidence::Proven, Confidence::Likely, Confidence::Possible);
    let lines: [(&str, &[Confidence]); 5] = [
        ("proven", &[proven]),
        ("likely", &[likely]),
        ("possible", &[possible]),
        ("proven, likely", &[proven, likely]),
        ("all", &[proven, likely, possible]),
    ];
    let lines = lines.map(line);
    let all: Vec<Vec<String>> = [head.map(str::to_owned).to_vec()].into_iter().chain(lines).collect();
    format!("{} verdicts\n\n{}", rows.len(), text::table(&all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(rows: &[&str]) -> String {
        let rows: Vec<String> = rows.iter().map(|row| row.replace(' ', "\t")).collect();
        format!("{HEAD}\n{}\n", rows.join("\n"))
    }

    #[test]
    fn verdicts_are_counted_by_confidence() {
        let text = made(&[
            "a/b c f.rs 1 likely right -",
            "a/b c f.rs 2 likely unwanted small",
            "a/b c f.rs 3 likely wrong writes",
            "a/b c f.rs 4 likely unclear -",
            "a/b c f.rs 5 proven right -",
        ]);
        let said = tally(&rows("t.tsv", &text).unwrap());
        let line = |start: &str| {
            let line = said.lines().find(|line| line.trim_start().starts_with(start)).unwrap();
            line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(said.starts_with("5 verdicts\n"));
        assert_eq!(line("likely"), ["likely", "1", "1", "1", "1", "2 of 3 (66.7 %)", "1 of 3 (33.3 %)"]);
        assert_eq!(line("possible"), ["possible", "0", "0", "0", "0", "0 of 0", "0 of 0"]);
        assert_eq!(line("all"), ["all", "2", "1", "1", "1", "3 of 4 (75.0 %)", "2 of 4 (50.0 %)"]);
    }

    #[test]
    fn a_bad_row_is_named() {
        let said = |row: &str| rows("t.tsv", &made(&["a/b c f.rs 1 likely right -", row])).unwrap_err();
        assert_eq!(said("a/b c f.rs 1 likely"), "t.tsv:3: 5 cells, expected 7; part them by tabs");
        assert_eq!(said("a/b c f.rs x likely right -"), "t.tsv:3: `x` is no line number");
        assert_eq!(said("a/b c f.rs 1 sure right -"), "t.tsv:3: `sure` is none of proven, likely, possible");
        assert_eq!(said("a/b c f.rs 1 likely good -"), "t.tsv:3: `good` is none of right, wrong, unwanted, unclear");
        assert!(rows("t.tsv", "a\tb\n").unwrap_err().starts_with("t.tsv:1: the head must be"));
    }
}
