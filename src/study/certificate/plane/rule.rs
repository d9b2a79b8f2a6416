//! Gauss–Legendre quadrature on the two halves of a unit cell, its running integrals, and cubic interpolation from cell
//! centres to its nodes.
//!
//! The interpolant is smooth between two centres, that is, on each half of a cell; the rule has `N/2` nodes on either
//! half.

use std::f64::consts::PI;

/// The number of centres, the cell's own and two on either side, from which values in a cell are interpolated.
pub(super) const REACH: usize = 5;

/// Weights of the values at [`REACH`] centres.
pub(super) type Stencil = [f64; REACH];

/// The rule with `N` nodes on the unit interval.
pub(super) struct Rule<const N: usize> {
    pub(super) nodes: [f64; N],
    pub(super) weights: [f64; N],
    /// Σ_l `running[k][l]` f_l = ∫₀^{t_k} f, f interpolated on each half.
    pub(super) running: [[f64; N]; N],
    /// Interpolation from centres to each node.
    pub(super) value: [Stencil; N],
    /// Derivative at each node from centres, per cell width.
    pub(super) slope: [Stencil; N],
    /// Σ_l `from_middle[k][l]` f_l = ∫_{½}^{t_k} f, f interpolated through all nodes.
    pub(super) from_middle: [[f64; N]; N],
    /// The same integral from ½ to 0, and to 1.
    pub(super) halves: [[f64; N]; 2],
    /// Values of that polynomial at ½, and at 0 and 1.
    pub(super) at_middle: [f64; N],
    pub(super) at_ends: [[f64; N]; 2],
    /// Σ_l `derivative[k][l]` f_l is its derivative at node k.
    pub(super) derivative: [[f64; N]; N],
}

impl<const N: usize> Rule<N> {
    pub(super) fn new() -> Rule<N> {
        let half = gauss(N / 2);
        let (mut nodes, mut weights) = ([0.0; N], [0.0; N]);
        for (k, &(node, weight)) in half.iter().enumerate() {
            (nodes[k], weights[k]) = (0.5 * node, 0.5 * weight);
            (nodes[N / 2 + k], weights[N / 2 + k]) = (0.5 + 0.5 * node, 0.5 * weight);
        }
        let mut running = [[0.0; N]; N];
        for (k, &(end, _)) in half.iter().enumerate() {
            for l in 0..N / 2 {
                // The rule integrates Lagrange polynomials exactly on any interval.
                let part: f64 = half.iter().map(|&(t, w)| end * w * lagrange(&half, l, end * t)).sum();
                running[k][l] = 0.5 * part;
                running[N / 2 + k][N / 2 + l] = 0.5 * part;
                running[N / 2 + k][l] = 0.5 * half[l].1;
            }
        }
        let all: Vec<(f64, f64)> = nodes.into_iter().zip(weights).collect();
        let through = |l: usize, t: f64| lagrange(&all, l, t);
        let fine = gauss(N);
        let from_half = |end: f64| -> [f64; N] {
            let part = |l: usize, &(t, w): &(f64, f64)| (end - 0.5) * w * through(l, 0.5 + (end - 0.5) * t);
            std::array::from_fn(|l| fine.iter().map(|node| part(l, node)).sum())
        };
        Rule {
            nodes,
            weights,
            running,
            value: nodes.map(value),
            slope: nodes.map(slope),
            from_middle: nodes.map(from_half),
            halves: [0.0, 1.0].map(from_half),
            at_middle: std::array::from_fn(|l| through(l, 0.5)),
            at_ends: [0.0, 1.0].map(|end| std::array::from_fn(|l| through(l, end))),
            derivative: derivatives(&nodes),
        }
    }

    /// ∫₀¹ f from values at the nodes.
    pub(super) fn integral(&self, f: &[f64; N]) -> f64 {
        (0..N).map(|k| self.weights[k] * f[k]).sum()
    }

    /// ∫₀^{t_k} f for every node t_k.
    pub(super) fn before(&self, f: &[f64; N]) -> [f64; N] {
        std::array::from_fn(|k| (0..N).map(|l| self.running[k][l] * f[l]).sum())
    }
}

/// Derivatives of the Lagrange polynomials at the nodes; each row sums to zero.
fn derivatives<const N: usize>(nodes: &[f64; N]) -> [[f64; N]; N] {
    // Π_{other} (t_own − t_other), the reciprocal barycentric weight (Berrut and Trefethen 2004).
    let product =
        |own: usize| -> f64 { (0..N).filter(|&other| other != own).map(|other| nodes[own] - nodes[other]).product() };
    let products: [f64; N] = std::array::from_fn(product);
    let mut found = [[0.0; N]; N];
    for k in 0..N {
        for l in (0..N).filter(|&l| l != k) {
            found[k][l] = products[k] / products[l] / (nodes[k] - nodes[l]);
            found[k][k] -= found[k][l];
        }
    }
    found
}

fn lagrange(nodes: &[(f64, f64)], own: usize, at: f64) -> f64 {
    let others = nodes.iter().enumerate().filter(|(other, _)| *other != own);
    others.map(|(_, &(node, _))| (at - node) / (nodes[own].0 - node)).product()
}

/// Nodes and weights of Gauss–Legendre quadrature on [0, 1], by Newton's method on the three-term recurrence.
fn gauss(count: usize) -> Vec<(f64, f64)> {
    let polynomial = |x: f64| {
        let (mut last, mut now) = (1.0, x);
        for k in 2..=count {
            let n = k as f64;
            (last, now) = (now, ((2.0 * n - 1.0) * x * now - (n - 1.0) * last) / n);
        }
        (now, count as f64 * (last - x * now) / (1.0 - x * x))
    };
    let node = |k: usize| {
        let mut x = -(PI * (k as f64 + 0.75) / (count as f64 + 0.5)).cos();
        for _ in 0..20 {
            let (value, slope) = polynomial(x);
            x -= value / slope;
        }
        let slope = polynomial(x).1;
        (0.5 + 0.5 * x, 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..count).map(node).collect()
}

/// Weights of the Catmull–Rom cubic at the place s ∈ [0, 1] of a cell; the interpolant is C¹.
pub(super) fn value(s: f64) -> Stencil {
    spread(s, |t| {
        let (t2, t3) = (t * t, t * t * t);
        [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
    })
}

/// Derivative weights of the Catmull–Rom cubic at s, per cell width.
pub(super) fn slope(s: f64) -> Stencil {
    spread(s, |t| {
        let t2 = t * t;
        [-1.5 * t2 + 2.0 * t - 0.5, 4.5 * t2 - 5.0 * t, -4.5 * t2 + 4.0 * t + 0.5, 1.5 * t2 - t]
    })
}

fn spread(s: f64, cubic: impl Fn(f64) -> [f64; 4]) -> Stencil {
    let is_right = s >= 0.5;
    let weights = cubic(if is_right { s - 0.5 } else { s + 0.5 });
    let mut stencil = [0.0; REACH];
    stencil[usize::from(is_right)..][..4].copy_from_slice(&weights);
    stencil
}
