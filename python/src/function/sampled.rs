//! A function of Python everywhere: on its home rectangle, and on smaller ones around it where somebody looks beyond.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rayon::prelude::*;
use saddleflux::tensor::{LANES, Point, Points};

use super::call::Caller;
use super::rectangle::Rectangle;
use super::tree::{Derive, Tree, apart};
use super::witness::Witnesses;

/// Rectangles beyond the home are so many times smaller, for few points of one are looked at.
const SMALLER: f64 = 8.0;
/// How far beyond a function is looked at, in such rectangles: beyond a domain, and where none is known.
pub(super) const FARTHEST: [f64; 2] = [256.0, 1048576.0];
/// So far beyond they are all of one size; further out they grow with the distance.
const NEAR: f64 = 16.0;

/// An interval of an axis beyond the home, in units of the smallest from the home's middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Piece {
    /// Its length is 2 to this.
    level: u32,
    number: i64,
}

impl Piece {
    /// That of a place; none where it is too far.
    fn of(place: f64, farthest: f64) -> Option<Piece> {
        // Not a number neither.
        if !(place.abs() <= farthest) {
            return None;
        }
        let level = if place.abs() < NEAR { 0 } else { (2.0 * place.abs() / NEAR).log2().floor() as u32 };
        Some(Piece { level, number: (place / f64::from(1u32 << level)).floor() as i64 })
    }

    /// One of its ends.
    fn at(self, end: i64) -> f64 {
        (self.number + end) as f64 * f64::from(1u32 << self.level)
    }
}
/// Points that are compared at once.
const AT_ONCE: usize = 1 << 18;
/// What polynomials are known to leave is measured in places, and elsewhere it is up to so many times more.
const KNOWN: f64 = 2.0;
/// Places that are remembered: those of one narrow wall are enough to find it.
const MOST_SURPRISING: usize = 1 << 16;

/// A function of Python with its polynomials.
pub(super) struct Sampled {
    caller: Caller,
    derive: Box<Derive>,
    home: Rectangle,
    inside: Tree,
    beyond: RwLock<HashMap<[Piece; 2], Arc<Tree>>>,
    /// Where it was looked at before it was made.
    seen: Witnesses,
}

/// What a comparison with the function itself has found.
#[derive(Default)]
pub(super) struct Looked {
    /// The largest disagreement of each component where the first is below a level.
    errors: Vec<f64>,
    /// The points that show more than the polynomials were known to leave.
    pub(super) surprising: Witnesses,
}

impl Looked {
    /// Adds a comparison at other points.
    pub(super) fn add(&mut self, other: Looked) {
        self.errors.resize(other.errors.len(), 0.0);
        self.errors.iter_mut().zip(&other.errors).for_each(|(error, other)| *error = error.max(*other));
        (0..other.surprising.len()).for_each(|place| self.surprising.take(&other.surprising, place));
    }

    /// The largest disagreement of the first component.
    pub(super) fn first(&self) -> f64 {
        self.errors.first().copied().unwrap_or(0.0)
    }

    /// The largest of all.
    pub(super) fn largest(&self) -> f64 {
        self.errors.iter().copied().fold(0.0, f64::max)
    }
}

impl Sampled {
    /// Resolves a function on its home; `seen`: where it was looked at before.
    pub(super) fn new(caller: Caller, derive: Box<Derive>, home: Rectangle, seen: Witnesses) -> Sampled {
        let inside = Tree::new(&caller, &*derive, home, &seen, true);
        Sampled { caller, derive, home, inside, beyond: RwLock::default(), seen }
    }

    /// Compares it with the function at further points.
    pub(super) fn compare(&self, points: &[Point], level: f64) -> Looked {
        let mut found = Looked { errors: vec![0.0; self.caller.components], surprising: Witnesses::default() };
        if self.caller.is_cubic {
            return found;
        }
        let known: Vec<f64> = (0..self.caller.components).map(|component| self.error(component, level)).collect();
        for points in points.chunks(AT_ONCE) {
            let asked = Witnesses::of(&self.caller, points.to_vec());
            let own = self.values(points);
            for place in 0..points.len() {
                let lowest = own[0][place].min(asked.values[0][place]);
                if lowest > level {
                    continue;
                }
                let mut is_surprising = false;
                for (component, error) in found.errors.iter_mut().enumerate() {
                    let away = apart(own[component][place], asked.values[component][place]);
                    is_surprising |= away > KNOWN * known[component];
                    *error = error.max(away);
                }
                // A function that took all cells is known no better with more of it seen.
                if is_surprising && !self.inside.is_full() && found.surprising.len() < MOST_SURPRISING {
                    found.surprising.take(&asked, place);
                }
            }
        }
        found
    }

    /// The components at points.
    fn values(&self, points: &[Point]) -> Vec<Vec<f64>> {
        let which: Vec<usize> = (0..self.caller.components).collect();
        let blocks: Vec<Vec<[f64; LANES]>> = points
            .par_chunks(LANES)
            .map(|points| {
                let mut at = Points::all(points[0]);
                points.iter().enumerate().for_each(|(lane, &point)| at.set(lane, point));
                let mut found = vec![[0.0; LANES]; which.len()];
                self.block(&at, &which, &mut found.iter_mut().collect::<Vec<_>>());
                found
            })
            .collect();
        let row = |component: usize| blocks.iter().flat_map(move |block| block[component]).take(points.len()).collect();
        which.iter().map(|&component| row(component)).collect()
    }

    /// One of the polynomials at a point.
    pub(super) fn value(&self, which: usize, point: Point) -> f64 {
        if self.inside.contains(point) {
            return self.inside.leaf(point).value(which, point);
        }
        self.around(point).map_or(f64::NAN, |tree| tree.leaf(point).value(which, point))
    }

    /// The tree of a point beyond the home, unless it is so far beyond that a search has gone astray.
    fn around(&self, point: Point) -> Option<Arc<Tree>> {
        let Rectangle { lower, upper } = self.home;
        let pieces = [0, 1].map(|axis: usize| {
            let width = (upper[axis] - lower[axis]) / SMALLER;
            match axis < self.caller.dimension {
                true => Piece::of((point[axis] - lower[axis]) / width - 0.5 * SMALLER, self.caller.farthest),
                false => Some(Piece { level: 0, number: 0 }),
            }
        });
        let [Some(first), Some(second)] = pieces else { return None };
        let known = self.beyond.read().unwrap_or_else(PoisonError::into_inner).get(&[first, second]).cloned();
        Some(known.unwrap_or_else(|| {
            // Made without the lock, for others ask it meanwhile: two may make the same, and one is kept.
            let corner = |shift: i64| {
                let at = |axis: usize, piece: Piece| {
                    lower[axis] + (piece.at(shift) + 0.5 * SMALLER) * (upper[axis] - lower[axis]) / SMALLER
                };
                [at(0, first), at(1, second)]
            };
            let (low, mut high) = (corner(0), corner(1));
            if self.caller.dimension == 1 {
                high[1] = low[1];
            }
            let place = Rectangle { lower: low, upper: high };
            let made = Tree::new(&self.caller, &*self.derive, place, &self.seen, false);
            let mut beyond = self.beyond.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(beyond.entry([first, second]).or_insert_with(|| Arc::new(made)))
        }))
    }

    /// Several of the polynomials at every point of a block.
    pub(super) fn block(&self, at: &Points, which: &[usize], into: &mut [&mut [f64; LANES]]) {
        if self.inside.block(at, which, into) {
            return;
        }
        for lane in 0..LANES {
            let point = at.get(lane);
            if self.inside.contains(point) {
                let leaf = self.inside.leaf(point);
                which.iter().zip(into.iter_mut()).for_each(|(&which, into)| into[lane] = leaf.value(which, point));
            } else {
                which.iter().zip(into.iter_mut()).for_each(|(&which, into)| into[lane] = self.value(which, point));
            }
        }
    }

    /// What the polynomials leave of a component at home, where the first component is somewhere below a level.
    pub(super) fn error(&self, component: usize, level: f64) -> f64 {
        self.inside.error(component, level)
    }

    /// The home's corners.
    pub(super) fn corners(&self) -> (Point, Point) {
        (self.home.lower, self.home.upper)
    }
}
