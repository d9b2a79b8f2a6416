//! The results of a `run` as plain numbers.

use crate::formula::Formulas;
use crate::grid::Grid;
pub use crate::observe::boundary::BoundaryFlux;
use crate::observe::degenerate::CurveFlux;
use crate::observe::group::FieldGroup;
pub use crate::observe::peclet::Peclet;
use crate::observe::quantity::Quantities;
use crate::scaled::Scaled;
use crate::solve::QuasiStationary;
use crate::study::StudyError;
pub use crate::study::certificate::Certificate;
pub use crate::study::choice::Choice;
use crate::study::committor::CommittorStudy;
use crate::study::comparison::Comparison;
use crate::study::exits::ExitStudy;
use crate::study::extrapolation::Extrapolation;
use crate::study::interpolation::{Errors, Interpolation};
pub use crate::study::iteration::{IterationRate, IterationStudy};
use crate::study::network::NetworkStudy;
use crate::study::simulate::Simulation;
use crate::study::spectrum::SpectrumStudy;
use crate::study::warning::Warning;
use crate::study::warning::{ByQuadrature, QuadratureAlone};
use crate::tensor::{Point, Tensor};

/// The result of a run, before it is written or drawn. A quantity that was not asked for is `None`.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The finest grid.
    pub grid: Grid,
    /// The scheme with the reason for it.
    pub choice: Choice,
    /// Number of states of the chain.
    pub unknowns: usize,
    /// Cell Péclet numbers.
    pub peclet: Peclet,
    /// The quasi-stationary escape rate.
    pub rate: Option<RateEstimate>,
    /// The mean first-passage time from the start point.
    pub passage: Option<PassageTime>,
    /// The rate from flux over population, with a source at the start point and a sink where the process is killed.
    pub flux_over_population: Option<f64>,
    /// The estimated relative discretisation error of the flux over population.
    pub flux_over_population_error: Option<f64>,
    /// The probability flux through absorbing boundaries.
    pub flux: Option<BoundaryFlux>,
    /// The flux across the curve on which the noise degenerates, if the process crosses one.
    pub degenerate_curve: Option<CurveFlux>,
    /// When and where the process leaves, when asked for.
    pub exits: Option<ExitStudy>,
    /// Fields over the grid.
    pub fields: FieldGroup,
    /// Fields over other coordinates (time, modes), a group of the result file for each.
    pub groups: Vec<FieldGroup>,
    /// The density in time at the times that pictures show, if most of it is in a file already and not in its group.
    pub shown: Option<FieldGroup>,
    /// Quantities without a place of their own here, a section of the summary for each.
    pub quantities: Quantities,
    /// Reactive paths between two sets, when asked for.
    pub committor: Option<CommittorStudy>,
    /// An interval around the rate of the continuous problem, when asked for.
    pub certificate: Option<Certificate>,
    /// The network of valleys, when asked for.
    pub network: Option<NetworkStudy>,
    /// The eigenvalues nearest to zero, when asked for.
    pub spectrum: Option<SpectrumStudy>,
    /// The 1D quadrature, independent of the grid (1D only).
    pub quadrature: Option<QuadratureCheck>,
    /// The formulas with the ratio of the solver's rate to each.
    pub formulas: Formulas<Comparison>,
    /// The comparison of SGD's iteration with its diffusion limit, when asked for.
    pub iteration: Option<IterationStudy>,
    /// The particle simulation, when asked for.
    pub particles: Option<Simulation>,
    /// The comparison of the covariance of gradients of the data at the minimum with the Hessian there; `None` for
    /// landscapes without data.
    pub covariance: Option<CovarianceCheck>,
    /// The warnings.
    pub warnings: Vec<Warning>,
    /// Seconds by phase, in order.
    pub timing: Vec<(String, f64)>,
    /// Bytes of the largest factor.
    pub factor_bytes: u64,
}

impl Solution {
    /// Refuses a solution in which no digit of any rate that was asked for is known.
    ///
    /// # Errors
    /// [`StudyError::Unresolved`].
    pub fn refuse_unresolved(&self) -> Result<(), StudyError> {
        let has_mode = self.spectrum.is_some() && self.rate.is_none();
        let asked =
            [self.rate.is_some(), self.passage.is_some(), self.committor.is_some(), self.network.is_some(), has_mode];
        let asked = asked.into_iter().filter(|is_asked| *is_asked).count();
        let worthless = || self.warnings.iter().filter(|warning| matches!(warning, Warning::Worthless { .. }));
        match worthless().next() {
            Some(warning) if worthless().count() == asked => Err(StudyError::Unresolved(Box::new(warning.clone()))),
            _ => Ok(()),
        }
    }

    /// Adds the interpolation error of the loss to the errors of rate and passage time.
    pub fn add_interpolation(&mut self, errors: Errors) {
        let add = |error: Option<&mut Option<f64>>, by: Option<Interpolation>| {
            if let Some((error, by)) = error.and_then(Option::as_mut).zip(by) {
                *error += by.error;
            }
        };
        add(self.rate.as_mut().map(|rate| &mut rate.discretisation_error), errors.rate);
        add(self.passage.as_mut().map(|passage| &mut passage.discretisation_error), errors.passage_time);
        // Serialisation cannot fail: all keys are texts, all values numbers.
        self.quantities.add("interpolation", &errors).expect("a view of plain values");
    }
}

/// C(θ*), the covariance of one sample's gradient at the minimum, against H(θ*): the paper's Eq. 6 and Fig. 2 say C ≈
/// H.
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
    /// The Collatz–Wielandt bracket on the same grid, divided by `value`.
    pub bracket: [f64; 2],
    /// The number of inverse iterations.
    pub iterations: usize,
    /// The rate by Richardson extrapolation; `None` without an error estimate.
    pub extrapolated: Option<Scaled>,
    /// The estimated discretisation error of `value`, relative to it; `None` if unknown.
    pub discretisation_error: Option<f64>,
    /// The order observed on three grids; `None` if there is none.
    pub observed_order: Option<f64>,
    /// The cells and the rate of each grid, coarsest first.
    pub grids: Vec<([usize; 2], Scaled)>,
    /// |Σ ν_i κ_i / γ − 1|.
    pub flux_identity: f64,
    /// Whether the bracket closed.
    pub converged: bool,
}

impl RateEstimate {
    /// The rate of the finest grid with its extrapolation; `total_flux` is Σ ν_i κ_i.
    pub fn new(
        found: &QuasiStationary,
        extrapolation: Option<Extrapolation>,
        grids: Vec<([usize; 2], Scaled)>,
        total_flux: f64,
    ) -> RateEstimate {
        RateEstimate {
            value: found.rate,
            // The bounds and the rate are rounded separately and may differ in the last digit.
            bracket: [found.bracket[0].min(1.0), found.bracket[1].max(1.0)],
            iterations: found.iterations,
            extrapolated: extrapolation.map(|e| e.value),
            discretisation_error: extrapolation.map(|e| e.error),
            observed_order: extrapolation.and_then(|e| e.order),
            grids,
            flux_identity: match found.rate.is_ordinary() {
                true => (Scaled::new(total_flux).over(found.rate).value() - 1.0).abs(),
                false => f64::NAN,
            },
            converged: found.converged,
        }
    }

    /// The extrapolated γ, or γ on the finest grid where there is no extrapolation.
    pub fn best(&self) -> Scaled {
        self.extrapolated.unwrap_or(self.value)
    }
}

/// The mean first-passage time τ from the start point.
#[derive(Clone, Debug)]
pub struct PassageTime {
    /// The start point: the minimum of the start set unless another point is given.
    pub from: Point,
    /// τ.
    pub time: Scaled,
    /// 1/τ on the finest grid.
    pub rate: Scaled,
    /// The extrapolated 1/τ.
    pub extrapolated: Option<Scaled>,
    /// The estimated discretisation error of `rate`, relative to it; `None` if unknown.
    pub discretisation_error: Option<f64>,
}

impl PassageTime {
    /// The passage time from a point on the finest grid, with the extrapolation of its inverse.
    pub fn new(from: Point, time: Scaled, extrapolation: Option<Extrapolation>) -> PassageTime {
        PassageTime {
            from,
            time,
            rate: time.inverse(),
            extrapolated: extrapolation.map(|e| e.value),
            discretisation_error: extrapolation.map(|e| e.error),
        }
    }

    /// The extrapolated 1/τ, or 1/τ on the finest grid where there is no extrapolation.
    pub fn best(&self) -> Scaled {
        self.extrapolated.unwrap_or(self.rate)
    }
}

/// The comparison of the grid with the 1D quadrature.
#[derive(Clone, Copy, Debug)]
pub struct QuadratureCheck {
    /// τ from the start point by quadrature.
    pub time: Scaled,
    /// (1/τ on the grid, extrapolated if known) over (1/τ by quadrature).
    pub ratio: Option<f64>,
    /// The quasi-stationary rate by quadrature, when its iteration converged.
    pub escape_rate: Option<Scaled>,
    /// γ on the grid (extrapolated if known) over that.
    pub escape_ratio: Option<f64>,
    /// The estimated relative error of the two numbers by quadrature.
    pub relative_error: f64,
}

impl QuadratureCheck {
    /// Compares the grid's rates with the quadrature. If the difference exceeds the stated error, the stated error is
    /// raised to it. If the stated error is large and both rates are near those by quadrature, it is replaced by the
    /// difference. An extrapolation that leads away from the quadrature is dropped. If one of the two numbers by
    /// quadrature is far from the grid's while the other agrees, it is taken to be wrong: it changes nothing but the
    /// error of the quadrature, and the disagreement is returned.
    pub fn compare(
        &mut self,
        mut rate: Option<&mut RateEstimate>,
        mut passage: Option<&mut PassageTime>,
    ) -> Option<QuadratureAlone> {
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
            (Some((far, stated)), Some((near, allowed))) => {
                far > FAR * stated && far > DISPUTED && near <= allowed && near <= CLOSER * far
            }
            _ => false,
        };
        let (rate_is_alone, time_is_alone) = (is_alone(of_rate, of_time), is_alone(of_time, of_rate));
        // Agreement with two numbers of another method outweighs a difference between grids.
        let is_near = |of: Option<(f64, f64)>| of.is_some_and(|(away, stated)| away <= NEAR && away <= stated);
        let are_both_near = known <= DISPUTED && is_near(of_rate) && is_near(of_time);
        let compare = |exact: Scaled, value: Scaled, extrapolated: &mut Option<Scaled>, error: &mut Option<f64>| {
            let is_coarse = are_both_near && error.is_some_and(|error| error > NEAR);
            if is_coarse || error.is_some_and(|error| away(exact, value) > error + known) {
                *error = Some(MARGIN * away(exact, value) + known);
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
        let (odd, (away, stated)) = match (rate_is_alone, time_is_alone) {
            (true, _) => (ByQuadrature::EscapeRate, of_rate?),
            (_, true) => (ByQuadrature::PassageTime, of_time?),
            _ => return None,
        };
        self.relative_error = known.max(away);
        Some(QuadratureAlone { odd, away, stated })
    }
}

/// The factor by which an error that the quadrature shows is enlarged, because the quadrature has an error of its own.
const MARGIN: f64 = 1.05;
/// The number of stated errors beyond which a disagreement is attributed to the quadrature if its other number agrees
/// with the grid.
const FAR: f64 = 20.0;
/// The stated relative error above which the difference from the quadrature replaces it, if both differences are
/// smaller than this number.
const NEAR: f64 = 0.05;
/// The share of one number's disagreement that the other's may be at most for it to count as an agreement.
const CLOSER: f64 = 0.1;
/// The relative disagreement up to which the grid's error is always raised.
const DISPUTED: f64 = 1e-3;
