//! The probability flux through what absorbs: along the boundary in two dimensions, per end in one.

use plotters::prelude::*;

use super::axis::{Axis, decades, extent};
use super::canvas::{Area, FINE, Fault, HEAD, picture, text};
use super::chart::{self, Chart, Curve, Line};
use super::colour::{BOUNDARY, FAINT, FIRST, SECOND, SERIES};
use super::sheet::Sheet;
use super::{DECADES, FigureData, PlotError, scene};
use crate::digits::number;
use crate::study::solution::BoundaryFlux;
use crate::tensor::{difference, norm};

/// Below this fraction of the largest density the linear chart has nothing to show.
const VISIBLE: f64 = 1e-3;

/// Draws the flux; `false` when there is none.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some(flux) = data.flux.filter(|flux| flux.density.iter().any(|density| *density > 0.0)) else {
        return Ok(false);
    };
    let title = ["Flux through the absorbing boundary", &scene::subtitle(data)];
    if data.grid.dimension == 1 {
        let height = HEAD / FINE + 20 + 90 * flux.density.len() as u32;
        picture(sheet, (1000, height), title, |area| bars(area, flux))?;
    } else {
        picture(sheet, (1400, 1200), title, |area| along(area, data, flux))?;
    }
    Ok(true)
}

/// Draws the reactive flux across the line q⁺ = ½; `false` when there is none.
pub(super) fn across_half(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some(flux) = data.half.as_ref().filter(|flux| flux.density.iter().any(|density| *density > 0.0)) else {
        return Ok(false);
    };
    let title = ["Reactive flux across the line q⁺ = ½", &scene::text_of(data)];
    picture(sheet, (1400, 1200), title, |area| along(area, data, flux))?;
    Ok(true)
}

/// One bar for each end, with its flux and its share.
fn bars(area: &Area, flux: &BoundaryFlux) -> Result<(), Fault> {
    let sum: f64 = flux.density.iter().sum();
    for (end, (point, value)) in flux.position.iter().zip(&flux.density).enumerate() {
        let (share, top) = (value / sum, 32 + 180 * end as i32);
        let place = number(point[0]).replace('-', "−");
        area.draw(&Text::new(format!("θ = {place}"), (48, top + 24), text(24)))?;
        let track = [(480, top), (1280, top + 96)];
        area.draw(&Rectangle::new(track, FAINT.filled()))?;
        area.draw(&Rectangle::new([(480, top), (480 + (800.0 * share) as i32, top + 96)], FIRST.filled()))?;
        let share = if share < 1e-3 { format!("{share:.3e}") } else { format!("{:.2} %", 100.0 * share) };
        area.draw(&Text::new(format!("{value:.5e}   ({share})"), (1328, top + 24), text(24)))?;
    }
    Ok(())
}

/// Density against arc length: where it is large on a linear scale, and everywhere on a logarithmic one.
fn along(area: &Area, data: &FigureData, flux: &BoundaryFlux) -> Result<(), Fault> {
    let largest = extent(flux.density.iter().copied()).map_or(1.0, |range| range.end);
    let whole = extent(flux.arc.iter().copied()).unwrap_or(0.0..1.0);
    let seen = flux.arc.iter().zip(&flux.density).filter(|(_, density)| **density > VISIBLE * largest);
    let seen = extent(seen.map(|(arc, _)| *arc)).unwrap_or(whole.clone());
    let margin = 0.05 * (seen.end - seen.start).max(1e-3 * (whole.end - whole.start));
    let seen = (seen.start - margin).max(whole.start)..(seen.end + margin).min(whole.end);
    let name = "flux density per length";
    let (near, far) =
        (Axis::position("arc length", seen.clone()), Axis::position("arc length along the boundary", whole));
    let linear = Axis::linear(name, 0.0..1.06 * largest, 0.04);
    let exponents = decades(&flux.density, DECADES).unwrap_or(-1.0..0.0);
    // Room above the curve for the names of the saddles.
    let head = 0.1 * (exponents.end - exponents.start);
    let log = Axis::logarithmic(name, exponents.start..exponents.end + head);
    let (upper, lower) = area.split_vertically(1110);
    let saddles = saddles(data, flux);
    for (area, x, y, colour) in [(upper, &near, &linear, FIRST), (lower, &far, &log, SECOND)] {
        let lines = saddles.iter().filter(|(at, _)| x.range.contains(at));
        let lines = lines.map(|(at, word)| Line { at: *at, word: word.clone(), colour: BOUNDARY }).collect();
        let solved = Curve { points: points(flux, &flux.density, x, y), colour, name: "solved".to_string() };
        let assumed = (!flux.gaussian.is_empty()).then(|| Curve {
            points: points(flux, &flux.gaussian, x, y),
            colour: SERIES[4],
            name: "Gaussian, √(D⊥/H⊥)".to_string(),
        });
        let curves = assumed.into_iter().chain([solved]).collect();
        chart::draw(&area, Chart { x, y, curves, lines, spots: Vec::new(), leaves_room_beside: false })?;
    }
    Ok(())
}

/// The curve, broken between separate pieces of the boundary and off the chart.
fn points(flux: &BoundaryFlux, density: &[f64], x: &Axis, y: &Axis) -> Vec<(f64, f64)> {
    let mut steps: Vec<f64> = flux.position.windows(2).map(|pair| norm(difference(pair[1], pair[0]))).collect();
    steps.sort_by(f64::total_cmp);
    // Neighbours along a cut boundary are at most a few typical steps apart.
    let gap = steps.get(steps.len() / 2).map_or(f64::INFINITY, |median| 8.0 * median);
    let mut points = Vec::with_capacity(flux.arc.len());
    for (index, (arc, density)) in flux.arc.iter().zip(density).enumerate() {
        if index > 0 && norm(difference(flux.position[index], flux.position[index - 1])) > gap {
            points.push((f64::NAN, f64::NAN));
        }
        let place = y.place(*density);
        let shown = x.range.contains(arc) && place >= y.range.start;
        points.push((*arc, if shown { place } else { f64::NAN }));
    }
    points
}

/// Arc length and name of the saddles on the boundary: those within a hundredth of its length from it.
fn saddles(data: &FigureData, flux: &BoundaryFlux) -> Vec<(f64, String)> {
    let length = flux.arc.last().copied().unwrap_or(0.0);
    let on_boundary = data.saddles.iter().enumerate().filter_map(|(index, saddle)| {
        let distances = flux.position.iter().map(|point| norm(difference(*point, saddle.theta)));
        let (nearest, distance) = distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let share = flux.by_saddle.iter().find(|(saddle, _)| *saddle == index);
        // Counted as in the summary's list of saddles.
        let position = data.valley.iter().position(|listed| *listed == index)?;
        let word = match share.map(|(_, value)| value / flux.total) {
            Some(share) if share >= 1e-3 => format!("saddle {position}: {:.2} %", 100.0 * share),
            Some(share) => format!("saddle {position}: {share:.1e}"),
            None => format!("saddle {position}"),
        };
        (distance < 0.01 * length).then_some((flux.arc[nearest], word))
    });
    on_boundary.collect()
}
