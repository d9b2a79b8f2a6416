//! The rectangle that is left, its cells and its density.

use crate::problem::{AxisWalls, Domain, Landscape, Problem, Region, Wall};
use crate::study::certificate::CertificateError;
use crate::tensor::{LANES, Point, Points};

/// Exponent of the density at its peak: half of the range of numbers is left for what is below.
const PEAK: f64 = 250.0;
/// Below this exponent, e^{−850} of the peak, the density is taken as constant.
const FLOOR: f64 = -600.0;

/// A rectangle of cells over which p = e^{−L/d} is integrated.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) loss: &'a dyn Landscape,
    /// d in D = d·I.
    pub(super) noise: f64,
    pub(super) lower: Point,
    pub(super) spacing: Point,
    pub(super) cells: [usize; 2],
    /// Whether each wall absorbs: axis, then lower and upper.
    pub(super) absorbs: [[bool; 2]; 2],
    /// L where the density is largest, or nearly so.
    lowest: f64,
}

/// The same problem with the rectangle in which the process lives as its domain; `None` where it lives in no rectangle.
///
/// # Errors
/// Sets of another shape, periodic axes, other noise than D = d·I, and drifts without a loss.
pub(in super::super) fn in_rectangle(problem: &Problem) -> Result<Problem, CertificateError> {
    if !problem.is_reversible() || problem.dynamics.may_break() || problem.dynamics.metric().is_some() {
        return Err(CertificateError::NotReversible);
    }
    if (0..2).any(|axis| problem.domain.is_periodic(axis)) {
        return Err(CertificateError::Periodic);
    }
    let mut domain = problem.domain.clone();
    match &problem.valley.live {
        Region::Whole => {}
        Region::Box { lower, upper, .. } => draw_in(&mut domain, *lower, *upper),
        _ => return Err(CertificateError::NotARectangle),
    }
    if !domain.absorbs() {
        return Err(CertificateError::NothingAbsorbs);
    }
    let mut own = problem.clone();
    (own.domain, own.valley.live) = (domain, Region::Whole);
    Ok(own)
}

/// Moves walls inwards to the sides of a box, which absorb, also where they lie on the wall.
fn draw_in(domain: &mut Domain, lower: Point, upper: Point) {
    for axis in 0..2 {
        let AxisWalls::Walls(mut walls) = domain.walls[axis] else { continue };
        if lower[axis] >= domain.lower[axis] {
            (domain.lower[axis], walls[0]) = (lower[axis], Wall::Absorbing);
        }
        if upper[axis] <= domain.upper[axis] {
            (domain.upper[axis], walls[1]) = (upper[axis], Wall::Absorbing);
        }
        domain.walls[axis] = AxisWalls::Walls(walls);
    }
}

impl<'a> Setting<'a> {
    /// Cells over the domain of a problem from [`in_rectangle`].
    pub(super) fn new(problem: &'a Problem, cells: [usize; 2]) -> Result<Setting<'a>, CertificateError> {
        let (loss, noise) =
            problem.dynamics.loss().zip(problem.noise.constant()).ok_or(CertificateError::NotReversible)?;
        let domain = &problem.domain;
        let absorbs = [0, 1].map(|axis| [0, 1].map(|end| domain.wall(axis, end) == Some(Wall::Absorbing)));
        let spacing = [0, 1].map(|axis| domain.width(axis) / cells[axis] as f64);
        let mut setting = Setting { loss, noise, lower: domain.lower, spacing, cells, absorbs, lowest: f64::INFINITY };
        for i in 0..cells[0] {
            for j in 0..cells[1] {
                setting.lowest = setting.lowest.min(loss.value(setting.place(i as f64 + 0.5, j as f64 + 0.5)));
            }
        }
        Ok(setting)
    }

    /// The point at these numbers of cells from the lower corner.
    pub(super) fn place(&self, i: f64, j: f64) -> Point {
        [self.lower[0] + self.spacing[0] * i, self.lower[1] + self.spacing[1] * j]
    }

    pub(super) fn len(&self) -> usize {
        self.cells[0] * self.cells[1]
    }

    pub(super) fn area(&self) -> f64 {
        self.spacing[0] * self.spacing[1]
    }

    /// ln p, in the unit of all densities here.
    pub(super) fn exponent(&self, at: Point) -> f64 {
        self.exponent_of(self.loss.value(at))
    }

    fn exponent_of(&self, loss: f64) -> f64 {
        PEAK - (loss - self.lowest) / self.noise
    }

    /// Whether ln p is above the floor.
    pub(super) fn is_counted(exponent: f64) -> bool {
        exponent > FLOOR
    }

    /// p at up to [`LANES`] places.
    pub(super) fn densities<const N: usize>(&self, places: [Point; N]) -> [f64; N] {
        const { assert!(N <= LANES) };
        let mut at = Points::all(places[0]);
        places.iter().enumerate().for_each(|(lane, &place)| at.set(lane, place));
        let mut losses = [0.0; LANES];
        self.loss.values(&at, &mut losses);
        std::array::from_fn(|lane| self.exponent_of(losses[lane]).max(FLOOR).exp())
    }
}
