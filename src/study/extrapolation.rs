//! Discretisation error and Richardson extrapolation from the same quantity on grids of falling cell width.
//!
//! ```text
//! log γ_h = log γ + C hᵖ + …        log γ ≈ log γ_h + Δ/(rᵖ − 1),  Δ = log(γ_h/γ_rh)        p = log(Δ_r/Δ)/log r
//! ```
//! Two grids take the order of the scheme for smooth problems (2; upwind 1). A third one shows the order that is really there.

use crate::config::Scheme;
use crate::scaled::Scaled;

/// What the grids say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolation {
    /// The value for h → 0.
    pub value: Scaled,
    /// Estimated error of the finest grid's value, relative to it.
    pub error: f64,
    /// Observed order, when three grids show one.
    pub order: Option<f64>,
}

/// A scheme's order on smooth problems.
pub fn formal_order(scheme: Scheme) -> f64 {
    match scheme {
        Scheme::Upwind => 1.0,
        Scheme::FluxCorrected => 4.0,
        _ => 2.0,
    }
}

/// Estimates are raised by a quarter: they leave out the next term of the expansion.
const SAFETY: f64 = 1.25;

/// A change this many times the next one was made by a grid that resolves nothing.
const UNRESOLVED: f64 = 256.0;

/// Extrapolates positive values on grids of half, three quarters and all of the cells, for a scheme of fourth order:
/// ```text
/// log γ_h = log γ + a h⁴ + b h⁶
/// ```
/// Where the two terms do not look like fourth order (a part of second order, or grids that resolve too little) there is no
/// extrapolation, and the error is that of second order, by the larger of the two changes.
///
/// `cut` says that the boundary cuts edges at fractions that differ from grid to grid: parts of lower order may then cancel by chance,
/// and an order beyond the formal one is no sign of accuracy.
pub fn extrapolate_fourth([half, most, all]: [Scaled; 3], rounding: f64, cut: bool) -> Extrapolation {
    let growth = |from: Scaled, to: Scaled| (to.over(from).value() - 1.0).ln_1p();
    let (from_half, from_most) = (growth(half, all), growth(most, all));
    if from_half.abs().max(from_most.abs()) <= 4.0 * rounding {
        return Extrapolation { value: all, error: from_most.abs().max(rounding), order: None };
    }
    // h of the three grids in units of the last: 2, 4/3, 1.
    let (fourth, sixth) = ([16.0 - 1.0, 256.0 / 81.0 - 1.0], [64.0 - 1.0, 4096.0 / 729.0 - 1.0]);
    let determinant = fourth[0] * sixth[1] - fourth[1] * sixth[0];
    let a = -(from_half * sixth[1] - from_most * sixth[0]) / determinant;
    let b = -(fourth[0] * from_most - fourth[1] * from_half) / determinant;
    let ratio = (16.0 * a + 64.0 * b) / (a + b);
    let order = (ratio > 0.0).then(|| ratio.log2());
    let relative = |size: f64| size.exp_m1() + rounding;
    let by_chance = cut && order.is_some_and(|order| order > 4.5);
    if order.is_some_and(|order| order > 3.2) && !by_chance {
        return Extrapolation {
            value: all.scaled((-a - b).exp()),
            error: relative(SAFETY * (a.abs() + b.abs())),
            order,
        };
    }
    let second = (from_most.abs() / (16.0 / 9.0 - 1.0)).max(from_half.abs() / (4.0 - 1.0));
    Extrapolation { value: all, error: relative(SAFETY * second), order }
}

/// Extrapolates positive values on grids coarsest first; `ratio` is the refinement from grid to grid, `rounding` the relative
/// rounding error to expect of each value, `formal` the scheme's [`formal_order`]. `None` with fewer than two grids.
///
/// `cut` says that the boundary cuts edges at fractions that differ from grid to grid: C then does so too, two grids may agree
/// by chance, and the larger of the two changes (brought to the same grid by order 2) is taken for the error.
pub fn extrapolate(values: &[Scaled], ratio: f64, rounding: f64, formal: f64, cut: bool) -> Option<Extrapolation> {
    let [.., coarse, fine] = *values else { return None };
    // log(to/from), exact for neighbours: rates differ by factors, and an extrapolated rate must stay positive.
    let growth = |from: Scaled, to: Scaled| (to.over(from).value() - 1.0).ln_1p();
    let change = growth(coarse, fine);
    let before = (values.len() > 2).then(|| growth(values[values.len() - 3], coarse));
    if change.abs() <= 4.0 * rounding {
        return Some(Extrapolation { value: fine, error: change.abs().max(rounding), order: None });
    }
    let chance = match before {
        Some(before) if cut => change.abs().max(before.abs() / ratio.powf(formal)),
        _ => change.abs(),
    };
    let order = before.filter(|before| before / change > 0.0).map(|before| (before / change).ln() / ratio.ln());
    // Above the formal order the grids converge faster than any power (cold aligned valleys): the full power would claim too
    // much. Close to it, it holds; below, the landscape or its tensor has kinks, and the observed order is the honest one.
    let used = match (before, order) {
        (None, _) => Some(formal),
        (Some(_), Some(p)) if p > formal - 0.3 && p < formal + 0.5 => Some(formal),
        // First order that looks like more has not settled yet.
        (Some(_), Some(p)) if p > formal && formal < 2.0 => Some(formal),
        (Some(_), Some(p)) if p > formal => Some(p.min(8.0)),
        (Some(_), Some(p)) if p > 0.5 => Some(p),
        // A coarsest grid that was wildly off says nothing; at high order the other two do.
        (Some(before), None) if formal > 2.0 && before.abs() > UNRESOLVED * change.abs() => Some(formal),
        _ => None,
    };
    let relative = |size: f64| size.exp_m1() + rounding;
    Some(match used {
        Some(p) => {
            let correction = change / (ratio.powf(p) - 1.0);
            let cautious = chance / (ratio.powf(p.min(formal)) - 1.0);
            Extrapolation { value: fine.scaled(correction.exp()), error: relative(SAFETY * cautious), order }
        }
        // The grids do not yet converge in order: no extrapolation, and the whole change as the error.
        None => Extrapolation { value: fine, error: relative(chance), order },
    })
}
