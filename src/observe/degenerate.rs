//! The flux through a curve Γ on which an eigenvalue of the Hessian changes sign and the corresponding one of D = c[H]₊
//! vanishes, as a density along Γ together with the openness ω ([`crate::problem::degeneracy::curve`]).
//!
//! It is the sum over the edges that cross Γ of forward minus backward flow in the quasi-stationary density, positive
//! towards the side on which H has one positive eigenvalue less. Probability that crosses Γ and returns counts twice,
//! with opposite signs.

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

/// The openness ω along the curve.
pub const OPENNESS: Label = Label::new(
    "openness",
    "1",
    "squared cosine between the normal of the curve and the eigenvector whose noise is left",
);

/// The flux through Γ.
#[derive(Clone, Debug, Serialize)]
pub struct CurveFlux {
    /// The net flux through Γ, per unit of dynamical time.
    pub flux: f64,
    /// The point of the largest flux density. The circulation through Γ, out at one place and back at another, can be
    /// much larger than the net flux.
    pub densest: Point,
    /// The openness ω at that point.
    pub openness: f64,
    /// The mean of ω, weighted with the flux.
    pub mean_openness: f64,
    #[serde(skip)]
    profile: Profile,
    #[serde(skip)]
    along: Vec<f64>,
}

/// Edges along the remaining noise carry large flows in both directions across Γ: bins are this many times wider than
/// for other curves …
const BINS: f64 = 3.0;
/// … and are smoothed this many times, which damps oscillations with a period of three bins to 1/64.
const SMOOTHINGS: usize = 3;

impl CurveFlux {
    /// The flux of a quasi-stationary density, in two dimensions, for noise c[H]₊ without a floor; `None` for other
    /// noise and if nothing crosses.
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
        let field = |label: Label, values: Vec<f64>| Field::over(label, vec![arc.clone()], values);
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
