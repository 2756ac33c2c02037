//! What a function does: its expressions, blocks, statements, patterns and locals.
//!
//! In: nothing, this is the vocabulary. Out: [`Body`].
//!
//! Invariant: an expression's children have been lowered before it, so child ids are smaller than its own.
//! Invariant: every name that can mean a local has been resolved by scope position.

use smol_str::SmolStr;

use super::{Name, Path, TypeRef};
use crate::source::Span;

/// An expression of a body, as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub u32);

/// A block of a body, as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

/// A local of a body, as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub u32);

/// What a function does.
#[derive(Debug, Default)]
pub struct Body {
    /// Every expression.
    pub exprs: Vec<Expr>,
    /// Every block.
    pub blocks: Vec<Block>,
    /// Every local; `self` first where there is one, then the parameters.
    pub locals: Vec<Local>,
    /// The function's own block.
    pub root: Option<BlockId>,
}

/// An expression.
#[derive(Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, outer attributes left out.
    pub span: Span,
}

/// What an expression is. Parentheses and invisible groups are left out.
#[derive(Debug)]
pub enum ExprKind {
    /// A local.
    Local(LocalId),
    /// Any other path: a function, constant, static, unit struct, variant.
    Path(Path),
    /// A literal.
    Literal(Literal),
    /// `callee(args)`.
    Call {
        /// What is called.
        callee: ExprId,
        /// The arguments in order.
        args: Vec<ExprId>,
    },
    /// `receiver.method(args)`.
    MethodCall {
        /// What it is called on.
        receiver: ExprId,
        /// The method's name.
        method: Name,
        /// Where the name stands.
        method_span: Span,
        /// The arguments in order.
        args: Vec<ExprId>,
        /// Type arguments.
        turbofish: Vec<TypeRef>,
    },
    /// `base.name`; tuple fields are `0`, `1` …
    Field {
        /// What it is a field of.
        base: ExprId,
        /// Its name.
        name: Name,
    },
    /// `base[index]`.
    Index {
        /// What is indexed.
        base: ExprId,
        /// By what.
        index: ExprId,
    },
    /// `base.await`.
    Await {
        /// The future.
        base: ExprId,
    },
    /// `base?`.
    Try {
        /// What is tried.
        base: ExprId,
    },
    /// `&base`, `&mut base`, `&raw ..`.
    Borrow {
        /// `mut`.
        mutable: bool,
        /// What is borrowed.
        base: ExprId,
    },
    /// `*base`.
    Deref {
        /// What is dereferenced.
        base: ExprId,
    },
    /// `!base`, `-base`.
    Unary {
        /// The operand.
        base: ExprId,
    },
    /// `lhs op rhs`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        lhs: ExprId,
        /// Right operand; evaluated only sometimes when the operator is lazy.
        rhs: ExprId,
    },
    /// `target = value`; the value is evaluated first. Destructuring assignment too.
    Assign {
        /// A place, or a tuple, array or struct of places.
        target: ExprId,
        /// The value.
        value: ExprId,
    },
    /// `target op= value`.
    AssignOp {
        /// A place.
        target: ExprId,
        /// The value.
        value: ExprId,
        /// The operator without `=`.
        op: BinaryOp,
    },
    /// `{ .. }` and its kin.
    Block {
        /// The statements.
        block: BlockId,
        /// Which kind.
        kind: BlockKind,
        /// Whether it has a label.
        labelled: bool,
    },
    /// `if condition { .. } else ..`.
    If {
        /// The condition, with [`ExprKind::Let`] inside for `if let`.
        condition: ExprId,
        /// Runs when it holds.
        then: BlockId,
        /// A block or another `if`.
        otherwise: Option<ExprId>,
    },
    /// `let pat = value` in a condition.
    Let {
        /// The pattern.
        pat: Pat,
        /// The scrutinee.
        value: ExprId,
    },
    /// `match scrutinee { .. }`.
    Match {
        /// The scrutinee.
        scrutinee: ExprId,
        /// The arms.
        arms: Vec<Arm>,
    },
    /// `loop`, `while` and `for`.
    Loop {
        /// Which, and what it is driven by.
        kind: LoopKind,
        /// What it repeats.
        body: BlockId,
    },
    /// `|params| body`.
    Closure {
        /// Its parameters.
        params: Vec<Pat>,
        /// Its body.
        body: ExprId,
        /// `async |..|`.
        is_async: bool,
        /// `move`.
        moves: bool,
    },
    /// `Path { fields, ..base }`.
    Struct {
        /// The type.
        path: Path,
        /// The fields in order.
        fields: Vec<(Name, ExprId)>,
        /// `..base`.
        base: Option<ExprId>,
    },
    /// `(a, b)`; `()` is the empty one.
    Tuple(Vec<ExprId>),
    /// `[a, b]`.
    Array(Vec<ExprId>),
    /// `[value; len]`.
    Repeat {
        /// What is repeated.
        value: ExprId,
        /// How often.
        len: ExprId,
    },
    /// `a..b` with either end.
    Range(Vec<ExprId>),
    /// `base as T`.
    Cast {
        /// What is cast.
        base: ExprId,
        /// To which type.
        ty: TypeRef,
    },
    /// `return value`.
    Return(Option<ExprId>),
    /// `break 'label value`.
    Break(Option<ExprId>),
    /// `continue`.
    Continue,
    /// `yield`, `become` and whatever the parser keeps as tokens: every local it may name.
    Opaque(Vec<LocalId>),
    /// `path!(..)`.
    Macro(MacroCall),
}

impl ExprKind {
    /// Whether it names a local itself, in the tokens of a macro too.
    pub fn names(&self, local: LocalId) -> bool {
        match self {
            ExprKind::Local(named) => *named == local,
            ExprKind::Macro(call) => call.captures.contains(&local),
            ExprKind::Opaque(locals) => locals.contains(&local),
            _ => false,
        }
    }
}

/// A literal, as far as anyone asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A string with its value.
    Str(SmolStr),
    /// An integer, float, character, byte string …
    Other,
    /// `true` or `false`.
    Bool(bool),
}

/// A binary operator, as far as evaluation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `&&`, `||`: the right side may not run.
    Lazy,
    /// `/`, `%`: may panic.
    Divide,
    /// `+ - * & | ^ << >>`.
    Arithmetic,
    /// `== < >=` …
    Compare,
}

/// What kind of block an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// `{ .. }`.
    Plain,
    /// `unsafe { .. }`.
    Unsafe,
    /// `async { .. }` or `async move { .. }`: a body of its own.
    Async {
        /// `move`.
        moves: bool,
    },
    /// `const { .. }`.
    Const,
    /// `try { .. }`: catches the `?` inside.
    Try,
}

/// What drives a loop.
#[derive(Debug)]
pub enum LoopKind {
    /// `loop`.
    Loop,
    /// `while condition`.
    While {
        /// The condition.
        condition: ExprId,
    },
    /// `for pat in iter`.
    For {
        /// Binds each item.
        pat: Pat,
        /// What is iterated over; evaluated once, before.
        iter: ExprId,
    },
}

/// An arm of a match.
#[derive(Debug)]
pub struct Arm {
    /// Its pattern.
    pub pat: Pat,
    /// Its `if` guard.
    pub guard: Option<ExprId>,
    /// Its value.
    pub body: ExprId,
}

/// A macro call.
#[derive(Debug)]
pub struct MacroCall {
    /// Its path as written.
    pub path: Path,
    /// What is known of it.
    pub kind: MacroKind,
    /// Its arguments where they are expressions: all of them except the format string. Named arguments
    /// (`x = expr`) and tracing fields (`?x`, `%x`, `key = x`) are here by their expression. Of `select!`, which is
    /// opaque, only the joins whose results are given a name.
    pub args: Vec<ExprId>,
    /// Locals named by format captures, or anywhere in the tokens of an opaque macro.
    pub captures: Vec<LocalId>,
    /// Every identifier in the tokens of an opaque macro; empty for the others.
    pub words: Vec<Name>,
}

/// What is known of a macro, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacroKind {
    /// `format!`, `format_args!`, `concat!`, `vec!`, `matches!`, `stringify!`, `env!`, `include_str!` …: a value from its arguments.
    Value,
    /// `println!`, `eprintln!`, `print!`, `write!`, `writeln!`, `dbg!`: writes somewhere.
    Print,
    /// tracing's and log's: evaluated when the level is on, written to the log.
    Log,
    /// `assert!`, `assert_eq!`, `debug_assert!` …: may panic.
    Assert,
    /// `panic!`, `todo!`, `unreachable!`, `unimplemented!`, `bail!`, `ensure!`, `return_err!`: may leave the body.
    Exit,
    /// `join!`, `try_join!` of tokio, futures or conjoin: awaits its arguments together.
    Join {
        /// `try_join!`.
        fallible: bool,
    },
    /// Anything else: its tokens may do anything.
    Opaque,
}

/// A block.
#[derive(Debug)]
pub struct Block {
    /// Its statements; the tail expression is the last one, without semicolon.
    pub stmts: Vec<Stmt>,
    /// From `{` to `}`.
    pub span: Span,
}

/// A statement.
#[derive(Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// From its first token behind the attributes to its semicolon, comments before it left out.
    pub span: Span,
    /// Where its attributes begin; equals `span.start` when it has none.
    pub attributes_start: u32,
    /// `#[cfg(..)]` or `#[cfg_attr(..)]` stands on it.
    pub is_conditional: bool,
    /// A comment in front of it speaks of order: "must come first", "sequentially".
    pub is_order_noted: bool,
}

/// What a statement is.
#[derive(Debug)]
pub enum StmtKind {
    /// `let pat: ty = init else { .. };`
    Let {
        /// The pattern.
        pat: Pat,
        /// The annotation and where it stands.
        ty: Option<(TypeRef, Span)>,
        /// The initialiser.
        init: Option<ExprId>,
        /// The `else` block.
        otherwise: Option<BlockId>,
    },
    /// An expression.
    Expr {
        /// The expression.
        expr: ExprId,
        /// Whether `;` follows.
        semicolon: bool,
    },
    /// An item: function, `use`, constant …; its functions are in [`crate::ir::FileIr::functions`].
    Item {
        /// Its name where it has one.
        name: Option<Name>,
        /// `macro_rules!`, whose scope is textual.
        is_macro_rules: bool,
    },
}

/// A pattern.
#[derive(Debug, Clone)]
pub struct Pat {
    /// Where it stands, its type annotation left out.
    pub span: Span,
    /// The locals it binds, in order.
    pub bindings: Vec<LocalId>,
    /// What shape it has.
    pub kind: PatKind,
    /// Constants and unit variants it may name: identifiers in upper case, paths, literals, ranges make it so.
    pub is_refutable: bool,
}

/// The shape of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatKind {
    /// One plain name, `x` or `mut x`.
    Ident,
    /// `_`.
    Wild,
    /// `()`.
    Unit,
    /// `Some(x)` or `Ok(x)`.
    Success,
    /// Anything else.
    Other,
}

/// A local.
#[derive(Debug)]
pub struct Local {
    /// Its name.
    pub name: Name,
    /// Where it is bound.
    pub span: Span,
    /// `mut x`.
    pub mutable: bool,
    /// `ref x` or `ref mut x`.
    pub by_ref: bool,
    /// Its type where it is written: a parameter's, or the annotation of `let x: T`.
    pub ty: Option<TypeRef>,
    /// What it is bound to where that is one expression: the initialiser of `let x = ..`.
    pub init: Option<ExprId>,
    /// What a pattern takes apart to bind it, where that is all that is matched.
    pub part_of: Option<PartOf>,
    /// How it came to be.
    pub origin: Origin,
}

/// What a pattern takes apart, and which part of it a local is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartOf {
    /// `Reply::Found { user }`, `Reply::Found(user)`: a field of a struct or a variant.
    Named {
        /// The struct or the variant.
        path: Path,
        /// The field, `0` of the first one of a tuple.
        field: Name,
    },
    /// `(user, orders)`: an item of a tuple.
    Tuple(usize),
}

/// How a local came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `self`.
    SelfValue,
    /// A parameter of the function.
    Param,
    /// A `let` statement.
    Let,
    /// A parameter of a closure.
    ClosureParam,
    /// A match arm, an `if let`, a `for`.
    Pattern,
}

impl Body {
    /// The expression behind an id.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    /// The block behind an id.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }

    /// The fields that struct literals are given, and their values.
    pub fn given_fields(&self) -> impl Iterator<Item = &(Name, ExprId)> {
        let literals = self.exprs.iter().filter_map(|expr| match &expr.kind {
            ExprKind::Struct { fields, .. } => Some(fields),
            _ => None,
        });
        literals.flatten()
    }

    /// The local behind an id.
    pub fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.0 as usize]
    }
}
