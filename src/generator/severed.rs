//! Edges between two live cells that leave the live set on their way, as those across an absorbing strip thinner than a
//! cell. The process is killed where such an edge first leaves the set, from either end.
//!
//! ```text
//!      i o──────╳╳────────o j        κ_i += λ_e(i) W_f/f, and the same from j
//! ```

use rayon::prelude::*;

use crate::generator::assembly::{AssemblyError, worse};
use crate::generator::edges::Context;
use crate::generator::fate::LEAST;
use crate::generator::{Exit, Pair};
use crate::problem::leaving::Margins;
use crate::scheme::Segment;

/// What the conductances of pairs come from.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Origin {
    /// The stencils of their states.
    Stencil,
    /// A reflecting wall that the pairs run along.
    Wall,
}

impl Context<'_> {
    /// Replaces the pairs that leave the live set on their way by an exit at each of their ends. Returns whether there are
    /// any.
    ///
    /// # Errors
    /// Those of the flow along the pieces.
    pub(super) fn sever(
        &self,
        cells: &[u32],
        pairs: &mut Vec<Pair>,
        exits: &mut Vec<Exit>,
        origin: Origin,
    ) -> Result<bool, AssemblyError> {
        if !self.live.may_be_left_within() {
            return Ok(false);
        }
        let centres = cells.par_iter().map(|&cell| self.grid.cell_centre(cell as usize)).collect();
        let states = |pair: &Pair| [pair.from, pair.to].map(|state| state as usize);
        let margins = Margins::new(self.live, centres, pairs.iter().map(states));
        let place = |pair: &Pair| {
            let (indices, offset) = (self.grid.indices(cells[pair.from as usize] as usize), pair.offset.map(i32::from));
            (indices, offset, [self.centre(indices, [0, 0]), self.centre(indices, offset)])
        };
        let leaves = |pair: &Pair| {
            let [from, to] = margins.may_leave(states(pair)).then(|| place(pair).2)?;
            let forth = self.live.first_exit(from, to)?;
            Some([forth, self.live.first_exit(to, from).unwrap_or(1.0 - forth)])
        };
        let found: Vec<(usize, [f64; 2])> = pairs
            .par_iter()
            .enumerate()
            .with_min_len(1024)
            .filter_map(|(number, pair)| leaves(pair).map(|fractions| (number, fractions.map(|f| f.max(LEAST)))))
            .collect();
        if found.is_empty() {
            return Ok(false);
        }
        let (mut added, mut segments) = (Vec::new(), Vec::new());
        for &(number, fractions) in &found {
            let pair = pairs[number];
            let (indices, offset, [from, to]) = place(&pair);
            let unsigned = if offset < [0, 0] { offset.map(|c| -c) } else { offset };
            let ends = [(pair.from, from, offset, pair.forward), (pair.to, to, offset.map(|c| -c), pair.backward)];
            for ((state, begin, way, rate), (fraction, place)) in
                ends.into_iter().zip([(fractions[0], fractions[0]), (fractions[1], 1.0 - fractions[1])])
            {
                let weight = self.stencils.of(state as usize).weight(unsigned);
                let position = self.point_along(indices, offset, place);
                added.push(Exit { state, rate: rate / fraction, offset: way, position, fraction });
                segments.push(Segment { from: begin, to: position, offset: unsigned, ends: [weight; 2] });
            }
        }
        if origin == Origin::Stencil {
            let mut flows = Vec::new();
            let failures = self.failures(&segments, self.sampler.flows(&segments, &mut flows));
            failures.into_iter().reduce(worse).map_or(Ok(()), Err)?;
            for ((exit, segment), flow) in added.iter_mut().zip(&segments).zip(&flows) {
                exit.rate = self.sampler.leave(segment.ends[0]) * flow.forward / exit.fraction;
            }
        }
        // A state whose tensor does not have the edge does not move along it.
        added.retain(|exit| exit.rate > 0.0);
        let mut severed = found.iter().map(|&(number, _)| number).peekable();
        let mut number = 0;
        pairs.retain(|_| {
            number += 1;
            severed.next_if_eq(&(number - 1)).is_none()
        });
        exits.append(&mut added);
        exits.sort_by_key(|exit| exit.state);
        Ok(true)
    }
}
