//! Probabilities of several outcomes, as maps in two dimensions and as curves in one: of hitting each of several sets
//! first, and of leaving through each part of the killing.

use super::axis::{Axis, decades};
use super::canvas::picture;
use super::chart::{self, Chart, Curve};
use super::colour::SERIES;
use super::map::Overlay;
use super::sheet::Sheet;
use super::spectrum::{Panel, maps};
use super::{DECADES, FigureData, PlotError, contour, scene};
use crate::study::exits::EXIT;
use crate::study::several::HITTING;
use crate::tensor::Point;

/// Draws the probability of hitting each set first; `false` without several sets.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let outcomes: Vec<Outcome> =
        fields(data).into_iter().enumerate().map(|(set, values)| (format!("set {set}"), values)).collect();
    draw(data, sheet, &outcomes, ["Which set is hit first", " first, with probability"])
}

/// Draws the probability of leaving through each part of the killing; `false` unless there are several parts.
pub(super) fn exits(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let part = |part: usize| {
        let field = data.fields.field(&format!("{EXIT}{part}"))?;
        let name = field.label.long_name.trim_start_matches("probability of leaving through ");
        Some((name.to_string(), data.fields.values(&field.label.name)?))
    };
    let outcomes: Vec<Outcome> = (0..).map_while(part).collect();
    if outcomes.len() < 2 {
        return Ok(false);
    }
    draw(data, sheet, &outcomes, ["Where it leaves", ": probability"])
}

/// The name of an outcome with its probability from every cell.
type Outcome<'a> = (String, &'a [f64]);

/// Draws the probabilities of outcomes; `title` with what follows the name of each in two dimensions.
fn draw(
    data: &FigureData,
    sheet: &Sheet,
    outcomes: &[Outcome],
    [title, follows]: [&str; 2],
) -> Result<bool, PlotError> {
    let all: Vec<f64> = outcomes.iter().flat_map(|(_, values)| values.iter().copied()).collect();
    let Some(exponents) = decades(&all, DECADES) else { return Ok(false) };
    let title = [title, &scene::text_of(data)];
    if data.grid.dimension == 2 {
        let panel = |(name, values): &Outcome| Panel {
            name: format!("{name}{follows}"),
            field: values.to_vec(),
            range: 0.0..1.0,
            line: 0.5,
            overlay: Overlay { outlines: outlines(data), ..Overlay::default() },
        };
        maps(data, &outcomes.iter().map(panel).collect::<Vec<Panel>>(), title, sheet)?;
        return Ok(true);
    }
    let x = scene::abscissa(data);
    let (log, linear) = (Axis::logarithmic("probability", exponents), Axis::linear("probability", 0.0..1.0, 0.04));
    let curves = |axis: &Axis| -> Vec<Curve> {
        let place = |value: f64| match axis.place(value) {
            place if place >= axis.range.start => place,
            _ => f64::NAN,
        };
        let curve = |(number, (name, values)): (usize, &Outcome)| Curve {
            points: data.grid.centres(0).into_iter().zip(values.iter().map(|value| place(*value))).collect(),
            colour: SERIES[number % SERIES.len()],
            name: name.clone(),
            is_dashed: false,
        };
        outcomes.iter().enumerate().map(curve).collect()
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
