//! A function of Python everywhere: on its home rectangle, and on smaller ones around it where somebody looks beyond.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use saddleflux::tensor::{LANES, Point, Points};

use super::call::Caller;
use super::tree::{Derive, Rectangle, Tree};

/// Rectangles beyond the home are so many times smaller, for few points of one are looked at.
const SMALLER: f64 = 8.0;
/// How far beyond a function is looked at, in such rectangles.
const FARTHEST: f64 = 256.0;

/// A function of Python with its polynomials.
pub(super) struct Sampled {
    caller: Caller,
    components: usize,
    derive: Box<Derive>,
    home: Rectangle,
    inside: Tree,
    beyond: RwLock<HashMap<[i64; 2], Arc<Tree>>>,
}

impl Sampled {
    /// Resolves a function on its home.
    pub(super) fn new(caller: Caller, components: usize, derive: Box<Derive>, home: Rectangle) -> Sampled {
        let inside = Tree::new(&caller, components, &*derive, home);
        Sampled { caller, components, derive, home, inside, beyond: RwLock::default() }
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
        let width = |axis: usize| (upper[axis] - lower[axis]) / SMALLER;
        let number = [0, 1].map(|axis: usize| match axis < self.caller.dimension {
            true => ((point[axis] - lower[axis]) / width(axis)).floor(),
            false => 0.0,
        });
        if !number.iter().all(|number| number.abs() <= FARTHEST) {
            return None;
        }
        let number = number.map(|number| number as i64);
        let known = self.beyond.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        Some(known.unwrap_or_else(|| {
            // Made without the lock, for whoever holds the interpreter's might wait for this one: two may make the
            // same, and one is kept.
            let corner =
                |shift: i64| [0, 1].map(|axis: usize| lower[axis] + (number[axis] + shift) as f64 * width(axis));
            let (low, mut high) = (corner(0), corner(1));
            if self.caller.dimension == 1 {
                high[1] = low[1];
            }
            let place = Rectangle { lower: low, upper: high };
            let made = Tree::new(&self.caller, self.components, &*self.derive, place);
            let mut beyond = self.beyond.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(beyond.entry(number).or_insert_with(|| Arc::new(made)))
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
