#[conjoin::loader]
async fn names(keys: Vec<u32>) -> Vec<Result<String, String>> {
    Vec::new()
}

#[conjoin::loader]
async fn towns() -> Vec<Result<String, String>> {
    Vec::new()
}

fn main() {}
