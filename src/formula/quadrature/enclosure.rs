//! Two-sided bounds on the escape rate, and on the mean exit time from the Gibbs density, of the continuous problem in
//! one dimension.
//!
//! With p = w e^{−φ} and a(u, v) = ∫ u'v'/(m e^φ), for u = 𝓖f with any positive f, w = 𝓖u, and any ρ with A₀/A₁ < ρ ≤
//! λ₂,
//! ```text
//!   A₀ = a(u, u) = ∫ p u f    A₁ = ∫ p u²    A₂ = a(w, w) = ∫ p u 𝓖u
//!   (ρA₁ − A₀)/(ρA₂ − A₁)  ≤  γ  ≤  A₀/A₁          (Rayleigh and Ritz above; Temple 1928, Kato 1949, Lehmann 1949 below)
//! ```
//! A poor f gives wide bounds, never wrong ones; the lower bound ρ of λ₂ is proved in [`super::gap`]. In one dimension
//! the flux −u'/(m e^φ) = ∫ p f satisfies the balance equation exactly, so that the mean exit time ∫ p 𝓖1/∫ p has only
//! the error of the quadrature.
//!
//! The errors of quadrature and rounding are estimated, not rigorously enclosed: both bounds are computed on the panels
//! and on halved panels, and moved outwards by an estimate of rounding.

use super::gap::Pieces;
use super::green::Green;
use super::panels::{Panel, Panels};
use super::rule::{Nodal, RULE};
use super::{
    Breakpoint, End, LARGEST_ERROR, MOST_ITERATIONS, Passage, QuadratureError, ROUNDED_SLOPE, ROUNDING, merged,
};
use crate::scaled::Scaled;

/// The least number of panels, which gives enough points for the cuts.
const LEAST_PANELS: u32 = 64;
/// The safety factor of the rounding estimate by which the bounds are moved outwards.
const MARGIN: f64 = 2.0;
/// The relative difference up to which two quotients are equal to rounding.
const SAME: f64 = 1e-15;

/// Bounds on γ and on the mean exit time, which hold up to the accuracy of the estimates for quadrature and rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enclosure {
    /// The lower and upper bound of γ, per unit of dynamical time.
    pub rate: [Scaled; 2],
    /// The lower and upper bound of ∫ p τ/∫ p, in dynamical time.
    pub exit_time: [Scaled; 2],
    /// The proved lower bound ρ ≤ λ₂.
    pub second_rate: Scaled,
    /// A₁/A₂, the best approximation of γ among the quotients.
    pub best: Scaled,
    /// The part of the relative width that accounts for quadrature and rounding.
    pub estimated: f64,
}

/// The quotients A₀/A₁ ≥ A₁/A₂ ≥ γ of a trial function.
#[derive(Clone, Copy)]
struct Quotients {
    upper: Scaled,
    lower: Scaled,
}

impl Quotients {
    /// The quotients of u = 𝓖f, and u normalised to its largest value.
    fn new(green: &Green<'_>, f: &[Nodal]) -> (Quotients, Vec<Nodal>) {
        let (u, unit) = normalised(green, f);
        let (w, next) = normalised(green, &u);
        let square = green.product(&u, &u);
        let upper = green.product(&u, f).over(square).over(unit);
        (Quotients { upper, lower: square.over(green.product(&u, &w)).over(next) }, u)
    }

    /// (ρA₁ − A₀)/(ρA₂ − A₁) without cancellation, for ρ above both quotients.
    fn below(&self, rho: Scaled) -> Scaled {
        let gap = |rate: Scaled| 1.0 - rate.over(rho).value();
        self.lower.scaled(gap(self.upper) / gap(self.lower))
    }

    fn differ_by(&self) -> f64 {
        self.upper.over(self.lower).value() - 1.0
    }
}

/// 𝓖f divided by its largest value, and that value.
fn normalised(green: &Green<'_>, f: &[Nodal]) -> (Vec<Nodal>, Scaled) {
    let values = green.apply(f).nodes;
    let larger = |most: Scaled, value: &Scaled| if value.is_greater(most) { *value } else { most };
    let unit = values.iter().flatten().fold(Scaled::ZERO, larger);
    (values.iter().map(|u| u.map(|u| u.over(unit).value())).collect(), unit)
}

impl Passage<'_> {
    /// Bounds on γ and on the mean exit time; `start` is a point at which a panel begins.
    ///
    /// # Errors
    /// The errors of [`Passage::escape_rate`]; [`QuadratureError::NoGap`] if λ₂ cannot be separated from γ, and
    /// [`QuadratureError::Crossed`] if the two bounds contradict each other.
    pub fn enclosure(&self, start: f64) -> Result<Enclosure, QuadratureError> {
        self.enclose(start, None)
    }

    /// The same with u = 𝓖f for a given f > 0: a poor f gives wide bounds, never wrong ones.
    ///
    /// # Errors
    /// The errors of [`Passage::enclosure`].
    pub fn enclosure_with(&self, start: f64, trial: &dyn Fn(f64) -> f64) -> Result<Enclosure, QuadratureError> {
        self.enclose(start, Some(trial))
    }

    fn enclose(&self, start: f64, trial: Option<&dyn Fn(f64) -> f64>) -> Result<Enclosure, QuadratureError> {
        let panels = self.panels_to_cut(start)?;
        let absorbs = [self.lower, self.upper].map(|end| matches!(end, End::Absorbing(_)));
        let on = |panels: &[Panel]| {
            let green = self.green(panels);
            let ones = green.ones();
            let population = green.product(&ones, &ones);
            let (w, unit) = normalised(&green, &ones);
            let time = green.product(&ones, &w).times(unit).over(population);
            (trial.map_or_else(|| converged(&green), |trial| Quotients::new(&green, &at_nodes(panels, trial)).0), time)
        };
        let ((coarse, coarse_time), (fine, time)) = (on(&panels.coarse), on(&panels.fine));
        let change = |one: Scaled, other: Scaled| (one.over(other).value() - 1.0).abs();
        let changes = [change(coarse.upper, fine.upper), change(coarse.lower, fine.lower), change(coarse_time, time)];
        let largest =
            changes.into_iter().fold(0.0, |most: f64, change| if change >= most { change } else { most.max(change) });
        if largest.is_nan() || changes.iter().any(|change| change.is_nan()) || largest > LARGEST_ERROR {
            return Err(QuadratureError::NotConverged { change: largest });
        }
        // Next to a power yᴮ the error after halving exceeds the change by halving: see `estimate`.
        let rule = if panels.leaves_some { 8.0 * largest } else { largest };
        let climb: f64 = panels.coarse.iter().map(|panel| panel.rise.abs() + panel.jump.abs()).sum();
        let estimated = rule + MARGIN * (ROUNDING + ROUNDED_SLOPE * climb);
        let no_gap = QuadratureError::NoGap { rate: fine.upper.value() };
        let rho = Pieces::new(&panels.coarse, absorbs).second_rate(fine.upper).ok_or(no_gap)?;
        let outwards = |[low, high]: [Scaled; 2]| [low.scaled(1.0 - estimated), high.scaled(1.0 + estimated)];
        // For γ/ρ near 1 the lower bound decreases by more than either quotient does: evaluate it at both ends of the
        // estimates.
        let [lower, upper] = outwards([fine.lower, fine.upper]);
        let rate = [Quotients { upper, lower }.below(rho), upper];
        if !rate[0].is_positive() || rate[0].is_greater(rate[1]) {
            return Err(QuadratureError::Crossed { lower: rate[0].value(), upper: rate[1].value() });
        }
        Ok(Enclosure { rate, exit_time: outwards([time; 2]), second_rate: rho, best: fine.lower, estimated })
    }

    /// Panels that resolve the integrands of passage times and of rates, and that are numerous enough for the cuts.
    fn panels_to_cut(&self, start: f64) -> Result<Panels, QuadratureError> {
        let (lower, upper) = self.ends(Some(start))?;
        let others = Panels::new(self, &self.edges(lower, upper, None))?;
        let mut edges = self.edges(lower, upper, Some(start));
        edges.extend(others.coarse.iter().map(|panel| Breakpoint::from(panel.left)));
        let share = |k: u32| lower + (upper - lower) * f64::from(k) / f64::from(LEAST_PANELS);
        edges.extend((1..LEAST_PANELS).map(|k| Breakpoint::from(share(k))));
        Panels::new(self, &merged(edges))
    }
}

/// Computes the quotients by inverse iteration from f = 1, until they agree or the lower one no longer falls, which in
/// exact arithmetic it always does. Their difference may grow meanwhile, while the component of a second mode decays.
fn converged(green: &Green<'_>) -> Quotients {
    let (mut found, mut u) = Quotients::new(green, &green.ones());
    for _ in 0..MOST_ITERATIONS {
        let (next, after) = Quotients::new(green, &u);
        let is_settled = next.differ_by() <= SAME || !found.lower.is_greater(next.lower);
        (found, u) = (next, after);
        if is_settled {
            break;
        }
    }
    found
}

fn at_nodes(panels: &[Panel], f: &dyn Fn(f64) -> f64) -> Vec<Nodal> {
    let of = |panel: &Panel| RULE.nodes.map(|node| f(panel.left + node * (panel.right - panel.left)));
    panels.iter().map(of).collect()
}
