//! The data from which the pictures are drawn.

use serde_json::Value;

use crate::grid::Grid;
use crate::io::{Solved, Stored};
use crate::observe::degenerate::DEGENERATE_CURVE;
use crate::observe::dividing::HALF;
use crate::observe::group::FieldGroup;
use crate::plot::network::NetworkFigure;
use crate::study::evolution::GROUP;
use crate::study::solution::BoundaryFlux;
use crate::study::spectrum::SPECTRUM;
use crate::tensor::Point;

/// A critical point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// The point.
    pub theta: Point,
    /// The loss L there; `None` without a loss.
    pub loss: Option<f64>,
}

/// The data of all pictures of a result.
#[derive(Clone, Debug)]
pub struct FigureData<'a> {
    /// The title of the configuration.
    pub title: String,
    /// A description of landscape and noise.
    pub problem: String,
    /// The grid of the fields.
    pub grid: &'a Grid,
    /// The fields over the grid.
    pub fields: &'a FieldGroup,
    /// The flux along the absorbing boundary.
    pub flux: Option<&'a BoundaryFlux>,
    /// The group of the density in time.
    pub evolution: Option<&'a FieldGroup>,
    /// The flux through the curve on which the noise degenerates.
    pub degenerate: Option<&'a FieldGroup>,
    /// The eigenvalues and eigenvectors.
    pub spectrum: Option<&'a FieldGroup>,
    /// The reactive flux through the surface q⁺ = ½.
    pub half: Option<BoundaryFlux>,
    /// The minima of the valleys of the density in time, as text.
    pub minima_in_time: Vec<String>,
    /// The time at which j/S has reached its plateau.
    pub plateau: Option<f64>,
    /// γ per unit of dynamical time.
    pub rate: Option<f64>,
    /// γ per iteration, if a learning rate is known.
    pub rate_per_iteration: Option<f64>,
    /// The mean first-passage time τ from the start minimum.
    pub passage_time: Option<f64>,
    /// The start minimum.
    pub minimum: Option<Mark>,
    /// All minima in the domain.
    pub minima: Vec<Mark>,
    /// All saddles in the domain.
    pub saddles: Vec<Mark>,
    /// The saddles that bound the start set, as indices in `saddles`.
    pub valley: Vec<usize>,
    /// The points from and to which reactive paths lead.
    pub reactive: Option<[Point; 2]>,
    /// The rate k_AB of reactive paths.
    pub reactive_rate: Option<f64>,
    /// The network of valleys.
    pub network: Option<NetworkFigure>,
}

impl<'a> FigureData<'a> {
    /// The data of a solved problem and its summary.
    pub fn solved(solved: &Solved<'a>, summary: &Value) -> FigureData<'a> {
        let solution = solved.solution;
        let data = FigureData::new(summary, &solution.grid, &solution.fields, solution.flux.as_ref());
        let data = data.with(&solution.groups);
        FigureData { evolution: solution.shown.as_ref().or(data.evolution), ..data }
    }

    /// The data of a result file.
    pub fn stored(stored: &'a Stored) -> FigureData<'a> {
        let data = FigureData::new(&stored.summary, &stored.grid, &stored.fields, stored.flux.as_ref());
        data.with(&stored.groups)
    }

    /// The same with the data of other groups.
    fn with(self, groups: &'a [FieldGroup]) -> FigureData<'a> {
        let named = |name: &str| groups.iter().find(|group| group.name == name);
        let half = named(HALF).and_then(|group| BoundaryFlux::along(group).ok());
        FigureData {
            evolution: named(GROUP),
            degenerate: named(DEGENERATE_CURVE),
            spectrum: named(SPECTRUM),
            half,
            ..self
        }
    }

    /// The data of a summary and of fields over a grid.
    pub(super) fn new(
        summary: &Value,
        grid: &'a Grid,
        fields: &'a FieldGroup,
        flux: Option<&'a BoundaryFlux>,
    ) -> FigureData<'a> {
        let problem = &summary["problem"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let marks = |list: &Value| list.as_array().into_iter().flatten().filter_map(mark).collect();
        let listed = problem["saddles"].as_array().into_iter().flatten();
        FigureData {
            title: text(&summary["title"]),
            problem: format!("{}; {}", text(&problem["landscape"]), text(&problem["noise"])),
            grid,
            fields,
            flux,
            evolution: None,
            degenerate: None,
            spectrum: None,
            half: None,
            minima_in_time: places(&summary[GROUP]["minima"]),
            plateau: summary[GROUP]["plateau"]["reached"].as_f64(),
            rate: summary["rate"]["quasi_stationary"]["value"].as_f64(),
            rate_per_iteration: summary["rate"]["quasi_stationary"]["per_iteration"].as_f64(),
            passage_time: summary["rate"]["mean_first_passage"]["time"].as_f64(),
            minimum: mark(&problem["minimum"]),
            minima: marks(&problem["critical"]["minima"]),
            saddles: marks(&problem["critical"]["saddles"]),
            reactive: point(&summary["committor"]["from"])
                .zip(point(&summary["committor"]["to"]))
                .map(<[Point; 2]>::from),
            reactive_rate: summary["committor"]["rate"].as_f64(),
            network: NetworkFigure::of(&summary["network"]),
            valley: listed.filter_map(|saddle| Some(saddle["index"].as_u64()? as usize)).collect(),
        }
    }

    /// Whether a saddle bounds the start set.
    pub fn bounds_valley(&self, saddle: usize) -> bool {
        self.valley.contains(&saddle)
    }
}

/// A list of points as text.
fn places(list: &Value) -> Vec<String> {
    let point = |theta: &Value| {
        let numbers = theta.as_array().into_iter().flatten().filter_map(Value::as_f64);
        numbers.map(|x| format!("{x:.3}").replace('-', "−")).collect::<Vec<String>>().join(", ")
    };
    list.as_array().into_iter().flatten().map(point).collect()
}

fn mark(entry: &Value) -> Option<Mark> {
    Some(Mark { theta: point(&entry["theta"])?, loss: entry["loss"].as_f64() })
}

fn point(entry: &Value) -> Option<Point> {
    let theta = entry.as_array()?;
    let coordinate = |axis: usize| theta.get(axis).map_or(Some(0.0), Value::as_f64);
    Some([coordinate(0)?, coordinate(1)?])
}
