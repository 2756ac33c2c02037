//! Parsing: where problems are said to be, and that no input overflows a stack.

use std::path::PathBuf;

use cargo_conjoin::ir::lower::read;
use cargo_conjoin::parse::STACK_SIZE;
use cargo_conjoin::source::{Problem, SourceFile};

#[test]
fn a_syntax_error_names_its_place_in_the_raw_file() {
    let problem = problem("\u{feff}#!/bin/run\r\n// größe\r\nfn f() {\r\n    let ä = 1 1;\r\n}\r\n");
    assert_eq!(problem.file, "case.rs");
    assert_eq!(problem.place, Some((4, 15)));
    assert_eq!(problem.message, "expected `;`");
}

#[test]
fn an_error_at_the_end_is_placed_behind_the_last_token() {
    let problem = problem("fn f() {}\npub\n\n");
    assert_eq!(problem.place, Some((2, 4)));
    assert!(problem.message.starts_with("unexpected end of input"), "{}", problem.message);
}

#[test]
fn what_is_no_token_is_called_by_its_name() {
    let cases = [
        ("fn f() {\n    (\n", (2, 5), "this delimiter is never closed"),
        ("fn f() {\n    (\n}", (3, 1), "this closing delimiter matches none that is open"),
        ("fn f() {\n    )\n}", (2, 5), "this closing delimiter matches none that is open"),
        ("fn f() {}\n}", (2, 1), "this closing delimiter matches none that is open"),
        ("fn f() { \"abc }", (1, 10), "this string never ends or has an unknown escape"),
        ("fn f() {}\n/* abc", (2, 1), "this comment never ends"),
        ("fn f() { ` }", (1, 10), "no Rust token begins here"),
    ];
    for (text, place, message) in cases {
        let problem = problem(text);
        assert_eq!((problem.place, problem.message.as_str()), (Some(place), message), "{text}");
    }
}

#[test]
fn deep_trees_are_problems_with_a_place() {
    let deep = [
        ("blocks", around("fn f() {\n", &"{".repeat(5_000), &"}".repeat(5_000))),
        ("blocks never closed", around("fn f() {\n", &"{".repeat(5_000), "")),
        ("calls", around("fn f() {\n", &"f(".repeat(5_000), &")".repeat(5_000))),
        ("bangs", around("fn f() {\n", &"!".repeat(100_000), "x")),
        ("borrows", around("fn f() {\n", &"&&".repeat(100_000), "x")),
        ("closures", around("fn f() {\n", &"|| ".repeat(100_000), "x")),
        ("closures with parameters", around("fn f() {\n", &"|a, b| ".repeat(100_000), "x")),
        ("sums", around("fn f() {\n", "1", &"+1".repeat(100_000))),
        ("conditions", around("fn f() {\n", "x", &" && x".repeat(100_000))),
        ("methods", around("fn f() {\n", "x", &".a(1, 2)".repeat(20_000))),
        ("fields", around("fn f() {\n", "x", &".a".repeat(20_000))),
        ("questions", around("fn f() {\n", "x", &"?".repeat(20_000))),
        ("indices", around("fn f() {\n", "x", &"[0]".repeat(20_000))),
        ("calls of results", around("fn f() {\n", "x", &"()".repeat(20_000))),
        ("casts", around("fn f() {\n", "x", &" as u8".repeat(20_000))),
        ("else if", around("fn f() {\n", &"if x {} else ".repeat(5_000), "{}")),
        ("ifs as conditions", around("fn f() {\n", &"if ".repeat(5_000), &"{} ".repeat(5_000))),
        ("assignments", around("fn f() {\n", &"x = ".repeat(20_000), "1;")),
        ("returns", around("fn f() {\n", &"return ".repeat(20_000), "1;")),
        ("generics", around("fn f() {\nlet x: ", &"A<".repeat(20_000), &">".repeat(20_000))),
        ("generics with commas", around("fn f() {\nlet x: ", &"A<B, ".repeat(20_000), &">".repeat(20_000))),
        ("generics with spaces", around("fn f() {\nlet x: ", &"A < B, ".repeat(20_000), &"> ".repeat(20_000))),
        ("qualified paths", around("fn f() {\n", &"<".repeat(20_000), "")),
        ("function types", around("fn f() {\nlet x: ", &"fn() -> ".repeat(20_000), "A;")),
        ("reference types", around("fn f() {\nlet x: ", &"& ".repeat(20_000), "A;")),
        ("reference patterns", around("fn f() {\nlet ", &"& ".repeat(20_000), "x = 1;")),
        ("bindings", around("fn f() {\nlet ", &"x @ ".repeat(20_000), "x = 1;")),
        ("ranges", around("fn f() {\n", &".. ".repeat(20_000), "x")),
        ("imports", format!("mod m {{\nuse {}b; }}", "a::".repeat(20_000))),
        ("modules", format!("mod m {{\n{}{} }}", "mod a {".repeat(5_000), "}".repeat(5_000))),
        ("functions", around("fn f() {\n", &"fn a() {".repeat(5_000), &"}".repeat(5_000))),
        ("attribute values", format!("fn f() {{}}\n#[a = {}x] fn g() {{}}", "!".repeat(20_000))),
        ("macro tokens", format!("fn f() {{}}\nfoo! {{ {}{} }}", "(".repeat(5_000), ")".repeat(5_000))),
    ];
    for (name, text) in deep {
        let problem = problem(&text);
        assert_eq!(problem.message, "nested too deeply to be read", "{name}");
        assert_eq!(problem.place.map(|place| place.0), Some(2), "{name}");
        assert!(problem.help.is_some(), "{name}");
    }
}

#[test]
fn trees_just_below_the_limit_fit_the_stack() {
    let high = [
        around("fn f() {\n", &"{".repeat(280), &"}".repeat(280)),
        around("fn f() {\n", &"|a| {".repeat(138), &"}".repeat(138)),
        around("fn f() {\n", "1", &"+1".repeat(4_700)),
        around("fn f() {\n", "x", &".a()".repeat(2_300)),
        around("fn f() {\n", &"if x {} else ".repeat(1_500), "{}"),
        around("fn f() {\n", &"x = ".repeat(1_190), "1;"),
        around("fn f() {\nlet x: ", &"A<".repeat(290), &format!("u8{};", ">".repeat(290))),
        format!("use {}b;", "a::".repeat(4_700)),
        format!("{}{}", "impl A { fn a() {".repeat(130), "}}".repeat(130)),
        around("fn f() {\n", &"vec![".repeat(250), &"]".repeat(250)),
    ];
    for text in high {
        let result = on_worker(text.clone());
        assert!(result.is_ok(), "{result:?} {}", &text[..60]);
    }
}

#[test]
fn long_files_and_long_lists_are_not_deep() {
    let flat = [
        "fn f() {\n    let x = a.b(1).c() + 2;\n    x.d();\n}\n".repeat(25_000),
        format!("fn f() {{\n{}}}", "    if x > 1 { y() }\n    match z { A => {} B { c } => d }\n".repeat(20_000)),
        format!("const T: &[i32] = &[{}];", "-1, 1 << 3, A << 2, B | C, ".repeat(20_000)),
        format!("fn f(x: X) {{ match x {{\n{} _ => {{}} }} }}", "A | B => {}\n C::<u8>(d) => &e,\n".repeat(20_000)),
        format!("{}fn f() {{}}", "#![feature(a)]\n".repeat(20_000)),
        format!("html! {{ {} }}", "<a b=c>!x && y</a> { z } ".repeat(20_000)),
        format!("macro_rules! m {{ {} }}", "($a:expr) => { $a + ! & * }; ".repeat(20_000)),
    ];
    for text in flat {
        let result = on_worker(text.clone());
        assert!(result.is_ok(), "{result:?} {}", &text[..60]);
    }
}

#[test]
fn empty_and_odd_files_are_read() {
    for text in ["", "\u{feff}", "#!/bin/sh", "\u{feff}#!/bin/sh\n", "#!\n", "#! /* x */ [allow(x)]\nfn f() {}", "// x"]
    {
        assert_eq!(on_worker(text.to_owned()), Ok(()), "{text:?}");
    }
}

fn around(start: &str, before: &str, after: &str) -> String {
    format!("{start}{before}{after}\n}}\n")
}

fn problem(text: &str) -> Problem {
    on_worker(text.to_owned()).unwrap_err()
}

/// Reads a text on a thread with the stack that the tool's own threads have.
fn on_worker(text: String) -> Result<(), Problem> {
    let read = move || {
        let file = SourceFile::new(PathBuf::from("case.rs"), "case.rs".to_owned(), text);
        read(&file, true).map(drop)
    };
    std::thread::Builder::new().stack_size(STACK_SIZE).spawn(read).unwrap().join().unwrap()
}
