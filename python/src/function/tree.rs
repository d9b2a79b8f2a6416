//! A function as polynomials on the cells of a binary tree, each split until its polynomial has the function's digits.
//!
//! The function is asked for a whole level of the tree at once. A cell is split across the axis along which its
//! coefficients have fallen least, until they have fallen to roundings of the largest value in it. Where splitting no
//! longer helps, the function has no more digits there (single precision, say), and the cell stays as it is.
//!
//! Nodes see nothing of what is narrow. So polynomials are compared with the function in places of no pattern, a few in
//! each cell and many over the whole; a cell in which they disagree by more than its own coefficients let expect is
//! split until its nodes see what that place saw. What is left is measured and stated.

use std::collections::HashMap;

use saddleflux::tensor::{LANES, Point, Points, widest};

use super::call::Caller;
use super::chebyshev::Polynomial;
use super::found::{Found, Waiting, lattice};
use super::rectangle::{Knots, Rectangle};
use super::witness::{Witnesses, spread};

/// Nodes along each axis: enough to be worth a call, few enough for rounding.
const NODES: [[usize; 2]; 2] = [[32, 1], [16, 16]];
/// Nodes of what is cubic in each cell.
const CUBIC: [[usize; 2]; 2] = [[4, 1], [4, 4]];
/// Splits one after another, and those of cells that hold what is not finite.
pub(super) const DEPTH: [usize; 2] = [24, 10];
/// Cells at most in one and in two dimensions, where 2048 cells are some two million calls, and so many where few points are
/// looked at. Along a kink the error falls with the width of the cells, hence with their number.
const MOST: [usize; 2] = [8192, 2048];
const MOST_BEYOND: usize = 128;
/// At so many places the polynomials of a cell are compared with the function.
const CHECKS: usize = 64;
/// And at so many places over the whole, one in each cell of a lattice.
const OVERALL: [[usize; 2]; 2] = [[1 << 13, 1], [128, 128]];
/// What polynomials leave of noise is a few times its standard deviation, by their last coefficients; more than this
/// says that the nodes have not seen what is there.
const SURPRISE: f64 = 8.0;
/// Noise of so many times what half of the cells have is none.
const ODD: f64 = 1e3;

/// These places, as shares of the cell: Roberts's sequence, which fills the square evenly and lies on no lattice.
fn checks() -> impl Iterator<Item = Point> {
    const STEPS: Point = [0.754_877_666_246_692_7, 0.569_840_290_998_053_3];
    (0..CHECKS).map(|k| STEPS.map(|step| (0.5 + step * k as f64).fract()))
}

/// A cell with its polynomials.
pub(super) struct Leaf {
    pub(super) place: Rectangle,
    pub(super) slopes: Point,
    /// Those of the components, and what was derived from them.
    pub(super) polynomials: Vec<Polynomial>,
    /// The smallest value of the first component in it.
    pub(super) lowest: f64,
    /// What the last coefficients let expect of noise in each component.
    pub(super) expected: Vec<f64>,
    /// The largest value of each component.
    pub(super) scales: Vec<f64>,
    /// What the polynomials leave of each component.
    pub(super) errors: Vec<f64>,
    /// Splits above it.
    pub(super) depth: usize,
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

    /// Measures what the polynomials leave at points in it.
    fn compare(&mut self, witnesses: &Witnesses) {
        for (component, values) in witnesses.values.iter().enumerate() {
            for (&point, &value) in witnesses.points.iter().zip(values) {
                let away = apart(self.value(component, point), value);
                self.errors[component] = self.errors[component].max(away);
            }
        }
        let lowest = witnesses.values.first().into_iter().flatten();
        self.lowest = lowest.fold(self.lowest, |least, value| least.min(*value));
    }

    /// Whether they leave more than their coefficients let expect.
    fn is_surprised(&self) -> bool {
        self.errors.iter().zip(&self.expected).any(|(error, expected)| *error > SURPRISE * expected)
    }

    /// Whether what looks like noise is far more than elsewhere, both as it is and as a share of the values: then it is a
    /// feature of which the nodes see the foot.
    fn is_odd(&self, typical: &[[f64; 2]]) -> bool {
        let all = self.expected.iter().zip(&self.scales).zip(typical);
        let mut odd = all.map(|((own, scale), [noise, share])| *own > ODD * noise && own / scale > ODD * share);
        odd.any(|is_odd| is_odd)
    }
}

/// How far two values differ: what is no number where the other is one is no small error.
pub(super) fn apart(one: f64, other: f64) -> f64 {
    match (one - other).abs() {
        away if away.is_nan() => f64::INFINITY,
        away => away,
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

/// A function on a rectangle.
pub(super) struct Tree {
    branches: Vec<Branch>,
    place: Rectangle,
    leaves: usize,
    /// Leaves at most.
    most: usize,
}

impl Tree {
    /// Resolves the components of a function on a rectangle; `seen`: where it was looked at before, `is_home`: whether
    /// the whole of it matters, and is compared in many places.
    pub(super) fn new(caller: &Caller, derive: &Derive, place: Rectangle, seen: &Witnesses, is_home: bool) -> Tree {
        let pieces = caller.knots.iter().map(|knots| knots.len() + 1).product::<usize>();
        let most = if is_home { MOST[caller.dimension - 1] } else { MOST_BEYOND } + pieces - 1;
        let mut tree = Tree { branches: vec![Branch::Open], place, leaves: 1, most };
        let root = Waiting { branch: 0, place, depth: 0, before: [f64::INFINITY; 2] };
        let mut fresh = tree.grow(caller, derive, vec![root]);
        // There is no more to a cubic.
        if caller.is_cubic {
            return tree;
        }
        let mut known: HashMap<usize, Witnesses> = HashMap::new();
        tree.hand_out(seen, &mut known);
        if is_home {
            let points = spread(OVERALL[caller.dimension - 1]).map(|share| place.place(share)).collect();
            tree.hand_out(&Witnesses::of(caller, points), &mut known);
        }
        while !fresh.is_empty() {
            tree.look_into(caller, &fresh, &mut known);
            let typical = tree.typical(caller.components);
            let is_surprised = |&branch: &usize| tree.is_surprised(branch, &typical);
            let surprised: Vec<usize> = fresh.into_iter().filter(is_surprised).collect();
            let mut waiting = Vec::new();
            let mut homeless = Vec::new();
            for branch in surprised {
                waiting.extend(tree.split_anyway(branch, &caller.knots));
                homeless.extend(known.remove(&branch));
            }
            fresh = tree.grow(caller, derive, waiting);
            homeless.iter().for_each(|witnesses| tree.hand_out(witnesses, &mut known));
        }
        tree
    }

    /// Makes the cells that wait, and those that they are split into; which leaves there are now.
    fn grow(&mut self, caller: &Caller, derive: &Derive, mut waiting: Vec<Waiting>) -> Vec<usize> {
        let knots = &caller.knots;
        let shape = if caller.is_cubic { CUBIC } else { NODES }[caller.dimension - 1];
        let mut made = Vec::new();
        if caller.is_cubic {
            waiting = self.cut(waiting, knots);
        }
        while !waiting.is_empty() {
            let points: Vec<Point> = waiting.iter().flat_map(|cell| lattice(&cell.place, shape)).collect();
            let values = caller.sample(&points);
            let each = shape[0] * shape[1];
            let mut next = Vec::new();
            for (number, cell) in waiting.into_iter().enumerate() {
                let own: Vec<&[f64]> =
                    values.iter().map(|values| &values[number * each..(number + 1) * each]).collect();
                let found = Found::new(&own, shape);
                let axis = if caller.is_cubic { None } else { found.split(&cell, knots) };
                match axis.filter(|_| !self.is_full()) {
                    Some(axis) => {
                        let mut before = cell.before;
                        before[axis] = found.levels[axis];
                        next.extend(self.split(cell, axis, before, knots));
                    }
                    None => {
                        made.push(cell.branch);
                        let leaf = found.leaf(&cell, &own, derive, caller.is_cubic);
                        self.branches[cell.branch] = Branch::Leaf(leaf);
                    }
                }
            }
            waiting = next;
        }
        made
    }

    /// Splits a cell across an axis.
    fn split(&mut self, cell: Waiting, axis: usize, before: Point, knots: &Knots) -> [Waiting; 2] {
        let (at, halves) = cell.place.halves(axis, knots);
        let children = [self.branches.len(), self.branches.len() + 1];
        self.branches.extend([Branch::Open, Branch::Open]);
        self.branches[cell.branch] = Branch::Split { axis, at, children };
        self.leaves += 1;
        let child =
            |which: usize| Waiting { branch: children[which], place: halves[which], depth: cell.depth + 1, before };
        [child(0), child(1)]
    }

    /// Cells without knots inside.
    fn cut(&mut self, mut waiting: Vec<Waiting>, knots: &Knots) -> Vec<Waiting> {
        let mut whole = Vec::new();
        while let Some(cell) = waiting.pop() {
            match (0..2).find(|&axis| cell.place.is_cut(axis, knots)) {
                Some(axis) => waiting.extend(self.split(cell, axis, [f64::INFINITY; 2], knots)),
                None => whole.push(cell),
            }
        }
        whole
    }

    /// Gives points to the leaves that they lie in.
    fn hand_out(&self, witnesses: &Witnesses, known: &mut HashMap<usize, Witnesses>) {
        for (place, &point) in witnesses.points.iter().enumerate() {
            if self.contains(point) {
                known.entry(self.branch(point)).or_default().take(witnesses, place);
            }
        }
    }

    /// Compares leaves with the function at places of their own, and at those that are known.
    fn look_into(&mut self, caller: &Caller, fresh: &[usize], known: &mut HashMap<usize, Witnesses>) {
        let places = fresh.iter().filter_map(|&branch| self.leaf_of(branch));
        let points = places.flat_map(|leaf| checks().map(|share| leaf.place.place(share))).collect();
        let own = Witnesses::of(caller, points);
        for (number, &branch) in fresh.iter().enumerate() {
            let all = known.entry(branch).or_default();
            (number * CHECKS..(number + 1) * CHECKS).for_each(|place| all.take(&own, place));
            if let Branch::Leaf(leaf) = &mut self.branches[branch] {
                leaf.compare(all);
            }
        }
    }

    /// What half of the leaves have of noise at most, for each component: as it is, and as a share of the values.
    fn typical(&self, components: usize) -> Vec<[f64; 2]> {
        let median = |of: &dyn Fn(&Leaf) -> f64| {
            let mut all: Vec<f64> = self.leaves().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        let of = |k: usize| [median(&|leaf| leaf.expected[k]), median(&|leaf| leaf.expected[k] / leaf.scales[k])];
        (0..components).map(of).collect()
    }

    fn is_surprised(&self, branch: usize, typical: &[[f64; 2]]) -> bool {
        let deepest = |leaf: &Leaf| DEPTH[usize::from(leaf.errors.iter().any(|error| error.is_infinite()))];
        let leaf = self.leaf_of(branch).filter(|_| !self.is_full());
        leaf.is_some_and(|leaf| leaf.depth < deepest(leaf) && (leaf.is_surprised() || leaf.is_odd(typical)))
    }

    /// Splits a leaf across the axis along which it is the larger part of the whole.
    fn split_anyway(&mut self, branch: usize, knots: &Knots) -> Vec<Waiting> {
        let Some(leaf) = self.leaf_of(branch) else { return Vec::new() };
        let part = |axis: usize| match self.place.upper[axis] - self.place.lower[axis] {
            width if width > 0.0 => (leaf.place.upper[axis] - leaf.place.lower[axis]) / width,
            _ => 0.0,
        };
        let axis = usize::from(part(1) > part(0));
        let cell = Waiting { branch, place: leaf.place, depth: leaf.depth, before: [f64::INFINITY; 2] };
        self.split(cell, axis, [f64::INFINITY; 2], knots).into()
    }

    /// Whether it has as many cells as it may have.
    pub(super) fn is_full(&self) -> bool {
        self.leaves >= self.most
    }

    fn leaf_of(&self, branch: usize) -> Option<&Leaf> {
        match &self.branches[branch] {
            Branch::Leaf(leaf) => Some(leaf),
            _ => None,
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
        // `new` leaves none open.
        self.leaf_of(self.branch(point)).expect("a tree is whole when it is made")
    }

    fn branch(&self, point: Point) -> usize {
        let mut branch = 0;
        while let Branch::Split { axis, at, children } = &self.branches[branch] {
            branch = children[usize::from(point[*axis] > *at)];
        }
        branch
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
