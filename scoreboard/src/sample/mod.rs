//! Findings drawn at random, to be read by people.
//!
//! In: repositories of a mirror, a seed. Out: Markdown, a section for each finding with the code around it.
//!
//! Invariant: the same seed over the same commits gives the same bytes.

mod excerpt;
mod shuffle;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use cargo_conjoin::check::{Options, check};
use cargo_conjoin::diagnostic::{Confidence, Diagnostic, Level};
use cargo_conjoin::lints;
use cargo_conjoin::source::Span;

use crate::args::SampleArgs;
use crate::code::{self, Code};
use crate::trees;

use shuffle::shuffle;

/// A diagnostic with where it was found.
#[derive(Debug)]
struct Finding {
    /// Index into the repositories.
    repo: usize,
    /// On disk.
    file: PathBuf,
    /// In the repository.
    path: String,
    line: usize,
    diagnostic: Diagnostic,
}

/// A repository and what was found in it.
struct Repo<'a> {
    name: &'a str,
    commit: String,
    files: usize,
    findings: usize,
}

/// Runs the linter over the newest commit of each repository and draws from what it finds.
pub(crate) fn sample(args: &SampleArgs) -> Result<String, String> {
    trees::check(&args.places)?;
    if let Some(name) = args.lint.as_ref().filter(|name| lints::lint(name).is_none()) {
        return Err(format!("no lint `{name}`; `cargo conjoin --list` names them all"));
    }
    let mut repos = Vec::new();
    let mut all = Vec::new();
    for (number, name) in args.repos.iter().enumerate() {
        let commit = trees::newest(&args.places, name)?;
        let tree = trees::bring(&args.places, name, &commit)?;
        let mut repo = Repo { name, commit, files: 0, findings: 0 };
        for code in code::open_all(&tree)? {
            let (files, found) = findings(args, &code, number);
            (repo.files, repo.findings) = (repo.files + files, repo.findings + found.len());
            all.extend(found);
        }
        repos.push(repo);
    }
    let drawn = draw(args, all);
    let mut text = head(args, &repos, &drawn);
    for (number, finding) in drawn.iter().enumerate() {
        text += &section(number + 1, &repos[finding.repo], finding)?;
    }
    Ok(text)
}

/// How many files were looked at, and the findings in them, sorted by place.
fn findings(args: &SampleArgs, code: &Code, repo: usize) -> (usize, Vec<Finding>) {
    if code.is_tests_only {
        return (0, Vec::new());
    }
    // A lint that is asked for by name is wanted even where it is silent on its own.
    let levels = args.lint.iter().map(|name| (name.clone(), Level::Warn)).collect();
    let options = Options { confidence: args.confidence.into(), levels, ..Options::default() };
    let outcome = check(&code.workspace, &options, &|_, _| {});
    let is_wanted = |diagnostic: &Diagnostic| args.lint.as_ref().is_none_or(|name| name == diagnostic.lint);
    let found = outcome.diagnostics.into_iter().filter(is_wanted).map(|diagnostic| {
        let file = &code.workspace.files[diagnostic.file.0 as usize];
        let line = file.position(diagnostic.primary.span.start).line;
        Finding { repo, file: file.path.clone(), path: file.name.clone(), line, diagnostic }
    });
    (outcome.files, found.collect())
}

/// As many as are wanted, at most so many of one repository.
fn draw(args: &SampleArgs, mut all: Vec<Finding>) -> Vec<Finding> {
    shuffle(&mut all, args.seed);
    let mut taken: HashMap<usize, usize> = HashMap::new();
    let mut has_room = |finding: &Finding| {
        let count = taken.entry(finding.repo).or_default();
        *count += 1;
        args.per_repo.is_none_or(|most| *count <= most)
    };
    all.into_iter().filter(|finding| has_room(finding)).take(args.count).collect()
}

fn head(args: &SampleArgs, repos: &[Repo<'_>], drawn: &[Finding]) -> String {
    let lint = args.lint.as_deref().unwrap_or("all lints");
    let found: usize = repos.iter().map(|repo| repo.findings).sum();
    let mut text = format!(
        "# {} of {found} findings\n\nSeed {}, {lint}, {} or surer.\n\n\
         | repository | commit | files | findings | drawn |\n|---|---|---|---|---|\n",
        drawn.len(),
        args.seed,
        Confidence::from(args.confidence),
    );
    for (number, repo) in repos.iter().enumerate() {
        let own = drawn.iter().filter(|finding| finding.repo == number).count();
        let Repo { name, commit, files, findings } = repo;
        text += &format!("| {name} | {commit} | {files} | {findings} | {own} |\n");
    }
    text
}

fn section(number: usize, repo: &Repo<'_>, finding: &Finding) -> Result<String, String> {
    let Finding { path, line, diagnostic, .. } = finding;
    let mut text = format!("\n## {number}. {} {path}:{line}\n\n", repo.name);
    let mut say = |what: &str, words: &str| writeln!(text, "* {what}: {words}").map_err(|error| error.to_string());
    say("commit", &repo.commit)?;
    say("function", &format!("`{}`", diagnostic.function))?;
    say("confidence", &diagnostic.confidence.to_string())?;
    say(diagnostic.lint, &diagnostic.message)?;
    for words in &diagnostic.evidence {
        say("evidence", words)?;
    }
    for words in &diagnostic.notes {
        say("note", words)?;
    }
    let awaits: Vec<Span> =
        [&diagnostic.primary].into_iter().chain(&diagnostic.labels).map(|label| label.span).collect();
    let code = excerpt::excerpt(&finding.file, &awaits)?;
    let fence = excerpt::fence(&code);
    Ok(format!("{text}\n{fence}rust\n{code}{fence}\n"))
}
