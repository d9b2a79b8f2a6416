//! The pattern of edges: which states are coupled, accessible from both ends of each edge.

use crate::generator::{Generator, Rates};
use rayon::prelude::*;

/// The pattern of the rates by rows and by columns. Edges need not come in pairs, but elimination fills both
/// directions.
pub(crate) struct Pattern<'a> {
    row_starts: &'a [usize],
    targets: &'a [u32],
    columns: Columns,
}

/// The edges by their target states.
enum Columns {
    /// The index of each edge's reverse in the array of rates, if every edge has one.
    Symmetric(Vec<u32>),
    /// The source and the index in the array of rates of the edges into each state, if some edge has no reverse.
    General { starts: Vec<u32>, incoming: Vec<(u32, u32)> },
}

/// The index of an edge that does not exist.
pub(crate) const NO_EDGE: u32 = u32::MAX;

/// States per task.
const TASK_STATES: usize = 1 << 12;

impl<'a> Pattern<'a> {
    /// The pattern of rates in CSR form.
    pub(crate) fn new(rates: &'a Rates, row_starts: &'a [usize]) -> Self {
        let targets = rates.indices();
        let columns = match reverses(row_starts, targets) {
            Some(reverses) => Columns::Symmetric(reverses),
            None => columns(row_starts, targets),
        };
        Pattern { row_starts, targets, columns }
    }

    /// Number of states.
    pub(crate) fn len(&self) -> usize {
        self.row_starts.len() - 1
    }

    fn outgoing_states(&self, state: usize) -> &[u32] {
        &self.targets[self.row_starts[state]..self.row_starts[state + 1]]
    }

    /// Visits all states coupled with this one, with the indices in the array of rates of the edge to that state and of
    /// the reverse edge, [`NO_EDGE`] for one that does not exist. If the pattern is not symmetric, a pair of edges may
    /// come as two visits.
    pub(crate) fn for_edges(&self, state: usize, mut visit: impl FnMut(u32, u32, u32)) {
        let (first, targets) = (self.row_starts[state], self.outgoing_states(state));
        match &self.columns {
            Columns::Symmetric(reverses) => {
                for (edge, (&target, &back)) in (first..).zip(targets.iter().zip(&reverses[first..])) {
                    visit(target, edge as u32, back);
                }
            }
            Columns::General { .. } => {
                for (edge, &target) in (first..).zip(targets) {
                    visit(target, edge as u32, NO_EDGE);
                }
                for &(source, edge) in self.incoming(state) {
                    visit(source, NO_EDGE, edge);
                }
            }
        }
    }

    /// The edges that enter a state: source and index in the array of rates.
    fn incoming(&self, state: usize) -> &[(u32, u32)] {
        match &self.columns {
            Columns::Symmetric(_) => &[],
            Columns::General { starts, incoming } => &incoming[starts[state] as usize..starts[state + 1] as usize],
        }
    }

    /// Whether a state coupled with this one satisfies a condition.
    pub(crate) fn has_neighbour(&self, state: usize, condition: impl Fn(u32) -> bool) -> bool {
        self.outgoing_states(state).iter().any(|&target| condition(target))
            || self.incoming(state).iter().any(|&(source, _)| condition(source))
    }

    /// All states coupled with this one; some may come twice.
    pub(crate) fn neighbours(&self, state: usize) -> impl Iterator<Item = u32> + '_ {
        let sources = self.incoming(state).iter().map(|&(source, _)| source);
        self.outgoing_states(state).iter().copied().chain(sources)
    }
}

/// The index of the reverse of every edge; `None` if an edge has none.
fn reverses(row_starts: &[usize], targets: &[u32]) -> Option<Vec<u32>> {
    let n = row_starts.len() - 1;
    let mut reverses = vec![NO_EDGE; targets.len()];
    let mut pieces = Vec::new();
    let mut left = reverses.as_mut_slice();
    for first in (0..n).step_by(TASK_STATES) {
        let end = (first + TASK_STATES).min(n);
        let (piece, rest) = left.split_at_mut(row_starts[end] - row_starts[first]);
        pieces.push((first..end, piece));
        left = rest;
    }
    let row = |i: usize| &targets[row_starts[i]..row_starts[i + 1]];
    let all = pieces.into_par_iter().all(|(mut states, piece)| {
        let mut slots = piece.iter_mut();
        states.all(|i| {
            row(i).iter().enumerate().zip(&mut slots).all(|((position, &j), slot)| {
                // Where all states have the same neighbours, the reverse edge is as far from the end of its row as the
                // edge is from the beginning of its own.
                let guess = row(i).len() - 1 - position;
                let (i, j) = (i as u32, j as usize);
                let found = match row(j).get(guess) {
                    Some(&back) if back == i => Some(guess),
                    _ => row(j).iter().position(|&back| back == i),
                };
                *slot = (row_starts[j] + found.unwrap_or(0)) as u32;
                found.is_some()
            })
        })
    });
    all.then_some(reverses)
}

/// The columns of a matrix in CSR form.
fn columns(row_starts: &[usize], targets: &[u32]) -> Columns {
    let n = row_starts.len() - 1;
    let mut starts = vec![0u32; n + 1];
    for &target in targets {
        starts[target as usize + 1] += 1;
    }
    for k in 0..n {
        starts[k + 1] += starts[k];
    }
    let mut next = starts.clone();
    let mut incoming = vec![(0, 0); targets.len()];
    for source in 0..n {
        for edge in row_starts[source]..row_starts[source + 1] {
            let position = &mut next[targets[edge] as usize];
            incoming[*position as usize] = (source as u32, edge as u32);
            *position += 1;
        }
    }
    Columns::General { starts, incoming }
}

/// Whether the states form a path: each is coupled only with its two neighbours in the given order.
pub(crate) fn is_path(generator: &Generator) -> bool {
    let indptr = generator.rates.indptr();
    let starts = indptr.to_proper();
    let targets = generator.rates.indices();
    (0..generator.len()).all(|k| targets[starts[k]..starts[k + 1]].iter().all(|&j| j.abs_diff(k as u32) <= 1))
}

/// A hash that tells patterns apart (FNV-1a over the row starts, the targets and the coordinates, in pieces of a fixed
/// size).
pub(crate) fn fingerprint(generator: &Generator) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const LENGTH: usize = 1 << 16;
    let add = |hash: u64, word: u64| {
        let hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^ (hash >> 29)
    };
    let of_words = |words: &[usize]| words.iter().fold(BASIS, |hash, &word| add(hash, word as u64));
    let of_targets = |targets: &[u32]| {
        let words = targets.chunks(2).map(|two| two.iter().fold(0, |word, &target| word << 32 | u64::from(target)));
        words.fold(BASIS, add)
    };
    let of_coordinates = |coordinates: &[[i32; 2]]| {
        coordinates.iter().fold(BASIS, |hash, &[x, y]| add(hash, u64::from(x as u32) << 32 | u64::from(y as u32)))
    };
    let indptr = generator.rates.indptr();
    let starts: Vec<u64> = indptr.raw_storage().par_chunks(LENGTH).map(of_words).collect();
    let targets: Vec<u64> = generator.rates.indices().par_chunks(LENGTH).map(of_targets).collect();
    let coordinates: Vec<u64> = generator.coordinates.par_chunks(LENGTH).map(of_coordinates).collect();
    starts.into_iter().chain(targets).chain(coordinates).fold(BASIS, add)
}
