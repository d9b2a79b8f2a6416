//! Core sets, between which reactive paths run.

use std::sync::Arc;

use crate::problem::expression::Condition;
use crate::problem::fault::MeantMinimum;
use crate::problem::{Problem, ProblemError, Region, critical};
use crate::tensor::{Point, norm};

/// The specification of a core set.
#[derive(Clone, Debug)]
pub enum CoreSpec {
    /// The disc around a minimum; in one dimension the interval with this half width.
    Disc {
        /// A point near the minimum, which Newton's method refines.
        minimum: Point,
        /// The radius.
        radius: f64,
    },
    /// The set where a condition holds.
    Condition(Arc<Condition>),
}

/// A set of points in which reactive paths begin or end.
#[derive(Clone)]
pub struct CoreSet {
    form: Form,
    /// The minimum at the centre of a disc.
    pub centre: Option<Point>,
}

#[derive(Clone)]
enum Form {
    /// The complement of a region.
    Not(Region),
    /// A region.
    In(Region),
}

/// The core around one of the minima of a problem.
#[derive(Clone)]
pub struct MinimumCore {
    /// The index of the minimum among the critical points.
    pub minimum: usize,
    /// The disc around it.
    pub core: CoreSet,
    /// Its radius.
    pub radius: f64,
    /// The indices of the saddles in the domain from which the descent leads to the minimum.
    pub saddles: Vec<usize>,
}

/// The default radius of a disc, as a fraction of the distance from its minimum to the saddle.
const SHARE: f64 = 0.2;

/// Core sets that are not given and cannot be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCores {
    /// There is no start minimum.
    #[error("no minimum was found to come from")]
    NoStart,
    /// No saddle of the start minimum has another minimum behind it.
    #[error("no second minimum lies behind a saddle of the start valley that was found in the domain")]
    NoOther,
}

impl CoreSet {
    /// The core set of a specification; `meant` tells which of the sets it is, for error messages.
    ///
    /// # Errors
    /// A point without a minimum near it.
    pub fn new(spec: &CoreSpec, problem: &Problem, meant: MeantMinimum) -> Result<CoreSet, ProblemError> {
        match spec {
            CoreSpec::Disc { minimum, radius } => {
                let found = critical::named(&problem.dynamics, problem.domain.space(), *minimum, meant)?;
                Ok(CoreSet::disc(problem, found.theta, *radius))
            }
            CoreSpec::Condition(condition) => {
                let region = Region::Condition(Arc::clone(condition)).rolled(problem.domain.space());
                Ok(CoreSet { form: Form::In(region), centre: None })
            }
        }
    }

    /// The disc around a point.
    pub fn disc(problem: &Problem, centre: Point, radius: f64) -> CoreSet {
        let outside = Region::Outside { centre, radius }.rolled(problem.domain.space());
        CoreSet { form: Form::Not(outside), centre: Some(centre) }
    }

    /// Discs around the start minimum and around the minimum behind its lowest saddle with a minimum in the domain. The
    /// radius of each is a fifth of the distance to the saddle.
    ///
    /// # Errors
    /// [`NoCores`] if there are no two such minima.
    pub fn across_the_lowest_saddle(problem: &Problem) -> Result<[CoreSet; 2], NoCores> {
        let start = problem.valley.minimum.ok_or(NoCores::NoStart)?;
        let (critical, domain) = (&problem.critical, &problem.domain);
        let other = |[a, b]: [Option<usize>; 2]| match (a == Some(start), b == Some(start)) {
            (true, false) => b,
            (false, true) => a,
            _ => None,
        };
        let across = critical.saddles.iter().find_map(|saddle| {
            let other = other(saddle.connects)?;
            domain.contains(critical.minima[other].theta).then_some((saddle, other))
        });
        let (saddle, other) = across.ok_or(NoCores::NoOther)?;
        Ok([start, other].map(|minimum| {
            let centre = critical.minima[minimum].theta;
            CoreSet::disc(problem, centre, SHARE * norm(domain.space().offset(centre, saddle.point.theta)))
        }))
    }

    /// Discs around every minimum in the domain, with a radius of a fifth of the distance to its nearest saddle
    /// (without a saddle, of half of the distance to the nearest other minimum). No radius exceeds a quarter of the
    /// distance between two minima.
    pub fn around_all_minima(problem: &Problem) -> Vec<MinimumCore> {
        let (critical, domain) = (&problem.critical, &problem.domain);
        let inside = |index: &usize| domain.contains(critical.minima[*index].theta);
        let minima: Vec<usize> = (0..critical.minima.len()).filter(inside).collect();
        let from = |minimum: usize, to: Point| norm(domain.space().offset(critical.minima[minimum].theta, to));
        let nearest = |distances: &mut dyn Iterator<Item = f64>| distances.fold(f64::INFINITY, f64::min);
        let around = |&minimum: &usize| {
            let leads = |index: &usize| {
                let saddle = &critical.saddles[*index];
                saddle.connects.contains(&Some(minimum)) && domain.touches(saddle.point.theta)
            };
            let saddles: Vec<usize> = (0..critical.saddles.len()).filter(leads).collect();
            let to_saddle = nearest(&mut saddles.iter().map(|&s| from(minimum, critical.saddles[s].point.theta)));
            let others = minima.iter().filter(|&&other| other != minimum);
            let half_way = 0.5 * nearest(&mut others.map(|&other| from(minimum, critical.minima[other].theta)));
            // At most a quarter of the distance between two minima, for saddles that are far away.
            let radius = (SHARE * if saddles.is_empty() { half_way } else { to_saddle }).min(0.5 * half_way);
            let centre = critical.minima[minimum].theta;
            MinimumCore { minimum, radius, saddles, core: CoreSet::disc(problem, centre, radius) }
        };
        minima.iter().map(around).collect()
    }

    /// Whether a point is in the set.
    pub fn holds(&self, theta: Point) -> bool {
        match &self.form {
            Form::Not(region) => !region.holds(theta),
            Form::In(region) => region.holds(theta),
        }
    }

    /// The fraction of the segment from → to at which it enters the set; `from` is outside, `to` is inside.
    pub fn entry(&self, from: Point, to: Point) -> f64 {
        match &self.form {
            Form::Not(region) => region.exit(from, to),
            Form::In(region) => 1.0 - region.exit(to, from),
        }
    }
}
