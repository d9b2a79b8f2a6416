//! The slowest eigenvalues of a chain from its network of valleys, by inverse subspace iteration without a subtraction
//! that matters.
//!
//! R = σ(σ − Q)⁻¹, the chain at an exponential time of rate σ, is a matrix of probabilities: its solves have
//! nonnegative right sides. It keeps what is slower than σ and damps what is faster. With h_b and x_a of the network,
//! ```text
//! m_k(a, b) = x_a Rᵏ h_b        F_s = σ (m_2s − m_2s−1) off the diagonal        (diag(F_s 1) − F_s) v = λ m_2s v
//! ```
//! is the Galerkin projection of −Q on Rˢh and xRˢ: rows of the left side sum to zero since Σ_b h_b = 1 and R1 = 1, and
//! its off-diagonals are differences of numbers like 2s F/σ and (2s − 1) F/σ, of which nothing is lost. So each
//! eigenvalue keeps its relative accuracy, however much smaller than the others it is, and what is left of the fast
//! modes is squared: (σ/(σ + λ_{n+1}))²ˢ.

use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::network::pencil::{Eigenvalue, eigenvalues, vectors};
use crate::solve::network::{NetworkError, balanced};
use crate::solve::paths::{solved_left, solved_right};
use crate::solve::{Factor, Resources};

/// At most so many steps.
const MOST_STEPS: usize = 12;

/// Eigenvalues that change by less have converged.
const CONVERGED: f64 = 1e-13;

/// What a product x R h with a few solves in it is off by, relative to itself: its terms are positive, and so are those
/// of the solves.
const OF_PRODUCTS: f64 = 8.0 * f64::EPSILON;

/// Changes that fall by less than this factor are taken for such.
const SLOWEST: f64 = 0.9;

/// Roundings of sums over all states are below this.
const ROUNDING: f64 = 1e-9;

/// The rate σ over the fastest of the slow eigenvalues.
const FASTER: f64 = 2.0;

/// σ is not smaller than this beside the largest rate, so that it is an ordinary number; all eigenvalues may be
/// smaller.
const LEAST: f64 = 1e-150;

/// The slowest modes of a chain.
#[derive(Clone, Debug, Default)]
pub struct Refined {
    /// The n slowest eigenvalues of the chain itself, by real part; `error` is what was left of the iteration, and
    /// rounding.
    pub eigenvalues: Vec<Eigenvalue>,
    /// F_s; on the diagonal what is killed.
    pub flux: Vec<Vec<Scaled>>,
    /// m_2s.
    pub mass: Vec<Vec<Scaled>>,
    /// Rˢh_a on all states.
    pub functions: Vec<Vec<Scaled>>,
    /// x_a Rˢ on all states.
    pub measures: Vec<Vec<Scaled>>,
}

impl Refined {
    /// The right and the left vector of a real eigenvalue on all states, up to a factor each.
    pub fn vectors(&self, value: Scaled) -> [Vec<f64>; 2] {
        let [right, left] = vectors(&self.flux, &self.mass, value);
        let combined = |parts: &[Vec<Scaled>], shares: &[f64]| {
            let mut sum = vec![0.0; parts[0].len()];
            for (part, &share) in parts.iter().zip(shares) {
                sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += share * value.value());
            }
            sum
        };
        [combined(&self.functions, &right), combined(&self.measures, &left)]
    }
}

/// Where the iteration begins: the projection of a chain on a function and a measure for each valley.
pub(super) struct Start {
    /// F_ab; on the diagonal what is killed from a.
    pub flux: Vec<Vec<Scaled>>,
    /// M_ab.
    pub mass: Vec<Vec<Scaled>>,
    /// h_a on all states.
    pub functions: Vec<Vec<Scaled>>,
    /// x_a on all states.
    pub measures: Vec<Vec<Scaled>>,
    /// For a chain that is killed A Σ_b h_b, the rate at which it is killed before it comes to a core, which is 0 but
    /// in the cores.
    pub leak: Option<Vec<Scaled>>,
}

/// The n slowest eigenvalues of the chain, from h_a and x_a on all states. Each error is how far the last step moved
/// it, and rounding. For a chain that is killed R = σ(σ + A)⁻¹, and the rows of the left side sum to x_a R²ˢ A Σ_b
/// h_b, which is no difference either.
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
        // Every state is a core, or there is nothing to relax.
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
            // What is left of a sequence that falls by the same factor again and again.
            let factor = if *last > 0.0 { (change / *last).min(SLOWEST) } else { 0.0 };
            let left = change * (factor / (1.0 - factor)).max(1.0);
            *last = change;
            // Fluxes are differences of products 4s − 1 times as large.
            let rounding = if next.modulus().is_positive() { 4.0 * step as f64 * OF_PRODUCTS } else { 0.0 };
            *own = Eigenvalue { error: next.error + left + rounding, ..next };
        }
        // What does not fall any more is rounding.
        if moved <= CONVERGED || (moved < ROUNDING && moved > 0.5 * before) {
            break;
        }
        before = moved;
    }
    Ok(Refined { eigenvalues: found, flux: of_flux, mass: of_mass, functions, measures })
}

/// x_a h_b for all of them.
pub(super) fn products(measures: &[Vec<Scaled>], functions: &[Vec<Scaled>]) -> Vec<Vec<Scaled>> {
    let product = |x: &[Scaled], h: &[Scaled]| x.iter().zip(h).fold(Scaled::ZERO, |sum, (x, &h)| sum.plus(x.times(h)));
    measures.iter().map(|x| functions.iter().map(|h| product(x, h)).collect()).collect()
}
