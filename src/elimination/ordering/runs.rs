//! Sets of states as runs along the lines of the grid, so that a straight cut reads only the ends of each run and the
//! states near it.

use super::coordinates::{Coordinates, Normal, dot};

/// A run of consecutive states whose grid coordinates follow one another along an axis. All runs have the same axis,
/// along which the numbering is contiguous. A state without such a neighbour is a run by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// The first state.
    pub(super) first: u32,
    /// The state after the last.
    pub(super) end: u32,
    /// The grid coordinates of the first state.
    point: [i32; 2],
    axis: u8,
}

/// The number of states that are sampled to find the axis along which the numbering is contiguous.
const SAMPLE: u32 = 1024;

/// All states as the smallest number of runs.
pub(super) fn runs(states: usize, coordinates: &Coordinates) -> Vec<Run> {
    let point = |state: u32| coordinates.coordinates_of(state);
    let mut steps = [0, 0];
    for state in 1..(states as u32).min(SAMPLE) {
        let [from, to] = [point(state - 1), point(state)];
        steps[0] += u32::from(to == [from[0] + 1, from[1]]);
        steps[1] += u32::from(to == [from[0], from[1] + 1]);
    }
    let axis = u8::from(steps[1] >= steps[0]);
    let mut runs: Vec<Run> = Vec::new();
    for state in 0..states as u32 {
        let point = point(state);
        match runs.last_mut() {
            Some(run) if point == run.coordinates_of(state) => run.end += 1,
            _ => runs.push(Run { first: state, end: state + 1, point: point.map(|c| c as i32), axis }),
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

    /// The grid coordinates of a state of the run; for a state beyond its end, those it would have.
    fn coordinates_of(&self, state: u32) -> [i64; 2] {
        let mut point = self.point.map(i64::from);
        point[usize::from(self.axis)] += i64::from(state - self.first);
        point
    }

    pub(super) fn coordinates(&self) -> impl Iterator<Item = [i64; 2]> + '_ {
        self.states().map(|state| self.coordinates_of(state))
    }

    /// The change of n·x from one state of the run to the next.
    pub(super) fn rise(&self, normal: Normal) -> i64 {
        normal[usize::from(self.axis)]
    }

    /// The levels n·x of the first and of the last state.
    pub(super) fn levels(&self, normal: Normal) -> [i64; 2] {
        let first = dot(normal, self.point.map(i64::from));
        [first, first + self.rise(normal) * (self.count() as i64 - 1)]
    }

    /// Whether a state of another run follows the last one of this in number and in grid coordinates.
    pub(super) fn goes_on_with(&self, other: &Run, state: u32) -> bool {
        state == self.end && other.coordinates_of(state) == self.coordinates_of(state)
    }

    /// The run of a range of consecutive states of this one.
    pub(super) fn piece(&self, states: std::ops::Range<u32>) -> Run {
        Run {
            first: states.start,
            end: states.end,
            point: self.coordinates_of(states.start).map(|c| c as i32),
            ..*self
        }
    }

    /// The first state whose level is above the given one (for normals along which the level falls, the first whose
    /// level is no longer above), or the end of the run.
    pub(super) fn crossing(&self, normal: Normal, level: i64) -> u32 {
        let [first, _] = self.levels(normal);
        let steps = match self.rise(normal) {
            // All states are on one side.
            0 if first <= level => i64::MAX,
            0 => 0,
            rise if rise > 0 => (level - first).div_euclid(rise) + 1,
            fall => (first - level - 1).div_euclid(-fall) + 1,
        };
        self.first + steps.clamp(0, self.count() as i64) as u32
    }
}
