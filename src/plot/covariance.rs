//! C against H element by element, and the spectrum of H.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::PlotError;
use super::axis::{Axis, extent};
use super::canvas::{Area, Fault, picture};
use super::chart::{self, Chart, Curve, Spot};
use super::colour::{FIRST, INK, SECOND, SERIES};
use super::sheet::{Look, Pen};
use crate::model::NoiseNorm;
use crate::study::covariance::{Comparison, CovarianceStudy};

/// The resolution at which coinciding elements are drawn once: there are p² of them.
const SQUARES: f64 = 300.0;
/// The decades shown of the spectrum, and of C below its largest element; smaller values are rounding.
const DECADES: f64 = 14.0;

/// Draws `covariance`, `covariance-spectrum` and `covariance-noise`, and returns their paths.
///
/// # Errors
/// [`PlotError`] of the first picture that cannot be drawn.
pub fn draw_covariance(
    title: &str,
    study: &CovarianceStudy,
    folder: &Path,
    look: &Look,
) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| draw_with(pen, title, study, folder))
}

fn draw_with(pen: Pen, title: &str, study: &CovarianceStudy, folder: &Path) -> Result<Vec<PathBuf>, PlotError> {
    let mut drawn = Vec::new();
    let sheet = pen.sheet(folder, "covariance");
    let fitted = |basis: &str| study.comparisons.iter().find(|found| found.basis == basis);
    let words = |found: Option<&Comparison>| match found {
        Some(Comparison { slope: Some(slope), pearson_r: Some(r), elements, .. }) => {
            format!("slope {slope:.4}, r {r:.4}, {elements} elements")
        }
        _ => "too few elements".to_string(),
    };
    let head = ["Gradient-noise covariance against Hessian, B = 1", title];
    picture(&sheet, (1200, 1300), head, |area| {
        let (upper, lower) = area.split_vertically(1200);
        let (eigen, original) = (fitted("eigen"), fitted("original"));
        let floor = study.eigen.iter().fold(0.0f64, |largest, [_, c]| largest.max(*c)) * 10f64.powf(-DECADES);
        let log = study.eigen.iter().filter(|[_, c]| *c > floor).map(|[h, c]| (h.log10(), c.log10()));
        let name = format!("H in its eigenbasis ({})", words(eigen));
        scatter(&upper, log.collect(), true, &name, eigen.and_then(|found| found.slope))?;
        let plain = study.original.iter().map(|[h, c]| (*h, *c)).collect();
        let name = format!("H in the parameters ({})", words(original));
        scatter(&lower, plain, false, &name, original.and_then(|found| found.slope))
    })?;
    drawn.push(sheet.path);
    let sheet = pen.sheet(folder, "covariance-spectrum");
    picture(&sheet, (1200, 700), ["Spectrum of the Hessian", title], |area| spectrum(area, &study.eigenvalues))?;
    drawn.push(sheet.path);
    let sheet = pen.sheet(folder, "covariance-noise");
    let head = ["Norms of minibatch noise, and of a Gaussian of the same covariance", title];
    picture(&sheet, (1200, 700), head, |area| norms(area, &study.noise))?;
    drawn.push(sheet.path);
    Ok(drawn)
}

/// The elements and the line y = slope · x; nothing without elements.
fn scatter(area: &Area, points: Vec<(f64, f64)>, is_log: bool, name: &str, slope: Option<f64>) -> Result<(), Fault> {
    let (Some(across), Some(up)) = (extent(points.iter().map(|p| p.0)), extent(points.iter().map(|p| p.1))) else {
        return Ok(());
    };
    let (x, y) = if is_log {
        let y = Axis::logarithmic("C", up.start - 0.2..up.end + 0.2);
        (Axis::logarithmic(name, across.start - 0.1..across.end + 0.1), y)
    } else {
        (Axis::linear(name, across.clone(), 0.05), Axis::linear("C", up, 0.05))
    };
    let place = |(a, b): (f64, f64)| if is_log { (a, b) } else { (x.place(a), y.place(b)) };
    let line = |slope: f64| {
        let at = |h: f64| if is_log { (h, h + slope.log10()) } else { (h, slope * h) };
        vec![place(at(across.start)), place(at(across.end))]
    };
    let mut seen = BTreeSet::new();
    let square =
        |value: f64, range: &std::ops::Range<f64>| ((value - range.start) / (range.end - range.start) * SQUARES) as i64;
    let mut spots = Vec::new();
    for at in points.into_iter().map(place) {
        if seen.insert((square(at.0, &x.range), square(at.1, &y.range))) {
            spots.push(Spot { at, colour: FIRST, cross: false });
        }
    }
    let curves =
        slope.map(|slope| Curve { points: line(slope), colour: SECOND, name: String::new(), is_dashed: false });
    let curves = curves.into_iter().collect();
    chart::draw(area, Chart { x: &x, y: &y, curves, lines: Vec::new(), spots, leaves_room_beside: false })
}

/// The distribution functions of |ξ|√B for each batch size, and that of the Gaussian, which is the same for all.
fn norms(area: &Area, noise: &[NoiseNorm]) -> Result<(), Fault> {
    let scaled = |norms: &[f64], batch_size: u32| -> Vec<f64> {
        norms.iter().map(|norm| norm * f64::from(batch_size).sqrt()).filter(|norm| *norm > 0.0).collect()
    };
    let all = noise.iter().flat_map(|found| scaled(&found.drawn, found.batch_size));
    let Some(range) = extent(all.map(f64::log10)) else { return Ok(()) };
    let x = Axis::logarithmic("|ξ| √B", range.start.max(range.end - DECADES)..range.end + 0.1);
    let y = Axis::linear("share of smaller norms", 0.0..1.0, 0.02);
    let curve = |norms: Vec<f64>, colour, name: String| {
        let count = norms.len() as f64;
        let point = |(k, norm): (usize, &f64)| (norm.log10(), y.place((k + 1) as f64 / count));
        Curve {
            points: norms.iter().enumerate().map(point).filter(|at| x.holds(at.0)).collect(),
            colour,
            name,
            is_dashed: false,
        }
    };
    let mut curves: Vec<Curve> = noise
        .iter()
        .zip(SERIES)
        .map(|(found, colour)| {
            curve(scaled(&found.drawn, found.batch_size), colour, format!("minibatches, B = {}", found.batch_size))
        })
        .collect();
    curves.extend(noise.first().map(|found| curve(scaled(&found.gaussian, found.batch_size), INK, "Gaussian".into())));
    let chart = Chart { x: &x, y: &y, curves, lines: Vec::new(), spots: Vec::new(), leaves_room_beside: false };
    chart::draw(area, chart)
}

/// |λ_k| by rank, with different colours for positive and negative eigenvalues.
fn spectrum(area: &Area, values: &[f64]) -> Result<(), Fault> {
    let sizes = || values.iter().filter(|value| **value != 0.0).map(|value| value.abs().log10());
    let Some(range) = extent(sizes()) else { return Ok(()) };
    let floor = range.start.max(range.end - DECADES);
    let x = Axis::linear("rank", 1.0..values.len() as f64, 0.02);
    let y = Axis::logarithmic("|eigenvalue|: positive blue, negative orange", floor - 0.3..range.end + 0.3);
    let spot = |(k, value): (usize, &f64)| {
        let size = value.abs().log10();
        let at = (x.place((k + 1) as f64), size);
        (size >= floor).then_some(Spot { at, colour: if *value > 0.0 { FIRST } else { SECOND }, cross: false })
    };
    let spots = values.iter().enumerate().filter_map(spot).collect();
    chart::draw(area, Chart { x: &x, y: &y, curves: Vec::new(), lines: Vec::new(), spots, leaves_room_beside: false })
}
