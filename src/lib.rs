//! Escape rates of stochastic gradient descent from the Fokker–Planck equation.
//!
//! A process dθ = −∇L(θ) dt + √(2D(θ)) dW in one or two dimensions leaves a valley of its loss when noise carries it
//! over a saddle. saddleflux discretises it as a Markov chain and computes the escape rate, mean first-passage times,
//! committors and stationary distributions. Every discretisation is a generator with nonnegative rates, also for full
//! tensors D(θ), and the elimination never subtracts: a rate of 1e-171 has as many accurate digits as one of 0.1, and
//! comes with a two-sided bracket.
//!
//! # From a loss to its rate
//!
//! The route is `Problem → Chain →` one function per analysis. A [`Problem`] consists of a motion (a [`Landscape`], for
//! example [`ClosureLoss`] for a function, or any [`Dynamics`]), its noise ([`NoiseModel`]), the stochastic calculus
//! ([`Interpretation`]) and the question ([`Posed`]: the rectangle with its walls, the start set, the absorbing set).
//! It finds minima and saddles by itself. A [`Chain`] is that problem on one [`Grid`], factored. Analyses take the
//! chain:
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
//! The bracket holds for the chain on its grid. The discretisation error shows on finer grids: [`study::run`] solves a
//! ladder of grids, estimates that error, extrapolates, and compares with the formulas of the theory.
//! [`config::Config`] reads problem and request from a TOML file, as the program does. `examples/` has a user's own
//! loss in 25 lines (`own_loss`), a chain without a grid (`chain_by_hand`) and a convergence study against an exact
//! rate (`convergence`).
//!
//! # Analyses and layers
//!
//! | analysis | result |
//! |---|---|
//! | [`quasi_stationary`] | escape rate γ, its bracket, the quasi-stationary distribution |
//! | [`mean_first_passage`] | mean time to the killing from every state |
//! | [`committor`] | probability of being killed by one part of the killing rates rather than the rest, from every state |
//! | [`solve::occupation`] | expected time in every state from a start |
//! | [`stationary`] | stationary distribution of the closed chain ([`Chain::closed`]) |
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
//! | `files` | in `io`: `result.h5`, written and read | the binding of HDF5 |
//! | `cli` (default) | `cli`, `report` and `plot`: the program and its pictures; with `files` | clap, ariadne, indicatif, plotters |
//! | `bundled-hdf5` (default) | | HDF5 from its source (a C compiler and CMake); without it the system's is linked |
//!
//! A library user wants `default-features = false`.
//!
//! # Conventions
//!
//! - D = ½σσᵀ everywhere. White noise of temperature T is D = T·I; its stationary density is e^{−L/T}.
//! - The generator Q has nonnegative off-diagonal entries q_ij, the rate from state i to state j, and killing rates κ_i
//!   ≥ 0. Its diagonal is never stored.
//! - Probabilities are row vectors (left of Q), observables such as times and committors column vectors (right of Q).
//! - Rates are per unit of dynamical time t = η · (iterations).
//! - A density is per length^d, a cell probability is density × volume. Vectors over states hold probabilities;
//!   [`Discretisation::density`] and [`Discretisation::field`] spread them over the grid.
//! - A point is `[x, y]`; in one dimension y is 0 and unused.
//! - A rate may lie below 1e-308 in one dimension: [`Scaled`] has a separate exponent.
//!
//! # Where this is not appropriate
//!
//! - More than two dimensions. (A separable problem reduces to one-dimensional ones.)
//! - Rates below about 1e-290 in two dimensions, where double precision underflows: an error says so.
//! - Strongly anisotropic tensors oblique to the grid: if an edge needs more than 64 cells the problem is refused.
//! - For cold curved valleys oblique to the grid, and for drifts with strong circulation, the second-order error is
//!   large: [`Chain::corrected`] (a loss with white noise) or a turned grid ([`Align`]) help with the former.
//! - Three or more wells that exchange probability more slowly than they lose it: the bracket then stays wide.
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
#[cfg(feature = "cli")]
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
