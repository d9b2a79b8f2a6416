//! The current of the quasi-stationary density in two dimensions: streamlines that end at what absorbs, over the
//! density.

use super::axis::{Axis, decades};
use super::map::{self, Map, Overlay};
use super::sheet::Sheet;
use super::stream::Current;
use super::{DECADES, FigureData, PlotError, flux, scene};
use crate::observe::field::{CURRENT, QUASI_STATIONARY};
use crate::study::solution::BoundaryFlux;
use crate::tensor::{Point, advance, difference, dot, norm};

/// The number of streamlines; between two neighbours flows this fraction of the current.
const LINES: usize = 24;

/// Draws the current; `false` in one dimension, and if the current is not known.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let fields = CURRENT.map(|kind| data.fields.values(kind.name));
    let (2, [Some(x), Some(y)], Some(flux)) = (data.grid.dimension, fields, data.flux) else { return Ok(false) };
    let Some(density) = data.fields.values(QUASI_STATIONARY.name) else { return Ok(false) };
    let current = Current { grid: data.grid, components: [x, y] };
    let streams: Vec<_> =
        current.lines(&section(&current, flux), LINES).into_iter().map(|line| cut(line, &current)).collect();
    let Some(exponents) = decades(density, DECADES).filter(|_| !streams.is_empty()) else { return Ok(false) };
    let title = ["Current of the quasi-stationary density", &scene::subtitle(data)];
    let field = &scene::with_underflow(data, density);
    let scale = Axis::logarithmic("density per area", exponents);
    let overlay = Overlay { streams, streams_are: "current", ..Overlay::default() };
    map::draw(data, &Map { title, field, scale, levels: Vec::new(), strong_levels: Vec::new(), overlay }, sheet)?;
    Ok(true)
}

/// The fraction of the largest current along a streamline below which the streamline is not followed further back.
const WEAK: f64 = 1e-2;

/// A streamline, cut before its arrow where the current is weak, and to half the diagonal of the domain: a rotating
/// current would wind indefinitely, and next to nothing flows on where the current is far below its largest value.
fn cut((mut line, crossing): (Vec<Point>, usize), current: &Current) -> (Vec<Point>, usize) {
    let longest = 0.5 * norm(difference(current.grid.upper, current.grid.lower));
    let size = |at: Point| current.at(at).map_or(0.0, norm);
    let (mut length, mut largest) = (0.0, size(line[crossing]));
    let mut first = crossing;
    while first > 0 && length < longest {
        let before = size(line[first - 1]);
        if before < WEAK * largest {
            break;
        }
        largest = largest.max(before);
        length += norm(difference(line[first], line[first - 1]));
        first -= 1;
    }
    line.drain(..first);
    (line, crossing - first)
}

/// The boundary, shifted inwards to points where the current is known.
fn section(current: &Current, flux: &BoundaryFlux) -> Vec<[Point; 2]> {
    // Two cells inwards, all four cells around a point have a current.
    let spacing = current.grid.spacing();
    let inwards = 2.0 * spacing[0].max(spacing[1]);
    let moved = |pair: &[Point]| {
        let side = difference(pair[1], pair[0]);
        let normal = [side[1] / norm(side), -side[0] / norm(side)];
        let middle = advance(pair[0], 0.5, side);
        // On the inner side the current points to the boundary.
        let flows = |shift: f64| {
            let there = current.at(advance(middle, shift, normal))?;
            (shift * dot(there, normal) < 0.0).then_some(shift)
        };
        let shift = flows(inwards).or_else(|| flows(-inwards))?;
        Some([advance(pair[0], shift, normal), advance(pair[1], shift, normal)])
    };
    flux::pieces(flux).iter().flat_map(|piece| piece.windows(2).filter_map(moved).collect::<Vec<_>>()).collect()
}
