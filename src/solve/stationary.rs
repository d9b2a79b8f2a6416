//! The stationary law of a closed chain: πQ = 0, Σπ = 1.
//!
//! The chain is killed at unit rate in one state and restarted there; between two restarts it spends in each state a
//! time proportional to π. So π comes from one left solve with a nonnegative right side, to full relative accuracy.
//!
//! Any state will do for the restarts along a line, where numbers have exponents of their own. In two dimensions the
//! times must stay below 1e308, so that the state has to be one of the heaviest: [`stationary_law`] moves it where it
//! was not.

use crate::elimination::EliminationError;
use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::{Factor, Resources, SolveError, occupation};

/// Cell probabilities π from the factor of a chain that is killed at unit rate in its origin alone
/// ([`crate::solve::Chain::closed`]).
///
/// # Errors
/// [`SolveError::Overflow`] where the law does not fit into double precision.
pub fn stationary(closed: &Factor) -> Result<Vec<f64>, SolveError> {
    let mut times = occupation(closed, closed.origin)?;
    let total: f64 = times.iter().sum();
    if !total.is_finite() {
        return Err(SolveError::Overflow);
    }
    for time in &mut times {
        *time /= total;
    }
    Ok(times)
}

/// π of a closed chain of any range along a line, and within 1e-308 of its largest value elsewhere; `pin` is where the
/// process restarts at first.
///
/// # Errors
/// Whatever ends an elimination, and [`EliminationError::ZeroPivot`] where valleys are out of each other's reach in
/// double precision.
///
/// # Panics
/// When `pin` is no state of the chain.
pub fn stationary_law(
    generator: &Generator,
    mut pin: usize,
    resources: Resources<'_>,
) -> Result<Vec<Scaled>, EliminationError> {
    assert!(pin < generator.len(), "the restarts are in a state of the chain");
    let mut tried = Vec::new();
    // Each valley is heavier by more than 1e290 than the one before; who comes back to one goes round two that never
    // meet.
    while !tried.contains(&pin) {
        tried.push(pin);
        let mut killing = vec![0.0; generator.len()];
        killing[pin] = 1.0;
        let factor = match Factor::new(&generator.with_killing(killing), pin, resources) {
            // From this valley the restarts are out of reach.
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

/// The heaviest state where times overflow: it is seen in a unit of time that is longer by nearly the whole range of
/// numbers.
fn heaviest(factor: &Factor, pin: usize) -> usize {
    let mut source = vec![0.0; factor.states];
    source[pin] = 1e-300;
    let times = factor.elimination.solve_left(&source);
    (0..times.len()).filter(|&state| state != pin).max_by(|&a, &b| times[a].total_cmp(&times[b])).unwrap_or(pin)
}
