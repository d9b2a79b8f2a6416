//! The slowest modes of a killed chain with full relative accuracy, from the network of its valleys.
//!
//! With the killing rates κ and cores as in [the network](super), now A = diag(κ + Q1) − Q,
//! ```text
//! A_I h_a = rates into a      A_I w = κ                   h_a: probability of hitting core a first, w: of being killed first
//! x_a A_I = Σ_{i ∈ a} μ_i q_i·                            μ: any measure on the cores
//! F_aa = Σ_{i ∈ a} μ_i g_i,   g_i = κ_i + Σ_j q_ij w_j    flux killed from a before it hits a core; F_ab, M_ab as in a closed network
//! ```
//! A Σ_b h_b is g in the cores and 0 elsewhere. Hence the projection of A, diag(Σ_b F_ab) − F with F_aa on the
//! diagonal, needs no difference. Its eigenvalues approximate those of the chain up to the dependence on where a core
//! is entered; [the iteration](super::refinement) removes this error.

use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::network::NetworkError;
use crate::solve::network::core_sets::{CoreSets, Subset};
use crate::solve::network::refinement::{self, Refined, Start};
use crate::solve::paths::{restricted, solved_left, solved_right};
use crate::solve::{Factor, Resources};

/// The n slowest modes of a killed chain with n cores; `owner` is the core of each state, `measure` holds any positive
/// weights in each core.
///
/// # Errors
/// [`NetworkError`]: an elimination that fails.
///
/// # Panics
/// When there is not one owner and one weight for every state, or every state is in a core.
pub fn slowest(
    generator: &Generator,
    measure: &[Scaled],
    owner: Vec<Option<u32>>,
    n: usize,
    resources: Resources<'_>,
) -> Result<Refined, NetworkError> {
    let sets = CoreSets::of_states(generator, measure, owner, n);
    let between = Subset::new(sets.owner.iter().map(Option::is_none));
    assert!(!between.states.is_empty(), "states between the cores");
    let own = |a: usize, state: usize| sets.owner[state] == Some(a as u32);
    let states = generator.len();
    let on_core = |a: usize, value: &dyn Fn(usize) -> Scaled| -> Vec<Scaled> {
        (0..states).map(|state| if own(a, state) { value(state) } else { Scaled::ZERO }).collect()
    };
    let mut functions: Vec<Vec<Scaled>> = (0..n).map(|a| on_core(a, &|_| Scaled::ONE)).collect();
    let mut measures: Vec<Vec<Scaled>> = (0..n).map(|a| on_core(a, &|state| measure[state])).collect();
    let by: Vec<f64> = between.states.iter().map(|&state| generator.killing[state]).collect();
    let into_cores = sets.killing(&between, 0..n);
    let killed = restricted(generator, &between.states, into_cores.iter().zip(&by).map(|(a, b)| a + b).collect());
    let factor = Factor::new(&killed, 0, resources).map_err(|error| between.in_whole(error))?;
    let solved = |rates: &[f64]| solved_right(&factor, &rates.iter().map(|&r| Scaled::new(r)).collect::<Vec<Scaled>>());
    let first = solved(&by);
    let mut leak = vec![Scaled::ZERO; states];
    for (state, row) in generator.rates.outer_iterator().enumerate().filter(|(state, _)| sets.owner[*state].is_some()) {
        leak[state] = Scaled::new(generator.killing[state]);
        for (to, &rate) in row.iter() {
            if let Some(place) = between.of(to as u32) {
                leak[state] += first[place] * rate;
            }
        }
    }
    let mut flux = sets.direct.clone();
    for a in 0..n {
        let hits = solved(&sets.killing(&between, std::iter::once(a)));
        let mut source = vec![Scaled::ZERO; between.states.len()];
        for &(state, flow) in &sets.out_of[a] {
            if let Some(place) = between.of(state) {
                source[place] += flow;
            }
        }
        let last = solved_left(&factor, &source);
        for (place, &state) in between.states.iter().enumerate() {
            (functions[a][state], measures[a][state]) = (hits[place], last[place]);
        }
        for b in (0..n).filter(|&b| b != a) {
            for &(state, rate) in &sets.into[b] {
                if let Some(place) = between.of(state) {
                    flux[a][b] += last[place] * rate;
                }
            }
        }
        flux[a][a] = (0..states)
            .filter(|&state| own(a, state))
            .fold(Scaled::ZERO, |sum, state| sum.plus(measure[state].times(leak[state])));
    }
    let mass = refinement::products(&measures, &functions);
    refinement::refined(generator, Start { flux, mass, functions, measures, leak: Some(leak) }, resources)
}
