//! What people say that a call does: in a manifest, or in a comment above the function.

use cargo_conjoin::discover::{Selection, discover};

use crate::cli::{Ran, conjoin};
use crate::tree::{manifest, tree};

/// The crate `shop`: nobody sees what `prepare` and `Store::prepare` do, `fetch_photo` reads by its name, and `page` awaits
/// what `{calls}` says, line by line.
const SHOP: &str = "\
use self::db::Store;
pub mod db {
    pub struct Store;
    impl Store {
        pub async fn prepare(&self, id: u32) -> u32 { ask!(id) }
        pub async fn fetch_photo(&self, id: u32) -> u32 { ask!(id) }
    }
    pub async fn prepare(id: u32) -> u32 { ask!(id) }
    pub async fn fetch_photo(id: u32) -> u32 { ask!(id) }
    pub async fn around(id: u32) -> u32 { prepare(id).await }
}
made!(prepare_all);
pub async fn page(store: &Store, sdk: &sdk::Client, any: impl Any, id: u32) -> (u32, u32) {
    {calls}
    (one, two)
}
";

const LINE: usize = 15;

/// What a run says of `page` with these two calls, under this end of a manifest; `from` is replaced by `to` in the source.
fn run(end: &str, calls: [&str; 2], (from, to): (&str, &str), arguments: &[&str]) -> Ran {
    let lines = format!("let one = {}.await;\n    let two = {}.await;", calls[0], calls[1]);
    let source = SHOP.replace(from, to).replace("{calls}", &lines);
    let manifest = manifest("shop") + "[dependencies]\nsdk = \"1\"\n" + end;
    let folder = tree(&[("Cargo.toml", &manifest), ("src/lib.rs", &source)]);
    conjoin(folder.path(), arguments)
}

/// Whether the second call may join the first.
fn joins(end: &str, calls: [&str; 2]) -> bool {
    joins_with(end, calls, ("", ""))
}

fn joins_with(end: &str, calls: [&str; 2], change: (&str, &str)) -> bool {
    let change = if change.0.is_empty() { ("\0", "") } else { change };
    let ran = run(end, calls, change, &["--message-format=short", "-q"]);
    assert_eq!(ran.stderr, "", "{ran:?}");
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    ran.code == Some(1)
}

/// What `--why` says of the second call.
fn why(end: &str, calls: [&str; 2], change: (&str, &str)) -> String {
    let lines = change.1.matches('\n').count() - change.0.matches('\n').count();
    let place = format!("src/lib.rs:{}", LINE + lines);
    let ran = run(end, calls, change, &["--why", &place]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    ran.stdout
}

/// Both kinds of tables with one key.
fn tables(key: &str, path: &str) -> [String; 2] {
    ["workspace", "package"].map(|of| format!("[{of}.metadata.conjoin]\n{key} = [\"{path}\"]\n"))
}

const UNKNOWN: [&str; 2] = ["db::prepare(id)", "db::fetch_photo(id)"];
const READS: [&str; 2] = ["db::fetch_photo(id + 1)", "db::fetch_photo(id)"];
const FREE: &str = "    pub async fn prepare(id: u32)";
const PHOTO: &str = "    pub async fn fetch_photo(id: u32)";

/// The declaration under a comment.
fn commented(comment: &str, declaration: &str) -> String {
    format!("    {comment}\n{declaration}")
}

#[test]
fn what_is_not_known_may_be_said_to_read() {
    assert!(!joins("", UNKNOWN) && joins("", READS));
    for table in tables("reads", "shop::db::prepare") {
        assert!(joins(&table, UNKNOWN), "{table}");
    }
    for comment in ["// conjoin: reads", "/// conjoin: reads -- the rows never change", "#[doc = \"conjoin: reads\"]"] {
        assert!(joins_with("", UNKNOWN, (FREE, &commented(comment, FREE))), "{comment}");
    }
}

#[test]
fn what_reads_by_its_name_may_be_said_to_write() {
    for table in tables("writes", "shop::db::fetch_*") {
        assert!(!joins(&table, READS), "{table}");
        let why = why(&table, READS, ("\0", ""));
        assert!(why.contains("(write(fetch_photo))"), "{why}");
    }
    assert!(!joins_with("", READS, (PHOTO, &commented("// conjoin: writes", PHOTO))));
}

#[test]
fn nothing_crosses_a_fence() {
    let known = [READS[0], "store.fetch_photo(id)"];
    assert!(joins("", known));
    for table in tables("fences", "shop::db::fetch_photo") {
        assert!(!joins(&table, known), "{table}");
        assert!(why(&table, known, ("\0", "")).contains("(fence(statement))"));
    }
    assert!(!joins_with("", known, (PHOTO, &commented("// conjoin: fence", PHOTO))));
}

#[test]
fn callers_of_callers_see_it() {
    let calls = ["db::around(id)", "db::fetch_photo(id)"];
    let [table, _] = tables("reads", "shop::db::prepare");
    assert!(!joins("", calls) && joins(&table, calls));
    assert!(joins_with("", calls, (FREE, &commented("// conjoin: reads", FREE))));
    let [reads, _] = tables("reads", "shop::db::around");
    let fence = commented("// conjoin: fence", FREE);
    assert!(joins(&reads, calls) && joins_with(&reads, calls, (FREE, &fence)));
    assert!(!joins_with("", calls, (FREE, &fence)));
    let [fences, _] = tables("fences", "*::prepare");
    assert!(why(&fences, calls, ("\0", "")).contains("(fence(statement))"));
}

#[test]
fn why_shows_who_says_so() {
    let [workspace, package] = tables("reads", "shop::db::*");
    let calls = ["db::fetch_photo(id)", "db::prepare(id)"];
    let says = |table: &str| why(table, calls, ("\0", ""));
    let sentence = "reads: it calls `prepare` (src/lib.rs:8),\n         which reads, as `[{}.metadata.conjoin]` says\n";
    assert!(says(&workspace).contains(&sentence.replace("{}", "workspace")), "{}", says(&workspace));
    assert!(says(&package).contains(&sentence.replace("{}", "package")), "{}", says(&package));
    let comment = why("", calls, (FREE, &commented("// conjoin: reads", FREE)));
    let sentence = "reads: it calls `prepare` (src/lib.rs:9),\n         which reads, as a comment there says\n";
    assert!(comment.contains(sentence), "{comment}");
    let foreign = why(&tables("reads", "sdk::*::run")[0], ["db::fetch_photo(id)", "sdk.run(id)"], ("\0", ""));
    assert!(foreign.contains("calls `sdk::Client::run`,\n         which reads, as `[workspace."), "{foreign}");
}

#[test]
fn paths_are_those_of_declarations() {
    let fits = |path: &str, call: &str| joins(&tables("reads", path)[0], [call, "db::fetch_photo(id)"]);
    for path in
        ["shop::db::Store::prepare", "shop::Store::prepare", "shop::Store::pre*", "*::Store::prepare", "*::prepare"]
    {
        assert!(fits(path, "store.prepare(id)"), "{path}");
    }
    for path in ["shop::db::prepare", "shop::other::Store::prepare", "shop::prepare", "other::Store::prepare"] {
        assert!(!fits(path, "store.prepare(id)"), "{path}");
    }
    assert!(fits("sdk::Client::run", "sdk.run(id)") && fits("sd*::*::r*n", "sdk.run(id)"));
    assert!(fits("sdk::users::run", "sdk::users::run(id)") && !fits("sdk::run", "sdk::users::run(id)"));
    let library = |path: &str| tables("reads", path)[0].clone() + "[lib]\nname = \"shelf\"\n";
    assert!(joins(&library("shelf::Store::prepare"), ["store.prepare(id)", "db::fetch_photo(id)"]));
    // What a macro declares.
    assert!(fits("shop::prepare_all", "prepare_all(id)") && fits("shop::*", "prepare_all(id)"));
    assert!(fits("*::prepare_all", "prepare_all(id)") && !fits("shop::db::prepare_all", "prepare_all(id)"));
    // Nobody knows whose method it is.
    assert!(fits("*::run", "any.thing.run(id)") && !fits("sdk::Client::run", "any.thing.run(id)"));
    assert!(!fits("*::Client::run", "any.thing.run(id)"));
}

#[test]
fn a_request_does_what_is_said_of_the_call_that_begins_it() {
    let calls = ["sdk.get_user(id).fields(3).send()", "db::fetch_photo(id)"];
    assert!(!joins("", calls));
    assert!(joins(&tables("reads", "sdk::Client::get_*")[0], calls));
    assert!(!joins(&tables("writes", "sdk::Client::get_*")[0], calls));
    assert!(!joins(&tables("reads", "sdk::Client::get_*")[0], ["sdk.get_user(id).prepare()", "db::fetch_photo(id)"]));
}

#[test]
fn a_trait_speaks_for_what_implements_it() {
    let with_trait = "    pub trait Load { async fn prepare(&self, id: u32) -> u32; }\n    impl Store {";
    let implements = "    impl Load for Store {";
    let source = SHOP.replace("    impl Store {", &format!("{with_trait}}}\n{implements}"));
    let source = source
        .replace("pub async fn prepare(&self", "async fn prepare(&self")
        .replace("pub async fn fetch_photo(&self", "async fn fetch_photo(&self");
    let calls = "let one = store.prepare(id).await;\n    let two = db::fetch_photo(id).await;";
    let source = source.replace("{calls}", calls);
    let code = |end: &str, source: &str| {
        let folder = tree(&[("Cargo.toml", &(manifest("shop") + end)), ("src/lib.rs", source)]);
        conjoin(folder.path(), &["-q"]).code
    };
    assert_eq!(code("", &source), Some(0));
    assert_eq!(code(&tables("reads", "shop::db::Load::prepare")[0], &source), Some(1));
    let commented = source.replace("Load { async", "Load {\n        // conjoin: reads\n        async");
    assert_eq!(code("", &commented), Some(1));
}

#[test]
fn the_comment_wins_then_the_pattern_that_says_most() {
    let both = |reads: &str, writes: &str| {
        format!("[workspace.metadata.conjoin]\nreads = [\"{reads}\"]\nwrites = [\"{writes}\"]\n")
    };
    assert!(joins(&both("shop::db::prep*", "*::prepare"), UNKNOWN));
    assert!(!joins(&both("*::prepare", "shop::db::prep*"), UNKNOWN));
    assert!(!joins(&both("shop::db::prepare", "shop::db::prepare"), UNKNOWN));
    let nearer =
        both("shop::none", "shop::db::prepare") + "[package.metadata.conjoin]\nreads = [\"shop::db::prepare\"]\n";
    assert!(joins(&nearer, UNKNOWN));
    let comment = commented("// conjoin: reads", FREE);
    assert!(joins_with(&tables("writes", "shop::db::prepare")[0], UNKNOWN, (FREE, &comment)));
}

#[test]
fn names_that_speak_otherwise_are_overruled() {
    // Each has a rule of its own by its name.
    for name in ["finish", "get_or_init", "sleep", "save", "ensure", "lock"] {
        let calls = [format!("sdk.{name}(id)"), "db::fetch_photo(id)".to_owned()];
        let [first, second] = &calls;
        assert!(joins(&tables("reads", &format!("sdk::Client::{name}"))[0], [first, second]), "{name}");
        assert!(!joins(&tables("fences", &format!("sdk::Client::{name}"))[0], [first, second]), "{name}");
    }
    let renamed = commented("// conjoin: reads", FREE).replace("prepare", "finish");
    assert!(joins_with("", ["db::finish(id)", "db::fetch_photo(id)"], (FREE, &renamed)));
}

#[test]
fn a_table_of_a_package_is_about_its_own_code() {
    let member = |name: &str, end: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nsdk = \"1\"\n{end}"
        )
    };
    let source = "pub async fn page(sdk: &sdk::Client) -> (u32, u32) {\n    let one = sdk.run(1).await;\n    let two = sdk.run(2).await;\n    (one, two)\n}\n";
    let [_, table] = tables("reads", "sdk::Client::run");
    let folder = tree(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n"),
        ("one/Cargo.toml", &member("one", "")),
        ("one/src/lib.rs", source),
        ("two/Cargo.toml", &member("two", &table)),
        ("two/src/lib.rs", source),
    ]);
    let ran = conjoin(folder.path(), &["--message-format=short", "-q"]);
    assert!(ran.stdout.contains("two/src/lib.rs") && !ran.stdout.contains("one/src/lib.rs"), "{ran:?}");
    let claims = discover(&Selection::default(), folder.path()).unwrap().workspace.claims;
    assert_eq!((claims.len(), claims[0].packages.clone(), claims[0].table), (1, 1..2, "[package.metadata.conjoin]"));
}

#[test]
fn a_table_that_is_not_understood_ends_the_run() {
    for of in ["workspace", "package"] {
        let refused = |text: &str, message: &str, help: &str| {
            let folder = tree(&[("Cargo.toml", &(manifest("shop") + text)), ("src/lib.rs", "")]);
            for arguments in [&[][..], &["src/lib.rs"], &["--why", "src/lib.rs:1"]] {
                let ran = conjoin(folder.path(), arguments);
                assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
                let place = format!("`[{of}.metadata.conjoin]` in `{}`", folder.path().join("Cargo.toml").display());
                assert_eq!(ran.stderr, format!("error: {}\n  help: {help}\n", message.replace("{table}", &place)));
            }
        };
        let with = |key: &str| format!("[{of}.metadata.conjoin]\n{key}\n");
        refused(&with("raeds = []"), "`raeds` is no key of {table}", "did you mean `reads`?");
        let keys = "the keys are `reads`, `writes`, `fences`, `lints`, `confidence`, `provider`, `loop-limit`, `exclude`, \
                    `baseline`, `report-unused-suppressions`, `require-reasons`";
        refused(&with("other = 1"), "`other` is no key of {table}", keys);
        let how = "behind `writes =` stands a list of paths, `[\"shop::db::*\"]`";
        let is_text = "`writes` of {table}: invalid type: string \"a::b\", expected a sequence";
        refused(&with("writes = \"a::b\""), is_text, how);
        let holds_number = "`writes` of {table}: invalid type: integer `1`, expected a string";
        refused(&with("writes = [1]"), holds_number, how);
        let help = "write paths such as `shop::Store::get_*`";
        refused(
            &with("fences = [\"a::b-c\"]"),
            "`fences` of {table}: `b-c` is no name; one `*` may stand for a part of one",
            help,
        );
        refused(&with("reads = [\"a::\"]"), "`reads` of {table}: `a::` has an empty segment", help);
        let help = "write `shop::load` for one of the crate `shop`, `*::load` for one of any crate";
        refused(&with("reads = [\"load\"]"), "`reads` of {table}: `load` names no crate", help);
        let help = "begin it with the name of a crate, or with `*`";
        refused(&with("reads = [\"crate::load\"]"), "`reads` of {table}: `crate::load` begins nowhere", help);
    }
    let folder = tree(&[("Cargo.toml", &(manifest("shop") + "[package.metadata]\nconjoin = 1\n")), ("src/lib.rs", "")]);
    let ran = conjoin(folder.path(), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.stderr.contains("is no table\n  help: write `[package.metadata.conjoin]`"), "{ran:?}");
}

#[test]
fn tables_of_others_are_not_looked_at() {
    assert!(joins("[package.metadata.other]\nreads = 1\n[workspace.metadata]\nconjoined = 1\n", READS));
}

#[test]
fn a_comment_that_is_not_understood_is_a_problem_with_a_place() {
    let said = |comment: &str| {
        let change = (FREE, &*commented(comment, FREE));
        let ran = run("", UNKNOWN, change, &["-q"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
        ran.stderr
    };
    let start = "warning: src/lib.rs:8:5 says `conjoin: ";
    let end = "`, which means nothing above a function\n  help: ";
    assert_eq!(said("// conjoin: raeds"), format!("{start}raeds{end}did you mean `reads`?\n"));
    let whole = format!("{start}reads rows{end}write ` -- ` between `reads` and the reason\n");
    assert_eq!(said("// conjoin: reads rows"), whole);
    let help = "write `reads`, `writes` or `fence`, and a reason behind ` -- `\n";
    assert_eq!(said("/// conjoin: pure"), format!("{start}pure{end}{help}"));
    assert_eq!(said("// conjoin: allow(sequential_await)"), "");
    assert_eq!(said("// Of conjoin: nothing."), "");
    // Code that is only looked up is left alone, and so is a file without awaits that is not.
    let folder = tree(&[("a.rs", "// conjoin: x\nfn f() {}\n"), ("b.rs", "// conjoin: y\nfn f() {}\n")]);
    let ran = conjoin(folder.path(), &["a.rs", "-q"]);
    assert!(ran.stderr.contains("a.rs:1:1") && !ran.stderr.contains("b.rs"), "{ran:?}");
}
