//! The pictures of a simulation: the density of the particles, and their lifetimes.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::axis::Axis;
use super::canvas::picture;
use super::chart::{self, Chart, Curve, Spot};
use super::colour::{FIRST, GUIDE};
use super::sheet::{Look, Pen, Sheet};
use super::{FigureData, PlotError, scene};
use crate::grid::Grid;
use crate::observe::group::FieldGroup;
use crate::observe::over_grid::{AXES, Kind, over_grid};

const PLACES: Kind = Kind::density("density", "where the particles are");

/// Draws `particles` and `lives` into a folder from a summary and the group of particles, with a prefix before these
/// names, as far as there are data.
///
/// # Errors
/// [`PlotError`] of the first picture that cannot be drawn.
/// [`PlotError`] with the first picture that could not be made.
pub fn draw_particles(
    summary: &Value,
    group: &FieldGroup,
    place: (&Path, &str),
    look: &Look,
) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| draw_with(pen, summary, group, place))
}

fn draw_with(pen: Pen, summary: &Value, group: &FieldGroup, place: (&Path, &str)) -> Result<Vec<PathBuf>, PlotError> {
    let (folder, before) = place;
    let mut drawn = Vec::new();
    if let (Some(grid), Some(density)) = (grid(group), group.values(PLACES.name)) {
        let density = PLACES.over(&grid, density.to_vec());
        let sheet = pen.sheet(folder, &format!("{before}particles"));
        if scene::density(&FigureData::new(summary, &grid, &over_grid(&grid), None), &density, &sheet)? {
            drawn.push(sheet.path);
        }
    }
    let sheet = pen.sheet(folder, &format!("{before}lives"));
    if lives(summary, group, &sheet)? {
        drawn.push(sheet.path);
    }
    Ok(drawn)
}

/// The grid of the histogram bins, from the centres in the group.
fn grid(group: &FieldGroup) -> Option<Grid> {
    let (mut lower, mut upper, mut cells, mut dimension) = ([0.0, -0.5], [0.0, 0.5], [1, 1], 0);
    for (axis, name) in AXES.into_iter().enumerate() {
        let Ok([first, .., last]) = group.needed(name) else { break };
        cells[axis] = group.needed(name).ok()?.len();
        let half = 0.5 * (last - first) / (cells[axis] - 1) as f64;
        (lower[axis], upper[axis], dimension) = (first - half, last + half, axis + 1);
    }
    (dimension > 0).then(|| Grid::new(dimension, lower, upper, cells, [false, false]))
}

/// The fraction alive against age, and the exponential distribution with the rate; `false` with fewer than ten exits.
fn lives(summary: &Value, group: &FieldGroup, sheet: &Sheet) -> Result<bool, PlotError> {
    let said = &summary["rate"]["particles"];
    let is_enough = said["fine"]["exits"].as_u64().is_some_and(|exits| exits >= 10);
    let Some(rate) = said["fine"]["value"].as_f64().filter(|_| is_enough) else {
        return Ok(false);
    };
    let (Ok(ages), Some(survival)) = (group.needed("age"), group.values("survival")) else { return Ok(false) };
    // The fraction below which too few lives remain to be drawn.
    const LEAST: f64 = 1e-4;
    let spots: Vec<Spot> = ages
        .iter()
        .zip(survival)
        .filter(|(_, share)| **share > LEAST)
        .map(|(age, share)| Spot { at: (age * rate, share.log10()), colour: FIRST, cross: false })
        .collect();
    let longest = spots.iter().map(|spot| spot.at.0).fold(0.0, f64::max);
    if longest == 0.0 {
        return Ok(false);
    }
    // Where hardly any have left, the axis still shows a tenth of a decade.
    let lowest = spots.iter().map(|spot| 1.05 * spot.at.1).fold(-0.1, f64::min);
    let (x, y) = (Axis::position("age × rate", 0.0..1.05 * longest), Axis::logarithmic("share alive", lowest..0.0));
    let last = longest.min(-y.range.start * std::f64::consts::LN_10);
    let exponential = vec![(0.0, 0.0), (last, -last / std::f64::consts::LN_10)];
    let curves = vec![Curve { points: exponential, colour: GUIDE, name: String::new(), is_dashed: false }];
    let title = summary["title"].as_str().unwrap_or_default();
    let p_value = said["exponential"]["p_value"].as_f64();
    let test = p_value.map_or(String::new(), |p| format!(" — p = {p:.2} for a constant rate"));
    let head = ["How long particles live, and the exponential law", &format!("{title}{test}")];
    picture(sheet, (1200, 700), head, |area| {
        chart::draw(area, Chart { x: &x, y: &y, curves, lines: Vec::new(), spots, leaves_room_beside: false })
    })?;
    Ok(true)
}
