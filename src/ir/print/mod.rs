//! The await graph as text, for `--emit=ir` and for the tests of lowering.
//!
//! In: [`FileIr`]. Out: text, close to Rust where Rust has a way to say it. A local is printed with its number,
//! `user#3`, at every use, so one can see whom a name means.

mod declarations;
mod exprs;
mod types;

use crate::ir::{Block, BlockId, Body, FileIr, LocalId, Pat, PatKind, Stmt, StmtKind, TypeRef};

/// A type as Rust has it, lifetimes left out.
pub fn type_text(ty: &TypeRef) -> String {
    let mut out = String::new();
    types::type_ref(&mut out, ty);
    out
}

/// Prints what a file declares, then every function with its body.
pub fn print(ir: &FileIr) -> String {
    let mut out = String::new();
    declarations::declarations(&mut out, ir);
    for function in &ir.functions {
        declarations::signature(&mut out, ir, function);
        if let Some(body) = &function.body {
            let mut printer = Printer { out: &mut out, body, depth: 1 };
            printer.body();
        }
    }
    out
}

/// Where printing stands in a body.
struct Printer<'a> {
    out: &'a mut String,
    body: &'a Body,
    depth: usize,
}

impl Printer<'_> {
    fn body(&mut self) {
        let Some(root) = self.body.root else {
            return;
        };
        self.indent();
        self.block(root);
        self.out.push('\n');
    }

    /// Prints a block; its closing brace stands under the line it began on.
    fn block(&mut self, id: BlockId) {
        let block: &Block = self.body.block(id);
        if block.stmts.is_empty() {
            self.out.push_str("{}");
            return;
        }
        self.out.push_str("{\n");
        self.depth += 1;
        for stmt in &block.stmts {
            self.indent();
            self.stmt(stmt);
            self.out.push('\n');
        }
        self.depth -= 1;
        self.indent();
        self.out.push('}');
    }

    fn stmt(&mut self, stmt: &Stmt) {
        if stmt.attributes_start != stmt.span.start {
            self.out.push_str(if stmt.is_conditional { "#[cfg] " } else { "#[..] " });
        }
        match &stmt.kind {
            StmtKind::Let { pat, ty, init, otherwise } => {
                self.out.push_str("let ");
                self.pat(pat);
                if let Some((ty, _)) = ty {
                    self.out.push_str(": ");
                    types::type_ref(self.out, ty);
                }
                if let Some(init) = init {
                    self.out.push_str(" = ");
                    self.expr(*init);
                }
                if let Some(otherwise) = otherwise {
                    self.out.push_str(" else ");
                    self.block(*otherwise);
                }
                self.out.push(';');
            }
            StmtKind::Expr { expr, semicolon } => {
                self.expr(*expr);
                self.out.push_str(if *semicolon { ";" } else { "" });
            }
            StmtKind::Item { name, is_macro_rules } => {
                self.out.push_str(if *is_macro_rules { "macro_rules " } else { "item " });
                self.out.push_str(name.as_deref().unwrap_or("_"));
            }
        }
    }

    /// Prints a pattern: its locals, and `?` when it names constants.
    fn pat(&mut self, pat: &Pat) {
        match pat.kind {
            PatKind::Ident => self.bindings(&pat.bindings),
            PatKind::Wild => self.out.push('_'),
            PatKind::Unit => self.out.push_str("()"),
            PatKind::Success | PatKind::Other => {
                self.out.push_str(if pat.is_refutable { "pat?(" } else { "pat(" });
                self.bindings(&pat.bindings);
                self.out.push(')');
            }
        }
    }

    fn bindings(&mut self, bindings: &[LocalId]) {
        for (index, id) in bindings.iter().enumerate() {
            let local = self.body.local(*id);
            self.out.push_str(if index == 0 { "" } else { ", " });
            self.out.push_str(if local.by_ref { "ref " } else { "" });
            self.out.push_str(if local.mutable { "mut " } else { "" });
            self.local(*id);
        }
    }

    fn local(&mut self, id: LocalId) {
        self.out.push_str(&format!("{}#{}", self.body.local(id).name, id.0));
    }

    fn indent(&mut self) {
        self.out.push_str(&"  ".repeat(self.depth));
    }
}
