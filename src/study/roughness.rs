//! Layers and bumps of the loss, the drift or the noise that are thinner than a cell, though smooth.
//!
//! ```text
//!        ●───●──┊──●───●        the loss at a point of an edge, against the cubic through four cells in a line
//! ```
//! Where the two differ by a hundredth of the temperature the cells do not show what the process meets. The point differs
//! from edge to edge: a layer that many edges cross is met by some of them, however thin it is.

use rayon::prelude::*;

use crate::generator::Pair;
use crate::model::training::uniform;
use crate::problem::Problem;
use crate::solve::Discretisation;
use crate::tensor::{Point, advance, difference, dot};

/// The number of points that are compared.
const POINTS: usize = 10_000;
/// The most points on one edge.
const MOST_ON_EDGE: usize = 32;
/// The difference of the effective potential, in units of the noise, above which an edge counts as rough.
const ROUGH: f64 = 0.01;
/// The relative difference of D above which an edge counts as rough.
const UNEVEN: f64 = 0.01;
/// The largest probability between two cells, up to the factor of those of the states.
const MOST: f64 = 1e280;
/// The number of edges that one task looks at.
const CHUNK: usize = 1024;
/// The share of the flux and of the probability on rough edges below which they are of no consequence.
const NEGLIGIBLE: f64 = 1e-3;

/// The relative probability on rough edges that the two cells at their ends do not show, if the process moves along any;
/// `None` if it does not. `probability` is that of the states, up to a factor.
pub(super) fn unseen(on: &Discretisation<'_>, probability: &[f64]) -> Option<f64> {
    let assembly = &on.assembly;
    let killing = &assembly.generator.killing;
    let total: f64 = probability.iter().sum();
    let lost: f64 = probability.iter().zip(killing).map(|(p, rate)| p * rate).sum();
    let each = POINTS as f64 / assembly.pairs.len().max(1) as f64;
    let points = (each as usize).clamp(1, MOST_ON_EDGE);
    let share = |number: usize, pair: &Pair| {
        let mut seed = number as u64;
        if uniform(&mut seed) >= each {
            return [0.0; 2];
        }
        let ends = [pair.from, pair.to].map(|state| probability[state as usize]);
        let held = 0.5 * (ends[0] + ends[1]);
        let weight = held / total + (ends[0] * pair.forward - ends[1] * pair.backward).abs() / lost;
        // Even if all edges were like this one they would not matter.
        if weight * assembly.pairs.len() as f64 <= NEGLIGIBLE {
            return [0.0; 2];
        }
        let Some(line) = Line::of(on, pair) else { return [0.0; 2] };
        let places = (0..points).map(|k| (k as f64 + uniform(&mut seed)) / points as f64);
        let met: Vec<Met> = places.map(|place| line.at(place)).collect();
        let is_rough = met.iter().any(|met| line.is_rough(met));
        let between = met.iter().map(|met| line.density(met, ends)).sum::<f64>() / points as f64;
        // A trench deeper than 700 times the noise is beyond the range of numbers, and certainly not seen.
        let hidden = if between.is_nan() { 0.0 } else { (between.min(MOST) - held) / total };
        if is_rough { [weight, hidden] } else { [0.0; 2] }
    };
    // Summed in an order that does not depend on the threads.
    let chunk = |(number, pairs): (usize, &[Pair])| {
        (number * CHUNK..).zip(pairs).map(|(number, pair)| share(number, pair)).fold([0.0; 2], sum)
    };
    let chunks: Vec<[f64; 2]> = assembly.pairs.par_chunks(CHUNK).enumerate().map(chunk).collect();
    let [rough, hidden] = chunks.into_iter().fold([0.0; 2], sum);
    let taken = each.min(1.0);
    (rough > NEGLIGIBLE * taken).then(|| hidden.abs() / taken)
}

fn sum([a, b]: [f64; 2], [c, d]: [f64; 2]) -> [f64; 2] {
    [a + c, b + d]
}

/// What is met at a point of an edge.
struct Met {
    /// The fraction of the edge.
    place: f64,
    /// The loss, or the slope of the effective potential times the length of the edge.
    rise: f64,
    /// The factor from `rise` to units of the noise: e·D⁻¹e with the unit vector e of the edge, or 1.
    factor: f64,
    /// The trace of D.
    trace: f64,
}

/// The four cells in a line of which two are the ends of an edge.
struct Line<'a> {
    problem: &'a Problem,
    from: Point,
    step: Point,
    /// The places of the cells, as fractions of the edge.
    nodes: [f64; 4],
    /// `rise`, `factor` and `trace` at the cells.
    rises: [f64; 4],
    factors: [f64; 4],
    traces: [f64; 4],
}

impl<'a> Line<'a> {
    /// The line of an edge; `None` if the domain is too short for it.
    fn of(on: &'a Discretisation<'a>, pair: &Pair) -> Option<Line<'a>> {
        let from = on.centre(pair.from as usize);
        let [ix, iy] = on.grid.indices(on.assembly.cells[pair.from as usize] as usize).map(|index| index as f64);
        let [right, up] = pair.offset.map(f64::from);
        let step = difference(on.grid.position(ix + right, iy + up), from);
        let inside = |k: f64| on.problem.domain.contains(advance(from, k, step));
        let first = [-1.0, 0.0, -2.0].into_iter().find(|&first| inside(first) && inside(first + 3.0))?;
        let nodes = [0.0, 1.0, 2.0, 3.0].map(|k| first + k);
        let zero = [0.0; 4];
        let mut line = Line { problem: on.problem, from, step, nodes, rises: zero, factors: zero, traces: zero };
        let met = nodes.map(|node| line.at(node));
        for (k, met) in met.iter().enumerate() {
            (line.rises[k], line.factors[k], line.traces[k]) = (met.rise, met.factor, met.trace);
        }
        Some(line)
    }

    fn at(&self, place: f64) -> Met {
        let Line { problem, step, .. } = *self;
        let (at, length) = (advance(self.from, place, step), dot(step, step));
        let tensor = problem.noise.tensor(at);
        let along = |with: Point| dot(tensor.solve(with, problem.dimension), step);
        let (rise, factor) = match problem.dynamics.loss() {
            Some(loss) => (loss.value(at), along(step) / length),
            None => (along(problem.dynamics.slope(at)), 1.0),
        };
        Met { place, rise, factor, trace: tensor.xx + tensor.yy }
    }

    /// Whether the cubic through the cells does not show what is met at a point.
    fn is_rough(&self, met: &Met) -> bool {
        let excess = |of: [f64; 4], there: f64| {
            let weight = |k: usize| {
                let others = (0..4).filter(|&other| other != k).map(|other| self.nodes[other]);
                others.map(|other| (met.place - other) / (self.nodes[k] - other)).product::<f64>()
            };
            (there - (0..4).map(|k| weight(k) * of[k]).sum::<f64>()).abs()
        };
        let factor = self.factors.into_iter().fold(met.factor, f64::min);
        let rise = factor * excess(self.rises, met.rise);
        // How the curves on which the noise of the Hessian bends are resolved is judged where they are crossed.
        let bends = || self.problem.noise.hessian_field().is_none();
        (rise > ROUGH && rise.is_finite()) || (excess(self.traces, met.trace) > UNEVEN * met.trace && bends())
    }

    /// The probability at a point of an edge whose ends have `p` and `q`: that of equilibrium on the way, times what the
    /// ends differ from it. Where D varies or there is no loss: linear.
    fn density(&self, met: &Met, [p, q]: [f64; 2]) -> f64 {
        let begin = -self.nodes[0] as usize;
        let fallen = |rise: f64| (met.factor * (self.rises[begin] - rise)).exp();
        let (here, there) = match self.problem.noise.temperature() {
            Some(_) if self.problem.dynamics.loss().is_some() => (fallen(met.rise), fallen(self.rises[begin + 1])),
            _ => (1.0, 1.0),
        };
        here * (p * (1.0 - met.place) + q / there * met.place)
    }
}
