//! A run that takes what an earlier one found says what it would have said without it.
//!
//! In: made-up workspaces and random edits of them; a cache that is cut off, changed, of somebody else, not to be written.
//! Out: each outcome that is another one than that of a run without a cache, and files that were looked at in vain.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use cargo_conjoin::cache::Cache;
use cargo_conjoin::check::{Options, Outcome, Run, check, run};
use cargo_conjoin::diagnostic::{Confidence, Level};
use cargo_conjoin::discover::{Claim, Package, Root, Settings, Workspace};
use cargo_conjoin::knowledge::{ClaimKind, Pattern};
use cargo_conjoin::source::SourceFile;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rayon::prelude::*;
use tempfile::TempDir;

use crate::cli::{WAITS, conjoin};
use crate::tree::{manifest, tree, write};

/// Few names, so that files mean one another.
const NAMES: [&str; 6] = ["fetch_user", "load_page", "save_order", "run", "load_page_async", "get"];
const TYPES: [&str; 2] = ["Store", "Client"];

/// Files at most, each a module.
const FILES: usize = 7;

/// Random workspaces, and random edits of each.
const WORKSPACES: usize = 16;
const EDITS: usize = 32;

/// A file: what it declares, and whether it is there.
#[derive(Clone, Debug)]
struct File {
    is_there: bool,
    head: usize,
    functions: Vec<Function>,
    tail: usize,
}

#[derive(Clone, Debug)]
struct Function {
    name: usize,
    place: usize,
    signature: usize,
    body: Vec<(usize, usize, usize)>,
    above: usize,
}

#[derive(Clone, Debug)]
enum Edit {
    Statement(usize, usize, usize, (usize, usize, usize)),
    Drop(usize, usize),
    Signature(usize, usize, usize),
    Name(usize, usize, usize),
    Place(usize, usize, usize),
    Above(usize, usize, usize),
    Head(usize, usize),
    Tail(usize, usize),
    New(usize, Function),
    Gone(usize, usize),
    There(usize),
    Claims(usize),
    Settings(usize),
    Options(usize),
}

#[derive(Clone, Debug)]
struct Made {
    files: Vec<File>,
    claims: usize,
    settings: usize,
    options: usize,
}

fn number() -> impl Strategy<Value = usize> {
    0..10_000_usize
}

fn function() -> impl Strategy<Value = Function> {
    let body = prop::collection::vec((number(), number(), number()), 0..4);
    (number(), number(), number(), body, number()).prop_map(|(name, place, signature, body, above)| Function {
        name,
        place,
        signature,
        body,
        above,
    })
}

fn made() -> impl Strategy<Value = Made> {
    let file = (number(), prop::collection::vec(function(), 1..6), number());
    let file = file.prop_map(|(head, functions, tail)| File { is_there: head % 9 != 0, head, functions, tail });
    prop::collection::vec(file, 4..FILES).prop_map(|files| Made { files, claims: 0, settings: 0, options: 0 })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || (number(), number(), number());
    prop_oneof![
        8 => (at(), at()).prop_map(|((file, function, place), made)| Edit::Statement(file, function, place, made)),
        2 => at().prop_map(|(file, function, _)| Edit::Drop(file, function)),
        2 => at().prop_map(|(file, function, to)| Edit::Signature(file, function, to)),
        1 => at().prop_map(|(file, function, to)| Edit::Name(file, function, to)),
        1 => at().prop_map(|(file, function, to)| Edit::Place(file, function, to)),
        2 => at().prop_map(|(file, function, to)| Edit::Above(file, function, to)),
        2 => at().prop_map(|(file, to, _)| Edit::Head(file, to)),
        2 => at().prop_map(|(file, to, _)| Edit::Tail(file, to)),
        1 => (number(), function()).prop_map(|(file, function)| Edit::New(file, function)),
        1 => at().prop_map(|(file, function, _)| Edit::Gone(file, function)),
        1 => number().prop_map(Edit::There),
        1 => number().prop_map(Edit::Claims),
        1 => number().prop_map(Edit::Settings),
        1 => number().prop_map(Edit::Options),
    ]
}

impl Made {
    fn edit(&mut self, edit: &Edit) {
        let count = self.files.len();
        let (Edit::Statement(at, ..)
        | Edit::Drop(at, _)
        | Edit::Signature(at, ..)
        | Edit::Name(at, ..)
        | Edit::Place(at, ..)
        | Edit::Above(at, ..)
        | Edit::Head(at, _)
        | Edit::Tail(at, _)
        | Edit::New(at, _)
        | Edit::Gone(at, _)
        | Edit::There(at)
        | Edit::Claims(at)
        | Edit::Settings(at)
        | Edit::Options(at)) = edit;
        let file = &mut self.files[at % count];
        let functions = file.functions.len();
        match edit {
            Edit::Claims(to) => self.claims = *to,
            Edit::Settings(to) => self.settings = *to,
            Edit::Options(to) => self.options = *to,
            Edit::Head(_, to) => file.head = *to,
            Edit::Tail(_, to) => file.tail = *to,
            Edit::There(_) => file.is_there = !file.is_there,
            Edit::New(_, function) => file.functions.push(function.clone()),
            Edit::Gone(_, function) if functions > 1 => {
                file.functions.remove(function % functions);
            }
            Edit::Gone(..) => {}
            Edit::Statement(_, function, place, made) => {
                let body = &mut file.functions[function % functions].body;
                body.insert(place % (body.len() + 1), *made);
            }
            Edit::Drop(_, function) => drop(file.functions[function % functions].body.pop()),
            Edit::Signature(_, function, to) => file.functions[function % functions].signature = *to,
            Edit::Name(_, function, to) => file.functions[function % functions].name = *to,
            Edit::Place(_, function, to) => file.functions[function % functions].place = *to,
            Edit::Above(_, function, to) => file.functions[function % functions].above = *to,
        }
    }

    fn workspace(&self, folder: &Path) -> Workspace {
        let names = ["one", "two"];
        let package = |number: usize| Package {
            name: names[number].to_owned(),
            id: names[number].to_owned(),
            manifest_path: folder.join(names[number]).join("Cargo.toml"),
            edition: 2024,
            targets: Vec::new(),
            dependencies: Vec::new(),
        };
        let there = self.files.iter().enumerate().filter(|(_, file)| file.is_there);
        let files = there.map(|(number, file)| {
            let name = format!("{}/src/m{number}.rs", names[number % 2]);
            let mut source = SourceFile::new(folder.join(&name), name, text(file));
            source.package = Some(number % 2);
            source.module = vec![format!("m{number}")];
            source
        });
        let mut files: Vec<SourceFile> = files.collect();
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let settings = Settings {
            confidence: [None, None, Some(Confidence::Possible), Some(Confidence::Proven)][self.settings % 4],
            requires_reasons: Some(self.settings % 2 == 1),
            reports_unused_suppressions: Some(self.settings % 5 > 2),
            ..Settings::default()
        };
        Workspace {
            root: folder.to_path_buf(),
            packages: vec![package(0), package(1)],
            roots: vec![Root { folder: folder.to_path_buf(), target_directory: folder.join("target"), packages: 0..2 }],
            files,
            claims: self.claims(folder),
            settings: vec![settings.clone(), settings],
            loose_settings: Settings::default(),
        }
    }

    fn claims(&self, folder: &Path) -> Vec<Claim> {
        let kinds = [ClaimKind::Reads, ClaimKind::Writes, ClaimKind::Fence];
        let claim = |number: usize| Claim {
            kind: kinds[number % 3],
            pattern: Pattern::parse(&format!("*::{}", NAMES[number % NAMES.len()])).unwrap(),
            manifest: folder.join("Cargo.toml"),
            table: "[workspace.metadata.conjoin]",
            packages: 0..2,
        };
        (0..self.claims % 3).map(|step| claim(self.claims + step)).collect()
    }

    fn options(&self) -> Options {
        let levels = ["all", "unsafe_join", "sequential_await"].map(|lint| (lint.to_owned(), Level::Deny));
        Options {
            tests: self.options % 4 == 3,
            confidence: [Confidence::Possible, Confidence::Likely][self.options % 2],
            levels: levels[..1 + self.options % 3].to_vec(),
            ..Options::default()
        }
    }
}

fn text(file: &File) -> String {
    let mut text = [
        "",
        "use crate::m1::*;\n",
        "use crate::m3::{fetch_user, Store};\n\n\n",
        "//! conjoin\n",
        "pub use crate::m2::load_page as run;\n",
        "static COUNT: std::sync::Mutex<u32> = std::sync::Mutex::new(0);\n",
        "use crate::m4::Client as Store;\n",
    ][file.head % 7]
        .to_owned();
    let _ = writeln!(
        text,
        "pub struct {} {{ pub store: crate::m1::Store, pub n: std::cell::Cell<u32> }}",
        pick(&TYPES, file.head)
    );
    for place in 0..4 {
        let own: Vec<&Function> = file.functions.iter().filter(|function| function.place % 4 == place).collect();
        let of = pick(&TYPES, file.head + place);
        let (open, close) = match place {
            _ if own.is_empty() => continue,
            0 => (String::new(), ""),
            1 => (format!("impl {of} {{\n"), "}\n"),
            2 => (format!("pub trait Of{of} {{\n"), "}\n"),
            _ => (format!("impl Of{of} for {of} {{\n"), "}\n"),
        };
        text.push_str(&open);
        own.iter().for_each(|function| text.push_str(&written(function, place)));
        text.push_str(close);
    }
    text.push_str(match file.tail % 16 {
        0 => "fn broken( {\n",
        1 => "#[cfg(test)]\nmod m5;\n",
        2 => "macro_rules! run { () => { return } }\n",
        3 => "// fn get() is not here, impl Store neither\n",
        4 => "\n",
        _ => "",
    });
    text
}

fn pick<'a>(all: &[&'a str], number: usize) -> &'a str {
    all[number % all.len()]
}

fn written(function: &Function, place: usize) -> String {
    let above = [
        "",
        "",
        "",
        "// conjoin: reads -- it does\n",
        "// conjoin: writes -- it does\n",
        "\n\n",
        "// conjoin: nonsense\n",
    ];
    let receiver = if place == 0 { "" } else { ["&self, ", "&mut self, ", ""][function.signature / 7 % 3] };
    let awaits = ["async ", "async ", "async ", ""][function.signature % 4];
    let gives = ["", " -> u64", " -> Result<u64, Error>", " -> std::io::Result<()>"][function.signature / 4 % 4];
    let mut text = format!(
        "{}pub {awaits}fn {}({receiver}id: u64){gives} {{\n",
        above[function.above % above.len()],
        pick(&NAMES, function.name)
    );
    if function.above % 5 == 4 {
        text.push_str("    // conjoin: allow(sequential_await) -- so\n");
    }
    for (number, statement) in function.body.iter().enumerate() {
        let _ = writeln!(text, "    {}", said(*statement, number));
    }
    text.push_str("    id\n}\n");
    text
}

fn said((kind, one, two): (usize, usize, usize), number: usize) -> String {
    let (name, other, of) = (pick(&NAMES, one), pick(&NAMES, two), pick(&TYPES, two));
    let module = one % FILES;
    match kind % 24 {
        0..=5 => format!("let v{number} = crate::m{module}::{name}(id).await;"),
        6..=9 => format!("let v{number} = self.store.{name}(id).await;"),
        10 => format!("let v{number} = {of}::{name}(id).await?;"),
        11 => format!("{name}(id);"),
        12 => "std::fs::write(\"a\", \"b\");".to_owned(),
        13 => format!("let v{number} = api.fetch_all(id).await?;"),
        14 => format!("for x in list {{ crate::m{module}::{name}(x).await; }}"),
        15 => format!("let v{number} = tokio::join!(crate::m{module}::{name}(id), self.{other}(id));"),
        16 => format!("let v{number} = {name}(id).await.{other}(id).await;"),
        17 => "*COUNT.lock().unwrap() += 1;".to_owned(),
        18 => format!("run!(); let v{number} = futures::future::join_all(list.map(|x| {name}(x))).await;"),
        19 => "self.n.set(1);".to_owned(),
        20 => format!("fn {other}(id: u64) {{ std::thread::sleep(id) }}"),
        21 => "\n".to_owned(),
        _ => format!("let s: &dyn Of{of} = &self; let v{number} = s.{name}(id).await;"),
    }
}

/// All that a run says, and how many files it looked at.
fn again(workspace: &Workspace, options: &Options) -> (Outcome, usize) {
    let looked_at = AtomicUsize::new(0);
    let cache = Cache::new(workspace, options).unwrap();
    let count = |_, _| {
        looked_at.fetch_add(1, Ordering::Relaxed);
    };
    let outcome = run(workspace, options, &Run { cache: Some(&cache), progress: &count, is_last: false });
    (outcome, looked_at.into_inner())
}

fn cold(workspace: &Workspace, options: &Options) -> String {
    format!("{:#?}", check(workspace, options, &|_, _| {}))
}

fn with_target() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("target")).unwrap();
    folder
}

#[test]
fn edits_change_what_they_would_change_without_a_cache() {
    let seeds: Vec<(Made, Vec<Edit>)> = {
        let mut runner = TestRunner::deterministic();
        let strategy = (made(), prop::collection::vec(edit(), EDITS..EDITS + 1));
        (0..WORKSPACES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
    };
    let (said, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    seeds.into_par_iter().for_each(|(mut made, edits)| {
        let folder = with_target();
        for (step, edit) in edits.iter().enumerate() {
            let (workspace, options) = (made.workspace(folder.path()), made.options());
            let (outcome, looked_at) = again(&workspace, &options);
            let expected = cold(&workspace, &options);
            assert_eq!(format!("{outcome:#?}"), expected, "before step {step}, {edit:?}, of {edits:#?}");
            said.fetch_add(outcome.diagnostics.len(), Ordering::Relaxed);
            taken.fetch_add(workspace.files.len() - looked_at, Ordering::Relaxed);
            made.edit(edit);
        }
    });
    let (said, taken) = (said.into_inner(), taken.into_inner());
    assert!(said > WORKSPACES * EDITS && taken > WORKSPACES * EDITS, "{said} diagnostics, {taken} files taken");
}

#[test]
fn threads_change_nothing() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..WORKSPACES / 2 {
        let made = made().new_tree(&mut runner).unwrap().current();
        let folder = with_target();
        let (workspace, options) = (made.workspace(folder.path()), made.options());
        let expected = cold(&workspace, &options);
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(64 << 20).build().unwrap();
            let found = pool.install(|| (cold(&workspace, &options), format!("{:#?}", again(&workspace, &options).0)));
            assert_eq!(found, (expected.clone(), expected.clone()), "{threads} threads");
            fs::remove_dir_all(folder.path().join("target/conjoin-cache")).unwrap();
        }
    }
}

/// Four files: `b` asks what `fetch` of `a` does, `c` what `page` of `b` does, `d` asks nobody.
struct Few(TempDir, [String; 4], Vec<(String, Level)>);

const FETCH: &str = "pub async fn fetch(id: u64) -> u64 {\n    let user = api.fetch_user(id).await;\n    user\n}\n";

impl Few {
    fn new() -> Few {
        let page = "pub async fn page(id: u64) -> (u64, u64) {\n    let one = crate::a::fetch(id).await;\n    let two = crate::a::fetch(id + 1).await;\n    (one, two)\n}\n";
        let twice = "pub async fn twice() -> [(u64, u64); 2] {\n    let one = crate::b::page(1).await;\n    let two = crate::b::page(2).await;\n    [one, two]\n}\n";
        let alone = "pub async fn alone(x: X) {\n    x.one().await;\n    x.two().await;\n}\n";
        Few(with_target(), [FETCH, page, twice, alone].map(str::to_owned), Vec::new())
    }

    fn workspace(&self) -> Workspace {
        workspace_of(self.0.path(), &self.1)
    }

    /// How many files are looked at, and how many diagnostics there are.
    fn look(&self) -> (usize, usize) {
        let (workspace, options) = (self.workspace(), Options { levels: self.2.clone(), ..options() });
        let (outcome, looked_at) = again(&workspace, &options);
        assert_eq!(format!("{outcome:#?}"), cold(&workspace, &options));
        (looked_at, outcome.diagnostics.len())
    }

    fn kept(&self) -> Vec<PathBuf> {
        let folder = self.0.path().join("target/conjoin-cache");
        fs::read_dir(folder).map_or(Vec::new(), |all| all.map(|entry| entry.unwrap().path()).collect())
    }
}

fn workspace_of(folder: &Path, texts: &[String; 4]) -> Workspace {
    let files = ["a", "b", "c", "d"].iter().zip(texts).map(|(name, text)| {
        let path = PathBuf::from(format!("src/{name}.rs"));
        let mut source = SourceFile::new(folder.join(&path), path.display().to_string(), text.clone());
        source.module = vec![(*name).to_owned()];
        source
    });
    Workspace {
        root: folder.to_path_buf(),
        roots: vec![Root { folder: folder.to_path_buf(), target_directory: folder.join("target"), packages: 0..0 }],
        files: files.collect(),
        ..Workspace::default()
    }
}

fn options() -> Options {
    Options::default()
}

#[test]
fn only_what_asked_for_a_change_is_looked_at() {
    let mut few = Few::new();
    let (all, found) = few.look();
    assert_eq!((all, found), (4, 2));
    assert_eq!(few.look(), (0, found), "nothing has changed");
    few.1[3] = few.1[3].replace("x.two()", "x.three()");
    assert_eq!(few.look().0, 1, "nobody asks what `d` does");
    few.1[0] = FETCH.replace("(id)", "(id + 1)");
    assert_eq!(few.look(), (1, found), "it does what it did");
    few.1[3].push_str("pub fn something_else() {}\n");
    assert_eq!(few.look().0, 1, "nobody asks for that name");
    few.1[0] = format!("pub fn before() {{\n    1;\n}}\n{}", few.1[0]);
    assert_eq!(few.look(), (3, found), "`b` says on which line `fetch` stands, and so does `c`");
    few.1[0] = few.1[0].replace("    1;\n", "    1;\n    2;\n");
    assert_eq!(few.look(), (3, found), "the line is another one, and nothing else");
    few.1[0] = few.1[0].replace("fetch_user", "save_user");
    assert_eq!(few.look(), (3, 0), "what `fetch` does goes into what `page` does");
    few.1[0] = few.1[0].replace("fetch(id: u64)", "fetch(id: &mut u64)");
    assert!(few.look().0 >= 2, "it declares something else");
    few.1[3].push_str("pub struct Other;\nimpl Other { pub async fn fetch(&self) {} }\n");
    assert!(few.look().0 >= 2, "`fetch` may be another one");
    few.1[2] = "broken {".to_owned();
    assert_eq!(few.look().0, 1);
    assert_eq!(few.look().0, 0, "what cannot be parsed is kept too");
}

#[test]
fn what_all_files_say_together_is_asked_too() {
    let mut few = Few::new();
    few.2 = vec![("blocking_twin".to_owned(), Level::Warn)];
    few.1[3] = "pub async fn alone(x: X) {\n    crate::c::load(1);\n}\n".to_owned();
    few.1[2] = "pub fn load(id: u64) -> u64 {\n    std::fs::read(\"a\").unwrap().len()\n}\n".to_owned();
    let (_, found) = few.look();
    few.1[2]
        .push_str("pub async fn load_async(id: u64) -> u64 {\n    tokio::fs::read(\"a\").await.unwrap().len()\n}\n");
    assert_eq!(few.look().1, found + 1, "`load` has a twin now");
}

#[test]
fn a_trait_that_comes_to_be_is_asked_for() {
    let mut few = Few::new();
    few.1[2] = "pub fn get(id: u64) -> u64 {\n    id\n}\n".to_owned();
    few.1[3] = "pub struct Thing;\nimpl Greets for Thing {}\n\
                pub async fn alone(x: Thing) -> (User, u64, User) {\n    let one = api.fetch_user(1).await;\n    \
                let n = x.get(1);\n    let two = api.fetch_user(2).await;\n    (one, n, two)\n}\n"
        .to_owned();
    assert_eq!(few.look(), (4, 2));
    let body = "std::fs::write(\"a\", \"b\");\n        id";
    few.1[2]
        .push_str(&format!("pub trait Greets {{\n    fn get(&self, id: u64) -> u64 {{\n        {body}\n    }}\n}}\n"));
    assert_eq!(few.look(), (2, 1), "`get` is a method that writes now");
}

#[test]
fn what_is_broken_is_not_taken() {
    let few = Few::new();
    let (_, found) = few.look();
    let path = few.kept().pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let spoil = |bytes: &[u8], how: &str| {
        fs::write(&path, bytes).unwrap();
        assert_eq!(few.look(), (4, found), "{how}");
        assert_eq!(few.look(), (0, found), "{how}, and then written anew");
    };
    for length in [0, 1, 15, 16, 31, 33, 40, whole.len() / 2, whole.len() - 1] {
        spoil(&whole[..length], &format!("cut off at {length}"));
    }
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        spoil(&bytes, &format!("changed at {at}"));
    }
    spoil(&whole.repeat(2), "twice");
    spoil(b"conjoin cache 0\n and what another version writes", "of another version");
    let mut other = few.workspace();
    other.files[0].package = Some(0);
    assert_eq!(again(&other, &options()).1, 4, "of another package");
}

#[test]
fn what_cannot_be_written_is_not_kept() {
    let few = Few::new();
    fs::write(few.0.path().join("target/conjoin-cache"), "a file").unwrap();
    let (_, found) = few.look();
    assert_eq!(few.look(), (4, found));
    fs::remove_file(few.0.path().join("target/conjoin-cache")).unwrap();
    few.look();
    let target = few.0.path().join("target/conjoin-cache");
    let writable = fs::metadata(&target).unwrap().permissions();
    let mut permissions = writable.clone();
    permissions.set_readonly(true);
    fs::set_permissions(&target, permissions).unwrap();
    assert_eq!(few.look(), (0, found), "what is read only is read");
    let mut few = few;
    few.1[3].push_str("fn more() {}\n");
    assert_eq!(few.look().1, found);
    fs::set_permissions(&target, writable).unwrap();
    fs::remove_dir_all(few.0.path().join("target")).unwrap();
    assert!(Cache::new(&few.workspace(), &options()).is_none(), "no target directory is made");
}

#[test]
fn runs_at_the_same_time_do_not_meet() {
    let few = Few::new();
    let texts: Vec<[String; 4]> = (0..6)
        .map(|number| {
            let mut texts = few.1.clone();
            texts[number % 3].push_str(&format!("pub async fn more_{number}() {{}}\n"));
            texts
        })
        .collect();
    std::thread::scope(|scope| {
        for texts in &texts {
            let workspace = workspace_of(few.0.path(), texts);
            scope.spawn(move || {
                for _ in 0..20 {
                    let outcome = again(&workspace, &options()).0;
                    assert_eq!(format!("{outcome:#?}"), cold(&workspace, &options()));
                }
            });
        }
    });
    let kept = few.kept();
    assert!(matches!(&kept[..], [only] if only.extension().is_some_and(|end| end == "cache")), "{kept:?}");
}

#[test]
fn old_questions_are_dropped() {
    let few = Few::new();
    for number in 0..20 {
        let options = Options { provider: Some(format!("p{number}")), ..options() };
        assert_eq!(again(&few.workspace(), &options).1, 4);
    }
    assert_eq!(few.kept().len(), 8);
    let last = Options { provider: Some("p19".to_owned()), ..options() };
    assert_eq!(again(&few.workspace(), &last).1, 0);
}

#[test]
fn how_joins_are_laid_out_is_part_of_the_question() {
    let few = Few::new();
    few.look();
    write(few.0.path(), "rustfmt.toml", b"max_width = 40\n");
    assert_eq!(few.look().0, 4);
    write(few.0.path(), "src/.rustfmt.toml", b"max_width = 50\n");
    assert_eq!(few.look().0, 4);
    assert_eq!(few.look().0, 0);
}

#[test]
fn the_command_keeps_unless_told_otherwise() {
    let folder = tree(&[("Cargo.toml", &manifest("demo")), ("src/lib.rs", WAITS)]);
    let kept = || fs::read_dir(folder.path().join("target/conjoin-cache")).map_or(0, Iterator::count);
    let first = conjoin(folder.path(), &["-q"]);
    assert!(first.stdout.contains("sequential_await"), "{first:?}");
    assert!(!folder.path().join("target").exists());
    fs::create_dir(folder.path().join("target")).unwrap();
    for (arguments, expected) in [(&["-q", "--no-cache"], 0), (&["-q", "--offline"], 1), (&["-q", "--locked"], 1)] {
        assert_eq!(conjoin(folder.path(), arguments).stdout, first.stdout);
        assert_eq!(kept(), expected, "{arguments:?}");
    }
    write(folder.path(), "src/lib.rs", WAITS.replace("fetch_photo", "save_photo").as_bytes());
    assert_eq!(conjoin(folder.path(), &["-q"]).stdout, "");
    write(folder.path(), "src/lib.rs", WAITS.as_bytes());
    assert_eq!(conjoin(folder.path(), &["-q", "src/lib.rs"]).stdout, first.stdout);
    assert_eq!(kept(), 1);
}
