//! The await graph: what the analysis needs of a file, and nothing of its syntax.
//!
//! In: nothing, this is the vocabulary. Out: [`FileIr`], which [`lower`] makes from a parsed file and
//! [`mod@print`] writes as text.
//!
//! # Terms
//!
//! * **body**: an async fn, an async block or an async closure. One [`Body`] here holds a whole `fn`, with the
//!   blocks and closures inside it as expressions, because they share their locals.
//! * **await site**: one `.await`, an [`ExprKind::Await`].
//! * **place**: a local and a path of fields, `user.address.city`.
//! * **local**: a name bound by a parameter or a pattern. Two `let x` are two locals.
//!
//! Invariant: every name that can mean a local has been resolved by scope position, so the analysis compares
//! [`LocalId`]s and never spellings.
//! Invariant: spans are byte ranges of the raw file.
//! Invariant: an expression's children have been lowered before it, so child ids are smaller than its own.

mod body;
pub mod lower;
pub mod print;

use smol_str::SmolStr;

pub use body::{
    Arm, BinaryOp, Block, BlockId, BlockKind, Body, Expr, ExprId, ExprKind, Literal, Local, LocalId, LoopKind,
    MacroCall, MacroKind, Origin, PartOf, Pat, PatKind, Stmt, StmtKind,
};

use crate::knowledge::ClaimKind;
use crate::source::Span;

/// An identifier, without `r#`.
pub type Name = SmolStr;

/// What one file declares and does.
#[derive(Debug, Default)]
pub struct FileIr {
    /// The file's own module first, then each `mod name { .. }` inside it.
    pub modules: Vec<Module>,
    /// Every function with or without body, methods and nested functions too.
    pub functions: Vec<Function>,
    /// Structs, enums, unions and type aliases.
    pub types: Vec<TypeDecl>,
    /// Traits.
    pub traits: Vec<TraitDecl>,
    /// Impl blocks.
    pub impls: Vec<Impl>,
    /// `macro_rules!` definitions.
    pub macros: Vec<MacroDecl>,
    /// Statics, thread-locals included.
    pub statics: Vec<Static>,
    /// Where the source allows lints, sorted by place.
    pub allows: Vec<Allow>,
    /// Comments that speak to this tool and are not understood.
    pub unclear: Vec<Unclear>,
    /// Of all of this but places and what bodies hold that declare nothing, in a file that was read without them.
    pub fingerprint: u128,
}

/// A comment or attribute that allows lints.
#[derive(Debug, PartialEq, Eq)]
pub struct Allow {
    /// Where it stands.
    pub span: Span,
    /// The lints, `sequential_await`; they need not exist.
    pub lints: Vec<Name>,
    /// Whether it says why.
    pub has_reason: bool,
    /// The code that it is about.
    pub covers: Span,
}

/// A comment that speaks to this tool and is not understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Unclear {
    /// Where it stands.
    pub span: Span,
    /// What stands behind `conjoin:`.
    pub words: Name,
}

/// A module inside a file.
#[derive(Debug, Default)]
pub struct Module {
    /// Its path from the file's own module; empty for that one.
    pub path: Vec<Name>,
    /// What its `use` items bring in, those inside function bodies included.
    pub imports: Vec<Import>,
}

/// One name brought in by `use`.
#[derive(Debug)]
pub struct Import {
    /// The whole path, `["tokio", "fs", "read"]`; of a glob, the path before `*`.
    pub path: Vec<Name>,
    /// The name it has here; `_` for `as _`, `*` for a glob.
    pub alias: Name,
}

/// A function's declaration and, where it has one, its body.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Where the name stands.
    pub name_span: Span,
    /// The whole item with its attributes.
    pub span: Span,
    /// Index into [`FileIr::modules`].
    pub module: usize,
    /// What it is a member of.
    pub owner: Owner,
    /// `async fn`.
    pub is_async: bool,
    /// `unsafe fn`.
    pub is_unsafe: bool,
    /// How it takes `self`.
    pub receiver: Option<Receiver>,
    /// Its parameters without `self`.
    pub params: Vec<Param>,
    /// Its declared return type; `None` is `()`.
    pub ret: Option<TypeRef>,
    /// Its generic parameters with their bounds, `where` clauses included.
    pub generics: Vec<Generic>,
    /// Paths of its attributes and those of its impl or trait, as written: `tokio::test`, `async_trait`.
    pub attributes: Vec<Name>,
    /// What a comment above it says that it does.
    pub claim: Option<ClaimKind>,
    /// The comments above it speak of the order of what it does: "is read first".
    pub is_order_noted: bool,
    /// `#[test]`-like, or inside `#[cfg(test)]`.
    pub in_test: bool,
    /// What it does; `None` for a declaration in a trait or an extern block.
    pub body: Option<Body>,
    /// Its body was left out, and is empty here: [`lower::body_of`] reads it.
    pub is_outlined: bool,
}

/// What a function is a member of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nothing: a free function, also one nested in a body.
    Module,
    /// Index into [`FileIr::impls`].
    Impl(usize),
    /// Index into [`FileIr::traits`].
    Trait(usize),
}

/// How a method takes `self`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// `self` or `mut self`.
    Value,
    /// `&self`.
    Shared,
    /// `&mut self`.
    Exclusive,
    /// `self: T`.
    Typed(TypeRef),
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name when the pattern is one identifier.
    pub name: Option<Name>,
    /// Its type.
    pub ty: TypeRef,
}

/// A generic parameter.
#[derive(Debug)]
pub struct Generic {
    /// Its name.
    pub name: Name,
    /// The traits it is bound by.
    pub bounds: Vec<Path>,
}

/// A struct, enum, union or type alias.
#[derive(Debug)]
pub struct TypeDecl {
    /// Its name.
    pub name: Name,
    /// Index into [`FileIr::modules`].
    pub module: usize,
    /// Its generic parameters with their bounds.
    pub generics: Vec<Generic>,
    /// It derives `Clone`.
    pub is_clone: bool,
    /// What it is.
    pub kind: TypeKind,
}

/// What a type declaration declares.
#[derive(Debug)]
pub enum TypeKind {
    /// A struct or union; tuple fields are named `0`, `1` …
    Struct(Vec<(Name, TypeRef)>),
    /// An enum with its variants.
    Enum(Vec<Variant>),
    /// `type Name = ..;`
    Alias(TypeRef),
}

/// A variant of an enum.
#[derive(Debug)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// Its fields; those of a tuple variant are named `0`, `1` …
    pub fields: Vec<(Name, TypeRef)>,
}

/// A trait.
#[derive(Debug)]
pub struct TraitDecl {
    /// Its name.
    pub name: Name,
    /// Index into [`FileIr::modules`].
    pub module: usize,
    /// The traits it requires.
    pub supertraits: Vec<Path>,
}

/// An impl block.
#[derive(Debug)]
pub struct Impl {
    /// Index into [`FileIr::modules`].
    pub module: usize,
    /// Its generic parameters with their bounds.
    pub generics: Vec<Generic>,
    /// The trait it implements.
    pub of_trait: Option<Path>,
    /// The type it is for.
    pub self_ty: TypeRef,
    /// Its `type Target = ..;`.
    pub target: Option<TypeRef>,
}

/// A `macro_rules!` definition.
#[derive(Debug)]
pub struct MacroDecl {
    /// Its name.
    pub name: Name,
    /// Every identifier in its rules.
    pub words: Vec<Name>,
    /// Whether its rules hold a `?`.
    pub has_try: bool,
}

/// A static item.
#[derive(Debug)]
pub struct Static {
    /// Its name.
    pub name: Name,
    /// `static mut`.
    pub mutable: bool,
    /// Its type, where that is parsed.
    pub ty: Option<TypeRef>,
    /// Index into [`FileIr::modules`].
    pub module: usize,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeRef {
    /// `a::B<C>`.
    Path(Path),
    /// `&T`, `&mut T`.
    Ref {
        /// `&mut`.
        mutable: bool,
        /// What it refers to.
        to: Box<TypeRef>,
    },
    /// `(A, B)`; `()` is the empty one.
    Tuple(Vec<TypeRef>),
    /// `[T]` and `[T; N]`.
    Slice(Box<TypeRef>),
    /// `dyn A + B`.
    Dyn(Vec<Path>),
    /// `impl A + B`.
    Impl(Vec<Path>),
    /// `_`.
    Infer,
    /// `!`, function pointers, raw pointers, macros.
    Other,
}

/// A path in an expression or a type.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Path {
    /// The type in `<T as Trait>::name`; the segments then start with the trait's, if there is one.
    pub qself: Option<Box<TypeRef>>,
    /// Its segments, `crate`, `self`, `super` and `Self` among them.
    pub segments: Vec<Segment>,
}

/// A segment of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The identifier.
    pub name: Name,
    /// Type arguments, in `<..>` or as a `Fn(A) -> B` (then the inputs).
    pub args: Vec<TypeRef>,
    /// `Output = T` and the like; the result of `Fn(A) -> B` is `Output`.
    pub bindings: Vec<(Name, TypeRef)>,
}

impl Path {
    /// The last segment's name, `read` of `tokio::fs::read`; empty for an empty path.
    pub fn last(&self) -> &str {
        self.segments.last().map_or("", |segment| segment.name.as_str())
    }

    /// The path as people write it, type arguments left out.
    pub fn text(&self) -> String {
        let names: Vec<&str> = self.segments.iter().map(|segment| segment.name.as_str()).collect();
        names.join("::")
    }
}
