//! Made-up functions, before and after their rewrite: both are compiled and run, and must do the same.
//!
//! In: a seed. Out: each function whose result, error, writes or round trips differ from what the timeline says.
//!
//! All functions stand in one file. One program holds it four times: as it is, with the fixes, with their fallbacks, and
//! with conjoin's join; its joins are written by hand, so nothing but rustc is needed. A call waits for one poll, so the
//! polls of a function are its round trips.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::process::Command;

use cargo_conjoin::check::{Options, Outcome, check};
use cargo_conjoin::diagnostic::{Edit, Fix};
use cargo_conjoin::discover::Workspace;
use cargo_conjoin::source::SourceFile;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rayon::prelude::*;

use crate::fixtures::{applied, cases};
use crate::tree::tree;

/// Functions in a program.
const COUNT: usize = 120;

/// Keys that calls are told apart by, and that can be told to fail.
const KEYS: u32 = 12;

/// What a statement does; numbers choose among the names bound so far.
#[derive(Clone, Debug)]
enum Made {
    Read(Shape, usize),
    TryRead(Shape, usize),
    Maybe(usize),
    Mapped(usize),
    Pair(usize),
    Both(usize, usize),
    TwoSteps(usize),
    Assign(usize),
    Add(usize),
    Write(usize),
    Kept(usize),
    Between(usize, usize),
    Shadow(usize),
}

/// How a `let` is written.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Plain,
    Mutable,
    Annotated,
    Noted,
}

fn made() -> impl Strategy<Value = Made> {
    let shape =
        prop_oneof![Just(Shape::Plain), Just(Shape::Mutable), Just(Shape::Annotated), Just(Shape::Noted)].boxed();
    let number = || 0..20_usize;
    prop_oneof![
        4 => (shape.clone(), number()).prop_map(|(shape, from)| Made::Read(shape, from)),
        4 => (shape, number()).prop_map(|(shape, from)| Made::TryRead(shape, from)),
        1 => number().prop_map(Made::Maybe),
        1 => number().prop_map(Made::Mapped),
        1 => number().prop_map(Made::Pair),
        1 => (number(), number()).prop_map(|(one, two)| Made::Both(one, two)),
        1 => number().prop_map(Made::TwoSteps),
        1 => number().prop_map(Made::Assign),
        1 => number().prop_map(Made::Add),
        1 => number().prop_map(Made::Write),
        1 => number().prop_map(Made::Kept),
        2 => (number(), number()).prop_map(|(one, two)| Made::Between(one, two)),
        1 => number().prop_map(Made::Shadow),
    ]
}

#[test]
fn rewritten_functions_do_what_they_did() {
    let mut runner = TestRunner::deterministic();
    let bodies = prop::collection::vec(made(), 2..9);
    let functions: String =
        (0..COUNT).map(|number| function(number, &bodies.new_tree(&mut runner).unwrap().current())).collect();
    let before = format!("{STUBS}{functions}");
    let (outcome, marked) = (look(&before, None), look(&before, Some("conjoin")));
    let fixes = |outcome: &Outcome| -> Vec<Fix> {
        outcome.diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.clone()).collect()
    };
    let joined = fixes(&outcome);
    assert!(joined.len() * 2 > COUNT, "{} of {COUNT} functions are rewritten", joined.len());
    assert!(joined.iter().filter(|fix| fix.fallback.is_some()).count() > 3);
    let edits = |fix: &Fix| fix.edits.clone();
    let fallback = |fix: &Fix| fix.fallback.clone().unwrap_or_else(|| fix.edits.clone());
    let texts = [
        before.clone(),
        applied(&before, &joined.iter().flat_map(edits).collect::<Vec<Edit>>()),
        applied(&before, &joined.iter().flat_map(fallback).collect::<Vec<Edit>>()),
        applied(&before, &fixes(&marked).iter().flat_map(edits).collect::<Vec<Edit>>()),
    ];
    for text in &texts[1..] {
        assert_settled(text);
    }
    if let Ok(folder) = std::env::var("KEEP_MADE") {
        for (n, t) in texts.iter().enumerate() {
            std::fs::write(format!("{folder}/m{n}.rs"), t).unwrap();
        }
    }
    let said = run(&texts, &saved(&outcome), &freed([&outcome, &marked]));
    assert!(said.is_empty(), "{said}");
}

#[test]
fn edits_lie_apart_inside_the_file_and_give_what_parses() {
    cases().par_iter().filter(|case| case.after.is_some()).for_each(|case| {
        let text = conjoin_fixtures::without_marks(&std::fs::read_to_string(&case.before).unwrap());
        for provider in cargo_conjoin::rewrite::provider::names().into_iter().map(Some).chain([None]) {
            let outcome = look(&text, provider);
            let fixes: Vec<Fix> = outcome.diagnostics.into_iter().filter_map(|diagnostic| diagnostic.fix).collect();
            let mut edits: Vec<Edit> = fixes.iter().flat_map(|fix| fix.edits.clone()).collect();
            edits.sort_by_key(|edit| edit.span);
            let is_apart = edits.is_sorted_by(|one, other| one.span.end <= other.span.start);
            assert!(is_apart, "{}: {edits:?}", case.title());
            assert!(edits.iter().all(|edit| text.get(edit.span.range()).is_some()), "{}: {edits:?}", case.title());
            let written = applied(&text, &edits);
            if provider.is_none() {
                assert_settled(&written);
            }
            let file = SourceFile::new("x.rs".into(), "x.rs".to_owned(), written);
            assert!(cargo_conjoin::parse::parse(&file).is_ok(), "{}:\n{}", case.title(), file.text);
        }
    });
}

/// Whoever asks each member about all the others, and those again, does not come back from this.
#[test]
fn hundreds_of_awaits_are_one_join() {
    let lines: String = (0..300).map(|at| format!("    let v{at} = try_read(fail, {at}, 1).await?;\n")).collect();
    let names: Vec<String> = (0..300).map(|at| format!("v{at}")).collect();
    let end = format!("    Ok(vec![{}])\n}}\n", names.join(", "));
    let text = format!("{STUBS}\nasync fn made(fail: &[u32]) -> Result<Vec<u32>, String> {{\n{lines}{end}");
    let outcome = look(&text, None);
    let [diagnostic] = outcome.diagnostics.as_slice() else { panic!("{:?}", outcome.diagnostics) };
    let fix = diagnostic.fix.as_ref().unwrap();
    assert_eq!(fix.edits[0].replacement.matches("try_read(fail, ").count(), 300);
    assert!(fix.fallback.is_some());
    // Its join takes sixteen.
    assert!(look(&text, Some("conjoin")).diagnostics[0].fix.is_none());
}

/// Nothing is left to fix in a text that was fixed.
fn assert_settled(text: &str) {
    let outcome = look(text, None);
    assert!(outcome.problems.is_empty(), "{:?}\n{text}", outcome.problems);
    let left = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.fix.is_some());
    let left: Vec<&str> = left.map(|diagnostic| diagnostic.function.as_str()).collect();
    assert!(left.is_empty(), "{left:?} again in\n{text}");
}

fn look(text: &str, provider: Option<&str>) -> Outcome {
    let file = SourceFile::new("made.rs".into(), "made.rs".to_owned(), text.to_owned());
    let workspace = Workspace { files: vec![file], ..Workspace::default() };
    let provider = provider.map(str::to_owned);
    let options = Options { provider, ..Options::default() };
    check(&workspace, &options, &|_, _| {})
}

/// How many round trips each function saves, as its timelines say.
fn saved(outcome: &Outcome) -> HashMap<String, usize> {
    let mut saved = HashMap::new();
    for diagnostic in outcome.diagnostics.iter().filter(|diagnostic| diagnostic.fix.is_some()) {
        let timeline = diagnostic.timeline.as_ref().unwrap();
        *saved.entry(diagnostic.function.clone()).or_default() += timeline.before - timeline.after;
    }
    saved
}

/// The functions whose diagnostics say that of several errors another one may be returned.
fn freed(outcomes: [&Outcome; 2]) -> HashSet<String> {
    let says = |note: &String| note.contains("another error than today");
    let diagnostics = outcomes.into_iter().flat_map(|outcome| &outcome.diagnostics);
    let freed = diagnostics.filter(|diagnostic| diagnostic.notes.iter().any(says));
    freed.map(|diagnostic| diagnostic.function.clone()).collect()
}

/// Compiles and runs a program that holds each text as a module; what it says is what differs.
fn run(texts: &[String; 4], saved: &HashMap<String, usize>, frees: &HashSet<String>) -> String {
    let mut program = format!("{SUPPORT}\n");
    let folder = tree(&[]);
    for (number, text) in texts.iter().enumerate() {
        let name = format!("m{number}.rs");
        std::fs::write(folder.path().join(&name), text).unwrap();
        writeln!(program, "mod m{number} {{ #[allow(unused)] use super::{{conjoin, tokio}}; include!({name:?}); }}")
            .unwrap();
    }
    program.push_str("fn main() {\n");
    for number in 0..COUNT {
        let saves = saved.get(&format!("made_{number}")).copied().unwrap_or_default();
        let calls: Vec<String> = (0..4).map(|module| format!("&|fail| run(m{module}::made_{number}(fail))")).collect();
        let is_free = frees.contains(&format!("made_{number}"));
        writeln!(program, "    compare({number}, {saves}, {is_free}, [{}]);", calls.join(", ")).unwrap();
    }
    program.push_str("}\n");
    let (source, binary) = (folder.path().join("main.rs"), folder.path().join("made"));
    std::fs::write(&source, program).unwrap();
    let options = ["--edition", "2024", "-Awarnings", "-Cdebuginfo=0", "-o"];
    let built = Command::new("rustc").args(options).arg(&binary).arg(&source).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(&binary).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// The text of a function.
fn function(number: usize, body: &[Made]) -> String {
    let mut text = format!("\npub async fn made_{number}(fail: &[u32]) -> Result<Vec<u32>, String> {{\n");
    text.push_str("    let mut state = State { one: 0, two: 0 };\n    let mut total = 0;\n");
    let mut names: Vec<String> = vec!["1".to_owned()];
    for (at, made) in body.iter().enumerate() {
        let key = u32::try_from(at).unwrap() % KEYS;
        let from = |from: &usize| names[from % names.len()].clone();
        let name = format!("v{at}");
        let (line, bound) = match made {
            Made::Read(shape, value) => {
                (shaped(*shape, &name, &format!("read({key}, {}).await", from(value))), vec![name])
            }
            Made::TryRead(shape, value) => {
                (shaped(*shape, &name, &format!("try_read(fail, {key}, {}).await?", from(value))), vec![name])
            }
            Made::Maybe(value) => {
                (format!("    let {name} = maybe(fail, {key}, {}).await.unwrap_or(7);\n", from(value)), vec![name])
            }
            Made::Mapped(value) => {
                let call = format!("try_read(fail, {key}, {}).await", from(value));
                (format!("    let {name} = {call}.map_err(|error| error + \"!\")?;\n"), vec![name])
            }
            Made::Pair(value) => {
                let (one, two) = (format!("{name}a"), format!("{name}b"));
                (format!("    let ({one}, {two}) = pair({key}, {}).await;\n", from(value)), vec![one, two])
            }
            Made::Both(first, second) => {
                let (one, two) = (format!("{name}a"), format!("{name}b"));
                let calls = format!("read({key}, {}), read({key}, {})", from(first), from(second));
                (format!("    let ({one}, {two}) = tokio::join!({calls});\n"), vec![one, two])
            }
            Made::TwoSteps(value) => {
                let call = format!("open(fail, {key}, {}).await?.body().await?", from(value));
                (format!("    let {name} = {call};\n"), vec![name])
            }
            Made::Assign(value) => {
                let field = if value % 2 == 0 { "one" } else { "two" };
                (format!("    state.{field} = read({key}, {}).await;\n", from(value)), vec![format!("state.{field}")])
            }
            Made::Add(value) => (format!("    total += read({key}, {}).await;\n", from(value)), vec![]),
            Made::Write(value) => (format!("    write(fail, {key}, {}).await?;\n", from(value)), vec![]),
            Made::Kept(value) => {
                (format!("    let {name} = write(fail, {key}, {}).await?;\n", from(value)), vec![name])
            }
            Made::Between(one, two) => (format!("    let {name} = {} * 3 + {};\n", from(one), from(two)), vec![name]),
            Made::Shadow(value) => {
                let shadowed = from(value);
                let is_name = shadowed.starts_with('v');
                let name = if is_name { shadowed.clone() } else { name };
                (format!("    let {name} = read({key}, {shadowed}).await;\n"), vec![name])
            }
        };
        text.push_str(&line);
        names.extend(bound);
    }
    names.sort();
    names.dedup();
    writeln!(text, "    Ok(vec![state.one, state.two, total, {}])\n}}", names.join(", ")).unwrap();
    text
}

fn shaped(shape: Shape, name: &str, value: &str) -> String {
    match shape {
        Shape::Plain => format!("    let {name} = {value};\n"),
        Shape::Mutable => format!("    let mut {name} = {value};\n    {name} += 1;\n"),
        Shape::Annotated => format!("    let {name}: u32 = {value};\n"),
        Shape::Noted => format!("\n    // The {name} of it.\n    let {name} = {value};\n"),
    }
}

/// What the functions call. What is known of them is read off their bodies.
const STUBS: &str = r#"
struct Reply(bool);
impl Future for Reply {
    type Output = ();
    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        if self.0 { return std::task::Poll::Ready(()); }
        self.0 = true;
        std::task::Poll::Pending
    }
}
struct State { one: u32, two: u32 }
struct Opened(u32);
impl Opened {
    async fn body(self) -> Result<u32, String> { Reply(false).await; Ok(self.0) }
}
async fn read(key: u32, value: u32) -> u32 { Reply(false).await; value.wrapping_mul(31) ^ key }
async fn pair(key: u32, value: u32) -> (u32, u32) { Reply(false).await; (value ^ key, value) }
async fn try_read(fail: &[u32], key: u32, value: u32) -> Result<u32, String> {
    Reply(false).await;
    if fail.contains(&key) { Err(format!("read {key}")) } else { Ok(value.wrapping_mul(17) ^ key) }
}
async fn maybe(fail: &[u32], key: u32, value: u32) -> Option<u32> {
    Reply(false).await;
    if fail.contains(&key) { None } else { Some(value ^ key) }
}
async fn open(fail: &[u32], key: u32, value: u32) -> Result<Opened, String> {
    Reply(false).await;
    if fail.contains(&key) { Err(format!("open {key}")) } else { Ok(Opened(value ^ key)) }
}
thread_local! { static WRITES: std::cell::RefCell<Vec<(u32, u32)>> = std::cell::RefCell::default(); }
pub fn writes() -> Vec<(u32, u32)> { WRITES.with(|writes| std::mem::take(&mut *writes.borrow_mut())) }
async fn write(fail: &[u32], key: u32, value: u32) -> Result<u32, String> {
    Reply(false).await;
    WRITES.with(|writes| writes.borrow_mut().push((key, value)));
    if fail.contains(&key) { Err(format!("write {key}")) } else { Ok(value) }
}
"#;

/// The joins, an executor that counts polls, and the comparison.
const SUPPORT: &str = include_str!("generated_support.txt");
