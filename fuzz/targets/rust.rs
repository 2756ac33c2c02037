//! Rust that people could have written, token by token made of what they did write.

#![no_main]

use conjoin_fuzz::mutate::{Random, mutated};
use conjoin_fuzz::{promises, start_pool};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(init: start_pool(), |bytes: &[u8]| promises::of_source(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let text = std::str::from_utf8(&data[..size]).ok();
    let made = text.and_then(|text| mutated(text, &mut Random::new(u64::from(seed))));
    match made.filter(|made| made.len() <= max_size) {
        Some(made) => {
            data[..made.len()].copy_from_slice(made.as_bytes());
            made.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
});
