//! `--with`: a real cargo runs first, what it says stays as it is, and ours stands behind it.

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{Ran, conjoin, conjoin_with};
use crate::tree::{manifest, tree};

/// Compiles, has a finding, and a warning of the compiler.
const PAGE: &str = "\
pub(crate) trait Api {
    async fn fetch_name(&self) -> String;
    async fn fetch_photo(&self) -> String;
}
pub(crate) async fn page(api: &impl Api) -> (String, String) {
    let name = api.fetch_name().await;
    let photo = api.fetch_photo().await;
    (name, photo)
}
";

fn package(text: &str) -> TempDir {
    let features = "[features]\nbroken = []\n";
    tree(&[("Cargo.toml", &(manifest("demo") + features)), ("src/lib.rs", text)])
}

/// Runs it, building into the folder.
fn with(folder: &TempDir, command: &str, more: &[&str]) -> Ran {
    conjoin(folder.path(), &[&["conjoin", "--with", command, "--target-dir=target", "--offline", "-q"], more].concat())
}

fn lines(ran: &Ran) -> Vec<Value> {
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn codes(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["message"]["code"]["code"].as_str()).collect()
}

#[test]
fn what_cargo_says_stays_as_it_is_and_ends_with_us() {
    let folder = package(PAGE);
    let json = "--message-format=json";
    let first = with(&folder, "check", &[json]);
    assert_eq!(first.code, Some(1), "{first:?}");
    let ran = with(&folder, "check", &[json]);
    let cargo = std::process::Command::new(env!("CARGO"))
        .args(["check", "--target-dir=target", "--offline", "-q", json])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let cargo = String::from_utf8(cargo.stdout).unwrap();
    let (theirs, end) = cargo.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(end, "{\"reason\":\"build-finished\",\"success\":true}");
    assert!(ran.stdout.starts_with(theirs), "{}\n{cargo}", ran.stdout);
    let lines = lines(&ran);
    assert_eq!(codes(&lines), ["dead_code", "dead_code", "conjoin::sequential_await"]);
    let reasons: Vec<&str> = lines.iter().map(|line| line["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons.iter().filter(|reason| **reason == "build-finished").count(), 1);
    let ours = ["compiler-message", "compiler-artifact", "build-finished"];
    assert_eq!(reasons[reasons.len() - 3..], ours);
    assert_eq!(lines[lines.len() - 2]["fresh"], false);
    // rust-analyzer 1.85 forgets what comes for a package after its artifact, so ours have a name of their own.
    let ids: Vec<&str> = lines.iter().filter_map(|line| line["package_id"].as_str()).collect();
    let (theirs, ours) = ids.split_at(ids.len() - 2);
    assert!(ours.iter().all(|id| *id == format!("conjoin+{}", theirs[0])), "{ids:?}");
    assert_eq!(lines[lines.len() - 1]["success"], true);
}

#[test]
fn what_does_not_compile_is_a_finding_too() {
    let folder = package(&format!("{PAGE}const N: u8 = \"\";\n"));
    for more in [&[][..], &["--exit-zero"], &["-A", "warnings"]] {
        let ran = with(&folder, "check", &[&["--message-format=json"], more].concat());
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let lines = lines(&ran);
        assert!(codes(&lines).contains(&"E0308"), "{ran:?}");
        assert_eq!(codes(&lines).contains(&"conjoin::sequential_await"), more.first() != Some(&"-A"));
        assert_eq!(lines.last().unwrap()["success"], false);
    }
}

#[test]
fn what_cargo_cannot_begin_is_an_error_and_not_silence() {
    let folder = package(PAGE);
    let ran = with(&folder, "check", &["--message-format=json", "--features=nope"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.stderr.contains("nope") && ran.stderr.contains("`cargo check` fails before"), "{ran:?}");
    let without = conjoin_with(folder.path(), &["--with=check", "src"], &[]);
    assert_eq!((without.code, without.stdout.as_str()), (Some(2), ""), "{without:?}");
    for more in ["--fix", "--diff", "--verify"] {
        let ran = with(&folder, "check", &[more]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{more}: {ran:?}");
    }
    // Wrong settings of ours are told before anything is built.
    std::fs::write(folder.path().join("conjoin.toml"), "confidense = 1\n").unwrap();
    let ran = with(&folder, "check", &["--message-format=json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    assert!(!folder.path().join("target").join("debug/.cargo-lock").exists() || !ran.stderr.contains("Checking"));
}

#[test]
fn people_read_the_compiler_on_stderr() {
    let folder = package(PAGE);
    let ran = conjoin(folder.path(), &["--with=check", "--target-dir=target", "--offline"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("is never used") && !ran.stdout.contains("is never used"), "{ran:?}");
    assert!(ran.stdout.starts_with("conjoin::sequential_await\n"), "{ran:?}");
}

#[test]
fn clippy_is_asked_the_same_way() {
    let folder = package("pub fn f(x: u8) -> u8 {\n    return x;\n}\n");
    let ran = with(&folder, "clippy", &["--message-format=json"]);
    assert_eq!((ran.code, codes(&lines(&ran))), (Some(0), vec!["clippy::needless_return"]), "{ran:?}");
}

#[test]
fn it_looks_at_what_we_look_at() {
    let member = |name: &str| manifest(name).replace("[workspace]\n", "[features]\nbroken = []\n");
    let broken =
        "#[cfg(feature = \"broken\")]\ncompile_error!(\"broken\");\n#[cfg(test)]\nmod tests { fn unused() {} }\n";
    let folder = tree(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n"),
        ("one/Cargo.toml", &member("one")),
        ("one/src/lib.rs", PAGE),
        ("two/Cargo.toml", &member("two")),
        ("two/src/lib.rs", broken),
    ]);
    let json = "--message-format=json";
    let both = with(&folder, "check", &[json, "--workspace"]);
    assert_eq!(both.code, Some(1), "{both:?}");
    assert!(codes(&lines(&both)).contains(&"dead_code"));
    let two = with(&folder, "check", &[json, "-p", "two"]);
    assert_eq!((two.code, codes(&lines(&two)).len()), (Some(0), 0), "{two:?}");
    let tests = with(&folder, "check", &[json, "-p", "two", "--all-targets"]);
    assert_eq!((tests.code, codes(&lines(&tests))), (Some(0), vec!["dead_code"]), "{tests:?}");
    for feature in [&["--features", "broken"][..], &["--all-features"]] {
        let ran = with(&folder, "check", &[&[json, "-p", "two"], feature].concat());
        assert!(
            ran.code == Some(1) && ran.stdout.contains("compile_error") || ran.stdout.contains("broken"),
            "{ran:?}"
        );
        assert_eq!(lines(&ran).last().unwrap()["success"], false);
    }
}
