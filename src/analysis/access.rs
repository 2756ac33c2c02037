//! What an expression reads, writes, moves and borrows.
//!
//! In: an expression of a body. Out: its [`Access`]es to the body's locals, those of closures and blocks inside
//! included, each in the [`Phase`] it happens in.
//!
//! Invariant: a doubt about a method's receiver is an exclusive borrow, unless ownership excludes one: what a
//! `&self` or a binding without `mut` owns cannot be borrowed exclusively.

use crate::analysis::effects::call_name;
use crate::index::calls::{Callee, callee, resolved};
use crate::index::ty::Ty;
use crate::index::types::Types;
use crate::ir::TypeRef;
use crate::ir::{BlockId, Body, ExprId, ExprKind, LocalId, LoopKind, MacroCall, MacroKind, Name, StmtKind};
use crate::knowledge;
use crate::source::Span;

use super::ownership::{Usage, may_be_exclusive_ref, receiver_usage, splits_borrows};

/// A local and a path of fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The local.
    pub root: LocalId,
    /// The fields, outermost first.
    pub fields: Vec<Name>,
}

/// How a place is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Read, or borrowed shared.
    Read,
    /// Given away by value.
    Take,
    /// Borrowed exclusively.
    Exclusive,
    /// Assigned or bound.
    Write,
}

/// When an access happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// While the awaited future is built and runs.
    Await,
    /// After it has completed; of a statement that awaits nothing, the whole statement.
    Finish,
}

/// One touch of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Which place.
    pub place: Place,
    /// How.
    pub mode: Mode,
    /// When.
    pub phase: Phase,
    /// Whether the borrow may live as long as the future: `f(&x)`, and not `f(x.len())`.
    pub held: bool,
    /// Where.
    pub span: Span,
}

impl Place {
    /// Whether one of the two is the other or a part of it.
    pub fn overlaps(&self, other: &Place) -> bool {
        self.root == other.root && self.fields.iter().zip(&other.fields).all(|(a, b)| a == b)
    }

    /// As people write it.
    pub fn text(&self, body: &Body) -> String {
        let mut text = body.local(self.root).name.to_string();
        for field in &self.fields {
            text.push('.');
            text.push_str(field);
        }
        text
    }
}

/// The accesses of an expression. `sites` are the await sites whose futures run in [`Phase::Await`].
pub fn accesses(types: &Types<'_>, expr: ExprId, sites: &[ExprId]) -> Vec<Access> {
    let mut walk = Walk { types, sites, phase: Phase::Finish, held: true, found: Vec::new() };
    walk.visit(expr, Usage::Value);
    walk.found
}

struct Walk<'a, 't> {
    types: &'a Types<'t>,
    sites: &'a [ExprId],
    phase: Phase,
    held: bool,
    found: Vec<Access>,
}

impl Walk<'_, '_> {
    fn visit(&mut self, expr: ExprId, usage: Usage) {
        if let Some(place) = place(self.types.body, expr) {
            self.touch(expr, place, usage);
            return self.visit_indices(expr);
        }
        match &self.types.body.expr(expr).kind {
            ExprKind::Await { base } if self.sites.contains(&expr) => {
                let outer = std::mem::replace(&mut self.phase, Phase::Await);
                self.visit(*base, Usage::Value);
                self.phase = outer;
            }
            ExprKind::Macro(call) => {
                let is_site = self.sites.contains(&expr);
                let outer = self.phase;
                if is_site {
                    self.phase = Phase::Await;
                }
                self.visit_macro(expr, call);
                self.phase = outer;
            }
            ExprKind::Borrow { mutable, base } => {
                self.visit(*base, if *mutable { Usage::Exclusive } else { Usage::Shared });
            }
            ExprKind::Call { callee, args } => {
                self.visit(*callee, Usage::Shared);
                for (number, arg) in args.iter().enumerate() {
                    let usage = if lends_shared(self.types, expr, number) { Usage::Shared } else { Usage::Value };
                    self.visit(*arg, usage);
                }
            }
            ExprKind::MethodCall { receiver, method, args, .. } => self.visit_method(expr, *receiver, method, args),
            ExprKind::Assign { target, value } => {
                self.visit(*value, Usage::Value);
                self.visit(*target, Usage::Assigned);
            }
            ExprKind::AssignOp { target, value, .. } => {
                self.visit(*value, Usage::Value);
                self.visit(*target, Usage::Shared);
                self.visit(*target, Usage::Assigned);
            }
            ExprKind::Closure { body, moves, .. } => self.visit_captured(*body, *moves),
            ExprKind::Block { block, kind, .. } => match kind {
                crate::ir::BlockKind::Async { moves } => {
                    let before = self.found.len();
                    self.visit_block(*block);
                    self.take_captures(before, *moves);
                }
                _ => self.visit_block(*block),
            },
            _ => self.visit_operands(expr, usage),
        }
    }

    fn visit_operands(&mut self, expr: ExprId, usage: Usage) {
        match &self.types.body.expr(expr).kind {
            ExprKind::If { condition, then, otherwise } => {
                self.visit(*condition, Usage::Shared);
                self.visit_block(*then);
                otherwise.iter().for_each(|other| self.visit(*other, Usage::Value));
            }
            ExprKind::Let { value, .. } => self.visit(*value, Usage::Value),
            ExprKind::Match { scrutinee, arms } => {
                self.visit(*scrutinee, Usage::Value);
                for arm in arms {
                    arm.guard.iter().for_each(|guard| self.visit(*guard, Usage::Shared));
                    self.visit(arm.body, Usage::Value);
                }
            }
            ExprKind::Loop { kind, body } => {
                match kind {
                    LoopKind::While { condition } => self.visit(*condition, Usage::Shared),
                    LoopKind::For { iter, .. } => self.visit(*iter, Usage::Value),
                    LoopKind::Loop => {}
                }
                self.visit_block(*body);
            }
            ExprKind::Binary { lhs, rhs, op: crate::ir::BinaryOp::Compare } => {
                self.visit(*lhs, Usage::Shared);
                self.visit(*rhs, Usage::Shared);
            }
            // In an assignment's target, a tuple or struct of places.
            ExprKind::Tuple(items) | ExprKind::Array(items) => {
                let usage = if usage == Usage::Assigned { usage } else { Usage::Value };
                self.visit_all(items, usage);
            }
            ExprKind::Opaque(locals) => self.touch_all(expr, locals, Mode::Exclusive),
            _ => self.visit_all(&children(self.types.body, expr), Usage::Value),
        }
    }

    fn visit_all(&mut self, exprs: &[ExprId], usage: Usage) {
        for expr in exprs {
            self.visit(*expr, usage);
        }
    }

    fn visit_block(&mut self, block: BlockId) {
        for stmt in &self.types.body.block(block).stmts {
            match &stmt.kind {
                StmtKind::Let { init, otherwise, .. } => {
                    init.iter().for_each(|init| self.visit(*init, Usage::Value));
                    otherwise.iter().for_each(|block| self.visit_block(*block));
                }
                StmtKind::Expr { expr, .. } => self.visit(*expr, Usage::Value),
                StmtKind::Item { .. } => {}
            }
        }
    }

    /// Indices of a place are evaluated whatever is done with it.
    fn visit_indices(&mut self, expr: ExprId) {
        match &self.types.body.expr(expr).kind {
            ExprKind::Index { base, index } => {
                self.visit_indices(*base);
                self.visit(*index, Usage::Value);
            }
            ExprKind::Field { base, .. } | ExprKind::Deref { base } => self.visit_indices(*base),
            _ => {}
        }
    }

    fn visit_method(&mut self, call: ExprId, receiver: ExprId, method: &Name, args: &[ExprId]) {
        // What these give owns all it has: the borrow ends with the call.
        let outer = self.held;
        let gives_own = matches!(
            method.as_str(),
            "clone" | "to_string" | "to_owned" | "to_vec" | "len" | "is_empty" | "cloned" | "copied"
        );
        self.held &= !gives_own && !is_declared_to_own(self.types, call);
        self.visit(receiver, receiver_usage(self.types, call, receiver));
        self.held = outer;
        self.visit_all(args, Usage::Value);
    }

    fn visit_macro(&mut self, expr: ExprId, call: &MacroCall) {
        let by_value = matches!(call.kind, MacroKind::Join { .. }) || call.path.last() == "vec";
        let outer = self.held;
        self.held &= by_value;
        self.visit_all(&call.args, if by_value { Usage::Value } else { Usage::Shared });
        let mode = if call.kind == MacroKind::Opaque { Mode::Exclusive } else { Mode::Read };
        self.touch_all(expr, &call.captures, mode);
        if matches!(call.path.last(), "write" | "writeln")
            && let Some(target) = call.args.first()
        {
            self.visit(*target, Usage::Exclusive);
        }
        self.held = outer;
    }

    fn visit_captured(&mut self, body: ExprId, moves: bool) {
        let before = self.found.len();
        self.visit(body, Usage::Value);
        self.take_captures(before, moves);
    }

    /// A `move` closure or block takes all it names.
    fn take_captures(&mut self, from: usize, moves: bool) {
        if !moves {
            return;
        }
        for access in &mut self.found[from..] {
            if access.mode == Mode::Read && !self.types.of_local(access.place.root).is_copy() {
                access.mode = Mode::Take;
                access.place.fields.clear();
            }
        }
    }

    fn touch(&mut self, expr: ExprId, mut place: Place, usage: Usage) {
        let mode = match usage {
            Usage::Assigned => Mode::Write,
            Usage::Exclusive => Mode::Exclusive,
            Usage::Shared => Mode::Read,
            // What is copied out of a reference stays there.
            Usage::Value if matches!(self.types.body.expr(expr).kind, ExprKind::Deref { .. }) => Mode::Read,
            Usage::Value => self.mode_by_value(expr, &place),
        };
        if mode == Mode::Exclusive && !splits_borrows(self.types, place.root) {
            place.fields.clear();
        }
        let span = self.types.body.expr(expr).span;
        let lender = lender(self.types.body, &place);
        self.found.push(Access { place, mode, phase: self.phase, held: self.held, span });
        if let Some(place) = lender {
            self.found.push(Access { place, mode: Mode::Read, phase: self.phase, held: self.held, span });
        }
    }

    fn touch_all(&mut self, expr: ExprId, locals: &[LocalId], mode: Mode) {
        let span = self.types.body.expr(expr).span;
        for root in locals {
            let place = Place { root: *root, fields: Vec::new() };
            self.found.push(Access { place, mode, phase: self.phase, held: self.held, span });
        }
    }

    /// A `&mut T` given by name is borrowed again; what is copied is only read.
    fn mode_by_value(&self, expr: ExprId, place: &Place) -> Mode {
        let ty = self.types.of(expr);
        if ty.is_exclusive_ref() || (ty == Ty::Unknown && may_be_exclusive_ref(self.types, place)) {
            Mode::Exclusive
        } else if ty.is_copy() {
            Mode::Read
        } else {
            Mode::Take
        }
    }
}

/// Whether every function a call may mean gives back what borrows nothing of its receiver: `fn handle(&self) -> Self`.
fn is_declared_to_own(types: &Types<'_>, call: ExprId) -> bool {
    let Callee::Workspace { functions, resolved } = callee(types, call) else { return false };
    let is_one_of_ours = resolved || !knowledge::names().is_common(&call_name(types, call));
    is_one_of_ours
        && functions.iter().all(|id| {
            let function = types.index.function(*id).filter(|function| !function.is_async);
            function.and_then(|function| function.ret.as_ref()).is_some_and(owns_all)
        })
}

/// Whether a type can hold no borrow of what the function that returns it was given.
fn owns_all(ty: &TypeRef) -> bool {
    let TypeRef::Path(path) = ty else { return false };
    let args = path.segments.last().map_or(&[][..], |segment| segment.args.as_slice());
    match path.last() {
        // Whatever lifetimes it has are those of the receiver's own type.
        "Self" | "String" | "PathBuf" | "Uuid" | "bool" | "usize" | "u32" | "u64" | "i32" | "i64" => true,
        "Option" | "Vec" | "Arc" | "Rc" | "Box" => !args.is_empty() && args.iter().all(owns_all),
        _ => false,
    }
}

/// Whether every function a call may mean takes an argument by `&`: a `&mut` given to it by name is then lent shared.
fn lends_shared(types: &Types<'_>, call: ExprId, number: usize) -> bool {
    let ExprKind::Call { args, .. } = &types.body.expr(call).kind else { return false };
    if !types.of(args[number]).is_exclusive_ref() {
        return false;
    }
    let Callee::Workspace { functions, resolved: true } = resolved(types, call) else { return false };
    functions.iter().all(|id| {
        let function = types.index.function(*id);
        let skipped = function.map_or(0, |function| usize::from(function.receiver.is_some()));
        let param = function.and_then(|function| function.params.get(number.checked_sub(skipped)?));
        matches!(param.map(|param| &param.ty), Some(TypeRef::Ref { mutable: false, .. }))
    })
}

/// What a local borrows from, when it was made by `&place`: using it is using that.
fn lender(body: &Body, place: &Place) -> Option<Place> {
    match body.expr(body.local(place.root).init?).kind {
        ExprKind::Borrow { mutable: false, base } => self::place(body, base),
        _ => None,
    }
}

/// The place an expression names, when it names one.
pub fn place(body: &Body, expr: ExprId) -> Option<Place> {
    match &body.expr(expr).kind {
        ExprKind::Local(root) => Some(Place { root: *root, fields: Vec::new() }),
        ExprKind::Field { base, name } => {
            let mut place = place(body, *base)?;
            if !is_through_index(body, *base) {
                place.fields.push(name.clone());
            }
            Some(place)
        }
        // Which element is not known, so it is all of them.
        ExprKind::Index { base, .. } | ExprKind::Deref { base } => place(body, *base),
        _ => None,
    }
}

fn is_through_index(body: &Body, expr: ExprId) -> bool {
    match &body.expr(expr).kind {
        ExprKind::Index { .. } => true,
        ExprKind::Field { base, .. } | ExprKind::Deref { base } => is_through_index(body, *base),
        _ => false,
    }
}

/// The operands of an expression in the order they are evaluated; blocks and arms are left out.
pub fn children(body: &Body, expr: ExprId) -> Vec<ExprId> {
    match &body.expr(expr).kind {
        ExprKind::Local(_)
        | ExprKind::Path(_)
        | ExprKind::Literal(_)
        | ExprKind::Continue
        | ExprKind::Opaque(_)
        | ExprKind::Block { .. } => Vec::new(),
        ExprKind::Call { callee, args } => std::iter::once(*callee).chain(args.iter().copied()).collect(),
        ExprKind::MethodCall { receiver, args, .. } => std::iter::once(*receiver).chain(args.iter().copied()).collect(),
        ExprKind::Field { base, .. }
        | ExprKind::Await { base }
        | ExprKind::Try { base }
        | ExprKind::Borrow { base, .. }
        | ExprKind::Deref { base }
        | ExprKind::Unary { base }
        | ExprKind::Cast { base, .. } => vec![*base],
        ExprKind::Index { base, index } => vec![*base, *index],
        ExprKind::Binary { lhs, rhs, .. } => vec![*lhs, *rhs],
        ExprKind::Assign { target, value } | ExprKind::AssignOp { target, value, .. } => vec![*value, *target],
        ExprKind::If { condition, .. } => vec![*condition],
        ExprKind::Let { value, .. } => vec![*value],
        ExprKind::Match { scrutinee, .. } => vec![*scrutinee],
        ExprKind::Loop { kind, .. } => match kind {
            LoopKind::For { iter, .. } => vec![*iter],
            LoopKind::While { condition } => vec![*condition],
            LoopKind::Loop => Vec::new(),
        },
        ExprKind::Closure { .. } => Vec::new(),
        ExprKind::Struct { fields, base, .. } => fields.iter().map(|(_, value)| *value).chain(*base).collect(),
        ExprKind::Tuple(items) | ExprKind::Array(items) | ExprKind::Range(items) => items.clone(),
        ExprKind::Repeat { value, len } => vec![*value, *len],
        ExprKind::Return(value) | ExprKind::Break(value) => value.iter().copied().collect(),
        ExprKind::Macro(call) => call.args.clone(),
    }
}
