//! What prose about the sources would let rot is held here.
//!
//! In: the sources, the manifest and the papers of this package. Out: each place that breaks a promise, by name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_conjoin::diagnostic::Level;
use cargo_conjoin::knowledge;
use cargo_conjoin::lints::LINTS;
use conjoin_fixtures::Kind;

use crate::cli::conjoin;
use crate::fixtures::cases;

/// Packages that only some files may know. `proc_macro2` and `syn` are one thing in two packages.
const EDGES: [(&str, &[&str]); 4] = [
    ("syn", &["src/parse", "src/ir/lower"]),
    ("proc_macro2", &["src/parse", "src/ir/lower"]),
    ("miette", &["src/report/human"]),
    ("clap", &["src/cli"]),
];

#[test]
fn stages_use_only_those_above_them() {
    let stages = stages();
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let Some(own) = stages.iter().position(|stage| path.split(['/', '.']).nth(1) == Some(stage)) else { continue };
        for (line, code) in code_lines(&text) {
            let used = code.split("crate::").skip(1).map(first_word);
            wrong.extend(
                used.filter(|used| stages.iter().position(|stage| stage == used).is_none_or(|used| used > own))
                    .map(|used| format!("{path}:{line}: `{}` may not use `{used}`", stages[own])),
            );
        }
    }
    assert!(stages.len() > 10, "{stages:?}");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_module_of_the_library_is_a_stage() {
    let stages: BTreeSet<String> = stages().into_iter().collect();
    let top = sources("src").into_iter().filter_map(|(path, _)| path.split(['/', '.']).nth(1).map(str::to_owned));
    let modules: BTreeSet<String> = top.filter(|name| !["lib", "main"].contains(&name.as_str())).collect();
    assert_eq!(stages, modules);
    let table: BTreeSet<String> =
        cells(&read("src/lib.rs"), "//! | stage |").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(table, stages.iter().map(|stage| format!("[`{stage}`]")).collect());
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    let all =
        ["src", "tests", "benches", "fixtures/src", "scoreboard/src", "conjoin-macros/src", "fuzz/src", "fuzz/targets"]
            .into_iter()
            .flat_map(sources);
    let runtime = ["src", "tests", "benches", "examples", "peers", "servers"].map(|folder| format!("conjoin/{folder}"));
    let all = all.chain(runtime.iter().flat_map(|folder| sources(folder)));
    let mute: Vec<String> = all.filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    assert!(mute.is_empty(), "no `//!` on the first line: {mute:?}");
}

#[test]
fn foreign_packages_stay_at_the_edges() {
    let mut wrong = Vec::new();
    for (package, homes) in EDGES {
        let uses: Vec<String> = sources("src")
            .into_iter()
            .filter(|(_, text)| code_lines(text).any(|(_, code)| names_package(code, package)))
            .map(|(path, _)| path)
            .collect();
        assert!(!uses.is_empty(), "nobody uses {package}");
        let is_home = |path: &&String| !homes.iter().any(|home| path.starts_with(home));
        wrong.extend(uses.iter().filter(is_home).map(|path| format!("{path} knows {package}")));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_lint_has_its_page_its_fixtures_and_its_place() {
    let names: Vec<&str> = LINTS.iter().map(|lint| lint.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    for lint in LINTS {
        assert_eq!(lint.docs, read(&format!("src/lints/{}.md", lint.name)), "{} has another page", lint.name);
        let headings: Vec<&str> = lint.docs.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headings[..3], ["### What it does", "### Why is this bad?", "### Example"], "{}", lint.name);
        let count = |kind| cases().iter().filter(|case| case.lint == lint.name && case.kind == kind).count();
        let (fires, quiet) = (count(Kind::Fires), count(Kind::Quiet));
        assert!(fires > 0 && quiet >= fires, "{}: {fires} fire, {quiet} are quiet", lint.name);
    }
    let pages: BTreeSet<String> = stems("src/lints", "md");
    let files: BTreeSet<String> = stems("src/lints", "rs").into_iter().filter(|name| name != "mod").collect();
    let folders: BTreeSet<String> = cases().into_iter().map(|case| case.lint).collect();
    let known: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
    assert_eq!((&pages, &files, &folders), (&known, &known, &known));
}

#[test]
fn the_readme_lists_every_lint() {
    let rows: Vec<Vec<String>> = cells(&read("README.md"), "| lint | level | finds |");
    let lints = LINTS.iter();
    let expected: Vec<Vec<String>> =
        lints.map(|lint| vec![format!("`{}`", lint.name), lint.level.to_string(), lint.summary.to_owned()]).collect();
    assert_eq!(rows, expected);
}

#[test]
fn the_readme_lists_every_option() {
    let help = conjoin(Path::new("/"), &["--help"]).stdout;
    let expected: Vec<Vec<String>> = options(&help);
    assert!(expected.len() > 20, "{help}");
    let rows = cells(&read("README.md"), "| option | does |");
    let wrong: Vec<&Vec<String>> = rows.iter().filter(|row| !expected.contains(row)).collect();
    let missing: Vec<&Vec<String>> = expected.iter().filter(|row| !rows.contains(row)).collect();
    assert!(wrong.is_empty() && missing.is_empty(), "wrong {wrong:?}, missing {missing:?}");
}

#[test]
fn the_readme_says_what_readers_said() {
    let rows = cells(&read("README.md"), "| reading | findings | repositories | not wrong | right and wanted |");
    assert_eq!(rows.len(), 5, "{rows:?}");
    let afresh =
        cells(&read("README.md"), "| in fresh code | findings | repositories | not wrong | right and wanted |");
    assert_eq!(afresh.len(), 6, "{afresh:?}");
    for row in &rows {
        assert_eq!(*row, said_of(&row[0]).0);
    }
    for row in afresh.iter().map(|row| row.iter().map(|cell| cell.replace('`', "")).collect::<Vec<String>>()) {
        let (expected, not_wrong) = said_of(&row[0]);
        assert_eq!(row, expected);
        let lint = LINTS.iter().find(|lint| row[0].strip_suffix("_afresh") == Some(lint.name)).unwrap();
        assert!(not_wrong >= 90.0 || lint.level == Level::Allow, "{} is on", lint.name);
    }
}

#[test]
fn the_readme_says_what_readers_said_of_each_lint() {
    let rows = cells(&read("README.md"), "| lint | findings | repositories | not wrong | right and wanted |");
    let readme = read("README.md");
    let unread = readme.lines().find(|line| line.starts_with("Nothing was found by ")).unwrap();
    for lint in LINTS.iter().filter(|lint| lint.name != "sequential_await") {
        let name = format!("`{}`", lint.name);
        assert_ne!(
            rows.iter().any(|row| row[0] == name),
            unread.contains(&name),
            "{name} is read, or nothing of it is there"
        );
    }
    for row in rows {
        let name = row[0].trim_matches('`');
        let (expected, not_wrong) = said_of(name);
        assert_eq!(row[1..], expected[1..], "{name}");
        let lint = LINTS.iter().find(|lint| lint.name == name).unwrap();
        assert!(not_wrong >= 90.0 || lint.level == Level::Allow, "{name} is on, and {not_wrong} % are not wrong");
        let share = &expected[3];
        assert!(lint.docs.contains(share.as_str()), "the page of {name} does not say {share}");
    }
}

/// What a table of verdicts adds up to, as the README says it, and how many percent are not wrong.
fn said_of(table: &str) -> (Vec<String>, f64) {
    let text = read(&format!("scoreboard/reviewed/{table}.tsv"));
    let verdicts: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let places: BTreeSet<&[&str]> = verdicts.iter().map(|verdict| &verdict[..4]).collect();
    assert_eq!(places.len(), verdicts.len(), "{table}: a place is judged twice");
    let repositories: BTreeSet<&str> = verdicts.iter().map(|verdict| verdict[0]).collect();
    let count = |wanted: &str| verdicts.iter().filter(|verdict| verdict[5] == wanted).count();
    let share = |part: usize| format!("{}.{} %", part * 100 / verdicts.len(), part * 1000 / verdicts.len() % 10);
    let (right, all) = (count("right"), count("right") + count("unwanted"));
    let numbers = [verdicts.len().to_string(), repositories.len().to_string(), share(all), share(right)];
    let row = std::iter::once(table.to_owned()).chain(numbers).collect();
    (row, 100.0 * all as f64 / verdicts.len() as f64)
}

#[test]
fn every_dependency_says_what_it_replaces() {
    let manifests = ["Cargo.toml", "conjoin/Cargo.toml", "conjoin/servers/Cargo.toml", "conjoin-macros/Cargo.toml"];
    let manifests = manifests.map(|path| read(path).parse::<toml::Table>().unwrap());
    let tables =
        manifests.iter().flat_map(|manifest| ["dependencies", "dev-dependencies"].map(|table| manifest.get(table)));
    let names = tables.flatten().flat_map(|table| table.as_table().unwrap().keys().cloned());
    let used: BTreeSet<String> = names.filter(|name| !["conjoin", "conjoin-macros"].contains(&name.as_str())).collect();
    let paper = read("CONTRIBUTING.md");
    let items = paper.split("\n* `").skip(1).filter_map(|item| item.split_once("`: "));
    let items: Vec<(&str, &str)> = items.filter(|(_, says)| says.contains("replaces ")).collect();
    let said: BTreeSet<String> = items.iter().map(|(name, _)| (*name).to_owned()).collect();
    let differ: Vec<&String> = said.symmetric_difference(&used).collect();
    assert!(differ.is_empty(), "in one of Cargo.toml and CONTRIBUTING.md only: {differ:?}");
}

#[test]
fn every_dependency_is_used() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let text: String = sources("src").into_iter().map(|(_, text)| text).collect();
    let packages = manifest["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_"));
    let idle: Vec<String> =
        packages.filter(|name| !code_lines(&text).any(|(_, code)| names_package(code, name))).collect();
    assert!(idle.is_empty(), "nobody uses {idle:?}");
}

#[test]
fn the_papers_count_the_dependencies() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let direct = manifest["dependencies"].as_table().unwrap();
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    let locked = lock["package"].as_array().unwrap();
    let is = |package: &toml::Value, words: &str| {
        let (name, version) = words.split_once(' ').unwrap_or((words, ""));
        package["name"].as_str() == Some(name) && package["version"].as_str().unwrap().starts_with(version)
    };
    let needs = |words: &str| {
        let package = locked.iter().find(|package| is(package, words)).unwrap();
        let needed = package.get("dependencies").map_or(&[][..], |names| names.as_array().unwrap());
        needed.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut all = BTreeSet::new();
    let is_direct = |words: &String| direct.contains_key(words.split(' ').next().unwrap());
    let mut next: Vec<String> = needs("cargo-conjoin").into_iter().filter(is_direct).collect();
    while let Some(words) = next.pop() {
        if !all.contains(&words) {
            next.extend(needs(&words));
            all.insert(words);
        }
    }
    let said = format!("{} packages, and {} with all that those need on any platform", direct.len(), all.len());
    assert!(read("CONTRIBUTING.md").replace('\n', " ").contains(&said), "CONTRIBUTING.md does not say: {said}");
}

/// What is handed out has all that it is built of, and its licences, and nothing else.
#[test]
fn packages_hold_what_they_are_built_of() {
    for (package, folder) in [("cargo-conjoin", ""), ("conjoin", "conjoin/"), ("conjoin-macros", "conjoin-macros/")] {
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo.args(["package", "--list", "--allow-dirty", "--offline", "-p", package]).current_dir(root());
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let listed = String::from_utf8(output.stdout).unwrap();
        let listed: BTreeSet<&str> = listed.lines().collect();
        for name in ["LICENSE-APACHE", "LICENSE-MIT", "Cargo.lock"] {
            assert!(listed.contains(name), "{package} has no {name}");
        }
        let kinds =
            ["src/", "knowledge/", "examples/", "LICENSE-", "README.md", "CHANGELOG.md", "Cargo.", ".cargo_vcs_info"];
        let odd: Vec<_> = listed.iter().filter(|name| !kinds.iter().any(|kind| name.starts_with(kind))).collect();
        assert!(odd.is_empty(), "{package} has {odd:?}");
        let mut included = 0;
        let home = root().join(folder).canonicalize().unwrap();
        for (path, text) in sources(&format!("{folder}src")) {
            for (name, _) in text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split_once('"')) {
                let whole = root().join(&path).parent().unwrap().join(name).canonicalize().unwrap();
                let below = whole.strip_prefix(&home).unwrap().to_str().unwrap();
                assert!(listed.contains(below), "{package} has no {below}, which {path} includes");
                included += 1;
            }
        }
        assert!(included > 0 || package == "conjoin-macros");
        let facts = if folder.is_empty() { stems("knowledge", "toml") } else { BTreeSet::new() };
        for name in facts {
            assert!(listed.contains(format!("knowledge/{name}.toml").as_str()), "{package} has no facts about {name}");
        }
    }
}

#[test]
fn one_version_of_rust_is_named_everywhere() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let version = manifest["workspace"]["package"]["rust-version"].as_str().unwrap().to_owned();
    for path in ["README.md", "CONTRIBUTING.md", ".ci/run", "conjoin/README.md"] {
        let text = read(path);
        let named: Vec<&str> =
            text.split("Rust 1.").skip(1).map(|rest| rest.split([' ', '\n', ',', '.']).next().unwrap()).collect();
        assert!(!named.is_empty(), "{path} names no version of Rust");
        assert!(named.iter().all(|minor| format!("1.{minor}") == version), "{path}: {named:?}, and not {version}");
    }
    for path in ["conjoin/Cargo.toml", "conjoin-macros/Cargo.toml"] {
        assert!(read(path).contains("rust-version.workspace = true"), "{path}");
    }
    assert!(read("fuzz/Cargo.toml").contains(&format!("rust-version = \"{version}\"")));
}

#[test]
fn every_file_of_facts_is_read() {
    for name in stems("knowledge", "toml").into_iter().filter(|name| name != "names") {
        assert!(knowledge::crates().any(|known| known == name), "knowledge/{name}.toml is not in the list of crates");
        let text: toml::Table = read(&format!("knowledge/{name}.toml")).parse().unwrap();
        assert_eq!(text["crate"].as_str(), Some(name.as_str()));
    }
}

#[test]
fn one_step_back_is_seen() {
    assert_eq!(first_word("lints::{Context, Lint};"), "lints");
    assert!(names_package("use syn::visit;", "syn") && names_package("fn f(x: &syn::Expr)", "syn"));
    assert!(!names_package("let my_syn::x", "syn") && !names_package("\"syn\"", "syn"));
    let help =
        "Options:\n  -q, --quiet\n          Say less\n\n      --output <FILE>\n          Where\n          to\n\n[x]";
    assert_eq!(options(help), [["`-q, --quiet`", "Say less"], ["`--output FILE`", "Where to"]]);
}

/// The modules of the library in the order of `lib.rs`.
fn stages() -> Vec<String> {
    let text = read("src/lib.rs");
    text.lines().filter_map(|line| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned())).collect()
}

/// Lines that are no comments, counted from 1.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim().starts_with("//"))
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

fn names_package(code: &str, package: &str) -> bool {
    let before = |at: usize| code[..at].chars().next_back();
    let is_whole = |at: usize| before(at).is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
    code.match_indices(&format!("{package}::")).any(|(at, _)| is_whole(at))
}

/// The rows of the table under a head, cell by cell.
fn cells(text: &str, head: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let rows = lines.map(|line| line.trim_start_matches("//! ")).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What the help says of each option: how it is written, and the first paragraph about it.
fn options(help: &str) -> Vec<Vec<String>> {
    let mut lines = help.lines().map(str::trim);
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with('-') {
            let written = line.replace(['<', '>'], "").replace("...", "");
            let said: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            found.push(vec![format!("`{written}`"), said.join(" ")]);
        }
    }
    found
}

/// Every Rust file below a folder of this package, with its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for path in entries(folder) {
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            files.extend(sources(&name));
        } else if name.ends_with(".rs") {
            files.push((name.clone(), read(&name)));
        }
    }
    files
}

/// The names of the files in a folder that have an ending, without it.
fn stems(folder: &str, ending: &str) -> BTreeSet<String> {
    let files = entries(folder).into_iter().filter(|path| path.extension().is_some_and(|other| other == ending));
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn entries(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
