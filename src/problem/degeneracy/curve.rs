//! The curve Γ on which an eigenvalue h_k of the Hessian vanishes, and with it an eigenvalue of D = c[H]₊, and its
//! crossings.
//!
//! On Γ D = c|h_j| v_j v_jᵀ. With n the normal of Γ, the noise carries the process across where
//! nᵀDn = c|h_j| (n·v_j)² > 0. The openness ω = (n·v_j)² is dimensionless and does not depend on the axes. Where
//! v_j is tangent to Γ only the drift can cross,
//! ```text
//! Itô:         −∇L·n + c|h_j| v_jᵀ(∇∇h_k)v_j/|∇h_k|        the second term: the noise along a bent Γ
//! isothermal:  −∇L·n
//! ```
//! Where h_k touches zero without a change of sign, ∇h_k vanishes too. Then n is the direction of the second derivative
//! of h_k, and the curvature of Γ is that of the curve of its minima.
//!
//! Source: method.md section 1.

use crate::problem::Interpretation;
use crate::problem::degeneracy::smallest;
use crate::problem::mollified::HessianField;
use crate::tensor::{Point, advance, difference, dot, norm};

/// A crossing of Γ, in one direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The point on Γ.
    pub at: Point,
    /// The openness ω, between 0 and 1.
    pub openness: f64,
    /// Whether the drift crosses in this direction, whatever the noise does.
    pub is_carried: bool,
}

impl Crossing {
    /// The width of the crossing: 1 if the drift carries the process across, otherwise ω.
    pub fn width(&self) -> f64 {
        if self.is_carried { 1.0 } else { self.openness }
    }
}

/// The step of the fourth-order differences for ∇h_k, as a fraction of the domain: errors are a few 1e-13.
const STEP: f64 = 3e-4;

/// The number of pieces of a segment that are searched for sign changes: two curves may pass between its ends.
const PIECES: usize = 4;

/// Next to a zero that is only touched, at points a quarter of a segment apart, the smallest |h_k| is at most a ninth
/// of the others; this is the limit for the search.
const DIP: f64 = 0.2;

/// |h_k| / |h_j| up to which h_k counts as touching zero.
const TOUCHED: f64 = 1e-11;

/// The number of iterations that find a point of Γ near another; each reduces the error to a fraction like the
/// distance.
const STRAYS: usize = 4;

/// The curves Γ of D = c[H]₊ in a domain.
pub struct Curves<'a> {
    /// The field c[H]₊.
    pub field: &'a HessianField,
    /// The stochastic calculus.
    pub interpretation: Interpretation,
    /// The length of the domain.
    pub size: f64,
}

impl Curves<'_> {
    fn eigenvalue(&self, theta: Point, k: usize) -> f64 {
        self.field.landscape.hessian(theta).eigen(2).values[k]
    }

    /// The narrowest crossing along a segment; `None` if it crosses no curve.
    pub fn narrowest(&self, from: Point, to: Point) -> Option<Crossing> {
        let step = difference(to, from);
        let values: [[f64; 2]; PIECES + 1] = std::array::from_fn(|piece| {
            let at = advance(from, piece as f64 / PIECES as f64, step);
            self.field.landscape.hessian(at).eigen(2).values
        });
        let mut narrowest = self.touched(from, step, &values);
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

    /// The crossing of a curve on which an eigenvalue touches zero without a change of sign.
    fn touched(&self, from: Point, step: Point, values: &[[f64; 2]; PIECES + 1]) -> Option<Crossing> {
        (0..2).find_map(|k| {
            let sizes = values.map(|pair| pair[k].abs());
            let lowest = (0..=PIECES).min_by(|&a, &b| sizes[a].total_cmp(&sizes[b]))?;
            let around = lowest.saturating_sub(2)..=(lowest + 2).min(PIECES);
            let dips = sizes[lowest] <= DIP * around.clone().map(|piece| sizes[piece]).fold(0.0, f64::max);
            if !dips || values[around].iter().any(|pair| (pair[k] > 0.0) != (values[0][k] > 0.0) && pair[k] != 0.0) {
                return None;
            }
            let [low, high] =
                [lowest.saturating_sub(1), (lowest + 1).min(PIECES)].map(|piece| piece as f64 / PIECES as f64);
            let size = |s: f64| self.eigenvalue(advance(from, low + s * (high - low), step), k).abs();
            let at = advance(from, low + smallest(size).0 * (high - low), step);
            let pair = self.field.landscape.hessian(at).eigen(2).values;
            (pair[k].abs() <= TOUCHED * pair[1 - k].abs()).then(|| self.touching(at, k, step))
        })
    }

    /// The crossing, along a step, of a curve at a point where h_k touches zero.
    fn touching(&self, at: Point, k: usize, step: Point) -> Crossing {
        let landscape = &self.field.landscape;
        let eigen = landscape.hessian(at).eigen(2);
        let other = eigen.vectors[1 - k];
        let across = self.normal(at, k);
        let normal = if dot(across, step) < 0.0 { across.map(|c| -c) } else { across };
        let mut drift = -dot(landscape.gradient(at), normal);
        if self.interpretation != Interpretation::Isothermal {
            let far = self.far();
            let own = self.middle(at, normal, k);
            let stray = |side: f64| {
                let beside = advance(at, side * far, other);
                // Iterate until the middle has the same offset as at Γ, also where h_k is asymmetric.
                (0..STRAYS).fold(0.0, |stray, _| stray + self.middle(advance(beside, stray, normal), normal, k) - own)
            };
            let bend = -(stray(1.0) + stray(-1.0)) / (far * far);
            drift += self.field.factor_at(at) * eigen.values[1 - k].abs() * bend;
        }
        let cosine = dot(normal, other);
        Crossing { at, openness: cosine * cosine, is_carried: drift > 0.0 }
    }

    /// The longer step of second differences at Γ.
    fn far(&self) -> f64 {
        STEP.sqrt() * self.size
    }

    /// The normal of a curve on which h_k touches zero, where ∇h_k vanishes and points away on both sides: by
    /// differences along the current normal and tangent, whose errors vanish as these converge.
    fn normal(&self, at: Point, k: usize) -> Point {
        const TURNS: usize = 6;
        let (far, width) = (self.far(), 0.25 * self.far());
        let size = |theta: Point| self.eigenvalue(theta, k).abs();
        let rise = |axis: Point| size(advance(at, far, axis)) + size(advance(at, -far, axis));
        let mut normal = if rise([1.0, 0.0]) > rise([0.0, 1.0]) { [1.0, 0.0] } else { [0.0, 1.0] };
        for _ in 0..TURNS {
            let slope = |direction: Point| {
                let side = |side: f64| {
                    let value = |steps: f64| size(advance(advance(at, side * far, normal), steps * width, direction));
                    side * (8.0 * (value(1.0) - value(-1.0)) - (value(2.0) - value(-2.0)))
                };
                side(1.0) + side(-1.0)
            };
            let tangent = [-normal[1], normal[0]];
            let turned = advance(normal.map(|c| c * slope(normal)), slope(tangent), tangent);
            let length = norm(turned);
            if length == 0.0 {
                break;
            }
            normal = turned.map(|c| c / length);
        }
        normal
    }

    /// The distance along a normal at which |h_k| is smallest: the middle between two points with equal values.
    fn middle(&self, from: Point, normal: Point, k: usize) -> f64 {
        let (far, size) = (self.far(), |s: f64| self.eigenvalue(advance(from, s, normal), k).abs());
        let level = size(far);
        0.5 * (far + self.root([-3.0 * far, 0.0], size(-3.0 * far) > level, |s| size(s) - level))
    }

    /// The argument at which a function changes sign, by bisection to the last bit.
    fn root(&self, [mut low, mut high]: [f64; 2], positive: bool, f: impl Fn(f64) -> f64) -> f64 {
        // 53 halvings exhaust the mantissa.
        for _ in 0..53 {
            let middle = 0.5 * (low + high);
            if (f(middle) > 0.0) == positive { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// The crossing at a zero of h_k towards increasing (`sense` = 1) or decreasing (−1) h_k.
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
            // Without a normal the curve counts as blocked.
            return Crossing { at, openness: 0.0, is_carried: false };
        }
        let normal = slope.map(|c| sense * c / steepness);
        let cosine = dot(normal, other);
        let mut drift = -dot(landscape.gradient(at), normal);
        if self.interpretation != Interpretation::Isothermal {
            // Second differences need a longer step.
            let far = STEP.sqrt() * self.size;
            let value = |steps: f64| self.eigenvalue(advance(at, steps * far, other), k);
            let bend = (value(1.0) - 2.0 * value(0.0) + value(-1.0)) / (far * far);
            drift += self.field.factor_at(at) * eigen.values[1 - k].abs() * sense * bend / steepness;
        }
        Crossing { at, openness: cosine * cosine, is_carried: drift > 0.0 }
    }
}
