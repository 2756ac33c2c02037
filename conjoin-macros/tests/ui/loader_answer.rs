#[conjoin::loader]
async fn names(keys: &[u32]) -> Vec<String> {
    Vec::new()
}

fn main() {}
