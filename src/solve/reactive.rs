//! Reactive paths between two sets of points of a problem on a grid.
//!
//! Edges are cut at the boundaries of the sets ([`crate::solve::core_cut`]).

use crate::problem::core_set::CoreSet;
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::solve::chain::{deepest, located};
use crate::solve::core_cut::{CoreCut, check_separated, core_cuts};
use crate::solve::paths::Cores;
use crate::solve::{Discretisation, Paths, PathsError, Resources, Side, SolveError, stationary_law};

/// Reactive paths on the closed chain of a grid.
#[derive(Clone)]
pub struct Reactive<'a> {
    /// The closed chain.
    pub closed: Discretisation<'a>,
    /// The reactive paths.
    pub paths: Paths,
    /// The edges cut at the boundaries of the sets.
    pub cuts: Vec<CoreCut>,
}

/// The reactive paths from the first set to the second on the closed chain: every wall reflects and nothing absorbs.
///
/// # Errors
/// [`SolveError`]: sets that are empty on the grid, overlap, or are less than a cell apart; the errors of an
/// elimination; numbers beyond the range of double precision in two dimensions.
pub fn reactive<'a>(
    on: &Discretisation<'a>,
    sets: &[CoreSet; 2],
    resources: Resources<'_>,
) -> Result<Reactive<'a>, SolveError> {
    let closed = on.closed(resources.progress)?;
    let law = closed_law(&closed, resources)?;
    reactive_within(closed, law, sets, resources)
}

/// The same paths on a closed chain with a known stationary distribution.
///
/// # Errors
/// As [`reactive`].
pub fn reactive_within<'a>(
    closed: Discretisation<'a>,
    law: Vec<Scaled>,
    sets: &[CoreSet; 2],
    resources: Resources<'_>,
) -> Result<Reactive<'a>, SolveError> {
    let (side, owner) = placed(&closed, sets)?;
    let cuts = core_cuts(&closed, sets, &owner, &law)?;
    let cores = Cores::of_cuts(side, &cuts);
    let dimension = closed.grid.dimension;
    let paths = Paths::new(&closed.assembly.generator, law, cores, resources).map_err(|error| match error {
        PathsError::Elimination(error) => located(error, &closed),
        PathsError::Underflow { state } => SolveError::CommittorUnderflow { at: closed.centre(state), dimension },
        PathsError::LightSet => SolveError::FluxUnderflow,
    })?;
    Ok(Reactive { closed, paths, cuts })
}

/// Checks that the sets are not empty on the grid, do not overlap, and are at least a cell apart.
///
/// # Errors
/// [`SolveError::SetEmpty`], [`SolveError::SetsOverlap`], [`SolveError::SetsTouch`], and an interruption.
pub fn check_sets(on: &Discretisation<'_>, sets: &[CoreSet; 2], progress: &Progress) -> Result<(), SolveError> {
    placed(&on.closed(progress)?, sets).map(drop)
}

/// The set of each state, as a side and as the index of the set.
fn placed(closed: &Discretisation<'_>, sets: &[CoreSet; 2]) -> Result<(Vec<Side>, Vec<Option<u32>>), SolveError> {
    let side = sides(closed, sets)?;
    let owner: Vec<Option<u32>> = side.iter().map(|side| side.set()).collect();
    check_separated(closed, &owner)?;
    Ok((side, owner))
}

/// The stationary distribution of a closed chain on a grid; with separate exponents in one dimension.
///
/// # Errors
/// The errors of an elimination.
pub fn closed_law(closed: &Discretisation<'_>, resources: Resources<'_>) -> Result<Vec<Scaled>, SolveError> {
    let pin = closed.state_at(deepest(closed.problem));
    stationary_law(&closed.assembly.generator, pin, resources).map_err(|error| located(error, closed))
}

/// The set of each state.
fn sides(closed: &Discretisation<'_>, sets: &[CoreSet; 2]) -> Result<Vec<Side>, SolveError> {
    let (states, dimension) = (closed.states(), closed.grid.dimension);
    let mut side = Vec::with_capacity(states);
    for state in 0..states {
        let at = closed.centre(state);
        side.push(match [sets[0].holds(at), sets[1].holds(at)] {
            [true, true] => return Err(SolveError::SetsOverlap { at, dimension }),
            [true, false] => Side::From,
            [false, true] => Side::To,
            [false, false] => Side::Between,
        });
    }
    for (set, own) in [Side::From, Side::To].into_iter().enumerate() {
        if !side.contains(&own) {
            return Err(SolveError::SetEmpty { set, cells: closed.grid.cells });
        }
    }
    Ok(side)
}
