//! What fuzzing found worth keeping, and some more of the same, looked at as the fuzz targets do.
//!
//! In: `fuzz/corpus`, and fixtures with other tokens. Out: the first promise that is broken.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::fixtures::cases;

#[expect(unreachable_pub, reason = "the fuzz targets use it from a crate of its own")]
#[path = "../../fuzz/src/mutate.rs"]
mod mutate;
#[expect(
    unreachable_pub,
    clippy::panic,
    reason = "the fuzz targets use it from a crate of its own, and a panic is how one fails"
)]
#[path = "../../fuzz/src/promises.rs"]
mod promises;

/// Texts made of each fixture.
const MADE: u64 = 2;

#[test]
fn the_corpus_holds_what_is_promised() {
    for (target, promise) in [
        ("bytes", promises::of_source as fn(&[u8])),
        ("rust", promises::of_source),
        ("settings", promises::of_settings),
        ("baseline", promises::of_baseline),
    ] {
        let inputs = files(target);
        assert!(!inputs.is_empty(), "{target}");
        inputs.par_iter().for_each(|path| holds(&path.display().to_string(), promise, &fs::read(path).unwrap()));
    }
}

#[test]
fn fixtures_with_other_tokens_hold_what_is_promised() {
    let texts: Vec<String> = cases()
        .iter()
        .map(|case| conjoin_fixtures::without_marks(&fs::read_to_string(&case.before).unwrap()))
        .collect();
    let parsed: usize = texts
        .par_iter()
        .enumerate()
        .map(|(number, text)| {
            let seed = |made: u64| u64::try_from(number).unwrap() * MADE + made;
            let made = (0..MADE).filter_map(|made| mutate::mutated(text, &mut mutate::Random::new(seed(made))));
            made.filter(|made| {
                holds(made, promises::of_source, made.as_bytes());
                promises::is_rust(made)
            })
            .count()
        })
        .sum();
    let all = texts.len() * usize::try_from(MADE).unwrap();
    assert!(parsed * 3 > all, "{parsed} of {all} are Rust");
}

/// A panic names what it is about.
fn holds(name: &str, promise: fn(&[u8]), bytes: &[u8]) {
    let result = std::panic::catch_unwind(|| promise(bytes));
    assert!(result.is_ok(), "{name}");
}

fn files(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
