//! The cores of a network: sets of states as they are seen from outside.

use crate::elimination::EliminationError;
use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::core_cut::CoreCut;

/// Disjoint sets of states of a chain with the stationary law π, seen from outside.
#[derive(Clone, Debug)]
pub struct CoreSets {
    /// The set that each state belongs to, if it is in one.
    pub owner: Vec<Option<u32>>,
    /// The states outside each set from which it is entered, with the rate into it.
    pub into: Vec<Vec<(u32, f64)>>,
    /// The states of no set which are entered from each set, with the stationary flow Σ_a π_a q_ai out of it.
    pub out_of: Vec<Vec<(u32, Scaled)>>,
    /// The stationary flow that leads from one set to another directly.
    pub direct: Vec<Vec<Scaled>>,
}

impl CoreSets {
    /// Sets of states; `owner` is the set that each state belongs to, of `n`.
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

    /// Sets whose boundaries are crossed by these edges.
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

    /// The killing of the chain on these states by entering these sets.
    pub(super) fn killing(&self, place: &Places, sets: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut killing = vec![0.0; place.states.len()];
        for &(state, rate) in sets.flat_map(|set| &self.into[set]) {
            if let Some(own) = place.of(state) {
                killing[own] += rate;
            }
        }
        killing
    }
}

/// Some of the states, in their order.
pub(super) struct Places {
    pub(super) states: Vec<usize>,
    place: Vec<u32>,
}

impl Places {
    pub(super) fn new(is_kept: impl Iterator<Item = bool>) -> Places {
        let (mut states, mut place) = (Vec::new(), Vec::new());
        for (state, is_kept) in is_kept.enumerate() {
            place.push(if is_kept { states.len() as u32 } else { u32::MAX });
            if is_kept {
                states.push(state);
            }
        }
        Places { states, place }
    }

    pub(super) fn of(&self, state: u32) -> Option<usize> {
        let place = self.place[state as usize];
        (place != u32::MAX).then_some(place as usize)
    }

    /// An error whose states are counted among these.
    pub(super) fn in_whole(&self, error: EliminationError) -> EliminationError {
        match error {
            EliminationError::ZeroPivot { state } => EliminationError::ZeroPivot { state: self.states[state] },
            EliminationError::NotFinite { state } => EliminationError::NotFinite { state: self.states[state] },
            error => error,
        }
    }
}
