//! The network of the valleys of a problem on a grid.

use crate::problem::core_set::CoreSet;
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::solve::chain::located;
use crate::solve::core_cut::{check_separated, core_cuts};
use crate::solve::network::{CoreSets, Network, NetworkError, passage_times};
use crate::solve::{Discretisation, Resources, SolveError, closed_law};
use crate::tensor::Point;

/// A valley, given by its minimum and its core.
#[derive(Clone)]
pub struct Valley {
    /// The minimum θ.
    pub minimum: Point,
    /// The core: a set around the minimum in which the process certainly is in this valley.
    pub core: CoreSet,
}

/// The network of valleys on the closed chain of a grid.
#[derive(Clone)]
pub struct ValleyNetwork<'a> {
    /// The closed chain.
    pub closed: Discretisation<'a>,
    /// The stationary distribution π.
    pub stationary: Vec<Scaled>,
    /// The cores as sets of states.
    pub sets: CoreSets,
    /// The network.
    pub network: Network,
}

impl<'a> ValleyNetwork<'a> {
    /// The network of these valleys on the closed chain: every wall reflects and nothing absorbs.
    ///
    /// # Errors
    /// [`SolveError`]: cores that are empty on the grid or less than a cell apart; the errors of an elimination;
    /// numbers beyond the range of double precision in two dimensions.
    pub fn new(
        on: &Discretisation<'a>,
        valleys: &[Valley],
        resources: Resources<'_>,
    ) -> Result<ValleyNetwork<'a>, SolveError> {
        let closed = on.closed(resources.progress)?;
        let law = closed_law(&closed, resources)?;
        ValleyNetwork::within(closed, law, valleys, resources)
    }

    /// The same network on a closed chain with a known stationary distribution.
    ///
    /// # Errors
    /// As [`ValleyNetwork::new`].
    pub fn within(
        closed: Discretisation<'a>,
        stationary: Vec<Scaled>,
        valleys: &[Valley],
        resources: Resources<'_>,
    ) -> Result<ValleyNetwork<'a>, SolveError> {
        let owner = owners(&closed, valleys)?;
        let cores: Vec<CoreSet> = valleys.iter().map(|valley| valley.core.clone()).collect();
        let cuts = core_cuts(&closed, &cores, &owner, &stationary)?;
        let sets = CoreSets::of_cuts(owner, valleys.len(), &cuts);
        let network = Network::new(&closed.assembly.generator, &stationary, &sets, resources);
        let network = network.map_err(|error| placed(error, &closed, valleys))?;
        Ok(ValleyNetwork { closed, stationary, sets, network })
    }

    /// The mean first-passage times from each minimum to the core of each valley; `at` takes the value at a point from
    /// those of all states. Takes one elimination per valley.
    ///
    /// # Errors
    /// As [`ValleyNetwork::new`].
    pub fn passage_times(
        &self,
        valleys: &[Valley],
        at: impl Fn(Point, &[Scaled]) -> Scaled,
        resources: Resources<'_>,
    ) -> Result<Vec<Vec<Scaled>>, SolveError> {
        let from = |a: usize, times: &[Scaled]| at(valleys[a].minimum, times);
        passage_times(&self.closed.assembly.generator, &self.sets, valleys.len(), from, resources)
            .map_err(|error| placed(error, &self.closed, valleys))
    }
}

/// Checks that no core is empty on the grid and that cores are at least a cell apart.
///
/// # Errors
/// [`SolveError::CoreEmpty`], [`SolveError::CoresTouch`], and an interruption.
pub fn check_cores(on: &Discretisation<'_>, valleys: &[Valley], progress: &Progress) -> Result<(), SolveError> {
    owners(&on.closed(progress)?, valleys).map(drop)
}

/// The valley whose core contains each state; no edge leads from one core to another.
fn owners(closed: &Discretisation<'_>, valleys: &[Valley]) -> Result<Vec<Option<u32>>, SolveError> {
    let mut owner = vec![None; closed.states()];
    for (state, owner) in owner.iter_mut().enumerate() {
        let at = closed.centre(state);
        for (number, valley) in valleys.iter().enumerate().filter(|(_, valley)| valley.core.holds(at)) {
            if owner.replace(number as u32).is_some() {
                return Err(touching(closed, valleys, valley.minimum));
            }
        }
    }
    let (cells, dimension) = (closed.grid.cells, closed.grid.dimension);
    for (number, valley) in valleys.iter().enumerate() {
        if !owner.contains(&Some(number as u32)) {
            return Err(SolveError::CoreEmpty { at: valley.minimum, dimension, cells });
        }
    }
    check_separated(closed, &owner).map_err(|error| match error {
        SolveError::SetsTouch { at, .. } => touching(closed, valleys, at),
        error => error,
    })?;
    Ok(owner)
}

/// The error for two cores that are not separated by a cell near a point.
fn touching(closed: &Discretisation<'_>, valleys: &[Valley], at: Point) -> SolveError {
    let near = valleys.iter().find(|valley| valley.core.holds(at));
    let at = near.map_or(at, |valley| valley.minimum);
    SolveError::CoresTouch { at, dimension: closed.grid.dimension, cells: closed.grid.cells }
}

/// The error of a network with the points θ of its sets and states.
fn placed(error: NetworkError, closed: &Discretisation<'_>, valleys: &[Valley]) -> SolveError {
    let dimension = closed.grid.dimension;
    match error {
        NetworkError::Elimination(error) => located(error, closed),
        NetworkError::LightSet { set } => SolveError::ValleyUnderflow { at: valleys[set].minimum, dimension },
        NetworkError::LightFlux { from, to } => {
            SolveError::RateUnderflow { from: valleys[from].minimum, to: valleys[to].minimum, dimension }
        }
        NetworkError::Overflow { .. } => SolveError::Overflow,
    }
}
