//! What editors call files.
//!
//! In: a URI. Out: the path it names. The other way is never gone: an editor gets back the URI that it gave.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// The path of a `file:` URI of this machine.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    decoded(path)
}

#[cfg(not(windows))]
fn decoded(path: &str) -> Option<PathBuf> {
    // Names of files need not be UTF-8; those that are not have no text in an editor either.
    Some(percent_decode_str(path).decode_utf8().ok()?.into_owned().into())
}

/// `/c%3A/src` is `C:\src`.
#[cfg(windows)]
fn decoded(path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let path = path.trim_start_matches('/').replace('/', "\\");
    let (drive, rest) = path.split_at_checked(1)?;
    Some(format!("{}{rest}", drive.to_uppercase()).into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::path;

    #[test]
    fn blanks_and_signs_are_decoded() {
        let is = |uri: &str, expected: &str| assert_eq!(path(uri), Some(expected.into()), "{uri}");
        is("file:///a/b.rs", "/a/b.rs");
        is("file:///my%20home/100%25/gr%C3%BCn.rs", "/my home/100%/grün.rs");
        is("file:///my home/a+b.rs", "/my home/a+b.rs");
        is("file://localhost/a%23b.rs", "/a#b.rs");
    }

    #[test]
    fn what_is_no_file_of_this_machine_has_no_path() {
        for uri in ["untitled:Untitled-1", "file://server/a.rs", "file:a.rs", "", "file:///a%FF.rs"] {
            assert_eq!(path(uri), None, "{uri}");
        }
    }
}
