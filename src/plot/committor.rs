//! The committor, with the surface q⁺ = ½ and the reactive current in two dimensions, and with 1 − q⁺ in one.

use super::axis::{Axis, decades, typeset};
use super::canvas::picture;
use super::chart::{self, Chart, Curve, Line};
use super::colour::{FIRST, INK, SECOND};
use super::map::{self, Map, Overlay};
use super::sheet::Sheet;
use super::stream::Current;
use super::{DECADES, FigureData, PlotError, contour, hitting, scene};
use crate::digits::number;
use crate::observe::group::Field;
use crate::observe::reactive::{COMMITTOR_COMPLEMENT, REACTIVE_CURRENT, halfway};
use crate::tensor::Point;

/// The number of streamlines; between two neighbours flows this fraction of the current.
const LINES: usize = 20;

/// Draws the committor.
pub(super) fn committor(data: &FigureData, field: &Field, sheet: &Sheet) -> Result<bool, PlotError> {
    let values = field.values.as_slice();
    let subtitle = subtitle(data);
    let complement = data.fields.values(COMMITTOR_COMPLEMENT.name).unwrap_or_default();
    if data.grid.dimension == 2 {
        let title = ["Committor and reactive current", &subtitle];
        let levels = (1..10).filter(|&tenth| tenth != 5).map(|tenth| 0.1 * f64::from(tenth)).collect();
        let scale = Axis::linear("forward committor q⁺", 0.0..1.0, 0.0);
        let map = Map {
            title,
            field: values,
            scale,
            levels,
            strong_levels: Vec::new(),
            overlay: overlay(data, [values, complement]),
        };
        map::draw(data, &map, sheet)?;
        return Ok(true);
    }
    let Some(exponents) = decades(&[values, complement].concat(), DECADES) else {
        return Ok(false);
    };
    let x = scene::abscissa(data);
    let (log, linear) = (Axis::logarithmic("probability", exponents), Axis::linear("probability", 0.0..1.0, 0.04));
    let curves = |axis: &Axis| {
        let place = |value: f64| match axis.place(value) {
            place if place >= axis.range.start => place,
            _ => f64::NAN,
        };
        let curve = |values: &[f64], colour, name: &str| Curve {
            points: data.grid.centres(0).into_iter().zip(values.iter().map(|value| place(*value))).collect(),
            colour,
            name: name.to_string(),
            is_dashed: false,
        };
        vec![curve(values, FIRST, "q⁺: to B first"), curve(complement, SECOND, "1 − q⁺: to A first")]
    };
    let half = || {
        let places = halfway(data.grid, values);
        places.into_iter().map(|at| Line { at, word: "q⁺ = ½".to_string(), colour: INK }).collect()
    };
    picture(sheet, scene::TALL, ["Committor", &subtitle], |area| {
        let (upper, lower) = area.split_vertically(1110);
        for (area, y, lines) in [(&upper, &linear, half()), (&lower, &log, Vec::new())] {
            let (curves, spots) = (curves(y), Vec::new());
            chart::draw(area, Chart { x: &x, y, curves, lines, spots, leaves_room_beside: true })?;
        }
        Ok(())
    })?;
    Ok(true)
}

/// The outlines of the sets, the surface q⁺ = ½, and streamlines of the reactive current through it.
fn overlay(data: &FigureData, [committor, complement]: [&[f64]; 2]) -> Overlay {
    let grid = data.grid;
    let half = contour::lines(grid, committor, 0.5);
    let current = REACTIVE_CURRENT.map(|kind| data.fields.values(kind.name));
    let streams = match current {
        [Some(x), Some(y)] => Current { grid, components: [x, y] }.lines(&in_order(&half), LINES),
        _ => Vec::new(),
    };
    let ends = data.reactive.iter().flat_map(|[from, to]| [(*from, "A"), (*to, "B")]);
    Overlay {
        degenerate: Vec::new(),
        // q⁺ is exactly 0 in A alone, and 1 − q⁺ in B alone. With several sets, also those that the paths do not connect.
        outlines: [committor, complement]
            .into_iter()
            .flat_map(|p| contour::outline(grid, |cell| p[cell] == 0.0))
            .chain(hitting::outlines(data))
            .collect(),
        half,
        streams,
        streams_are: "reactive current",
        words: ends.collect(),
    }
}

/// Segments in the order in which they join.
fn in_order(segments: &[[Point; 2]]) -> Vec<[Point; 2]> {
    let lines = contour::joined(segments);
    lines.iter().flat_map(|line| line.windows(2).map(|ends| [ends[0], ends[1]])).collect()
}

/// The rate from A to B, and the problem.
fn subtitle(data: &FigureData) -> String {
    match data.reactive_rate {
        Some(rate) => format!("k_AB = {} per unit of time — {}", typeset(&number(rate)), scene::text_of(data)),
        None => scene::text_of(data),
    }
}
