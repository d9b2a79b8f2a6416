//! The stationary distribution of a closed chain: πQ = 0, Σπ = 1.
//!
//! The chain is killed at unit rate in one restart state and restarted there. Between two restarts it spends a time
//! proportional to π in each state. Hence π is an occupation time and takes one left solve with a nonnegative
//! right-hand side, with full relative accuracy.
//!
//! In one dimension solves have separate exponents, and any restart state will do. In two dimensions the times must
//! stay below 1e308, so that the restart state must be one of the most probable; [`stationary_law`] moves it if it is
//! not.

use crate::elimination::EliminationError;
use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::{Factor, Resources, SolveError, occupation};

/// The cell probabilities π, from the factor of a chain that is killed at unit rate in its origin only
/// ([`crate::solve::Chain::closed`]).
///
/// # Errors
/// [`SolveError::Overflow`] where π does not fit into double precision.
pub fn stationary(closed: &Factor) -> Result<Vec<f64>, SolveError> {
    let mut source = vec![0.0; closed.states];
    source[closed.origin] = 1.0;
    let mut times = occupation(closed, &source)?;
    let total: f64 = times.iter().sum();
    if !total.is_finite() {
        return Err(SolveError::Overflow);
    }
    for time in &mut times {
        *time /= total;
    }
    Ok(times)
}

/// The stationary distribution π of a closed chain: with separate exponents if the states form a path, otherwise down
/// to 1e-308 of its largest value. `pin` is the first restart state.
///
/// # Errors
/// The errors of an elimination; [`EliminationError::ZeroPivot`] if valleys cannot reach each other in double
/// precision.
///
/// # Panics
/// When `pin` is not a state of the chain.
pub fn stationary_law(
    generator: &Generator,
    mut pin: usize,
    resources: Resources<'_>,
) -> Result<Vec<Scaled>, EliminationError> {
    assert!(pin < generator.len(), "the restarts are in a state of the chain");
    let mut tried = Vec::new();
    // Each restart state is in a valley more probable by over 1e290 than the one before; a repetition means two valleys
    // that cannot reach each other.
    while !tried.contains(&pin) {
        tried.push(pin);
        let mut killing = vec![0.0; generator.len()];
        killing[pin] = 1.0;
        let factor = match Factor::new(&generator.with_killing(killing), pin, resources) {
            // The first restart state cannot be reached from this valley: restart here.
            Err(EliminationError::ZeroPivot { state }) if state != pin => {
                pin = state;
                continue;
            }
            factor => factor?,
        };
        let mut source = vec![Scaled::ZERO; generator.len()];
        source[pin] = Scaled::ONE;
        let times = match factor.elimination.solve_left_scaled(&source) {
            Some(times) => times,
            None => {
                let source: Vec<f64> = source.iter().map(|source| source.value()).collect();
                let times = factor.elimination.solve_left(&source);
                if times.iter().any(|time| !time.is_finite()) {
                    pin = heaviest(&factor, pin);
                    continue;
                }
                times.into_iter().map(Scaled::new).collect()
            }
        };
        let total = times.iter().fold(Scaled::ZERO, |total, &time| total.plus(time));
        return Ok(times.into_iter().map(|time| time.over(total)).collect());
    }
    Err(EliminationError::ZeroPivot { state: pin })
}

/// The most probable state if times overflow, from a solve in a unit of time that is larger by nearly the whole range
/// of double precision.
fn heaviest(factor: &Factor, pin: usize) -> usize {
    let mut source = vec![0.0; factor.states];
    source[pin] = 1e-300;
    let times = factor.elimination.solve_left(&source);
    (0..times.len()).filter(|&state| state != pin).max_by(|&a, &b| times[a].total_cmp(&times[b])).unwrap_or(pin)
}
