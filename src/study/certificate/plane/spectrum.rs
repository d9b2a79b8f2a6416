//! A lower bound ρ of the second eigenvalue λ₂ in two dimensions, by counting negative pivots of a small matrix.
//!
//! With ψ = √p u and s = D∇φ the energy is ∫ ∇ψ·D∇ψ + Wψ², W = s·D⁻¹s/4 − ∇·s/2 (|∇L|²/4d − ΔL/2 for D = d·I), plus an
//! integral over reflecting walls that is nonnegative where s points outwards. No exponential is left. In each cell D ≥
//! diag(δ₁, δ₂), δ_k the least value of D_kk(1 − |D₁₂|/√(D₁₁D₂₂)). For v with cell means v̄,
//! ```text
//!   ∫ δ_k(∂_k v)² ≥ Σ_edges |e|/d_e (v̄_i − v̄_j)²   d_e = h_k/2 (1/δ_k(i) + 1/δ_k(j)), h_k/2δ_k to an absorbing wall
//! ```
//! because v̄_i − v̄_j = ∫ τ_e·∇v with hat functions τ_e, whose Gram matrix in the weight 1/δ is nonnegative with row
//! sums d_e. With v = v̄ + f in each cell, ‖f‖² ≤ max_k(h_k²/π²δ_k) ∫ Σ δ_k(∂_k v)² (Payne and Weinberger 1960) and 0 <
//! ε < 1, W may be replaced by
//! ```text
//!   max(min W, mean W − Var W/(επ² min_k(δ_k/h_k²) + min W − ρ))        where every denominator is positive
//! ```
//! and λ₂ ≥ ρ if (1−ε)A + W − ρ has at most one negative eigenvalue, counted by its negative pivots. A periodic axis is
//! cut where the potential is highest; v need not satisfy any condition there, which can only lower the eigenvalues.
//! Least value, mean and variance of W are sampled, not enclosed.

use std::f64::consts::{LN_2, PI};

use rayon::prelude::*;

use super::force::Force;
use super::rule::Rule;
use super::setting::Setting;
use crate::study::certificate::CertificateError;
use crate::tensor::{Tensor, dot};

/// Cells along the longer side, coarsest first. A coarse grid proves a smaller ρ, or none.
const LADDER: [usize; 3] = [64, 128, 256];
/// The ratio ρ/γ from which a larger ρ no longer narrows the interval.
const AMPLE: f64 = 1e6;
/// Grids with more cells than this are tried only if no coarser one has proved a bound.
const PATIENT: usize = 128;
/// The shares ε of the gradient energy that are tried against the variance of W.
const SHARES: [f64; 3] = [0.02, 0.1, 0.5];
/// Bisections of ln ρ once it is bracketed.
const HALVINGS: usize = 8;
/// Doublings of ln(ρ/γ) from ln 2.
const DOUBLINGS: usize = 11;
/// An outward slope smaller than this share of |s| counts as zero.
const LEVEL: f64 = 1e-12;

/// The largest ρ ≤ λ₂ that is proved, above the upper bound `rate` of γ.
///
/// # Errors
/// [`CertificateError::FallsOutwards`], and [`CertificateError::NoGap`] if no grid proves a ρ above `rate`.
pub(super) fn second_rate(setting: &Setting<'_>, rate: f64) -> Result<f64, CertificateError> {
    let force = Force::new(setting.problem);
    rises_outwards(setting, force)?;
    let mut best: Option<f64> = None;
    for longest in LADDER {
        if best.is_some_and(|best| best > AMPLE * rate || longest > PATIENT) {
            break;
        }
        let found = Counted::new(setting, force, longest).largest(rate);
        best = match (best, found) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
    }
    best.ok_or(CertificateError::NoGap { rate })
}

/// Refuses reflecting walls towards which the potential falls.
fn rises_outwards(setting: &Setting<'_>, force: Force<'_>) -> Result<(), CertificateError> {
    const SAMPLES: usize = 1024;
    let domain = &setting.problem.domain;
    let at = |axis: usize, end: usize, k: usize| {
        let mut at = domain.lower;
        at[1 - axis] += domain.width(1 - axis) * k as f64 / SAMPLES as f64;
        at[axis] = if end == 0 { domain.lower[axis] } else { domain.upper[axis] };
        at
    };
    let is_reflecting = |&(axis, end): &(usize, usize)| !setting.is_periodic[axis] && !setting.absorbs[axis][end];
    for (axis, end) in [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().filter(is_reflecting) {
        for at in (0..=SAMPLES).map(|k| at(axis, end, k)) {
            let (slope, _) = force.at(at);
            let outwards = if end == 0 { -slope[axis] } else { slope[axis] };
            if outwards.is_nan() || outwards < -LEVEL * dot(slope, slope).sqrt().max(f64::MIN_POSITIVE) {
                return Err(CertificateError::FallsOutwards { axis, end, at });
            }
        }
    }
    Ok(())
}

/// The line of faces at which a periodic axis is cut, by its index in the rate's grid: that whose lowest pass is the
/// highest.
fn cut(setting: &Setting<'_>, axis: usize) -> usize {
    let [along, across] = [setting.cells[axis], setting.cells[1 - axis]];
    let lowest = |k: usize| {
        let pass = |l: usize| setting.pass(if axis == 0 { [k, l] } else { [l, k] }, axis, 0);
        (0..across).map(pass).fold(f64::INFINITY, f64::min)
    };
    let heights: Vec<f64> = (0..along).map(lowest).collect();
    (0..along).fold(0, |best, k| if heights[k] > heights[best] { k } else { best })
}

/// W and D sampled in one cell.
#[derive(Clone, Copy)]
struct Sampled {
    least: f64,
    mean: f64,
    variance: f64,
    /// δ along the slow and the fast axis.
    noise: [f64; 2],
}

/// A grid for counting eigenvalues, its shorter side fast.
struct Counted {
    sampled: Vec<Sampled>,
    /// Along the slow and the fast axis: cells, cell widths, and whether the lower and upper wall absorb.
    cells: [usize; 2],
    spacing: [f64; 2],
    absorbs: [[bool; 2]; 2],
}

impl Counted {
    fn new(setting: &Setting<'_>, force: Force<'_>, longest: usize) -> Counted {
        let widths = [0, 1].map(|axis| setting.spacing[axis] * setting.cells[axis] as f64);
        // Side lengths are compared in units of the noise along them, so that cells suit the anisotropy at the start
        // point.
        let Tensor { xx, yy, .. } = setting.problem.noise.tensor(setting.problem.valley.start_point);
        let thinner = (xx / yy).sqrt();
        let measured = [widths[0], widths[1] * thinner];
        let slow = usize::from(measured[1] > measured[0]);
        let fast = 1 - slow;
        let short = ((longest as f64 * measured[fast] / measured[slow]).ceil() as usize).clamp(4, longest);
        let (cells, axes) = ([longest, short], [slow, fast]);
        let spacing = [widths[slow] / longest as f64, widths[fast] / short as f64];
        let begins = [0, 1].map(|axis| match setting.is_periodic[axis] {
            true => cut(setting, axis) as f64 * setting.spacing[axis],
            false => 0.0,
        });
        let sampled = (0..longest * short).into_par_iter().map(|cell| {
            let mut offset = [0.0; 2];
            offset[slow] = begins[slow] + spacing[0] * (cell / short) as f64;
            offset[fast] = begins[fast] + spacing[1] * (cell % short) as f64;
            let mut corner = [0, 1].map(|axis| setting.lower[axis] + offset[axis]);
            for axis in 0..2 {
                if setting.is_periodic[axis] && offset[axis] >= widths[axis] {
                    corner[axis] -= widths[axis];
                }
            }
            sampled(setting, force, corner, axes, spacing)
        });
        Counted { sampled: sampled.collect(), cells, spacing, absorbs: axes.map(|axis| setting.absorbs[axis]) }
    }

    /// The largest ρ above the rate that this grid proves, or `None`.
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
        // A slack far above the rounding errors of the pivots.
        Some(rate * low.exp() * (1.0 - 1e-6))
    }

    /// Whether λ₂ ≥ ρ is proved with one of the shares ε.
    fn proves(&self, rho: f64) -> bool {
        rho.is_finite() && SHARES.iter().any(|&share| self.negative_pivots(rho, share).is_some_and(|count| count <= 1))
    }

    /// The number of negative eigenvalues, counted up to 2; `None` where a denominator is not positive or a pivot
    /// vanishes.
    fn negative_pivots(&self, rho: f64, share: f64) -> Option<usize> {
        let [slow, fast] = self.cells;
        // (1−ε)/(d_e h) for the edge between two cells, h their width.
        let between = |axis: usize, one: &Sampled, other: &Sampled| {
            let h = self.spacing[axis];
            2.0 * (1.0 - share) / (h * h * (one.noise[axis].recip() + other.noise[axis].recip()))
        };
        let band = fast + 1;
        // Row k holds the diagonal entry and those to its right.
        let mut rows = vec![0.0; slow * fast * band];
        for (cell, sampled) in self.sampled.iter().enumerate() {
            let (i, j) = (cell / fast, cell % fast);
            let slowest =
                (0..2).map(|axis| sampled.noise[axis] / self.spacing[axis].powi(2)).fold(f64::INFINITY, f64::min);
            let denominator = share * PI * PI * slowest + sampled.least - rho;
            if denominator.is_nan() || denominator <= 0.0 {
                return None;
            }
            let effective = sampled.least.max(sampled.mean - sampled.variance / denominator);
            let edges = |axis: usize, k: usize, n: usize, stride: usize| {
                let absorbs =
                    |end: usize| if self.absorbs[axis][end] { 2.0 * between(axis, sampled, sampled) } else { 0.0 };
                let below = if k == 0 { absorbs(0) } else { between(axis, sampled, &self.sampled[cell - stride]) };
                let above = if k + 1 == n { absorbs(1) } else { between(axis, sampled, &self.sampled[cell + stride]) };
                [below, above]
            };
            let [along_slow, along_fast] = [edges(0, i, slow, fast), edges(1, j, fast, 1)];
            let row = &mut rows[cell * band..(cell + 1) * band];
            row[0] = along_slow[0] + along_slow[1] + along_fast[0] + along_fast[1] + effective - rho;
            if j + 1 < fast {
                row[1] -= along_fast[1];
            }
            if i + 1 < slow {
                row[fast] -= along_slow[1];
            }
        }
        count_negative(&mut rows, band)
    }
}

/// Samples W and D in a cell: mean and variance of W at Gauss nodes, least values on a lattice with the cell's sides.
fn sampled(setting: &Setting<'_>, force: Force<'_>, corner: [f64; 2], axes: [usize; 2], spacing: [f64; 2]) -> Sampled {
    const LATTICE: usize = 4;
    let place = |s: f64, t: f64| {
        let mut at = corner;
        at[axes[0]] += s * spacing[0];
        at[axes[1]] += t * spacing[1];
        at
    };
    let potential = |s: f64, t: f64| {
        let at = place(s, t);
        let (slope, force_there) = force.at(at);
        0.25 * dot(slope, force_there) - 0.5 * force.divergence_of_slope(at)
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
    let mut noise = [f64::INFINITY; 2];
    for k in 0..=LATTICE {
        for l in 0..=LATTICE {
            least = least.min(potential(share(k), share(l)));
            let Tensor { xx, xy, yy } = setting.problem.noise.tensor(place(share(k), share(l)));
            let rest = 1.0 - xy.abs() / (xx * yy).sqrt();
            let own = [xx * rest, yy * rest];
            (0..2).for_each(|axis| noise[axis] = noise[axis].min(own[axes[axis]]));
        }
    }
    Sampled { least, mean: middle + mean, variance: (square - mean * mean).max(0.0), noise }
}

/// The number of negative pivots of a symmetric band matrix given by the rows of its upper half, counted up to 2;
/// `None` if a pivot is zero or not finite.
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
