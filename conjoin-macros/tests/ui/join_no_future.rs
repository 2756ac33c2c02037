async fn body() {
    conjoin::join!(1, std::future::ready(2));
}

fn main() {}
