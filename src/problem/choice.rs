//! Resolves the parts of a question that it leaves open: its minimum, start set, target and domain.

use std::sync::Arc;

use crate::problem::basin::Basin;
use crate::problem::descent::Descent;
use crate::problem::fault::{MeantMinimum, NeedsMinimum, WindowFault};
use crate::problem::{
    Absorb, AxisWalls, CriticalPoint, CriticalPoints, DiffusionField, Domain, Dynamics, Posed, ProblemError,
    ProblemWarning, Region, Side, Space, StartSet, Wall, Window, WindowSpec, bounds, critical, is_absorbing,
};
use crate::tensor::{Point, advance, difference, norm};

/// The index of the named minimum, or of the deepest one in the set; `None` if there is none and none is needed.
///
/// # Errors
/// A named point without a minimum near it, or a set without a minimum.
pub fn choose_minimum(
    posed: &Posed,
    dynamics: &Dynamics,
    space: Space,
    critical: &mut CriticalPoints,
) -> Result<Option<usize>, ProblemError> {
    let dimension = dynamics.dimension();
    let Some(valley) = &posed.valley else {
        return Ok((!critical.minima.is_empty()).then_some(0));
    };
    if let Some(near) = valley.minimum {
        let units = space.units();
        let point = critical::named(dynamics, space, near, MeantMinimum::Start)?;
        let same = |other: &CriticalPoint| units.length(space.offset(other.theta, point.theta)) < 1e-6;
        return Ok(Some(match critical.minima.iter().position(same) {
            Some(index) => index,
            None => {
                critical.minima.push(point);
                critical.minima.len() - 1
            }
        }));
    }
    let inside = |point: &CriticalPoint| match &valley.set {
        StartSet::Box { lower, upper } => Region::Box { lower: *lower, upper: *upper, dimension }.holds(point.theta),
        StartSet::Condition(condition) => condition.holds(point.theta),
        StartSet::Basin | StartSet::Whole | StartSet::HalfWidth(_) => true,
    };
    if let Some(index) = critical.minima.iter().position(inside) {
        return Ok(Some(index));
    }
    match &valley.set {
        StartSet::Basin => Err(ProblemError::NoMinimum { needed: NeedsMinimum::Basin }),
        StartSet::HalfWidth(_) => match dynamics.loss() {
            // The minimum of a convex loss may lie outside of its typical box.
            Some(loss) => {
                let (lower, upper) = loss.typical_box();
                let middle = advance(lower, 0.5, difference(upper, lower));
                critical.minima.push(critical::polish(
                    dynamics,
                    dimension,
                    middle,
                    MeantMinimum::Start,
                    space.units().0,
                )?);
                Ok(Some(critical.minima.len() - 1))
            }
            None => Err(ProblemError::NoMinimum { needed: NeedsMinimum::HalfWidth }),
        },
        StartSet::Whole => Ok(None),
        _ if is_flat(posed, dynamics) => Ok(None),
        _ => Err(ProblemError::NoMinimumInSet),
    }
}

/// The distance between a named point and its minimum, as a fraction of the domain, above which the point counts as
/// far.
const FAR: f64 = 0.5;

/// Warnings for named points whose descent leads to another minimum than the nearest one, and for named points outside
/// of the domain.
pub fn strayed(
    posed: &Posed,
    critical: &CriticalPoints,
    start: Option<usize>,
    target: Option<(Point, f64)>,
    domain: &Domain,
) -> Vec<ProblemWarning> {
    let Some(valley) = &posed.valley else { return Vec::new() };
    let start =
        valley.minimum.zip(start).map(|(near, index)| (near, critical.minima[index].theta, MeantMinimum::Start));
    let target = match (&valley.absorb, target) {
        (Absorb::Target { minimum, .. }, Some((centre, _))) => Some((*minimum, centre, MeantMinimum::Target)),
        _ => None,
    };
    let space = domain.space();
    let (dimension, units) = (space.dimension, space.units());
    let distance = |near: Point, theta: Point| units.length(space.offset(near, theta));
    let warned = |(near, found, meant): (Point, Point, MeantMinimum)| {
        let by_distance =
            |a: &&CriticalPoint, b: &&CriticalPoint| distance(near, a.theta).total_cmp(&distance(near, b.theta));
        let nearest = critical.minima.iter().min_by(by_distance)?.theta;
        // Two minima at equal distance, or one that was found twice, are not different.
        let is_other = distance(near, nearest) < distance(near, found) - 1e-6;
        let other = is_other.then_some(ProblemWarning::NotTheNearest { near, found, nearest, meant, dimension });
        // For a given domain such a point is an error; a point that is on the edge to a few digits is accepted.
        let is_far = domain.automatic && !space.holds(near, 0.01) && distance(near, found) > FAR;
        other.or(is_far.then_some(ProblemWarning::NamedFar { near, found, meant, dimension }))
    };
    start.into_iter().chain(target).filter_map(warned).collect()
}

/// Whether there is no slope at all (free diffusion), so that no minimum is expected.
fn is_flat(posed: &Posed, dynamics: &Dynamics) -> bool {
    let (lower, upper) = match dynamics.loss() {
        Some(loss) => loss.typical_box(),
        None => return true,
    };
    let (lower, upper) = (posed.domain.lower.unwrap_or(lower), posed.domain.upper.unwrap_or(upper));
    let diagonal = difference(upper, lower);
    (0..=20).all(|k| norm(dynamics.slope(advance(lower, f64::from(k) / 20.0, diagonal))) == 0.0)
}

/// The start set V_a as a region.
///
/// # Errors
/// A set around a minimum if there is no minimum, or a minimum outside of its set.
pub fn start_region(
    posed: &Posed,
    dynamics: &Dynamics,
    critical: &CriticalPoints,
    minimum: Option<usize>,
    descent: &Descent,
) -> Result<Region, ProblemError> {
    let dimension = dynamics.dimension();
    let Some(valley) = &posed.valley else {
        return Ok(Region::Whole);
    };
    let region = match &valley.set {
        StartSet::Basin => {
            let index = minimum.ok_or(ProblemError::NoMinimum { needed: NeedsMinimum::Basin })?;
            let is_periodic = posed.domain.walls[0] == AxisWalls::Periodic;
            if dimension == 1 && !is_periodic {
                interval_of(critical, index)
            } else {
                Region::Basin(Arc::new(Basin::new(descent.clone(), index)))
            }
        }
        StartSet::Box { lower, upper } => Region::Box { lower: *lower, upper: *upper, dimension },
        StartSet::HalfWidth(half) => {
            let index = minimum.ok_or(ProblemError::NoMinimum { needed: NeedsMinimum::HalfWidth })?;
            let centre = critical.minima[index].theta;
            Region::Box { lower: advance(centre, -1.0, *half), upper: advance(centre, 1.0, *half), dimension }
        }
        StartSet::Whole => Region::Whole,
        StartSet::Condition(condition) => Region::Condition(Arc::clone(condition)),
    };
    if let Some(index) = minimum {
        let theta = critical.minima[index].theta;
        if !region.holds(theta) {
            return Err(ProblemError::MinimumOutsideSet { minimum: theta, dimension });
        }
    }
    Ok(region)
}

/// The basin of a minimum in one dimension: the interval between the nearest maxima.
fn interval_of(critical: &CriticalPoints, minimum: usize) -> Region {
    let centre = critical.minima[minimum].theta[0];
    let maxima = critical.saddles.iter().map(|saddle| saddle.point.theta[0]);
    let lower = maxima.clone().filter(|&x| x < centre).fold(f64::NEG_INFINITY, f64::max);
    let upper = maxima.filter(|&x| x > centre).fold(f64::INFINITY, f64::min);
    Region::Box { lower: [lower, 0.0], upper: [upper, 0.0], dimension: 1 }
}

/// The absorbing disc around a polished minimum.
///
/// # Errors
/// A target point without a minimum near it.
pub fn target(posed: &Posed, dynamics: &Dynamics, space: Space) -> Result<Option<(Point, f64)>, ProblemError> {
    let dimension = dynamics.dimension();
    match posed.valley.as_ref().map(|valley| &valley.absorb) {
        Some(Absorb::Target { minimum, radius }) => {
            let mut near = *minimum;
            if dimension == 1 {
                near[1] = 0.0;
            }
            let centre = critical::named(dynamics, space, near, MeantMinimum::Target)?;
            Ok(Some((centre.theta, *radius)))
        }
        _ => Ok(None),
    }
}

/// The data from which a domain is chosen.
#[derive(Clone, Copy)]
pub struct Choice<'a> {
    /// The question as posed.
    pub posed: &'a Posed,
    /// The loss L or the drift b.
    pub dynamics: &'a Dynamics,
    /// The noise D(θ).
    pub noise: &'a dyn DiffusionField,
    /// The critical points.
    pub critical: &'a CriticalPoints,
    /// The index of the minimum of the valley.
    pub minimum: Option<usize>,
    /// The start set V_a.
    pub start: &'a Region,
    /// The absorbing disc.
    pub target: Option<(Point, f64)>,
}

/// Whether each side of a rectangle is to be chosen: `[axis][lower, upper]`.
type Free = [[bool; 2]; 2];

impl Choice<'_> {
    /// The domain: as given, or the start box, or chosen from the landscape.
    ///
    /// # Errors
    /// Walls whose position is not given, a landscape that does not confine the process, a minimum outside of the
    /// domain.
    pub fn domain(self) -> Result<Domain, ProblemError> {
        let dimension = self.dynamics.dimension();
        let given = &self.posed.domain;
        let mut domain = Domain {
            dimension,
            lower: given.lower.unwrap_or([0.0; 2]),
            upper: given.upper.unwrap_or([0.0; 2]),
            walls: given.walls,
            automatic: false,
            killing: given.killing.clone(),
            windows: Vec::new(),
        };
        let free = self.settle_box(&mut domain);
        self.require_places(&domain, free)?;
        if free.as_flattened().contains(&true) {
            domain = self.choose_sides(domain, free)?;
        }
        if dimension == 1 && domain.automatic && !self.posed.holds_all_minima {
            self.end_at_exits(&mut domain, free);
        }
        self.absorb_at_box(&mut domain);
        self.open_windows(&mut domain)?;
        match self.minimum.map(|index| self.critical.minima[index].theta) {
            Some(minimum) if !domain.contains(minimum) => {
                Err(ProblemError::MinimumOutsideDomain { minimum, dimension })
            }
            _ => Ok(domain),
        }
    }

    /// The corners of a box whose boundary kills.
    fn killing_box(self) -> Option<(Point, Point)> {
        match self.start {
            Region::Box { lower, upper, .. } if self.target.is_none() => Some((*lower, *upper)),
            _ => None,
        }
    }

    /// Puts sides that were not given on a killing box, beyond which nothing matters. Returns the sides that are still
    /// free.
    fn settle_box(self, domain: &mut Domain) -> Free {
        let given = &self.posed.domain;
        let mut free = [[false; 2]; 2];
        for (axis, sides) in free.iter_mut().enumerate().take(domain.dimension) {
            *sides = [given.lower.is_none(), given.upper.is_none()];
            // In one dimension the basin of a minimum is a box.
            let is_basin = self.posed.valley.as_ref().is_some_and(|valley| matches!(valley.set, StartSet::Basin));
            let holds_more = is_basin && self.posed.holds_all_minima;
            if let Some((lower, upper)) = self.killing_box().filter(|_| !holds_more) {
                if sides[0] && lower[axis].is_finite() {
                    domain.lower[axis] = lower[axis];
                    sides[0] = false;
                }
                if sides[1] && upper[axis].is_finite() {
                    domain.upper[axis] = upper[axis];
                    sides[1] = false;
                }
            }
        }
        free
    }

    /// Refuses periodic or absorbing walls on sides whose position is not given.
    fn require_places(self, domain: &Domain, free: Free) -> Result<(), ProblemError> {
        let given = &self.posed.domain;
        for (axis, sides) in free.iter().enumerate().take(domain.dimension) {
            if domain.is_periodic(axis) && (given.lower.is_none() || given.upper.is_none()) {
                return Err(ProblemError::WallWithoutPlace { axis, is_periodic: true });
            }
            let has_window = |end: usize| given.windows.iter().any(|window| window.side == Side { axis, end });
            if (0..2).any(|end| sides[end] && (is_absorbing(domain.wall(axis, end)) || has_window(end))) {
                return Err(ProblemError::WallWithoutPlace { axis, is_periodic: false });
            }
        }
        Ok(())
    }

    /// Chooses the free sides from the landscape.
    fn choose_sides(self, domain: Domain, free: Free) -> Result<Domain, ProblemError> {
        let Choice { critical, target, .. } = self;
        let dimension = domain.dimension;
        let index = self.minimum.ok_or(ProblemError::NoMinimum { needed: NeedsMinimum::AutomaticDomain })?;
        let mut interesting: Vec<Point> = Vec::new();
        for saddle in critical.saddles.iter().filter(|saddle| saddle.connects.contains(&Some(index))) {
            interesting.push(saddle.point.theta);
            if target.is_some() {
                interesting.extend(saddle.connects.iter().flatten().map(|&end| critical.minima[end].theta));
            }
        }
        let holds_all = self.posed.valley.is_none() || self.posed.holds_all_minima;
        if holds_all {
            interesting.extend(critical.minima.iter().map(|point| point.theta));
        }
        if let Some((centre, radius)) = target {
            interesting
                .extend([-radius, radius].map(|r| [centre[0] + r, centre[1] + if dimension == 2 { r } else { 0.0 }]));
        }
        // If a box fixes the sides of an axis, points beyond them are not of interest.
        interesting.retain(|point| {
            (0..dimension).all(|axis| {
                (free[axis][0] || point[axis] >= domain.lower[axis])
                    && (free[axis][1] || point[axis] <= domain.upper[axis])
            })
        });
        // Valleys behind the boundary of a killing basin do not belong to the domain, however cold they are.
        let lives = |theta: Point| match self.start {
            Region::Basin(_) if target.is_none() && !holds_all => {
                self.start.holds_roughly(theta).unwrap_or_else(|| self.start.holds(theta))
            }
            _ => true,
        };
        bounds::choose(self.dynamics, self.noise, domain, free, &critical.minima[index], &interesting, lives)
    }

    /// In one dimension: ends a chosen domain where the live set ends, so that the wall lies on a cell face.
    fn end_at_exits(self, domain: &mut Domain, free: Free) {
        let Some(index) = self.minimum else { return };
        let live =
            self.target.map_or_else(|| self.start.clone(), |(centre, radius)| Region::Outside { centre, radius });
        let theta = self.critical.minima[index].theta;
        let exits = [0, 1].map(|end| live.exit_towards(domain, theta, end));
        if let AxisWalls::Walls(walls) = &mut domain.walls[0] {
            for (end, exit) in exits.into_iter().enumerate().filter(|&(end, _)| free[0][end]) {
                if let Some(exit) = exit {
                    walls[end] = Wall::Absorbing;
                    if end == 0 { domain.lower[0] = exit[0] } else { domain.upper[0] = exit[0] }
                }
            }
        }
    }

    /// Adds the windows to the domain.
    ///
    /// # Errors
    /// A window in a wall that does not reflect, or one that contains no point of its wall.
    fn open_windows(self, domain: &mut Domain) -> Result<(), ProblemError> {
        let specs = &self.posed.domain.windows;
        let is_closed = |window: &WindowSpec| domain.wall(window.side.axis, window.side.end) == Some(Wall::Reflecting);
        if let Some(index) = specs.iter().position(|window| domain.dimension == 1 || !is_closed(window)) {
            return Err(ProblemError::Window { index, side: specs[index].side, fault: WindowFault::NoReflectingWall });
        }
        let empty = |index: usize| ProblemError::Window { index, side: specs[index].side, fault: WindowFault::Empty };
        domain.windows = Window::placed(specs, domain).map_err(empty)?;
        Ok(())
    }

    /// Makes the walls on which a killing box ends absorbing.
    fn absorb_at_box(self, domain: &mut Domain) {
        let Some((lower, upper)) = self.killing_box() else { return };
        for axis in 0..domain.dimension {
            if let AxisWalls::Walls(walls) = &mut domain.walls[axis] {
                let close = 1e-12 * (domain.upper[axis] - domain.lower[axis]);
                if (lower[axis] - domain.lower[axis]).abs() <= close {
                    walls[0] = Wall::Absorbing;
                }
                if (upper[axis] - domain.upper[axis]).abs() <= close {
                    walls[1] = Wall::Absorbing;
                }
            }
        }
    }
}
