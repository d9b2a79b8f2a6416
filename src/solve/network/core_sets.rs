//! The cores of a network of valleys, as sets of states with the rates into them and the flows out of them.

use crate::elimination::EliminationError;
use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::core_cut::CoreCut;

/// Disjoint sets of states of a chain with the stationary distribution π, described by their edges to the other states.
#[derive(Clone, Debug)]
pub struct CoreSets {
    /// The set of each state, if it is in one.
    pub owner: Vec<Option<u32>>,
    /// For each set, the states outside from which it is entered, with the rate into it.
    pub into: Vec<Vec<(u32, f64)>>,
    /// For each set, the states in no set that are entered from it, with the stationary flow Σ_a π_a q_ai into them.
    pub out_of: Vec<Vec<(u32, Scaled)>>,
    /// The stationary flow directly from one set to another.
    pub direct: Vec<Vec<Scaled>>,
}

impl CoreSets {
    /// `n` sets of states; `owner` is the set of each state, `stationary` is π.
    ///
    /// # Panics
    /// When there is not one owner and one probability for every state, or a set is beyond the n-th.
    pub fn of_states(generator: &Generator, stationary: &[Scaled], owner: Vec<Option<u32>>, n: usize) -> CoreSets {
        let states = generator.len();
        assert!(owner.len() == states && stationary.len() == states, "one owner and one probability per state");
        let mut sets = CoreSets::empty(owner, n);
        for (i, row) in generator.rates.outer_iterator().enumerate() {
            for (j, &rate) in row.iter() {
                let flow = stationary[i] * rate;
                let (from, to) = (sets.owner[i], sets.owner[j]);
                if let Some(to) = to
                    && from != Some(to)
                {
                    sets.into[to as usize].push((i as u32, rate));
                }
                match (from, to) {
                    (Some(from), None) => sets.out_of[from as usize].push((j as u32, flow)),
                    (Some(from), Some(to)) if from != to => sets.direct[from as usize][to as usize] += flow,
                    _ => {}
                }
            }
        }
        sets
    }

    /// Sets whose boundaries cross these edges.
    pub(in crate::solve) fn of_cuts(owner: Vec<Option<u32>>, n: usize, cuts: &[CoreCut]) -> CoreSets {
        let mut sets = CoreSets::empty(owner, n);
        for cut in cuts {
            sets.into[cut.set].push((cut.state, cut.into));
            sets.out_of[cut.set].push((cut.state, cut.out_of));
        }
        sets
    }

    fn empty(owner: Vec<Option<u32>>, n: usize) -> CoreSets {
        CoreSets {
            owner,
            into: vec![Vec::new(); n],
            out_of: vec![Vec::new(); n],
            direct: vec![vec![Scaled::ZERO; n]; n],
        }
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.into.len()
    }

    /// Whether there is no set.
    pub fn is_empty(&self) -> bool {
        self.into.is_empty()
    }

    /// The killing rates of the chain on the states of `subset` by entering these sets.
    pub(super) fn killing(&self, subset: &Subset, sets: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut killing = vec![0.0; subset.states.len()];
        for &(state, rate) in sets.flat_map(|set| &self.into[set]) {
            if let Some(own) = subset.of(state) {
                killing[own] += rate;
            }
        }
        killing
    }
}

/// A subset of the states, in ascending order.
pub(super) struct Subset {
    pub(super) states: Vec<usize>,
    position: Vec<u32>,
}

impl Subset {
    pub(super) fn new(is_kept: impl Iterator<Item = bool>) -> Subset {
        let (mut states, mut position) = (Vec::new(), Vec::new());
        for (state, is_kept) in is_kept.enumerate() {
            position.push(if is_kept { states.len() as u32 } else { u32::MAX });
            if is_kept {
                states.push(state);
            }
        }
        Subset { states, position }
    }

    pub(super) fn of(&self, state: u32) -> Option<usize> {
        let position = self.position[state as usize];
        (position != u32::MAX).then_some(position as usize)
    }

    /// The error with its state renumbered from the subset to the whole chain.
    pub(super) fn in_whole(&self, error: EliminationError) -> EliminationError {
        match error {
            EliminationError::ZeroPivot { state } => EliminationError::ZeroPivot { state: self.states[state] },
            EliminationError::NotFinite { state } => EliminationError::NotFinite { state: self.states[state] },
            error => error,
        }
    }
}
