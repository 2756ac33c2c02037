//! Code that means harm: to read it is not to run it, and nothing of it gets out of where it lies.
//!
//! Every trap is shown to work before the program walks past it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::{Ran, WAITS, command, conjoin, finish};
use crate::packages::{commit, git, manifest as with_tokio};
use crate::tree::{manifest, tree, write};

/// Ways to ask that run nothing of the code that is asked about.
const QUESTIONS: [&[&str]; 12] = [
    &[],
    &["src"],
    &["--workspace", "--all-targets", "--message-format=short"],
    &["--message-format=json"],
    &["--message-format=sarif"],
    &["--message-format=github"],
    &["--message-format=gitlab"],
    &["--why", "src/page.rs:3"],
    &["--print-config"],
    &["--report", "page.html"],
    &["--baseline", "base.tsv", "--update-baseline"],
    &["--since", "HEAD"],
];

/// Looks for a toolchain as somebody does who starts the program by its own name.
fn alone(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = command(folder, arguments);
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    finish(command)
}

#[cfg(unix)]
mod traps {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A package in which whatever can be run leaves a mark, and the folder of the marks.
    fn trapped() -> (tempfile::TempDir, std::path::PathBuf) {
        let library = "pub mod page;\n#[trap::trap] pub fn trapped() {}\n";
        let spring = |name: &str| format!("std::fs::write(\"MARKS/{name}\", \"\").unwrap();");
        let folder = tree(&[("src/lib.rs", library), ("src/page.rs", WAITS), ("marks/.keep", "")]);
        let marks = folder.path().join("marks");
        let with_marks = |text: &str| text.replace("MARKS", marks.to_str().unwrap());
        let put = |name: &str, text: &str| write(folder.path(), name, with_marks(text).as_bytes());
        put("Cargo.toml", &(manifest("trapped") + "[dependencies]\ntrap = { path = \"trap\" }\n"));
        put("build.rs", &format!("fn main() {{ {} }}", spring("build-script")));
        put(
            "trap/Cargo.toml",
            "[package]\nname = \"trap\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\nproc-macro = true\n",
        );
        put(
            "trap/src/lib.rs",
            &format!(
                "use proc_macro::TokenStream;\n#[proc_macro_attribute]\npub fn trap(_: TokenStream, item: TokenStream) -> \
                 TokenStream {{ {} item }}\n",
                spring("macro")
            ),
        );
        put(".cargo/config.toml", SETTINGS);
        for name in ["wrapper", "workspace-wrapper", "runner", "linker", "credentials", "rustdoc", "fsmonitor"] {
            script(folder.path(), name, &with_marks(&format!("#!/bin/sh\n: > MARKS/{name}\nexec \"$@\"\n")));
        }
        script(folder.path(), "toolchain/bin/cargo", &with_marks("#!/bin/sh\n: > MARKS/cargo\n"));
        fs::create_dir_all(folder.path().join("toolchain/lib")).unwrap();
        git(folder.path(), &["init", "--quiet"]);
        commit(folder.path());
        (folder, marks)
    }

    const SETTINGS: &str = "\
[alias]
metadata = \"run\"
conjoin = \"run\"
[build]
rustc-wrapper = \"MARKS/../wrapper\"
rustc-workspace-wrapper = \"MARKS/../workspace-wrapper\"
rustdoc = \"MARKS/../rustdoc\"
[target.'cfg(all())']
runner = \"MARKS/../runner\"
linker = \"MARKS/../linker\"
[registry]
global-credential-providers = [\"MARKS/../credentials\"]
[env]
RUSTC_WRAPPER = { value = \"MARKS/../wrapper\", force = true }
CARGO = { value = \"MARKS/../toolchain/bin/cargo\", force = true }
";

    fn script(folder: &Path, name: &str, text: &str) {
        write(folder, name, text.as_bytes());
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn sprung(marks: &Path) -> Vec<String> {
        let entries = fs::read_dir(marks).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.filter(|name| name != ".keep").collect();
        names.sort();
        names
    }

    #[test]
    fn a_report_runs_nothing_of_what_it_reads() {
        let (folder, marks) = trapped();
        for question in QUESTIONS {
            for ran in [conjoin(folder.path(), question), alone(folder.path(), question)] {
                assert_ne!(ran.code, Some(2), "{question:?}: {ran:?}");
                assert_eq!(sprung(&marks), [""; 0], "{question:?}");
            }
        }
        // The traps are good ones: cargo walks into them.
        let mut check = Command::new(env!("CARGO"));
        check.args(["check", "--offline", "--quiet"]).env("CARGO_TARGET_DIR", folder.path().join("target"));
        check.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
        let sprung = sprung(&marks);
        for name in ["wrapper", "workspace-wrapper"] {
            assert!(sprung.contains(&name.to_owned()), "{sprung:?}");
        }
    }

    #[test]
    fn a_report_starts_no_toolchain_that_the_code_brings_along() {
        let (folder, marks) = trapped();
        let toolchain = folder.path().join("toolchain");
        let words = [
            ("rust-toolchain.toml", format!("[toolchain]\npath = {toolchain:?}\n")),
            ("rust-toolchain", format!("{}\n", toolchain.display())),
        ];
        for (name, text) in words {
            write(folder.path(), name, text.as_bytes());
            for question in QUESTIONS {
                let ran = alone(folder.path(), question);
                assert_ne!(ran.code, Some(2), "{question:?}: {ran:?}");
                assert_eq!(sprung(&marks), [""; 0], "{name} {question:?}");
            }
            // The trap is a good one where rustup stands behind the name of cargo.
            if Command::new("rustup").arg("--version").output().is_ok_and(|output| output.status.success()) {
                let mut cargo = Command::new("cargo");
                cargo.arg("--version").env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
                if fs::canonicalize(which("cargo")).is_ok_and(|path| path.ends_with("rustup")) {
                    cargo.current_dir(folder.path()).output().unwrap();
                    assert_eq!(sprung(&marks), ["cargo"], "{name}");
                    fs::remove_file(marks.join("cargo")).unwrap();
                }
            }
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }

    fn which(name: &str) -> std::path::PathBuf {
        let path = std::env::var_os("PATH").unwrap();
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file()).unwrap()
    }

    /// Git runs what the configuration of a repository names.
    #[test]
    fn a_report_asks_git_nothing_that_runs_programs_of_the_repository() {
        let (folder, marks) = trapped();
        let program = folder.path().join("fsmonitor");
        let program = program.to_str().unwrap();
        for (key, value) in [
            ("core.fsmonitor", program),
            ("diff.external", program),
            ("diff.x.command", program),
            ("diff.x.textconv", program),
            ("filter.x.clean", program),
            ("filter.x.smudge", program),
            ("filter.x.process", program),
            ("core.pager", program),
            ("core.sshCommand", program),
        ] {
            git(folder.path(), &["config", key, value]);
        }
        write(folder.path(), ".gitattributes", b"*.rs diff=x filter=x\n");
        write(folder.path(), "src/page.rs", format!("{WAITS}// changed\n").as_bytes());
        let ran = conjoin(folder.path(), &["--since", "HEAD"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(sprung(&marks), [""; 0]);
        git(folder.path(), &["status"]);
        assert_eq!(sprung(&marks), ["fsmonitor"]);
    }

    #[test]
    fn no_target_leads_out_of_the_workspace() {
        use std::os::unix::fs::symlink;
        let outside = tree(&[("src/lib.rs", WAITS), ("src/deep/secret.rs", WAITS)]);
        let folder = tree(&[("Cargo.toml", &manifest("demo"))]);
        symlink(outside.path().join("src"), folder.path().join("src")).unwrap();
        let short = |folder: &Path| conjoin(folder, &["--message-format=short"]);
        let ran = short(folder.path());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
        fs::remove_file(folder.path().join("src")).unwrap();
        // However many steps up: the folder around a root file would be walked.
        for path in [outside.path().join("src/lib.rs").to_str().unwrap(), "../../../../../../etc/x.rs"] {
            write(folder.path(), "Cargo.toml", format!("{}[lib]\npath = {path:?}\n", manifest("demo")).as_bytes());
            let ran = short(folder.path());
            assert_eq!(ran.stdout, "", "{ran:?}");
            assert!(!ran.stderr.contains("secret"), "{ran:?}");
        }
    }

    /// Code beside the package, but in its repository, is read with it; a fix keeps to the package.
    #[test]
    fn what_lies_beside_the_package_is_read_and_not_written() {
        let folder = tree(&[
            ("python/Cargo.toml", &(with_tokio("demo") + "[lib]\npath = \"../shared/lib.rs\"\n")),
            ("shared/lib.rs", "#[path = \"../shared/page.rs\"]\nmod page;\n"),
            ("shared/page.rs", WAITS),
        ]);
        git(folder.path(), &["init", "--quiet"]);
        commit(folder.path());
        let package = folder.path().join("python");
        assert!(conjoin(&package, &["--message-format=short"]).stdout.contains("shared/page.rs:3:"));
        let ran = conjoin(&package, &["--fix", "--no-verify", "--unsafe-fixes"]);
        assert!(ran.stderr.contains("it lies outside the workspace"), "{ran:?}");
        assert_eq!(fs::read_to_string(folder.path().join("shared/page.rs")).unwrap(), WAITS);
    }

    #[test]
    fn settings_without_end_are_no_settings() {
        use std::os::unix::fs::symlink;
        let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", WAITS)]);
        let endless = |name: &str| symlink("/dev/zero", folder.path().join(name)).unwrap();
        endless("rustfmt.toml");
        endless("rust-toolchain");
        assert_eq!(conjoin(folder.path(), &[]).code, Some(1));
        endless("base.tsv");
        let ran = conjoin(folder.path(), &["--baseline", "base.tsv"]);
        assert!(ran.code == Some(2) && ran.stderr.contains("it is not a regular file"), "{ran:?}");
        endless("conjoin.toml");
        let ran = conjoin(folder.path(), &[]);
        assert!(ran.code == Some(2) && ran.stderr.contains("it is not a regular file"), "{ran:?}");
        fs::remove_file(folder.path().join("conjoin.toml")).unwrap();
        assert!(Command::new("mkfifo").arg(folder.path().join("conjoin.toml")).status().unwrap().success());
        assert_eq!(conjoin(folder.path(), &[]).code, Some(2));
        fs::remove_file(folder.path().join("conjoin.toml")).unwrap();
        write(folder.path(), "Cargo.toml", format!("{}[lib]\npath = \"/dev/zero\"\n", manifest("demo")).as_bytes());
        assert_ne!(conjoin(folder.path(), &[]).code, Some(101));
    }

    #[test]
    fn odd_names_of_files_are_only_names() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", "")]);
        let names: [&[u8]; 8] = [
            b"-rf.rs",
            b"--fix.rs",
            b"a\nwarning: b.rs",
            b"\x1b]0;title\x07\x1b[2J.rs",
            b"caf\xe9.rs",
            b"::error file=x::y.rs",
            b"##[error].rs",
            "\u{202e}sr.txt.rs".as_bytes(),
        ];
        for name in names {
            fs::write(folder.path().join("src").join(OsStr::from_bytes(name)), WAITS).unwrap();
        }
        fs::write(folder.path().join("src").join(OsStr::from_bytes(b"\x1b[31mbroken.rs")), "fn f( {").unwrap();
        for format in ["human", "short", "json", "sarif", "github", "gitlab"] {
            let ran = conjoin(folder.path(), &["--message-format", format, "--report", "page.html"]);
            assert_eq!(ran.code, Some(1), "{ran:?}");
            assert_shown(&ran);
            assert_clean(&fs::read_to_string(folder.path().join("page.html")).unwrap());
        }
        let source = folder.path().join("src");
        let short = conjoin(&source, &["--message-format=short", "."]);
        assert_eq!(short.stdout.lines().count(), names.len(), "{short:?}");
        for line in short.stdout.lines() {
            assert!(!line.starts_with("::") && !line.starts_with("##["), "{line}");
        }
        let ran = conjoin(folder.path(), &["--baseline", "base.tsv", "--update-baseline", "-q"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ran.stderr.as_str()), "{ran:?}");
        // What a shell makes of `*`.
        for name in ["--fix\u{1b}[2J.rs", "\u{1b}[2J.rs", "--message-format=\u{1b}[2J"] {
            let ran = conjoin(&source, &[name]);
            assert_eq!(ran.code, Some(2), "{ran:?}");
            assert_shown(&ran);
        }
    }

    /// A patch whose file names have line breaks must not be read as one of other files.
    #[test]
    fn a_diff_of_an_odd_name_is_a_diff_of_that_file() {
        let folder = tree(&[("Cargo.toml", &with_tokio("demo")), ("src/lib.rs", ""), ("victim.rs", WAITS)]);
        write(folder.path(), "src/x\n+++ b/victim.rs", WAITS.as_bytes());
        git(folder.path(), &["init", "--quiet"]);
        commit(folder.path());
        let ran = conjoin(folder.path(), &["--diff", "--no-verify", "--unsafe-fixes"]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        write(folder.path(), "the.diff", ran.stdout.as_bytes());
        assert_eq!(git(folder.path(), &["apply", "the.diff"]), "exit: 0\n");
        assert_eq!(fs::read_to_string(folder.path().join("victim.rs")).unwrap(), WAITS);
        assert_ne!(fs::read_to_string(folder.path().join("src/x\n+++ b/victim.rs")).unwrap(), WAITS);
    }
}

/// All that a person or a program is told, whatever stands in sources, names and settings.
#[test]
fn no_terminal_obeys_what_stands_in_a_source() {
    let text = format!(
        "// \u{1b}[2J\n/// \u{202e}doc\npub async fn page(\u{1b}[31m) {{}}\n{WAITS}\
         pub async fn more() {{\n    let a = api.fetch_name(\"\u{1b}]0;x\u{7}\u{202e}\u{9b}1m\").await;\n    \
         let b = api.fetch_photo(r\"\u{7f}\u{8}\u{200b}\u{e0041}\").await; // \u{1b}[2J\n    use_it(a, b);\n}}\n"
    );
    let broken = text.clone();
    let good = text.replace("page(\u{1b}[31m)", "page_one()");
    let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", &good), ("src/broken.rs", &broken)]);
    git(folder.path(), &["init", "--quiet"]);
    commit(folder.path());
    let mut asked = 0;
    for question in
        QUESTIONS.iter().chain(&[&["--why", "src/lib.rs:11"][..], &["--why", "src/lib.rs:10"], &["--emit=ir"]])
    {
        let ran = conjoin(folder.path(), question);
        assert_shown(&ran);
        asked += usize::from(ran.stdout.contains("fetch_photo"));
    }
    assert!(asked > 6, "{asked} answers quote the source");
    assert_clean(&fs::read_to_string(folder.path().join("page.html")).unwrap());
    for (name, settings) in [
        ("conjoin.toml", "\"\u{1b}[2J\" = 1\n"),
        ("conjoin.toml", "provider = \"\\u001b[2J\"\n"),
        ("conjoin.toml", "lints = { \"\\u001b[2J\" = \"warn\" }\n"),
        ("conjoin.toml", "confidence = \"\\u001b]0;x\\u0007\"\n"),
        ("conjoin.toml", "exclude = [\"../\\u001b[2J\"]\n"),
        ("conjoin.toml", "reads = [\"a b\\u001b[2J\"]\n"),
        ("conjoin.toml", "x = \u{1b}[2J\n"),
    ] {
        write(folder.path(), name, settings.as_bytes());
        let ran = conjoin(folder.path(), &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{settings:?}: {ran:?}");
        assert_shown(&ran);
    }
    write(folder.path(), "conjoin.toml", b"exclude = [\"\\u001b[2J\"]\nbaseline = \"\\u001b[2J.tsv\"\n");
    assert_shown(&conjoin(folder.path(), &["--print-config"]));
    assert_shown(&conjoin(folder.path(), &[]));
    fs::remove_file(folder.path().join("conjoin.toml")).unwrap();
    write(folder.path(), "Cargo.toml", b"[package]\nname = \"\x1b[2J\"\n");
    assert_shown(&conjoin(folder.path(), &[]));
}

/// The settings of the code at hand do not say where on the machine something is written.
#[test]
fn a_baseline_of_the_settings_stays_with_them() {
    let outside = tempfile::tempdir().unwrap();
    let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", WAITS)]);
    let absolute = outside.path().join("b.tsv");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
    let linked: &[&str] = if cfg!(unix) { &["link/b.tsv"] } else { &[] };
    for path in [absolute.to_str().unwrap(), "../b.tsv", "x/../../b.tsv"].iter().chain(linked) {
        write(folder.path(), "conjoin.toml", format!("baseline = {path:?}\n").as_bytes());
        let ran = conjoin(folder.path(), &["--update-baseline"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{path}: {ran:?}");
        assert!(ran.stderr.contains("leads out of its folder"), "{ran:?}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}

fn assert_shown(ran: &Ran) {
    assert_clean(&ran.stdout);
    assert_clean(&ran.stderr);
}

fn assert_clean(text: &str) {
    let is_obeyed = |char: char| {
        char.is_control() && char != '\n'
            || matches!(char, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
    };
    assert!(!text.contains(is_obeyed), "{text:?}");
}
