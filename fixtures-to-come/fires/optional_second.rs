// The second is asked only where there is an id; as a whole it is one branch of the join.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
async fn project(id: u32) -> u32 { Reply(id).await }
async fn user(id: u32) -> u32 { Reply(id * 10).await }

async fn page(viewer: Option<u32>) -> (u32, Option<u32>) {
    let project = project(4).await;
    let viewer = match viewer {
        Some(id) => Some(user(id).await),
        //~^ sequential_await
        None => None,
    };
    (project, viewer)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(Some(5)).await, (4, Some(50)));
}
