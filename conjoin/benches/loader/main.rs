//! What a load costs: `cargo bench -p conjoin`. `conjoin/peers` measures the same beside other crates.
//!
//! In: nothing. Out: tables, on stdout.

#![expect(clippy::expect_used, unreachable_pub, reason = "a bench that cannot go on stops")]

mod joins;
mod measure;
mod own;

use std::hint::black_box;

use conjoin::{Loader, scope};

use self::own::Memory;

fn main() {
    measure::table(["join_all", "join_all, waiting once"], |_, _| own::ways());
    let runtime = measure::runtime(1);
    let loader = Loader::new(Memory::new());
    println!("\n| one load alone | ns |\n|---|---|");
    let line = |name, nanoseconds: f64| println!("| {name} | {nanoseconds:.0} |");
    line("in a scope of its own", measure::latency(&runtime, async || drop(black_box(scope(loader.get(1)).await))));
    let long = measure::latency(&runtime, async || {
        scope(async {
            for key in 0..100 {
                drop(black_box(loader.get(key).await));
            }
        })
        .await;
    });
    line("in a scope that is there", long / 100.0);
    line("outside", measure::latency(&runtime, async || drop(black_box(loader.get(1).await))));
    joins::table();
}
