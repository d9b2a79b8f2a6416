//! The probability flux through the absorbing boundary, resolved along it and by saddle: the paper's Eq. 9, ∮ J·dS.

use crate::generator::{Assembly, Exit};
use crate::grid::Grid;
use crate::observe::arc::{Arc, Division};
use crate::observe::group::{Coordinate, Data, Field, FieldGroup, GroupError, Label};
use crate::observe::over_grid::{Kind, POSITION};
use crate::observe::profile::{Crossing, Profile};
use crate::problem::Problem;
use crate::tensor::{Point, difference};

/// The probability flux through the absorbing boundary for the normalised quasi-stationary density, per unit of
/// dynamical time.
#[derive(Clone, Debug)]
pub struct BoundaryFlux {
    /// Σ ν_i κ_i, equal to γ to rounding.
    pub total: f64,
    /// The part of it by a killing rate inside the domain; `None` if there is none.
    pub inside: Option<f64>,
    /// The flux of each saddle, as index into the problem's saddles and flux across the boundary's arc that belongs to
    /// it. Empty if a target absorbs beyond several saddles, since the point of entry does not tell the saddle.
    pub by_saddle: Vec<(usize, f64)>,
    /// The arcs of the boundary, lowest first; none in one dimension.
    pub arcs: Vec<Arc>,
    /// Points of the boundary, ordered along it if it is a curve.
    pub position: Vec<Point>,
    /// Arc length from the first point.
    pub arc: Vec<f64>,
    /// The flux density per length of the boundary (in one dimension the flux itself).
    pub density: Vec<f64>,
    /// The Gaussian flux density that the theory assumes; NaN on arcs without one, empty in one dimension.
    pub gaussian: Vec<f64>,
}

/// The name of the group, and of its coordinate.
const GROUP: &str = "flux";
pub(super) const ARC: Label = Label::new("arc_length", "parameter", "arc length along the dividing surface");
pub(super) const TOTAL: &str = "total";
pub(super) const DENSITY: Kind = Kind {
    name: "density",
    units: ["1/dynamical time", "1/(dynamical time parameter)"],
    long_name: ["flux through the end", "flux density per length of the dividing surface"],
};
/// The flux density that the theory assumes, at the same points.
pub const GAUSSIAN: Kind =
    Kind::new("gaussian", "1/(dynamical time parameter)", "Gaussian of the width √(D_⊥/H_⊥) with the flux of each arc");

impl BoundaryFlux {
    /// The flux along the boundary as a group of fields; `None` without a boundary.
    pub fn group(&self, dimension: usize) -> Option<FieldGroup> {
        if self.density.is_empty() {
            return None;
        }
        let arc = ARC.name.clone();
        let field = |label: Label, values: Vec<f64>| Field::over(label, vec![arc.clone()], values);
        let mut group = FieldGroup::new(GROUP, vec![Coordinate::new(ARC, self.arc.clone())]);
        group.describe(TOTAL, Data::Numbers(vec![self.total]));
        for (axis, label) in POSITION.into_iter().enumerate().take(dimension) {
            group.push(field(label, self.position.iter().map(|point| point[axis]).collect()));
        }
        group.push(field(DENSITY.label(dimension), self.density.clone()));
        if !self.gaussian.is_empty() {
            group.push(field(GAUSSIAN.label(dimension), self.gaussian.clone()));
        }
        Some(group)
    }

    /// The arc that belongs to this saddle and to no other.
    pub fn arc_of(&self, saddle: usize) -> Option<&Arc> {
        self.arcs.iter().find(|arc| arc.saddles == [saddle])
    }

    /// The flux stored in a group, if it is that of the absorbing boundary; the fluxes by saddle are not stored.
    ///
    /// # Errors
    /// [`GroupError`] if the group lacks a field or a field does not match its coordinate.
    pub fn from_group(group: &FieldGroup) -> Result<Option<BoundaryFlux>, GroupError> {
        (group.name == GROUP).then(|| BoundaryFlux::along(group)).transpose()
    }

    /// The flux along a surface stored in a group of any name.
    ///
    /// # Errors
    /// The errors of [`BoundaryFlux::from_group`].
    pub fn along(group: &FieldGroup) -> Result<BoundaryFlux, GroupError> {
        let x = group.needed(&POSITION[0].name)?;
        let y = group.values(&POSITION[1].name);
        group.fields.iter().try_for_each(|field| group.shape(field).map(drop))?;
        Ok(BoundaryFlux {
            total: group.numbers(TOTAL)?.first().copied().unwrap_or(f64::NAN),
            inside: None,
            by_saddle: Vec::new(),
            arcs: Vec::new(),
            position: x.iter().enumerate().map(|(k, x)| [*x, y.map_or(0.0, |y| y[k])]).collect(),
            arc: group.needed(&ARC.name)?.to_vec(),
            density: group.needed(DENSITY.name)?.to_vec(),
            gaussian: group.values(GAUSSIAN.name).unwrap_or_default().to_vec(),
        })
    }
}

/// The saddle to which each exit is assigned.
pub struct SaddleOfExit {
    /// The saddles, as indices into the problem's; empty if a target absorbs beyond several.
    pub saddles: Vec<usize>,
    /// For each exit the index of its saddle in `saddles`.
    place: Vec<usize>,
    division: Division,
}

impl SaddleOfExit {
    /// Assigns the exits of an assembly to saddles by the arcs of the boundary that they cross; `spacing` is that of
    /// the grid.
    pub fn new(problem: &Problem, spacing: [f64; 2], exits: &[Exit]) -> SaddleOfExit {
        let mut saddles = problem.valley.saddles.clone();
        if problem.valley.target.is_some() && saddles.len() > 1 {
            saddles.clear();
        }
        let crossings: Vec<Crossing> =
            exits.iter().map(|exit| Crossing { at: exit.position, edge: None, flow: 0.0 }).collect();
        let division = Division::new(problem, &saddles, &crossings, cell(problem, spacing));
        let of_each = division.saddle_of_each(problem, &saddles, &crossings);
        let place = |saddle: usize| saddles.iter().position(|own| *own == saddle);
        SaddleOfExit { place: of_each.into_iter().filter_map(place).collect(), saddles, division }
    }

    /// The saddle of an exit as index into `saddles`; `None` if exits do not tell.
    pub fn of(&self, exit: usize) -> Option<usize> {
        self.place.get(exit).copied()
    }

    /// The sums of values of the exits, by saddle.
    pub fn sums(&self, flows: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.saddles.len()];
        for (&place, flow) in self.place.iter().zip(flows) {
            sums[place] += flow;
        }
        sums
    }
}

/// The length scale on which a boundary is resolved.
fn cell(problem: &Problem, spacing: [f64; 2]) -> f64 {
    if problem.dimension == 1 { spacing[0] } else { spacing[0].max(spacing[1]) }
}

/// Sums the flux of all cut edges, and the flux killed inside.
pub fn boundary_flux(problem: &Problem, grid: &Grid, assembly: &Assembly, probability: &[f64]) -> BoundaryFlux {
    let Assembly { exits, inside, .. } = assembly;
    let flow = |exit: &Exit| probability[exit.state as usize] * exit.rate;
    let crossing = |exit: &Exit| {
        let [begin, end] = grid.edge(assembly.cells[exit.state as usize] as usize, exit.offset);
        Crossing { at: exit.position, edge: Some(difference(end, begin)), flow: flow(exit) }
    };
    let crossings: Vec<Crossing> = exits.iter().map(crossing).collect();
    let flows: Vec<f64> = crossings.iter().map(|crossing| crossing.flow).collect();
    let through: f64 = flows.iter().sum();
    let inside: Option<f64> =
        (!inside.is_empty()).then(|| inside.iter().zip(probability).map(|(rate, p)| rate * p).sum());
    let total = through + inside.unwrap_or(0.0);
    let saddles = SaddleOfExit::new(problem, grid.spacing(), exits);
    let by_saddle = saddles.saddles.iter().copied().zip(saddles.sums(&flows)).collect();
    if problem.dimension == 1 {
        let Profile { position, arc, density, .. } = by_end(crossings);
        return BoundaryFlux {
            total,
            inside,
            by_saddle,
            position,
            arc,
            density,
            arcs: Vec::new(),
            gaussian: Vec::new(),
        };
    }
    let profile = Profile::along(&crossings, grid.spacing());
    let arcs = saddles.division.arcs(problem, &crossings);
    let gaussian = saddles.division.gaussian(problem, &arcs, &profile);
    let Profile { position, arc, density, .. } = profile;
    BoundaryFlux { total, inside, by_saddle, position, arc, density, arcs, gaussian }
}

/// One dimension: one value per end.
fn by_end(mut ends: Vec<Crossing>) -> Profile {
    ends.sort_by(|a, b| a.at[0].total_cmp(&b.at[0]));
    Profile {
        position: ends.iter().map(|end| end.at).collect(),
        arc: ends.iter().map(|end| end.at[0] - ends[0].at[0]).collect(),
        density: ends.iter().map(|end| end.flow).collect(),
        ..Profile::default()
    }
}
