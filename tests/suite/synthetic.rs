//! Made-up solutions of the double well, for tests of what is written and drawn: shapes and signs are right,
//! numbers are invented.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use saddleflux::config::{Config, LandscapeConfig, LandscapeForm, NoiseConfig, NoiseForm, Source};
use saddleflux::formula::{Condition, FormulaRate, Formulas, Omission, TheoremThreeTwo};
use saddleflux::grid::Align;
use saddleflux::grid::Grid;
use saddleflux::io::{IoError, Setting, Solved, summary, write_result};
use saddleflux::observe::field::{CURRENT, DIFFUSION, LOSS, MEAN_FIRST_PASSAGE, QUASI_STATIONARY, STATIONARY};
use saddleflux::observe::over_grid::{Kind, over_grid};
use saddleflux::observe::quantity::Quantities;
use saddleflux::problem::absorption::{Absorption, Killer};
use saddleflux::problem::noise::NoiseKind;
use saddleflux::problem::{AxisWalls, DomainSpec, Interpretation, Posed, ValleySpec, Wall};
use saddleflux::problem::{CriticalPoint, CriticalPoints, Saddle};
use saddleflux::study::choice::Choice;
use saddleflux::study::comparison::Comparison;
use saddleflux::study::request::{ConvergeRequest, GridRequest, Quantity, Scheme};
use saddleflux::study::solution::{BoundaryFlux, PassageTime, Peclet, QuadratureCheck, RateEstimate, Solution};
use saddleflux::study::{Request, Warning};
use saddleflux::tensor::{Point, Tensor};

/// A problem with its made-up solution.
pub struct Case {
    pub config: Config,
    pub critical: CriticalPoints,
    pub solution: Solution,
}

impl Case {
    /// As the files and the report take it.
    pub fn solved(&self) -> Solved<'_> {
        let setting = Setting {
            config: &self.config,
            dimension: self.solution.grid.dimension,
            critical: &self.critical,
            minimum: self.critical.minima.first(),
            saddles: &[0],
            absorption: Absorption { killer: Killer::Basin, cut: None, walls: None, inside: false },
            // 2024-02-29T12:34:56Z.
            started: UNIX_EPOCH + Duration::from_secs(1_709_210_096),
            threads: 2,
        };
        Solved { setting, solution: &self.solution }
    }

    /// Writes its `result.h5`.
    pub fn write(&self, path: &Path) -> Result<(), IoError> {
        write_result(path, &self.config, &summary(&self.solved()), &self.solved().groups())
    }

    /// The values of a field of this kind.
    pub fn values(&mut self, kind: &Kind) -> &mut Vec<f64> {
        &mut self.solution.fields.fields.iter_mut().find(|field| field.label.name == kind.name).unwrap().values
    }

    /// Takes the field of this kind away.
    pub fn remove(&mut self, kind: &Kind) {
        self.solution.fields.fields.retain(|field| field.label.name != kind.name);
    }
}

/// L = (x² − 1)² + y², killed where x > 0; `degrees` turns the grid.
pub fn double_well(dimension: usize, cells: [usize; 2], temperature: f64, degrees: f64) -> Case {
    let loss = |theta: Point| (theta[0] * theta[0] - 1.0).powi(2) + theta[1] * theta[1];
    let mut grid = Grid::new(dimension, [-2.0, -1.5], [2.0, 1.5], cells, [false, false]);
    if dimension == 1 {
        (grid.lower[1], grid.upper[1]) = (0.0, 0.0);
    }
    grid.turn = [degrees.to_radians().cos(), degrees.to_radians().sin()];
    let centres: Vec<Point> = (0..grid.len()).map(|index| grid.cell_centre(index)).collect();
    let density = |theta: Point| {
        // An error-function-like drop of width sqrt(T/4) before the wall.
        let drop = (-theta[0] / temperature.sqrt()).tanh().max(0.0);
        drop * (-loss(theta) / temperature).exp()
    };
    let mut fields = over_grid(&grid);
    let mut field = |kind: &Kind, f: &dyn Fn(Point) -> f64| {
        fields.push(kind.over(&grid, centres.iter().map(|theta| f(*theta)).collect()));
    };
    let value = 1.3 * (-1.0 / temperature).exp();
    field(&LOSS, &loss);
    for kind in &DIFFUSION[..if dimension == 2 { 3 } else { 1 }] {
        field(kind, &|_| temperature);
    }
    field(&STATIONARY, &|theta| (-loss(theta) / temperature).exp());
    field(&QUASI_STATIONARY, &density);
    for kind in &CURRENT[..dimension] {
        field(kind, &|theta| value * (-theta[1] * theta[1] / temperature).exp());
    }
    field(&MEAN_FIRST_PASSAGE, &|theta| (-6.0 * theta[0]).tanh().max(0.0) / value);
    Case {
        config: config(dimension, temperature, degrees),
        critical: critical(dimension),
        solution: Solution {
            choice: Choice::asked(Scheme::INVERSE_AVERAGE),
            unknowns: grid.len() / 2,
            peclet: Peclet { max: 3.2, at: [-2.0, 0.0], relevant: 0.4, relevant_at: [-0.6, 0.0] },
            rate: Some(RateEstimate {
                converged: true,
                value: value.into(),
                bracket: [1.0 - 2e-13, 1.0 + 3e-13],
                iterations: 4,
                extrapolated: Some((value * 1.00001).into()),
                discretisation_error: Some(1e-5),
                observed_order: Some(1.99),
                grids: vec![([64, 32], (1.01 * value).into()), (grid.cells, value.into())],
                flux_identity: 2e-16,
            }),
            exits: None,
            passage: Some(PassageTime {
                from: [-1.0, 0.0],
                time: (1.0 / value).into(),
                rate: value.into(),
                extrapolated: None,
                discretisation_error: Some(1e-5),
            }),
            flux_over_population: Some(value * 1.0001),
            flux_over_population_error: Some(1e-6),
            degenerate_curve: None,
            flux: Some(flux(&grid, value, temperature)),
            fields,
            shown: None,
            groups: Vec::new(),
            quantities: Quantities::default(),
            certificate: None,
            quadrature: (dimension == 1).then_some(QuadratureCheck {
                time: (1.0 / value).into(),
                ratio: Some(1.000_000_1),
                escape_rate: Some(value.into()),
                escape_ratio: Some(1.0 - 1e-9),
                relative_error: 1e-13,
            }),
            formulas: formulas(value),
            iteration: None,
            particles: None,
            committor: Default::default(),
            network: None,
            spectrum: None,
            covariance: None,
            warnings: vec![Warning::Peclet { number: 7.0, at: [-1.0, 0.0], dimension: 2 }],
            timing: vec![("assemble".to_string(), 0.12), ("factor".to_string(), 0.8), ("solve".to_string(), 0.3)],
            factor_bytes: 123_456_789,
            grid,
        },
    }
}

fn config(dimension: usize, temperature: f64, degrees: f64) -> Config {
    let walls = AxisWalls::Walls([Wall::Reflecting, Wall::Reflecting]);
    Config {
        title: "Double well, killed at the saddle".to_string(),
        source: Source {
            path: PathBuf::from("configs/double-well.toml"),
            text: "title = \"Double well, killed at the saddle\" # θ\n".to_string(),
            effective: "title = \"Double well, killed at the saddle\" # θ\n".to_string(),
            ..Source::default()
        },
        landscape: LandscapeConfig {
            form: LandscapeForm::DoubleWell { barrier: 1.0, tilt: 0.0, curvature: 2.0 },
            dimension,
            sharpness: 1.0,
        },
        noise: NoiseConfig {
            form: NoiseForm::Model(NoiseKind::Isotropic { temperature }),
            floor: 0.0,
            interpretation: Interpretation::Ito,
        },
        posed: Posed {
            holds_all_minima: false,
            domain: DomainSpec { lower: None, upper: None, walls: [walls, walls], ..DomainSpec::default() },
            valley: Some(ValleySpec::default()),
            allow_degenerate: false,
        },
        request: Request {
            evolve: None,
            quantities: vec![Quantity::Rate, Quantity::PassageTime],
            eigenvalues: 6,
            moments: 2,
            error_estimate: true,
            grid: GridRequest {
                cells: None,
                tolerance: 1e-6,
                scheme: Some(Scheme::INVERSE_AVERAGE),
                align: if degrees == 0.0 { Align::Axes } else { Align::Angle(degrees) },
                max_unknowns: None,
            },
            converge: ConvergeRequest::default(),
            sgd: None,
            particles: None,
            committor: Default::default(),
        },
    }
}

fn critical(dimension: usize) -> CriticalPoints {
    let point = |x: f64, loss: f64, curvature: f64| CriticalPoint {
        theta: [x, 0.0],
        loss,
        hessian: Tensor { xx: curvature, xy: 0.0, yy: if dimension == 2 { 2.0 } else { 0.0 } },
        eigenvalues: if curvature < 2.0 || dimension == 1 { [curvature, 2.0] } else { [2.0, curvature] },
        eigenvectors: [[1.0, 0.0], [0.0, 1.0]],
        jacobian: None,
        cusp: None,
    };
    CriticalPoints {
        minima: vec![point(-1.0, 0.0, 8.0), point(1.0, 0.0, 8.0)],
        saddles: vec![Saddle {
            point: point(0.0, 1.0, -4.0),
            escape_direction: [1.0, 0.0],
            connects: [Some(0), Some(1)],
        }],
    }
}

fn flux(grid: &Grid, value: f64, temperature: f64) -> BoundaryFlux {
    if grid.dimension == 1 {
        return BoundaryFlux {
            total: value,
            inside: None,
            by_saddle: vec![(0, value)],
            position: vec![[0.0, 0.0]],
            arc: vec![0.0],
            density: vec![value],
            arcs: Vec::new(),
            gaussian: Vec::new(),
        };
    }
    let height: Vec<f64> = grid.centres(1);
    BoundaryFlux {
        total: value,
        inside: None,
        by_saddle: vec![(0, value)],
        position: height.iter().map(|y| [0.0, *y]).collect(),
        arc: height.iter().map(|y| y - height[0]).collect(),
        density: height.iter().map(|y| value * (-y * y / temperature).exp()).collect(),
        arcs: Vec::new(),
        gaussian: height.iter().map(|y| value * (-y * y / temperature).exp()).collect(),
    }
}

fn formulas(value: f64) -> Formulas<Comparison> {
    let comparison = |ratio: f64| Comparison {
        formula: FormulaRate {
            value: (value / ratio).into(),
            absorption_factor: 2.0,
            conditions: vec![
                Condition::HighBarrier { over_noise: 10.0 },
                Condition::FrozenNoise { is_frozen: ratio < 1.0 },
            ],
        },
        ratio,
    };
    Formulas {
        kramers: Some(comparison(0.981)),
        effective_potential: None,
        theorem_3_2: Some(TheoremThreeTwo {
            isothermal: comparison(1.21),
            ito: comparison(0.997),
            s: 0.5,
            s_effective: Some(0.47),
            saddle: [0.0, 0.0],
        }),
        omitted: vec![Omission::VaryingNoise],
    }
}
