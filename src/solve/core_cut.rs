//! Where the edges of a grid cross the boundaries of sets of points: their rates into each set, and the stationary flow
//! out of it.
//!
//! The sets end where they end, not on the nearest cell: an edge from a cell between the sets to one inside is cut
//! where it crosses the boundary, at the fraction g, as an edge that leaves the live set is
//! ([`crate::generator::assembly`]).
//! ```text
//!      o────────╳──────●      o cell between the sets, ● cell in a set, ╳ a state c on its boundary
//! ```
//! Its two pieces are edges of their own, and the stationary probability of c is what flows there from both ends over
//! the rate at which it is left: nothing is subtracted, and in one dimension nothing but the integrals along the pieces
//! is approximated. Order 2 in two dimensions, as for absorbing boundaries.

use crate::problem::core_set::CoreSet;
use crate::scaled::Scaled;
use crate::scheme::Segment;
use crate::solve::{Discretisation, SolveError};
use crate::tensor::{Point, advance, difference};

/// An edge between a state and one of the sets.
#[derive(Clone, Copy, Debug)]
pub struct CoreCut {
    /// The state between the sets.
    pub state: u32,
    /// The set, by its number.
    pub set: usize,
    /// Offset of the whole edge from the state, in cells.
    pub offset: [i32; 2],
    /// The rate into the set.
    pub into: f64,
    /// The stationary flow out of it.
    pub out_of: Scaled,
}

/// Boundaries that are nearer than this to a cell centre, in edges, count as crossing it.
const LEAST: f64 = 1e-9;

/// An edge across the boundary of a set.
struct Crossing {
    /// The pair, by its number.
    pair: usize,
    /// The set, by its number.
    set: usize,
    /// Whether the pair begins in the set.
    begins_inside: bool,
    /// Where the boundary is, counted from where the pair begins, with the number of the first of its segments (the
    /// whole edge and its two pieces); `None` at the cell centre in the set.
    at: Option<(f64, usize)>,
}

/// Accepts sets between which there is a cell everywhere.
///
/// # Errors
/// [`SolveError::SetsTouch`].
pub(super) fn apart(closed: &Discretisation<'_>, owner: &[Option<u32>]) -> Result<(), SolveError> {
    let touches = |[from, to]: [u32; 2]| match (owner[from as usize], owner[to as usize]) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    };
    match closed.assembly.pairs.iter().find(|pair| touches([pair.from, pair.to])) {
        Some(pair) => {
            Err(SolveError::SetsTouch { at: closed.centre(pair.from as usize), dimension: closed.grid.dimension })
        }
        None => Ok(()),
    }
}

/// The edges across the boundaries of disjoint sets; `owner` is the set that each state belongs to.
///
/// # Errors
/// [`SolveError::SetsTouch`] where an edge leads from one set to another, [`SolveError::RateOverflow`] for an edge that
/// has no rate.
pub(super) fn core_cuts(
    closed: &Discretisation<'_>,
    sets: &[CoreSet],
    owner: &[Option<u32>],
    law: &[Scaled],
) -> Result<Vec<CoreCut>, SolveError> {
    let (pairs, grid) = (&closed.assembly.pairs, &closed.grid);
    apart(closed, owner)?;
    let (mut crossings, mut segments) = (Vec::new(), Vec::new());
    for (number, pair) in pairs.iter().enumerate() {
        let (set, begins_inside) = match (owner[pair.from as usize], owner[pair.to as usize]) {
            (None, Some(set)) => (set as usize, false),
            (Some(set), None) => (set as usize, true),
            _ => continue,
        };
        let [from, to] = grid.edge(closed.assembly.cells[pair.from as usize] as usize, pair.offset);
        let entry = if begins_inside { sets[set].entry(to, from) } else { sets[set].entry(from, to) };
        // What stands on a cell centre but for rounding stands there: inside as the cell itself, outside just before
        // it.
        let entry = (entry < 1.0 - LEAST).then_some(entry.max(LEAST));
        let at = entry.map(|entry| {
            let fraction = if begins_inside { 1.0 - entry } else { entry };
            let (at, offset) = (advance(from, fraction, difference(to, from)), pair.offset.map(i32::from));
            let piece = |from: Point, to: Point| Segment { from, to, offset, ends: [1.0; 2] };
            segments.extend([piece(from, to), piece(from, at), piece(at, to)]);
            (fraction, segments.len() - 3)
        });
        crossings.push(Crossing { pair: number, set, begins_inside, at });
    }
    let sampler = closed.sampler();
    let (mut flows, mut by_weights) = (Vec::new(), Vec::new());
    let mut failures = sampler.flows(&segments, &mut flows);
    failures.append(&mut sampler.of_weights_alone().flows(&segments, &mut by_weights));
    if let Some(&(number, _)) = failures.first() {
        return Err(SolveError::RateOverflow { at: segments[number].from, dimension: grid.dimension });
    }
    let mut cuts = Vec::with_capacity(crossings.len());
    for Crossing { pair, set, begins_inside, at } in crossings {
        let pair = &pairs[pair];
        let (from, to) = (pair.from as usize, pair.to as usize);
        let (into, out_of) = match at {
            Some((g, number)) => {
                // Along walls there are edges that no stencil has.
                let is_known = flows[number].forward > 0.0 || pair.forward == 0.0;
                let flows = if is_known { &flows } else { &by_weights };
                let [whole, first, second] = [flows[number], flows[number + 1], flows[number + 2]];
                let forward = part(pair.forward, first.forward / g, whole.forward);
                let backward = part(pair.backward, second.backward / (1.0 - g), whole.backward);
                // What arrives at the state on the boundary, and the share of it that goes on to the state between the
                // sets.
                let arriving = (law[from] * forward).plus(law[to] * backward);
                let [to_first, to_second] = [first.backward / g, second.forward / (1.0 - g)];
                match begins_inside {
                    false => (forward, arriving * (to_first / (to_first + to_second))),
                    true => (backward, arriving * (to_second / (to_first + to_second))),
                }
            }
            None if begins_inside => (pair.backward, law[from] * pair.forward),
            None => (pair.forward, law[to] * pair.backward),
        };
        let (state, sign) = if begins_inside { (to, -1) } else { (from, 1) };
        let offset = pair.offset.map(|c| sign * i32::from(c));
        cuts.push(CoreCut { state: state as u32, set, offset, into, out_of });
    }
    Ok(cuts)
}

/// The rate along the first piece of an edge from that along the whole edge, whose cell may have a mass of its own;
/// nothing flows along a piece of an edge along which nothing does.
fn part(rate: f64, piece: f64, whole: f64) -> f64 {
    if rate == 0.0 { 0.0 } else { rate * (piece / whole) }
}
