#[conjoin::loader(max_keys = 3)]
async fn names(keys: &[u32]) -> Vec<Result<String, String>> {
    Vec::new()
}

fn main() {}
