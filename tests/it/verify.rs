//! What the compiler is asked, and what is made of its answers: rewrites written by hand, good and bad, in real packages.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use cargo_conjoin::diagnostic::Edit;
use cargo_conjoin::discover::{Selection, Workspace, discover};
use cargo_conjoin::source::{FileId, Span};
use cargo_conjoin::verify::{Build, Candidate, Ruling, verify};

use crate::packages::{git, manifest, package, target};

/// What becomes of rewrites, each a file, what to replace in it, and by what, the best first.
fn rule(folder: &Path, rewrites: &[(&str, &str, &[&str])]) -> Vec<Ruling> {
    rule_with(folder, &["--offline"], rewrites)
}

fn rule_with(folder: &Path, options: &[&str], rewrites: &[(&str, &str, &[&str])]) -> Vec<Ruling> {
    let selection = Selection { all_packages: true, ..Selection::default() };
    let workspace = discover(&selection, folder).unwrap().workspace;
    let candidates: Vec<Candidate> = rewrites.iter().map(|rewrite| candidate(&workspace, rewrite)).collect();
    let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
    let build = Build {
        directory: folder,
        program: Path::new(env!("CARGO_BIN_EXE_cargo-conjoin")),
        options: &options,
        target_directory: Some(target()),
        is_cargo_shown: false,
        is_stopped: &AtomicBool::new(false),
        progress: &|_| {},
    };
    let rulings = verify(&workspace, &build, &candidates).unwrap();
    assert_eq!(git(folder, &["status", "--porcelain"]), "exit: 0\n", "the tree was touched");
    rulings
}

fn candidate(workspace: &Workspace, (file, old, new): &(&str, &str, &[&str])) -> Candidate {
    let at = workspace.files.iter().position(|source| source.name == *file).unwrap();
    let text = &workspace.files[at].text;
    assert_eq!(text.matches(old).count(), 1, "{old}");
    let start = text.find(old).unwrap();
    let span = Span::new(start, start + old.len());
    let form = |new: &&str| vec![Edit { span, replacement: (*new).to_owned() }];
    Candidate { file: FileId(u32::try_from(at).unwrap()), start: span.start, forms: new.iter().map(form).collect() }
}

fn fails(ruling: &Ruling, words: &str) {
    assert!(matches!(ruling, Ruling::Fails(said) if said.contains(words)), "{words}: {ruling:?}");
}

fn unseen(ruling: &Ruling, words: &str) {
    assert!(matches!(ruling, Ruling::Unseen(why) if why.contains(words)), "{words}: {ruling:?}");
}

const LIB: &str = r#"
use std::io;

pub async fn name(id: u32) -> io::Result<String> { std::future::ready(()).await; Ok(id.to_string()) }
pub async fn size(id: u32) -> Result<usize, std::num::ParseIntError> { "7".parse::<usize>().map(|n| n + id as usize) }
pub async fn take(text: String) -> usize { text.len() }
pub async fn look(text: &str) -> usize { text.len() }

pub async fn good() -> io::Result<String> {
    let a = name(1).await?;
    let b = name(2).await?;
    Ok(a + &b)
}

pub async fn two_errors() -> Result<usize, Box<dyn std::error::Error>> {
    let a = name(1).await?;
    let b = size(2).await?;
    Ok(a.len() + b)
}

pub async fn moves(text: String) -> usize {
    let b = look(&text).await;
    let c = take(text).await;
    b + c
}

pub async fn warns() -> usize {
    let a = look("a").await;
    let b = look("b").await;
    a + b
}

pub async fn two_regions(deep: bool) -> io::Result<String> {
    let c = name(3).await?;
    let d = name(4).await?;
    if deep {
        let e = name(5).await?;
        let f = name(6).await?;
        return Ok(e + &f);
    }
    Ok(c + &d)
}

pub struct Store;
pub trait Get { fn get(&self, id: u32) -> impl Future<Output = usize>; }
impl Get for Store {
    async fn get(&self, id: u32) -> usize {
        let g = look("g").await;
        let h = look("h").await;
        g + h + id as usize
    }
}

#[cfg(feature = "never")]
pub async fn left_out() {
    let i = look("i").await;
    let j = look("j").await;
    drop((i, j));
}

pub type Count = u8;
pub fn count(given: u8) -> Count { given }
"#;

const FEATURES: &str = "\n[features]\nnever = []\n";

/// Each test has a folder of its own.
fn library(name: &str) -> std::path::PathBuf {
    let manifest = manifest(name) + FEATURES;
    package(name, &[("Cargo.toml", &manifest), ("src/lib.rs", LIB)])
}

#[test]
fn good_ones_hold_beside_bad_ones_of_every_kind() {
    let folder = library("library_kinds");
    let file = "src/lib.rs";
    let rulings = rule(
        &folder,
        &[
            (
                file,
                "let a = name(1).await?;\n    let b = name(2).await?;",
                &["let (a, b) = tokio::try_join!(name(1), name(2))?;"],
            ),
            (
                file,
                "let a = name(1).await?;\n    let b = size(2).await?;",
                &[
                    "let (a, b) = tokio::try_join!(name(1), size(2))?;",
                    "let (a, b) = tokio::join!(name(1), size(2));\n    let a = a?;\n    let b = b?;",
                ],
            ),
            (
                file,
                "let b = look(&text).await;\n    let c = take(text).await;",
                &["let (b, c) = tokio::join!(look(&text), take(text));"],
            ),
            (
                file,
                "let a = look(\"a\").await;\n    let b = look(\"b\").await;",
                &["let (a, b) = tokio::join!(look(\"a\"), look(\"b\"));\n    let c = 1;"],
            ),
            (
                file,
                "let c = name(3).await?;\n    let d = name(4).await?;",
                &["let (c, d) = tokio::try_join!(name(3), nobody(4))?;"],
            ),
            (
                file,
                "let e = name(5).await?;\n        let f = name(6).await?;",
                &["let (e, f) = tokio::try_join!(name(5), name(6))?;"],
            ),
            (
                file,
                "let g = look(\"g\").await;\n        let h = look(\"h\").await;",
                &[
                    "let rc = std::rc::Rc::new(1);\n        let (g, h) = tokio::join!(look(\"g\"), look(\"h\"));\n        drop(rc);",
                ],
            ),
            (
                file,
                "let i = look(\"i\").await;\n    let j = look(\"j\").await;",
                &["let (i, j) = tokio::join!(look(\"i\"), look(\"j\"));"],
            ),
        ],
    );
    assert_eq!(rulings[0], Ruling::Holds(0));
    assert_eq!(rulings[1], Ruling::Holds(1), "the first form joins errors of two types");
    fails(&rulings[2], "E0505");
    fails(&rulings[3], "unused variable: `c`");
    fails(&rulings[4], "E0425");
    assert_eq!(rulings[5], Ruling::Holds(0), "its neighbour in the function is to blame");
    fails(&rulings[6], "not `Send` any more");
    unseen(&rulings[7], "leaves it out");
}

/// The compiler points at a function that nobody changed.
#[test]
fn who_cannot_be_blamed_is_found_by_halving() {
    let folder = library("library_halves");
    let file = "src/lib.rs";
    let good: (&str, &str, &[&str]) = (
        file,
        "let a = name(1).await?;\n    let b = name(2).await?;",
        &["let (a, b) = tokio::try_join!(name(1), name(2))?;"],
    );
    let other: (&str, &str, &[&str]) = (
        file,
        "let c = name(3).await?;\n    let d = name(4).await?;",
        &["let (c, d) = tokio::try_join!(name(3), name(4))?;"],
    );
    let bad: (&str, &str, &[&str]) =
        (file, "pub type Count = u8;", &["pub type Count = u16;", "pub type Count = u8 ;"]);
    assert_eq!(rule(&folder, &[good, other, bad]), [Ruling::Holds(0), Ruling::Holds(0), Ruling::Holds(1)]);
    let rulings = rule(&folder, &[good, (bad.0, bad.1, &bad.2[..1]), other]);
    assert_eq!((&rulings[0], &rulings[2]), (&Ruling::Holds(0), &Ruling::Holds(0)));
    fails(&rulings[1], "E0308");
}

#[test]
fn what_a_feature_leaves_out_is_seen_with_the_feature() {
    let folder = library("library_feature");
    let rewrite: (&str, &str, &[&str]) = (
        "src/lib.rs",
        "let i = look(\"i\").await;\n    let j = look(\"j\").await;",
        &["let (i, j) = tokio::join!(look(\"i\"), look(\"j\"));"],
    );
    assert_eq!(rule_with(&folder, &["--offline", "--features", "never"], &[rewrite]), [Ruling::Holds(0)]);
}

#[test]
fn the_second_run_sees_what_changed_since_the_first() {
    let folder = library("library_second");
    let good: (&str, &str, &[&str]) = (
        "src/lib.rs",
        "let a = look(\"a\").await;\n    let b = look(\"b\").await;",
        &["let (a, b) = tokio::join!(look(\"a\"), look(\"b\"));"],
    );
    let bad: (&str, &str, &[&str]) = (good.0, good.1, &["let (a, b) = (look(\"a\").await, nobody);"]);
    assert_eq!(rule(&folder, &[good]), [Ruling::Holds(0)]);
    fails(&rule(&folder, &[bad])[0], "E0425");
    assert_eq!(rule(&folder, &[good]), [Ruling::Holds(0)]);
}

#[test]
fn a_package_that_does_not_build_is_left_alone_and_the_others_are_not() {
    let workspace = "[workspace]\nmembers = [\"sound\", \"broken\", \"above\"]\nresolver = \"3\"\n";
    let member = |name: &str, more: &str| manifest(name).replace("[workspace]\n", "") + more;
    let two = "pub async fn look(n: usize) -> usize { n }\npub async fn two() -> usize {\n    let a = look(1).await;\n    let b = look(2).await;\n    a + b\n}\n";
    let above = two.to_owned() + "pub async fn deep() -> usize { broken::two().await }\n";
    let folder = package(
        "half",
        &[
            ("Cargo.toml", workspace),
            ("sound/Cargo.toml", &member("sound", "")),
            ("sound/src/lib.rs", two),
            ("broken/Cargo.toml", &member("broken", "")),
            ("broken/src/lib.rs", &(two.to_owned() + "fn wrong() -> u8 { \"\" }\n")),
            ("above/Cargo.toml", &member("above", "broken = { path = \"../broken\" }\n")),
            ("above/src/lib.rs", &above),
        ],
    );
    let old = "let a = look(1).await;\n    let b = look(2).await;";
    let new: &[&str] = &["let (a, b) = tokio::join!(look(1), look(2));"];
    let rulings = rule(
        &folder,
        &[("sound/src/lib.rs", old, new), ("broken/src/lib.rs", old, new), ("above/src/lib.rs", old, new)],
    );
    assert_eq!(rulings[0], Ruling::Holds(0));
    unseen(&rulings[1], "`broken` does not build as it is: E0308");
    unseen(&rulings[2], "a package it needs does not build as it is");
}

/// What is asked of one package would hide the other.
#[test]
fn packages_that_depend_on_one_another_are_all_seen() {
    let workspace = "[workspace]\nmembers = [\"lowest\", \"middle\", \"highest\"]\nresolver = \"3\"\n";
    let member = |name: &str, more: &str| manifest(name).replace("[workspace]\n", "") + more;
    let two = "pub async fn look(n: usize) -> usize { n }\npub async fn two() -> usize {\n    let a = look(1).await;\n    let b = look(2).await;\n    a + b\n}\n";
    let folder = package(
        "storeys",
        &[
            ("Cargo.toml", workspace),
            ("lowest/Cargo.toml", &member("lowest", "")),
            ("lowest/src/lib.rs", two),
            ("middle/Cargo.toml", &member("middle", "lowest = { path = \"../lowest\" }\n")),
            ("middle/src/lib.rs", two),
            ("highest/Cargo.toml", &member("highest", "middle = { path = \"../middle\" }\n")),
            ("highest/src/lib.rs", two),
        ],
    );
    let old = "let a = look(1).await;\n    let b = look(2).await;";
    let good: &[&str] = &["let (a, b) = tokio::join!(look(1), look(2));"];
    let bad: &[&str] = &["let (a, b) = tokio::join!(look(1), nobody());"];
    let files = ["lowest/src/lib.rs", "middle/src/lib.rs", "highest/src/lib.rs"];
    assert_eq!(rule(&folder, &files.map(|file| (file, old, good))), [const { Ruling::Holds(0) }; 3]);
    let rulings = rule(&folder, &[(files[0], old, good), (files[1], old, bad), (files[2], old, bad)]);
    assert_eq!(rulings[0], Ruling::Holds(0));
    rulings[1..].iter().for_each(|ruling| fails(ruling, "E0425"));
}

#[test]
fn a_build_script_that_fails_in_a_dependent_package_stops_nobody_else() {
    let workspace = "[workspace]\nmembers = [\"below_failing\", \"failing\"]\nresolver = \"3\"\n";
    let member = |name: &str, more: &str| manifest(name).replace("[workspace]\n", "") + more;
    let two = "pub async fn look(n: usize) -> usize { n }\npub async fn two() -> usize {\n    let a = look(1).await;\n    let b = look(2).await;\n    a + b\n}\n";
    let folder = package(
        "failing",
        &[
            ("Cargo.toml", workspace),
            ("below_failing/Cargo.toml", &member("below_failing", "")),
            ("below_failing/src/lib.rs", two),
            ("failing/Cargo.toml", &member("failing", "below_failing = { path = \"../below_failing\" }\n")),
            ("failing/build.rs", "fn main() { panic!(\"no such library\"); }\n"),
            ("failing/src/lib.rs", two),
        ],
    );
    let old = "let a = look(1).await;\n    let b = look(2).await;";
    let new: &[&str] = &["let (a, b) = tokio::join!(look(1), look(2));"];
    let rulings = rule(&folder, &[("below_failing/src/lib.rs", old, new), ("failing/src/lib.rs", old, new)]);
    assert_eq!(rulings[0], Ruling::Holds(0));
    unseen(&rulings[1], "does not build");
}

/// Nothing in the changed package knows that the future must be `Send`, and a trait hides it from the probe.
#[test]
fn what_only_a_dependent_package_minds_is_found_there() {
    let workspace = "[workspace]\nmembers = [\"below\", \"user\"]\nresolver = \"3\"\n";
    let member = |name: &str, more: &str| manifest(name).replace("[workspace]\n", "") + more;
    let below = "pub async fn look(n: usize) -> usize { n }\npub trait Two { fn two(&self) -> impl Future<Output = usize>; }\n\
        #[derive(Clone, Copy)]\npub struct Wrap<T>(pub T);\nimpl<T: Copy> Two for Wrap<T> {\n    async fn two(&self) -> usize {\n        \
        let a = look(1).await;\n        let b = look(2).await;\n        a + b\n    }\n}\n";
    let user = "use below::{Two, Wrap};\nfn needs<F: Future + Send + 'static>(_: F) {}\n\
        pub fn spawn(wrap: Wrap<u8>) { needs(async move { wrap.two().await; }); }\n";
    let folder = package(
        "above",
        &[
            ("Cargo.toml", workspace),
            ("below/Cargo.toml", &member("below", "")),
            ("below/src/lib.rs", below),
            ("user/Cargo.toml", &member("user", "below = { path = \"../below\" }\n")),
            ("user/src/lib.rs", user),
        ],
    );
    let old = "let a = look(1).await;\n        let b = look(2).await;";
    let good = "let (a, b) = tokio::join!(look(1), look(2));";
    let bad = "let rc = std::rc::Rc::new(1);\n        let (a, b) = tokio::join!(look(1), look(2));\n        drop(rc);";
    let file = "below/src/lib.rs";
    assert_eq!(rule(&folder, &[(file, old, &[good])]), [Ruling::Holds(0)]);
    fails(&rule(&folder, &[(file, old, &[bad])])[0], "cannot be sent between threads");
}

#[test]
fn cargo_and_build_scripts_see_the_real_tree() {
    let workspace = "[workspace]\nmembers = [\"deep/app\", \"deep/made\"]\nresolver = \"3\"\n";
    let made = "[package]\nname = \"made\"\nversion = \"0.1.0\"\nedition = \"2018\"\n[lib]\nproc-macro = true\n";
    let made_lib = "use proc_macro::TokenStream;\n#[proc_macro_attribute]\n\
        pub fn same(_: TokenStream, item: TokenStream) -> TokenStream { item }\n";
    let app = manifest("app").replace("[workspace]\n", "").replace("2024", "2021") + "made = { path = \"../made\" }\n";
    let build = "fn main() {\n    let text = std::fs::read_to_string(\"../../text.txt\").unwrap();\n    \
        assert_eq!(std::env::current_dir().unwrap(), std::path::Path::new(env!(\"CARGO_MANIFEST_DIR\")));\n    \
        let out = std::env::var(\"OUT_DIR\").unwrap();\n    \
        std::fs::write(out + \"/made.rs\", format!(\"pub const TEXT: &str = {text:?};\")).unwrap();\n}\n";
    let lib = "mod deeper;\ninclude!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n\
        pub const SAME: &str = include_str!(\"../../../text.txt\");\n\
        pub async fn look(text: &str) -> usize { text.len() }\n\
        #[cfg(not(special))]\ncompile_error!(\"the configuration was not read\");\n\
        #[made::same]\npub async fn two() -> usize {\n    let a = look(TEXT).await;\n    let b = look(SAME).await;\n    a + b + deeper::THREE\n}\n";
    let folder = package(
        "real",
        &[
            ("Cargo.toml", workspace),
            (
                ".cargo/config.toml",
                "[build]\nrustflags = [\"--cfg\", \"special\", \"--check-cfg\", \"cfg(special)\"]\n",
            ),
            ("text.txt", "text"),
            ("deep/made/Cargo.toml", made),
            ("deep/made/src/lib.rs", made_lib),
            ("deep/app/Cargo.toml", &app),
            ("deep/app/build.rs", build),
            ("deep/app/src/lib.rs", lib),
            ("deep/app/src/deeper.rs", "pub const THREE: usize = 3;\n"),
        ],
    );
    let rewrite: (&str, &str, &[&str]) = (
        "deep/app/src/lib.rs",
        "let a = look(TEXT).await;\n    let b = look(SAME).await;",
        &["let (a, b) = tokio::join!(look(TEXT), look(SAME));"],
    );
    assert_eq!(rule(&folder, &[rewrite]), [Ruling::Holds(0)]);
}

#[test]
fn when_cargo_cannot_begin_nothing_is_settled() {
    let folder = library("library_unknown");
    let workspace = discover(&Selection::default(), &folder).unwrap().workspace;
    let old = "let a = look(\"a\").await;\n    let b = look(\"b\").await;";
    let build = Build {
        directory: &folder,
        program: Path::new(env!("CARGO_BIN_EXE_cargo-conjoin")),
        options: &["--offline".to_owned(), "--features".to_owned(), "unknown".to_owned()],
        target_directory: Some(target()),
        is_cargo_shown: false,
        is_stopped: &AtomicBool::new(false),
        progress: &|_| {},
    };
    let failure =
        verify(&workspace, &build, &[candidate(&workspace, &("src/lib.rs", old, &["let a = 1;"]))]).unwrap_err();
    assert!(failure.message.contains("unknown"), "{failure:?}");
    assert!(failure.help.contains("nothing was changed"), "{failure:?}");
}
