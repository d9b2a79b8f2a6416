//! What the polynomials in place of functions leave, and what that may change of a rate.

use std::time::{Duration, Instant};

use saddleflux::Grid;
use saddleflux::study::Solution;
use saddleflux::tensor::Point;

use super::sampled::Looked;
use super::{Posed, Seen, witness};

/// How far above the saddles, in units of the noise, a loss decides rates.
const ABOVE: f64 = 40.0;
/// A change of the rate by what the functions' polynomials leave that is worth a warning.
const WORTH: f64 = 1e-3;
/// And one that is worth another solution.
const WORTH_SOLVING: f64 = 1e-6;

/// A comparison may take this time however short the solution was.
const LEAST: Duration = Duration::from_secs(2);

/// What the polynomials leave of each function, and what that may change of a rate, relative to it.
pub(crate) struct Left {
    pub(crate) entries: Vec<(&'static str, f64)>,
    pub(crate) of_rate: f64,
    /// The share of the places meant to be compared on the grid that were reached in time.
    pub(crate) compared: f64,
}

/// What a comparison on a grid has found.
#[derive(Default)]
pub(crate) struct Compared {
    /// What the polynomials of motion and noise leave at its points.
    on_grid: [f64; 2],
    /// The share of the sets of places that were not reached in time.
    unseen: f64,
    /// What is worth to be solved again with.
    pub(super) more: Option<Seen>,
}

/// What the errors of functions are measured by.
struct Scales {
    /// Above it a loss decides nothing.
    level: f64,
    /// The smallest eigenvalue of D at the start and at the saddles.
    noise: f64,
    /// The highest barrier over it.
    barrier: f64,
    /// The longest side of the domain.
    across: f64,
}

impl Scales {
    /// What an error of L, of b and of D may change of a rate: ln γ moves by at most twice the error of L over D where
    /// the process is reversible, and is taken to move so elsewhere.
    fn of_loss(&self, error: f64) -> f64 {
        (2.0 * error / self.noise).exp_m1()
    }

    fn of_drift(&self, error: f64) -> f64 {
        (2.0 * error * self.across / self.noise).exp_m1()
    }

    fn of_noise(&self, error: f64) -> f64 {
        ((1.0 + self.barrier) * error / self.noise).exp_m1()
    }
}

impl Posed {
    fn scales(&self) -> Scales {
        let problem = &self.problem;
        let saddles: Vec<&_> =
            problem.valley.saddles.iter().map(|&index| &problem.critical.saddles[index].point).collect();
        let places = problem.minimum().into_iter().chain(saddles.iter().copied()).map(|point| point.theta);
        let places: Vec<Point> = places.chain([problem.valley.start_point]).collect();
        let eigenvalues: Vec<Point> =
            places.iter().map(|&at| problem.noise.tensor(at).eigen(problem.dimension).values).collect();
        let noise = eigenvalues.iter().map(|values| values[0]).fold(f64::INFINITY, f64::min);
        let largest = eigenvalues.iter().map(|values| values[problem.dimension - 1]).fold(0.0, f64::max);
        let highest = saddles.iter().map(|point| point.loss).fold(f64::NEG_INFINITY, f64::max);
        let barrier = problem.minimum().map_or(0.0, |minimum| highest - minimum.loss);
        Scales {
            level: if highest.is_finite() { highest + ABOVE * largest } else { f64::INFINITY },
            noise,
            barrier: if barrier.is_finite() && barrier > 0.0 { barrier / noise } else { 0.0 },
            across: (0..problem.dimension).map(|axis| problem.domain.width(axis)).fold(0.0, f64::max),
        }
    }

    /// Compares the functions with their polynomials where the grid looks: at the centres of the cells, and further for
    /// as long as the solution took.
    pub(crate) fn compare(&self, grid: &Grid, solution_took: Duration) -> Compared {
        let mut found = Compared::default();
        if self.loss.is_none() && self.drift.is_none() && self.noise.is_none() {
            return found;
        }
        let scales = self.scales();
        let (mut motion, mut noise) = (Looked::default(), Looked::default());
        let begun = Instant::now();
        let sets = witness::of_grid(grid, &self.problem.domain);
        let meant = witness::sets(grid.dimension) as f64;
        found.unseen = 1.0 - sets.len() as f64 / meant;
        for (turn, points) in sets.into_iter().enumerate() {
            if turn > 0 && begun.elapsed() > solution_took.max(LEAST) {
                found.unseen = 1.0 - turn as f64 / meant;
                break;
            }
            match (&self.loss, &self.drift) {
                (Some(loss), _) => motion.add(loss.compare(&points, scales.level)),
                (_, Some(drift)) => motion.add(drift.compare(&points)),
                _ => {}
            }
            if let Some(function) = &self.noise {
                noise.add(function.compare(&points));
            }
        }
        // Of a loss its value decides; derivatives that are given are its own affair.
        let error = if self.loss.is_some() { motion.first() } else { motion.largest() };
        found.on_grid = [error, noise.largest()];
        let changes = match self.loss {
            Some(_) => scales.of_loss(error),
            None => scales.of_drift(error),
        };
        // What is no number somewhere stays so however often it is asked.
        let is_worth = |looked: &Looked, error: f64, changes: f64| {
            error.is_finite() && changes > WORTH_SOLVING && looked.surprising.len() > 0
        };
        if is_worth(&motion, error, changes) || is_worth(&noise, noise.largest(), scales.of_noise(noise.largest())) {
            found.more = Some(Seen { motion: motion.surprising, noise: noise.surprising });
        }
        found
    }

    /// What the polynomials leave.
    pub(crate) fn left(&self, compared: &Compared) -> Left {
        let scales = self.scales();
        let mut left = Left { entries: Vec::new(), of_rate: 0.0, compared: 1.0 - compared.unseen };
        let [of_motion, of_noise] = self.errors;
        if let Some(loss) = &self.loss {
            let error = loss.error(scales.level).max(compared.on_grid[0]) + of_motion;
            left.entries.push(("loss", error));
            left.of_rate += scales.of_loss(error);
        }
        if let Some(drift) = &self.drift {
            let error = drift.error().max(compared.on_grid[0]) + of_motion;
            left.entries.push(("drift", error));
            left.of_rate += scales.of_drift(error);
        }
        if let Some(noise) = &self.noise {
            let error = noise.error().max(compared.on_grid[1]) + of_noise;
            left.entries.push(("noise", error));
            left.of_rate += scales.of_noise(error);
        }
        left
    }
}

impl Left {
    /// Adds what the polynomials may change to the stated errors, and says what to warn of.
    pub(crate) fn state(&self, solution: &mut Solution) -> Option<String> {
        let widen = |error: &mut Option<f64>| *error = error.map(|error| error + self.of_rate);
        if let Some(rate) = &mut solution.rate {
            widen(&mut rate.discretisation_error);
        }
        if let Some(passage) = &mut solution.passage {
            widen(&mut passage.discretisation_error);
        }
        widen(&mut solution.flux_over_population_error);
        let worst = self.entries.iter().map(|(name, error)| format!("{name} to {error:.1e}"));
        let worst = worst.collect::<Vec<_>>().join(", ");
        // What is not smooth where it was looked at may be worse where it was not.
        let is_short = self.compared < 1.0 && self.of_rate > WORTH_SOLVING;
        let short = match is_short {
            true => format!(
                "; they were compared in {:.0} % of the places that the grid has for it, for no longer than the solution took, and may \
                 leave more elsewhere",
                100.0 * self.compared
            ),
            false => String::new(),
        };
        (self.of_rate > WORTH || is_short).then(|| {
            format!(
                "the functions of Python are known between their points only so far: {worst}, which may change rates by {:.1e} of \
                 them{short}: give values in double precision, functions without kinks and jumps, or formulas",
                self.of_rate
            )
        })
    }
}
