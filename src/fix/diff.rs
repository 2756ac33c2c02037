//! Two texts of a file to a unified diff, as `git apply` and `patch -p1` read it.

use similar::TextDiff;

/// What changes from one text to the other; empty when nothing does.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    // The paths of patches have slashes everywhere.
    let name = name.replace('\\', "/");
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff()
        .context_radius(3)
        .header(&quoted(&format!("a/{name}")), &quoted(&format!("b/{name}")))
        .to_string()
}

/// A name as git writes it: one with a line break in it would be taken for more lines of the diff.
fn quoted(name: &str) -> String {
    if !name.contains(|char: char| char.is_control() || char == '"') {
        return name.to_owned();
    }
    let byte = |byte: u8| match byte {
        b'"' => "\\\"".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    format!("\"{}\"", name.bytes().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_header_and_the_lines_around() {
        let diff = unified("src/a.rs", "one\ntwo\nthree\n", "one\n2\nthree\n");
        assert_eq!(diff, "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
        assert_eq!(unified("a.rs", "same\n", "same\n"), "");
        let odd = unified("ä\n+++ b/\"x\".rs", "one\n", "two\n");
        assert!(odd.starts_with("--- \"a/\\303\\244\\012+++ b/\\\"x\\\".rs\"\n+++ \"b/"), "{odd}");
    }
}
