//! The numeric factorisation along the tree of fronts.
//!
//! A front's pivot columns and rows are assembled where the factor keeps them, its contribution block where the parent
//! reads it, so nothing is copied. Contribution blocks live on one stack: the blocks of the children are left at one end
//! of their parent's region and the parent's own goes to the other end, alternating from level to level.
//!
//! Every front is assembled in a fixed order (rates, first child, second child) and eliminated by operations that depend
//! on its shape alone: the factor is the same to the bit for any number of threads.

use super::EliminationError;
use super::front::{self, Scratch};
use super::pages::Pages;
use super::tree::{Front, FrontTree};
use crate::generator::Generator;
use crate::progress::Progress;
use rayon::join;
use std::sync::Arc;

/// A generator factored front by front.
#[derive(Debug)]
pub(super) struct Multifrontal {
    pub(super) tree: Arc<FrontTree>,
    /// Per front: pivot columns with S_k on the diagonal, q_ik below and q_kj / S_k above, then the pivot rows.
    pub(super) factor: Pages,
}

/// An end of the stack.
#[derive(Clone, Copy)]
enum End {
    Low,
    High,
}

impl End {
    fn other(self) -> End {
        match self {
            End::Low => End::High,
            End::High => End::Low,
        }
    }

    /// Splits so much off this end of a region; returns it and the remainder.
    fn carve(self, region: &mut [f64], length: usize) -> (&mut [f64], &mut [f64]) {
        match self {
            End::Low => region.split_at_mut(length),
            End::High => {
                let (rest, taken) = region.split_at_mut(region.len() - length);
                (taken, rest)
            }
        }
    }
}

impl Multifrontal {
    /// Eliminates a generator that has the edges of the tree.
    pub(super) fn eliminate(
        tree: &Arc<FrontTree>,
        generator: &Generator,
        progress: &Progress,
    ) -> Result<Self, EliminationError> {
        let zeroed = |length: usize| {
            let needed = 8 * length as u64;
            Pages::zeroed(length).map_err(|_| EliminationError::Refused { needed })
        };
        let mut factor = zeroed(tree.factor_length)?;
        if let Some(root) = tree.fronts.last() {
            let mut stack = zeroed(root.stack)?;
            let work = Work { tree, rates: generator.rates.data(), killing: &generator.killing, progress };
            let mut scratch = Scratch::new(root.largest);
            work.subtree(root, factor.numbers_mut(), stack.numbers_mut(), End::Low, &mut scratch)?;
        }
        Ok(Multifrontal { tree: Arc::clone(tree), factor })
    }
}

/// What all fronts share.
struct Work<'a> {
    tree: &'a FrontTree,
    rates: &'a [f64],
    killing: &'a [f64],
    progress: &'a Progress,
}

impl Work<'_> {
    /// Factors a subtree; `factor` is the subtree's share. Leaves the contribution block at the given end of the stack.
    fn subtree(
        &self,
        front: &Front,
        factor: &mut [f64],
        stack: &mut [f64],
        end: End,
        scratch: &mut Scratch,
    ) -> Result<(), EliminationError> {
        let fronts = &self.tree.fronts;
        let (below, own) = factor.split_at_mut(factor.len() - front.factor_length());
        let away = end.other();
        match front.children[..] {
            [] => {
                let (contribution, _) = end.carve(stack, front.contribution_length());
                self.front(front, own, contribution, &[], scratch)
            }
            [only] => {
                let child = &fronts[only];
                self.subtree(child, below, stack, away, scratch)?;
                let (block, rest) = away.carve(stack, child.contribution_length());
                let (contribution, _) = end.carve(rest, front.contribution_length());
                self.front(front, own, contribution, &[(child, block)], scratch)
            }
            [first, second, ..] => {
                let (first, second) = (&fronts[first], &fronts[second]);
                let second_start = fronts[second.first].factor_start - fronts[front.first].factor_start;
                let (below_first, below_second) = below.split_at_mut(second_start);
                let (block_first, rest) = if front.side_by_side {
                    let (region, rest) = away.carve(stack, first.stack);
                    let mut other_scratch = Scratch::new(second.largest);
                    let (one, two) = join(
                        || self.subtree(first, below_first, region, away, scratch),
                        || self.subtree(second, below_second, rest, away, &mut other_scratch),
                    );
                    one.and(two)?;
                    (away.carve(region, first.contribution_length()).0, rest)
                } else {
                    self.subtree(first, below_first, stack, away, scratch)?;
                    let (block, rest) = away.carve(stack, first.contribution_length());
                    self.subtree(second, below_second, rest, away, scratch)?;
                    (block, rest)
                };
                let (block_second, rest) = away.carve(rest, second.contribution_length());
                let (contribution, _) = end.carve(rest, front.contribution_length());
                let children: [(&Front, &[f64]); 2] = [(first, block_first), (second, block_second)];
                self.front(front, own, contribution, &children, scratch)
            }
        }
    }

    /// Assembles and eliminates one front.
    fn front(
        &self,
        front: &Front,
        factor: &mut [f64],
        contribution: &mut [f64],
        children: &[(&Front, &[f64])],
        scratch: &mut Scratch,
    ) -> Result<(), EliminationError> {
        if self.progress.is_interrupted() {
            return Err(EliminationError::Interrupted);
        }
        for entry in &self.tree.entries[front.entries.clone()] {
            factor[entry.target as usize] = self.rates[entry.edge as usize];
        }
        let states = &self.tree.order[front.start..front.start + front.pivots];
        let killing_start = factor.len() - front.pivots;
        for (killing, &state) in factor[killing_start..].iter_mut().zip(states) {
            *killing = self.killing[state as usize];
        }
        if !children.is_empty() {
            contribution.fill(0.0);
        }
        for &(child, block) in children {
            self.add_child(front, factor, contribution, child, block);
        }
        front::eliminate((front.pivots, front.updates), factor, contribution, children.is_empty(), scratch)
            .map_err(|fault| fault.of_state(states[fault.place] as usize))?;
        self.progress.advance(front.flops());
        Ok(())
    }

    /// Adds a child's contribution block to its parent's front.
    fn add_child(&self, front: &Front, factor: &mut [f64], contribution: &mut [f64], child: &Front, block: &[f64]) {
        let (p, u, n) = (front.pivots, front.updates, front.order());
        let (columns, rows) = factor.split_at_mut(n * p);
        let positions = self.tree.parent_places_of(child);
        let inner = positions.partition_point(|&position| (position as usize) < p);
        let (to_pivots, to_updates) = positions.split_at(inner);
        if child.updates == 0 {
            return;
        }
        // Borders of a part of the grid are pieces of separators: mostly runs of consecutive positions.
        let (runs_pivots, runs_updates) = (runs(to_pivots), runs(to_updates));
        // The last column is κ, which follows the last state of the parent's front as well.
        let targets = positions.iter().map(|&position| position as usize).chain([n]);
        for (target, source) in targets.zip(block.chunks_exact(child.updates)) {
            let (source_pivots, source_updates) = source.split_at(inner);
            if target < p {
                let column = &mut columns[target * n..(target + 1) * n];
                scatter(column, 0, &runs_pivots, source_pivots);
                scatter(column, 0, &runs_updates, source_updates);
            } else {
                let j = target - p;
                scatter(&mut rows[j * p..(j + 1) * p], 0, &runs_pivots, source_pivots);
                scatter(&mut contribution[j * u..(j + 1) * u], p, &runs_updates, source_updates);
            }
        }
    }
}

/// Maximal runs of consecutive positions: first position and length.
fn runs(positions: &[u32]) -> Vec<(usize, usize)> {
    positions.chunk_by(|a, b| a + 1 == *b).map(|run| (run[0] as usize, run.len())).collect()
}

/// target[position − origin] += source.
fn scatter(target: &mut [f64], origin: usize, runs: &[(usize, usize)], source: &[f64]) {
    let mut source = source;
    for &(position, length) in runs {
        let (values, later) = source.split_at(length);
        let start = position - origin;
        for (target, value) in target[start..start + length].iter_mut().zip(values) {
            *target += value;
        }
        source = later;
    }
}
