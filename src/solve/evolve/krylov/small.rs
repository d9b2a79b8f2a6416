//! The exponential of the small matrix of a Krylov space, by a contour integral over its resolvent.
//!
//! H is upper Hessenberg and represents (1 − hG)⁻¹, hence A = 1 − H⁻¹ represents hG. With ζ = z/x
//! ```text
//! e^{xA} e₁ = (1/2πi) ∮ e^z (z − xA)⁻¹ e₁ dz        (ζ − A)⁻¹ e₁ = H y        ((ζ − 1)H + 1) y = e₁
//! ```
//! H⁻¹ itself is never formed: rounding errors of the size of its largest (stiff) eigenvalues would exceed the slow
//! ones that matter. The contour encloses a neighbourhood of the negative real axis; it is checked that it encloses the
//! eigenvalues, and the error is estimated from two numbers of nodes.
//!
//! Source: Trefethen, Weideman & Schmelzer, BIT 46 (2006) 653, eq. (3.4): the cotangent contour, error 3.89^−N.

use std::f64::consts::PI;

use faer::{Mat, c64};

/// The nodes of the contour in the upper half plane, with weights that include the lower half.
pub(super) struct Contour {
    nodes: Vec<(c64, c64)>,
    count: f64,
}

impl Contour {
    /// The contour with an even number of nodes.
    pub(super) fn new(nodes: usize) -> Contour {
        let n = nodes as f64;
        let node = |k: usize| {
            let theta = (2 * k + 1) as f64 * PI / n;
            let (sine, cosine) = (0.6407 * theta).sin_cos();
            let z = c64::new(0.5017 * theta * cosine / sine - 0.6122, 0.2645 * theta) * n;
            let slope = c64::new(0.5017 * cosine / sine - 0.5017 * 0.6407 * theta / (sine * sine), 0.2645) * n;
            (z, z.exp() * slope / c64::new(0.0, n) * 2.0)
        };
        Contour { nodes: (0..nodes / 2).map(node).collect(), count: n }
    }

    /// Whether a number outside of the contour has an exponential that is not negligible.
    fn leaves_out(&self, z: c64) -> bool {
        let theta = z.im.abs() / (0.2645 * self.count);
        let edge = if theta > 0.0 { 0.5017 * theta / (0.6407 * theta).tan() } else { 0.5017 / 0.6407 };
        z.re > NEGLIGIBLE && (theta >= PI || z.re >= self.count * (edge - 0.6122))
    }

    /// Whether the contour misses an eigenvalue of xA, whose mode would be lost; the eigenvalues of A follow from the
    /// eigenvalues θ of H.
    pub(super) fn misses(&self, thetas: &[c64], x: f64) -> bool {
        let one = c64::new(1.0, 0.0);
        thetas.iter().any(|&theta| self.leaves_out((one - one / theta) * x))
    }
}

/// The exponential of a number with a real part below this is negligible.
const NEGLIGIBLE: f64 = -40.0;

/// The eigenvalues of H; `None` if they cannot be computed.
pub(super) fn eigenvalues(columns: &[Vec<f64>]) -> Option<Vec<c64>> {
    let m = columns.len();
    let matrix = Mat::<f64>::from_fn(m, m, |i, j| columns[j].get(i).copied().unwrap_or(0.0));
    crate::elimination::one_thread();
    matrix.eigenvalues().ok()
}

/// The result for one time x.
pub(super) struct Value {
    /// e^{xA} e₁.
    pub coefficients: Vec<f64>,
    /// ∫ e^{xA} e₁ dx from 0 on.
    pub integral: Vec<f64>,
    /// max over Λ ≥ 0 of |(1 + Λ) ∫ e^{−Λ(x − s)} g(s) ds| with g = η e_m·H⁻¹ e^{sA} e₁: the largest error that the
    /// residual causes in a mode of rate Λ/h; Λ = 0 is a component that never decays.
    pub residual: f64,
    /// The amplification of rounding in the coefficients: Σ_k |w_k| ‖(ζ_k − A)⁻¹ e₁‖. The weights are of size e^z, far
    /// above the sum if that is tiny.
    pub rounded: f64,
}

/// The rates Λ at which the residual is evaluated: 0 and several per decade from 10^first to 10^last.
const DECADES: [i32; 2] = [-5, 9];
const PER_DECADE: i32 = 3;

/// The result for H, given by columns, each with its subdiagonal entry last.
pub(super) fn exponential(columns: &[Vec<f64>], x: f64, contour: &Contour) -> Value {
    let m = columns.len();
    let below = columns.last().and_then(|column| column.get(m)).copied().unwrap_or(0.0);
    let rates: Vec<f64> = std::iter::once(0.0)
        .chain(
            (PER_DECADE * DECADES[0]..=PER_DECADE * DECADES[1])
                .map(|k| 10f64.powf(f64::from(k) / f64::from(PER_DECADE))),
        )
        .collect();
    let mut value = Value { coefficients: vec![0.0; m], integral: vec![0.0; m], residual: 0.0, rounded: 0.0 };
    let mut residuals = vec![0.0; rates.len()];
    for &(z, weight) in &contour.nodes {
        let (zeta, weight) = (z / x, weight / x);
        let y = resolvent(columns, zeta - 1.0);
        let image = |i: usize| -> c64 { (i.saturating_sub(1)..m).map(|j| y[j] * columns[j][i]).sum() };
        let mut size = 0.0;
        for (i, (own, integral)) in value.coefficients.iter_mut().zip(&mut value.integral).enumerate() {
            let entry = image(i);
            size += entry.norm_sqr();
            *own += (weight * entry).re;
            *integral += (weight / zeta * entry).re;
        }
        value.rounded += (weight.norm_sqr() * size).sqrt();
        for (residual, &rate) in residuals.iter_mut().zip(&rates) {
            *residual += (weight * y[m - 1] * (below * (1.0 + rate)) / (zeta + rate)).re;
        }
    }
    value.residual = residuals.into_iter().map(f64::abs).fold(0.0, f64::max);
    value
}

/// y with (sH + 1) y = e₁, by elimination with pivoting between neighbouring rows.
fn resolvent(columns: &[Vec<f64>], s: c64) -> Vec<c64> {
    let m = columns.len();
    let entry = |i: usize, j: usize| {
        let own = columns[j].get(i).copied().unwrap_or(0.0);
        s * own + if i == j { 1.0 } else { 0.0 }
    };
    let mut rows: Vec<Vec<c64>> =
        (0..m).map(|i| (0..m).map(|j| if i <= j + 1 { entry(i, j) } else { c64::new(0.0, 0.0) }).collect()).collect();
    let mut right = vec![c64::new(0.0, 0.0); m];
    right[0] = c64::new(1.0, 0.0);
    for k in 0..m.saturating_sub(1) {
        if rows[k + 1][k].norm_sqr() > rows[k][k].norm_sqr() {
            rows.swap(k, k + 1);
            right.swap(k, k + 1);
        }
        let factor = rows[k + 1][k] / rows[k][k];
        let (upper, lower) = rows.split_at_mut(k + 1);
        lower[0][k + 1..].iter_mut().zip(&upper[k][k + 1..]).for_each(|(low, up)| *low -= factor * up);
        let pivot = right[k];
        right[k + 1] -= factor * pivot;
    }
    for k in (0..m).rev() {
        let rest: c64 = (k + 1..m).map(|j| rows[k][j] * right[j]).sum();
        right[k] = (right[k] - rest) / rows[k][k];
    }
    right
}
