//! Which packages are meant.
//!
//! In: the words after `-p` and `--exclude`: names, globs, package-id specs. Out: a yes or no for each package.

use super::manifest::{Manifest, Member};
use super::{Failure, Selection};

/// For each package of all manifests in order, whether the selection asks for it.
///
/// Paths select by themselves, so all packages are open to them unless some are named.
pub(super) fn select(manifests: &[Manifest], selection: &Selection) -> Result<Vec<bool>, Failure> {
    let members: Vec<&Member> = manifests.iter().flat_map(|manifest| &manifest.members).collect();
    let is_known = |spec: &str| members.iter().any(|member| matches(spec, member));
    if let Some(spec) = selection.packages.iter().chain(&selection.exclude).find(|spec| !is_known(spec)) {
        return Err(unknown(spec, &members));
    }
    let any = |specs: &[String], member: &Member| specs.iter().any(|spec| matches(spec, member));
    let is_selected = |member: &&Member| {
        if selection.all_packages {
            !any(&selection.exclude, member)
        } else if selection.packages.is_empty() {
            member.is_default || !selection.paths.is_empty()
        } else {
            any(&selection.packages, member)
        }
    };
    Ok(members.iter().map(is_selected).collect())
}

/// Up to three of the names that `word` may be a misspelling of, the nearest first.
pub(crate) fn near_names<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let most = (word.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = names.map(|name| (strsim::damerau_levenshtein(word, name), name)).collect();
    near.retain(|(distance, _)| *distance <= most);
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `name`, `na*e`, `name@1.2`, `name:1.2`, `file:///path#name@1.2`, `path+file:///path#1.2`, or the id itself.
fn matches(spec: &str, member: &Member) -> bool {
    if spec == member.package.id {
        return true;
    }
    let url = member.package.id.split('#').next().unwrap_or_default();
    let Some((spec_url, fragment)) = split_url(spec) else {
        return matches_name(spec, member);
    };
    let plain = |url: &str| url.trim_start_matches("path+").trim_end_matches('/').to_owned();
    let is_version = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    plain(spec_url) == plain(url)
        && fragment.is_none_or(|fragment| match is_version(fragment) {
            true => matches_version(fragment, &member.version),
            false => matches_name(fragment, member),
        })
}

fn split_url(spec: &str) -> Option<(&str, Option<&str>)> {
    let is_url = spec.contains("://");
    let parts = spec.split_once('#').map_or((spec, None), |(url, fragment)| (url, Some(fragment)));
    is_url.then_some(parts)
}

fn matches_name(spec: &str, member: &Member) -> bool {
    let (name, version) = spec.split_once(['@', ':']).map_or((spec, None), |(name, version)| (name, Some(version)));
    matches_glob(name.as_bytes(), member.package.name.as_bytes())
        && version.is_none_or(|version| matches_version(version, &member.version))
}

/// `1`, `1.2` and `1.2.3` all match 1.2.3; `1.20` does not match 1.2.0.
fn matches_version(spec: &str, version: &str) -> bool {
    version.strip_prefix(spec).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '+', '-']))
}

pub(super) fn matches_glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=text.len()).any(|skipped| matches_glob(rest, &text[skipped..])),
        (Some((b'?', rest)), Some((_, text))) => matches_glob(rest, text),
        (Some((expected, rest)), Some((actual, text))) => expected == actual && matches_glob(rest, text),
        _ => false,
    }
}

fn unknown(spec: &str, members: &[&Member]) -> Failure {
    let word = spec.rsplit(['#', '/']).next().unwrap_or(spec).split(['@', ':']).next().unwrap_or(spec);
    let near = near_names(word, members.iter().map(|member| member.package.name.as_str()));
    let help = if near.is_empty() {
        let names: Vec<&str> = members.iter().take(10).map(|member| member.package.name.as_str()).collect();
        format!("the workspace has {}", quoted(&names))
    } else {
        format!("did you mean {}?", quoted(&near))
    };
    Failure { message: format!("no package `{spec}` in the workspace"), help }
}

pub(super) fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Package;
    use std::path::PathBuf;

    fn member(name: &str, version: &str, id: &str) -> Member {
        let package = Package {
            name: name.to_owned(),
            id: id.to_owned(),
            manifest_path: PathBuf::new(),
            edition: 2024,
            targets: Vec::new(),
            dependencies: Vec::new(),
        };
        Member { package, version: version.to_owned(), is_default: true, metadata: serde_json::Value::Null }
    }

    #[test]
    fn a_spec_means_what_cargo_says_it_means() {
        let one = member("one", "1.2.0", "path+file:///ws/crates/one#1.2.0");
        let two = member("two-cli", "0.1.0-rc.1", "path+file:///ws/crates/second#two-cli@0.1.0-rc.1");
        for (spec, matches_one, matches_two) in [
            ("one", true, false),
            ("one@1.2", true, false),
            ("one:1.2.0", true, false),
            ("one@1.20", false, false),
            ("on", false, false),
            ("two-*", false, true),
            ("*", true, true),
            ("?ne", true, false),
            ("path+file:///ws/crates/one#1.2.0", true, false),
            ("path+file:///ws/crates/one#one@1.2.0", true, false),
            ("file:///ws/crates/one", true, false),
            ("file:///ws/crates/one#0.9", false, false),
            ("file:///ws/crates/second#two-cli", false, true),
            ("file:///ws/crates/second#two-cli@0.1.0", false, true),
        ] {
            assert_eq!((matches(spec, &one), matches(spec, &two)), (matches_one, matches_two), "{spec}");
        }
    }

    #[test]
    fn near_names_are_the_likely_typos_and_no_others() {
        let names = ["sequential_await", "await_in_loop", "unrelated"];
        assert_eq!(near_names("sequental_awaits", names.into_iter()), ["sequential_await"]);
        assert!(near_names("zzz", names.into_iter()).is_empty());
    }
}
