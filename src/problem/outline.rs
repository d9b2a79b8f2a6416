//! Point-in-set tests for a set bounded by curves, with a raster whose cells list the pieces of the curves.
//!
//! A point is on the same side as the centre of its raster cell unless a curve crosses the segment between them; then
//! the crossing nearest to the point decides. The sides of the centres are found in the same way by a flood fill from a
//! point inside. If two neighbours contradict each other, a curve is missing or ends too early.

use std::collections::VecDeque;

use crate::problem::Space;
use crate::problem::piece::{Crossing, Piece};
use crate::tensor::{Point, advance, difference};

/// A set in a box, bounded by curves.
#[derive(Clone, Debug)]
pub struct Outline {
    space: Space,
    pieces: Vec<Bounding>,
    /// The offset of the entries of each raster cell.
    starts: Vec<u32>,
    entries: Vec<Entry>,
    /// Whether the centre of each raster cell is inside.
    inside: Vec<bool>,
}

/// A piece of a curve that bounds the set.
#[derive(Clone, Debug)]
pub struct Bounding {
    /// The piece.
    pub piece: Piece,
    /// Whether the set lies on the left of the piece.
    pub left_is_inside: bool,
}

/// A piece that is listed in a raster cell.
#[derive(Clone, Copy, Debug)]
struct Entry {
    piece: u32,
    /// The number of box widths by which the piece is shifted to lie in the cell.
    shift: [i32; 2],
}

/// The fraction of the box within which a straight line is one.
const STRAIGHT: f64 = 4e-13;
/// The number of points along each axis at which a set is compared with a rectangle.
const LATTICE: usize = 61;
/// The number of raster cells along each axis.
const CELLS: usize = 256;

impl Outline {
    /// The set with these boundary pieces that contains a point; `None` if the pieces contradict each other.
    pub fn new(space: Space, pieces: Vec<Bounding>, within: Point) -> Option<Outline> {
        let mut filed: Vec<(u32, Entry)> = Vec::new();
        let mut outline = Outline { space, pieces, starts: Vec::new(), entries: Vec::new(), inside: Vec::new() };
        for (number, bounding) in outline.pieces.iter().enumerate() {
            let [lower, upper] = bounding.piece.bounds();
            outline.visit(lower, upper, |cell, turns| {
                filed.push((cell as u32, Entry { piece: number as u32, shift: turns.map(|t| -t) }));
            });
        }
        filed.sort_by_key(|&(cell, entry)| (cell, entry.piece));
        outline.starts = vec![0; CELLS * CELLS + 1];
        for (cell, _) in &filed {
            outline.starts[*cell as usize + 1] += 1;
        }
        for cell in 0..CELLS * CELLS {
            outline.starts[cell + 1] += outline.starts[cell];
        }
        outline.entries = filed.into_iter().map(|(_, entry)| entry).collect();
        outline.inside = vec![false; CELLS * CELLS];
        outline.spread(within).then_some(outline)
    }

    /// Whether a point is inside; `None` outside of the box.
    pub fn holds(&self, theta: Point) -> Option<bool> {
        let at = self.space.wrap(theta);
        let indices = self.raster(at);
        let cell = self.cell(indices)?;
        if self.starts[cell] == self.starts[cell + 1] {
            return Some(self.inside[cell]);
        }
        let first = self.first(at, difference(self.centre(indices), at), |_| true);
        Some(first.map_or(self.inside[cell], |(_, comes_from_inside)| comes_from_inside))
    }

    /// The sides of the set if it is a rectangle to rounding: the bounds along each axis, infinite where no curve bounds it.
    /// `within` is a point inside.
    pub fn rectangle(&self, within: Point) -> Option<[Point; 2]> {
        let straight = STRAIGHT * self.space.diagonal();
        let mut found = [[f64::NEG_INFINITY; 2], [f64::INFINITY; 2]];
        for Bounding { piece, .. } in &self.pieces {
            let [lower, upper] = piece.bounds();
            let axis = (0..2).find(|&axis| upper[axis] - lower[axis] <= straight)?;
            let at = 0.5 * (lower[axis] + upper[axis]);
            let end = usize::from(within[axis] < at);
            let known = &mut found[end][axis];
            if known.is_finite() && (*known - at).abs() > straight {
                return None;
            }
            *known = at;
        }
        // A set with a corner that points inwards has straight sides too.
        let lattice =
            |axis: usize, k: usize| self.space.lower[axis] + self.space.width(axis) * (k as f64 + 0.5) / LATTICE as f64;
        let agrees = |place: usize| {
            let at = [lattice(0, place / LATTICE), lattice(1, place % LATTICE)];
            let is_inside = (0..2).all(|axis| (found[0][axis]..found[1][axis]).contains(&at[axis]));
            self.holds(at) == Some(is_inside)
        };
        (0..LATTICE * LATTICE).all(agrees).then_some(found)
    }

    /// The distance of a point from the nearest curve, across periodic seams if that is shorter; infinite if there are
    /// no curves.
    pub fn distance(&self, theta: Point) -> f64 {
        let distance = |bounding: &Bounding| {
            let begin = bounding.piece.at(0.0);
            bounding.piece.distance(advance(begin, 1.0, self.space.offset(begin, theta)))
        };
        self.pieces.iter().map(distance).fold(f64::INFINITY, f64::min)
    }

    /// The fraction of the segment at which it first leaves the set.
    pub fn exit(&self, from: Point, to: Point) -> Option<f64> {
        self.first(from, difference(to, from), |comes_from_inside| comes_from_inside).map(|(fraction, _)| fraction)
    }

    /// Determines the side of every raster cell; returns whether all neighbours agree.
    fn spread(&mut self, within: Point) -> bool {
        let indices = self.raster(within);
        let Some(cell) = self.cell(indices) else { return false };
        let mut known = vec![false; CELLS * CELLS];
        let first = self.first(self.centre(indices), difference(within, self.centre(indices)), |_| true);
        self.inside[cell] = first.is_none_or(|(_, comes_from_inside)| comes_from_inside);
        known[cell] = true;
        let mut queue = VecDeque::from([indices]);
        while let Some(indices) = queue.pop_front() {
            let Some(cell) = self.cell(indices) else { continue };
            for step in [[1, 0], [-1, 0], [0, 1], [0, -1]] {
                let beside = [indices[0] + step[0], indices[1] + step[1]];
                let Some(other) = self.cell(beside) else { continue };
                let (from, to) = (self.centre(indices), self.centre(beside));
                let (leaves, enters) =
                    (self.first(from, difference(to, from), |_| true), self.first(to, difference(from, to), |_| true));
                if leaves.is_some_and(|(_, comes_from_inside)| comes_from_inside != self.inside[cell]) {
                    return false;
                }
                let side = enters.map_or(self.inside[cell], |(_, comes_from_inside)| comes_from_inside);
                if known[other] && side != self.inside[other] {
                    return false;
                }
                if !known[other] {
                    known[other] = true;
                    self.inside[other] = side;
                    queue.push_back(beside.map(|index| index.rem_euclid(CELLS as i64)));
                }
            }
        }
        true
    }

    /// The first crossing of a segment that satisfies `counts`: its fraction, and whether the segment comes from
    /// inside.
    fn first(&self, from: Point, step: Point, counts: impl Fn(bool) -> bool) -> Option<(f64, bool)> {
        let to = advance(from, 1.0, step);
        let mut first: Option<(f64, bool)> = None;
        let (lower, upper) = ([0, 1].map(|axis| from[axis].min(to[axis])), [0, 1].map(|axis| from[axis].max(to[axis])));
        self.visit(lower, upper, |cell, turns| {
            for entry in &self.entries[self.starts[cell] as usize..self.starts[cell + 1] as usize] {
                let shift = [0, 1].map(|axis| match entry.shift[axis] + turns[axis] {
                    0 => 0.0,
                    widths => f64::from(widths) * self.space.width(axis),
                });
                let Bounding { piece, left_is_inside } = &self.pieces[entry.piece as usize];
                if let Some(Crossing { fraction, from_left }) = piece.crossing(shift, from, step)
                    && first.is_none_or(|(smallest, _)| fraction < smallest)
                    && counts(from_left == *left_is_inside)
                {
                    first = Some((fraction, from_left == *left_is_inside));
                }
            }
        });
        first
    }

    /// Visits the raster cells that overlap a box, each with the shift along the periodic axes.
    fn visit(&self, lower: Point, upper: Point, mut visit: impl FnMut(usize, [i32; 2])) {
        let (lower, upper) = (self.raster(lower), self.raster(upper));
        let range = |axis: usize| match self.space.periodic[axis] {
            true => lower[axis]..=upper[axis],
            false => lower[axis].max(0)..=upper[axis].min(CELLS as i64 - 1),
        };
        for ix in range(0) {
            for iy in range(1) {
                if let Some(cell) = self.cell([ix, iy]) {
                    visit(cell, [ix, iy].map(|index| index.div_euclid(CELLS as i64) as i32));
                }
            }
        }
    }

    /// The raster indices of a point; outside of the box they are negative or too large.
    fn raster(&self, at: Point) -> [i64; 2] {
        [0, 1].map(|axis| ((at[axis] - self.space.lower[axis]) / self.space.width(axis) * CELLS as f64).floor() as i64)
    }

    /// The raster cell with these indices, wrapped along periodic axes.
    fn cell(&self, indices: [i64; 2]) -> Option<usize> {
        let along = |axis: usize| match self.space.periodic[axis] {
            true => Some(indices[axis].rem_euclid(CELLS as i64) as usize),
            false => (0..CELLS as i64).contains(&indices[axis]).then_some(indices[axis] as usize),
        };
        Some(along(0)? * CELLS + along(1)?)
    }

    fn centre(&self, indices: [i64; 2]) -> Point {
        let place =
            |axis: usize| self.space.lower[axis] + self.space.width(axis) * (indices[axis] as f64 + 0.5) / CELLS as f64;
        [place(0), place(1)]
    }
}
