//! A lower bound ρ of the second eigenvalue λ₂ in two dimensions, by counting eigenvalues of a small matrix.
//!
//! With ψ = √p u the energy is ∫ d|∇ψ|² + Wψ², W = |∇L|²/4d − ΔL/2, and an integral over reflecting walls that is not negative where L
//! rises outwards there. For v with means v̄ over cells,
//! ```text
//!   ∫|∇v|² ≥ Σ_edges |e|/d_e (v̄_i − v̄_j)²        d_e: between centres, half a cell to an absorbing wall
//! ```
//! (v̄_i − v̄_j = ∫ τ_e·∇v with hat functions τ_e, whose Gram matrix is at most diag(d_e)). With v = v̄ + f in each cell, ‖f‖ ≤ (h/π)‖∇v‖
//! (Payne and Weinberger 1960) and 0 < ε < 1, W may be replaced by
//! ```text
//!   max(min W, mean W − Var W/(εdπ²/h² + min W − ρ))        where every denominator is positive
//! ```
//! and λ₂ ≥ ρ if (1−ε)d A + W − ρ has at most one negative eigenvalue: as many as negative pivots. No exponential is left.
//! Minimum, mean and variance of W are taken from samples.

use std::f64::consts::{LN_2, PI};

use rayon::prelude::*;

use super::rule::Rule;
use super::setting::Setting;
use crate::problem::{Landscape, Problem};
use crate::study::certificate::CertificateError;
use crate::tensor::dot;

/// Cells along the longer side, coarsest first: a coarse grid proves less, or nothing.
const LADDER: [usize; 3] = [64, 128, 256];
/// A bound so many times the rate loses nothing.
const AMPLE: f64 = 1e6;
/// A grid finer than this is tried only where the coarser ones have proved nothing.
const PATIENT: usize = 128;
/// Shares ε of the gradient that hold W in.
const SHARES: [f64; 3] = [0.02, 0.1, 0.5];
/// Halvings of the interval of ln ρ, once it is bracketed.
const HALVINGS: usize = 8;
/// Doublings of ln(ρ/γ) from ln 2.
const DOUBLINGS: usize = 11;
/// Slopes outwards that are this much of the largest slope are none.
const LEVEL: f64 = 1e-12;

/// The largest ρ found with ρ ≤ λ₂, above an upper bound of γ.
pub(super) fn second_rate(problem: &Problem, setting: &Setting<'_>, rate: f64) -> Result<f64, CertificateError> {
    rises_outwards(problem, setting)?;
    let mut best: Option<f64> = None;
    for longest in LADDER {
        if best.is_some_and(|best| best > AMPLE * rate || longest > PATIENT) {
            break;
        }
        let found = Counted::new(setting, longest).largest(rate);
        best = match (best, found) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
    }
    best.ok_or(CertificateError::NoGap { rate })
}

/// Refuses a reflecting wall towards which L falls.
fn rises_outwards(problem: &Problem, setting: &Setting<'_>) -> Result<(), CertificateError> {
    const SAMPLES: usize = 1024;
    let domain = &problem.domain;
    let at = |axis: usize, end: usize, k: usize| {
        let mut at = domain.lower;
        at[1 - axis] += domain.width(1 - axis) * k as f64 / SAMPLES as f64;
        at[axis] = if end == 0 { domain.lower[axis] } else { domain.upper[axis] };
        at
    };
    let reflecting = [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().filter(|&(axis, end)| !setting.absorbs[axis][end]);
    for (axis, end) in reflecting {
        for at in (0..=SAMPLES).map(|k| at(axis, end, k)) {
            let slope = setting.loss.gradient(at);
            let outwards = if end == 0 { -slope[axis] } else { slope[axis] };
            if outwards < -LEVEL * dot(slope, slope).sqrt().max(f64::MIN_POSITIVE) {
                return Err(CertificateError::FallsOutwards { axis, end, at });
            }
        }
    }
    Ok(())
}

/// What is known of W in one cell.
#[derive(Clone, Copy)]
struct Sampled {
    least: f64,
    mean: f64,
    variance: f64,
}

/// A grid for counting, its shorter side fast.
struct Counted {
    sampled: Vec<Sampled>,
    /// Cells along the slow and the fast axis, their widths, and what the walls of either do.
    cells: [usize; 2],
    spacing: [f64; 2],
    absorbs: [[bool; 2]; 2],
    noise: f64,
}

impl Counted {
    fn new(setting: &Setting<'_>, longest: usize) -> Counted {
        let widths = [0, 1].map(|axis| setting.spacing[axis] * setting.cells[axis] as f64);
        let slow = usize::from(widths[1] > widths[0]);
        let fast = 1 - slow;
        let short = ((longest as f64 * widths[fast] / widths[slow]).ceil() as usize).clamp(4, longest);
        let (cells, axes) = ([longest, short], [slow, fast]);
        let spacing = [widths[slow] / longest as f64, widths[fast] / short as f64];
        let sampled = (0..longest * short).into_par_iter().map(|cell| {
            let mut corner = setting.lower;
            corner[slow] += spacing[0] * (cell / short) as f64;
            corner[fast] += spacing[1] * (cell % short) as f64;
            sampled(setting.loss, setting.noise, corner, axes, spacing)
        });
        Counted {
            sampled: sampled.collect(),
            cells,
            spacing,
            absorbs: axes.map(|axis| setting.absorbs[axis]),
            noise: setting.noise,
        }
    }

    /// The largest ρ above the rate that this grid proves.
    fn largest(&self, rate: f64) -> Option<f64> {
        let (mut low, mut high) = (0.05, LN_2);
        let proves = |logarithm: f64| self.proves(rate * logarithm.exp());
        if !proves(low) {
            return None;
        }
        for _ in 0..DOUBLINGS {
            if !proves(high) {
                break;
            }
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if proves(middle) { low = middle } else { high = middle }
        }
        // Roundings of the pivots are far smaller.
        Some(rate * low.exp() * (1.0 - 1e-6))
    }

    /// Whether λ₂ ≥ ρ.
    fn proves(&self, rho: f64) -> bool {
        rho.is_finite() && SHARES.iter().any(|&share| self.negative_pivots(rho, share).is_some_and(|count| count <= 1))
    }

    /// The number of negative eigenvalues; `None` where a denominator is not positive, or a pivot vanishes.
    fn negative_pivots(&self, rho: f64, share: f64) -> Option<usize> {
        let ([slow, fast], noise) = (self.cells, self.noise);
        let widest = self.spacing[0].max(self.spacing[1]);
        let held = share * noise * (PI / widest).powi(2);
        let [across_slow, across_fast] = self.spacing.map(|h| (1.0 - share) * noise / (h * h));
        let band = fast + 1;
        // Row k: the diagonal and the entries to its right.
        let mut rows = vec![0.0; slow * fast * band];
        for (cell, sampled) in self.sampled.iter().enumerate() {
            let (i, j) = (cell / fast, cell % fast);
            let denominator = held + sampled.least - rho;
            if denominator.is_nan() || denominator <= 0.0 {
                return None;
            }
            let effective = sampled.least.max(sampled.mean - sampled.variance / denominator);
            let ends = |k: usize, n: usize, absorbs: [bool; 2]| {
                let end = |is_last: bool, absorbs: bool| if !is_last { 1.0 } else { if absorbs { 2.0 } else { 0.0 } };
                end(k == 0, absorbs[0]) + end(k + 1 == n, absorbs[1])
            };
            let diagonal = across_slow * ends(i, slow, self.absorbs[0]) + across_fast * ends(j, fast, self.absorbs[1]);
            let row = &mut rows[cell * band..(cell + 1) * band];
            row[0] = diagonal + effective - rho;
            if j + 1 < fast {
                row[1] -= across_fast;
            }
            if i + 1 < slow {
                row[fast] -= across_slow;
            }
        }
        count_negative(&mut rows, band)
    }
}

/// Samples W in a cell: nodes of Gauss for mean and variance, a lattice with its sides for the least value.
fn sampled(loss: &dyn Landscape, noise: f64, corner: [f64; 2], [slow, fast]: [usize; 2], spacing: [f64; 2]) -> Sampled {
    const LATTICE: usize = 4;
    let potential = |s: f64, t: f64| {
        let mut at = corner;
        at[slow] += s * spacing[0];
        at[fast] += t * spacing[1];
        let (slope, hessian) = (loss.gradient(at), loss.hessian(at));
        0.25 * dot(slope, slope) / noise - 0.5 * (hessian.xx + hessian.yy)
    };
    let rule = Rule::<4>::new();
    let (mut mean, mut square, mut least) = (0.0, 0.0, f64::INFINITY);
    let middle = potential(0.5, 0.5);
    for (s, one) in rule.nodes.iter().zip(&rule.weights) {
        for (t, other) in rule.nodes.iter().zip(&rule.weights) {
            let value = potential(*s, *t) - middle;
            mean += one * other * value;
            square += one * other * value * value;
        }
    }
    let share = |k: usize| k as f64 / LATTICE as f64;
    for k in 0..=LATTICE {
        for l in 0..=LATTICE {
            least = least.min(potential(share(k), share(l)));
        }
    }
    Sampled { least, mean: middle + mean, variance: (square - mean * mean).max(0.0) }
}

/// The number of negative pivots of a symmetric band matrix, its upper half given by rows.
fn count_negative(rows: &mut [f64], band: usize) -> Option<usize> {
    let n = rows.len() / band;
    let mut count = 0;
    for k in 0..n {
        let (own, below) = rows[k * band..].split_at_mut(band);
        let pivot = own[0];
        if pivot == 0.0 || !pivot.is_finite() {
            return None;
        }
        count += usize::from(pivot < 0.0);
        if count > 1 {
            return Some(count);
        }
        for i in 1..band.min(n - k) {
            if own[i] == 0.0 {
                continue;
            }
            let factor = own[i] / pivot;
            let row = &mut below[(i - 1) * band..i * band];
            row.iter_mut().zip(&own[i..]).for_each(|(entry, own)| *entry -= factor * own);
        }
    }
    Some(count)
}
