//! Only what is new is reported: beside a baseline, since a revision, in named files.

use std::path::Path;
use std::process::Command;

use crate::cli::{Ran, WAITS, conjoin};
use crate::tree::{manifest, tree, write};

const BASELINE: &str = "conjoin-baseline.tsv";

fn package() -> tempfile::TempDir {
    tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", WAITS), ("src/other.rs", WAITS)])
}

fn short(folder: &Path, arguments: &[&str]) -> Ran {
    let all = ["-q", "--message-format=short"].iter().chain(arguments).copied().collect::<Vec<_>>();
    conjoin(folder, &all)
}

/// The files that findings are in.
fn files(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let ran = short(folder, arguments);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", Some(i32::from(!ran.stdout.is_empty()))), "{ran:?}");
    ran.stdout.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

fn with_baseline<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    ["--baseline", BASELINE].iter().chain(arguments).copied().collect()
}

#[test]
fn what_a_baseline_knows_is_not_reported_wherever_it_moves() {
    let folder = package();
    assert_eq!(files(folder.path(), &[]).len(), 2);
    assert_eq!(files(folder.path(), &with_baseline(&["--update-baseline"])), Vec::<String>::new());
    let text = std::fs::read_to_string(folder.path().join(BASELINE)).unwrap();
    let entries: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(entries, ["src/lib.rs\tpage\tsequential_await\t1", "src/other.rs\tpage\tsequential_await\t1"]);
    write(folder.path(), "src/lib.rs", format!("// One more line.\n\n{}", WAITS.replace("    ", "\t")).as_bytes());
    assert_eq!(files(folder.path(), &with_baseline(&[])), Vec::<String>::new());
    // From a folder below, too.
    let ran = short(&folder.path().join("src"), &["--baseline", "../conjoin-baseline.tsv"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    write(folder.path(), "src/third.rs", WAITS.as_bytes());
    assert_eq!(files(folder.path(), &with_baseline(&[])), ["src/third.rs"]);
}

#[test]
fn one_more_in_a_function_shows_all_of_it() {
    let folder = package();
    files(folder.path(), &with_baseline(&["--update-baseline"]));
    let body = "    let name = api.fetch_name().await;\n    let photo = api.fetch_photo().await;\n";
    let twice = WAITS.replace(body, &format!("{body}    drop((name, photo));\n    if x() {{ return y(); }}\n{body}"));
    write(folder.path(), "src/lib.rs", twice.as_bytes());
    assert_eq!(files(folder.path(), &with_baseline(&[])), ["src/lib.rs", "src/lib.rs"]);
}

#[test]
fn what_a_baseline_knows_for_nothing_is_told_and_taken_out() {
    let folder = package();
    files(folder.path(), &with_baseline(&["--update-baseline"]));
    write(folder.path(), "src/lib.rs", b"");
    let ran = short(folder.path(), &with_baseline(&[]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    let told =
        "warning: conjoin-baseline.tsv:2:1 counts 1 `sequential_await` in `page` of src/lib.rs, and 0 are there\n";
    assert!(ran.stderr.starts_with(told) && ran.stderr.contains("--update-baseline"), "{ran:?}");
    // Nobody looked.
    assert_eq!(files(folder.path(), &with_baseline(&["src/other.rs"])), Vec::<String>::new());
    let update = with_baseline(&["--update-baseline", "src/other.rs"]);
    assert_eq!(files(folder.path(), &update), Vec::<String>::new());
    let entries = || std::fs::read_to_string(folder.path().join(BASELINE)).unwrap().lines().count() - 1;
    assert_eq!(entries(), 2);
    std::fs::remove_file(folder.path().join("src/lib.rs")).unwrap();
    write(folder.path(), "src/main.rs", b"fn main() {}\n");
    assert!(short(folder.path(), &with_baseline(&[])).stderr.contains("src/lib.rs"));
    files(folder.path(), &with_baseline(&["--update-baseline"]));
    assert_eq!(entries(), 1);
}

#[test]
fn what_cannot_be_parsed_stays_in_a_baseline() {
    let folder = package();
    files(folder.path(), &with_baseline(&["--update-baseline"]));
    let before = std::fs::read_to_string(folder.path().join(BASELINE)).unwrap();
    write(folder.path(), "src/lib.rs", format!("{WAITS} let").as_bytes());
    for arguments in [with_baseline(&[]), with_baseline(&["--update-baseline"])] {
        let ran = short(folder.path(), &arguments);
        assert!(ran.code == Some(0) && ran.stderr.lines().all(|line| !line.contains("counts")), "{ran:?}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join(BASELINE)).unwrap(), before);
}

#[test]
fn a_baseline_may_stand_in_a_table() {
    let folder = package();
    write(folder.path(), "conjoin.toml", b"baseline = \"known/b.tsv\"\n");
    write(folder.path(), "known/b.tsv", b"");
    assert_eq!(files(folder.path(), &["--update-baseline"]), Vec::<String>::new());
    assert_eq!(files(folder.path(), &[]), Vec::<String>::new());
    assert_eq!(std::fs::read_to_string(folder.path().join("known/b.tsv")).unwrap().lines().count(), 3);
}

#[test]
fn a_baseline_that_cannot_be_read_ends_the_run() {
    let folder = package();
    let refused = |arguments: &[&str], words: &str| {
        let ran = short(folder.path(), arguments);
        assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains(words), "{ran:?}");
    };
    refused(&with_baseline(&[]), "`--update-baseline` writes it");
    refused(&["--update-baseline"], "no baseline to update");
    refused(&with_baseline(&["--fix"]), "--fix");
    write(folder.path(), BASELINE, b"# head\n<<<<<<< HEAD\n");
    refused(&with_baseline(&[]), "conjoin-baseline.tsv:2` is no entry of a baseline");
}

fn git(folder: &Path, words: &[&str]) {
    let names = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").args(names).args(words).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn since_a_revision_only_what_stands_in_changed_lines() {
    let folder = package();
    write(folder.path(), ".gitignore", b"target\nignored.rs\n");
    git(folder.path(), &["init", "-q", "-b", "main"]);
    // What people configure changes nothing.
    for (key, value) in [("diff.noprefix", "true"), ("diff.interHunkContext", "9"), ("color.ui", "always")] {
        git(folder.path(), &["config", key, value]);
    }
    write(folder.path(), ".gitattributes", b"*.rs binary\n");
    // Nothing is committed yet.
    assert_eq!(files(folder.path(), &["--since", "HEAD"]).len(), 2);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "one"]);
    assert_eq!(files(folder.path(), &["--since", "HEAD"]), Vec::<String>::new());
    let second = WAITS.replace("page", "second");
    write(folder.path(), "src/lib.rs", format!("{WAITS}\n{second}").as_bytes());
    assert_eq!(files(folder.path(), &["--since", "HEAD"]), ["src/lib.rs"]);
    write(folder.path(), "src/ä b.rs", WAITS.as_bytes());
    assert_eq!(files(folder.path(), &["--since", "HEAD"]), ["src/lib.rs", "src/ä b.rs"]);
    git(folder.path(), &["add", "."]);
    assert_eq!(files(folder.path(), &["--since", "HEAD"]), ["src/lib.rs", "src/ä b.rs"]);
    git(folder.path(), &["checkout", "-qb", "branch"]);
    git(folder.path(), &["commit", "-qm", "two"]);
    assert_eq!(files(folder.path(), &["--since", "HEAD~1"]).len(), 2);
    // What happens to main meanwhile is not this branch's.
    git(folder.path(), &["checkout", "-q", "main"]);
    write(folder.path(), "src/other.rs", b"");
    git(folder.path(), &["commit", "-qam", "three"]);
    git(folder.path(), &["checkout", "-q", "branch"]);
    assert_eq!(files(folder.path(), &["--since", "main"]), ["src/lib.rs", "src/ä b.rs"]);
    // One changed line of the two that wait is enough.
    git(folder.path(), &["commit", "--allow-empty", "-qm", "four"]);
    write(folder.path(), "src/other.rs", WAITS.replace("let name = api", "let name = self.api").as_bytes());
    assert_eq!(files(folder.path(), &["--since", "HEAD"]), ["src/other.rs"]);
}

#[test]
fn a_revision_that_is_none_ends_the_run() {
    let folder = package();
    let refused = |revision: &str, words: &str| {
        let ran = short(folder.path(), &[&format!("--since={revision}")]);
        assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains(words), "{ran:?}");
    };
    refused("HEAD", "no repository to compare with");
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "one"]);
    refused("nope", "git cannot say what changed");
    refused("--output=stolen", "git cannot say what changed");
    assert!(!folder.path().join("stolen").exists());
}

#[test]
fn named_files_limit_what_is_reported_and_not_what_is_read() {
    let folder = package();
    write(folder.path(), "tests/it.rs", WAITS.as_bytes());
    write(folder.path(), "list", b"src/lib.rs\r\nsrc/gone.rs\nREADME.md\ntests/it.rs\n");
    assert_eq!(files(folder.path(), &["--files-from", "list"]), ["src/lib.rs"]);
    assert_eq!(files(folder.path(), &["--files-from", "list", "--tests"]), ["src/lib.rs", "tests/it.rs"]);
    write(folder.path(), "list", b"src/lib.rs\0src/other.rs\0");
    assert_eq!(files(folder.path(), &["--files-from", "list"]), ["src/lib.rs", "src/other.rs"]);
    write(folder.path(), "list", b"");
    assert_eq!(files(folder.path(), &["--files-from", "list"]), Vec::<String>::new());
    // Who is called may stand in a file that is not named.
    let calls =
        WAITS.replace("api.fetch_name()", "crate::other::name()").replace("api.fetch_photo()", "crate::other::photo()");
    write(folder.path(), "src/lib.rs", format!("mod other;\n{calls}").as_bytes());
    let reads = "pub async fn name() -> String { tokio::fs::read_to_string(\"a\").await }\npub async fn photo() -> String { Ok(DB.write().await) }\n";
    write(folder.path(), "src/other.rs", reads.as_bytes());
    write(folder.path(), "list", b"src/lib.rs\n");
    assert_eq!(files(folder.path(), &["--files-from", "list"]), files(folder.path(), &[]));
    assert_eq!(short(folder.path(), &["--files-from", "nope"]).code, Some(2));
}
