//! The number of correct digits against the barrier, in a colour for each tool.

use std::path::{Path, PathBuf};

use super::PlotError;
use super::axis::{Axis, extent};
use super::canvas::picture;
use super::chart::{self, Chart, Curve, Spot};
use super::colour::SERIES;
use super::sheet::{Look, Pen};
use crate::referee::{Judged, Judgement};

/// The largest number of tools in a picture.
const MOST_TOOLS: usize = 10;

/// The barrier at which lower ones are drawn, because the axis is logarithmic.
const LOWEST_BARRIER: f64 = 1.0;

/// Draws `referee`; claims that do not cover are crosses.
///
/// # Errors
/// [`PlotError`] if it cannot be drawn.
pub fn draw_referee(found: &Judgement<'_>, folder: &Path, look: &Look) -> Result<Vec<PathBuf>, PlotError> {
    look.each(|pen| Ok(vec![draw_with(pen, found, folder)?]))
}

fn draw_with(pen: Pen, found: &Judgement<'_>, folder: &Path) -> Result<PathBuf, PlotError> {
    let sheet = pen.sheet(folder, "referee");
    let at = |one: &Judged<'_>| (one.reference.barrier.max(LOWEST_BARRIER).log10(), one.digits);
    let (mut curves, mut spots) = (Vec::new(), Vec::new());
    for (place, tool) in found.tools.iter().take(MOST_TOOLS).enumerate() {
        let colour = SERIES[place % SERIES.len()];
        let own = found.judged.iter().filter(|one| one.claim.tool == tool.tool);
        spots.extend(own.clone().map(|one| Spot { at: at(one), colour, cross: one.is_covered == Some(false) }));
        // No line joins the problems; an empty curve gives the tool its name in the legend.
        let points = vec![(f64::NAN, f64::NAN)];
        let name = if tool.tool.is_empty() { "(no name)".to_string() } else { tool.tool.clone() };
        curves.push(Curve { points, colour, name, is_dashed: false });
    }
    let range = |values: &mut dyn Iterator<Item = f64>| extent(values.chain([0.0, 1.0])).unwrap_or(0.0..1.0);
    let across = range(&mut found.judged.iter().map(|one| at(one).0));
    let up = range(&mut found.judged.iter().map(|one| one.digits));
    let x = Axis::logarithmic("barrier, in units of the noise (below 1: at 1)", -0.1..across.end + 0.1);
    let y = Axis::position("digits right", -0.5..up.end + 0.5);
    picture(
        &sheet,
        (1200, 700),
        ["Digits right against the barrier", "crosses: the claimed error does not cover"],
        |area| chart::draw(area, Chart { x: &x, y: &y, curves, lines: Vec::new(), spots, leaves_room_beside: false }),
    )?;
    Ok(sheet.path)
}
