//! How fast noise carries a process out of a well of a loss of one's own, as a rate between two bounds.
use std::error::Error;

use saddleflux::{Align, Chain, ClosureLoss, Grid, Interpretation, NoiseModel, Posed, Problem, Progress};
use saddleflux::{QuasiStationary, Resources, StartSet, Weight, Workspace, quasi_stationary};

/// Out of the left well of L = (x² − 1)² + 2(y − 0.3x²)², killed on the separatrix, at D = 0.05·I.
pub fn escape(cells: usize) -> Result<QuasiStationary, Box<dyn Error>> {
    let loss = ClosureLoss::new(2, |[x, y]| (x * x - 1.0).powi(2) + 2.0 * (y - 0.3 * x * x).powi(2));
    let posed = Posed::leaving(StartSet::Basin, [-1.0, 0.3]);
    let problem = Problem::new(loss.into(), NoiseModel::isotropic(0.05), Interpretation::Ito, &posed)?;
    let grid = Grid::over(&problem, [cells, cells], Align::Axes)?;
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    let chain = Chain::on(&problem, grid, Weight::InverseAverage, resources)?;
    Ok(quasi_stationary(&chain)?)
}

pub fn main() -> Result<(), Box<dyn Error>> {
    let [low, high] = escape(128)?.bounds();
    println!("{:.15e} ≤ γ ≤ {:.15e} on 128 × 128 cells", low.value(), high.value());
    Ok(())
}
