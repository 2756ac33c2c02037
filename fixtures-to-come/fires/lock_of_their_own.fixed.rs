// Each callee takes a lock that nobody else takes, and holds it while it waits.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
use tokio::sync::Mutex;
struct Client { base: u32 }
impl Client { async fn row(&self, id: u32) -> u32 { Reply(self.base + id).await } }
struct Site { users: Mutex<Client>, orders: Mutex<Client> }
impl Site {
    async fn user(&self, id: u32) -> u32 {
        let client = self.users.lock().await;
        client.row(id).await
    }
    async fn order(&self, id: u32) -> u32 {
        let client = self.orders.lock().await;
        client.row(id * 10).await
    }
}

async fn page(site: &Site) -> (u32, u32) {
    let (user, order) = tokio::join!(site.user(4), site.order(4));
    (user, order)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(&Site { users: Mutex::new(Client { base: 1 }), orders: Mutex::new(Client { base: 2 }) }).await, (5, 42));
}
