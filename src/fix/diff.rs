//! Two texts of a file to a unified diff, as `git apply` and `patch -p1` read it.

use similar::TextDiff;

/// What changes from one text to the other; empty when nothing does.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    // The paths of patches have slashes everywhere.
    let name = name.replace('\\', "/");
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_header_and_the_lines_around() {
        let diff = unified("src/a.rs", "one\ntwo\nthree\n", "one\n2\nthree\n");
        assert_eq!(diff, "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
        assert_eq!(unified("a.rs", "same\n", "same\n"), "");
    }
}
