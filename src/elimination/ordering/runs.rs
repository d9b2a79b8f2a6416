//! Sets of states as runs along the lines of the grid: a straight cut then looks at the ends of each run and at the
//! states near it.

use super::places::{Normal, Places, dot};

/// A run of consecutive states whose places follow one another along an axis, the same for all runs: that on which the
/// numbering runs fast. A state that has no such neighbour is a run by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// The first state.
    pub(super) first: u32,
    /// The state after the last.
    pub(super) end: u32,
    /// The place of the first.
    place: [i32; 2],
    axis: u8,
}

/// The number of states that tell on which axis the numbering runs fast.
const SAMPLE: u32 = 1024;

/// The runs of all states, as few as there can be.
pub(super) fn runs(states: usize, places: &Places) -> Vec<Run> {
    let place = |state: u32| places.place_of(state);
    let mut steps = [0, 0];
    for state in 1..(states as u32).min(SAMPLE) {
        let [from, to] = [place(state - 1), place(state)];
        steps[0] += u32::from(to == [from[0] + 1, from[1]]);
        steps[1] += u32::from(to == [from[0], from[1] + 1]);
    }
    let axis = u8::from(steps[1] >= steps[0]);
    let mut runs: Vec<Run> = Vec::new();
    for state in 0..states as u32 {
        let place = place(state);
        match runs.last_mut() {
            Some(run) if place == run.place_of(state) => run.end += 1,
            _ => runs.push(Run { first: state, end: state + 1, place: place.map(|c| c as i32), axis }),
        }
    }
    runs
}

/// The number of states.
pub(super) fn count(runs: &[Run]) -> usize {
    runs.iter().map(Run::count).sum()
}

impl Run {
    pub(super) fn count(&self) -> usize {
        (self.end - self.first) as usize
    }

    pub(super) fn states(&self) -> std::ops::Range<u32> {
        self.first..self.end
    }

    /// The place of a state of the run, or the one that it would have.
    fn place_of(&self, state: u32) -> [i64; 2] {
        let mut place = self.place.map(i64::from);
        place[usize::from(self.axis)] += i64::from(state - self.first);
        place
    }

    pub(super) fn places(&self) -> impl Iterator<Item = [i64; 2]> + '_ {
        self.states().map(|state| self.place_of(state))
    }

    /// The change of n·x from state to state.
    pub(super) fn rise(&self, normal: Normal) -> i64 {
        normal[usize::from(self.axis)]
    }

    /// The levels n·x of the first and of the last state.
    pub(super) fn levels(&self, normal: Normal) -> [i64; 2] {
        let first = dot(normal, self.place.map(i64::from));
        [first, first + self.rise(normal) * (self.count() as i64 - 1)]
    }

    /// Whether a state of another run follows the last one of this in number and place.
    pub(super) fn goes_on_with(&self, other: &Run, state: u32) -> bool {
        state == self.end && other.place_of(state) == self.place_of(state)
    }

    /// The run of some consecutive states of this one.
    pub(super) fn piece(&self, states: std::ops::Range<u32>) -> Run {
        Run { first: states.start, end: states.end, place: self.place_of(states.start).map(|c| c as i32), ..*self }
    }

    /// The first state whose level is above (for normals that fall along the run, no longer above) this one, or the
    /// end.
    pub(super) fn crossing(&self, normal: Normal, level: i64) -> u32 {
        let [first, _] = self.levels(normal);
        let steps = match self.rise(normal) {
            // All are on one side.
            0 if first <= level => i64::MAX,
            0 => 0,
            rise if rise > 0 => (level - first).div_euclid(rise) + 1,
            fall => (first - level - 1).div_euclid(-fall) + 1,
        };
        self.first + steps.clamp(0, self.count() as i64) as u32
    }
}
