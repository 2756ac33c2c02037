//! Lookups in real servers, each in four forms: `cargo bench -p conjoin-servers`.
//!
//! In: the servers that are installed. Out: a table of time per key, on a quiet server, and of requests that a server
//! counted for 1000 keys. The forms: one `.await` after the other; joined; joined and batched; written for many keys.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

mod forms;

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use tokio::runtime::Builder;

/// How many keys are asked for at a time.
const WIDTH: usize = 100;

/// How often each form is timed.
const ROUNDS: usize = 7;

/// Keys of a measurement, and of a count.
const KEYS: usize = 5_000;
const COUNTED: usize = 1_000;

/// Asks for so many keys, 100 at a time.
type Form<'a> = Box<dyn Fn(usize) -> Pin<Box<dyn Future<Output = ()> + 'a>> + 'a>;

/// A server in its four forms, and what it has counted since it was last asked.
struct Subject<'a> {
    forms: [Form<'a>; 4],
    requests: Box<dyn Fn() -> Pin<Box<dyn Future<Output = usize> + 'a>> + 'a>,
}

const NAMES: [&str; 4] = ["one after the other", "joined", "joined and batched", "written for many keys"];

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    println!("| server | form | µs/key | x written for many keys | requests for {COUNTED} keys |");
    println!("|---|---|---|---|---|");
    runtime.block_on(async {
        forms::memcached().await;
        forms::redis().await;
        forms::postgres().await;
    });
}

/// Prints what a server needs in each form.
async fn table(server: &str, quiet: &Subject<'_>, watched: &Subject<'_>) {
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for (form, times) in quiet.forms.iter().zip(&mut times) {
            let before = Instant::now();
            form(KEYS).await;
            times.push(before.elapsed().as_secs_f64() * 1e6 / KEYS as f64);
        }
    }
    let medians = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    });
    for (at, form) in watched.forms.iter().enumerate() {
        (watched.requests)().await;
        form(COUNTED).await;
        let requests = (watched.requests)().await;
        let (time, ratio) = (medians[at], medians[at] / medians[3]);
        println!("| {server} | {} | {time:.1} | {ratio:.2} | {requests} |", NAMES[at]);
    }
}
