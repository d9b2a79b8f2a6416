//! The density in time: exact laws, and independent exponentials.

mod backward;
mod chains;
mod cold;
mod double_double;
mod earlier;
mod early;
mod exact;
mod krylov;
mod laws;
mod passage;
mod resume;
mod schedules;
mod study;

use saddleflux::elimination::Workspace;
use saddleflux::generator::Generator;
use saddleflux::progress::Progress;
use saddleflux::solve::{Accuracy, Evolution, Resources};

/// Runs a body with resources of its own.
fn with_resources<T>(body: impl FnOnce(Resources<'_>) -> T) -> T {
    let (workspace, progress) = (Workspace::default(), Progress::default());
    body(Resources::available(&workspace, &progress))
}

/// A path of states at x = (i + ½)h with D = 1 between neighbours, in detailed balance with e^{−L}, killed as given.
fn path(n: usize, [low, high]: [f64; 2], loss: impl Fn(f64) -> f64, killing: Vec<f64>) -> Generator {
    let h = (high - low) / n as f64;
    let x = |i: usize| low + (i as f64 + 0.5) * h;
    let edge = |i: usize| {
        let z = loss(x(i + 1)) - loss(x(i));
        [(i, i + 1, (-0.5 * z).exp() / (h * h)), (i + 1, i, (0.5 * z).exp() / (h * h))]
    };
    Generator::from_rates((0..n - 1).flat_map(edge), killing).unwrap()
}

/// Cells above 1e-30 of what is there.
fn accuracy(tolerance: f64) -> Accuracy {
    Accuracy { tolerance, floor: 1e-30 }
}

/// p e^{tG} by uniformisation, Σ Poisson(k; qt) p (1 + G/q)^k: no term is negative, so that every entry keeps its
/// relative accuracy.
fn uniformised(generator: &Generator, start: &[f64], t: f64) -> Vec<f64> {
    let rows: Vec<Vec<(usize, f64)>> = (0..generator.len())
        .map(|i| generator.rates.outer_view(i).map_or(Vec::new(), |row| row.iter().map(|(j, q)| (j, *q)).collect()))
        .collect();
    let out: Vec<f64> = rows
        .iter()
        .zip(&generator.killing)
        .map(|(row, killing)| row.iter().map(|(_, q)| q).sum::<f64>() + killing)
        .collect();
    // Twice as fast as need be: 1 − out/q then loses no digit.
    let fastest = 2.0 * out.iter().copied().fold(0.0, f64::max);
    let mean = fastest * t;
    let (mut power, mut sum) = (start.to_vec(), vec![0.0; start.len()]);
    let mut log_weight = -mean;
    // Far tails come from many more jumps than the mean.
    for k in 0..(4.0 * mean + 3000.0) as usize {
        let weight = log_weight.exp();
        sum.iter_mut().zip(&power).for_each(|(sum, p)| *sum += weight * p);
        let mut next: Vec<f64> = power.iter().zip(&out).map(|(p, out)| p * (1.0 - out / fastest)).collect();
        for (row, p) in rows.iter().zip(&power) {
            row.iter().for_each(|(j, q)| next[*j] += p * q / fastest);
        }
        power = next;
        log_weight += mean.ln() - ((k + 1) as f64).ln();
    }
    sum
}

/// |a − b| in L1.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

/// The density, times what survives.
fn density(evolution: &Evolution<'_>) -> Vec<f64> {
    let survival = evolution.log_survival().exp();
    evolution.probability().iter().map(|p| p * survival).collect()
}
