//! What the source allows is not reported, and what allows nothing can be.

use std::process::Command;

use crate::cli::{Ran, conjoin};
use crate::tree::{manifest, tree};

/// A function with two reads, `{above}` above it, `{first}` above the later one and `{behind}` behind it.
const PAGE: &str = "\
mod api;
{above}
pub async fn page() -> (String, String) {
    let name = api::fetch_name().await;
    {first}
    let photo = api
        .fetch_photo()
        .await;{behind}
    (name, photo)
}
";

const ALLOW: &str = "// conjoin: allow(sequential_await) -- the server counts";
const ATTRIBUTE: &str = "#[cfg_attr(any(), allow(conjoin::sequential_await))]";

fn run(text: &str, arguments: &[&str]) -> Ran {
    let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", text)]);
    let all = ["-q", "--message-format=short"].iter().chain(arguments).copied().collect::<Vec<_>>();
    conjoin(folder.path(), &all)
}

fn page(above: &str, first: &str, behind: &str) -> String {
    PAGE.replace("{above}", above).replace("{first}", first).replace("{behind}", behind)
}

#[test]
fn what_is_allowed_is_not_reported() {
    assert_eq!(run(&page("", "", ""), &[]).code, Some(1));
    let behind = format!(" {ALLOW}");
    let module = format!("#!{}\n{}", &ATTRIBUTE[1..], page("", "", ""));
    let inner = format!("{}\n{}", ALLOW.replace("//", "//!"), page("", "", ""));
    let named = ALLOW.replace("sequential_await", "conjoin::sequential-await");
    for text in [
        page(ALLOW, "", ""),
        page(ATTRIBUTE, "", ""),
        page("", ALLOW, ""),
        page("", ATTRIBUTE, ""),
        page("", &named, ""),
        page("", "", &behind),
        module,
        inner,
    ] {
        let ran = run(&text, &["--report-unused-suppressions"]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""), "{text}");
    }
}

#[test]
fn what_stands_elsewhere_allows_nothing() {
    let text = page("", "", "").replace("let name", &format!("{ALLOW}\n    let name"));
    let ran = run(&text, &["--report-unused-suppressions"]);
    assert_eq!(ran.code, Some(1));
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "src/lib.rs:4:5: warning: this allows `sequential_await`, which is not reported here");
    assert!(lines.len() == 2 && lines[1].contains("without need"), "{ran:?}");
    assert_eq!(run(&text, &[]).stdout.lines().count(), 1);
}

#[test]
fn what_is_not_wanted_in_a_run_is_not_allowed_for_nothing() {
    let ran = run(&page("", ALLOW, ""), &["--report-unused-suppressions", "-A", "sequential_await"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
}

#[test]
fn an_allow_for_nothing_is_reported_in_files_that_hardly_await() {
    let text = format!("{ALLOW}\npub fn nothing() {{}}\n");
    assert_eq!(run(&text, &[]).code, Some(0));
    let ran = run(&text, &["--report-unused-suppressions"]);
    assert!(ran.code == Some(1) && ran.stdout.starts_with("src/lib.rs:1:1: warning: this allows "), "{ran:?}");
    let tests = format!("#[cfg(test)]\nmod tests {{\n    {ALLOW}\n    fn nothing() {{}}\n}}\n");
    assert_eq!(run(&tests, &["--report-unused-suppressions"]).code, Some(0));
    assert_eq!(run(&tests, &["--report-unused-suppressions", "--tests"]).code, Some(1));
}

#[test]
fn reasons_can_be_required() {
    let silent = page("", &ALLOW[..ALLOW.find(" --").unwrap()], "");
    assert_eq!(run(&silent, &[]).code, Some(0));
    let ran = run(&silent, &["--require-reasons"]);
    assert!(ran.stdout.starts_with("src/lib.rs:5:5: warning: this allows a lint and says no reason"), "{ran:?}");
    assert_eq!(run(&page("", ATTRIBUTE, ""), &["--require-reasons"]).code, Some(1));
    let reason = ATTRIBUTE.replace("await)", "await, reason = \"the server counts\")");
    assert_eq!(run(&page("", &reason, ""), &["--require-reasons"]).code, Some(0));
    assert_eq!(run(&page("", ALLOW, ""), &["--require-reasons"]).code, Some(0));
}

#[test]
fn what_is_no_lint_is_a_problem() {
    let ran = run(&page("", &ALLOW.replace("await", "awaits"), ""), &[]);
    assert_eq!(ran.code, Some(1));
    let expected = "warning: src/lib.rs:5:5 allows `sequential_awaits`, which is no lint\n  \
                    help: did you mean `sequential_await`?\n";
    assert_eq!(ran.stderr, expected);
    let unused = run(&page("", &ALLOW.replace("await", "await, other"), ""), &["--report-unused-suppressions"]);
    assert!(unused.stdout.is_empty() && unused.stderr.contains("allows `other`, which is no lint"), "{unused:?}");
    let ran = run(&page("", &ALLOW.replace("allow", "alow"), ""), &[]);
    assert!(ran.stderr.contains("means nothing here\n  help: write `allow(sequential_await) -- reason`"), "{ran:?}");
}

#[test]
fn a_fix_leaves_what_is_allowed() {
    let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", &page("", ALLOW, ""))]);
    let ran = conjoin(folder.path(), &["--diff", "--no-verify"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
}

/// Every place where the two may stand.
#[test]
fn rustc_and_rustfmt_say_nothing_of_it() {
    let text = format!(
        "//! Docs.\n#!{inner}\n\n{ALLOW}\n{ATTRIBUTE}\npub mod inside {{\n    {ATTRIBUTE}\n    {ALLOW}\n    \
         pub fn f(n: Option<u32>) -> u32 {{\n        {ATTRIBUTE}\n        let a = n; {ALLOW}\n        {ALLOW}\n        \
         {ATTRIBUTE}\n        std::hint::black_box(a);\n        match n {{\n            {ATTRIBUTE}\n            Some(n) => n,\n            \
         {ALLOW}\n            None => 0,\n        }}\n    }}\n}}\n",
        inner = &ATTRIBUTE[1..]
    );
    let folder = tree(&[("lib.rs", &text), ("rustfmt.toml", "edition = \"2024\"\n")]);
    let compiler = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let mut compile = Command::new(compiler);
    compile.args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "-D", "warnings", "lib.rs"]);
    let mut format = Command::new("rustfmt");
    format.args(["--check", "lib.rs"]);
    for mut command in [compile, format] {
        let output = command.current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{command:?}: {said}");
    }
}
