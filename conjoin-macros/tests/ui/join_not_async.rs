fn body() {
    conjoin::join!(std::future::ready(1), std::future::ready(2));
}

fn main() {}
