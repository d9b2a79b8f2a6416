//! From the edges to the sparse matrix of rates.

use rayon::prelude::*;
use sprs::CsMat;

use crate::generator::assembly::{DEAD, nearest_state};
use crate::generator::{Exit, Generator, Pair};
use crate::grid::Grid;
use crate::tensor::Point;

/// Keeps the states that are connected with the one nearest to `start`.
pub(super) fn connected(
    grid: &Grid,
    start: Point,
    cells: &mut Vec<u32>,
    states: &mut [u32],
    pairs: &mut Vec<Pair>,
    exits: &mut Vec<Exit>,
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

/// Rates from pairs, killing from exits.
pub(super) fn generator_of(grid: &Grid, cells: &[u32], pairs: &[Pair], exits: &[Exit]) -> Generator {
    let n = cells.len();
    let mut starts = vec![0usize; n + 1];
    for pair in pairs {
        starts[pair.from as usize + 1] += usize::from(pair.forward > 0.0);
        starts[pair.to as usize + 1] += usize::from(pair.backward > 0.0);
    }
    for k in 0..n {
        starts[k + 1] += starts[k];
    }
    let mut next = starts.clone();
    let mut columns = vec![0usize; starts[n]];
    let mut values = vec![0.0; starts[n]];
    let mut put = |row: u32, column: u32, rate: f64| {
        if rate > 0.0 {
            let slot = next[row as usize];
            (columns[slot], values[slot]) = (column as usize, rate);
            next[row as usize] += 1;
        }
    };
    for pair in pairs {
        put(pair.from, pair.to, pair.forward);
        put(pair.to, pair.from, pair.backward);
    }
    sort_rows(&mut starts, &mut columns, &mut values);
    let rates = CsMat::new((n, n), starts, columns, values);
    let mut killing = vec![0.0; n];
    for exit in exits {
        killing[exit.state as usize] += exit.rate;
    }
    let coordinates = cells.iter().map(|&cell| grid.indices(cell as usize).map(|index| index as i32)).collect();
    Generator { rates, killing, coordinates }
}

/// Sorts the entries of every row by column. Where two edges join the same two cells, on a short periodic axis, their rates
/// add.
fn sort_rows(starts: &mut Vec<usize>, columns: &mut Vec<usize>, values: &mut Vec<f64>) {
    const ROWS: usize = 4096;
    let mut blocks = Vec::new();
    let (mut columns_left, mut values_left) = (columns.as_mut_slice(), values.as_mut_slice());
    for first in (0..starts.len() - 1).step_by(ROWS) {
        let ends = &starts[first..(first + ROWS + 1).min(starts.len())];
        let length = ends[ends.len() - 1] - ends[0];
        let (block_columns, columns_rest) = columns_left.split_at_mut(length);
        let (block_values, values_rest) = values_left.split_at_mut(length);
        (columns_left, values_left) = (columns_rest, values_rest);
        blocks.push((ends, block_columns, block_values));
    }
    let has_doubles = blocks
        .into_par_iter()
        .map(|(ends, columns, values)| {
            let mut has_doubles = false;
            for row in ends.windows(2) {
                let (begin, end) = (row[0] - ends[0], row[1] - ends[0]);
                let (columns, values) = (&mut columns[begin..end], &mut values[begin..end]);
                // Rows are short, and nearly in order.
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
        })
        .reduce(|| false, |a, b| a | b);
    if has_doubles {
        add_doubles(starts, columns, values);
    }
}

/// Merges neighbouring entries of the same column.
fn add_doubles(starts: &mut Vec<usize>, columns: &mut Vec<usize>, values: &mut Vec<f64>) {
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
