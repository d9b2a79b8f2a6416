//! Mollification of D = η/(2B) [H]₊ + d·I on a grid, near the curves Γ on which an eigenvalue of H changes sign.
//!
//! On Γ the eigenvalue h_k of H vanishes, and with it, up to the floor d, an eigenvalue of D. The path integral of
//! D⁻¹∇L diverges there and would block every edge that crosses Γ, although the noise carries the process across where
//! nᵀDn = c h_j (n·v_j)² > 0, c = η/(2B), n the normal of Γ. Therefore the eigenvalue is kept above a level that
//! decreases with the cell width,
//! ```text
//! c|h_k| + d  →  max(c|h_k| + d, c·min(max(Δ/4, |h_j|/256), e ω|h_j|))
//!
//! Δ = |(a ∂ₐh_k, b ∂ᵦh_k)|   the change of h_k over a cell of widths a, b
//! ω = (n·v_j)²               the openness of Γ, n = ∇h_k/|∇h_k|
//! ```
//! Nothing changes where Γ is blocked (ω = 0: separable landscapes, however turned) or where the grid resolves the
//! floor, d ≥ cΔ/4. The term |h_j|/256 limits the length of Selling's edges. Γ is resolved where Δ < ω|h_j|.
//!
//! Source: method.md section 3, "Degenerate curves".

use std::sync::Arc;

use crate::problem::landscape::Landscape;
use crate::problem::noise::{Breaks, DiffusionField};
use crate::tensor::{Eigen, Point, Tensor, advance, difference, dot};

/// The field c(θ)[H(θ)]₊ + d·I: the landscape, c and d.
#[derive(Clone)]
pub struct HessianField {
    /// The landscape with the Hessian H.
    pub landscape: Arc<dyn Landscape>,
    /// η/(2B), which is c unless c is proportional to the loss.
    pub factor: f64,
    /// Whether c = η/(2B)·2L(θ).
    pub grows_with_loss: bool,
    /// The floor d ≥ 0.
    pub floor: f64,
    /// A factor of the part Δ/4 of the level: 1, or 2 to estimate the effect of the level.
    pub raise: f64,
}

impl HessianField {
    /// c(θ).
    pub fn factor_at(&self, theta: Point) -> f64 {
        if self.grows_with_loss { self.factor * 2.0 * self.landscape.value(theta) } else { self.factor }
    }
}

/// The shape of the cells of a grid.
#[derive(Clone, Copy, Debug)]
pub struct CellShape {
    /// The widths along the grid's axes.
    pub spacing: [f64; 2],
    /// The cosine and sine of the angle from the axes of θ to those of the grid.
    pub turn: [f64; 2],
}

/// The change of an eigenvalue h_k of the Hessian near a point.
#[derive(Clone, Copy, Debug)]
pub struct Approach {
    /// Δ, the change of h_k over a cell.
    pub change: f64,
    /// The openness ω = (n·v_j)² of the level curve of h_k.
    pub openness: f64,
}

impl CellShape {
    /// Unit vectors along the grid's axes.
    fn axes(&self) -> [Point; 2] {
        let [cosine, sine] = self.turn;
        [[cosine, sine], [-sine, cosine]]
    }
}

/// The largest ratio of the eigenvalues of D on open curves, which limits Selling's edges to about eight cells.
const LARGEST_RATIO: f64 = 256.0;

/// The limit of the level as a multiple of ω|h_j|: the level vanishes with the openness.
const OPEN_SHARE: f64 = std::f64::consts::E;

/// The openness below which a curve is blocked: the rounding of the differences from which it is computed.
const BLOCKED: f64 = 1e-20;

/// A segment along which h_k changes by more than a tenth of its smallest value is too close to Γ for the path
/// integral.
const CLOSE: f64 = 10.0;

/// The number of cells within which an eigenvalue must not vanish for a point to be far from Γ.
const CALM_CELLS: f64 = 4.0;

/// Eigenvalues with a smaller ratio than this, an eighth of [`LARGEST_RATIO`], are not raised either; their edges are
/// short.
const CALM_RATIO: f64 = 1.0 / 32.0;

/// The step of the differences for ∇h_k, in cells: the truncation error (its square) and rounding are both near 1e-10.
const STEP: f64 = 1e-3;

/// The mollified field on one grid.
pub struct Mollified<'a> {
    field: HessianField,
    plain: &'a dyn DiffusionField,
    cells: CellShape,
    calm: Option<Calm<'a>>,
}

/// A function that tells whether the cell of a point is calm ([`Mollified::is_calm`]).
type Calm<'a> = Box<dyn Fn(Point) -> bool + Send + Sync + 'a>;

impl<'a> Mollified<'a> {
    /// The mollification of a field that is made from a Hessian in two dimensions; `None` for other fields, which are
    /// not changed.
    pub fn of(noise: &'a dyn DiffusionField, cells: CellShape) -> Option<Mollified<'a>> {
        let field = noise.hessian_field()?;
        (field.landscape.dimension() == 2).then_some(Mollified { field, plain: noise, cells, calm: None })
    }

    /// The same field with a cheap function that tells which cells are calm.
    pub fn knowing(self, calm: impl Fn(Point) -> bool + Send + Sync + 'a) -> Mollified<'a> {
        Mollified { calm: Some(Box::new(calm)), ..self }
    }

    /// Whether no eigenvalue is raised within two cells of a point. The levels are at most Δ/4 and |h_j|/256, and no
    /// eigenvalue changes by more over a cell than H does.
    pub fn is_calm(&self, theta: Point) -> bool {
        let changes = self.cells.axes().into_iter().zip(self.cells.spacing).map(|(axis, width)| {
            let hessian = |cells: f64| self.field.landscape.hessian(advance(theta, cells * width, axis));
            let (ahead, behind) = (hessian(STEP), hessian(-STEP));
            let [xx, xy, yy] = [ahead.xx - behind.xx, ahead.xy - behind.xy, ahead.yy - behind.yy];
            (xx * xx + 2.0 * xy * xy + yy * yy).sqrt() / (2.0 * STEP)
        });
        let change = changes.fold(0.0, f64::hypot);
        let values = self.eigen(theta).values.map(f64::abs);
        let smallest = values[0].min(values[1]);
        smallest >= CALM_CELLS * change && smallest >= CALM_RATIO * values[0].max(values[1])
    }

    /// The change of h_k near a point whose Hessian has this eigendecomposition.
    pub fn approach(&self, theta: Point, eigen: &Eigen, k: usize) -> Approach {
        let axes = self.cells.axes();
        let (own, other) = (eigen.vectors[k], eigen.vectors[1 - k]);
        let mut changes = [0.0; 2];
        for axis in 0..2 {
            let step = axes[axis].map(|c| c * self.cells.spacing[axis]);
            let hessian = |fraction: f64| self.field.landscape.hessian(advance(theta, fraction, step));
            let (ahead, behind) = (hessian(STEP), hessian(-STEP));
            changes[axis] = (ahead.form(own, own) - behind.form(own, own)) / (2.0 * STEP);
        }
        let slope = [changes[0] / self.cells.spacing[0], changes[1] / self.cells.spacing[1]];
        let along = slope[0] * dot(other, axes[0]) + slope[1] * dot(other, axes[1]);
        let openness = along * along / dot(slope, slope);
        // h_k is constant, so there is no curve.
        Approach { change: changes[0].hypot(changes[1]), openness: if openness > BLOCKED { openness } else { 0.0 } }
    }

    /// The level of c|h_k| + d at a point, if the grid does not resolve the floor; otherwise 0.
    fn level(&self, factor: f64, Approach { change, openness }: Approach, other: f64) -> f64 {
        let HessianField { floor, raise, .. } = self.field;
        let open = OPEN_SHARE * openness * other.abs();
        if floor > 0.0 && floor >= factor * (0.25 * change).min(open) {
            return 0.0;
        }
        factor * (0.25 * raise * change).max(other.abs() / LARGEST_RATIO).min(open)
    }

    /// ω|h_j|/Δ where a segment crosses Γ, the smaller value if it crosses two curves; `None` if it crosses none or the
    /// grid resolves the floor.
    pub fn resolution(&self, from: Point, to: Point) -> Option<f64> {
        let ends = [self.eigen(from), self.eigen(to)];
        let crossed = (0..2).filter(|&k| (ends[0].values[k] > 0.0) != (ends[1].values[k] > 0.0));
        let resolutions = crossed.filter_map(|k| {
            let near = usize::from(ends[0].values[k].abs() > ends[1].values[k].abs());
            let other = ends[near].values[1 - k];
            let approach = self.approach([from, to][near], &ends[near], k);
            let factor = self.field.factor_at([from, to][near]);
            let is_bare = self.field.floor == 0.0 || self.level(factor, approach, other) > 0.0;
            // If h_k jumps from one sign to the other, |h_k| does not vanish.
            (is_bare && approach.change > 0.0).then(|| approach.openness * other.abs() / approach.change)
        });
        resolutions.reduce(f64::min)
    }

    /// cΔ/d where a segment crosses a curve with a floor d, the larger value if it crosses two curves; `None` if it
    /// crosses none.
    pub fn steepness(&self, from: Point, to: Point) -> Option<f64> {
        let ends = [self.eigen(from), self.eigen(to)];
        let crossed = (0..2).filter(|&k| (ends[0].values[k] > 0.0) != (ends[1].values[k] > 0.0));
        let change = crossed.map(|k| self.approach(from, &ends[0], k).change).reduce(f64::max)?;
        (self.field.floor > 0.0).then(|| self.field.factor_at(from) * change / self.field.floor)
    }

    fn eigen(&self, theta: Point) -> Eigen {
        self.field.landscape.hessian(theta).eigen(2)
    }
}

impl DiffusionField for Mollified<'_> {
    fn tensor(&self, theta: Point) -> Tensor {
        let HessianField { ref landscape, floor, .. } = self.field;
        let factor = self.field.factor_at(theta);
        let hessian = landscape.hessian(theta);
        let eigen = hessian.eigen(2);
        let plain = eigen.values.map(|h| factor * h.abs() + floor);
        let mut raised = plain;
        for k in 0..2 {
            let other = eigen.values[1 - k];
            if plain[k] < factor * OPEN_SHARE * other.abs() {
                raised[k] = plain[k].max(self.level(factor, self.approach(theta, &eigen, k), other));
            }
        }
        if raised == plain {
            return hessian.absolute(2).scaled(factor).plus(Tensor::isotropic(floor, 2));
        }
        let [[u, v], [p, q]] = eigen.vectors;
        Tensor {
            xx: raised[0] * u * u + raised[1] * p * p,
            xy: raised[0] * u * v + raised[1] * p * q,
            yy: raised[0] * v * v + raised[1] * q * q,
        }
    }

    fn degenerates_along(&self, from: Point, to: Point) -> bool {
        let ends = [self.eigen(from), self.eigen(to)];
        (0..2).any(|k| {
            let [start, end] = ends.map(|eigen| eigen.values[k]);
            let (near, at) = if start.abs() <= end.abs() { (0, from) } else { (1, to) };
            let smallest = ends[near].values[k].abs();
            if (start > 0.0) == (end > 0.0) && smallest >= CLOSE * (end - start).abs() {
                return false;
            }
            let other = ends[near].values[1 - k];
            let approach = self.approach(at, &ends[near], k);
            approach.change < approach.openness * other.abs()
                && self.level(self.field.factor_at(at), approach, other) > 0.0
        })
    }

    fn plain_along(&self, from: Point, to: Point) -> Option<&dyn DiffusionField> {
        let calm = self.calm.as_ref()?;
        // Edges have at most eight cells: every point of one is within two cells of these three.
        let middle = advance(from, 0.5, difference(to, from));
        [from, middle, to].into_iter().all(calm).then_some(self.plain)
    }

    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.plain.breaks(from, to)
    }
}
