//! The problem, and the grid on which it was solved.

use serde::{Serialize, Serializer};

use crate::grid::Align;
use crate::io::{Setting, Solved, description};
use crate::problem::{CriticalPoint, Linearisation};
use crate::study::solution::CovarianceCheck;

/// The section `problem`.
#[derive(Serialize)]
pub(super) struct Posed<'a> {
    dimension: usize,
    landscape: String,
    noise: String,
    interpretation: &'static str,
    absorption: String,
    minimum: Option<Stationary<'a>>,
    gradient_covariance: Option<Covariance<'a>>,
    saddles: Vec<Crossing<'a>>,
    critical: Critical<'a>,
}

/// A critical point with the eigenvalues of its Hessian.
#[derive(Serialize)]
struct Stationary<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    /// `None` at a cusp.
    #[serde(skip_serializing_if = "Option::is_none")]
    hessian_eigenvalues: Option<&'a [f64]>,
    /// The slopes on both sides of a cusp along each axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    one_sided_slopes: Option<Vec<[f64; 2]>>,
    /// The eigenvalues of the Jacobian ∂b of a drift, as real and imaginary parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    jacobian_eigenvalues: Option<Vec<[f64; 2]>>,
}

#[derive(Serialize)]
struct Place<'a> {
    theta: &'a [f64],
    loss: f64,
}

/// A saddle. `connects` has the indices of the minima on both sides, −1 where the descent leaves the domain.
#[derive(Serialize)]
struct Crossing<'a> {
    #[serde(flatten)]
    point: Stationary<'a>,
    barrier: Option<f64>,
    escape_direction: &'a [f64],
    index: usize,
    connects: [i64; 2],
}

#[derive(Serialize)]
struct Critical<'a> {
    minima: Vec<Place<'a>>,
    saddles: Vec<Place<'a>>,
}

/// C(θ*) and H(θ*) compared, for landscapes with data.
#[derive(Serialize)]
struct Covariance<'a> {
    matrix: Vec<Vec<f64>>,
    over_hessian: &'a [f64],
    alignment: f64,
}

impl<'a> Posed<'a> {
    /// The section of a problem; `saddles`: the indices of the saddles to list.
    pub(super) fn new(setting: &Setting<'a>, covariance: Option<&'a CovarianceCheck>, saddles: &[usize]) -> Posed<'a> {
        let (critical, dimension) = (setting.critical, setting.dimension);
        let place = |point: &'a CriticalPoint| Place { theta: &point.theta[..dimension], loss: point.loss };
        let stationary = |point: &'a CriticalPoint| Stationary {
            place: place(point),
            hessian_eigenvalues: point.cusp.is_none().then_some(&point.eigenvalues[..dimension]),
            one_sided_slopes: point.cusp.map(|cusp| cusp.slopes[..dimension].to_vec()),
            jacobian_eigenvalues: match point.linearisation(dimension) {
                Linearisation::Hessian(_) | Linearisation::Cusp(_) => None,
                Linearisation::Jacobian(real, imaginary) => {
                    let pairs = [[real[0], imaginary], [real[1], -imaginary]];
                    Some(pairs[..dimension].to_vec())
                }
            },
        };
        let crossing = |&index: &usize| {
            let saddle = &critical.saddles[index];
            Crossing {
                point: stationary(&saddle.point),
                barrier: setting.barrier(index),
                escape_direction: &saddle.escape_direction[..dimension],
                index,
                connects: saddle.connects.map(|minimum| minimum.map_or(-1, |minimum| minimum as i64)),
            }
        };
        Posed {
            dimension,
            landscape: description::landscape(setting.config),
            noise: description::noise(setting.config),
            interpretation: setting.config.noise.interpretation.name(),
            absorption: setting.absorption.to_string(),
            minimum: setting.minimum.map(stationary),
            gradient_covariance: covariance.map(|check| Covariance {
                matrix: match (dimension, check.covariance) {
                    (1, c) => vec![vec![c.xx]],
                    (_, c) => vec![vec![c.xx, c.xy], vec![c.xy, c.yy]],
                },
                over_hessian: &check.ratios[..dimension],
                alignment: check.alignment,
            }),
            saddles: saddles.iter().map(crossing).collect(),
            critical: Critical {
                minima: critical.minima.iter().map(place).collect(),
                saddles: critical.saddles.iter().map(|saddle| place(&saddle.point)).collect(),
            },
        }
    }
}

/// The section `grid`.
#[derive(Serialize)]
pub(super) struct Discretised<'a> {
    cells: &'a [usize],
    unknowns: usize,
    lower: &'a [f64],
    upper: &'a [f64],
    peclet_max: f64,
    peclet_max_at: &'a [f64],
    peclet_relevant: f64,
    peclet_relevant_at: &'a [f64],
    scheme: &'static str,
    scheme_reason: Option<String>,
    #[serde(serialize_with = "alignment")]
    align: Align,
    angle_degrees: f64,
    factor_bytes: u64,
}

impl<'a> Discretised<'a> {
    /// The section of the finest grid.
    pub(super) fn new(solved: &Solved<'a>) -> Discretised<'a> {
        let (solution, asked) = (solved.solution, &solved.setting.config.request.grid);
        let (grid, peclet, dimension) = (&solution.grid, &solution.peclet, solved.setting.dimension);
        Discretised {
            cells: &grid.cells[..dimension],
            unknowns: solution.unknowns,
            lower: &grid.lower[..dimension],
            upper: &grid.upper[..dimension],
            peclet_max: peclet.max,
            peclet_max_at: &peclet.at[..dimension],
            peclet_relevant: peclet.relevant,
            peclet_relevant_at: &peclet.relevant_at[..dimension],
            scheme: solution.choice.scheme.name(),
            scheme_reason: solution.choice.was_made().then(|| solution.choice.reason.to_string()),
            align: asked.align,
            angle_degrees: grid.turn[1].atan2(grid.turn[0]).to_degrees(),
            factor_bytes: solution.factor_bytes,
        }
    }
}

fn alignment<S: Serializer>(align: &Align, serializer: S) -> Result<S::Ok, S::Error> {
    match align {
        Align::Axes => serializer.serialize_str("axes"),
        Align::Saddle => serializer.serialize_str("saddle"),
        Align::Angle(degrees) => serializer.serialize_f64(*degrees),
    }
}
