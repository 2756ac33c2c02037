async fn body() -> Result<(), ()> {
    conjoin::join!(std::future::ready(Ok(1))?);
    Ok(())
}

fn main() {}
