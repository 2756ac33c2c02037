//! Every fixture says in its marks what must be reported, and in its `.fixed.rs` what must be written.
//!
//! In: the folder `fixtures`. Out: for each difference the file, the line, what the marks say and what was found.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_conjoin::check::{Options, verdicts_of};
use cargo_conjoin::diagnostic::{Edit, Fix, Level};
use cargo_conjoin::discover::Workspace;
use cargo_conjoin::source::{FileId, SourceFile};
use conjoin_fixtures::{Case, Mark, find, is_rewrite_later, marks, without_marks};

/// What the library says about one file, with every lint on.
#[derive(Debug, Default)]
struct Findings {
    /// One for every await that is not the first of its body, and one for whatever a lint looked at.
    verdicts: Vec<Mark>,
    /// Every fix.
    fixes: Vec<Fix>,
}

impl Findings {
    fn edits(&self) -> Vec<Edit> {
        self.fixes.iter().flat_map(|fix| fix.edits.clone()).collect()
    }
}

/// The only place that touches the library.
fn look(file: &SourceFile) -> Findings {
    // Marks are no comments of the program; their lines stay, so that the others keep their numbers.
    let is_mark = |line: &str| line.trim_start().starts_with("//~^");
    let unmarked = file.text.split_inclusive('\n').map(|line| if is_mark(line) { "\n" } else { line }).collect();
    let file = SourceFile::new(file.path.clone(), file.name.clone(), unmarked);
    let workspace = Workspace { files: vec![file], ..Workspace::default() };
    let options = Options { levels: every_lint(), ..Options::default() };
    let (diagnostics, verdicts) = verdicts_of(&workspace, &options, FileId(0)).unwrap();
    Findings {
        verdicts: verdicts.into_iter().map(|(line, text)| Mark { line, text }).collect(),
        fixes: diagnostics.into_iter().filter_map(|diagnostic| diagnostic.fix).collect(),
    }
}

/// Every lint warns.
pub(crate) fn every_lint() -> Vec<(String, Level)> {
    vec![("all".to_owned(), Level::Warn)]
}

#[test]
fn the_marks_are_exact() {
    let differences: String = cases().iter().map(difference_in_marks).collect();
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn the_rewrite_is_the_fixed_file() {
    let differences: String = cases().iter().map(difference_in_text).collect();
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn where_errors_are_joined_there_is_a_way_with_one_question_mark_each() {
    let mut joined = 0;
    for case in cases() {
        let file = unmarked(&open(&case.before));
        for fix in look(&file).fixes {
            let title = case.title();
            let is_joined = fix.edits.iter().any(|edit| edit.replacement.contains("try_join"));
            // A join that loses a branch keeps its errors as they are.
            let is_joined = is_joined && !fix.title.starts_with("ask once");
            assert_eq!(fix.fallback.is_some(), is_joined, "{title}");
            let Some(fallback) = fix.fallback else { continue };
            let (first, second) = (applied(&file.text, &fix.edits), applied(&file.text, &fallback));
            assert_ne!(first, second, "{title}");
            assert!(parses(&first) && parses(&second), "{title}:\n{second}");
            // Only those that were there before are left.
            assert!(
                second.matches("try_join!").count() <= file.text.matches("try_join!").count(),
                "{title}:\n{second}"
            );
            assert!(second.matches('?').count() > first.matches('?').count(), "{title}:\n{second}");
            joined += 1;
        }
    }
    assert!(joined > 5, "{joined}");
}

#[test]
fn a_fixed_file_has_nothing_left_to_report() {
    let mut left = Vec::new();
    for case in cases() {
        let Some(path) = &case.after else { continue };
        let found = own(&case, look(&open(path)).verdicts).into_iter().filter(Mark::fires);
        left.extend(found.map(|found| format!("{}:{}: {}", path.display(), found.line, found.text)));
    }
    assert!(left.is_empty(), "\n{}\n", left.join("\n"));
}

#[test]
fn a_mark_that_is_missing_or_too_many_is_named() {
    let mark = |line, text: &str| Mark { line, text: text.to_owned() };
    let expected = [mark(3, "sequential_await"), mark(5, "blocked: flow(a)")];
    let found = [mark(5, "blocked: flow(a)"), mark(5, "blocked: flow(a)")];
    let said = compare_marks(Path::new("x.rs"), &expected, &found);
    assert_eq!(said, "x.rs:3: marked `sequential_await`, not found\nx.rs:5: found `blocked: flow(a)`, not marked\n");
}

#[test]
fn edits_are_applied_where_they_stand() {
    let edit = |start, end, text: &str| Edit {
        span: cargo_conjoin::source::Span::new(start, end),
        replacement: text.to_owned(),
    };
    assert_eq!(applied("abcdef", &[edit(4, 5, "E"), edit(0, 2, "")]), "cdEf");
}

/// A fixture says where its own lint speaks and why it does not.
fn difference_in_marks(case: &Case) -> String {
    let file = open(&case.before);
    compare_marks(&case.before, &marks(&file.text), &own(case, look(&file).verdicts))
}

/// What is said by a lint of its own fixture.
fn own(case: &Case, mut found: Vec<Mark>) -> Vec<Mark> {
    let silence = if case.lint == "sequential_await" { "blocked: ".to_owned() } else { format!("{}: ", case.lint) };
    found.retain(|mark| mark.text == case.lint || mark.text.starts_with(&silence));
    found
}

/// What is in one list and not in the other; the same mark twice must be found twice.
fn compare_marks(path: &Path, expected: &[Mark], found: &[Mark]) -> String {
    let mut missing = expected.to_vec();
    let mut extra = found.to_vec();
    extra.retain(|mark| match missing.iter().position(|other| other == mark) {
        Some(index) => {
            missing.remove(index);
            false
        }
        None => true,
    });
    let mut lines: Vec<(usize, String)> = Vec::new();
    lines.extend(missing.iter().map(|mark| (mark.line, format!("marked `{}`, not found", mark.text))));
    lines.extend(extra.iter().map(|mark| (mark.line, format!("found `{}`, not marked", mark.text))));
    lines.sort();
    lines.iter().map(|(line, text)| format!("{}:{line}: {text}\n", path.display())).collect()
}

fn difference_in_text(case: &Case) -> String {
    let (file, Some(after)) = (open(&case.before), &case.after) else {
        return String::new();
    };
    let unmarked = unmarked(&file);
    let written = applied(&unmarked.text, &look(&unmarked).edits());
    // A rewrite that is to come is not written by half: until then the file stays as it is.
    let is_due = !is_rewrite_later(&file.text);
    let expected = if is_due { without_marks(&fs::read_to_string(after).unwrap()) } else { unmarked.text };
    compare_lines(after, &expected, &written)
}

/// The first lines that differ, side by side in time: expected, then written.
fn compare_lines(path: &Path, expected: &str, written: &str) -> String {
    if expected == written {
        return String::new();
    }
    let (expected, written): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), written.lines().collect());
    let same = expected.iter().zip(&written).take_while(|(a, b)| a == b).count();
    let same_end = expected[same..].iter().rev().zip(written[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let mut text = format!("{}:\n", path.display());
    for line in &expected[same..expected.len() - same_end] {
        writeln!(text, "  expected |{line}").unwrap();
    }
    for line in &written[same..written.len() - same_end] {
        writeln!(text, "  written  |{line}").unwrap();
    }
    text
}

pub(crate) fn applied(text: &str, edits: &[Edit]) -> String {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| edit.span);
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

fn unmarked(file: &SourceFile) -> SourceFile {
    SourceFile::new(file.path.clone(), file.name.clone(), without_marks(&file.text))
}

fn parses(text: &str) -> bool {
    let file = SourceFile::new("x.rs".into(), "x.rs".to_owned(), text.to_owned());
    cargo_conjoin::parse::parse(&file).is_ok()
}

fn open(path: &Path) -> SourceFile {
    let text = fs::read_to_string(path).unwrap();
    SourceFile::new(path.to_owned(), path.display().to_string(), text)
}

/// Every case there is.
pub(crate) fn cases() -> Vec<Case> {
    let found = find(&folder()).unwrap();
    assert!(!found.cases.is_empty());
    found.cases
}

/// The folder of the fixtures.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}
