//! Lowering, seen through the print of the await graph.
//!
//! Each `fixtures/ir/<case>.rs` says in its first comment what it shows; `<case>.ir` is its print.
//! `BLESS=1 cargo test` writes the prints anew; read the difference.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_conjoin::ir::lower::read;
use cargo_conjoin::ir::print::print;
use cargo_conjoin::ir::{Block, Body, Expr, ExprId, ExprKind, FileIr, Function, LoopKind, StmtKind};
use cargo_conjoin::source::{SourceFile, Span};

#[test]
fn fixtures_are_lowered_as_their_prints_say() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for path in sources("fixtures/ir") {
        let printed = print(&lower(&load(&path)));
        let expected_path = path.with_extension("ir");
        if bless {
            fs::write(&expected_path, &printed).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if printed != expected {
            writeln!(wrong, "{}:\n{}", path.display(), first_difference(&expected, &printed)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "prints differ (BLESS=1 writes them anew)\n{wrong}");
}

#[test]
fn every_print_belongs_to_a_fixture() {
    for entry in fs::read_dir("fixtures/ir").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "ir") {
            assert!(path.with_extension("rs").exists(), "{} has no source", path.display());
        }
    }
}

#[test]
fn without_tests_only_code_of_ordinary_builds_is_lowered() {
    let file = load(Path::new("fixtures/ir/tests_marked.rs"));
    let ir = read(&file, false).unwrap();
    let names: Vec<&str> = ir.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["real", "feature", "neither", "always"]);
    assert!(ir.functions.iter().all(|function| !function.in_test));
    assert_eq!((ir.modules.len(), ir.impls.len()), (1, 1));
}

#[test]
fn a_file_under_cfg_test_is_test_code() {
    let file = source("#![cfg(test)]\nfn helper() {}");
    assert!(read(&file, false).unwrap().functions.is_empty());
    assert!(lower(&file).functions.iter().all(|function| function.in_test));
}

#[test]
fn spans_hold_what_they_name() {
    for folder in ["fixtures/ir", "src"] {
        for path in sources(folder) {
            let file = load(&path);
            for function in &lower(&file).functions {
                check_function(&file, function);
            }
        }
    }
}

#[test]
fn attributes_stand_before_the_span_of_their_statement() {
    let file = load(Path::new("fixtures/ir/statement_attributes.rs"));
    let ir = lower(&file);
    let body = ir.functions[0].body.as_ref().unwrap();
    let root = body.block(body.root.unwrap());
    let shown: Vec<(String, bool)> = root
        .stmts
        .iter()
        .map(|stmt| {
            let whole = Span { start: stmt.attributes_start, end: stmt.span.end };
            let first_line = |span| file.slice(span).lines().next().unwrap_or_default().to_owned();
            (format!("{} | {}", first_line(whole), first_line(stmt.span)), stmt.is_conditional)
        })
        .collect();
    let expected = [
        ("#[allow(unused)] | a.b().await;", false),
        ("#[cfg(unix)] | let x = 1;", true),
        ("#[cfg_attr(test, allow(unused))] | let y = 2;", true),
        ("/// Documented. | fn item() {}", false),
        ("#[cfg(windows)] | {", true),
        ("#[rustfmt::skip] | x = y + 1;", false),
        ("#[cfg(debug_assertions)] | println!(\"{x}\");", true),
        ("#[cfg(feature = \"x\")] | match a {", true),
        ("#[tail] | a.d().await", false),
    ];
    assert_eq!(shown, expected.map(|(text, conditional)| (text.to_owned(), conditional)));
}

#[test]
fn parentheses_belong_to_the_statement_and_not_to_the_expression() {
    let file = source("async fn f(x: u8) { (x).g((1 + 2)).await; (x) }");
    let ir = lower(&file);
    let body = ir.functions[0].body.as_ref().unwrap();
    let stmts: Vec<&str> = body.blocks[0].stmts.iter().map(|stmt| file.slice(stmt.span)).collect();
    assert_eq!(stmts, ["(x).g((1 + 2)).await;", "(x)"]);
    let exprs: Vec<&str> = body.exprs.iter().map(|expr| file.slice(expr.span)).collect();
    assert_eq!(exprs, ["x", "1", "2", "1 + 2", "(x).g((1 + 2))", "(x).g((1 + 2)).await", "x"]);
}

#[test]
fn a_local_knows_its_type_and_its_value() {
    let file = source("fn f(p: u8) { let x: Vec<u8> = p; let (y, z) = p; let w = x; |c: &str| c; }");
    let ir = lower(&file);
    let body = ir.functions[0].body.as_ref().unwrap();
    let known: Vec<(&str, bool, bool)> =
        body.locals.iter().map(|local| (local.name.as_str(), local.ty.is_some(), local.init.is_some())).collect();
    let expected = [
        ("p", true, false),
        ("x", true, true),
        ("y", false, false),
        ("z", false, false),
        ("w", false, true),
        ("c", true, false),
    ];
    assert_eq!(known, expected);
}

#[test]
fn macro_arguments_that_nest_too_deeply_are_left_unparsed() {
    let file = source(&format!("fn f(x: u8) {{ vec![{}x]; }}", "!".repeat(400)));
    assert!(print(&lower(&file)).contains("vec!{opaque}() captures(x#0)"));
}

fn check_function(file: &SourceFile, function: &Function) {
    let whole = file.slice(function.span);
    assert!(whole.ends_with(['}', ';']), "{}: {whole}", file.name);
    assert_eq!(file.slice(function.name_span).trim_start_matches("r#"), function.name, "{}", file.name);
    let Some(body) = &function.body else {
        return;
    };
    for local in &body.locals {
        assert_eq!(file.slice(local.span).trim_start_matches("r#"), local.name, "{}", file.name);
    }
    for block in &body.blocks {
        check_block(file, block);
    }
    for (index, expr) in body.exprs.iter().enumerate() {
        check_expr(file, body, index, expr);
    }
}

fn check_block(file: &SourceFile, block: &Block) {
    let text = file.slice(block.span);
    assert!(text.starts_with('{') && text.ends_with('}'), "{}: {text}", file.name);
    let mut at = block.span.start + 1;
    for stmt in &block.stmts {
        let text = file.slice(stmt.span);
        let starts = [at, stmt.attributes_start, stmt.span.start, stmt.span.end, block.span.end];
        assert!(starts.is_sorted(), "{}: {text}", file.name);
        assert!(!text.is_empty() && !text.starts_with(['#', '/', ' ']), "{}: {text}", file.name);
        if let StmtKind::Let { pat, .. } = &stmt.kind {
            assert!(stmt.span.contains(pat.span) && text.starts_with("let") && text.ends_with(';'), "{text}");
        }
        at = stmt.span.end;
    }
}

fn check_expr(file: &SourceFile, body: &Body, index: usize, expr: &Expr) {
    let text = file.slice(expr.span);
    for child in children(&expr.kind) {
        assert!((child.0 as usize) < index, "{}: {text} comes before its child", file.name);
        let span = body.expr(child).span;
        assert!(expr.span.contains(span), "{}: {text} does not hold {}", file.name, file.slice(span));
    }
    let holds = match &expr.kind {
        ExprKind::Local(local) => text.trim_start_matches("r#") == body.local(*local).name,
        ExprKind::Path(path) => path.segments.iter().all(|segment| text.contains(segment.name.as_str())),
        ExprKind::Await { .. } => text.ends_with("await"),
        ExprKind::Try { .. } => text.ends_with('?'),
        ExprKind::Call { .. } => text.ends_with(')'),
        ExprKind::MethodCall { method, method_span, .. } => {
            text.ends_with(')') && file.slice(*method_span).trim_start_matches("r#") == method
        }
        ExprKind::Field { name, .. } => text.ends_with(name.as_str()),
        ExprKind::Index { .. } => text.ends_with(']'),
        ExprKind::Borrow { .. } => text.starts_with('&'),
        ExprKind::Macro(_) => text.ends_with([')', ']', '}']),
        ExprKind::If { .. } => text.starts_with("if") && text.ends_with('}'),
        ExprKind::Match { .. } => text.starts_with("match") && text.ends_with('}'),
        ExprKind::Loop { .. } | ExprKind::Block { .. } | ExprKind::Struct { .. } => text.ends_with('}'),
        ExprKind::Let { .. } => text.starts_with("let"),
        ExprKind::Return(_) => text.starts_with("return"),
        ExprKind::Break(_) => text.starts_with("break"),
        ExprKind::Tuple(_) => text.starts_with('(') && text.ends_with(')'),
        ExprKind::Array(_) => text.starts_with('[') && text.ends_with(']'),
        _ => !text.is_empty(),
    };
    assert!(holds, "{}: {:?} is not {text:?}", file.name, expr.kind);
}

/// The expressions directly inside one, those behind blocks left out.
fn children(kind: &ExprKind) -> Vec<ExprId> {
    match kind {
        ExprKind::Call { callee, args } => [&[*callee], &args[..]].concat(),
        ExprKind::MethodCall { receiver, args, .. } => [&[*receiver], &args[..]].concat(),
        ExprKind::Field { base, .. }
        | ExprKind::Await { base }
        | ExprKind::Try { base }
        | ExprKind::Borrow { base, .. }
        | ExprKind::Deref { base }
        | ExprKind::Unary { base }
        | ExprKind::Cast { base, .. } => vec![*base],
        ExprKind::Index { base, index } => vec![*base, *index],
        ExprKind::Binary { lhs, rhs, .. } => vec![*lhs, *rhs],
        ExprKind::Assign { target, value } | ExprKind::AssignOp { target, value, .. } => vec![*target, *value],
        ExprKind::If { condition, otherwise, .. } => std::iter::once(*condition).chain(*otherwise).collect(),
        ExprKind::Let { value, .. } => vec![*value],
        ExprKind::Match { scrutinee, arms } => {
            let arms = arms.iter().flat_map(|arm| arm.guard.into_iter().chain([arm.body]));
            std::iter::once(*scrutinee).chain(arms).collect()
        }
        ExprKind::Loop { kind: LoopKind::While { condition }, .. } => vec![*condition],
        ExprKind::Loop { kind: LoopKind::For { iter, .. }, .. } => vec![*iter],
        ExprKind::Closure { body, .. } => vec![*body],
        ExprKind::Struct { fields, base, .. } => fields.iter().map(|field| field.1).chain(*base).collect(),
        ExprKind::Tuple(elems) | ExprKind::Array(elems) | ExprKind::Range(elems) => elems.clone(),
        ExprKind::Repeat { value, len } => vec![*value, *len],
        ExprKind::Return(value) | ExprKind::Break(value) => value.iter().copied().collect(),
        ExprKind::Macro(call) => call.args.clone(),
        _ => Vec::new(),
    }
}

fn first_difference(expected: &str, printed: &str) -> String {
    let lines = expected.lines().zip(printed.lines()).position(|(left, right)| left != right);
    let at = lines.unwrap_or_else(|| expected.lines().count().min(printed.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("<end>").to_owned();
    format!("  line {}\n  expected {}\n  printed  {}", at + 1, line(expected), line(printed))
}

fn lower(file: &SourceFile) -> FileIr {
    read(file, true).unwrap()
}

fn source(text: &str) -> SourceFile {
    SourceFile::new(PathBuf::from("case.rs"), "case.rs".to_owned(), text.to_owned())
}

fn load(path: &Path) -> SourceFile {
    SourceFile::new(path.to_owned(), path.display().to_string(), fs::read_to_string(path).unwrap())
}

/// The Rust files of a folder and its folders, sorted.
fn sources(folder: &str) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    let files = walk.into_iter().map(|entry| entry.unwrap().into_path());
    let rust: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect();
    assert!(!rust.is_empty(), "no Rust files in {folder}");
    rust
}
