async fn shown(id: u32) -> u32 { Reply(id).await }
async fn page() -> (u32, u32) {
    let (user, orders) = tokio::join!(shown(4), shown(5));
    let (user, orders) = tokio::join!(shown(4), shown(5));
    (user, orders)
}
