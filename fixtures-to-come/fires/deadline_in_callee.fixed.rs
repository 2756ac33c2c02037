// Each callee gives its own question a deadline, which begins when it is asked.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
use std::time::Duration;
use tokio::time::timeout;
async fn user(id: u32) -> Option<u32> { timeout(Duration::from_secs(5), Reply(id)).await.ok() }
async fn orders(id: u32) -> Option<u32> { timeout(Duration::from_secs(5), Reply(id * 10)).await.ok() }

async fn page(id: u32) -> (Option<u32>, Option<u32>) {
    let (user, orders) = tokio::join!(user(id), orders(id));
    (user, orders)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(4).await, (Some(4), Some(40)));
}
