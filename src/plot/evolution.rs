//! The density in time: survival, populations and flux over survival against the logarithm of time, and the density at
//! some times.

use plotters::style::RGBColor;

use super::axis::{Axis, decades, extent, short};
use super::canvas::picture;
use super::chart::{self, Chart, Curve, Line};
use super::colour::{BOUNDARY, INK, SERIES, viridis};
use super::sheet::Sheet;
use super::{DECADES, FigureData, PlotError, scene};
use crate::observe::frames::frames;
use crate::observe::group::FieldGroup;
use crate::study::evolution::{FLUX_OVER_SURVIVAL, SNAPSHOT, SURVIVAL, TIME};

/// The largest number of densities in a picture.
const MOST: usize = 8;

/// Draws survival and populations above, and below the flux over survival, or the populations on a logarithmic scale if
/// nothing is killed; `false` without a density in time.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some(group) = data.evolution else { return Ok(false) };
    let Some(times) = group.coordinate(TIME).and_then(|time| time.values.numbers()) else { return Ok(false) };
    let (Some(survival), Some(hazard)) = (group.values(SURVIVAL), group.values(FLUX_OVER_SURVIVAL)) else {
        return Ok(false);
    };
    let logarithms: Vec<f64> = times.iter().map(|time| if *time > 0.0 { time.log10() } else { f64::NAN }).collect();
    let Some(across) = extent(logarithms.iter().copied()).filter(|range| range.end > range.start) else {
        return Ok(false);
    };
    let x = Axis::logarithmic("time t", across);
    let curve = |values: &[f64], y: &Axis, colour: RGBColor, name: String| {
        let place = |value: f64| {
            let at = y.place(value);
            if at >= y.range.start { at } else { f64::NAN }
        };
        let points = logarithms.iter().zip(values).map(|(at, value)| (*at, place(*value))).collect();
        Curve { points, colour, name, is_dashed: false }
    };
    // A single valley holds all that survives and needs no curve.
    let populations = Some(populations(group)).filter(|all| all.len() > 1).unwrap_or_default();
    let of_valleys = |y: &Axis| -> Vec<Curve> {
        let colour = |k: usize| SERIES[k % SERIES.len()];
        populations.iter().enumerate().map(|(k, values)| curve(values, y, colour(k), valley(data, k))).collect()
    };
    let linear = Axis::linear("probability", 0.0..1.0, 0.04);
    let is_killed = hazard.iter().any(|hazard| *hazard > 0.0);
    let mut above = of_valleys(&linear);
    if is_killed || above.is_empty() {
        above.push(curve(survival, &linear, INK, "survival".to_string()));
    }
    let everything: Vec<f64> = if is_killed { hazard.to_vec() } else { populations.concat() };
    let Some(exponents) = decades(&everything, DECADES) else { return Ok(false) };
    let exponents = exponents.start - 0.05..exponents.end + 0.1;
    let (log, below) = if is_killed {
        let log = Axis::logarithmic("flux over survival j/S", exponents);
        let curves = vec![curve(hazard, &log, SERIES[1], String::new())];
        (log, curves)
    } else {
        let log = Axis::logarithmic("probability", exponents);
        let curves = of_valleys(&log);
        (log, curves)
    };
    let reached = data.plateau.map(f64::log10).filter(|at| x.range.contains(at));
    let title = ["The density in time", &scene::subtitle(data)];
    picture(sheet, (1400, 1200), title, |area| {
        let (upper, lower) = area.split_vertically(1110);
        let leaves_room_beside = above.len() > 1 || below.len() > 1;
        let lines = |has_word: bool| -> Vec<Line> {
            let word = if has_word { "j/S is γ to 1 %".to_string() } else { String::new() };
            reached.into_iter().map(|at| Line { at, word: word.clone(), colour: BOUNDARY }).collect()
        };
        let spots = Vec::new();
        let chart = Chart { x: &x, y: &linear, curves: above, lines: lines(false), spots, leaves_room_beside };
        chart::draw(&upper, chart)?;
        let spots = Vec::new();
        chart::draw(&lower, Chart { x: &x, y: &log, curves: below, lines: lines(true), spots, leaves_room_beside })
    })?;
    Ok(true)
}

/// The name of a valley.
pub(super) fn valley(data: &FigureData, k: usize) -> String {
    match data.minima_in_time.get(k) {
        Some(place) => format!("valley at {place}"),
        None => format!("valley {k}"),
    }
}

/// The probability of each valley over time.
pub(super) fn populations(group: &FieldGroup) -> Vec<Vec<f64>> {
    let Some(field) = group.field("valleys") else { return Vec::new() };
    let count = group.coordinate("valley").map_or(0, |valley| valley.values.len());
    (0..count).map(|k| field.values.iter().skip(k).step_by(count).copied().collect()).collect()
}

/// Draws the density at some times, in two dimensions integrated over the second axis; `false` without densities.
pub(super) fn snapshots(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some((group, field)) = data.evolution.and_then(|group| Some((group, group.field(SNAPSHOT)?))) else {
        return Ok(false);
    };
    let times = field.coordinates.first().and_then(|name| group.coordinate(name)?.values.numbers());
    let Some(times) = times.filter(|times| !times.is_empty()) else { return Ok(false) };
    let (grid, count) = (data.grid, times.len());
    let (cells, across) = (grid.len(), grid.cells[1]);
    let height = if grid.dimension == 2 { grid.spacing()[1] } else { 1.0 };
    let along = |k: usize| -> Vec<f64> {
        let density = &field.values[k * cells..(k + 1) * cells];
        density.chunks(across).map(|column| column.iter().sum::<f64>() * height).collect()
    };
    let frames = frames(count, cells);
    let few = frames.len().min(MOST);
    let place = |k: usize| if few == 1 { 0 } else { k * (frames.len() - 1) / (few - 1) };
    let chosen: Vec<usize> = (0..few).map(|k| frames[place(k)]).collect();
    let curves: Vec<Vec<f64>> = chosen.iter().map(|&k| along(k)).collect();
    let Some(exponents) = decades(&curves.concat(), DECADES) else { return Ok(false) };
    let x = Axis::position(if grid.dimension == 1 { "θ" } else { "first grid axis" }, grid.lower[0]..grid.upper[0]);
    let name = if grid.dimension == 1 { "density" } else { "density, integrated over the second axis" };
    let y = Axis::logarithmic(name, exponents);
    let draw = |(place, values): (usize, &Vec<f64>)| {
        let points = grid.centres(0).into_iter().zip(values).map(|(at, value)| {
            let height = y.place(*value);
            (at, if height >= y.range.start { height } else { f64::NAN })
        });
        // The yellow end of the scale is hard to see on white.
        let colour = viridis(0.88 * place as f64 / (few.max(2) - 1) as f64);
        Curve {
            points: points.collect(),
            colour,
            name: format!("t = {}", short(times[chosen[place]])),
            is_dashed: false,
        }
    };
    let curves = curves.iter().enumerate().map(draw).collect();
    let title = ["The density at some times", &scene::subtitle(data)];
    picture(sheet, (1400, 800), title, |area| {
        let (lines, spots) = (Vec::new(), Vec::new());
        chart::draw(area, Chart { x: &x, y: &y, curves, lines, spots, leaves_room_beside: false })
    })?;
    Ok(true)
}
