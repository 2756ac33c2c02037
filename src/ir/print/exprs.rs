//! Expressions as text.
//!
//! In: an expression of a body. Out: text; operators are printed by what they mean for evaluation, in parentheses.

use crate::ir::print::Printer;
use crate::ir::print::types::{list, path, type_ref};
use crate::ir::{
    Arm, BinaryOp, BlockKind, ExprId, ExprKind, Literal, LocalId, LoopKind, MacroCall, MacroKind, TypeRef,
};

impl Printer<'_> {
    /// Prints an expression.
    pub(super) fn expr(&mut self, id: ExprId) {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Local(local) => self.local(*local),
            ExprKind::Path(named) => path(self.out, named),
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Call { callee, args } => {
                self.expr(*callee);
                self.exprs("(", args, ")");
            }
            ExprKind::MethodCall { receiver, method, args, turbofish, .. } => {
                self.expr(*receiver);
                self.out.push_str(&format!(".{method}"));
                self.turbofish(turbofish);
                self.exprs("(", args, ")");
            }
            ExprKind::Field { base, name } => self.around("", *base, &format!(".{name}")),
            ExprKind::Index { base, index } => {
                self.expr(*base);
                self.exprs("[", &[*index], "]");
            }
            ExprKind::Await { base } => self.around("", *base, ".await"),
            ExprKind::Try { base } => self.around("", *base, "?"),
            ExprKind::Borrow { mutable, base } => self.around(if *mutable { "&mut " } else { "&" }, *base, ""),
            ExprKind::Deref { base } => self.around("(*", *base, ")"),
            ExprKind::Unary { base } => self.around("(!", *base, ")"),
            ExprKind::Cast { base, ty } => {
                self.around("(", *base, " as ");
                type_ref(self.out, ty);
                self.out.push(')');
            }
            ExprKind::Tuple(elems) => self.exprs("(", elems, ")"),
            ExprKind::Array(elems) => self.exprs("[", elems, "]"),
            ExprKind::Range(ends) => self.exprs("range(", ends, ")"),
            ExprKind::Repeat { value, len } => {
                self.around("[", *value, "; ");
                self.around("", *len, "]");
            }
            ExprKind::Return(value) => self.jump("return", *value),
            ExprKind::Break(value) => self.jump("break", *value),
            ExprKind::Continue => self.out.push_str("continue"),
            ExprKind::Opaque(locals) => {
                self.out.push_str("opaque(");
                self.locals(locals);
                self.out.push(')');
            }
            ExprKind::Macro(call) => self.macro_call(call),
            kind => self.compound(kind),
        }
    }

    fn compound(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Binary { op, lhs, rhs } => {
                self.around("(", *lhs, &format!(" {} ", operator(*op)));
                self.around("", *rhs, ")");
            }
            ExprKind::Assign { target, value } => {
                self.around("", *target, " = ");
                self.expr(*value);
            }
            ExprKind::AssignOp { target, value, op } => {
                self.around("", *target, &format!(" {}= ", operator(*op)));
                self.expr(*value);
            }
            ExprKind::Block { block, kind, labelled } => {
                self.out.push_str(if *labelled { "'label: " } else { "" });
                self.out.push_str(block_keyword(*kind));
                self.block(*block);
            }
            ExprKind::If { condition, then, otherwise } => {
                self.around("if ", *condition, " ");
                self.block(*then);
                if let Some(otherwise) = otherwise {
                    self.around(" else ", *otherwise, "");
                }
            }
            ExprKind::Let { pat, value } => {
                self.out.push_str("let ");
                self.pat(pat);
                self.around(" = ", *value, "");
            }
            ExprKind::Match { scrutinee, arms } => self.match_arms(*scrutinee, arms),
            ExprKind::Loop { kind, body } => {
                match kind {
                    LoopKind::Loop => self.out.push_str("loop "),
                    LoopKind::While { condition } => self.around("while ", *condition, " "),
                    LoopKind::For { pat, iter } => {
                        self.out.push_str("for ");
                        self.pat(pat);
                        self.around(" in ", *iter, " ");
                    }
                }
                self.block(*body);
            }
            ExprKind::Closure { params, body, is_async, moves } => {
                self.out.push_str(if *is_async { "async " } else { "" });
                self.out.push_str(if *moves { "move |" } else { "|" });
                for (index, param) in params.iter().enumerate() {
                    self.out.push_str(if index == 0 { "" } else { ", " });
                    self.pat(param);
                }
                self.around("| ", *body, "");
            }
            ExprKind::Struct { path: named, fields, base } => {
                path(self.out, named);
                let values = fields.iter().map(|(name, value)| (format!("{name}: "), *value));
                let values = values.chain(base.map(|base| ("..".to_owned(), base)));
                for (index, (name, value)) in values.enumerate() {
                    self.out.push_str(if index == 0 { " { " } else { ", " });
                    self.around(&name, value, "");
                }
                self.out.push_str(" }");
            }
            _ => {}
        }
    }

    fn match_arms(&mut self, scrutinee: ExprId, arms: &[Arm]) {
        self.around("match ", scrutinee, " {\n");
        self.depth += 1;
        for arm in arms {
            self.indent();
            self.pat(&arm.pat);
            if let Some(guard) = arm.guard {
                self.around(" if ", guard, "");
            }
            self.around(" => ", arm.body, "\n");
        }
        self.depth -= 1;
        self.indent();
        self.out.push('}');
    }

    fn macro_call(&mut self, call: &MacroCall) {
        path(self.out, &call.path);
        self.out.push_str(&format!("!{{{}}}", macro_kind(call.kind)));
        self.exprs("(", &call.args, ")");
        if !call.captures.is_empty() {
            self.out.push_str(" captures(");
            self.locals(&call.captures);
            self.out.push(')');
        }
        if !call.words.is_empty() {
            self.out.push_str(&format!(" words({})", call.words.join(" ")));
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Str(text) => self.out.push_str(&format!("{:?}", text.as_str())),
            Literal::Other => self.out.push_str("<literal>"),
            Literal::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
        }
    }

    fn turbofish(&mut self, types: &[TypeRef]) {
        if !types.is_empty() {
            self.out.push_str("::<");
            list(self.out, types, ", ", type_ref);
            self.out.push('>');
        }
    }

    fn jump(&mut self, keyword: &str, value: Option<ExprId>) {
        self.out.push_str(keyword);
        if let Some(value) = value {
            self.around(" ", value, "");
        }
    }

    fn around(&mut self, before: &str, id: ExprId, after: &str) {
        self.out.push_str(before);
        self.expr(id);
        self.out.push_str(after);
    }

    fn exprs(&mut self, before: &str, ids: &[ExprId], after: &str) {
        self.out.push_str(before);
        for (index, id) in ids.iter().enumerate() {
            self.around(if index == 0 { "" } else { ", " }, *id, "");
        }
        self.out.push_str(after);
    }

    fn locals(&mut self, ids: &[LocalId]) {
        for (index, id) in ids.iter().enumerate() {
            self.out.push_str(if index == 0 { "" } else { ", " });
            self.local(*id);
        }
    }
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Lazy => "lazy",
        BinaryOp::Divide => "divide",
        BinaryOp::Arithmetic => "arith",
        BinaryOp::Compare => "compare",
    }
}

fn block_keyword(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Plain => "",
        BlockKind::Unsafe => "unsafe ",
        BlockKind::Async { moves: false } => "async ",
        BlockKind::Async { moves: true } => "async move ",
        BlockKind::Const => "const ",
        BlockKind::Try => "try ",
    }
}

fn macro_kind(kind: MacroKind) -> &'static str {
    match kind {
        MacroKind::Value => "value",
        MacroKind::Print => "print",
        MacroKind::Log => "log",
        MacroKind::Assert => "assert",
        MacroKind::Exit => "exit",
        MacroKind::Join { fallible: false } => "join",
        MacroKind::Join { fallible: true } => "try_join",
        MacroKind::Opaque => "opaque",
    }
}
