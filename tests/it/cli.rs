//! The real binary: exit codes, streams, and input that is not as it should be.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tree::{manifest, tree, write};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary in a folder, with an environment that says nothing about colour and builds.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-conjoin"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    for name in
        ["NO_COLOR", "CLICOLOR_FORCE", "CARGO_TERM_COLOR", "COLUMNS", "LC_ALL", "LANG", "TERM", "CARGO_TARGET_DIR"]
    {
        command.env_remove(name);
    }
    command
}

pub(crate) fn finish(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub(crate) fn conjoin(folder: &Path, arguments: &[&str]) -> Ran {
    finish(command(folder, arguments))
}

/// The same, with some of the environment said.
pub(crate) fn conjoin_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = command(folder, arguments);
    command.envs(environment.iter().copied());
    finish(command)
}

/// Exit code 2, nothing on stdout, and all of these on stderr.
fn refuses(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
}

fn package() -> tempfile::TempDir {
    tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", "pub async fn one() {}\n")])
}

/// Two reads of which the second needs nothing from the first.
pub(crate) const WAITS: &str = "\
pub async fn page() -> (std::io::Result<String>, std::io::Result<String>) {
    let name = api.fetch_name().await;
    let photo = api.fetch_photo().await;
    (name, photo)
}
";

#[test]
fn it_has_three_names_and_nothing_to_say() {
    let folder = package();
    for arguments in [&["conjoin"][..], &[], &["conjoin", "--workspace"]] {
        let ran = conjoin(folder.path(), arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
        assert!(ran.stderr.starts_with("conjoin: nothing waits without need; 1 file and 1 line in "), "{ran:?}");
    }
    let quiet = conjoin(folder.path(), &["-q"]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn json_is_json_lines_and_nothing_else() {
    let folder = package();
    let ran = conjoin(folder.path(), &["conjoin", "--message-format=json", "--all-targets", "--keep-going"]);
    assert_eq!(ran.code, Some(0));
    let reasons: Vec<String> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["reason"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(reasons, ["compiler-artifact", "build-finished"]);
    assert!(ran.stderr.contains("1 file"), "{ran:?}");
}

#[test]
fn findings_are_1_unless_they_are_allowed() {
    let folder = package();
    write(folder.path(), "src/page.rs", WAITS.as_bytes());
    let ran = conjoin(folder.path(), &["--message-format=short"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("src/page.rs:3:"), "{ran:?}");
    assert_eq!(conjoin(folder.path(), &["--exit-zero"]).code, Some(0));
    assert_eq!(conjoin(folder.path(), &["-A", "sequential_await"]).code, Some(0));
    assert!(conjoin(folder.path(), &["-D", "warnings", "--message-format=short"]).stdout.contains("error:"));
}

#[test]
fn a_syntax_error_is_a_warning_and_the_rest_is_read() {
    let folder = package();
    write(folder.path(), "src/broken.rs", b"async fn f() {\n    a().await; b().await;\n    let = ;\n}\n");
    let ran = conjoin(folder.path(), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stderr.contains("warning: src/broken.rs:3:9 "), "{ran:?}");
    refuses(&conjoin(folder.path(), &["src/broken.rs"]), &["src/broken.rs:3:9"]);
}

#[test]
fn byte_order_mark_shebang_and_crlf_are_no_errors() {
    let folder = package();
    write(
        folder.path(),
        "src/odd.rs",
        format!("\u{feff}#!/usr/bin/env run\r\n{}", WAITS.replace('\n', "\r\n")).as_bytes(),
    );
    let ran = conjoin(folder.path(), &["src/odd.rs", "--message-format=short"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("src/odd.rs:4:17: warning: "), "{ran:?}");
    assert!(!ran.stderr.contains("warning"), "{ran:?}");
}

#[test]
fn wrong_words_are_refused_with_the_right_ones() {
    let folder = package();
    let refused = |arguments: &[&str], words: &[&str]| refuses(&conjoin(folder.path(), arguments), words);
    refused(&["--frobnicate"], &["--frobnicate"]);
    refused(&["-D", "sequential_awaits"], &["no lint `sequential_awaits`", "did you mean `sequential_await`?"]);
    refused(&["--explain", "sequental_await"], &["did you mean `sequential_await`?"]);
    refused(&["-p", "dmo"], &["no package `dmo` in the workspace", "did you mean `demo`?"]);
    refused(&["--exclude", "demo"], &["--workspace"]);
    refused(&["--message-format=xml"], &["human", "short", "json"]);
    refused(&["--why", "src/lib.rs"], &["FILE:LINE"]);
    refused(&["--why", "src/lib.rs:1"], &["src/lib.rs:1"]);
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tree(&[("src/lib.rs", "")]);
    refuses(&conjoin(folder.path(), &["src/nope.rs"]), &["no such file or folder: `src/nope.rs`"]);
    refuses(&conjoin(folder.path(), &[]), &["no Cargo.toml in", "--manifest-path"]);
    refuses(&conjoin(folder.path(), &["--manifest-path", "nope/Cargo.toml"]), &["nope/Cargo.toml"]);
}

#[test]
fn a_broken_manifest_is_refused_with_its_place() {
    let folder = tree(&[("Cargo.toml", "[package]\nname = \n"), ("src/lib.rs", "")]);
    refuses(&conjoin(folder.path(), &[]), &["Cargo.toml:2:8", "help:"]);
    refuses(&conjoin(folder.path(), &["--message-format=json"]), &["Cargo.toml:2:8"]);
    let ran = conjoin(folder.path(), &["-v", "src"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.starts_with("note: cargo cannot read"), "{ran:?}");
    assert!(!conjoin(folder.path(), &["src"]).stderr.contains("note:"));
}

#[test]
fn paths_need_no_cargo() {
    let folder = package();
    let without_cargo = |arguments: &[&str]| {
        let mut command = command(folder.path(), arguments);
        command.env_remove("CARGO").env("PATH", folder.path());
        finish(command)
    };
    refuses(&without_cargo(&[]), &["cannot run cargo", "cargo-conjoin src"]);
    assert_eq!(without_cargo(&["src"]).code, Some(0));
}

#[test]
fn unreadable_files_are_warnings_until_nothing_is_left() {
    let bin = "[[bin]]\nname = \"gone\"\npath = \"src/gone.rs\"\n";
    let folder = tree(&[("Cargo.toml", &(manifest("demo") + bin)), ("src/lib.rs", "")]);
    write(folder.path(), "src/latin1.rs", b"// caf\xe9\n");
    let ran = conjoin(folder.path(), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stderr.contains("warning: src/gone.rs cannot be read: "), "{ran:?}");
    assert!(ran.stderr.contains("warning: src/latin1.rs:1:7 is not valid UTF-8\n"), "{ran:?}");
    refuses(&conjoin(folder.path(), &["src/latin1.rs"]), &["src/latin1.rs:1:7"]);
}

#[cfg(unix)]
#[test]
fn nothing_looked_at_is_said() {
    let folder = tree(&[("Cargo.toml", &manifest("tests-fuzz")), ("src/lib.rs", WAITS)]);
    let ran = conjoin(folder.path(), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stderr.contains("no file was looked at") && ran.stderr.contains("--all-targets"), "{}", ran.stderr);
    assert_eq!(conjoin(folder.path(), &["--tests"]).code, Some(1));
}

#[test]
fn a_socket_is_no_source() {
    let folder = package();
    let _listener = std::os::unix::net::UnixListener::bind(folder.path().join("src/socket.rs")).unwrap();
    refuses(&conjoin(folder.path(), &["src/socket.rs"]), &["src/socket.rs is not a regular file"]);
    assert_eq!(conjoin(folder.path(), &[]).code, Some(0));
}

#[test]
fn a_reader_who_leaves_has_seen_enough() {
    let folder = package();
    for arguments in [&["--list"][..], &["--help"], &["--message-format=json", "-q"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = command(folder.path(), arguments);
        let output = command.stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let mut command = command(Path::new("/"), &["--list"]);
    let output = command.stdout(File::create("/dev/full").unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the findings to stdout"));
}

#[test]
fn lints_explain_themselves() {
    let list = conjoin(Path::new("/"), &["--list"]);
    assert!(list.stdout.contains("\nsequential_await     warning  awaits "), "{list:?}");
    let page = conjoin(Path::new("/"), &["--explain", "conjoin::sequential-await"]);
    assert!(page.stdout.starts_with("# conjoin::sequential_await\n\n#") && page.stdout.ends_with('\n'), "{page:?}");
    assert_eq!((list.code, page.code), (Some(0), Some(0)));
}

#[test]
fn shells_and_man_know_every_option() {
    let help = conjoin(Path::new("/"), &["--help"]).stdout;
    let options: Vec<&str> = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2).collect();
    let options = options.into_iter().map(|word| word.trim_end_matches(|c: char| !c.is_alphanumeric()));
    for arguments in [&["--completions", "bash"][..], &["--completions", "zsh"], &["--completions", "fish"], &["--man"]]
    {
        let ran = conjoin(Path::new("/"), arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
        let text = ran.stdout.replace('\\', "");
        for option in options.clone().filter(|option| !option.contains('`')) {
            let written = if arguments[1..] == ["fish"] { option.trim_start_matches('-') } else { option };
            assert!(text.contains(written), "{option}: {arguments:?}");
        }
        assert!(!text.contains("keep-going") || !arguments[0].contains("man"), "hidden ones are shown");
    }
    assert!(conjoin(Path::new("/"), &["--man"]).stdout.contains(".TH cargo-conjoin 1"));
}

#[test]
fn findings_can_go_to_a_file() {
    let folder = package();
    let ran = conjoin(folder.path(), &["--message-format=json", "--output", "found.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    let written = std::fs::read_to_string(folder.path().join("found.json")).unwrap();
    assert!(written.ends_with("{\"reason\":\"build-finished\",\"success\":true}\n"), "{written}");
    refuses(&conjoin(folder.path(), &["--output", "no/such/folder"]), &["`no/such/folder`"]);
}

#[test]
fn colour_is_used_where_it_is_wanted() {
    let folder = package();
    let colored = |arguments: &[&str], variable: &str, value: &str| {
        let mut command = command(folder.path(), arguments);
        command.env(variable, value);
        finish(command).stderr.contains('\u{1b}')
    };
    assert!(!conjoin(folder.path(), &[]).stderr.contains('\u{1b}'));
    assert!(colored(&["--color=always"], "NO_COLOR", "1"));
    assert!(colored(&[], "CARGO_TERM_COLOR", "always"));
    assert!(colored(&[], "CLICOLOR_FORCE", "1"));
    assert!(!colored(&["--color=never"], "CLICOLOR_FORCE", "1"));
}

#[test]
fn what_needs_the_answer_does_not_wait_for_it_without_need() {
    let fixture = "fixtures/sequential_await/fires/two_chains.rs";
    let ran = conjoin(Path::new(env!("CARGO_MANIFEST_DIR")), &["--message-format", "short", fixture]);
    assert!(ran.stdout.contains("`order` waits for `name` without need: 3 round trips could be 2"), "{}", ran.stdout);
}

#[test]
fn what_is_removed_is_not_used_meanwhile_however_little_is_asked_for() {
    let said = |second: &str| {
        let source = format!(
            "pub trait Store {{\n    async fn copy(&self, from: &str, to: &str);\n    async fn delete(&self, name: &str);\n}}\npub async fn rename(store: &impl Store, from: &str, to: &str, old: &str) {{\n    store.copy(from, to).await;\n    {second}.await;\n}}\n"
        );
        let manifest = manifest("shop") + "[dependencies]\ntokio = { version = \"1\", features = [\"macros\"] }\n";
        let folder = tree(&[("Cargo.toml", &manifest), ("src/lib.rs", &source)]);
        conjoin(folder.path(), &["-q", "--confidence", "possible"]).stdout
    };
    assert!(said("store.delete(old)").contains("store.delete(old)"), "{}", said("store.delete(old)"));
    assert!(said("store.copy(old, from)").contains("tokio::join!"), "{}", said("store.copy(old, from)"));
    assert_eq!(said("store.delete(from)"), "");
    assert_eq!(said("store.delete(&from.to_string())"), "");
}

#[test]
fn the_join_is_that_of_the_manifest_or_of_the_wish() {
    let source = "struct Reply(u32);\nimpl Future for Reply {\n    type Output = u32;\n    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<u32> {\n        std::task::Poll::Ready(self.0)\n    }\n}\nasync fn user(id: u32) -> Result<u32, String> {\n    Ok(Reply(id).await)\n}\npub async fn page(id: u32) -> Result<u32, String> {\n    let one = user(id).await?;\n    let two = user(id + 1).await?;\n    Ok(one + two)\n}\n";
    let said_of = |dependency: &str, source: &str, words: &[&str]| {
        let manifest = manifest("shop") + "[dependencies]\n" + dependency;
        let folder = tree(&[("Cargo.toml", &manifest), ("src/lib.rs", source)]);
        conjoin(folder.path(), &[words, &["-q"]].concat()).stdout
    };
    let said = |dependency: &str, words: &[&str]| said_of(dependency, source, words);
    let tokio = "tokio = { version = \"1\", features = [\"macros\"] }\n";
    for (dependency, written) in [
        (tokio, "let (one, two) = tokio::try_join!(user(id), user(id + 1))?;"),
        ("futures = \"0.3\"\n", "futures::try_join!(user(id), user(id + 1))?;"),
        ("futures-util = { version = \"0.3\", default-features = false }\n", "futures_util::future::try_join("),
        ("futures-concurrency = \"7\"\n", "futures_concurrency::future::TryJoin::try_join(("),
        ("futures-lite = \"2\"\n", "futures_lite::future::try_zip(user(id), user(id + 1)).await?;"),
        ("conjoin = \"0.1\"\n", "let (one, two) = conjoin::join!(user(id)?, user(id + 1)?);"),
        (
            "aio = { package = \"tokio\", version = \"1\", features = [\"full\"] }\n",
            "aio::try_join!(user(id), user(id + 1))?;",
        ),
    ] {
        let said = said(dependency, &[]);
        assert!(said.contains(written), "{dependency}{said}");
    }
    let both = format!("{tokio}smol = \"2\"\n");
    assert!(said(&both, &["--provider", "smol"]).contains("smol::future::try_zip(user(id), user(id + 1)).await?;"));
    assert!(said(tokio, &["--provider", "smol"]).contains("add `smol = \"2\"` to"));
    assert!(said("tokio = \"1\"\n", &[]).contains("feature `macros` to"));
    // What is not always there counts where default features bring it, or the file names it.
    let option = "futures = { version = \"0.3\", optional = true }\n";
    assert!(said(option, &[]).contains("`futures` is not always there in this package"), "{}", said(option, &[]));
    let on = format!("{option}[features]\ndefault = [\"all\"]\nall = [\"dep:futures\"]\n");
    assert!(said(&on, &[]).contains("futures::try_join!(user(id), user(id + 1))?;"), "{}", said(&on, &[]));
    let named = format!("use futures::executor;\n{source}");
    assert!(said_of(option, &named, &[]).contains("futures::try_join!(user(id), user(id + 1))?;"));
    let elsewhere = "[target.'cfg(windows)'.dependencies]\ntokio = { version = \"1\", features = [\"full\"] }\n";
    assert!(said(elsewhere, &[]).contains("`tokio` is not always there in this package"));
    // The file's own name for the module is the shortest, unless it is that of something else.
    let lite = "futures-lite = \"2\"\n";
    for (import, written) in [
        ("use futures_lite::future;\n", " future::try_zip(user(id), user(id + 1)).await?;"),
        ("use futures_lite::future::{self, poll_fn};\n", " future::try_zip(user(id), user(id + 1)).await?;"),
        ("use futures_lite::future as later;\n", " futures_lite::future::try_zip(user(id), user(id + 1)).await?;"),
        ("use std::future;\n", " futures_lite::future::try_zip(user(id), user(id + 1)).await?;"),
        (
            "fn other() {\n    use futures_lite::future;\n}\n",
            " futures_lite::future::try_zip(user(id), user(id + 1)).await?;",
        ),
    ] {
        let said = said_of(lite, &format!("{import}{source}"), &[]);
        assert!(said.contains(written), "{import}{said}");
    }
}
