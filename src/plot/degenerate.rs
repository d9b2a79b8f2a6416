//! The flux through a curve on which the noise degenerates, and its openness, along the curve.

use super::axis::{Axis, extent};
use super::canvas::picture;
use super::chart::{self, Chart, Curve};
use super::colour::{FIRST, SECOND};
use super::map::Overlay;
use super::sheet::Sheet;
use super::{FigureData, PlotError, scene};
use crate::observe::degenerate::{ARC_NAME, DENSITY_NAME, OPENNESS};
use crate::observe::group::FieldGroup;
use crate::observe::over_grid::POSITION;
use crate::tensor::{Point, difference, norm};

/// The distance, in median steps, above which neighbouring points belong to different pieces of the curve.
const GAP: f64 = 8.0;

/// Flux density above and openness below, over arc length; `false` without such a curve.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some([arc, density, openness]) = data.degenerate.and_then(|group| {
        Some([group.needed(ARC_NAME).ok()?, group.values(DENSITY_NAME)?, group.values(&OPENNESS.name)?])
    }) else {
        return Ok(false);
    };
    let (Some(whole), Some(range)) = (extent(arc.iter().copied()), extent(density.iter().copied())) else {
        return Ok(false);
    };
    let breaks = data.degenerate.map_or(Vec::new(), breaks);
    let title = ["Flux through the curve where the noise degenerates", &scene::subtitle(data)];
    let x = Axis::position("arc length along the curve", whole);
    let upper = Axis::linear("flux density per length", range.start.min(0.0)..range.end, 0.06);
    let lower = Axis::linear("openness ω", 0.0..1.0, 0.04);
    picture(sheet, scene::TALL, title, |area| {
        let (top, bottom) = area.split_vertically(1110);
        for (area, y, values, colour) in [(top, &upper, density, FIRST), (bottom, &lower, openness, SECOND)] {
            let mut points = Vec::with_capacity(arc.len());
            for (k, (at, value)) in arc.iter().zip(values).enumerate() {
                if breaks.contains(&k) {
                    points.push((f64::NAN, f64::NAN));
                }
                points.push((*at, y.place(*value)));
            }
            let curves = vec![Curve { points, colour, name: String::new(), is_dashed: false }];
            let (lines, spots) = (Vec::new(), Vec::new());
            chart::draw(&area, Chart { x: &x, y, curves, lines, spots, leaves_room_beside: false })?;
        }
        Ok(())
    })?;
    Ok(true)
}

/// The curve in the plane; empty without one.
pub(super) fn overlay(data: &FigureData) -> Overlay {
    let degenerate = data.degenerate.map_or(Vec::new(), |group| {
        let (position, breaks) = (positions(group), breaks(group));
        let joined = position.windows(2).enumerate().filter(|(k, _)| !breaks.contains(&(k + 1)));
        joined.map(|(_, pair)| [pair[0], pair[1]]).collect()
    });
    Overlay { degenerate, ..Overlay::default() }
}

fn positions(group: &FieldGroup) -> Vec<Point> {
    let [x, y] = [0, 1].map(|axis| group.values(&POSITION[axis].name).unwrap_or_default());
    x.iter().zip(y).map(|(x, y)| [*x, *y]).collect()
}

/// The indices at which a new piece of the curve begins.
fn breaks(group: &FieldGroup) -> Vec<usize> {
    let position = positions(group);
    let steps: Vec<f64> = position.windows(2).map(|pair| norm(difference(pair[1], pair[0]))).collect();
    let mut sorted = steps.clone();
    sorted.sort_by(f64::total_cmp);
    let gap = sorted.get(sorted.len() / 2).map_or(f64::INFINITY, |median| GAP * median);
    (1..position.len()).filter(|&k| steps[k - 1] > gap).collect()
}
