//! The box in which critical points are searched for, and the region in which the loss is known.

use super::{Absorb, AxisWalls, Domain, Dynamics, Posed, ProblemError, Space, StartSet, ValleySpec};
use crate::problem::critical;
use crate::problem::fault::MeantMinimum;
use crate::problem::scale::{self, Units};
use crate::tensor::{Point, advance};

/// The question with the extent of a tabulated loss as the domain where none is given, unless a box is the domain.
pub(super) fn within_extent(posed: &Posed, dynamics: &Dynamics) -> Posed {
    let mut posed = posed.clone();
    let is_box = |valley: &ValleySpec| matches!(valley.set, StartSet::Box { .. } | StartSet::HalfWidth(_));
    if let Some((lower, upper)) = dynamics.loss().and_then(|loss| loss.extent())
        && !posed.valley.as_ref().is_some_and(is_box)
    {
        posed.domain.lower.get_or_insert(lower);
        posed.domain.upper.get_or_insert(upper);
    }
    posed
}

/// Refuses a domain that extends beyond the region in which the loss is known.
pub(super) fn inside_extent(dynamics: &Dynamics, domain: &Domain) -> Result<(), ProblemError> {
    let Some((lower, upper)) = dynamics.loss().and_then(|loss| loss.extent()) else { return Ok(()) };
    // The rounding of coordinates in single precision.
    const SLACK: f64 = 1e-6;
    let outside = |axis: &usize| {
        let slack = SLACK * (upper[*axis] - lower[*axis]);
        domain.lower[*axis] < lower[*axis] - slack || domain.upper[*axis] > upper[*axis] + slack
    };
    match (0..domain.dimension).find(outside) {
        None => Ok(()),
        Some(axis) => Err(ProblemError::OutsideTable {
            axis,
            table: [lower[axis], upper[axis]],
            domain: [domain.lower[axis], domain.upper[axis]],
        }),
    }
}

/// The box in which critical points are searched for: the given domain, else the landscape's typical box or one around
/// the named minimum, enlarged to contain all named points.
pub(super) fn search_box(posed: &Posed, dynamics: &Dynamics) -> Space {
    let dimension = dynamics.dimension();
    let named = posed.valley.as_ref().and_then(|valley| valley.minimum);
    let (mut lower, mut upper) = match (dynamics.loss(), named) {
        (Some(loss), _) if loss.knows_its_box() => loss.typical_box(),
        (_, Some(near)) => around(dynamics, near),
        (Some(loss), None) => loss.typical_box(),
        // A drift has no typical box; three units each way are the default.
        (None, None) => (UNKNOWN_BOX.map(|half| -half), UNKNOWN_BOX),
    };
    let mut widen = |point: Point| {
        for axis in 0..dimension {
            let margin = 0.1 * (upper[axis] - lower[axis]);
            if point[axis] <= lower[axis] {
                lower[axis] = point[axis] - margin;
            }
            if point[axis] >= upper[axis] {
                upper[axis] = point[axis] + margin;
            }
        }
    };
    if let Some(valley) = &posed.valley {
        valley.minimum.into_iter().for_each(&mut widen);
        if let StartSet::Box { lower, upper } = valley.set {
            widen(lower);
            widen(upper);
        }
        if let Absorb::Target { minimum, .. } = valley.absorb {
            widen(minimum);
        }
    }
    if dimension == 1 {
        (lower[1], upper[1]) = (0.0, 0.0);
    }
    let given = &posed.domain;
    let is_placed = given.lower.is_some() && given.upper.is_some();
    Space {
        dimension,
        lower: given.lower.unwrap_or(lower),
        upper: given.upper.unwrap_or(upper),
        periodic: [0, 1].map(|axis| is_placed && axis < dimension && given.walls[axis] == AxisWalls::Periodic),
    }
}

/// Half of the default box for the critical points of a drift.
const UNKNOWN_BOX: Point = [3.0; 2];

/// The box around a named minimum: a multiple of the range in which the slope is linear that usually contains the
/// neighbouring valleys.
fn around(dynamics: &Dynamics, near: Point) -> (Point, Point) {
    const RANGES: f64 = 20.0;
    let centre = critical::polish(dynamics, dynamics.dimension(), near, MeantMinimum::Start, UNKNOWN_BOX)
        .map_or(near, |point| point.theta);
    let Units(units) = scale::around(dynamics, centre, UNKNOWN_BOX.map(|half| half / RANGES));
    (advance(centre, -RANGES, units), advance(centre, RANGES, units))
}
