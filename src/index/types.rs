//! Of which type an expression is, as far as declarations say.
//!
//! In: an expression of a body. Out: [`Ty`]. This is not type inference: annotations, parameters, fields,
//! constructors and the return types of functions the index knows are followed; whatever else is
//! [`Ty::Unknown`].
//!
//! Invariant: a type that is given is right, or the declaration it was read from shares its name with another.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};

use crate::index::calls::{self, Callee, callee, resolved};
use crate::index::flow::{self, How, Source};
use crate::index::ty::{Ty, lower};
use crate::index::{FunctionId, Index, Scope, paths};
use crate::ir::{
    Body, ExprId, ExprKind, Function, Generic, Literal, LocalId, Name, Origin, Owner, PartOf, Path, Receiver, StmtKind,
    TypeKind, TypeRef,
};
use crate::knowledge::{self, Kind};

/// Deeper chains of calls and fields than this are left unknown.
const DEEPEST: usize = 48;

/// Answers for one function. Answers are kept, since fields and calls ask again and again.
pub struct Types<'a> {
    /// Where declarations are looked up.
    pub index: &'a Index<'a>,
    /// The function.
    pub function: &'a Function,
    /// Its body.
    pub body: &'a Body,
    /// Where its names are looked up from.
    pub scope: Scope,
    known: RefCell<HashMap<ExprId, Ty>>,
    callees: RefCell<HashMap<ExprId, Option<Callee>>>,
    namesakes: RefCell<HashMap<ExprId, Callee>>,
    sources: OnceCell<HashMap<LocalId, Source>>,
    handed: OnceCell<HashMap<LocalId, Source>>,
    used: OnceCell<HashSet<LocalId>>,
    dropped: OnceCell<HashSet<ExprId>>,
    awaited: OnceCell<HashSet<ExprId>>,
    lent: OnceCell<HashSet<LocalId>>,
    depth: RefCell<usize>,
}

impl<'a> Types<'a> {
    /// For a function with a body.
    pub fn new(index: &'a Index<'a>, id: FunctionId) -> Option<Types<'a>> {
        let function = index.function(id)?;
        let scope = Scope { file: id.file, module: function.module, owner: function.owner };
        let body = index.body(id)?;
        Some(Types {
            index,
            function,
            body,
            scope,
            known: RefCell::default(),
            callees: RefCell::default(),
            namesakes: RefCell::default(),
            sources: OnceCell::new(),
            handed: OnceCell::new(),
            used: OnceCell::new(),
            dropped: OnceCell::new(),
            awaited: OnceCell::new(),
            lent: OnceCell::new(),
            depth: RefCell::new(0),
        })
    }

    /// The type of an expression.
    pub fn of(&self, expr: ExprId) -> Ty {
        if let Some(ty) = self.known.borrow().get(&expr) {
            return ty.clone();
        }
        if *self.depth.borrow() > DEEPEST {
            return Ty::Unknown;
        }
        *self.depth.borrow_mut() += 1;
        let ty = self.infer(expr);
        *self.depth.borrow_mut() -= 1;
        self.known.borrow_mut().insert(expr, ty.clone());
        ty
    }

    /// What a call means; asked again and again too.
    pub(super) fn callee(&self, call: ExprId, find: impl FnOnce() -> Option<Callee>) -> Option<Callee> {
        kept(&self.callees, call, find)
    }

    /// Whose name a call's method has, where nothing else is known of it.
    pub(super) fn namesakes(&self, call: ExprId, find: impl FnOnce() -> Callee) -> Callee {
        kept(&self.namesakes, call, find)
    }

    /// The type of a local.
    pub fn of_local(&self, id: LocalId) -> Ty {
        let local = self.body.local(id);
        match (&local.ty, local.init) {
            _ if local.origin == Origin::SelfValue => self.self_type(),
            (Some(TypeRef::Infer), Some(init)) | (None, Some(init)) => self.of(init),
            (Some(ty), _) => lower(self.index, self.scope, &self.generics(), ty),
            (None, None) => self.of_source(id),
        }
    }

    /// The type of a local that a pattern or a closure binds, by where its value comes from.
    fn of_source(&self, id: LocalId) -> Ty {
        let matched = self.sources.get_or_init(|| flow::matched(self.body)).get(&id);
        let source = matched.or_else(|| self.handed.get_or_init(|| flow::handed(self.body)).get(&id));
        match source {
            Some(Source { expr, how: How::Whole, .. }) => self.of(*expr),
            Some(Source { expr, how: How::Success, .. }) => self.of(*expr).peel_refs().success(),
            Some(Source { expr, how: How::Item, .. }) => self.items(*expr),
            Some(Source { expr, how: How::Part, .. }) => self.part(id, *expr),
            _ => Ty::Unknown,
        }
    }

    /// The type of a part of what is matched. Of what is matched behind a reference, it is one too.
    fn part(&self, id: LocalId, matched: ExprId) -> Ty {
        let local = self.body.local(id);
        let (Some(part_of), false) = (&local.part_of, local.by_ref) else { return Ty::Unknown };
        let whole = self.of(matched);
        let (of, behind) = match &whole {
            Ty::Unknown => return Ty::Unknown,
            Ty::Ref(mutable, of) => ((**of).clone(), Some(*mutable)),
            of => (of.clone(), None),
        };
        let part = match (part_of, of) {
            (PartOf::Tuple(at), Ty::Tuple(items)) => items.get(*at).cloned(),
            (PartOf::Named { path, field }, Ty::Named(of, _)) if self.is_of(path, &of) => {
                self.declared_part(path, field)
            }
            _ => None,
        };
        match (part, behind) {
            (None | Some(Ty::Unknown), _) => Ty::Unknown,
            (Some(part), Some(mutable)) => Ty::Ref(mutable, Box::new(part)),
            (Some(part), None) => part,
        }
    }

    /// The type of a local by the pattern that binds it alone, whatever is matched and however that is lent.
    pub(super) fn named_part(&self, id: LocalId) -> Ty {
        match &self.body.local(id).part_of {
            Some(PartOf::Named { path, field }) => self.declared_part(path, field).unwrap_or(Ty::Unknown),
            _ => Ty::Unknown,
        }
    }

    /// Whether a pattern names a type or a variant of it: what it takes apart is no item of that, and not behind a pointer.
    fn is_of(&self, path: &Path, of: &[Name]) -> bool {
        let named = self.pattern_path(path);
        named.iter().rev().take(2).any(|name| Some(name) == of.last())
    }

    /// The absolute path of a pattern.
    fn pattern_path(&self, path: &Path) -> Vec<Name> {
        match (path.segments.first(), Ty::owner(self.index, self.scope)) {
            (Some(first), Ty::Named(of, _)) if first.name == "Self" => {
                let rest = path.segments.iter().skip(1).map(|segment| segment.name.clone());
                of.into_iter().chain(rest).collect()
            }
            _ => paths::absolute(self.index, self.scope, path),
        }
    }

    /// The type of a field of a struct or of a variant that a pattern names.
    fn declared_part(&self, path: &Path, field: &Name) -> Option<Ty> {
        let path = self.pattern_path(path);
        // A variant may share its name with a struct elsewhere.
        let of_variant = path.split_last().and_then(|(variant, of)| self.declared_in_variant(of, variant, field));
        of_variant.or_else(|| self.declared_field(&path, field))
    }

    fn declared_in_variant(&self, path: &[Name], variant: &Name, field: &Name) -> Option<Ty> {
        self.declared_among(path, field, |kind| match kind {
            TypeKind::Enum(variants) => {
                variants.iter().find(|known| known.name == *variant).map(|known| &*known.fields)
            }
            _ => None,
        })
    }

    /// The type of what going through an expression gives.
    fn items(&self, expr: ExprId) -> Ty {
        match &self.body.expr(expr).kind {
            ExprKind::MethodCall { receiver, method, .. } => match flow::goes_through(method) {
                Some(flow::Gives::Same) => self.items(*receiver),
                Some(flow::Gives::Values) => match self.of(*receiver).peeled() {
                    Ty::Named(_, mut args) if args.len() > 1 => args.swap_remove(1),
                    _ => Ty::Unknown,
                },
                None => self.of(expr).item(),
            },
            ExprKind::Borrow { base, .. } => self.items(*base),
            _ => self.of(expr).item(),
        }
    }

    /// What a pattern that binds a local is matched against.
    pub fn matched(&self, local: LocalId) -> Option<ExprId> {
        self.sources.get_or_init(|| flow::matched(self.body)).get(&local).map(|source| source.expr)
    }

    /// What a closure's parameter comes from: what the method that is given the closure is called on, or, for the
    /// accumulator of a fold, what it begins with.
    pub fn handed(&self, local: LocalId) -> Option<ExprId> {
        self.handed.get_or_init(|| flow::handed(self.body)).get(&local).map(|source| source.expr)
    }

    /// Whether a closure's parameter may be borrowed exclusively, as far as the method says that is given the closure.
    pub fn may_be_lent(&self, local: LocalId) -> bool {
        self.handed.get_or_init(|| flow::handed(self.body)).get(&local).is_none_or(|source| source.lends)
    }

    /// Whether a local is borrowed or copied for somebody else.
    pub fn is_lent(&self, local: LocalId) -> bool {
        self.lent.get_or_init(|| flow::lent(self.body)).contains(&local)
    }

    /// Whether an expression is a statement of its own, whose value nobody gets.
    pub fn is_dropped(&self, expr: ExprId) -> bool {
        self.dropped.get_or_init(|| flow::dropped(self.body)).contains(&expr)
    }

    /// Whether an expression itself is awaited.
    pub fn is_awaited(&self, expr: ExprId) -> bool {
        self.awaited.get_or_init(|| flow::awaited(self.body)).contains(&expr)
    }

    /// Whether a local is named anywhere after it was bound.
    pub fn is_used(&self, local: LocalId) -> bool {
        self.used.get_or_init(|| flow::used(self.body)).contains(&local)
    }

    /// The type parameters in scope.
    pub(crate) fn generics(&self) -> Vec<&'a Generic> {
        generics_of(self.index, self.scope, self.function)
    }

    fn self_type(&self) -> Ty {
        let of = Ty::owner(self.index, self.scope);
        match self.function.receiver {
            Some(Receiver::Exclusive) => Ty::Ref(true, Box::new(of)),
            Some(Receiver::Shared) => Ty::Ref(false, Box::new(of)),
            _ => of,
        }
    }

    fn infer(&self, expr: ExprId) -> Ty {
        match &self.body.expr(expr).kind {
            ExprKind::Local(local) => self.of_local(*local),
            ExprKind::Field { base, name } => self.field(&self.of(*base), name),
            ExprKind::Await { base } => match self.of(*base) {
                Ty::Future(of) => *of,
                // Facts say what comes back in the end.
                of if of.is_described() => of,
                // A lock that is waited for lends what it guards, as one that is not does.
                of if self.is_lock(*base) => of,
                _ => Ty::Unknown,
            },
            ExprKind::Try { base } => self.of(*base).success(),
            ExprKind::Borrow { mutable, base } => Ty::Ref(*mutable, Box::new(self.of(*base))),
            ExprKind::Deref { base } => self.of(*base).deref().unwrap_or(Ty::Unknown),
            ExprKind::Cast { ty, .. } => lower(self.index, self.scope, &self.generics(), ty),
            ExprKind::Struct { path, .. } => Ty::Named(paths::absolute(self.index, self.scope, path), Vec::new()),
            ExprKind::Tuple(items) => Ty::Tuple(items.iter().map(|item| self.of(*item)).collect()),
            ExprKind::Literal(literal) => literal_type(literal),
            ExprKind::Macro(call) if call.path.last() == "format" => Ty::std("String"),
            ExprKind::Block { block, kind: crate::ir::BlockKind::Plain, .. } => self.tail(*block),
            ExprKind::Call { .. } | ExprKind::MethodCall { .. } => self.result(expr),
            ExprKind::Path(path) => self.of_static(path).unwrap_or(Ty::Unknown),
            _ => Ty::Unknown,
        }
    }

    /// The type of a static of this file.
    fn of_static(&self, path: &Path) -> Option<Ty> {
        let [only] = path.segments.as_slice() else { return None };
        let ir = self.index.file(self.scope.file)?;
        let found = ir.statics.iter().find(|item| item.name == only.name && item.module == self.scope.module)?;
        Some(lower(self.index, self.scope, &[], found.ty.as_ref()?))
    }

    fn is_lock(&self, expr: ExprId) -> bool {
        match &self.body.expr(expr).kind {
            ExprKind::MethodCall { method, args, .. } => {
                args.is_empty()
                    && matches!(
                        method.as_str(),
                        "lock" | "read" | "write" | "lock_owned" | "read_owned" | "write_owned"
                    )
            }
            _ => false,
        }
    }

    fn tail(&self, block: crate::ir::BlockId) -> Ty {
        match self.body.block(block).stmts.last().map(|stmt| &stmt.kind) {
            Some(StmtKind::Expr { expr, semicolon: false }) => self.of(*expr),
            _ => Ty::Unknown,
        }
    }

    fn result(&self, call: ExprId) -> Ty {
        // What only shares its name with methods of the standard library is one of those.
        let found = if is_std_method(self.body, call) { resolved(self, call) } else { callee(self, call) };
        match found {
            Callee::Workspace { functions, .. } => self.declared_result(call, &functions),
            Callee::Constructor(path) => Ty::Named(path, Vec::new()),
            Callee::Foreign(path) => self.foreign_result(call, &path),
            Callee::Unknown => self.combinator(call),
        }
    }

    /// What all candidates declare to return, where they agree.
    fn declared_result(&self, call: ExprId, functions: &[FunctionId]) -> Ty {
        let mut results = functions.iter().map(|id| self.declared(call, *id));
        let Some(first) = results.next() else { return Ty::Unknown };
        if results.all(|other| other == first) { first } else { Ty::Unknown }
    }

    fn declared(&self, call: ExprId, id: FunctionId) -> Ty {
        let (Some(function), Some(scope)) = (self.index.function(id), self.index.scope(id)) else {
            return Ty::Unknown;
        };
        let generics = generics_of(self.index, scope, function);
        let of_self = self.receiver_type(call);
        let ret = match &function.ret {
            None => Ty::Tuple(Vec::new()),
            Some(TypeRef::Path(path)) if path.last() == "Self" && path.segments.len() == 1 => of_self
                .filter(|_| matches!(scope.owner, Owner::Trait(_)) || !generics.is_empty())
                .unwrap_or_else(|| Ty::owner(self.index, scope)),
            Some(ty) => lower(self.index, scope, &generics, ty),
        };
        if function.is_async { Ty::Future(Box::new(ret)) } else { ret }
    }

    fn receiver_type(&self, call: ExprId) -> Option<Ty> {
        match &self.body.expr(call).kind {
            ExprKind::MethodCall { receiver, .. } => Some(self.of(*receiver).peeled()),
            _ => None,
        }
    }

    /// Constructors of foreign types return the type; combinators of the standard library are the same everywhere.
    fn foreign_result(&self, call: ExprId, path: &[Name]) -> Ty {
        let known = self.combinator(call);
        if known != Ty::Unknown {
            return known;
        }
        if let Some(returns) = knowledge::fact(path).and_then(|fact| fact.returns.as_deref()) {
            return Ty::Named(returns.split("::").map(Name::new).collect(), Vec::new());
        }
        let Some((name, owner)) = path.split_last() else { return Ty::Unknown };
        let is_method = matches!(self.body.expr(call).kind, ExprKind::MethodCall { .. });
        let constructs =
            matches!(name.as_str(), "new" | "default" | "from" | "with_capacity" | "builder" | "open" | "connect");
        let names_type = owner.last().is_some_and(|name| name.starts_with(char::is_uppercase));
        // `Arc::new(Store::open())` holds a store, as does a lock around one.
        if let ExprKind::Call { args, .. } = &self.body.expr(call).kind
            && let ([only], "new" | "from" | "pin") = (args.as_slice(), name.as_str())
            && matches!(owner.last().map(Name::as_str), Some("Arc" | "Rc" | "Box" | "Mutex" | "RwLock" | "RefCell"))
        {
            return Ty::Named(owner.to_vec(), vec![self.of(*only)]);
        }
        if !is_method && constructs && names_type && name != "builder" {
            return Ty::Named(owner.to_vec(), Vec::new());
        }
        // Some type of that crate; of a crate that is generic over ours nobody can say.
        match path.first() {
            Some(krate) if path.len() > 2 && !knowledge::knows(krate) => {
                Ty::Named(vec![krate.clone(), "?".into()], Vec::new())
            }
            _ => Ty::Unknown,
        }
    }

    /// Methods that mean the same on every type that has them.
    fn combinator(&self, call: ExprId) -> Ty {
        let ExprKind::MethodCall { receiver, method, .. } = &self.body.expr(call).kind else { return Ty::Unknown };
        let of = self.of(*receiver);
        if let Ty::Named(path, args) = of.peeled()
            && let Some(inside) = args.into_iter().next()
            && knowledge::kind(&path) == Some(Kind::Cell)
        {
            // A lock lends what it guards, behind a guard and perhaps a result.
            let lends = matches!(
                method.as_str(),
                "borrow"
                    | "borrow_mut"
                    | "lock"
                    | "read"
                    | "write"
                    | "load"
                    | "lock_owned"
                    | "read_owned"
                    | "write_owned"
            );
            return if lends { inside } else { Ty::Unknown };
        }
        match method.as_str() {
            "unwrap" | "expect" | "unwrap_or_default" | "unwrap_or" | "unwrap_or_else" => of.success(),
            "map_err" | "context" | "with_context" | "wrap_err" | "wrap_err_with" | "ok" | "ok_or" | "ok_or_else"
            | "inspect_err" => of,
            "clone" | "to_owned" => of.peel_refs(),
            "as_ref" | "as_mut" | "borrow" | "as_deref" | "instrument" | "in_current_span" => of,
            "first" | "last" | "next" | "pop" | "nth" | "find" | "min_by_key" | "max_by_key" | "get" | "pop_front"
            | "pop_back" => match self.items(*receiver) {
                Ty::Unknown => Ty::Unknown,
                item => Ty::Named(vec![Name::new("Option")], vec![item]),
            },
            "to_string" => Ty::std("String"),
            "as_str" => Ty::Ref(false, Box::new(Ty::std("str"))),
            "len" | "count" => Ty::std("usize"),
            "is_some" | "is_none" | "is_ok" | "is_err" | "is_empty" | "contains" => Ty::std("bool"),
            _ => Ty::Unknown,
        }
    }

    fn field(&self, of: &Ty, name: &Name) -> Ty {
        let mut of = of.clone();
        for _ in 0..8 {
            if let Ty::Tuple(items) = &of {
                return name.parse().ok().and_then(|at: usize| items.get(at).cloned()).unwrap_or(Ty::Unknown);
            }
            if let Ty::Named(path, _) = &of
                && let Some(found) = self.declared_field(path, name)
            {
                return found;
            }
            let Some(inner) = of.deref().or_else(|| calls::target(self.index, &of)) else { return Ty::Unknown };
            of = inner;
        }
        Ty::Unknown
    }

    fn declared_field(&self, path: &[Name], name: &Name) -> Option<Ty> {
        self.declared_among(path, name, |kind| match kind {
            TypeKind::Struct(fields) => Some(fields),
            _ => None,
        })
    }

    /// The type of a field of what is declared at a path, where all of that name agree.
    fn declared_among(
        &self,
        path: &[Name],
        name: &Name,
        fields_of: impl Fn(&TypeKind) -> Option<&[(Name, TypeRef)]>,
    ) -> Option<Ty> {
        let mut found = None;
        for (file, decl) in self.index.types_at(path) {
            let Some(fields) = fields_of(&decl.kind) else { continue };
            let Some((_, ty)) = fields.iter().find(|(field, _)| field == name) else { continue };
            let scope = Scope { file, module: decl.module, owner: Owner::Module };
            let generics: Vec<&Generic> = decl.generics.iter().collect();
            let ty = lower(self.index, scope, &generics, ty);
            match &found {
                Some(other) if *other != ty => return Some(Ty::Unknown),
                _ => found = Some(ty),
            }
        }
        found
    }
}

/// What is known already, or is found and kept.
fn kept<T: Clone>(known: &RefCell<HashMap<ExprId, T>>, of: ExprId, find: impl FnOnce() -> T) -> T {
    if let Some(known) = known.borrow().get(&of) {
        return known.clone();
    }
    let found = find();
    known.borrow_mut().insert(of, found.clone());
    found
}

fn is_std_method(body: &Body, call: ExprId) -> bool {
    match &body.expr(call).kind {
        ExprKind::MethodCall { method, .. } => knowledge::names().sync_method(method).is_some(),
        _ => false,
    }
}

pub(crate) fn generics_of<'i>(index: &'i Index<'_>, scope: Scope, function: &'i Function) -> Vec<&'i Generic> {
    let of_impl = match (scope.owner, index.file(scope.file)) {
        (Owner::Impl(block), Some(ir)) => ir.impls[block].generics.as_slice(),
        _ => &[],
    };
    function.generics.iter().chain(of_impl).collect()
}

fn literal_type(literal: &Literal) -> Ty {
    match literal {
        Literal::Str(_) => Ty::Ref(false, Box::new(Ty::std("str"))),
        Literal::Bool(_) => Ty::std("bool"),
        // Whatever number or character it is, it is copied.
        Literal::Other => Ty::std("i32"),
    }
}
