//! Syntax to the await graph.
//!
//! In: a [`SourceFile`] and its tree. Out: [`FileIr`].
//! Invariant: nothing of the tree survives; the graph holds names, ids and byte ranges of the raw file.
//!
//! | file | lowers |
//! |---|---|
//! | `items` | types, traits, impls, modules, `use` |
//! | `functions` | signatures |
//! | `body` | a function's parameters and statements |
//! | `exprs` | expressions that only compute |
//! | `control` | blocks, branches, loops, closures |
//! | `macros`, `log_fields` | macro calls whose arguments are known to be expressions |
//! | `comments` | comments that speak of order |
//! | `claims` | comments that say what a function does |
//! | `allows` | comments and attributes that allow a lint |
//! | `patterns`, `scope` | names: who binds them, whom they mean |
//! | `mentions` | the names in tokens that are not parsed |
//! | `types`, `attributes` | types and paths, attributes |
//! | `places` | the parser's spans to byte ranges |

mod allows;
mod attributes;
mod body;
mod claims;
mod comments;
mod control;
mod exprs;
mod functions;
mod items;
mod log_fields;
mod macros;
mod mentions;
mod patterns;
mod places;
mod race;
mod scope;
mod types;

use crate::ir::{Body, FileIr, Function, Module, Name};
use crate::parse::{Parsed, forget_spans, parse, parse_outline, parse_piece};
use crate::source::{Problem, SourceFile, Span};
use places::Places;

/// Parses and lowers a file. With `tests` off, `#[cfg(test)]` items and `#[test]` functions are left out.
///
/// The calling thread needs a stack of [`crate::parse::STACK_SIZE`], and loses its spans of other trees.
///
/// # Errors
///
/// The text cannot be parsed.
pub fn read(file: &SourceFile, tests: bool) -> Result<FileIr, Problem> {
    let lowered = parse(file).map(|parsed| lower(file, &parsed, tests));
    forget_spans();
    lowered
}

/// As [`read`], without the bodies that await less than twice; [`body_of`] reads those.
///
/// # Errors
///
/// As [`read`].
pub fn read_outline(file: &SourceFile, tests: bool) -> Result<FileIr, Problem> {
    let lowered = parse_outline(file, tests).map(|parsed| lower(file, &parsed, tests));
    forget_spans();
    lowered
}

/// Reads the body of a function that was left out.
///
/// # Errors
///
/// It cannot be parsed.
pub fn body_of(file: &SourceFile, function: &Function) -> Result<Body, Problem> {
    let parsed = parse_piece::<syn::ImplItemFn>(file, function.span);
    let body = parsed.map(|parsed| {
        let mut ctx = context(file, function.span, &[], true);
        functions::left_out(&mut ctx, &parsed)
    });
    forget_spans();
    body
}

/// Lowers a tree on the thread that parsed it; see [`read`].
pub fn lower(file: &SourceFile, parsed: &Parsed, tests: bool) -> FileIr {
    let mut ctx = context(file, Span::new(parsed.offset, file.text.len()), &parsed.emptied, tests);
    ctx.in_test = attributes::is_test_only(&parsed.tree.attrs);
    if tests || !ctx.in_test {
        items::items(&mut ctx, &parsed.tree.items);
        allows::allows(&mut ctx, &parsed.tree, &file.text, parsed.offset);
    }
    ctx.ir.fingerprint = parsed.fingerprint;
    ctx.ir
}

fn context<'a>(file: &'a SourceFile, piece: Span, emptied: &'a [u32], tests: bool) -> FileContext<'a> {
    FileContext {
        places: Places::new(&file.text, piece),
        ir: FileIr { modules: vec![Module::default()], ..FileIr::default() },
        emptied,
        tests,
        in_test: false,
        module: 0,
        module_path: Vec::new(),
        in_macro: false,
    }
}

/// Where lowering stands in a file, and what it has made.
struct FileContext<'a> {
    places: Places<'a>,
    ir: FileIr,
    /// The opening braces of bodies that were left out.
    emptied: &'a [u32],
    /// Whether test code is wanted.
    tests: bool,
    /// Whether this is test code.
    in_test: bool,
    /// Index of the module this is in.
    module: usize,
    /// Its path.
    module_path: Vec<Name>,
    /// Inside the arguments of a macro, whose nesting has been looked at as a whole.
    in_macro: bool,
}
