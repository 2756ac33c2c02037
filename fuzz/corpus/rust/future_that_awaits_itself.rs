async fn f(ids: Vec<u32>) {
    let mut running = Vec::new();
    for id in ids {
        running.push(async move {
            for task in running {
                task.await;
            }
        });
    }
    for task in running {
        task.await;
    }
}
