//! The work of an evolution in time.

/// The work of an evolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Effort {
    /// Macro-steps.
    pub steps: usize,
    /// Rejected macro-steps, which were repeated with a shorter length.
    pub rejected: usize,
    /// Macro-steps of lower order than the error requires, because only there the density is positive.
    pub fallbacks: usize,
    /// Macro-steps in which entries below the rounding of the whole density are of first order, because their
    /// extrapolated values are not positive.
    pub first_order_tails: usize,
    /// Eliminations.
    pub factorisations: usize,
    /// Solves.
    pub solves: usize,
}

impl Effort {
    /// Adds the work of another computation.
    pub fn add(&mut self, other: Effort) {
        self.steps += other.steps;
        self.rejected += other.rejected;
        self.fallbacks += other.fallbacks;
        self.first_order_tails += other.first_order_tails;
        self.factorisations += other.factorisations;
        self.solves += other.solves;
    }
}
