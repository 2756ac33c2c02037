//! Joined lookups become one batched call.
#![doc = include_str!("../README.md")]
