//! One problem on one grid.

use std::time::Instant;

use crate::grid::Grid;
use crate::observe::field;
use crate::problem::{Problem, jumps};
use crate::scaled::Scaled;
use crate::solve::network::valleys::{ValleyNetwork, check_cores};
use crate::solve::{
    Chain, Discretisation, Ground, Hits, PassageTimes, QuasiStationary, Reactive, Resources, SolveError, check_sets,
    closed_law, mean_first_passage, occupation, quasi_stationary, reactive_within,
};
use crate::study::boundary::{self, BoundaryError};
use crate::study::committor;
use crate::study::crossing::{self, Coarseness};
use crate::study::evolution;
use crate::study::network;
use crate::study::request::Quantity;
use crate::study::several;
use crate::study::spectrum::{self, LevelSpectrum};
use crate::study::{Request, StudyError};

/// What one grid gave.
pub struct Level<'a> {
    /// The problem on its grid.
    pub discretisation: Discretisation<'a>,
    /// What was asked of the killed chain.
    pub found: Analyses,
    /// Reactive paths on the closed chain, when asked for.
    pub reactive: Option<Reactive<'a>>,
    /// The hits of several sets of it, when any are named.
    pub several: Option<Hits>,
    /// The network of valleys of the closed chain, when asked for.
    pub network: Option<ValleyNetwork<'a>>,
    /// The spectrum, when asked for.
    pub spectrum: Option<LevelSpectrum<'a>>,
    /// Bytes of the factor.
    pub factor_bytes: u64,
    /// Seconds by phase.
    pub timing: Vec<(String, f64)>,
}

/// What was asked of a killed chain; nothing by default.
#[derive(Default)]
pub struct Analyses {
    /// ν and γ.
    pub quasi_stationary: Option<QuasiStationary>,
    /// u by state, and its value at the start point.
    pub passage: Option<Passage>,
    /// Flux over population, a rate.
    pub flux_over_population: Option<f64>,
    /// The share of ν in the start set, where a target absorbs and other wells may hold more of it.
    pub share_in_start: Option<f64>,
    /// What the boundary leaves in the rates that grids may not show.
    pub boundary: BoundaryError,
    /// How well the grid resolves a curve on which the noise degenerates, where the process crosses it.
    pub coarseness: Option<Coarseness>,
}

/// Mean first-passage times.
pub struct Passage {
    /// The times from every state.
    pub times: PassageTimes,
    /// The time from the start point.
    pub from_start: Scaled,
}

/// The chain of one grid, before anything of it is solved.
///
/// # Errors
/// [`StudyError::Grid`] and [`StudyError::Solve`]: a grid that cannot be laid over the problem, a chain that cannot be
/// made.
pub fn discretised<'a>(
    request: &Request,
    problem: &'a Problem,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Discretisation<'a>, StudyError> {
    let scheme = request.grid.scheme();
    let grid = Grid::over(problem, cells, request.grid.align)?;
    if scheme.is_corrected && !problem.is_reversible() {
        return Err(SolveError::NotReversible.into());
    }
    if scheme.is_corrected && !problem.domain.windows.is_empty() {
        return Err(SolveError::SingularFlux.into());
    }
    Ok(Discretisation::on(problem, grid, scheme.weight, resources.progress)?)
}

/// Refuses what can be refused of the chain of a grid before anything is eliminated.
///
/// # Errors
/// Nothing that absorbs, sets and cores that the grid does not see, and a density in time without a start.
pub fn refuse(request: &Request, on: &Discretisation<'_>, resources: Resources<'_>) -> Result<(), StudyError> {
    if request.wants_killing() && !on.kills() {
        return Err(SolveError::NothingAbsorbs.into());
    }
    if request.wants(Quantity::Committor) {
        check_sets(on, &committor::sets(&request.committor, on.problem)?, resources.progress)?;
    }
    if request.wants(Quantity::Network) {
        check_cores(on, &network::valleys(on.problem)?, resources.progress)?;
    }
    if let Some(asked) = &request.evolve {
        evolution::refuse(asked, on, request.grid.scheme(), resources)?;
    }
    Ok(())
}

/// Solves one grid for what is asked of it.
///
/// # Errors
/// [`StudyError::Grid`] and [`StudyError::Solve`]: a grid that cannot be laid over the problem, a chain that cannot be
/// made or solved.
pub fn solve<'a>(
    request: &Request,
    problem: &'a Problem,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Level<'a>, StudyError> {
    let mut laps = Laps { timing: Vec::new(), clock: Instant::now() };
    let scheme = request.grid.scheme();
    let discretisation = discretised(request, problem, cells, resources)?;
    laps.end("assembly");
    if !request.wants_killing() {
        let ground = match request.wants(Quantity::Spectrum) && discretisation.assembly.kills() {
            true => Some(spectrum::ground(&Chain::killed(discretisation.clone(), resources)?, None)?),
            false => None,
        };
        let beside = Beside::new(request, &discretisation, ground, resources, &mut laps)?;
        let of_network = beside.network.as_ref().map_or(0, |found| found.network.factor_bytes);
        let factor_bytes = beside.reactive.as_ref().map_or(0, |found| found.paths.factor_bytes).max(of_network);
        let Beside { reactive, several, network, spectrum } = beside;
        let (found, timing) = (Analyses::default(), laps.timing);
        return Ok(Level { discretisation, found, reactive, several, network, spectrum, factor_bytes, timing });
    }
    let mut chain = Chain::killed(discretisation, resources)?;
    laps.end("elimination");
    if scheme.is_corrected {
        chain = chain.corrected(resources)?;
        laps.end("correction");
    }
    resources.progress.begin("solving", 0);
    let found = Analyses::new(request, &chain)?;
    let ground = match request.wants(Quantity::Spectrum) {
        true => Some(spectrum::ground(&chain, found.quasi_stationary.as_ref())?),
        false => None,
    };
    laps.end("solves");
    let factor_bytes = chain.elimination.factor_bytes();
    // Two factors need not be held at once.
    let discretisation = chain.into_discretisation();
    let beside = Beside::new(request, &discretisation, ground, resources, &mut laps)?;
    let Beside { reactive, several, network, spectrum } = beside;
    Ok(Level { discretisation, found, reactive, several, network, spectrum, factor_bytes, timing: laps.timing })
}

/// The closed chain of a grid with its stationary law.
pub struct Closed<'a> {
    /// The chain.
    pub on: Discretisation<'a>,
    /// π.
    pub law: Vec<Scaled>,
}

/// What is asked for beside the killed chain's rates; the closed chain's law is solved for once.
struct Beside<'a> {
    reactive: Option<Reactive<'a>>,
    several: Option<Hits>,
    network: Option<ValleyNetwork<'a>>,
    spectrum: Option<LevelSpectrum<'a>>,
}

impl<'a> Beside<'a> {
    /// `ground`: the slowest mode of a chain that is killed, where a spectrum is asked for.
    fn new(
        request: &Request,
        on: &Discretisation<'a>,
        ground: Option<Ground>,
        resources: Resources<'_>,
        laps: &mut Laps,
    ) -> Result<Beside<'a>, StudyError> {
        let asks = |quantity: Quantity| request.wants(quantity);
        let needs_closed =
            asks(Quantity::Committor) || asks(Quantity::Network) || (asks(Quantity::Spectrum) && ground.is_none());
        let mut beside = Beside { reactive: None, several: None, network: None, spectrum: None };
        let closed = match needs_closed {
            true => {
                resources.progress.begin("stationary law", 0);
                let closed = on.closed(resources.progress)?;
                let law = closed_law(&closed, resources)?;
                laps.end("stationary law");
                Some(Closed { on: closed, law })
            }
            false => None,
        };
        if let Some(Closed { on, law }) = closed.as_ref().filter(|_| asks(Quantity::Committor)) {
            resources.progress.begin("reactive paths", 0);
            let sets = committor::sets(&request.committor, on.problem)?;
            beside.reactive = Some(reactive_within(on.clone(), law.clone(), &sets, resources)?);
            beside.several = several::hits(&request.committor, on, law, resources)?;
            laps.end("reactive paths");
        }
        if let Some(Closed { on, law }) = closed.as_ref().filter(|_| asks(Quantity::Network)) {
            resources.progress.begin("network of valleys", 0);
            let valleys = network::valleys(on.problem)?;
            beside.network = Some(ValleyNetwork::within(on.clone(), law.clone(), &valleys, resources)?);
            laps.end("network of valleys");
        }
        if asks(Quantity::Spectrum) {
            resources.progress.begin("spectrum", 0);
            let count = request.eigenvalues;
            beside.spectrum = match (ground, &closed) {
                (Some(ground), _) => Some(LevelSpectrum::killed(on, ground, count, resources)?),
                (None, Some(closed)) => Some(LevelSpectrum::closed(closed, beside.network.as_ref(), count, resources)?),
                (None, None) => None,
            };
            laps.end("spectrum");
        }
        Ok(beside)
    }
}

/// A stop watch for phases.
struct Laps {
    timing: Vec<(String, f64)>,
    clock: Instant,
}

impl Laps {
    fn end(&mut self, phase: &str) {
        self.timing.push((phase.to_string(), self.clock.elapsed().as_secs_f64()));
        self.clock = Instant::now();
    }
}

impl Analyses {
    fn new(request: &Request, chain: &Chain<'_>) -> Result<Analyses, SolveError> {
        let on = &chain.discretisation;
        let (wants_rate, wants_passage) = (request.wants(Quantity::Rate), request.wants(Quantity::PassageTime));
        let asks_boundary = boundary::is_asked_for(on) || crossing::is_asked_for(on.problem);
        let found = match wants_rate {
            true => Some(quasi_stationary(chain)?),
            // Where only the boundary's share asks for it, the share stays unknown without.
            false if asks_boundary => quasi_stationary(chain).ok(),
            false => None,
        };
        let times = match wants_passage || asks_boundary {
            true => Some(mean_first_passage(chain)?),
            false => None,
        };
        let in_any_unit = times.as_ref().map(|times| times.over(unit(times, times.longest())));
        let mut boundary = boundary::error(on, found.as_ref().zip(in_any_unit.as_deref()));
        // Jumps cut cells and edges anywhere, as such a boundary does.
        let jumps_in_cells = on.problem.dimension == 2 && jumps::cut_edges(on.problem);
        if jumps_in_cells {
            boundary.cut = Some(f64::INFINITY);
        } else if boundary.cut.is_none() && (jumps::bend_density(on.problem) || jumps::bend_killing(on.problem)) {
            // Bends too lie anywhere in their cells: what they leave is of second order at most, and another share on
            // every grid.
            boundary.cut = Some(f64::INFINITY);
        }
        let coarseness = found.as_ref().and_then(|found| crossing::coarseness(on, found));
        let in_start = InStart::new(on);
        let passage = times.filter(|_| wants_passage).map(|times| {
            // Other wells may be slower by more than numbers hold.
            let unit = unit(&times, times.from_state(chain.origin));
            let at_start = field::at_point(&on.grid, &on.assembly, &times.over(unit), on.problem.valley.start_point);
            Passage { from_start: unit.scaled(at_start), times }
        });
        let flux_over_population = match &passage {
            // Beyond the range of ordinary numbers 1/τ says the same.
            Some(passage) if passage.times.ordinary().is_some() => {
                Some(1.0 / in_start.mass(&occupation(chain, chain.origin)?))
            }
            _ => None,
        };
        Ok(Analyses {
            share_in_start: found.as_ref().map(|found| in_start.mass(&found.probability)),
            quasi_stationary: found.filter(|_| wants_rate),
            passage,
            flux_over_population,
            boundary,
            coarseness,
        })
    }
}

/// 1 where all times are ordinary numbers, else this one of them.
fn unit(times: &PassageTimes, otherwise: Scaled) -> Scaled {
    if times.ordinary().is_some() { Scaled::ONE } else { otherwise }
}

/// Which states belong to the start set; `None`: all, since without a target the start set is what lives.
struct InStart(Option<Vec<bool>>);

impl InStart {
    fn new(on: &Discretisation<'_>) -> InStart {
        let valley = &on.problem.valley;
        InStart(valley.target.map(|_| on.members(&valley.start)))
    }

    /// What a measure on the states holds there.
    fn mass(&self, mass: &[f64]) -> f64 {
        match &self.0 {
            None => mass.iter().sum::<f64>(),
            Some(inside) => mass.iter().zip(inside).filter(|(_, inside)| **inside).map(|(mass, _)| mass).sum(),
        }
    }
}
