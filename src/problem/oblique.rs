//! The rate of killing along a curve that departs from the separatrix at the saddle, relative to Kramers' rate.
//!
//! At the saddle, in widths x/√(D_e/|H_be|) along the escape direction and η = y/√(D_⊥/H_⊥) across it, the process is
//! ```text
//! h_xx + x h_x + m (h_ηη − η h_η) = 0        m = H_⊥/|H_be|,  h: the probability of never coming to the line x = δη
//! ```
//! and Kramers' rate is the rate of arrivals at the line times the probability Φ(x) of going on from there. On the line
//! x = 0 this probability is ½ everywhere, and the rate of killing is twice Kramers'. On x = δη it would be ½ in the
//! mean if both sides of the line were hit equally often. But where the line leans back (x < 0) it is hit more often,
//! and there a larger part of the killed paths would have returned. With φ'' + xφ' = mφ, φ(−∞) = 0, φ(0) = 1 (a
//! parabolic cylinder function) the second variation of the rate is
//! ```text
//! γ/γ_Kramers = 2 + 2 p(m) δ² + O(δ⁴)        p(m) = √(2/π) φ'(0) = (2/√π) Γ(1 + m/2)/Γ(½ + m/2)
//! ```
//! Along the line the curvature of the loss is (1 − δ²)H_⊥; for δ ≥ 1 the loss does not rise along it and the flux does
//! not cross near the saddle. The power 2(1 − δ²)^−p has the right second variation and the right singularity. Compared
//! with sums of Hermite functions that solve the equation (`scripts/oblique.py`) it agrees in all their 8 digits for m
//! = 1, where p = 1; for other m from 1/20 to 4 it agrees within 0.2 % if p δ² ≤ 0.1 and within 1.2 % if p δ² ≤ 0.3.
//!
//! A curved boundary, x = d + δη + κη², is to first order a straight one at d + κ, since the mean of η² over the flux
//! is 1. The remainder of κη² is κHe₂(η), whose second variation is that of a slant with 2m in place of m:
//! ```text
//! γ/γ_Kramers = (1/Φ(d + κ) + 4 p(2m) κ²) (1 − δ²)^−p(m)
//! ```
//! If the pass narrows on the way out, L_e⊥⊥ ≠ 0, the flux is concentrated near its middle: to first order the boundary
//! is nearer by c, at d + κ − c, in units of the width, with
//! ```text
//! c = ½ L_e⊥⊥ (D_⊥/H_⊥)/(|H_be| √(D_e/|H_be|))        κ = c/(1 + 2m) for the separatrix itself
//! ```
//! A straight boundary at the saddle nevertheless counts as twice Kramers' rate, its limit for small noise.
//!
//! Compared with the same sums it agrees within 0.6 % for |κ| ≤ 0.05 and m ≤ 4, and is off by 1 to 5 % at |κ| = 0.1;
//! for slant and curvature together it agrees within 1.5 % if p δ²|κ| ≤ 5e-4.

/// The departure of a boundary from the separatrix over one width of the flux along it, in widths of the saddle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Departure {
    /// The slant |δ|.
    pub slant: f64,
    /// The curvature κ, away from the valley.
    pub bend: f64,
    /// Whether γ/γ_Kramers is known for it to about one per cent.
    pub is_known: bool,
}

/// The p δ² up to which the factor of a slant is known to about one per cent.
const KNOWN_SLANT: f64 = 0.3;
/// The |κ| up to which the factor of a curvature is.
const KNOWN_BEND: f64 = 0.05;
/// The p δ²|κ| up to which the factor of both together is; their interaction is of order δ²κ with a large coefficient.
const KNOWN_TOGETHER: f64 = 5e-4;
/// The stiffness up to which this was measured; above it only the second variation is used.
const MEASURED: f64 = 4.0;
/// The p δ² and the |κ| below which the factor is indistinguishable from 2.
const NONE: [f64; 2] = [1e-4, 1e-3];

impl Departure {
    /// The departure of a boundary with the slant δ and the curvature κ through a saddle of stiffness m = H_⊥/|H_be|;
    /// `None` if it runs along the separatrix.
    pub fn at_saddle(slant: f64, bend: f64, stiffness: f64) -> Option<Departure> {
        let strength = power(stiffness) * slant * slant;
        let trust = if stiffness <= MEASURED { 1.0 } else { 0.1 };
        let is_known = strength <= trust * KNOWN_SLANT
            && bend.abs() <= trust * KNOWN_BEND
            && strength * bend.abs() <= KNOWN_TOGETHER;
        (strength > NONE[0] || bend.abs() > NONE[1]).then_some(Departure { slant: slant.abs(), bend, is_known })
    }

    /// The same at a narrowing pass; if the narrowing is unknown or large, the factor of a curvature is unknown too.
    pub fn beside(self, narrowing: Option<f64>) -> Departure {
        let is_small = narrowing.is_some_and(|narrowing| narrowing.abs() <= KNOWN_BEND);
        Departure { is_known: self.is_known && (is_small || self.bend.abs() <= NONE[1]), ..self }
    }

    /// γ/γ_Kramers for killing at the saddle, where `straight` is the factor of a straight boundary at the mean
    /// position. If the loss falls along the boundary no factor for the slant is known, and it is left out.
    pub fn factor(self, straight: f64, stiffness: f64) -> f64 {
        let rise = 1.0 - self.slant * self.slant;
        let slanted = if rise > 0.0 { rise.powf(-power(stiffness)) } else { 1.0 };
        let bent = if self.is_known { 4.0 * power(2.0 * stiffness) * self.bend * self.bend } else { 0.0 };
        (straight + bent) * slanted
    }
}

/// The exponent p(m).
fn power(stiffness: f64) -> f64 {
    let ratio = libm::lgamma(1.0 + 0.5 * stiffness) - libm::lgamma(0.5 + 0.5 * stiffness);
    std::f64::consts::FRAC_2_SQRT_PI * ratio.exp()
}
