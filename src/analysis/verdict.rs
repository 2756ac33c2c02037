//! For each await site: whether it waits without need, and if not, what it must wait for.
//!
//! In: a function and the analysis of its regions. Out: a [`Verdict`] for every await site.

use std::collections::HashMap;

use crate::analysis::blocker::{Blocker, BlockerKind};
use crate::analysis::dependence::{self, Edge};
use crate::analysis::effected::effected;
use crate::analysis::effects::Effects;
use crate::analysis::region::{self, Region};
use crate::analysis::{Analysis, is_rewritten};
use crate::index::types::Types;
use crate::ir::{BlockId, BlockKind, ExprId, ExprKind, LoopKind, MacroKind, StmtKind};
use crate::source::Span;

/// What is said of one await site.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The site.
    pub site: ExprId,
    /// Where its `.await` ends; of a join macro, the macro.
    pub span: Span,
    /// The verdict.
    pub kind: VerdictKind,
    /// The region it is in, as an index into the analyses.
    pub region: Option<usize>,
    /// The await before it in its body.
    pub previous: Option<ExprId>,
    /// Whether that one stands beside it in one statement.
    pub is_beside: bool,
}

/// Whether an await waits without need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    /// It is the first of its body.
    First,
    /// It could start earlier.
    Early,
    /// It must wait.
    Blocked(Blocker),
}

/// The verdicts of a function, in the order its awaits run.
pub fn verdicts(types: &Types<'_>, effects: &Effects<'_>, analyses: &[Analysis]) -> Vec<Verdict> {
    let mut tour = Tour { types, sites: Vec::new(), path: Vec::new(), contexts: 1, context: 0 };
    if let Some(root) = types.body.root {
        tour.block(root, "block");
    }
    let homes = homes(analyses);
    let mut last_of: HashMap<usize, usize> = HashMap::new();
    let mut found = Vec::new();
    for (number, site) in tour.sites.iter().enumerate() {
        let previous = last_of.insert(site.context, number).map(|previous| &tour.sites[previous]);
        let home = homes.get(&site.expr).copied();
        let kind = match previous {
            None => VerdictKind::First,
            Some(_) if is_rewritten(types.function) => {
                VerdictKind::Blocked(Blocker::new(BlockerKind::Fence("attribute"), types.function.name_span))
            }
            Some(previous) => judge(types, effects, analyses, &homes, previous, site),
        };
        found.push(Verdict {
            site: site.expr,
            span: types.body.expr(site.expr).span,
            kind,
            region: home.map(|(region, _)| region),
            previous: previous.map(|previous| previous.expr),
            is_beside: previous.is_some_and(|previous| are_beside(types, previous, site)),
        });
    }
    found
}

/// Whether two awaits stand in one statement, and neither in what the other awaits.
fn are_beside(types: &Types<'_>, previous: &Site, site: &Site) -> bool {
    let (first, second) = (types.body.expr(previous.expr).span, types.body.expr(site.expr).span);
    let statement = |span: Span| {
        let around = types.body.blocks.iter().flat_map(|block| &block.stmts).map(|stmt| stmt.span);
        around.filter(|stmt| stmt.contains(span)).min_by_key(|stmt| stmt.len())
    };
    !second.contains(first) && !first.contains(second) && statement(first) == statement(second)
}

/// Which region and node a site belongs to.
fn homes(analyses: &[Analysis]) -> HashMap<ExprId, (usize, usize)> {
    let mut homes = HashMap::new();
    for (region, analysis) in analyses.iter().enumerate() {
        for (number, node) in analysis.region.nodes.iter().enumerate() {
            homes.extend(node.sites.iter().map(|site| (*site, (region, number))));
        }
    }
    homes
}

fn judge(
    types: &Types<'_>,
    effects: &Effects<'_>,
    analyses: &[Analysis],
    homes: &HashMap<ExprId, (usize, usize)>,
    previous: &Site,
    site: &Site,
) -> VerdictKind {
    let (Some((region, node)), Some((before, earlier))) = (homes.get(&site.expr), homes.get(&previous.expr)) else {
        return VerdictKind::Blocked(
            behind_branch(analyses, homes, previous, site).unwrap_or_else(|| structural(types, previous, site)),
        );
    };
    let analysis = &analyses[*region];
    if (region, node) == (before, earlier) {
        if analysis.schedule.is_early(*node) {
            return VerdictKind::Early;
        }
        let beside = analysis.region.nodes[*node].beside.as_ref();
        return VerdictKind::Blocked(within(types, previous.expr, site.expr, beside));
    }
    if region == before {
        if analysis.schedule.is_early(*node) {
            return VerdictKind::Early;
        }
        return VerdictKind::Blocked(strongest(analysis, *node));
    }
    let (first, second) = (&analyses[*before].region, &analysis.region);
    if first.block != second.block {
        let behind = behind_branch(analyses, homes, previous, site);
        return VerdictKind::Blocked(behind.unwrap_or_else(|| structural(types, previous, site)));
    }
    if let Some(blocker) = direct(types, (first, *earlier), (second, *node)) {
        return VerdictKind::Blocked(blocker);
    }
    let blocker = second.before.as_ref().map(|blocker| more_exactly(types, effects, analyses, blocker));
    VerdictKind::Blocked(blocker.unwrap_or_else(|| structural(types, previous, site)))
}

/// What flows from one statement to another, whatever separates their regions.
fn direct(types: &Types<'_>, earlier: (&Region, usize), later: (&Region, usize)) -> Option<Blocker> {
    let accesses = |(region, node): (&Region, usize)| {
        let node = &region.nodes[node];
        let stmts = region.block.map(|block| &types.body.block(block).stmts);
        stmts.map(|stmts| region::accesses_of(types, &stmts[node.stmt], node)).unwrap_or_default()
    };
    dependence::strict(types, &accesses(earlier), &accesses(later))
}

/// An await behind a branch that holds the one before it waits for what the branch decides.
fn behind_branch(
    analyses: &[Analysis],
    homes: &HashMap<ExprId, (usize, usize)>,
    previous: &Site,
    site: &Site,
) -> Option<Blocker> {
    let is_behind =
        previous.path.len() > site.path.len() && previous.path.iter().zip(&site.path).all(|(a, b)| a.0 == b.0);
    let (region, _) = homes.get(&site.expr).filter(|_| is_behind)?;
    analyses[*region].region.before.clone().filter(|blocker| matches!(blocker.kind, BlockerKind::Control(_)))
}

/// Two awaits of one statement: of one chain, or beside one another.
fn within(types: &Types<'_>, previous: ExprId, site: ExprId, beside: Option<&Blocker>) -> Blocker {
    let span = types.body.expr(site).span;
    if span.contains(types.body.expr(previous).span) {
        return Blocker::new(BlockerKind::Flow("_".to_owned()), span);
    }
    beside.cloned().unwrap_or_else(|| Blocker::new(BlockerKind::Fence("expression"), span))
}

/// An await whose value is dropped may be known for what it is: a pause, an event.
fn more_exactly(types: &Types<'_>, effects: &Effects<'_>, analyses: &[Analysis], blocker: &Blocker) -> Blocker {
    let nodes = analyses.iter().flat_map(|analysis| &analysis.region.nodes);
    let dropped =
        nodes.filter(|_| blocker.kind == BlockerKind::Fence("discarded")).find(|node| node.span == blocker.span);
    let effect = dropped.and_then(|node| effected(types, effects, node).awaited);
    let fence = effect.as_ref().and_then(|effect| effect.fence);
    match (fence, effect) {
        (Some(fence), Some(effect)) => Blocker {
            because: effect.because.to_string(),
            ..Blocker::new(BlockerKind::Fence(fence.word()), blocker.span)
        },
        _ => blocker.clone(),
    }
}

/// Of all that a node waits for, what ends last; of several, what is plainest to see.
pub fn strongest(analysis: &Analysis, node: usize) -> Blocker {
    let schedule = &analysis.schedule;
    let last = strongest_edge(analysis, node);
    let gains_nothing = schedule.weights[node] == 0 && last.is_none_or(|edge| rank(&edge.blocker.kind) >= WEAK);
    match last {
        Some(edge) if !gains_nothing => edge.blocker.clone(),
        // Nothing holds it back: it, or all that stands before it, never suspends.
        _ => {
            let effect = analysis.effects.get(node).and_then(|effects| effects.awaited.as_ref());
            let word = if effect.is_some_and(|effect| effect.is_local) { "local" } else { "ready" };
            Blocker::new(BlockerKind::Fence(word), analysis.region.nodes[node].span)
        }
    }
}

/// The dependence whose blocker is the strongest. A statement between that makes a value is only the messenger where
/// it is held back by what another one does: then that is the reason.
pub fn strongest_edge(analysis: &Analysis, node: usize) -> Option<&Edge> {
    let schedule = &analysis.schedule;
    let end = |from: usize| schedule.starts[from] + schedule.weights[from];
    let into = analysis.edges.iter().filter(|edge| edge.to == node);
    let last =
        into.max_by_key(|edge| (edge.strict, end(edge.from), std::cmp::Reverse(rank(&edge.blocker.kind)), edge.from))?;
    let between = &analysis.region.nodes[last.from];
    let is_messenger = between.sites.is_empty() && matches!(last.blocker.kind, BlockerKind::Flow(_));
    let behind = if is_messenger { strongest_edge(analysis, last.from) } else { None };
    let is_by_another =
        |edge: &&Edge| edge.strict && rank(&edge.blocker.kind) >= BY_DEED && edge.blocker.span != between.span;
    behind.filter(is_by_another).or(Some(last))
}

/// Dependences from this rank on come from what is done, those before it from names.
const BY_DEED: usize = 4;

/// Dependences from this rank on say less than that there is nothing to gain.
const WEAK: usize = 7;

fn rank(kind: &BlockerKind) -> usize {
    match kind {
        BlockerKind::Flow(_) => 0,
        BlockerKind::Borrow(_) => 1,
        BlockerKind::Move(_) => 2,
        BlockerKind::Anti(_) | BlockerKind::Output(_) => 3,
        BlockerKind::Control(_) => 4,
        BlockerKind::Fence("comment" | "repeat") => 8,
        BlockerKind::Fence(_) => 5,
        BlockerKind::Write(_) => 6,
        BlockerKind::Unknown(_) => 7,
    }
}

/// The construct that stands between two sites that share no block.
fn structural(types: &Types<'_>, previous: &Site, site: &Site) -> Blocker {
    let common = previous.path.iter().zip(&site.path).take_while(|(a, b)| a.0 == b.0).count();
    // Both may stand in one branch that is no block, and so belongs to no region.
    let is_expr = |step: &&(usize, &str)| step.0 >= types.body.blocks.len();
    let around = || site.path.last().filter(is_expr);
    let step = site.path.get(common).or_else(|| previous.path.get(common)).or_else(around);
    let span = step.map_or(types.body.expr(site.expr).span, |(number, _)| branch_span(types, *number));
    let kind = match step.map_or("block", |(_, by)| by) {
        "unsafe" => BlockerKind::Fence("unsafe"),
        by => BlockerKind::Control(by),
    };
    Blocker::new(kind, span)
}

/// Where a branch stands: a block, or an expression behind all blocks, as [`Tour`] counts them.
fn branch_span(types: &Types<'_>, number: usize) -> Span {
    let expr = |number: usize| types.body.exprs.get(number - types.body.blocks.len()).map(|expr| expr.span);
    types.body.blocks.get(number).map(|block| block.span).or_else(|| expr(number)).unwrap_or_default()
}

struct Site {
    expr: ExprId,
    context: usize,
    /// The branches around it from the outside in: which one, and by what it is entered.
    path: Vec<(usize, &'static str)>,
}

/// A walk over a whole body in evaluation order.
struct Tour<'a, 't> {
    types: &'a Types<'t>,
    sites: Vec<Site>,
    path: Vec<(usize, &'static str)>,
    contexts: usize,
    context: usize,
}

impl Tour<'_, '_> {
    fn block(&mut self, block: BlockId, by: &'static str) {
        self.branch(block.0 as usize, by, |tour| {
            for stmt in &tour.types.body.block(block).stmts {
                match &stmt.kind {
                    StmtKind::Let { init, otherwise, .. } => {
                        init.iter().for_each(|init| tour.expr(*init));
                        otherwise.iter().for_each(|block| tour.block(*block, "let_else"));
                    }
                    StmtKind::Expr { expr, .. } => tour.expr(*expr),
                    StmtKind::Item { .. } => {}
                }
            }
        });
    }

    fn branch(&mut self, number: usize, by: &'static str, walk: impl FnOnce(&mut Self)) {
        self.path.push((number, by));
        walk(self);
        self.path.pop();
    }

    /// A branch that is an expression; its number must not be that of a block.
    fn expr_branch(&mut self, expr: ExprId, by: &'static str) {
        match self.types.body.expr(expr).kind {
            ExprKind::Block { block, kind: BlockKind::Plain, .. } => self.block(block, by),
            _ => self.branch(self.types.body.blocks.len() + expr.0 as usize, by, |tour| tour.expr(expr)),
        }
    }

    fn body(&mut self, walk: impl FnOnce(&mut Self)) {
        let outer = (self.context, std::mem::take(&mut self.path));
        self.context = self.contexts;
        self.contexts += 1;
        walk(self);
        (self.context, self.path) = outer;
    }

    fn expr(&mut self, expr: ExprId) {
        match &self.types.body.expr(expr).kind {
            ExprKind::Await { base } => {
                self.expr(*base);
                self.site(expr);
            }
            ExprKind::Binary { op: crate::ir::BinaryOp::Lazy, lhs, rhs } => {
                self.expr(*lhs);
                self.expr_branch(*rhs, "lazy");
            }
            ExprKind::If { condition, then, otherwise } => {
                self.expr(*condition);
                self.block(*then, "if");
                otherwise.iter().for_each(|other| self.expr_branch(*other, "if"));
            }
            ExprKind::Match { scrutinee, arms } => {
                self.expr(*scrutinee);
                for arm in arms {
                    arm.guard.iter().for_each(|guard| self.expr_branch(*guard, "match"));
                    self.expr_branch(arm.body, "match");
                }
            }
            ExprKind::Loop { kind, body } => {
                match kind {
                    LoopKind::For { iter, .. } => self.expr(*iter),
                    LoopKind::While { condition } => self.expr_branch(*condition, "loop"),
                    LoopKind::Loop => {}
                }
                self.block(*body, "loop");
            }
            ExprKind::Block { block, kind, .. } => match kind {
                BlockKind::Async { .. } => self.body(|tour| tour.block(*block, "block")),
                BlockKind::Unsafe => self.block(*block, "unsafe"),
                _ => self.block(*block, "block"),
            },
            ExprKind::Closure { body, .. } => self.body(|tour| tour.expr(*body)),
            ExprKind::Macro(call) => {
                let is_lazy = call.kind == MacroKind::Log || call.path.last().starts_with("debug_");
                for arg in &call.args {
                    if is_lazy { self.expr_branch(*arg, "lazy") } else { self.expr(*arg) }
                }
                if matches!(call.kind, MacroKind::Join { .. }) {
                    self.site(expr);
                }
            }
            _ => {
                crate::analysis::access::children(self.types.body, expr).into_iter().for_each(|child| self.expr(child));
            }
        }
    }

    fn site(&mut self, expr: ExprId) {
        self.sites.push(Site { expr, context: self.context, path: self.path.clone() });
    }
}
