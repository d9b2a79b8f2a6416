//! The request to the solver about a problem: quantities, grids, scheme, and further computations.

use std::sync::Arc;

use crate::grid::{Align, Grid};
use crate::particles;
use crate::problem::NoiseModel;
use crate::problem::core_set::CoreSpec;
use crate::problem::expression::Condition;
use crate::scheme::Weight;
use crate::study::evolution::Halt;
use crate::tensor::Point;

/// A complete request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The quantities to be computed.
    pub quantities: Vec<Quantity>,
    /// The number of eigenvalues of the spectrum.
    pub eigenvalues: usize,
    /// The highest moment of passage times.
    pub moments: usize,
    /// Whether to solve on coarser grids for the discretisation error.
    pub error_estimate: bool,
    /// The cells and the scheme.
    pub grid: GridRequest,
    /// The convergence study.
    pub converge: ConvergeRequest,
    /// The SGD iteration, for comparison with its diffusion limit, if requested.
    pub sgd: Option<IterationRequest>,
    /// The particle simulation, if requested.
    pub particles: Option<particles::Settings>,
    /// The time evolution, if requested.
    pub evolve: Option<EvolveRequest>,
    /// The sets of the committor.
    pub committor: CommittorRequest,
}

impl Request {
    /// Whether some requested quantity needs killing.
    pub fn wants_killing(&self) -> bool {
        [Quantity::Rate, Quantity::PassageTime, Quantity::Exits].into_iter().any(|quantity| self.wants(quantity))
    }

    /// The requests without those quantities that need sets of cells in the closed domain: without the network, without
    /// the committor, without both; none with nothing left.
    pub fn without_sets(&self) -> Vec<Request> {
        use Quantity::{Committor, Network};
        let without = |dropped: &[Quantity]| {
            let mut lesser = self.clone();
            lesser.quantities.retain(|quantity| !dropped.contains(quantity));
            let has_rates = lesser.wants_rates() && dropped.iter().all(|&quantity| self.wants(quantity));
            has_rates.then_some(lesser)
        };
        [&[Network][..], &[Committor], &[Committor, Network]].into_iter().filter_map(without).collect()
    }

    /// Whether some requested quantity is of the closed domain.
    pub fn wants_closed(&self) -> bool {
        [Quantity::Stationary, Quantity::Committor, Quantity::Network].into_iter().any(|quantity| self.wants(quantity))
    }

    /// Whether some requested quantity is meaningless if nothing absorbs.
    pub fn needs_killing(&self) -> bool {
        self.wants_killing()
            || self.wants(Quantity::Certificate)
            || self.wants(Quantity::Sensitivities)
            || self.wants(Quantity::Survival)
    }

    /// Whether some requested quantity has an error that is estimated from coarser grids.
    pub fn wants_rates(&self) -> bool {
        self.wants_killing()
            || self.wants(Quantity::Committor)
            || self.wants(Quantity::Network)
            || self.wants(Quantity::Spectrum)
    }

    /// Whether a quantity is requested.
    pub fn wants(&self, quantity: Quantity) -> bool {
        self.quantities.contains(&quantity)
    }
}

/// The quantities that can be requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Quasi-stationary density and escape rate.
    Rate,
    /// Mean first-passage time.
    PassageTime,
    /// The distribution of exits: moments of the first-passage time, and probabilities by part of the boundary.
    Exits,
    /// Stationary density of the closed domain.
    Stationary,
    /// Committors, reactive current and rate between two sets, in the closed domain.
    Committor,
    /// Bounds on the escape rate of the continuous problem.
    Certificate,
    /// The sensitivities of the escape rate to the numbers of the configuration ([`crate::config::sensitivity`]).
    Sensitivities,
    /// The network of valleys: their occupations and the rates between them, in the closed domain.
    Network,
    /// Survival from every cell, at the output times of the evolution.
    Survival,
    /// The eigenvalues nearest to zero, of the killed chain if something absorbs, otherwise of the closed one.
    Spectrum,
}

/// The core sets of reactive paths; by default discs around the start minimum and around the minimum across its lowest
/// saddle.
#[derive(Clone, Debug, Default)]
pub struct CommittorRequest {
    /// The set in which paths begin.
    pub from: Option<CoreSpec>,
    /// The set in which paths end.
    pub to: Option<CoreSpec>,
    /// Several sets for hitting probabilities and mutual fluxes. Without `from` and `to` paths lead from the first to
    /// the second.
    pub sets: Vec<CoreSpec>,
    /// Surfaces between the two sets for the reactive flux, as conditions that hold on the side of the first set, with
    /// their texts.
    pub surfaces: Vec<(String, Arc<Condition>)>,
}

/// The requested grid.
#[derive(Clone, Debug)]
pub struct GridRequest {
    /// Cells along each axis (the second is 1 in one dimension); `None`: doubled until `tolerance` is met.
    pub cells: Option<[usize; 2]>,
    /// The relative tolerance of the rate.
    pub tolerance: f64,
    /// The edge weight, and whether the flux is corrected; `None`: chosen ([`crate::study::choice`]).
    pub scheme: Option<Scheme>,
    /// The direction of the grid.
    pub align: Align,
    /// The largest number of unknowns if `cells` is not given.
    pub max_unknowns: Option<usize>,
}

impl GridRequest {
    /// The scheme; the inverse average if none has been chosen yet.
    pub fn scheme(&self) -> Scheme {
        self.scheme.unwrap_or(Scheme::INVERSE_AVERAGE)
    }
}

/// An edge weight, and whether the flux correction is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// The edge weight.
    pub weight: Weight,
    /// Whether [`crate::generator::FluxCorrection`] is applied; only for a loss with D = d·I.
    pub is_corrected: bool,
}

impl Scheme {
    /// The default: the inverse average.
    pub const INVERSE_AVERAGE: Scheme = Scheme::plain(Weight::InverseAverage);
    /// The inverse average with its flux correction.
    pub const FLUX_CORRECTED: Scheme = Scheme { weight: Weight::InverseAverage, is_corrected: true };
    /// The scheme for drift across the slope.
    pub const TRANSVERSE: Scheme = Scheme::plain(Weight::Transverse);
    /// All schemes, the default first.
    pub const ALL: [Scheme; 7] = [
        Scheme::INVERSE_AVERAGE,
        Scheme::FLUX_CORRECTED,
        Scheme::plain(Weight::ScharfetterGummel),
        Scheme::plain(Weight::Sqra),
        Scheme::plain(Weight::Upwind),
        Scheme::plain(Weight::Central),
        Scheme::TRANSVERSE,
    ];

    /// A weight without flux correction.
    pub const fn plain(weight: Weight) -> Scheme {
        Scheme { weight, is_corrected: false }
    }

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        if self.is_corrected { "flux-corrected" } else { self.weight.name() }
    }

    /// The order of convergence on smooth problems.
    pub fn formal_order(self) -> f64 {
        match self {
            Scheme { is_corrected: true, .. } => 6.0,
            Scheme { weight: Weight::Upwind, .. } => 1.0,
            _ => 2.0,
        }
    }
}

/// The requested SGD iteration.
#[derive(Clone, Debug)]
pub struct IterationRequest {
    /// The learning rates η; empty: fractions of that of the noise.
    pub learning_rates: Vec<f64>,
}

/// The requested convergence study.
#[derive(Clone, Debug, Default)]
pub struct ConvergeRequest {
    /// Cells along x and, if given, along y, coarsest first; empty: chosen.
    pub cells: Vec<(usize, Option<usize>)>,
    /// The schemes to compare.
    pub schemes: Vec<Scheme>,
    /// Whether the user chose the schemes; otherwise all are compared, except those that do not apply.
    pub is_chosen: bool,
    /// The angles of the grid in degrees; empty: that of the grid.
    pub angles: Vec<f64>,
    /// The exact escape rate, if the user knows it.
    pub rate: Option<f64>,
    /// The exact mean first-passage time, if the user knows it.
    pub passage_time: Option<f64>,
}

/// The requested time evolution.
#[derive(Clone, Debug)]
pub struct EvolveRequest {
    /// Output times in dynamical time, increasing.
    pub times: Vec<f64>,
    /// The initial density.
    pub start: StartDensity,
    /// The relative tolerance of the density: in L1, and for the probability of each cell above the floor.
    pub tolerance: f64,
    /// The share of the surviving mass above which single cells satisfy the tolerance; 1: none need to; `None`: chosen
    /// by cost.
    pub floor: Option<f64>,
    /// The pieces of the noise schedule, in order; empty: the problem's own noise at all times.
    pub schedule: Vec<NoisePiece>,
    /// η of the problem's own noise, if it has one.
    pub learning_rate: Option<f64>,
    /// The time-stepping method.
    pub stepping: Stepping,
    /// Whether survival from every cell is requested too.
    pub from_cells: bool,
    /// The checkpoint of an interrupted run of the same request, to be resumed.
    pub resumed: Option<Arc<Halt>>,
    /// Whether animations are requested.
    pub is_animated: bool,
}

/// The time-stepping method of an evolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepping {
    /// The method that suits the problem.
    Auto,
    /// Extrapolated implicit Euler steps, positive and accurate in every entry.
    Positive,
    /// Krylov spaces, accurate in L1.
    Krylov,
}

/// A piece of the noise schedule.
#[derive(Clone, Debug)]
pub struct NoisePiece {
    /// Its end in dynamical time; `None`: never.
    pub until: Option<f64>,
    /// The noise of the piece.
    pub noise: NoiseModel,
    /// Its learning rate η, if it has one.
    pub learning_rate: Option<f64>,
}

impl NoisePiece {
    /// Its end in dynamical time; infinite if it never ends.
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

/// The initial density of an evolution.
#[derive(Clone, Debug)]
pub enum StartDensity {
    /// A Gaussian with this standard deviation, restricted to the set; 0: all in one cell.
    Gaussian {
        /// Its mean; `None`: the start point of the problem.
        point: Option<Point>,
        /// Its standard deviation along every axis.
        width: f64,
    },
    /// The quasi-stationary density.
    QuasiStationary,
    /// The stationary density of the closed domain, restricted to the set.
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
        /// The density in each cell.
        values: Vec<f64>,
    },
}
