//! Why an await must stay behind an earlier one.
//!
//! In: nothing, this is the vocabulary. Out: [`Blocker`].

use std::fmt;

use crate::ir::Name;
use crate::source::Span;

/// A dependence, with the place it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// What kind of dependence.
    pub kind: BlockerKind,
    /// Where it is seen: the use of a name, the statement between.
    pub span: Span,
    /// The evidence, where there is more to say than the kind says: see [`words`](super::effects::words).
    pub because: String,
}

/// The kinds of dependence. Their text, `flow(user)`, is what fixtures and `--why` show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockerKind {
    /// The later one reads what the earlier one gives.
    Flow(String),
    /// The later one writes what the earlier one reads.
    Anti(String),
    /// Both write it.
    Output(String),
    /// One of them borrows it exclusively.
    Borrow(String),
    /// The later one takes what the earlier one borrows.
    Move(String),
    /// Whether the later one runs is decided in between.
    Control(&'static str),
    /// This callee writes.
    Write(Name),
    /// What this callee does is not known.
    Unknown(Name),
    /// Nothing crosses what stands here.
    Fence(&'static str),
}

impl Blocker {
    /// Without evidence beyond the kind.
    pub fn new(kind: BlockerKind, span: Span) -> Blocker {
        Blocker { kind, span, because: String::new() }
    }

    /// One sentence for people, without the evidence.
    pub fn sentence(&self) -> String {
        match &self.kind {
            BlockerKind::Flow(place) if place == "_" => "it needs the value of the await inside it".to_owned(),
            BlockerKind::Flow(place) => format!("it needs `{place}`"),
            BlockerKind::Anti(place) => format!("it changes `{place}`, which is read before"),
            BlockerKind::Output(place) => format!("both change `{place}`"),
            BlockerKind::Borrow(place) => format!("one of them borrows `{place}` exclusively"),
            BlockerKind::Move(place) => format!("it takes `{place}`, which is borrowed before"),
            BlockerKind::Control(what) => format!("{} decides whether it runs", control_text(what)),
            BlockerKind::Write(callee) => format!("`{callee}` writes, so their order may matter"),
            BlockerKind::Unknown(callee) => {
                format!("nothing says that `{callee}` only reads, so their order may matter")
            }
            BlockerKind::Fence(what) => fence_text(what).1.to_owned(),
        }
    }

    /// A few words to stand beside the await at `own`.
    pub fn label(&self, own: Span) -> String {
        let who = |callee: &Name| if self.span == own { "it".to_owned() } else { format!("`{callee}`") };
        match &self.kind {
            BlockerKind::Flow(place) => format!("needs `{place}`"),
            BlockerKind::Write(callee) => format!("stays: {} writes", who(callee)),
            BlockerKind::Unknown(callee) => format!("stays: {} may write", who(callee)),
            BlockerKind::Borrow(place)
            | BlockerKind::Anti(place)
            | BlockerKind::Output(place)
            | BlockerKind::Move(place) => format!("stays: shares `{place}`"),
            BlockerKind::Control(what) => format!("stays: behind {}", control_text(what)),
            BlockerKind::Fence(what) => format!("stays: {}", fence_text(what).0),
        }
    }
}

impl fmt::Display for BlockerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockerKind::Flow(place) => write!(f, "flow({place})"),
            BlockerKind::Anti(place) => write!(f, "anti({place})"),
            BlockerKind::Output(place) => write!(f, "output({place})"),
            BlockerKind::Borrow(place) => write!(f, "borrow({place})"),
            BlockerKind::Move(place) => write!(f, "move({place})"),
            BlockerKind::Control(what) => write!(f, "control({what})"),
            BlockerKind::Write(callee) => write!(f, "write({callee})"),
            BlockerKind::Unknown(callee) => write!(f, "unknown({callee})"),
            BlockerKind::Fence(what) => write!(f, "fence({what})"),
        }
    }
}

fn control_text(what: &str) -> &str {
    match what {
        "try" => "a `?` on something else",
        "let_else" => "a `let … else`",
        "lazy" => "`&&` or `||`",
        "assert" => "an assertion",
        "panic" => "something that may panic",
        "index" => "an index or a division that may panic",
        "macro" => "a macro that may leave the function",
        "block" => "a block",
        "return" => "a `return`",
        "break" => "a `break`",
        "continue" => "a `continue`",
        "if" => "an `if`",
        "match" => "a `match`",
        "loop" => "a loop",
        other => other,
    }
}

/// In a few words beside the code, and as a sentence.
fn fence_text(what: &str) -> (&'static str, &'static str) {
    match what {
        "discarded" => (
            "an effect comes first",
            "an await whose value nobody uses is an effect or a guard, and nothing crosses it",
        ),
        "time" => ("time passes first", "nothing crosses what lets time pass"),
        "event" => ("an event comes first", "nothing crosses what waits for an event"),
        "acquire" => ("a lock or a guard is taken", "nothing crosses what acquires a lock, a permit or a guard"),
        "finaliser" => ("something is closed", "nothing crosses what commits, flushes or closes"),
        "clock" => ("the clock is read", "nothing crosses a reading of the clock"),
        "check" => ("a check comes first", "nothing crosses a check that decides whether the rest may run"),
        "statement" => ("an effect comes first", "a statement between has an effect of its own"),
        "macro" => ("an unknown macro", "nothing is known of a macro"),
        "cfg" => ("compiled only sometimes", "a statement is compiled only sometimes"),
        "unsafe" => ("unsafe code", "unsafe code is not reordered"),
        "attribute" => ("an attribute", "an attribute rewrites the function"),
        "args" => ("its arguments", "an argument may do something that must not happen earlier"),
        "static" => ("mutable statics", "mutable statics are touched"),
        "spawned" => ("its task runs already", "it waits for a task that runs already"),
        "ready" => ("it never suspends", "it never suspends, so there is nothing to gain"),
        "comment" => ("a comment says so", "a comment speaks of the order"),
        "version" => (
            "says how new that is",
            "it says how new what is asked for behind it is at least, which would not hold if both ran together",
        ),
        "repeat" => {
            ("it is called again", "the same call is made again on purpose, and what stands between is part of it")
        }
        "iterator" => {
            ("items come one by one", "the items may be made one by one, and making them may wait or do something")
        }
        "pieces" => ("work in pieces", "the work is cut into pieces on purpose, one at a time"),
        "connection" => ("shares a connection", "both use one connection, so one waits for the other anyway"),
        "local" => ("little to gain", "it waits for local files or memory only, so there is little to gain"),
        "expression" => ("one expression", "awaits inside one expression keep their order"),
        _ => ("nothing crosses it", "nothing crosses it"),
    }
}
