//! What the name of a call says, and the way it is called.
//!
//! In: a call of which neither a body nor facts are known. Out: its [`Effect`], likely at best.

use crate::analysis::effects::memory::{self, Holder, Memory};
use crate::analysis::effects::{Effect, caches, words};
use crate::diagnostic::Confidence;
use crate::index::calls::{Callee, callee};
use crate::index::types::Types;
use crate::ir::{ExprId, ExprKind, Literal, Name, Receiver};
use crate::knowledge::{self, Deed, Fence, SyncMethod};

/// Synchronous methods that mean the same wherever they occur.
pub(super) fn by_method_name(types: &Types<'_>, call: ExprId, name: &Name, awaited: bool) -> Option<Effect> {
    let ExprKind::MethodCall { receiver, .. } = &types.body.expr(call).kind else { return None };
    let names = knowledge::names();
    if awaited {
        return None;
    }
    let effect = match names.sync_method(name)? {
        SyncMethod::Pure => harmless(name, "touches its arguments only, by its name"),
        SyncMethod::Exclusive | SyncMethod::Write => on_memory(types, call, *receiver, name, true),
        SyncMethod::Read => on_memory(types, call, *receiver, name, false),
        SyncMethod::Message => {
            Effect::new(Deed::Write, Confidence::Likely, name, format!("calls `{name}`, which sends a message"))
        }
        SyncMethod::Shared | SyncMethod::Acquire if memory::is_lock(types, call) => opened(types, call, name),
        // `OpenOptions::write(true)`, `stream.read(..)`: no lock takes an argument.
        SyncMethod::Shared | SyncMethod::Acquire
            if has_arguments(types, call) && matches!(name.as_str(), "read" | "write") =>
        {
            return None;
        }
        SyncMethod::Shared => Effect::new(
            Deed::Read,
            Confidence::Likely,
            name,
            format!("calls `{name}`, which shares a lock with other readers"),
        ),
        SyncMethod::Acquire => Effect::fenced(Fence::Acquire, name, format!("calls `{name}`, which gives a guard")),
        SyncMethod::Clock => Effect::fenced(Fence::Clock, name, format!("calls `{name}`, which reads the clock")),
    };
    Some(Effect { suspends: false, ..effect })
}

fn has_arguments(types: &Types<'_>, call: ExprId) -> bool {
    matches!(&types.body.expr(call).kind, ExprKind::MethodCall { args, .. } if !args.is_empty())
}

/// A method that reads or changes what it is called on, wherever that is.
pub(super) fn on_memory(types: &Types<'_>, call: ExprId, receiver: ExprId, name: &Name, changes: bool) -> Effect {
    let counts = matches!(name.as_str(), "fetch_add" | "fetch_sub") && types.is_dropped(call);
    let touched = match memory::holder(types, receiver, name) {
        Holder::Own => return harmless(name, "changes a local value"),
        Holder::Memory(cell) if counts => Memory::bump(cell),
        Holder::Memory(cell) if changes => {
            let because = format!("calls `{name}`, which changes {}", memory::text(&cell));
            caches::changed(cell, name, &because)
        }
        Holder::Memory(cell) => Memory::read(cell),
        // What does not wait stays in this process.
        Holder::Elsewhere if changes => Memory::any_write(&format!("calls `{name}`, which may change shared memory")),
        Holder::Elsewhere => Memory::any_read(),
    };
    let does = if changes { "changes shared memory" } else { "reads shared memory" };
    Effect { memory: touched, ..harmless(name, does) }
}

/// A lock that is opened: a fence to whoever keeps the guard, and a touch of what it guards.
pub(super) fn opened(types: &Types<'_>, call: ExprId, name: &Name) -> Effect {
    if memory::is_own_lock(types, call) {
        let effect = harmless(name, "opens a lock that nobody else has");
        return Effect { suspends: false, ..effect };
    }
    let touched = Memory::read(memory::cell_of_lock(types, call));
    let because = format!("calls `{name}`, which gives a guard");
    Effect { memory: touched, ..Effect::fenced(Fence::Acquire, name, because) }
}

/// What the name says where nothing else does.
pub(super) fn by_name(types: &Types<'_>, call: ExprId, name: &Name, awaited: bool) -> Effect {
    let names = knowledge::names();
    if awaited && let Some(fence) = names.fence(name) {
        return Effect::fenced(fence, name, format!("calls `{name}`, which {} by its name", words::fence_says(fence)));
    }
    if !awaited && names.reads_clock(name) {
        return Effect::fenced(Fence::Clock, name, format!("calls `{name}`, which reads the clock"));
    }
    let deed = if awaited && is_given_statement_that_writes(types, call) { Deed::Write } else { names.deed(name) };
    match deed {
        Deed::Write if awaited => {
            Effect::new(Deed::Write, Confidence::Likely, name, format!("calls `{name}`, which writes by its name"))
        }
        // `new` builds a value, whatever else begins with it.
        deed if !awaited
            && (deed == Deed::Write || (names.begins(name) && !name.starts_with("new")))
            && !changes_its_own(types, call)
            && names.sync_method(name) != Some(SyncMethod::Pure) =>
        {
            let because = format!("calls `{name}`, which may write, by its name");
            Effect { suspends: false, ..Effect::new(Deed::Unknown, Confidence::Likely, name, because) }
        }
        Deed::Read if awaited && !gives_away_exclusively(types, call) => Effect::new(
            Deed::Read,
            Confidence::Likely,
            name,
            format!("calls `{name}`, which reads by its name and the way it is called"),
        ),
        _ if awaited && makes_reader(types, call) => Effect::new(
            Deed::Read,
            Confidence::Likely,
            name,
            format!("calls `{name}`, which opens what reads, by its type"),
        ),
        _ if awaited => Effect::new(
            Deed::Unknown,
            if names.begins(name) { Confidence::Likely } else { Confidence::Possible },
            name,
            format!("calls `{name}`, of which neither a body nor the name says what it does"),
        ),
        _ => harmless(name, "does nothing that others see, by its name"),
    }
}

/// Whether a call is given a statement of which only the name is seen, and that says that it writes:
/// `query(UPDATE_ORDER, &values)`, `query_one("order_insert.sql")`.
pub(super) fn is_given_statement_that_writes(types: &Types<'_>, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return false;
    };
    let named = |arg: &ExprId| {
        let mut at = *arg;
        while let ExprKind::Borrow { base, .. } | ExprKind::MethodCall { receiver: base, .. } = types.body.expr(at).kind
        {
            at = base;
        }
        match &types.body.expr(at).kind {
            ExprKind::Path(path) if !path.last().contains(char::is_lowercase) => Some(path.last().to_lowercase()),
            ExprKind::Literal(Literal::Str(text)) => text.strip_suffix(".sql").map(str::to_lowercase),
            _ => None,
        }
    };
    let writes = |word: &str| matches!(word, "insert" | "update" | "upsert" | "delete" | "truncate" | "alter");
    args.iter().filter_map(named).any(|name| name.split(|c: char| !c.is_alphanumeric()).any(writes))
}

/// Whether a call makes a value whose type says that it reads: `ParquetReader::new(file)`.
fn makes_reader(types: &Types<'_>, call: ExprId) -> bool {
    let ExprKind::Call { callee, .. } = &types.body.expr(call).kind else { return false };
    let ExprKind::Path(path) = &types.body.expr(*callee).kind else { return false };
    match path.segments.as_slice() {
        [.., of, name] => {
            of.name.ends_with("Reader") && knowledge::names().begins(name.name.trim_start_matches("try_"))
        }
        _ => false,
    }
}

fn harmless(name: &Name, does: &str) -> Effect {
    Effect { confidence: Confidence::Likely, ..Effect::pure(name, &format!("calls `{name}`, which {does}")) }
}

/// Whether what a synchronous call may change is the caller's own: its receiver, or an argument that is lent exclusively.
fn changes_its_own(types: &Types<'_>, call: ExprId) -> bool {
    let is_lent = |arg: &ExprId| {
        matches!(types.body.expr(*arg).kind, ExprKind::Borrow { mutable: true, .. })
            || types.of(*arg).is_exclusive_ref()
    };
    match &types.body.expr(call).kind {
        ExprKind::MethodCall { receiver, method, args, .. } => {
            memory::holder(types, *receiver, method) == Holder::Own || args.iter().any(is_lent)
        }
        ExprKind::Call { args, .. } => args.iter().any(is_lent),
        _ => false,
    }
}

/// Whether a call visibly gives an exclusive borrow away, or its declaration takes `&mut self`.
pub(super) fn gives_away_exclusively(types: &Types<'_>, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return false;
    };
    let is_exclusive = |arg: &ExprId| match &types.body.expr(*arg).kind {
        ExprKind::Borrow { mutable, base } => *mutable && !is_way_to_database(types, *base),
        ExprKind::Local(local) => types.of_local(*local).is_exclusive_ref() && !is_way_to_database(types, *arg),
        _ => false,
    };
    args.iter().any(is_exclusive) || takes_self_exclusively(types, call)
}

/// A connection, pool or transaction is handed over exclusively to be asked, not to be changed.
fn is_way_to_database(types: &Types<'_>, expr: ExprId) -> bool {
    let Some(name) = last_name(types, expr) else { return false };
    let name = name.to_lowercase();
    ["conn", "pool", "tx", "txn", "trx", "transaction", "db", "executor", "exec"].iter().any(|word| {
        name == *word
            || name.ends_with(&format!("_{word}"))
            || name.starts_with(&format!("{word}_"))
            || name == "connection"
    })
}

/// What people call an expression: the local, the field, or the method that gives it.
pub(super) fn last_name(types: &Types<'_>, expr: ExprId) -> Option<Name> {
    match &types.body.expr(expr).kind {
        ExprKind::Local(local) => Some(types.body.local(*local).name.clone()),
        ExprKind::Field { name, .. } | ExprKind::MethodCall { method: name, .. } => Some(name.clone()),
        ExprKind::Deref { base }
        | ExprKind::Borrow { base, .. }
        | ExprKind::Try { base }
        | ExprKind::Await { base } => last_name(types, *base),
        _ => None,
    }
}

fn takes_self_exclusively(types: &Types<'_>, call: ExprId) -> bool {
    let Callee::Workspace { functions, .. } = callee(types, call) else { return false };
    let receivers = functions.iter().filter_map(|id| types.index.function(*id));
    receivers.filter_map(|function| function.receiver.as_ref()).any(|receiver| *receiver == Receiver::Exclusive)
}
