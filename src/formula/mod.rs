//! Rates in closed form, and the 1D quadrature: nothing here knows a grid.

mod kramers;
pub mod quadrature;
mod theorem_3_2;

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
    /// The solver's rate, per unit of dynamical time.
    pub solver_rate: Scaled,
}

/// A saddle, and how the set is killed there.
#[derive(Clone, Debug)]
pub struct SaddleCrossing {
    /// The saddle b.
    pub saddle: Saddle,
    /// 1 when killed beyond it, 2 when killed exactly at it.
    pub absorption_factor: f64,
}

impl SaddleCrossing {
    /// In words: where the set is killed.
    fn condition(&self) -> Condition {
        let text = if self.absorption_factor == 2.0 {
            "killed exactly at the saddle: the rate is twice that of crossing (factor 2 included)".into()
        } else if self.absorption_factor == 1.0 {
            "killed beyond the saddle: the rate is that of crossing (factor 1)".into()
        } else {
            format!("killed near the saddle, neither at it nor beyond it: factor {:.4}", self.absorption_factor)
        };
        Condition { text, holds: self.absorption_factor == 1.0 || self.absorption_factor == 2.0 }
    }
}

/// A formula's rate against the solver's, like with like.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The formula's rate for this way of absorbing.
    pub value: Scaled,
    /// Solver's rate over the formula's.
    pub ratio: f64,
    /// 1, or 2 when the set is killed exactly at the saddle (already in `value`); the largest where saddles differ.
    pub absorption_factor: f64,
    /// Conditions that the formula needs, each with whether it holds here.
    pub conditions: Vec<Condition>,
}

impl Comparison {
    fn new(value: Scaled, input: &FormulaInput, mut conditions: Vec<Condition>) -> Comparison {
        if input.other_wells > 0 {
            let wells = if input.other_wells == 1 { "one more well" } else { "more wells" };
            let text = format!("a single well: {wells} in the live set can be entered and left on the way");
            conditions.push(Condition { text, holds: false });
        }
        let leading = input.saddles.iter().map(|crossing| crossing.absorption_factor);
        Comparison {
            value,
            ratio: input.solver_rate.over(value).value(),
            absorption_factor: leading.fold(1.0, f64::max),
            conditions,
        }
    }
}

/// A condition of a theorem.
#[derive(Clone, Debug)]
pub struct Condition {
    /// In words, with the numbers in it.
    pub text: String,
    /// Whether it holds here.
    pub holds: bool,
}

/// Theorem 3.2 of the paper.
#[derive(Clone, Debug)]
pub struct TheoremThreeTwo {
    /// With the paper's prefactor (isothermal current).
    pub isothermal: Comparison,
    /// With the prefactor of the Itô equation.
    pub ito: Comparison,
    /// s of the configuration (0.5 when it gives none).
    pub s: f64,
    /// The s that makes the exponent exact (1D, or along the path in 2D when defined).
    pub s_effective: Option<f64>,
    /// Saddle it was evaluated for.
    pub saddle: Point,
}

/// All formulas that apply.
#[derive(Clone, Debug, Default)]
pub struct Formulas {
    /// Kramers–Eyring, Theorem 3.1: summed over the saddles of the valley.
    pub kramers: Option<Comparison>,
    /// One dimension, D(θ) that varies: Kramers' rate for the effective potential ∫L'/D (with constant D it is `kramers`, and left out).
    pub effective_potential: Option<Comparison>,
    /// Theorem 3.2.
    pub theorem_3_2: Option<TheoremThreeTwo>,
    /// Formulas that do not apply, and why.
    pub omitted: Vec<String>,
}

/// Every formula that applies, each compared like with like with the solver's rate; the others with the reason in `omitted`.
pub fn evaluate(input: &FormulaInput) -> Formulas {
    let mut formulas = Formulas::default();
    if input.dynamics.loss().is_none() {
        formulas.omitted = vec!["Kramers and Theorem 3.2 need a loss; here only a drift is given".into()];
        return formulas;
    }
    if input.saddles.is_empty() {
        formulas.omitted =
            vec!["Kramers and Theorem 3.2 need a saddle over which the set is left; this set is left elsewhere".into()];
        return formulas;
    }
    let mut omitted = Vec::new();
    let mut keep = |result: Result<Comparison, String>| result.map_err(|reason| omitted.push(reason)).ok();
    formulas.kramers = keep(kramers::theorem_3_1(input));
    if input.dimension == 1 && input.diffusion.constant().is_none() {
        formulas.effective_potential = keep(kramers::effective_potential(input));
    }
    match theorem_3_2::theorem_3_2(input) {
        Ok(theorem) => formulas.theorem_3_2 = Some(theorem),
        Err(reason) => omitted.push(reason),
    }
    formulas.omitted = omitted;
    formulas
}
