//! Tests of the whole crate, one module for each stage.

mod lowering;
mod parsing;
