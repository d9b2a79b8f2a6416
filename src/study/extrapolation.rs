//! Discretisation error and Richardson extrapolation from the same quantity on grids of falling cell width.
//!
//! ```text
//! log γ_h = log γ + C hᵖ + …        log γ ≈ log γ_h + Δ/(rᵖ − 1),  Δ = log(γ_h/γ_rh)        p = log(Δ_r/Δ)/log r
//! ```
//! Two grids take the order of the scheme for smooth problems (2; upwind 1). A third one shows the order that is really there.

use crate::scaled::Scaled;
use crate::study::boundary::BoundaryError;

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

impl Extrapolation {
    /// The same where the finest grid's `value` is known to have another error of low order, which the grids may not show: it is added,
    /// and nothing is extrapolated if it would be seen beside what extrapolation leaves.
    fn with(self, other: f64, value: Scaled) -> Extrapolation {
        let value = if other > 0.1 * self.error { value } else { self.value };
        Extrapolation { value, error: self.error + other, ..self }
    }

    /// The same where the error is not believed to be below `least`.
    fn at_least(self, least: f64, finest: Scaled) -> Extrapolation {
        match self.error < least {
            true => Extrapolation { value: finest, error: least, ..self },
            false => self,
        }
    }
}

/// What the grids say, `estimate`, together with what they may not show: `boundary`, and `finest`, the value that it is in. `formal`: the
/// scheme's [`crate::study::request::Scheme::formal_order`].
///
/// `estimate` is told whether the boundary cuts edges. Where it does, but can leave little, a scheme of high order is taken at the word of
/// its grids too. Where it may leave more than they show they agree by chance: schemes of second order leave all of it at times, and
/// of higher order a twentieth.
pub fn beside(
    boundary: BoundaryError,
    finest: Scaled,
    formal: f64,
    estimate: impl Fn(bool) -> Option<Extrapolation>,
) -> Option<Extrapolation> {
    let BoundaryError { walls, cut } = boundary;
    let rough = estimate(cut.is_some())?.with(walls, finest);
    // Infinite where it is not known, and no number where the chain has none.
    let known = cut.filter(|cut| cut.is_finite());
    let found = match known {
        Some(cut) if formal > 2.0 => {
            let smooth = estimate(false)?.with(walls + cut, finest);
            if smooth.error < rough.error { smooth } else { rough.at_least(0.05 * cut, finest) }
        }
        Some(cut) => rough.at_least(cut, finest),
        // What walls on faces leave falls evenly, so that grids that hardly differ have none of it.
        None if formal > 2.0 && cut.is_none() && walls > 0.0 => {
            let even = estimate(true)?;
            if even.error < rough.error { even } else { rough }
        }
        None => rough,
    };
    let value = if found.error > TOO_COARSE { finest } else { found.value };
    Some(Extrapolation { value, ..found })
}

/// Errors beyond this leave nothing to extrapolate.
pub const TOO_COARSE: f64 = 0.5;

/// Estimates are raised by a quarter: they leave out the next term of the expansion.
const SAFETY: f64 = 1.25;

/// A change this many times the next one was made by a grid that resolves nothing.
const UNRESOLVED: f64 = 256.0;

/// Orders between these are extrapolated: below, something is not smooth; above, grids converge faster than any power, and a power
/// would take away more than is there.
const SETTLED: std::ops::RangeInclusive<f64> = 3.2..=9.0;

/// What is less than this converges by chance too slowly, or not at all.
const LOWEST: f64 = 0.5;

/// Extrapolates positive values on grids of half, three quarters and all of the cells, for a scheme of high order, with the order
/// that the three show. Where that is none (terms of both signs), or low, there is no extrapolation, and the error is that of fourth
/// order on half of the cells or of second on three quarters, whichever is larger, or that of the low order.
///
/// `cut` says that the boundary cuts edges at fractions that differ from grid to grid: parts of lower order may then cancel by chance,
/// an order beyond 1 is no sign of accuracy, and the error is taken for one of first order, as reflecting walls oblique to the grid make it.
pub fn extrapolate_quarters([half, most, all]: [Scaled; 3], rounding: f64, cut: bool) -> Extrapolation {
    let growth = |from: Scaled, to: Scaled| (to.over(from).value() - 1.0).ln_1p();
    let (from_half, from_most) = (growth(half, all), growth(most, all));
    if from_half.abs().max(from_most.abs()) <= 4.0 * rounding {
        return Extrapolation { value: all, error: from_most.abs().max(rounding), order: None };
    }
    let order = order_of_quarters(from_half / from_most);
    let relative = |size: f64| (SAFETY * size).exp_m1() + rounding;
    // What is left on the finest grid of an error of order p, by each change.
    let left = |p: f64| (from_half / (2.0f64.powf(p) - 1.0), from_most / ((4.0f64 / 3.0).powf(p) - 1.0));
    let larger = |p: f64| left(p).0.abs().max(left(p).1.abs());
    match order {
        Some(p) if !cut && SETTLED.contains(&p) => {
            // Terms of two orders may look like a higher one.
            Extrapolation { value: all.scaled(left(p).1.exp()), error: relative(larger(p.min(6.0))), order }
        }
        Some(p) if !cut && p > *SETTLED.end() => Extrapolation { value: all, error: relative(larger(4.0)), order },
        None if !cut => Extrapolation { value: all, error: relative(left(4.0).0.abs().max(left(2.0).1.abs())), order },
        _ => {
            let highest = if cut { 1.0 } else { 2.0 };
            Extrapolation { value: all, error: relative(larger(order.unwrap_or(1.0).min(highest))), order }
        }
    }
}

/// p from the change from half of the cells over that from three quarters of them, (2ᵖ − 1)/((4/3)ᵖ − 1); `None` where they have
/// opposite signs or no power gives it. Changes that hardly fall, or grow, count as [`LOWEST`].
fn order_of_quarters(ratio: f64) -> Option<f64> {
    const HIGHEST: f64 = 32.0;
    let ratio_at = |p: f64| (p * std::f64::consts::LN_2).exp_m1() / (p * (4.0f64 / 3.0).ln()).exp_m1();
    let (mut low, mut high) = (LOWEST, HIGHEST);
    if ratio.is_nan() || ratio <= 0.0 || ratio >= ratio_at(high) {
        return None;
    }
    if ratio <= ratio_at(LOWEST) {
        return Some(LOWEST);
    }
    while high - low > 1e-9 {
        let middle = 0.5 * (low + high);
        *(if ratio_at(middle) < ratio { &mut low } else { &mut high }) = middle;
    }
    Some(0.5 * (low + high))
}

/// Extrapolates positive values on grids coarsest first; `ratio` is the refinement from grid to grid, `rounding` the relative
/// rounding error to expect of each value, `formal` the scheme's [`crate::study::request::Scheme::formal_order`]. `None` with fewer than two grids.
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
    let relative = |size: f64| size.exp_m1() + rounding;
    if cut && formal > 2.0 {
        // Of first order by the larger change, as in `extrapolate_quarters`.
        let larger = change.abs().max(before.map_or(0.0, |before| before.abs() / ratio)) / (ratio - 1.0);
        return Some(Extrapolation { value: fine, error: relative(SAFETY * larger), order });
    }
    // Above the formal order the grids converge faster than any power (cold aligned valleys): the full power would claim too
    // much. Close to it, it holds; below, the landscape or its tensor has kinks, and the observed order is the honest one.
    let used = match (before, order) {
        // Two grids alone do not show that a high order is there.
        (None, _) => (formal <= 2.0).then_some(formal),
        (Some(_), Some(p)) if p > formal - 0.3 && p < formal + 0.5 => Some(formal),
        // First order that looks like more has not settled yet.
        (Some(_), Some(p)) if p > formal && formal < 2.0 => Some(formal),
        (Some(_), Some(p)) if p > formal => Some(p.min(8.0)),
        (Some(_), Some(p)) if p > 0.5 => Some(p),
        // A coarsest grid that was wildly off says nothing; at high order the other two do.
        (Some(before), None) if formal > 2.0 && before.abs() > UNRESOLVED * change.abs() => Some(4.0),
        _ => None,
    };
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
