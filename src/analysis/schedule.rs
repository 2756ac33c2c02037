//! The fewest round trips a region can take.
//!
//! In: the weights of its statements and the edges between them. Out: [`Schedule`].
//!
//! A statement's weight is the number of its awaits that can suspend; a statement between weighs nothing. The plan
//! is a tree of steps after one another and branches beside one another: what is not connected runs side by side,
//! what is connected is cut where a whole layer has finished. With equal weights that reaches the longest path,
//! which no order can beat. The idea of splitting a region where its parts fall apart is that of ApplicativeDo
//! (Marlow, Peyton Jones, Kmett, Mokhov, "Desugaring Haskell's do-notation into applicative operations", 2016).

use crate::analysis::dependence::Edge;

/// When each statement of a region starts, and how they are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Round trips in source order.
    pub before: usize,
    /// Round trips of the plan.
    pub after: usize,
    /// When each node starts in source order.
    pub sequential: Vec<usize>,
    /// When each node can start at the earliest.
    pub starts: Vec<usize>,
    /// The weights it was made for.
    pub weights: Vec<usize>,
    /// The grouping; nodes without weight are left out.
    pub plan: Plan,
}

/// How the awaits of a region are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// One node.
    One(usize),
    /// One after the other.
    Seq(Vec<Plan>),
    /// Beside one another.
    Par(Vec<Plan>),
}

/// Schedules a region. Edges must point from earlier to later nodes.
pub fn schedule(weights: &[usize], edges: &[Edge]) -> Schedule {
    let graph = Graph::new(weights, edges);
    let starts = graph.near_starts();
    let mut sequential = Vec::with_capacity(weights.len());
    let mut clock = 0;
    for weight in weights {
        sequential.push(clock);
        clock += weight;
    }
    let awaits: Vec<usize> = (0..weights.len()).filter(|node| weights[*node] > 0).collect();
    let plan = graph.plan(&awaits, &starts);
    let after = plan.cost(weights);
    Schedule { before: clock, after, sequential, starts, weights: weights.to_vec(), plan }
}

/// When each node starts, with the fewest steps and otherwise as near to where it stands as can be.
pub fn starts(weights: &[usize], edges: &[Edge]) -> Vec<usize> {
    Graph::new(weights, edges).near_starts()
}

impl Schedule {
    /// Whether a node can start while an earlier one still runs.
    pub fn is_early(&self, node: usize) -> bool {
        let runs_on =
            |other: usize| self.weights[other] > 0 && self.starts[other] + self.weights[other] > self.starts[node];
        self.weights[node] > 0 && (0..node).any(runs_on)
    }

    /// The nodes that run beside another one.
    pub fn joined(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.plan.collect_joined(false, &mut found);
        found.sort_unstable();
        found
    }
}

impl Plan {
    /// The nodes in it, in source order.
    pub fn nodes(&self) -> Vec<usize> {
        let mut all = match self {
            Plan::One(node) => vec![*node],
            Plan::Seq(parts) | Plan::Par(parts) => parts.iter().flat_map(Plan::nodes).collect(),
        };
        all.sort_unstable();
        all
    }

    fn cost(&self, weights: &[usize]) -> usize {
        match self {
            Plan::One(node) => weights[*node],
            Plan::Seq(parts) => parts.iter().map(|part| part.cost(weights)).sum(),
            Plan::Par(parts) => parts.iter().map(|part| part.cost(weights)).max().unwrap_or(0),
        }
    }

    fn collect_joined(&self, beside: bool, found: &mut Vec<usize>) {
        match self {
            Plan::One(node) if beside => found.push(*node),
            Plan::One(_) => {}
            Plan::Seq(parts) => parts.iter().for_each(|part| part.collect_joined(beside, found)),
            Plan::Par(parts) => parts.iter().for_each(|part| part.collect_joined(true, found)),
        }
    }
}

struct Graph<'a> {
    weights: &'a [usize],
    /// For each node what must come before it, and whether strictly.
    before: Vec<Vec<(usize, bool)>>,
    /// For each node what may not stand in a block beside it.
    bound: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    fn new(weights: &'a [usize], edges: &[Edge]) -> Graph<'a> {
        let mut before = vec![Vec::new(); weights.len()];
        let mut bound = vec![Vec::new(); weights.len()];
        for edge in edges {
            before[edge.to].push((edge.from, edge.strict));
            if edge.binds() || weights[edge.from] == 0 || weights[edge.to] == 0 {
                bound[edge.to].push(edge.from);
            }
        }
        Graph { weights, before, bound }
    }

    fn starts(&self) -> Vec<usize> {
        let mut starts = vec![0; self.weights.len()];
        for node in 0..self.weights.len() {
            for (from, strict) in &self.before[node] {
                let end = starts[*from] + self.weights[*from];
                let earliest = if *strict { end } else { end.saturating_sub(self.weights[node]) };
                starts[node] = starts[node].max(earliest);
            }
        }
        starts
    }

    /// The latest start of each node that still ends all by `end`.
    fn latest(&self, end: usize) -> Vec<usize> {
        let mut ends = vec![end; self.weights.len()];
        for node in (0..self.weights.len()).rev() {
            for (from, strict) in &self.before[node] {
                let latest = if *strict { ends[node].saturating_sub(self.weights[node]) } else { ends[node] };
                ends[*from] = ends[*from].min(latest);
            }
        }
        ends.iter().zip(self.weights).map(|(end, weight)| end.saturating_sub(*weight)).collect()
    }

    /// As early as needed for the fewest steps, and otherwise beside what stands just before it.
    fn near_starts(&self) -> Vec<usize> {
        let earliest = self.starts();
        let end = (0..self.weights.len()).map(|node| earliest[node] + self.weights[node]).max().unwrap_or(0);
        let latest = self.latest(end);
        let mut starts: Vec<usize> = Vec::with_capacity(self.weights.len());
        let mut front = 0;
        for (node, latest) in latest.into_iter().enumerate() {
            let mut start = 0;
            for (from, strict) in &self.before[node] {
                let end = starts[*from] + self.weights[*from];
                start = start.max(if *strict { end } else { end.saturating_sub(self.weights[node]) });
            }
            if self.weights[node] > 0 {
                start = start.max(front.min(latest));
                front = front.max(start);
            }
            starts.push(start);
        }
        starts
    }

    fn plan(&self, nodes: &[usize], starts: &[usize]) -> Plan {
        let mut parts = Vec::new();
        for part in self.components(nodes) {
            match self.plan_connected(&part, starts) {
                Plan::Par(inner) => parts.extend(inner),
                other => parts.push(other),
            }
        }
        if parts.len() == 1 { parts.swap_remove(0) } else { Plan::Par(parts) }
    }

    /// Cuts where a layer has finished; where nothing finishes together, where least is lost.
    fn plan_connected(&self, nodes: &[usize], starts: &[usize]) -> Plan {
        if let [only] = nodes {
            return Plan::One(*only);
        }
        let mut cuts: Vec<usize> = nodes.iter().map(|node| starts[*node]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let end = |node: &usize| starts[*node] + self.weights[*node];
        let lost = |cut: usize| {
            nodes
                .iter()
                .filter(|node| starts[**node] < cut)
                .map(|node| end(node).saturating_sub(cut))
                .max()
                .unwrap_or(0)
        };
        // Of several, the last one: what comes before it may fall apart into chains.
        let Some(cut) = cuts.into_iter().skip(1).rev().min_by_key(|cut| lost(*cut)) else {
            return Plan::Par(nodes.iter().map(|node| Plan::One(*node)).collect());
        };
        let (first, second): (Vec<usize>, Vec<usize>) = nodes.iter().partition(|node| starts[**node] < cut);
        let mut steps = Vec::new();
        for part in [self.plan(&first, starts), self.plan(&second, starts)] {
            match part {
                Plan::Seq(parts) => steps.extend(parts),
                other => steps.push(other),
            }
        }
        Plan::Seq(steps)
    }

    /// The nodes split into sets that may stand in blocks beside one another: nothing binds them, not even through
    /// statements between.
    fn components(&self, nodes: &[usize]) -> Vec<Vec<usize>> {
        let mut root: Vec<usize> = (0..self.weights.len()).collect();
        let inside = |node: usize| nodes.binary_search(&node).is_ok();
        let first = nodes.first().copied().unwrap_or(0);
        let last = nodes.last().copied().unwrap_or(0);
        for node in first..=last {
            if !inside(node) && self.weights[node] > 0 {
                continue;
            }
            for from in &self.bound[node] {
                if inside(*from) || (self.weights[*from] == 0 && *from >= first) {
                    let (a, b) = (find(&mut root, *from), find(&mut root, node));
                    root[a.max(b)] = a.min(b);
                }
            }
        }
        let mut parts: Vec<(usize, Vec<usize>)> = Vec::new();
        for node in nodes {
            let of = find(&mut root, *node);
            match parts.iter_mut().find(|(root, _)| *root == of) {
                Some((_, part)) => part.push(*node),
                None => parts.push((of, vec![*node])),
            }
        }
        parts.into_iter().map(|(_, part)| part).collect()
    }
}

fn find(root: &mut [usize], node: usize) -> usize {
    let mut at = node;
    while root[at] != at {
        root[at] = root[root[at]];
        at = root[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::blocker::{Blocker, BlockerKind};
    use crate::source::Span;

    fn edges(pairs: &[(usize, usize)]) -> Vec<Edge> {
        let blocker = Blocker::new(BlockerKind::Flow("x".to_owned()), Span::default());
        pairs.iter().map(|(from, to)| Edge { from: *from, to: *to, strict: true, blocker: blocker.clone() }).collect()
    }

    #[test]
    fn what_is_independent_takes_one_round_trip() {
        let found = schedule(&[1, 1, 1], &[]);
        assert_eq!((found.before, found.after), (3, 1));
        assert_eq!(found.joined(), [0, 1, 2]);
    }

    #[test]
    fn two_chains_run_side_by_side() {
        let found = schedule(&[1, 1, 1, 1, 1], &edges(&[(0, 1), (2, 3)]));
        assert_eq!((found.before, found.after), (5, 2));
        assert_eq!(
            found.plan,
            Plan::Par(vec![
                Plan::Seq(vec![Plan::One(0), Plan::One(1)]),
                Plan::Seq(vec![Plan::One(2), Plan::One(3)]),
                Plan::One(4)
            ])
        );
    }

    #[test]
    fn a_layer_is_cut_where_it_has_finished() {
        // d needs a and b, c needs only a.
        let found = schedule(&[1, 1, 1, 1], &edges(&[(0, 2), (0, 3), (1, 3)]));
        assert_eq!((found.before, found.after), (4, 2));
    }

    #[test]
    fn of_two_places_the_nearer_one_is_taken() {
        // b needs a, c needs nothing: beside b it moves less than beside a.
        assert_eq!(schedule(&[1, 1, 1], &edges(&[(0, 1)])).starts, [0, 1, 1]);
        // Here it must go first, since d needs it.
        assert_eq!(schedule(&[1, 1, 1, 1], &edges(&[(0, 1), (2, 3)])).starts, [0, 1, 0, 1]);
    }

    #[test]
    fn a_chain_gains_nothing() {
        let found = schedule(&[1, 1, 1], &edges(&[(0, 1), (1, 2)]));
        assert_eq!((found.before, found.after), (3, 3));
        assert!(found.joined().is_empty());
        assert!(!found.is_early(1) && !found.is_early(2));
    }

    #[test]
    fn a_statement_between_connects_and_costs_nothing() {
        let found = schedule(&[1, 0, 1, 1], &edges(&[(0, 1), (1, 2)]));
        assert_eq!((found.before, found.after), (3, 2));
        assert!(found.is_early(3) && !found.is_early(2));
    }

    #[test]
    fn a_thousand_statements_are_scheduled_at_once() {
        let pairs: Vec<(usize, usize)> = (0..999).filter(|node| node % 2 == 0).map(|node| (node, node + 1)).collect();
        let found = schedule(&vec![1; 1000], &edges(&pairs));
        assert_eq!((found.before, found.after), (1000, 2));
    }
}
