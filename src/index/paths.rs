//! What a path means: through `use` items, `crate`, `self`, `super` and `Self` to an absolute path.
//!
//! In: a path as written and the scope it stands in. Out: [`absolute`], `["tokio", "fs", "read"]` for `fs::read`
//! under `use tokio::fs`.

use crate::index::{Index, Scope, type_name};
use crate::ir::{Import, Name, Owner, Path, TypeRef};

/// The absolute path of a path, as names. The first one is a crate's name where that is known. A name that nothing
/// brings into scope stays alone: it is of the prelude, or declared in this module, or comes in by a glob.
pub fn absolute(index: &Index<'_>, scope: Scope, path: &Path) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    if let Some(TypeRef::Path(ty)) = path.qself.as_deref() {
        names.extend(absolute(index, scope, ty));
        names.extend(path.segments.last().map(|segment| segment.name.clone()));
        return names;
    }
    names.extend(path.segments.iter().map(|segment| segment.name.clone()));
    at_home(index, scope, expand(index, scope, names))
}

/// Longer chains of `pub use` are not followed.
const LONGEST_CHAIN: usize = 6;

/// Where what a path names is declared: behind `pub use`, and with its module where it stands in this one.
fn at_home(index: &Index<'_>, scope: Scope, path: Vec<Name>) -> Vec<Name> {
    match path.as_slice() {
        [only] if only.starts_with(char::is_uppercase) && declares_type(index, scope.file, scope.module, only) => {
            let mut home = module_path(index, scope);
            home.extend(path);
            home
        }
        [_, ..] if path.len() > 1 && path.iter().skip(1).any(|name| !index.declares(name)) => {
            reexported(index, &path, LONGEST_CHAIN).unwrap_or(path)
        }
        _ => path,
    }
}

fn declares_type(index: &Index<'_>, file: crate::source::FileId, module: usize, name: &Name) -> bool {
    let Some(ir) = index.file(file) else { return false };
    let types = ir.types.iter().map(|decl| (decl.module, &decl.name));
    let traits = ir.traits.iter().map(|decl| (decl.module, &decl.name));
    types.chain(traits).any(|(home, known)| home == module && known == name)
}

/// Follows `pub use` from the module that a path leads to, when something in it is not declared there.
fn reexported(index: &Index<'_>, path: &[Name], steps: usize) -> Option<Vec<Name>> {
    let (file, taken) = index.module_file(path).filter(|(_, taken)| *taken < path.len() && steps > 0)?;
    let ir = index.file(file)?;
    let (mut module, mut at) = (0, taken);
    // Modules inside the file.
    while let Some(inner) = ir.modules.iter().position(|inner| {
        inner.path.len() == ir.modules[module].path.len() + 1
            && inner.path.starts_with(&ir.modules[module].path)
            && inner.path.last() == path.get(at)
    }) {
        (module, at) = (inner, at + 1);
    }
    let name = path.get(at)?;
    if declares_type(index, file, module, name) {
        return None;
    }
    let scope = Scope { file, module, owner: Owner::Module };
    let import = ir.modules[module].imports.iter().find(|import| import.alias == *name && !is_itself(import, name))?;
    let mut target = expand(index, scope, import.path.clone());
    target.extend_from_slice(&path[at + 1..]);
    if target == path {
        return None;
    }
    Some(reexported(index, &target, steps - 1).unwrap_or(target))
}

/// The absolute path of names as written.
pub(crate) fn expand(index: &Index<'_>, scope: Scope, mut names: Vec<Name>) -> Vec<Name> {
    // A chain of imports that leads back to itself does not compile; eight steps are more than code has.
    for _ in 0..8 {
        let Some(first) = names.first().cloned() else { return names };
        let replacement = match first.as_str() {
            "crate" => Some(crate_path(index, scope)),
            "self" => Some(module_path(index, scope)),
            "super" => Some(parent(module_path(index, scope))),
            "Self" => self_path(index, scope),
            _ => imported(index, scope, &first).or_else(|| child(index, scope, &names)),
        };
        let Some(replacement) = replacement else { return names };
        let is_final = !matches!(replacement.first().map(Name::as_str), Some("self" | "super" | "crate" | "Self"));
        let unchanged = replacement.len() == 1 && replacement[0] == first;
        names.splice(0..1, replacement);
        while names.len() > 1 && names[1] == "super" {
            let above = names.len().min(1);
            names.drain(0..=above);
        }
        if is_final || unchanged {
            return names;
        }
    }
    names
}

/// The name of the crate a file belongs to, as paths spell it; `crate` for a file without a package.
pub(crate) fn crate_name(index: &Index<'_>, scope: Scope) -> Name {
    index.home(scope.file).first().cloned().unwrap_or_default()
}

/// The absolute path of the module of a scope.
pub(crate) fn module_path(index: &Index<'_>, scope: Scope) -> Vec<Name> {
    let mut path = index.home(scope.file).to_vec();
    if let Some(ir) = index.file(scope.file) {
        path.extend(ir.modules.get(scope.module).into_iter().flat_map(|module| module.path.iter().cloned()));
    }
    path
}

fn crate_path(index: &Index<'_>, scope: Scope) -> Vec<Name> {
    vec![crate_name(index, scope)]
}

fn parent(mut path: Vec<Name>) -> Vec<Name> {
    if path.len() > 1 {
        path.pop();
    }
    path
}

fn self_path(index: &Index<'_>, scope: Scope) -> Option<Vec<Name>> {
    let ir = index.file(scope.file)?;
    match scope.owner {
        Owner::Module => None,
        Owner::Trait(index) => Some(vec![ir.traits.get(index)?.name.clone()]),
        Owner::Impl(block) => match &ir.impls.get(block)?.self_ty {
            TypeRef::Path(path) if path.last() != "Self" => {
                Some(absolute(index, Scope { owner: Owner::Module, ..scope }, path))
            }
            other => type_name(other).map(|name| vec![name]),
        },
    }
}

/// A path that begins with a module of this one, whatever crate has the same name.
fn child(index: &Index<'_>, scope: Scope, names: &[Name]) -> Option<Vec<Name>> {
    let first = names.first().filter(|first| names.len() > 1 && first.starts_with(char::is_lowercase))?;
    let mut path = module_path(index, scope);
    path.push(first.clone());
    let is_inside = index.file(scope.file)?.modules.iter().any(|module| {
        let own = &index.file(scope.file).map_or(&[][..], |ir| &ir.modules)[scope.module].path;
        module.path.len() == own.len() + 1 && module.path.starts_with(own) && module.path.last() == Some(first)
    });
    (is_inside || index.module_file(&path).is_some_and(|(_, taken)| taken == path.len())).then_some(path)
}

fn imported(index: &Index<'_>, scope: Scope, name: &Name) -> Option<Vec<Name>> {
    let ir = index.file(scope.file)?;
    let import = ir.modules.get(scope.module)?.imports.iter().find(|import| import.alias == *name)?;
    let path = &import.path;
    (!is_itself(import, name)).then(|| path.clone())
}

/// `use tokio;` and `use self::name` bring in nothing that the name does not already say.
fn is_itself(import: &Import, name: &Name) -> bool {
    import.path.len() == 1 && import.path[0] == *name
}
