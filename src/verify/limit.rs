//! The limit of a ratio as the noise or the step goes to zero, from a sequence of points.

use crate::verify::Verdict;

/// The limit of a ratio r(ε) = r₀ + c εᵖ + … for ε → 0, from points at falling ε.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// r₀ by Richardson extrapolation with the theoretical order, from the two smallest ε.
    pub value: f64,
    /// The absolute change of r₀ with the last point.
    pub change: f64,
    /// The order p observed on the last three points, independent of r₀.
    pub order: f64,
    /// c from the last two points.
    pub slope: f64,
}

impl Limit {
    /// The limit of at least three points `[ε, r]` whose ε fall by a constant factor; NaN for fewer.
    pub fn of(points: &[[f64; 2]], order: f64) -> Limit {
        let [.., a, b, c] = points else {
            return Limit { value: f64::NAN, change: f64::NAN, order: f64::NAN, slope: f64::NAN };
        };
        let extrapolated = |one: &[f64; 2], next: &[f64; 2]| {
            let gain = (one[0] / next[0]).powf(order);
            next[1] + (next[1] - one[1]) / (gain - 1.0)
        };
        let (before, value) = (extrapolated(a, b), extrapolated(b, c));
        Limit {
            value,
            change: (value - before).abs(),
            order: ((a[1] - b[1]) / (b[1] - c[1])).abs().ln() / (b[0] / c[0]).ln(),
            slope: (b[1] - c[1]) / (b[0].powf(order) - c[0].powf(order)),
        }
    }

    /// The verdict on the claim that the limit is `predicted` within a relative `tolerance`: it holds only if r₀ has
    /// settled, and fails only if r₀ is known more accurately than it differs.
    pub fn verdict(&self, predicted: f64, tolerance: f64) -> Verdict {
        let away = (self.value / predicted - 1.0).abs();
        let is_known = self.change <= SETTLED * tolerance * predicted.abs();
        if away <= tolerance && is_known {
            Verdict::HoldsAsymptotically
        } else if away > 4.0 * self.change / predicted.abs() {
            Verdict::Fails
        } else {
            Verdict::NotDecided
        }
    }
}

/// The change of r₀, in tolerances, above which it has not settled.
const SETTLED: f64 = 10.0;

/// The largest ε below which |r − 1| stays under `share` at every point, interpolated between points on logarithmic
/// scales; `None` if the last point is above it.
pub fn within(points: &[[f64; 2]], share: f64) -> Option<f64> {
    let error = |point: &[f64; 2]| (point[1] - 1.0).abs();
    let last_bad = points.iter().rposition(|point| error(point) > share);
    let Some(bad) = last_bad else { return points.first().map(|point| point[0]) };
    let (bad, good) = (points.get(bad)?, points.get(bad + 1)?);
    let part = (share / error(good)).ln() / (error(bad) / error(good)).ln();
    Some(good[0] * (bad[0] / good[0]).powf(part))
}
