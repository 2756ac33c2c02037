// Each callee changes a cell, a list and a map that nobody else sees.
use std::{pin::Pin, task::{Context, Poll}};

struct Reply(u32);
impl Future for Reply {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(self.0) }
}
use std::{cell::{Cell, RefCell}, collections::HashMap};
async fn user(id: u32) -> u32 {
    let asked = Cell::new(0);
    let mut names = HashMap::new();
    names.insert(id, Reply(id).await);
    asked.set(asked.get() + 1);
    names[&id] + asked.get()
}
async fn orders(id: u32) -> usize {
    let list = RefCell::new(vec![]);
    let order = Reply(id * 10).await;
    list.borrow_mut().push(order);
    list.into_inner().len()
}

async fn page(id: u32) -> (u32, usize) {
    let (user, orders) = tokio::join!(user(id), orders(id));
    (user, orders)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(4).await, (5, 1));
}
