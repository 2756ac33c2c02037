//! What pages and papers show is what the tool does.
//!
//! In: the lint pages and the README. Out: the blocks that show something else.
//! `BLESS=1` writes the runs in the README anew; read the difference.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_conjoin::check::{Options, Outcome, check};
use cargo_conjoin::diagnostic::Edit;
use cargo_conjoin::discover::{Selection, Workspace, discover};
use cargo_conjoin::lints::LINTS;
use cargo_conjoin::source::SourceFile;

use crate::cli::conjoin;
use crate::fixtures::{applied, every_lint};

/// What a stub awaits: a future that touches nothing.
const REPLY: &str = "\
struct Reply;
impl Future for Reply {
    type Output = u32;
    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<u32> {
        std::task::Poll::Ready(1)
    }
}
";

#[test]
fn a_lint_page_shows_what_the_lint_does() {
    for lint in LINTS {
        let (_, example) = lint.docs.split_once("### Example\n").unwrap();
        let shown = blocks(example, "rust");
        let (before, after) = (program(shown[0], shown[0]), program(shown[0], shown[1]));
        let outcome = look(&before);
        let names: Vec<&str> = outcome.diagnostics.iter().map(|diagnostic| diagnostic.lint).collect();
        assert_eq!(names, [lint.name], "{before}");
        let edits = edits(&outcome, 0);
        // A lint without a rewrite says so on its page.
        assert_eq!(edits.is_empty(), lint.docs.contains("There is no rewrite"), "{}", lint.name);
        assert!(edits.is_empty() || applied(&before, &edits) == after, "{}", applied(&before, &edits));
        assert!(look(&after).diagnostics.is_empty(), "{after}");
    }
}

#[test]
fn the_readme_opens_with_what_the_example_package_becomes() {
    let readme = read("README.md");
    let shown = blocks(&readme, "rust");
    let selection = Selection { paths: vec![package()], ..Selection::default() };
    let workspace = discover(&selection, Path::new("/")).unwrap().workspace;
    let outcome = look_at(&workspace);
    let rewritten = (0..).zip(&workspace.files).map(|(id, file)| applied(&file.text, &edits(&outcome, id)));
    let rewritten: Vec<String> = rewritten.collect();
    let has = |text: &str, block: &str| text.contains(&indented(block));
    let number = workspace.files.iter().position(|file| has(&file.text, shown[0])).expect("the package has the code");
    assert!(has(&rewritten[number], shown[1]), "{}", rewritten[number]);
}

#[test]
fn the_readme_shows_runs_as_they_are() {
    let mut readme = read("README.md");
    let is_blessed = std::env::var_os("BLESS").is_some();
    let shown: Vec<String> = blocks(&readme, "console").into_iter().map(str::to_owned).collect();
    assert!(!shown.is_empty());
    for block in shown {
        let command = block.lines().next().and_then(|line| line.strip_prefix("$ cargo ")).unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        let said = format!("$ cargo {command}\n{}", conjoin(&package(), &words).stdout);
        if is_blessed {
            readme = readme.replace(&block, &said);
            fs::write(root().join("README.md"), &readme).unwrap();
        } else {
            assert_eq!(block, said, "BLESS=1 writes it anew");
        }
    }
}

#[test]
fn the_readme_names_the_commands_that_are_run() {
    let (readme, run) = (read("README.md"), read(".ci/run"));
    let commands: Vec<&str> = blocks(&readme, "sh")[0].lines().collect();
    assert_eq!(commands, ["cargo run --release -- fixtures/packages/profile", "cargo test --workspace"]);
    assert!(commands.iter().all(|command| run.contains(command)));
}

/// The block in an async function, and a stub that reads for each call of `example`. A block of whole functions stands for
/// itself, and what they call need not be known.
/// Editors themselves are tried by `tests/editors.sh`.
#[test]
fn the_readme_tells_editors_what_can_be_run() {
    let readme = read("README.md");
    let chapter = readme.split_once("\n## In an editor\n").unwrap().1.split("\n## ").next().unwrap();
    let jsons = blocks(chapter, "json");
    assert_eq!(jsons.len(), 2);
    jsons.iter().for_each(|block| drop(serde_json::from_str::<serde_json::Value>(block).unwrap()));
    let tomls = blocks(chapter, "toml");
    assert_eq!(tomls.len(), 2);
    tomls.iter().for_each(|block| drop(block.parse::<toml::Table>().unwrap()));
    let folder = crate::tree::tree(&[("Cargo.toml", &crate::tree::manifest("demo")), ("src/lib.rs", "")]);
    let mut count = 0;
    for block in chapter.split("```").skip(1).step_by(2) {
        // Lists of words, in whatever brackets; Helix has the command and its words apart.
        let block = block.replace("command = \"cargo\"\nargs = [", "[\"cargo\", ");
        for list in block.split(['[', ']', '{', '}']) {
            let words: Vec<&str> = list.split(',').map(|word| word.trim().trim_matches(['"', '\''])).collect();
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            let ["cargo", options @ ..] = words.as_slice() else { continue };
            count += 1;
            let ran = conjoin(folder.path(), &[options, &["--target-dir=target"]].concat());
            if options.contains(&"--lsp") {
                assert!(ran.code == Some(2) && ran.stderr.contains("nobody speaks"), "{options:?}: {ran:?}");
            } else {
                assert!(ran.code == Some(0) && ran.stdout.ends_with("\"success\":true}\n"), "{options:?}: {ran:?}");
            }
        }
    }
    assert_eq!(count, 7, "{chapter}");
}

fn program(example: &str, block: &str) -> String {
    if block.contains("fn ") {
        return format!("{REPLY}{block}");
    }
    let awaited = example.split(").await").filter_map(|text| Some(text.rsplit_once('(')?.0));
    // What is put in a variable first is awaited too.
    let (stored, _) = example.rsplit_once("(id);").unwrap_or_default();
    let awaited = awaited.chain(stored.split("(id);"));
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let names: BTreeSet<&str> =
        awaited.map(|text| text.rsplit(|c| !is_word(c)).next().unwrap()).filter(|name| !name.is_empty()).collect();
    let stubs: String =
        names.iter().map(|name| format!("async fn {name}(id: u32) -> u32 {{ Reply.await + id }}\n")).collect();
    format!("{REPLY}{stubs}async fn page(id: u32) {{\n{}}}\n", indented(block))
}

fn look(text: &str) -> Outcome {
    let file = SourceFile::new("page.rs".into(), "page.rs".to_owned(), text.to_owned());
    look_at(&Workspace { files: vec![file], ..Workspace::default() })
}

fn look_at(workspace: &Workspace) -> Outcome {
    let options = Options { levels: every_lint(), ..Options::default() };
    check(workspace, &options, &|_, _| {})
}

fn edits(outcome: &Outcome, file: u32) -> Vec<Edit> {
    let own = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.file.0 == file);
    own.filter_map(|diagnostic| diagnostic.fix.clone()).flat_map(|fix| fix.edits).collect()
}

/// The blocks of a language in a text.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let starts = text.split(&format!("```{language}\n")).skip(1).collect::<Vec<_>>();
    starts.into_iter().filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

fn indented(block: &str) -> String {
    block.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

fn package() -> PathBuf {
    root().join("fixtures/packages/profile")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
