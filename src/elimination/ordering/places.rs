//! Where the states are in the grid, and on which level across a cut.

/// The integer normal n of a cut, which follows the level lines of n·x.
pub(super) type Normal = [i64; 2];

/// Edges longer than half of the grid belong to the seams of wrap-around, unless they are shorter than this.
const SHORT: i64 = 16;

/// The level n·x of a place.
pub(super) fn dot(normal: Normal, place: [i64; 2]) -> i64 {
    normal[0] * place[0] + normal[1] * place[1]
}

/// The places of all states, and how long an edge within the grid may be.
pub(super) struct Places<'a> {
    coordinates: &'a [[i32; 2]],
    longest: [i64; 2],
}

impl<'a> Places<'a> {
    /// The places of all states.
    pub(super) fn new(coordinates: &'a [[i32; 2]]) -> Self {
        let longest = [0, 1].map(|axis| {
            let along = coordinates.iter().map(|place| i64::from(place[axis]));
            let (low, high) = along.fold((i64::MAX, i64::MIN), |(low, high), at| (low.min(at), high.max(at)));
            SHORT.max(high.saturating_sub(low) / 2)
        });
        Places { coordinates, longest }
    }

    /// A state's coordinates; states without any are all in one place.
    pub(super) fn place_of(&self, state: u32) -> [i64; 2] {
        self.coordinates.get(state as usize).map_or([0; 2], |place| place.map(i64::from))
    }

    /// Whether an edge is too long to be anything else than one across a seam.
    pub(super) fn is_seam(&self, edge: [i64; 2]) -> bool {
        edge[0].abs() > self.longest[0] || edge[1].abs() > self.longest[1]
    }
}
