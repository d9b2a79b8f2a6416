//! The grid coordinates of the states, and their levels across a cut.

/// The integer normal n of a cut, which follows the level lines of n·x.
pub(super) type Normal = [i64; 2];

/// Edges longer than half of the grid cross the seam of a periodic axis, unless they are shorter than this.
const SHORT: i64 = 16;

/// The level n·x of a grid point.
pub(super) fn dot(normal: Normal, point: [i64; 2]) -> i64 {
    normal[0] * point[0] + normal[1] * point[1]
}

/// The grid coordinates of all states, and the largest length of an edge that does not cross a seam.
pub(super) struct Coordinates<'a> {
    coordinates: &'a [[i32; 2]],
    longest: [i64; 2],
}

impl<'a> Coordinates<'a> {
    /// The grid coordinates of all states.
    pub(super) fn new(coordinates: &'a [[i32; 2]]) -> Self {
        let longest = [0, 1].map(|axis| {
            let along = coordinates.iter().map(|point| i64::from(point[axis]));
            let (low, high) = along.fold((i64::MAX, i64::MIN), |(low, high), at| (low.min(at), high.max(at)));
            SHORT.max(high.saturating_sub(low) / 2)
        });
        Coordinates { coordinates, longest }
    }

    /// The grid coordinates of a state; the origin if the states have none.
    pub(super) fn coordinates_of(&self, state: u32) -> [i64; 2] {
        self.coordinates.get(state as usize).map_or([0; 2], |point| point.map(i64::from))
    }

    /// Whether an edge crosses the seam of a periodic axis: it is too long for any other edge.
    pub(super) fn is_seam(&self, edge: [i64; 2]) -> bool {
        edge[0].abs() > self.longest[0] || edge[1].abs() > self.longest[1]
    }
}
