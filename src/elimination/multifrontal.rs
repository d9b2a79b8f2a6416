//! The numeric factorisation along the tree of fronts.
//!
//! A front's pivot columns and rows are assembled where the factor keeps them, its contribution block where the parent
//! reads it, so nothing is copied. Contribution blocks live on one stack: the blocks of the children are left at one end
//! of their parent's region and the parent's own goes to the other end, alternating from level to level.
//!
//! Every front is assembled in a fixed order (rates, first child, second child) and eliminated by operations that depend
//! on its shape alone: the factor is the same to the bit for any number of threads.

use super::EliminationError;
use super::balance::Weight;
use super::front::{self, Scratch};
use super::layout::{self, Form, Layout};
use super::pages::Pages;
use super::symmetric;
use super::tree::{Front, FrontTree};
use crate::generator::Generator;
use crate::progress::Progress;
use rayon::join;
use std::sync::Arc;

/// A generator factored front by front.
#[derive(Debug)]
pub(super) struct Multifrontal {
    pub(super) tree: Arc<FrontTree>,
    pub(super) layout: Layout,
    /// Per front in general form: pivot columns with S_k on the diagonal, q_ik below and q_kj / S_k above, then the pivot rows.
    /// In symmetric form: pivot columns with √S_k on the diagonal and C_ik below.
    pub(super) factor: Pages,
    /// √π by place, empty where no front is symmetric.
    pub(super) weights: Vec<Weight>,
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
    /// Eliminates a generator that has the edges of the tree, with the forms that its layout gives to the fronts. `weights` are by
    /// place.
    pub(super) fn eliminate(
        tree: &Arc<FrontTree>,
        layout: Layout,
        generator: &Generator,
        rates: &[f64],
        weights: Vec<Weight>,
        progress: &Progress,
    ) -> Result<Self, EliminationError> {
        let zeroed = |length: usize| {
            let needed = 8 * length as u64;
            Pages::zeroed(length).map_err(|_| EliminationError::Refused { needed })
        };
        let mut factor = zeroed(layout.length)?;
        if let Some(root) = tree.fronts.last() {
            let mut stack = zeroed(root.stack)?;
            let work = Work { tree, layout: &layout, generator, symmetric_rates: rates, weights: &weights, progress };
            let mut scratch = Scratch::new(root.largest);
            let index = tree.fronts.len() - 1;
            work.subtree(index, factor.numbers_mut(), stack.numbers_mut(), End::Low, &mut scratch)?;
        }
        Ok(Multifrontal { tree: Arc::clone(tree), layout, factor, weights })
    }
}

/// What all fronts share.
struct Work<'a> {
    tree: &'a FrontTree,
    layout: &'a Layout,
    generator: &'a Generator,
    /// √(q_ij q_ji), for fronts in symmetric form.
    symmetric_rates: &'a [f64],
    weights: &'a [Weight],
    progress: &'a Progress,
}

/// A front with its form.
#[derive(Clone, Copy)]
struct Place<'a> {
    front: &'a Front,
    form: Form,
}

impl Work<'_> {
    fn place(&self, index: usize) -> Place<'_> {
        Place { front: &self.tree.fronts[index], form: self.layout.forms[index] }
    }

    /// Factors a subtree; `factor` is the subtree's share. Leaves the contribution block at the given end of the stack.
    fn subtree(
        &self,
        index: usize,
        factor: &mut [f64],
        stack: &mut [f64],
        end: End,
        scratch: &mut Scratch,
    ) -> Result<(), EliminationError> {
        let fronts = &self.tree.fronts;
        let place @ Place { front, .. } = self.place(index);
        let (below, own) = factor.split_at_mut(self.layout.below(front, index));
        let away = end.other();
        match front.children[..] {
            [] => {
                let (contribution, _) = end.carve(stack, front.contribution_length());
                self.front(place, own, contribution, &[], scratch)
            }
            [only] => {
                self.subtree(only, below, stack, away, scratch)?;
                let (block, rest) = away.carve(stack, fronts[only].contribution_length());
                let (contribution, _) = end.carve(rest, front.contribution_length());
                self.front(place, own, contribution, &[(self.place(only), block)], scratch)
            }
            [one, two, ..] => {
                let (first, second) = (&fronts[one], &fronts[two]);
                let second_start = self.layout.starts[second.first] - self.layout.starts[front.first];
                let (below_first, below_second) = below.split_at_mut(second_start);
                let (block_first, rest) = if front.side_by_side {
                    let (region, rest) = away.carve(stack, first.stack);
                    let mut other_scratch = Scratch::new(second.largest);
                    let (left, right) = join(
                        || self.subtree(one, below_first, region, away, scratch),
                        || self.subtree(two, below_second, rest, away, &mut other_scratch),
                    );
                    left.and(right)?;
                    (away.carve(region, first.contribution_length()).0, rest)
                } else {
                    self.subtree(one, below_first, stack, away, scratch)?;
                    let (block, rest) = away.carve(stack, first.contribution_length());
                    self.subtree(two, below_second, rest, away, scratch)?;
                    (block, rest)
                };
                let (block_second, rest) = away.carve(rest, second.contribution_length());
                let (contribution, _) = end.carve(rest, front.contribution_length());
                let children: [(Place, &[f64]); 2] = [(self.place(one), block_first), (self.place(two), block_second)];
                self.front(place, own, contribution, &children, scratch)
            }
        }
    }

    /// Assembles and eliminates one front.
    fn front(
        &self,
        Place { front, form }: Place<'_>,
        factor: &mut [f64],
        contribution: &mut [f64],
        children: &[(Place<'_>, &[f64])],
        scratch: &mut Scratch,
    ) -> Result<(), EliminationError> {
        if self.progress.is_interrupted() {
            return Err(EliminationError::Interrupted);
        }
        let shape @ (p, u) = (front.pivots, front.updates);
        let states = &self.tree.order[front.start..front.start + p];
        let fresh = children.is_empty();
        match form {
            Form::Symmetric { unit } => {
                let rows = p + u + 1;
                weigh(self.tree, front, self.weights, unit, &mut scratch.weights);
                for entry in &self.tree.entries[front.lower..front.entries.end] {
                    factor[entry.column as usize * rows + entry.row as usize] = self.symmetric_rates[entry.edge as usize];
                }
                for (k, &state) in states.iter().enumerate() {
                    factor[(k + 1) * rows - 1] = self.generator.killing[state as usize] * scratch.weights[k];
                }
                if !fresh {
                    for j in 0..u {
                        contribution[j * (u + 1) + j..(j + 1) * (u + 1)].fill(0.0);
                    }
                }
                for &(child, block) in children {
                    self.add_symmetric(front, factor, contribution, child.front, block);
                }
                let Scratch { arch, exits, weights, .. } = scratch;
                symmetric::eliminate(*arch, shape, factor, contribution, fresh, &weights[..rows], exits)
            }
            Form::General => {
                let rates = self.generator.rates.data();
                for entry in &self.tree.entries[front.entries.clone()] {
                    factor[general_offset(shape, entry.row as usize, entry.column as usize)] = rates[entry.edge as usize];
                }
                let killing_start = factor.len() - p;
                for (killing, &state) in factor[killing_start..].iter_mut().zip(states) {
                    *killing = self.generator.killing[state as usize];
                }
                if !fresh {
                    contribution.fill(0.0);
                }
                for &(child, block) in children {
                    match child.form {
                        Form::Symmetric { unit } => {
                            weigh(self.tree, child.front, self.weights, unit, &mut scratch.weights);
                            self.add_unfolded(front, factor, contribution, child.front, block, &scratch.weights);
                        }
                        Form::General => self.add_child(front, factor, contribution, child.front, block),
                    }
                }
                front::eliminate(shape, factor, contribution, fresh, scratch)
            }
        }
        .map_err(|fault| fault.of_state(states[fault.place] as usize))?;
        self.progress.advance(layout::flops(front, form));
        Ok(())
    }

    /// Adds a child's contribution block to its parent's front, both in symmetric form.
    fn add_symmetric(&self, front: &Front, factor: &mut [f64], contribution: &mut [f64], child: &Front, block: &[f64]) {
        let (p, u) = (front.pivots, front.updates);
        let rows = p + u + 1;
        let positions = self.tree.parent_places_of(child);
        let mut runs = runs(positions);
        let mut runs = runs.as_mut_slice();
        for (c, (&position, source)) in positions.iter().zip(block.chunks_exact(child.updates + 1)).enumerate() {
            let position = position as usize;
            let (target, origin) = match position < p {
                true => (&mut factor[position * rows..(position + 1) * rows], 0),
                false => (&mut contribution[(position - p) * (u + 1)..(position - p + 1) * (u + 1)], p),
            };
            scatter(target, origin, runs, &source[c..child.updates]);
            if let (Some(own), Some(killing)) = (target.last_mut(), source.last()) {
                *own += killing;
            }
            // The next column begins one row further down.
            (runs[0].0, runs[0].1) = (runs[0].0 + 1, runs[0].1 - 1);
            if runs[0].1 == 0 {
                runs = &mut runs[1..];
            }
        }
    }

    /// Adds a child's contribution block in symmetric form to a parent's front in general form.
    fn add_unfolded(
        &self,
        front: &Front,
        factor: &mut [f64],
        contribution: &mut [f64],
        child: &Front,
        block: &[f64],
        weights: &[f64],
    ) {
        let (p, u) = (front.pivots, front.updates);
        // κ counts as the state after the last.
        let mut add = |row: usize, column: usize, rate: f64| {
            if row.min(column) < p {
                factor[general_offset((p, u), row, column)] += rate;
            } else {
                contribution[(column - p) * u + row - p] += rate;
            }
        };
        let positions = self.tree.parent_places_of(child);
        let weights = &weights[child.pivots..];
        for (c, (&position, source)) in positions.iter().zip(block.chunks_exact(child.updates + 1)).enumerate() {
            let position = position as usize;
            for r in c + 1..child.updates {
                let (other, ratio) = (positions[r] as usize, weights[r] / weights[c]);
                add(position, other, source[r] * ratio);
                add(other, position, source[r] / ratio);
            }
            add(position, p + u, source[child.updates] / weights[c]);
        }
    }

    /// Adds a child's contribution block to its parent's front, both in general form.
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

/// Where the rate from the row's to the column's state is in the factor of a front in general form.
fn general_offset((p, u): (usize, usize), row: usize, column: usize) -> usize {
    let n = p + u;
    if column < p { column * n + row } else { n * p + (column - p) * p + row }
}

/// The weights of a front's states in units of 2^unit, followed by 1 for κ.
fn weigh(tree: &FrontTree, front: &Front, by_place: &[Weight], unit: i32, weights: &mut [f64]) {
    let pivots = by_place[front.start..front.start + front.pivots].iter();
    let updates = tree.updates_of(front).iter().map(|&place| &by_place[place as usize]);
    for (weight, by_place) in weights.iter_mut().zip(pivots.chain(updates)) {
        *weight = by_place.in_units_of(unit);
    }
    weights[front.order()] = 1.0;
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
