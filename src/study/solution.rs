//! Everything that one `run` found, as plain numbers.

use crate::formula::Formulas;
use crate::grid::Grid;
pub use crate::observe::boundary::BoundaryFlux;
pub use crate::observe::peclet::Peclet;
use crate::scaled::Scaled;
pub use crate::study::iteration::{IterationRate, IterationStudy};
use crate::study::simulate::Simulation;
use crate::tensor::{Point, Tensor};

/// The result of a run, before it is written or drawn. A quantity that was not asked for is `None`.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The finest grid.
    pub grid: Grid,
    /// Number of states of the chain.
    pub unknowns: usize,
    /// Cell Péclet numbers.
    pub peclet: Peclet,
    /// The quasi-stationary escape rate.
    pub rate: Option<RateEstimate>,
    /// The mean first-passage time from the minimum.
    pub passage: Option<PassageTime>,
    /// Source at the minimum, sink where killed: flux over population, a rate.
    pub flux_over_population: Option<f64>,
    /// Probability flux through what absorbs.
    pub flux: Option<BoundaryFlux>,
    /// Fields on the grid.
    pub fields: Fields,
    /// The 1D quadrature, independent of the grid (1D only).
    pub quadrature: Option<QuadratureCheck>,
    /// Formulas and how far the solver is from them.
    pub formulas: Formulas,
    /// SGD itself beside its diffusion limit, when asked for.
    pub iteration: Option<IterationStudy>,
    /// Particles beside the solver, when asked for.
    pub particles: Option<Simulation>,
    /// How close the data's gradient covariance at the minimum is to the Hessian (landscapes with data only).
    pub covariance: Option<CovarianceCheck>,
    /// What the reader must know.
    pub warnings: Vec<String>,
    /// Seconds by phase, in order.
    pub timing: Vec<(String, f64)>,
    /// Bytes of the largest factor.
    pub factor_bytes: u64,
}

/// C(θ*), the covariance of one sample's gradient at the minimum, against H(θ*): the paper's Eq. 6 and Fig. 2 say C ≈ H.
#[derive(Clone, Copy, Debug)]
pub struct CovarianceCheck {
    /// C(θ*).
    pub covariance: Tensor,
    /// v·C v/(v·H v) along the Hessian's eigenvectors v, in the order of its eigenvalues; `dimension` of them are used.
    pub ratios: [f64; 2],
    /// ⟨C, H⟩/(‖C‖ ‖H‖) in the Frobenius product: 1 when one is a multiple of the other.
    pub alignment: f64,
}

/// The escape rate γ with its evidence, per unit of dynamical time.
#[derive(Clone, Debug)]
pub struct RateEstimate {
    /// γ on the finest grid.
    pub value: Scaled,
    /// Collatz–Wielandt bracket on the same grid, over `value`.
    pub bracket: [f64; 2],
    /// Inverse iterations.
    pub iterations: usize,
    /// Richardson extrapolation (only with an error estimate).
    pub extrapolated: Option<Scaled>,
    /// Estimated discretisation error of `value`, relative to it.
    pub discretisation_error: Option<f64>,
    /// Observed order, when three grids were solved.
    pub observed_order: Option<f64>,
    /// Cells and rate of each grid, coarsest first.
    pub grids: Vec<([usize; 2], Scaled)>,
    /// |Σ ν_i κ_i / γ − 1|.
    pub flux_identity: f64,
    /// Whether the bracket closed.
    pub converged: bool,
}

/// Mean first-passage time τ from a point.
#[derive(Clone, Debug)]
pub struct PassageTime {
    /// The polished minimum.
    pub from: Point,
    /// τ.
    pub time: Scaled,
    /// 1/τ on the finest grid.
    pub rate: Scaled,
    /// 1/τ extrapolated.
    pub extrapolated: Option<Scaled>,
    /// Relative discretisation error of `rate`.
    pub discretisation_error: Option<f64>,
}

/// Fields over all cells of the grid, `index = ix · cells[1] + iy`; NaN where a field has no meaning.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// L.
    pub loss: Option<Vec<f64>>,
    /// D₁₁, D₁₂, D₂₂ (θ axes); one entry in one dimension.
    pub diffusion: Vec<Vec<f64>>,
    /// Stationary density of the closed domain, per length^d.
    pub stationary: Option<Vec<f64>>,
    /// Quasi-stationary density, per length^d; 0 outside the start set.
    pub quasi_stationary: Option<Vec<f64>>,
    /// Components of the quasi-stationary current J (grid axes), per time and length^(d−1).
    pub current: Vec<Vec<f64>>,
    /// Mean first-passage time; 0 outside.
    pub mean_first_passage: Option<Vec<f64>>,
}

/// The 1D quadrature against the grid.
#[derive(Clone, Copy, Debug)]
pub struct QuadratureCheck {
    /// τ from the minimum by quadrature.
    pub time: Scaled,
    /// (1/τ on the grid, extrapolated if known) over (1/τ by quadrature).
    pub ratio: Option<f64>,
    /// The quasi-stationary rate by quadrature, when its iteration converged.
    pub escape_rate: Option<Scaled>,
    /// γ on the grid (extrapolated if known) over that.
    pub escape_ratio: Option<f64>,
    /// Of the two numbers by quadrature, estimated.
    pub relative_error: f64,
}

impl QuadratureCheck {
    /// Compares the grid's rates with it: an error that it shows to be larger than the grids do is what it shows, and nothing is
    /// extrapolated away from it. Where one of its two numbers is far from the grid and the other agrees, the odd one stands alone
    /// against two: it changes nothing, and the disagreement is returned in words.
    pub fn compare(
        &mut self,
        mut rate: Option<&mut RateEstimate>,
        mut passage: Option<&mut PassageTime>,
    ) -> Option<String> {
        let known = self.relative_error;
        let away = |exact: Scaled, value: Scaled| (exact.over(value).value() - 1.0).abs();
        let inverse_time = self.time.inverse();
        let of_rate = self
            .escape_rate
            .zip(rate.as_deref())
            .and_then(|(exact, rate)| Some((away(exact, rate.value), rate.discretisation_error? + known)));
        let of_time = passage
            .as_deref()
            .and_then(|passage| Some((away(inverse_time, passage.rate), passage.discretisation_error? + known)));
        let is_alone = |one: Option<(f64, f64)>, other: Option<(f64, f64)>| match (one, other) {
            (Some((far, stated)), Some((near, allowed))) => far > FAR * stated && far > DISPUTED && near <= allowed,
            _ => false,
        };
        let (rate_is_alone, time_is_alone) = (is_alone(of_rate, of_time), is_alone(of_time, of_rate));
        let compare = |exact: Scaled, value: Scaled, extrapolated: &mut Option<Scaled>, error: &mut Option<f64>| {
            if error.is_some_and(|error| away(exact, value) > error + known) {
                *error = Some(away(exact, value) + known);
            }
            if extrapolated.is_some_and(|extrapolated| away(exact, extrapolated) > away(exact, value) + known) {
                *extrapolated = Some(value);
            }
        };
        if let Some((exact, rate)) = self.escape_rate.zip(rate.as_mut()) {
            if !rate_is_alone {
                compare(exact, rate.value, &mut rate.extrapolated, &mut rate.discretisation_error);
            }
            self.escape_ratio = Some(rate.extrapolated.unwrap_or(rate.value).over(exact).value());
        }
        if let Some(passage) = passage.as_mut() {
            if !time_is_alone {
                compare(inverse_time, passage.rate, &mut passage.extrapolated, &mut passage.discretisation_error);
            }
            self.ratio = Some(passage.extrapolated.unwrap_or(passage.rate).over(inverse_time).value());
        }
        let (odd, sister, off) = match (rate_is_alone, time_is_alone) {
            (true, _) => ("escape rate", "passage time", of_rate?),
            (_, true) => ("passage time", "escape rate", of_time?),
            _ => return None,
        };
        Some(format!(
            "the {odd} by quadrature is {:.1e} away from the grid's, which states {:.1e}, while the {sister} by quadrature agrees with \
             the grid: the {odd} by quadrature is taken for the one that is wrong, and the grid's error stands",
            off.0, off.1
        ))
    }
}

/// A disagreement of more than this many stated errors, while the sister agrees, is the quadrature's own fault.
const FAR: f64 = 20.0;
/// A disagreement smaller than this is never disputed: the larger error costs little.
const DISPUTED: f64 = 1e-3;
