//! Why the linter is silent, in few words that can be counted.
//!
//! In: a blocker, or nothing found at all. Out: [`Reason`].
//!
//! Invariant: the order of the kinds of dependence is from the plainest to the least sure.

use std::fmt;

use cargo_conjoin::analysis::blocker::BlockerKind;

/// Why two awaits are not joined, or should not have been.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    Flow,
    Borrow,
    Move,
    Anti,
    Output,
    Control(String),
    Fence(String),
    Write,
    Unknown,
    /// No lint looks at places of this kind.
    NoLint,
    /// There is no await on those lines.
    NotFound,
    /// The file is no Rust that can be parsed.
    NotParsed,
    /// It is taken for test code, which nobody asked for.
    InTestCode,
    /// Nothing holds it back, but no round trip would be saved.
    NothingToGain,
    /// What people met when they joined it.
    Hazard(String),
}

impl Reason {
    /// The reason of a blocker.
    pub(crate) fn of(kind: &BlockerKind) -> Reason {
        match kind {
            BlockerKind::Flow(_) => Reason::Flow,
            BlockerKind::Borrow(_) => Reason::Borrow,
            BlockerKind::Move(_) => Reason::Move,
            BlockerKind::Anti(_) => Reason::Anti,
            BlockerKind::Output(_) => Reason::Output,
            BlockerKind::Control(what) => Reason::Control((*what).to_owned()),
            BlockerKind::Fence("ready" | "local") => Reason::NothingToGain,
            BlockerKind::Fence(what) => Reason::Fence((*what).to_owned()),
            BlockerKind::Write(_) => Reason::Write,
            BlockerKind::Unknown(_) => Reason::Unknown,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Flow => f.write_str("flow"),
            Reason::Borrow => f.write_str("borrow"),
            Reason::Move => f.write_str("move"),
            Reason::Anti => f.write_str("anti"),
            Reason::Output => f.write_str("output"),
            Reason::Control(what) => write!(f, "control:{what}"),
            Reason::Fence(what) => write!(f, "fence:{what}"),
            Reason::Write => f.write_str("write"),
            Reason::Unknown => f.write_str("unknown"),
            Reason::NoLint => f.write_str("no lint"),
            Reason::NotFound => f.write_str("not found"),
            Reason::NotParsed => f.write_str("not parsed"),
            Reason::InTestCode => f.write_str("in test code"),
            Reason::NothingToGain => f.write_str("nothing to gain"),
            Reason::Hazard(what) => write!(f, "hazard:{what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocker_becomes_its_kind_and_what_saves_nothing_is_one_reason() {
        assert_eq!(Reason::of(&BlockerKind::Flow("user".to_owned())).to_string(), "flow");
        assert_eq!(Reason::of(&BlockerKind::Control("if")).to_string(), "control:if");
        assert_eq!(Reason::of(&BlockerKind::Fence("discarded")).to_string(), "fence:discarded");
        assert_eq!(Reason::of(&BlockerKind::Fence("local")), Reason::NothingToGain);
    }
}
