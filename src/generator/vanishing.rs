//! Exits at points of an absorbing boundary at which the noise across it vanishes, or nearly so.
//!
//! Where it vanishes Feller's class of the point, from the powers of the slope and of D along the normal n, decides: a point that is never
//! reached absorbs nothing. On the way to one that is reached, along the normal, the integrand of the edge is a power of
//! the distance y from it,
//!
//! ```text
//! ∫ e^z m ds ≈ ∫ yᴬ dy,   −1 < A
//! ```
//! which is integrated as one, or falls faster than any power where the drift carries the process into the point
//! ([`EdgeSampler::flow_to_power`]). With a floor, however low, it is constant in the end. Other edges to such a point keep the rates of other edges.

use rayon::prelude::*;

use crate::generator::assembly::{AssemblyError, Exit, Physics};
use crate::generator::edges::Stencils;
use crate::grid::Grid;
use crate::problem::boundary_class::LocalLaw;
use crate::scheme::{EdgeSampler, Segment};
use crate::tensor::{Point, advance, difference, dot, norm};

/// n·Dn at the boundary, divided by that at the beginning of the edge, above which the rule of other edges suffices.
const SMALL: f64 = 0.05;
/// The powers are fitted at distances of 2⁻¹⁰ to 2⁻¹⁶ times the length of the edge.
const FITTED: f64 = 64.0;
/// The distance from a wall, in widths of the domain, within which a point lies on it.
const ON_WALL: f64 = 1e-9;
/// The step, in lengths of the edge, for the gradient of the margin of a set.
const STEP: f64 = 1e-4;
/// The cosine of the angle between an edge and the normal above which the edge runs along the normal.
const ALONG: f64 = 1.0 - 1e-9;

/// Drops the exits at points that the process never reaches, and corrects those along the normal at points that it does.
/// Returns a point that is not reached. The first sampler is that of all edges, the second one of the noise as it is,
/// without mollification.
///
/// # Errors
/// [`AssemblyError::NotFinite`] where the slope or D is not finite on the way.
pub(super) fn correct(
    physics: &Physics<'_>,
    [sampler, exact]: [&EdgeSampler<'_>; 2],
    stencils: &Stencils,
    grid: &Grid,
    cells: &[u32],
    exits: &mut Vec<Exit>,
) -> Result<Option<Point>, AssemblyError> {
    if physics.noise.constant().is_some() {
        return Ok(None);
    }
    let corrected = |exit: &Exit| -> Result<Option<Exit>, AssemblyError> {
        let (from, to) = (grid.cell_centre(cells[exit.state as usize] as usize), exit.position);
        let Some((normal, law)) = found(physics, from, to) else { return Ok(Some(*exit)) };
        if law.is_some_and(|law| !law.class().is_reached()) {
            return Ok(None);
        }
        let step = difference(to, from);
        if -dot(step, normal) < ALONG * norm(step) {
            return Ok(Some(*exit));
        }
        let offset = if exit.offset < [0, 0] { exit.offset.map(|c| -c) } else { exit.offset };
        let weight = stencils.of(exit.state as usize).weight(offset);
        let segment = Segment { from, to, offset, ends: [weight; 2] };
        let failed = |_| AssemblyError::NotFinite { at: to, dimension: grid.dimension };
        let plain = sampler.flow(from, to, offset, [weight; 2]).map_err(failed)?.forward;
        let exact = exact.flow_to_power(&segment, law).map_err(failed)?;
        // The rate that underflowed had a share of the edge, 1 but at corners and in windows.
        let rate = match plain > 0.0 {
            true => exit.rate * (exact / plain),
            false => sampler.leave(weight) * exact / exit.fraction,
        };
        Ok(Some(Exit { rate, ..*exit }))
    };
    let found: Vec<Option<Exit>> = exits.par_iter().map(corrected).collect::<Result<_, _>>()?;
    let unreached = exits.iter().zip(&found).find(|(_, found)| found.is_none()).map(|(exit, _)| exit.position);
    *exits = found.into_iter().flatten().collect();
    Ok(unreached)
}

/// The inward normal at the end of the segment from → to if D across the boundary is small there, with the powers of the
/// slope and of D along it if it vanishes; `None` if it is not small, or vanishes without a power.
fn found(physics: &Physics<'_>, from: Point, to: Point) -> Option<(Point, Option<LocalLaw>)> {
    let length = norm(difference(to, from));
    let normal = normal(physics, from, to)?;
    let (noise, dynamics) = (physics.noise, physics.dynamics);
    let across = |theta: Point| noise.tensor(theta).form(normal, normal);
    let here = across(to);
    if here > SMALL * across(from) {
        return None;
    }
    let at = |y: f64| advance(to, y, normal);
    let slope = |y: f64| dot(dynamics.slope(at(y)), normal);
    let law = LocalLaw::of(slope, |y| across(at(y)), [FITTED * length, norm(to)], physics.interpretation);
    let law = law.filter(LocalLaw::is_degenerate);
    (law.is_some() || here > 0.0).then_some((normal, law))
}

/// The inward unit normal of what absorbs at the end of the segment from → to; `None` where it has none.
fn normal(physics: &Physics<'_>, from: Point, to: Point) -> Option<Point> {
    let (domain, step) = (physics.domain, difference(to, from));
    if domain.dimension == 1 {
        return Some([-step[0].signum(), 0.0]);
    }
    let is_on = |axis: usize, wall: f64| (to[axis] - wall).abs() <= ON_WALL * domain.width(axis);
    for axis in (0..2).filter(|&axis| !domain.is_periodic(axis)) {
        for (wall, inward) in [(domain.lower[axis], 1.0), (domain.upper[axis], -1.0)] {
            if is_on(axis, wall) {
                let mut normal = [0.0; 2];
                normal[axis] = inward;
                return Some(normal);
            }
        }
    }
    let small = STEP * norm(step);
    let margin = |axis: usize, sign: f64| {
        let mut beside = to;
        beside[axis] += sign * small;
        physics.live.margin(beside)
    };
    let gradient = [0, 1].map(|axis| margin(axis, 1.0) - margin(axis, -1.0));
    let size = norm(gradient);
    (size > 0.0 && size.is_finite()).then(|| gradient.map(|c| c / size))
}
