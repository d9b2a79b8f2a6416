//! The question about a landscape and its noise: the domain, the start set, and what absorbs.
//!
//! Parts that are left open (the corners, the minimum, the set around it) are found from the landscape when the problem
//! is made.

use std::sync::Arc;

use crate::problem::domain::AxisWalls;
use crate::problem::expression::Condition;
use crate::problem::{Killing, WindowSpec};
use crate::tensor::Point;

/// A question about a landscape: the domain, the start set, and what absorbs.
///
/// The default is a domain chosen from the landscape in which nothing absorbs.
#[derive(Clone, Debug, Default)]
pub struct Posed {
    /// The rectangle and its walls.
    pub domain: DomainSpec,
    /// Whether a domain that is chosen holds every minimum, although a start set is given: for what is asked of the
    /// closed domain.
    pub holds_all_minima: bool,
    /// The start set and what absorbs; `None`: the whole domain, absorbed at its walls.
    pub valley: Option<ValleySpec>,
    /// Whether to solve even if a degenerate point cuts the way out.
    pub allow_degenerate: bool,
}

impl Posed {
    /// The question how long the process stays in this rectangle, with these walls of the x and the y axis.
    ///
    /// In one dimension the second components and the walls of the y axis are unused.
    pub fn whole(lower: Point, upper: Point, walls: [AxisWalls; 2]) -> Posed {
        Posed {
            domain: DomainSpec { lower: Some(lower), upper: Some(upper), walls, ..DomainSpec::default() },
            ..Posed::default()
        }
    }

    /// The question how long the process stays in this set around the minimum near a point, in a domain chosen from the
    /// landscape.
    pub fn leaving(set: StartSet, near: Point) -> Posed {
        let valley = ValleySpec { minimum: Some(near), set, ..ValleySpec::default() };
        Posed { valley: Some(valley), ..Posed::default() }
    }

    /// The question how long the process takes from the minimum near `from` to the disc with this radius around the
    /// minimum near `to`.
    pub fn reaching(from: Point, to: Point, radius: f64) -> Posed {
        let absorb = Absorb::Target { minimum: to, radius };
        let valley = ValleySpec { minimum: Some(from), absorb, ..ValleySpec::default() };
        Posed { valley: Some(valley), ..Posed::default() }
    }
}

/// The specification of the domain; by default chosen from the landscape, with reflecting walls.
#[derive(Clone, Debug, Default)]
pub struct DomainSpec {
    /// Lower corner; `None`: chosen from the landscape.
    pub lower: Option<Point>,
    /// Upper corner; `None`: chosen from the landscape.
    pub upper: Option<Point>,
    /// Walls of the x axis and of the y axis.
    pub walls: [AxisWalls; 2],
    /// A killing rate inside the domain; `None`: only absorbing walls and sets kill.
    pub killing: Option<Arc<Killing>>,
    /// The absorbing parts of reflecting walls.
    pub windows: Vec<WindowSpec>,
}

/// The specification of the start set; by default the basin of the deepest minimum, whose boundary kills.
#[derive(Clone, Debug, Default)]
pub struct ValleySpec {
    /// A point near the minimum; `None`: the deepest minimum in the domain (or in the set).
    pub minimum: Option<Point>,
    /// The start point of passage times; `None`: the minimum.
    pub from: Option<Point>,
    /// The start set.
    pub set: StartSet,
    /// The event that kills the process, besides absorbing walls.
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
    /// The set where a condition holds.
    Condition(Arc<Condition>),
}

impl StartSet {
    /// The set on which a function is positive: see [`Condition::positive`].
    pub fn positive(margin: impl Fn(Point) -> f64 + Send + Sync + 'static) -> StartSet {
        StartSet::Condition(Arc::new(Condition::positive(margin)))
    }
}

/// The event that kills the process, besides its arrival at absorbing walls.
#[derive(Clone, Debug, Default)]
pub enum Absorb {
    /// Leaving the start set.
    #[default]
    Boundary,
    /// Entering the disc around a minimum (polished from this point).
    Target {
        /// A point near the minimum, which Newton's method refines.
        minimum: Point,
        /// The radius of the disc.
        radius: f64,
    },
}
