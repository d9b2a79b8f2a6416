//! How right a density is to be, and how far from right it is.
//!
//! An error e that a step leaves goes on as the density does, by the same positive map P. So max |e_i|/p_i never grows,
//! whatever P mixes and whatever it kills:
//!
//! ```text
//! |e_i| ≤ ε p_i for all i   ⇒   |(eP)_j| ≤ ε (pP)_j for all j
//! ```
//! An error that is small in L1 alone has no such law: killing may take the density away and leave the error, which
//! then is large beside what is still there. The price is that a front that has just arrived is resolved: an entry of
//! share p changes by about ln(1/p) t'/t while time goes from t to t + t', so that the number of steps a doubling of
//! time takes grows with the logarithm of the floor.

/// How right a density is to be: |e_i| ≤ tolerance · (p_i + floor · Σ p) for each entry, and Σ |e| ≤ tolerance · Σ p;
/// the part that was killed counts as one more entry.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Accuracy {
    /// The relative error.
    pub tolerance: f64,
    /// The share of what is still there below which entries are right to this share only. From 1 on nothing is asked of
    /// single entries.
    pub floor: f64,
}

impl Accuracy {
    /// The density as a whole, in L1.
    pub fn in_l1(tolerance: f64) -> Accuracy {
        Accuracy { tolerance, floor: 1.0 }
    }

    /// Whether something is asked of single entries.
    pub fn is_by_entry(&self) -> bool {
        self.floor < 1.0
    }

    /// max(Σ |e|/Σ p, max |e_i|/(p_i + φ Σ p)) of a density and its error.
    pub(super) fn miss(&self, density: &[f64], error: &[f64], mass: f64) -> f64 {
        let whole = error.iter().map(|error| error.abs()).sum::<f64>() / mass;
        if !self.is_by_entry() {
            return whole;
        }
        let least = self.floor * mass;
        let worst = density.iter().zip(error).map(|(p, error)| error.abs() / (p.max(0.0) + least)).fold(0.0, largest);
        largest(whole, worst)
    }

    /// max |e_i|/(v_i + φ V) of values of which each is asked for by itself, the largest possible of which is V.
    pub(super) fn miss_by_state(&self, values: &[f64], error: &[f64], most: f64) -> f64 {
        let least = self.floor.min(1.0) * most;
        let miss = |(v, error): (&f64, &f64)| if *error == 0.0 { 0.0 } else { error.abs() / (v.max(0.0) + least) };
        values.iter().zip(error).map(miss).fold(0.0, largest)
    }

    /// The same of a single entry.
    pub(super) fn miss_of_one(&self, value: f64, error: f64, mass: f64) -> f64 {
        if self.is_by_entry() { error.abs() / (value.max(0.0) + self.floor * mass) } else { 0.0 }
    }
}

/// Shares below this come too close to the end of the range of numbers.
pub const LOWEST_FLOOR: f64 = 1e-250;

/// The larger one; what is not a number is larger than any.
pub(super) fn largest(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}
