//! Hitting probabilities of several sets of a closed chain, and the stationary fluxes between them, without a
//! subtraction.
//!
//! The quantities h_a, x_a, F_ab, m_a and M_ab are defined in [the network](super); they take 2n solves with one
//! factor.

use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::network::core_sets::Subset;
use crate::solve::network::{CoreSets, NetworkError};
use crate::solve::paths::{AGREEMENT, restricted, solved_left, solved_right};
use crate::solve::{Factor, Resources};

/// Hitting probabilities of several sets, and the fluxes between them.
#[derive(Clone, Debug)]
pub struct Hits {
    /// h_a on all states: the probability of hitting set a before the others.
    pub functions: Vec<Vec<Scaled>>,
    /// x_a on all states: π times the probability that set a was visited last.
    pub measures: Vec<Vec<Scaled>>,
    /// m_a = Σ π h_a, which sum to 1.
    pub occupation: Vec<Scaled>,
    /// M_ab = Σ x_a h_b. Its columns sum to m, its rows to the fraction of time during which each set was the last one
    /// visited.
    pub mass: Vec<Vec<Scaled>>,
    /// F_ab, 0 on the diagonal: the stationary flux that leaves set a and hits set b next, before any other set and
    /// before it returns.
    pub flux: Vec<Vec<Scaled>>,
    /// The largest relative difference between a flux summed where it leaves a set and where it arrives.
    pub disagreement: f64,
    /// The memory of the factor of the chain between the sets, in bytes.
    pub factor_bytes: u64,
}

impl Hits {
    /// The hitting probabilities and fluxes of these sets for a closed chain with the stationary distribution π.
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
    ) -> Result<Hits, NetworkError> {
        let states = generator.len();
        assert!(stationary.len() == states && sets.owner.len() == states, "one owner and one probability per state");
        let mut sums = Sums::within(stationary, sets)?;
        let between = Subset::new(sets.owner.iter().map(Option::is_none));
        let mut factor_bytes = 0;
        if !between.states.is_empty() {
            let killed = restricted(generator, &between.states, sets.killing(&between, 0..sets.len()));
            let factor = Factor::new(&killed, 0, resources).map_err(|error| between.in_whole(error))?;
            factor_bytes = factor.elimination.factor_bytes();
            sums.add_between(stationary, sets, &between, &factor);
            check_range(&killed, &between, sets, [&sums.leaves, &sums.arrives])?;
        }
        let Sums { functions, measures, occupation, mass, leaves, arrives } = sums;
        let disagreement = worst_disagreement(&leaves, &arrives);
        let mut flux = arrives;
        for (a, row) in flux.iter_mut().enumerate() {
            row[a] = Scaled::ZERO;
        }
        Ok(Hits { functions, measures, occupation, mass, flux, disagreement, factor_bytes })
    }

    /// Σ x_a: the fraction of time during which each set was the last one visited.
    pub fn last_in(&self) -> Vec<Scaled> {
        self.mass.iter().map(|row| row.iter().copied().fold(Scaled::ZERO, Scaled::plus)).collect()
    }
}

/// The quantities of [`Hits`], first for the states in the sets, then for those between them as well.
struct Sums {
    functions: Vec<Vec<Scaled>>,
    measures: Vec<Vec<Scaled>>,
    occupation: Vec<Scaled>,
    mass: Vec<Vec<Scaled>>,
    /// The flux from each set to each, summed where it leaves.
    leaves: Vec<Vec<Scaled>>,
    /// The same, summed where it arrives.
    arrives: Vec<Vec<Scaled>>,
}

impl Sums {
    /// The sums over the states in the sets.
    ///
    /// # Errors
    /// [`NetworkError::LightSet`] for a set without stationary probability.
    fn within(stationary: &[Scaled], sets: &CoreSets) -> Result<Sums, NetworkError> {
        let n = sets.len();
        let mut mass = vec![vec![Scaled::ZERO; n]; n];
        for (owner, &probability) in sets.owner.iter().zip(stationary) {
            if let Some(own) = owner {
                mass[*own as usize][*own as usize] += probability;
            }
        }
        let occupation: Vec<Scaled> = (0..n).map(|a| mass[a][a]).collect();
        if let Some(set) = occupation.iter().position(|mass| !mass.is_positive()) {
            return Err(NetworkError::LightSet { set });
        }
        let on_set = |a: usize, value: &dyn Fn(usize) -> Scaled| -> Vec<Scaled> {
            let own = |(state, owner): (usize, &Option<u32>)| match *owner == Some(a as u32) {
                true => value(state),
                false => Scaled::ZERO,
            };
            sets.owner.iter().enumerate().map(own).collect()
        };
        Ok(Sums {
            functions: (0..n).map(|a| on_set(a, &|_| Scaled::ONE)).collect(),
            measures: (0..n).map(|a| on_set(a, &|state| stationary[state])).collect(),
            occupation,
            mass,
            leaves: sets.direct.clone(),
            arrives: sets.direct.clone(),
        })
    }

    /// Extends h and x to the states between the sets, whose killed chain has been factored, and adds their parts.
    fn add_between(&mut self, stationary: &[Scaled], sets: &CoreSets, between: &Subset, factor: &Factor) {
        let n = sets.len();
        let rates_into = |a: usize| sets.killing(between, std::iter::once(a)).into_iter().map(Scaled::new);
        let hits: Vec<Vec<Scaled>> =
            (0..n).map(|a| solved_right(factor, &rates_into(a).collect::<Vec<Scaled>>())).collect();
        for (occupation, hits) in self.occupation.iter_mut().zip(&hits) {
            let law = between.states.iter().map(|&state| stationary[state]);
            *occupation += law.zip(hits).fold(Scaled::ZERO, |sum, (p, &h)| sum.plus(p.times(h)));
        }
        for a in 0..n {
            let mut source = vec![Scaled::ZERO; between.states.len()];
            for &(state, flow) in &sets.out_of[a] {
                if let Some(own) = between.of(state) {
                    source[own] += flow;
                }
            }
            let last = solved_left(factor, &source);
            for (own, &state) in between.states.iter().enumerate() {
                (self.functions[a][state], self.measures[a][state]) = (hits[a][own], last[own]);
            }
            for (b, hits) in hits.iter().enumerate() {
                self.mass[a][b] += last.iter().zip(hits).fold(Scaled::ZERO, |sum, (x, &h)| sum.plus(x.times(h)));
                let left = source.iter().zip(hits).fold(Scaled::ZERO, |sum, (f, &h)| sum.plus(f.times(h)));
                self.leaves[a][b] += left;
                for &(state, rate) in &sets.into[b] {
                    if let Some(own) = between.of(state) {
                        self.arrives[a][b] += last[own] * rate;
                    }
                }
            }
        }
    }
}

/// Returns an error for pairs of sets whose flux underflowed.
fn check_range(
    killed: &Generator,
    between: &Subset,
    sets: &CoreSets,
    [leaves, arrives]: [&[Vec<Scaled>]; 2],
) -> Result<(), NetworkError> {
    let n = sets.len();
    for (from, to) in (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|(a, b)| a != b) {
        let both = [leaves[from][to], arrives[from][to]];
        let is_lost = match both.map(Scaled::is_positive) {
            [true, true] => (both[0].over(both[1]).value() - 1.0).abs() > AGREEMENT,
            [false, false] => is_reached(killed, between, sets, from, to),
            _ => true,
        };
        if is_lost {
            return Err(NetworkError::LightFlux { from, to });
        }
    }
    Ok(())
}

/// Whether a path through states in no set leads from one set to another.
fn is_reached(killed: &Generator, between: &Subset, sets: &CoreSets, from: usize, to: usize) -> bool {
    let mut is_seen = vec![false; killed.len()];
    let mut open: Vec<usize> = sets.out_of[from].iter().filter_map(|&(state, _)| between.of(state)).collect();
    open.iter().for_each(|&state| is_seen[state] = true);
    while let Some(state) = open.pop() {
        for (next, _) in killed.rates.outer_view(state).iter().flat_map(|row| row.iter()) {
            if !std::mem::replace(&mut is_seen[next], true) {
                open.push(next);
            }
        }
    }
    sets.into[to].iter().any(|&(state, rate)| rate > 0.0 && between.of(state).is_some_and(|own| is_seen[own]))
}

fn worst_disagreement(leaves: &[Vec<Scaled>], arrives: &[Vec<Scaled>]) -> f64 {
    let pairs = leaves.iter().flatten().zip(arrives.iter().flatten());
    let away = |(one, other): (&Scaled, &Scaled)| match other.is_positive() {
        true => (one.over(*other).value() - 1.0).abs(),
        false => 0.0,
    };
    pairs.map(away).fold(0.0, f64::max)
}
