//! The stochastic calculus in which a position-dependent noise is read.

/// How the noise of a position-dependent D is read.
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
