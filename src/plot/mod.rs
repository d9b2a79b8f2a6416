//! The pictures of a result as PNG, SVG or PDF: landscape, densities, flux along the boundary, current, passage time,
//! committor, network, spectrum, and the density in time.
//!
//! They are drawn from [`FigureData`], which comes from a solved problem or from a result file, so that a run and
//! `saddleflux plot` draw the same pixels. Densities and fluxes span many decades: their scales are logarithmic and cut
//! [`DECADES`] below the largest value. In two dimensions everything is drawn in θ, also on turned grids.

mod animation;
pub(crate) mod axis;
mod backend;
mod canvas;
mod chart;
mod colour;
mod committor;
mod contour;
mod convergence;
mod covariance;
mod current;
mod data;
mod degenerate;
mod evolution;
mod flux;
mod hitting;
mod iteration;
mod legend;
mod map;
mod network;
mod page;
mod particles;
mod referee;
mod scene;
mod sheet;
mod spectrum;
mod stream;
mod sweep;

pub use canvas::longest_fitting;
pub use convergence::draw_convergence;
pub use covariance::draw_covariance;
pub use data::{FigureData, Mark};
pub use iteration::draw_iteration;
pub use network::NetworkFigure;
pub use particles::draw_particles;
pub use referee::draw_referee;
pub use sheet::{DESIGN, Format, Look};
pub use sweep::draw_sweep;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::io::IoError;
use crate::observe::field::{LOSS, MEAN_FIRST_PASSAGE, QUASI_STATIONARY, STATIONARY};
use crate::observe::group::Field;
use crate::observe::over_grid::Kind;
use crate::observe::reactive::COMMITTOR;
use sheet::Sheet;

/// The decades shown below the largest value on a logarithmic scale.
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
        /// The file of the picture.
        path: PathBuf,
        /// The reason.
        message: String,
    },
}

/// A function that draws a picture; it returns `false` without data.
type Picture = fn(&FigureData, &Sheet) -> Result<bool, PlotError>;

/// All pictures of a result.
const PICTURES: [(&str, Picture); 16] = [
    ("landscape", |data, sheet| of(data, &LOSS, scene::landscape, sheet)),
    ("quasi-stationary", |data, sheet| of(data, &QUASI_STATIONARY, scene::density, sheet)),
    ("stationary", |data, sheet| of(data, &STATIONARY, scene::density, sheet)),
    ("flux", flux::picture_of),
    ("degenerate-curve", degenerate::picture_of),
    ("current", current::picture_of),
    ("evolution", evolution::picture_of),
    ("snapshots", evolution::snapshots),
    ("passage-time", |data, sheet| of(data, &MEAN_FIRST_PASSAGE, scene::passage_time, sheet)),
    ("committor", |data, sheet| of(data, &COMMITTOR, committor::committor, sheet)),
    ("isocommittor", flux::across_half),
    ("hitting", hitting::picture_of),
    ("exits", hitting::exits),
    ("network", network::picture_of),
    ("spectrum", spectrum::picture_of),
    ("eigenfunctions", spectrum::functions),
];

/// Draws the field of a kind; `false` if there is none.
fn of(
    data: &FigureData,
    kind: &Kind,
    picture: impl Fn(&FigureData, &Field, &Sheet) -> Result<bool, PlotError>,
    sheet: &Sheet,
) -> Result<bool, PlotError> {
    data.fields.field(kind.name).map_or(Ok(false), |field| picture(data, field, sheet))
}

/// The file name of the animation.
const ANIMATION: &str = "evolution-animated.png";

/// Draws the density in time as an animated PNG into a folder, and returns its path; `None` without a density in time.
///
/// # Errors
/// [`PlotError`] if it cannot be made.
pub fn animate(data: &FigureData, folder: &Path) -> Result<Option<PathBuf>, PlotError> {
    let path = folder.join(ANIMATION);
    Ok(animation::animate(data, &path)?.then_some(path))
}

/// Draws every picture for which there are data into a folder, in every format of the look, and returns their paths.
///
/// # Errors
/// [`PlotError`] of the first picture that cannot be made.
pub fn draw(data: &FigureData, folder: &Path, look: &Look) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| {
        let sheets = PICTURES.map(|(name, _)| pen.sheet(folder, name));
        let next = AtomicUsize::new(0);
        let lane = || {
            let mine =
                std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&k| k < PICTURES.len()));
            mine.map(|k| (k, (PICTURES[k].1)(data, &sheets[k]))).collect::<Vec<_>>()
        };
        let mut all = in_lanes(&lane);
        all.sort_by_key(|(k, _)| *k);
        let mut drawn = Vec::new();
        for (k, is_drawn) in all {
            if is_drawn? {
                drawn.push(sheets[k].path.clone());
            }
        }
        Ok(drawn)
    })
}

/// The number of pictures drawn in parallel; each needs up to 40 MB.
const LANES: usize = 2;

/// The results of all lanes; if the system refuses a thread, the others do all the work.
fn in_lanes<T: Send>(lane: &(impl Fn() -> Vec<T> + Sync)) -> Vec<T> {
    std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..LANES).filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, lane).ok()).collect();
        let mut all = lane();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    })
}
