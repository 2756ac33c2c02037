async fn body() -> Result<(), ()> {
    conjoin::join!(std::future::ready(Ok(1))?, std::future::ready(Ok(1)).await?);
    Ok(())
}

fn main() {}
