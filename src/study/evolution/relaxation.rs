//! The time at which the flux over survival reaches its plateau, predicted from the spectrum.
//!
//! ```text
//! S = Σ_k a_k c_k e^{−λ_k t}   j = Σ_k a_k λ_k c_k e^{−λ_k t}      a_k = p·r_k,  c_k = Σ l_k
//! j/S/γ − 1 ≈ Σ_{k>1} C_k e^{−(λ_k − λ_1)t}                        C_k = (a_k c_k/a_1 c_1)(λ_k/λ_1 − 1)
//! ```
//! with λ_1 = γ and the initial density p; valid while the sum is small.

use crate::solve::Mode;

/// The number of times at which the sum is evaluated to find its last crossing of a tolerance.
const LOOKS: usize = 1000;

/// The terms of j/S/γ − 1 for an initial density p.
pub(super) struct Relaxation {
    /// Re λ_2.
    pub lambda_2: f64,
    /// C_k, its modulus for a complex pair, and Re λ_k − λ_1.
    terms: Vec<[f64; 2]>,
}

impl Relaxation {
    /// The terms for the initial density `start`; `None` without a second mode. Modes with a relative error of the
    /// eigenvalue of ½ or more are left out.
    pub(super) fn new(modes: &[Mode], start: &[f64]) -> Option<Relaxation> {
        let (first, rest) = modes.split_first()?;
        let rest: Vec<&Mode> = rest.iter().filter(|mode| mode.value.error < 0.5).collect();
        let share = |mode: &Mode| {
            let [a, b] = [0, 1].map(|part: usize| start.iter().zip(&mode.right[part]).map(|(p, r)| p * r).sum::<f64>());
            let [c, d] = [0, 1].map(|part: usize| mode.left[part].iter().sum::<f64>());
            let is_real = b == 0.0 && d == 0.0;
            if is_real { a * c } else { a.hypot(b) * c.hypot(d) }
        };
        let (rate, ground) = (first.value.re, share(first));
        let term = |mode: &&Mode| {
            let (re, im) = (mode.value.re.over(rate).value(), mode.value.im.over(rate).value());
            let excess = if im == 0.0 { re - 1.0 } else { (re - 1.0).hypot(im) };
            [share(mode) / ground * excess, (re - 1.0) * rate.value()]
        };
        let terms: Vec<[f64; 2]> = rest.iter().map(term).collect();
        let is_known = !terms.is_empty() && terms.iter().flatten().all(|value| value.is_finite());
        is_known.then(|| Relaxation { lambda_2: rest[0].value.re.value(), terms })
    }

    /// The time from which on |j/S/γ − 1| stays below the tolerance.
    pub(super) fn reached(&self, tolerance: f64) -> f64 {
        let away = |t: f64| self.terms.iter().map(|[size, rate]| size * (-rate * t).exp()).sum::<f64>().abs();
        let slowest = self.terms.iter().map(|[_, rate]| *rate).fold(f64::INFINITY, f64::min);
        let most: f64 = self.terms.iter().map(|[size, _]| size.abs()).sum();
        // At `end` and later the sum of all moduli is below the tolerance.
        let end = (most / tolerance).ln().max(0.0) / slowest;
        let times: Vec<f64> = (0..=LOOKS).map(|k| end * k as f64 / LOOKS as f64).collect();
        let Some(last) = times.iter().rposition(|t| away(*t) > tolerance) else { return 0.0 };
        let (mut low, mut high) = (times[last], times.get(last + 1).copied().unwrap_or(end));
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if away(middle) > tolerance { low = middle } else { high = middle }
        }
        high
    }
}
