//! The tests that look at the package as a whole, in one binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod beside;
mod cache;
mod claims;
mod cli;
mod config;
mod discover;
mod docs;
mod editor;
mod facts;
mod fix;
mod fixtures;
mod formats;
mod formatting;
mod fuzzed;
mod generated;
mod hazard_rows;
mod hostile;
mod lowering;
mod lsp;
mod narrow;
mod packages;
mod parsing;
mod report;
mod suppress;
mod tidy;
mod tree;
mod verify;
mod why;
