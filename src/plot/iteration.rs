//! The difference between SGD's iteration and its diffusion limit against the learning rate.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::PlotError;
use super::axis::{Axis, extent};
use super::canvas::picture;
use super::chart::{self, Chart, Curve, Line, Spot};
use super::colour::{BOUNDARY, FIRST, GUIDE};
use super::sheet::{Look, Pen};

/// Draws `sgd` from the section `sgd` of a summary if it has at least two errors, and returns its path.
///
/// # Errors
/// [`PlotError`] if the picture cannot be drawn.
pub fn draw_iteration(summary: &Value, folder: &Path, look: &Look) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| Ok(draw_with(pen, summary, folder)?.into_iter().collect()))
}

fn draw_with(pen: Pen, summary: &Value, folder: &Path) -> Result<Option<PathBuf>, PlotError> {
    let study = &summary["sgd"];
    let rates = || study["rates"].as_array().into_iter().flatten();
    let learning_rate = |rate: &Value| rate["learning_rate"].as_f64();
    let errors = rates().filter_map(|rate| Some((learning_rate(rate)?, rate["error"].as_f64()?.abs())));
    let points: Vec<(f64, f64)> =
        errors.filter(|(_, error)| *error > 0.0).map(|(rate, error)| (rate.log10(), error.log10())).collect();
    let (Some(across), Some(up)) = (extent(points.iter().map(|p| p.0)), extent(points.iter().map(|p| p.1))) else {
        return Ok(None);
    };
    if points.len() < 2 {
        return Ok(None);
    }
    let sheet = pen.sheet(folder, "sgd");
    let order = study["observed_order"].as_f64().map_or(String::new(), |order| format!(", observed order {order:.2}"));
    let title = summary["title"].as_str().unwrap_or_default();
    let head = ["Escape of SGD itself against its diffusion limit", &format!("{title}{order}")];
    // For ηH > 2 at the minimum the iteration is unstable there.
    let unstable = rates().find_map(|rate| Some((2.0 * learning_rate(rate)? / rate["stiffness"].as_f64()?).log10()));
    let right =
        unstable.filter(|&at| at > across.start && at < across.end + 1.0).map_or(across.end, |at| at.max(across.end));
    let x = Axis::logarithmic("learning rate η, at fixed η/B", across.start - 0.1..right + 0.1);
    let y = Axis::logarithmic("|rate of SGD / rate of the diffusion − 1|", up.start.floor()..up.end.ceil());
    let lines = unstable.filter(|at| x.range.contains(at));
    let lines = lines.map(|at| Line { at, word: "ηH = 2".to_string(), colour: BOUNDARY }).into_iter().collect();
    // A line of first order through the last point.
    let last = points[points.len() - 1];
    let reach = (right - last.0).min(y.range.end - last.1);
    let guide = vec![last, (last.0 + reach, last.1 + reach)];
    let curves = vec![
        Curve { points: guide, colour: GUIDE, name: "first order".into(), is_dashed: true },
        Curve { points: points.clone(), colour: FIRST, name: "the difference".into(), is_dashed: false },
    ];
    let spots = points.into_iter().map(|at| Spot { at, colour: FIRST, cross: false }).collect();
    picture(&sheet, (1400, 700), head, |area| {
        chart::draw(area, Chart { x: &x, y: &y, curves, lines, spots, leaves_room_beside: false })
    })?;
    Ok(Some(sheet.path))
}
