//! Selling's decomposition: a tensor as a sum of at most three integer edges with nonnegative weights.
//!
//! ```text
//! D̃ = Σ_k λ_k e_k e_kᵀ,   λ_k ≥ 0,   e_k ∈ ℤ²        D̃ = diag(1/h) D diag(1/h)
//! ```
//! With it the discretisation of a full tensor is a Markov generator. The edges are exactly the axes if D̃ is diagonal.
//! Their length grows with the square root of the anisotropy: a singular tensor with an irrational null direction has
//! no decomposition and is refused.
//!
//! Source: Selling 1874; Fehrenbach & Mirebeau 2014; Bonnans, Bonnet & Mirebeau 2020.

use crate::tensor::{Tensor, dot};

/// One edge of a stencil with its weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Edge {
    /// Offset in cells; the first nonzero entry is positive, and the edge stands for both directions.
    pub offset: [i32; 2],
    /// The conductance λ_e > 0, in 1/time.
    pub weight: f64,
}

/// The edges of one cell: at most three.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stencil {
    edges: [Edge; 3],
    len: u8,
}

/// The decomposition did not end within the longest edge: the tensor is too anisotropic for the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TooAnisotropic {
    /// Largest over smallest eigenvalue of D̃.
    pub ratio: f64,
}

/// The longest edge, in cells, that a stencil may have. Longer edges would reach across structures that the grid should
/// resolve, and would enlarge the separators of the elimination.
const LONGEST_EDGE: i64 = 64;

impl Stencil {
    /// The edges.
    pub fn edges(&self) -> &[Edge] {
        &self.edges[..self.len as usize]
    }

    /// The conductance λ_e of an offset, 0 if the stencil does not have it.
    pub fn weight(&self, offset: [i32; 2]) -> f64 {
        self.edges().iter().find(|edge| edge.offset == offset).map_or(0.0, |edge| edge.weight)
    }

    fn push(&mut self, vector: [i64; 2], weight: f64) {
        if weight > 0.0 {
            let sign = if vector[0] < 0 || (vector[0] == 0 && vector[1] < 0) { -1 } else { 1 };
            let offset = vector.map(|c| (sign * c) as i32);
            self.edges[self.len as usize] = Edge { offset, weight };
            self.len += 1;
        }
    }

    /// Decomposes a positive semidefinite tensor in index coordinates; in one dimension only `xx` is used.
    ///
    /// # Errors
    /// [`TooAnisotropic`] for a tensor whose decomposition needs longer edges than allowed.
    pub fn of(tensor: Tensor, dimension: usize) -> Result<Stencil, TooAnisotropic> {
        let mut stencil = Stencil::default();
        if dimension == 1 || (tensor.xy == 0.0) {
            stencil.push([0, 1], if dimension == 1 { 0.0 } else { tensor.yy });
            stencil.push([1, 0], tensor.xx);
            return Ok(stencil);
        }
        let mut base: [[i64; 2]; 3] = [[1, 0], [0, 1], [-1, -1]];
        let real = |v: [i64; 2]| [v[0] as f64, v[1] as f64];
        let product = |v: [i64; 2], w: [i64; 2]| tensor.form(real(v), real(w));
        loop {
            // A product that is zero to within its rounding error counts as zero: the reduction might not end
            // otherwise.
            let obtuse = |v: [i64; 2], w: [i64; 2]| {
                let scale = (tensor.xx.abs() + tensor.xy.abs() + tensor.yy.abs()) * dot(real(v), real(v)).sqrt();
                product(v, w) <= 4.0 * f64::EPSILON * scale * dot(real(w), real(w)).sqrt()
            };
            let Some(k) = (0..3).find(|&k| !obtuse(base[(k + 1) % 3], base[(k + 2) % 3])) else {
                break;
            };
            let (a, b) = (base[(k + 1) % 3], base[(k + 2) % 3]);
            base = [[-a[0], -a[1]], b, [a[0] - b[0], a[1] - b[1]]];
            if base.iter().flatten().any(|c| c.abs() > LONGEST_EDGE) {
                let [low, high] = tensor.eigen(2).values;
                return Err(TooAnisotropic { ratio: high / low.max(0.0) });
            }
        }
        for k in 0..3 {
            let [x, y] = base[k];
            stencil.push([-y, x], -product(base[(k + 1) % 3], base[(k + 2) % 3]));
        }
        stencil.edges[..stencil.len as usize].sort_by_key(|edge| edge.offset);
        Ok(stencil)
    }
}
