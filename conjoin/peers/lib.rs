//! Nothing but a bench.
