// Both callees share a lock with all who only read.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
use tokio::sync::RwLock;
struct Client { base: u32 }
impl Client { async fn row(&self, id: u32) -> u32 { Reply(self.base + id).await } }
struct Site { client: RwLock<Client> }
impl Site {
    async fn user(&self, id: u32) -> u32 {
        let client = self.client.read().await;
        client.row(id).await
    }
    async fn order(&self, id: u32) -> u32 {
        let client = self.client.read().await;
        client.row(id * 10).await
    }
}

async fn page(site: &Site) -> (u32, u32) {
    let (user, order) = tokio::join!(site.user(4), site.order(4));
    (user, order)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(&Site { client: RwLock::new(Client { base: 1 }) }).await, (5, 41));
}
