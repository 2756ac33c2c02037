// The handle only points to what it holds, and both methods there only read.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
use std::{ops::Deref, sync::Arc};
struct Inner { base: u32 }
impl Inner {
    async fn user(&self, id: u32) -> u32 { Reply(self.base + id).await }
    async fn orders(&self, id: u32) -> u32 { Reply(self.base * id).await }
}
struct Store(Arc<Inner>);
impl Deref for Store { type Target = Inner; fn deref(&self) -> &Inner { &self.0 } }

async fn page(store: &Store) -> (u32, u32) {
    let user = store.user(4).await;
    let orders = store.orders(4).await;
    //~^ sequential_await
    (user, orders)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(&Store(Arc::new(Inner { base: 10 }))).await, (14, 40));
}
