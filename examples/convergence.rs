//! A convergence study: the error of an escape rate on finer and finer grids, against an exact answer, with the
//! observed orders.
//!
//! The Ornstein–Uhlenbeck process dθ = −θ dt + √2 dW (L = ½|θ|², D = 1) has Hermite's and Laguerre's polynomials as
//! eigenfunctions. Killed where one of them vanishes, it escapes at that one's eigenvalue:
//! ```text
//! out of the square |x|, |y| < 1     (1 − x²)(1 − y²)     γ = 4
//! out of the disc |θ| < √2           1 − ½|θ|²            γ = 2
//! ```
//! The walls of the square are faces of every grid. The circle cuts the edges of the grid wherever it meets them.

use std::error::Error;

use saddleflux::problem::landscape::Quadratic;
use saddleflux::tensor::Tensor;
use saddleflux::{Align, AxisWalls, Chain, Grid, Interpretation, NoiseModel, Posed, Problem, Progress, Resources};
use saddleflux::{StartSet, Weight, Workspace, quasi_stationary};

const CELLS: [usize; 4] = [32, 64, 128, 256];

pub fn main() -> Result<(), Box<dyn Error>> {
    let square = Posed::whole([-1.0; 2], [1.0; 2], [AxisWalls::ABSORBING; 2]);
    let disc = Posed::leaving(StartSet::positive(|[x, y]| 2.0 - x * x - y * y), [0.0; 2]);
    let second = [(Weight::InverseAverage, 2.0), (Weight::ScharfetterGummel, 2.0), (Weight::Upwind, 1.0)];
    study("out of the square", &square, 4.0, &second)?;
    study("out of the disc", &disc, 2.0, &second)
}

/// Prints errors and orders of some weights; an error where the order that the finest grids show is below what it
/// should be.
fn study(title: &str, posed: &Posed, exact: f64, weights: &[(Weight, f64)]) -> Result<(), Box<dyn Error>> {
    let bowl = Quadratic { dimension: 2, hessian: Tensor::isotropic(1.0, 2) };
    let problem = Problem::new(bowl.into(), NoiseModel::isotropic(1.0), Interpretation::Ito, posed)?;
    println!("{title}, γ = {exact}");
    for &(weight, order) in weights {
        let errors = CELLS.map(|cells| Ok((rate(&problem, cells, weight)? / exact - 1.0).abs()));
        let errors: Vec<f64> = errors.into_iter().collect::<Result<_, Box<dyn Error>>>()?;
        println!("  {:18} {:>8} cells: error {:.1e}", weight.name(), CELLS[0], errors[0]);
        for (k, pair) in errors.windows(2).enumerate() {
            let observed = (pair[0] / pair[1]).log2();
            println!("  {:18} {:>8} cells: error {:.1e}, order {observed:.2}", "", CELLS[k + 1], pair[1]);
        }
        let finest = (errors[CELLS.len() - 2] / errors[CELLS.len() - 1]).log2();
        if finest < order - 0.1 {
            return Err(format!("{}, {title}: order {finest:.2} where {order} is expected", weight.name()).into());
        }
    }
    Ok(())
}

/// The escape rate on a grid with so many cells along each axis.
fn rate(problem: &Problem, cells: usize, weight: Weight) -> Result<f64, Box<dyn Error>> {
    let grid = Grid::over(problem, [cells, cells], Align::Axes)?;
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let chain = Chain::on(problem, grid, weight, Resources::available(&workspace, &progress))?;
    Ok(quasi_stationary(&chain)?.rate.value())
}
