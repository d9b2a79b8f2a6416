//! Rows of cells parallel to a reflecting wall, which the edges of a full tensor connect.
//!
//! In index units, with t along the wall, n out of it and r = D_tn/D_nn, a function with n·D∇u = 0 at the wall changes
//! along an edge e that the wall stops by s_e = e_t − e_n r times its derivative along the wall. An edge that rises by
//! e_n = m rows is dropped in m rows. If m > 1 the terms b_k that the dropped edges leave in row k are not zero but
//! only sum to zero over the rows, and u in row k deviates from its course in the rows behind by a_k per unit of that
//! derivative:
//! ```text
//! Σ_e λ_e [(a_k − a_{k−e_n}) + (a_k − a_{k+e_n})] = b_k = −Σ_{e_n > k} λ_e s_e        k = 0, 1, … from the wall inwards, a_∞ = 0
//! ```
//! (without the first term where k < e_n). Edges enter by their sums over one rise m,
//! ```text
//! Λ_m = Σ_{e_n = m} λ_e        Θ_m = Σ_{e_n = m} λ_e e_t
//! ```

use crate::scheme::Stencil;

/// The depth of the half-plane used, in multiples of the longest edge: the effect decays faster than this with the
/// distance from the wall.
const DEPTH: usize = 12;

/// The edges of one tensor by the rows that they rise at a wall.
pub(super) struct Rows {
    /// r.
    pub(super) slope: f64,
    /// Λ_m, from m = 0 on.
    weights: Vec<f64>,
    /// Θ_m.
    tangents: Vec<f64>,
}

/// The deviations a_k of the rows next to a wall from the rows behind them.
pub(super) struct Deviation {
    /// Σ b_k a_k, by which the conductance along the wall falls short of Σ ½ λ_e s_e² over the dropped edges.
    pub(super) lost: f64,
    /// a_k.
    by_row: Vec<f64>,
}

impl Deviation {
    /// A_m = Σ_{k < m} a_k.
    pub(super) fn sum(&self, rise: usize) -> f64 {
        self.by_row.iter().take(rise).sum()
    }
}

impl Rows {
    /// The rows at a wall normal to an axis; `None` if no edge rises there.
    pub(super) fn new(stencil: &Stencil, normal: usize) -> Option<Rows> {
        let most = stencil.edges().iter().map(|edge| edge.offset[normal].unsigned_abs()).max()? as usize;
        let (mut weights, mut tangents) = (vec![0.0; most + 1], vec![0.0; most + 1]);
        for edge in stencil.edges() {
            let [rise, along] = [edge.offset[normal], edge.offset[1 - normal]];
            let rise_out = rise.unsigned_abs() as usize;
            weights[rise_out] += edge.weight;
            tangents[rise_out] += edge.weight * f64::from(rise.signum() * along);
        }
        let mut rows = Rows { slope: 0.0, weights, tangents };
        let across = rows.weighted(2);
        rows.slope = rows.tangential(1) / across;
        (across > 0.0).then_some(rows)
    }

    /// The most rows that an edge rises.
    pub(super) fn highest(&self) -> usize {
        self.weights.len() - 1
    }

    /// Λ_m; 0 for rises that no edge has.
    pub(super) fn weight(&self, rise: usize) -> f64 {
        self.weights.get(rise).copied().unwrap_or(0.0)
    }

    /// Θ_m; 0 for rises that no edge has.
    pub(super) fn tangent(&self, rise: usize) -> f64 {
        self.tangents.get(rise).copied().unwrap_or(0.0)
    }

    /// Σ_m m^power Λ_m = Σ λ_e e_n^power.
    pub(super) fn weighted(&self, power: i32) -> f64 {
        self.weights.iter().enumerate().map(|(rise, weight)| (rise as f64).powi(power) * weight).sum()
    }

    /// Σ_m m^power Θ_m = Σ λ_e e_n^power e_t.
    pub(super) fn tangential(&self, power: i32) -> f64 {
        self.tangents.iter().enumerate().map(|(rise, tangent)| (rise as f64).powi(power) * tangent).sum()
    }

    /// The deviation of the rows, 0 if no edge passes over a row.
    pub(super) fn deviation(&self) -> Deviation {
        let most = self.highest();
        if most < 2 {
            return Deviation { lost: 0.0, by_row: Vec::new() };
        }
        let rows = DEPTH * most;
        let mut source = vec![0.0; rows];
        // Conductances from each row to the rows up to `most` further in; a = 0 beyond the last.
        let mut links = vec![vec![0.0; most + 1]; rows];
        for rise in 1..=most {
            let slipped = self.tangents[rise] - rise as f64 * self.slope * self.weights[rise];
            source[..rise].iter_mut().for_each(|source| *source -= slipped);
            links.iter_mut().for_each(|links| links[rise] += self.weights[rise]);
        }
        // Eliminate the rows from the wall inwards, with pivots that are sums of nonnegative numbers.
        let (mut lost, mut pivots) = (0.0, vec![0.0; rows]);
        for row in 0..rows {
            let here = links[row].clone();
            pivots[row] = here.iter().sum();
            if pivots[row] == 0.0 {
                continue;
            }
            lost += source[row] * source[row] / pivots[row];
            for (near, &to_near) in here.iter().enumerate().skip(1).filter(|(near, _)| row + near < rows) {
                source[row + near] += source[row] * to_near / pivots[row];
                for (far, &to_far) in here.iter().enumerate().skip(near + 1) {
                    links[row + near][far - near] += to_near * to_far / pivots[row];
                }
            }
        }
        let mut by_row = vec![0.0; rows];
        for row in (0..rows).rev().filter(|&row| pivots[row] > 0.0) {
            let inner = links[row].iter().enumerate().skip(1).filter(|(near, _)| row + near < rows);
            let sum: f64 = inner.map(|(near, link)| link * by_row[row + near]).sum();
            by_row[row] = (source[row] + sum) / pivots[row];
        }
        Deviation { lost, by_row }
    }
}
