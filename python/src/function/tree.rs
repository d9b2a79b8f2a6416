//! A function as polynomials on the cells of a binary tree, each split until its polynomial has the function's digits.
//!
//! The function is asked for a whole level of the tree at once. A cell is split across the axis along which its
//! coefficients have fallen least, until they have fallen to roundings of the largest value in it. Where splitting no
//! longer helps, the function has no more digits there (single precision, say), and the cell stays as it is. What the
//! polynomials leave is then measured between their nodes.

use saddleflux::tensor::{LANES, Point, Points, widest};

use super::call::Caller;
use super::chebyshev::{Polynomial, nodes};

/// Nodes along each axis: enough to be worth a call, few enough for rounding.
const NODES: [[usize; 2]; 2] = [[32, 1], [16, 16]];
/// Coefficients that have fallen to so many roundings of the largest value are resolved.
const RESOLVED: f64 = 32.0 * f64::EPSILON;
/// A cell whose coefficients have fallen this far and fall no further when it is split has no more digits.
const ROUGHLY: f64 = 1e-4;
/// Splitting gains where coefficients fall by this at least; beside a kink they fall by 2.
const GAIN: f64 = 1.5;
/// Noise is no larger than so many times the last coefficients.
const NOISE: f64 = 3.0;
/// Splits one after another, and those of cells that hold what is not finite.
const DEPTH: [usize; 2] = [24, 10];
/// Cells at most.
const MOST: usize = 8192;
/// At so many places the polynomials of a cell are compared with the function.
const CHECKS: usize = 64;

/// These places, as shares of the cell: Roberts's sequence, which fills the square evenly and lies on no lattice.
fn checks() -> impl Iterator<Item = Point> {
    const STEPS: Point = [0.754_877_666_246_692_7, 0.569_840_290_998_053_3];
    (0..CHECKS).map(|k| STEPS.map(|step| (0.5 + step * k as f64).fract()))
}

/// A rectangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rectangle {
    pub(super) lower: Point,
    pub(super) upper: Point,
}

impl Rectangle {
    fn place(&self, [u, v]: Point) -> Point {
        let at = |axis: usize, share: f64| self.lower[axis] + share * (self.upper[axis] - self.lower[axis]);
        [at(0, u), at(1, v)]
    }

    /// ∂u/∂x on each axis, u from −1 to 1; 0 along an axis without extent.
    fn slopes(&self) -> Point {
        [0, 1].map(|axis: usize| {
            let width = self.upper[axis] - self.lower[axis];
            if width > 0.0 { 2.0 / width } else { 0.0 }
        })
    }

    /// The two parts across an axis: cut at the knot in the middle of those inside, in the middle where there is none.
    fn halves(&self, axis: usize, knots: &Knots) -> (f64, [Rectangle; 2]) {
        let inside: Vec<f64> =
            knots[axis].iter().copied().filter(|&knot| self.lower[axis] < knot && knot < self.upper[axis]).collect();
        let at = match inside.as_slice() {
            [] => 0.5 * (self.lower[axis] + self.upper[axis]),
            inside => inside[inside.len() / 2],
        };
        let (mut first, mut second) = (*self, *self);
        (first.upper[axis], second.lower[axis]) = (at, at);
        (at, [first, second])
    }

    #[inline(always)]
    fn contains(&self, point: Point) -> bool {
        (0..2).all(|axis| self.lower[axis] <= point[axis] && point[axis] <= self.upper[axis])
    }
}

/// A cell with its polynomials.
pub(super) struct Leaf {
    place: Rectangle,
    slopes: Point,
    /// Those of the components, and what was derived from them.
    polynomials: Vec<Polynomial>,
    /// The smallest value of the first component in it.
    lowest: f64,
    /// What the polynomials leave of each component.
    errors: Vec<f64>,
}

impl Leaf {
    #[inline(always)]
    fn to_square<const L: usize>(&self, x: &[f64; L], y: &[f64; L]) -> [[f64; L]; 2] {
        let (mut u, mut v) = ([0.0; L], [0.0; L]);
        for lane in 0..L {
            u[lane] = (x[lane] - self.place.lower[0]) * self.slopes[0] - 1.0;
            v[lane] = (y[lane] - self.place.lower[1]) * self.slopes[1] - 1.0;
        }
        [u, v]
    }

    #[inline(always)]
    pub(super) fn value(&self, which: usize, [x, y]: Point) -> f64 {
        let [u, v] = self.to_square(&[x], &[y]);
        self.polynomials[which].values(&u, &v)[0]
    }
}

enum Branch {
    Split {
        axis: usize,
        at: f64,
        children: [usize; 2],
    },
    Leaf(Leaf),
    /// Not made yet.
    Open,
}

/// More polynomials from those of the components and ∂u/∂x, to stand behind them.
pub(super) type Derive = dyn Fn(&[Polynomial], Point) -> Vec<Polynomial> + Send + Sync;

/// Where a piecewise polynomial changes, along each axis.
pub(super) type Knots = [Vec<f64>; 2];

/// A function on a rectangle.
pub(super) struct Tree {
    branches: Vec<Branch>,
    place: Rectangle,
}

/// A cell that is about to be looked at, and how far the coefficients along each axis had fallen when it was last split
/// across it.
struct Waiting {
    branch: usize,
    place: Rectangle,
    depth: usize,
    before: Point,
}

impl Tree {
    /// Resolves the components of a function on a rectangle.
    pub(super) fn new(caller: &Caller, components: usize, derive: &Derive, place: Rectangle) -> Tree {
        let (dimension, knots) = (caller.dimension, &caller.knots);
        let shape = NODES[dimension - 1];
        let mut tree = Tree { branches: vec![Branch::Open], place };
        let mut waiting = vec![Waiting { branch: 0, place, depth: 0, before: [f64::INFINITY; 2] }];
        let mut leaves = 1;
        let most = MOST + knots.iter().map(|knots| knots.len() + 1).product::<usize>();
        while !waiting.is_empty() {
            let points: Vec<Point> = waiting.iter().flat_map(|cell| lattice(&cell.place, shape)).collect();
            let values = caller.sample(&points, components);
            let each = shape[0] * shape[1];
            let mut next = Vec::new();
            for (number, cell) in waiting.into_iter().enumerate() {
                let own: Vec<&[f64]> =
                    values.iter().map(|values| &values[number * each..(number + 1) * each]).collect();
                let found = Found::new(&own, shape);
                match found.split(&cell, knots).filter(|_| leaves < most) {
                    Some(axis) => {
                        let (at, halves) = cell.place.halves(axis, knots);
                        let children = [tree.branches.len(), tree.branches.len() + 1];
                        leaves += 1;
                        let mut before = cell.before;
                        before[axis] = found.fallen[axis];
                        for (branch, place) in children.into_iter().zip(halves) {
                            tree.branches.push(Branch::Open);
                            next.push(Waiting { branch, place, depth: cell.depth + 1, before });
                        }
                        tree.branches[cell.branch] = Branch::Split { axis, at, children };
                    }
                    None => tree.branches[cell.branch] = Branch::Leaf(found.leaf(cell.place, &own, derive)),
                }
            }
            waiting = next;
        }
        tree.check(caller, components);
        tree
    }

    /// Measures what the polynomials leave.
    fn check(&mut self, caller: &Caller, components: usize) {
        let points: Vec<Point> = self.leaves().flat_map(|leaf| checks().map(|share| leaf.place.place(share))).collect();
        let values = caller.sample(&points, components);
        let leaves = self.branches.iter_mut().filter_map(|branch| match branch {
            Branch::Leaf(leaf) => Some(leaf),
            _ => None,
        });
        for (number, leaf) in leaves.enumerate() {
            for (component, values) in values.iter().enumerate() {
                for k in number * CHECKS..(number + 1) * CHECKS {
                    let away = (leaf.value(component, points[k]) - values[k]).abs();
                    // What is no number between points that are is no small error.
                    let away = if away.is_nan() { f64::INFINITY } else { away };
                    leaf.errors[component] = leaf.errors[component].max(away);
                }
            }
        }
    }

    fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.branches.iter().filter_map(|branch| match branch {
            Branch::Leaf(leaf) => Some(leaf),
            _ => None,
        })
    }

    /// What the polynomials leave of a component where the first component is somewhere below a level.
    pub(super) fn error(&self, component: usize, level: f64) -> f64 {
        self.leaves().filter(|leaf| leaf.lowest <= level).map(|leaf| leaf.errors[component]).fold(0.0, f64::max)
    }

    pub(super) fn contains(&self, point: Point) -> bool {
        self.place.contains(point)
    }

    /// The cell of a point.
    pub(super) fn leaf(&self, point: Point) -> &Leaf {
        let mut branch = 0;
        loop {
            match &self.branches[branch] {
                Branch::Split { axis, at, children } => branch = children[usize::from(point[*axis] > *at)],
                Branch::Leaf(leaf) => return leaf,
                // `new` leaves none.
                Branch::Open => unreachable!("a tree is whole when it is made"),
            }
        }
    }

    /// Several of the polynomials at points that all lie in one cell; `false` where they do not.
    pub(super) fn block(&self, at: &Points, which: &[usize], into: &mut [&mut [f64; LANES]]) -> bool {
        if !self.contains(at.get(0)) {
            return false;
        }
        let leaf = self.leaf(at.get(0));
        if !(0..LANES).all(|lane| leaf.place.contains(at.get(lane))) {
            return false;
        }
        widest(
            #[inline(always)]
            || {
                let [u, v] = leaf.to_square(&at.x, &at.y);
                for (&which, into) in which.iter().zip(into.iter_mut()) {
                    **into = leaf.polynomials[which].values(&u, &v);
                }
            },
        );
        true
    }
}

fn lattice(place: &Rectangle, [nx, ny]: [usize; 2]) -> Vec<Point> {
    let (along_x, along_y) = (nodes(nx), nodes(ny));
    let at = |node: f64| 0.5 * (1.0 + node);
    along_x
        .iter()
        .flat_map(|&u| along_y.iter().map(move |&v| (u, v)))
        .map(|(u, v)| place.place([at(u), at(v)]))
        .collect()
}

/// The polynomials through the values of one cell.
struct Found {
    polynomials: Vec<Polynomial>,
    /// The largest value of each component.
    scales: Vec<f64>,
    /// How far the coefficients along each axis have fallen, as a share of the largest value: the worst component.
    fallen: Point,
    /// Whether there is anything to be found.
    is_somewhere_finite: bool,
}

impl Found {
    fn new(values: &[&[f64]], shape: [usize; 2]) -> Found {
        let polynomials: Vec<Polynomial> = values.iter().map(|values| Polynomial::through(values, shape)).collect();
        let scales: Vec<f64> =
            values.iter().map(|values| values.iter().fold(0.0f64, |most, value| most.max(value.abs()))).collect();
        let mut fallen = [0.0f64; 2];
        for (polynomial, scale) in polynomials.iter().zip(&scales) {
            for (fallen, tail) in fallen.iter_mut().zip(polynomial.tails()) {
                let share = if *scale > 0.0 { tail / scale } else { tail };
                *fallen = if share.is_nan() || fallen.is_nan() { f64::NAN } else { fallen.max(share) };
            }
        }
        let places = 0..shape[0] * shape[1];
        let is_somewhere_finite = places.into_iter().any(|k| values.iter().all(|values| values[k].is_finite()));
        Found { polynomials, scales, fallen, is_somewhere_finite }
    }

    /// Across which axis the cell is to be split: that along which coefficients have fallen least, of those where a
    /// split helps.
    fn split(&self, cell: &Waiting, knots: &Knots) -> Option<usize> {
        let (lower, upper) = (cell.place.lower, cell.place.upper);
        if self.fallen.iter().any(|fallen| fallen.is_nan()) {
            let longer = usize::from(upper[1] - lower[1] > upper[0] - lower[0]);
            return (cell.depth < DEPTH[1] && self.is_somewhere_finite).then_some(longer);
        }
        let helps = |axis: &usize| {
            let (axis, fallen) = (*axis, self.fallen[*axis]);
            let is_cut = knots[axis].iter().any(|&knot| lower[axis] < knot && knot < upper[axis]);
            fallen > RESOLVED && (is_cut || fallen > ROUGHLY || fallen * GAIN <= cell.before[axis])
        };
        let worse = usize::from(self.fallen[1] > self.fallen[0]);
        [worse, 1 - worse].into_iter().find(helps).filter(|_| cell.depth < DEPTH[0])
    }

    fn leaf(self, place: Rectangle, values: &[&[f64]], derive: &Derive) -> Leaf {
        let slopes = place.slopes();
        let errors = self.polynomials.iter().map(|polynomial| polynomial.tails().iter().sum()).collect();
        let kept = self.polynomials.iter().zip(&self.scales);
        // Coefficients that no longer fall are noise, which derivatives would magnify.
        let bound = |polynomial: &Polynomial, scale: f64| match polynomial.tails().into_iter().fold(0.0, f64::max) {
            tail if tail > RESOLVED * scale => NOISE * tail,
            _ => 0.5 * RESOLVED * scale,
        };
        let mut kept: Vec<Polynomial> =
            kept.map(|(polynomial, &scale)| polynomial.without_below(bound(polynomial, scale))).collect();
        kept.extend(derive(&kept, slopes));
        let lowest = values[0].iter().fold(f64::INFINITY, |least, value| least.min(*value));
        Leaf { place, slopes, polynomials: kept, lowest, errors }
    }
}
