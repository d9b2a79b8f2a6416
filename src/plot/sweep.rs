//! The pictures of a sweep: the rate against each key, and each law with its line and residuals.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plotters::style::RGBColor;
use serde_json::Value;

use super::PlotError;
use super::axis::{Axis, extent};
use super::canvas::{Area, Fault, picture};
use super::chart::{self, Chart, Curve, Line, Spot};
use super::colour::SERIES;
use super::scene::capitalised;
use super::sheet::{Look, Pen, Sheet};
use crate::config::sweep::Axis as Key;
use crate::digits::number;
use crate::sweep::{Fit, Table};

/// Points from a formula of the theory.
const THEORY: RGBColor = RGBColor(150, 150, 150);

/// The largest number of curves in a picture.
const MOST_CURVES: usize = 10;

/// Draws the pictures of a sweep, and returns their paths.
///
/// # Errors
/// [`PlotError`] of the first picture that cannot be drawn.
pub fn draw_sweep(table: &Table<'_>, folder: &Path, look: &Look) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| draw_with(pen, table, folder))
}

fn draw_with(pen: Pen, table: &Table<'_>, folder: &Path) -> Result<Vec<PathBuf>, PlotError> {
    let mut drawn = Vec::new();
    for place in 0..table.sweep.axes.len() {
        drawn.extend(draw_rate(table, place, pen, folder)?);
    }
    // The fits of one law at several values of other keys share a picture.
    let mut from = 0;
    let mut number = 1;
    while from < table.fits.len() {
        let asked = |fit: &Fit| {
            let request = &fit.request;
            (request.x.to_string(), request.y.to_string(), request.model)
        };
        let same = table.fits[from..].iter().take_while(|fit| asked(fit) == asked(&table.fits[from])).count();
        drawn.extend(draw_fits(&table.fits[from..from + same], pen.sheet(folder, &format!("fit-{number}")))?);
        (from, number) = (from + same, number + 1);
    }
    Ok(drawn)
}

/// ln γ at a point, or −ln τ if γ is not known.
fn logarithm(table: &Table<'_>, point: usize) -> Option<f64> {
    let ln = |name: &str| {
        let known = table.rows[point].get(name);
        known.logarithm.or(known.value.map(f64::ln)).filter(|ln| ln.is_finite())
    };
    ln("rate").or(ln("time").map(|ln| -ln))
}

/// The rate against one key, with a curve for each combination of the others; `None` if the values of the key are not
/// numbers.
fn draw_rate(table: &Table<'_>, place: usize, pen: Pen, folder: &Path) -> Result<Option<PathBuf>, PlotError> {
    let sweep = table.sweep;
    let key = &sweep.axes[place];
    let values: Option<Vec<f64>> = key.values.iter().map(|value| value.json.as_f64()).collect();
    let Some(values) = values.filter(|values| values.len() > 1) else { return Ok(None) };
    let is_log = is_logarithmic(&values);
    let (mut curves, mut bars): (Vec<Curve>, Vec<Vec<Bar>>) = Default::default();
    for point in 0..table.rows.len() {
        let Some(ln) = logarithm(table, point) else { continue };
        let name = if sweep.zip { String::new() } else { others(table, point, key) };
        let x = values[sweep.places(point)[place]];
        let at = (if is_log { x.log10() } else { x }, ln / std::f64::consts::LN_10);
        let known = curves.iter().position(|curve| curve.name == name);
        let place = known.unwrap_or_else(|| {
            curves.push(Curve { points: Vec::new(), colour: colour(curves.len()), name, is_dashed: false });
            bars.push(Vec::new());
            curves.len() - 1
        });
        curves[place].points.push(at);
        bars[place].extend(bar(table, point, at.0));
    }
    curves.truncate(MOST_CURVES);
    for curve in &mut curves {
        curve.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let solved = spots(&curves);
    let simulated = simulated(&mut curves, &bars);
    let (Some(across), Some(up)) = (extent_of(&curves, |at| at.0), extent_of(&curves, |at| at.1)) else {
        return Ok(None);
    };
    let x = axis(&key.key, across, is_log);
    let y = Axis::logarithmic("escape rate", up.start - 0.05 * height(&up)..up.end + 0.05 * height(&up));
    let sheet = pen.sheet(folder, &format!("rate-{}", file_name(&key.key)));
    let curves = curves.into_iter().map(|curve| placed(curve, &x, is_log)).collect::<Vec<_>>();
    let spots =
        solved.into_iter().chain(simulated).map(|spot| Spot { at: along(spot.at, &x, is_log), ..spot }).collect();
    picture(&sheet, (1200, 700), [&format!("Escape rate against {}", key.key), &sweep.title], |area| {
        let leaves_room_beside = curves.len() > 1;
        chart::draw(area, Chart { x: &x, y: &y, curves, lines: Vec::new(), spots, leaves_room_beside })
    })?;
    Ok(Some(sheet.path))
}

/// The rate of the particles at a point: x, and log₁₀ of the rate with both ends of its 95 % interval.
type Bar = (f64, [f64; 3]);

/// The standard errors on either side of a 95 % interval.
const TO_95: f64 = 1.96;

fn bar(table: &Table<'_>, point: usize, x: f64) -> Option<Bar> {
    let number = |name: &str| table.rows[point].get(name).value.filter(|value| *value > 0.0);
    let (rate, error) = (number("particles")?, number("particles_standard_error")?);
    let half = TO_95 * error / rate;
    Some((x, [-half, 0.0, half].map(|share| (rate.ln() + share) / std::f64::consts::LN_10)))
}

/// Adds the error bars of the particles to the curves, one curve of bars for each curve, and returns the crosses in
/// their middles.
fn simulated(curves: &mut Vec<Curve>, bars: &[Vec<Bar>]) -> Vec<Spot> {
    let mut added = Vec::new();
    let mut crosses = Vec::new();
    for (curve, bars) in curves.iter_mut().zip(bars).filter(|(_, bars)| !bars.is_empty()) {
        let ends = bars.iter().flat_map(|&(x, [low, _, high])| [(x, low), (x, high), (f64::NAN, f64::NAN)]);
        let name = if curve.name.is_empty() { "particles, 95 %".into() } else { format!("{}, particles", curve.name) };
        added.push(Curve { points: ends.collect(), colour: curve.colour, name, is_dashed: false });
        crosses.extend(bars.iter().map(|&(x, [_, rate, _])| Spot { at: (x, rate), colour: curve.colour, cross: true }));
        if curve.name.is_empty() {
            curve.name = "solved".into();
        }
    }
    curves.extend(added);
    crosses
}

/// The fits of one law: points and lines above, residuals below.
fn draw_fits(fits: &[Fit], sheet: Sheet) -> Result<Option<PathBuf>, PlotError> {
    let with_lines: Vec<&Fit> = fits.iter().filter(|fit| fit.line().is_some()).take(MOST_CURVES).collect();
    let Some(first) = with_lines.first() else { return Ok(None) };
    let request = &first.request;
    let [log_x, log_y] = request.model.takes_logarithms();
    let word = |is_log: bool, formula: String| {
        let formula = formula.replace('-', "−");
        if is_log { format!("ln({formula})") } else { formula }
    };
    let names = [word(log_x, request.x.to_string()), word(log_y, request.y.to_string())];
    let (mut lines, mut left) = (Vec::new(), Vec::new());
    let (mut dots, mut rests) = (Vec::new(), Vec::new());
    let mut theories = BTreeSet::new();
    for (place, fit) in with_lines.iter().enumerate() {
        let Some(line) = fit.line() else { continue };
        let colour = colour(place);
        let at: Vec<String> = fit.at.iter().map(|(key, value)| format!("{} = {}", short(key), brief(value))).collect();
        let Some(across) = extent(fit.points.iter().map(|(_, at)| at.0)) else { continue };
        let ends = [across.start, across.end].map(|x| (x, line.intercept + line.slope * x));
        lines.push(Curve { points: ends.to_vec(), colour, name: at.join(", "), is_dashed: false });
        dots.extend(fit.points.iter().map(|(_, at)| Spot { at: *at, colour, cross: false }));
        let mut rest: Vec<(f64, f64)> =
            fit.points.iter().zip(&line.residuals).map(|((_, at), residual)| (at.0, *residual)).collect();
        rest.sort_by(|a, b| a.0.total_cmp(&b.0));
        rests.extend(rest.iter().map(|at| Spot { at: *at, colour, cross: false }));
        left.push(Curve { points: rest, colour, name: String::new(), is_dashed: false });
        for theory in &fit.theory {
            dots.extend(theory.points.iter().map(|at| Spot { at: *at, colour: THEORY, cross: true }));
            theories.insert(report_name(theory.name));
        }
    }
    let all: Vec<(f64, f64)> = dots.iter().map(|spot| spot.at).collect();
    let (Some(across), Some(up), Some(over)) = (
        extent(all.iter().map(|at| at.0)),
        extent(all.iter().map(|at| at.1)),
        extent(rests.iter().map(|spot: &Spot| spot.at.1).chain([0.0])),
    ) else {
        return Ok(None);
    };
    let x = Axis::linear(&names[0], across, 0.04);
    let y = Axis::linear(&names[1], up, 0.06);
    let below = Axis::linear("residual", over, 0.1);
    let says = match with_lines.as_slice() {
        [fit] => fit.line().map_or(String::new(), |line| {
            let r = line.pearson_r.map_or(String::new(), |r| format!(", r = {r:.6}"));
            format!("slope {}{r}", number(line.slope))
        }),
        fits => format!("{} curves", fits.len()),
    };
    let crosses = theories.into_iter().collect::<Vec<_>>().join(" and ");
    let says = if crosses.is_empty() { says } else { format!("{says}; crosses: {crosses}") };
    let title = format!("{} fit of {} against {}", request.model.name(), request.y, request.x);
    let title = capitalised(&title.replace('-', "−"));
    picture(&sheet, (1200, 1200), [&title, &says], |area| {
        let (upper, lower) = area.split_vertically(1400);
        let several = lines.len() > 1;
        drawn(&upper, &x, &y, lines, dots, several)?;
        drawn(&lower, &x, &below, left, rests, several)
    })?;
    Ok(Some(sheet.path))
}

/// Draws curves and dots, converted to the plotted coordinates of the axes.
fn drawn(area: &Area, x: &Axis, y: &Axis, curves: Vec<Curve>, dots: Vec<Spot>, beside: bool) -> Result<(), Fault> {
    let at = |(across, up): (f64, f64)| (x.place(across), y.place(up));
    let curves = curves.into_iter().map(|curve| Curve { points: curve.points.into_iter().map(at).collect(), ..curve });
    let spots = dots.into_iter().map(|spot| Spot { at: at(spot.at), ..spot }).collect();
    chart::draw(
        area,
        Chart { x, y, curves: curves.collect(), lines: Vec::<Line>::new(), spots, leaves_room_beside: beside },
    )
}

/// Whether values are drawn on a logarithmic axis: all positive, over a decade or more.
fn is_logarithmic(values: &[f64]) -> bool {
    let (low, high) = values.iter().fold((f64::INFINITY, 0.0f64), |(low, high), &v| (low.min(v), high.max(v)));
    low > 0.0 && high >= 10.0 * low
}

fn axis(name: &str, across: std::ops::Range<f64>, is_log: bool) -> Axis {
    match is_log {
        true => Axis::logarithmic(name, across.start - 0.05..across.end + 0.05),
        false => Axis::linear(name, across, 0.05),
    }
}

/// The plotted coordinates of a point whose x is a logarithm already on a logarithmic axis.
fn along((x, y): (f64, f64), axis: &Axis, is_log: bool) -> (f64, f64) {
    (if is_log { x } else { axis.place(x) }, y)
}

fn placed(curve: Curve, axis: &Axis, is_log: bool) -> Curve {
    Curve { points: curve.points.into_iter().map(|at| along(at, axis, is_log)).collect(), ..curve }
}

fn spots(curves: &[Curve]) -> Vec<Spot> {
    let of = |curve: &Curve| {
        let colour = curve.colour;
        curve.points.iter().map(move |&at| Spot { at, colour, cross: false }).collect::<Vec<_>>()
    };
    curves.iter().flat_map(of).collect()
}

fn extent_of(curves: &[Curve], pick: fn(&(f64, f64)) -> f64) -> Option<std::ops::Range<f64>> {
    extent(curves.iter().flat_map(|curve| curve.points.iter().map(pick)))
}

fn height(range: &std::ops::Range<f64>) -> f64 {
    (range.end - range.start).max(1.0)
}

/// The values at a point of the other keys with several values.
fn others(table: &Table<'_>, point: usize, key: &Key) -> String {
    let values = table.sweep.values(point).filter(|(axis, _)| axis.key != key.key && axis.values.len() > 1);
    values.map(|(axis, value)| format!("{} = {}", short(&axis.key), brief(&value.json))).collect::<Vec<_>>().join(", ")
}

/// The last part of a dotted key.
fn short(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The name of a formula of the theory.
fn report_name(column: &str) -> &str {
    match column {
        "kramers" => "Kramers",
        "theorem_3_2" => "Theorem 3.2",
        other => other,
    }
}

/// A value with four digits, for legends.
fn brief(value: &Value) -> String {
    let short = value.as_f64().and_then(|value| format!("{value:.3e}").parse::<f64>().ok());
    short.map_or_else(|| value.as_str().map_or_else(|| value.to_string(), String::from), |short| short.to_string())
}

fn file_name(key: &str) -> String {
    key.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_'), "-")
}

fn colour(place: usize) -> RGBColor {
    SERIES[place % SERIES.len()]
}
