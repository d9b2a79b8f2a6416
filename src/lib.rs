//! Escape rates of stochastic gradient descent from the Fokker–Planck equation.
//!
//! A process dθ = −∇L(θ) dt + √(2D(θ)) dW in one or two dimensions leaves a valley of its loss when noise carries it
//! over a saddle. saddleflux discretises it as a Markov chain and gives the rate of that escape, mean first-passage
//! times, committors and stationary laws. Every discretisation is a generator with nonnegative rates, also for full
//! tensors D(θ), and nothing is ever subtracted in the elimination: a rate of 1e-171 has as many right digits as one of
//! 0.1, and comes with a two-sided bracket.
//!
//! # From a loss to its rate
//!
//! The way is `Problem → Chain →` one function an analysis. A [`Problem`] is a motion ([`Landscape`], of which
//! [`ClosureLoss`] takes a function, or any [`Dynamics`]), its noise ([`NoiseModel`]), the stochastic calculus
//! ([`Interpretation`]) and the question ([`Posed`]: the rectangle with its walls, the start set, what absorbs). It
//! finds minima and saddles by itself. A [`Chain`] is that problem on one [`Grid`], factored. Analyses take the chain:
//!
//! ```
//! use saddleflux::{Align, Chain, ClosureLoss, Grid, Interpretation, NoiseModel, Posed, Problem, Progress};
//! use saddleflux::{Resources, StartSet, Weight, Workspace, mean_first_passage, quasi_stationary};
//!
//! // Out of the left well of L = (x² − 1)² + y², killed on the ridge, at D = 0.1·I.
//! let loss = ClosureLoss::new(2, |[x, y]| (x * x - 1.0).powi(2) + y * y);
//! let posed = Posed::leaving(StartSet::Basin, [-1.0, 0.0]);
//! let problem = Problem::new(loss.into(), NoiseModel::isotropic(0.1), Interpretation::Ito, &posed)?;
//!
//! let grid = Grid::over(&problem, [64, 64], Align::Axes)?;
//! let (workspace, progress) = (Workspace::default(), Progress::default());
//! let resources = Resources::available(&workspace, &progress);
//! let chain = Chain::on(&problem, grid, Weight::InverseAverage, resources)?;
//!
//! // γ of the chain, between two bounds that agree to a dozen digits.
//! let escape = quasi_stationary(&chain)?;
//! let [low, high] = escape.bounds().map(|bound| bound.value());
//! assert!(low <= high && high - low < 1e-11 * high);
//!
//! // 1/γ is about the mean time to the ridge from the minimum.
//! let passage = mean_first_passage(&chain)?;
//! let time = passage.from_state(chain.origin).value();
//! assert!((high * time - 1.0).abs() < 0.05);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The bracket is about the chain on its grid. What the grid leaves shows on finer ones; [`study::run`] solves a ladder
//! of grids, estimates that error, extrapolates, and compares with the formulas of the theory. [`config::Config`] makes
//! the problem and the request for it out of a TOML file, as the program does. `examples/` has a loss of one's own in
//! 25 lines (`own_loss`), a chain without a grid (`chain_by_hand`) and a convergence study against an exact rate
//! (`convergence`).
//!
//! # What stands where
//!
//! | analysis | result |
//! |---|---|
//! | [`quasi_stationary`] | escape rate γ, its bracket, the law of what has not left yet |
//! | [`mean_first_passage`] | mean time to the killing from every state |
//! | [`committor`] | probability of one way out before the others, from every state |
//! | [`solve::occupation`] | expected time in every state from a start |
//! | [`stationary`] | stationary law of the closed chain ([`Chain::closed`]) |
//!
//! A module uses only modules above it:
//! ```text
//! tensor, scaled, exponential, progress → model → problem → grid → scheme → generator → elimination → solve → sgd → observe → study → config → verify
//!                                             │                                                          → io → sweep → plot, report → cli
//!                                             └→ formula, particles: independent checks, which never see a grid
//! ```
//! `docs/architecture.md` draws the picture and says where each kind of change goes.
//!
//! # Features
//!
//! | feature | adds | compiles besides |
//! |---|---|---|
//! | none | problems, chains, studies, sweeps, formulas, particles, configurations, summaries | |
//! | `files` | in `io`: `result.h5`, written and read | HDF5 (a C compiler and CMake) |
//! | `plots` | `plot`: the pictures; with `files` | plotters |
//! | `cli` (default) | `cli` and `report`: the program; with `plots` | clap, ariadne, indicatif |
//!
//! A library user wants `default-features = false`.
//!
//! # Conventions
//!
//! - D = ½σσᵀ everywhere. White noise of temperature T is D = T·I; its stationary law is e^{−L/T}.
//! - The generator Q has nonnegative off-diagonal entries q_ij, the rate from state i to state j, and killing rates κ_i
//!   ≥ 0. Its diagonal is never stored.
//! - Probabilities are row vectors (left of Q), observables such as times and committors column vectors (right of Q).
//! - Rates are per unit of dynamical time t = η · (iterations).
//! - A density is per length^d, a cell probability is density × volume. Vectors over states hold probabilities;
//!   [`Discretisation::density`] and [`Discretisation::field`] spread them over the grid.
//! - A point is `[x, y]`; in one dimension y is 0 and nobody looks at it.
//! - A rate may lie below 1e-308 in one dimension: [`Scaled`] keeps its exponent apart.
//!
//! # Where this is not appropriate
//!
//! - More than two dimensions. (A separable problem is one of one dimension.)
//! - Rates below about 1e-290 in two dimensions, where double precision underflows: an error says so.
//! - Tensors much longer than wide that lie along no axis of the grid: beyond 64 cells for an edge the problem is
//!   refused.
//! - Cold curved valleys oblique to the grid, and drifts that circulate fast, converge at second order from far off:
//!   [`Chain::corrected`] (a loss with white noise) or a turned grid ([`Align`]) help with the former.
//! - Three or more wells that exchange more slowly than they lose: the bracket then stays wide, and says so.
//! - The diffusion is itself a model of SGD, of first order in the learning rate; [`sgd`] has the rate of the iteration
//!   in one dimension.
#![deny(missing_docs)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod digits;
pub mod elimination;
pub mod exponential;
pub mod formula;
pub mod generator;
pub mod grid;
pub mod input;
pub mod io;
pub mod memory;
pub mod model;
pub mod observe;
pub mod particles;
#[cfg(feature = "plots")]
pub mod plot;
pub mod problem;
pub mod progress;
pub mod referee;
#[cfg(feature = "cli")]
pub mod report;
pub mod scaled;
pub mod scheme;
pub mod sgd;
pub mod solve;
mod spline;
pub mod study;
pub mod sweep;
pub mod tensor;
pub mod verify;

pub use elimination::Workspace;
pub use grid::{Align, Grid};
pub use problem::expression::Condition;
pub use problem::landscape::ClosureLoss;
pub use problem::noise::ClosureNoise;
pub use problem::{
    Absorb, AxisWalls, DiffusionField, Domain, Dynamics, Interpretation, Landscape, NoiseModel, Posed, Problem, Region,
    StartSet, Wall,
};
pub use progress::Progress;
pub use scaled::Scaled;
pub use scheme::Weight;
pub use solve::{
    Chain, Discretisation, QuasiStationary, Resources, committor, mean_first_passage, quasi_stationary, stationary,
};
