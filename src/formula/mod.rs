//! Rates in closed form, and the 1D quadrature: nothing here knows a grid, or what a solver found.

mod condition;
mod kramers;
mod omission;
pub mod quadrature;
mod theorem_3_2;

pub use condition::{Condition, CriticalPlace};
pub use omission::Omission;
use quadrature::QuadratureError;

use crate::problem::oblique::Departure;
use crate::problem::{CriticalPoint, DiffusionField, Dynamics, Saddle};
use crate::problem::{Interpretation, NoiseKind};
use crate::scaled::Scaled;
use crate::tensor::Point;

/// What the formulas need to know: a valley, its exits, and the noise.
#[derive(Clone, Copy)]
pub struct FormulaInput<'a> {
    /// 1 or 2.
    pub dimension: usize,
    /// The minimum a.
    pub minimum: &'a CriticalPoint,
    /// The saddles over which the valley is left.
    pub saddles: &'a [SaddleCrossing],
    /// L, for ∇L between a and b.
    pub dynamics: &'a Dynamics,
    /// D(θ), floor included.
    pub diffusion: &'a dyn DiffusionField,
    /// The model behind D(θ), with η and B.
    pub noise: &'a NoiseKind,
    /// d in + d·I.
    pub floor: f64,
    /// Which stochastic calculus.
    pub interpretation: Interpretation,
    /// 1D: where D jumps or has a kink.
    pub breakpoints: &'a [quadrature::Breakpoint],
    /// Further minima in the live set: the formulas know of none.
    pub other_wells: usize,
}

/// A saddle, and how the set is killed there.
#[derive(Clone, Debug)]
pub struct SaddleCrossing {
    /// The saddle b.
    pub saddle: Saddle,
    /// 1 when killed beyond it, 2 when killed exactly at it, more along a boundary that crosses the separatrix there.
    pub absorption_factor: f64,
    /// How that boundary departs from the separatrix, where it does.
    pub departure: Option<Departure>,
}

impl SaddleCrossing {
    /// Whether the set is killed where the formulas know what to do.
    fn condition(&self) -> Condition {
        match self.departure {
            Some(departure) => Condition::Departure { departure, factor: self.absorption_factor },
            None => Condition::Absorption { factor: self.absorption_factor },
        }
    }
}

/// The rate that a formula gives, and what it takes for granted.
#[derive(Clone, Debug)]
pub struct FormulaRate {
    /// The rate per unit of dynamical time, for this way of absorbing.
    pub value: Scaled,
    /// 1, or 2 when the set is killed exactly at the saddle (already in `value`); the largest where saddles differ.
    pub absorption_factor: f64,
    /// Conditions that the formula needs; each knows whether it holds here.
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

/// Theorem 3.2 of the paper; `R` is what is said of each rate.
#[derive(Clone, Debug)]
pub struct TheoremThreeTwo<R = FormulaRate> {
    /// With the paper's prefactor (isothermal current).
    pub isothermal: R,
    /// With the prefactor of the Itô equation.
    pub ito: R,
    /// s of the configuration (0.5 when it gives none).
    pub s: f64,
    /// The s that makes the exponent exact (1D, or along the path in 2D when defined).
    pub s_effective: Option<f64>,
    /// Saddle it was evaluated for.
    pub saddle: Point,
}

/// All formulas that apply; `R` is what is said of each rate: the rate itself, or a comparison with another.
#[derive(Clone, Debug)]
pub struct Formulas<R = FormulaRate> {
    /// Kramers–Eyring, Theorem 3.1: summed over the saddles of the valley.
    pub kramers: Option<R>,
    /// One dimension, D(θ) that varies: Kramers' rate for the effective potential ∫L'/D (with constant D it is
    /// `kramers`, and left out).
    pub effective_potential: Option<R>,
    /// Theorem 3.2.
    pub theorem_3_2: Option<TheoremThreeTwo<R>>,
    /// Why the others do not apply.
    pub omitted: Vec<Omission>,
}

impl<R> Default for Formulas<R> {
    fn default() -> Formulas<R> {
        Formulas { kramers: None, effective_potential: None, theorem_3_2: None, omitted: Vec::new() }
    }
}

impl<R> Formulas<R> {
    /// No formula, for one reason.
    pub fn none(reason: Omission) -> Formulas<R> {
        Formulas { omitted: vec![reason], ..Formulas::default() }
    }

    /// The same formulas with something else said of each rate.
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

/// The rate of every formula that applies; the others with the reason in `omitted`.
pub fn evaluate(input: &FormulaInput) -> Formulas {
    let turned = input.dynamics.conservative();
    if input.dynamics.loss().is_none() && turned.is_none() {
        return Formulas::none(Omission::NoLoss);
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
