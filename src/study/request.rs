//! What is asked of the solver about a problem: quantities, grids, the scheme, and what goes beside them.

use std::sync::Arc;

use crate::grid::{Align, Grid};
use crate::particles;
use crate::problem::NoiseModel;
use crate::problem::core_set::CoreSpec;
use crate::problem::expression::Condition;
use crate::scheme::Weight;
use crate::study::evolution::Halt;
use crate::tensor::Point;

/// Everything that is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is wanted.
    pub quantities: Vec<Quantity>,
    /// Eigenvalues of the spectrum.
    pub eigenvalues: usize,
    /// Solve on coarser grids too, for the discretisation error.
    pub error_estimate: bool,
    /// Cells and scheme.
    pub grid: GridRequest,
    /// What a convergence study compares.
    pub converge: ConvergeRequest,
    /// The iteration itself beside its diffusion limit, when asked for.
    pub sgd: Option<IterationRequest>,
    /// Particles beside the solver, when asked for.
    pub particles: Option<particles::Settings>,
    /// The density in time, when asked for.
    pub evolve: Option<EvolveRequest>,
    /// The sets of the committor.
    pub committor: CommittorRequest,
}

impl Request {
    /// Whether anything was asked for that needs killing.
    pub fn wants_killing(&self) -> bool {
        self.wants(Quantity::Rate) || self.wants(Quantity::PassageTime)
    }

    /// Whether anything was asked for that means nothing where nothing absorbs.
    pub fn needs_killing(&self) -> bool {
        self.wants_killing()
            || self.wants(Quantity::Certificate)
            || self.wants(Quantity::Sensitivities)
            || self.wants(Quantity::Survival)
    }

    /// Whether anything was asked for whose error coarser grids show.
    pub fn wants_rates(&self) -> bool {
        self.wants_killing()
            || self.wants(Quantity::Committor)
            || self.wants(Quantity::Network)
            || self.wants(Quantity::Spectrum)
    }

    /// Whether a quantity was asked for.
    pub fn wants(&self, quantity: Quantity) -> bool {
        self.quantities.contains(&quantity)
    }
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Quasi-stationary density and escape rate.
    Rate,
    /// Mean first-passage time.
    PassageTime,
    /// Stationary density of the closed domain.
    Stationary,
    /// Committors, reactive current and rate between two sets, in the closed domain.
    Committor,
    /// An interval around the escape rate of the continuous problem.
    Certificate,
    /// How the escape rate answers to the numbers of the configuration ([`crate::config::sensitivity`]).
    Sensitivities,
    /// Valleys with their occupations, and the rates between them, in the closed domain.
    Network,
    /// Survival from every cell, at the times of the density in time.
    Survival,
    /// The eigenvalues nearest to zero, of the killed chain where something absorbs, else of the closed one.
    Spectrum,
}

/// The sets that reactive paths come from and lead to; what is left out is the disc around the start minimum, or around
/// the minimum across its lowest saddle.
#[derive(Clone, Debug, Default)]
pub struct CommittorRequest {
    /// Where paths begin.
    pub from: Option<CoreSpec>,
    /// Where they end.
    pub to: Option<CoreSpec>,
    /// Several sets: which of them is hit first, and what flows from each to each. Paths lead from the first to the
    /// second where no others are named.
    pub sets: Vec<CoreSpec>,
    /// Surfaces between the two sets whose flux is asked for, as conditions that hold on the side of the first, with
    /// their texts.
    pub surfaces: Vec<(String, Arc<Condition>)>,
}

/// The grid that is asked for.
#[derive(Clone, Debug)]
pub struct GridRequest {
    /// Cells along each axis (the second is 1 in one dimension); `None`: doubled until `tolerance` is met.
    pub cells: Option<[usize; 2]>,
    /// Relative tolerance on the rate.
    pub tolerance: f64,
    /// Edge weight, and whether it is corrected; `None`: chosen ([`crate::study::choice`]).
    pub scheme: Option<Scheme>,
    /// How the grid is turned.
    pub align: Align,
    /// Largest number of unknowns when `cells` is not given.
    pub max_unknowns: Option<usize>,
}

impl GridRequest {
    /// The scheme; the inverse average where none has been chosen yet.
    pub fn scheme(&self) -> Scheme {
        self.scheme.unwrap_or(Scheme::INVERSE_AVERAGE)
    }
}

/// An edge weight, and whether its rates are corrected for how the flux varies along each edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// The edge weight.
    pub weight: Weight,
    /// Whether [`crate::generator::FluxCorrection`] follows; for D = temperature·I and a loss.
    pub is_corrected: bool,
}

impl Scheme {
    /// The default.
    pub const INVERSE_AVERAGE: Scheme = Scheme::plain(Weight::InverseAverage);
    /// The inverse average with its flux correction.
    pub const FLUX_CORRECTED: Scheme = Scheme { weight: Weight::InverseAverage, is_corrected: true };
    /// For drift across the slope.
    pub const TRANSVERSE: Scheme = Scheme::plain(Weight::Transverse);
    /// All of them, the default first.
    pub const ALL: [Scheme; 7] = [
        Scheme::INVERSE_AVERAGE,
        Scheme::FLUX_CORRECTED,
        Scheme::plain(Weight::ScharfetterGummel),
        Scheme::plain(Weight::Sqra),
        Scheme::plain(Weight::Upwind),
        Scheme::plain(Weight::Central),
        Scheme::TRANSVERSE,
    ];

    /// A weight as it is.
    pub const fn plain(weight: Weight) -> Scheme {
        Scheme { weight, is_corrected: false }
    }

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        if self.is_corrected { "flux-corrected" } else { self.weight.name() }
    }

    /// Its order on smooth problems.
    pub fn formal_order(self) -> f64 {
        match self {
            Scheme { is_corrected: true, .. } => 6.0,
            Scheme { weight: Weight::Upwind, .. } => 1.0,
            _ => 2.0,
        }
    }
}

/// The iteration itself, as it is asked for.
#[derive(Clone, Debug)]
pub struct IterationRequest {
    /// η; empty: shares of the noise's own.
    pub learning_rates: Vec<f64>,
}

/// A convergence study, as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct ConvergeRequest {
    /// Cells along x and, where they are given, along y, coarsest first; empty: chosen.
    pub cells: Vec<(usize, Option<usize>)>,
    /// Edge weights to compare.
    pub schemes: Vec<Scheme>,
    /// Whether they were chosen by the user; else they are all, and those that do not apply are left out.
    pub is_chosen: bool,
    /// Angles of the grid in degrees; empty: as the grid is.
    pub angles: Vec<f64>,
    /// The exact escape rate, when the user knows it.
    pub rate: Option<f64>,
    /// The exact mean first-passage time, when the user knows it.
    pub passage_time: Option<f64>,
}

/// The density in time, as it is asked for.
#[derive(Clone, Debug)]
pub struct EvolveRequest {
    /// Output times in dynamical time, increasing.
    pub times: Vec<f64>,
    /// What there is at t = 0.
    pub start: StartDensity,
    /// Relative tolerance on the density: in L1, and on the probability of each cell above the floor.
    pub tolerance: f64,
    /// The share of what is still there above which single cells are right; 1: none of them need be; `None`: by what it
    /// costs.
    pub floor: Option<f64>,
    /// The noise in time, in order; empty: the problem's own for ever.
    pub schedule: Vec<NoisePiece>,
    /// η of the problem's own noise, where it has one.
    pub learning_rate: Option<f64>,
    /// By which means.
    pub stepping: Stepping,
    /// Whether survival from every cell is asked for too.
    pub from_cells: bool,
    /// What an earlier run of the same was interrupted at, to go on from.
    pub resumed: Option<Arc<Halt>>,
    /// Whether the pictures are to move.
    pub is_animated: bool,
}

/// How a density is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepping {
    /// Whichever suits the problem.
    Auto,
    /// Extrapolated implicit steps, positive and right in every entry.
    Positive,
    /// Krylov spaces, right in L1.
    Krylov,
}

/// The noise for a while.
#[derive(Clone, Debug)]
pub struct NoisePiece {
    /// When it ends; `None`: never.
    pub until: Option<f64>,
    /// The noise.
    pub noise: NoiseModel,
    /// Its η, where it has one.
    pub learning_rate: Option<f64>,
}

impl NoisePiece {
    /// When it ends; infinite: never.
    pub fn ends(&self) -> f64 {
        self.until.unwrap_or(f64::INFINITY)
    }
}

impl EvolveRequest {
    /// The pieces of the schedule that begin before a time.
    pub fn pieces_before(&self, time: f64) -> &[NoisePiece] {
        let ended = self.schedule.iter().take_while(|piece| piece.ends() < time).count();
        &self.schedule[..self.schedule.len().min(ended + 1)]
    }
}

/// The density at t = 0.
#[derive(Clone, Debug)]
pub enum StartDensity {
    /// A Gaussian of this standard deviation, cut to the set; 0: all in one cell.
    Gaussian {
        /// Its mean; `None`: where the problem starts.
        point: Option<Point>,
        /// Its standard deviation along every axis.
        width: f64,
    },
    /// The quasi-stationary density.
    QuasiStationary,
    /// The stationary density of the closed domain, cut to the set.
    Stationary,
    /// A field of a file that has not been read yet.
    File {
        /// The file.
        file: std::path::PathBuf,
        /// The name of the field.
        field: String,
    },
    /// A density over a grid.
    Given {
        /// The grid.
        grid: Grid,
        /// Density by cell.
        values: Vec<f64>,
    },
}
