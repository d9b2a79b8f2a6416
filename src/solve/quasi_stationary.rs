//! The quasi-stationary distribution ν and the escape rate γ: ν(Q − diag κ) = −γν.
//!
//! Inverse iteration from the left, x A = b, begins with all probability in the start state: states far up the walls
//! are then reached only through the valley and have the right relative probability from the first step on. It
//! converges like γ/λ₂. The Collatz–Wielandt bracket of the rate is min b_i/x_i ≤ γ ≤ max b_i/x_i.
//!
//! If two valleys exchange probability more slowly than they lose it, γ/λ₂ is close to 1, and the probability of the
//! slower valley may start at e^{−700}. The ratio b_i/x_i then has a different value in each valley. The states are
//! divided in two parts by this ratio, x A = b is solved for both parts of b, and the combination x is determined by
//! ```text
//! c N = c/γ      N_ab = Σ_{i∈b} (b_a A⁻¹)_i,  Σ_i (b_a)_i = 1
//! ```
//! in which nothing is negative: block inverse iteration with the indicators of the parts as test functions. It
//! converges like γ/λ₃. The bracket ignores states of negligible probability; a slower valley among them is found by an
//! inverse iteration that begins there.

use rayon::prelude::*;

use crate::elimination::Elimination;
use crate::scaled::Scaled;
use crate::solve::{Factor, SolveError};

/// The quasi-stationary distribution ν and the escape rate γ, with their evidence.
#[derive(Clone, Debug)]
pub struct QuasiStationary {
    /// Cell probabilities ν_i, Σν = 1.
    pub probability: Vec<f64>,
    /// γ, per unit of dynamical time.
    pub rate: Scaled,
    /// The lower and upper bound of the bracket, each divided by the rate, over all states whose probability is above
    /// [`BRACKET_FLOOR`] times the largest. The bounds themselves are [`QuasiStationary::bounds`].
    pub bracket: [f64; 2],
    /// The number of inverse iterations.
    pub iterations: usize,
    /// Whether the bracket closed to the relative width [`TOLERANCE`].
    pub converged: bool,
}

impl QuasiStationary {
    /// The bounds between which γ of the chain lies, up to rounding.
    pub fn bounds(&self) -> [Scaled; 2] {
        self.bracket.map(|side| self.rate.scaled(side))
    }
}

/// The relative width at which the bracket counts as closed.
pub const TOLERANCE: f64 = 1e-12;

/// The probability, relative to the largest, below which states are left out of the bracket: they hold subnormal
/// numbers or zeros, whose ratios are meaningless.
pub const BRACKET_FLOOR: f64 = 1e-280;

/// The largest number of iterations. A chain that needs more has several nearly equal rates; the bracket then remains
/// wide.
const MOST_ITERATIONS: usize = 400;

/// The number of iterations before the convergence is judged.
const FIRST: usize = 3;

/// The factor per iteration above which the bracket closes slowly.
const SLOW: f64 = 0.5;

/// The factor above which dividing the states has not narrowed the bracket.
const NO_GAIN: f64 = 0.9;

/// The number of such failures after which the states are not divided again until the bracket closes fast.
const MOST_WITHOUT_GAIN: usize = 3;

/// The number of inverse iterations among the states that the bracket leaves out.
const ROUNDS: usize = 3;

/// The quasi-stationary distribution and the escape rate of a killed chain: iterates until the bracket closes or stops
/// narrowing.
///
/// # Errors
/// [`SolveError::Overflow`] for rates below the range of double precision in two dimensions.
pub fn quasi_stationary(chain: &Factor) -> Result<QuasiStationary, SolveError> {
    quasi_stationary_within(chain, MOST_ITERATIONS)
}

/// Computes the distribution as [`quasi_stationary()`] does, with at most `most` iterations.
///
/// # Errors
/// The errors of [`quasi_stationary()`].
pub fn quasi_stationary_within(chain: &Factor, most: usize) -> Result<QuasiStationary, SolveError> {
    let elimination = &chain.elimination;
    let mut probability = vec![0.0; chain.states];
    probability[chain.origin] = 1.0;
    let mut found = QuasiStationary {
        probability: Vec::new(),
        rate: Scaled::ZERO,
        bracket: [0.0, f64::INFINITY],
        iterations: 0,
        converged: false,
    };
    let (mut stalled, mut without_gain, mut was_divided) = (0, 0, false);
    while found.iterations < most {
        let (mut after, unit) = occupation_times(elimination, &probability)?;
        let (total, largest) = sum_and_maximum(&after);
        let bracket = normalised(&mut after, &probability, total, BRACKET_FLOOR * largest);
        let before = std::mem::replace(&mut probability, after);
        // States whose probability was zero before have no meaningful ratio yet.
        let width = |bracket: [f64; 2]| if bracket[0] > 0.0 { bracket[1] - bracket[0] } else { f64::INFINITY };
        let (last, now) = (width(found.bracket), width(bracket));
        (found.rate, found.bracket) = (unit.scaled(total).inverse(), bracket);
        found.iterations += 1;
        if now <= TOLERANCE {
            match slower_valley(elimination, &probability, found.rate)? {
                Some(combined) if found.iterations + ROUNDS < most => {
                    found.iterations += ROUNDS + 2;
                    (probability, was_divided) = (combined, true);
                    continue;
                }
                slower => found.converged = slower.is_none(),
            }
            break;
        }
        let is_slow = found.iterations > FIRST && now > SLOW * last;
        if was_divided && now > NO_GAIN * last {
            without_gain += 1;
        } else if !is_slow {
            without_gain = 0;
        }
        if is_slow && without_gain < MOST_WITHOUT_GAIN {
            let middle = (bracket[0] * bracket[1]).sqrt();
            let is_first: Vec<bool> = before.iter().zip(&probability).map(|(b, x)| *b > middle * x).collect();
            if let Some(combined) = combination(elimination, &probability, &is_first)? {
                found.iterations += 2;
                (probability, was_divided) = (combined, true);
                continue;
            }
        }
        was_divided = false;
        // The bracket stalls at a positive width because of rounding; three steps without gain are accepted as the end.
        stalled = if now >= last { stalled + 1 } else { 0 };
        if stalled >= 3 && found.iterations > 5 {
            break;
        }
    }
    found.probability = probability;
    Ok(found)
}

/// Divides an iterate by its sum and returns the Collatz–Wielandt bracket min b/x, max b/x of the iterate `before` b,
/// over the states whose value is above `floor`.
fn normalised(after: &mut [f64], before: &[f64], total: f64, floor: f64) -> [f64; 2] {
    let within = |a: [f64; 2], b: [f64; 2]| [a[0].min(b[0]), a[1].max(b[1])];
    after
        .par_iter_mut()
        .zip(before)
        .with_min_len(PIECE)
        .map(|(after, &before)| {
            let counts = *after > floor;
            *after /= total;
            if counts { [before / *after; 2] } else { NOTHING }
        })
        .reduce(|| NOTHING, within)
}

/// The combination of the iterate with a slower valley whose states are below [`BRACKET_FLOOR`] or underflow; `None` if
/// there is none.
fn slower_valley(elimination: &Elimination, probability: &[f64], rate: Scaled) -> Result<Option<Vec<f64>>, SolveError> {
    let (_, largest) = sum_and_maximum(probability);
    let is_seen: Vec<bool> = probability.iter().map(|&p| p > BRACKET_FLOOR * largest).collect();
    let unseen = is_seen.iter().filter(|&&is_seen| !is_seen).count();
    if unseen == 0 {
        return Ok(None);
    }
    let among = |values: &[f64], scale: f64| -> Vec<f64> {
        values.iter().zip(&is_seen).map(|(x, &is_seen)| if is_seen { 0.0 } else { x / scale }).collect()
    };
    let mut b = among(&vec![1.0; probability.len()], unseen as f64);
    for round in 0..ROUNDS {
        let (times, unit) = occupation_times(elimination, &b)?;
        let [_, stay] = sums(&times, &is_seen);
        // The time spent among these states after a start among them, in units of 1/γ.
        let lives = unit.scaled(stay).times(rate).value();
        // Probability does not stay on the walls; a valley contains more than a thousandth of the states.
        if round == 0 && lives < 1e-3 {
            return Ok(None);
        }
        b = among(&times, stay);
        if lives > 1.0 {
            let both: Vec<f64> = b
                .iter()
                .zip(probability)
                .zip(&is_seen)
                .map(|((b, p), &is_seen)| if is_seen { *p } else { *b })
                .collect();
            return combination(elimination, &both, &is_seen);
        }
    }
    Ok(None)
}

/// The best combination of the solutions for the two parts of b; `None` if one part is empty.
fn combination(elimination: &Elimination, b: &[f64], is_first: &[bool]) -> Result<Option<Vec<f64>>, SolveError> {
    let masses = sums(b, is_first);
    if masses.contains(&0.0) {
        return Ok(None);
    }
    let part = |which: bool, mass: f64| -> Vec<f64> {
        b.iter().zip(is_first).map(|(b, &is_first)| if is_first == which { b / mass } else { 0.0 }).collect()
    };
    let (first, first_unit) = occupation_times(elimination, &part(true, masses[0]))?;
    let (second, second_unit) = occupation_times(elimination, &part(false, masses[1]))?;
    let rows =
        [sums(&first, is_first).map(|n| first_unit.scaled(n)), sums(&second, is_first).map(|n| second_unit.scaled(n))];
    let unit = if rows[0][0].is_greater(rows[1][1]) { rows[0][0] } else { rows[1][1] };
    let [[n11, n12], [n21, n22]] = rows.map(|row| row.map(|n| n.over(unit).value()));
    // c₂/c₁ = N₁₂/(λ − N₂₂) = (λ − N₁₁)/N₂₁; the form without cancellation is used.
    let half = 0.5 * (n11 - n22);
    let root = half.hypot(n12.sqrt() * n21.sqrt());
    let share = |n: f64, gap: f64| match n > 0.0 {
        true if gap > 0.0 => n / gap,
        true => 1.0,
        false => 0.0,
    };
    let [c1, c2] = if half >= 0.0 { [1.0, share(n12, root + half)] } else { [share(n21, root - half), 1.0] };
    let weights = [first_unit.scaled(c1).over(unit).value(), second_unit.scaled(c2).over(unit).value()];
    let mut combined: Vec<f64> = first.iter().zip(&second).map(|(x, y)| weights[0] * x + weights[1] * y).collect();
    let (total, _) = sum_and_maximum(&combined);
    combined.iter_mut().for_each(|x| *x /= total);
    Ok(Some(combined))
}

/// The sums over the states of the first part and over the others.
fn sums(values: &[f64], is_first: &[bool]) -> [f64; 2] {
    values.iter().zip(is_first).fold([0.0; 2], |[first, second], (x, &is_first)| match is_first {
        true => [first + x, second],
        false => [first, second + x],
    })
}

/// The bracket of an empty set of states.
const NOTHING: [f64; 2] = [f64::INFINITY, 0.0];
/// The number of states per task.
const PIECE: usize = 1 << 12;

/// The sum and the maximum, computed over pieces of a fixed size so that they do not depend on the number of threads.
fn sum_and_maximum(values: &[f64]) -> (f64, f64) {
    let piece = |values: &[f64]| values.iter().fold((0.0, 0.0f64), |(sum, most), &x| (sum + x, most.max(x)));
    let pieces: Vec<(f64, f64)> = values.par_chunks(PIECE).map(piece).collect();
    pieces.into_iter().fold((0.0, 0.0), |(sum, most), (more, other)| (sum + more, most.max(other)))
}

/// x with x A = b, and the unit of its times: 1, or the largest time if some leave the range of double precision.
fn occupation_times(elimination: &Elimination, b: &[f64]) -> Result<(Vec<f64>, Scaled), SolveError> {
    let times = elimination.solve_left(b);
    let total: f64 = times.iter().sum();
    if total.is_finite() && total > 0.0 {
        return Ok((times, Scaled::ONE));
    }
    let b: Vec<Scaled> = b.iter().map(|&entry| Scaled::new(entry)).collect();
    let times = elimination.solve_left_scaled(&b).ok_or(SolveError::Overflow)?;
    let unit = times.iter().fold(Scaled::ZERO, |unit, time| if time.is_greater(unit) { *time } else { unit });
    if !unit.is_positive() {
        return Err(SolveError::Overflow);
    }
    Ok((times.iter().map(|time| time.over(unit).value()).collect(), unit))
}
