//! Which of some statements the linter joins, and what holds the others.
//!
//! In: a file of an index, and the lines of the statements. Out: [`Look`].

mod held;
mod level;

use std::ops::RangeInclusive;

use cargo_conjoin::analysis::effects::Effects;
use cargo_conjoin::analysis::is_site;
use cargo_conjoin::diagnostic::Confidence;
use cargo_conjoin::index::{FunctionId, Index};
use cargo_conjoin::ir::ExprId;
use cargo_conjoin::source::{FileId, SourceFile, Span};

use crate::reasons::Reason;
use level::Level;

/// What the linter makes of some statements.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Each two that are joined.
    pub(crate) links: Vec<Link>,
    /// For each two neighbours that are not: what holds the later one. Of a single statement, what holds that.
    pub(crate) held: Vec<Held>,
    /// For each two neighbours that are, but not at [`Confidence::Likely`]: what held the later one there.
    pub(crate) doubts: Vec<Held>,
    /// For each statement: how sure a diagnostic joins it with anything.
    pub(crate) with_any: Vec<Option<Hit>>,
}

/// Two statements that are joined.
#[derive(Debug)]
pub(crate) struct Link {
    /// Indices of the statements.
    pub(crate) of: (usize, usize),
    pub(crate) hit: Hit,
}

/// A diagnostic, as far as the score asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) confidence: Confidence,
    /// Whether it joins statements, and not what stands inside one.
    pub(crate) is_of_statements: bool,
    /// Its message and its evidence.
    pub(crate) said: Vec<String>,
}

/// What holds a statement behind the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) reason: Reason,
    /// The blocker with its place, and its evidence link by link.
    pub(crate) said: Vec<String>,
}

/// Looks at the statements: first for what is likely, and only where that joins nothing for what is possible.
pub(crate) fn look(effects: &Effects<'_>, file: FileId, statements: &[RangeInclusive<usize>]) -> Result<Look, Held> {
    effects.index.read(file).map_err(|problem| Held::new(Reason::NotParsed, problem.message.clone()))?;
    let sites = awaited(effects.index, file, statements);
    if sites.iter().filter(|sites| !sites.is_empty()).count() < statements.len().min(2) {
        return Err(Held::new(Reason::NotFound, "there is no await on some of these lines".to_owned()));
    }
    let likely = Level::new(effects, file, &sites, Confidence::Likely);
    let possible = Level::new(effects, file, &sites, Confidence::Possible);
    let with_any = |sites: &Vec<Site>| likely.with_any(sites).or_else(|| possible.with_any(sites));
    let mut look = Look { with_any: sites.iter().map(with_any).collect(), ..Look::default() };
    if let [only] = sites.as_slice() {
        look.held.extend(only.first().map(|site| held::from_outside(&possible, *site)));
    }
    for later in 0..sites.len() {
        for earlier in 0..later {
            let joined = |level: &Level<'_>| level.joined(&sites[earlier], &sites[later]);
            let held = |level: &Level<'_>| held::behind(level, &sites[earlier], &sites[later]);
            let is_neighbour = earlier + 1 == later;
            let at_likely = joined(&likely);
            if is_neighbour && at_likely.is_none() {
                look.doubts.push(held(&likely));
            }
            match at_likely.or_else(|| joined(&possible)) {
                Some(hit) => look.links.push(Link { of: (earlier, later), hit }),
                None if is_neighbour => look.held.push(held(&possible)),
                None => {}
            }
        }
    }
    Ok(look)
}

/// Whether any of the statements awaits.
pub(crate) fn awaits(index: &Index<'_>, file: FileId, statements: &[RangeInclusive<usize>]) -> bool {
    awaited(index, file, statements).iter().any(|sites| !sites.is_empty())
}

impl Held {
    pub(crate) fn new(reason: Reason, said: String) -> Held {
        Held { reason, said: vec![said] }
    }
}

/// An await site.
#[derive(Clone, Copy, Debug)]
struct Site {
    function: FunctionId,
    expr: ExprId,
    span: Span,
}

/// The await sites of each statement, in the order they are lowered.
fn awaited(index: &Index<'_>, file: FileId, statements: &[RangeInclusive<usize>]) -> Vec<Vec<Site>> {
    let source = index.source(file);
    let bodies = index.functions_in(file).filter_map(|(function, _)| Some((function, index.body(function)?)));
    let sites = bodies.flat_map(|(function, body)| {
        let exprs = (0..).map(ExprId).zip(&body.exprs).filter(|(_, expr)| is_site(expr));
        exprs.map(move |(number, expr)| Site { function, expr: number, span: expr.span })
    });
    let sites: Vec<(usize, Site)> = sites.map(|site| (last_line(source, site.span), site)).collect();
    let on = |lines: &RangeInclusive<usize>| {
        sites.iter().filter(|(line, _)| lines.contains(line)).map(|(_, site)| *site).collect()
    };
    statements.iter().map(on).collect()
}

fn last_line(source: &SourceFile, span: Span) -> usize {
    source.position(span.end.saturating_sub(1)).line
}

#[cfg(test)]
mod tests {
    use super::*;
    use cargo_conjoin::discover::Workspace;

    const CODE: &str = "\
async fn fetch_name(id: u32) -> u32 { Reply.await + id }
async fn fetch_photo(id: u32) -> u32 { Reply.await + id }
struct Reply;
impl Future for Reply {
    type Output = u32;
    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<u32> {
        std::task::Poll::Ready(1)
    }
}
async fn page(id: u32) -> u32 {
    let name = fetch_name(id).await;
    let photo = fetch_photo(id)
        .await;
    let other = fetch_photo(name).await;
    name + photo + other
}
";

    fn look_at(statements: &[RangeInclusive<usize>]) -> Result<Look, Held> {
        let file = SourceFile::new("a.rs".into(), "a.rs".to_owned(), CODE.to_owned());
        let workspace = Workspace { files: vec![file], ..Workspace::default() };
        let index = Index::new(&workspace, false);
        look(&Effects::new(&index), FileId(0), statements)
    }

    #[test]
    fn a_pair_is_joined_where_the_plan_runs_both_at_once() {
        let found = look_at(&[11..=11, 12..=13]).unwrap();
        assert_eq!(found.links.len(), 1);
        assert_eq!(found.links[0].of, (0, 1));
        assert!(found.links[0].hit.confidence >= Confidence::Likely && found.links[0].hit.is_of_statements);
        assert!(found.held.is_empty() && found.doubts.is_empty());
        assert!(found.with_any.iter().all(Option::is_some));
    }

    #[test]
    fn what_needs_a_value_is_held_by_it() {
        let found = look_at(&[11..=11, 14..=14]).unwrap();
        assert!(found.links.is_empty());
        assert_eq!(found.held[0].reason, Reason::Flow);
        assert!(found.held[0].said[0].starts_with("flow(name) at line 14"), "{:?}", found.held);
    }

    #[test]
    fn lines_without_await_are_not_found() {
        assert_eq!(look_at(&[10..=10, 15..=15]).unwrap_err().reason, Reason::NotFound);
        assert_eq!(look_at(&[11..=11, 15..=15]).unwrap_err().reason, Reason::NotFound);
    }
}
