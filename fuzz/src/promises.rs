//! What must hold of any input.
//!
//! In: the bytes of a source file, a `conjoin.toml` or a baseline. Out: nothing, or a panic that says what is broken.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_conjoin::check::{Options, Outcome, check, emit_ir, verdicts_of, why};
use cargo_conjoin::diagnostic::{Confidence, Diagnostic, Level};
use cargo_conjoin::discover::{Selection, Workspace, discover};
use cargo_conjoin::fix::{Choice, fix};
use cargo_conjoin::narrow::{Old, narrow};
use cargo_conjoin::report::{self, Format, Rendered, Report, Style};
use cargo_conjoin::rewrite::{apply, preview, provider};
use cargo_conjoin::source::{FileId, SourceFile, Span};

/// Whatever stands in a file: it is read or it is a problem, what is said lies in it and can be shown, and what is written
/// instead is Rust that has nothing left to fix.
pub fn of_source(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let workspace = workspace(&text);
    let outcome = check(&workspace, &options(None), &|_, _| {});
    // A body that nobody asks about is not read, and may be anything.
    let is_rust = is_rust(&text);
    outcome.diagnostics.iter().for_each(|diagnostic| assert_inside(diagnostic, &text, is_rust));
    assert_shown(&workspace, &outcome);
    if is_rust {
        assert_eq!(outcome.problems, []);
        let verdicts = verdicts_of(&workspace, &options(None), FileId(0));
        assert!(verdicts.is_ok(), "{verdicts:?}");
        assert_explained(&workspace, &outcome);
        for name in [None, Some(chosen_provider(bytes))] {
            assert_settled(&text, name);
        }
    }
    emit_ir(&workspace, &options(None));
}

/// Whatever stands in a `conjoin.toml`: it is taken, or it is refused with words that can be shown.
pub fn of_settings(bytes: &[u8]) {
    let folder = folder(&[("conjoin.toml", bytes), ("a.rs", WAITS.as_bytes())]);
    let selection = Selection { paths: vec!["a.rs".into()], ..Selection::default() };
    match discover(&selection, folder.path()) {
        Ok(found) => {
            assert_eq!(found.problems, []);
            let outcome = check(&found.workspace, &options(None), &|_, _| {});
            assert_shown(&found.workspace, &outcome);
        }
        Err(failure) => assert!(!failure.message.is_empty() && !failure.help.is_empty(), "{failure:?}"),
    }
}

/// Whatever stands in a baseline: it is taken, or it is refused; and written anew, it is one that knows all there is.
pub fn of_baseline(bytes: &[u8]) {
    let folder = folder(&[("base.tsv", bytes), ("a.rs", WAITS.as_bytes())]);
    let selection = Selection { paths: vec!["a.rs".into()], ..Selection::default() };
    let Ok(found) = discover(&selection, folder.path()) else { panic!("a folder with one file is read") };
    let path = folder.path().join("base.tsv");
    let look = |is_updating: bool| {
        let mut outcome = check(&found.workspace, &options(None), &|_, _| {});
        let old = Old { baseline: Some(path.clone()), is_updating, since: None };
        narrow(&found.workspace, &old, None, &mut outcome).map(|()| outcome)
    };
    let Ok(outcome) = look(false) else {
        assert!(look(true).is_err(), "what is no baseline is not overwritten");
        assert_eq!(fs::read(&path).ok().as_deref(), Some(bytes));
        return;
    };
    assert_shown(&found.workspace, &outcome);
    assert_eq!(outcome.diagnostics.len() + outcome.old, 1, "{outcome:?}");
    let updated = look(true).map(|outcome| outcome.diagnostics.len());
    assert_eq!(updated, Ok(0));
    let again = look(false).map(|outcome| (outcome.diagnostics.len(), outcome.unclear.len()));
    assert_eq!(again, Ok((0, 0)));
}

/// Whether a text can be parsed.
pub fn is_rust(text: &str) -> bool {
    let file = SourceFile::new(PathBuf::new(), String::new(), text.to_owned());
    cargo_conjoin::parse::parse(&file).is_ok()
}

const WAITS: &str = "\
pub async fn page() -> (std::io::Result<String>, std::io::Result<String>) {
    let name = api.fetch_name().await;
    let photo = api.fetch_photo().await;
    (name, photo)
}
";

fn options(provider: Option<&str>) -> Options {
    let levels = vec![("all".to_owned(), Level::Warn)];
    let provider = provider.map(str::to_owned);
    Options { tests: true, confidence: Confidence::Possible, levels, provider, ..Options::default() }
}

fn workspace(text: &str) -> Workspace {
    let file = SourceFile::new(PathBuf::from("src/made.rs"), "src/made.rs".to_owned(), text.to_owned());
    Workspace { files: vec![file], ..Workspace::default() }
}

/// Some provider, the same one for the same bytes.
fn chosen_provider(bytes: &[u8]) -> &'static str {
    let names = provider::names();
    names[bytes.len() % names.len()]
}

fn assert_inside(diagnostic: &Diagnostic, text: &str, is_rust: bool) {
    let labels = diagnostic.labels.iter().chain([&diagnostic.primary]).map(|label| label.span);
    let fix = diagnostic.fix.iter();
    let edits = fix.flat_map(|fix| fix.edits.iter().chain(fix.fallback.iter().flatten())).map(|edit| edit.span);
    let is_inside = |span: Span| span.start <= span.end && text.get(span.range()).is_some();
    labels.chain(edits).for_each(|span| assert!(is_inside(span), "{span:?} of {} bytes: {diagnostic:?}", text.len()));
    if let Some(fix) = &diagnostic.fix {
        for edits in std::iter::once(&fix.edits).chain(&fix.fallback) {
            let is_apart = edits.is_sorted_by(|one, other| one.span.end <= other.span.start);
            assert!(is_apart, "{edits:?}");
            let Some(written) = apply(text, edits) else { panic!("{edits:?} cannot be applied to\n{text}") };
            assert!(!is_rust || self::is_rust(&written), "no Rust:\n{written}\nmade of\n{text}");
        }
    }
}

/// All that is fixed is fixed at once: fixing again changes nothing.
fn assert_settled(text: &str, provider: Option<&str>) {
    let options = options(provider);
    let mut workspace = workspace(text);
    let choice = Choice { is_unsafe_wanted: true };
    let Ok(fixed) = fix(&mut workspace, &options, choice, None) else { panic!("nothing is compiled") };
    let after = workspace.files[0].text.clone();
    assert_eq!(fixed.outcome.problems, [], "{after}\nmade of\n{text}");
    let Ok(again) = fix(&mut workspace, &options, choice, None) else { panic!("nothing is compiled") };
    let twice = &workspace.files[0].text;
    assert!(again.changed.is_empty(), "{provider:?}: fixed again:\n{twice}\nmade of\n{after}\nmade of\n{text}");
}

/// Each format can be written, and no terminal obeys it.
fn assert_shown(workspace: &Workspace, outcome: &Outcome) {
    let report = Report {
        workspace,
        packages: &[],
        repository: None,
        diagnostics: &outcome.diagnostics,
        old: outcome.old,
        files: outcome.files,
        lines: outcome.lines,
        built: None,
    };
    let style = Style { color: false, unicode: true, width: 80 };
    let json = Format::Json { rendered: Rendered::Plain };
    for format in [Format::Human, Format::Short, json, Format::Sarif, Format::Github, Format::Gitlab] {
        let mut bytes = Vec::new();
        assert!(report::write(&mut bytes, &report, format, style).is_ok());
        assert_clean(&bytes);
    }
    let mut page = Vec::new();
    assert!(report::html(&mut page, &report).is_ok());
    assert_clean(&page);
    let problems = outcome.problems.iter().chain(&outcome.unclear);
    problems.for_each(|problem| assert_clean(report::problem(problem, style).as_bytes()));
    let source = &workspace.files[0];
    for fix in outcome.diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()) {
        preview(source, fix);
        if let Some(after) = apply(&source.text, &fix.edits) {
            report::diff("src/made.rs", &source.text, &after, true, style);
            assert_clean(report::diff("src/made.rs", &source.text, &after, true, style).as_bytes());
        }
    }
}

fn assert_clean(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { panic!("no text: {bytes:?}") };
    let is_obeyed =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if let Some(at) = text.find(is_obeyed) {
        panic!("a terminal obeys {:?} in\n{text:?}", text[at..].chars().next());
    }
}

/// Every place that is reported can be asked about.
fn assert_explained(workspace: &Workspace, outcome: &Outcome) {
    let style = Style { color: false, unicode: true, width: 80 };
    let source = &workspace.files[0];
    let spans =
        outcome.diagnostics.iter().filter(|found| found.lint == "sequential_await").map(|found| found.primary.span);
    for span in spans.take(4) {
        let line = source.position(span.end.saturating_sub(1)).line;
        let Ok(found) = why(workspace, &options(None), FileId(0), line) else { continue };
        found.iter().for_each(|why| assert_clean(report::why(why, style).as_bytes()));
    }
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let shared_memory = Path::new("/dev/shm");
    let made = if shared_memory.is_dir() { tempfile::tempdir_in(shared_memory) } else { tempfile::tempdir() };
    let Ok(folder) = made else { panic!("no folder for temporary files") };
    for (name, bytes) in files {
        assert!(fs::write(folder.path().join(name), bytes).is_ok());
    }
    folder
}
