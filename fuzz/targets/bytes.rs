//! Any bytes as a source file.

#![no_main]

use conjoin_fuzz::{promises, start_pool};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: start_pool(), |bytes: &[u8]| promises::of_source(bytes));
