//! Elimination along a path in O(n): every state is coupled only with its two neighbours, and the matrix is
//! tridiagonal.
//!
//! Each connected component is eliminated from both of its ends towards its target, the state with the largest killing
//! κ. Every pivot on the way contains the rate towards the target, and the target's pivot contains its κ, so that no
//! pivot underflows unless a rate of the generator did. Eliminating away from the exit would put the square of the
//! barrier's exponential into the last pivot instead. Killing behind another barrier is passed on to the target across
//! the well. On the way it may underflow although it matters in the end; it is therefore carried with a separate
//! exponent.

use std::ops::{AddAssign, Div, Mul};

use super::error::{EliminationError, PivotFault};
use crate::generator::Generator;
use crate::scaled::Scaled;

/// The numbers in which a solve computes: f64, or [`Scaled`] with a separate exponent where times leave the range of
/// f64.
pub(crate) trait Amount: Copy + AddAssign + Mul<f64, Output = Self> + Div<f64, Output = Self> {}

impl<T: Copy + AddAssign + Mul<f64, Output = T> + Div<f64, Output = T>> Amount for T {}

/// The factor of a generator whose states form a path.
#[derive(Debug)]
pub(crate) struct Tridiagonal {
    steps: Vec<Step>,
    components: Vec<Component>,
}

/// One eliminated state k with the neighbour that is eliminated after it.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// The pivot S_k.
    pivot: f64,
    /// The transition probability q_k,next / S_k.
    onward: f64,
    /// The rate q_next,k.
    back: f64,
}

/// The killing rate κ as it is passed on towards the target.
#[derive(Clone, Copy)]
enum Killing {
    Ordinary(f64),
    /// A killing rate below [`LEAST`].
    Small(Scaled),
}

/// The smallest κ that is stored as an f64; below it, it is carried with a separate exponent.
const LEAST: f64 = 1e-250;

impl Killing {
    fn value(self) -> f64 {
        match self {
            Killing::Ordinary(value) => value,
            Killing::Small(scaled) => scaled.value(),
        }
    }

    /// The killing rate of the next state, κ_next + κ_k q_next,k / S_k.
    fn pass_on(self, back: f64, pivot: f64, own: f64) -> Killing {
        let exact = match self {
            Killing::Ordinary(value) => {
                let passed = back * (value / pivot);
                if passed >= LEAST || value == 0.0 || back == 0.0 {
                    return Killing::Ordinary(own + passed);
                }
                Scaled::new(value)
            }
            Killing::Small(scaled) => scaled,
        };
        let exact = (exact / pivot * back).plus(Scaled::new(own));
        if exact.value() >= LEAST { Killing::Ordinary(exact.value()) } else { Killing::Small(exact) }
    }
}

/// A connected component, the states first..=last, eliminated from both ends towards the target.
#[derive(Clone, Copy, Debug)]
struct Component {
    first: usize,
    target: usize,
    last: usize,
}

impl Component {
    /// The pairs (state, next) in the order of elimination, without the target.
    fn forward(self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        self.rising().chain(self.falling())
    }

    fn rising(self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        (self.first..self.target).map(|k| (k, k + 1))
    }

    fn falling(self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        (self.target + 1..=self.last).rev().map(|k| (k, k - 1))
    }
}

impl Tridiagonal {
    /// Eliminates a generator whose states form a path.
    ///
    /// # Errors
    /// [`EliminationError::ZeroPivot`] or [`EliminationError::NotFinite`] for a pivot that is too small or not finite.
    pub(crate) fn eliminate(generator: &Generator) -> Result<Self, EliminationError> {
        let n = generator.len();
        let mut up = vec![0.0; n];
        let mut down = vec![0.0; n];
        for (k, row) in generator.rates.outer_iterator().enumerate() {
            for (j, &rate) in row.iter() {
                if j == k + 1 {
                    up[k] = rate;
                } else if j + 1 == k {
                    down[k] = rate;
                }
            }
        }
        let killing = &generator.killing;
        let mut components = Vec::new();
        let mut first = 0;
        for last in 0..n {
            if last + 1 == n || (up[last] == 0.0 && down[last + 1] == 0.0) {
                let heavier = |best, k| if killing[k] > killing[best] { k } else { best };
                let target = (first..=last).fold(first, heavier);
                components.push(Component { first, target, last });
                first = last + 1;
            }
        }
        let mut steps = vec![Step::default(); n];
        for &component in &components {
            let mut eliminate = |end: usize, way: &mut dyn Iterator<Item = (usize, usize)>| {
                let mut carried = Killing::Ordinary(killing[end]);
                for (k, next) in way {
                    let (rate, back) = if next > k { (up[k], down[next]) } else { (down[k], up[next]) };
                    let pivot = carried.value() + rate;
                    PivotFault::check(k, pivot).map_err(|fault| fault.at_state(k))?;
                    let own = if next == component.target { 0.0 } else { killing[next] };
                    carried = carried.pass_on(back, pivot, own);
                    steps[k] = Step { pivot, onward: rate / pivot, back };
                }
                Ok(if end == component.target { 0.0 } else { carried.value() })
            };
            let arrived = eliminate(component.first, &mut component.rising())?
                + eliminate(component.last, &mut component.falling())?;
            let (target, pivot) = (component.target, killing[component.target] + arrived);
            PivotFault::check(target, pivot).map_err(|fault| fault.at_state(target))?;
            steps[target].pivot = pivot;
        }
        Ok(Tridiagonal { steps, components })
    }

    /// The solution x of x A = b, in numbers of either kind.
    pub(crate) fn solve_left<T: Amount>(&self, b: &[T]) -> Vec<T> {
        let mut x = b.to_vec();
        for component in &self.components {
            for (k, next) in component.forward() {
                let passed = x[k] * self.steps[k].onward;
                x[next] += passed;
            }
            x[component.target] = x[component.target] / self.steps[component.target].pivot;
            for (k, next) in component.forward().rev() {
                let back = x[next] * self.steps[k].back;
                x[k] += back;
                x[k] = x[k] / self.steps[k].pivot;
            }
        }
        x
    }

    /// The solution x of A x = b, in numbers of either kind.
    pub(crate) fn solve_right<T: Amount>(&self, b: &[T]) -> Vec<T> {
        let mut x = b.to_vec();
        for component in &self.components {
            for (k, next) in component.forward() {
                x[k] = x[k] / self.steps[k].pivot;
                let passed = x[k] * self.steps[k].back;
                x[next] += passed;
            }
            x[component.target] = x[component.target] / self.steps[component.target].pivot;
            for (k, next) in component.forward().rev() {
                let passed = x[next] * self.steps[k].onward;
                x[k] += passed;
            }
        }
        x
    }
}
