//! Who is coupled to whom: the edges of the generator seen from both of their ends.

use crate::generator::Generator;
use sprs::CsMat;

/// Rows and columns of the rates: edges need not come in pairs, but elimination fills both directions.
pub(super) struct Pattern<'a> {
    row_starts: &'a [usize],
    row_ends: &'a [usize],
    targets: &'a [usize],
    column_starts: Vec<u32>,
    /// For every edge, grouped by target: the source and the edge's place in the rates.
    incoming: Vec<(u32, u32)>,
    /// Whether every edge has its reverse, so that the rows alone give the neighbours.
    symmetric: bool,
}

impl<'a> Pattern<'a> {
    /// Of rates in CSR form.
    pub(super) fn of(rates: &'a CsMat<f64>, starts: &'a [usize]) -> Self {
        let n = rates.rows();
        let targets = rates.indices();
        let mut column_starts = vec![0u32; n + 1];
        for &target in targets {
            column_starts[target + 1] += 1;
        }
        for k in 0..n {
            column_starts[k + 1] += column_starts[k];
        }
        let mut next = column_starts.clone();
        let mut incoming = vec![(0, 0); targets.len()];
        for source in 0..n {
            for edge in starts[source]..starts[source + 1] {
                let place = &mut next[targets[edge]];
                incoming[*place as usize] = (source as u32, edge as u32);
                *place += 1;
            }
        }
        let mut pattern = Pattern {
            row_starts: &starts[..n],
            row_ends: &starts[1..],
            targets,
            column_starts,
            incoming,
            symmetric: false,
        };
        pattern.symmetric = (0..n).all(|state| {
            let sources = pattern.incoming(state).iter().map(|&(source, _)| source as usize);
            pattern.outgoing_states(state).iter().copied().eq(sources)
        });
        pattern
    }

    /// Number of states.
    pub(super) fn len(&self) -> usize {
        self.row_starts.len()
    }

    fn outgoing_states(&self, state: usize) -> &[usize] {
        &self.targets[self.row_starts[state]..self.row_ends[state]]
    }

    /// The edges that leave a state: target and place in the rates.
    pub(super) fn outgoing(&self, state: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let first = self.row_starts[state] as u32;
        self.outgoing_states(state).iter().zip(first..).map(|(&target, edge)| (target as u32, edge))
    }

    /// The edges that enter a state: source and place in the rates, by source.
    pub(super) fn incoming(&self, state: usize) -> &[(u32, u32)] {
        &self.incoming[self.column_starts[state] as usize..self.column_starts[state + 1] as usize]
    }

    /// All states coupled with this one, some of them twice.
    pub(super) fn neighbours(&self, state: usize) -> impl Iterator<Item = u32> + '_ {
        let incoming = if self.symmetric { &[] } else { self.incoming(state) };
        let sources = incoming.iter().map(|&(source, _)| source);
        self.outgoing_states(state).iter().map(|&target| target as u32).chain(sources)
    }
}

/// Whether each state is coupled with its two neighbours in the given order only.
pub(super) fn is_chain(generator: &Generator) -> bool {
    let indptr = generator.rates.indptr();
    let starts = indptr.to_proper();
    let targets = generator.rates.indices();
    (0..generator.len()).all(|k| targets[starts[k]..starts[k + 1]].iter().all(|&j| j.abs_diff(k) <= 1))
}

/// A number that tells patterns apart (FNV-1a over the row starts and the targets).
pub(super) fn fingerprint(generator: &Generator) -> u64 {
    let indptr = generator.rates.indptr();
    let starts = indptr.to_proper();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &word in starts.iter().chain(generator.rates.indices()) {
        hash = (hash ^ word as u64).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 29;
    }
    hash
}
