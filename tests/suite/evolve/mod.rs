//! The density in time: exact laws, and independent exponentials.

mod cold;
mod exact;
mod laws;
mod study;

use saddleflux::elimination::Workspace;
use saddleflux::generator::Generator;
use saddleflux::progress::Progress;
use saddleflux::solve::{Evolution, Resources};

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

/// |a − b| in L1.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

/// The density, times what survives.
fn density(evolution: &Evolution<'_>) -> Vec<f64> {
    let survival = evolution.log_survival().exp();
    evolution.probability().iter().map(|p| p * survival).collect()
}
