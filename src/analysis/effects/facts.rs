//! What facts about foreign crates say of a call.
//!
//! In: a call that the index does not lead into the workspace. Out: its [`Effect`], where some fact is about it.
//!
//! A request is often built by one call and sent by another: `client.get(url).header(..).send()`. The fact about the
//! sending says so, and the chain of receivers is followed back to the call that began it.

use crate::analysis::effects::memory::{self, Holder, Memory};
use crate::analysis::effects::names::{on_memory, opened};
use crate::analysis::effects::{Effect, call_name, words};
use crate::diagnostic::Confidence;
use crate::index::calls::{Callee, callee};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::{ExprId, ExprKind, Import, Literal, Name};
use crate::knowledge::{self, Begins, Deed, Fact, FactEffect, Fence, Takes, sql};

/// Longer chains of receivers are not followed.
const LONGEST_CHAIN: usize = 64;

/// A fact about a call, and what the call is named in it.
pub(super) struct Found {
    pub(super) fact: &'static Fact,
    /// `tokio::fs::read`.
    pub(super) path: String,
}

/// The fact about a call, by the path of what is called; of a method on something unknown, by the traits that are imported.
pub(super) fn find(types: &Types<'_>, call: ExprId, callee: &Callee, awaited: bool) -> Option<Found> {
    let is_std_name = || knowledge::names().sync_method(&call_name(types, call)).is_some();
    match callee {
        // `iter.zip(..)` is no stream's `zip`, whatever is imported.
        Callee::Unknown | Callee::Workspace { .. } if !awaited && is_std_name() => None,
        Callee::Foreign(path) => {
            let by_path = knowledge::fact(path).map(|fact| Found { fact, path: path.join("::") });
            by_path.or_else(|| by_trait(types, call))
        }
        Callee::Unknown => by_prelude(types, call).or_else(|| by_trait(types, call)),
        Callee::Workspace { resolved: false, .. } => by_trait(types, call),
        Callee::Workspace { .. } | Callee::Constructor(_) => None,
    }
}

/// The fact about a call, looked up anew.
pub(super) fn of_call(types: &Types<'_>, call: ExprId) -> Option<Found> {
    match &types.body.expr(call).kind {
        ExprKind::Macro(makro) => {
            let path = crate::index::paths::absolute(types.index, types.scope, &makro.path);
            let mut path: Vec<Name> = path;
            let last = path.pop()?;
            path.push(format!("{last}!").into());
            knowledge::fact(&path).map(|fact| Found { fact, path: path.join("::") })
        }
        ExprKind::Call { .. } | ExprKind::MethodCall { .. } => find(types, call, &callee(types, call), true),
        _ => None,
    }
}

/// How a foreign method takes what it is called on, where a fact says so.
pub fn takes(types: &Types<'_>, call: ExprId) -> Option<Takes> {
    of_call(types, call)?.fact.receiver
}

/// Whether a foreign call gives a future that does nothing until it is awaited, as far as facts say: one that waits for
/// nothing but an answer, of a crate whose futures send nothing when they are made.
pub fn begins_when_awaited(types: &Types<'_>, call: ExprId) -> bool {
    const EAGER: [&str; 6] = ["hyper", "hyper_util", "tower", "actix", "actix_web", "awc"];
    let Some(Found { fact, path }) = of_call(types, call) else { return false };
    let asks = matches!(fact.effect, Some(FactEffect::Read | FactEffect::Begun | FactEffect::Write));
    asks && fact.fence.is_none()
        && fact.suspends != Some(false)
        && !EAGER.iter().any(|krate| path.split("::").next() == Some(krate))
}

/// The fact about a function that needs no path: `drop(x)`.
fn by_prelude(types: &Types<'_>, call: ExprId) -> Option<Found> {
    let ExprKind::Call { callee, .. } = &types.body.expr(call).kind else { return None };
    let ExprKind::Path(path) = &types.body.expr(*callee).kind else { return None };
    let [only] = path.segments.as_slice() else { return None };
    knowledge::fact(std::slice::from_ref(&only.name)).map(|fact| Found { fact, path: only.name.to_string() })
}

/// A warning about an awaited method on something unknown: a type that this module imports has a method of that name, and
/// that one does more than read.
pub(super) fn by_import(types: &Types<'_>, call: ExprId) -> Option<Effect> {
    let ExprKind::MethodCall { method: name, .. } = &types.body.expr(call).kind else { return None };
    imports(types)?.iter().find_map(|import| {
        import.path.last().filter(|last| last.starts_with(char::is_uppercase))?;
        let path: Vec<Name> = import.path.iter().cloned().chain([name.clone()]).collect();
        let fact = knowledge::fact(&path).filter(|fact| fact.is_about(name))?;
        let because = format!("calls `{name}`, which may be `{}`", path.join("::"));
        match fact.fence {
            Some(fence) => Some(Effect::fenced(fence, name, because)),
            None if fact.effect == Some(FactEffect::Write) => {
                Some(Effect::new(Deed::Unknown, Confidence::Likely, name, because))
            }
            None => None,
        }
    })
}

/// The fact about a method of a trait of a foreign crate that this file imports.
fn by_trait(types: &Types<'_>, call: ExprId) -> Option<Found> {
    let name = call_name(types, call);
    let mut imports = types.index.foreign_traits(types.scope.file, types.scope.module);
    imports.find_map(|import| {
        let (krate, last) = (import.path.first()?, import.path.last()?);
        let is_glob = import.alias == "*";
        let imported = |owner: &str| (is_glob || last == owner) && knowledge::is_trait(krate, owner);
        let (owner, fact) = knowledge::trait_facts(krate, &name).find(|(owner, _)| imported(owner))?;
        Some(Found { fact, path: format!("{krate}::{owner}::{name}") })
    })
}

/// What the module imports that the body stands in.
fn imports<'t>(types: &'t Types<'_>) -> Option<&'t [Import]> {
    let ir = types.index.file(types.scope.file)?;
    Some(&ir.modules.get(types.scope.module)?.imports)
}

/// Whether a stream is only asked what it is: `stdout().is_terminal()`.
fn is_only_looked_at(types: &Types<'_>, call: ExprId) -> bool {
    const LOOKS: [&str; 4] = ["is_terminal", "as_fd", "as_raw_fd", "as_raw_handle"];
    types.body.exprs.iter().any(|expr| match &expr.kind {
        ExprKind::MethodCall { receiver, method, .. } => *receiver == call && LOOKS.contains(&method.as_str()),
        _ => false,
    })
}

/// What a fact says of a call.
pub(super) fn effect(types: &Types<'_>, call: ExprId, found: &Found, awaited: bool) -> Effect {
    let Found { fact, path } = found;
    let name = call_name(types, call);
    if !awaited && fact.of.as_deref() == Some("streams") && is_only_looked_at(types, call) {
        return Effect { suspends: false, ..Effect::pure(&name, "is only asked what kind of stream it is") };
    }
    // What waits only when it is awaited is only built here.
    if !awaited && fact.runs_arguments && fact.suspends != Some(false) && is_of_trait(path) {
        return Effect {
            suspends: false,
            ..Effect::pure(&name, &format!("calls `{path}`, which only builds a future"))
        };
    }
    if awaited && fact.runs_arguments && gives_a_place(types, call) {
        let because = format!("calls `{name}`, which runs futures made elsewhere, of which nothing is known");
        return Effect::new(Deed::Unknown, Confidence::Possible, &name, because);
    }
    let suspends = fact.suspends.unwrap_or(true);
    if let Some(effect) = on_its_own(types, call, fact, &name, awaited) {
        return Effect { suspends, is_local: fact.is_local, ..effect };
    }
    if let Some(fence) = fact.fence {
        return Effect {
            suspends,
            ..Effect::fenced(fence, &name, format!("calls `{path}`, which {}", words::fence_says(fence)))
        };
    }
    let of = fact.of.as_deref().unwrap_or("what others see");
    let plain = |deed| (deed, said(deed, of));
    let (deed, does) = match fact.effect.unwrap_or(FactEffect::Unknown) {
        // Building a request sends nothing; awaiting it, where that is allowed, sends it.
        FactEffect::Pure if awaited && fact.begins.is_some() => begun(types, call, fact, of),
        FactEffect::Pure => plain(Deed::Pure),
        FactEffect::Read => plain(Deed::Read),
        FactEffect::Unknown => plain(Deed::Unknown),
        FactEffect::Write => plain(Deed::Write),
        FactEffect::Begun if !awaited && fact.suspends != Some(false) => {
            (Deed::Pure, "only builds a request".to_owned())
        }
        FactEffect::Begun => begun(types, call, fact, of),
    };
    let because = format!("calls `{path}`, which {does}");
    // What is sent is not known, and the name of the sending says what is wanted of it.
    if awaited
        && deed == Deed::Unknown
        && fact.effect == Some(FactEffect::Begun)
        && knowledge::names().deed(&name) == Deed::Read
    {
        let because = format!("calls `{name}`, which reads by its name");
        return Effect { suspends, ..Effect::new(Deed::Read, Confidence::Likely, &name, because) };
    }
    let confidence = match deed {
        // A task lives on when its starter is done; that is more than not knowing.
        Deed::Unknown if name.starts_with("spawn") && !name.contains("blocking") => Confidence::Likely,
        Deed::Unknown => Confidence::Possible,
        _ => Confidence::Proven,
    };
    let is_local = is_local(types, call, fact);
    Effect { suspends, is_local, ..Effect::new(deed, confidence, &name, because) }
}

/// Whether a call waits for nothing but local files, a database in one among them.
fn is_local(types: &Types<'_>, call: ExprId, fact: &Fact) -> bool {
    let is_of_database = fact.of.as_deref() == Some("database") || fact.begins == Some(Begins::Sql);
    fact.is_local || (is_of_database && (asks_a_file(types) || is_given_a_file(types, call)))
}

/// Whether a call is given a connection to a database in a file.
fn is_given_a_file(types: &Types<'_>, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return false;
    };
    args.iter().any(|arg| match types.of(*arg).peeled() {
        Ty::Named(path, _) => path.last().is_some_and(|name| name.starts_with("Sqlite")),
        _ => false,
    })
}

/// Whether the only databases of this package are files of its own: its database crates are built for SQLite alone.
fn asks_a_file(types: &Types<'_>) -> bool {
    let source = types.index.source(types.scope.file);
    let Some(package) = types.index.package_of(source) else { return false };
    let is_for = |feature: &String, of: &str| feature.contains(of);
    let databases = package
        .dependencies
        .iter()
        .filter(|dependency| matches!(dependency.package.as_str(), "sqlx" | "sea-orm" | "diesel" | "diesel-async"));
    let features: Vec<&String> = databases.flat_map(|dependency| &dependency.features).collect();
    let others = ["postgres", "mysql", "mssql", "any"];
    features.iter().any(|feature| is_for(feature, "sqlite"))
        && !features.iter().any(|feature| others.iter().any(|other| is_for(feature, other)))
}

/// Whether a path is that of a trait's method.
fn is_of_trait(path: &str) -> bool {
    let names: Vec<&str> = path.split("::").collect();
    match names.as_slice() {
        [krate, .., owner, _] => knowledge::is_trait(krate, owner),
        _ => false,
    }
}

/// What an awaited method does that sends what some call of its chain began, whatever the method is.
pub(super) fn by_chain(types: &Types<'_>, call: ExprId) -> Option<Effect> {
    let name = call_name(types, call);
    let mut at = before(types, call);
    for _ in 0..LONGEST_CHAIN {
        let expr = at?;
        if let Some(found) = of_call(types, expr)
            && let Some(begins) = found.fact.begins
        {
            let (deed, does) = sent(types, expr, begins, found.fact.of.as_deref().unwrap_or("what others see"));
            let because = format!("calls `{}` and sends it, which {does}", found.path);
            let confidence = if deed == Deed::Unknown { Confidence::Possible } else { Confidence::Proven };
            let is_local = is_local(types, call, found.fact);
            return Some(Effect { is_local, ..Effect::new(deed, confidence, &name, because) });
        }
        at = before(types, expr);
    }
    None
}

/// A method on memory, a lock or a stream: whose it is decides.
fn on_its_own(types: &Types<'_>, call: ExprId, fact: &Fact, name: &Name, awaited: bool) -> Option<Effect> {
    let receiver = match &types.body.expr(call).kind {
        ExprKind::MethodCall { receiver, .. } => receiver,
        // `AtomicU64::load(&self.count, ..)`.
        ExprKind::Call { args, .. } => args.first()?,
        _ => return None,
    };
    if fact.fence == Some(Fence::Acquire) && memory::is_lock(types, call) {
        return Some(opened(types, call, name));
    }
    let of = fact.of.as_deref().unwrap_or_default();
    let changes = fact.effect == Some(FactEffect::Write);
    if of.ends_with("memory") && (changes || fact.effect == Some(FactEffect::Read)) {
        return Some(on_memory(types, call, *receiver, name, changes));
    }
    // A cache that is filled on the way to an answer gives the same answers as before.
    if changes && of == "cache" && name == "insert" {
        let because = format!("calls `{name}`, which fills a cache");
        return Some(Effect {
            confidence: Confidence::Likely,
            memory: Memory::read("a cache".into()),
            ..Effect::pure(name, &because)
        });
    }
    let because = format!("calls `{name}`, which moves on a stream of its own");
    let is_own = changes
        && of == "streams"
        && memory::holder(types, *receiver, name) == Holder::Own
        && !(awaited && sends_on(types, call, name));
    is_own.then(|| Effect { confidence: Confidence::Likely, ..Effect::pure(name, &because) })
}

/// Whether what a call moves may go further than this body. Whoever owns a reader moves it on, and what it is made of was
/// judged where it was made; but what is written to a stream that was not made here is on its way, and so is whatever one
/// stream gives to another.
fn sends_on(types: &Types<'_>, call: ExprId, name: &Name) -> bool {
    match &types.body.expr(call).kind {
        ExprKind::MethodCall { receiver, .. } => name.starts_with("write") && !memory::stays_here(types, *receiver),
        ExprKind::Call { args, .. } => !args.iter().all(|arg| memory::stays_here(types, *arg)),
        _ => false,
    }
}

/// What sending a request does: what the call that began it says.
fn begun(types: &Types<'_>, call: ExprId, fact: &Fact, of: &str) -> (Deed, String) {
    let mut at = Some(call);
    let mut own = Some(fact);
    for _ in 0..LONGEST_CHAIN {
        let Some(expr) = at else { break };
        let fact = own.take().or_else(|| of_call(types, expr).map(|found| found.fact));
        if let Some(begins) = fact.and_then(|fact| fact.begins) {
            return sent(types, expr, begins, of);
        }
        at = before(types, expr);
    }
    match fact.otherwise {
        Some(deed) => (deed, said(deed, of)),
        None => (Deed::Unknown, "sends a request, and nothing says which".to_owned()),
    }
}

fn sent(types: &Types<'_>, call: ExprId, begins: Begins, of: &str) -> (Deed, String) {
    let deed = match begins {
        Begins::Read => Deed::Read,
        Begins::Write => Deed::Write,
        Begins::Unknown => Deed::Unknown,
        Begins::Sql => return by_text(types, call),
    };
    (deed, said(deed, of))
}

fn said(deed: Deed, of: &str) -> String {
    match deed {
        Deed::Pure => "touches nothing".to_owned(),
        Deed::Read => format!("reads {of}"),
        Deed::Unknown => format!("may do anything to {of}"),
        Deed::Write => format!("changes {of}"),
    }
}

/// What the SQL text among the arguments of a call says.
fn by_text(types: &Types<'_>, call: ExprId) -> (Deed, String) {
    let args = match &types.body.expr(call).kind {
        ExprKind::Macro(makro) => &makro.args,
        ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. } => args,
        _ => return (Deed::Unknown, "runs SQL of which nothing is known".to_owned()),
    };
    let text = args.iter().find_map(|arg| literal(types, *arg));
    let Some(statement) = text.and_then(|text| sql::statement(&text)) else {
        return (Deed::Unknown, "runs SQL that is not written here".to_owned());
    };
    let tables = match statement.tables.as_slice() {
        [] => "the database".to_owned(),
        [only] => format!("the table `{only}`"),
        several => format!("the tables `{}`", several.join("`, `")),
    };
    (statement.deed, format!("{} by its SQL", said(statement.deed, &tables)))
}

/// A string literal, also through a local that was given one.
fn literal(types: &Types<'_>, expr: ExprId) -> Option<Name> {
    match &types.body.expr(expr).kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
        ExprKind::Local(local) => match &types.body.expr(types.body.local(*local).init?).kind {
            ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
            _ => None,
        },
        ExprKind::Borrow { base, .. } => literal(types, *base),
        ExprKind::Macro(makro) if makro.path.last() == "concat" => {
            let parts: Option<Vec<Name>> = makro.args.iter().map(|arg| literal(types, *arg)).collect();
            Some(parts?.concat().into())
        }
        _ => None,
    }
}

/// What a call is called on, or the initialiser of the local it is called on.
fn before(types: &Types<'_>, expr: ExprId) -> Option<ExprId> {
    match &types.body.expr(expr).kind {
        ExprKind::MethodCall { receiver, .. } => Some(*receiver),
        ExprKind::Local(local) => types.body.local(*local).init,
        ExprKind::Await { base } | ExprKind::Try { base } | ExprKind::Borrow { base, .. } => Some(*base),
        _ => None,
    }
}

/// Whether an argument is a local or field, so that what it holds was made elsewhere.
fn gives_a_place(types: &Types<'_>, call: ExprId) -> bool {
    let (ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) = &types.body.expr(call).kind else {
        return false;
    };
    args.iter().any(|arg| matches!(types.body.expr(*arg).kind, ExprKind::Local(_) | ExprKind::Field { .. }))
}
