//! The same call made again, word for word, on purpose: what stands between is part of it.
//!
//! In: the statements of a region. Out: for two of them, the [`Blocker`] that a repetition makes.

use std::collections::HashMap;

use crate::analysis::access::children;
use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::region::Node;
use crate::ir::{Body, ExprId, ExprKind, Literal};

/// For each await what it says, and where the same is said first and last. A call that is made again, word for word, is
/// made again because of what stands between.
pub(super) struct Repeats {
    first: Vec<Option<usize>>,
    last: Vec<Option<usize>>,
}

impl Repeats {
    pub(super) fn new(body: &Body, nodes: &[Node]) -> Repeats {
        let texts: Vec<Option<String>> = nodes.iter().map(|node| said(body, node)).collect();
        let mut places: HashMap<&str, (usize, usize)> = HashMap::new();
        for (node, text) in texts.iter().enumerate() {
            if let Some(text) = text {
                places.entry(text).or_insert((node, node)).1 = node;
            }
        }
        let place = |text: &Option<String>| places.get(text.as_deref()?).copied();
        let places = texts.iter().map(place);
        let (first, last) = places.map(|place| (place.map(|(first, _)| first), place.map(|(_, last)| last))).unzip();
        Repeats { first, last }
    }

    pub(super) fn between(&self, nodes: &[Node], from: usize, to: usize) -> Option<Blocker> {
        let is_again = self.first[from].is_some() && self.first[from] == self.first[to];
        let around = self.last[from].is_some_and(|last| last > to) && !nodes[to].sites.is_empty();
        let between = self.first[to].is_some_and(|first| first < from) && !nodes[from].sites.is_empty();
        (is_again || around || between).then(|| Blocker::new(BlockerKind::Fence("repeat"), nodes[to].span))
    }
}

/// The one await of a statement, as a text.
fn said(body: &Body, node: &Node) -> Option<String> {
    let [site] = node.sites.as_slice() else { return None };
    text_of(body, *site)
}

/// An expression, written so that two are equal when they say the same of the same locals.
pub(super) fn text_of(body: &Body, expr: ExprId) -> Option<String> {
    let mut text = String::new();
    say(body, expr, &mut text).then_some(text)
}

fn say(body: &Body, expr: ExprId, text: &mut String) -> bool {
    let head = match &body.expr(expr).kind {
        ExprKind::Local(local) => format!("{local:?}"),
        ExprKind::Path(path) => format!("{path:?}"),
        ExprKind::Literal(literal) if *literal != Literal::Other => format!("{literal:?}"),
        ExprKind::MethodCall { method, turbofish, .. } => format!(".{method}{turbofish:?}"),
        ExprKind::Field { name, .. } => format!("field {name}"),
        ExprKind::Borrow { mutable, .. } => format!("borrow {mutable}"),
        ExprKind::Await { .. } => "await".to_owned(),
        ExprKind::Call { .. } => "call".to_owned(),
        ExprKind::Deref { .. } => "deref".to_owned(),
        ExprKind::Try { .. } => "try".to_owned(),
        ExprKind::Tuple(_) => "tuple".to_owned(),
        _ => return false,
    };
    text.push_str(&head);
    text.push('(');
    for child in children(body, expr) {
        if !say(body, child, text) {
            return false;
        }
        text.push(',');
    }
    text.push(')');
    true
}
