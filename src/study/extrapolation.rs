//! Discretisation error and Richardson extrapolation from the same quantity on grids of falling cell width.
//!
//! ```text
//! γ_h = γ + C hᵖ + …        γ ≈ γ_h + (γ_h − γ_rh)/(rᵖ − 1)        p = log(Δ₂/Δ₁)/log r
//! ```
//! Two grids take p = 2, the order of the scheme for smooth problems. A third one shows the order that is really there.

/// What the grids say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolation {
    /// The value for h → 0.
    pub value: f64,
    /// Estimated error of the finest grid's value, relative to it.
    pub error: f64,
    /// Observed order, when three grids show one.
    pub order: Option<f64>,
}

/// The scheme's order on smooth problems.
const ORDER: f64 = 2.0;
/// Estimates are raised by a quarter: they leave out the next term of the expansion.
const SAFETY: f64 = 1.25;

/// Extrapolates values on grids coarsest first; `ratio` is the refinement from grid to grid, `rounding` the relative
/// rounding error to expect of each value. `None` with fewer than two grids.
///
/// `cut` says that the boundary cuts edges at fractions that differ from grid to grid: C then does so too, two grids may agree
/// by chance, and the larger of the two changes (brought to the same grid by order 2) is taken for the error.
pub fn extrapolate(values: &[f64], ratio: f64, rounding: f64, cut: bool) -> Option<Extrapolation> {
    let [.., coarse, fine] = *values else { return None };
    let change = fine - coarse;
    let before = (values.len() > 2).then(|| coarse - values[values.len() - 3]);
    let size = fine.abs();
    if change.abs() <= 4.0 * rounding * size {
        return Some(Extrapolation { value: fine, error: (change.abs() / size).max(rounding), order: None });
    }
    let chance = match before {
        Some(before) if cut => change.abs().max(before.abs() / ratio.powf(ORDER)),
        _ => change.abs(),
    };
    let order = before.filter(|before| before / change > 0.0).map(|before| (before / change).ln() / ratio.ln());
    // Above order 2 the grids converge faster than any power (cold aligned valleys): the full power would claim too much.
    // Close to 2 it is 2; below, the landscape or its tensor has kinks, and the observed order is the honest one.
    let used = match (before, order) {
        (None, _) => Some(ORDER),
        (Some(_), Some(p)) if p > 1.7 => Some(if p < 2.5 { ORDER } else { p.min(8.0) }),
        (Some(_), Some(p)) if p > 0.5 => Some(p),
        _ => None,
    };
    Some(match used {
        Some(p) => {
            let correction = change / (ratio.powf(p) - 1.0);
            let cautious = chance / (ratio.powf(p.min(ORDER)) - 1.0);
            Extrapolation { value: fine + correction, error: SAFETY * cautious / size + rounding, order }
        }
        // The grids do not yet converge in order: no extrapolation, and the whole change as the error.
        None => Extrapolation { value: fine, error: chance / size + rounding, order },
    })
}
