async fn n() {}

async fn body() {
    conjoin::join!(n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n(), n());
}

fn main() {}
