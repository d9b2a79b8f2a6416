//! Rates in closed form, and the quadrature in one dimension. Nothing here depends on a grid or on a solver's result.

mod condition;
mod correction;
mod kramers;
mod omission;
pub mod quadrature;
mod theorem_3_2;

pub use condition::{Condition, CriticalPlace};
pub use correction::first_correction;
pub use omission::Omission;
use quadrature::QuadratureError;

use crate::problem::oblique::Departure;
use crate::problem::{CriticalPoint, DiffusionField, Dynamics, Saddle};
use crate::problem::{Interpretation, NoiseKind};
use crate::scaled::Scaled;
use crate::tensor::Point;

/// The input of the formulas: a valley, its saddles, and the noise.
#[derive(Clone, Copy)]
pub struct FormulaInput<'a> {
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The minimum a of the valley.
    pub minimum: &'a CriticalPoint,
    /// The saddles over which the valley is left.
    pub saddles: &'a [SaddleCrossing],
    /// The loss L or the drift.
    pub dynamics: &'a Dynamics,
    /// The noise D(θ), including its floor.
    pub diffusion: &'a dyn DiffusionField,
    /// The noise model, with η and B.
    pub noise: &'a NoiseKind,
    /// The floor d in D + d·I.
    pub floor: f64,
    /// The stochastic calculus.
    pub interpretation: Interpretation,
    /// In one dimension: the points at which D jumps or has a kink.
    pub breakpoints: &'a [quadrature::Breakpoint],
    /// The number of further minima in the live set, which the formulas ignore.
    pub other_wells: usize,
}

/// A saddle, and how the set is killed there.
#[derive(Clone, Debug)]
pub struct SaddleCrossing {
    /// The saddle b.
    pub saddle: Saddle,
    /// γ/γ_Kramers for the position of the killing boundary: 1 far beyond the saddle, 2 exactly at it, more for a
    /// boundary that crosses the separatrix at an angle.
    pub absorption_factor: f64,
    /// The departure of that boundary from the separatrix, if there is one.
    pub departure: Option<Departure>,
}

impl SaddleCrossing {
    /// The condition on the killing boundary.
    fn condition(&self) -> Condition {
        match self.departure {
            Some(departure) => Condition::Departure { departure, factor: self.absorption_factor },
            None => Condition::Absorption { factor: self.absorption_factor },
        }
    }
}

/// The rate of a formula, and its conditions.
#[derive(Clone, Debug)]
pub struct FormulaRate {
    /// The rate per unit of dynamical time, for the actual killing boundary.
    pub value: Scaled,
    /// The factor of the killing boundary, already included in `value`; the largest one if saddles differ.
    pub absorption_factor: f64,
    /// The conditions of the formula; each tells whether it holds.
    pub conditions: Vec<Condition>,
}

impl FormulaRate {
    fn new(value: Scaled, input: &FormulaInput, mut conditions: Vec<Condition>) -> FormulaRate {
        if input.other_wells > 0 {
            conditions.push(Condition::SingleWell { others: input.other_wells });
        }
        let factors = input.saddles.iter().map(|crossing| crossing.absorption_factor);
        FormulaRate { value, absorption_factor: factors.fold(1.0, f64::max), conditions }
    }
}

/// Theorem 3.2 of the paper; `R` is the type of what is stored for each rate.
#[derive(Clone, Debug)]
pub struct TheoremThreeTwo<R = FormulaRate> {
    /// With the paper's prefactor, which belongs to the isothermal current.
    pub isothermal: R,
    /// With the prefactor of the Itô equation.
    pub ito: R,
    /// The s of the configuration (0.5 by default).
    pub s: f64,
    /// The s for which the exponent is exact (one dimension).
    pub s_effective: Option<f64>,
    /// The saddle for which it was evaluated.
    pub saddle: Point,
}

/// All formulas; `R` is what is stored for each rate: the rate itself, or a comparison with another rate.
#[derive(Clone, Debug)]
pub struct Formulas<R = FormulaRate> {
    /// Kramers–Eyring, Theorem 3.1: summed over the saddles of the valley.
    pub kramers: Option<R>,
    /// One dimension with varying D(θ): Kramers' rate for the effective potential ∫L'/D (for constant D it equals
    /// `kramers` and is left out).
    pub effective_potential: Option<R>,
    /// Theorem 3.2.
    pub theorem_3_2: Option<TheoremThreeTwo<R>>,
    /// The reasons why other formulas do not apply.
    pub omitted: Vec<Omission>,
}

impl<R> Default for Formulas<R> {
    fn default() -> Formulas<R> {
        Formulas { kramers: None, effective_potential: None, theorem_3_2: None, omitted: Vec::new() }
    }
}

impl<R> Formulas<R> {
    /// No formula, for one common reason.
    pub fn none(reason: Omission) -> Formulas<R> {
        Formulas { omitted: vec![reason], ..Formulas::default() }
    }

    /// The same formulas with `say` applied to each rate.
    pub fn map<S>(self, say: impl Fn(R) -> S) -> Formulas<S> {
        Formulas {
            kramers: self.kramers.map(&say),
            effective_potential: self.effective_potential.map(&say),
            theorem_3_2: self.theorem_3_2.map(|theorem| TheoremThreeTwo {
                isothermal: say(theorem.isothermal),
                ito: say(theorem.ito),
                s: theorem.s,
                s_effective: theorem.s_effective,
                saddle: theorem.saddle,
            }),
            omitted: self.omitted,
        }
    }
}

/// Evaluates every formula that applies; the others are in `omitted` with the reason.
pub fn evaluate(input: &FormulaInput) -> Formulas {
    let turned = input.dynamics.conservative();
    if input.dynamics.loss().is_none() && turned.is_none() {
        return Formulas::none(Omission::NoLoss);
    }
    if input.minimum.cusp.is_some() || input.saddles.iter().any(|crossing| crossing.saddle.point.cusp.is_some()) {
        return Formulas::none(Omission::Cusp);
    }
    if input.saddles.is_empty() {
        return Formulas::none(Omission::NoSaddle);
    }
    if let Some(drift) = turned {
        return match kramers::turned(input, drift) {
            Ok(rate) => Formulas { kramers: Some(rate), ..Formulas::default() },
            Err(reason) => Formulas::none(reason),
        };
    }
    let mut omitted = Vec::new();
    let mut keep = |found: Result<FormulaRate, Omission>| found.map_err(|reason| omitted.push(reason)).ok();
    let kramers = keep(kramers::theorem_3_1(input));
    let is_effective = input.dimension == 1 && input.diffusion.temperature().is_none();
    let effective_potential = if is_effective { keep(kramers::effective_potential(input)) } else { None };
    let theorem_3_2 = theorem_3_2::theorem_3_2(input).map_err(|reason| omitted.push(reason)).ok();
    Formulas { kramers, effective_potential, theorem_3_2, omitted }
}
