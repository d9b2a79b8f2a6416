//! The certificate in two dimensions, for processes in detailed balance in a rectangle.
//!
//! The chain on the grid gives cell values of the slowest mode and of the mean exit time, and corrects fluxes; the
//! bounds themselves are integrals over cells. They hold whatever these values are, and their relative width is of
//! fourth order in the cell width.

mod axes;
mod balance;
mod energy;
mod force;
mod potential;
mod rule;
mod setting;
mod spectrum;
mod trial;

use energy::{Energies, Source, energies};
use setting::Setting;
use trial::Trial;

use crate::grid::{Align, Grid};
use crate::problem::Problem;
use crate::scaled::Scaled;
use crate::scheme::Weight;
use crate::solve::{Chain, Resources, SolveError};
use crate::study::StudyError;
use crate::study::certificate::{Certificate, CertificateError, Status};

/// Nodes per cell and direction of the rule, and of the coarser one that estimates its error.
const NODES: usize = 8;
const COARSER: usize = 6;
/// Relative rounding error of sums of positive terms, of exponentials of arguments up to 700, and of balances: ten
/// times an a-priori bound of 1e-13.
const ROUNDING: f64 = 1e-12;
/// The most inverse iterations; each multiplies the error of the mode by γ/λ₂.
const MOST_ITERATIONS: usize = 60;
/// The change of the mode, relative to its maximum, at which inverse iteration stops: energies have its square for
/// error.
const SETTLED: f64 = 1e-13;

pub(super) use setting::in_rectangle;

/// Whether both axes have the [`trial::LEAST_CELLS`] cells that a trial function needs.
pub(super) fn is_enough(cells: [usize; 2]) -> bool {
    cells.iter().all(|&n| n >= trial::LEAST_CELLS)
}

/// Bounds the rate of leaving the rectangle on a grid of `cells` over it. `trial`: values of the trial function at the
/// cell centres, y fast; `None` takes the slowest mode of the chain.
pub(super) fn enclose(
    problem: &Problem,
    cells: [usize; 2],
    trial: Option<&[f64]>,
    resources: Resources<'_>,
) -> Result<Certificate, StudyError> {
    let problem = in_rectangle(problem)?;
    let cells = cells.map(|n| n.max(trial::LEAST_CELLS));
    let setting = Setting::new(&problem, cells)?;
    let grid = Grid::over(&problem, cells, Align::Axes)?;
    let chain = Chain::on(&problem, grid, Weight::InverseAverage, resources)?;
    if chain.discretisation.states() != setting.len() {
        return Err(CertificateError::NotConnected.into());
    }
    resources.progress.begin("certificate", 0);
    let times = over_largest(chain.elimination.solve_right(&vec![1.0; setting.len()]))?;
    let on_cells = |values: &[f64]| chain.discretisation.field(values, 0.0);
    let mode = match trial {
        Some(trial) => over_largest(trial.to_vec())?,
        None => on_cells(&slowest(&chain, &times)?),
    };
    let times = on_cells(&times);
    // Fluxes through faces are corrected by a chain, which therefore must have edges along the axes alone.
    let along_axes = (!setting.is_white()).then(|| axes::along(&problem));
    let chain = match &along_axes {
        None => chain,
        Some(other) => {
            drop(chain);
            let grid = Grid::over(other, cells, Align::Axes)?;
            Chain::on(other, grid, Weight::InverseAverage, resources)?
        }
    };
    let [of_mode, of_times] = [(mode, Source::Own), (times, Source::Density)]
        .map(|(values, source)| ByTwoRules::new(&setting, &trial_of(&setting, &values), source, &chain));
    conclude(&setting, &of_mode, &of_times).map_err(StudyError::from)
}

/// The slowest right eigenvector of the chain by inverse iteration from `first`, its maximum scaled to 1.
fn slowest(chain: &Chain<'_>, first: &[f64]) -> Result<Vec<f64>, SolveError> {
    let mut mode = first.to_vec();
    for _ in 0..MOST_ITERATIONS {
        let next = over_largest(chain.elimination.solve_right(&mode))?;
        let change = next.iter().zip(&mode).map(|(next, mode)| (next - mode).abs()).fold(0.0, f64::max);
        mode = next;
        if change <= SETTLED {
            break;
        }
    }
    Ok(mode)
}

/// The values divided by their maximum; an error unless all are finite and the maximum is a normal number.
fn over_largest(mut values: Vec<f64>) -> Result<Vec<f64>, SolveError> {
    let largest = values.iter().fold(0.0, |most: f64, value| most.max(*value));
    if !largest.is_normal() || values.iter().any(|value| !value.is_finite()) {
        return Err(SolveError::Overflow);
    }
    values.iter_mut().for_each(|value| *value /= largest);
    Ok(values)
}

fn trial_of(setting: &Setting<'_>, values: &[f64]) -> Trial {
    let (mut fall, mut all) = (0.0, 0.0);
    for (cell, value) in values.iter().enumerate() {
        let weight = setting.exponent(cell).exp();
        fall += weight * (1.0 - value);
        all += weight;
    }
    Trial::new(setting, values, fall / all)
}

/// The energies by the fine and the coarse rule.
struct ByTwoRules {
    fine: Energies,
    coarse: Energies,
}

impl ByTwoRules {
    fn new(setting: &Setting<'_>, trial: &Trial, source: Source, chain: &Chain<'_>) -> ByTwoRules {
        ByTwoRules {
            fine: energies::<NODES>(setting, trial, source, chain),
            coarse: energies::<COARSER>(setting, trial, source, chain),
        }
    }

    /// A quantity by the fine rule, and the relative difference of the coarse one.
    fn with_error(&self, number: fn(&Energies) -> f64) -> (f64, f64) {
        let (fine, coarse) = (number(&self.fine), number(&self.coarse));
        (fine, (coarse / fine - 1.0).abs())
    }
}

/// The bounds, moved outwards by the estimated errors of quadrature and rounding.
fn conclude(setting: &Setting<'_>, mode: &ByTwoRules, times: &ByTwoRules) -> Result<Certificate, CertificateError> {
    let (upper, left_above) = mode.with_error(|found| found.gradient / found.square);
    let (lower, left_below) = mode.with_error(|found| found.square / found.source / found.source / found.flux);
    let (shortest, left_short) =
        times.with_error(|found| found.first / found.gradient * (found.first / found.population));
    let (longest, left_long) = times.with_error(|found| found.source * found.flux * (found.source / found.population));
    let rounding = ROUNDING + setting.rounding();
    let rho = spectrum::second_rate(setting, upper * (1.0 + left_above + rounding))?;
    let outwards = |[low, high]: [f64; 2], [left_low, left_high]: [f64; 2]| {
        [low * (1.0 - left_low - rounding), high * (1.0 + left_high + rounding)]
    };
    // With γ/ρ near 1 the lower bound falls faster than either quotient, so it is evaluated at both widened quotients.
    let [least, most] = outwards([lower, upper], [left_below, left_above]);
    let below = least * ((1.0 - most / rho) / (1.0 - least / rho));
    let checked = |ends: [f64; 2]| {
        let is_right = ends[0] <= ends[1] && ends.iter().all(|end| end.is_normal());
        if is_right {
            Ok(ends.map(Scaled::new))
        } else {
            Err(CertificateError::Crossed { lower: ends[0], upper: ends[1] })
        }
    };
    Ok(Certificate {
        rate: checked([below, most])?,
        exit_time: checked(outwards([shortest, longest], [left_short, left_long]))?,
        second_rate: Scaled::new(rho),
        best: Scaled::new(lower),
        status: Status::Estimated,
    })
}
