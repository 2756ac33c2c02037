// The callee has its read run as a task of its own and waits for it.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
async fn read(id: u32) -> u32 { Reply(id).await }
async fn user(id: u32) -> u32 { tokio::spawn(read(id)).await.unwrap_or_default() }
async fn orders(id: u32) -> u32 { tokio::spawn(read(id * 10)).await.unwrap_or_default() }

async fn page(id: u32) -> (u32, u32) {
    let user = user(id).await;
    let orders = orders(id).await;
    //~^ sequential_await
    (user, orders)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(4).await, (4, 40));
}
