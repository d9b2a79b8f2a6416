//! What is asked of a landscape and its noise: where, from which set, and until what.

use crate::problem::domain::AxisWalls;
use crate::tensor::Point;

/// A question about a landscape: the rectangle, the start set, and what absorbs.
#[derive(Clone, Debug)]
pub struct Posed {
    /// The rectangle and its walls.
    pub domain: DomainChoice,
    /// Start set and what absorbs; `None`: the whole domain, absorbed at its walls.
    pub valley: Option<ValleyChoice>,
    /// Solve although a degenerate point cuts the way out.
    pub allow_degenerate: bool,
}

/// The rectangle as it is asked for.
#[derive(Clone, Debug)]
pub struct DomainChoice {
    /// Lower corner; `None`: chosen from the landscape.
    pub lower: Option<Point>,
    /// Upper corner.
    pub upper: Option<Point>,
    /// Walls of the x axis and of the y axis.
    pub walls: [AxisWalls; 2],
}

/// The start set as it is asked for.
#[derive(Clone, Debug)]
pub struct ValleyChoice {
    /// A point near the minimum; `None`: the deepest minimum in the domain (or in the set).
    pub minimum: Option<Point>,
    /// The start set.
    pub set: StartSet,
    /// What kills.
    pub absorb: Absorb,
}

/// The start set V_a.
#[derive(Clone, Debug)]
pub enum StartSet {
    /// The basin of attraction of the minimum.
    Basin,
    /// An axis-parallel box with these corners.
    Box {
        /// Lower corner.
        lower: Point,
        /// Upper corner.
        upper: Point,
    },
    /// A box of this half width around the polished minimum.
    HalfWidth(Point),
    /// Where this condition holds.
    Expression(String),
}

/// What kills.
#[derive(Clone, Debug)]
pub enum Absorb {
    /// Leaving the start set.
    Boundary,
    /// Entering the disc around a minimum (polished from this point).
    Target {
        /// Near this point; polished by Newton.
        minimum: Point,
        /// Radius of the disc.
        radius: f64,
    },
}
