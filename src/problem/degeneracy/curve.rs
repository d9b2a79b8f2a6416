//! A point of Γ, where an eigenvalue h_k of the Hessian vanishes, and with it an eigenvalue of D = c[H]₊.
//!
//! There D = c|h_j| v_j v_jᵀ. With n the normal of Γ the noise carries the process across where nᵀDn = c|h_j| (n·v_j)² > 0; the
//! openness ω = (n·v_j)² has no unit and does not depend on the axes. Where v_j is tangent to Γ only the drift can cross,
//! ```text
//! Itô:         −∇L·n + c|h_j| v_jᵀ(∇∇h_k)v_j/|∇h_k|        the second term: the noise along a bent Γ
//! isothermal:  −∇L·n
//! ```
//! Source: method.md section 1.

use crate::problem::Interpretation;
use crate::problem::mollified::HessianField;
use crate::tensor::{Point, advance, difference, dot, norm};

/// A crossing of Γ, in one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The point of Γ.
    pub at: Point,
    /// ω there, between 0 and 1.
    pub openness: f64,
    /// Whether the drift crosses in this direction, whatever the noise does.
    pub is_carried: bool,
}

impl Crossing {
    /// How wide the way is here: 1 where the drift carries the process, else ω.
    pub fn width(&self) -> f64 {
        if self.is_carried { 1.0 } else { self.openness }
    }
}

/// Of the domain, the step of the differences for ∇h_k: of fourth order, with errors of a few 1e-13.
const STEP: f64 = 3e-4;

/// Pieces of a segment in which sign changes are looked for: two curves may pass between its ends.
const PIECES: usize = 4;

/// Curves of D = c[H]₊ in a domain of some size.
pub struct Curves<'a> {
    /// c[H]₊.
    pub field: &'a HessianField,
    /// The calculus.
    pub interpretation: Interpretation,
    /// The length of the domain.
    pub size: f64,
}

impl Curves<'_> {
    fn eigenvalue(&self, theta: Point, k: usize) -> f64 {
        self.field.landscape.hessian(theta).eigen(2).values[k]
    }

    /// The narrowest crossing on the way along a segment; `None` where it crosses no curve.
    pub fn narrowest(&self, from: Point, to: Point) -> Option<Crossing> {
        let step = difference(to, from);
        let values: [[f64; 2]; PIECES + 1] = std::array::from_fn(|piece| {
            let at = advance(from, piece as f64 / PIECES as f64, step);
            self.field.landscape.hessian(at).eigen(2).values
        });
        let mut narrowest: Option<Crossing> = None;
        for (piece, ends) in values.windows(2).enumerate() {
            for (k, (&start, &end)) in ends[0].iter().zip(&ends[1]).enumerate() {
                if (start > 0.0) == (end > 0.0) {
                    continue;
                }
                let [low, high] = [piece, piece + 1].map(|end| end as f64 / PIECES as f64);
                let zero = self.root([low, high], start > 0.0, |s| self.eigenvalue(advance(from, s, step), k));
                let crossing = self.crossing(advance(from, zero, step), k, if end > start { 1.0 } else { -1.0 });
                if narrowest.is_none_or(|other| crossing.width() < other.width()) {
                    narrowest = Some(crossing);
                }
            }
        }
        narrowest
    }

    /// Where a function changes sign, by bisection to the last bit.
    fn root(&self, [mut low, mut high]: [f64; 2], positive: bool, f: impl Fn(f64) -> f64) -> f64 {
        // 53 halvings exhaust the mantissa.
        for _ in 0..53 {
            let middle = 0.5 * (low + high);
            if (f(middle) > 0.0) == positive { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// The crossing at a zero of h_k towards rising (`sense` = 1) or falling (−1) h_k.
    fn crossing(&self, at: Point, k: usize, sense: f64) -> Crossing {
        let HessianField { landscape, .. } = self.field;
        let eigen = landscape.hessian(at).eigen(2);
        let (own, other) = (eigen.vectors[k], eigen.vectors[1 - k]);
        let width = STEP * self.size;
        let along = |direction: Point| {
            let value = |steps: f64| landscape.hessian(advance(at, steps * width, direction)).form(own, own);
            (8.0 * (value(1.0) - value(-1.0)) - (value(2.0) - value(-2.0))) / (12.0 * width)
        };
        let slope = [along([1.0, 0.0]), along([0.0, 1.0])];
        let steepness = norm(slope);
        if steepness == 0.0 {
            // A curve without a normal: nothing is known to cross it.
            return Crossing { at, openness: 0.0, is_carried: false };
        }
        let normal = slope.map(|c| sense * c / steepness);
        let cosine = dot(normal, other);
        let mut drift = -dot(landscape.gradient(at), normal);
        if self.interpretation != Interpretation::Isothermal {
            // Second differences want a longer step.
            let far = STEP.sqrt() * self.size;
            let value = |steps: f64| self.eigenvalue(advance(at, steps * far, other), k);
            let bend = (value(1.0) - 2.0 * value(0.0) + value(-1.0)) / (far * far);
            drift += self.field.factor_at(at) * eigen.values[1 - k].abs() * sense * bend / steepness;
        }
        Crossing { at, openness: cosine * cosine, is_carried: drift > 0.0 }
    }
}
