//! The absorbing part of a problem: the set or the walls that kill the process, and the place at which the killing
//! boundary cuts the way over a saddle.

use crate::digits::{exact, precise_point};
use crate::problem::oblique::Departure;
use crate::problem::{Domain, Region, Wall};
use crate::tensor::Point;

/// The absorbing part of a problem, with the place at which the killing boundary cuts the way over the lowest saddle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Absorption {
    /// The set or the walls that kill the process.
    pub killer: Killer,
    /// The place at which the killing boundary cuts the way over the lowest saddle; `None` if no saddle leads out of
    /// the live set.
    pub cut: Option<Cut>,
    /// The absorbing walls or windows besides the killer, in words; `None` if there are none.
    pub walls: Option<&'static str>,
    /// Whether a killing rate inside the domain acts in addition.
    pub inside: bool,
}

/// The set or the walls that kill the process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Killer {
    /// Nothing: the chain is closed.
    Nothing,
    /// A disc around a minimum, which kills on entry.
    Disc {
        /// The centre of the disc.
        centre: Point,
        /// The radius of the disc.
        radius: f64,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The absorbing walls of the domain.
    Walls,
    /// Windows in reflecting walls, and any absorbing walls.
    Windows {
        /// Whether there are absorbing walls too.
        and_walls: bool,
    },
    /// The boundary of the basin of attraction of the minimum.
    Basin,
    /// The ends of an interval.
    Interval,
    /// The sides of a box.
    Box,
    /// The boundary of another start set.
    Set,
}

/// The place at which the killing boundary cuts the way over a saddle, with the factor γ/γ_Kramers that follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// At the saddle: half of the arrivals would have returned, and the rate is twice Kramers'.
    AtSaddle,
    /// Far beyond the saddle: Kramers' rate to within a thousandth.
    Beyond(f64),
    /// Slightly beyond the saddle: between one and two times Kramers' rate.
    ShortlyBeyond(f64),
    /// Before the saddle: more than twice Kramers' rate.
    Before(f64),
    /// Along a boundary that crosses the separatrix at an angle or curves away from it.
    Departing {
        /// The slant and the curvature of the boundary.
        departure: Departure,
        /// γ/γ_Kramers; only its leading part if the effect of the departure is not known.
        factor: f64,
    },
    /// At a stationary point of the drift where the noise vanishes too: it is not crossed, and Kramers' rate is
    /// undefined.
    WithoutNoise,
    /// On a way along an axis without noise.
    Driven,
    /// Out of a valley whose minimum, or over a crest which, is a cusp: Kramers' rate is undefined.
    Cusp,
}

impl Cut {
    /// The cut at a distance beyond the saddle, in units of the saddle's width √(D/|H_be|): γ/γ_Kramers =
    /// 1/Φ(distance).
    pub fn at(distance: f64) -> Cut {
        let factor = 1.0 / normal_distribution(distance);
        // Rounding of the integral would otherwise miss the two common cases.
        match factor {
            factor if (factor - 1.0).abs() < MEANT => Cut::Beyond(1.0),
            factor if (factor - 2.0).abs() < MEANT => Cut::AtSaddle,
            factor if factor < FAR => Cut::Beyond(factor),
            factor if factor < 2.0 => Cut::ShortlyBeyond(factor),
            factor => Cut::Before(factor),
        }
    }

    /// γ/γ_Kramers: 2 at the saddle, 1 far beyond it, more than 2 before it; NaN where the noise vanishes at the saddle
    /// or along the way, and at cusps.
    pub fn factor(self) -> f64 {
        match self {
            Cut::AtSaddle => 2.0,
            Cut::WithoutNoise | Cut::Driven | Cut::Cusp => f64::NAN,
            Cut::Beyond(factor) | Cut::ShortlyBeyond(factor) | Cut::Before(factor) | Cut::Departing { factor, .. } => {
                factor
            }
        }
    }

    /// The cut by a boundary with a slant and a curvature at a distance beyond a saddle of this stiffness, in the units
    /// of [`Cut::at`]. `narrowing` is that of the pass ([`crate::problem::oblique`]), `None` if it is not known.
    pub fn departing(distance: f64, [slant, bend]: [f64; 2], stiffness: f64, narrowing: Option<f64>) -> Cut {
        let (cut, mean) = (Cut::at(distance), Cut::at(distance + bend - narrowing.unwrap_or(0.0)));
        let Some(departure) = Departure::at_saddle(slant, bend, stiffness) else { return cut };
        let departure = departure.beside(narrowing);
        match (cut, mean) {
            (Cut::Beyond(_), Cut::Beyond(_)) => cut,
            (Cut::AtSaddle, _) => Cut::Departing { departure, factor: departure.factor(mean.factor(), stiffness) },
            // The effect of a slant is known only at the saddle, that of a small curvature anywhere.
            _ if departure.is_known && Departure::at_saddle(slant, 0.0, stiffness).is_none() => mean,
            _ => Cut::Departing { departure: Departure { is_known: false, ..departure }, factor: mean.factor() },
        }
    }

    /// The departure of the boundary from the separatrix, if there is one.
    pub fn departure(self) -> Option<Departure> {
        match self {
            Cut::Departing { departure, .. } => Some(departure),
            _ => None,
        }
    }
}

/// A factor this near to 1 or to 2 is taken as that number: the distribution function is accurate to 1e-7, and walls
/// are given with about six digits.
const MEANT: f64 = 1e-5;

/// The factor γ/γ_Kramers below which a boundary is far beyond the saddle.
pub const FAR: f64 = 1.001;

impl Absorption {
    /// Returns the absorption of a process with the live set `live`.
    pub fn new(domain: &Domain, live: &Region, target: Option<(Point, f64)>, cut: Option<Cut>) -> Absorption {
        let set = match live {
            Region::Rolled { set, .. } => set,
            set => set,
        };
        let killer = match (target, set) {
            (None, Region::Whole) if !domain.absorbs() => Killer::Nothing,
            (Some((centre, radius)), _) => Killer::Disc { centre, radius, dimension: domain.dimension },
            (None, Region::Whole) if !domain.windows.is_empty() => {
                Killer::Windows { and_walls: domain.has_absorbing_wall() }
            }
            (None, Region::Whole) => Killer::Walls,
            (None, Region::Basin { .. }) => Killer::Basin,
            (None, Region::Box { .. }) if domain.dimension == 1 => Killer::Interval,
            (None, Region::Box { .. }) => Killer::Box,
            (None, _) => Killer::Set,
        };
        let is_of_walls = matches!(killer, Killer::Nothing | Killer::Walls | Killer::Windows { .. });
        let walls = if is_of_walls { None } else { absorbing_walls(domain, live) };
        Absorption { killer, cut, walls, inside: domain.killing.is_some() }
    }
}

/// Describes the absorbing walls and windows beside which the process lives; `None` if there are none. Where the set
/// ends with the domain, as with an automatic one, the wall is the set's own end and counts as that.
fn absorbing_walls(domain: &Domain, live: &Region) -> Option<&'static str> {
    /// The number of tested places along a wall.
    const PLACES: usize = 64;
    /// The distance of these places from the wall, as a fraction of the domain.
    const INSIDE: f64 = 1e-6;
    /// Sides of a set this near to the wall, as a fraction of the domain, are at the wall.
    const SAME: f64 = 1e-9;
    let corners = live.corners();
    let is_own = |axis: usize, end: usize| {
        let wall = [domain.lower, domain.upper][end][axis];
        corners.is_some_and(|corners| (corners[end][axis] - wall).abs() <= SAME * domain.width(axis))
    };
    let at = |axis: usize, share: f64| domain.lower[axis] + share * (domain.upper[axis] - domain.lower[axis]);
    let bounds = |axis: usize, end: usize| {
        let across = if end == 0 { INSIDE } else { 1.0 - INSIDE };
        let places = if domain.dimension == 1 { 1 } else { PLACES };
        (0..places).any(|place| {
            let along = (place as f64 + 0.5) / places as f64;
            let mut theta = [at(0, if axis == 0 { across } else { along }), 0.0];
            if domain.dimension == 2 {
                theta[1] = at(1, if axis == 1 { across } else { along });
            }
            domain.absorbs_at(axis, end, theta) && live.holds_roughly(theta).unwrap_or_else(|| live.holds(theta))
        }) && !is_own(axis, end)
    };
    let ends = (0..domain.dimension).flat_map(|axis| [(axis, 0), (axis, 1)]);
    let [walls, windows] = [Some(Wall::Absorbing), Some(Wall::Reflecting)].map(|kind| {
        let mut ends = ends.clone().filter(|&(axis, end)| domain.wall(axis, end) == kind);
        !domain.automatic && ends.any(|(axis, end)| bounds(axis, end))
    });
    match (walls, windows) {
        (true, true) => Some("absorbing walls and windows"),
        (true, false) => Some("absorbing walls"),
        (false, true) => Some("windows in the walls"),
        (false, false) => None,
    }
}

impl std::fmt::Display for Absorption {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Absorption { killer, cut, walls, inside } = self;
        match (killer, cut) {
            (Killer::Nothing, _) if *inside => return formatter.write_str("killed at a rate inside the domain"),
            (Killer::Nothing, _) => write!(formatter, "{killer}"),
            (_, None) => write!(formatter, "{killer} (over no saddle of the valley)"),
            (_, Some(cut)) => write!(formatter, "{killer} ({cut})"),
        }?;
        if let Some(walls) = walls {
            write!(formatter, ", and at {walls}")?;
        }
        if *inside { formatter.write_str(", and at a rate inside the domain") } else { Ok(()) }
    }
}

impl std::fmt::Display for Killer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = match self {
            Killer::Nothing => "nothing absorbs: the domain is closed",
            Killer::Disc { centre, radius, dimension } => {
                let (centre, radius) = (precise_point(*centre, *dimension), exact(*radius));
                return write!(formatter, "killed on entering the disc of radius {radius} around {centre}");
            }
            Killer::Walls => "killed at the absorbing walls of the domain",
            Killer::Windows { and_walls: false } => "killed at the windows in the walls of the domain",
            Killer::Windows { and_walls: true } => {
                "killed at the absorbing walls of the domain and the windows in others"
            }
            Killer::Basin => "killed on leaving the basin of attraction of the minimum",
            Killer::Interval => "killed on leaving the interval",
            Killer::Box => "killed on leaving the box",
            Killer::Set => "killed on leaving the start set",
        };
        formatter.write_str(words)
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Cut::AtSaddle => "at the saddle: about twice the Kramers rate",
            Cut::Beyond(1.0) => "beyond the saddle: the Kramers rate",
            Cut::Beyond(factor) => {
                return write!(formatter, "shortly beyond the saddle: {factor:.4} times the Kramers rate");
            }
            Cut::ShortlyBeyond(_) => "shortly beyond the saddle: between one and two times the Kramers rate",
            Cut::Before(_) => "before the saddle: more than twice the Kramers rate",
            Cut::Departing { departure: Departure { is_known: true, .. }, factor } if *factor >= 2.0 => {
                "at the saddle, along a curve that departs from the separatrix: more than twice the Kramers rate"
            }
            Cut::Departing { departure: Departure { is_known: true, .. }, .. } => {
                "at the saddle, along a curve that departs from the separatrix: less than twice the Kramers rate"
            }
            Cut::Departing { .. } => "along a curve that departs from the separatrix near the saddle",
            Cut::Driven => "over a saddle that is crossed along an axis without noise, where Kramers' rate is another",
            Cut::Cusp => "over a saddle: it or the minimum is a cusp, and there is no Kramers rate",
            Cut::WithoutNoise => {
                "at a point where drift and noise vanish together: it is reached and not crossed, and has no Kramers rate"
            }
        })
    }
}

/// The standard normal distribution function Φ(x) to about 1e-7 relative, which suffices for the factor of a formula.
fn normal_distribution(x: f64) -> f64 {
    // Simpson's rule on the density from −10 (Φ(−10) = 8e-24) to x.
    let (from, steps) = (-10.0, 400);
    let h = (x - from) / f64::from(steps);
    let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let inner: f64 = (1..steps).map(|k| if k % 2 == 1 { 4.0 } else { 2.0 } * density(from + f64::from(k) * h)).sum();
    h / 3.0 * (density(from) + inner + density(x))
}
