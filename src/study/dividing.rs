//! The flux over each saddle, through the arcs of a dividing surface, compared with Kramers' rate over that saddle
//! alone (Rule 1).

use crate::observe::boundary::BoundaryFlux;
use crate::observe::dividing::{NotBetween, Surface, SurfaceFlux};
use crate::problem::{Cut, Problem, Region};
use crate::scaled::Scaled;
use crate::solve::Reactive;
use crate::study::comparison;
use crate::study::request::CommittorRequest;
use crate::tensor::Point;

/// The label of the boundary of the first set's basin, and the name of its group.
const BASIN: [&str; 2] = ["basin boundary", "basin_boundary"];

/// The reactive flux across the line q⁺ = ½, across the boundary of the first set's basin where it separates the sets,
/// and across the surfaces that are asked for. Empty in one dimension and where the flux is beyond the range of f64.
/// `ends` holds a point of each set.
///
/// # Errors
/// [`NotBetween`] for a surface that is asked for and does not separate the sets.
pub(super) fn surfaces(
    found: &Reactive<'_>,
    request: &CommittorRequest,
    ends: [Point; 2],
) -> Result<Vec<SurfaceFlux>, NotBetween> {
    let problem = found.closed.problem;
    if problem.dimension == 1 || !found.paths.flux[0].is_ordinary() {
        return Ok(Vec::new());
    }
    let space = problem.domain.space();
    let minima = ends.map(|end| problem.descends_to(end));
    let basin = minima[0].and_then(|minimum| problem.basin_of(minimum));
    let mut surfaces = vec![SurfaceFlux::new(found, &Surface::half(), basin.as_deref())?];
    if let Some(basin) = &basin {
        let region = Region::Basin(std::sync::Arc::clone(basin)).rolled(space);
        // Sets that reach beyond the basin are not separated by its boundary.
        surfaces.extend(SurfaceFlux::new(found, &Surface::of(BASIN[0], BASIN[1].to_string(), &region), None).ok());
    }
    for (number, (text, condition)) in (1..).zip(&request.surfaces) {
        let region = Region::Condition(std::sync::Arc::clone(condition)).rolled(space);
        let surface = Surface::of(text, format!("surface_{number}"), &region);
        surfaces.push(SurfaceFlux::new(found, &surface, basin.as_deref())?);
    }
    // The stationary probability of the basin alone, even if other valleys belong to the first set too.
    let occupied = basin.as_ref().map(|basin| {
        let inside = found.closed.members(&Region::Basin(std::sync::Arc::clone(basin)).rolled(space));
        let own = found.paths.stationary.iter().zip(&inside).filter(|(_, inside)| **inside);
        own.fold(Scaled::ZERO, |sum, (p, _)| sum.plus(*p))
    });
    for arc in surfaces.iter_mut().flat_map(|surface| &mut surface.arcs) {
        let ([saddle], [Some(from), Some(to)]) = (arc.saddles.as_slice(), minima) else { continue };
        let connects = problem.critical.saddles[*saddle].connects;
        // The formula for one saddle holds only where the saddle connects the two minima directly.
        let is_direct = connects == [Some(from), Some(to)] || connects == [Some(to), Some(from)];
        let kramers = comparison::over_one_saddle(problem, from, *saddle, Cut::Beyond(1.0)).filter(|_| is_direct);
        arc.kramers = kramers.map(Scaled::value);
        arc.ratio =
            kramers.zip(occupied).map(|(kramers, mass)| Scaled::new(arc.flux).over(kramers.times(mass)).value());
    }
    Ok(surfaces)
}

/// Adds to the flux through each arc Kramers' rate over the saddle that belongs to it.
pub(super) fn against_formulas(problem: &Problem, flux: &mut BoundaryFlux) {
    let Some(minimum) = problem.valley.minimum else { return };
    let valley = &problem.valley;
    for arc in &mut flux.arcs {
        let [saddle] = arc.saddles.as_slice() else { continue };
        let Some(place) = valley.saddles.iter().position(|own| own == saddle) else { continue };
        // Where the flux does not cross near the saddle, its formula does not apply.
        if arc.width.is_none() {
            continue;
        }
        let kramers = comparison::over_one_saddle(problem, minimum, *saddle, valley.cuts[place]);
        arc.kramers = kramers.map(Scaled::value);
        arc.ratio = kramers.map(|kramers| Scaled::new(arc.flux).over(kramers).value());
    }
}
