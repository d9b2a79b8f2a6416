//! The rates on the grids of a ladder, and their extrapolation.

use crate::problem::{Problem, ends, window};
use crate::scaled::Scaled;
use crate::solve::network::pencil::Eigenvalue;
use crate::study::boundary::BoundaryError;
use crate::study::crossing::{self, Coarseness};
use crate::study::exits::ExitNumber;
use crate::study::extrapolation::{Extrapolation, Series, Spacing};
use crate::study::followed::{argument, followed};
use crate::study::interpolation::Interpolation;
use crate::study::level::Level;
use crate::study::network;
use crate::study::request::Scheme;
use crate::study::several;
use crate::study::warning::Warning;

/// The rates of one grid, in 1/time.
#[derive(Clone)]
pub struct Rates {
    /// The cells of the grid.
    pub cells: [usize; 2],
    /// The escape rate γ.
    pub quasi_stationary: Option<Scaled>,
    /// The inverse 1/τ of the mean first-passage time.
    pub passage: Option<Scaled>,
    /// The rate from flux over population.
    pub flux_over_population: Option<Scaled>,
    /// When and where the process leaves from the start point.
    pub exits: Vec<(ExitNumber, Scaled)>,
    /// The rate k_AB of reactive paths.
    pub reactive: Option<Scaled>,
    /// The fluxes between several sets.
    pub several: Vec<Scaled>,
    /// The nonzero eigenvalues of the network of valleys, slowest first.
    pub network: Vec<Eigenvalue>,
    /// The mean first-passage times between different valleys.
    pub between_valleys: Vec<Scaled>,
    /// The eigenvalues of the spectrum, slowest first, including the 0 of a closed chain.
    pub spectrum: Vec<Eigenvalue>,
}

impl Rates {
    pub(super) fn new(level: &Level<'_>) -> Rates {
        let found = &level.found;
        let modes = level.spectrum.as_ref().map_or(&[][..], |found| &found.modes[..]);
        Rates {
            cells: level.discretisation.grid.cells,
            quasi_stationary: found.rate,
            passage: found.passage.as_ref().map(|passage| passage.from_start.inverse()),
            flux_over_population: found.flux_over_population.filter(|rate| rate.is_normal()).map(Scaled::new),
            exits: found.exits.as_ref().map_or(Vec::new(), |exits| exits.from_start.clone()),
            reactive: level.reactive.as_ref().map(|found| found.paths.rate()),
            several: level.several.as_ref().map_or(Vec::new(), several::fluxes),
            network: level.network.as_ref().map_or(Vec::new(), |found| {
                let all = found.network.refined.eigenvalues.iter().copied();
                all.filter(|value| value.modulus().is_positive()).collect()
            }),
            between_valleys: level.passage_times.as_deref().map_or(Vec::new(), network::between),
            spectrum: modes.iter().map(|mode| mode.value).collect(),
        }
    }
}

/// The least error of a passage time in two dimensions, relative to that of the rate: if the times on successive grids
/// agree far better than the rates, their error changes its sign there.
const LEAST_OF_RATE: f64 = 0.5;

/// The safety factor of the error of an argument, that of [`crate::study::extrapolation`].
const ARGUMENT_SAFETY: f64 = 1.25;

/// The safety factor of what an iteration for an eigenvalue has left.
const ITERATION_SAFETY: f64 = 1.25;

/// The number of grids of [`Spacing::Quarters`].
const QUARTERS: usize = 3;

/// The relative distance below which eigenvalues of an irreversible chain may mix.
const MIXING: f64 = 0.05;

/// The rates on all grids that are used, with further errors of the finest grid.
pub struct Rungs<'a> {
    pub(super) problem: &'a Problem,
    pub(super) scheme: Scheme,
    pub(super) spacing: Spacing,
    /// The boundary error on the finest grid.
    pub(super) boundary: BoundaryError,
    /// The resolution of the finest grid where the process crosses a curve on which its noise degenerates.
    pub(super) coarseness: Option<Coarseness>,
    /// The highest order that errors claim to fall with; infinite if the finest grid has edges along its axes alone.
    pub(super) claimed: f64,
    /// The factor of the errors.
    pub(super) margin: f64,
    /// The relative effect on the finest grid's rate of the mollification level.
    pub raised: f64,
    /// The relative effect on the finest grid's rate of where curves of the problem lie in its cells.
    pub by_place: f64,
    /// The rates of each grid, coarsest first.
    pub rates: Vec<Rates>,
    /// The rates with an interpolated loss from the whole table and from thinned ones; none without a table.
    pub thinned: Vec<Rates>,
}

impl Rungs<'_> {
    /// The extrapolation of one of the rates; `None` with too few grids.
    pub fn estimate(&self, pick: fn(&Rates) -> Option<Scaled>) -> Option<Extrapolation> {
        let values = self.finest(pick);
        let spacing = self.spacing_of(values.len());
        let rounding = rounding(self.problem, self.rates.last()?.cells);
        let [bare, _] = self.coarseness.map_or([0.0; 2], Coarseness::parts);
        if let Spacing::Ratio(ratio) = spacing
            && bare > crossing::NEGLIGIBLE
        {
            return crossing::extrapolate(&values, ratio, rounding, bare, self.raised, self.scheme.formal_order());
        }
        let at_least = self.over_a_floor(&values).max(crossing::by_place(self.by_place));
        let formal = ends::order(self.problem, self.scheme.formal_order());
        let formal = if self.problem.domain.windows.is_empty() { formal } else { formal.min(window::ORDER) };
        let series = Series { values: &values, spacing, rounding, formal, claimed: self.claimed };
        let found = series.estimate(self.boundary)?;
        Some(Extrapolation { error: (self.margin * found.error).max(at_least) + bare, ..found })
    }

    /// The extrapolation of a passage time or of flux over population. The flux correction raises the order of the escape
    /// rate; these keep a part of second order, which grids that agree by chance do not show. Their error is at least
    /// `margin` times what second order leaves by either of the last two changes.
    pub fn estimate_beside(&self, pick: fn(&Rates) -> Option<Scaled>, margin: f64) -> Option<Extrapolation> {
        let found = self.estimate(pick)?;
        if !self.scheme.is_corrected || self.problem.dimension == 1 {
            return Some(found);
        }
        let values = self.finest(pick);
        let [of_last, of_before] = self.spacing_of(values.len()).rest_of_second_order();
        let change = |one: &Scaled, other: &Scaled| (one.over(*other).value() - 1.0).abs();
        let least = match *values {
            [.., ref first, ref second, ref last] => {
                (of_last * change(second, last)).max(of_before * change(first, second))
            }
            [ref first, ref last] => of_last * change(first, last),
            _ => 0.0,
        };
        Some(Extrapolation { error: found.error.max(margin * least), ..found })
    }

    /// ln of the ratio of one of the rates on the last two grids; infinite with fewer grids, and where a curve is not
    /// resolved, since grids agree there that are wrong by the same factor.
    pub fn last_change(&self, pick: impl Fn(&Rates) -> Option<Scaled>) -> f64 {
        let [coarseness, _] = self.coarseness.map_or([0.0; 2], Coarseness::parts);
        match self.finest(pick)[..] {
            _ if coarseness > 1.0 => f64::INFINITY,
            [.., coarse, fine] => fine.over(coarse).value().ln(),
            _ => f64::INFINITY,
        }
    }

    /// The interpolation error of one of the rates; `None` without a table.
    pub fn interpolation(&self, pick: impl Fn(&Rates) -> Option<Scaled>) -> Option<Interpolation> {
        let values: Vec<Scaled> = self.thinned.iter().map_while(pick).collect();
        Interpolation::of(&values)
    }

    /// The interpolation error of a quantity that is no rate of the killed chain; 0 without a table.
    fn by_interpolation(&self, pick: impl Fn(&Rates) -> Option<Scaled>) -> f64 {
        self.interpolation(pick).map_or(0.0, |found| found.error)
    }

    /// Whether a quantity that was requested is missing for a thinned table.
    pub fn lacks_interpolation(&self) -> bool {
        let Some(own) = self.rates.last() else { return false };
        let lacks = |thinned: &Rates| {
            own.reactive.is_some() && thinned.reactive.is_none()
                || own.network.len() != thinned.network.len()
                || own.several.len() != thinned.several.len()
                || own.exits.len() != thinned.exits.len()
        };
        self.thinned.iter().take(2).any(lacks)
    }

    /// A quantity on the finest grids that have it without a gap, coarsest first.
    fn finest<T>(&self, pick: impl Fn(&Rates) -> Option<T>) -> Vec<T> {
        let mut values: Vec<T> = self.rates.iter().rev().map_while(pick).collect();
        values.reverse();
        values
    }

    /// The refinement between the finest grids, of which there are `count`.
    fn spacing_of(&self, count: usize) -> Spacing {
        match self.spacing {
            Spacing::Quarters if count < QUARTERS => Spacing::Ratio(self.spacing.last_ratio()),
            spacing => spacing,
        }
    }

    /// The least error of values where the process crosses a curve with a floor that the grid hardly resolves.
    fn over_a_floor(&self, values: &[Scaled]) -> f64 {
        let [_, floored] = self.coarseness.map_or([0.0; 2], Coarseness::parts);
        match floored > crossing::STEEP {
            true => crossing::over_a_floor(values, self.spacing.last_ratio(), floored),
            false => 0.0,
        }
    }

    /// The extrapolation of k_AB. Its sets end at arbitrary places in cells, so that grids may agree by chance.
    pub fn reactive_estimate(&self) -> Option<Extrapolation> {
        let values = self.finest(|rates| rates.reactive);
        let found = self.closed_estimate(&values, self.where_crossed())?;
        let found = self.by_whole_changes(&values, found);
        Some(Extrapolation { error: found.error + self.by_interpolation(|rates| rates.reactive), ..found })
    }

    /// An extrapolation whose error is at least the larger of the last change and of what second order leaves of the
    /// one before.
    fn by_whole_changes(&self, values: &[Scaled], found: Extrapolation) -> Extrapolation {
        let change = |one: &Scaled, other: &Scaled| (one.over(*other).value() - 1.0).abs();
        let least = match *values {
            [.., ref first, ref second, ref last] => change(second, last).max(0.25 * change(first, second)),
            [ref first, ref last] => change(first, last),
            _ => 0.0,
        };
        Extrapolation { error: found.error.max(least), ..found }
    }

    /// The relative discretisation error of a number on exits, at least the last change; `None` if it is 0 on a grid or
    /// grids were not compared.
    pub fn exit_error(&self, number: ExitNumber) -> Option<f64> {
        let pick = |rates: &Rates| rates.exits.iter().find(|(own, _)| *own == number).map(|(_, value)| *value);
        let values = self.finest(pick);
        let found = self.nonzero_estimate(&values, self.where_crossed())?;
        let found = self.by_whole_changes(&values, found);
        Some(found.error.max(self.least_error()) + self.by_interpolation(pick))
    }

    /// The extrapolation of each flux between several sets; `None` for one that is 0.
    pub fn several_estimates(&self) -> Vec<Option<Extrapolation>> {
        self.list_estimates(|rates| &rates.several)
    }

    /// The extrapolation of each mean first-passage time between different valleys.
    pub fn between_valleys_estimates(&self) -> Vec<Option<Extrapolation>> {
        self.list_estimates(|rates| &rates.between_valleys)
    }

    /// The extrapolation of each number of a list of the closed chain, whose sets end at arbitrary places in cells; `None`
    /// for one that is 0.
    fn list_estimates(&self, pick: fn(&Rates) -> &Vec<Scaled>) -> Vec<Option<Extrapolation>> {
        let count = self.rates.last().map_or(0, |rates| pick(rates).len());
        let estimate = |k: usize| {
            let values = self.finest(|rates| pick(rates).get(k).copied());
            let found = self.nonzero_estimate(&values, self.where_crossed())?;
            let found = self.by_whole_changes(&values, found);
            let by_interpolation = self.by_interpolation(|rates| pick(rates).get(k).copied());
            Some(Extrapolation { error: found.error + by_interpolation, ..found })
        };
        (0..count).map(estimate).collect()
    }

    /// The extrapolation of each nonzero eigenvalue of the network of valleys.
    pub fn network_estimates(&self) -> Vec<Option<Extrapolation>> {
        let found = self.eigenvalue_estimates(|rates| &rates.network, |_| self.where_crossed());
        // What the iteration for an eigenvalue of the finest chain has left is not in the changes from grid to grid.
        let own = self.rates.last().map_or(&[][..], |rates| &rates.network);
        let with_own = |(found, value): (Option<Extrapolation>, &Eigenvalue)| {
            found.map(|found| Extrapolation { error: found.error + ITERATION_SAFETY * value.error, ..found })
        };
        found.into_iter().zip(own).map(with_own).collect()
    }

    /// The extrapolation of each eigenvalue of the spectrum; `None` for one that is 0.
    pub fn spectrum_estimates(&self) -> Vec<Option<Extrapolation>> {
        let rate = self.coarseness.map_or(0.0, |coarseness| coarseness.parts()[0]);
        // The slowest mode of a killed chain decays at the escape rate.
        self.eigenvalue_estimates(|rates| &rates.spectrum, |mode| if mode == 0 { rate } else { self.where_crossed() })
    }

    /// The extrapolation of the modulus of each eigenvalue, with the error of the eigenvalue relative to its modulus.
    fn eigenvalue_estimates(
        &self,
        pick: fn(&Rates) -> &Vec<Eigenvalue>,
        coarseness: impl Fn(usize) -> f64,
    ) -> Vec<Option<Extrapolation>> {
        let whole_last: Vec<&[Eigenvalue]> = self.thinned.iter().rev().map(|rates| &pick(rates)[..]).collect();
        let whole_first = |values: Vec<Eigenvalue>| values.iter().rev().map(|value| value.modulus()).collect();
        let thinned: Vec<Vec<Scaled>> = followed(&whole_last).into_iter().map(whole_first).collect();
        let estimate = |(mode, values): (usize, Vec<Eigenvalue>)| {
            let moduli: Vec<Scaled> = values.iter().map(|value| value.modulus()).collect();
            let found = self.nonzero_estimate(&moduli, coarseness(mode))?;
            let found = if self.may_mix(mode, pick) { self.by_whole_changes(&moduli, found) } else { found };
            let changed =
                thinned.get(mode).and_then(|moduli| Interpolation::of(moduli)).map_or(0.0, |found| found.error);
            Some(Extrapolation { error: found.error.hypot(self.error_of_argument(&values)) + changed, ..found })
        };
        let all: Vec<&[Eigenvalue]> = self.rates.iter().map(|rates| &pick(rates)[..]).collect();
        followed(&all).into_iter().enumerate().map(estimate).collect()
    }

    /// Whether an eigenvalue of an irreversible chain is so near to another one that their vectors mix, and their errors do
    /// not fall with one order.
    fn may_mix(&self, mode: usize, pick: fn(&Rates) -> &Vec<Eigenvalue>) -> bool {
        let all = self.rates.last().map_or(&[][..], |rates| pick(rates));
        let others = (0..all.len()).filter(|&other| other != mode);
        !self.problem.is_reversible() && others.into_iter().any(|other| all[other].away_from(all[mode]) < MIXING)
    }

    /// The error of the argument of an eigenvalue, in radians: what the changes from grid to grid leave at the order
    /// that errors claim, and 0 for real ones. The values are of the finest grids, coarsest first.
    fn error_of_argument(&self, values: &[Eigenvalue]) -> f64 {
        let order = Scheme::plain(self.scheme.weight).formal_order().min(self.claimed);
        let change = |k: usize| match values.len().checked_sub(k + 1) {
            Some(coarse) if k > 0 => (argument(values[coarse + 1]) - argument(values[coarse])).abs(),
            _ => 0.0,
        };
        let power = self.spacing.last_ratio().powf(order);
        ARGUMENT_SAFETY * change(1).max(change(2) / power) / (power - 1.0)
    }

    /// The extrapolation of a quantity of the closed chain; `None` if it is 0 on a grid.
    fn nonzero_estimate(&self, values: &[Scaled], coarseness: f64) -> Option<Extrapolation> {
        let is_nonzero = values.iter().all(|value| value.is_positive());
        self.closed_estimate(values, coarseness).filter(|_| is_nonzero)
    }

    /// The least error of passage times and of flux over population, by that of the escape rate; 0 in one dimension
    /// without killing inside, where the quadrature judges them.
    pub fn least_error(&self) -> f64 {
        let is_alone = self.problem.dimension == 2 || self.problem.domain.killing.is_some();
        // The rate is not known where its iteration takes too long.
        let of_rate = self.estimate(|rates| rates.quasi_stationary);
        let known = of_rate.or_else(|| self.estimate(|rates| rates.flux_over_population));
        known.filter(|_| is_alone).map_or(0.0, |found| LEAST_OF_RATE * found.error)
    }

    /// The coarseness where the process crosses a curve, for fluxes whose own share of crossings is not computed.
    fn where_crossed(&self) -> f64 {
        match self.coarseness {
            Some(Coarseness::Bare { where_crossed, .. }) => where_crossed,
            _ => 0.0,
        }
    }

    /// The extrapolation of a quantity of the closed chain, which is never flux-corrected.
    fn closed_estimate(&self, values: &[Scaled], coarseness: f64) -> Option<Extrapolation> {
        let rounding = rounding(self.problem, self.rates.last()?.cells);
        let formal = ends::order(self.problem, Scheme::plain(self.scheme.weight).formal_order());
        let spacing = self.spacing_of(values.len());
        if let Spacing::Ratio(ratio) = spacing
            && (crossing::is_asked_for(self.problem) || coarseness > crossing::NEGLIGIBLE)
        {
            return crossing::extrapolate(values, ratio, rounding, coarseness, self.raised, formal);
        }
        let at_least = self.over_a_floor(values).max(crossing::by_place(self.by_place));
        let series = Series { values, spacing, rounding, formal, claimed: self.claimed };
        series
            .estimate(BoundaryError::default())
            .map(|found| Extrapolation { error: (self.margin * found.error).max(at_least) + coarseness, ..found })
    }

    /// A warning if the grid does not resolve the curve that the process crosses, with the resulting error of γ.
    pub fn unresolved_crossing(&self) -> Option<Warning> {
        let [coarseness, _] = self.coarseness?.parts();
        if coarseness <= 1.0 {
            return None;
        }
        let error = self.estimate(|rates| rates.quasi_stationary)?.error;
        Some(Warning::UnresolvedCrossing { coarseness, error })
    }

    /// The larger estimated error of the requested rates; infinite if one cannot be estimated.
    pub fn worst_error(&self) -> f64 {
        let error = |pick: fn(&Rates) -> Option<Scaled>| match self.rates.iter().any(|rates| pick(rates).is_some()) {
            true => self.estimate(pick).map_or(f64::INFINITY, |found| found.error),
            false => 0.0,
        };
        let known = |found: Option<Extrapolation>| found.map_or(f64::INFINITY, |found| found.error);
        let has_reactive = self.rates.iter().any(|rates| rates.reactive.is_some());
        let reactive = if has_reactive { known(self.reactive_estimate()) } else { 0.0 };
        let several = self.several_estimates().into_iter().flatten().map(|found| found.error);
        let network = self.network_estimates().into_iter().map(known);
        let closed = network.chain(several).fold(reactive, f64::max);
        // For the spectrum, the error of the slowest eigenvalue.
        let spectrum = self.spectrum_estimates().into_iter().flatten().next().map_or(0.0, |found| found.error);
        let closed = closed.max(spectrum);
        let numbers = self.rates.last().map_or(&[][..], |rates| &rates.exits);
        let exits = numbers.iter().filter_map(|(number, _)| self.exit_error(*number)).fold(0.0, f64::max);
        let closed = closed.max(exits);
        error(|rates| rates.quasi_stationary).max(error(|rates| rates.passage)).max(closed)
    }
}

/// The expected relative rounding error of a rate: some tens of roundings in the elimination, and the rounding of L,
/// amplified by the noise in the exponent; over many cells the roundings of the edges accumulate like a random walk.
fn rounding(problem: &Problem, cells: [usize; 2]) -> f64 {
    let size = |theta| problem.dynamics.loss().map_or(0.0, |loss| loss.value(theta).abs());
    let saddles = problem.valley.saddles.iter().map(|&index| size(problem.critical.saddles[index].point.theta));
    let start = problem.valley.start_point;
    let largest = saddles.fold(size(start), f64::max);
    let noise = problem.noise.tensor(start);
    let scale = noise.xx.max(noise.yy);
    let magnified = if scale > 0.0 { 8.0 * largest / scale } else { 0.0 };
    let walk = 8.0 * (cells[0].max(cells[1]) as f64).sqrt();
    f64::EPSILON * (50.0 + magnified + walk)
}
