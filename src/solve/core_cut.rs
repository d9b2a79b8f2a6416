//! The edges of a grid that cross the boundary of a set of points: their rates into the set and the stationary flow out
//! of it.
//!
//! An edge from a cell between the sets to a cell in one of them is cut at its crossing with the boundary, at the
//! fraction g, as an edge that leaves the live set is ([`crate::generator::assembly`]). The boundary is not moved to
//! the nearest cell.
//! ```text
//!      o────────╳──────●      o cell between the sets, ● cell in a set, ╳ a state c on its boundary
//! ```
//! Its two pieces are edges of their own. The stationary probability of c is the flow into c from both ends divided by
//! the total rate out of c, so that nothing is subtracted. In one dimension only the integrals along the pieces are
//! approximated; in two dimensions the order is 2, as for absorbing boundaries.

use crate::problem::core_set::CoreSet;
use crate::scaled::Scaled;
use crate::scheme::Segment;
use crate::solve::{Discretisation, SolveError};
use crate::tensor::{Point, advance, difference};

/// An edge between a state and one of the sets, cut at the boundary of the set.
#[derive(Clone, Copy, Debug)]
pub struct CoreCut {
    /// The state between the sets.
    pub state: u32,
    /// The index of the set.
    pub set: usize,
    /// Offset of the whole edge from the state, in cells.
    pub offset: [i32; 2],
    /// The rate from the state into the set, in 1/time.
    pub into: f64,
    /// The stationary flow out of the set to the state.
    pub out_of: Scaled,
}

/// The distance from a cell centre, in edges, below which a boundary counts as lying on the centre.
const LEAST: f64 = 1e-9;

/// A pair that crosses the boundary of a set.
struct Crossing {
    /// The index of the pair.
    pair: usize,
    /// The index of the set.
    set: usize,
    /// Whether the first state of the pair is in the set.
    begins_inside: bool,
    /// The fraction of the edge at the boundary, counted from the first state, and the index of the first of its three
    /// segments (the whole edge and its two pieces); `None` if the boundary is at the cell centre in the set.
    at: Option<(f64, usize)>,
}

/// Accepts sets that are everywhere separated by at least one cell.
///
/// # Errors
/// [`SolveError::SetsTouch`] for two sets joined by an edge.
pub(super) fn check_separated(closed: &Discretisation<'_>, owner: &[Option<u32>]) -> Result<(), SolveError> {
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

/// The edges across the boundaries of disjoint sets; `owner` is the set of each state, `law` the stationary
/// distribution.
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
    check_separated(closed, owner)?;
    let (crossings, segments) = crossings(closed, sets, owner);
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
                // Tangential edges along reflecting walls are in no stencil.
                let is_known = flows[number].forward > 0.0 || pair.forward == 0.0;
                let flows = if is_known { &flows } else { &by_weights };
                let [whole, first, second] = [flows[number], flows[number + 1], flows[number + 2]];
                let forward = piece_rate(pair.forward, first.forward / g, whole.forward);
                let backward = piece_rate(pair.backward, second.backward / (1.0 - g), whole.backward);
                // The flow into the boundary state c, and the part of it that continues to the state between the sets.
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

/// The pairs that cross the boundary of a set, and three segments for each that is cut between its cells.
fn crossings(closed: &Discretisation<'_>, sets: &[CoreSet], owner: &[Option<u32>]) -> (Vec<Crossing>, Vec<Segment>) {
    let (pairs, grid) = (&closed.assembly.pairs, &closed.grid);
    let (mut crossings, mut segments) = (Vec::new(), Vec::new());
    for (number, pair) in pairs.iter().enumerate() {
        let (set, begins_inside) = match (owner[pair.from as usize], owner[pair.to as usize]) {
            (None, Some(set)) => (set as usize, false),
            (Some(set), None) => (set as usize, true),
            _ => continue,
        };
        // An entry of the tensor that changes sign between two cells leaves an edge without a rate.
        if pair.forward == 0.0 && pair.backward == 0.0 {
            continue;
        }
        let [from, to] = grid.edge(closed.assembly.cells[pair.from as usize] as usize, pair.offset);
        let entry = if begins_inside { sets[set].entry(to, from) } else { sets[set].entry(from, to) };
        // A boundary that is at a cell centre to rounding is treated as on the centre inside the set, and as just
        // before it outside.
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
    (crossings, segments)
}

/// The rate along the first piece of an edge, from the rate along the whole edge (which may include a mass correction
/// of its cell); 0 if the whole edge has no flow.
fn piece_rate(rate: f64, piece: f64, whole: f64) -> f64 {
    if rate == 0.0 { 0.0 } else { rate * (piece / whole) }
}
