//! The network of valleys as a graph: a disc for each valley at its minimum, whose size grows with the logarithm of its
//! occupation, and an arrow for each rate, coloured by its decade and labelled.

use plotters::prelude::*;
use serde_json::Value;
use std::f64::consts::LN_10;

use super::axis::{Axis, extent, typeset};
use super::canvas::{Area, Fault, picture, text};
use super::colour::{INK, viridis};
use super::sheet::Sheet;
use super::{FigureData, PlotError, scene};
use crate::digits::number;
use crate::tensor::{Point, norm};

/// A network to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkFigure {
    /// The minimum of each valley, and log₁₀ of its occupation.
    valleys: Vec<(Point, f64)>,
    /// The indices of the two valleys and log₁₀ of each positive rate.
    rates: Vec<(usize, usize, f64)>,
    /// The slowest relaxation rate.
    slowest: Option<f64>,
}

impl NetworkFigure {
    /// The network in a summary's section; `None` if it is incomplete.
    pub(super) fn of(section: &Value) -> Option<NetworkFigure> {
        let valleys: Vec<(Point, f64)> = section["valleys"]
            .as_array()?
            .iter()
            .map(|valley| {
                let theta = valley["theta"].as_array()?;
                let coordinate = |axis: usize| theta.get(axis).map_or(Some(0.0), Value::as_f64);
                Some(([coordinate(0)?, coordinate(1)?], valley["log_occupation"].as_f64()? / LN_10))
            })
            .collect::<Option<_>>()?;
        let ordinary = section["rates"].as_array().into_iter().flatten().enumerate().flat_map(|(from, row)| {
            let rates = row.as_array().into_iter().flatten().enumerate();
            rates.filter_map(move |(to, rate)| Some((from, to, rate.as_f64()?.log10())))
        });
        let logarithms = section["log_rates"].as_array().into_iter().flatten().filter_map(|rate| {
            Some((rate["from"].as_u64()? as usize, rate["to"].as_u64()? as usize, rate["value"].as_f64()? / LN_10))
        });
        let rates = ordinary.chain(logarithms).filter(|(_, _, decade)| decade.is_finite()).collect();
        Some(NetworkFigure { valleys, rates, slowest: section["eigenvalues"][1].as_f64() })
    }
}

/// The share of the flux out of a valley below which a rate is not drawn.
const LEAST_SHARE: f64 = 1e-6;
/// The margins around the discs along both axes, in dots, with space for the labels beside them.
const MARGIN: [f64; 2] = [520.0, 320.0];
/// The radius of the disc of a valley with occupation 1, its decrease per decade, and the smallest one, in dots.
const LARGEST: f64 = 74.0;
const BY_DECADE: f64 = 8.0;
const SMALLEST: f64 = 30.0;
/// The distance of the control point of an arrow from the straight line, in lengths of that line: arrows of two sides
/// that meet at more than 36° do not cross.
const BEND: f64 = 0.16;

/// Draws the network; `false` without one.
pub(super) fn picture_of(data: &FigureData, sheet: &Sheet) -> Result<bool, PlotError> {
    let Some(network) = &data.network else {
        return Ok(false);
    };
    let subtitle = match network.slowest {
        Some(rate) => {
            format!("slowest relaxation {} per unit of time — {}", typeset(&number(rate)), scene::text_of(data))
        }
        None => scene::text_of(data),
    };
    picture(sheet, scene::TALL, ["Network of valleys: rates per unit of time", &subtitle], |area| draw(area, network))?;
    Ok(true)
}

fn draw(area: &Area, network: &NetworkFigure) -> Result<(), Fault> {
    let (width, height) = area.dim_in_pixel();
    let places = places(network, [f64::from(width), f64::from(height)]);
    let radius = |valley: usize| (LARGEST + BY_DECADE * network.valleys[valley].1).max(SMALLEST);
    let leaving = |from: usize| -> f64 {
        network.rates.iter().filter(|rate| rate.0 == from).map(|rate| rate.2).fold(f64::NEG_INFINITY, f64::max)
    };
    let drawn: Vec<(usize, usize, f64)> =
        network.rates.iter().copied().filter(|&(from, _, rate)| rate > leaving(from) + LEAST_SHARE.log10()).collect();
    let decades = extent(drawn.iter().map(|rate| rate.2)).unwrap_or(0.0..1.0);
    let axis = Axis::logarithmic("", decades.clone());
    for &(from, to, rate) in &drawn {
        let share = (rate - decades.start) / (decades.end - decades.start).max(1.0);
        // The lightest third of the scale is hard to see on white.
        let colour = viridis(0.66 * share);
        let arrow = Arrow::new([places[from], places[to]], [radius(from), radius(to)]);
        let dots = arrow.line.iter().map(|at| (at[0] as i32, at[1] as i32)).collect::<Vec<(i32, i32)>>();
        area.draw(&PathElement::new(dots, colour.stroke_width(5)))?;
        area.draw(&Polygon::new(arrow.head.map(|at| (at[0] as i32, at[1] as i32)).to_vec(), colour.filled()))?;
        let word = power_of_ten(&axis, rate);
        let half = 11 * word.chars().count() as i32;
        let at = (arrow.word[0] as i32, arrow.word[1] as i32);
        area.draw(&Rectangle::new([(at.0 - half, at.1 - 30), (at.0 + half, at.1 + 24)], WHITE.filled()))?;
        area.draw(&Text::new(word, (at.0 - half + 4, at.1 - 24), text(20)))?;
    }
    for (valley, &(theta, share)) in network.valleys.iter().enumerate() {
        let at = (places[valley][0] as i32, places[valley][1] as i32);
        area.draw(&Circle::new(at, radius(valley) as i32, INK.filled()))?;
        area.draw(&Circle::new(at, radius(valley) as i32 - 6, RGBColor(205, 220, 235).filled()))?;
        area.draw(&Text::new(valley.to_string(), (at.0 - 12, at.1 - 20), text(24)))?;
        let is_line = network.valleys.iter().all(|(theta, _)| theta[1] == 0.0);
        // Adding 0.0 removes the sign of a negative zero.
        let [x, y] = theta.map(|coordinate| typeset(&format!("{:.3}", (1e3 * coordinate).round() / 1e3 + 0.0)));
        let place = if is_line { x } else { format!("({x}, {y})") };
        let words = [format!("θ = {place}"), format!("holds {}", power_of_ten(&axis, share))];
        let length = |word: &String| area.estimate_text_size(word, &text(20)).map(|(length, _)| length as i32);
        let lengths = [length(&words[0])?, length(&words[1])?];
        // The label stands on the outer side of the disc, because arrows come from the inside.
        let out = [at.0 - width as i32 / 2, at.1 - height as i32 / 2];
        let beside = radius(valley) as i32 + 20;
        for (line, (word, length)) in (0..).zip(words.into_iter().zip(lengths)) {
            let place = match (out[0].abs() > out[1].abs() / 3, out[0] > 0, out[1] > 0) {
                (true, true, _) => (at.0 + beside, at.1 - 44 + 48 * line),
                (true, false, _) => (at.0 - beside - length, at.1 - 44 + 48 * line),
                (false, _, true) => (at.0 - length / 2, at.1 + beside + 48 * line),
                (false, _, false) => (at.0 - length / 2, at.1 - beside - 90 + 48 * line),
            };
            area.draw(&Text::new(word, place, text(20)))?;
        }
    }
    Ok(())
}

/// A number from its log₁₀, which need not be in the range of f64.
fn power_of_ten(axis: &Axis, logarithm: f64) -> String {
    if (-3.0..4.0).contains(&logarithm) {
        return format!("{:.3}", 10f64.powf(logarithm));
    }
    let power = logarithm.floor();
    format!("{:.2}·{}", 10f64.powf(logarithm - power), axis.tick(power))
}

/// The places of the discs, at the minima in θ, with margins.
fn places(network: &NetworkFigure, size: [f64; 2]) -> Vec<Point> {
    let range = [0, 1].map(|axis| extent(network.valleys.iter().map(|(theta, _)| theta[axis])).unwrap_or(0.0..0.0));
    let place = |theta: Point, axis: usize| {
        let (length, room) = (range[axis].end - range[axis].start, size[axis] - 2.0 * MARGIN[axis]);
        // Coordinates that all valleys share are centred.
        let share = if length > 0.0 { (theta[axis] - range[axis].start) / length } else { 0.5 };
        MARGIN[axis] + room * if axis == 1 { 1.0 - share } else { share }
    };
    network.valleys.iter().map(|&(theta, _)| [place(theta, 0), place(theta, 1)]).collect()
}

/// An arrow between two discs, bent to its left so that the opposite arrow lies beside it.
struct Arrow {
    line: Vec<Point>,
    head: [Point; 3],
    word: Point,
}

impl Arrow {
    fn new([from, to]: [Point; 2], radii: [f64; 2]) -> Arrow {
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = norm(along).max(1.0);
        let unit = along.map(|c| c / length);
        let aside = [unit[1], -unit[0]];
        let bend = BEND * length;
        let middle = [0, 1].map(|axis: usize| 0.5 * (from[axis] + to[axis]) + bend * aside[axis]);
        // A quadratic Bézier curve.
        let point = |t: f64| {
            let weights = [(1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t];
            [0, 1].map(|axis: usize| weights[0] * from[axis] + weights[1] * middle[axis] + weights[2] * to[axis])
        };
        let distance = |a: Point, b: Point| norm([a[0] - b[0], a[1] - b[1]]);
        let steps = (0..=400).map(|k| point(f64::from(k) / 400.0));
        let line: Vec<Point> =
            steps.filter(|&at| distance(at, from) > radii[0] + 8.0 && distance(at, to) > radii[1] + 40.0).collect();
        let end = line.last().copied().unwrap_or(middle);
        let ahead = [to[0] - end[0], to[1] - end[1]];
        let ahead = ahead.map(|c| c / norm(ahead).max(1.0));
        let place = |a: f64, b: f64| [end[0] + a * ahead[0] - b * ahead[1], end[1] + a * ahead[1] + b * ahead[0]];
        let head = [place(32.0, 0.0), place(-6.0, 15.0), place(-6.0, -15.0)];
        Arrow { line, head, word: point(0.42) }
    }
}
