//! The accuracy that is asked of a density, and the norms in which errors are measured.
//!
//! The error e of a step is propagated by the same positive map P as the density. Hence max |e_i|/p_i never grows,
//! whatever P mixes or kills:
//!
//! ```text
//! |e_i| ≤ ε p_i for all i   ⇒   |(eP)_j| ≤ ε (pP)_j for all j
//! ```
//! An error that is only small in L1 has no such bound: killing may remove the density and leave the error, which is
//! then large relative to the surviving density. The price is that a front that has just arrived must be resolved: an
//! entry with the share p of the mass changes by about ln(1/p) t'/t between the times t and t + t', so that the number
//! of steps per doubling of time grows with the logarithm of the floor.

/// The accuracy that is asked of a density: |e_i| ≤ tolerance · (p_i + floor · Σ p) for each entry, and Σ |e| ≤
/// tolerance · Σ p. The killed part counts as one more entry.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Accuracy {
    /// The relative error.
    pub tolerance: f64,
    /// The share of the surviving mass below which the error of an entry is measured relative to this share. From 1 on
    /// only the L1 norm is controlled.
    pub floor: f64,
}

impl Accuracy {
    /// Control of the L1 norm alone.
    pub fn in_l1(tolerance: f64) -> Accuracy {
        Accuracy { tolerance, floor: 1.0 }
    }

    /// Whether single entries are controlled.
    pub fn is_by_entry(&self) -> bool {
        self.floor < 1.0
    }

    /// The error norm max(Σ |e|/Σ p, max |e_i|/(p_i + φ Σ p)) of a density, φ the floor.
    pub(super) fn error_norm(&self, density: &[f64], error: &[f64], mass: f64) -> f64 {
        let whole = error.iter().map(|error| error.abs()).sum::<f64>() / mass;
        if !self.is_by_entry() {
            return whole;
        }
        let least = self.floor * mass;
        let worst = density.iter().zip(error).map(|(p, error)| error.abs() / (p.max(0.0) + least)).fold(0.0, largest);
        largest(whole, worst)
    }

    /// The error norm max |e_i|/(v_i + φ V) of values that are controlled one by one, V the largest possible value.
    pub(super) fn error_norm_by_state(&self, values: &[f64], error: &[f64], most: f64) -> f64 {
        let least = self.floor.min(1.0) * most;
        let error_norm =
            |(v, error): (&f64, &f64)| if *error == 0.0 { 0.0 } else { error.abs() / (v.max(0.0) + least) };
        values.iter().zip(error).map(error_norm).fold(0.0, largest)
    }

    /// The error norm of a single entry.
    pub(super) fn error_norm_of_entry(&self, value: f64, error: f64, mass: f64) -> f64 {
        if self.is_by_entry() { error.abs() / (value.max(0.0) + self.floor * mass) } else { 0.0 }
    }
}

/// The smallest floor; smaller shares come too close to underflow.
pub const LOWEST_FLOOR: f64 = 1e-250;

/// The larger of two numbers, where NaN counts as larger than any number.
pub(super) fn largest(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}
