//! Selections against folders: which files are read, which are reported on, and what they are called.

use std::path::{Path, PathBuf};

use cargo_conjoin::discover::{Discovery, Failure, Kinds, Selection, discover};

use crate::tree::{manifest, tree, write};

/// `*name package::module` for each file, a star for those reported on.
fn listing(discovery: &Discovery) -> Vec<String> {
    let workspace = &discovery.workspace;
    let package = |index: Option<usize>| index.map_or("-", |index| workspace.packages[index].name.as_str());
    let files = workspace.files.iter().map(|file| {
        let star = if file.is_selected { "*" } else { "" };
        format!(
            "{star}{} {}",
            file.name,
            [&[package(file.package).to_owned()], file.module.as_slice()].concat().join("::")
        )
    });
    files.collect()
}

fn found(folder: &Path, selection: &Selection) -> Vec<String> {
    listing(&discover(selection, folder).unwrap())
}

fn paths(paths: &[&str]) -> Selection {
    Selection { paths: paths.iter().map(PathBuf::from).collect(), ..Selection::default() }
}

fn packages(specs: &[&str]) -> Selection {
    Selection { packages: specs.iter().map(|spec| (*spec).to_owned()).collect(), ..Selection::default() }
}

fn failure(folder: &Path, selection: &Selection) -> Failure {
    discover(selection, folder).unwrap_err()
}

/// The manifest of a workspace's member.
fn member(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n")
}

fn workspace() -> tempfile::TempDir {
    tree(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n"),
        ("one/Cargo.toml", &member("one")),
        ("one/src/lib.rs", ""),
        ("one/src/api/mod.rs", ""),
        ("one/src/api/users.rs", ""),
        ("two/Cargo.toml", &member("two")),
        ("two/src/main.rs", ""),
    ])
}

#[test]
fn a_package_is_its_sources_and_more_only_when_asked() {
    let folder = tree(&[
        ("Cargo.toml", &(manifest("demo") + "[[bin]]\nname = \"aside\"\npath = \"tools/aside.rs\"\n")),
        ("build.rs", "fn main() {}"),
        ("src/lib.rs", ""),
        ("src/target/mod.rs", ""),
        ("src/bin/one.rs", ""),
        ("src/bin/two/main.rs", ""),
        ("src/bin/two/part.rs", ""),
        ("tools/aside.rs", ""),
        ("tests/it/main.rs", ""),
        ("tests/it/part.rs", ""),
        ("examples/show.rs", ""),
        ("benches/fast.rs", ""),
        ("target/debug/build/out.rs", ""),
        ("src/.hidden/a.rs", ""),
        ("src/nested/Cargo.toml", &manifest("nested")),
        ("src/nested/src/lib.rs", ""),
        ("templates/not_rust_yet.rs", ""),
        ("src/notes.md", ""),
    ]);
    let sources = [
        "*src/bin/one.rs demo",
        "*src/bin/two/main.rs demo",
        "*src/bin/two/part.rs demo::part",
        "*src/lib.rs demo",
        "*src/target/mod.rs demo::target",
        "*tools/aside.rs demo",
    ];
    assert_eq!(found(folder.path(), &Selection::default()), sources);

    let with = |kinds| found(folder.path(), &Selection { kinds, ..Selection::default() });
    let tests = with(Kinds { tests: true, ..Kinds::default() });
    assert_eq!(
        tests.iter().filter(|name| !sources.contains(&name.as_str())).collect::<Vec<_>>(),
        ["*tests/it/main.rs demo", "*tests/it/part.rs demo::part"]
    );
    let all = with(Kinds { tests: true, examples: true, benches: true, build_scripts: true });
    for name in ["*benches/fast.rs demo", "*build.rs demo", "*examples/show.rs demo", "*tests/it/main.rs demo"] {
        assert!(all.contains(&name.to_owned()), "{name}");
    }
    assert_eq!(all.len(), sources.len() + 5);
}

#[test]
fn packages_that_serve_tests_are_tests() {
    let folder = tree(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"latest\", \"tests-fuzz\"]\nresolver = \"3\"\n"),
        ("latest/Cargo.toml", &member("latest")),
        ("latest/src/lib.rs", ""),
        ("tests-fuzz/Cargo.toml", &member("tests-fuzz")),
        ("tests-fuzz/src/lib.rs", ""),
    ]);
    assert_eq!(found(folder.path(), &Selection::default()), ["*latest/src/lib.rs latest"]);
    let kinds = Kinds { tests: true, ..Kinds::default() };
    let with_tests = found(folder.path(), &Selection { kinds, ..Selection::default() });
    assert_eq!(with_tests, ["*latest/src/lib.rs latest", "*tests-fuzz/src/lib.rs tests-fuzz"]);
}

#[test]
fn packages_are_selected_as_cargo_does_and_the_others_are_known() {
    let folder = workspace();
    let one = ["one/src/api/mod.rs one::api", "one/src/api/users.rs one::api::users", "one/src/lib.rs one"];
    let two = "two/src/main.rs two";
    let all = || one.map(|name| format!("*{name}")).into_iter().chain([format!("*{two}")]).collect::<Vec<_>>();
    let only_one = || one.map(|name| format!("*{name}")).into_iter().chain([two.to_owned()]).collect::<Vec<_>>();

    assert_eq!(found(folder.path(), &Selection::default()), all());
    assert_eq!(found(&folder.path().join("one/src"), &Selection::default()), only_one());
    assert_eq!(found(folder.path(), &packages(&["one"])), only_one());
    assert_eq!(found(folder.path(), &packages(&["*"])), all());
    let manifest_path = Some("one/Cargo.toml".into());
    assert_eq!(found(folder.path(), &Selection { manifest_path, ..Selection::default() }), only_one());
    let exclude = vec!["two".to_owned()];
    assert_eq!(found(folder.path(), &Selection { all_packages: true, exclude, ..Selection::default() }), only_one());

    let discovery = discover(&packages(&["one"]), folder.path()).unwrap();
    let id = &discovery.workspace.packages[discovery.selected_packages[0]].id;
    assert_eq!(found(folder.path(), &packages(&[id])), only_one());
    assert_eq!(discovery.selected_packages.len(), 1);
}

#[test]
fn an_unknown_package_is_named_with_its_neighbours() {
    let folder = workspace();
    let failure = failure(folder.path(), &packages(&["tvo"]));
    assert_eq!(failure.message, "no package `tvo` in the workspace");
    assert_eq!(failure.help, "did you mean `two`?");
}

#[test]
fn paths_inside_a_workspace_select_and_the_rest_is_known() {
    let folder = workspace();
    write(folder.path(), "one/tests/it.rs", b"");
    write(folder.path(), "fixtures/case.rs", b"");
    let selected = |given: &[&str]| {
        let names = found(folder.path(), &paths(given)).into_iter();
        names.filter_map(|name| name.strip_prefix('*').map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(selected(&["one/src/api"]), ["one/src/api/mod.rs one::api", "one/src/api/users.rs one::api::users"]);
    assert_eq!(selected(&["./one/../two"]), ["two/src/main.rs two"]);
    assert_eq!(selected(&["two/src/main.rs", "fixtures"]), ["fixtures/case.rs -::case", "two/src/main.rs two"]);
    assert_eq!(selected(&["one/tests"]), ["one/tests/it.rs one"]);
    assert_eq!(selected(&["."]).len(), 4);
    assert_eq!(found(folder.path(), &paths(&["two"])).len(), 4);
    let asks_for_tests = |given: &[&str]| discover(&paths(given), folder.path()).unwrap().asks_for_tests;
    assert!(asks_for_tests(&["one/tests"]) && !asks_for_tests(&["."]));
}

#[test]
fn names_can_be_clicked_from_above_and_stay_cargos_for_editors() {
    let folder = tree(&[("demo/Cargo.toml", &manifest("demo")), ("demo/src/lib.rs", "")]);
    assert_eq!(found(folder.path(), &paths(&["demo"])), ["*demo/src/lib.rs demo"]);
    let for_editors = Selection { names_from_root: true, ..paths(&["demo"]) };
    assert_eq!(found(folder.path(), &for_editors), ["*src/lib.rs demo"]);
}

#[test]
fn a_folder_without_manifest_is_one_tree() {
    let folder = tree(&[
        ("lib.rs", ""),
        ("api/users.rs", ""),
        ("crate/Cargo.toml", "not read"),
        ("crate/build.rs", ""),
        ("crate/src/db/mod.rs", ""),
        ("crate/src/bin/tool/part.rs", ""),
        ("crate/tests/it.rs", ""),
        ("crate/target/out.rs", ""),
        ("tests/free.rs", ""),
    ]);
    let expected = [
        "*api/users.rs -::api::users",
        "*crate/src/bin/tool/part.rs -::part",
        "*crate/src/db/mod.rs -::db",
        "*lib.rs -",
    ];
    assert_eq!(found(folder.path(), &paths(&["."])), expected);
    assert_eq!(found(folder.path(), &paths(&["crate/tests"])), ["*crate/tests/it.rs -::it"]);
    assert_eq!(found(folder.path(), &paths(&["api/users.rs"])), ["*api/users.rs -"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_tree() {
    use std::os::unix::fs::symlink;
    let outside = tree(&[("secret.rs", "")]);
    let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", "")]);
    symlink(outside.path(), folder.path().join("src/outside")).unwrap();
    symlink(outside.path().join("secret.rs"), folder.path().join("src/secret.rs")).unwrap();
    symlink(outside.path().join("secret.rs"), folder.path().join("src/main.rs")).unwrap();
    symlink(folder.path().join("src"), folder.path().join("src/again")).unwrap();
    assert_eq!(found(folder.path(), &Selection::default()), ["*src/lib.rs demo"]);
}

#[test]
fn texts_are_kept_byte_for_byte() {
    let text = "\u{feff}#!/usr/bin/env run\r\nfn é() {}\r\n";
    let folder = tree(&[("a.rs", text)]);
    let discovery = discover(&paths(&["a.rs"]), folder.path()).unwrap();
    assert_eq!(discovery.workspace.files[0].text, text);
}

#[test]
fn what_is_no_text_is_a_problem_with_a_place() {
    let folder = tree(&[("good.rs", "")]);
    write(folder.path(), "bad.rs", b"fn f() {}\n// caf\xe9\n");
    let discovery = discover(&paths(&["."]), folder.path()).unwrap();
    assert_eq!(listing(&discovery), ["*good.rs -::good"]);
    assert_eq!((discovery.problems[0].file.as_str(), discovery.problems[0].place), ("bad.rs", Some((2, 7))));
    assert_eq!(discovery.unread, 1);
}

#[test]
fn dependencies_are_called_what_the_source_calls_them() {
    let dependencies = "[dependencies]\nfutures-util = { version = \"0.3\", default-features = false, features = [\"std\"] }\n\
                        rt = { package = \"tokio\", version = \"1\" }\n";
    let folder = tree(&[("Cargo.toml", &(manifest("demo") + dependencies)), ("src/lib.rs", "")]);
    let discovery = discover(&Selection::default(), folder.path()).unwrap();
    let known: Vec<(&str, &str, bool)> = discovery.workspace.packages[0]
        .dependencies
        .iter()
        .map(|dependency| (dependency.name.as_str(), dependency.package.as_str(), dependency.default_features))
        .collect();
    assert_eq!(known, [("futures_util", "futures-util", false), ("rt", "tokio", true)]);
}

#[test]
fn of_a_dependency_on_every_platform_only_what_all_ask_for_counts() {
    let dependencies = "[target.'cfg(unix)'.dependencies]\ntokio = { version = \"1\", features = [\"macros\", \"sync\"] }\n\
                        [target.'cfg(not(unix))'.dependencies]\ntokio = { version = \"1\", features = [\"sync\"] }\n";
    let folder = tree(&[("Cargo.toml", &(manifest("demo") + dependencies)), ("src/lib.rs", "")]);
    let discovery = discover(&Selection::default(), folder.path()).unwrap();
    let [tokio] = discovery.workspace.packages[0].dependencies.as_slice() else { panic!("one dependency") };
    assert_eq!(tokio.features, ["sync"]);
}

#[test]
fn failures_say_what_and_where_and_what_to_do() {
    let folder = tree(&[("broken/Cargo.toml", "[package\nname = 1\n"), ("broken/src/lib.rs", "")]);
    let missing = failure(folder.path(), &paths(&["src/nope.rs"]));
    assert_eq!(missing.message, "no such file or folder: `src/nope.rs`");
    let homeless = failure(folder.path(), &Selection::default());
    assert!(homeless.message.starts_with("no Cargo.toml in"), "{homeless:?}");
    let broken = failure(&folder.path().join("broken"), &Selection::default());
    assert!(broken.message.contains("broken/Cargo.toml") && broken.message.contains(":1:9"), "{broken:?}");
}

#[test]
fn paths_need_no_readable_manifest() {
    let folder = tree(&[("Cargo.toml", "[package\n"), ("src/api.rs", "")]);
    let discovery = discover(&paths(&["src"]), folder.path()).unwrap();
    assert_eq!(listing(&discovery), ["*src/api.rs -::api"]);
    assert!(discovery.remarks[0].contains("cargo cannot read"), "{:?}", discovery.remarks);
}
