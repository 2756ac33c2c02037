//! Which calls leave something behind when they are dropped.
//!
//! In: what a call does, or its name. Out: whether it writes for long, and whether a transaction undoes it.

use crate::analysis::effects::{Effect, words};
use crate::diagnostic::Confidence;
use crate::index::types::Types;
use crate::ir::ExprKind;
use crate::knowledge::Deed;
use crate::source::Span;

/// What a write is called that leaves something behind when it is not finished.
const LASTING: &str = "\
    create insert update upsert delete remove save store put persist publish append charge pay transfer upload \
    rename archive record mark replace assign grant revoke submit migrate import add set post";

/// What keeps what is written to it, in the words of facts.
const KEEPERS: [&str; 14] = [
    "database",
    "table",
    "objects",
    "files",
    "messages",
    "the chain",
    "cluster",
    "mail",
    "payments",
    "search index",
    "services",
    "vectors",
    "key-value store",
    "catalog",
];

/// Whether a step changes something that is still changed when the step is dropped.
pub(super) fn is_lasting(effect: &Effect) -> bool {
    let (by, deed) = words::gist(&effect.because);
    let by =
        by.as_deref().unwrap_or(&effect.callee).trim_matches('`').rsplit("::").next().unwrap_or_default().to_owned();
    // Who makes a folder that is there already does no harm.
    let is_harmless = by.starts_with("create_dir") || by.starts_with("open");
    let by_facts = effect.confidence == Confidence::Proven
        && deed.starts_with("changes ")
        && (KEEPERS.iter().any(|of| deed.contains(of))
            || (deed.contains("network") && is_lasting_name(&effect.callee)));
    let by_name = deed.starts_with("writes by its name") && is_lasting_name(&by);
    effect.deed == Deed::Write
        && effect.suspends
        && effect.confidence >= Confidence::Likely
        && !is_harmless
        && (by_facts || by_name)
}

/// Whether a name says that something is left behind: `insert_user`, `set_async`.
pub(super) fn is_lasting_name(name: &str) -> bool {
    let name = name.strip_prefix("try_").unwrap_or(name).trim_start_matches('_');
    LASTING.split_whitespace().any(|word| name.split('_').next() == Some(word))
}

/// Whether a call belongs to a transaction, by its name.
pub(super) fn is_atomic(name: &str) -> bool {
    name.contains("transaction") || matches!(name, "begin" | "begin_with" | "commit" | "rollback" | "begin_tx")
}

/// Whether something in a stretch is a transaction by its name: `&mut tx`.
pub(super) fn mentions_transaction(types: &Types<'_>, span: Span) -> bool {
    let is_one = |name: &str| {
        matches!(name, "tx" | "txn" | "trx" | "transaction" | "batch" | "db_tx" | "dbtx" | "wtxn" | "db_txn")
            || name.ends_with("_tx_mut")
    };
    types.body.exprs.iter().filter(|expr| span.contains(expr.span)).any(|expr| match expr.kind {
        ExprKind::Local(local) => is_one(&types.body.local(local).name),
        _ => false,
    })
}
