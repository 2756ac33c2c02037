//! The rows of a corpus: places in real code, and what people said of them.
//!
//! In: a folder with JSON lines. Out: [`Corpus`]. An error names the file, the line and the field.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use serde_json::Value;

/// The files with labelled pairs.
pub(crate) const PAIR_FILES: [&str; 2] = ["labelled-pairs.jsonl", "labelled-pairs-b.jsonl"];

/// Everything people said.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// Neighbouring statements that await, one list for each of [`PAIR_FILES`].
    pub(crate) pairs: Vec<Vec<Pair>>,
    /// Awaits that people joined, as they stood before.
    pub(crate) joins: Vec<Join>,
    /// Awaits that people took apart again, as they stand since.
    pub(crate) stays: Vec<Stay>,
}

/// Statements of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// `owner/name`.
    pub(crate) repo: String,
    /// The commit the lines are counted in.
    pub(crate) commit: String,
    /// The file.
    pub(crate) path: String,
    /// Whether it is test code.
    pub(crate) in_test: bool,
    /// The lines of each statement, in source order.
    pub(crate) statements: Vec<RangeInclusive<usize>>,
}

/// Two neighbouring statements.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) place: Place,
    /// The strongest reason why the second must follow the first.
    pub(crate) label: Label,
    /// Whether a maintainer would welcome the join.
    pub(crate) is_joinable: bool,
    /// What the reader noted.
    pub(crate) note: String,
}

/// Why one must follow the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Label {
    Data,
    Borrow,
    Control,
    Effect,
    Independent,
}

/// Awaits that people joined.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) place: Place,
    /// `straight`, `gap`, `nested`, `loop`.
    pub(crate) kind: String,
    /// `direct`, `async_block` …
    pub(crate) difficulty: String,
    pub(crate) note: String,
}

/// Awaits that people took apart again.
#[derive(Debug)]
pub(crate) struct Stay {
    pub(crate) place: Place,
    /// What went wrong with the join.
    pub(crate) hazard: String,
    pub(crate) note: String,
}

/// Reads a corpus.
pub(crate) fn read(folder: &Path) -> Result<Corpus, String> {
    Ok(Corpus {
        pairs: PAIR_FILES.iter().map(|name| rows(&folder.join(name), pair)).collect::<Result<_, _>>()?,
        joins: rows(&folder.join("joined-by-hand.jsonl"), join)?,
        stays: rows(&folder.join("must-stay.jsonl"), stay)?,
    })
}

impl Label {
    pub(crate) const ALL: [Label; 5] = [Label::Data, Label::Borrow, Label::Control, Label::Effect, Label::Independent];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Label::Data => "data",
            Label::Borrow => "borrow",
            Label::Control => "control",
            Label::Effect => "effect",
            Label::Independent => "independent",
        }
    }
}

fn rows<T>(path: &Path, read: fn(&Row) -> Result<T, String>) -> Result<Vec<T>, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read `{}`: {error}; `--corpus` names the folder it is in", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let row = |(number, line): (usize, &str)| {
        let at = |message: String| format!("{}:{}: {message}", path.display(), number + 1);
        let value = serde_json::from_str(line).map_err(|error| at(format!("is no JSON: {error}")))?;
        read(&Row(value)).map_err(at)
    };
    lines.map(row).collect()
}

fn pair(row: &Row) -> Result<Pair, String> {
    let (first, second, end) = (row.number("first_line")?, row.number("second_line")?, row.number("end_line")?);
    // Two statements may share a line only where somebody does not use rustfmt.
    let statements = vec![first..=second.saturating_sub(1).max(first), second..=end.max(second)];
    let word = row.text("label")?;
    let label = Label::ALL.into_iter().find(|label| label.word() == word);
    Ok(Pair {
        place: row.place("commit", statements)?,
        label: label.ok_or_else(|| format!("`label` is `{word}`, which is none of the labels"))?,
        is_joinable: row.flag("joinable")?,
        note: row.text("reason")?,
    })
}

fn join(row: &Row) -> Result<Join, String> {
    let kind = row.text("kind")?;
    let is_of_statements = kind == "straight" || kind == "gap";
    let statements = if is_of_statements { row.ranges("stmts_before")? } else { row.lines("await_lines_before")? };
    Ok(Join {
        place: row.place("parent", statements)?,
        kind,
        difficulty: row.text("difficulty")?,
        note: row.text("note")?,
    })
}

fn stay(row: &Row) -> Result<Stay, String> {
    let place = row.place("commit", row.lines("await_lines_after")?)?;
    Ok(Stay { place, hazard: row.text("hazard")?, note: row.text("note")? })
}

struct Row(Value);

impl Row {
    fn place(&self, commit: &str, statements: Vec<RangeInclusive<usize>>) -> Result<Place, String> {
        Ok(Place {
            repo: self.text("repo")?,
            commit: self.text(commit)?,
            path: self.text("path")?,
            // Those who do not say have looked at production code.
            in_test: self.0["in_test"].as_bool().unwrap_or(false),
            statements,
        })
    }

    fn text(&self, field: &str) -> Result<String, String> {
        self.0[field].as_str().map(str::to_owned).ok_or_else(|| format!("`{field}` is no text"))
    }

    fn flag(&self, field: &str) -> Result<bool, String> {
        self.0[field].as_bool().ok_or_else(|| format!("`{field}` is neither true nor false"))
    }

    fn number(&self, field: &str) -> Result<usize, String> {
        number(&self.0[field]).ok_or_else(|| format!("`{field}` is no line number"))
    }

    fn lines(&self, field: &str) -> Result<Vec<RangeInclusive<usize>>, String> {
        let lines = self.0[field].as_array().and_then(|lines| lines.iter().map(number).collect::<Option<Vec<_>>>());
        let lines = lines.ok_or_else(|| format!("`{field}` is no list of line numbers"))?;
        Ok(lines.into_iter().map(|line| line..=line).collect())
    }

    fn ranges(&self, field: &str) -> Result<Vec<RangeInclusive<usize>>, String> {
        let range = |pair: &Value| Some(number(&pair[0])?..=number(&pair[1])?);
        let ranges = self.0[field].as_array().and_then(|pairs| pairs.iter().map(range).collect());
        ranges.ok_or_else(|| format!("`{field}` is no list of first and last lines"))
    }
}

fn number(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pair_is_two_ranges_of_lines() {
        let mut value = json!({"repo": "a/b", "commit": "c", "path": "src/lib.rs", "first_line": 3, "second_line": 5,
            "end_line": 6, "label": "effect", "joinable": false, "reason": "writes"});
        let found = pair(&Row(value.clone())).unwrap();
        assert_eq!((found.label, found.place.statements), (Label::Effect, vec![3..=4, 5..=6]));
        value["label"] = json!("other");
        assert_eq!(pair(&Row(value)).unwrap_err(), "`label` is `other`, which is none of the labels");
    }

    #[test]
    fn a_join_of_statements_has_ranges_and_a_loop_has_lines() {
        let mut value = json!({"repo": "a/b", "parent": "c", "path": "p", "kind": "gap", "difficulty": "direct",
            "stmts_before": [[2, 4], [6, 6]], "await_lines_before": [3, 6], "in_test": true, "note": ""});
        let found = join(&Row(value.clone())).unwrap();
        assert_eq!((found.place.in_test, found.place.statements), (true, vec![2..=4, 6..=6]));
        value["kind"] = json!("loop");
        assert_eq!(join(&Row(value)).unwrap().place.statements, [3..=3, 6..=6]);
    }
}
