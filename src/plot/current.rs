//! The current of the quasi-stationary density in two dimensions: lines along it into what absorbs, over the density.

use super::axis::{Axis, decades};
use super::map::{self, Map, Overlay};
use super::sheet::Sheet;
use super::stream::Current;
use super::{DECADES, FigureData, PlotError, flux, scene};
use crate::observe::field::{CURRENT, QUASI_STATIONARY};
use crate::study::solution::BoundaryFlux;
use crate::tensor::{Point, advance, difference, dot, norm};

/// Lines of the current: between any two neighbours flows this part of it.
const LINES: usize = 24;

/// Draws the current; `false` where it is not known, or there is one dimension.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let fields = CURRENT.map(|kind| data.fields.values(kind.name));
    let (2, [Some(x), Some(y)], Some(flux)) = (data.grid.dimension, fields, data.flux) else { return Ok(false) };
    let Some(density) = data.fields.values(QUASI_STATIONARY.name) else { return Ok(false) };
    let current = Current { grid: data.grid, components: [x, y] };
    let streams: Vec<_> =
        current.lines(section(&current, flux), LINES).into_iter().map(|line| cut(line, data)).collect();
    let Some(exponents) = decades(density, DECADES).filter(|_| !streams.is_empty()) else { return Ok(false) };
    let title = ["Current of the quasi-stationary density", &scene::subtitle(data)];
    let field = &scene::with_underflow(data, density);
    let scale = Axis::logarithmic("density per area", exponents);
    let overlay = Overlay { streams, streams_are: "current", ..Overlay::default() };
    map::draw(data, &Map { title, field, scale, levels: Vec::new(), strong_levels: Vec::new(), overlay }, sheet)?;
    Ok(true)
}

/// A line of the current with no more of it before its arrow than half of the domain's diagonal: a current that turns
/// winds for ever.
fn cut((mut line, crossing): (Vec<Point>, usize), data: &FigureData) -> (Vec<Point>, usize) {
    let longest = 0.5 * norm(difference(data.grid.upper, data.grid.lower));
    let mut length = 0.0;
    let mut first = crossing;
    while first > 0 && length < longest {
        length += norm(difference(line[first], line[first - 1]));
        first -= 1;
    }
    line.drain(..first);
    (line, crossing - first)
}

/// The boundary, moved to where the current before it is known.
fn section(current: &Current, flux: &BoundaryFlux) -> Vec<[Point; 2]> {
    // Two cells inwards, all four cells around a point have a current.
    let spacing = current.grid.spacing();
    let inwards = 2.0 * spacing[0].max(spacing[1]);
    let moved = |pair: &[Point]| {
        let side = difference(pair[1], pair[0]);
        let normal = [side[1] / norm(side), -side[0] / norm(side)];
        let middle = advance(pair[0], 0.5, side);
        // The current flows to the boundary from where it is known.
        let flows = |shift: f64| {
            let there = current.at(advance(middle, shift, normal))?;
            (shift * dot(there, normal) < 0.0).then_some(shift)
        };
        let shift = flows(inwards).or_else(|| flows(-inwards))?;
        Some([advance(pair[0], shift, normal), advance(pair[1], shift, normal)])
    };
    flux::pieces(flux).iter().flat_map(|piece| piece.windows(2).filter_map(moved).collect::<Vec<_>>()).collect()
}
