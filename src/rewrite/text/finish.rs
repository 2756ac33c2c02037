//! What is left of a statement when its await has moved into a join.
//!
//! In: a node that was joined. Out: the statement with a name in the place of the await.

use super::{Writer, start_of};
use crate::ir::{ExprId, ExprKind, StmtKind};
use crate::rewrite::pretty::{Shape, Statement, assigned, laid_out};
use crate::rewrite::{layout, operands};
use crate::source::Span;

impl Writer<'_> {
    pub(super) fn finish(&mut self, node: usize) -> Option<()> {
        let branch = self.branch_of(node)?;
        if self.steps.is_in_chain(node) {
            return self.finish_chain(branch);
        }
        if !self.is_written_again(branch) {
            return Some(());
        }
        let holes = [(self.hole_of(branch), self.bound[branch].clone())];
        self.written_again(node, &holes)
    }

    /// What is left of a statement of which some operands have moved into joins.
    pub(super) fn rest(&mut self, node: usize) -> Option<()> {
        let own = operands::operands(self.region, node);
        if own.first().is_some_and(|head| self.branch_of(*head).is_none()) {
            self.what_stands_before(node);
        }
        let branches = own.into_iter().filter_map(|operand| self.branch_of(operand));
        let holes: Vec<_> = branches.map(|branch| (self.hole_of(branch), self.bound[branch].clone())).collect();
        self.written_again(node, &holes)
    }

    /// An operand that is awaited by itself, `let name = f().await?;`.
    pub(super) fn bind(&mut self, node: usize) -> Option<()> {
        let branch = self.branch_of(node)?;
        let right = self.reader(&[]).tree(self.hole_of(branch));
        let statement =
            Statement { before: Vec::new(), left: format!("let {} =", self.bound[branch]), right, end: ";" };
        let text = assigned(&statement, self.columns, &self.style)?;
        self.push(&text);
        Some(())
    }

    fn written_again(&mut self, node: usize, holes: &[(ExprId, String)]) -> Option<()> {
        let text = self.laid_out_again(node, holes).or_else(|| self.spliced(node, holes))?;
        let attributes = Span { start: start_of(self.region, node)?, end: self.node_span(node).start };
        let text = format!("{}{text}", self.slice(attributes));
        self.push(&text);
        Some(())
    }

    /// What a chain gives is bound by the join; its error, if it was not returned there, is returned here.
    fn finish_chain(&mut self, branch: usize) -> Option<()> {
        let name = self.bound[branch].clone();
        if !name.is_empty() {
            let pattern = self.chain_pattern(&self.chain_of(branch))?;
            self.push(&format!("let {pattern} = {name}?;"));
        }
        Some(())
    }

    fn laid_out_again(&self, node: usize, holes: &[(ExprId, String)]) -> Option<String> {
        let reader = self.reader(holes);
        let body = self.region.types.body;
        let Span { start, end } = self.node_span(node);
        let (left, value, ending) = match self.statement_at(node) {
            StmtKind::Let { init: Some(init), otherwise: None, .. } => (true, *init, ";"),
            StmtKind::Expr { expr, semicolon } => match &body.expr(*expr).kind {
                ExprKind::Assign { value, .. } | ExprKind::AssignOp { value, .. } => (true, *value, ";"),
                _ => (false, *expr, if *semicolon { ";" } else { "" }),
            },
            _ => return None,
        };
        let span = body.expr(value).span;
        let before = self.slice(Span { start, end: span.start }).trim();
        let is_plain = !layout::has_comment(before) && before.is_empty() != left;
        if !is_plain || self.slice(Span { start: span.end, end }).trim() != ending {
            return None;
        }
        let statement =
            Statement { before: Vec::new(), left: before.to_owned(), right: reader.tree(value), end: ending };
        let starts_block = matches!(body.expr(value).kind, ExprKind::Match { .. } | ExprKind::If { .. });
        if starts_block { None } else { assigned(&statement, self.columns, &self.style) }
    }

    /// The statement as it is around the names. Where the awaits stood in what a block hangs on, `match f().await {`, that
    /// line is laid out anew.
    fn spliced(&self, node: usize, holes: &[(ExprId, String)]) -> Option<String> {
        let reader = self.reader(holes);
        let body = self.region.types.body;
        let Span { start, end } = self.node_span(node);
        let head = match self.statement_at(node) {
            StmtKind::Let { init: Some(init), .. } => Some(self.head_of(*init).unwrap_or(*init)),
            StmtKind::Expr { expr, .. } => self.head_of(*expr),
            _ => None,
        };
        let is_in = |head: ExprId| holes.iter().all(|(hole, _)| body.expr(head).span.contains(body.expr(*hole).span));
        if let Some(head) = head.filter(|head| is_in(*head)) {
            let span = body.expr(head).span;
            let before = self.slice(Span { start, end: span.start });
            let before = before.split_whitespace().collect::<Vec<_>>().join(" ");
            let after = self.slice(Span { start: span.end, end });
            let room = Shape::line(self.columns, &self.style).offset_left(self.style.width(&before) + 1)?;
            let line = laid_out(&reader.tree(head), room.sub_width(2)?, &self.style);
            let from = layout::indent_of(after.rsplit('\n').next().unwrap_or_default());
            let behind = layout::moved(after.trim_start(), from, &self.indent);
            let space = if behind.starts_with([';', ',']) { "" } else { " " };
            if let Some(line) = line.filter(|line| !line.contains('\n') && !layout::has_comment(&before)) {
                return Some(format!("{before} {line}{space}{behind}"));
            }
        }
        Some(reader.text(Span { start, end }))
    }

    /// What a `match` or an `if let` looks at.
    fn head_of(&self, expr: ExprId) -> Option<ExprId> {
        let body = self.region.types.body;
        match &body.expr(expr).kind {
            ExprKind::Match { scrutinee, .. } => Some(*scrutinee),
            ExprKind::If { condition, .. } => match &body.expr(*condition).kind {
                ExprKind::Let { value, .. } => Some(*value),
                _ => Some(*condition),
            },
            _ => None,
        }
    }
}
