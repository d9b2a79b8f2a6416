//! The effective tensor of a cell that is crossed by a curve Γ on which D has a kink.
//!
//! Across Γ, with normal n, the Itô current keeps nᵀDn P smooth, so the density P has a kink with w = 1/nᵀDn. Sums over
//! cells then differ from the integral of P u, for smooth u, by the Euler–Maclaurin terms b_k [∂ᵏ(P u)] of Γ. They are
//! of second order, and their size depends on the position of Γ between two centres, hence on the grid. The two cells
//! next to Γ absorb these terms, with u and ∂u expressed by the values at their centres:
//! ```text
//! D̄ = (D_i w_i + Σ_k c_k [∂ᵏ(D P)]) / (w_i + Σ_k c_k [∂ᵏP])        P = w e^{−z},   b_k = B_{k+1}(θ)/(k + 1)!,   k = 1, 2, 3
//! c_k = (1 − |t|) b_k ± (k + 1) b_{k+1}                             + behind Γ, − before it; b_4 left out
//! ```
//! along the axis nearest to n. Lengths are in cells, z is measured from the centre, t is the distance from the centre
//! to Γ, θ the distance from Γ to the next centre, B_k are the Bernoulli polynomials and [∂ᵏf] is the jump of a
//! derivative at Γ. For the Stratonovich current of scalar noise w = D^{−1/2}, and D̄ is the inverse square of the
//! denominator; the isothermal density has no kink. If the grid does not resolve the kink, D̄ is the mean of D over the
//! cell with the weight w, as for a laminate; this is always positive semidefinite.
//!
//! Source: Navot 1961 (Euler–Maclaurin with singularities inside); Milton 2002, chapter 9 (laminates).

use crate::problem::Interpretation;
use crate::scheme::edge::EdgeSampler;
use crate::tensor::{Point, Tensor, advance, difference, dot};

/// Half the distance, in cells, between the two lines on which Γ is located to find its direction.
const ASIDE: f64 = 0.125;
/// The step, in cells, of the finite differences at Γ.
const STEP: f64 = 0.01;
/// The change of a cell's share beyond which a kink counts as not resolved.
const RESOLVED: f64 = 0.5;
/// The tie-break for curves along the diagonal of the cells, which belong to the first axis whatever the rounding.
const DIAGONAL: f64 = 1e-6;
/// The first three derivatives from four values at equal steps, times step, step² and step³.
const DERIVATIVES: [[f64; 4]; 3] =
    [[-11.0 / 6.0, 3.0, -1.5, 1.0 / 3.0], [2.0, -5.0, 4.0, -1.0], [-1.0, 3.0, -3.0, 1.0]];

/// The cells of a grid under a noise that may have kinks.
pub struct Laminate<'a> {
    sampler: &'a EdgeSampler<'a>,
    /// The widths of a cell along the grid's axes.
    steps: [Point; 2],
}

/// The weight w e^{−z} at a point, and D times it.
type Share = (f64, Tensor);

impl<'a> Laminate<'a> {
    /// The cells of a sampler's grid; `None` if the tensor at each centre is already right: constant noise, the
    /// isothermal current, noise that vanishes on Γ, and noise that jumps.
    pub fn of(sampler: &'a EdgeSampler<'a>) -> Option<Laminate<'a>> {
        let noise = sampler.noise;
        let is_plain = noise.constant().is_some() || sampler.interpretation() == Interpretation::Isothermal;
        let vanishes = noise.hessian_field().is_some_and(|field| field.floor == 0.0);
        (!is_plain && !vanishes && !noise.jumps()).then(|| Laminate { sampler, steps: sampler.cell_widths() })
    }

    fn dimension(&self) -> usize {
        self.sampler.dimension
    }

    /// The effective tensor D̄ of the cell around `at`; `None` if no kink lies within a cell of the centre.
    pub fn tensor(&self, at: Point) -> Option<Tensor> {
        (0..self.dimension()).find_map(|axis| {
            let step = self.steps[axis];
            let breaks = self.sampler.noise.breaks(advance(at, -1.0, step), advance(at, 1.0, step));
            let kinks: Vec<f64> = breaks.as_slice().iter().map(|fraction| 2.0 * fraction - 1.0).collect();
            let nearest = kinks.iter().copied().min_by(|a, b| a.abs().total_cmp(&b.abs()))?;
            let normal = self.normal(at, axis, nearest)?;
            let unresolved = || if nearest.abs() < 0.5 { self.mean(at, step, &kinks, normal) } else { None };
            self.with_kinks(at, step, &kinks, normal).or_else(unresolved)
        })
    }

    /// The weight at a point and D times it, and the slope of z there, per cell.
    fn share(&self, at: Point, step: Point, normal: Point) -> (Share, f64) {
        let EdgeSampler { dynamics, noise, dimension, .. } = *self.sampler;
        let (slope, tensor) = noise.slope_and_tensor(dynamics, at);
        let across = tensor.form(normal, normal) / dot(normal, normal);
        let share = match self.sampler.interpretation() {
            Interpretation::Ito => across.recip(),
            Interpretation::Stratonovich => across.sqrt().recip(),
            Interpretation::Isothermal => 1.0,
        };
        ((share, tensor.scaled(share)), dot(tensor.solve(slope, dimension), step))
    }

    /// D̄ from the numerator and denominator of the cell.
    fn over(&self, share: f64, shared: Tensor) -> Option<Tensor> {
        let found = match self.sampler.interpretation() {
            Interpretation::Stratonovich => Tensor::isotropic((share * share).recip(), self.dimension()),
            Interpretation::Ito | Interpretation::Isothermal => shared.scaled(share.recip()),
        };
        (share > 0.0 && found.is_finite() && found.eigen(self.dimension()).values[0] > 0.0).then_some(found)
    }

    /// D̄ with the Euler–Maclaurin terms of the kinks at these distances, in cells from the centre; `None` if they are
    /// not resolved.
    fn with_kinks(&self, at: Point, step: Point, kinks: &[f64], normal: Point) -> Option<Tensor> {
        let ((own, mut shared), steep) = self.share(at, step, normal);
        let mut share = own;
        for &kink in kinks {
            let (on_it, steep_there) = self.share(advance(at, kink, step), step, normal);
            // e^{−z} from the centre to Γ.
            let down = (-0.5 * kink * (steep + steep_there)).exp();
            let terms = terms(kink);
            for side in [-1.0, 1.0] {
                let (mut z, mut last) = (0.0, steep_there);
                for (k, steps) in [0.0, 1.0, 2.0, 3.0].into_iter().enumerate() {
                    let ((here, there), steep) = match k {
                        0 => (on_it, steep_there),
                        _ => self.share(advance(at, kink + side * STEP * steps, step), step, normal),
                    };
                    z += if k == 0 { 0.0 } else { 0.5 * side * STEP * (last + steep) };
                    last = steep;
                    let derivative = |n: i32| side * DERIVATIVES[n as usize - 1][k] / (side * STEP).powi(n);
                    let times: f64 = (1..4).map(|n| terms[n as usize - 1] * derivative(n)).sum();
                    let times = times * down * (-z).exp();
                    share += times * here;
                    shared = shared.plus(there.scaled(times));
                }
            }
        }
        if (share / own - 1.0).abs() > RESOLVED { None } else { self.over(share, shared) }
    }

    /// A normal of the curve that crosses the line through the centre along an axis at this distance in cells; `None`
    /// if the other axis is nearer to the normal.
    fn normal(&self, at: Point, axis: usize, kink: f64) -> Option<Point> {
        if self.dimension() == 1 {
            return Some([1.0, 0.0]);
        }
        let (step, aside) = (self.steps[axis], self.steps[1 - axis]);
        let reach = 2.0 * ASIDE;
        let near = |side: f64| {
            let from = advance(advance(at, side * ASIDE, aside), kink - reach, step);
            let breaks = self.sampler.noise.breaks(from, advance(from, 2.0 * reach, step));
            let kinks = breaks.as_slice().iter().map(|fraction| (2.0 * fraction - 1.0) * reach);
            kinks.min_by(|a, b| a.abs().total_cmp(&b.abs()))
        };
        let (before, after) = (near(-1.0)?, near(1.0)?);
        // The displacement along the axis per cell along the other.
        let slant = (after - before) / (2.0 * ASIDE);
        let most = if axis == 0 { 1.0 + DIAGONAL } else { 1.0 / (1.0 + DIAGONAL) };
        let is_own = if axis == 0 { slant.abs() <= most } else { slant.abs() < most };
        let tangent = difference(advance(aside, slant, step), [0.0; 2]);
        is_own.then_some([-tangent[1], tangent[0]])
    }

    /// The mean over the cell along an axis, split at the kinks inside it.
    fn mean(&self, at: Point, step: Point, kinks: &[f64], normal: Point) -> Option<Tensor> {
        let (mut share, mut shared, mut begin) = (0.0, Tensor::isotropic(0.0, self.dimension()), -0.5);
        for &end in kinks.iter().filter(|kink| kink.abs() < 0.5).chain(&[0.5]) {
            let rule = &self.sampler.five;
            for (node, weight) in rule.nodes.into_iter().zip(rule.weights) {
                let ((here, there), _) = self.share(advance(at, begin + node * (end - begin), step), step, normal);
                share += weight * (end - begin) * here;
                shared = shared.plus(there.scaled(weight * (end - begin)));
            }
            begin = end;
        }
        self.over(share, shared)
    }
}

/// The coefficients c_k of [∂ᵏP], k = 1, 2, 3, from the head of this file, for a cell with Γ at this distance.
fn terms(kink: f64) -> [f64; 3] {
    let theta = if kink > 0.0 { 1.0 - kink } else { -kink };
    let second = theta * theta - theta;
    let of_sums = [(second + 1.0 / 6.0) / 2.0, second * (theta - 0.5) / 6.0, (second * second - 1.0 / 30.0) / 24.0];
    let own = 1.0 - kink.abs();
    // The cell behind Γ gains what the cell before it loses.
    let ahead = if kink > 0.0 { -1.0 } else { 1.0 };
    [own * of_sums[0] + ahead * 2.0 * of_sums[1], own * of_sums[1] + ahead * 3.0 * of_sums[2], own * of_sums[2]]
}
