//! What compiling the joins costs, against checking the same package once.
//!
//! In: nothing; a package with many functions is made up. Out: the times of three whole programs, started as a user starts
//! them, medians of a few rounds in turn, each after the first, when everything is warm: `cargo conjoin --diff`, which
//! analyses, compiles and writes nothing; `cargo check --all-targets` after the file was touched, when the compiler finds
//! nothing changed; and the same after somebody has written the joins by hand, or taken them back.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on says where it stopped")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 5;
const FUNCTIONS: usize = 60;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verify-bench");
    let before = write_package(&folder);
    let after = joined(&folder);
    let lib = folder.join("src/lib.rs");
    let check = |text: &str| {
        fs::write(&lib, text).unwrap();
        run(Command::new(env!("CARGO")).args(["check", "--offline", "--all-targets", "--quiet"]), &folder, 0)
    };
    let diff = || {
        let program = env!("CARGO_BIN_EXE_cargo-conjoin");
        run(Command::new(program).args(["--offline", "--diff", "--quiet"]), &folder, 1)
    };
    let (mut touched, mut changed, mut diffs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let times = (check(&after), check(&before), check(&before), diff());
        if round > 0 {
            changed.extend([times.0, times.1]);
            touched.push(times.2);
            diffs.push(times.3);
        }
    }
    let (touched, changed, diff) = (median(touched), median(changed), median(diffs));
    println!(
        "{FUNCTIONS} joins: --diff {diff:.2} s; cargo check after a change {changed:.2} s, {:.2} x; after a touch {touched:.2} s, {:.2} x",
        diff / changed,
        diff / touched
    );
}

/// The text with the joins in it, as `--fix` writes it.
fn joined(folder: &Path) -> String {
    let copy = folder.with_extension("joined");
    drop(fs::remove_dir_all(&copy));
    fs::create_dir_all(copy.join("src")).unwrap();
    for name in ["Cargo.toml", "Cargo.lock", "src/lib.rs"] {
        fs::copy(folder.join(name), copy.join(name)).unwrap();
    }
    let program = env!("CARGO_BIN_EXE_cargo-conjoin");
    run(Command::new(program).args(["--offline", "--fix", "--no-verify", "--allow-no-vcs", "--quiet"]), &copy, 0);
    fs::read_to_string(copy.join("src/lib.rs")).unwrap()
}

/// Functions with two reads each, and code around them for the compiler to chew on.
fn write_package(folder: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::copy(root.join("fixtures/packages/profile/Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let manifest = "[package]\nname = \"verify-bench\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
        tokio = { version = \"1\", features = [\"macros\", \"time\"] }\n";
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let mut text = "use std::io;\nuse std::collections::BTreeMap;\n\n\
        // conjoin: reads -- made up\n\
        pub async fn fetch_name(id: u32) -> io::Result<String> { std::future::ready(()).await; Ok(id.to_string()) }\n"
        .to_owned();
    for number in 0..FUNCTIONS {
        text.push_str(&format!(
            "pub async fn page_{number}(seen: &mut BTreeMap<u32, String>) -> io::Result<String> {{\n    \
             let one = fetch_name({number}).await?;\n    let two = fetch_name({number} + 1).await?;\n    \
             for (key, value) in seen.iter_mut() {{\n        if value.len() > *key as usize {{\n            \
             value.push_str(&one);\n        }} else {{\n            *value = format!(\"{{value}}{{two}}\");\n        }}\n    }}\n    \
             let longest = seen.values().map(String::len).max().unwrap_or_default();\n    \
             let joined: Vec<&str> = seen.values().map(String::as_str).filter(|text| text.len() == longest).collect();\n    \
             Ok(format!(\"{{one}} {{two}} {{}}\", joined.join(\", \")))\n}}\n\n"
        ));
    }
    fs::write(folder.join("src/lib.rs"), &text).unwrap();
    text
}

fn run(command: &mut Command, folder: &Path, code: i32) -> f64 {
    let begin = Instant::now();
    let output = command.current_dir(folder).stdin(Stdio::null()).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    begin.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
