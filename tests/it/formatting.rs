//! What is written is what rustfmt would write.
//!
//! In: the fixtures that are rewritten, as they are and laid out by other settings. Out: each rewrite that rustfmt changes.
//! Without rustfmt the test says so and is skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_conjoin::check::{Options, check};
use cargo_conjoin::discover::Workspace;
use cargo_conjoin::rewrite::preview;
use cargo_conjoin::source::SourceFile;

use crate::fixtures::{applied, cases};
use crate::tree::tree;

/// Settings of rustfmt, and the provider whose joins are written under them.
const SETTINGS: [(&str, Option<&str>); 8] = [
    ("max_width = 80\n", None),
    ("hard_tabs = true\n", None),
    ("tab_spaces = 2\n", None),
    ("max_width = 120\nuse_small_heuristics = \"Max\"\n", None),
    ("use_small_heuristics = \"Off\"\nchain_width = 40\n", None),
    ("fn_call_width = 40\n", Some("conjoin")),
    ("max_width = 90\n", Some("futures-concurrency")),
    ("max_width = 90\n", Some("futures-lite")),
];

#[test]
fn rustfmt_changes_nothing_that_is_written() {
    if Command::new("rustfmt").arg("--version").output().is_err() {
        eprintln!("skipped: rustfmt is missing");
        return;
    }
    let mut count = 0;
    let mut wrong = different("", None, false, &mut count);
    assert!(count > 100, "{count}");
    for (settings, provider) in SETTINGS {
        wrong.extend(different(settings, provider, true, &mut count));
    }
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
}

/// The rewrites that rustfmt changes under some settings. `laid_out` lays the programs out by them first.
fn different(settings: &str, provider: Option<&str>, laid_out: bool, count: &mut usize) -> Vec<String> {
    let folder = tree(&[("rustfmt.toml", settings)]);
    let fires = cases().into_iter().filter(|case| case.after.is_some());
    let files: Vec<PathBuf> = fires
        .map(|case| {
            let path = folder.path().join(format!("{}.rs", case.name));
            let text = fs::read_to_string(&case.before).unwrap();
            // The settings say how lines end; the fixture with other ends is for the first round.
            let text = if laid_out { text.replace("\r\n", "\n") } else { text };
            fs::write(&path, conjoin_fixtures::without_marks(&text)).unwrap();
            path
        })
        .collect();
    if laid_out {
        rustfmt(&files);
    }
    let mut written: Vec<(PathBuf, Vec<String>)> = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).unwrap();
        let source = || SourceFile::new(path.clone(), path.display().to_string(), text.clone());
        let workspace = Workspace { files: vec![source()], ..Workspace::default() };
        let provider = provider.map(str::to_owned);
        let options = Options { provider, ..Options::default() };
        let found = check(&workspace, &options, &|_, _| {}).diagnostics;
        let fixes: Vec<_> = found.into_iter().filter_map(|diagnostic| diagnostic.fix).collect();
        let edits: Vec<_> = fixes.iter().flat_map(|fix| fix.edits.clone()).collect();
        let blocks = fixes.iter().filter_map(|fix| preview(&source(), fix)).map(|(_, block)| block.replace('\r', ""));
        let blocks: Vec<String> = blocks.collect();
        *count += blocks.len();
        written.push((path.clone(), blocks));
        fs::write(path, applied(&text, &edits)).unwrap();
    }
    rustfmt(&files);
    let differs = |(path, block): (&Path, &String)| {
        let formatted = fs::read_to_string(path).unwrap().replace('\r', "");
        let name = path.file_name().unwrap().display();
        (!formatted.contains(block.trim_end()))
            .then(|| format!("{name} {settings:?} {provider:?}\n{block}\n--\n{}", near(&formatted, block)))
    };
    let blocks = written.iter().flat_map(|(path, blocks)| blocks.iter().map(|block| (path.as_path(), block)));
    blocks.filter_map(differs).collect()
}

/// What rustfmt made of it: from the line that begins like the block on.
fn near(formatted: &str, block: &str) -> String {
    let start = block.split(['(', '=']).next().unwrap_or_default();
    let at = formatted.find(start).unwrap_or_default();
    formatted[at..].lines().take(block.lines().count() + 4).collect::<Vec<_>>().join("\n")
}

fn rustfmt(files: &[PathBuf]) {
    let output = Command::new("rustfmt").args(["--edition", "2024"]).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
