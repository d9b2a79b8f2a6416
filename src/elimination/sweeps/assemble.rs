//! The assembly of a front from the rates of the generator's edges, the killing and the contribution blocks of its
//! children.

use super::multifrontal::Factorisation;
use crate::elimination::analysis::balance::geometric_mean;
use crate::elimination::analysis::front::Front;
use crate::elimination::analysis::tree::AssemblyTree;
use crate::tensor::widest;

impl Factorisation<'_> {
    /// The rate of an edge, 0 for [`NO_EDGE`](crate::elimination::ordering::NO_EDGE).
    fn rate(&self, edge: u32) -> f64 {
        self.generator.rates.data().get(edge as usize).copied().unwrap_or(0.0)
    }

    /// Assembles a front in symmetric form, including its weights: rates, killing and contribution blocks. Without
    /// children the contribution block is not touched, since the elimination overwrites it.
    pub(super) fn assemble_symmetric(
        &self,
        front: &Front,
        factor: &mut [f64],
        contribution: &mut [f64],
        children: &[(&Front, &[f64])],
        weights: &mut [f64],
    ) {
        let shape = front.shape();
        let rows = shape.rows();
        gather_weights(self.tree, front, self.weights, weights);
        for entry in self.tree.entries_of(front) {
            let position = entry.earlier as usize * rows + shape.row(entry.later as usize);
            factor[position] = geometric_mean(self.rate(entry.onward), self.rate(entry.back));
        }
        let killing = shape.update_row() + front.updates;
        for (k, &state) in self.pivot_states(front).iter().enumerate() {
            factor[k * rows + killing] = self.generator.killing[state as usize] * weights[k];
        }
        if !children.is_empty() {
            for (j, column) in contribution.chunks_exact_mut(shape.contribution_rows()).enumerate() {
                column[j..].fill(0.0);
            }
        }
        for &(child, block) in children {
            self.add_child_symmetric(front, factor, contribution, child, block);
        }
    }

    /// Assembles a front in general form: rates, killing and contribution blocks. Without children the contribution
    /// block is not touched, since the elimination overwrites it.
    pub(super) fn assemble_general(
        &self,
        front: &Front,
        factor: &mut [f64],
        contribution: &mut [f64],
        children: &[(&Front, &[f64])],
    ) {
        let shape = (front.pivots, front.updates);
        for entry in self.tree.entries_of(front) {
            let (earlier, later) = (entry.earlier as usize, entry.later as usize);
            factor[general_offset(shape, earlier, later)] += self.rate(entry.onward);
            factor[general_offset(shape, later, earlier)] += self.rate(entry.back);
        }
        let killing_start = factor.len() - front.pivots;
        for (killing, &state) in factor[killing_start..].iter_mut().zip(self.pivot_states(front)) {
            *killing = self.generator.killing[state as usize];
        }
        if !children.is_empty() {
            contribution.fill(0.0);
        }
        for &(child, block) in children {
            self.add_child_general(front, factor, contribution, child, block);
        }
    }

    /// Adds a child's contribution block to its parent's front, both in symmetric form.
    fn add_child_symmetric(
        &self,
        front: &Front,
        factor: &mut [f64],
        contribution: &mut [f64],
        child: &Front,
        block: &[f64],
    ) {
        let (p, shape) = (front.pivots, front.shape());
        let (rows, contribution_rows) = (shape.rows(), shape.contribution_rows());
        let positions = self.tree.parent_positions_of(child);
        let inner = positions.partition_point(|&position| (position as usize) < p);
        let mut runs = runs(positions);
        // A run that extends from pivots into the update set is cut at the padding between them.
        if let Some(cut) = runs.iter().position(|&(first, length)| first < p && first + length > p) {
            let (first, length) = runs[cut];
            runs[cut].1 = p - first;
            runs.insert(cut + 1, (p, first + length - p));
        }
        for (first, _) in &mut runs {
            *first = shape.row(*first);
        }
        let block = block.chunks_exact(child.shape().contribution_rows());
        widest(
            #[inline(always)]
            || {
                let mut runs = runs.as_mut_slice();
                for (c, (&position, source)) in positions.iter().zip(block).enumerate() {
                    let position = position as usize;
                    let (target, origin) = match c < inner {
                        true => (&mut factor[position * rows..(position + 1) * rows], 0),
                        false => (
                            &mut contribution
                                [(position - p) * contribution_rows..(position - p + 1) * contribution_rows],
                            shape.update_row(),
                        ),
                    };
                    scatter(target, origin, runs, &source[c..child.updates]);
                    target[shape.update_row() + front.updates - origin] += source[child.updates];
                    // The next column begins one row further down.
                    (runs[0].0, runs[0].1) = (runs[0].0 + 1, runs[0].1 - 1);
                    if runs[0].1 == 0 {
                        runs = &mut runs[1..];
                    }
                }
            },
        );
    }

    /// Adds a child's contribution block to its parent's front, both in general form.
    fn add_child_general(
        &self,
        front: &Front,
        factor: &mut [f64],
        contribution: &mut [f64],
        child: &Front,
        block: &[f64],
    ) {
        let (p, u, n) = (front.pivots, front.updates, front.order());
        let (columns, rows) = factor.split_at_mut(n * p);
        let positions = self.tree.parent_positions_of(child);
        let inner = positions.partition_point(|&position| (position as usize) < p);
        let (to_pivots, to_updates) = positions.split_at(inner);
        if child.updates == 0 {
            return;
        }
        // The update sets are pieces of separators: mostly runs of consecutive positions.
        let (runs_pivots, runs_updates) = (runs(to_pivots), runs(to_updates));
        // The last column is κ; it follows the last state in the parent's front too.
        let targets = positions.iter().map(|&position| position as usize).chain([n]);
        widest(
            #[inline(always)]
            || {
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
            },
        );
    }
}

/// The offset, in the factor of a front in general form, of the rate from the row's to the column's state.
fn general_offset((p, u): (usize, usize), row: usize, column: usize) -> usize {
    let n = p + u;
    if column < p { column * n + row } else { n * p + (column - p) * p + row }
}

/// Gathers the weights √π of a front's rows, 1 for κ and 0 for padding.
fn gather_weights(tree: &AssemblyTree, front: &Front, by_position: &[f64], weights: &mut [f64]) {
    let (p, below) = (front.pivots, front.shape().update_row());
    let (of_pivots, of_rest) = weights[..front.shape().rows()].split_at_mut(below);
    of_pivots[..p].copy_from_slice(&by_position[front.start..front.start + p]);
    for (weight, &position) in of_rest.iter_mut().zip(tree.updates_of(front)) {
        *weight = by_position[position as usize];
    }
    of_pivots[p..].fill(0.0);
    of_rest[front.updates..].fill(0.0);
    of_rest[front.updates] = 1.0;
}

/// The maximal runs of consecutive positions, each as first position and length.
fn runs(positions: &[u32]) -> Vec<(usize, usize)> {
    positions.chunk_by(|a, b| a + 1 == *b).map(|run| (run[0] as usize, run.len())).collect()
}

/// Adds values at runs of positions: target[position − origin] += source.
#[inline(always)]
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
