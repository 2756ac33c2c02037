//! `--fix`, `--diff` and `--verify` as people run them: what is written, what is not, and what may not be touched.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::{Ran, conjoin, conjoin_with};
use crate::packages::{cargo, commit, git, manifest, package, target};
use crate::tree;

/// A page of independent reads, a page whose errors differ, and a page that is asked for only with a feature.
const LIB: &str = "\
//! Pages – with a dash that is more than one byte.
use std::io;
use std::num::ParseIntError;

pub trait Key { type Row; type Error; fn row(&self) -> Result<Self::Row, Self::Error>; }
pub struct UserId(pub u32);
pub struct PostId(pub u32);
impl Key for UserId { type Row = String; type Error = io::Error; fn row(&self) -> io::Result<String> { Ok(self.0.to_string()) } }
impl Key for PostId { type Row = u32; type Error = ParseIntError; fn row(&self) -> Result<u32, ParseIntError> { \"7\".parse() } }

pub struct Client;
impl Client {
    // conjoin: reads -- it asks a replica
    pub async fn load<K: Key>(&self, key: K) -> Result<K::Row, K::Error> { wait().await; key.row() }
}
async fn wait() { std::future::ready(()).await }

/// One error for both.
pub async fn names(client: &Client) -> io::Result<String> {
    // first
    let one = client.load(UserId(1)).await?;   // kept
    let two = client.load(UserId(2)).await?;
    Ok(one + &two)
}

/// Two.
pub async fn mixed(client: &Client) -> Result<String, Box<dyn std::error::Error>> {
    let user = client.load(UserId(1)).await?;
    let post = client.load(PostId(2)).await?;
    Ok(format!(\"{user}{post}\"))
}

#[cfg(feature = \"never\")]
pub async fn hidden(client: &Client) -> io::Result<String> {
    let one = client.load(UserId(3)).await?;
    let two = client.load(UserId(4)).await?;
    Ok(one + &two)
}
";

fn pages(name: &str) -> PathBuf {
    // Cargo keeps packages of one name apart by their place in the workspace only, and all of these are built in one place.
    let manifest = manifest(name) + "\n[features]\nnever = []\n";
    package(name, &[("Cargo.toml", &manifest), ("src/lib.rs", LIB)])
}

fn target_option() -> String {
    format!("--target-dir={}", target().display())
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let target = target_option();
    let given: Vec<&str> = ["--offline", &target].into_iter().chain(arguments.iter().copied()).collect();
    conjoin(folder, &given)
}

fn lib(folder: &Path) -> String {
    fs::read_to_string(folder.join("src/lib.rs")).unwrap()
}

#[test]
fn it_writes_what_compiles_in_the_form_that_compiles_and_says_what_it_kept_back() {
    let folder = pages("fix_writes");
    let ran = run(&folder, &["--fix"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let text = lib(&folder);
    let one = "    // first\n    let (one, two) = tokio::try_join!(\n        client.load(UserId(1)), // kept\n        client.load(UserId(2)),\n    )?;\n";
    assert!(text.contains(one), "{text}");
    let two = "    let (user, post) = tokio::join!(client.load(UserId(1)), client.load(PostId(2)));\n    let user = user?;\n    let post = post?;\n";
    assert!(text.contains(two), "{text}");
    assert!(text.contains("let one = client.load(UserId(3)).await?;"), "{text}");
    for words in [
        "fixed src/lib.rs (2 joins)",
        "kept back src/lib.rs:",
        "a `cfg`, a feature or a target leaves it out",
        "fixed 2 joins in 1 file, 1 kept back",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert!(ran.stdout.contains("the join was not compiled"), "{}", ran.stdout);
    assert!(cargo(&folder, &["check", "--offline", "--quiet"]).ends_with("exit: 0\n"));
    commit(&folder);
    let again = run(&folder, &["--fix"]);
    assert!(again.stderr.contains("fixed 0 joins, 1 kept back"), "{again:?}");
    assert_eq!(git(&folder, &["status", "--porcelain"]), "exit: 0\n");
}

#[test]
fn with_the_feature_all_is_fixed_and_nothing_is_left_to_say() {
    let folder = pages("fix_feature");
    let ran = run(&folder, &["--fix", "--features", "never"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    assert!(lib(&folder).contains("tokio::try_join!(client.load(UserId(3)), client.load(UserId(4)))?;"));
}

#[test]
fn unsafe_fixes_are_those_that_nobody_could_compile() {
    let folder = pages("fix_unsafe");
    let ran = run(&folder, &["--fix", "--unsafe-fixes"]);
    assert!(ran.stderr.contains("fixed 3 joins in 1 file"), "{ran:?}");
}

#[test]
fn a_diff_is_what_a_fix_would_write_and_git_applies_it() {
    let folder = pages("fix_diff");
    let ran = run(&folder, &["--diff"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(git(&folder, &["status", "--porcelain"]), "exit: 0\n");
    fs::write(folder.join("the.diff"), &ran.stdout).unwrap();
    assert_eq!(git(&folder, &["apply", "the.diff"]), "exit: 0\n");
    fs::remove_file(folder.join("the.diff")).unwrap();
    let applied = lib(&folder);
    git(&folder, &["checkout", "--quiet", "."]);
    run(&folder, &["--fix"]);
    assert_eq!(applied, lib(&folder));
    commit(&folder);
    let nothing = run(&folder, &["--diff"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""), "{nothing:?}");
    assert!(nothing.stderr.ends_with("conjoin: would fix 0 joins, 1 kept back\n"), "{nothing:?}");
}

#[test]
fn a_diff_says_that_more_was_found_than_is_written() {
    let source = "pub async fn page(client: &Client) -> (u32, u32) {\n    \
                      let user = client.get_user(1).await;\n    \
                      let posts = client.get_posts(2).await;\n    \
                      (user, posts)\n\
                  }\n";
    let folder = tree::tree(&[("Cargo.toml", &tree::manifest("page")), ("src/lib.rs", source)]);
    let ran = conjoin(folder.path(), &["--diff", "--no-verify"]);
    let said = "conjoin: would fix 0 joins; no rewrite for 1 finding, and a report says why\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", said));
}

/// Editors apply what the JSON says; it must be what `--fix` writes.
#[test]
fn the_suggestions_of_a_verified_report_are_the_edits_of_a_fix() {
    for (name, convert) in [("json_plain", str::to_owned as fn(&str) -> String), ("json_windows", windows)] {
        let folder = pages(name);
        fs::write(folder.join("src/lib.rs"), convert(&lib(&folder))).unwrap();
        commit(&folder);
        let json = run(&folder, &["--verify", "--message-format=json"]).stdout;
        let suggested = apply(&lib(&folder), &json);
        assert_eq!(git(&folder, &["status", "--porcelain"]), "exit: 0\n");
        run(&folder, &["--fix"]);
        assert_eq!(suggested, lib(&folder));
        assert!(suggested.contains("try_join!"));
    }
}

fn windows(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

fn apply(text: &str, json: &str) -> String {
    let messages = json.lines().filter_map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.get("message").map(ToString::to_string)
    });
    let sure = rustfix::Filter::MachineApplicableOnly;
    let suggestions: Vec<rustfix::Suggestion> = messages
        .flat_map(|message| rustfix::get_suggestions_from_json(&message, &HashSet::new(), sure).unwrap())
        .collect();
    rustfix::apply_suggestions(text, &suggestions).unwrap()
}

#[test]
fn a_verified_report_shows_only_what_compiles_and_changes_nothing() {
    let folder = pages("verify_report");
    let ran = run(&folder, &["--verify"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("let user = user?;"), "{}", ran.stdout);
    assert_eq!(git(&folder, &["status", "--porcelain"]), "exit: 0\n");
}

/// What a person would write, a page of five lookups one after the other, becomes the page of which the tests of the runtime
/// crate show that it asks the cache once.
#[test]
fn a_page_of_cached_lookups_becomes_the_one_that_asks_once() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/packages/cached_profile");
    let read = |name: &str| fs::read_to_string(example.join(name)).unwrap();
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("conjoin");
    let manifest = read("Cargo.toml").replace("../../../conjoin", runtime.to_str().unwrap());
    let names = ["src/lib.rs", "src/page.rs", "src/people.rs"];
    let mut files = vec![("Cargo.toml", manifest.clone()), ("Cargo.lock", read("Cargo.lock"))];
    files.extend(names.map(|name| (name, read(name))));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let folder = package("fix_cached", &files);
    let ran = run(&folder, &["--fix"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read_to_string(folder.join("src/page.rs")).unwrap(), read("src/page.joined.rs"));
}

#[test]
fn what_is_not_committed_is_not_mixed_with_fixes() {
    let folder = pages("fix_dirty");
    fs::write(folder.join("src/lib.rs"), lib(&folder) + "// mine\n").unwrap();
    let ran = run(&folder, &["--fix"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.stderr.contains("src/lib.rs (dirty)") && ran.stderr.contains("--allow-dirty"), "{ran:?}");
    git(&folder, &["add", "--all"]);
    let staged = run(&folder, &["--fix", "--allow-dirty"]);
    assert!(staged.code == Some(2) && staged.stderr.contains("src/lib.rs (staged)"), "{staged:?}");
    let allowed = run(&folder, &["--fix", "--allow-staged"]);
    assert!(allowed.stderr.contains("fixed src/lib.rs"), "{allowed:?}");
    assert!(lib(&folder).ends_with("// mine\n"));
}

#[test]
fn what_no_version_control_holds_is_not_changed_unasked() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["Cargo.toml", "Cargo.lock", "src/lib.rs"] {
        fs::create_dir_all(folder.path().join("src")).unwrap();
        fs::copy(pages("fix_no_vcs").join(name), folder.path().join(name)).unwrap();
    }
    let ran = run(folder.path(), &["--fix"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--allow-no-vcs"), "{ran:?}");
    let allowed = run(folder.path(), &["--fix", "--allow-no-vcs", "--no-verify"]);
    assert!(allowed.stderr.contains("fixed 3 joins"), "{allowed:?}");
}

#[test]
fn a_package_that_does_not_build_is_left_alone() {
    let folder = pages("fix_broken");
    let broken = lib(&folder) + "\nfn wrong() -> u8 { \"\" }\n";
    fs::write(folder.join("src/lib.rs"), &broken).unwrap();
    commit(&folder);
    let ran = run(&folder, &["--fix"]);
    assert_eq!(lib(&folder), broken);
    assert!(ran.stderr.contains("`fix_broken` does not build as it is: E0308"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn a_tree_that_cannot_be_written_is_compiled_elsewhere_and_kept_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = pages("fix_closed");
    let temporary = tempfile::tempdir().unwrap();
    let closed = temporary.path().join("closed");
    fs::write(&closed, "a file where a folder would be").unwrap();
    fs::set_permissions(folder.join("src/lib.rs"), fs::Permissions::from_mode(0o444)).unwrap();
    let target = format!("--target-dir={}", closed.display());
    let environment = [("TMPDIR", temporary.path().to_str().unwrap())];
    let ran = conjoin_with(&folder, &["--offline", &target, "--fix", "--allow-dirty"], &environment);
    assert!(ran.stderr.contains("not written: it is read-only"), "{ran:?}");
    assert_eq!(lib(&folder), LIB);
}

/// The build script waits until somebody reads what it writes, so the interrupt comes while cargo runs.
#[cfg(unix)]
#[test]
fn an_interrupt_leaves_the_tree_whole() {
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};
    let folder = pages("fix_stopped");
    let pipe = folder.join("target-pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script =
        format!("fn main() {{ std::fs::write({pipe:?}, \"here\").unwrap(); loop {{ std::thread::park(); }} }}\n");
    fs::write(folder.join("build.rs"), script).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cargo-conjoin"))
        .current_dir(&folder)
        .args(["--offline", &target_option(), "--fix", "--allow-dirty"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    fs::File::open(&pipe).unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "here");
    assert!(Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success());
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(words.contains("stopped") && words.contains("nothing was changed"), "{words}");
    assert_eq!(lib(&folder), LIB);
    // The script still waits.
    fs::File::options().read(true).write(true).open(&pipe).unwrap().write_all(b"go").unwrap();
}

/// What lies behind a link that leads out of the workspace belongs to somebody else.
#[cfg(unix)]
#[test]
fn no_fix_leaves_the_workspace() {
    let folder = pages("fix_link");
    let outside = tempfile::tempdir().unwrap();
    let other = outside.path().join("other.rs");
    fs::rename(folder.join("src/lib.rs"), &other).unwrap();
    std::os::unix::fs::symlink(&other, folder.join("src/lib.rs")).unwrap();
    commit(&folder);
    for arguments in [&["--fix"][..], &["--fix", "--no-verify", "src/lib.rs"]] {
        let ran = run(&folder, arguments);
        assert!(!ran.stderr.contains("fixed src"), "{ran:?}");
    }
    assert_eq!(fs::read_to_string(&other).unwrap(), LIB);
}
