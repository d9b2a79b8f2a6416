//! The analyses of a chain: one function each, which takes a factored chain and returns a vector. Every solve has a
//! nonnegative right-hand side, so that no digit is lost however small the rate is. With A = diag(κ + Q1) − Q:
//!
//! | analysis | equation | input |
//! |---|---|---|
//! | [`quasi_stationary`] | ν A = γ ν, Σν = 1 | a killed chain |
//! | [`mean_first_passage`] | A u = 1 | a killed chain |
//! | [`moments`], [`variances`] | A m_k = k m_{k−1}, A v = Σ_j q_ij (u_j − u_i)² + κ_i u_i² | a killed chain and its times u |
//! | [`occupation`] | x A = e_origin | a killed chain |
//! | [`committor`] | A p = κ' | a killed chain and a part κ' of its killing |
//! | [`stationary`] | π Q = 0, Σπ = 1 | a closed chain ([`Chain::closed`]) |
//! | [`Evolution`] | ṗ = p (Q − diag κ) | any chain, from a start |
//! | [`stationary`], [`stationary_law`] | π Q = 0, Σπ = 1 | a closed chain ([`Chain::closed`]) |
//! | [`Paths`] | A q⁺ = rates into B, x A = flow out of A | a closed chain and two sets A, B |
//! | [`spectrum`] | A r = λ r, l A = λ l | a killed or a closed chain |
//! | [`Network`], [`Hits`] | A h = rates into a, x A = flow out of a | a closed chain and core sets a |

pub mod chain;
pub mod committor;
pub mod core_cut;
pub mod discretisation;
pub mod error;
pub mod evolve;
pub mod network;
pub mod occupation;
mod orthogonal;
pub mod passage;
pub mod paths;
pub mod quasi_stationary;
pub mod reactive;
pub mod resources;
pub mod several;
pub mod spectrum;
pub mod stationary;

pub use chain::{Chain, Factor};
pub use committor::{committor, committor_scaled};
pub use core_cut::CoreCut;
pub use discretisation::Discretisation;
pub use error::SolveError;
pub use evolve::{Accuracy, Evolution, EvolveError};
pub use network::{CoreSets, Hits, Network, NetworkError, passage_times};
pub use occupation::occupation;
pub use passage::{PassageTimes, mean_first_passage, moments, variances};
pub use paths::{Cores, Paths, PathsError, Side};
pub use quasi_stationary::{QuasiStationary, quasi_stationary, quasi_stationary_within};
pub use reactive::{Reactive, check_sets, closed_law, reactive, reactive_within};
pub use resources::Resources;
pub use several::several;
pub use spectrum::{Ground, Mode, Route, spectrum};
pub use stationary::{stationary, stationary_law};
