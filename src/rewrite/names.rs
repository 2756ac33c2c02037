//! Fresh names for awaited values.
//!
//! In: a call. Out: a name that occurs nowhere in the function. What a field is given is called like that; the other rules are
//! those of Quora's checker: `get_user()` gives `user`, `Foo::load()` gives `foo`, a name that is taken gets a number.

use std::collections::HashSet;

use crate::analysis::effects::{call_name, unwrapped};
use crate::index::types::Types;
use crate::ir::{Body, ExprId, ExprKind, Name};
use crate::source::{SourceFile, Span};

/// What people call the callee: `User::load`, `fetch_user`, `join!`.
pub(crate) fn callee_text(types: &Types<'_>, site: ExprId) -> String {
    let base = match &types.body.expr(site).kind {
        ExprKind::Await { base } => unwrapped(types.body, *base),
        ExprKind::Macro(call) => return format!("{}!", call.path.last()),
        _ => site,
    };
    match &types.body.expr(base).kind {
        ExprKind::Call { callee, .. } => match &types.body.expr(*callee).kind {
            ExprKind::Path(path) => {
                let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
                names[names.len().saturating_sub(2)..].join("::")
            }
            _ => call_name(types, base).to_string(),
        },
        ExprKind::MethodCall { method, .. } => method.to_string(),
        ExprKind::Local(local) => types.body.local(*local).name.to_string(),
        ExprKind::Field { name, .. } => name.to_string(),
        _ => "async block".to_owned(),
    }
}

/// Verbs that say how a value is come by, not what it is.
const VERBS: [&str; 8] = ["get_", "render_", "fetch_", "load_", "find_", "query_", "read_", "list_"];

/// Associated functions that give what their type is called.
const GIVERS: [&str; 14] =
    ["new", "load", "get", "fetch", "find", "read", "query", "open", "build", "connect", "create", "from", "by", "for"];

/// Words behind a verb that say which one, not what.
const WHICH: [&str; 7] = ["by", "for", "from", "with", "in", "of", "all"];

/// The words of a function, and the names already given.
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// Every word from the function's name on is taken, those in strings too: they may be format captures. Fields are not,
    /// `.label` and `label: value`, unless a variable is called like that.
    pub(super) fn new(types: &Types<'_>, source: &SourceFile) -> Names {
        let function = types.function;
        let text = source.slice(Span { start: function.name_span.start, end: function.span.end });
        let variables = types.body.locals.iter().map(|local| local.name.to_string());
        Names { taken: words(text).map(str::to_owned).chain(variables).collect() }
    }

    /// A fresh name for what a site gives.
    pub(super) fn fresh(&mut self, types: &Types<'_>, site: ExprId) -> String {
        match field_given(types.body, site).filter(|field| !self.taken.contains(field.as_str())) {
            Some(field) => self.fresh_like(&field),
            None => self.fresh_like(&wish(&callee_text(types, site))),
        }
    }

    /// A fresh name, with a number where it is taken.
    pub(super) fn fresh_like(&mut self, wish: &str) -> String {
        let mut name = wish.to_owned();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wish}{number}");
            number += 1;
        }
        name
    }
}

/// The field that a struct literal gives what a site gives, errors left out.
fn field_given(body: &Body, site: ExprId) -> Option<Name> {
    let gives = |value: ExprId| {
        let mut at = value;
        while at != site {
            at = match &body.expr(at).kind {
                ExprKind::Try { base } => *base,
                ExprKind::MethodCall { receiver, method, .. } if is_about_failure(method) => *receiver,
                _ => return false,
            };
        }
        true
    };
    let field = body.given_fields().find(|(_, value)| gives(*value));
    field.map(|(name, _)| name.clone()).filter(|name| is_name(name))
}

fn is_about_failure(method: &str) -> bool {
    matches!(
        method,
        "unwrap"
            | "expect"
            | "map_err"
            | "context"
            | "with_context"
            | "unwrap_or"
            | "unwrap_or_default"
            | "unwrap_or_else"
            | "ok"
    )
}

/// The words of a text that may name something; the names of fields left out.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_apart = |c: char| !(c.is_alphanumeric() || c == '_');
    let mut end = 0;
    text.split_inclusive(is_apart).filter_map(move |piece| {
        let start = end;
        end += piece.len();
        let word = piece.trim_end_matches(is_apart);
        let (before, after) = (&text[..start], &text[start + word.len()..]);
        let is_read = before.ends_with('.') && !before.ends_with("..");
        let is_given = after.starts_with(':') && !after.starts_with("::");
        (!word.is_empty() && !is_read && !is_given).then_some(word)
    })
}

fn wish(callee: &str) -> String {
    let mut parts = callee.rsplit("::");
    let last = parts.next().unwrap_or(callee).trim_start_matches('_').trim_end_matches('!');
    let first_word = |text: &str| text.split('_').next().unwrap_or_default().to_owned();
    let noun = VERBS.iter().find_map(|verb| last.strip_prefix(verb)).filter(|noun| is_name(noun));
    if let Some(noun) = noun.filter(|noun| !WHICH.contains(&first_word(noun).as_str())) {
        return snake_case(noun);
    }
    let owner = parts.next().filter(|owner| owner.starts_with(char::is_uppercase) && *owner != "Self");
    match owner.filter(|_| GIVERS.contains(&first_word(last).as_str())) {
        Some(owner) => snake_case(owner),
        None if is_name(last) => format!("{}_result", snake_case(last)),
        None => "awaited".to_owned(),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !is_keyword(text)
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "async"
            | "await"
            | "box"
            | "break"
            | "const"
            | "continue"
            | "crate"
            | "dyn"
            | "else"
            | "enum"
            | "extern"
            | "false"
            | "fn"
            | "for"
            | "gen"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "pub"
            | "ref"
            | "return"
            | "self"
            | "static"
            | "struct"
            | "super"
            | "trait"
            | "true"
            | "try"
            | "type"
            | "union"
            | "unsafe"
            | "use"
            | "where"
            | "while"
            | "yield"
    )
}

/// `HTTPError` gives `http_error`.
fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (at, c) in chars.iter().enumerate() {
        let after_lower = at > 0 && chars[at - 1].is_lowercase();
        let starts_word = at > 0
            && c.is_uppercase()
            && chars[at - 1].is_uppercase()
            && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || starts_word) {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_callee() {
        let cases = [
            ("get_user", "user"),
            ("render_tree", "tree"),
            ("capybara", "capybara_result"),
            ("_capybara", "capybara_result"),
            ("User::load", "user"),
            ("HTTPError::load", "http_error"),
            ("get_type", "get_type_result"),
            ("join!", "join_result"),
            ("load", "load_result"),
            ("User::find_by_id", "user"),
            ("Settings::save_time", "save_time_result"),
            ("Self::load", "load_result"),
        ];
        for (callee, expected) in cases {
            assert_eq!(wish(callee), expected, "{callee}");
        }
    }

    #[test]
    fn fields_name_nothing() {
        let text = "Self { label: row.label, ..other, kind }; path::to(); \"{shown:?} {said}\"";
        let found: Vec<&str> = words(text).collect();
        assert_eq!(found, ["Self", "row", "other", "kind", "path", "to", "said"]);
    }

    #[test]
    fn snake_case_knows_words() {
        for (name, expected) in
            [("HTTPError", "http_error"), ("CapybaraPower", "capybara_power"), ("ÄpfelBaum", "äpfel_baum"), ("x", "x")]
        {
            assert_eq!(snake_case(name), expected);
        }
    }
}
