//! Particles: where they are, and how long they live.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::axis::Axis;
use super::canvas::picture;
use super::chart::{self, Chart, Curve, Spot};
use super::colour::{FIRST, GUIDE};
use super::sheet::{Look, Pen, Sheet};
use super::{FigureData, PlotError, scene};
use crate::grid::Grid;
use crate::observe::over_grid::{Kind, over_grid};
use crate::particles::tables::{Histogram, Tables};
use crate::study::Simulation;

const PLACES: Kind = Kind::density("density", "where the particles are");

/// Draws `particles` and `lives`, with a word before these names, into a folder, where there is something to show;
/// `summary` is that of the run.
///
/// # Errors
/// [`PlotError`] with the first picture that could not be made.
pub fn draw_particles(
    summary: &Value,
    found: &Simulation,
    place: (&Path, &str),
    look: &Look,
) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| draw_with(pen, summary, found, place))
}

fn draw_with(pen: Pen, summary: &Value, found: &Simulation, place: (&Path, &str)) -> Result<Vec<PathBuf>, PlotError> {
    let (folder, before) = place;
    let Some(tables) = &found.tables else {
        return Ok(Vec::new());
    };
    let mut drawn = Vec::new();
    let bins = &tables.positions;
    let dimension = if bins.bins[1] == 1 { 1 } else { 2 };
    let grid = grid(bins, dimension);
    let density = PLACES.over(&grid, bins.density());
    let sheet = pen.sheet(folder, &format!("{before}particles"));
    if scene::density(&FigureData::new(summary, &grid, &over_grid(&grid), None), &density, &sheet)? {
        drawn.push(sheet.path);
    }
    let sheet = pen.sheet(folder, &format!("{before}lives"));
    if lives(summary, found, tables, &sheet)? {
        drawn.push(sheet.path);
    }
    Ok(drawn)
}

fn grid(bins: &Histogram, dimension: usize) -> Grid {
    let upper = [0, 1].map(|axis| bins.lower[axis] + bins.bins[axis] as f64 * bins.widths[axis]);
    Grid::new(dimension, bins.lower, upper, bins.bins, [false, false])
}

/// The share that is still alive against age, over the exponential law of the rate.
fn lives(summary: &Value, found: &Simulation, tables: &Tables, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some(rate) = found.rate.fine.filter(|fine| fine.exits >= 10).map(|fine| fine.value) else {
        return Ok(false);
    };
    // Where fewer than one life in ten thousand remains, their number is too small to be drawn as a share.
    const LEAST: f64 = 1e-4;
    let ages = tables.ages.rows().into_iter().map(|row| row.from as f64 * found.step() * rate);
    let spots: Vec<Spot> = ages
        .zip(tables.ages.survival())
        .filter(|(_, share)| *share > LEAST)
        .map(|(age, share)| Spot { at: (age, share.log10()), colour: FIRST, cross: false })
        .collect();
    let longest = spots.iter().map(|spot| spot.at.0).fold(0.0, f64::max);
    if longest == 0.0 {
        return Ok(false);
    }
    let lowest = spots.iter().map(|spot| spot.at.1).fold(0.0, f64::min);
    let (x, y) =
        (Axis::position("age × rate", 0.0..1.05 * longest), Axis::logarithmic("share alive", lowest.floor()..0.0));
    let last = longest.min(-y.range.start * std::f64::consts::LN_10);
    let exponential = vec![(0.0, 0.0), (last, -last / std::f64::consts::LN_10)];
    let curves = vec![Curve { points: exponential, colour: GUIDE, name: String::new() }];
    let title = summary["title"].as_str().unwrap_or_default();
    let test = found.constancy.map_or(String::new(), |test| format!(" — p = {:.2} for a constant rate", test.p_value));
    let head = ["How long particles live, and the exponential law", &format!("{title}{test}")];
    picture(sheet, (1200, 700), head, |area| {
        chart::draw(area, Chart { x: &x, y: &y, curves, lines: Vec::new(), spots, leaves_room_beside: false })
    })?;
    Ok(true)
}
