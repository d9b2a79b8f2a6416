//! The probability of hitting each of several sets first, as maps in two dimensions and as curves in one.

use super::axis::{Axis, decades};
use super::canvas::picture;
use super::chart::{self, Chart, Curve};
use super::colour::SERIES;
use super::map::Overlay;
use super::sheet::Sheet;
use super::spectrum::{Panel, maps};
use super::{DECADES, FigureData, PlotError, contour, scene};
use crate::study::several::HITTING;
use crate::tensor::Point;

/// Draws the probabilities; `false` without several sets.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let fields = fields(data);
    let Some(exponents) = decades(&fields.concat(), DECADES) else { return Ok(false) };
    let title = ["Which set is hit first", &scene::text_of(data)];
    if data.grid.dimension == 2 {
        let panel = |(set, values): (usize, &&[f64])| Panel {
            name: format!("set {set} first, with probability"),
            field: values.to_vec(),
            range: 0.0..1.0,
            line: 0.5,
            overlay: Overlay { outlines: outlines(data), ..Overlay::default() },
        };
        maps(data, &fields.iter().enumerate().map(panel).collect::<Vec<Panel>>(), title, sheet)?;
        return Ok(true);
    }
    let x = scene::abscissa(data);
    let (log, linear) = (Axis::logarithmic("probability", exponents), Axis::linear("probability", 0.0..1.0, 0.04));
    let curves = |axis: &Axis| -> Vec<Curve> {
        let place = |value: f64| match axis.place(value) {
            place if place >= axis.range.start => place,
            _ => f64::NAN,
        };
        let curve = |(set, values): (usize, &&[f64])| Curve {
            points: data.grid.centres(0).into_iter().zip(values.iter().map(|value| place(*value))).collect(),
            colour: SERIES[set % SERIES.len()],
            name: format!("set {set}"),
            is_dashed: false,
        };
        fields.iter().enumerate().map(curve).collect()
    };
    picture(sheet, scene::TALL, title, |area| {
        let (upper, lower) = area.split_vertically(1110);
        for (area, y) in [(&upper, &linear), (&lower, &log)] {
            let (curves, lines, spots) = (curves(y), Vec::new(), Vec::new());
            chart::draw(area, Chart { x: &x, y, curves, lines, spots, leaves_room_beside: true })?;
        }
        Ok(())
    })?;
    Ok(true)
}

fn fields<'a>(data: &FigureData<'a>) -> Vec<&'a [f64]> {
    (0..).map_while(|set| data.fields.values(&format!("{HITTING}{set}"))).collect()
}

/// The outlines of the sets: only inside a set are all other probabilities exactly 0.
pub(super) fn outlines(data: &FigureData) -> Vec<[Point; 2]> {
    let fields = fields(data);
    let inside = |set: usize, cell: usize| (0..fields.len()).filter(|&k| k != set).all(|k| fields[k][cell] == 0.0);
    (0..fields.len()).flat_map(|set| contour::outline(data.grid, |cell| inside(set, cell))).collect()
}
