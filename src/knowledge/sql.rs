//! What a statement of SQL does.
//!
//! In: its text. Out: [`Statement`]: its deed and the tables it names; `None` where the text says too little.
//!
//! Invariant: what is not known to read is not a read. A function whose name speaks of writing, a lock, a second statement
//! that writes: each makes the whole text unknown or a write.

use super::{Deed, names};

/// What a text of SQL does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// To the database.
    pub deed: Deed,
    /// The tables it reads or writes, in the order they come first.
    pub tables: Vec<String>,
}

/// Reads a text of SQL, one statement or several.
pub fn statement(text: &str) -> Option<Statement> {
    let words = words(text);
    let statements = words.split(|word| word == ";").filter(|words| !words.is_empty());
    let mut deed: Option<Deed> = None;
    for statement in statements {
        deed = Some(deed.unwrap_or(Deed::Pure).max(deed_of(statement)));
    }
    Some(Statement { deed: deed?, tables: tables(&words) })
}

/// Statements that only ask.
const ASK: [&str; 7] = ["select", "values", "show", "explain", "describe", "desc", "table"];

/// Words that make any statement a write.
const WRITE: [&str; 16] = [
    "insert", "update", "delete", "merge", "replace", "upsert", "create", "drop", "alter", "truncate", "grant",
    "revoke", "copy", "vacuum", "reindex", "refresh",
];

/// Functions that only compute, whatever their names say.
const PURE: [&str; 12] =
    ["replace", "coalesce", "concat", "lower", "upper", "count", "sum", "max", "min", "now", "exists", "insert_str"];

/// Begins of functions that write, lock or wait.
const HARMFUL: [&str; 16] = [
    "nextval",
    "setval",
    "pg_advisory",
    "pg_try_advisory",
    "pg_notify",
    "pg_sleep",
    "pg_terminate",
    "pg_cancel",
    "set_config",
    "lo_",
    "dblink",
    "txid_current",
    "last_insert",
    "get_lock",
    "release_lock",
    "load_extension",
];

fn deed_of(words: &[String]) -> Deed {
    let first = words.iter().find(|word| *word != "(").map_or("", String::as_str);
    if !ASK.contains(&first) && first != "with" {
        return if WRITE.contains(&first) { Deed::Write } else { Deed::Unknown };
    }
    let is_call = |at: usize| words.get(at + 1).is_some_and(|next| next == "(");
    let writes = |(at, word): (usize, &String)| WRITE.contains(&word.as_str()) && !is_call(at) && !is_name(words, at);
    let analyzes = first == "explain" && words.iter().any(|word| word == "analyze");
    if words.iter().enumerate().any(writes) {
        return if locks(words) && first == "select" { Deed::Unknown } else { Deed::Write };
    }
    let harms = words.iter().enumerate().any(|(at, word)| is_call(at) && is_harmful(word));
    if locks(words) || analyzes || harms || words.iter().any(|word| word == "into") {
        return Deed::Unknown;
    }
    // With no table to read from, what is called is the point.
    let has_source = words.iter().any(|word| word == "from");
    let calls =
        words.iter().enumerate().any(|(at, word)| is_call(at) && is_word(word) && !PURE.contains(&word.as_str()));
    if first == "select" && !has_source && calls { Deed::Unknown } else { Deed::Read }
}

/// `FOR UPDATE`, `FOR NO KEY UPDATE`, `FOR SHARE`, `LOCK IN SHARE MODE`.
fn locks(words: &[String]) -> bool {
    let after_for = |pair: &[String]| pair[0] == "for" && matches!(pair[1].as_str(), "update" | "share" | "no" | "key");
    words.windows(2).any(after_for) || words.iter().any(|word| word == "lock")
}

/// Whether a word is a column or a table, whatever it spells: `t.update`, `update = 1`, `as update`.
fn is_name(words: &[String], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| words[before].as_str());
    let after = words.get(at + 1).map_or("", String::as_str);
    matches!(before, "." | "as") || after == "."
}

fn is_harmful(function: &str) -> bool {
    let by_name = names().deed(function) == Deed::Write && !PURE.contains(&function);
    by_name || HARMFUL.iter().any(|begin| function.starts_with(begin)) || takes(function)
}

/// Names of functions that hand something out.
fn takes(function: &str) -> bool {
    function
        .split('_')
        .any(|word| matches!(word, "claim" | "acquire" | "take" | "pop" | "dequeue" | "reserve" | "lock"))
}

fn tables(words: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let leads = matches!(word.as_str(), "from" | "join" | "into" | "update" | "table");
        let Some(name) = words.get(at + 1).filter(|name| leads && is_word(name)) else { continue };
        let qualified = words.get(at + 2).filter(|dot| *dot == ".").and_then(|_| words.get(at + 3));
        let name = qualified.unwrap_or(name);
        if !found.contains(name) && !matches!(name.as_str(), "select" | "unnest" | "lateral" | "only" | "set" | "if") {
            found.push(name.clone());
        }
    }
    found
}

fn is_word(word: &str) -> bool {
    word.starts_with(|char: char| char.is_alphabetic() || char == '_')
}

/// Words and punctuation in lower case, without comments and string literals. Quoted names lose their quotes.
fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '-' if chars.peek() == Some(&'-') => while chars.next().is_some_and(|char| char != '\n') {},
            '/' if chars.peek() == Some(&'*') => {
                let mut before = ' ';
                while let Some(char) = chars.next().filter(|char| !(before == '*' && *char == '/')) {
                    before = char;
                }
            }
            '\'' => {
                while chars.next().is_some_and(|char| char != '\'') {}
                found.push("'".to_owned());
            }
            char if char.is_alphanumeric() || char == '_' => {
                let mut word = char.to_lowercase().to_string();
                while let Some(next) = chars.next_if(|char| char.is_alphanumeric() || *char == '_') {
                    word.extend(next.to_lowercase());
                }
                found.push(word);
            }
            '"' | '`' => {}
            char if char.is_whitespace() => {}
            char => found.push(char.to_string()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(text: &str) -> Deed {
        statement(text).unwrap().deed
    }

    #[test]
    fn what_asks_reads() {
        assert_eq!(deed("SELECT id FROM users WHERE id = $1"), Deed::Read);
        assert_eq!(deed("  -- all of them\n select * from \"users\" u join posts p on p.user_id = u.id"), Deed::Read);
        assert_eq!(deed("WITH a AS (SELECT 1) SELECT * FROM a"), Deed::Read);
        assert_eq!(deed("select u.update, replace(u.name, 'insert', '') from users u"), Deed::Read);
        assert_eq!(deed("SELECT 1"), Deed::Read);
        assert_eq!(deed("SELECT count(*) FROM t; SELECT max(id) FROM t;"), Deed::Read);
    }

    #[test]
    fn what_writes_or_locks_does_not() {
        assert_eq!(deed("INSERT INTO users (name) VALUES ($1) RETURNING id"), Deed::Write);
        assert_eq!(deed("WITH d AS (DELETE FROM jobs RETURNING id) SELECT * FROM d"), Deed::Write);
        assert_eq!(deed("SELECT 1; DROP TABLE users"), Deed::Write);
        assert_ne!(deed("SELECT * FROM jobs FOR UPDATE SKIP LOCKED"), Deed::Read);
        assert_ne!(deed("SELECT * FROM jobs FOR NO KEY UPDATE"), Deed::Read);
        assert_eq!(deed("SELECT nextval('ids')"), Deed::Unknown);
        assert_eq!(deed("SELECT pg_advisory_lock(1)"), Deed::Unknown);
        assert_eq!(deed("SELECT enqueue_job($1)"), Deed::Unknown);
        assert_eq!(deed("SELECT my_function($1)"), Deed::Unknown);
        assert_eq!(deed("SELECT claim_next(id) FROM jobs"), Deed::Unknown);
        assert_eq!(deed("SELECT * INTO backup FROM users"), Deed::Unknown);
        assert_eq!(deed("BEGIN"), Deed::Unknown);
    }

    #[test]
    fn tables_are_named() {
        let tables = statement("SELECT * FROM public.users u JOIN posts ON true, LATERAL (SELECT 1) x").unwrap().tables;
        assert_eq!(tables, ["users", "posts"]);
        assert_eq!(statement("UPDATE users SET a = 1").unwrap().tables, ["users"]);
        assert_eq!(statement(""), None);
    }
}
