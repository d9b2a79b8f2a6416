//! The initial density.

use crate::problem::Problem;
use crate::solve::evolve::start::gaussian;
use crate::solve::{Chain, Discretisation, QuasiStationary, Resources, quasi_stationary, stationary};
use crate::study::StudyError;
use crate::study::evolution::EvolutionFault;
use crate::study::request::StartDensity;
use crate::tensor::Point;

/// The initial density as one cell probability for each state, up to a common factor.
///
/// # Errors
/// An [`EvolutionFault`] for a start outside of the live set, without mass in it, of another grid, or with values that
/// are negative or not finite; failures of the solves for a quasi-stationary or stationary start.
pub(super) fn start(
    asked: &StartDensity,
    on: &Discretisation<'_>,
    known: Option<&QuasiStationary>,
    resources: Resources<'_>,
) -> Result<Vec<f64>, StudyError> {
    let found = match asked {
        StartDensity::Gaussian { point, width } => {
            let at = point.unwrap_or(on.problem.valley.start_point);
            // A Gaussian of positive width is restricted to the live set wherever its centre is.
            if *width == 0.0 && !lives(on.problem, at) {
                return Err(EvolutionFault::Outside { at }.into());
            }
            gaussian(on, at, *width)
        }
        StartDensity::QuasiStationary => match known {
            Some(known) => known.probability.clone(),
            None if !on.assembly.kills() => return Err(EvolutionFault::NothingAbsorbs.into()),
            None => {
                let chain = Chain::killed(on.clone(), resources)?;
                quasi_stationary(&chain)?.probability
            }
        },
        StartDensity::Stationary => {
            let closed = Chain::closed(on, resources)?;
            let over_grid = closed.discretisation.field(&stationary(&closed)?, 0.0);
            on.assembly.cells.iter().map(|&cell| over_grid[cell as usize]).collect()
        }
        StartDensity::File { file, field } => {
            let (file, field) = (file.display().to_string(), field.clone());
            return Err(EvolutionFault::NotRead { file, field }.into());
        }
        StartDensity::Given { grid, values } => {
            if *grid != on.grid || values.len() != grid.len() {
                return Err(EvolutionFault::OtherGrid { cells: grid.cells }.into());
            }
            let density: Vec<f64> = on.assembly.cells.iter().map(|&cell| values[cell as usize]).collect();
            // This comparison also catches NaN.
            if let Some(&value) = density.iter().find(|value| !(**value >= 0.0 && value.is_finite())) {
                return Err(EvolutionFault::NoDensity { value }.into());
            }
            density
        }
    };
    if found.iter().sum::<f64>().is_normal() { Ok(found) } else { Err(EvolutionFault::Nothing.into()) }
}

/// Checks a start as far as possible before anything is solved.
pub(super) fn refuse(
    asked: &StartDensity,
    on: &Discretisation<'_>,
    resources: Resources<'_>,
) -> Result<(), StudyError> {
    match asked {
        StartDensity::QuasiStationary if !on.kills() => Err(EvolutionFault::NothingAbsorbs.into()),
        StartDensity::QuasiStationary | StartDensity::Stationary => Ok(()),
        given => start(given, on, None, resources).map(drop),
    }
}

fn lives(problem: &Problem, at: Point) -> bool {
    problem.domain.contains(at) && problem.valley.live.holds(at)
}
