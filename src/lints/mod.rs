//! What is looked for.
//!
//! In: a function with its analyses. Out: diagnostics, and, for those who test a lint, why it stayed silent.
//!
//! A lint is a table entry, a function and a page. The page is rustdoc, `--explain` and a test at once.

mod await_in_expression;
mod await_in_loop;
mod blocking_twin;
mod repeated_await;
mod sequential_await;
mod stored_futures;
mod unbounded_join;
mod unsafe_join;

use std::cell::RefCell;

use crate::analysis::Analysis;
use crate::analysis::effects::Effects;
use crate::diagnostic::{Confidence, Diagnostic, Label, Level};
use crate::index::types::Types;
use crate::index::{FunctionId, Hint, qualified_name};
use crate::ir::ExprId;
use crate::rewrite::provider::{self, Streams};
use crate::source::{SourceFile, Span};

/// A lint.
#[derive(Debug)]
pub struct Lint {
    /// Its name, which reads well behind "allow".
    pub name: &'static str,
    /// How loud it is unless told otherwise.
    pub level: Level,
    /// What it finds, in half a sentence.
    pub summary: &'static str,
    /// Its page.
    pub docs: &'static str,
    /// What must stand in a function that it looks at; `None` for two awaits.
    pub hint: Option<Hint>,
    /// Looks at one function.
    pub run: fn(&Context<'_>, &mut Vec<Diagnostic>),
}

/// Every lint, sorted by name.
pub static LINTS: &[&Lint] = &[
    &await_in_expression::AWAIT_IN_EXPRESSION,
    &await_in_loop::AWAIT_IN_LOOP,
    &blocking_twin::BLOCKING_TWIN,
    &repeated_await::REPEATED_AWAIT,
    &sequential_await::SEQUENTIAL_AWAIT,
    &stored_futures::STORED_FUTURES,
    &unbounded_join::UNBOUNDED_JOIN,
    &unsafe_join::UNSAFE_JOIN,
];

/// What a lint may look at.
pub struct Context<'a> {
    /// The function.
    pub id: FunctionId,
    /// Its types.
    pub types: &'a Types<'a>,
    /// Summaries of what it calls.
    pub effects: &'a Effects<'a>,
    /// Its regions; none where it awaits less than twice.
    pub analyses: &'a [Analysis],
    /// The crate whose joins are to be written, where somebody says.
    pub provider: Option<&'a str>,
    /// How many rounds of a loop may wait at a time, where one is written anew.
    pub loop_limit: usize,
    /// Where a lint that looked at something and says nothing writes down why.
    pub silences: &'a RefCell<Vec<Silence>>,
}

/// Why a lint says nothing of a place that it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Name of the lint.
    pub lint: &'static str,
    /// The place.
    pub span: Span,
    /// The reason, a word or two: "reads", "limited".
    pub reason: &'static str,
}

impl Context<'_> {
    /// A diagnostic of which more is to be said.
    fn diagnostic(&self, lint: &Lint, confidence: Confidence, message: String, primary: Label) -> Diagnostic {
        let ir = self.types.index.file(self.id.file);
        Diagnostic {
            lint: lint.name,
            level: lint.level,
            confidence,
            file: self.id.file,
            function: ir.map(|ir| qualified_name(ir, self.types.function)).unwrap_or_default(),
            message,
            primary,
            labels: Vec::new(),
            timeline: None,
            evidence: Vec::new(),
            notes: Vec::new(),
            fix: None,
        }
    }

    /// The file, and whose streams are written into it, or what its package needs for that.
    fn streams(&self) -> Result<(&SourceFile, Streams), String> {
        let index = self.types.index;
        let source = index.source(self.id.file);
        let package = index.package_of(source);
        Ok((source, provider::streams(package, source)?))
    }

    /// What is to be known of a rewrite that lets some wait at a time.
    fn limit_note(&self) -> String {
        let limit = self.loop_limit;
        format!("at most {limit} wait at a time; how many may is yours to say: `loop-limit` in the configuration")
    }

    /// Where an expression stands.
    fn span(&self, expr: ExprId) -> Span {
        self.types.body.expr(expr).span
    }

    /// Writes down why a lint says nothing of a place.
    fn silent(&self, lint: &Lint, span: Span, reason: &'static str) {
        self.silences.borrow_mut().push(Silence { lint: lint.name, span, reason });
    }
}

/// The lint of that name.
pub fn lint(name: &str) -> Option<&'static Lint> {
    LINTS.iter().copied().find(|lint| lint.name == name)
}
