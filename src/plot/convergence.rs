//! The pictures of a convergence study: error against cells, against time, and against the angle of the grid.

use std::path::{Path, PathBuf};

use plotters::style::RGBColor;

use super::PlotError;
use super::axis::{Axis, extent};
use super::canvas::{Area, Fault, picture};
use super::chart::{self, Chart, Curve, Spot};
use super::colour::SERIES;
use super::sheet::{Look, Pen};
use crate::observe::group::{Data, FieldGroup};

/// The smallest error that is drawn; by rounding an error may be exactly zero.
const SMALLEST: f64 = 1e-16;

/// Draws a study from its group of fields, and returns the paths of the pictures.
///
/// # Errors
/// [`PlotError`] of the first picture that cannot be drawn.
pub fn draw_convergence(
    title: &str,
    group: &FieldGroup,
    folder: &Path,
    look: &Look,
) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| draw_with(pen, title, &Study::of(group), folder))
}

/// The data of the pictures.
struct Study {
    /// The source of the reference.
    reference: String,
    is_plane: bool,
    series: Vec<Series>,
}

/// One scheme at one angle.
struct Series {
    scheme: String,
    angle: f64,
    /// The grids with an error, coarsest first.
    samples: Vec<Sample>,
}

struct Sample {
    unknowns: f64,
    seconds: f64,
    /// The relative error of γ, or of 1/τ if γ was not requested.
    error: f64,
}

impl Study {
    /// The study in a group whose fields have the axes scheme, angle and grid.
    fn of(group: &FieldGroup) -> Study {
        let texts = group.attributes.iter().find(|(name, _)| name == "reference");
        let reference = match texts {
            Some((_, Data::Text(text))) => text.clone(),
            _ => String::new(),
        };
        let schemes = match group.coordinate("scheme").map(|coordinate| &coordinate.values) {
            Some(Data::Words(words)) => words.as_slice(),
            _ => &[],
        };
        let angles = group.needed("angle").unwrap_or_default();
        let grids = group.needed("cells_x").map_or(0, <[f64]>::len);
        let column = |name: &str| group.values(name).unwrap_or_default();
        let columns = ["unknowns", "seconds", "rate_error", "passage_error"].map(column);
        let sample = |index: usize| {
            let [unknowns, seconds, rate, passage] =
                columns.map(|values| values.get(index).copied().unwrap_or(f64::NAN));
            let error = if rate.is_nan() { passage } else { rate }.max(SMALLEST);
            (unknowns > 0.0 && error.is_finite()).then_some(Sample { unknowns, seconds, error })
        };
        let of_all = schemes.iter().enumerate().flat_map(|(k, scheme)| {
            angles.iter().enumerate().map(move |(j, angle)| (k * angles.len() + j, scheme, angle))
        });
        let series = of_all.map(|(place, scheme, angle)| Series {
            scheme: scheme.clone(),
            angle: *angle,
            samples: (place * grids..(place + 1) * grids).filter_map(sample).collect(),
        });
        Study { reference, is_plane: group.field("cells_y").is_some(), series: series.collect() }
    }
}

fn draw_with(pen: Pen, title: &str, study: &Study, folder: &Path) -> Result<Vec<PathBuf>, PlotError> {
    let mut drawn = Vec::new();
    let text = match title {
        "" => format!("Errors against {}", study.reference),
        _ => format!("{title}: errors against {}", study.reference),
    };
    if study.series.iter().all(|series| series.samples.is_empty()) {
        return Ok(drawn);
    }
    let sheet = pen.sheet(folder, "work-precision");
    let cells = |sample: &Sample| sample.unknowns.powf(if study.is_plane { 0.5 } else { 1.0 });
    picture(&sheet, (1200, 1200), ["Error of the escape rate against cells and time", &text], |area| {
        let (upper, lower) = area.split_vertically(1110);
        logarithmic(&upper, "unknowns per axis", curves(study, &cells))?;
        // The colours are those of the chart above, whose legend suffices.
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

/// A curve for every series with a solved grid.
fn curves(study: &Study, abscissa: &dyn Fn(&Sample) -> f64) -> Vec<Curve> {
    let mut curves = Vec::new();
    for (k, series) in study.series.iter().enumerate() {
        let points: Vec<(f64, f64)> =
            series.samples.iter().map(|sample| (abscissa(sample).log10(), sample.error.log10())).collect();
        if !points.is_empty() {
            curves.push(Curve {
                points,
                colour: SERIES[k % SERIES.len()],
                name: label(series, study),
                is_dashed: false,
            });
        }
    }
    curves
}

fn by_angle(area: &Area, study: &Study) -> Result<(), Fault> {
    let mut curves: Vec<Curve> = Vec::new();
    for series in &study.series {
        let name = series.scheme.clone();
        let Some(finest) = series.samples.last() else { continue };
        let point = (series.angle, finest.error.log10());
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve {
                points: vec![point],
                colour: SERIES[curves.len() % SERIES.len()],
                name,
                is_dashed: false,
            }),
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

fn label(series: &Series, study: &Study) -> String {
    let turned = study.series.iter().any(|other| other.angle != series.angle);
    if turned { format!("{} at {:.1}°", series.scheme, series.angle) } else { series.scheme.clone() }
}
