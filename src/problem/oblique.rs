//! Killing along a curve that departs from the separatrix at the saddle: how far from twice Kramers' rate.
//!
//! At the saddle, in widths x/√(D_e/|H_be|) along the escape direction and η = y/√(D_⊥/H_⊥) across it, the process is
//! ```text
//! h_xx + x h_x + m (h_ηη − η h_η) = 0        m = H_⊥/|H_be|,  h: the probability of never coming to the line x = δη
//! ```
//! and Kramers' rate is that of coming to the line times the probability Φ(x) of going on from there. On the line x =
//! 0 that is ½ everywhere: the rate is twice Kramers'. On x = δη it is ½ in the mean as long as the line is met as
//! often on either side of the saddle. It is not: where the line leans back (x < 0) it is met sooner, and there more
//! of those who are killed would have fallen back. With φ'' + xφ' = mφ, φ(−∞) = 0, φ(0) = 1 (a parabolic cylinder
//! function) the second variation of the rate is
//! ```text
//! γ/γ_Kramers = 2 + 2 p(m) δ² + O(δ⁴)        p(m) = √(2/π) φ'(0) = (2/√π) Γ(1 + m/2)/Γ(½ + m/2)
//! ```
//! Along the line the loss rises with the curvature (1 − δ²)H_⊥, and for δ ≥ 1 not at all, so that the flux does not
//! cross near the saddle. The power 2(1 − δ²)^−p has that variation and that end. Against sums of Hermite functions
//! that solve the equation (`scripts/oblique.py`) it is right to all their 8 digits for m = 1, where p = 1, and for
//! other m from 1/20 to 4 within 0.2 % where p δ² ≤ 0.1 and 1.2 % where p δ² ≤ 0.3.
//!
//! A boundary that bends, x = d + δη + κη², is a straight one at d + κ to first order, for 1 is the mean of η² over the
//! flux. What is left of κη² is κHe₂(η), of which the second variation is that of a slant with 2m in place of m:
//! ```text
//! γ/γ_Kramers = (1/Φ(d + κ) + 4 p(2m) κ²) (1 − δ²)^−p(m)
//! ```
//! A pass that narrows on its way out, L_e⊥⊥ ≠ 0, sends more across near its middle: to first order the boundary lies
//! nearer by c, at d + κ − c, in widths
//! ```text
//! c = ½ L_e⊥⊥ (D_⊥/H_⊥)/(|H_be| √(D_e/|H_be|))        κ = c/(1 + 2m) for the separatrix itself
//! ```
//! A straight boundary at the saddle counts as twice Kramers' rate all the same: that is what it is in the cold.
//!
//! Against the same sums it is right within 0.6 % for |κ| ≤ 0.05 and m ≤ 4, and off by 1 to 5 % at |κ| = 0.1; of a slant
//! and a bend together within 1.5 % where p δ²|κ| ≤ 5e-4.

/// How the boundary departs from the separatrix over one width of the flux along it, in widths of the saddle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Departure {
    /// How far it strays across, |δ|.
    pub slant: f64,
    /// How far it bends away from the valley, κ.
    pub bend: f64,
    /// γ/γ_Kramers is known for it to about one per cent.
    pub is_known: bool,
}

/// Up to this p δ² the factor of a slant is known to about one per cent.
const KNOWN_SLANT: f64 = 0.3;
/// Up to this |κ| the factor of a bend is.
const KNOWN_BEND: f64 = 0.05;
/// Up to this p δ²|κ| the factor of both together is: what they add together is of the order δ²κ, with a large factor.
const KNOWN_TOGETHER: f64 = 5e-4;
/// Stiffnesses up to which that was measured; above, the second variation alone is relied on.
const MEASURED: f64 = 4.0;
/// Below this p δ² and this |κ| nothing is to be told from the factor 2.
const NONE: [f64; 2] = [1e-4, 1e-3];

impl Departure {
    /// The slant δ and the bend κ of a boundary through a saddle of stiffness m = H_⊥/|H_be|; `None` where it runs
    /// along the separatrix.
    pub fn at_saddle(slant: f64, bend: f64, stiffness: f64) -> Option<Departure> {
        let strength = power(stiffness) * slant * slant;
        let trust = if stiffness <= MEASURED { 1.0 } else { 0.1 };
        let is_known = strength <= trust * KNOWN_SLANT
            && bend.abs() <= trust * KNOWN_BEND
            && strength * bend.abs() <= KNOWN_TOGETHER;
        (strength > NONE[0] || bend.abs() > NONE[1]).then_some(Departure { slant: slant.abs(), bend, is_known })
    }

    /// The same at a pass that narrows by so much; where that is not known, or large, neither is the factor of a bend.
    pub fn beside(self, narrowing: Option<f64>) -> Departure {
        let is_small = narrowing.is_some_and(|narrowing| narrowing.abs() <= KNOWN_BEND);
        Departure { is_known: self.is_known && (is_small || self.bend.abs() <= NONE[1]), ..self }
    }

    /// γ/γ_Kramers for killing at the saddle, `straight` being that of a straight boundary where this one lies in the
    /// mean; without what the slant adds where the loss falls along the boundary, for no such factor is known.
    pub fn factor(self, straight: f64, stiffness: f64) -> f64 {
        let rise = 1.0 - self.slant * self.slant;
        let slanted = if rise > 0.0 { rise.powf(-power(stiffness)) } else { 1.0 };
        let bent = if self.is_known { 4.0 * power(2.0 * stiffness) * self.bend * self.bend } else { 0.0 };
        (straight + bent) * slanted
    }
}

/// p(m).
fn power(stiffness: f64) -> f64 {
    let ratio = libm::lgamma(1.0 + 0.5 * stiffness) - libm::lgamma(0.5 + 0.5 * stiffness);
    std::f64::consts::FRAC_2_SQRT_PI * ratio.exp()
}
