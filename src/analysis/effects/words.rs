//! The words of a reason: what is called, what that calls, and what the last one does.
//!
//! In: reasons of callees, "reads by its name; it is only declared". Out: the reason of their caller, and the links
//! of it for people to read.
//!
//! Invariant: a reason continues the sentence "the await …". Its links stand between `LINK`s, the last one says
//! what is done, the others what is called.

use crate::knowledge::Fence;

/// What stands between two links.
const LINK: &str = ", which ";

/// The reason of a caller: "calls `a`", then why `a` does what it does.
pub(super) fn behind(call: &str, because: &str) -> String {
    if because.is_empty() { call.to_owned() } else { format!("{call}{LINK}{because}") }
}

/// Each link as a phrase of its own: "calls `a` (src/a.rs:1)", "which reads by its name".
pub fn links(because: &str) -> Vec<String> {
    let links = because.split(LINK).enumerate();
    links.map(|(number, link)| if number == 0 { link.to_owned() } else { format!("which {link}") }).collect()
}

/// The end of a reason in a few words, without places: who decides, where that is another one, and what it does.
pub fn gist(because: &str) -> (Option<String>, String) {
    let mut links: Vec<&str> = because.split(LINK).collect();
    let deed = links.pop().unwrap_or_default();
    let deed = deed.split("; ").next().unwrap_or_default().to_owned();
    let callee = links.pop().and_then(|link| link.strip_prefix("calls ")).and_then(|link| link.split(" (").next());
    (callee.map(str::to_owned), deed)
}

/// What a call does that nothing may cross: "ends something".
pub(super) fn fence_says(fence: Fence) -> &'static str {
    match fence {
        Fence::Time => "lets time pass",
        Fence::Event => "waits for something to happen",
        Fence::Acquire => "acquires something",
        Fence::Pool => "takes a connection from a pool",
        Fence::Finaliser => "ends something",
        Fence::Clock => "reads the clock",
        Fence::Spawned => "waits for a task that runs already",
        Fence::Gate => "decides whether the rest may run",
        Fence::Statement => "has an effect of its own",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: &str = "calls `a` (src/a.rs:1), which calls `B::b` (b.rs:2), which reads by its name; it is declared";

    #[test]
    fn a_chain_has_links_and_an_end() {
        let (call, because) = CHAIN.split_once(LINK).unwrap();
        assert_eq!(behind(call, because), CHAIN);
        assert_eq!(
            links(CHAIN),
            ["calls `a` (src/a.rs:1)", "which calls `B::b` (b.rs:2)", "which reads by its name; it is declared"]
        );
        assert_eq!(gist(CHAIN), (Some("`B::b`".to_owned()), "reads by its name".to_owned()));
        assert_eq!(gist("touches nothing that others see"), (None, "touches nothing that others see".to_owned()));
    }
}
