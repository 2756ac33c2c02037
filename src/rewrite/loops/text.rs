//! The text of a loop whose rounds wait together.
//!
//! In: [`Parts`]. Out: [`Text`].

use super::Loop;
use super::items::iterator;
use super::parts::Parts;
use crate::ir::{ExprId, ExprKind, LocalId, PatKind};
use crate::rewrite::branch::Rest;
use crate::rewrite::layout;
use crate::rewrite::names::Names;
use crate::rewrite::pretty::{Item, Link, List, Shape, Statement, Trailing, Tree, assigned, laid_out, linked, with};
use crate::rewrite::remainder::remainder;
use crate::rewrite::style::{Style, style};
use crate::rewrite::tree::Reader;
use crate::source::{SourceFile, Span};

/// What is replaced, and by what.
pub(super) struct Text {
    /// From the loop's first word to the end of its last statement that awaits.
    pub(super) span: Span,
    /// What stands there instead.
    pub(super) head: String,
    /// What is added behind the loop.
    pub(super) behind: String,
}

/// The text of a loop whose rounds wait together.
pub(super) fn text(each: &Loop<'_>, parts: &Parts<'_>) -> Option<Text> {
    let source = each.source;
    let body = each.types.body;
    let start = body.expr(each.waiting.expr).span.start;
    let line_start = source.text[..start as usize].rfind('\n').map_or(0, |at| at + 1);
    let indent = source.text.get(line_start..start as usize)?.to_owned();
    let block = body.block(each.waiting.block);
    let head = source.slice(Span { start, end: block.span.start });
    let is_plain = head.starts_with("for") && !layout::has_comment(head) && indent.chars().all(char::is_whitespace);
    let first = parts.front.first().unwrap_or(parts.last);
    let opening = source.slice(Span { start: block.span.start, end: first.span.start });
    let inner = opening.rsplit_once('\n')?.1.to_owned();
    if !is_plain || !inner.chars().all(char::is_whitespace) {
        return None;
    }
    let style = style(source).with_unit(inner.strip_prefix(indent.as_str()).filter(|unit| !unit.is_empty()));
    let mut names = Names::new(each.types, source);
    let bound = match &parts.rest {
        Rest::Pattern(_) | Rest::Nothing => String::new(),
        Rest::Rebind(name) => name.clone(),
        _ => names.fresh(each.types, parts.site),
    };
    let answer = match &parts.rest {
        Rest::Pattern(pat) => source.slice(*pat).to_owned(),
        Rest::Nothing => "_".to_owned(),
        _ => bound.clone(),
    };
    let answers = names.fresh_like("answers");
    let writer = Writer { each, parts, style, indent, inner, bound, answer, answers };
    let head = layout::with_line_ends_of(&source.text, format!("{}{}", writer.head(&mut names)?, writer.body()?));
    let behind = layout::with_line_ends_of(&source.text, writer.behind());
    Some(Text { span: Span { start, end: end(source, parts, writer.bound.is_empty()) }, head, behind })
}

/// Where the replaced text ends. No block begins with empty lines.
fn end(source: &SourceFile, parts: &Parts<'_>, is_gone: bool) -> u32 {
    let end = parts.last.span.end;
    let behind = &source.text[end as usize..];
    let blank = behind.len() - behind.trim_start().len();
    match behind[..blank].rfind('\n') {
        Some(last) if is_gone => end + u32::try_from(last).unwrap_or(0),
        _ => end,
    }
}

struct Writer<'a> {
    each: &'a Loop<'a>,
    parts: &'a Parts<'a>,
    style: Style,
    /// The indentation of the loop.
    indent: String,
    /// The indentation of its statements.
    inner: String,
    /// The name of what the await gives, where its statement stays.
    bound: String,
    /// What that is bound to by the new loop.
    answer: String,
    /// The name of all answers.
    answers: String,
}

impl Writer<'_> {
    /// All in front of the loop's statements.
    fn head(&self, names: &mut Names) -> Option<String> {
        let path = &self.each.streams.path;
        let (answers, pattern) = (&self.answers, self.pattern()?);
        let (list, pending) = if self.is_of_futures() {
            (String::new(), self.slice(self.each.types.body.expr(self.each.waiting.iter).span).to_owned())
        } else {
            let map = Link { name: ".map".to_owned(), args: Some(vec![self.closure(names)?]), tries: 0 };
            let futures = with(self.items()?, map);
            if self.parts.is_few {
                let all = List::call(&format!("{path}::future::join_all"), vec![futures], &self.style);
                let all = with(Tree::List(all), Link { name: ".await".to_owned(), args: None, tries: 0 });
                let first = self.made(&format!("let {answers} ="), all)?;
                let line = format!("for {pattern} in {answers} {{");
                return self.fits(&line).then(|| format!("{first}\n{}{line}", self.indent));
            }
            let pending = names.fresh_like("pending");
            let list = self.made(&format!("let {pending}: Vec<_> ="), linked(futures, ".collect"))?;
            (format!("{list}\n{}", self.indent), pending)
        };
        let limit = self.each.limit;
        let (stream, next) = match self.each.streams.has_methods(self.each.types, self.each.source, "StreamExt") {
            true => (format!("{path}::stream::iter({pending}).buffered({limit})"), format!("{answers}.next()")),
            false => (
                format!("{path}::StreamExt::buffered({path}::stream::iter({pending}), {limit})"),
                format!("{path}::StreamExt::next(&mut {answers})"),
            ),
        };
        let second = format!("let mut {answers} = {stream};");
        let third = format!("while let Some({pattern}) = {next}.await {{");
        let fit = self.fits(&second) && self.fits(&third);
        fit.then(|| format!("{list}{second}\n{}{third}", self.indent))
    }

    /// A stream holds what its futures borrow for as long as it lives, whether or not they have ended.
    fn behind(&self) -> String {
        let is_stream = !self.parts.is_few || self.is_of_futures();
        if is_stream && self.parts.is_claimed {
            format!("\n{}drop({});", self.indent, self.answers)
        } else {
            String::new()
        }
    }

    /// Whether the items are futures, and nothing else is done in front of their await.
    fn is_of_futures(&self) -> bool {
        let future = &self.each.types.body.expr(self.parts.future).kind;
        let is_item = matches!(future, ExprKind::Local(local) if self.parts.pat.bindings == [*local]);
        is_item && !self.parts.is_block && self.parts.pat.kind == PatKind::Ident
    }

    /// A `let` whose value is made where all that must be borrowed for it is borrowed.
    fn made(&self, left: &str, right: Tree) -> Option<String> {
        let columns = self.style.width(&self.indent);
        if self.parts.borrowed.is_empty() {
            let statement = Statement { before: Vec::new(), left: left.to_owned(), right, end: ";" };
            return assigned(&statement, columns, &self.style);
        }
        let columns = columns + self.style.tab_spaces;
        let inner = self.style.indent(columns);
        let borrowed = self.parts.borrowed.iter().map(|name| format!("{inner}let {name} = &{name};\n"));
        let value = assigned(&Statement::value(right), columns, &self.style)?;
        Some(format!("{left} {{\n{}{inner}{value}\n{}}};", borrowed.collect::<String>(), self.indent))
    }

    fn items(&self) -> Option<Tree> {
        let package = self.each.types.index.package_of(self.each.source);
        let edition = package.map_or(2021, |package| package.edition);
        iterator(self.each.types, &self.reader(&[]), self.each.waiting.iter, edition)
    }

    /// What makes a future of an item.
    fn closure(&self, names: &mut Names) -> Option<Tree> {
        let (body, parts) = (self.each.types.body, self.parts);
        let head = format!("|{}|", self.slice(parts.pat.span));
        if parts.is_block {
            let block = Tree::Block { head: "async move".to_owned(), body: self.statements(names)? };
            return Some(Tree::Closure { head, body: Box::new(block) });
        }
        if let ExprKind::Call { callee, args } = &body.expr(parts.future).kind
            && let ([only], [item]) = (args.as_slice(), parts.pat.bindings.as_slice())
            && parts.pat.kind == PatKind::Ident
            && matches!(body.expr(*only).kind, ExprKind::Local(local) if local == *item)
            && matches!(body.expr(*callee).kind, ExprKind::Path(_))
        {
            return Some(self.reader(&[]).tree(*callee));
        }
        Some(Tree::Closure { head, body: Box::new(self.reader(&[]).tree(parts.future)) })
    }

    /// What a future does, and gives: the answer, behind all that the rest of the round still needs.
    fn statements(&self, names: &mut Names) -> Option<Vec<Statement>> {
        let (types, parts) = (self.each.types, self.parts);
        let mut statements: Vec<Statement> = (0..parts.front.len()).map(|at| self.as_it_is(at)).collect();
        let answer = self.reader(&[]).tree(parts.site);
        if parts.kept.is_empty() {
            statements.push(Statement::value(answer));
            return Some(statements);
        }
        if parts.kept.iter().all(|local| types.of_local(*local).is_copy()) {
            statements.push(Statement::value(self.tuple(answer)));
            return Some(statements);
        }
        // What is given away may be borrowed until the answer is there.
        let is_name =
            |text: &str| !text.is_empty() && text != "_" && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        let name = match &self.answer {
            answer if is_name(answer) => answer.clone(),
            _ => names.fresh(types, parts.site),
        };
        let left = format!("let {name} =");
        statements.push(Statement { before: Vec::new(), left, right: answer, end: ";" });
        statements.push(Statement::value(self.tuple(Tree::Text(name))));
        Some(statements)
    }

    /// A statement in front of the last, with the comments that stand before and behind it.
    fn as_it_is(&self, at: usize) -> Statement {
        let (before, behind) = (self.comments(at), self.gap(at + 1).lines().next().unwrap_or_default().trim_end());
        let text = format!("{}{behind}", self.slice(self.parts.front[at].span));
        Statement { before, left: String::new(), right: Tree::Raw { text, from: self.inner.clone() }, end: "" }
    }

    /// The comments on the lines before a statement.
    fn comments(&self, at: usize) -> Vec<String> {
        let gap = self.gap(at);
        let own = gap.find('\n').map_or("", |at| &gap[at..]);
        own.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// What stands before a statement: behind the one before it, or behind the brace.
    fn gap(&self, at: usize) -> &str {
        let parts = self.parts;
        let opens = self.each.types.body.block(self.each.waiting.block).span.start + 1;
        let start = at.checked_sub(1).map_or(opens, |before| parts.front[before].span.end);
        let end = parts.front.get(at).unwrap_or(parts.last).span.start;
        self.slice(Span { start, end })
    }

    fn pattern(&self) -> Option<String> {
        if self.parts.kept.is_empty() {
            return (!self.answer.contains('\n')).then(|| self.answer.clone());
        }
        laid_out(&self.tuple(Tree::Text(self.answer.clone())), Shape::line(0, &self.style), &self.style)
            .filter(|text| !text.contains('\n'))
    }

    /// What is kept, and the answer.
    fn tuple(&self, answer: Tree) -> Tree {
        let name = |local: &LocalId| Tree::Text(self.each.types.body.local(*local).name.to_string());
        let items = self.parts.kept.iter().map(name).chain([answer]).map(Item::from).collect();
        let limit = self.style.fn_call_width;
        Tree::List(List { name: String::new(), brackets: ('(', ')'), items, limit, trailing: Trailing::Vertical })
    }

    /// The statements of the new loop up to the one that awaited. `None` where it would do nothing.
    fn body(&self) -> Option<String> {
        let parts = self.parts;
        let mut lines = self.comments(parts.front.len());
        if self.bound.is_empty() {
            let block = self.each.types.body.block(self.each.waiting.block);
            let does_more = block.stmts.len() > parts.front.len() + 1;
            does_more.then_some(())?;
        } else {
            let holes = [(parts.site, self.bound.clone())];
            lines.push(remainder(&self.reader(&holes), parts.last, &self.inner));
        }
        Some(lines.iter().map(|line| format!("\n{}{line}", self.inner)).collect())
    }

    fn reader<'r>(&'r self, holes: &'r [(ExprId, String)]) -> Reader<'r> {
        Reader { body: self.each.types.body, source: self.each.source, style: &self.style, holes }
    }

    /// Whether a line stays within the widest one.
    fn fits(&self, line: &str) -> bool {
        self.style.width(&self.indent) + self.style.width(line) <= self.style.max_width
    }

    fn slice(&self, span: Span) -> &str {
        self.each.source.slice(span)
    }
}
