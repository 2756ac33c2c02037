//! Where the source allows what would be reported: `// conjoin: allow(sequential_await) -- reason`, and
//! `#[cfg_attr(any(), allow(conjoin::sequential_await))]`, which rustc never looks into.
//!
//! In: a tree and its text. Out: [`Allow`]s, and the comments of this kind that are not understood.
//!
//! | a comment | is about |
//! |---|---|
//! | behind code | that line, and the statement that ends there |
//! | on a line of its own | the statement, function, member, item or module that begins below, attributes included |
//! | on a line of its own, where nothing begins | the line below |
//! | `//!` | the module it stands in |
//!
//! Invariant: code that is left out, because it is for tests, is not spoken of.

mod comments;

use memchr::memmem;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Arm, Attribute, FieldValue, ImplItem, Item, Meta, Stmt, TraitItem};

use crate::ir::lower::FileContext;
use crate::ir::lower::attributes;
use crate::ir::lower::places::Places;
use crate::ir::{Allow, Name, Unclear};
use crate::source::Span;
use comments::{comments, read};

/// Finds them all; `offset` is where the code begins.
pub(super) fn allows(ctx: &mut FileContext<'_>, tree: &syn::File, text: &str, offset: usize) {
    if !may_allow(text.as_bytes()) {
        return;
    }
    let whole = Span::new(offset, text.len());
    let mut nodes =
        Nodes { places: &ctx.places, tests: ctx.tests, all: Vec::new(), left_out: Vec::new(), said: Vec::new() };
    nodes.attributes(&tree.attrs, whole);
    nodes.visit_file(tree);
    let Nodes { all, left_out, mut said, .. } = nodes;
    for comment in comments(text, offset) {
        let span = comment.span;
        match read(comment.words) {
            Some(Ok((lints, has_reason))) => {
                let covers = comment.covers(text, &all).unwrap_or(whole);
                said.push(Allow { span, lints, has_reason, covers });
            }
            // Above functions every word has been looked at.
            Some(Err(())) if ctx.ir.unclear.iter().all(|unclear| unclear.span != span) => {
                ctx.ir.unclear.push(Unclear { span, words: Name::new(comment.words) });
            }
            _ => {}
        }
    }
    said.retain(|allow| !left_out.iter().any(|span| span.contains(allow.span)));
    said.sort_by_key(|allow| allow.span);
    ctx.ir.unclear.sort_by_key(|unclear| unclear.span);
    ctx.ir.allows = said;
}

/// Whether a comment or an attribute may be there. Hardly any file has one, and looking for them is slow.
fn may_allow(text: &[u8]) -> bool {
    let has = |word: &str| memmem::find(text, word.as_bytes()).is_some();
    // Two colons are a path.
    let mut words = memmem::find_iter(text, b"conjoin:");
    words.any(|at| text.get(at + b"conjoin:".len()) != Some(&b':')) || (has("conjoin::") && has("cfg_attr"))
}

/// What somebody may allow something for.
struct Node {
    /// With its attributes.
    span: Span,
    /// Where it begins without them.
    head: u32,
    kind: NodeKind,
}

#[derive(PartialEq, Eq)]
enum NodeKind {
    Module,
    Item,
    Statement,
}

struct Nodes<'a> {
    places: &'a Places<'a>,
    tests: bool,
    all: Vec<Node>,
    left_out: Vec<Span>,
    /// By attributes.
    said: Vec<Allow>,
}

impl Nodes<'_> {
    fn node(&mut self, span: Span, attributes: &[Attribute], kind: NodeKind) {
        let outer = attributes::outer_range(self.places, attributes);
        let head = outer.map_or(span.start, |(_, end)| self.places.next_token(end));
        // The parser does not count attributes of some nodes in.
        let span = Span { start: outer.map_or(span.start, |(start, _)| start.min(span.start)), ..span };
        if !self.tests && (attributes::is_test_only(attributes) || attributes::is_test_function(attributes)) {
            self.left_out.push(span);
        }
        self.attributes(attributes, span);
        self.all.push(Node { span, head, kind });
    }

    fn attributes(&mut self, attributes: &[Attribute], covers: Span) {
        for attribute in attributes {
            let Meta::List(list) = &attribute.meta else { continue };
            let mut lints = Vec::new();
            let mut has_reason = false;
            if list.path.is_ident("cfg_attr") {
                allowed(self.places, list.tokens.clone(), &mut lints, &mut has_reason);
            }
            if !lints.is_empty() {
                let start = self.places.start(attribute.pound_token.span);
                let span = Span { start, end: self.places.close(&attribute.bracket_token.span) };
                self.said.push(Allow { span, lints, has_reason, covers });
            }
        }
    }
}

impl<'ast> Visit<'ast> for Nodes<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let kind = if matches!(item, Item::Mod(_)) { NodeKind::Module } else { NodeKind::Item };
        self.node(self.places.node(item), attributes::of_item(item), kind);
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        self.node(self.places.node(item), attributes::of_impl_item(item), NodeKind::Item);
        visit::visit_impl_item(self, item);
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        self.node(self.places.node(item), attributes::of_trait_item(item), NodeKind::Item);
        visit::visit_trait_item(self, item);
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        match stmt {
            Stmt::Local(local) => self.node(self.places.node(stmt), &local.attrs, NodeKind::Statement),
            Stmt::Expr(expr, _) => {
                self.node(self.places.node(stmt), attributes::of_statement(expr), NodeKind::Statement);
            }
            Stmt::Macro(call) => self.node(self.places.node(stmt), &call.attrs, NodeKind::Statement),
            // Looked at as an item.
            _ => {}
        }
        visit::visit_stmt(self, stmt);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.node(self.places.node(arm), &arm.attrs, NodeKind::Item);
        visit::visit_arm(self, arm);
    }

    fn visit_field_value(&mut self, field: &'ast FieldValue) {
        self.node(self.places.node(field), &field.attrs, NodeKind::Item);
        visit::visit_field_value(self, field);
    }
}

/// The lints of this tool behind any `allow`, and whether a reason stands beside them.
fn allowed(places: &Places<'_>, tokens: TokenStream, lints: &mut Vec<Name>, has_reason: &mut bool) {
    let mut is_allow = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if is_allow => {
                let text = places.text(places.group(&group.delim_span()));
                let inside = text.trim_start_matches('(').trim_end_matches(')');
                let own = inside.split(',').filter_map(|lint| lint.trim().strip_prefix("conjoin::"));
                lints.extend(own.map(name));
                *has_reason |= inside.split(',').any(|part| part.trim().starts_with("reason"));
                is_allow = false;
            }
            TokenTree::Ident(ident) => is_allow = ident == "allow",
            _ => is_allow = false,
        }
    }
}

/// As the list of lints has it.
fn name(written: &str) -> Name {
    Name::from(written.trim().trim_start_matches("conjoin::").replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use crate::ir::lower::read;
    use crate::source::SourceFile;

    /// What each allow of a text is about, and whether it says why; then what is not understood.
    fn allows(text: &str) -> (Vec<(String, bool)>, Vec<String>) {
        let ir = read(&SourceFile::new("a.rs".into(), "a.rs".to_owned(), text.to_owned()), false).unwrap();
        let allows = ir.allows.iter().map(|allow| (text[allow.covers.range()].to_owned(), allow.has_reason));
        (allows.collect(), ir.unclear.iter().map(|unclear| unclear.words.to_string()).collect())
    }

    fn covered(text: &str) -> Vec<String> {
        let (allows, unclear) = allows(text);
        assert!(unclear.is_empty(), "{unclear:?}");
        allows.into_iter().map(|(covers, _)| covers).collect()
    }

    const ALLOW: &str = "// conjoin: allow(sequential_await) -- why";

    #[test]
    fn a_comment_is_about_what_begins_below_it() {
        let before = |what: &str| covered(&what.replace("@", ALLOW));
        assert_eq!(
            before("async fn f() {\n    @\n    let a = b\n        .await;\n}\n"),
            ["let a = b\n        .await;"]
        );
        assert_eq!(
            before("@\n/// Docs.\n#[inline]\nasync fn f() { a() }\nfn g() {}"),
            ["/// Docs.\n#[inline]\nasync fn f() { a() }"]
        );
        assert_eq!(before("#[inline]\n@\nfn f() {}\n"), [format!("#[inline]\n{ALLOW}\nfn f() {{}}")]);
        assert_eq!(before("impl A {\n    @\n\n    fn f() {}\n}\n"), ["fn f() {}"]);
        assert_eq!(before("@\nmod a { fn f() {} }\n"), ["mod a { fn f() {} }"]);
        assert_eq!(before("fn f() { match a {\n    @\n    B => c(),\n} }\n"), ["B => c(),"]);
        assert_eq!(before("fn f() { a\n    @\n    .b()\n    .c() }\n"), ["    .b()"]);
    }

    #[test]
    fn behind_code_it_is_about_the_line_and_what_ends_there() {
        let behind = |what: &str| covered(&what.replace("@", ALLOW));
        assert_eq!(behind("fn f() {\n let a = b\n  .await; @\n}\n"), [format!("let a = b\n  .await; {ALLOW}")]);
        assert_eq!(behind("fn f() {\n let a = b @\n  .await;\n}\n"), [format!(" let a = b {ALLOW}")]);
    }

    #[test]
    fn inside_a_module_it_is_about_the_module() {
        let inner = ALLOW.replace("//", "//!");
        let text = format!("{inner}\nmod a {{\n    {inner}\n}}\n");
        assert_eq!(covered(&text), [text.clone(), text[text.find("mod").unwrap()..].trim_end().to_owned()]);
    }

    #[test]
    fn attributes_that_are_never_taken_say_it_too() {
        let attribute = "#[cfg_attr(any(), allow(conjoin::sequential_await, reason = \"why\"))]";
        let text = format!(
            "{attribute}\nfn f() {{\n    {attribute}\n    let a = b;\n}}\n#[cfg_attr(any(), allow(x))]\nfn g() {{}}\n"
        );
        let (found, _) = allows(&text);
        assert!(found.iter().all(|(_, has_reason)| *has_reason), "{found:?}");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].0, format!("{attribute}\n    let a = b;"));
        assert_eq!(covered("#![cfg_attr(any(), allow(conjoin::sequential_await))]\nfn f() {}\n").len(), 1);
    }

    #[test]
    fn strings_block_comments_and_code_for_tests_say_nothing() {
        let quiet = [
            format!("fn f() {{ a(\"\n{ALLOW}\n\"); }}\n"),
            format!("/* /* */\n{ALLOW}\n*/ fn f() {{}}\n"),
            format!("#[cfg(test)]\nmod tests {{\n    {ALLOW}\n    fn f() {{}}\n}}\n"),
            format!("#[tokio::test]\nasync fn f() {{\n    {ALLOW}\n    a();\n}}\n"),
        ];
        for text in quiet {
            assert_eq!(covered(&text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        let unclear = |comment: &str| allows(&format!("fn f() {{\n    // conjoin: {comment}\n    a();\n}}\n")).1;
        for slip in ["alow(sequential_await)", "allow(", "allow()", "allow(a) because"] {
            assert_eq!(unclear(slip), [slip]);
        }
        for other in ["reads", "what it does (and why)", "allow(a) -- b"] {
            assert_eq!(unclear(other), Vec::<String>::new(), "{other}");
        }
    }
}
