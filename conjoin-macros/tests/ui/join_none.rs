async fn body() {
    conjoin::join!();
}

fn main() {}
