// Each callee tries its read again, with a pause between: the pauses are its own.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
use std::time::Duration;
async fn asked(id: u32) -> Result<u32, u32> { if id == 0 { Err(404) } else { Ok(Reply(id).await) } }
async fn user(id: u32) -> Result<u32, u32> {
    for _ in 0..2 {
        if let Ok(user) = asked(id).await { return Ok(user) }
        tokio::time::sleep(Duration::from_millis(10)).await;
        //~^ blocked: fence(time)
    }
    Err(408)
}

async fn page() -> Result<(u32, u32), u32> {
    let left = user(4).await?;
    let right = user(5).await?;
    //~^ sequential_await
    Ok((left, right))
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    assert_eq!(page().await, Ok((4, 5)));
}
