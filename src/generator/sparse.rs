//! The sparse matrix of rates from the list of edges.

use rayon::prelude::*;

use crate::generator::assembly::{DEAD, nearest_state};
use crate::generator::{Exit, Generator, Pair, Rates};
use crate::grid::Grid;
use crate::tensor::Point;

/// Keeps only the states connected with the state nearest to `start`.
pub(super) fn connected(
    grid: &Grid,
    start: Point,
    cells: &mut Vec<u32>,
    states: &mut [u32],
    pairs: &mut Vec<Pair>,
    exits: &mut Vec<Exit>,
    inside: &mut Vec<f64>,
) {
    let mut parent: Vec<u32> = (0..cells.len() as u32).collect();
    fn root(parent: &mut [u32], mut k: u32) -> u32 {
        while parent[k as usize] != k {
            parent[k as usize] = parent[parent[k as usize] as usize];
            k = parent[k as usize];
        }
        k
    }
    for pair in pairs.iter() {
        let (a, b) = (root(&mut parent, pair.from), root(&mut parent, pair.to));
        parent[a.max(b) as usize] = a.min(b);
    }
    let origin = nearest_state(grid, start, cells, states);
    let keep = root(&mut parent, origin);
    let kept: Vec<bool> = (0..cells.len() as u32).map(|k| root(&mut parent, k) == keep).collect();
    if kept.iter().all(|&kept| kept) {
        return;
    }
    let mut renumbered = vec![DEAD; cells.len()];
    let mut remaining = Vec::new();
    for (state, &cell) in cells.iter().enumerate() {
        if kept[state] {
            renumbered[state] = remaining.len() as u32;
            remaining.push(cell);
        }
        states[cell as usize] = renumbered[state];
    }
    let mut state = 0;
    inside.retain(|_| {
        state += 1;
        kept[state - 1]
    });
    *cells = remaining;
    pairs.retain_mut(|pair| {
        (pair.from, pair.to) = (renumbered[pair.from as usize], renumbered[pair.to as usize]);
        pair.from != DEAD
    });
    exits.retain_mut(|exit| {
        exit.state = renumbered[exit.state as usize];
        exit.state != DEAD
    });
}

/// The rates from pairs, which are ordered by the state at which they begin, and the killing rates from exits and from
/// killing inside the domain.
pub(super) fn generator_of(
    grid: &Grid,
    cells: &[u32],
    pairs: &[Pair],
    exits: &[Exit],
    inside: &[f64],
    is_reversible: bool,
) -> Generator {
    let n = cells.len();
    let blocks: Vec<Block> = (0..n.div_ceil(ROWS).max(1))
        .into_par_iter()
        .map(|block| Block::new(block * ROWS..((block + 1) * ROWS).min(n), pairs))
        .collect();
    // The rates from other blocks' pairs, in the order of those blocks.
    let mut foreign: Vec<Vec<(u32, u32, f64)>> = vec![Vec::new(); blocks.len()];
    for &(row, column, rate) in blocks.iter().flat_map(|block| &block.leaving) {
        foreign[row as usize / ROWS].push((row, column, rate));
    }
    let mut starts = vec![0usize; n + 1];
    let (counts, foreign) = (&mut starts[1..], &foreign);
    counts.par_chunks_mut(ROWS).zip(&blocks).zip(foreign).for_each(|((counts, block), foreign)| {
        block.for_rates(foreign, |row, _, _| counts[row] += 1);
    });
    for k in 0..n {
        starts[k + 1] += starts[k];
    }
    let (mut columns, mut values, has_doubles) = filled(&blocks, foreign, &starts);
    if has_doubles {
        add_doubles(&mut starts, &mut columns, &mut values);
    }
    let rates = Rates::new((n, n), starts, columns, values);
    let mut killing = if inside.is_empty() { vec![0.0; n] } else { inside.to_vec() };
    for exit in exits {
        killing[exit.state as usize] += exit.rate;
    }
    let coordinates = cells
        .par_iter()
        .with_min_len(ROWS)
        .map(|&cell| grid.indices(cell as usize).map(|index| index as i32))
        .collect();
    Generator { rates, killing, coordinates, is_reversible }
}

/// The columns and values of all rows, each sorted, and whether a row has a column twice.
fn filled(blocks: &[Block<'_>], foreign: &[Vec<(u32, u32, f64)>], starts: &[usize]) -> (Vec<u32>, Vec<f64>, bool) {
    let mut columns = vec![0u32; starts[starts.len() - 1]];
    let mut values = vec![0.0; starts[starts.len() - 1]];
    let mut rows = Vec::with_capacity(blocks.len());
    let (mut columns_left, mut values_left) = (columns.as_mut_slice(), values.as_mut_slice());
    for block in blocks {
        let length = starts[block.states.end] - starts[block.states.start];
        let (block_columns, columns_rest) = columns_left.split_at_mut(length);
        let (block_values, values_rest) = values_left.split_at_mut(length);
        rows.push((block_columns, block_values));
        (columns_left, values_left) = (columns_rest, values_rest);
    }
    let has_doubles = rows
        .into_par_iter()
        .zip(blocks)
        .zip(foreign)
        .map(|(((columns, values), block), foreign)| {
            let first = starts[block.states.start];
            let starts = &starts[block.states.start..=block.states.end];
            let mut next: Vec<usize> = starts[..starts.len() - 1].iter().map(|start| start - first).collect();
            block.for_rates(foreign, |row, column, rate| {
                (columns[next[row]], values[next[row]]) = (column, rate);
                next[row] += 1;
            });
            sort_rows(starts, columns, values)
        })
        .reduce(|| false, |a, b| a | b);
    (columns, values, has_doubles)
}

/// The number of rows that one task fills.
const ROWS: usize = 1 << 14;

/// A block of consecutive states and the pairs that begin there.
struct Block<'a> {
    states: std::ops::Range<usize>,
    pairs: &'a [Pair],
    /// Rates out of states of other blocks: row, column and rate.
    leaving: Vec<(u32, u32, f64)>,
}

impl<'a> Block<'a> {
    fn new(states: std::ops::Range<usize>, pairs: &'a [Pair]) -> Block<'a> {
        let place = |state: usize| pairs.partition_point(|pair| (pair.from as usize) < state);
        let pairs = &pairs[place(states.start)..place(states.end)];
        let mut leaving = Vec::new();
        for pair in pairs {
            if pair.backward > 0.0 && !states.contains(&(pair.to as usize)) {
                leaving.push((pair.to, pair.from, pair.backward));
            }
        }
        Block { states, pairs, leaving }
    }

    /// Visits all rates out of the states of the block; rows are counted from its first state.
    fn for_rates(&self, foreign: &[(u32, u32, f64)], mut visit: impl FnMut(usize, u32, f64)) {
        let first = self.states.start;
        for &(row, column, rate) in foreign {
            visit(row as usize - first, column, rate);
        }
        for pair in self.pairs {
            if pair.forward > 0.0 {
                visit(pair.from as usize - first, pair.to, pair.forward);
            }
            if pair.backward > 0.0 && self.states.contains(&(pair.to as usize)) {
                visit(pair.to as usize - first, pair.from, pair.backward);
            }
        }
    }
}

/// Sorts the entries of every row by column; returns whether a column occurs twice in a row.
fn sort_rows(starts: &[usize], columns: &mut [u32], values: &mut [f64]) -> bool {
    let mut has_doubles = false;
    for row in starts.windows(2) {
        let (begin, end) = (row[0] - starts[0], row[1] - starts[0]);
        let (columns, values) = (&mut columns[begin..end], &mut values[begin..end]);
        // Insertion sort: rows are short and nearly in order.
        for last in 1..columns.len() {
            let mut place = last;
            while place > 0 && columns[place - 1] > columns[place] {
                columns.swap(place - 1, place);
                values.swap(place - 1, place);
                place -= 1;
            }
        }
        has_doubles |= columns.windows(2).any(|pair| pair[0] == pair[1]);
    }
    has_doubles
}

/// Adds up neighbouring entries of the same column: on a short periodic axis two edges may join the same two cells.
fn add_doubles(starts: &mut Vec<usize>, columns: &mut Vec<u32>, values: &mut Vec<f64>) {
    let (mut merged_starts, mut kept) = (vec![0; starts.len()], 0);
    for row in 0..starts.len() - 1 {
        let begin = kept;
        for slot in starts[row]..starts[row + 1] {
            if kept > begin && columns[kept - 1] == columns[slot] {
                values[kept - 1] += values[slot];
            } else {
                (columns[kept], values[kept]) = (columns[slot], values[slot]);
                kept += 1;
            }
        }
        merged_starts[row + 1] = kept;
    }
    columns.truncate(kept);
    values.truncate(kept);
    *starts = merged_starts;
}
