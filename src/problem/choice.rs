//! What a question means by its minimum, its start set, its target and its domain.

use std::sync::Arc;

use crate::problem::descent::Descent;
use crate::problem::expression::Condition;
use crate::problem::{
    Absorb, AxisWalls, CriticalPoint, CriticalPoints, DiffusionField, Domain, Dynamics, Landscape, Posed, ProblemError,
    Region, Space, StartSet, Wall, bounds, critical, is_absorbing, needs_minimum,
};
use crate::tensor::{Point, advance, difference, norm};

/// The minimum that is named, or the deepest one in the set; `None` when there is none and none is needed.
pub fn choose_minimum(
    posed: &Posed,
    dynamics: &Dynamics,
    space: Space,
    critical: &mut CriticalPoints,
    warnings: &mut Vec<String>,
) -> Result<Option<usize>, ProblemError> {
    let dimension = dynamics.dimension();
    let Some(valley) = &posed.valley else {
        if critical.minima.is_empty() {
            warnings.push("no minimum with positive curvature lies in the domain".into());
        }
        return Ok((!critical.minima.is_empty()).then_some(0));
    };
    if let Some(near) = valley.minimum {
        let units = space.units();
        let point = critical::polish(dynamics, dimension, near, units.0)?;
        let same = |other: &CriticalPoint| units.length(difference(other.theta, point.theta)) < 1e-6;
        return Ok(Some(match critical.minima.iter().position(same) {
            Some(index) => index,
            None => {
                critical.minima.push(point);
                critical.minima.len() - 1
            }
        }));
    }
    let inside = |point: &CriticalPoint| -> Result<bool, ProblemError> {
        Ok(match &valley.set {
            StartSet::Box { lower, upper } => {
                Region::Box { lower: *lower, upper: *upper, dimension }.holds(point.theta)
            }
            StartSet::Expression(text) => Condition::parse(text, "valley.set", dimension)?.holds(point.theta),
            StartSet::Basin | StartSet::HalfWidth(_) => true,
        })
    };
    for (index, point) in critical.minima.iter().enumerate() {
        if inside(point)? {
            return Ok(Some(index));
        }
    }
    match &valley.set {
        StartSet::Basin => Err(needs_minimum("valley.set = \"basin\"")),
        StartSet::HalfWidth(_) => match dynamics.loss() {
            // A convex loss far from its typical box still has its minimum.
            Some(loss) => {
                let (lower, upper) = loss.typical_box();
                let middle = advance(lower, 0.5, difference(upper, lower));
                critical.minima.push(critical::polish(dynamics, dimension, middle, space.units().0)?);
                Ok(Some(critical.minima.len() - 1))
            }
            None => Err(needs_minimum("valley.half_width")),
        },
        _ if is_flat(posed, dynamics) => Ok(None),
        _ => Err(ProblemError::Invalid {
            key: "valley.set".into(),
            message: "the start set holds no minimum of the landscape: change the set, or give valley.minimum near the minimum \
                      that is meant"
                .into(),
        }),
    }
}

/// Whether there is no slope at all (free diffusion), so that no minimum is to be expected.
fn is_flat(posed: &Posed, dynamics: &Dynamics) -> bool {
    let (lower, upper) = match dynamics.loss() {
        Some(loss) => loss.typical_box(),
        None => return true,
    };
    let (lower, upper) = (posed.domain.lower.unwrap_or(lower), posed.domain.upper.unwrap_or(upper));
    let diagonal = difference(upper, lower);
    (0..=20).all(|k| norm(dynamics.slope(advance(lower, f64::from(k) / 20.0, diagonal))) == 0.0)
}

/// V_a as a region.
pub fn start_region(
    posed: &Posed,
    dynamics: &Dynamics,
    critical: &CriticalPoints,
    minimum: Option<usize>,
    descent: &Arc<Descent>,
) -> Result<Region, ProblemError> {
    let dimension = dynamics.dimension();
    let Some(valley) = &posed.valley else {
        return Ok(Region::Whole);
    };
    let region = match &valley.set {
        StartSet::Basin => {
            let index = minimum.ok_or_else(|| needs_minimum("valley.set = \"basin\""))?;
            let is_periodic = posed.domain.walls[0] == AxisWalls::Periodic;
            if dimension == 1 && !is_periodic {
                interval_of(critical, index)
            } else {
                Region::Basin { descent: Arc::clone(descent), valley: index }
            }
        }
        StartSet::Box { lower, upper } => Region::Box { lower: *lower, upper: *upper, dimension },
        StartSet::HalfWidth(half) => {
            let index = minimum.ok_or_else(|| needs_minimum("valley.half_width"))?;
            let centre = critical.minima[index].theta;
            Region::Box { lower: advance(centre, -1.0, *half), upper: advance(centre, 1.0, *half), dimension }
        }
        StartSet::Expression(text) => Region::Condition(Arc::new(Condition::parse(text, "valley.set", dimension)?)),
    };
    if let Some(index) = minimum {
        let theta = critical.minima[index].theta;
        if !region.holds(theta) {
            return Err(ProblemError::Invalid {
                key: "valley.minimum".into(),
                message: format!(
                    "the minimum polished from it, {}, is not in the start set valley.set: change one of the two",
                    show(theta, dynamics)
                ),
            });
        }
    }
    Ok(region)
}

/// The basin of a minimum in one dimension: between the nearest maxima.
fn interval_of(critical: &CriticalPoints, minimum: usize) -> Region {
    let centre = critical.minima[minimum].theta[0];
    let maxima = critical.saddles.iter().map(|saddle| saddle.point.theta[0]);
    let lower = maxima.clone().filter(|&x| x < centre).fold(f64::NEG_INFINITY, f64::max);
    let upper = maxima.filter(|&x| x > centre).fold(f64::INFINITY, f64::min);
    Region::Box { lower: [lower, 0.0], upper: [upper, 0.0], dimension: 1 }
}

/// The absorbing disc around a polished minimum.
pub fn target(posed: &Posed, dynamics: &Dynamics, space: Space) -> Result<Option<(Point, f64)>, ProblemError> {
    let dimension = dynamics.dimension();
    match posed.valley.as_ref().map(|valley| &valley.absorb) {
        Some(Absorb::Target { minimum, radius }) => {
            let mut near = *minimum;
            if dimension == 1 {
                near[1] = 0.0;
            }
            let centre = critical::polish(dynamics, dimension, near, space.units().0).map_err(|error| {
                ProblemError::Invalid { key: "valley.target.minimum".into(), message: error.to_string() }
            })?;
            Ok(Some((centre.theta, *radius)))
        }
        _ => Ok(None),
    }
}

/// The rectangle: as given, or the start box, or chosen from the landscape.
pub fn domain(
    posed: &Posed,
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    critical: &CriticalPoints,
    minimum: Option<usize>,
    start: &Region,
    target: Option<(Point, f64)>,
) -> Result<Domain, ProblemError> {
    let dimension = dynamics.dimension();
    let given = &posed.domain;
    let mut domain = Domain {
        dimension,
        lower: given.lower.unwrap_or([0.0; 2]),
        upper: given.upper.unwrap_or([0.0; 2]),
        walls: given.walls,
        automatic: false,
    };
    let boundary_kills = target.is_none();
    let boxed = match start {
        Region::Box { lower, upper, .. } if boundary_kills => Some((*lower, *upper)),
        _ => None,
    };
    let mut free = [[false; 2]; 2];
    for (axis, sides) in free.iter_mut().enumerate().take(dimension) {
        *sides = [given.lower.is_none(), given.upper.is_none()];
        if let Some((lower, upper)) = boxed {
            // Nothing beyond an absorbing box matters: it is the domain itself.
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
    for axis in 0..dimension {
        let name = ["x", "y"][axis];
        let needs_corner = |what: &str| ProblemError::Invalid {
            key: format!("domain.walls.{name}"),
            message: format!("{what} needs a place: give domain.lower and domain.upper"),
        };
        if given.walls[axis] == AxisWalls::Periodic && (given.lower.is_none() || given.upper.is_none()) {
            return Err(needs_corner("a periodic axis"));
        }
        for (end, &is_free) in free[axis].iter().enumerate() {
            if is_free && is_absorbing(domain.wall(axis, end)) {
                return Err(needs_corner("an absorbing wall"));
            }
        }
    }
    if free.as_flattened().contains(&true) {
        let index = minimum.ok_or_else(|| needs_minimum("choosing the domain from the landscape"))?;
        let theta = critical.minima[index].theta;
        let mut interesting: Vec<Point> = Vec::new();
        for saddle in critical.saddles.iter().filter(|saddle| saddle.connects.contains(&Some(index))) {
            interesting.push(saddle.point.theta);
            if target.is_some() {
                interesting.extend(saddle.connects.iter().flatten().map(|&end| critical.minima[end].theta));
            }
        }
        if posed.valley.is_none() {
            interesting.extend(critical.minima.iter().map(|point| point.theta));
        }
        if let Some((centre, radius)) = target {
            interesting
                .extend([-radius, radius].map(|r| [centre[0] + r, centre[1] + if dimension == 2 { r } else { 0.0 }]));
        }
        // With sides fixed by a box, the flow beyond them is of no interest.
        interesting.retain(|point| {
            (0..dimension).all(|axis| {
                (free[axis][0] || point[axis] >= domain.lower[axis])
                    && (free[axis][1] || point[axis] <= domain.upper[axis])
            })
        });
        domain = bounds::choose(dynamics, noise, domain, free, theta, &interesting)?;
    }
    if dimension == 1
        && domain.automatic
        && let Some(index) = minimum
    {
        // On a line the live set ends at a point: a domain that was chosen here ends there too, with the wall on a cell face.
        let live = target.map_or_else(|| start.clone(), |(centre, radius)| Region::Outside { centre, radius });
        let theta = critical.minima[index].theta;
        let exits = [0, 1].map(|end| live.exit_towards(&domain, theta, end));
        if let AxisWalls::Walls(walls) = &mut domain.walls[0] {
            for (end, exit) in exits.into_iter().enumerate().filter(|&(end, _)| free[0][end]) {
                if let Some(exit) = exit {
                    walls[end] = Wall::Absorbing;
                    if end == 0 { domain.lower[0] = exit[0] } else { domain.upper[0] = exit[0] }
                }
            }
        }
    }
    if let Some((lower, upper)) = boxed {
        for axis in 0..dimension {
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
    if let Some(index) = minimum {
        let theta = critical.minima[index].theta;
        if !domain.contains(theta) {
            return Err(ProblemError::Invalid {
                key: "domain".into(),
                message: format!(
                    "the minimum {} lies outside the domain: widen domain.lower and domain.upper, or change valley.minimum",
                    show(theta, dynamics)
                ),
            });
        }
    }
    Ok(domain)
}

/// A point as messages write it.
pub(super) fn show(theta: Point, dynamics: &Dynamics) -> String {
    match dynamics.loss().map(Landscape::dimension) {
        Some(1) => format!("{:.9}", theta[0]),
        _ => format!("({:.9}, {:.9})", theta[0], theta[1]),
    }
}
