//! The stochastic calculus: the interpretation of noise whose D depends on the position.

/// The stochastic calculus of the noise, with its probability current J.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpretation {
    /// J = −P∇L − ∇·(D P).
    Ito,
    /// J = −P∇L − ½[∇(D P) + D∇P], scalar D only.
    Stratonovich,
    /// J = −P∇L − D∇P (Hänggi–Klimontovich).
    Isothermal,
}

impl Interpretation {
    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Interpretation::Ito => "ito",
            Interpretation::Stratonovich => "stratonovich",
            Interpretation::Isothermal => "isothermal",
        }
    }
}
