//! The SGD iteration without the diffusion limit: in one dimension, as a Markov chain in discrete time.
//!
//! ```text
//! θ' = θ − η L'(θ) + √(2η D(θ)) ζ,   ζ ~ N(0, 1)          (2ηD = η²C, C the covariance of the minibatch gradient)
//! K(x, y) = N(y; x − ηL'(x), 2ηD(x))      κ(x) = probability of a step out of the set, by erfc
//! ```
//! The discretisation is Nyström's method on Gauss–Legendre panels that resolve the kernel. K_ij = K(x_i, x_j) w_j with
//! the exit probabilities κ_i is a substochastic matrix, and ν(I − K) = γν is solved by subtraction-free elimination of
//! the generator with these rates. The result is the escape rate *per iteration*, with full relative accuracy and
//! without sampling noise. Reflecting walls are treated by the method of images. For η → 0 at fixed D the iteration
//! converges to the Itô equation.
//!
//! Limits: η so small that a step is below 1/20,000 of the interval (too many nodes; the diffusion limit is then
//! accurate to many digits), and D(θ) = 0 inside the set.

use crate::digits::precise;
use crate::elimination::{EliminationError, Workspace};
use crate::generator::{Generator, Rates};
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::scheme::rule::Rule;
use crate::solve::{Factor, Resources, SolveError, quasi_stationary};

/// The SGD iteration on an interval.
#[derive(Clone, Copy)]
pub struct Iteration<'a> {
    /// η > 0.
    pub learning_rate: f64,
    /// L'(θ).
    pub slope: &'a dyn Fn(f64) -> f64,
    /// D(θ) > 0: half of η times the covariance of the minibatch gradient, plus injected noise.
    pub diffusion: &'a dyn Fn(f64) -> f64,
    /// The two ends of the interval.
    pub ends: [f64; 2],
    /// Whether leaving the interval at each end kills; otherwise that end reflects.
    pub absorbs: [bool; 2],
    /// The point at which the inverse iteration starts: inside, best at the minimum.
    pub start: f64,
    /// The points inside at which L' or D jumps or has a kink, in ascending order: panels end there.
    pub breaks: &'a [f64],
}

/// The escape rate of an iteration and its quasi-stationary density.
#[derive(Clone, Debug)]
pub struct Escape {
    /// γ per iteration.
    pub per_iteration: Scaled,
    /// The Collatz–Wielandt bracket divided by γ.
    pub bracket: [f64; 2],
    /// The quadrature nodes.
    pub nodes: Vec<f64>,
    /// The quasi-stationary density at the nodes.
    pub density: Vec<f64>,
    /// The quadrature error of the transition probabilities: |1 − Σ_j K_ij − κ_i| averaged over the quasi-stationary
    /// distribution.
    pub normalisation_error: f64,
}

/// An iteration without an escape rate.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SgdError {
    /// The step is too short for the interval.
    #[error(
        "a step of the iteration, √(2ηD) = {step:.2e}, is too short for the interval: it would take {nodes:.0} nodes. Take a larger \
         learning rate; at this one the diffusion limit is exact to about η"
    )]
    TooFine {
        /// The shortest standard deviation of a step.
        step: f64,
        /// The number of nodes that it would need.
        nodes: f64,
    },
    /// The slope or the noise is not finite, or there is no noise.
    #[error("the slope or the noise is not finite, or the noise vanishes, at θ = {}", precise(*at))]
    NotFinite {
        /// The point θ.
        at: f64,
    },
    /// The elimination or the inverse iteration failed.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

impl From<EliminationError> for SgdError {
    fn from(error: EliminationError) -> SgdError {
        SgdError::Solve(error.into())
    }
}

/// The number of nodes of one panel.
const ORDER: usize = 16;
/// The length of a panel in standard deviations of a step: 16 nodes integrate a normal density over two of them to
/// rounding.
const STEPS: f64 = 2.0;
/// The largest number of nodes; more take minutes.
const MOST_NODES: f64 = 160_000.0;
/// The number of standard deviations beyond which a step has a probability below 1e-308.
const FARTHEST: f64 = 37.5;

impl Iteration<'_> {
    /// The escape rate per iteration and the quasi-stationary density.
    ///
    /// # Errors
    /// [`SgdError`]: the step is too short for the interval, the slope or the noise is not finite, or the elimination
    /// fails.
    pub fn escape(&self, memory: u64, progress: &Progress) -> Result<Escape, SgdError> {
        let (nodes, weights) = self.nodes()?;
        let (generator, lost) = self.chain(&nodes, &weights)?;
        let nearest = |a: &usize, b: &usize| (nodes[*a] - self.start).abs().total_cmp(&(nodes[*b] - self.start).abs());
        let origin = (0..nodes.len()).min_by(nearest).unwrap_or(0);
        let found = quasi_stationary(&Factor::new(
            &generator,
            origin,
            Resources { memory, workspace: &Workspace::default(), progress },
        )?)?;
        let density = found.probability.iter().zip(&weights).map(|(probability, weight)| probability / weight);
        Ok(Escape {
            per_iteration: found.rate,
            bracket: found.bracket,
            density: density.collect(),
            normalisation_error: found
                .probability
                .iter()
                .zip(&lost)
                .map(|(probability, lost)| probability * lost)
                .sum(),
            nodes,
        })
    }

    /// The number of quadrature nodes, and of kernel entries between them.
    ///
    /// # Errors
    /// The errors of [`Iteration::escape`] that are found before anything is solved.
    pub fn size(&self) -> Result<[usize; 2], SgdError> {
        let (nodes, _) = self.nodes()?;
        let reached = |x: &f64| Ok(self.landing(*x)?.reached(&nodes).map_or(0, |range| range.len()));
        let entries = nodes.iter().map(reached).sum::<Result<usize, SgdError>>()?;
        Ok([nodes.len(), entries])
    }

    /// √(2ηD): the standard deviation of a step.
    fn step(&self, x: f64) -> Result<f64, SgdError> {
        let step = (2.0 * self.learning_rate * (self.diffusion)(x)).sqrt();
        if step.is_finite() && step > 0.0 { Ok(step) } else { Err(SgdError::NotFinite { at: x }) }
    }

    /// The nodes and weights of panels whose length follows the standard deviation of a step.
    fn nodes(&self) -> Result<(Vec<f64>, Vec<f64>), SgdError> {
        let [lower, upper] = self.ends;
        let Rule { nodes: unit, weights: unit_weights, .. } = Rule::<ORDER>::new();
        let (mut nodes, mut weights) = (Vec::new(), Vec::new());
        let mut left = lower;
        while left < upper {
            let mut width = STEPS * self.step(left)?;
            // The step may be shorter inside the panel.
            for probe in [0.25, 0.5, 0.75, 1.0] {
                width = width.min(STEPS * self.step((left + probe * width).min(upper))?);
            }
            let needed = nodes.len() as f64 + ORDER as f64 * (upper - left) / width;
            if needed > MOST_NODES {
                return Err(SgdError::TooFine { step: width / STEPS, nodes: needed });
            }
            // The last two panels before a break or the end share the remaining interval equally.
            let end = self.breaks.iter().copied().find(|&at| at > left && at < upper).unwrap_or(upper);
            let rest = end - left;
            let width = if rest <= width {
                rest
            } else if rest < 2.0 * width {
                0.5 * rest
            } else {
                width
            };
            for (s, w) in unit.iter().zip(&unit_weights) {
                nodes.push(left + s * width);
                weights.push(w * width);
            }
            left = if width == rest { end } else { left + width };
        }
        Ok((nodes, weights))
    }

    /// The chain with its exit probabilities, and the deviation of each row sum from 1.
    fn chain(&self, nodes: &[f64], weights: &[f64]) -> Result<(Generator, Vec<f64>), SgdError> {
        let n = nodes.len();
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        let (mut killing, mut lost) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for (i, &x) in nodes.iter().enumerate() {
            let landing = self.landing(x)?;
            let mut kept = 0.0;
            for j in landing.reached(nodes).unwrap_or(i..i) {
                let rate = landing.probability(nodes[j], weights[j]);
                kept += rate;
                if j != i && rate > 0.0 {
                    columns.push(j as u32);
                    values.push(rate);
                }
            }
            starts.push(columns.len());
            let exit = landing.exit(self.ends, self.absorbs);
            killing.push(exit);
            lost.push((1.0 - kept - exit).abs());
        }
        let coordinates = (0..n as i32).map(|k| [k, 0]).collect();
        let rates = Rates::new((n, n), starts, columns, values);
        Ok((Generator { rates, killing, coordinates, is_reversible: false }, lost))
    }

    /// The distribution of a step from a point.
    fn landing(&self, x: f64) -> Result<Landing, SgdError> {
        let step = self.step(x)?;
        let mean = x - self.learning_rate * (self.slope)(x);
        if !mean.is_finite() {
            return Err(SgdError::NotFinite { at: x });
        }
        let mut means = vec![mean];
        for (end, wall) in self.ends.into_iter().enumerate() {
            if !self.absorbs[end] {
                means.push(2.0 * wall - mean);
            }
        }
        Ok(Landing { step, means })
    }
}

/// The distribution of a step: normal densities of one width, one without walls and one mirrored at each reflecting
/// wall.
struct Landing {
    /// Their standard deviation.
    step: f64,
    /// Their means.
    means: Vec<f64>,
}

impl Landing {
    /// The probability that a step lands in the neighbourhood of a node with this weight.
    fn probability(&self, y: f64, weight: f64) -> f64 {
        let sum: f64 = self.means.iter().map(|mean| (-0.5 * ((y - mean) / self.step).powi(2)).exp()).sum();
        weight * sum / (self.step * (2.0 * std::f64::consts::PI).sqrt())
    }

    /// The range of nodes within reach; `None` if there are none.
    fn reached(&self, nodes: &[f64]) -> Option<std::ops::Range<usize>> {
        let reach = |mean: &f64| {
            let from = nodes.partition_point(|&y| y < mean - FARTHEST * self.step);
            from..nodes.partition_point(|&y| y <= mean + FARTHEST * self.step)
        };
        let reached = self.means.iter().map(reach).filter(|range| !range.is_empty());
        reached.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
    }

    /// The probability that a step leaves through the absorbing ends.
    fn exit(&self, [lower, upper]: [f64; 2], absorbs: [bool; 2]) -> f64 {
        let beyond = |distance: f64| 0.5 * libm::erfc(distance / (self.step * std::f64::consts::SQRT_2));
        // A step that is reflected far enough leaves at the other end.
        let mut exit = 0.0;
        for mean in &self.means {
            if absorbs[0] {
                exit += beyond(mean - lower);
            }
            if absorbs[1] {
                exit += beyond(upper - mean);
            }
        }
        exit
    }
}
