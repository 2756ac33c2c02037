//! Which declaration a call means.
//!
//! In: a call of a body. Out: [`Callee`].

use crate::index::ty::{Ty, lower};
use crate::index::types::Types;
use crate::index::{FunctionId, Index, Scope, paths, type_name};
use crate::ir::{ExprId, ExprKind, Generic, Impl, Name, Owner, Path};
use crate::knowledge;

/// What a call means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function of the workspace, or one of several: the implementations of a trait's method, or namesakes.
    Workspace {
        /// The candidates, at least one.
        functions: Vec<FunctionId>,
        /// Whether the call was resolved; otherwise the candidates only share its name.
        resolved: bool,
    },
    /// A function elsewhere, by its absolute path; of a method, the path of the type and the method's name.
    Foreign(Vec<Name>),
    /// A tuple struct or a variant.
    Constructor(Vec<Name>),
    /// Not known.
    Unknown,
}

/// Resolves a call or method call; anything else is unknown.
pub fn callee(types: &Types<'_>, call: ExprId) -> Callee {
    match (types.callee(call, || found(types, call)), &types.body.expr(call).kind) {
        (Some(callee), _) => callee,
        (None, ExprKind::MethodCall { method, .. }) => types.namesakes(call, || namesakes(types.index, method)),
        (None, _) => Callee::Unknown,
    }
}

/// The same, where what only shares its name with methods of the workspace counts as unknown: those need not be read then.
pub fn resolved(types: &Types<'_>, call: ExprId) -> Callee {
    types.callee(call, || found(types, call)).unwrap_or(Callee::Unknown)
}

/// `None` where nothing says which type's method is meant.
fn found(types: &Types<'_>, call: ExprId) -> Option<Callee> {
    match &types.body.expr(call).kind {
        ExprKind::Call { callee, .. } => match &types.body.expr(*callee).kind {
            ExprKind::Path(path) => Some(function(types, path)),
            _ => Some(Callee::Unknown),
        },
        ExprKind::MethodCall { receiver, method, .. } => self::method(types, *receiver, method),
        _ => Some(Callee::Unknown),
    }
}

/// The function that a path names, whether it is called or not.
pub fn named_function(types: &Types<'_>, path: &Path) -> Callee {
    function(types, path)
}

fn function(types: &Types<'_>, path: &Path) -> Callee {
    let (index, scope) = (types.index, types.scope);
    if let [first, second] = path.segments.as_slice()
        && path.qself.is_none()
        && let Some(generic) = types.generics().into_iter().find(|generic| generic.name == first.name)
    {
        let bounds: Vec<Vec<Name>> = generic.bounds.iter().map(|bound| paths::absolute(index, scope, bound)).collect();
        return of_bounds(index, &bounds, &second.name);
    }
    let absolute = paths::absolute(index, scope, path);
    let Some((name, owner)) = absolute.split_last() else { return Callee::Unknown };
    if let Some(type_name) = owner.last().filter(|name| name.starts_with(char::is_uppercase)) {
        let found = methods_of(index, owner, name);
        if !found.is_empty() {
            return Callee::Workspace { functions: found, resolved: true };
        }
        if name.starts_with(char::is_uppercase) {
            return Callee::Constructor(owner.to_vec());
        }
        let is_ours =
            !index.types_at(owner).is_empty() || (!index.is_foreign(owner) && index.declares_trait(type_name));
        return if is_ours { Callee::Unknown } else { Callee::Foreign(absolute) };
    }
    if name.starts_with(char::is_uppercase) {
        return Callee::Constructor(absolute);
    }
    free_function(index, scope, &absolute)
}

/// A free function by its absolute path. A name that nothing brings in is of this module, or comes in by a glob.
fn free_function(index: &Index<'_>, scope: Scope, path: &[Name]) -> Callee {
    let Some((name, module)) = path.split_last() else { return Callee::Unknown };
    if index.is_foreign(path) {
        return Callee::Foreign(path.to_vec());
    }
    let Some(named) = index.functions_named(name) else { return Callee::Unknown };
    let free: Vec<(FunctionId, Vec<Name>)> = named
        .into_iter()
        .filter(|id| index.function(*id).is_some_and(|function| function.owner == Owner::Module))
        .filter_map(|id| Some((id, paths::module_path(index, index.scope(id)?))))
        .collect();
    let here = paths::module_path(index, scope);
    let wanted = if module.is_empty() { here.clone() } else { module.to_vec() };
    let exact: Vec<FunctionId> = free.iter().filter(|(_, path)| *path == wanted).map(|(id, _)| *id).collect();
    if !exact.is_empty() {
        return Callee::Workspace { functions: exact, resolved: true };
    }
    // `db::load` names a module of this one, or a re-export of one further down.
    let below: Vec<FunctionId> =
        free.iter().filter(|(_, path)| is_below(path, module, &here)).map(|(id, _)| *id).collect();
    match (below.is_empty(), module.is_empty()) {
        (false, _) => Callee::Workspace { functions: below, resolved: true },
        (true, true) => Callee::Unknown,
        (true, false) if free.is_empty() => Callee::Foreign(path.to_vec()),
        (true, false) => Callee::Unknown,
    }
}

/// Whether a function of the module `path` can be meant by `module::name` written in the module `here`.
fn is_below(path: &[Name], module: &[Name], here: &[Name]) -> bool {
    let Some(krate) = path.first() else { return false };
    match module.first() {
        None => here.first() == Some(krate),
        Some(first) if first == krate => path.starts_with(module) || module.len() == 1,
        Some(_) => here.first() == Some(krate) && path.windows(module.len()).any(|part| part == module),
    }
}

fn method(types: &Types<'_>, receiver: ExprId, method: &Name) -> Option<Callee> {
    let mut of = match (types.of(receiver), &types.body.expr(receiver).kind) {
        // Whether it is lent does not matter for whose method it is.
        (Ty::Unknown, ExprKind::Local(local)) => types.named_part(*local),
        (of, _) => of,
    };
    // Facts name the type that comes back in the end, and these are methods of the results around it.
    if is_adapter(method) && is_bare(&of) {
        return Some(Callee::Unknown);
    }
    for _ in 0..8 {
        match &of {
            Ty::Named(path, _) => {
                let found = methods_of(types.index, path, method);
                if !found.is_empty() {
                    return Some(Callee::Workspace { functions: found, resolved: true });
                }
            }
            Ty::Bounds(bounds) => return Some(of_bounds(types.index, bounds, method)),
            _ => {}
        }
        let Some(inner) = of.deref().or_else(|| target(types.index, &of)) else { break };
        of = inner;
    }
    match of {
        Ty::Named(path, _) if types.index.types_at(&path).is_empty() => {
            let of_all = for_all_types(types.index, method);
            if !of_all.is_empty() {
                return Some(Callee::Workspace { functions: of_all, resolved: true });
            }
            Some(Callee::Foreign(path.into_iter().chain([method.clone()]).collect()))
        }
        Ty::Slice(_) => Some(Callee::Foreign(vec![Name::new("slice"), method.clone()])),
        Ty::Tuple(_) | Ty::Future(_) => Some(Callee::Unknown),
        // A type of the workspace without such a method: it derefs to another one, or a macro gives it.
        _ => None,
    }
}

/// Methods that a trait of the workspace gives to all types that can have it, `impl<T: Manager> ConfigExt for T`. Of a name
/// that many have, a foreign type may have one of its own.
fn for_all_types(index: &Index<'_>, method: &Name) -> Vec<FunctionId> {
    if knowledge::names().is_common(method) {
        return Vec::new();
    }
    let is_for_all = |id: &FunctionId| {
        let (Some(ir), Some(function)) = (index.file(id.file), index.function(*id)) else { return false };
        let Owner::Impl(block) = function.owner else { return false };
        let block = &ir.impls[block];
        let of = type_name(&block.self_ty);
        block.of_trait.is_some() && block.generics.iter().any(|generic| Some(&generic.name) == of.as_ref())
    };
    let named = index.functions_named(method).unwrap_or_default();
    named.into_iter().filter(is_for_all).collect()
}

/// What a type of the workspace derefs to.
pub(super) fn target(index: &Index<'_>, of: &Ty) -> Option<Ty> {
    let Ty::Named(path, _) = of else { return None };
    let name = path.last().filter(|_| !index.is_foreign(path))?;
    let derefs = index.methods_in_impls(name, "deref");
    let own = derefs.iter().filter(|(_, block)| type_name(&block.self_ty).is_some_and(|of| of == *name));
    let (id, block) = own.into_iter().find(|(_, block)| block.target.is_some())?;
    let generics: Vec<&Generic> = block.generics.iter().collect();
    Some(lower(index, index.scope(*id)?, &generics, block.target.as_ref()?))
}

/// Whether a type is foreign and neither a result nor an option.
fn is_bare(of: &Ty) -> bool {
    let Ty::Named(path, _) = of else { return false };
    path.len() > 1 && !matches!(path.last().map(Name::as_str), Some("Result" | "Option")) && knowledge::knows(&path[0])
}

fn is_adapter(method: &str) -> bool {
    matches!(
        method,
        "map"
            | "map_err"
            | "and_then"
            | "or_else"
            | "context"
            | "with_context"
            | "wrap_err"
            | "wrap_err_with"
            | "ok"
            | "err"
            | "ok_or"
            | "ok_or_else"
            | "unwrap"
            | "expect"
            | "unwrap_or"
            | "unwrap_or_else"
            | "unwrap_or_default"
            | "inspect_err"
            | "is_ok"
            | "is_err"
            | "is_some"
            | "is_none"
            | "as_ref"
            | "as_deref"
            | "boxed"
            | "instrument"
    )
}

/// The methods of a name, where nothing says which type is meant.
fn namesakes(index: &Index<'_>, method: &Name) -> Callee {
    let Some(named) = index.functions_named(method) else { return Callee::Unknown };
    let functions: Vec<FunctionId> = named
        .into_iter()
        .filter(|id| index.function(*id).is_some_and(|function| function.receiver.is_some()))
        .collect();
    let mut functions = functions;
    leave_out_stand_ins(index, &mut functions);
    if functions.is_empty() { Callee::Unknown } else { Callee::Workspace { functions, resolved: false } }
}

/// The method of something that is only known by its traits: every implementation in the workspace, and the
/// trait's own body. Of a trait of another crate that facts speak of, most implementations are elsewhere.
fn of_bounds(index: &Index<'_>, bounds: &[Vec<Name>], method: &Name) -> Callee {
    for bound in bounds {
        let Some(name) = bound.last() else { continue };
        let path: Vec<Name> = bound.iter().cloned().chain([method.clone()]).collect();
        if index.is_foreign(bound) && knowledge::fact(&path).is_some() {
            return Callee::Foreign(path);
        }
        let mut functions = index.methods_in_traits(name, method);
        if functions.is_empty() {
            functions = inherited(index, name, method);
        }
        let implementations = index.methods_in_impls(name, method);
        let implementations = implementations.iter().filter(|(_, block)| implements(block, name)).map(|(id, _)| *id);
        functions.extend(implementations);
        // Where there are bodies, the bare declaration adds nothing.
        let has_body = |id: &FunctionId| index.function(*id).is_some_and(|function| function.body.is_some());
        if functions.iter().any(has_body) {
            functions.retain(has_body);
        }
        leave_out_stand_ins(index, &mut functions);
        if !functions.is_empty() {
            return Callee::Workspace { functions, resolved: true };
        }
    }
    match bounds.iter().find(|bound| bound.len() > 1) {
        Some(bound) => Callee::Foreign(bound.iter().cloned().chain([method.clone()]).collect()),
        None => Callee::Unknown,
    }
}

/// Mocks, fakes and simulators stand in for the real thing only in tests.
fn leave_out_stand_ins(index: &Index<'_>, functions: &mut Vec<FunctionId>) {
    const WORDS: [&str; 8] = ["test", "tests", "testing", "mock", "mocks", "fake", "sim", "stub"];
    let is_real = |id: &FunctionId| {
        let module = &index.source(id.file).module;
        !module.iter().flat_map(|name| name.split('_')).any(|word| WORDS.contains(&word))
    };
    if functions.iter().any(is_real) {
        functions.retain(is_real);
    }
}

/// A method that a trait's supertraits declare.
fn inherited(index: &Index<'_>, name: &str, method: &Name) -> Vec<FunctionId> {
    let mut found = Vec::new();
    for (_, decl) in index.traits_named(name) {
        for above in &decl.supertraits {
            found.extend(index.methods_in_traits(above.last(), method));
            let implementations = index.methods_in_impls(above.last(), method);
            found
                .extend(implementations.iter().filter(|(_, block)| implements(block, above.last())).map(|(id, _)| *id));
        }
    }
    found
}

/// The methods of a type of the workspace, by the type's absolute path: its own, those of the traits it
/// implements, and the bodies those traits give.
fn methods_of(index: &Index<'_>, path: &[Name], method: &Name) -> Vec<FunctionId> {
    let Some(of) = path.last().filter(|_| index.declares_function(method)) else { return Vec::new() };
    let is_foreign = index.is_foreign(path);
    if index.declares_trait(of) && index.types_named(of).is_empty() {
        return match of_bounds(index, &[path.to_vec()], method) {
            Callee::Workspace { functions, .. } => functions,
            _ => Vec::new(),
        };
    }
    let own = |in_impls: Vec<(FunctionId, &Impl)>| -> Vec<FunctionId> {
        in_impls
            .iter()
            // What a foreign type has from here, it has through a trait.
            .filter(|(_, block)| !is_foreign || block.of_trait.is_some())
            .filter(|(_, block)| type_name(&block.self_ty).is_some_and(|name| name == *of))
            .map(|(id, _)| *id)
            .collect()
    };
    // Of types of one name in several crates the path says which; the files of the others need not be read.
    let krate = path.first().filter(|_| path.len() > 1);
    let mut found = krate.map_or_else(Vec::new, |krate| own(index.methods_in_impls_of(krate, of, method)));
    if found.is_empty() {
        found = own(index.methods_in_impls(of, method));
    }
    narrow_to_type(index, path, &mut found);
    if found.is_empty() {
        found = defaults_of(index, of, method);
    }
    found
}

/// Types of one name in one crate: the path of the type that an impl block is for says which.
fn narrow_to_type(index: &Index<'_>, path: &[Name], found: &mut Vec<FunctionId>) {
    if path.len() < 2 || found.len() < 2 {
        return;
    }
    let is_for_it = |id: &FunctionId| {
        let scope = index.scope(*id);
        scope.is_some_and(|scope| matches!(Ty::owner(index, scope), Ty::Named(of, _) if of == path))
    };
    if found.iter().any(is_for_it) {
        found.retain(is_for_it);
    }
}

/// The bodies that traits give for a method, of those traits that a type implements.
fn defaults_of(index: &Index<'_>, of: &str, method: &Name) -> Vec<FunctionId> {
    let named = index.functions_beside_traits_of(of, method);
    let is_implemented = |id: &FunctionId| index.trait_of(*id).is_some_and(|name| index.implements(of, name));
    named.into_iter().filter(is_implemented).collect()
}

fn implements(block: &Impl, name: &str) -> bool {
    block.of_trait.as_ref().is_some_and(|path| path.last() == name)
}
