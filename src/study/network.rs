//! The network of valleys: the valleys of a problem, and the numbers of the summary.

use serde::Serialize;

use crate::observe::field;
use crate::observe::quantity::Logged;
use crate::problem::Problem;
use crate::problem::core_set::{CoreSet, MinimumCore};
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::solve::network::pencil::Eigenvalue;
use crate::solve::network::valleys::{Valley, ValleyNetwork};
use crate::study::StudyError;
use crate::study::extrapolation::Extrapolation;
use crate::tensor::Point;

/// The reason for which a problem has no network of valleys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoNetwork {
    /// Walls or a killing rate absorb.
    #[error(
        "a network of valleys is that of a process that nothing absorbs, and a wall or a killing rate of this domain does (a window or the side of a box counts as a wall)"
    )]
    Absorbing,
    /// The domain holds fewer than two minima.
    #[error("a network needs two valleys, and the domain holds {} of a minimum", if *found == 0 { "none" } else { "one" })]
    OneValley {
        /// The number of minima in the domain.
        found: usize,
    },
    /// The domain holds more minima than exact eigenvalues are computed for.
    #[error("the domain holds {found} minima, and networks of at most {MOST} valleys are solved")]
    TooMany {
        /// The number of minima in the domain.
        found: usize,
    },
}

/// The largest number of valleys: the eigenvalues of larger networks take too long in exact integer arithmetic.
const MOST: usize = 40;

fn cores(problem: &Problem) -> Result<Vec<MinimumCore>, NoNetwork> {
    if problem.domain.absorbs() || problem.domain.killing.is_some() {
        return Err(NoNetwork::Absorbing);
    }
    let cores = CoreSet::around_all_minima(problem);
    match cores.len() {
        found @ 0..=1 => Err(NoNetwork::OneValley { found }),
        found if found > MOST => Err(NoNetwork::TooMany { found }),
        _ => Ok(cores),
    }
}

/// Returns all valleys in the domain of a problem.
///
/// # Errors
/// [`NoNetwork`].
pub fn valleys(problem: &Problem) -> Result<Vec<Valley>, NoNetwork> {
    let valley =
        |found: MinimumCore| Valley { minimum: problem.critical.minima[found.minimum].theta, core: found.core };
    Ok(cores(problem)?.into_iter().map(valley).collect())
}

/// The mean first-passage times from each minimum to the core of each valley.
///
/// # Errors
/// Fails where an elimination does.
pub(super) fn passage_times(
    found: &ValleyNetwork<'_>,
    resources: Resources<'_>,
) -> Result<Vec<Vec<Scaled>>, StudyError> {
    let on = &found.closed;
    let at = |from: Point, times: &[Scaled]| {
        let unit = times[on.state_at(from)];
        if !unit.is_positive() {
            return unit;
        }
        let over: Vec<f64> = times.iter().map(|time| time.over(unit).value()).collect();
        unit.scaled(field::at_point(&on.grid, &on.assembly, &over, from))
    };
    Ok(found.passage_times(&valleys(on.problem)?, at, resources)?)
}

/// The numbers of a network of valleys.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkStudy {
    valleys: Vec<OneValley>,
    /// k_ab; the diagonal is minus the sum of its row. Absent where some rate is beyond the range of ordinary numbers.
    rates: Option<Vec<Vec<f64>>>,
    /// ln k_ab of every rate above zero, where `rates` is absent.
    log_rates: Option<Vec<LogRate>>,
    eigenvalues: Option<Vec<f64>>,
    /// Im λ, where one of them is not 0.
    eigenvalues_imaginary: Option<Vec<f64>>,
    /// ln |λ| of those above zero, where `eigenvalues` is absent.
    log_eigenvalues: Option<Vec<f64>>,
    /// |error|/|λ| against the continuous problem, as far as grids were compared, else against the chain.
    error: Vec<f64>,
    /// The eigenvalues of the chain itself, in 1/time.
    refined_eigenvalues: Option<Vec<f64>>,
    /// |error|/|λ| by the grid.
    discretisation_error: Option<Vec<f64>>,
    passage_times: Option<Vec<Vec<f64>>>,
    log_passage_times: Option<Vec<LogRate>>,
    /// |error|/time by the grid, as far as grids were compared.
    passage_time_error: Option<Vec<Vec<f64>>>,
    /// The largest relative difference between a flux as it leaves and as it arrives.
    flux_disagreement: f64,
    /// Saddles in the domain with no minimum of the domain on one side, by their numbers.
    open_saddles: Vec<usize>,
    #[serde(skip)]
    numbers: Numbers,
}

#[derive(Clone, Debug, Serialize)]
struct OneValley {
    theta: Vec<f64>,
    #[serde(flatten)]
    occupation: Logged,
    core_radius: f64,
    /// The saddles from which descent leads here, by their numbers.
    saddles: Vec<usize>,
}

/// The natural logarithm of a number from one set to another.
#[derive(Clone, Debug, Serialize)]
pub struct LogRate {
    from: usize,
    to: usize,
    value: f64,
}

/// The numbers for the report on the terminal.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The minimum of each valley.
    pub minima: Vec<Point>,
    /// m_a.
    pub occupation: Vec<Scaled>,
    /// k_ab; 0 on the diagonal.
    pub rates: Vec<Vec<Scaled>>,
    /// λ_k by real part, the first of which is 0; `error` is against the chain.
    pub eigenvalues: Vec<Eigenvalue>,
    /// The eigenvalues of the chain itself, in 1/time.
    pub refined: Vec<Eigenvalue>,
    /// |error|/|λ_k| by the grid, where grids were compared.
    pub discretisation_error: Vec<Option<f64>>,
    /// The mean time from each minimum to the core of each valley.
    pub passage_times: Vec<Vec<Scaled>>,
    /// The largest relative difference between a flux as it leaves and as it arrives.
    pub disagreement: f64,
    /// The number of saddles that have no minimum of the domain on one side.
    pub open_saddles: usize,
}

impl Numbers {
    /// The total |error|/|λ_k|.
    pub fn error(&self, k: usize) -> f64 {
        self.eigenvalues[k].error + self.discretisation_error[k].unwrap_or(0.0)
    }
}

impl NetworkStudy {
    /// Collects the numbers of the finest grid with its passage times, and the extrapolations of the nonzero eigenvalues
    /// and of the passage times between different valleys, row by row.
    ///
    /// # Errors
    /// [`NoNetwork`].
    pub fn new(
        found: &ValleyNetwork<'_>,
        passage_times: Vec<Vec<Scaled>>,
        estimates: &[Option<Extrapolation>],
        of_times: &[Option<Extrapolation>],
    ) -> Result<NetworkStudy, StudyError> {
        let (problem, network) = (found.closed.problem, &found.network);
        let (cores, dimension) = (cores(problem)?, problem.dimension);
        let critical = &problem.critical;
        let eigenvalues = network.eigenvalues();
        let discretisation_error = discretisation_errors(eigenvalues.len(), estimates);
        let open_saddles = open_saddles(problem, &cores);
        let numbers = Numbers {
            minima: cores.iter().map(|core| critical.minima[core.minimum].theta).collect(),
            occupation: network.occupation.clone(),
            rates: network.rates(),
            refined: network.refined.eigenvalues.clone(),
            eigenvalues,
            discretisation_error,
            passage_times,
            disagreement: network.disagreement,
            open_saddles: open_saddles.len(),
        };
        let valley = |(core, &mass): (&MinimumCore, &Scaled)| OneValley {
            theta: critical.minima[core.minimum].theta[..dimension].to_vec(),
            occupation: Logged::new("occupation", mass),
            core_radius: core.radius,
            saddles: core.saddles.clone(),
        };
        let real = |of: &[Eigenvalue]| ordinary(&of.iter().map(|own| own.re).collect::<Vec<Scaled>>());
        let rates = table(&numbers.rates).map(with_diagonal);
        let eigenvalues = real(&numbers.eigenvalues);
        let times = table(&numbers.passage_times);
        let count = numbers.eigenvalues.len();
        Ok(NetworkStudy {
            valleys: cores.iter().zip(&network.occupation).map(valley).collect(),
            log_rates: rates.is_none().then(|| logarithms(&numbers.rates)),
            rates,
            log_eigenvalues: eigenvalues.is_none().then(|| {
                let moduli = numbers.eigenvalues.iter().map(|own| own.modulus());
                moduli.filter(|modulus| modulus.is_positive()).map(Scaled::ln).collect()
            }),
            eigenvalues,
            eigenvalues_imaginary: imaginary(&numbers.eigenvalues),
            error: (0..count).map(|k| numbers.error(k)).collect(),
            refined_eigenvalues: real(&numbers.refined),
            discretisation_error: numbers.discretisation_error.iter().copied().collect(),
            log_passage_times: times.is_none().then(|| logarithms(&numbers.passage_times)),
            passage_time_error: off_diagonal(cores.len(), of_times),
            passage_times: times,
            flux_disagreement: network.disagreement,
            open_saddles,
            numbers,
        })
    }

    /// The numbers for the report on the terminal.
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }
}

/// The relative discretisation error of each of `count` eigenvalues. `estimates` has those of the nonzero ones, which
/// are the last. All are `None` if no grids were compared.
fn discretisation_errors(count: usize, estimates: &[Option<Extrapolation>]) -> Vec<Option<f64>> {
    let zeros = count.saturating_sub(estimates.len());
    let by_grid = |k: usize| match k.checked_sub(zeros) {
        None => Some(0.0),
        Some(k) => estimates[k].map(|found| found.error),
    };
    let compares_grids = estimates.iter().any(Option::is_some);
    (0..count).map(|k| by_grid(k).filter(|_| compares_grids)).collect()
}

/// Relative errors as a matrix with zeros on the diagonal, from those off it, row by row; `None` unless all are known.
fn off_diagonal(n: usize, estimates: &[Option<Extrapolation>]) -> Option<Vec<Vec<f64>>> {
    let mut errors = estimates.iter().map(|found| found.map(|found| found.error));
    (0..n).map(|a| (0..n).map(|b| if a == b { Some(0.0) } else { errors.next()? }).collect()).collect()
}

/// The numbers off the diagonal, row by row.
pub(super) fn between(rows: &[Vec<Scaled>]) -> Vec<Scaled> {
    let off = |(a, row): (usize, &Vec<Scaled>)| (0..row.len()).filter(move |&b| b != a).map(|b| row[b]).collect();
    rows.iter().enumerate().flat_map(|(a, row)| -> Vec<Scaled> { off((a, row)) }).collect()
}

/// The saddles of the domain that do not join two of these cores.
fn open_saddles(problem: &Problem, cores: &[MinimumCore]) -> Vec<usize> {
    let critical = &problem.critical;
    let is_open = |index: &usize| {
        let saddle = &critical.saddles[*index];
        let leads = saddle.connects.map(|end| cores.iter().any(|core| end == Some(core.minimum)));
        problem.domain.touches(saddle.point.theta) && leads != [true; 2]
    };
    (0..critical.saddles.len()).filter(is_open).collect()
}

/// The numbers as f64, if all of them are in range.
pub(super) fn ordinary(numbers: &[Scaled]) -> Option<Vec<f64>> {
    numbers.iter().all(|number| number.is_ordinary()).then(|| numbers.iter().map(|number| number.value()).collect())
}

pub(super) fn table(rows: &[Vec<Scaled>]) -> Option<Vec<Vec<f64>>> {
    rows.iter().map(|row| ordinary(row)).collect()
}

/// Fills the diagonal of a generator: minus the sum of the row.
pub(super) fn with_diagonal(mut rates: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for (a, row) in rates.iter_mut().enumerate() {
        row[a] = -row.iter().sum::<f64>();
    }
    rates
}

pub(super) fn logarithms(rows: &[Vec<Scaled>]) -> Vec<LogRate> {
    let entries =
        rows.iter().enumerate().flat_map(|(from, row)| row.iter().enumerate().map(move |(to, x)| (from, to, x)));
    entries.filter(|(_, _, x)| x.is_positive()).map(|(from, to, x)| LogRate { from, to, value: x.ln() }).collect()
}

fn imaginary(eigenvalues: &[Eigenvalue]) -> Option<Vec<f64>> {
    let parts: Vec<f64> = eigenvalues.iter().map(|own| own.im.value()).collect();
    parts.iter().any(|part| *part != 0.0).then_some(parts)
}
