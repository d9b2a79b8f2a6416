//! The slowest eigenvalues of a chain from its network of valleys, by inverse subspace iteration without loss of
//! relative accuracy.
//!
//! R = σ(σ − Q)⁻¹, the transition matrix of the chain at an exponential time of rate σ, is stochastic; its solves have
//! nonnegative right-hand sides. It keeps modes slower than σ and damps faster ones. With h_b and x_a of the network,
//! ```text
//! m_k(a, b) = x_a Rᵏ h_b        F_s = σ (m_2s − m_2s−1) off the diagonal        (diag(F_s 1) − F_s) v = λ m_2s v
//! ```
//! is the Galerkin projection of −Q on Rˢh and xRˢ. The rows of the matrix on the left sum to zero since Σ_b h_b = 1
//! and R1 = 1, and its off-diagonals are differences of numbers like 2s F/σ and (2s − 1) F/σ, which do not cancel. Each
//! eigenvalue therefore keeps its relative accuracy, however much smaller than the others it is. The remainder of the
//! fast modes enters squared: (σ/(σ + λ_{n+1}))²ˢ.

use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::network::pencil::{Eigenvalue, complex_vectors, eigenvalues, vectors};
use crate::solve::network::{NetworkError, balanced};
use crate::solve::paths::{solved_left, solved_right};
use crate::solve::{Factor, Resources};

/// The largest number of steps.
const MOST_STEPS: usize = 12;

/// The relative change of the eigenvalues at convergence.
const CONVERGED: f64 = 1e-13;

/// The relative error of a product x R h with a few solves in it: all its terms and those of the solves are positive.
const OF_PRODUCTS: f64 = 8.0 * f64::EPSILON;

/// The largest factor by which successive changes fall that is used to extrapolate the remaining change.
const SLOWEST: f64 = 0.9;

/// The factor of errors where the iteration has not converged: warm valleys, whose modes are not told apart.
const UNFINISHED: f64 = 2.0;

/// An upper bound on the rounding of sums over all states.
const ROUNDING: f64 = 1e-9;

/// The ratio of σ to the fastest of the slow eigenvalues.
const FASTER: f64 = 2.0;

/// The lower limit of σ relative to the largest rate, so that σ is an ordinary number even if all eigenvalues are
/// smaller.
const LEAST: f64 = 1e-150;

/// The slowest modes of a chain.
#[derive(Clone, Debug, Default)]
pub struct Refined {
    /// The n slowest eigenvalues of the chain, ordered by real part; `error` is the remaining change of the iteration
    /// plus rounding.
    pub eigenvalues: Vec<Eigenvalue>,
    /// F_s; the killed fluxes are on its diagonal.
    pub flux: Vec<Vec<Scaled>>,
    /// m_2s.
    pub mass: Vec<Vec<Scaled>>,
    /// Rˢh_a on all states.
    pub functions: Vec<Vec<Scaled>>,
    /// x_a Rˢ on all states.
    pub measures: Vec<Vec<Scaled>>,
}

impl Refined {
    /// The right and left eigenvectors of a real eigenvalue on all states, each up to a factor; independent ones of a
    /// multiple eigenvalue for different numbers.
    pub fn vectors(&self, value: Scaled, number: usize) -> [Vec<f64>; 2] {
        let [right, left] = vectors(&self.flux, &self.mass, value, number);
        [combined(&self.functions, &right), combined(&self.measures, &left)]
    }

    /// The real and imaginary parts of the right and left eigenvectors of a complex eigenvalue on all states.
    pub fn complex_vectors(&self, value: Eigenvalue) -> [[Vec<f64>; 2]; 2] {
        let [right, left] = complex_vectors(&self.flux, &self.mass, value);
        let parts = |of: &[Vec<Scaled>], shares: &[f64]| {
            let (re, im) = shares.split_at(of.len());
            [combined(of, re), combined(of, im)]
        };
        [parts(&self.functions, &right), parts(&self.measures, &left)]
    }
}

/// A sum of vectors on all states.
fn combined(parts: &[Vec<Scaled>], shares: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; parts[0].len()];
    for (part, &share) in parts.iter().zip(shares) {
        sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += share * value.value());
    }
    sum
}

/// The start of the iteration: the projection of a chain on one function and one measure per valley.
pub(super) struct Start {
    /// F_ab, with the flux killed from a on the diagonal.
    pub flux: Vec<Vec<Scaled>>,
    /// M_ab.
    pub mass: Vec<Vec<Scaled>>,
    /// h_a on all states.
    pub functions: Vec<Vec<Scaled>>,
    /// x_a on all states.
    pub measures: Vec<Vec<Scaled>>,
    /// For a killed chain A Σ_b h_b: the rate at which it is killed before it hits a core. It is 0 outside of the
    /// cores.
    pub leak: Option<Vec<Scaled>>,
}

/// The n slowest eigenvalues of the chain, from h_a and x_a on all states. The error of each is the change by the last
/// step plus rounding. For a killed chain R = σ(σ + A)⁻¹, and the rows of the matrix on the left sum to x_a R²ˢ A Σ_b
/// h_b, which needs no difference either.
///
/// # Errors
/// [`NetworkError`]: an elimination that fails.
pub(super) fn refined(generator: &Generator, start: Start, resources: Resources<'_>) -> Result<Refined, NetworkError> {
    let Start { flux, mass, mut functions, mut measures, mut leak } = start;
    let n = flux.len();
    let mut found = eigenvalues(&flux, &mass);
    let fastest = found.iter().map(|own| own.modulus().value()).fold(0.0, f64::max);
    let largest = generator.rates.data().iter().copied().fold(0.0, f64::max);
    let sigma = (FASTER * fastest).max(LEAST * largest);
    if (n < 2 && leak.is_none()) || functions[0].len() == n {
        // Every state is in a core, or all eigenvalues are 0.
        return Ok(Refined { eigenvalues: found, flux, mass, functions, measures });
    }
    let (mut of_flux, mut of_mass) = (Vec::new(), Vec::new());
    let killing = match &leak {
        Some(_) => generator.killing.iter().map(|rate| rate + sigma).collect(),
        None => vec![sigma; generator.len()],
    };
    let factor = Factor::new(&generator.with_killing(killing), 0, resources)?;
    let times_sigma = |values: &[Scaled]| values.iter().map(|&value| value * sigma).collect::<Vec<Scaled>>();
    let (mut before, mut changes) = (f64::INFINITY, vec![0.0; n]);
    for step in 1..=MOST_STEPS {
        measures = measures.iter().map(|x| solved_left(&factor, &times_sigma(x))).collect();
        let odd = balanced(products(&measures, &functions));
        functions = functions.iter().map(|h| solved_right(&factor, &times_sigma(h))).collect();
        leak = leak.map(|leak| solved_right(&factor, &times_sigma(&leak)));
        let even = balanced(products(&measures, &functions));
        let killed = leak.as_ref().map(|leak| products(&measures, std::slice::from_ref(leak)));
        let flux = |a: usize, b: usize| match a == b {
            true => killed.as_ref().map_or(Scaled::ZERO, |killed| killed[a][0]),
            false => even[a][b].plus(-odd[a][b]) * sigma,
        };
        of_flux = (0..n).map(|a| (0..n).map(|b| flux(a, b)).collect()).collect::<Vec<Vec<Scaled>>>();
        of_mass = even;
        let next = eigenvalues(&of_flux, &of_mass);
        let mut moved = 0f64;
        for ((own, next), last) in found.iter_mut().zip(next).zip(&mut changes) {
            let change = next.away_from(*own);
            moved = moved.max(change);
            // The remainder of a geometric sequence with this ratio.
            let factor = if *last > 0.0 { (change / *last).min(SLOWEST) } else { 0.0 };
            let left = change * (factor / (1.0 - factor)).max(1.0);
            *last = change;
            // The fluxes are differences of products that are 4s − 1 times larger.
            let rounding = if next.modulus().is_positive() { 4.0 * step as f64 * OF_PRODUCTS } else { 0.0 };
            *own = Eigenvalue { error: next.error + left + rounding, ..next };
        }
        // A change that no longer falls is rounding.
        if moved <= CONVERGED || (moved < ROUNDING && moved > 0.5 * before) {
            break;
        }
        if step == MOST_STEPS {
            found.iter_mut().for_each(|own| own.error *= UNFINISHED);
        }
        before = moved;
    }
    Ok(Refined { eigenvalues: found, flux: of_flux, mass: of_mass, functions, measures })
}

/// The products x_a h_b.
pub(super) fn products(measures: &[Vec<Scaled>], functions: &[Vec<Scaled>]) -> Vec<Vec<Scaled>> {
    let product = |x: &[Scaled], h: &[Scaled]| x.iter().zip(h).fold(Scaled::ZERO, |sum, (x, &h)| sum.plus(x.times(h)));
    measures.iter().map(|x| functions.iter().map(|h| product(x, h)).collect()).collect()
}
