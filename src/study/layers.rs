//! Thin layers of the slope over D in one dimension, which panels that begin wide may step over.

use crate::formula::quadrature::Breakpoint;
use crate::problem::Problem;

/// Pieces of the domain that are looked at one by one: a drift whose layers are thinner than one of them by a factor
/// 100 is no longer seen; a loss gives its layers away by its differences, however thin they are.
const PIECES: usize = 2000;
/// A smooth piece leaves far less than this of its rise to the rule.
const MISSED: f64 = 1e-6;
/// Halvings of a piece: to the last bit.
const DEEPEST: u32 = 50;
/// Nodes and weights of Gauss's rule of five points on [0, 1].
const RULE: [(f64, f64); 5] = [
    (0.046910077030668, 0.118463442528095),
    (0.230765344947158, 0.239314335249683),
    (0.5, 0.284444444444444),
    (0.769234655052842, 0.239314335249683),
    (0.953089922969332, 0.118463442528095),
];

/// Places in and around every such layer, so that panels begin there.
pub(super) fn layers(problem: &Problem) -> Vec<Breakpoint> {
    let (lower, width) = (problem.domain.lower[0], problem.domain.width(0));
    let place = |k: usize| lower + width * k as f64 / PIECES as f64;
    let mut found = Vec::new();
    for k in 0..PIECES {
        look(problem, place(k), place(k + 1), 0, &mut found);
    }
    found.into_iter().map(Breakpoint::from).collect()
}

/// ∫ L'/D over a piece, by the rule.
fn rise(problem: &Problem, from: f64, to: f64) -> f64 {
    let steepness = |x: f64| problem.dynamics.slope([x, 0.0])[0] / problem.noise.tensor([x, 0.0]).xx;
    RULE.into_iter().map(|(node, weight)| (to - from) * weight * steepness(from + node * (to - from))).sum()
}

/// Adds a piece on which the rule misses something, and the parts of it on which it still does.
fn look(problem: &Problem, from: f64, to: f64, depth: u32, found: &mut Vec<f64>) {
    let middle = 0.5 * (from + to);
    let halves = rise(problem, from, middle) + rise(problem, middle, to);
    let known = match (problem.dynamics.loss(), problem.noise.temperature()) {
        // Jumps are breaks already, and look like layers of no width.
        (Some(loss), Some(d)) if !problem.dynamics.may_break() => (loss.value([to, 0.0]) - loss.value([from, 0.0])) / d,
        _ => rise(problem, from, to),
    };
    // Where D vanishes or the slope is not finite the panels themselves tell.
    let missed = (known - halves).abs();
    if depth == DEEPEST || missed.is_nan() || missed <= MISSED * (1.0 + known.abs()) {
        return;
    }
    found.extend([from, middle, to]);
    look(problem, from, middle, depth + 1, found);
    look(problem, middle, to, depth + 1, found);
}
