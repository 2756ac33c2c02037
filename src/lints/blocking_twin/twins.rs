//! Which calls block, and what stands beside them.
//!
//! In: a call. Out: [`Twin`], where it blocks and has one.

use crate::analysis::effects::call_name;
use crate::diagnostic::Confidence;
use crate::discover::Dependency;
use crate::index::calls::{Callee, callee, resolved};
use crate::index::types::Types;
use crate::index::{FunctionId, paths, qualified_name};
use crate::ir::{ExprId, ExprKind, Name, Owner};
use crate::lints::Context;

/// A call that blocks.
pub(super) struct Twin {
    /// What it is called, `std::fs::read`.
    pub(super) blocks: String,
    /// What stands beside it, `tokio::fs::read`, in backticks.
    pub(super) instead: String,
    /// Who must be there for that; `None` where it is there in any case.
    pub(super) runtime: Option<Runtime>,
    /// Whether both are of the workspace.
    pub(super) is_ours: bool,
    /// How sure it is that the call blocks.
    pub(super) confidence: Confidence,
    /// How it is known.
    pub(super) evidence: String,
    /// What comes of it.
    pub(super) story: &'static str,
}

/// Whose functions stand beside those of the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runtime {
    /// tokio.
    Tokio,
    /// reqwest, whose own `blocking` module it is.
    Reqwest,
}

const SLEEPS: &str = "no other task of this thread runs meanwhile, its timers and answers included";
const WAITS: &str =
    "whatever else this thread has to do waits until it is done, however slow the disk or the network is";
const PANICS: &str = "inside a runtime it panics, or waits for a task that this thread would have to run";

/// Functions of files that wait for the disk.
const FILES: [&str; 21] = [
    "read",
    "read_to_string",
    "write",
    "copy",
    "rename",
    "remove_file",
    "remove_dir",
    "remove_dir_all",
    "create_dir",
    "create_dir_all",
    "read_dir",
    "metadata",
    "symlink_metadata",
    "canonicalize",
    "hard_link",
    "set_permissions",
    "read_link",
    "exists",
    "try_exists",
    "open",
    "create",
];

/// What a call blocks, and what stands beside it.
pub(super) fn twin(types: &Types<'_>, call: ExprId) -> Option<Twin> {
    of_std(types, call).or_else(|| of_blocking_name(types, call)).or_else(|| of_workspace(types, call))
}

fn of_std(types: &Types<'_>, call: ExprId) -> Option<Twin> {
    let path = path_of(types, call)?;
    let names: Vec<&str> = path.iter().map(Name::as_str).collect();
    let whole = names.join("::");
    let twin = |instead: String, story: &'static str| Twin {
        evidence: format!("`{whole}` is of the standard library, and waits on the thread"),
        blocks: whole.clone(),
        instead: format!("`{instead}`"),
        runtime: Some(Runtime::Tokio),
        is_ours: false,
        confidence: Confidence::Proven,
        story,
    };
    match names.as_slice() {
        ["std", "thread", "sleep"] => Some(twin("tokio::time::sleep".to_owned(), SLEEPS)),
        ["std", "fs", name] if FILES.contains(name) => Some(twin(format!("tokio::fs::{name}"), WAITS)),
        ["std", "fs", "File", name @ ("open" | "create" | "create_new")] => {
            Some(twin(format!("tokio::fs::File::{name}"), WAITS))
        }
        ["std", "net", "TcpStream", name @ ("connect" | "connect_timeout")] => {
            let name = name.trim_end_matches("_timeout");
            Some(twin(format!("tokio::net::TcpStream::{name}"), WAITS))
        }
        ["std", "process", "Command", name @ ("output" | "status")] => {
            Some(twin(format!("tokio::process::Command::{name}"), WAITS))
        }
        ["reqwest", "blocking", rest @ ..] => Some(Twin {
            evidence: format!("`{whole}` runs a runtime of its own and waits for it on the thread"),
            runtime: Some(Runtime::Reqwest),
            ..twin(format!("reqwest::{}", rest.join("::")), PANICS)
        }),
        [
            krate @ ("futures" | "futures_executor" | "pollster" | "futures_lite" | "smol" | "async_std"),
            ..,
            "block_on",
        ] => Some(Twin {
            evidence: format!("`block_on` of `{krate}` waits on the thread"),
            instead: "`.await`".to_owned(),
            runtime: None,
            ..twin(String::new(), PANICS)
        }),
        _ => None,
    }
}

/// The path of what a call means outside of the workspace; of a method of a process, that of the process.
fn path_of(types: &Types<'_>, call: ExprId) -> Option<Vec<Name>> {
    if let ExprKind::MethodCall { receiver, method, .. } = &types.body.expr(call).kind
        && matches!(method.as_str(), "output" | "status")
    {
        let begun = began(types, *receiver)?;
        let mut path = begun.strip_suffix(&[Name::new("new")])?.to_vec();
        path.push(method.clone());
        return Some(path);
    }
    match callee(types, call) {
        Callee::Foreign(path) => Some(path),
        _ => None,
    }
}

/// The path of the function that a chain of methods begins with, through the local it was put in.
fn began(types: &Types<'_>, expr: ExprId) -> Option<Vec<Name>> {
    let mut at = expr;
    loop {
        at = match &types.body.expr(at).kind {
            ExprKind::MethodCall { receiver, .. } => *receiver,
            ExprKind::Borrow { base, .. } => *base,
            ExprKind::Local(local) => types.body.local(*local).init?,
            ExprKind::Call { callee, .. } => {
                let ExprKind::Path(path) = &types.body.expr(*callee).kind else { return None };
                return Some(paths::absolute(types.index, types.scope, path));
            }
            _ => return None,
        };
    }
}

/// `blocking_lock`, `blocking_recv`: what tokio has for threads that are not its own. And `block_on` of a runtime.
fn of_blocking_name(types: &Types<'_>, call: ExprId) -> Option<Twin> {
    let ExprKind::MethodCall { method, args, .. } = &types.body.expr(call).kind else { return None };
    if types.index.declares_function(method) {
        return None;
    }
    let instead = match method.as_str() {
        "block_on" if args.len() == 1 => ".await",
        "blocking_lock" | "blocking_read" | "blocking_write" | "blocking_recv" | "blocking_send" => {
            method.strip_prefix("blocking_")?
        }
        _ => return None,
    };
    Some(Twin {
        blocks: method.to_string(),
        instead: format!("`{instead}`"),
        runtime: None,
        is_ours: false,
        confidence: Confidence::Likely,
        evidence: format!("`{method}` waits on the thread by its name"),
        story: PANICS,
    })
}

/// A method of the workspace beside which its async variant is declared: `get` and `get_async`.
fn of_workspace(types: &Types<'_>, call: ExprId) -> Option<Twin> {
    let name = call_name(types, call);
    let Callee::Workspace { functions, resolved: true } = resolved(types, call) else { return None };
    let [id] = functions.as_slice() else { return None };
    let function = types.index.function(*id).filter(|function| !function.is_async)?;
    let is_constructor = name.starts_with("new") || name == "default" || function.receiver.is_none();
    if is_constructor && function.owner != Owner::Module {
        return None;
    }
    let stem = name.strip_suffix("_blocking").or_else(|| name.strip_suffix("_sync"));
    let stem = stem.or_else(|| name.strip_prefix("blocking_"));
    let candidates = match stem {
        Some(stem) => vec![stem.to_owned(), format!("{stem}_async")],
        None => vec![format!("{name}_async"), format!("async_{name}")],
    };
    let beside = candidates.iter().find_map(|candidate| sibling(types, *id, candidate))?;
    // The async variant may be made of the blocking one.
    if types.index.function(beside).is_some_and(|function| function.span == types.function.span) {
        return None;
    }
    let ir = types.index.file(id.file)?;
    let text = |id: FunctionId| types.index.function(id).map(|function| qualified_name(ir, function));
    Some(Twin {
        blocks: text(*id)?,
        instead: format!("`{}`", text(beside)?),
        runtime: None,
        is_ours: true,
        confidence: Confidence::Likely,
        evidence: format!("both are declared in `{}`", types.index.source(id.file).name),
        story: WAITS,
    })
}

/// The async function of a name that stands in the same impl block or module.
fn sibling(types: &Types<'_>, id: FunctionId, name: &str) -> Option<FunctionId> {
    let own = types.index.function(id)?;
    let mut all = types.index.functions_in(id.file);
    let found = all.find(|(_, other)| {
        let same_type = match (own.owner, other.owner) {
            (Owner::Impl(one), Owner::Impl(two)) => {
                let blocks = types.index.file(id.file).map(|ir| (&ir.impls[one].self_ty, &ir.impls[two].self_ty));
                blocks.is_some_and(|(one, two)| one == two)
            }
            (one, two) => one == two,
        };
        other.name == name && other.is_async && same_type && other.module == own.module
    });
    found.map(|(id, _)| id)
}

/// Whether a runtime is there: by the manifest, or, without one, by what the file names.
pub(super) fn has(context: &Context<'_>, runtime: Runtime) -> bool {
    let index = context.types.index;
    let source = index.source(context.id.file);
    let name = match runtime {
        Runtime::Tokio => "tokio",
        Runtime::Reqwest => "reqwest",
    };
    let is_it = |dependency: &Dependency| dependency.package == name && dependency.kind == "normal";
    match index.package_of(source) {
        Some(package) => package.dependencies.iter().any(is_it),
        None => source.text.contains(&format!("{name}::")),
    }
}
