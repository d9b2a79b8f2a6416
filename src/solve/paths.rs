//! Transition-path theory: reactive paths between two disjoint sets of states A and B of a closed chain, reversible or
//! not, without a subtraction.
//!
//! On the states I outside of both sets the chain is killed at the rates into them. With A_I = diag(rate out) − Q of
//! that chain
//! ```text
//! A_I q⁺ = rates into B        A_I (1 − q⁺) = rates into A        x A_I = Σ_{a ∈ A} π_a q_a·        x = π q⁻
//! f_ij = x_i q_ij q⁺_j         F_AB = Σ_{a ∈ A} f_a· = Σ_{b ∈ B} f_·b       k_AB = F_AB / Σ x
//! ```
//! Each of q⁺, 1 − q⁺, π q⁻ and π (1 − q⁻) comes from its own solve with a nonnegative right-hand side, so that each
//! keeps its relative accuracy where it is small. The backward committor q⁻ = x/π does not need the time-reversed
//! chain.
//!
//! Limits: committors below 1e-308 are an error in two dimensions; in one dimension they have separate exponents.
//!
//! Sources: E & Vanden-Eijnden, J. Stat. Phys. 123, 503 (2006); Metzner, Schütte & Vanden-Eijnden, Multiscale Model.
//! Simul. 7, 1192 (2009).

use crate::elimination::EliminationError;
use crate::generator::{Generator, Rates};
use crate::scaled::Scaled;
use crate::solve::core_cut::CoreCut;
use crate::solve::{Factor, Resources};

/// The set that a state belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// In A, where reactive paths begin.
    From,
    /// In B, where they end.
    To,
    /// In neither.
    Between,
}

impl Side {
    /// The index of the set, 0 for A and 1 for B.
    pub fn set(self) -> Option<u32> {
        match self {
            Side::From => Some(0),
            Side::To => Some(1),
            Side::Between => None,
        }
    }
}

/// Two sets of states, described by their edges to the states between them.
#[derive(Clone, Debug)]
pub struct Cores {
    /// The set of each state.
    pub side: Vec<Side>,
    /// The rates from each state between the sets into A and into B; 0 in the sets.
    pub into: [Vec<f64>; 2],
    /// The stationary flow Σ_a π_a q_ai out of A and out of B to each state between them; 0 in the sets.
    pub out_of: [Vec<Scaled>; 2],
    /// The stationary flow directly from A to B and from B to A.
    pub direct: [Scaled; 2],
}

impl Cores {
    /// Two sets of states of a chain with the stationary distribution π.
    ///
    /// # Panics
    /// When there is not one side and one probability for every state.
    pub fn of_states(generator: &Generator, stationary: &[Scaled], side: Vec<Side>) -> Cores {
        let n = generator.len();
        assert!(side.len() == n && stationary.len() == n, "one side and one probability per state");
        let mut into = [vec![0.0; n], vec![0.0; n]];
        let mut out_of = [vec![Scaled::ZERO; n], vec![Scaled::ZERO; n]];
        let mut direct = [Scaled::ZERO; 2];
        for (i, row) in generator.rates.outer_iterator().enumerate() {
            for (j, &rate) in row.iter() {
                let flow = stationary[i] * rate;
                match (side[i], side[j]) {
                    (Side::Between, Side::From) => into[0][i] += rate,
                    (Side::Between, Side::To) => into[1][i] += rate,
                    (Side::From, Side::Between) => out_of[0][j] += flow,
                    (Side::To, Side::Between) => out_of[1][j] += flow,
                    (Side::From, Side::To) => direct[0] += flow,
                    (Side::To, Side::From) => direct[1] += flow,
                    _ => {}
                }
            }
        }
        Cores { side, into, out_of, direct }
    }

    /// Two sets whose boundaries cross these edges.
    pub(super) fn of_cuts(side: Vec<Side>, cuts: &[CoreCut]) -> Cores {
        let n = side.len();
        let mut into = [vec![0.0; n], vec![0.0; n]];
        let mut out_of = [vec![Scaled::ZERO; n], vec![Scaled::ZERO; n]];
        for cut in cuts {
            into[cut.set][cut.state as usize] += cut.into;
            out_of[cut.set][cut.state as usize] += cut.out_of;
        }
        Cores { side, into, out_of, direct: [Scaled::ZERO; 2] }
    }

    /// The states in neither set.
    fn between(&self) -> Vec<usize> {
        (0..self.side.len()).filter(|&state| self.side[state] == Side::Between).collect()
    }
}

/// Reactive paths from A to B.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The two sets.
    pub cores: Cores,
    /// The stationary distribution π.
    pub stationary: Vec<Scaled>,
    /// The forward committor q⁺, the probability of hitting B before A: 0 in A, 1 in B.
    pub forward: Vec<Scaled>,
    /// 1 − q⁺ with full relative accuracy: 1 in A, 0 in B.
    pub complement: Vec<Scaled>,
    /// π q⁻ and π (1 − q⁻): the stationary probability of each state with A, or B, as the last set visited.
    pub last_in: [Vec<Scaled>; 2],
    /// F_AB, summed where it leaves A and where it arrives in B, per unit of dynamical time.
    pub flux: [Scaled; 2],
    /// Σ π q⁻ and Σ π (1 − q⁻): the fraction of time during which A, or B, was the last set visited.
    pub population: [Scaled; 2],
    /// Σ π q⁻ q⁺ over the states between the sets: the fraction of time spent on reactive paths from A to B.
    pub reactive_share: Scaled,
    /// The memory of the factor of the chain between the sets, in bytes.
    pub factor_bytes: u64,
}

/// Reactive paths that could not be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PathsError {
    /// The chain between the sets could not be eliminated; states are numbered as in the whole chain.
    #[error(transparent)]
    Elimination(#[from] EliminationError),
    /// A committor is below the range of double precision, for a chain whose solves have no separate exponents.
    #[error("the committor of state {state} is below 1e-308, which is carried along a line only")]
    Underflow {
        /// The state.
        state: usize,
    },
    /// A flux is below the range of double precision, for a chain whose solves have no separate exponents.
    #[error("the flux between the sets is made from masses below 1e-308, which are carried along a line only")]
    LightSet,
}

impl Paths {
    /// The reactive paths between two sets of a closed chain with the stationary distribution π.
    ///
    /// # Errors
    /// [`PathsError`]: an elimination that fails, numbers beyond the range of double precision in two dimensions.
    ///
    /// # Panics
    /// When the sets or π belong to another number of states.
    pub fn new(
        generator: &Generator,
        stationary: Vec<Scaled>,
        cores: Cores,
        resources: Resources<'_>,
    ) -> Result<Paths, PathsError> {
        let n = generator.len();
        assert!(stationary.len() == n && cores.side.len() == n, "one side and one probability per state");
        let between = cores.between();
        let of = |values: &[f64]| -> Vec<f64> { between.iter().map(|&state| values[state]).collect() };
        let into = [of(&cores.into[0]), of(&cores.into[1])];
        let killed = restricted(generator, &between, into[0].iter().zip(&into[1]).map(|(a, b)| a + b).collect());
        let in_whole = |error: EliminationError| match error {
            EliminationError::ZeroPivot { state } => EliminationError::ZeroPivot { state: between[state] },
            EliminationError::NotFinite { state } => EliminationError::NotFinite { state: between[state] },
            error => error,
        };
        let (mut forward, mut complement) = (vec![Scaled::ZERO; n], vec![Scaled::ZERO; n]);
        let mut last_in = [vec![Scaled::ZERO; n], vec![Scaled::ZERO; n]];
        for state in 0..n {
            match cores.side[state] {
                Side::From => (complement[state], last_in[0][state]) = (Scaled::ONE, stationary[state]),
                Side::To => (forward[state], last_in[1][state]) = (Scaled::ONE, stationary[state]),
                Side::Between => {}
            }
        }
        let mut factor_bytes = 0;
        if !between.is_empty() {
            let factor = Factor::new(&killed, 0, resources).map_err(in_whole)?;
            factor_bytes = factor.elimination.factor_bytes();
            for (committor, into) in [&mut complement, &mut forward].into_iter().zip(&into) {
                let found = probability(&factor, &killed, into)
                    .map_err(|state| PathsError::Underflow { state: between[state] })?;
                between.iter().zip(found).for_each(|(&state, value)| committor[state] = value);
            }
            for (last_in, out_of) in last_in.iter_mut().zip(&cores.out_of) {
                let source: Vec<Scaled> = between.iter().map(|&state| out_of[state]).collect();
                let found = solved_left(&factor, &source);
                between.iter().zip(found).for_each(|(&state, value)| last_in[state] = value);
            }
        }
        let sum = |terms: &mut dyn Iterator<Item = Scaled>| terms.fold(Scaled::ZERO, Scaled::plus);
        let leaves = sum(&mut between.iter().map(|&i| cores.out_of[0][i].times(forward[i])));
        let arrives = sum(&mut between.iter().map(|&i| last_in[0][i] * cores.into[1][i]));
        let flux = [leaves, arrives].map(|flux| flux.plus(cores.direct[0]));
        let agree = |[leaves, arrives]: [Scaled; 2]| (leaves.over(arrives).value() - 1.0).abs() <= AGREEMENT;
        if flux.iter().any(|flux| !flux.is_positive()) || !agree(flux) {
            return Err(PathsError::LightSet);
        }
        let population = [0, 1].map(|set| sum(&mut last_in[set].iter().copied()));
        let reactive_share = sum(&mut between.iter().map(|&i| last_in[0][i].times(forward[i])));
        Ok(Paths { cores, stationary, forward, complement, last_in, flux, population, reactive_share, factor_bytes })
    }

    /// k_AB = F_AB / Σ π q⁻: the inverse of the mean time to B after arriving in A from B.
    pub fn rate(&self) -> Scaled {
        self.flux[1].over(self.population[0])
    }

    /// k_BA, the rate of the reverse transition; the fluxes in both directions are equal.
    pub fn rate_back(&self) -> Scaled {
        self.flux[1].over(self.population[1])
    }

    /// π q⁻ q⁺: the probability that a state is occupied by a reactive path; 0 in the sets.
    pub fn reactive_mass(&self) -> Vec<Scaled> {
        let mass = |state: usize| match self.cores.side[state] {
            Side::Between => self.last_in[0][state].times(self.forward[state]),
            _ => Scaled::ZERO,
        };
        (0..self.forward.len()).map(mass).collect()
    }

    /// The mean duration of a reactive path, from its last visit to A to its first to B.
    pub fn duration(&self) -> Scaled {
        self.reactive_share.over(self.flux[1])
    }

    /// q⁻, the probability that A was visited later than B; `None` if π, or π q⁻ between the sets, is below the range
    /// of double precision.
    pub fn backward(&self) -> Vec<Option<f64>> {
        let quotient = |state: usize| {
            let (last, all) = (self.last_in[0][state], self.stationary[state]);
            let is_known = all.is_positive() && (last.is_positive() || self.cores.side[state] != Side::Between);
            is_known.then(|| last.over(all).value())
        };
        (0..self.stationary.len()).map(quotient).collect()
    }

    /// The reactive flow f_ij = x_i q_ij q⁺_j along an edge between the sets, out of A or into B.
    pub fn flow(&self, from: usize, to: usize, rate: f64) -> Scaled {
        (self.last_in[0][from] * rate).times(self.forward[to])
    }
}

/// The relative difference between the flux out of A and the flux into B beyond which digits were lost below 1e-308;
/// rounding alone makes 1e-13.
pub(super) const AGREEMENT: f64 = 1e-10;

/// The chain restricted to some of the states, in their order, with other killing rates; rates to all other states are
/// dropped.
pub(super) fn restricted(generator: &Generator, states: &[usize], killing: Vec<f64>) -> Generator {
    let mut number = vec![u32::MAX; generator.len()];
    states.iter().enumerate().for_each(|(own, &state)| number[state] = own as u32);
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for &state in states {
        for (to, &rate) in generator.rates.outer_view(state).iter().flat_map(|row| row.iter()) {
            if number[to] != u32::MAX {
                columns.push(number[to]);
                values.push(rate);
            }
        }
        starts.push(columns.len());
    }
    let coordinates = match generator.coordinates.is_empty() {
        true => Vec::new(),
        false => states.iter().map(|&state| generator.coordinates[state]).collect(),
    };
    let rates = Rates::new((states.len(), states.len()), starts, columns, values);
    Generator { rates, killing, coordinates, is_reversible: generator.is_reversible }
}

/// The probability, from each state, of being killed by these rates; with separate exponents if the states form a path.
///
/// # Errors
/// The index of a state at which the probability underflows, if there are no separate exponents.
fn probability(factor: &Factor, killed: &Generator, by: &[f64]) -> Result<Vec<Scaled>, usize> {
    let found = solved_right(factor, &by.iter().map(|&rate| Scaled::new(rate)).collect::<Vec<Scaled>>());
    let is_lost = |probability: &Scaled| !probability.is_positive() || probability.value() < f64::MIN_POSITIVE;
    if factor.elimination.carries_exponents() || !found.iter().any(is_lost) {
        return Ok(found);
    }
    let ordinary: Vec<f64> = found.iter().map(|probability| probability.value()).collect();
    match lost(killed, by, &ordinary) {
        Some(state) => Err(state),
        None => Ok(found),
    }
}

/// The solution of A x = b, with separate exponents if the states form a path.
pub(super) fn solved_right(factor: &Factor, b: &[Scaled]) -> Vec<Scaled> {
    factor.elimination.solve_right_scaled(b).unwrap_or_else(|| {
        let ordinary: Vec<f64> = b.iter().map(|b| b.value()).collect();
        factor.elimination.solve_right(&ordinary).into_iter().map(Scaled::new).collect()
    })
}

/// The solution of x A = b, with separate exponents if the states form a path, otherwise computed in units of the
/// largest entry of b.
pub(super) fn solved_left(factor: &Factor, b: &[Scaled]) -> Vec<Scaled> {
    if let Some(found) = factor.elimination.solve_left_scaled(b) {
        return found;
    }
    let unit = b.iter().fold(Scaled::ZERO, |unit, &b| if b.is_greater(unit) { b } else { unit });
    if !unit.is_positive() {
        return vec![Scaled::ZERO; b.len()];
    }
    let ordinary: Vec<f64> = b.iter().map(|b| b.over(unit).value()).collect();
    factor.elimination.solve_left(&ordinary).into_iter().map(|x| unit * x).collect()
}

/// A state from which the killing can be reached along nonzero rates although its probability underflowed.
fn lost(generator: &Generator, killing: &[f64], probability: &[f64]) -> Option<usize> {
    let small: Vec<usize> = (0..killing.len()).filter(|&state| probability[state] < f64::MIN_POSITIVE).collect();
    if small.is_empty() {
        return None;
    }
    // Breadth-first search backward from the killing.
    let into = generator.rates.transpose_view().to_csr();
    let mut reaches: Vec<bool> = killing.iter().map(|&rate| rate > 0.0).collect();
    let mut open: Vec<usize> = (0..killing.len()).filter(|&state| reaches[state]).collect();
    while let Some(state) = open.pop() {
        for (from, _) in into.outer_view(state).iter().flat_map(|row| row.iter()) {
            if !std::mem::replace(&mut reaches[from], true) {
                open.push(from);
            }
        }
    }
    small.into_iter().find(|&state| reaches[state])
}
