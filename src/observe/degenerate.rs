//! The flux through a curve Γ on which an eigenvalue of the Hessian, and of D = c[H]₊ with it, changes sign: where
//! along Γ the noise of the other eigenvector carries the process across, beside the openness ω there
//! ([`crate::problem::degeneracy::curve`]).
//!
//! It is summed over the edges that cross Γ, forward less backward, in the quasi-stationary density; positive towards
//! where H has one positive eigenvalue less. What crosses Γ and comes back counts twice, with opposite signs.

use serde::Serialize;

use crate::generator::Assembly;
use crate::grid::Grid;
use crate::observe::boundary::{ARC, DENSITY, TOTAL};
use crate::observe::group::{Coordinate, Data, Field, FieldGroup, Label};
use crate::observe::over_grid::POSITION;
use crate::observe::profile::{Crossing, Profile};
use crate::problem::Problem;
use crate::problem::degeneracy::curve::Curves;
use crate::tensor::{Point, difference};

/// The name of the section in a summary, and of the group of its fields.
pub const DEGENERATE_CURVE: &str = "degenerate_curve";

/// The name of the arc length along the curve.
pub const ARC_NAME: &str = "arc_length";

/// The name of the flux density along the curve.
pub const DENSITY_NAME: &str = DENSITY.name;

/// ω along the curve.
pub const OPENNESS: Label = Label::new(
    "openness",
    "1",
    "squared cosine between the normal of the curve and the eigenvector whose noise is left",
);

/// What crosses Γ.
#[derive(Clone, Debug, Serialize)]
pub struct CurveFlux {
    /// Net flux through Γ, per unit of time.
    pub flux: f64,
    /// Where it is densest. The process circulates through Γ, out in one place and back in another, by far more than
    /// the net flux.
    pub densest: Point,
    /// ω there.
    pub openness: f64,
    /// ω on average over the flux.
    pub mean_openness: f64,
    #[serde(skip)]
    profile: Profile,
    #[serde(skip)]
    along: Vec<f64>,
}

/// Edges along the noise that is left carry much to and fro across Γ: bins this many times wider than for other curves
/// …
const BINS: f64 = 3.0;
/// … and smoothed so many times, which leaves a sixty-fourth of what repeats itself every third bin.
const SMOOTHINGS: usize = 3;

impl CurveFlux {
    /// The flux of a quasi-stationary density, in two dimensions, for noise c[H]₊ without a floor; `None` for other
    /// noise and where nothing crosses.
    pub fn new(problem: &Problem, grid: &Grid, assembly: &Assembly, probability: &[f64]) -> Option<CurveFlux> {
        let field = problem.noise.hessian_field().filter(|field| field.floor == 0.0 && problem.dimension == 2)?;
        let size = problem.domain.width(0).max(problem.domain.width(1));
        let curves = Curves { field: &field, interpretation: problem.interpretation, size };
        let positive = |at: Point| {
            let values = field.landscape.hessian(at).eigen(2).values;
            values.iter().filter(|value| **value > 0.0).count()
        };
        let counts: Vec<usize> = assembly.cells.iter().map(|&cell| positive(grid.cell_centre(cell as usize))).collect();
        let (mut crossings, mut openness) = (Vec::new(), Vec::new());
        for pair in &assembly.pairs {
            let (from, to) = (pair.from as usize, pair.to as usize);
            if counts[from] == counts[to] {
                continue;
            }
            let net = probability[from] * pair.forward - probability[to] * pair.backward;
            let [begin, end] = grid.edge(assembly.cells[from] as usize, pair.offset);
            let Some(place) = curves.narrowest(begin, end) else { continue };
            let flow = if counts[from] > counts[to] { net } else { -net };
            crossings.push(Crossing { at: place.at, edge: Some(difference(end, begin)), flow });
            openness.push(place.openness);
        }
        let profile = Profile::smoothed(&crossings, grid.spacing().map(|cell| BINS * cell), SMOOTHINGS);
        let densest = (0..profile.density.len()).max_by(|&a, &b| profile.density[a].total_cmp(&profile.density[b]))?;
        let along: Vec<f64> = profile.beside.iter().map(|&beside| openness[beside]).collect();
        let weights: f64 = crossings.iter().map(|crossing| crossing.flow.abs()).sum();
        let weighted: f64 =
            crossings.iter().zip(&openness).map(|(crossing, openness)| crossing.flow.abs() * openness).sum();
        Some(CurveFlux {
            flux: crossings.iter().map(|crossing| crossing.flow).sum(),
            densest: profile.position[densest],
            openness: along[densest],
            mean_openness: weighted / weights,
            along,
            profile,
        })
    }

    /// The flux and the openness along Γ as a group of fields.
    pub fn group(&self) -> FieldGroup {
        let arc = ARC.name.clone();
        let field = |label: Label, values: Vec<f64>| Field { label, coordinates: vec![arc.clone()], values };
        let mut group = FieldGroup::new(DEGENERATE_CURVE, vec![Coordinate::new(ARC, self.profile.arc.clone())]);
        group.describe(TOTAL, Data::Numbers(vec![self.flux]));
        for (axis, label) in POSITION.into_iter().enumerate() {
            group.push(field(label, self.profile.position.iter().map(|point| point[axis]).collect()));
        }
        group.push(field(DENSITY.label(2), self.profile.density.clone()));
        group.push(field(OPENNESS, self.along.clone()));
        group
    }
}
