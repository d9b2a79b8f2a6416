//! Landscape, densities and passage time: maps in two dimensions, curves in one.

use super::axis::{Axis, decades, extent, typeset};
use super::canvas::{Area, Fault, picture};
use super::chart::{Chart, Curve, Line, Spot};
use super::colour::{BOUNDARY, FIRST, INK, SECOND};
use super::map::{Map, Overlay};
use super::sheet::Sheet;
use super::{DECADES, FigureData, PlotError, chart, degenerate, legend, map};
use crate::digits::number;
use crate::observe::field::MEAN_FIRST_PASSAGE;
use crate::observe::group::Field;

const WIDE: (u32, u32) = (1200, 800);
/// The left end of the legend below a chart, in dots.
const LEFT: u32 = 320;
pub(super) const TALL: (u32, u32) = (1200, 1200);

/// The loss with its critical points; `false` without a finite value.
pub(super) fn landscape(data: &FigureData, field: &Field, sheet: &Sheet) -> Result<bool, PlotError> {
    let loss = field.values.as_slice();
    let Some(range) = loss_range(data, loss) else {
        return Ok(false);
    };
    let title = ["Loss landscape", &subtitle(data)];
    if data.grid.dimension == 2 {
        let step = (range.end - range.start) / 16.0;
        let levels = (1..16).map(|k| range.start + step * f64::from(k)).collect();
        let strong_levels = data.valley.iter().filter_map(|saddle| data.saddles.get(*saddle)?.loss).collect();
        let is_cut = extent(loss.iter().copied()).is_some_and(|whole| whole.end > range.end);
        let scale = Axis::linear(if is_cut { "L (yellow: this and above)" } else { "L" }, range, 0.0);
        let overlay = degenerate::overlay(data);
        map::draw(data, &Map { title, field: loss, scale, levels, strong_levels, overlay }, sheet)?;
        return Ok(true);
    }
    let (x, y) = (abscissa(data), Axis::linear("L", range, 0.05));
    // Beyond the range shown the curve would run along the frame.
    let shown = |value: f64| {
        if y.place(value) <= y.range.end { y.place(value) } else { f64::NAN }
    };
    let curve = curve(data, loss, FIRST, "L", &shown);
    let entries = legend::of_marks(data, |mark| x.holds(mark.theta[0]), INK);
    let row = 2 * WIDE.0 - LEFT - 48;
    let further = legend::height(&entries, row);
    picture(sheet, (WIDE.0, WIDE.1 + further / 2), title, |area| {
        let (_, height) = area.dim_in_pixel();
        let (chart, below) = area.split_vertically(height - further);
        legend::draw(&below, &entries, (LEFT, 0), row)?;
        let spots = data.minima.iter().filter_map(|mark| {
            let colour = if data.minimum == Some(*mark) { BOUNDARY } else { INK };
            Some(Spot { at: (mark.theta[0], y.place(mark.loss?)), colour, cross: false })
        });
        let saddles = data.saddles.iter().enumerate().filter_map(|(index, mark)| {
            let colour = if data.bounds_valley(index) { BOUNDARY } else { INK };
            Some(Spot { at: (mark.theta[0], y.place(mark.loss?)), colour, cross: true })
        });
        let spots = spots.chain(saddles).collect();
        chart::draw(
            &chart,
            Chart { x: &x, y: &y, curves: vec![curve], lines: ends(data), spots, leaves_room_beside: false },
        )
    })?;
    Ok(true)
}

/// The range of L from its minimum to half a barrier above the highest saddle of the start set, or above the absorbing
/// boundary if it has no saddle. Higher values would hide the valleys.
fn loss_range(data: &FigureData, loss: &[f64]) -> Option<std::ops::Range<f64>> {
    let whole = extent(loss.iter().copied())?;
    let saddles = data.valley.iter().filter_map(|saddle| data.saddles.get(*saddle)?.loss);
    let ends = || data.flux.iter().flat_map(|flux| &flux.position).filter_map(|at| Some(loss[data.grid.cell_at(*at)?]));
    let highest = extent(saddles).or_else(|| extent(ends())).map(|heights| heights.end);
    let Some(highest) = highest.filter(|highest| *highest > whole.start) else {
        return Some(whole);
    };
    let top = highest + 0.5 * (highest - whole.start);
    Some(whole.start..top.min(whole.end))
}

/// A density on a logarithmic scale, and in one dimension also on a linear one, titled by its long name; `false` if it
/// is nowhere positive.
pub(super) fn density(data: &FigureData, field: &Field, sheet: &Sheet) -> Result<bool, PlotError> {
    let name = capitalised(&field.label.long_name);
    let field = field.values.as_slice();
    let Some(exponents) = decades(field, DECADES) else {
        return Ok(false);
    };
    let title = [name.as_str(), &subtitle(data)];
    if data.grid.dimension == 2 {
        let scale = Axis::logarithmic("density per area", exponents);
        let none = Vec::new();
        let overlay = degenerate::overlay(data);
        let field = &with_underflow(data, field);
        map::draw(data, &Map { title, field, scale, levels: none.clone(), strong_levels: none, overlay }, sheet)?;
        return Ok(true);
    }
    let (x, top) = (abscissa(data), extent(field.iter().copied()).map_or(1.0, |range| range.end));
    let (log, linear) =
        (Axis::logarithmic("density per length", exponents), Axis::linear("density per length", 0.0..top, 0.04));
    picture(sheet, TALL, title, |area| {
        let (upper, lower) = area.split_vertically(1110);
        let positive = |value: f64| {
            let place = log.place(value);
            if place >= log.range.start { place } else { f64::NAN }
        };
        one_curve(&upper, data, &x, &log, curve(data, field, FIRST, "", &positive))?;
        one_curve(&lower, data, &x, &linear, curve(data, field, SECOND, "", &|value| linear.place(value)))
    })?;
    Ok(true)
}

/// The density with the smallest positive number in place of zeros by underflow: zeros at cells with a passage time,
/// that is, in the live set.
pub(super) fn with_underflow(data: &FigureData, density: &[f64]) -> Vec<f64> {
    let Some(times) = data.fields.values(MEAN_FIRST_PASSAGE.name).filter(|times| times.len() == density.len()) else {
        return density.to_vec();
    };
    let pairs = density.iter().zip(times);
    pairs.map(|(&value, &time)| if value == 0.0 && time > 0.0 { f64::MIN_POSITIVE } else { value }).collect()
}

/// The fraction of the longest passage time that more than half of the cells must exceed for the passage time to count
/// as flat; then 1 − τ/max τ is shown.
const FLAT: f64 = 0.9;
/// The decades shown of 1 − τ/max τ; smaller values are rounding.
const LACKING: f64 = 12.0;

/// The passage time from every cell; `false` if none is finite.
pub(super) fn passage_time(data: &FigureData, field: &Field, sheet: &Sheet) -> Result<bool, PlotError> {
    let times = field.values.as_slice();
    let Some(range) = extent(times.iter().copied()).filter(|range| range.end.is_finite()) else {
        return Ok(false);
    };
    let subtitle = match data.passage_time {
        Some(time) => format!("τ = {} from the start — {}", typeset(&number(time)), text_of(data)),
        None => text_of(data),
    };
    let name = capitalised(&field.label.long_name);
    let title = [name.as_str(), &subtitle];
    let scale = Axis::linear("τ, in dynamical time", 0.0..range.end, if data.grid.dimension == 1 { 0.04 } else { 0.0 });
    let live: Vec<f64> = times.iter().copied().filter(|time| *time > 0.0).collect();
    let is_flat = 2 * live.iter().filter(|time| **time > FLAT * range.end).count() > live.len();
    let lacks: Vec<f64> =
        times.iter().map(|time| if *time > 0.0 { 1.0 - time / range.end } else { f64::NAN }).collect();
    let exponents = decades(&lacks, LACKING).filter(|_| is_flat);
    let lacking = exponents.map(|exponents| Axis::logarithmic("1 − τ/max τ: leaves before it falls back", exponents));
    if data.grid.dimension == 2 {
        // The time is 0 outside the start set, where it is shown as missing.
        let present = |time: &f64, value: f64| if *time > 0.0 { value } else { f64::NAN };
        let (scale, field, levels): (Axis, Vec<f64>, Vec<f64>) = match lacking {
            Some(log) => {
                let field = times.iter().zip(&lacks).map(|(time, lack)| present(time, lack.max(f64::MIN_POSITIVE)));
                (log, field.collect(), (1..LACKING as i32).map(|decade| 10f64.powi(-decade)).collect())
            }
            None => {
                let levels = (1..10).map(|k| 0.1 * f64::from(k) * range.end).collect();
                (scale, times.iter().map(|time| present(time, *time)).collect(), levels)
            }
        };
        let map = Map { title, field: &field, scale, levels, strong_levels: Vec::new(), overlay: Overlay::default() };
        map::draw(data, &map, sheet)?;
        return Ok(true);
    }
    let x = abscissa(data);
    let above = curve(data, times, FIRST, "", &|value| scale.place(value));
    picture(sheet, if lacking.is_some() { TALL } else { WIDE }, title, |area| {
        let Some(log) = &lacking else { return one_curve(area, data, &x, &scale, above) };
        let (upper, lower) = area.split_vertically(1110);
        let shown = |value: f64| {
            let place = log.place(value);
            if place >= log.range.start { place } else { f64::NAN }
        };
        one_curve(&upper, data, &x, &scale, above)?;
        one_curve(&lower, data, &x, log, curve(data, &lacks, SECOND, "", &shown))
    })?;
    Ok(true)
}

fn one_curve(area: &Area, data: &FigureData, x: &Axis, y: &Axis, curve: Curve) -> Result<(), Fault> {
    let (curves, spots) = (vec![curve], Vec::new());
    chart::draw(area, Chart { x, y, curves, lines: ends(data), spots, leaves_room_beside: false })
}

/// A long name with a capital letter.
pub(super) fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

pub(super) fn abscissa(data: &FigureData) -> Axis {
    Axis::position("θ", data.grid.lower[0]..data.grid.upper[0])
}

fn curve(
    data: &FigureData,
    field: &[f64],
    colour: plotters::style::RGBColor,
    name: &str,
    place: &dyn Fn(f64) -> f64,
) -> Curve {
    let points = data.grid.centres(0).into_iter().zip(field.iter().map(|value| place(*value))).collect();
    Curve { points, colour, name: name.to_string(), is_dashed: false }
}

/// Lines at the ends of the start set in one dimension.
fn ends(data: &FigureData) -> Vec<Line> {
    let positions = data.flux.iter().flat_map(|flux| &flux.position);
    positions.map(|point| Line { at: point[0], word: "absorbing".to_string(), colour: BOUNDARY }).collect()
}

/// The rate, and the problem.
pub(super) fn subtitle(data: &FigureData) -> String {
    let Some(rate) = data.rate else { return text_of(data) };
    let of_time = format!("γ = {} per unit of time", typeset(&number(rate)));
    match data.rate_per_iteration {
        Some(rate) => format!("{of_time}, {} per iteration — {}", typeset(&number(rate)), text_of(data)),
        None => format!("{of_time} — {}", text_of(data)),
    }
}

pub(super) fn text_of(data: &FigureData) -> String {
    if data.title.is_empty() { data.problem.clone() } else { data.title.clone() }
}
