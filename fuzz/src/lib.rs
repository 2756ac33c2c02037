//! What must hold of any input. The fuzz targets and `tests/it/fuzzed.rs` ask the same.
//!
//! In: bytes. Out: nothing, or a panic that says which promise is broken.

pub mod mutate;
pub mod promises;

/// One thread, with the stack that the program gives its own.
pub fn start_pool() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(cargo_conjoin::parse::STACK_SIZE);
    drop(pool.build_global());
}
