//! The choice of the scheme where none is asked for: the flux correction where it applies and changes the rate, the
//! inverse average elsewhere.
//!
//! The change is measured on a coarse grid, where the rate is solved with both at little cost. A drift without a loss
//! may have a component across the gradient of its density. The transverse weight, made for that, is taken where the
//! rate converges faster with it, and where no coarse grid gives a converged rate: exponential weights add numerical
//! diffusion across the flow, which can raise the rate of a valley at weak noise by powers of ten.

use std::borrow::Cow;
use std::fmt;

use crate::problem::{Problem, jumps};
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::study::level::{self, Level};
use crate::study::request::{Quantity, Scheme};
use crate::study::{Request, StudyError, ladder};

/// The scheme of a run with the reason for it.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The scheme.
    pub scheme: Scheme,
    /// The reason.
    pub reason: Reason,
}

/// The reason for which a scheme is chosen.
#[derive(Clone, Debug)]
pub enum Reason {
    /// The scheme was requested.
    Asked,
    /// In one dimension the inverse average is the exact flux along each edge.
    Line,
    /// The correction is for a loss with D = temperature·I only.
    NotReversible,
    /// The drift has a rotational part, and the rate converges faster with the transverse weight.
    Settles {
        /// The cells of the finer of two coarse grids.
        cells: [usize; 2],
        /// The relative change of the rate between the two grids with the transverse weight.
        change: f64,
        /// The same with the inverse average.
        plain: f64,
    },
    /// The drift has a rotational part, and the rate is not converged on the coarse grids.
    Turns {
        /// The cells of the finer of two coarse grids.
        cells: [usize; 2],
        /// The relative change of the rate between the two grids with the inverse average.
        plain: f64,
    },
    /// The killing rate inside the domain jumps or has kinks, and the flux varies with it.
    BrokenKilling,
    /// The domain has windows, at whose ends the flux is singular.
    Windows,
    /// The correction improves the escape rate and the passage time, and neither was requested.
    NoRate,
    /// The correction changes the rate on a coarse grid by no more than rounding or than the error from boundaries that
    /// cut edges.
    GainsNothing {
        /// The cells of that grid.
        cells: [usize; 2],
        /// The relative change.
        change: f64,
    },
    /// The correction changes the rate on a coarse grid.
    Gains {
        /// The cells of that grid.
        cells: [usize; 2],
        /// The relative change.
        change: f64,
    },
    /// No coarse grid could be solved with both schemes.
    NotTried,
    /// The correction was chosen and failed in the run.
    Failed(Box<StudyError>),
}

impl Choice {
    /// The choice of a scheme that was asked for.
    pub fn asked(scheme: Scheme) -> Choice {
        Choice { scheme, reason: Reason::Asked }
    }

    /// Whether the program chose the scheme.
    pub fn was_made(&self) -> bool {
        !matches!(self.reason, Reason::Asked)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Asked => write!(f, "asked for"),
            Reason::Line => write!(f, "in one dimension it is the exact flux along each edge"),
            Reason::NotReversible => write!(f, "the flux correction is for a loss with D = temperature·I"),
            Reason::Settles { cells: [nx, ny], change, plain } => write!(
                f,
                "the drift turns: from the grid before to {nx} × {ny} cells γ changes by {change:.1e}, with the inverse average by {plain:.1e}"
            ),
            Reason::Turns { cells: [nx, ny], plain } => write!(
                f,
                "the drift turns, and from the grid before to {nx} × {ny} cells γ still changes by {plain:.1e} with the inverse average"
            ),
            Reason::BrokenKilling => {
                write!(f, "the flux correction is for fluxes that vary smoothly, and the killing rate jumps or bends")
            }
            Reason::Windows => {
                write!(
                    f,
                    "the flux correction is for fluxes that vary smoothly, and that at the ends of windows is infinite"
                )
            }
            Reason::NoRate => write!(f, "the flux correction is for escape rates and passage times"),
            Reason::GainsNothing { cells: [nx, ny], change } => {
                write!(
                    f,
                    "on {nx} × {ny} cells the flux correction changes γ by {change:.1e}, no more than rounding or boundaries do"
                )
            }
            Reason::Gains { cells: [nx, ny], change } => write!(f, "on {nx} × {ny} cells it changes γ by {change:.1e}"),
            Reason::NotTried => write!(f, "no coarse grid shows what the flux correction would gain"),
            Reason::Failed(error) => write!(f, "the flux correction failed: {error}"),
        }
    }
}

/// The mean ratio of the error from cut edges to its estimate, over positions of the boundary within a cell.
const LEFT: f64 = 0.05;

/// The relative change below which rates differ by rounding only.
const ROUNDING: f64 = 1e-11;

/// Returns the scheme that is asked for, or chooses one.
pub fn choose(problem: &Problem, request: &Request, resources: Resources<'_>) -> Result<Choice, StudyError> {
    let plain = |reason| Ok(Choice { scheme: Scheme::INVERSE_AVERAGE, reason });
    if let Some(scheme) = request.grid.scheme {
        return Ok(Choice::asked(scheme));
    }
    if problem.dimension == 1 {
        return plain(Reason::Line);
    }
    if !problem.is_reversible() {
        return Ok(match turning(problem, request, resources)? {
            Some(reason) => Choice { scheme: Scheme::TRANSVERSE, reason },
            None => Choice { scheme: Scheme::INVERSE_AVERAGE, reason: Reason::NotReversible },
        });
    }
    if !request.wants_killing() {
        return plain(Reason::NoRate);
    }
    if !problem.domain.windows.is_empty() {
        return plain(Reason::Windows);
    }
    if jumps::bend_killing(problem) {
        return plain(Reason::BrokenKilling);
    }
    for cells in ladder::coarse(problem, request) {
        match change(problem, request, cells, resources) {
            Ok(Change { rate, left }) if rate > ROUNDING.max(LEFT * left) => {
                return Ok(Choice { scheme: Scheme::FLUX_CORRECTED, reason: Reason::Gains { cells, change: rate } });
            }
            Ok(Change { rate, .. }) => return plain(Reason::GainsNothing { cells, change: rate }),
            Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
            Err(_) => {}
        }
    }
    plain(Reason::NotTried)
}

/// The factor by which the rate must change less between two coarse grids than with the inverse average. For a drift
/// that is a gradient in other coordinates it changes more.
const SOONER: f64 = 0.9;

/// A change of ln γ between two coarse grids from which on neither is taken to show the rate.
const UNSETTLED: f64 = 0.7;

/// The antisymmetric part of the Jacobian, relative to its norm, from which on a drift counts as rotational.
const TURNS: f64 = 0.1;

/// The reason for the transverse weight for a drift with D = temperature·I; `None` where it is not chosen.
fn turning(problem: &Problem, request: &Request, resources: Resources<'_>) -> Result<Option<Reason>, StudyError> {
    let is_plain_drift = problem.dynamics.loss().is_none() && problem.dynamics.conservative().is_none();
    if !is_plain_drift || problem.noise.constant().is_none() || !request.wants_killing() {
        return Ok(None);
    }
    let rates = |cells: [usize; 2]| -> Result<[Scaled; 2], StudyError> {
        let one = |scheme| solved(problem, request, scheme, cells, resources).map(|level| rate(&level));
        Ok([one(Scheme::INVERSE_AVERAGE)?, one(Scheme::TRANSVERSE)?])
    };
    let Some(&fine) = ladder::coarse(problem, request).last() else { return Ok(None) };
    let found = rates(ladder::halved(fine)).and_then(|coarse| Ok((coarse, rates(fine)?)));
    let (coarse, finer) = match found {
        Ok(found) => found,
        Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
        // Without both rates on both grids there is no reason for the weight.
        Err(_) => return Ok(None),
    };
    let [plain, change] = [0, 1].map(|k| finer[k].over(coarse[k]).ln().abs());
    Ok(match change < SOONER * plain {
        true => Some(Reason::Settles { cells: fine, change, plain }),
        false => (plain > UNSETTLED && turns(problem)).then_some(Reason::Turns { cells: fine, plain }),
    })
}

/// Whether a drift is rotational: the mean of |∂ₓb_y − ∂_yb_x| over the live set compared with that of |∂b|.
fn turns(problem: &Problem) -> bool {
    const LOOKS: u32 = 16;
    let Problem { domain, valley, dynamics, .. } = problem;
    let place = |axis: usize, k: u32| domain.lower[axis] + domain.width(axis) * (f64::from(k) + 0.5) / f64::from(LOOKS);
    let points = (0..LOOKS * LOOKS).map(|k| [place(0, k / LOOKS), place(1, k % LOOKS)]);
    let mut sums = [0.0; 2];
    for theta in points.filter(|theta| valley.live.holds(*theta)) {
        let [[xx, xy], [yx, yy]] = dynamics.slope_jacobian(theta);
        sums[0] += (xy - yx).abs();
        sums[1] += (xx * xx + xy * xy + yx * yx + yy * yy).sqrt();
    }
    sums[0] > TURNS * sums[1]
}

/// Returns the request with this scheme.
pub fn with_scheme(request: &Request, scheme: Scheme) -> Cow<'_, Request> {
    if request.grid.scheme == Some(scheme) {
        return Cow::Borrowed(request);
    }
    let mut settled = request.clone();
    settled.grid.scheme = Some(scheme);
    Cow::Owned(settled)
}

/// The relative change of the rate by the correction, and the relative error from boundaries, which no correction
/// removes.
struct Change {
    rate: f64,
    left: f64,
}

fn change(
    problem: &Problem,
    request: &Request,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Change, StudyError> {
    let plain = solved(problem, request, Scheme::INVERSE_AVERAGE, cells, resources)?;
    let corrected = solved(problem, request, Scheme::FLUX_CORRECTED, cells, resources)?;
    let left = plain.found.boundary.cut.unwrap_or(0.0);
    Ok(Change { rate: (rate(&corrected).over(rate(&plain)).value() - 1.0).abs(), left })
}

/// Solves for the rate alone on one grid.
fn solved<'a>(
    problem: &'a Problem,
    request: &Request,
    scheme: Scheme,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Level<'a>, StudyError> {
    let mut asked = with_scheme(request, scheme).into_owned();
    asked.quantities = vec![Quantity::Rate];
    level::solve(&asked, problem, cells, resources)
}

fn rate(level: &Level<'_>) -> Scaled {
    level.found.quasi_stationary.as_ref().map_or(Scaled::ZERO, |found| found.rate)
}
