//! The limit of the deterministic flow dθ/dt = b(θ) from a point, which tells the basin of attraction of the point.
//!
//! In one dimension the sorted fixed points decide exactly. In two dimensions the flow is integrated by the
//! Dormand–Prince pair of orders 5 and 4 until it enters a trap around a minimum a: the part of {L < c} inside a circle
//! around a, with c just below the smallest L on the circle, which a descent cannot leave. For a drift without a loss
//! the traps are small discs.
//!
//! On a kink of the loss towards which the flow points from both sides it slides along the kink, with the mixture of the
//! two one-sided slopes that does not leave it (Filippov), by steps of a thousandth of the box.
//!
//! The tolerance is 1e-11 of the box, which is the accuracy of a separatrix found by bisection on the limit. The result
//! is `None` if the flow leaves the enlarged box around the critical points and its start, or does not settle: on a
//! limit cycle or on a separatrix.

use crate::problem::breaks::root;
use crate::problem::{CriticalPoint, Dynamics, Space, ode};
use crate::tensor::{Point, advance, difference, dot, norm};

/// The flow of a problem with its attractors.
#[derive(Clone)]
pub struct Descent {
    dynamics: Dynamics,
    space: Space,
    scale: f64,
    traps: Vec<Trap>,
    /// One dimension: (position, index of the minimum or `None` for a maximum), ascending.
    line: Vec<(f64, Option<usize>)>,
}

#[derive(Clone, Copy, Debug)]
struct Trap {
    centre: Point,
    radius_squared: f64,
    /// The level c of L below which the disc is a trap; infinite for a drift.
    level: f64,
}

/// The fraction of the box by which a descent may leave it and return.
const ENLARGED: f64 = 0.5;
const TOLERANCE: f64 = 1e-11;
/// The tolerance of a rough descent: it tells basins apart except within about a thousandth of the box from a
/// separatrix, at a tenth of the cost.
const ROUGH_TOLERANCE: f64 = 1e-6;
/// The rounding of a position in units in its last place, which no step falls below.
const ULPS: f64 = 16.0;
/// The largest number of steps; a longer descent creeps along a separatrix or follows a cycle.
const MOST_STEPS: usize = 20_000;
/// The length of a step, as a fraction of the box, below which a jump of the slope is looked for ahead.
const COLLAPSED: f64 = 1e-6;
/// The distance to both sides of a kink at which its slopes are taken, as a fraction of the box.
const BESIDE: f64 = 4e-6;
/// The longest step along a kink, as a fraction of the box.
const SLIDE: f64 = 1e-3;
/// The number of steps without motion after which a descent is at rest, if the flow contracts there.
const SETTLED_STEPS: usize = 64;

impl Descent {
    /// The flow with these minima as attractors and these saddles, in the box enlarged by half its width each way.
    pub fn new(dynamics: &Dynamics, space: Space, minima: &[CriticalPoint], saddles: &[Point]) -> Descent {
        let scale = space.diagonal();
        let centres: Vec<Point> = minima.iter().map(|point| point.theta).collect();
        let trap = |index: usize| trap(dynamics, &space, &centres, saddles, index);
        let traps = if space.dimension == 2 { (0..minima.len()).map(trap).collect() } else { Vec::new() };
        let mut line: Vec<(f64, Option<usize>)> =
            centres.iter().enumerate().map(|(index, theta)| (theta[0], Some(index))).collect();
        line.extend(saddles.iter().map(|theta| (theta[0], None)));
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
        Descent { dynamics: dynamics.clone(), space, scale, traps, line }
    }

    /// The index of the minimum whose basin contains θ.
    pub fn limit(&self, theta: Point) -> Option<usize> {
        if self.space.dimension == 1 { self.limit_on_line(theta) } else { self.follow(theta, TOLERANCE, |_| {}) }
    }

    /// [`Descent::limit`] with a low tolerance: correct except near a separatrix.
    pub fn rough_limit(&self, theta: Point) -> Option<usize> {
        if self.space.dimension == 1 { self.limit_on_line(theta) } else { self.follow(theta, ROUGH_TOLERANCE, |_| {}) }
    }

    /// The path of descent from θ: its points, and the index of the minimum at which it ends. In one dimension a
    /// straight line.
    pub fn path(&self, theta: Point) -> (Vec<Point>, Option<usize>) {
        if self.space.dimension == 2 {
            let mut points = vec![theta];
            let limit = self.follow(theta, ROUGH_TOLERANCE, |at| points.push(at));
            return (points, limit);
        }
        const PIECES: i32 = 1000;
        let down = self.flow(theta)[0].signum();
        let limit = self.limit_on_line(theta);
        let length = match limit {
            Some(index) => {
                let end = self.line.iter().find(|point| point.1 == Some(index)).map_or(theta[0], |point| point.0);
                down * norm(self.space.offset(theta, [end, 0.0]))
            }
            None => down * 1.5 * self.space.width(0),
        };
        let points = (0..=PIECES).map(|k| self.space.wrap([theta[0] + length * f64::from(k) / f64::from(PIECES), 0.0]));
        (points.collect(), limit)
    }

    /// Every point between two maxima descends to the minimum between them.
    fn limit_on_line(&self, theta: Point) -> Option<usize> {
        if !self.space.holds(theta, ENLARGED) {
            return None;
        }
        let x = self.space.wrap(theta)[0];
        let count = self.line.len();
        let above = self.line.partition_point(|point| point.0 < x);
        if self.line.get(above).is_some_and(|point| point.0 == x) {
            return self.line[above].1;
        }
        // On a circle the first fixed point follows the last.
        let rolled = self.space.periodic[0] && count > 0;
        let left = above.checked_sub(1).or(rolled.then(|| count - 1)).and_then(|k| self.line[k].1);
        let right = if above == count && rolled { self.line[0].1 } else { self.line.get(above).and_then(|p| p.1) };
        left.or(right)
    }

    fn trapped(&self, at: Point) -> Option<usize> {
        self.traps.iter().position(|trap| {
            let offset = self.space.offset(trap.centre, at);
            // Compare losses on the trap's side of a periodic seam: across it the loss may differ by a constant.
            dot(offset, offset) < trap.radius_squared
                && self.dynamics.loss().is_none_or(|loss| loss.value(advance(trap.centre, 1.0, offset)) < trap.level)
        })
    }

    fn flow(&self, at: Point) -> Point {
        let [x, y] = self.dynamics.slope(at);
        [-x, -y]
    }

    fn follow(&self, start: Point, tolerance: f64, mut visit: impl FnMut(Point)) -> Option<usize> {
        // An automatic domain may be much wider than the box in which critical points were searched for.
        let mut box_around = self.space;
        for ((lower, upper), at) in box_around.lower.iter_mut().zip(&mut box_around.upper).zip(start) {
            (*lower, *upper) = (lower.min(at), upper.max(at));
        }
        let mut at = start;
        let mut slope = self.flow(at);
        let mut length = 1e-3 * self.scale / (norm(slope) + 1e-300);
        let mut mark = at;
        for number in 0..MOST_STEPS {
            if let Some(index) = self.trapped(at) {
                return Some(index);
            }
            if !box_around.holds(at, ENLARGED) || norm(slope) == 0.0 || advance(at, length, slope) == at {
                return None;
            }
            if number % SETTLED_STEPS == SETTLED_STEPS - 1 {
                // At rest at a minimum that is not in the list, or on a curve of minima.
                let jitter = self.scale * (10.0 * tolerance).max(1e-9);
                if norm(self.space.offset(mark, at)) < jitter && !self.repels(at) {
                    return None;
                }
                mark = at;
            }
            if length * norm(slope) < COLLAPSED * self.scale
                && let Some(next) = self.slide(at, slope)
            {
                at = self.space.wrap(next);
                slope = self.flow(at);
                visit(at);
                continue;
            }
            let tried = ode::step(|theta| self.flow(theta), at, slope, length);
            let ratio = norm(tried.error) / (tolerance * self.scale + ULPS * f64::EPSILON * norm(at));
            if ratio <= 1.0 {
                at = self.space.wrap(tried.end);
                slope = tried.slope;
                visit(at);
            }
            length *= ode::growth(ratio);
        }
        None
    }

    /// The end of a step along the kink just ahead of a point; `None` if there is none towards which the flow points
    /// from both sides, or if the flow along it comes to rest.
    fn slide(&self, at: Point, flow: Point) -> Option<Point> {
        if !self.dynamics.may_break() || self.dynamics.loss()?.metric().is_some() {
            return None;
        }
        let beside = BESIDE * self.scale;
        let slope = |theta: Point| self.dynamics.slope(self.space.wrap(theta));
        let (own, other) = (flow.map(|c| -c), slope(advance(at, beside / norm(flow), flow)));
        // The loss is continuous: its slope jumps across the kink.
        let jump = difference(own, other);
        if norm(jump) < 1e-3 * norm(own) {
            return None;
        }
        let normal = jump.map(|c| c / norm(jump));
        let mixed = |above: Point, below: Point| {
            let [up, down] = [dot(above, normal), dot(below, normal)];
            let share = -down / (up - down);
            (up > 0.0 && down < 0.0).then(|| [0, 1].map(|c| -(share * above[c] + (1.0 - share) * below[c])))
        };
        let along = mixed(own, other)?;
        let mut length = SLIDE * self.scale;
        while length > TOLERANCE * self.scale {
            let ahead = advance(at, length / norm(along), along);
            let rise = |s: f64| dot(slope(advance(ahead, s, normal)), normal);
            let reach = 0.5 * length + beside;
            if rise(reach) > 0.0 && rise(-reach) < 0.0 {
                let s = reach * (2.0 * root(|share| rise(reach * (2.0 * share - 1.0))) - 1.0);
                let end = advance(ahead, s, normal);
                let sides = [beside, -beside].map(|offset| slope(advance(end, offset, normal)));
                if mixed(sides[0], sides[1]).is_some_and(|further| dot(further, along) > 0.0) {
                    return Some(end);
                }
            }
            length *= 0.25;
        }
        None
    }

    /// Whether the linearised flow at a point expands in some direction.
    fn repels(&self, at: Point) -> bool {
        let [[a, b], [c, d]] = self.dynamics.slope_jacobian(at);
        let size = a.abs().max(b.abs()).max(c.abs()).max(d.abs());
        // Next to a curve of fixed points the determinant is small like the distance to it.
        a + d < 0.0 || a * d - b * c < -1e-6 * size * size
    }
}

fn trap(dynamics: &Dynamics, space: &Space, centres: &[Point], saddles: &[Point], index: usize) -> Trap {
    let centre = centres[index];
    let others = centres.iter().enumerate().filter(|&(k, _)| k != index).map(|(_, theta)| theta).chain(saddles);
    let rolled = (0..2).filter(|&axis| space.periodic[axis]).map(|axis| 0.5 * space.width(axis));
    let farthest = rolled.fold(0.5 * space.diagonal(), f64::min);
    let nearest = others.map(|&other| norm(space.offset(centre, other))).fold(farthest, f64::min);
    let Some(loss) = dynamics.loss() else {
        // Small enough for the linearisation at a stable fixed point to hold.
        let radius = 1e-3 * nearest;
        return Trap { centre, radius_squared: radius * radius, level: f64::INFINITY };
    };
    let bottom = loss.value(centre);
    let samples = if loss.is_costly() { 24 } else { 256 };
    let mut radius = 0.8 * nearest;
    loop {
        let rim = (0..samples)
            .map(|k| {
                let (sin, cos) = (f64::from(k) / f64::from(samples) * std::f64::consts::TAU).sin_cos();
                loss.value([centre[0] + radius * cos, centre[1] + radius * sin])
            })
            .fold(f64::INFINITY, f64::min);
        if rim > bottom || radius < 1e-6 * nearest {
            // A tenth below the smallest sample: the loss on the circle cannot dip that far between two samples.
            return Trap { centre, radius_squared: radius * radius, level: rim - 0.1 * (rim - bottom) };
        }
        radius *= 0.5;
    }
}
