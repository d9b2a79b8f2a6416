//! A point of Γ, where an eigenvalue h_k of the Hessian vanishes, and with it an eigenvalue of D = c[H]₊.
//!
//! There D = c|h_j| v_j v_jᵀ. With n the normal of Γ the noise carries the process across where
//! nᵀDn = c|h_j| (n·v_j)² > 0; the openness ω = (n·v_j)² has no unit and does not depend on the axes. Where v_j is
//! tangent to Γ only the drift can cross,
//! ```text
//! Itô:         −∇L·n + c|h_j| v_jᵀ(∇∇h_k)v_j/|∇h_k|        the second term: the noise along a bent Γ
//! isothermal:  −∇L·n
//! ```
//! Where h_k only touches zero, ∇h_k vanishes too: then n is the direction in which h_k bends, and the bend of Γ that
//! of the line of its smallest values.
//!
//! Source: method.md section 1.

use crate::problem::Interpretation;
use crate::problem::degeneracy::smallest;
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

/// Beside a zero that is touched, a quarter of a segment apart, the smallest of |h_k| is at most a ninth of the others.
const DIP: f64 = 0.2;

/// |h_k| over |h_j| up to which it has touched zero.
const TOUCHED: f64 = 1e-11;

/// Steps to a point of Γ beside another, each of which leaves a part like the distance.
const STRAYS: usize = 4;

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

    /// The crossing, along a step, of a curve at a point of which h_k touches zero.
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
                // Where the middle lies as it does at Γ, however unlike the two sides are.
                (0..STRAYS).fold(0.0, |stray, _| stray + self.middle(advance(beside, stray, normal), normal, k) - own)
            };
            let bend = -(stray(1.0) + stray(-1.0)) / (far * far);
            drift += self.field.factor_at(at) * eigen.values[1 - k].abs() * bend;
        }
        let cosine = dot(normal, other);
        Crossing { at, openness: cosine * cosine, is_carried: drift > 0.0 }
    }

    /// The step of what is of second order at Γ, which wants a longer one.
    fn far(&self) -> f64 {
        STEP.sqrt() * self.size
    }

    /// The normal of a curve on which h_k touches zero: there its slope vanishes, and to both sides it points away. By
    /// differences along the normal and the tangent that are known so far, whose errors vanish with what is left
    /// between.
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

    /// How far from a point along a normal |h_k| is smallest: in the middle between two places where it is the same.
    fn middle(&self, from: Point, normal: Point, k: usize) -> f64 {
        let (far, size) = (self.far(), |s: f64| self.eigenvalue(advance(from, s, normal), k).abs());
        let level = size(far);
        0.5 * (far + self.root([-3.0 * far, 0.0], size(-3.0 * far) > level, |s| size(s) - level))
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
