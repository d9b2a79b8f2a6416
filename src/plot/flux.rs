//! The flux along the absorbing boundary in two dimensions, and the current to the ends in one.

use super::axis::{Axis, decades, extent, typeset};
use super::canvas::{Area, Fault, picture};
use super::chart::{self, Chart, Curve, Line};
use super::colour::{BOUNDARY, FIRST, SECOND};
use super::sheet::Sheet;
use super::{DECADES, FigureData, PlotError, scene};
use crate::digits::number;
use crate::observe::field::{CURRENT, QUASI_STATIONARY};
use crate::study::solution::BoundaryFlux;
use crate::tensor::{Point, advance, difference, dot, norm};

/// The fraction of the largest density below which the linear chart shows nothing.
const VISIBLE: f64 = 1e-3;

/// Draws the flux; `false` without any.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some(flux) = data.flux.filter(|flux| flux.density.iter().any(|density| *density > 0.0)) else {
        return Ok(false);
    };
    if data.grid.dimension == 1 {
        return line(data, flux, sheet);
    }
    let title = ["Flux through the absorbing boundary", &scene::subtitle(data)];
    picture(sheet, (1400, 1200), title, |area| along(area, data, flux))?;
    Ok(true)
}

/// Draws the reactive flux through the surface q⁺ = ½; `false` without any.
pub(super) fn across_half(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some(flux) = data.half.as_ref().filter(|flux| flux.density.iter().any(|density| *density > 0.0)) else {
        return Ok(false);
    };
    let title = ["Reactive flux across the line q⁺ = ½", &scene::text_of(data)];
    picture(sheet, (1400, 1200), title, |area| along(area, data, flux))?;
    Ok(true)
}

/// The current J(θ) in one dimension, with the share that leaves at each end; `false` without a density.
fn line(data: &FigureData, flux: &BoundaryFlux, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some(current) = current(data, flux) else { return Ok(false) };
    let Some(range) = extent(current.iter().copied().chain([0.0])) else { return Ok(false) };
    let (x, y) = (scene::abscissa(data), Axis::linear("current J, per unit of time", range, 0.06));
    let sum: f64 = flux.density.iter().sum();
    let end = |(point, value): (&Point, &f64)| {
        let share = value / sum;
        let share = if share < 1e-3 { number(100.0 * share) } else { format!("{:.2}", 100.0 * share) };
        Line { at: point[0], word: format!("{} % leaves", typeset(&share)), colour: BOUNDARY }
    };
    let lines = flux.position.iter().zip(&flux.density).map(end).collect();
    let points = data.grid.centres(0).into_iter().zip(current.iter().map(|value| y.place(*value))).collect();
    let curves = vec![Curve { points, colour: FIRST, name: String::new(), is_dashed: false }];
    let title = ["Current of the quasi-stationary density", &scene::subtitle(data)];
    picture(sheet, (1200, 700), title, |area| {
        chart::draw(area, Chart { x: &x, y: &y, curves, lines, spots: Vec::new(), leaves_room_beside: false })
    })?;
    Ok(true)
}

/// J(θ) between the ends: minus the flux through the lower end plus γ times the probability below θ. With killing
/// inside, the field of the current, as far as it is known.
fn current(data: &FigureData, flux: &BoundaryFlux) -> Option<Vec<f64>> {
    let density = data.fields.values(QUASI_STATIONARY.name)?;
    let through: f64 = flux.density.iter().sum();
    if (through / flux.total - 1.0).abs() > 1e-9 {
        return data.fields.values(CURRENT[0].name).map(<[f64]>::to_vec);
    }
    let spacing = data.grid.spacing()[0];
    let centres = data.grid.centres(0);
    // The flux through the lower end, which lies below the mean of the density.
    let middle = centres.iter().zip(density).map(|(at, density)| at * density * spacing).sum::<f64>();
    let first: f64 =
        flux.position.iter().zip(&flux.density).filter(|(at, _)| at[0] < middle).map(|(_, value)| value).sum();
    let mut below = 0.0;
    // There is no current outside the live set.
    let at_centre = |density: &f64| {
        let part = density * spacing;
        below += part;
        if *density > 0.0 { through * (below - 0.5 * part) - first } else { f64::NAN }
    };
    Some(density.iter().map(at_centre).collect())
}

/// The pieces of the absorbing boundary in two dimensions, separated where neighbouring points are much farther apart
/// than usual.
pub(super) fn pieces(flux: &BoundaryFlux) -> Vec<Vec<Point>> {
    let gap = gap(flux);
    let is_joined = |a: &Point, b: &Point| norm(difference(*b, *a)) <= gap;
    let mut pieces: Vec<Vec<Point>> = flux.position.chunk_by(is_joined).map(<[Point]>::to_vec).collect();
    for piece in &mut pieces {
        let (first, last) = (piece[0], piece[piece.len() - 1]);
        if piece.len() > 2 && is_joined(&first, &last) {
            piece.push(first);
        }
    }
    pieces
}

/// The largest distance of neighbours on one piece: eight times the median.
fn gap(flux: &BoundaryFlux) -> f64 {
    let mut steps: Vec<f64> = flux.position.windows(2).map(|pair| norm(difference(pair[1], pair[0]))).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).map_or(f64::INFINITY, |median| 8.0 * median)
}

/// The density against arc length: on a linear scale where it is large, and everywhere on a logarithmic one.
fn along(area: &Area, data: &FigureData, flux: &BoundaryFlux) -> Result<(), Fault> {
    let largest = extent(flux.density.iter().copied()).map_or(1.0, |range| range.end);
    let whole = extent(flux.arc.iter().copied()).unwrap_or(0.0..1.0);
    let seen = flux.arc.iter().zip(&flux.density).filter(|(_, density)| **density > VISIBLE * largest);
    let seen = extent(seen.map(|(arc, _)| *arc)).unwrap_or(whole.clone());
    let margin = 0.05 * (seen.end - seen.start).max(1e-3 * (whole.end - whole.start));
    let seen = (seen.start - margin).max(whole.start)..(seen.end + margin).min(whole.end);
    let name = "flux density per length";
    let [near, far] = [seen, whole].map(|range| Axis::position("arc length", range));
    let linear = Axis::linear(name, 0.0..1.06 * largest, 0.04);
    let exponents = decades(&flux.density, DECADES).unwrap_or(-1.0..0.0);
    let log = Axis::logarithmic(name, exponents);
    let (upper, lower) = area.split_vertically(1110);
    let saddles = saddles(data, flux);
    // Where the boundary passes no saddle nothing is assumed.
    let is_assumed = flux.gaussian.iter().any(|density| *density > 0.0);
    for (area, x, y) in [(upper, &near, &linear), (lower, &far, &log)] {
        let lines = saddles.iter().filter(|(at, _)| x.range.contains(at));
        let lines = lines.map(|(at, word)| Line { at: *at, word: word.clone(), colour: BOUNDARY }).collect();
        let solved = Curve {
            points: points(flux, &flux.density, x, y),
            colour: FIRST,
            name: "solved".to_string(),
            is_dashed: false,
        };
        let assumed = is_assumed.then(|| Curve {
            points: points(flux, &flux.gaussian, x, y),
            colour: SECOND,
            name: "Gaussian, √(D⊥/H⊥)".to_string(),
            is_dashed: true,
        });
        let curves = [solved].into_iter().chain(assumed).collect();
        chart::draw(&area, Chart { x, y, curves, lines, spots: Vec::new(), leaves_room_beside: false })?;
    }
    Ok(())
}

/// The points of a curve, interrupted between pieces of the boundary and off the chart.
fn points(flux: &BoundaryFlux, density: &[f64], x: &Axis, y: &Axis) -> Vec<(f64, f64)> {
    let gap = gap(flux);
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

/// The arc length and the name of each saddle that is closer to the boundary than a hundredth of its length.
fn saddles(data: &FigureData, flux: &BoundaryFlux) -> Vec<(f64, String)> {
    let length = flux.arc.last().copied().unwrap_or(0.0);
    let on_boundary = data.saddles.iter().enumerate().filter_map(|(index, saddle)| {
        let (arc, distance) = nearest(flux, saddle.theta)?;
        let share = flux.by_saddle.iter().find(|(saddle, _)| *saddle == index);
        // The number in the summary's list of saddles.
        let position = data.valley.iter().position(|listed| *listed == index)?;
        let word = match share.map(|(_, value)| value / flux.total) {
            Some(share) if share >= 1e-3 => format!("saddle {position}: {:.2} %", 100.0 * share),
            Some(share) => format!("saddle {position}: {}", typeset(&format!("{share:.1e}"))),
            None => format!("saddle {position}"),
        };
        (distance < 0.01 * length).then_some((arc, word))
    });
    on_boundary.collect()
}

/// The arc length of the point of the boundary nearest to θ, also between its points, and the distance.
fn nearest(flux: &BoundaryFlux, theta: Point) -> Option<(f64, f64)> {
    let gap = gap(flux);
    let pairs = flux.position.windows(2).zip(flux.arc.windows(2));
    let between = pairs.filter_map(|(ends, arcs)| {
        let side = difference(ends[1], ends[0]);
        let length = norm(side);
        let share = (dot(difference(theta, ends[0]), side) / (length * length)).clamp(0.0, 1.0);
        let distance = norm(difference(advance(ends[0], share, side), theta));
        (length > 0.0 && length <= gap).then_some((arcs[0] + share * (arcs[1] - arcs[0]), distance))
    });
    let at_points = flux.position.iter().zip(&flux.arc).map(|(at, arc)| (*arc, norm(difference(*at, theta))));
    between.chain(at_points).min_by(|a, b| a.1.total_cmp(&b.1))
}
