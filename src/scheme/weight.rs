//! Edge weights W_ij: the factor of the rate along an edge that depends on the rise z.
//!
//! With z the rise of the effective potential along the edge, W_ij = e^{−z} W_ji for the weights that keep the
//! stationary density (`upwind` and `central` do so only to first and second order):
//!
//! | weight | W_ij | W_ji |
//! |---|---|---|
//! | inverse-average | 1/∫e^{z(s)}ds | e^z/∫e^{z(s)}ds |
//! | scharfetter-gummel | z/(e^z − 1) | z/(1 − e^{−z}) |
//! | sqra | e^{−z/2} | e^{z/2} |
//! | transverse | (1 + (z²/24)/(1 + z⁴/256)) times that of the inverse average | the same |
//! | upwind | 1 + max(−z, 0) | 1 + max(z, 0) |
//! | central | 1 − z/2 | 1 + z/2 |

/// The edge weights of exponential fitting and their competitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// 1/∫e^{z(s)}ds.
    InverseAverage,
    /// z/(e^z − 1).
    ScharfetterGummel,
    /// e^{−z/2}.
    Sqra,
    /// 1 + max(−z, 0).
    Upwind,
    /// 1 − z/2.
    Central,
    /// The inverse average with a factor that increases with z²: one order more accurate for drift across the slope.
    Transverse,
}

impl Weight {
    /// All weights, the default first.
    pub const ALL: [Weight; 6] = [
        Weight::InverseAverage,
        Weight::ScharfetterGummel,
        Weight::Sqra,
        Weight::Upwind,
        Weight::Central,
        Weight::Transverse,
    ];

    /// Whether W_ij = e^{−z} W_ji to rounding.
    pub fn keeps_balance(self) -> bool {
        !matches!(self, Weight::Upwind | Weight::Central)
    }

    /// The weight that this one multiplies by a factor of z; any other weight is itself.
    pub(super) fn plain(self) -> Weight {
        if self == Weight::Transverse { Weight::InverseAverage } else { self }
    }

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Weight::InverseAverage => "inverse-average",
            Weight::ScharfetterGummel => "scharfetter-gummel",
            Weight::Sqra => "sqra",
            Weight::Upwind => "upwind",
            Weight::Central => "central",
            Weight::Transverse => "transverse",
        }
    }
}

/// Bernoulli's function z/(e^z − 1), positive for every finite z, to full relative accuracy.
pub fn bernoulli(z: f64) -> f64 {
    // Below 1e-5 the next term of the series, z⁴/720, is under 1e-22.
    if z.abs() < 1e-5 { 1.0 - 0.5 * z + z * z / 12.0 } else { z / z.exp_m1() }
}

/// The ratio of [`Weight::Transverse`] to the inverse average. It is even in z, so that detailed balance is kept, and
/// 1 + O(1/z²) for unresolved edges.
///
/// With the density (or the committor) e^{S/h} on cells of size h, y = ∂S, and the drift b = −∂V + ℓ with ℓ
/// perpendicular to ∂V, a weight with W_ij = e^{−z} W_ji changes the Hamiltonian of an edge by
/// ```text
/// y (y + z) [y (y + z)/12 + c z²],   W = (1 + c z²) B(z) + O(z⁴)
/// ```
/// to fourth order. For a gradient drift y = −z and it vanishes for any c. On the two axes of a square grid the values
/// q = y (y + z) are equal and opposite where ℓ ⟂ ∂V; the changes then sum to q²/6 − 4 c q² and a term whose sign
/// alternates with the direction of the slope. c = 1/24 cancels all but that term.
pub fn transverse_factor(z: f64) -> f64 {
    let square = z * z;
    if square > 1e30 { 1.0 } else { 1.0 + square / 24.0 / (1.0 + square * square / 256.0) }
}

/// The weights (W_ij, W_ji) if they depend on z alone; `None` if they are not positive (`central` with |z| ≥ 2). For
/// `inverse-average` z(s) is taken as linear, which is `scharfetter-gummel`.
pub fn of_rise(weight: Weight, z: f64) -> Option<(f64, f64)> {
    match weight {
        Weight::InverseAverage | Weight::ScharfetterGummel => Some((bernoulli(z), bernoulli(-z))),
        Weight::Sqra => Some(((-0.5 * z).exp(), (0.5 * z).exp())),
        Weight::Upwind => Some((1.0 + (-z).max(0.0), 1.0 + z.max(0.0))),
        Weight::Transverse => {
            let factor = transverse_factor(z);
            Some((factor * bernoulli(z), factor * bernoulli(-z)))
        }
        Weight::Central => (z.abs() < 2.0).then_some((1.0 - 0.5 * z, 1.0 + 0.5 * z)),
    }
}
