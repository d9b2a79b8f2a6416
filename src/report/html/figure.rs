//! A chart as inline SVG, in the units of its view box.

use std::fmt::Write;

use maud::{Markup, html};

use crate::plot::axis::{Axis, extent};
use crate::verify::{Curve, Figure};

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 380.0;
/// The space for ticks and labels: left, top, right, bottom.
const ROOM: [f64; 4] = [78.0, 14.0, 18.0, 52.0];
/// Colours that are distinguishable with colour blindness (Okabe and Ito 2008); further curves repeat them with another
/// dash.
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#565656", "#e69f00", "#56b4e9"];

/// The chart with its legend; empty if no curve has a point that can be drawn.
pub(super) fn figure(figure: &Figure, caption: &str) -> Markup {
    let Some((x, y)) = axes(figure) else { return html! {} };
    let place = |[at_x, at_y]: [f64; 2]| {
        let share = |axis: &Axis, at: f64| (axis.place(at) - axis.range.start) / (axis.range.end - axis.range.start);
        [
            ROOM[0] + share(&x, at_x) * (WIDTH - ROOM[0] - ROOM[2]),
            HEIGHT - ROOM[3] - share(&y, at_y) * (HEIGHT - ROOM[1] - ROOM[3]),
        ]
    };
    html! {
        figure {
            div.wide tabindex="0" role="region" aria-label="Chart" { svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(caption) font-family="system-ui, sans-serif" font-size="14" {
                (frame(&x, &y))
                @for (index, curve) in figure.curves.iter().enumerate() { (line(index, curve, &place)) }
            } }
            ul.legend {
                @for (index, curve) in figure.curves.iter().enumerate() {
                    li {
                        svg viewBox="0 0 40 16" aria-hidden="true" {
                            (line(index, &Curve { points: vec![[4.0, 8.0], [36.0, 8.0]], ..curve.clone() }, &|at| at))
                        }
                        (curve.name)
                    }
                }
            }
            figcaption { (caption) }
        }
    }
}

/// The axes over all points; `None` without a point.
fn axes(figure: &Figure) -> Option<(Axis, Axis)> {
    let axis = |which: usize, name: &str| {
        let values = figure.curves.iter().flat_map(|curve| curve.points.iter().map(move |point| point[which]));
        if figure.is_log[which] {
            let range = extent(values.filter(|value| *value > 0.0).map(f64::log10))?;
            let pad = 0.04 * (range.end - range.start).max(0.5);
            Some(Axis::logarithmic(name, range.start - pad..range.end + pad))
        } else {
            Some(Axis::linear(name, extent(values)?, 0.04))
        }
    };
    Some((axis(0, &figure.x)?, axis(1, &figure.y)?))
}

fn frame(x: &Axis, y: &Axis) -> Markup {
    let [left, top, right, bottom] = [ROOM[0], ROOM[1], WIDTH - ROOM[2], HEIGHT - ROOM[3]];
    let across = |axis: &Axis, at: f64| (at - axis.range.start) / (axis.range.end - axis.range.start);
    let shown = |axis: &Axis| {
        let ticks = axis.ticks(9).into_iter().map(|at| (at, axis.tick(at)));
        ticks.filter(|(_, text)| !text.is_empty()).collect::<Vec<_>>()
    };
    html! {
        @for (at, text) in shown(x) {
            @let middle = left + across(x, at) * (right - left);
            line x1=(middle) x2=(middle) y1=(top) y2=(bottom) stroke="#e1e1e1" {}
            text x=(middle) y=(bottom + 18.0) text-anchor="middle" { (text) }
        }
        @for (at, text) in shown(y) {
            @let middle = bottom - across(y, at) * (bottom - top);
            line x1=(left) x2=(right) y1=(middle) y2=(middle) stroke="#e1e1e1" {}
            text x=(left - 6.0) y=(middle + 5.0) text-anchor="end" { (text) }
        }
        rect x=(left) y=(top) width=(right - left) height=(bottom - top) fill="none" stroke="#222" {}
        text x=(0.5 * (left + right)) y=(HEIGHT - 10.0) text-anchor="middle" { (x.label()) }
        text transform={ "translate(16 " (0.5 * (top + bottom)) ") rotate(-90)" } text-anchor="middle" { (y.label()) }
    }
}

/// A curve, with marks at its points unless it is a prediction; it is interrupted where a point cannot be shown.
fn line(index: usize, curve: &Curve, place: &dyn Fn([f64; 2]) -> [f64; 2]) -> Markup {
    let colour = COLOURS[index % COLOURS.len()];
    let placed: Vec<[f64; 2]> = curve.points.iter().map(|&point| place(point)).collect();
    let (mut path, mut draws) = (String::new(), false);
    for [x, y] in &placed {
        if !x.is_finite() || !y.is_finite() {
            draws = false;
            continue;
        }
        // Writing to a string cannot fail.
        let _ = write!(path, "{}{x:.2} {y:.2}", if draws { "L" } else { "M" });
        draws = true;
    }
    let dash = match (curve.is_prediction, index / COLOURS.len()) {
        (true, _) => Some("7 5"),
        (false, 0) => None,
        (false, _) => Some("2 3"),
    };
    html! {
        path d=(path) fill="none" stroke=(colour) stroke-width="1.8" stroke-dasharray=[dash] {}
        @if !curve.is_prediction {
            @for [x, y] in placed.iter().filter(|at| at.iter().all(|part| part.is_finite())) {
                circle cx={ (format!("{x:.2}")) } cy={ (format!("{y:.2}")) } r="3.5" fill=(colour) {}
            }
        }
    }
}
