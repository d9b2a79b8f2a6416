//! The solution of one problem on one grid.

use std::time::Instant;

use crate::grid::Grid;
use crate::observe::field;
use crate::problem::{Problem, jumps};
use crate::scaled::Scaled;
use crate::solve::network::valleys::{ValleyNetwork, check_cores};
use crate::solve::{
    Chain, Discretisation, Ground, Hits, PassageTimes, QuasiStationary, Reactive, Resources, SolveError, check_sets,
    closed_law, mean_first_passage, occupation, quasi_stationary, quasi_stationary_within, reactive_within,
};
use crate::study::boundary::{self, BoundaryError};
use crate::study::committor;
use crate::study::crossing::{self, Coarseness};
use crate::study::evolution;
use crate::study::exits::LevelExits;
use crate::study::in_start::InStart;
use crate::study::network;
use crate::study::request::Quantity;
use crate::study::several;
use crate::study::spectrum::{self, LevelSpectrum};
use crate::study::{Request, StudyError};

/// The results of one grid.
pub struct Level<'a> {
    /// The problem on its grid.
    pub discretisation: Discretisation<'a>,
    /// The analyses of the killed chain.
    pub found: Analyses,
    /// The reactive paths on the closed chain, if requested.
    pub reactive: Option<Reactive<'a>>,
    /// The hitting probabilities of several sets on the closed chain, if requested.
    pub several: Option<Hits>,
    /// The network of valleys on the closed chain, if requested.
    pub network: Option<ValleyNetwork<'a>>,
    /// The mean first-passage times between its valleys.
    pub passage_times: Option<Vec<Vec<Scaled>>>,
    /// The spectrum, if requested.
    pub spectrum: Option<LevelSpectrum<'a>>,
    /// The error for which requested analyses of the closed chain are missing.
    pub lacks_closed: Option<StudyError>,
    /// The memory of the factor, in bytes.
    pub factor_bytes: u64,
    /// The seconds of each phase.
    pub timing: Vec<(String, f64)>,
}

/// The analyses of a killed chain; none by default.
#[derive(Default)]
pub struct Analyses {
    /// The quasi-stationary distribution ν and the escape rate γ, if requested.
    pub quasi_stationary: Option<QuasiStationary>,
    /// γ; computed without a request too if the error of passage times needs it.
    pub rate: Option<Scaled>,
    /// If ν is not requested: ν, or the occupation times from the start point, up to a factor.
    pub whereabouts: Option<Vec<f64>>,
    /// The mean first-passage times, and that from the start point.
    pub passage: Option<Passage>,
    /// When and where the process leaves, if requested.
    pub exits: Option<LevelExits>,
    /// The rate from flux over population.
    pub flux_over_population: Option<f64>,
    /// The fraction of ν in the start set, if a target absorbs and other wells may hold more of it.
    pub share_in_start: Option<f64>,
    /// The errors of the rates from boundaries that grids may not show.
    pub boundary: BoundaryError,
    /// The resolution of a curve on which the noise degenerates where the process crosses it.
    pub coarseness: Option<Coarseness>,
}

/// The most inverse iterations for an escape rate that only errors need.
const MOST_FOR_ERRORS: usize = 24;

/// Mean first-passage times.
pub struct Passage {
    /// The times from every state.
    pub times: PassageTimes,
    /// The time from the start point.
    pub from_start: Scaled,
}

/// The discretisation of a problem on one grid.
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

/// Checks the discretisation of a grid before anything is eliminated.
///
/// # Errors
/// [`StudyError`]: nothing absorbs, a set or a core contains no cell centre, or an evolution has no start.
pub fn refuse(request: &Request, on: &Discretisation<'_>, resources: Resources<'_>) -> Result<(), StudyError> {
    if request.wants_killing() && !on.kills() {
        return Err(on.without_killing().into());
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

/// Computes the requested quantities on one grid.
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
        let whereabouts = ground.as_ref().map(|ground| ground.left.clone());
        let of_ground = ground
            .as_ref()
            .and_then(|ground| crossing::coarseness(&discretisation, &ground.left, ground.value.modulus()));
        let beside = FurtherAnalyses::new(request, &discretisation, ground, resources, &mut laps)?;
        let of_network = beside.network.as_ref().map_or(0, |found| found.network.factor_bytes);
        let factor_bytes = beside.reactive.as_ref().map_or(0, |found| found.paths.factor_bytes).max(of_network);
        let found = Analyses { whereabouts, coarseness: of_ground.or(beside.coarseness), ..Analyses::default() };
        return Ok(beside.level(discretisation, found, factor_bytes, laps));
    }
    let mut chain = Chain::killed(discretisation, resources)?;
    laps.end("elimination");
    let (mut uncorrected, mut exits) = (None, None);
    if scheme.is_corrected {
        if request.wants(Quantity::Spectrum) {
            uncorrected = Some((chain.discretisation.clone(), spectrum::ground(&chain, None)?));
        }
        // From the start to the ways out lead other modes than the slowest one too.
        if request.wants(Quantity::Exits) {
            exits = Some(LevelExits::new(&chain, &mean_first_passage(&chain)?, request.moments)?);
        }
        chain = chain.corrected(resources)?;
        laps.end("correction");
    }
    resources.progress.begin("solving", 0);
    let mut found = Analyses::new(request, &chain)?;
    found.exits = exits.or(found.exits);
    let ground = match request.wants(Quantity::Spectrum) {
        true => Some(spectrum::ground(&chain, found.quasi_stationary.as_ref())?),
        false => None,
    };
    laps.end("solves");
    let factor_bytes = chain.elimination.factor_bytes();
    // Only one factor need be in memory.
    let discretisation = chain.into_discretisation();
    // The correction is that of the slowest mode, and the others are better without it.
    let (on, own) = uncorrected.map_or((None, ground.clone()), |(on, own)| (Some(on), Some(own)));
    let mut beside = FurtherAnalyses::new(request, on.as_ref().unwrap_or(&discretisation), own, resources, &mut laps)?;
    if let Some((ground, modes)) = ground.filter(|_| on.is_some()).zip(beside.spectrum.as_mut()) {
        modes.set_slowest(ground.value);
    }
    found.coarseness = found.coarseness.or(beside.coarseness);
    Ok(beside.level(discretisation, found, factor_bytes, laps))
}

/// Does what [`solve`] does, on a grid coarser than the requested one. Quantities of the closed chain whose sets or valleys
/// are too small for this grid are left out.
///
/// # Errors
/// As [`solve`].
pub fn solve_coarse<'a>(
    request: &Request,
    problem: &'a Problem,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Level<'a>, StudyError> {
    let mut found = solve(request, problem, cells, resources);
    let mut lacks = None;
    for lesser in request.without_sets() {
        match found {
            Err(error) if error.is_of_one_grid() => lacks = lacks.or(Some(error)),
            found => return found.map(|level| Level { lacks_closed: lacks, ..level }),
        }
        found = solve(&lesser, problem, cells, resources);
    }
    match (found, lacks) {
        (Err(_), Some(error)) => Err(error),
        (found, lacks) => found.map(|level| Level { lacks_closed: lacks, ..level }),
    }
}

/// The closed chain of a grid with its stationary distribution.
pub struct Closed<'a> {
    /// The discretisation.
    pub on: Discretisation<'a>,
    /// The stationary distribution π.
    pub law: Vec<Scaled>,
}

/// The requested quantities besides the rates of the killed chain; the stationary distribution of the closed chain is
/// computed once.
#[derive(Default)]
struct FurtherAnalyses<'a> {
    reactive: Option<Reactive<'a>>,
    several: Option<Hits>,
    network: Option<ValleyNetwork<'a>>,
    passage_times: Option<Vec<Vec<Scaled>>>,
    spectrum: Option<LevelSpectrum<'a>>,
    /// The resolution of a curve on which the noise degenerates, where the closed chain crosses it.
    coarseness: Option<Coarseness>,
}

impl<'a> FurtherAnalyses<'a> {
    /// `ground` is the slowest mode of a killed chain, for a spectrum.
    fn new(
        request: &Request,
        on: &Discretisation<'a>,
        ground: Option<Ground>,
        resources: Resources<'_>,
        laps: &mut Laps,
    ) -> Result<FurtherAnalyses<'a>, StudyError> {
        let asks = |quantity: Quantity| request.wants(quantity);
        let needs_closed =
            asks(Quantity::Committor) || asks(Quantity::Network) || (asks(Quantity::Spectrum) && ground.is_none());
        let mut beside = FurtherAnalyses::default();
        let closed = match needs_closed {
            true => {
                resources.progress.begin("stationary law", 0);
                let closed = on.closed(resources.progress)?;
                let law = closed_law(&closed, resources)?;
                laps.end("stationary law");
                beside.coarseness = crossing::closed_coarseness(&closed, &law);
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
            let found = ValleyNetwork::within(on.clone(), law.clone(), &valleys, resources)?;
            beside.passage_times = Some(network::passage_times(&found, resources)?);
            beside.network = Some(found);
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

    /// The results of one grid, with those of its killed chain.
    fn level(self, discretisation: Discretisation<'a>, found: Analyses, factor_bytes: u64, laps: Laps) -> Level<'a> {
        let FurtherAnalyses { reactive, several, network, passage_times, spectrum, .. } = self;
        let (lacks_closed, timing) = (None, laps.timing);
        Level {
            discretisation,
            found,
            reactive,
            several,
            network,
            passage_times,
            spectrum,
            lacks_closed,
            factor_bytes,
            timing,
        }
    }
}

/// A stopwatch for the phases.
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
        // Passage times of several grids may agree by chance, and rates less so; on a line the quadrature tells.
        let is_alone = on.problem.dimension == 2 || on.problem.domain.killing.is_some();
        let is_judged = wants_passage && request.error_estimate && is_alone;
        let asks_boundary = is_judged || boundary::is_asked_for(on) || crossing::is_asked_for(on.problem);
        let found = match wants_rate {
            true => Some(quasi_stationary(chain)?),
            // If only errors need it, it may remain unknown.
            false if asks_boundary => quasi_stationary_within(chain, MOST_FOR_ERRORS).ok(),
            false => None,
        };
        let wants_exits = request.wants(Quantity::Exits) && !request.grid.scheme().is_corrected;
        let times = match wants_passage || asks_boundary || wants_exits {
            true => Some(mean_first_passage(chain)?),
            false => None,
        };
        let in_any_unit = times.as_ref().map(|times| times.over(unit(times, times.longest())));
        let mut boundary = boundary::error(on, found.as_ref().zip(in_any_unit.as_deref()));
        // Jumps cut cells and edges at arbitrary positions, like an oblique boundary.
        let jumps_in_cells = on.problem.dimension == 2 && jumps::cut_edges(on.problem);
        if jumps_in_cells {
            boundary.cut = Some(f64::INFINITY);
        } else if boundary.cut.is_none() && (jumps::bend_density(on.problem) || jumps::bend_killing(on.problem)) {
            // Kinks are at arbitrary positions in their cells too: their error is at most of second order, with a
            // different coefficient on every grid.
            boundary.cut = Some(f64::INFINITY);
        }
        if boundary.cut.is_none() && boundary::has_kinked_conductances(on) {
            boundary.cut = Some(f64::INFINITY);
        }
        let coarseness = found.as_ref().and_then(|found| crossing::coarseness(on, &found.probability, found.rate));
        let in_start = InStart::new(on);
        let exits = match times.as_ref().filter(|_| wants_exits) {
            Some(times) => Some(LevelExits::new(chain, times, request.moments)?),
            None => None,
        };
        let passage = times.filter(|_| wants_passage).map(|times| {
            // Passage times from other wells may leave the range of double precision.
            let unit = unit(&times, times.from_state(chain.origin));
            let at_start = field::at_point(&on.grid, &on.assembly, &times.over(unit), on.problem.valley.start_point);
            Passage { from_start: unit.scaled(at_start), times }
        });
        // Beyond the range of double precision 1/τ is used instead.
        let has_population = passage.as_ref().is_some_and(|passage| passage.times.ordinary().is_some());
        let occupied = match has_population {
            true => Some(occupation(chain, &source(chain))?),
            false if found.is_none() => occupation(chain, &source(chain)).ok(),
            false => None,
        };
        let flux_over_population =
            occupied.as_ref().filter(|_| has_population).map(|occupied| 1.0 / in_start.mass(occupied));
        Ok(Analyses {
            share_in_start: found.as_ref().map(|found| in_start.mass(&found.probability)),
            rate: found.as_ref().filter(|found| wants_rate || found.converged).map(|found| found.rate),
            whereabouts: found.as_ref().filter(|_| !wants_rate).map(|found| found.probability.clone()).or(occupied),
            quasi_stationary: found.filter(|_| wants_rate),
            passage,
            exits,
            flux_over_population,
            boundary,
            coarseness,
        })
    }
}

/// 1 if all times are ordinary numbers, otherwise `otherwise`.
fn unit(times: &PassageTimes, otherwise: Scaled) -> Scaled {
    if times.ordinary().is_some() { Scaled::ONE } else { otherwise }
}

/// A unit source at the start point, on the states around it.
fn source(chain: &Chain<'_>) -> Vec<f64> {
    let on = &chain.discretisation;
    let mut source = vec![0.0; chain.states];
    for (state, weight) in field::around(&on.grid, &on.assembly, on.problem.valley.start_point) {
        source[state] += weight;
    }
    source
}
