//! The network of valleys of a closed chain, reversible or not, without a subtraction.
//!
//! Each valley a has a core, a set of states around its minimum. Let I be the states outside of all cores, and A_I =
//! diag(rate out) − Q the chain on I that is killed at the rates into the cores. Then
//! ```text
//! A_I h_a = rates into a                    h_a: the probability of hitting core a first
//! x_a A_I = Σ_{i ∈ a} π_i q_i·              x_a = π · (probability of having been in core a last)
//! m_a = Σ_i π_i h_a(i)                      the occupation of valley a
//! F_ab = Σ_{i ∈ a} π_i (q_ib + Σ_j q_ij h_b(j)) = Σ_j x_a(j) q_jb + Σ_{i ∈ a} π_i q_ib
//! k_ab = F_ab / m_a                         rates of the trace of the process on the cores, from valley to valley
//! M_ab = Σ_i x_a(i) h_b(i)                  with π on the cores themselves
//! ```
//! This takes 2n solves with one factor and nonnegative right-hand sides. F is computed in both ways, which must agree.
//! If every valley is metastable, the eigenvalues of the generator k are the n smallest of −Q up to a relative error of
//! order λ_n/λ_{n+1}. For a core that is left as soon as it is entered the error is larger, since k then describes a
//! process without memory and the chain has some. The stated error is the distance to the eigenvalues of the chain
//! itself ([`refinement`]). All eigenvalues are computed by [`pencil`] from fluxes, without loss of digits however far
//! apart they are.
//!
//! Limits: in two dimensions masses and probabilities below 1e-308 underflow; a rate that depends on them is an error.
//!
//! Sources: Bovier, Eckhoff, Gayrard & Klein, J. Eur. Math. Soc. 6, 399 (2004) (eigenvalues and capacities); Schütte,
//! Noé, Lu, Sarich & Vanden-Eijnden, J. Chem. Phys. 134, 204105 (2011) (core sets, the matrix M).

mod core_sets;
mod hits;
pub mod killed;
pub mod pencil;
pub mod refinement;
mod roots;
pub mod valleys;

use crate::elimination::EliminationError;
use crate::generator::Generator;
use crate::scaled::Scaled;
pub use crate::solve::network::core_sets::CoreSets;
use crate::solve::network::core_sets::Subset;
pub use crate::solve::network::hits::Hits;
use crate::solve::network::pencil::{Eigenvalue, eigenvalues};
use crate::solve::network::refinement::{Refined, Start};
use crate::solve::paths::{restricted, solved_right};
use crate::solve::{Factor, Resources};

/// A network that could not be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// The chain between the sets could not be eliminated; states are numbered as in the whole chain.
    #[error(transparent)]
    Elimination(#[from] EliminationError),
    /// The mass of a set is below the range of double precision, for a chain whose solves have no separate exponents.
    #[error("the mass of set {set} is below 1e-308 of the heaviest state's, which is carried along a line only")]
    LightSet {
        /// The index of the set.
        set: usize,
    },
    /// A flux is below the range of double precision, for a chain whose solves have no separate exponents.
    #[error(
        "the flux from set {from} to set {to} is made from numbers below 1e-308, which are carried along a line only"
    )]
    LightFlux {
        /// The index of the set that it leaves.
        from: usize,
        /// The index of the set that it enters.
        to: usize,
    },
    /// Mean times exceed the range of double precision, for a chain whose solves have no separate exponents.
    #[error("the mean time to set {to} exceeds 1e308, which is carried along a line only")]
    Overflow {
        /// The index of the set that is to be hit.
        to: usize,
    },
}

/// A network of valleys.
#[derive(Clone, Debug)]
pub struct Network {
    /// m_a, the occupation of each valley; they sum to 1.
    pub occupation: Vec<Scaled>,
    /// F_ab, 0 on the diagonal. It is exactly symmetric if every two valleys are in balance to rounding.
    pub flux: Vec<Vec<Scaled>>,
    /// M_ab. Its columns sum to m, its rows to the fraction of time during which each core was the last one visited.
    pub mass: Vec<Vec<Scaled>>,
    /// The n slowest modes of the chain itself.
    pub refined: Refined,
    /// The largest relative difference between a flux summed where it leaves a core and where it arrives.
    pub disagreement: f64,
    /// The memory of the factor of the chain between the cores, in bytes.
    pub factor_bytes: u64,
}

/// The relative asymmetry below which fluxes and masses count as symmetric to rounding.
const BALANCED: f64 = 1e-11;

impl Network {
    /// The network of these cores for a closed chain with the stationary distribution π.
    ///
    /// # Errors
    /// [`NetworkError`]: an elimination that fails, numbers beyond the range of double precision in two dimensions.
    ///
    /// # Panics
    /// When the sets or π belong to another number of states.
    pub fn new(
        generator: &Generator,
        stationary: &[Scaled],
        sets: &CoreSets,
        resources: Resources<'_>,
    ) -> Result<Network, NetworkError> {
        let Hits { functions, measures, occupation, mass, flux, disagreement, factor_bytes } =
            Hits::new(generator, stationary, sets, resources)?;
        let (flux, mass) = (balanced(flux), balanced(mass));
        let start = Start { flux: flux.clone(), mass: mass.clone(), functions, measures, leak: None };
        let refined = refinement::refined(generator, start, resources)?;
        Ok(Network { occupation, flux, mass, refined, disagreement, factor_bytes })
    }

    /// Number of valleys.
    pub fn len(&self) -> usize {
        self.occupation.len()
    }

    /// Whether there is no valley.
    pub fn is_empty(&self) -> bool {
        self.occupation.is_empty()
    }

    /// k_ab = F_ab/m_a, the rates between valleys in 1/time; 0 on the diagonal.
    pub fn rates(&self) -> Vec<Vec<Scaled>> {
        let rates = self.flux.iter().zip(&self.occupation);
        rates.map(|(row, &mass)| row.iter().map(|flux| flux.over(mass)).collect()).collect()
    }

    /// The eigenvalues of the generator k, ordered by real part. Each error is the relative distance to the
    /// corresponding eigenvalue of the chain plus the error of the latter.
    pub fn eigenvalues(&self) -> Vec<Eigenvalue> {
        let n = self.len();
        let diagonal = |a: usize| (0..n).map(|b| if a == b { self.occupation[a] } else { Scaled::ZERO }).collect();
        let diagonal: Vec<Vec<Scaled>> = (0..n).map(diagonal).collect();
        let mut found = eigenvalues(&self.flux, &diagonal);
        for (own, refined) in found.iter_mut().zip(&self.refined.eigenvalues) {
            own.error += refined.away_from(*own) + refined.error;
        }
        found
    }

    /// The eigenvalues of the Galerkin projection on h and x, ordered by real part; upper bounds for reversible chains.
    pub fn projected(&self) -> Vec<Eigenvalue> {
        eigenvalues(&self.flux, &self.mass)
    }
}

/// Symmetrises a matrix that is symmetric to rounding.
fn balanced(mut matrix: Vec<Vec<Scaled>>) -> Vec<Vec<Scaled>> {
    let n = matrix.len();
    let pairs = || (0..n).flat_map(|a| (0..a).map(move |b| (a, b)));
    let is_balanced = |(a, b): (usize, usize)| {
        let (there, back) = (matrix[a][b], matrix[b][a]);
        match [there, back].map(Scaled::is_positive) {
            [true, true] => (there.over(back).value() - 1.0).abs() <= BALANCED,
            [there, back] => !there && !back,
        }
    };
    if pairs().all(is_balanced) {
        for (a, b) in pairs() {
            let mean = matrix[a][b].plus(matrix[b][a]) * 0.5;
            (matrix[a][b], matrix[b][a]) = (mean, mean);
        }
    }
    matrix
}

/// Mean first-passage times to core sets, `times[a][b]` to set b: what `at` makes of a and of the times from every state,
/// 0 in the set, for each of `starts` numbers a. Takes one elimination per set.
///
/// # Errors
/// As [`Network::new`].
pub fn passage_times(
    generator: &Generator,
    sets: &CoreSets,
    starts: usize,
    at: impl Fn(usize, &[Scaled]) -> Scaled,
    resources: Resources<'_>,
) -> Result<Vec<Vec<Scaled>>, NetworkError> {
    let n = sets.len();
    let mut times = vec![vec![Scaled::ZERO; n]; starts];
    for b in 0..n {
        let outside = Subset::new(sets.owner.iter().map(|&owner| owner != Some(b as u32)));
        let killed = restricted(generator, &outside.states, sets.killing(&outside, std::iter::once(b)));
        let factor = Factor::new(&killed, 0, resources).map_err(|error| outside.in_whole(error))?;
        let to_set = solved_right(&factor, &vec![Scaled::ONE; killed.len()]);
        let mut everywhere = vec![Scaled::ZERO; generator.len()];
        outside.states.iter().zip(to_set).for_each(|(&state, time)| everywhere[state] = time);
        for (a, row) in times.iter_mut().enumerate() {
            row[b] = at(a, &everywhere);
            if !row[b].is_finite() {
                return Err(NetworkError::Overflow { to: b });
            }
        }
    }
    Ok(times)
}
