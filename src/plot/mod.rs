//! The pictures of a result, as PNG: landscape, densities, flux along the boundary, passage time.
//!
//! They are drawn from [`FigureData`], which a solved problem and a result file both give, so that a run and
//! `saddleflux plot` draw the same pixels. Densities and fluxes span tens of decades: their scales are logarithmic
//! and cut [`DECADES`] below the largest value. In two dimensions everything is drawn in θ, turned grids too.

mod axis;
mod canvas;
mod chart;
mod colour;
mod contour;
mod convergence;
mod data;
mod flux;
mod iteration;
mod map;
mod particles;
mod scene;

pub use convergence::draw_convergence;
pub use data::{FigureData, Mark};
pub use iteration::draw_iteration;
pub use particles::draw_particles;

use std::path::{Path, PathBuf};

use crate::io::IoError;

/// Decades shown below the largest value on a logarithmic scale.
pub const DECADES: f64 = 18.0;

/// A picture that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// Its file could not be written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// It could not be drawn or encoded.
    #[error("{path}: cannot draw ({message}); check that the disk has room; the numbers are in result.h5")]
    Draw {
        /// The picture.
        path: PathBuf,
        /// The reason.
        message: String,
    },
}

/// Draws every picture for which there is data into a folder and returns their paths.
pub fn draw(data: &FigureData, folder: &Path) -> Result<Vec<PathBuf>, PlotError> {
    let mut drawn = Vec::new();
    let mut keep = |name: &str, picture: Result<bool, PlotError>| -> Result<(), PlotError> {
        if picture? {
            drawn.push(folder.join(name));
        }
        Ok(())
    };
    keep("landscape.png", scene::landscape(data, &folder.join("landscape.png")))?;
    keep("quasi-stationary.png", scene::quasi_stationary(data, &folder.join("quasi-stationary.png")))?;
    keep("stationary.png", scene::stationary(data, &folder.join("stationary.png")))?;
    keep("flux.png", flux::picture_of(data, &folder.join("flux.png")))?;
    keep("passage-time.png", scene::passage_time(data, &folder.join("passage-time.png")))?;
    Ok(drawn)
}
