//! What manifests and `conjoin.toml` say of a run, and which of them wins.

use crate::cli::{Ran, WAITS, conjoin};
use crate::tree::{manifest, tree, write};

/// A workspace of two packages that both wait without need.
fn workspace(file: &str, root: &str, one: &str) -> tempfile::TempDir {
    let package = |name: &str, table: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n{table}");
    tree(&[
        ("Cargo.toml", &format!("[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n{root}")),
        ("conjoin.toml", file),
        ("one/Cargo.toml", &package("one", one)),
        ("one/src/lib.rs", WAITS),
        ("two/Cargo.toml", &package("two", "")),
        ("two/src/lib.rs", WAITS),
    ])
}

/// What is said of the first package and of the second: `w`, `e` or nothing.
fn levels(folder: &std::path::Path, arguments: &[&str]) -> [String; 2] {
    let all = ["-q", "--message-format=short"].iter().chain(arguments).copied().collect::<Vec<_>>();
    let ran = conjoin(folder, &all);
    assert!(ran.stderr.is_empty(), "{ran:?}");
    ["one", "two"].map(|package| {
        let lines = ran.stdout.lines().filter(|line| line.starts_with(package));
        lines.map(|line| if line.contains(" error: ") { 'e' } else { 'w' }).collect()
    })
}

#[test]
fn the_nearest_table_wins_and_the_command_line_over_all() {
    let deny = "lints.sequential_await = \"deny\"\n";
    let allow = "lints.sequential-await = \"allow\"\n";
    let of = |kind: &str, text: &str| format!("[{kind}.metadata.conjoin]\n{text}");
    let file = workspace(deny, "", "");
    assert_eq!(levels(file.path(), &[]), ["e", "e"]);
    let over_file = workspace(deny, &of("workspace", allow), "");
    assert_eq!(levels(over_file.path(), &[]), ["", ""]);
    let over_workspace = workspace("", &of("workspace", deny), &of("package", allow));
    assert_eq!(levels(over_workspace.path(), &[]), ["", "e"]);
    assert_eq!(levels(over_workspace.path(), &["-W", "sequential_await"]), ["w", "w"]);
}

#[test]
fn confidence_is_that_of_the_package_unless_it_is_said() {
    let strict = workspace("", "", "[package.metadata.conjoin]\nconfidence = \"proven\"\n");
    assert_eq!(levels(strict.path(), &[]), ["", "w"]);
    assert_eq!(levels(strict.path(), &["--confidence=likely"]), ["w", "w"]);
    assert_eq!(levels(strict.path(), &["--confidence=proven"]), ["", ""]);
}

#[test]
fn the_provider_of_a_package_is_its_own_unless_it_is_said() {
    let folder = workspace(
        "",
        "",
        "[package.metadata.conjoin]\nprovider = \"futures\"\n[dependencies]\ntokio = { version = \"1\", features = [\"macros\"] }\nfutures = \"0.3\"\n",
    );
    let advice = |arguments: &[&str]| {
        let all = ["-q", "-p", "one"].iter().chain(arguments).copied().collect::<Vec<_>>();
        conjoin(folder.path(), &all).stdout
    };
    assert!(advice(&[]).contains("futures::join!"), "{}", advice(&[]));
    assert!(advice(&["--provider=tokio"]).contains("tokio::join!"), "{}", advice(&["--provider=tokio"]));
    let shown = advice(&["--print-config"]);
    assert!(shown.contains("provider = \"futures\"  # `[package.metadata.conjoin]` in "), "{shown}");
}

#[test]
fn the_limit_of_loops_is_written_into_them() {
    let loops = "struct Reply;\nimpl Future for Reply {\n    type Output = u32;\n    fn poll(self: std::pin::Pin<&mut Self>, \
                 _: &mut std::task::Context<'_>) -> std::task::Poll<u32> {\n        std::task::Poll::Ready(1)\n    }\n}\n\
                 async fn get(id: u32) -> u32 {\n    Reply.await + id\n}\n\
                 pub async fn sum(ids: Vec<u32>) -> u32 {\n    let mut sum = 0;\n    for id in ids {\n        \
                 sum += get(id).await;\n    }\n    sum\n}\n";
    let of = |package: &str, rest: &str| {
        let folder = workspace("", "", &format!("[package.metadata.conjoin]\n{package}\n{rest}"));
        write(folder.path(), "one/src/lib.rs", loops.as_bytes());
        conjoin(folder.path(), &["-q", "-p", "one"]).stdout
    };
    let futures = "[dependencies]\nfutures = \"0.3\"\n";
    assert!(of("", futures).contains("stream::iter(pending), 16)"), "{}", of("", futures));
    assert!(of("loop-limit = 4", futures).contains("stream::iter(pending), 4)"));
    let none = of("", "");
    assert!(none.contains("`futures = \"0.3\"` to") && !none.contains("pending"), "{none}");
}

#[test]
fn what_is_excluded_is_read_and_not_reported() {
    for table in ["exclude = [\"src\"]", "exclude = [\"src/l*.rs\"]", "exclude = [\"./src/lib.rs\"]"] {
        let folder = workspace("", "", &format!("[package.metadata.conjoin]\n{table}\n"));
        assert_eq!(levels(folder.path(), &[]), ["", "w"], "{table}");
        assert_eq!(levels(folder.path(), &["one/src/lib.rs"]), ["", ""], "{table}");
    }
    assert_eq!(levels(workspace("exclude = [\"*/src\"]", "", "").path(), &[]), ["", ""]);
    assert_eq!(levels(workspace("exclude = [\"src\"]", "", "").path(), &[]), ["w", "w"]);
}

#[test]
fn code_of_no_package_has_the_file_above_it() {
    let folder = tree(&[("conjoin.toml", "lints.sequential_await = \"allow\"\n"), ("src/a.rs", WAITS)]);
    assert_eq!(conjoin(folder.path(), &["src"]).code, Some(0));
    write(folder.path(), "conjoin.toml", b"");
    assert_eq!(conjoin(folder.path(), &["src"]).code, Some(1));
}

#[test]
fn what_is_not_understood_ends_the_run_with_file_key_and_the_near_name() {
    let said = |text: &str| -> Ran {
        let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", ""), ("conjoin.toml", text)]);
        let ran = conjoin(folder.path(), &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{text}: {ran:?}");
        let place = folder.path().join("conjoin.toml").display().to_string();
        Ran { stderr: ran.stderr.replace(&place, "F"), ..ran }
    };
    for (text, message) in [
        ("confidnce = 1", "error: `confidnce` is no key of `F`\n  help: did you mean `confidence`?\n"),
        (
            "lints.sequental_await = \"deny\"",
            "error: `lints` of `F`: no lint `sequental_await`\n  help: did you mean `sequential_await`?\n",
        ),
        (
            "lints.sequential_await = \"loud\"",
            "error: `lints` of `F`: `sequential_await = \"loud\"` is no level\n  help: behind `lints =` stands a table of levels",
        ),
        ("confidence = \"likly\"", "error: `confidence` of `F`: `likly` is none; did you mean `likely`?\n"),
        (
            "provider = \"tokyo\"",
            "error: `provider` of `F`: no join of `tokyo` is known\n  help: did you mean `tokio`?\n",
        ),
        (
            "loop-limit = 0",
            "error: `loop-limit` of `F`: none could ever wait\n  help: behind `loop-limit =` stands a number from 1",
        ),
        ("loop-limit = -1", "error: `loop-limit` of `F`: invalid value: integer `-1`, expected usize\n"),
        ("require-reasons = 1", "error: `require-reasons` of `F`: invalid type: integer `1`, expected a boolean\n"),
        ("exclude = [\"../x\"]", "error: `exclude` of `F`: `../x` leads out of its folder\n"),
        ("reads = [\"load\"]", "error: `reads` of `F`: `load` names no crate\n"),
        ("\nlints = [", "error: `F:2` is no TOML: "),
    ] {
        let ran = said(text);
        assert!(ran.stderr.starts_with(message), "{text}: {}", ran.stderr);
    }
}

#[test]
fn what_holds_can_be_printed() {
    let folder = workspace(
        "confidence = \"possible\"\nreads = [\"a::b\"]\nrequire-reasons = true\n",
        "[workspace.metadata.conjoin]\nlints.sequential_await = \"deny\"\n",
        "[package.metadata.conjoin]\nconfidence = \"proven\"\nloop-limit = 4\n",
    );
    let ran = conjoin(folder.path(), &["--print-config", "--report-unused-suppressions"]);
    let of_others = |line: &&str| !line.starts_with("lints.") || line.contains("sequential_await");
    let shown: String = ran.stdout.split_inclusive('\n').filter(of_others).collect();
    let shown = shown.replace(&folder.path().display().to_string(), "");
    let expected = "\
[package.one]
confidence = \"proven\"  # `[package.metadata.conjoin]` in `/one/Cargo.toml`
lints.sequential_await = \"deny\"  # `[workspace.metadata.conjoin]` in `/Cargo.toml`
loop-limit = 4  # `[package.metadata.conjoin]` in `/one/Cargo.toml`
report-unused-suppressions = true  # the command line
require-reasons = true  # `/conjoin.toml`
reads = [\"a::b\"]  # `/conjoin.toml`

[package.two]
confidence = \"possible\"  # `/conjoin.toml`
lints.sequential_await = \"deny\"  # `[workspace.metadata.conjoin]` in `/Cargo.toml`
loop-limit = 16  # by default
report-unused-suppressions = true  # the command line
require-reasons = true  # `/conjoin.toml`
reads = [\"a::b\"]  # `/conjoin.toml`

";
    assert_eq!((ran.code, shown.as_str()), (Some(0), expected), "{}", ran.stderr);
    let over = conjoin(folder.path(), &["--print-config", "--confidence=likely", "-A", "sequential_await"]);
    assert!(over.stdout.contains("confidence = \"likely\"  # the command line\n"), "{over:?}");
    assert!(over.stdout.contains("lints.sequential_await = \"allow\"  # the command line\n"), "{over:?}");
    over.stdout.parse::<toml::Table>().unwrap();
}
