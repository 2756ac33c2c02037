//! What a statement does besides touching places: where it awaits, whether it may leave, what it calls.
//!
//! In: a statement's expression. Out: [`Inspection`].

use crate::analysis::access::children;
use crate::analysis::effects::{self, call_name, suspends_by_itself};
use crate::analysis::stored;
use crate::index::calls::{Callee, callee, named_function};
use crate::index::types::Types;
use crate::ir::{
    BinaryOp, BlockId, BlockKind, Body, ExprId, ExprKind, Literal, LocalId, LoopKind, MacroCall, MacroKind, StmtKind,
};
use crate::knowledge;
use crate::source::Span;

/// What is found in one expression.
#[derive(Debug, Default)]
pub struct Inspection {
    /// Await sites that run whenever the expression does, in the order they run.
    pub sites: Vec<ExprId>,
    /// An await site that may not run, or not once: the construct around it.
    pub hidden: Option<(&'static str, Span)>,
    /// What may leave the body or panic, `?` and `unwrap` on an awaited value left out.
    pub exit: Option<(&'static str, Span)>,
    /// The same inside the arguments of an awaited call.
    pub exit_in_args: Option<(&'static str, Span)>,
    /// Whether `?` or `unwrap` stands on an awaited value.
    pub may_fail: bool,
    /// Every call, with whether its future is awaited here, and whether it is part of an awaited future.
    pub calls: Vec<Call>,
    /// Something that no fact helps with: unsafe code, an unknown macro.
    pub opaque: Option<(&'static str, Span)>,
    /// A construct that branches, at the top of the expression and behind all sites: `if`, `match`, `loop`.
    pub branches: Option<&'static str>,
}

/// A call inside a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The call, or the awaited expression where that is no call.
    pub expr: ExprId,
    /// Whether it is awaited.
    pub awaited: bool,
    /// Whether it is part of a future that an await site awaits, and so runs before it completes.
    pub in_await: bool,
    /// Whether it stands in a closure or block that somebody else runs.
    pub apart: bool,
}

/// Inspects an expression.
pub fn inspect(types: &Types<'_>, expr: ExprId) -> Inspection {
    let mut walk =
        Walk { types, found: Inspection::default(), in_await: false, hidden_by: None, loops: 0, entered: Vec::new() };
    walk.visit(expr);
    walk.found.branches = branching(types, expr);
    walk.found
}

/// Whether a method panics where there is no value.
pub fn panics(method: &str) -> bool {
    matches!(method, "unwrap" | "expect" | "unwrap_err" | "expect_err")
}

/// The branching construct that an expression is, `?` and the like around it left out.
fn branching(types: &Types<'_>, expr: ExprId) -> Option<&'static str> {
    match &types.body.expr(expr).kind {
        ExprKind::If { .. } => Some("if"),
        ExprKind::Match { .. } => Some("match"),
        ExprKind::Loop { .. } => Some("loop"),
        ExprKind::Try { base } => branching(types, *base),
        ExprKind::Assign { value, .. } => branching(types, *value),
        _ => None,
    }
}

/// Whether a call may return a future: not when its name or its declaration says otherwise.
fn may_be_future(types: &Types<'_>, call: ExprId) -> bool {
    let is_known_sync = knowledge::names().sync_method(&call_name(types, call)).is_some();
    let declared_sync = || match callee(types, call) {
        Callee::Workspace { functions, .. } => {
            let mut declared = functions.iter().filter_map(|id| types.index.function(*id));
            declared.all(|function| !function.is_async && !suspends_by_itself(function))
        }
        Callee::Constructor(_) => true,
        _ => false,
    };
    !is_known_sync && !declared_sync()
}

/// What a closure may give back: its value, or the one of the last statement of each branch; with it what such a value is
/// called on.
fn tails(body: &Body, expr: ExprId) -> Vec<ExprId> {
    let of_block = |block: BlockId| match body.block(block).stmts.last().map(|stmt| &stmt.kind) {
        Some(StmtKind::Expr { expr, semicolon: false }) => tails(body, *expr),
        _ => Vec::new(),
    };
    match &body.expr(expr).kind {
        ExprKind::Block { block, kind: BlockKind::Plain | BlockKind::Unsafe, .. } => of_block(*block),
        ExprKind::If { then, otherwise, .. } => {
            let mut found = of_block(*then);
            found.extend(otherwise.iter().flat_map(|other| tails(body, *other)));
            found
        }
        ExprKind::Match { arms, .. } => arms.iter().flat_map(|arm| tails(body, arm.body)).collect(),
        ExprKind::MethodCall { receiver, .. } => {
            let mut found = tails(body, *receiver);
            found.push(expr);
            found
        }
        _ => vec![expr],
    }
}

struct Walk<'a, 't> {
    types: &'a Types<'t>,
    found: Inspection,
    in_await: bool,
    hidden_by: Option<&'static str>,
    loops: usize,
    /// The futures in variables whose blocks are being looked at: one that awaits itself is looked at once.
    entered: Vec<LocalId>,
}

impl Walk<'_, '_> {
    /// Gives whether an await site is in it.
    fn visit(&mut self, expr: ExprId) -> bool {
        let span = self.types.body.expr(expr).span;
        match &self.types.body.expr(expr).kind {
            ExprKind::Await { base } => self.visit_await(expr, *base),
            ExprKind::Try { base } => {
                let awaits = self.visit(*base);
                self.try_or_exit(awaits, "try", span);
                awaits
            }
            ExprKind::MethodCall { method, .. } => {
                let awaits = self.visit_children(expr);
                self.call(expr, false);
                if panics(method) {
                    self.try_or_exit(awaits, "panic", span);
                }
                awaits
            }
            ExprKind::Call { callee, args } => {
                let is_named = matches!(self.types.body.expr(*callee).kind, ExprKind::Path(_) | ExprKind::Local(_));
                let mut awaits = !is_named && self.visit(*callee);
                for arg in args {
                    awaits |= self.visit(*arg);
                }
                self.call(expr, false);
                awaits
            }
            // A function or a closure that is handed over by its name is called by whoever gets it.
            ExprKind::Path(path) if self.in_await && path.last().starts_with(char::is_lowercase) => {
                if matches!(named_function(self.types, path), Callee::Workspace { resolved: true, .. }) {
                    self.found.calls.push(Call { expr, awaited: true, in_await: true, apart: true });
                }
                false
            }
            ExprKind::Local(local) if self.in_await => self.visit_local(*local),
            ExprKind::Index { index, .. } => {
                let is_whole = matches!(&self.types.body.expr(*index).kind, ExprKind::Range(ends) if ends.is_empty());
                if !is_whole {
                    self.exit("index", span);
                }
                self.visit_children(expr)
            }
            ExprKind::Binary { op: BinaryOp::Divide, rhs, .. } => {
                if !matches!(self.types.body.expr(*rhs).kind, ExprKind::Literal(Literal::Other)) {
                    self.exit("index", span);
                }
                self.visit_children(expr)
            }
            ExprKind::Binary { op: BinaryOp::Lazy, lhs, rhs } => {
                let awaits = self.visit(*lhs);
                self.hidden("lazy", |walk| walk.visit(*rhs)) | awaits
            }
            ExprKind::Return(_) => self.leave(expr, "return", span),
            ExprKind::Break(_) if self.loops == 0 => self.leave(expr, "break", span),
            ExprKind::Continue if self.loops == 0 => self.leave(expr, "continue", span),
            ExprKind::Opaque(_) => self.leave(expr, "macro", span),
            ExprKind::Macro(call) => self.visit_macro(expr, call),
            _ => self.visit_construct(expr),
        }
    }

    fn visit_construct(&mut self, expr: ExprId) -> bool {
        let span = self.types.body.expr(expr).span;
        match &self.types.body.expr(expr).kind {
            ExprKind::If { condition, then, otherwise } => {
                let awaits = self.visit(*condition);
                let in_then = self.hidden("if", |walk| walk.visit_block(*then));
                let in_else = otherwise.is_some_and(|other| self.hidden("if", |walk| walk.visit(other)));
                awaits | in_then | in_else
            }
            ExprKind::Match { scrutinee, arms } => {
                let mut awaits = self.visit(*scrutinee);
                for arm in arms {
                    awaits |= arm.guard.is_some_and(|guard| self.hidden("match", |walk| walk.visit(guard)));
                    awaits |= self.hidden("match", |walk| walk.visit(arm.body));
                }
                awaits
            }
            ExprKind::Loop { kind, body } => self.visit_loop(kind, *body),
            ExprKind::Block { block, kind, .. } => match kind {
                BlockKind::Async { .. } => self.visit_apart(&[], |walk| walk.visit_block(*block)),
                BlockKind::Unsafe => {
                    self.found.opaque.get_or_insert(("unsafe", span));
                    self.hidden("unsafe", |walk| walk.visit_block(*block))
                }
                BlockKind::Plain | BlockKind::Try => self.hidden("block", |walk| walk.visit_block(*block)),
                BlockKind::Const => false,
            },
            ExprKind::Closure { body, .. } => {
                self.visit_apart(&tails(self.types.body, *body), |walk| walk.visit(*body))
            }
            _ => self.visit_children(expr),
        }
    }

    fn visit_loop(&mut self, kind: &LoopKind, body: BlockId) -> bool {
        let driven = match kind {
            LoopKind::For { iter, .. } => self.visit(*iter),
            LoopKind::While { condition } => self.hidden("loop", |walk| walk.visit(*condition)),
            LoopKind::Loop => false,
        };
        self.loops += 1;
        let in_body = self.hidden("loop", |walk| walk.visit_block(body));
        self.loops -= 1;
        driven | in_body
    }

    fn visit_children(&mut self, expr: ExprId) -> bool {
        let mut awaits = false;
        for child in children(self.types.body, expr) {
            awaits |= self.visit(child);
        }
        awaits
    }

    /// What is awaited behind wrappers; what those are given is looked at.
    fn without_wrappers(&mut self, base: ExprId) -> ExprId {
        let inner = effects::unwrapped(self.types.body, base);
        let mut at = base;
        while at != inner {
            let children = children(self.types.body, at);
            let inside = children
                .iter()
                .copied()
                .find(|child| self.types.body.expr(*child).span.contains(self.types.body.expr(inner).span));
            for child in children.iter().filter(|child| Some(**child) != inside) {
                if !matches!(self.types.body.expr(*child).kind, ExprKind::Path(_)) {
                    self.visit(*child);
                }
            }
            let Some(next) = inside else { break };
            at = next;
        }
        inner
    }

    /// The operands of a call, what is called left out.
    fn visit_operands(&mut self, call: ExprId) {
        match &self.types.body.expr(call).kind {
            ExprKind::Call { callee, args } => {
                if !matches!(self.types.body.expr(*callee).kind, ExprKind::Path(_) | ExprKind::Local(_)) {
                    self.visit(*callee);
                }
                for arg in args {
                    self.visit(*arg);
                }
            }
            _ => {
                self.visit_children(call);
            }
        }
    }

    fn visit_block(&mut self, block: BlockId) -> bool {
        let mut awaits = false;
        for stmt in &self.types.body.block(block).stmts {
            match &stmt.kind {
                StmtKind::Let { init, otherwise, .. } => {
                    awaits |= init.is_some_and(|init| self.visit(init));
                    awaits |= otherwise.is_some_and(|block| self.visit_block(block));
                }
                StmtKind::Expr { expr, .. } => awaits |= self.visit(*expr),
                StmtKind::Item { .. } => {}
            }
        }
        awaits
    }

    fn visit_await(&mut self, expr: ExprId, base: ExprId) -> bool {
        let outer = std::mem::replace(&mut self.in_await, true);
        let base = self.without_wrappers(base);
        match &self.types.body.expr(base).kind {
            ExprKind::Call { .. } | ExprKind::MethodCall { .. } => {
                self.visit_operands(base);
                self.call(base, true);
            }
            _ => {
                self.visit(base);
                self.call(base, true);
            }
        }
        self.in_await = outer;
        self.site(expr);
        true
    }

    /// A closure or a future that has a name.
    fn visit_local(&mut self, local: LocalId) -> bool {
        if self.entered.contains(&local) {
            return false;
        }
        self.entered.push(local);
        let awaits = match self.types.body.local(local).init {
            Some(init) if matches!(self.types.body.expr(init).kind, ExprKind::Closure { .. }) => self.visit(init),
            _ => self.visit_stored(local),
        };
        self.entered.pop();
        awaits
    }

    /// A future in a variable runs here: its block, or the closures that its call was given.
    fn visit_stored(&mut self, local: LocalId) -> bool {
        if let Some(block) = stored::block_in_local(self.types, local) {
            return self.visit(block);
        }
        if let Some(found) = stored::in_local(self.types, local) {
            for given in stored::handed_over(self.types.body, found.made) {
                self.visit(given);
            }
        }
        false
    }

    fn visit_macro(&mut self, expr: ExprId, call: &MacroCall) -> bool {
        let span = self.types.body.expr(expr).span;
        let name = call.path.last();
        match call.kind {
            // A macro of the workspace may do more than the one that everybody knows under its name.
            MacroKind::Value if self.types.index.macro_may_leave(name).is_none() => self.visit_children(expr),
            MacroKind::Print => {
                self.call(expr, false);
                self.visit_children(expr)
            }
            MacroKind::Log => self.hidden("lazy", |walk| walk.visit_children(expr)),
            MacroKind::Assert if name.starts_with("debug_") => {
                self.exit("assert", span);
                self.hidden("lazy", |walk| walk.visit_children(expr))
            }
            MacroKind::Assert => {
                self.exit("assert", span);
                self.visit_children(expr)
            }
            MacroKind::Exit => {
                self.exit(if matches!(name, "bail" | "ensure") { "return" } else { "panic" }, span);
                self.visit_children(expr)
            }
            MacroKind::Join { .. } => {
                let outer = std::mem::replace(&mut self.in_await, true);
                for branch in &call.args {
                    self.visit_branch(*branch);
                }
                self.in_await = outer;
                self.site(expr);
                true
            }
            MacroKind::Opaque | MacroKind::Value => {
                self.visit_children(expr);
                if call.words.iter().any(|word| word == "await") {
                    self.found.hidden.get_or_insert(("macro", span));
                }
                match self.types.index.macro_may_leave(name) {
                    Some(false) => {}
                    Some(true) | None => self.exit("macro", span),
                }
                self.found.opaque.get_or_insert(("macro", span));
                false
            }
        }
    }

    /// A branch of a join macro is awaited by it.
    fn visit_branch(&mut self, branch: ExprId) {
        match &self.types.body.expr(branch).kind {
            ExprKind::Call { .. } | ExprKind::MethodCall { .. } => {
                self.visit_children(branch);
                self.call(branch, true);
            }
            ExprKind::Local(_) => {
                self.visit(branch);
                self.call(branch, true);
            }
            _ => {
                self.visit(branch);
            }
        }
    }

    /// Closures and async blocks are bodies of their own: their exits and awaits stay inside, their calls count.
    fn visit_apart(&mut self, tails: &[ExprId], visit: impl FnOnce(&mut Self) -> bool) -> bool {
        let outer = std::mem::take(&mut self.found);
        visit(self);
        let inner = std::mem::replace(&mut self.found, outer);
        // Whoever is given a closure or a block to run and is awaited may await what they return.
        let in_await = self.in_await;
        let runs = |call: Call| Call {
            in_await,
            apart: true,
            awaited: call.awaited || (in_await && tails.contains(&call.expr) && may_be_future(self.types, call.expr)),
            ..call
        };
        self.found.calls.extend(inner.calls.into_iter().map(runs));
        self.found.opaque = self.found.opaque.or(inner.opaque);
        false
    }

    fn hidden(&mut self, by: &'static str, visit: impl FnOnce(&mut Self) -> bool) -> bool {
        let outer = self.hidden_by.replace(self.hidden_by.unwrap_or(by));
        let awaits = visit(self);
        self.hidden_by = outer;
        awaits
    }

    fn site(&mut self, expr: ExprId) {
        match self.hidden_by {
            Some(by) => {
                self.found.hidden.get_or_insert((by, self.types.body.expr(expr).span));
            }
            None => self.found.sites.push(expr),
        }
    }

    fn call(&mut self, expr: ExprId, awaited: bool) {
        self.found.calls.push(Call { expr, awaited, in_await: self.in_await, apart: false });
    }

    /// On an awaited value these are part of the rewrite; anywhere else they decide what runs.
    fn try_or_exit(&mut self, awaits: bool, kind: &'static str, span: Span) {
        if awaits && self.hidden_by.is_none() {
            self.found.may_fail = true;
        } else {
            self.exit(kind, span);
        }
    }

    fn leave(&mut self, expr: ExprId, kind: &'static str, span: Span) -> bool {
        let awaits = self.visit_children(expr);
        self.exit(kind, span);
        awaits
    }

    fn exit(&mut self, kind: &'static str, span: Span) {
        let slot = if self.in_await { &mut self.found.exit_in_args } else { &mut self.found.exit };
        slot.get_or_insert((kind, span));
    }
}
