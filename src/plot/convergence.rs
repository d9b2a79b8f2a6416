//! Work and precision of a refinement study: error against cells, against time, and against the angle of the grid.

use std::path::{Path, PathBuf};

use plotters::style::RGBColor;

use super::PlotError;
use super::axis::{Axis, extent};
use super::canvas::{Area, Fault, picture};
use super::chart::{self, Chart, Curve, Spot};
use super::colour::SERIES;
use super::sheet::{Look, Pen};
use crate::config::advice;
use crate::study::converge::{Convergence, Sample, Series};

/// Errors below this are drawn here: rounding may make them exactly zero.
const SMALLEST: f64 = 1e-16;

/// Draws the study and returns the paths of the pictures.
///
/// # Errors
/// [`PlotError`] with the first picture that could not be made.
pub fn draw_convergence(
    title: &str,
    study: &Convergence,
    folder: &Path,
    look: &Look,
) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| draw_with(pen, title, study, folder))
}

fn draw_with(pen: Pen, title: &str, study: &Convergence, folder: &Path) -> Result<Vec<PathBuf>, PlotError> {
    let mut drawn = Vec::new();
    let text = match title {
        "" => format!("Errors against {}", advice::on_source(&study.reference.source)),
        _ => format!("{title}: errors against {}", advice::on_source(&study.reference.source)),
    };
    let has_errors = study.series.iter().flat_map(Series::solved).any(|sample| error(sample).is_some());
    if !has_errors {
        return Ok(drawn);
    }
    let sheet = pen.sheet(folder, "work-precision");
    let cells = |sample: &Sample| (sample.unknowns as f64).powf(1.0 / study.problem.dimension as f64);
    picture(&sheet, (1200, 1200), ["Error of the escape rate against cells and time", &text], |area| {
        let (upper, lower) = area.split_vertically(1110);
        logarithmic(&upper, "unknowns per axis", curves(study, &cells))?;
        // The colours are those of the chart above: one legend is enough.
        let unnamed =
            curves(study, &|sample| sample.seconds).into_iter().map(|curve| Curve { name: String::new(), ..curve });
        logarithmic(&lower, "seconds for assembly, elimination and solves", unnamed.collect())
    })?;
    drawn.push(sheet.path);
    if study.series.windows(2).any(|pair| pair[0].angle != pair[1].angle) {
        let sheet = pen.sheet(folder, "angle");
        picture(&sheet, (1200, 700), ["Error of the escape rate against the angle of the grid", &text], |area| {
            by_angle(area, study)
        })?;
        drawn.push(sheet.path);
    }
    Ok(drawn)
}

/// The error of the rate, or of the passage time where only that was asked for.
fn error(sample: &Sample) -> Option<f64> {
    let measure = sample.rate.or(sample.passage)?;
    measure.error.map(|error| error.max(SMALLEST))
}

/// A curve for every series of which some grid was solved.
fn curves(study: &Convergence, abscissa: &dyn Fn(&Sample) -> f64) -> Vec<Curve> {
    let mut curves = Vec::new();
    for (k, series) in study.series.iter().enumerate() {
        let points: Vec<(f64, f64)> =
            series.solved().filter_map(|s| Some((abscissa(s).log10(), error(s)?.log10()))).collect();
        if !points.is_empty() {
            curves.push(Curve { points, colour: SERIES[k % SERIES.len()], name: label(series, study) });
        }
    }
    curves
}

fn by_angle(area: &Area, study: &Convergence) -> Result<(), Fault> {
    let mut curves: Vec<Curve> = Vec::new();
    for series in &study.series {
        let name = series.scheme.name().to_string();
        let Some(error) = series.solved().last().and_then(error) else { continue };
        let point = (series.angle, error.log10());
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve { points: vec![point], colour: SERIES[curves.len() % SERIES.len()], name }),
        }
    }
    let angles = extent(curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.0))).unwrap_or(0.0..45.0);
    let x = Axis::position("angle of the grid in degrees, on the finest grid", angles.start - 1.0..angles.end + 1.0);
    with_spots(area, &x, curves)
}

fn logarithmic(area: &Area, name: &str, curves: Vec<Curve>) -> Result<(), Fault> {
    let points = curves.iter().flat_map(|curve| curve.points.iter());
    let range = extent(points.map(|point| point.0)).unwrap_or(0.0..1.0);
    let x = Axis::logarithmic(name, range.start - 0.1..range.end + 0.1);
    with_spots(area, &x, curves)
}

fn with_spots(area: &Area, x: &Axis, curves: Vec<Curve>) -> Result<(), Fault> {
    let points: Vec<((f64, f64), RGBColor)> =
        curves.iter().flat_map(|curve| curve.points.iter().map(|&point| (point, curve.colour))).collect();
    let range = extent(points.iter().map(|(point, _)| point.1)).unwrap_or(-1.0..0.0);
    let (bottom, top) = (range.start.floor(), range.end.ceil().max(range.start.floor() + 1.0));
    let y = Axis::logarithmic("relative error", bottom..top);
    let spots = points.iter().map(|&(at, colour)| Spot { at, colour, cross: false }).collect();
    let leaves_room_beside = curves.len() > 1;
    chart::draw(area, Chart { x, y: &y, curves, lines: Vec::new(), spots, leaves_room_beside })
}

fn label(series: &Series, study: &Convergence) -> String {
    let turned = study.series.iter().any(|other| other.angle != series.angle);
    if turned { format!("{} at {:.1}°", series.scheme.name(), series.angle) } else { series.scheme.name().to_string() }
}
