//! Expressions to pieces that can be laid out anew.
//!
//! In: an expression of a body. Out: its [`Tree`]. What is not understood, or holds a comment or a string over several
//! lines, stays on its lines.

use crate::ir::{BlockKind, Body, ExprId, ExprKind, StmtKind};
use crate::parse::lexemes::{Kind, lexemes};
use crate::rewrite::layout;
use crate::rewrite::pretty::{Item, Link, List, Statement, Trailing, Tree};
use crate::rewrite::style::Style;
use crate::source::{SourceFile, Span};

/// Where expressions are read from.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The body they are in.
    pub(super) body: &'a Body,
    /// The file.
    pub(super) source: &'a SourceFile,
    /// How the file is laid out.
    pub(super) style: &'a Style,
    /// Expressions in whose place a name stands, in source order.
    pub(super) holes: &'a [(ExprId, String)],
}

impl<'a> Reader<'a> {
    /// An expression as a tree.
    pub(super) fn tree(&self, id: ExprId) -> Tree {
        match self.name_of(id) {
            Some(name) => Tree::Text(name.to_owned()),
            None => self.known(id).unwrap_or_else(|| self.as_it_is(self.span(id))),
        }
    }

    /// A piece of code as it is, with names in the places of holes.
    pub(super) fn as_it_is(&self, span: Span) -> Tree {
        let text = self.text(span);
        match text.contains('\n') {
            false => Tree::Text(text),
            true => match layout::on_one_line(&text).filter(|_| !text.contains('{')) {
                Some(line) if !line.contains('\n') && self.is_wide_only(&line) => Tree::Text(line),
                _ => Tree::Lines { from: self.indent_of(span, &text), text },
            },
        }
    }

    /// The same, whether it fits or not.
    pub(super) fn forced(&self, span: Span) -> Tree {
        let text = self.text(span);
        Tree::Raw { from: self.indent_of(span, &text), text }
    }

    fn known(&self, id: ExprId) -> Option<Tree> {
        let span = self.span(id);
        match &self.body.expr(id).kind {
            ExprKind::MethodCall { .. } | ExprKind::Await { .. } | ExprKind::Field { .. } | ExprKind::Try { .. } => {
                self.chain(id)
            }
            ExprKind::Call { callee, args } => {
                let name = self.flat(self.span(*callee))?;
                let items = self.items(args, self.span(*callee).end, span.end, ('(', ')'))?;
                Some(Tree::List(List { items, ..List::call(&name, Vec::new(), self.style) }))
            }
            ExprKind::Tuple(items) if items.len() > 1 => self.bracketed(items, span, ('(', ')')),
            ExprKind::Array(items) => self.bracketed(items, span, ('[', ']')),
            ExprKind::Borrow { base, .. } | ExprKind::Deref { base } | ExprKind::Unary { base } => {
                let prefix = self.slice(Span { start: span.start, end: self.span(*base).start });
                let is_bare = self.span(*base).end == span.end && prefix.chars().all(|c| !"\n(".contains(c));
                is_bare.then(|| Tree::Prefix(prefix.to_owned(), Box::new(self.tree(*base))))
            }
            ExprKind::Struct { path: _, fields, base } => self.literal(span, fields.iter().map(|(_, id)| *id), *base),
            ExprKind::Closure { body, .. } => {
                let head = self.flat(Span { start: span.start, end: self.span(*body).start })?;
                let is_whole = self.span(*body).end == span.end;
                is_whole.then(|| Tree::Closure { head: head.trim_end().to_owned(), body: Box::new(self.tree(*body)) })
            }
            ExprKind::Block { block, kind: BlockKind::Async { moves }, labelled: false } => {
                let block = self.body.block(*block);
                let [only] = block.stmts.as_slice() else { return None };
                let StmtKind::Expr { expr, semicolon: false } = only.kind else { return None };
                let start = self.slice(Span { start: block.span.start + 1, end: self.span(expr).start });
                let end = self.slice(Span { start: self.span(expr).end, end: block.span.end - 1 });
                let is_bare = start.trim().is_empty() && end.trim().is_empty();
                let head = if *moves { "async move" } else { "async" }.to_owned();
                is_bare.then(|| Tree::Block { head, body: vec![Statement::value(self.tree(expr))] })
            }
            ExprKind::Macro(_) => self.macro_call(span),
            _ => None,
        }
    }

    fn chain(&self, id: ExprId) -> Option<Tree> {
        let mut links = Vec::new();
        let mut tries = 0;
        let mut at = id;
        while self.name_of(at).is_none() {
            let (base, link) = match &self.body.expr(at).kind {
                ExprKind::Try { base } => {
                    self.gap_is(*base, self.span(at).end, "?")?;
                    tries += 1;
                    at = *base;
                    continue;
                }
                ExprKind::Await { base } => (*base, Link { name: ".await".to_owned(), args: None, tries }),
                ExprKind::Field { base, .. } => {
                    let name = self.flat(Span { start: self.span(*base).end, end: self.span(at).end })?;
                    let is_plain = name.strip_prefix('.').is_some_and(|name| name.chars().all(is_in_word));
                    is_plain.then_some((*base, Link { name, args: None, tries }))?
                }
                ExprKind::MethodCall { receiver, method_span, args, .. } => {
                    self.gap_is(*receiver, method_span.start, ".")?;
                    let (name, open) = self.method(*method_span)?;
                    let items = self.items(args, open, self.span(at).end, ('(', ')'))?;
                    let args = items.into_iter().map(|item| item.tree).collect();
                    (*receiver, Link { name, args: Some(args), tries })
                }
                _ => break,
            };
            if matches!(self.body.expr(at).kind, ExprKind::Await { .. }) {
                self.gap_is(base, self.span(at).end, ".await")?;
            }
            links.push(link);
            tries = 0;
            at = base;
        }
        links.reverse();
        Some(Tree::Chain { root: Box::new(self.tree(at)), tries, links })
    }

    /// `.get::<T>`, and where its bracket opens.
    fn method(&self, name: Span) -> Option<(String, u32)> {
        let text = &self.source.text[name.start as usize..];
        let mut depth = 0_usize;
        for lexeme in lexemes(text) {
            match &text[lexeme.start..lexeme.end] {
                "<" => depth += 1,
                ">" => depth = depth.checked_sub(1)?,
                ">>" => depth = depth.checked_sub(2)?,
                "(" if depth == 0 => {
                    let open = name.start + u32::try_from(lexeme.start).ok()?;
                    let name = self.flat(Span { start: name.start, end: open })?;
                    return Some((format!(".{}", name.trim_end()), open));
                }
                _ => {}
            }
        }
        None
    }

    fn bracketed(&self, ids: &[ExprId], span: Span, brackets: (char, char)) -> Option<Tree> {
        let items = self.items(ids, span.start, span.end, brackets)?;
        let limit = if brackets.0 == '[' { self.style.array_width } else { self.style.fn_call_width };
        Some(Tree::List(List { name: String::new(), brackets, items, limit, trailing: Trailing::Vertical }))
    }

    /// Expressions between brackets, nothing but commas between them.
    fn items(&self, ids: &[ExprId], open: u32, end: u32, brackets: (char, char)) -> Option<Vec<Item>> {
        let mut at = open;
        let mut before = String::from(brackets.0);
        for id in ids {
            let gap = self.slice(Span { start: at, end: self.span(*id).start });
            if gap.trim() != before {
                return None;
            }
            before = ",".to_owned();
            at = self.span(*id).end;
        }
        let close: String = self.slice(Span { start: at, end }).split_whitespace().collect();
        let expected = if ids.is_empty() { format!("{}{}", brackets.0, brackets.1) } else { brackets.1.to_string() };
        let is_closed = close == expected || (!ids.is_empty() && close == format!(",{}", brackets.1));
        is_closed.then(|| ids.iter().map(|id| Item::from(self.tree(*id))).collect())
    }

    fn literal(&self, span: Span, values: impl Iterator<Item = ExprId>, base: Option<ExprId>) -> Option<Tree> {
        let text = self.slice(span);
        let open = text.find('{')?;
        let path = text[..open].trim_end();
        let mut fields = Vec::new();
        let mut values = values;
        for piece in pieces(text.get(open + 1..text.len() - 1)?)? {
            let id = if piece.starts_with("..") { base? } else { values.next()? };
            let value = self.source.slice(self.span(id));
            match piece.strip_suffix(value).map(str::trim_end) {
                Some("") => fields.push((value.to_owned(), None)),
                Some("..") => fields.push((self.flat(self.span(id)).map(|base| format!("..{base}"))?, None)),
                Some(name) if name.ends_with(':') && !name.contains(['\n', '#']) => {
                    let name = name.trim_end_matches(':').to_owned();
                    let is_own = self.name_of(id).is_some_and(|given| given == name);
                    let value = (!is_own).then(|| self.tree(id));
                    fields.push((name, value));
                }
                _ => return None,
            }
        }
        (!path.contains('\n')).then(|| Tree::Struct { path: path.to_owned(), fields })
    }

    /// `vec![a, b]`; macros with a grammar of their own stay as they are.
    fn macro_call(&self, span: Span) -> Option<Tree> {
        let text = self.text(span);
        let bang = text.find('!')?;
        let name = &text[..=bang];
        let inside = text[bang + 1..].trim();
        let brackets = (inside.chars().next()?, inside.chars().next_back()?);
        let pieces = pieces(inside.get(1..inside.len() - 1)?)?;
        let is_list = matches!(brackets, ('(', ')') | ('[', ']')) && !has_own_grammar(name) && !pieces.is_empty();
        let flat = |piece: &&str| layout::on_one_line(piece).filter(|line| !line.contains('\n'));
        let texts: Vec<String> = pieces.iter().map(flat).collect::<Option<_>>()?;
        let is_ended = inside[..inside.len() - 1].trim_end().ends_with(',');
        if has_own_grammar(name) && brackets == ('(', ')') && !is_ended {
            // Whatever their grammar is, what is short stands on one line.
            let line = texts.join(", ");
            let is_short = self.style.width(&line) <= self.style.fn_call_width;
            return is_short.then(|| Tree::Text(format!("{name}({line})")));
        }
        let items: Vec<Item> = texts.into_iter().map(Tree::Text).map(Item::from).collect();
        // `vec!` is laid out as an array is.
        let trailing = match (name, is_ended) {
            ("vec!", _) => Trailing::Vertical,
            (_, true) => Trailing::Always,
            (_, false) => Trailing::Never,
        };
        let limit = if brackets.0 == '[' { self.style.array_width } else { self.style.fn_call_width };
        is_list.then(|| Tree::List(List { name: name.to_owned(), brackets, items, limit, trailing }))
    }

    /// Whether what stands between an expression and an end is just this.
    fn gap_is(&self, base: ExprId, end: u32, expected: &str) -> Option<()> {
        let gap: String = self.slice(Span { start: self.span(base).end, end }).split_whitespace().collect();
        (gap == expected).then_some(())
    }

    /// A piece on one line.
    fn flat(&self, span: Span) -> Option<String> {
        layout::on_one_line(self.slice(span).trim()).filter(|line| !line.contains('\n') && !self.has_hole(span))
    }

    /// Whether a line was broken only because it was too wide: no arguments wider than rustfmt leaves them.
    fn is_wide_only(&self, line: &str) -> bool {
        self.style.width(line) <= self.style.fn_call_width
    }

    /// The indentation that the lines of a piece are counted from.
    fn indent_of(&self, span: Span, text: &str) -> String {
        let line = match text.rsplit('\n').next() {
            Some(last) if last.trim_start().starts_with(['}', ')', ']']) => last,
            _ => {
                let start = self.source.text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
                &self.source.text[start..]
            }
        };
        layout::indent_of(line.lines().next().unwrap_or_default()).to_owned()
    }

    /// A piece of code with names in the places of holes.
    pub(super) fn text(&self, span: Span) -> String {
        let (mut text, mut at) = (String::new(), span.start);
        for (hole, name) in self.holes.iter().filter(|(hole, _)| span.contains(self.span(*hole))) {
            let hole = self.span(*hole);
            text.push_str(self.slice(Span { start: at, end: hole.start }));
            // `user: user` is `user`.
            let field = if self.is_field_value(hole) { text.trim_end().strip_suffix(':') } else { None };
            if let Some(before) = field.and_then(|text| text.trim_end().strip_suffix(name.as_str())) {
                text.truncate(before.len());
            }
            text.push_str(name);
            at = hole.end;
        }
        text + self.slice(Span { start: at, end: span.end })
    }

    /// Whether a field of a struct literal is given just what stands there.
    fn is_field_value(&self, place: Span) -> bool {
        self.body.given_fields().any(|(_, value)| self.span(*value) == place)
    }

    fn has_hole(&self, span: Span) -> bool {
        self.holes.iter().any(|(hole, _)| span.contains(self.span(*hole)))
    }

    /// The name in the place of an expression.
    fn name_of(&self, id: ExprId) -> Option<&'a str> {
        self.holes.iter().find(|(hole, _)| *hole == id).map(|(_, name)| name.as_str())
    }

    fn span(&self, id: ExprId) -> Span {
        self.body.expr(id).span
    }

    fn slice(&self, span: Span) -> &'a str {
        self.source.slice(span)
    }
}

/// What stands between the commas of a text; `None` where a comment or a semicolon does.
pub(super) fn pieces(text: &str) -> Option<Vec<&str>> {
    if layout::has_comment(text) {
        return None;
    }
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for lexeme in lexemes(text) {
        match (lexeme.kind, &text[lexeme.start..lexeme.end]) {
            (Kind::Open, _) => depth += 1,
            (Kind::Close, _) => depth = depth.checked_sub(1)?,
            (Kind::Mark, ",") if depth == 0 => {
                found.push(text[start..lexeme.start].trim());
                start = lexeme.end;
            }
            (Kind::Mark, ";") if depth == 0 => return None,
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        found.push(last);
    }
    Some(found)
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '#')
}

/// Macros whose arguments rustfmt lays out in ways of their own.
fn has_own_grammar(name: &str) -> bool {
    let last = name.trim_end_matches('!').rsplit("::").next().unwrap_or(name);
    ["format", "print", "write", "panic", "anyhow", "bail", "assert", "matches", "select", "json"]
        .iter()
        .any(|word| last.contains(word))
}
