//! What people say that a call does: in a manifest, by the path of what is called, or in a comment above the function.
//!
//! In: a call, or a function of the workspace. Out: its [`Effect`], where somebody says what it does.
//!
//! Invariant: a comment wins over a pattern, and of patterns the one that says most; of two that say as much, a package's
//! over a workspace's, then the one that allows least.
//! Invariant: of what is called only by a name that several may have, only patterns for any such name speak.

use crate::analysis::effects::call::{in_callers_words, may_be_awaited};
use crate::analysis::effects::{Effect, Memory, call_name, facts, suspends_by_itself, words};
use crate::diagnostic::Confidence;
use crate::discover::Claim;
use crate::index::calls::{Callee, callee};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::index::{FunctionId, Index, Scope, paths, qualified_name, type_name};
use crate::ir::{ExprId, ExprKind, Function, MacroKind, Name, Owner, TypeRef};
use crate::knowledge::{ClaimKind, Deed, FactEffect, Fence};

/// Longer chains of calls are not followed.
const LONGEST_CHAIN: usize = 64;

/// What somebody says of a call, or of the request that it sends.
pub(super) fn of_call(types: &Types<'_>, call: ExprId, name: &Name, awaited: bool) -> Option<Effect> {
    match claimed(types, call, name) {
        Some(_) if !awaited && is_sent(types, call) => {
            Some(Effect::pure(name, &format!("calls `{name}`, which only builds a request")))
        }
        None if awaited && is_sending(types, call) => begun(types, call),
        found => found,
    }
}

fn claimed(types: &Types<'_>, call: ExprId, name: &Name) -> Option<Effect> {
    let index = types.index;
    let mut claims = index.workspace.claims.iter();
    if !index.may_be_claimed(name) && !claims.any(|claim| claim.pattern.may_end_in(name)) {
        return None;
    }
    let package = index.source(types.scope.file).package;
    match callee(types, call) {
        // Where one of several has a claim, its summary has it too.
        Callee::Workspace { functions, resolved: true } => {
            let each = functions.iter().map(|id| Some(in_callers_words(index, *id, in_package(index, *id, package)?)));
            let joined = each.collect::<Option<Vec<Effect>>>()?.into_iter().reduce(Effect::join)?;
            Some(Effect { callee: name.clone(), ..joined })
        }
        Callee::Foreign(path) => by_path(index, &[path], package, name),
        Callee::Constructor(_) => None,
        Callee::Workspace { .. } | Callee::Unknown => by_path(index, &guesses(types, call, name), package, name),
    }
}

/// Whether a call sends the request that its chain built, `client.get_user().send()`.
fn is_sending(types: &Types<'_>, call: ExprId) -> bool {
    let ExprKind::MethodCall { method, receiver, .. } = &types.body.expr(call).kind else { return false };
    matches!(types.body.expr(*receiver).kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. })
        && (method == "send"
            || facts::of_call(types, call).is_some_and(|found| found.fact.effect == Some(FactEffect::Begun)))
}

/// Whether the chain that a call begins ends in one that sends a request.
fn is_sent(types: &Types<'_>, call: ExprId) -> bool {
    let behind = |call: ExprId| {
        let above = types.body.exprs.iter().enumerate().skip(call.0 as usize);
        let mut above =
            above.filter(|(_, expr)| matches!(&expr.kind, ExprKind::MethodCall { receiver, .. } if *receiver == call));
        above.next().and_then(|(number, _)| u32::try_from(number).ok()).map(ExprId)
    };
    std::iter::successors(behind(call), |call| behind(*call)).take(LONGEST_CHAIN).any(|call| is_sending(types, call))
}

/// What somebody says of the call that began what this one sends.
fn begun(types: &Types<'_>, call: ExprId) -> Option<Effect> {
    let before = |call: &ExprId| match &types.body.expr(*call).kind {
        ExprKind::MethodCall { receiver, .. } => Some(*receiver),
        _ => None,
    };
    let chain = std::iter::successors(before(&call), before).take(LONGEST_CHAIN);
    chain.map(|call| (call, call_name(types, call))).find_map(|(call, name)| claimed(types, call, &name))
}

/// What somebody says of a function, wherever it is called from.
pub(super) fn of_function(index: &Index<'_>, id: FunctionId) -> Option<Effect> {
    in_package(index, id, None)
}

/// What somebody says of a function that a package calls.
fn in_package(index: &Index<'_>, id: FunctionId, package: Option<usize>) -> Option<Effect> {
    let function = index.function(id)?;
    let (kind, says) = commented(index, id, function).or_else(|| {
        let name = &function.name;
        if !index.workspace.claims.iter().any(|claim| claim.pattern.may_end_in(name)) {
            return None;
        }
        let packages = [package, index.source(id.file).package];
        strongest(index, &packages, &paths_of(index, id, function)).map(said)
    })?;
    Some(Effect { suspends: may_suspend(index, id, function), ..effect(kind, &function.name, &says) })
}

/// What a comment above a function says, or above what a trait declares and it implements.
fn commented(index: &Index<'_>, id: FunctionId, function: &Function) -> Option<(ClaimKind, String)> {
    if let Some(kind) = function.claim {
        return Some((kind, "a comment there says".to_owned()));
    }
    let Owner::Impl(block) = function.owner else { return None };
    if !index.may_be_claimed(&function.name) {
        return None;
    }
    let of_trait = index.file(id.file)?.impls.get(block)?.of_trait.as_ref()?;
    let declared = index.methods_in_traits(of_trait.last(), &function.name);
    declared.into_iter().find_map(|id| {
        let (ir, function) = (index.file(id.file)?, index.function(id)?);
        Some((function.claim?, format!("a comment at `{}` says", qualified_name(ir, function))))
    })
}

/// What the manifests say of what is called by one of these paths.
fn by_path(index: &Index<'_>, paths: &[Vec<Name>], package: Option<usize>, name: &Name) -> Option<Effect> {
    let all: Vec<Vec<Name>> = paths.iter().flat_map(|path| spellings(path.clone())).collect();
    let (kind, says) = strongest(index, &[package], &all).map(said)?;
    let called = paths.iter().find(|path| !path[0].is_empty()).map_or(name.to_string(), |path| path.join("::"));
    let effect = effect(kind, name, &says);
    Some(Effect { because: words::behind(&format!("calls `{called}`"), &effect.because).into(), ..effect })
}

/// The claim that decides, of those that are about one of the packages and fit one of the paths.
fn strongest<'a>(index: &'a Index<'_>, packages: &[Option<usize>], paths: &[Vec<Name>]) -> Option<&'a Claim> {
    let is_about = |claim: &Claim| packages.iter().flatten().any(|package| claim.packages.contains(package));
    let fits = |claim: &Claim| paths.iter().any(|path| claim.pattern.fits(path));
    let fitting = index.workspace.claims.iter().filter(|claim| is_about(claim) && fits(claim));
    fitting.max_by_key(|claim| {
        let is_packages = claim.table.contains("package");
        (claim.pattern.is_exact(), claim.pattern.weight(), is_packages, claim.kind)
    })
}

fn said(claim: &Claim) -> (ClaimKind, String) {
    (claim.kind, format!("`{}` says", claim.table))
}

fn effect(kind: ClaimKind, name: &Name, says: &str) -> Effect {
    let does = match kind {
        ClaimKind::Reads => "reads",
        ClaimKind::Writes => "writes",
        ClaimKind::Fence => "lets nothing cross it",
    };
    let because = format!("{does}, as {says}");
    match kind {
        ClaimKind::Reads => Effect::new(Deed::Read, Confidence::Proven, name, because),
        ClaimKind::Writes => {
            let memory = Memory::any_write(&because);
            Effect { memory, ..Effect::new(Deed::Write, Confidence::Proven, name, because) }
        }
        // A write too, so that it stays one inside its callers.
        ClaimKind::Fence => Effect {
            deed: Deed::Write,
            memory: Memory::any_write(&because),
            ..Effect::fenced(Fence::Statement, name, because)
        },
    }
}

/// Whether a function waits for anything, as far as it shows: a claim says what it does, not that it takes time.
fn may_suspend(index: &Index<'_>, id: FunctionId, function: &Function) -> bool {
    let Some(body) = index.body(id) else { return may_be_awaited(function) };
    let waits = |kind: &ExprKind| match kind {
        ExprKind::Macro(call) => matches!(call.kind, MacroKind::Opaque | MacroKind::Join { .. }),
        kind => matches!(kind, ExprKind::Await { .. } | ExprKind::Opaque(_)),
    };
    suspends_by_itself(function) || body.exprs.iter().any(|expr| waits(&expr.kind))
}

/// The absolute paths of a function: by its module, or by its type and the trait it implements.
fn paths_of(index: &Index<'_>, id: FunctionId, function: &Function) -> Vec<Vec<Name>> {
    let scope = Scope { file: id.file, module: function.module, owner: Owner::Module };
    let Some(ir) = index.file(id.file) else { return Vec::new() };
    let here = |name: Option<Name>| paths::module_path(index, scope).into_iter().chain(name).collect::<Vec<Name>>();
    let owners = match function.owner {
        Owner::Module => vec![here(None)],
        Owner::Trait(decl) => vec![here(Some(ir.traits[decl].name.clone()))],
        Owner::Impl(block) => {
            let block = &ir.impls[block];
            let of_type = match &block.self_ty {
                TypeRef::Path(path) => Some(at_home(index, scope, paths::absolute(index, scope, path))),
                other => type_name(other).map(|name| here(Some(name))),
            };
            let of_trait = block.of_trait.as_ref();
            let of_trait = of_trait.map(|path| at_home(index, scope, paths::absolute(index, scope, path)));
            of_type.into_iter().chain(of_trait).collect()
        }
    };
    let paths = owners.into_iter().map(|owner| owner.into_iter().chain([function.name.clone()]).collect());
    let crates = library_name(index, id);
    paths.flat_map(spellings).flat_map(|path| renamed(path, crates.as_ref())).collect()
}

/// A bare name is taken for one of this module.
fn at_home(index: &Index<'_>, scope: Scope, path: Vec<Name>) -> Vec<Name> {
    match path.as_slice() {
        [_] => paths::module_path(index, scope).into_iter().chain(path).collect(),
        _ => path,
    }
}

/// The path, and that with the modules before its type left out.
fn spellings(path: Vec<Name>) -> Vec<Vec<Name>> {
    match path.iter().position(|name| name.starts_with(char::is_uppercase)) {
        Some(at) if at > 1 => {
            let short = path[..1].iter().chain(&path[at..]).cloned().collect();
            vec![path, short]
        }
        _ => vec![path],
    }
}

/// What the library of a function's package is called, where that is not the package's name.
fn library_name(index: &Index<'_>, id: FunctionId) -> Option<Name> {
    let package = index.workspace.packages.get(index.source(id.file).package?)?;
    let library = package.targets.iter().find(|target| target.kinds.iter().any(|kind| kind.ends_with("lib")))?;
    (library.name != package.name).then(|| Name::new(library.name.replace('-', "_")))
}

/// The path, and that under the name of its library.
fn renamed(path: Vec<Name>, library: Option<&Name>) -> Vec<Vec<Name>> {
    let other = library.map(|library| std::iter::once(library).chain(&path[1..]).cloned().collect());
    std::iter::once(path).chain(other).collect()
}

/// The paths by which something may be meant that was not found: what a macro declares stands where its path says. The
/// one that begins with no name fits patterns for any path only.
fn guesses(types: &Types<'_>, call: ExprId, name: &Name) -> Vec<Vec<Name>> {
    let (index, scope) = (types.index, types.scope);
    let guess = match &types.body.expr(call).kind {
        ExprKind::MethodCall { receiver, .. } => match types.of(*receiver).peeled() {
            Ty::Named(path, _) if path.len() > 1 => Some(path.into_iter().chain([name.clone()]).collect()),
            _ => None,
        },
        ExprKind::Call { callee, .. } => match &types.body.expr(*callee).kind {
            ExprKind::Path(path) => match paths::absolute(index, scope, path) {
                path if path.len() > 1 => Some(path),
                // Or it comes in by a glob.
                path => (!has_glob(index, scope)).then(|| at_home(index, scope, path)),
            },
            _ => None,
        },
        _ => None,
    };
    guess.into_iter().chain([vec![Name::default(), name.clone()]]).collect()
}

fn has_glob(index: &Index<'_>, scope: Scope) -> bool {
    let module = index.file(scope.file).and_then(|ir| ir.modules.get(scope.module));
    module.is_none_or(|module| module.imports.iter().any(|import| import.alias == "*"))
}
