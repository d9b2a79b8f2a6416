//! The reactive flux across surfaces between two sets, by saddle: across the isocommittor line q⁺ = ½, the boundary of
//! the first set's basin, and any other given line.
//!
//! Reactive paths neither begin nor end between the sets, so that every such surface carries the same flux F_AB; its
//! arcs ([`crate::observe::arc`]) show how it is distributed. It is the sum over the edges that cross the surface of
//! forward minus backward flow.

use std::borrow::Cow;

use serde::Serialize;

use crate::observe::arc::{Arc, Division};
use crate::observe::boundary::{ARC, DENSITY, GAUSSIAN, TOTAL};
use crate::observe::group::{Coordinate, Data, Field, FieldGroup, Label};
use crate::observe::over_grid::POSITION;
use crate::observe::profile::{Crossing, Profile};
use crate::problem::Region;
use crate::problem::basin::Basin;
use crate::solve::{Reactive, Side};
use crate::tensor::{Point, difference};

/// The name of the isocommittor line q⁺ = ½, and of the group of its fields.
pub const HALF: &str = "isocommittor";

/// A surface between two sets, oriented by the side of the first set.
pub struct Surface<'a> {
    /// The name in a summary.
    pub name: String,
    /// The name of the group of its fields.
    pub group: String,
    form: Form<'a>,
}

enum Form<'a> {
    /// The isocommittor line q⁺ = ½.
    Half,
    /// The boundary of a set.
    Boundary(&'a Region),
}

/// A surface that does not separate the sets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the surface \"{name}\" does not part the sets: its condition must hold all over the first, and nowhere in the second"
)]
pub struct NotBetween {
    /// The name of the surface.
    pub name: String,
}

impl<'a> Surface<'a> {
    /// The isocommittor line q⁺ = ½.
    pub fn half() -> Surface<'a> {
        Surface { name: HALF.to_string(), group: HALF.to_string(), form: Form::Half }
    }

    /// The boundary of a region that contains the first set.
    pub fn of(name: &str, group: String, region: &'a Region) -> Surface<'a> {
        Surface { name: name.to_string(), group, form: Form::Boundary(region) }
    }
}

/// The reactive flux across one surface.
#[derive(Clone, Debug, Serialize)]
pub struct SurfaceFlux {
    /// The name of the surface.
    pub surface: String,
    /// The name of the group of its fields.
    pub group: String,
    /// The net flux across it, per unit of dynamical time.
    pub flux: f64,
    /// Its mean distance from the boundary of the first set's basin, weighted with the flux, positive outside of the
    /// basin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// Its arcs, lowest first.
    pub arcs: Vec<Arc>,
    #[serde(skip)]
    profile: Profile,
    #[serde(skip)]
    gaussian: Vec<f64>,
    #[serde(skip)]
    distances: Option<Vec<f64>>,
}

impl SurfaceFlux {
    /// The flux across a surface in two dimensions, and its distance from the boundary of a basin.
    ///
    /// # Errors
    /// [`NotBetween`] if one of the sets is on the wrong side of the surface.
    pub fn new(found: &Reactive<'_>, surface: &Surface<'_>, basin: Option<&Basin>) -> Result<SurfaceFlux, NotBetween> {
        let (closed, problem) = (&found.closed, found.closed.problem);
        let inside = inside(found, &surface.form);
        let is_right = |(side, inside): (&Side, &bool)| match side {
            Side::From => *inside,
            Side::To => !*inside,
            Side::Between => true,
        };
        if !found.paths.cores.side.iter().zip(&inside).all(is_right) {
            return Err(NotBetween { name: surface.name.clone() });
        }
        let crossings = crossings(found, &inside, &surface.form);
        let [hx, hy] = closed.grid.spacing();
        let candidates = passes(found, &inside);
        let division = Division::new(problem, &candidates, &crossings, hx.max(hy));
        let profile = Profile::along(&crossings, [hx, hy]);
        let arcs = division.arcs(problem, &crossings);
        let flux: f64 = crossings.iter().map(|crossing| crossing.flow).sum();
        let away = |basin: &Basin, at: Point| basin.signed_distance(problem.domain.space().wrap(at));
        let mean = |basin: &Basin| {
            let weighted = |crossing: &Crossing| Some(crossing.flow * away(basin, crossing.at)?);
            crossings.iter().map(weighted).sum::<Option<f64>>().map(|sum| sum / flux)
        };
        let distances =
            |basin: &Basin| profile.position.iter().map(|&at| away(basin, at)).collect::<Option<Vec<f64>>>();
        Ok(SurfaceFlux {
            surface: surface.name.clone(),
            group: surface.group.clone(),
            flux,
            distance: basin.and_then(mean),
            gaussian: division.gaussian(problem, &arcs, &profile),
            distances: basin.and_then(distances),
            arcs,
            profile,
        })
    }

    /// The flux along the surface as a group of fields.
    pub fn group(&self) -> FieldGroup {
        let arc = ARC.name.clone();
        let field = |label: Label, values: Vec<f64>| Field::over(label, vec![arc.clone()], values);
        let mut group = FieldGroup {
            name: Cow::Owned(self.group.clone()),
            ..FieldGroup::new(HALF, vec![Coordinate::new(ARC, self.profile.arc.clone())])
        };
        group.describe(TOTAL, Data::Numbers(vec![self.flux]));
        for (axis, label) in POSITION.into_iter().enumerate() {
            group.push(field(label, self.profile.position.iter().map(|point| point[axis]).collect()));
        }
        group.push(field(DENSITY.label(2), self.profile.density.clone()));
        group.push(field(GAUSSIAN.label(2), self.gaussian.clone()));
        if let Some(distances) = &self.distances {
            group.push(field(DISTANCE, distances.clone()));
        }
        group
    }
}

/// The distance of each point of a surface from the separatrix.
pub const DISTANCE: Label =
    Label::new("distance", "parameter", "distance from the boundary of the first set's basin, positive outside of it");

/// The saddles whose two minima are on different sides of the surface.
fn passes(found: &Reactive<'_>, inside: &[bool]) -> Vec<usize> {
    let (closed, problem) = (&found.closed, found.closed.problem);
    let side = |minimum: usize| inside[closed.state_at(problem.critical.minima[minimum].theta)];
    let leads = |index: &usize| {
        let saddle = &problem.critical.saddles[*index];
        match saddle.connects {
            [Some(one), Some(other)] => problem.domain.touches(saddle.point.theta) && side(one) != side(other),
            _ => false,
        }
    };
    (0..problem.critical.saddles.len()).filter(leads).collect()
}

/// Whether each state is on the first set's side.
fn inside(found: &Reactive<'_>, form: &Form<'_>) -> Vec<bool> {
    let paths = &found.paths;
    match form {
        Form::Half => {
            let both = paths.forward.iter().zip(&paths.complement);
            both.map(|(to_second, to_first)| to_first.is_greater(*to_second)).collect()
        }
        Form::Boundary(region) => found.closed.members(region),
    }
}

/// The crossings of edges with the surface, with their net flow out of the first set's side.
fn crossings(found: &Reactive<'_>, inside: &[bool], form: &Form<'_>) -> Vec<Crossing> {
    let (closed, paths) = (&found.closed, &found.paths);
    let side = &paths.cores.side;
    // ln(q/(1 − q)), odd about ½; both numbers have full relative accuracy.
    let odds = |state: usize| paths.forward[state].ln() - paths.complement[state].ln();
    let fraction = |states: [usize; 2], [from, to]: [Point; 2]| match form {
        Form::Half => {
            let [low, high] = states.map(odds);
            low / (low - high)
        }
        Form::Boundary(region) => region.exit(from, to),
    };
    let mut crossings = Vec::new();
    for pair in &closed.assembly.pairs {
        let (from, to) = (pair.from as usize, pair.to as usize);
        if inside[from] == inside[to] || side[from] != Side::Between || side[to] != Side::Between {
            continue;
        }
        let net = paths.flow(from, to, pair.forward).value() - paths.flow(to, from, pair.backward).value();
        let [begin, end] = closed.grid.edge(closed.assembly.cells[from] as usize, pair.offset);
        let (states, ends, flow) = match inside[from] {
            true => ([from, to], [begin, end], net),
            false => ([to, from], [end, begin], -net),
        };
        let share = fraction(states, ends);
        let at = [0, 1].map(|axis: usize| ends[0][axis] + share * (ends[1][axis] - ends[0][axis]));
        crossings.push(Crossing { at, edge: Some(difference(end, begin)), flow });
    }
    // The surface may also pass between a set and the states next to it.
    for cut in &found.cuts {
        let state = cut.state as usize;
        let flow = match (cut.set, inside[state]) {
            (0, false) => cut.out_of.times(paths.forward[state]).value(),
            (1, true) => (paths.last_in[0][state] * cut.into).value(),
            _ => continue,
        };
        crossings.push(Crossing { at: closed.centre(state), edge: None, flow });
    }
    crossings
}
