//! Patterns of paths.
//!
//! In: a pattern as written, `aws_sdk_*::Client::get_*`, and an absolute path. Out: whether they fit.
//!
//! Invariant: a pattern has as many segments as what it fits, but for a first segment `*`, which stands for any number.

/// A path each segment of which may hold one `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    segments: Vec<String>,
}

impl Pattern {
    /// Reads a pattern; `Err` says what is wrong with it.
    ///
    /// # Errors
    ///
    /// A segment is empty, is no name, or has two `*`.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let segments: Vec<String> = text.split("::").map(|segment| segment.trim().to_owned()).collect();
        for segment in &segments {
            let literal = segment.replacen('*', "", 1);
            if segment.is_empty() {
                return Err(format!("`{text}` has an empty segment"));
            }
            if !literal.chars().all(|char| char.is_alphanumeric() || char == '_' || char == '!') {
                return Err(format!("`{segment}` is no name; one `*` may stand for a part of one"));
            }
        }
        Ok(Pattern { segments })
    }

    /// Whether it fits a path.
    pub fn fits(&self, path: &[impl AsRef<str>]) -> bool {
        let segments = match self.segments.split_first() {
            Some((first, rest)) if first == "*" && path.len() > rest.len() => {
                return fit(rest, &path[path.len() - rest.len()..]);
            }
            _ => self.segments.as_slice(),
        };
        fit(segments, path)
    }

    /// Whether it may fit a path that ends in a name.
    pub fn may_end_in(&self, name: &str) -> bool {
        self.segments.last().is_some_and(|last| fits_one(last, name))
    }

    /// How much of it is literal: the more, the more it says.
    pub fn weight(&self) -> usize {
        self.segments.iter().map(|segment| segment.replace('*', "").len()).sum()
    }

    /// Whether every segment is literal.
    pub fn is_exact(&self) -> bool {
        !self.segments.iter().any(|segment| segment.contains('*'))
    }
}

fn fit(segments: &[String], path: &[impl AsRef<str>]) -> bool {
    segments.len() == path.len() && segments.iter().zip(path).all(|(segment, name)| fits_one(segment, name.as_ref()))
}

fn fits_one(segment: &str, name: &str) -> bool {
    match segment.split_once('*') {
        Some((begin, end)) => {
            name.strip_prefix(begin).is_some_and(|rest| rest.len() >= end.len() && rest.ends_with(end))
        }
        None => segment == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, path: &str) -> bool {
        let path: Vec<&str> = path.split("::").collect();
        Pattern::parse(pattern).unwrap().fits(&path)
    }

    #[test]
    fn segments_fit_one_by_one() {
        assert!(fits("aws_sdk_*::Client::get_*", "aws_sdk_s3::Client::get_object"));
        assert!(!fits("aws_sdk_*::Client::get_*", "aws_sdk_s3::Client::put_object"));
        assert!(!fits("aws_sdk_*::Client::get_*", "aws_sdk_s3::operation::Client::get_object"));
        assert!(fits("*::Store::load", "shop::db::Store::load") && fits("*::load", "shop::db::Store::load"));
        assert!(!fits("*::load", "load"));
        assert!(fits("a::get_*_count", "a::get_user_count") && !fits("a::get_*_count", "a::get_count"));
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        assert_eq!(Pattern::parse("a::").unwrap_err(), "`a::` has an empty segment");
        assert!(Pattern::parse("a::b-c").unwrap_err().contains("`b-c`"));
        assert!(Pattern::parse("a::*b*").unwrap_err().contains("one `*`"));
    }
}
