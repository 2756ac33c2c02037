//! A type with its names resolved.
//!
//! In: a type as written, and the scope it stands in. Out: [`Ty`].

use crate::index::{Index, Scope, paths};
use crate::ir::{Generic, Name, Owner, Path, TypeDecl, TypeKind, TypeRef};
use crate::knowledge;
use crate::source::FileId;

/// Deeper types are left unknown.
const DEEPEST: usize = 48;

/// A type, with names resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// Not known.
    Unknown,
    /// A type by its absolute path.
    Named(Vec<Name>, Vec<Ty>),
    /// `&T`, `&mut T`.
    Ref(bool, Box<Ty>),
    /// A tuple.
    Tuple(Vec<Ty>),
    /// A slice or array.
    Slice(Box<Ty>),
    /// Something that implements these traits: `dyn A`, `impl A`, a type parameter.
    Bounds(Vec<Vec<Name>>),
    /// What an async fn returns before it is awaited.
    Future(Box<Ty>),
}

impl Ty {
    /// A type of the standard library that needs no path.
    pub(crate) fn std(name: &str) -> Ty {
        Ty::Named(vec![Name::new(name)], Vec::new())
    }

    /// What `Self` means in a scope.
    pub(crate) fn owner(index: &Index<'_>, scope: Scope) -> Ty {
        let Some(ir) = index.file(scope.file) else { return Ty::Unknown };
        match scope.owner {
            Owner::Module => Ty::Unknown,
            Owner::Trait(trait_index) => Ty::Bounds(vec![vec![ir.traits[trait_index].name.clone()]]),
            Owner::Impl(block) => {
                let generics: Vec<&Generic> = ir.impls[block].generics.iter().collect();
                lower(index, Scope { owner: Owner::Module, ..scope }, &generics, &ir.impls[block].self_ty)
            }
        }
    }

    /// The type behind a reference or a smart pointer.
    pub fn deref(&self) -> Option<Ty> {
        match self {
            Ty::Ref(_, to) => Some((**to).clone()),
            Ty::Named(path, args) if is_pointer(path.last()?) => args.first().cloned(),
            _ => None,
        }
    }

    /// The type behind all references and smart pointers.
    pub fn peeled(&self) -> Ty {
        let mut of = self.clone();
        while let Some(inner) = of.deref() {
            of = inner;
        }
        of
    }

    /// Whether it is `&mut T`.
    pub fn is_exclusive_ref(&self) -> bool {
        matches!(self, Ty::Ref(true, _))
    }

    /// Whether a value of it may be used again after it was given away.
    pub fn is_copy(&self) -> bool {
        match self {
            Ty::Ref(mutable, _) => !mutable,
            Ty::Named(path, _) => path.len() == 1 && is_primitive(&path[0]),
            Ty::Tuple(items) => items.iter().all(Ty::is_copy),
            _ => false,
        }
    }

    /// Whether it is a type of a foreign crate of which facts are known. Facts name what a call gives in the end, behind
    /// futures and results.
    pub(crate) fn is_described(&self) -> bool {
        let Ty::Named(path, _) = self else { return false };
        let krate = path.first().filter(|_| path.len() > 1);
        krate.is_some_and(|krate| !matches!(krate.as_str(), "std" | "core" | "alloc") && knowledge::knows(krate))
    }

    pub(crate) fn peel_refs(self) -> Ty {
        match self {
            Ty::Ref(_, to) => to.peel_refs(),
            other => other,
        }
    }

    /// What going through it gives.
    pub(crate) fn item(&self) -> Ty {
        match self.peeled() {
            Ty::Slice(of) => *of,
            Ty::Named(path, mut args) if args.len() == 1 && is_collection(path.last().map_or("", Name::as_str)) => {
                args.swap_remove(0)
            }
            _ => Ty::Unknown,
        }
    }

    /// What `?` and `unwrap` give.
    pub(crate) fn success(self) -> Ty {
        match self {
            Ty::Named(path, mut args)
                if matches!(path.last().map(Name::as_str), Some("Result" | "Option")) && !args.is_empty() =>
            {
                args.swap_remove(0)
            }
            of if of.is_described() => of,
            _ => Ty::Unknown,
        }
    }
}

/// Resolves a type as written.
pub(crate) fn lower(index: &Index<'_>, scope: Scope, generics: &[&Generic], ty: &TypeRef) -> Ty {
    lower_at(index, scope, generics, ty, 0)
}

fn lower_at(index: &Index<'_>, scope: Scope, generics: &[&Generic], ty: &TypeRef, depth: usize) -> Ty {
    if depth > DEEPEST {
        return Ty::Unknown;
    }
    let inner = |ty: &TypeRef| lower_at(index, scope, generics, ty, depth + 1);
    match ty {
        TypeRef::Path(path) => lower_path(index, scope, generics, path, depth),
        TypeRef::Ref { mutable, to } => Ty::Ref(*mutable, Box::new(inner(to))),
        TypeRef::Tuple(items) => Ty::Tuple(items.iter().map(inner).collect()),
        TypeRef::Slice(of) => Ty::Slice(Box::new(inner(of))),
        TypeRef::Dyn(bounds) | TypeRef::Impl(bounds) => match future_output(bounds) {
            Some(output) => Ty::Future(Box::new(inner(output))),
            None => Ty::Bounds(bounds.iter().map(|bound| paths::absolute(index, scope, bound)).collect()),
        },
        TypeRef::Infer | TypeRef::Other => Ty::Unknown,
    }
}

fn lower_path(index: &Index<'_>, scope: Scope, generics: &[&Generic], path: &Path, depth: usize) -> Ty {
    if let [only] = path.segments.as_slice() {
        if only.name == "Self" {
            return Ty::owner(index, scope);
        }
        if let Some(generic) = generics.iter().find(|generic| generic.name == only.name) {
            return match future_output(&generic.bounds) {
                Some(output) => Ty::Future(Box::new(lower_at(index, scope, generics, output, depth + 1))),
                None => Ty::Bounds(generic.bounds.iter().map(|bound| paths::absolute(index, scope, bound)).collect()),
            };
        }
    }
    let args: Vec<Ty> = path.segments.last().map_or(Vec::new(), |segment| {
        segment.args.iter().map(|arg| lower_at(index, scope, generics, arg, depth + 1)).collect()
    });
    // A boxed future is awaited like a plain one.
    if matches!(path.last(), "Pin" | "Box") && matches!(args.first(), Some(Ty::Future(_))) {
        return args.into_iter().next().unwrap_or(Ty::Unknown);
    }
    if matches!(path.last(), "BoxFuture" | "LocalBoxFuture") {
        return Ty::Future(Box::new(args.into_iter().next().unwrap_or(Ty::Unknown)));
    }
    let absolute = paths::absolute(index, scope, path);
    expand_alias(index, scope, &absolute, &args, depth).unwrap_or(Ty::Named(absolute, args))
}

/// What an alias of the workspace stands for; only when one declaration has the name.
fn expand_alias(index: &Index<'_>, scope: Scope, path: &[Name], args: &[Ty], depth: usize) -> Option<Ty> {
    let found = index.types_at(path);
    let is_meant = |decl: &&(FileId, &TypeDecl)| is_meant(index, scope, path, **decl);
    let [(file, decl)] = found.iter().filter(is_meant).collect::<Vec<_>>()[..] else { return None };
    let TypeKind::Alias(target) = &decl.kind else { return None };
    let scope = Scope { file: *file, module: decl.module, owner: Owner::Module };
    if let TypeRef::Path(target) = target
        && target.last() == decl.name
    {
        // `type Result<T> = std::result::Result<T, Error>`: the parameters keep their places.
        return Some(Ty::Named(target.segments.iter().map(|segment| segment.name.clone()).collect(), args.to_vec()));
    }
    Some(lower_at(index, scope, &[], target, depth + 1))
}

/// Whether a path means a declaration: a bare name means one of its own module, or one that a glob brings in.
fn is_meant(index: &Index<'_>, scope: Scope, path: &[Name], (file, decl): (FileId, &TypeDecl)) -> bool {
    let home = paths::module_path(index, Scope { file, module: decl.module, owner: Owner::Module });
    match path {
        [_] => {
            let has_glob = || {
                index
                    .file(scope.file)
                    .is_some_and(|ir| ir.modules[scope.module].imports.iter().any(|import| import.alias == "*"))
            };
            home == paths::module_path(index, scope)
                || (has_glob() && home.first() == Some(&paths::crate_name(index, scope)))
        }
        [first, ..] => home.first() == Some(first) || home.first() == Some(&paths::crate_name(index, scope)),
        [] => false,
    }
}

fn future_output(bounds: &[Path]) -> Option<&TypeRef> {
    let future = bounds.iter().find(|bound| bound.last() == "Future")?;
    future.segments.last()?.bindings.iter().find(|(name, _)| name == "Output").map(|(_, ty)| ty)
}

/// Types that lend what they hold: `x.field` and `x.method()` reach through them.
fn is_pointer(name: &str) -> bool {
    matches!(
        name,
        "Box"
            | "Arc"
            | "Rc"
            | "Pin"
            | "Data"
            | "State"
            | "Extension"
            | "MutexGuard"
            | "OwnedMutexGuard"
            | "RwLockReadGuard"
            | "RwLockWriteGuard"
            | "LazyLock"
            | "Lazy"
            | "Cow"
    )
}

fn is_collection(name: &str) -> bool {
    matches!(name, "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "Option" | "BinaryHeap" | "IndexSet" | "SmallVec")
}

fn is_primitive(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "char"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "f32"
            | "f64"
    )
}
