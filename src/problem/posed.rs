//! What is asked of a landscape and its noise: where, from which set, and until what.
//!
//! What is left open here is found from the landscape when the problem is made: corners, the minimum, the set around
//! it.

use std::sync::Arc;

use crate::problem::domain::AxisWalls;
use crate::problem::expression::Condition;
use crate::problem::{Killing, WindowSpec};
use crate::tensor::Point;

/// A question about a landscape: the rectangle, the start set, and what absorbs.
///
/// The default asks for the whole plane (or line) with nothing that absorbs.
#[derive(Clone, Debug, Default)]
pub struct Posed {
    /// The rectangle and its walls.
    pub domain: DomainSpec,
    /// Start set and what absorbs; `None`: the whole domain, absorbed at its walls.
    pub valley: Option<ValleySpec>,
    /// Solve although a degenerate point cuts the way out.
    pub allow_degenerate: bool,
}

impl Posed {
    /// How long does the process stay in this rectangle, with these walls along x and along y?
    ///
    /// In one dimension the second components and the walls along y are never looked at.
    pub fn whole(lower: Point, upper: Point, walls: [AxisWalls; 2]) -> Posed {
        Posed {
            domain: DomainSpec { lower: Some(lower), upper: Some(upper), walls, ..DomainSpec::default() },
            ..Posed::default()
        }
    }

    /// How long does the process stay in this set around the minimum near a point, in a domain chosen from the
    /// landscape?
    pub fn leaving(set: StartSet, near: Point) -> Posed {
        let valley = ValleySpec { minimum: Some(near), set, ..ValleySpec::default() };
        Posed { valley: Some(valley), ..Posed::default() }
    }

    /// How long does the process take from the minimum near `from` to the disc of a radius around the minimum near
    /// `to`?
    pub fn reaching(from: Point, to: Point, radius: f64) -> Posed {
        let absorb = Absorb::Target { minimum: to, radius };
        let valley = ValleySpec { minimum: Some(from), absorb, ..ValleySpec::default() };
        Posed { valley: Some(valley), ..Posed::default() }
    }
}

/// The rectangle as it is asked for; by default chosen from the landscape, with reflecting walls.
#[derive(Clone, Debug, Default)]
pub struct DomainSpec {
    /// Lower corner; `None`: chosen from the landscape.
    pub lower: Option<Point>,
    /// Upper corner; `None`: chosen from the landscape.
    pub upper: Option<Point>,
    /// Walls of the x axis and of the y axis.
    pub walls: [AxisWalls; 2],
    /// A killing rate inside; `None`: what walls and sets kill is all.
    pub killing: Option<Arc<Killing>>,
    /// Parts of reflecting walls that absorb.
    pub windows: Vec<WindowSpec>,
}

/// The start set as it is asked for; by default the basin of the deepest minimum, with a boundary that kills.
#[derive(Clone, Debug, Default)]
pub struct ValleySpec {
    /// A point near the minimum; `None`: the deepest minimum in the domain (or in the set).
    pub minimum: Option<Point>,
    /// Where passage times start; `None`: at the minimum.
    pub from: Option<Point>,
    /// The start set.
    pub set: StartSet,
    /// What kills.
    pub absorb: Absorb,
}

/// The start set V_a.
#[derive(Clone, Debug, Default)]
pub enum StartSet {
    /// The basin of attraction of the minimum.
    #[default]
    Basin,
    /// The whole domain: its absorbing walls kill.
    Whole,
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
    Condition(Arc<Condition>),
}

impl StartSet {
    /// The set on which a function is positive: see [`Condition::positive`].
    pub fn positive(margin: impl Fn(Point) -> f64 + Send + Sync + 'static) -> StartSet {
        StartSet::Condition(Arc::new(Condition::positive(margin)))
    }
}

/// What kills.
#[derive(Clone, Debug, Default)]
pub enum Absorb {
    /// Leaving the start set.
    #[default]
    Boundary,
    /// Entering the disc around a minimum (polished from this point).
    Target {
        /// Near this point; polished by Newton.
        minimum: Point,
        /// Radius of the disc.
        radius: f64,
    },
}
