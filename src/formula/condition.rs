//! The assumptions of a formula, with the numbers that decide whether they hold.

use std::fmt;

use crate::digits::exact;
use crate::problem::Interpretation;
use crate::problem::absorption::FAR;
use crate::problem::oblique::Departure;

/// The barrier in units of the noise from which the quadratic approximation counts as good (a relative error near or
/// below 10 %).
const HIGH_BARRIER: f64 = 5.0;
/// The largest |H_a e − H_ae e| / H_ae at which e counts as an eigenvector of H_a.
const ALIGNED: f64 = 0.1;
/// The largest relative difference, along e, between the theorem's D at a and b and the actual D.
const SAME_NOISE: f64 = 0.1;

/// A condition of a formula for one problem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Theorem 3.1: the barrier is high enough for the quadratic approximation.
    HighBarrier {
        /// ΔL/d.
        over_noise: f64,
    },
    /// Effective potential: its barrier is high enough for the quadratic approximation.
    HighEffectiveBarrier {
        /// ∫L'/D from the minimum to the saddle.
        depth: f64,
    },
    /// Theorem 3.2: both parts of the exponent are large enough for the quadratic approximation.
    HighExponents {
        /// The exponent from a to s.
        below: f64,
        /// The exponent from s to b.
        above: f64,
    },
    /// The set is killed either exactly at the saddle or well beyond it.
    Absorption {
        /// γ/γ_Kramers: 1 far beyond the saddle, 2 at it.
        factor: f64,
    },
    /// The set is killed along the separatrix, or along a curve whose departure from it at the saddle is so small that
    /// the factor is known.
    Departure {
        /// The slant and the curvature of the curve, in widths of the saddle.
        departure: Departure,
        /// γ/γ_Kramers.
        factor: f64,
    },
    /// The live set is a single well.
    SingleWell {
        /// The number of further minima in the live set.
        others: usize,
    },
    /// The prefactor belongs to the calculus of the problem.
    Prefactor {
        /// The calculus that the prefactor belongs to.
        belongs_to: Interpretation,
        /// The calculus of the problem.
        read_as: Interpretation,
    },
    /// The noise is frozen at its values at the minimum and at the saddle.
    FrozenNoise {
        /// Whether the noise model is that closure.
        is_frozen: bool,
    },
    /// Nothing is added to the minibatch noise.
    NoInjectedNoise {
        /// The floor d in D + d·I.
        floor: f64,
    },
    /// D is η/(2B)·[H]₊ along the escape direction.
    MinibatchNoise {
        /// The point at which D is compared.
        at: CriticalPlace,
        /// The ratio of D to η/(2B)·[H]₊ along the escape direction.
        ratio: f64,
    },
    /// The escape direction is an eigenvector of the Hessian at the minimum.
    AlignedEscape {
        /// |H_a e − H_ae e|/H_ae.
        residual: f64,
    },
}

/// One of the two critical points at which a formula is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CriticalPlace {
    /// The minimum a.
    Minimum,
    /// The saddle b.
    Saddle,
}

impl Condition {
    /// Whether the condition holds.
    pub fn holds(&self) -> bool {
        match *self {
            Condition::HighBarrier { over_noise } => over_noise >= HIGH_BARRIER,
            Condition::HighEffectiveBarrier { depth } => depth >= HIGH_BARRIER,
            Condition::HighExponents { below, above } => below.min(above) >= HIGH_BARRIER,
            Condition::Absorption { factor } => factor < FAR || factor == 2.0,
            Condition::Departure { departure, .. } => departure.is_known,
            Condition::SingleWell { others } => others == 0,
            Condition::Prefactor { belongs_to, read_as } => belongs_to == read_as,
            Condition::FrozenNoise { is_frozen } => is_frozen,
            Condition::NoInjectedNoise { floor } => floor == 0.0,
            Condition::MinibatchNoise { ratio, .. } => (ratio - 1.0).abs() <= SAME_NOISE,
            Condition::AlignedEscape { residual } => residual <= ALIGNED,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Condition::HighBarrier { over_noise } => write!(
                f,
                "quadratic approximation: barrier over noise ΔL/d = {over_noise:.4} should be at least {HIGH_BARRIER}"
            ),
            Condition::HighEffectiveBarrier { depth } => {
                write!(f, "quadratic approximation: ∫L'/D = {depth:.4} should be at least {HIGH_BARRIER}")
            }
            Condition::HighExponents { below, above } => write!(
                f,
                "quadratic approximation: the exponents from a to s, {below:.4}, and from s to b, {above:.4}, should each be at \
                 least {HIGH_BARRIER}"
            ),
            Condition::Absorption { factor: 2.0 } => {
                f.write_str("killed exactly at the saddle: the rate is twice that of crossing (factor 2 included)")
            }
            Condition::Absorption { factor: 1.0 } => {
                f.write_str("killed beyond the saddle: the rate is that of crossing (factor 1)")
            }
            Condition::Absorption { factor } if factor < FAR => {
                write!(f, "killed beyond the saddle: the rate is that of crossing to a thousandth (factor {factor:.4})")
            }
            Condition::Absorption { factor } if factor < 2.0 => write!(
                f,
                "the set should end at the saddle or far beyond it: here it ends shortly beyond it (factor {factor:.4})"
            ),
            Condition::Absorption { factor } => {
                write!(f, "the set should end at the saddle or far beyond it: here it ends before it (factor {factor:.4})")
            }
            Condition::Departure { departure: Departure { slant, bend, is_known: true }, factor } => write!(
                f,
                "killed at the saddle along a curve that strays {slant:.3} and bends {bend:.3} widths √(D/|H_b|) from the tangent of the separatrix over a \
                 width √(D/H_⊥) of the flux: factor {factor:.4} instead of 2"
            ),
            Condition::Departure { departure: Departure { slant, bend, .. }, factor } => write!(
                f,
                "the boundary should run along the separatrix near the saddle: over a width √(D/H_⊥) of the flux it strays {slant:.3} and bends \
                 {bend:.3} widths √(D/|H_b|) away, for which no factor is known ({factor:.4} is taken)"
            ),
            Condition::SingleWell { others } => {
                let wells = match others {
                    0 => "no other well",
                    1 => "one more well",
                    _ => "more wells",
                };
                write!(f, "a single well: {wells} in the live set can be entered and left on the way")
            }
            Condition::Prefactor { belongs_to, read_as } => write!(
                f,
                "the prefactor belongs to the {} equation; here the noise is read as {}",
                equation(belongs_to),
                read_as.name()
            ),
            Condition::FrozenNoise { is_frozen: true } => {
                f.write_str("the noise is frozen at its values at the minimum and at the saddle, as the proof assumes")
            }
            Condition::FrozenNoise { is_frozen: false } => f.write_str(
                "the proof freezes the noise at its values at the minimum and at the saddle; here it varies between them",
            ),
            Condition::NoInjectedNoise { floor } => write!(f, "no injected noise: the floor is {}", exact(floor)),
            Condition::MinibatchNoise { at, ratio } => {
                let place = match at {
                    CriticalPlace::Minimum => "minimum",
                    CriticalPlace::Saddle => "saddle",
                };
                write!(f, "D = η/(2B)·[H]₊ along the escape direction at the {place}: D over that is {ratio:.4}")
            }
            Condition::AlignedEscape { residual } => write!(
                f,
                "the escape direction is an eigenvector of the Hessian at the minimum: |H_a e − H_ae e|/H_ae = {residual:.4} should \
                 be at most {ALIGNED}"
            ),
        }
    }
}

fn equation(interpretation: Interpretation) -> &'static str {
    match interpretation {
        Interpretation::Ito => "Itô",
        Interpretation::Stratonovich => "Stratonovich",
        Interpretation::Isothermal => "isothermal",
    }
}
