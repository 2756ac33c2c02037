// Each callee drops what it made itself, and dropping it does nothing that others see.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
struct Buffer { bytes: Vec<u32> }
async fn user(id: u32) -> u32 {
    let buffer = Buffer { bytes: vec![id] };
    let found = Reply(buffer.bytes[0]).await;
    drop(buffer);
    found
}
async fn orders(id: u32) -> u32 { let _buffer = Buffer { bytes: vec![] }; Reply(id * 10).await }

async fn page(id: u32) -> (u32, u32) {
    let (user, orders) = tokio::join!(user(id), orders(id));
    (user, orders)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(4).await, (4, 40));
}
