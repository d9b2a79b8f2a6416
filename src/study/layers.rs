//! Thin layers of the slope over D in one dimension, which panels that begin wide may step over.

use crate::formula::quadrature::Breakpoint;
use crate::problem::Problem;

/// The number of pieces of the domain that are examined one by one. Layers of a drift that are thinner than a piece by
/// a factor of 100 are missed; layers of a loss are found from its differences, however thin they are.
const PIECES: usize = 2000;
/// The error of the rule on a smooth piece, relative to its rise, is far below this.
const MISSED: f64 = 1e-6;
/// The largest number of halvings of a piece, down to rounding.
const DEEPEST: u32 = 50;
/// Nodes and weights of Gauss's rule of five points on [0, 1].
const RULE: [(f64, f64); 5] = [
    (0.046910077030668, 0.118463442528095),
    (0.230765344947158, 0.239314335249683),
    (0.5, 0.284444444444444),
    (0.769234655052842, 0.239314335249683),
    (0.953089922969332, 0.118463442528095),
];

/// Returns points in and around each such layer, so that panels begin there.
pub(super) fn layers(problem: &Problem) -> Vec<Breakpoint> {
    let (lower, width) = (problem.domain.lower[0], problem.domain.width(0));
    let place = |k: usize| lower + width * k as f64 / PIECES as f64;
    let mut found = Vec::new();
    for k in 0..PIECES {
        look(problem, place(k), place(k + 1), 0, &mut found);
    }
    found.into_iter().map(Breakpoint::from).collect()
}

/// Integrates L'/D over a piece by the rule.
fn rise(problem: &Problem, from: f64, to: f64) -> f64 {
    let steepness = |x: f64| problem.dynamics.slope([x, 0.0])[0] / problem.noise.tensor([x, 0.0]).xx;
    RULE.into_iter().map(|(node, weight)| (to - from) * weight * steepness(from + node * (to - from))).sum()
}

/// Adds the points of a piece on which the rule is inaccurate, and those of its halves on which it still is.
fn look(problem: &Problem, from: f64, to: f64, depth: u32, found: &mut Vec<f64>) {
    let middle = 0.5 * (from + to);
    let halves = rise(problem, from, middle) + rise(problem, middle, to);
    let known = match (problem.dynamics.loss(), problem.noise.temperature()) {
        // Jumps are breakpoints already, and look like layers of zero width.
        (Some(loss), Some(d)) if !problem.dynamics.may_break() => (loss.value([to, 0.0]) - loss.value([from, 0.0])) / d,
        _ => rise(problem, from, to),
    };
    // Where D vanishes or the slope is not finite, the quadrature itself reports the error.
    let missed = (known - halves).abs();
    if depth == DEEPEST || missed.is_nan() || missed <= MISSED * (1.0 + known.abs()) {
        return;
    }
    found.extend([from, middle, to]);
    look(problem, from, middle, depth + 1, found);
    look(problem, middle, to, depth + 1, found);
}
