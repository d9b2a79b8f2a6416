//! Killing along a line that crosses the separatrix at the saddle: by how much more than twice Kramers' rate.
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

/// How far the boundary strays across the separatrix over one width of the flux along it, in widths of the saddle: δ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slant {
    /// |δ|.
    pub slant: f64,
    /// γ/γ_Kramers is known for it to about one per cent.
    pub is_known: bool,
}

/// Up to this p δ² the factor is known to about one per cent.
const KNOWN: f64 = 0.3;
/// Stiffnesses up to which that was measured; above, the second variation alone is relied on.
const MEASURED: f64 = 4.0;
/// Below this p δ² nothing is to be told from the factor 2.
const NONE: f64 = 1e-4;

impl Slant {
    /// The slant δ of a boundary through a saddle of stiffness m = H_⊥/|H_be|; `None` where it runs along the
    /// separatrix.
    pub fn at_saddle(slant: f64, stiffness: f64) -> Option<Slant> {
        let strength = power(stiffness) * slant * slant;
        let known = if stiffness <= MEASURED { KNOWN } else { 0.1 * KNOWN };
        (strength > NONE).then_some(Slant { slant: slant.abs(), is_known: strength <= known })
    }

    /// γ/γ_Kramers for killing at the saddle; 2 where the loss falls along the boundary and no such factor is.
    pub fn factor(self, stiffness: f64) -> f64 {
        let rise = 1.0 - self.slant * self.slant;
        if rise > 0.0 { 2.0 * rise.powf(-power(stiffness)) } else { 2.0 }
    }
}

/// p(m).
fn power(stiffness: f64) -> f64 {
    let ratio = libm::lgamma(1.0 + 0.5 * stiffness) - libm::lgamma(0.5 + 0.5 * stiffness);
    std::f64::consts::FRAC_2_SQRT_PI * ratio.exp()
}
