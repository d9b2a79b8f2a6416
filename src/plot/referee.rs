//! Digits that are right against the barrier, a curve for each tool.

use std::path::{Path, PathBuf};

use super::PlotError;
use super::axis::{Axis, extent};
use super::canvas::picture;
use super::chart::{self, Chart, Curve, Spot};
use super::colour::SERIES;
use crate::referee::{Judged, Judgement};

/// Tools in one picture: more of them are told apart by nobody.
const MOST_TOOLS: usize = 10;

/// Draws `referee.png`; claims that do not cover are crosses.
///
/// # Errors
/// [`PlotError`] where it could not be made.
pub fn draw_referee(found: &Judgement<'_>, folder: &Path) -> Result<PathBuf, PlotError> {
    let path = folder.join("referee.png");
    let at = |one: &Judged<'_>| (one.reference.barrier, one.digits);
    let (mut curves, mut spots) = (Vec::new(), Vec::new());
    for (place, tool) in found.tools.iter().take(MOST_TOOLS).enumerate() {
        let colour = SERIES[place % SERIES.len()];
        let own = found.judged.iter().filter(|one| one.claim.tool == tool.tool);
        spots.extend(own.clone().map(|one| Spot { at: at(one), colour, cross: one.is_covered == Some(false) }));
        let mut points: Vec<(f64, f64)> = own.map(at).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        let name = if tool.tool.is_empty() { "(no name)".to_string() } else { tool.tool.clone() };
        curves.push(Curve { points, colour, name });
    }
    let range = |values: &mut dyn Iterator<Item = f64>| extent(values.chain([0.0, 1.0])).unwrap_or(0.0..1.0);
    let across = range(&mut found.judged.iter().map(|one| one.reference.barrier));
    let up = range(&mut found.judged.iter().map(|one| one.digits));
    let x = Axis::position("barrier, in units of the noise", across.start - 0.02 * across.end..1.02 * across.end);
    let y = Axis::position("digits right", -0.5..up.end + 0.5);
    picture(
        &path,
        (1200, 700),
        ["Digits right against the barrier", "crosses: the claimed error does not cover"],
        |area| chart::draw(area, Chart { x: &x, y: &y, curves, lines: Vec::new(), spots, leaves_room_beside: false }),
    )?;
    Ok(path)
}
