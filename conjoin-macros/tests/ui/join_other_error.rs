async fn body() -> Result<(), String> {
    conjoin::join!(std::future::ready("1".parse::<u8>())?, std::future::ready(2));
    Ok(())
}

fn main() {}
