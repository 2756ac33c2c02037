//! The same question twice.
#![doc = include_str!("repeated_await.md")]

use crate::analysis::again::{self, Again};
use crate::analysis::effects::words;
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::ir::ExprId;
use crate::lints::{Context, Lint};
use crate::rewrite::{self, bind, twice};

pub(super) static REPEATED_AWAIT: Lint = Lint {
    name: "repeated_await",
    level: Level::Allow,
    summary: "the same question twice, with nothing between that could change the answer",
    docs: include_str!("repeated_await.md"),
    hint: None,
    run,
};

fn run(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if crate::analysis::is_rewritten(context.types.function) {
        return;
    }
    for analysis in context.analyses {
        for (site, again) in again::again(context.types, context.effects, analysis) {
            match again {
                Ok(again) => {
                    let source = context.types.index.source(context.id.file);
                    let fix = bind::once(context.types, source, analysis, &again);
                    let mut said = diagnosis(context, &again);
                    said.notes.extend(fix.as_ref().err().map(|reason| (*reason).to_owned()));
                    found.push(Diagnostic { fix: fix.ok(), ..said });
                }
                Err(reason) => context.silent(&REPEATED_AWAIT, context.span(site), reason),
            }
        }
    }
    for (join, site, again) in again::at_once(context.types, context.effects) {
        match again {
            Ok(again) => found.push(at_once(context, join, &again)),
            Err(reason) => context.silent(&REPEATED_AWAIT, context.span(site), reason),
        }
    }
}

fn diagnosis(context: &Context<'_>, again: &Again) -> Diagnostic {
    let name = rewrite::awaited_name(context.types, again.repeated);
    let message =
        format!("`{name}` is asked again with the same arguments, and nothing between can have changed the answer");
    said(context, again, message, ("asked again here", "asked here first"))
}

fn at_once(context: &Context<'_>, join: ExprId, again: &Again) -> Diagnostic {
    let name = rewrite::awaited_name(context.types, again.repeated);
    let message = format!("`{name}` is asked twice at once with the same arguments");
    let mut said = said(context, again, message, ("and again here", "asked here"));
    let source = context.types.index.source(context.id.file);
    said.fix = twice::one_branch(context.types, source, join, again);
    if said.fix.is_none() {
        said.notes.push("ask once and use the answer twice".to_owned());
    }
    said
}

fn said(context: &Context<'_>, again: &Again, message: String, (here, first): (&str, &str)) -> Diagnostic {
    let label = |site: ExprId, text: &str| Label { span: context.span(site), text: text.to_owned() };
    Diagnostic {
        labels: vec![label(again.asked, first)],
        evidence: vec![evidence(context, again)],
        ..context.diagnostic(&REPEATED_AWAIT, again.confidence, message, label(again.repeated, here))
    }
}

fn evidence(context: &Context<'_>, again: &Again) -> String {
    let name = format!("`{}`", rewrite::awaited_name(context.types, again.repeated));
    match words::gist(&again.effect.because) {
        (Some(callee), deed) if callee != name => format!("{name}: {callee} {deed}"),
        (_, deed) => format!("{name} {deed}"),
    }
}
