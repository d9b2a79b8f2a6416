//! The warning that the quasi-stationary rate is that of another well than the start's.

use crate::scaled::Scaled;
use crate::solve::Discretisation;
use crate::study::level::Analyses;
use crate::study::warning::Warning;
use crate::tensor::{Point, norm};

/// The relative difference below which two rates belong to the same valley.
const SAME_VALLEY: f64 = 1e-3;

/// A warning if the quasi-stationary rate is that of a slower well than the start's.
pub(super) fn slowest_well(
    on: &Discretisation<'_>,
    found: &Analyses,
    [rate, passage]: [Option<Scaled>; 2],
) -> Option<Warning> {
    if let Some(share) = found.share_in_start.filter(|&share| share < 0.5) {
        return Some(Warning::ElsewhereThanStart { share });
    }
    let differs = |rate: Scaled, passage: Scaled| (rate.over(passage).value() - 1.0).abs() > SAME_VALLEY;
    let differ = rate.zip(passage).is_some_and(|(rate, passage)| differs(rate, passage));
    let at = found.quasi_stationary.as_ref().filter(|_| differ).and_then(|found| other_well(on, &found.probability))?;
    Some(Warning::OtherWell { at, dimension: on.problem.dimension })
}

/// The minimum nearest to the maximum of the density, if it is not the start minimum.
fn other_well(on: &Discretisation<'_>, probability: &[f64]) -> Option<Point> {
    let problem = on.problem;
    let start = problem.valley.minimum?;
    let most = (0..probability.len()).max_by(|&a, &b| probability[a].total_cmp(&probability[b]))?;
    let at = on.centre(most);
    let space = problem.domain.space();
    let distance = |index: &usize| norm(space.offset(at, problem.critical.minima[*index].theta));
    let minima = &problem.critical.minima;
    let lives = |index: &usize| {
        problem.domain.contains(minima[*index].theta) && problem.valley.live.holds(minima[*index].theta)
    };
    let nearest = (0..minima.len()).filter(lives).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (nearest != start).then(|| minima[nearest].theta)
}
