async fn body() -> Result<(), ()> {
    conjoin::join!(std::future::ready(1)?, std::future::ready(2));
    Ok(())
}

fn main() {}
