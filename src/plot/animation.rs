//! The animation of a density in time: an animated PNG with the density above or on the left, and beside it survival
//! and flux, or the populations of the valleys if nothing is killed, with a mark at the present time.

use std::path::Path;

use plotters::style::RGBColor;

use super::axis::{Axis, decades, extent, short};
use super::canvas::{self, Area, Fault};
use super::chart::{self, Chart, Curve, Line};
use super::colour::{BOUNDARY, INK, SERIES};
use super::evolution::{populations, valley};
use super::map::{self, Map, Overlay};
use super::{DECADES, FigureData, PlotError, scene};
use crate::io;
use crate::observe::frames::frames;
use crate::observe::group::FieldGroup;
use crate::study::evolution::{FLUX_OVER_SURVIVAL, SNAPSHOT, SURVIVAL, TIME};

/// The duration of each frame in milliseconds; the last one is shown [`PAUSE`] times as long.
const MILLISECONDS: u16 = 160;
const PAUSE: u16 = 10;

/// The width and height in pixels, in one dimension and in two.
const SIZE: [(u32, u32); 2] = [(900, 900), (1400, 640)];

/// The length of the longer side of a map in dots.
const MAP: f64 = 800.0;

/// Draws the animation; `false` without densities in time.
pub(super) fn animate(data: &FigureData, path: &Path) -> Result<bool, PlotError> {
    let Some(group) = data.evolution else { return Ok(false) };
    let Some(field) = group.field(SNAPSHOT) else { return Ok(false) };
    let times = field.coordinates.first().and_then(|name| group.coordinate(name)?.values.numbers());
    let Some(times) = times.filter(|times| !times.is_empty()) else { return Ok(false) };
    let (size, cells) = (SIZE[data.grid.dimension - 1], data.grid.len());
    let charts_in_time = TimeCharts::new(data, group);
    let shown = frames(times.len(), cells);
    let densities: Vec<f64> = shown.iter().flat_map(|k| &field.values[k * cells..(k + 1) * cells]).copied().collect();
    let Some(exponents) = decades(&densities, DECADES) else { return Ok(false) };
    let draw = |k: usize| -> Result<Vec<u8>, Fault> {
        let density = &field.values[k * cells..(k + 1) * cells];
        let (now, subtitle) = (format!("t = {}", short(times[k])), scene::subtitle(data));
        let title = [now.as_str(), &subtitle];
        let drawn = canvas::pixels(size, 1.0, Some(title), |area| {
            let whole = area.dim_in_pixel();
            let (first, second) = match data.grid.dimension {
                1 => area.split_vertically(whole.1 * 11 / 20),
                _ => area.split_horizontally(whole.0 * 11 / 20),
            };
            let scale = Axis::logarithmic(
                if data.grid.dimension == 1 { "density" } else { "density per area" },
                exponents.clone(),
            );
            match data.grid.dimension {
                1 => curve(&first, data, density, &scale)?,
                _ => {
                    let none = Vec::new();
                    // Krylov steps may leave small negative values in the tails; they are drawn as the smallest
                    // density, not as missing.
                    let density: Vec<f64> =
                        density.iter().map(|value| if *value < 0.0 { f64::MIN_POSITIVE } else { *value }).collect();
                    let overlay = Overlay::default();
                    let map = Map { title, field: &density, scale, levels: none.clone(), strong_levels: none, overlay };
                    map::draw_on(&first, data, &map, MAP)?;
                }
            }
            charts_in_time.as_ref().map_or(Ok(()), |charts| charts.draw(&second, times[k]))
        });
        drawn.map(|(bytes, _)| bytes)
    };
    let failed = |message: String| PlotError::Draw { path: path.to_path_buf(), message };
    io::replace(path, |partial| {
        let file = std::fs::File::create(partial).map_err(|error| failed(error.to_string()))?;
        let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), size.0, size.1);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Default);
        let prepared = encoder.set_animated(shown.len() as u32, 0);
        let mut writer = prepared.and_then(|()| encoder.write_header()).map_err(|error| failed(error.to_string()))?;
        for (place, k) in shown.iter().enumerate() {
            let bytes = draw(*k).map_err(|fault| failed(fault.to_string()))?;
            let stands = if place + 1 == shown.len() { PAUSE * MILLISECONDS } else { MILLISECONDS };
            let written = writer.set_frame_delay(stands, 1000).and_then(|()| writer.write_image_data(&bytes));
            written.map_err(|error| failed(error.to_string()))?;
        }
        writer.finish().map_err(|error| failed(error.to_string()))
    })?;
    Ok(true)
}

/// The density in one dimension.
fn curve(area: &Area, data: &FigureData, density: &[f64], y: &Axis) -> Result<(), Fault> {
    let x = Axis::position("θ", data.grid.lower[0]..data.grid.upper[0]);
    let points = data.grid.centres(0).into_iter().zip(density).map(|(at, value)| {
        let height = y.place(*value);
        (at, if height >= y.range.start { height } else { f64::NAN })
    });
    let curves = vec![Curve { points: points.collect(), colour: SERIES[0], name: String::new(), is_dashed: false }];
    let (lines, spots) = (Vec::new(), Vec::new());
    chart::draw(area, Chart { x: &x, y, curves, lines, spots, leaves_room_beside: false })
}

/// Survival and flux over survival, or populations, against the logarithm of time.
struct TimeCharts {
    x: Axis,
    charts: Vec<(Axis, Vec<Series>)>,
}

/// A curve over time.
struct Series {
    points: Vec<(f64, f64)>,
    colour: RGBColor,
    name: String,
}

impl TimeCharts {
    /// The charts; `None` unless there are at least two different positive times.
    fn new(data: &FigureData, group: &FieldGroup) -> Option<TimeCharts> {
        let times = group.coordinate(TIME)?.values.numbers()?;
        let logarithms: Vec<f64> = times.iter().map(|time| if *time > 0.0 { time.log10() } else { f64::NAN }).collect();
        let across = extent(logarithms.iter().copied()).filter(|range| range.end > range.start)?;
        let series = |values: &[f64], y: &Axis, colour: RGBColor, name: String| {
            let place = |value: f64| {
                let at = y.place(value);
                if at >= y.range.start { at } else { f64::NAN }
            };
            let points = logarithms.iter().zip(values).map(|(at, value)| (*at, place(*value))).collect();
            Series { points, colour, name }
        };
        let (hazard, populations) = (group.values(FLUX_OVER_SURVIVAL)?, populations(group));
        let is_killed = hazard.iter().any(|hazard| *hazard > 0.0);
        let (words, below) = match is_killed || populations.len() < 2 {
            true => (["survival", "j/S"], hazard.to_vec()),
            false => (["probability"; 2], populations.concat()),
        };
        let of = |y: &Axis, is_first: bool| match is_killed || populations.len() < 2 {
            true if is_first => {
                group.values(SURVIVAL).map(|values| series(values, y, INK, String::new())).into_iter().collect()
            }
            true => vec![series(hazard, y, SERIES[1], String::new())],
            false => {
                let each = populations.iter().enumerate();
                each.map(|(k, values)| series(values, y, SERIES[k % SERIES.len()], valley(data, k))).collect()
            }
        };
        let linear = Axis::linear(words[0], 0.0..1.0, 0.04);
        let curves: Vec<Series> = of(&linear, true);
        let mut charts = vec![(linear, curves)];
        if let Some(exponents) = decades(&below, DECADES) {
            let log = Axis::logarithmic(words[1], exponents.start - 0.05..exponents.end + 0.1);
            let curves = of(&log, false);
            charts.push((log, curves));
        }
        Some(TimeCharts { x: Axis::logarithmic("time t", across), charts })
    }

    fn draw(&self, area: &Area, time: f64) -> Result<(), Fault> {
        let height = area.dim_in_pixel().1 / self.charts.len() as u32;
        let mut rest = area.clone();
        for (y, series) in &self.charts {
            let (own, below) = rest.split_vertically(height);
            let curve = |one: &Series| Curve {
                points: one.points.clone(),
                colour: one.colour,
                name: one.name.clone(),
                is_dashed: false,
            };
            let curves: Vec<Curve> = series.iter().map(curve).collect();
            let leaves_room_beside = curves.len() > 1;
            let at = time.log10();
            let now = Line { at, word: String::new(), colour: BOUNDARY };
            let lines = if self.x.range.contains(&at) || at == self.x.range.end { vec![now] } else { Vec::new() };
            chart::draw(&own, Chart { x: &self.x, y, curves, lines, spots: Vec::new(), leaves_room_beside })?;
            rest = below;
        }
        Ok(())
    }
}
