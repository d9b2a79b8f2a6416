//! Hitting probabilities of several sets of points of a problem on a grid, and the stationary fluxes between them.

use crate::problem::core_set::CoreSet;
use crate::scaled::Scaled;
use crate::solve::chain::located;
use crate::solve::core_cut::core_cuts;
use crate::solve::{CoreSets, Discretisation, Hits, NetworkError, Resources, SolveError};

/// The hitting probabilities and fluxes of these sets for a closed chain with its stationary distribution `law`.
///
/// # Errors
/// [`SolveError`]: sets that are empty on the grid, overlap, or are less than a cell apart; the errors of an
/// elimination; numbers beyond the range of double precision in two dimensions.
pub fn several(
    closed: &Discretisation<'_>,
    law: &[Scaled],
    sets: &[CoreSet],
    resources: Resources<'_>,
) -> Result<Hits, SolveError> {
    let owner = owners(closed, sets)?;
    let cuts = core_cuts(closed, sets, &owner, law)?;
    let cores = CoreSets::of_cuts(owner, sets.len(), &cuts);
    Hits::new(&closed.assembly.generator, law, &cores, resources).map_err(|error| match error {
        NetworkError::Elimination(error) => located(error, closed),
        NetworkError::LightSet { .. } | NetworkError::LightFlux { .. } => SolveError::FluxUnderflow,
        NetworkError::Overflow { .. } => SolveError::Overflow,
    })
}

/// The set of each state.
fn owners(closed: &Discretisation<'_>, sets: &[CoreSet]) -> Result<Vec<Option<u32>>, SolveError> {
    let (grid, mut owner) = (&closed.grid, vec![None; closed.states()]);
    for (state, owner) in owner.iter_mut().enumerate() {
        let at = closed.centre(state);
        for number in (0..sets.len()).filter(|&number| sets[number].holds(at)) {
            if owner.replace(number as u32).is_some() {
                return Err(SolveError::SetsOverlap { at, dimension: grid.dimension });
            }
        }
    }
    match (0..sets.len()).find(|&number| !owner.contains(&Some(number as u32))) {
        Some(set) => Err(SolveError::OneOfSetsEmpty { set, cells: grid.cells }),
        None => Ok(owner),
    }
}
