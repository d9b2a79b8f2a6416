//! The rectangle with its cells, the density p = e^{−φ} and the noise D on it.

use super::force::{Force, Nodes, Rectangle, solved};
use super::potential::{self, Potential};
use super::rule::Rule;
use crate::problem::{AxisWalls, Domain, Landscape, Problem, Region, Wall};
use crate::study::certificate::CertificateError;
use crate::tensor::{LANES, Point, Points, Tensor, dot};

/// ln p at the peak of the density, which leaves two thirds of the range of f64 to smaller densities.
const PEAK: f64 = 250.0;
/// The least ln p, e^{−850} of the peak; below it the density is taken as constant.
const FLOOR: f64 = -600.0;
/// The largest difference of φ between two paths; beyond it D⁻¹s is no gradient, or varies too much within a cell.
const LARGEST_DISAGREEMENT: f64 = 1e-3;
/// Rounding error of L, relative; the exponent L/D magnifies it.
const ROUNDED_LOSS: f64 = 8.0 * f64::EPSILON;

/// The cells of a rectangle over which p = e^{−φ} is integrated.
pub(super) struct Setting<'a> {
    pub(super) problem: &'a Problem,
    process: Process<'a>,
    pub(super) lower: Point,
    pub(super) spacing: Point,
    pub(super) cells: [usize; 2],
    /// Whether each wall absorbs: `[axis][lower, upper]`.
    pub(super) absorbs: [[bool; 2]; 2],
    /// Whether each axis is periodic.
    pub(super) is_periodic: [bool; 2],
}

/// The evaluation of p and D.
enum Process<'a> {
    /// White noise, φ = L/d and D = d·I. `lowest`: the least L at cell centres.
    White { loss: &'a dyn Landscape, noise: f64, lowest: f64 },
    /// Any other process in detailed balance: φ from integrals of ∇φ = D⁻¹s.
    Field { force: Force<'a>, potential: Potential },
}

/// D at the nodes of a cell, x slow.
pub(super) enum Tensors<const N: usize> {
    White(f64),
    Field(Box<[[Tensor; N]; N]>),
}

impl<const N: usize> Tensors<N> {
    /// v·D v at node (a, b).
    pub(super) fn energy(&self, a: usize, b: usize, v: Point) -> f64 {
        match self {
            Tensors::White(d) => d * dot(v, v),
            Tensors::Field(tensors) => tensors[a][b].form(v, v),
        }
    }

    /// v·D⁻¹v at node (a, b).
    pub(super) fn inverse(&self, a: usize, b: usize, v: Point) -> f64 {
        match self {
            Tensors::White(d) => dot(v, v) / d,
            Tensors::Field(tensors) => dot(v, solved(tensors[a][b], v)),
        }
    }
}

/// The boundary condition at the two ends of an axis.
#[derive(Clone, Copy)]
pub(super) enum Beyond {
    /// Walls; `true` absorbs, `false` reflects.
    Walls([bool; 2]),
    /// A periodic axis.
    Itself,
}

/// p and D at the nodes of a cell, x slow.
pub(super) struct Sample<const N: usize> {
    pub(super) p: [[f64; N]; N],
    pub(super) d: Tensors<N>,
}

/// p at the nodes of a face, and D n there for the normal n along an axis.
pub(super) struct FaceSample<const N: usize> {
    pub(super) p: [f64; N],
    pub(super) d: [Point; N],
}

/// The problem with the start set, a rectangle, as its domain.
///
/// # Errors
/// A [`CertificateError`] for a metric, for jumps or kinks, for a set that is no rectangle, if nothing absorbs, and for
/// a process that is not in detailed balance.
pub(in super::super) fn in_rectangle(problem: &Problem) -> Result<Problem, CertificateError> {
    if problem.dynamics.metric().is_some() {
        return Err(CertificateError::Metric);
    }
    if problem.dynamics.may_break() || problem.noise.jumps() || bends(problem) {
        return Err(CertificateError::Jumps);
    }
    let mut domain = problem.domain.clone();
    let start = problem.valley.start_point;
    let Some([lower, upper]) = problem.valley.live.rectangle(&domain, start) else {
        return Err(CertificateError::NotARectangle);
    };
    draw_in(&mut domain, lower, upper);
    if !domain.absorbs() {
        return Err(CertificateError::NothingAbsorbs);
    }
    let mut own = problem.clone();
    (own.domain, own.valley.live) = (domain, Region::Whole);
    if !own.is_reversible() {
        Force::new(&own).check()?;
    }
    Ok(own)
}

/// Whether the noise is that of the Hessian, or D or a derivative of it jumps along one of 16 lines across the domain
/// in each direction.
fn bends(problem: &Problem) -> bool {
    const LINES: usize = 16;
    let Domain { lower, .. } = problem.domain;
    let line = |axis: usize, k: usize| {
        let across = 1 - axis;
        let mut from = lower;
        from[across] += problem.domain.width(across) * (k as f64 + 0.5) / LINES as f64;
        let mut to = from;
        to[axis] += problem.domain.width(axis);
        problem.noise.breaks(from, to)
    };
    let lines = (0..2).flat_map(|axis| (0..LINES).map(move |k| (axis, k)));
    problem.noise.hessian_field().is_some() || lines.into_iter().any(|(axis, k)| !line(axis, k).is_empty())
}

/// Moves the walls of the domain inwards to the sides of a box, which absorb even where they coincide with a wall. A
/// periodic axis is left as it is.
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
    /// The cells over the domain of a problem from [`in_rectangle`].
    ///
    /// # Errors
    /// [`CertificateError::Disagrees`] if φ from D⁻¹s depends on the path.
    pub(super) fn new(problem: &'a Problem, cells: [usize; 2]) -> Result<Setting<'a>, CertificateError> {
        let domain = &problem.domain;
        let absorbs = [0, 1].map(|axis| [0, 1].map(|end| domain.wall(axis, end) == Some(Wall::Absorbing)));
        let is_periodic = [0, 1].map(|axis| domain.is_periodic(axis));
        let spacing = [0, 1].map(|axis| domain.width(axis) / cells[axis] as f64);
        let place = |i: f64, j: f64| [domain.lower[0] + spacing[0] * i, domain.lower[1] + spacing[1] * j];
        let process = match problem.dynamics.loss().zip(problem.noise.constant()) {
            Some((loss, noise)) => {
                let mut lowest = f64::INFINITY;
                for i in 0..cells[0] {
                    for j in 0..cells[1] {
                        lowest = lowest.min(loss.value(place(i as f64 + 0.5, j as f64 + 0.5)));
                    }
                }
                Process::White { loss, noise, lowest }
            }
            None => {
                let force = Force::new(problem);
                let rectangle = |[i, j]: [usize; 2]| Rectangle { lower: place(i as f64, j as f64), size: spacing };
                let potential = Potential::new(force, cells, rectangle);
                if potential.disagreement.is_nan() || potential.disagreement > LARGEST_DISAGREEMENT {
                    return Err(CertificateError::Disagrees { by: potential.disagreement });
                }
                Process::Field { force, potential }
            }
        };
        Ok(Setting { problem, process, lower: domain.lower, spacing, cells, absorbs, is_periodic })
    }

    /// The point at (i, j) cell widths from the lower corner.
    pub(super) fn place(&self, i: f64, j: f64) -> Point {
        [self.lower[0] + self.spacing[0] * i, self.lower[1] + self.spacing[1] * j]
    }

    pub(super) fn len(&self) -> usize {
        self.cells[0] * self.cells[1]
    }

    pub(super) fn area(&self) -> f64 {
        self.spacing[0] * self.spacing[1]
    }

    /// The boundary condition at the two ends of an axis.
    pub(super) fn beyond(&self, axis: usize) -> Beyond {
        if self.is_periodic[axis] { Beyond::Itself } else { Beyond::Walls(self.absorbs[axis]) }
    }

    /// The index of a face normal to `axis`: `i·ny + j` across x, `i·(ny+1) + j` across y. The last face of a periodic
    /// axis is its first.
    pub(super) fn face_number(&self, axis: usize, [i, j]: [usize; 2]) -> usize {
        let around =
            |own: usize, k: usize| if self.is_periodic[own] && own == axis && k == self.cells[own] { 0 } else { k };
        let (i, j) = (around(0, i), around(1, j));
        if axis == 0 { i * self.cells[1] + j } else { i * (self.cells[1] + 1) + j }
    }

    /// The cell on the other side of a face of a cell; `None` at a wall.
    pub(super) fn neighbour(&self, [i, j]: [usize; 2], axis: usize, end: usize) -> Option<[usize; 2]> {
        let moved = |k: usize, n: usize| match (end, self.is_periodic[axis]) {
            (1, true) => Some((k + 1) % n),
            (0, true) => Some((k + n - 1) % n),
            (1, false) => (k + 1 < n).then_some(k + 1),
            _ => k.checked_sub(1),
        };
        if axis == 0 { Some([moved(i, self.cells[0])?, j]) } else { Some([i, moved(j, self.cells[1])?]) }
    }

    /// ln p at the centre of a cell, scaled to [`PEAK`] at its largest.
    pub(super) fn exponent(&self, cell: usize) -> f64 {
        let ny = self.cells[1];
        match &self.process {
            Process::White { loss, noise, lowest } => {
                let at = self.place((cell / ny) as f64 + 0.5, (cell % ny) as f64 + 0.5);
                PEAK - (loss.value(at) - lowest) / noise
            }
            Process::Field { potential, .. } => PEAK - potential.centres[cell],
        }
    }

    /// The height of the pass over a face of a cell: L (white noise) or φ in its middle.
    pub(super) fn pass(&self, [i, j]: [usize; 2], axis: usize, end: usize) -> f64 {
        match &self.process {
            Process::White { loss, .. } => {
                let (x, y) = (i as f64 + 0.5, j as f64 + 0.5);
                let shift = end as f64 - 0.5;
                loss.value(if axis == 0 { self.place(x + shift, y) } else { self.place(x, y + shift) })
            }
            Process::Field { potential, .. } => {
                let cell = i * self.cells[1] + j;
                potential.centres[cell] + potential.rises[cell][axis][end]
            }
        }
    }

    /// Whether ln p is above the floor.
    pub(super) fn is_counted(exponent: f64) -> bool {
        exponent > FLOOR
    }

    /// p and D at the nodes of a cell.
    pub(super) fn sample<const N: usize>(&self, rule: &Rule<N>, [i, j]: [usize; 2]) -> Sample<N> {
        match &self.process {
            Process::White { loss, noise, lowest } => {
                let line = |a: usize| {
                    let place = |b: usize| self.place(i as f64 + rule.nodes[a], j as f64 + rule.nodes[b]);
                    white(*loss, *noise, *lowest, std::array::from_fn(place))
                };
                Sample { p: std::array::from_fn(line), d: Tensors::White(*noise) }
            }
            Process::Field { force, potential } => {
                let nodes = force.at_nodes(rule, self.rectangle([i, j]));
                let own = potential.centres[i * self.cells[1] + j];
                let within = potential::within(rule, &nodes, self.spacing);
                let p = within.map(|line| line.map(|rise| (PEAK - own - rise).max(FLOOR).exp()));
                let tensors = std::array::from_fn(|a| std::array::from_fn(|b| nodes.tensor(a, b)));
                Sample { p, d: Tensors::Field(Box::new(tensors)) }
            }
        }
    }

    /// p and D n at the nodes of a face of a cell.
    pub(super) fn face<const N: usize>(
        &self,
        rule: &Rule<N>,
        [i, j]: [usize; 2],
        axis: usize,
        end: usize,
    ) -> FaceSample<N> {
        let (x, y, shift) = (i as f64, j as f64, end as f64);
        let places: [Point; N] = std::array::from_fn(|k| match axis {
            0 => self.place(x + shift, y + rule.nodes[k]),
            _ => self.place(x + rule.nodes[k], y + shift),
        });
        match &self.process {
            Process::White { loss, noise, lowest } => {
                let own = if axis == 0 { [*noise, 0.0] } else { [0.0, *noise] };
                FaceSample { p: white(*loss, *noise, *lowest, places), d: [own; N] }
            }
            Process::Field { force, potential } => {
                let nodes: Nodes<N> = force.at_nodes(rule, self.rectangle([i, j]));
                let own = potential.centres[i * self.cells[1] + j];
                let rises = potential::on_face(rule, &nodes, self.spacing, axis, end);
                let line = |place: Point| {
                    let Tensor { xx, xy, yy } = self.problem.noise.tensor(place);
                    if axis == 0 { [xx, xy] } else { [xy, yy] }
                };
                FaceSample { p: rises.map(|rise| (PEAK - own - rise).max(FLOOR).exp()), d: places.map(line) }
            }
        }
    }

    fn rectangle(&self, [i, j]: [usize; 2]) -> Rectangle {
        Rectangle { lower: self.place(i as f64, j as f64), size: self.spacing }
    }

    /// The relative error of p, and of 1/p, from roundings of L or from the difference of φ between two paths.
    pub(super) fn rounding(&self) -> f64 {
        match &self.process {
            Process::White { loss, noise, .. } => {
                let valley = &self.problem.valley;
                let critical = &self.problem.critical;
                let saddles = valley.saddles.iter().map(|&index| critical.saddles[index].point.theta);
                let places = saddles.chain([valley.start_point]);
                ROUNDED_LOSS * places.map(|at| loss.value(at).abs()).fold(0.0, f64::max) / noise
            }
            // Twice the difference, which is in p and in 1/p.
            Process::Field { potential, .. } => 2.0 * potential.disagreement + ROUNDED_LOSS * (PEAK - FLOOR),
        }
    }

    /// Whether D = d·I with a constant d, so that φ = L/d.
    pub(super) fn is_white(&self) -> bool {
        matches!(self.process, Process::White { .. })
    }
}

/// p at up to [`LANES`] points under white noise.
fn white<const N: usize>(loss: &dyn Landscape, noise: f64, lowest: f64, places: [Point; N]) -> [f64; N] {
    const { assert!(N <= LANES) };
    let mut at = Points::all(places[0]);
    places.iter().enumerate().for_each(|(lane, &place)| at.set(lane, place));
    let mut losses = [0.0; LANES];
    loss.values(&at, &mut losses);
    std::array::from_fn(|lane| (PEAK - (losses[lane] - lowest) / noise).max(FLOOR).exp())
}
