//! `conjoin` is the runtime crate that the rewrites of `cargo-conjoin` lead to: once awaits run together,
//! the single lookups inside them coalesce into one batched call.
//!
//! This version reserves the name and declares nothing. The linter, `cargo-conjoin`, works without it.
