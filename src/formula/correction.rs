//! The first correction to Kramers' rate, γ = γ_Kramers (1 + c d + O(d²)), for white noise D = d·I and a set that ends
//! well beyond the saddle.
//!
//! γ is the capacity of the saddle over the mass of the well, up to terms that are exponentially small. With u = θ/√d
//! from either point, in the eigenvectors of H, and C and Q the terms of third and fourth order of L,
//! ```text
//! mass        ∫ e^{−L/d}            = Gaussian · (1 + d ⟨C²/2 − Q⟩_a)
//! capacity    min_h d ∫ e^{−L/d}|∇h|² = Gaussian · (1 + d (⟨C²/2 − Q⟩_b − ⟨f (|H_be| − 𝓛)⁻¹ f⟩_b)),   f = ∂C/∂s
//! c           = capacity's − mass's
//! ```
//! ⟨·⟩ is the mean under the Gaussian with covariance |H|⁻¹, s the coordinate along which the saddle is left, and 𝓛 the
//! Ornstein–Uhlenbeck generator of that Gaussian, whose eigenfunctions are Hermite's polynomials. The last term is what
//! the committor gains by adapting to C: second-order perturbation of Dirichlet's principle about the committor of the
//! quadratic saddle. In one dimension c = −Σ (5L‴²/24|L″|³ ∓ L⁗/8L″²), over the minimum (−) and the saddle (+):
//! Laplace's method on ∫∫ e^{(L(y) − L(z))/d}. `scripts/first_correction.py` derives the second line from the equation
//! of the committor instead, as the flux through the ridge of the saddle.
//!
//! It fails where a neglected term is not small: flat points, cusps, and other minima or saddles within a few d.

use crate::problem::Dynamics;
use crate::tensor::{Point, Tensor};

/// The coefficient c of the noise strength in γ/γ_Kramers for one minimum and one saddle of a loss; NaN for the other
/// dynamics, whose Jacobian is no Hessian.
///
/// Third and fourth derivatives are differences of the exact Hessian over `step`: for a loss that varies over lengths of
/// order one, 1e-3 leaves errors of 1e-6.
pub fn first_correction(dynamics: &Dynamics, dimension: usize, minimum: Point, saddle: Point, step: f64) -> f64 {
    if dynamics.loss().is_none_or(|loss| loss.metric().is_some()) {
        return f64::NAN;
    }
    let at = |theta: Point| Expansion::of(dynamics, dimension, theta, step);
    at(saddle).of_capacity() - at(minimum).of_mass()
}

/// The third and fourth derivatives of L in the eigenvectors (s, t) of H, the lower eigenvalue first, and the variances
/// 1/|H| along them. In one dimension all that belongs to t is 0.
struct Expansion {
    /// 1/|H| along s and t.
    variance: [f64; 2],
    /// L_sss, L_sst, L_stt, L_ttt.
    third: [f64; 4],
    /// L_ssss, L_sstt, L_tttt; the others do not contribute.
    fourth: [f64; 3],
}

impl Expansion {
    fn of(dynamics: &Dynamics, dimension: usize, theta: Point, step: f64) -> Expansion {
        let hessian = |theta: Point| {
            let [[xx, xy], [_, yy]] = dynamics.slope_jacobian(theta);
            Tensor { xx, xy, yy }
        };
        let eigen = hessian(theta).eigen(dimension);
        let [s, t] = eigen.vectors;
        // The entries of the Hessian a distance away along a vector.
        let moved = |along: Point, distance: f64| {
            let there = hessian([theta[0] + distance * along[0], theta[1] + distance * along[1]]);
            let entry = |u: Point, v: Point| {
                u[0] * (there.xx * v[0] + there.xy * v[1]) + u[1] * (there.xy * v[0] + there.yy * v[1])
            };
            if dimension == 1 { [there.xx, 0.0, 0.0] } else { [entry(s, s), entry(s, t), entry(t, t)] }
        };
        let here = moved(s, 0.0);
        let differences = |along: Point| {
            let (before, after) = (moved(along, -step), moved(along, step));
            let first = [0, 1, 2].map(|k| (after[k] - before[k]) / (2.0 * step));
            let second = [0, 1, 2].map(|k| (after[k] - 2.0 * here[k] + before[k]) / (step * step));
            [first, second]
        };
        let [[sss, sst, stt], [ssss, _, sstt]] = differences(s);
        let [[_, _, ttt], [_, _, tttt]] = if dimension == 1 { [[0.0; 3]; 2] } else { differences(t) };
        let variance =
            [eigen.values[0].abs().recip(), if dimension == 1 { 0.0 } else { eigen.values[1].abs().recip() }];
        Expansion { variance, third: [sss, sst, stt, ttt], fourth: [ssss, sstt, tttt] }
    }

    /// ⟨C²/2 − Q⟩: the relative correction of the mass at a minimum, per d.
    fn of_mass(&self) -> f64 {
        let Expansion { variance: [v, w], third: [sss, sst, stt, ttt], fourth: [ssss, sstt, tttt] } = *self;
        let cubed = 5.0 / 12.0 * (sss * sss * v.powi(3) + ttt * ttt * w.powi(3))
            + 0.75 * v * w * (sst * sst * v + stt * stt * w)
            + 0.5 * v * w * (sss * stt * v + sst * ttt * w);
        0.5 * cubed - (ssss * v * v + 2.0 * sstt * v * w + tttt * w * w) / 8.0
    }

    /// ⟨C²/2 − Q⟩ − ⟨f (|H_be| − 𝓛)⁻¹ f⟩: the relative correction of the capacity of a saddle, per d. In Hermite's
    /// polynomials f = L_sss (s² − v)/2 + L_sst st + L_stt (t² − w)/2 + (L_sss v + L_stt w)/2, on which −𝓛 is 2/v,
    /// 1/v + 1/w, 2/w and 0.
    fn of_capacity(&self) -> f64 {
        let Expansion { variance: [v, w], third: [sss, sst, stt, _], .. } = *self;
        let mean = 0.5 * (sss * v + stt * w);
        let adapted = sss * sss * v.powi(3) / 6.0
            + sst * sst * (v * w).powi(2) / (v + 2.0 * w)
            + 0.5 * stt * stt * v * w.powi(3) / (w + 2.0 * v)
            + mean * mean * v;
        self.of_mass() - adapted
    }
}
