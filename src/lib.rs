//! `cargo-conjoin` reads Rust source, finds awaits that wait for one another without need, and writes the join.
//!
//! The modules below stand in the order of the pipeline, and each uses only those above it:
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`source`] | bytes | [`source::SourceFile`], spans, positions |
//! | [`diagnostic`] | – | the plain data of what is said |
//! | [`knowledge`] | an absolute path, a name | what is known of it without reading it |
//! | [`discover`] | packages and paths | [`discover::Workspace`] |
//! | [`parse`] | text | a syntax tree, or a [`source::Problem`] that names the place |
//! | [`ir`] | a syntax tree | [`ir::FileIr`], the await graph |
//! | [`index`] | every file of the workspace | [`index::Index`]: who a call means, of which type an expression is |
//! | [`analysis`] | a body and the index | dependences, effects, [`analysis::schedule`] |
//! | [`rewrite`] | a schedule | edits |
//! | [`lints`] | a schedule and its edits | diagnostics |
//! | [`suppress`] | diagnostics and what the source allows | those that are left |
//! | [`why`] | a line, or an await and its verdict | why the await stands where it stands |
//! | [`cache`] | what a run found, and what it asked | what of it the next run may take |
//! | [`check`] | a workspace | every diagnostic, or the answers for one line |
//! | [`verify`] | edits | which of them the compiler will have |
//! | [`fix`] | what holds | changed files |
//! | [`narrow`] | an outcome and what is known already | what is new |
//! | [`report`] | diagnostics | text for people, editors and CI |
//! | [`lsp`] | what an editor says | diagnostics for what it has open |
//! | [`cli`] | arguments | an exit code |

// What is said goes through `report` and `cli`, which know of colours, pipes and `--output`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod source;

pub mod diagnostic;

pub mod knowledge;

pub mod discover;

pub mod parse;

pub mod ir;

pub mod index;

pub mod analysis;

pub mod rewrite;

pub mod lints;

pub mod suppress;

pub mod why;

pub mod cache;

pub mod check;

pub mod verify;

pub mod fix;

pub mod narrow;

pub mod report;

pub mod lsp;

pub mod cli;
