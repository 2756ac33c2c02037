//! Comments that speak of order.
//!
//! In: the text between two statements. Out: whether somebody wrote there why things come in this order.

/// Words that people use when the order is the meaning.
const WORDS: [&str; 18] = [
    "atomic",
    "atomically",
    "concurrency",
    "concurrent",
    "concurrently",
    "consistent",
    "consistently",
    "deadlock",
    "deadlocks",
    "must",
    "order",
    "ordering",
    "parallel",
    "race",
    "races",
    "reorder",
    "sequential",
    "sequentially",
];

/// Phrases of the same kind.
const PHRASES: [&str; 8] = [
    "rate limit",
    "rate-limit",
    "one at a time",
    "one by one",
    "checked first",
    "first check",
    "it first",
    "them first",
];

/// Whether a gap between statements holds a comment that speaks of order.
pub(super) fn speak_of_order(gap: &str) -> bool {
    if !gap.contains("//") && !gap.contains("/*") {
        return false;
    }
    // The name of a lint is no word about order.
    let lines = gap.lines().filter(|line| !line.trim_start_matches(['/', '!', ' ', '\t']).starts_with("conjoin:"));
    let text = lines.collect::<Vec<&str>>().join("\n").to_lowercase().replace("in order to", "");
    let has_word = text.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word));
    has_word || PHRASES.iter().any(|phrase| text.contains(phrase))
}

/// What documentation says when it speaks of the order inside a function, and not of what the function is for.
const IN_DOCS: [&str; 9] = [
    "read first",
    "fetched first",
    "loaded first",
    "checked first",
    "never newer",
    "never older",
    "order matters",
    "in this order",
    "must be sequential",
];

/// Whether the comments above a function speak of the order of what it does.
pub(super) fn document_order(above: &str) -> bool {
    let text = above.to_lowercase().replace(['*', '_', '`'], "");
    IN_DOCS.iter().any(|phrase| text.contains(phrase)) || text.split(['.', ';']).any(numbers_two)
}

/// `the pages first, the database second`.
fn numbers_two(sentence: &str) -> bool {
    let behind = sentence.split_once(" first, ").map(|(_, behind)| behind);
    behind.is_some_and(|behind| behind.split(|c: char| !c.is_alphanumeric()).any(|word| word == "second"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comments_about_order_count() {
        assert!(speak_of_order("\n    // Must come first: it creates the folder.\n"));
        assert!(speak_of_order(" /* sequentially, the API limits us */ "));
        assert!(!speak_of_order("\n    // The user's name, in order to greet.\n"));
        assert!(!speak_of_order("\n    // conjoin: allow(sequential_await)\n"));
        assert!(!speak_of_order("\n    must\n"));
        assert!(!speak_of_order("\n    // The orders are many.\n"));
        assert!(document_order("/// The number is read first, so that it is never *newer* than the rows.\n"));
        assert!(!document_order("/// Reads the first row, then the others.\n"));
        assert!(document_order("/// Snapshots: the pages first, the database second. Pages are slow.\n"));
        assert!(!document_order("/// Shows the user first, then waits. A second call is cheap.\n"));
        assert!(speak_of_order("\n    // Reading it first means that nothing new is missed.\n"));
    }
}
