//! `join!` against the joins of tokio and futures, with branches that are ready and with branches that wait once.
//!
//! In: nothing. Out: a line for each.

use std::hint::black_box;

use crate::measure::{latency, runtime};

async fn ready(value: u32) -> Result<u32, u8> {
    black_box(Ok(value))
}

async fn once(value: u32) -> Result<u32, u8> {
    tokio::task::yield_now().await;
    black_box(Ok(value))
}

async fn sequence() -> Result<u32, u8> {
    Ok(ready(1).await? + ready(2).await? + ready(3).await? + ready(4).await?)
}

async fn sequence_waiting() -> Result<u32, u8> {
    Ok(once(1).await? + once(2).await? + once(3).await? + once(4).await?)
}

async fn ours() -> Result<u32, u8> {
    let (a, b, c, d) = conjoin::join!(ready(1)?, ready(2)?, ready(3)?, ready(4)?);
    Ok(a + b + c + d)
}

async fn tokios() -> Result<u32, u8> {
    let (a, b, c, d) = tokio::try_join!(ready(1), ready(2), ready(3), ready(4))?;
    Ok(a + b + c + d)
}

async fn futures_own() -> Result<u32, u8> {
    let (a, b, c, d) = futures::try_join!(ready(1), ready(2), ready(3), ready(4))?;
    Ok(a + b + c + d)
}

async fn ours_waiting() -> Result<u32, u8> {
    let (a, b, c, d) = conjoin::join!(once(1)?, once(2)?, once(3)?, once(4)?);
    Ok(a + b + c + d)
}

async fn tokios_waiting() -> Result<u32, u8> {
    let (a, b, c, d) = tokio::try_join!(once(1), once(2), once(3), once(4))?;
    Ok(a + b + c + d)
}

async fn futures_own_waiting() -> Result<u32, u8> {
    let (a, b, c, d) = futures::try_join!(once(1), once(2), once(3), once(4))?;
    Ok(a + b + c + d)
}

fn keep(result: Result<u32, u8>) {
    let _ = black_box(result);
}

pub fn table() {
    let runtime = runtime(1);
    println!("\n| four branches with `?` | ns, ready | ns, waiting once |\n|---|---|---|");
    let line = |name, ready, waiting| println!("| {name} | {ready:.1} | {waiting:.0} |");
    let waiting = latency(&runtime, async || keep(black_box(sequence_waiting().await)));
    line("one after the other", latency(&runtime, async || keep(black_box(sequence().await))), waiting);
    let waiting = latency(&runtime, async || keep(black_box(ours_waiting().await)));
    line("`conjoin::join!`", latency(&runtime, async || keep(black_box(ours().await))), waiting);
    let waiting = latency(&runtime, async || keep(black_box(tokios_waiting().await)));
    line("`tokio::try_join!`", latency(&runtime, async || keep(black_box(tokios().await))), waiting);
    let waiting = latency(&runtime, async || keep(black_box(futures_own_waiting().await)));
    line("`futures::try_join!`", latency(&runtime, async || keep(black_box(futures_own().await))), waiting);
}
