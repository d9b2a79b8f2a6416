//! Escape rates too small for direct simulation, by adaptive multilevel splitting.
//!
//! A core A around the minimum and a wider set around it divide paths into excursions: from leaving the wider set after
//! a visit to A until the return to A or death. In the quasi-stationary state
//! ```text
//! γ = (excursions per unit of time) × P(an excursion ends in death)
//! ```
//! up to a relative error of about γ divided by the relaxation rate, from excursions that begin where a dead particle
//! restarts. The first factor is counted on plain paths. For the second, n excursions are run to their ends. The k that
//! came least far along a coordinate ξ are replaced by copies of others, cut where these first passed the k-th smallest
//! maximum of ξ and continued with independent noise, until fewer than k have not died. With k₁, k₂, … of n replaced in
//! turn,
//! ```text
//! P ≈ (1 − k₁/n)(1 − k₂/n) ⋯ × (share that died)
//! ```
//! has exactly the expectation P for the discrete-time chain, for any ξ, n and k; a good ξ only reduces its variance.
//! Independent repetitions give the error bar.
//!
//! Source: Cérou & Guyader 2007; unbiasedness for chains in discrete time: Bréhier, Gazeau, Goudenège, Lelièvre &
//! Rousset 2016.

use crate::particles::deadline::Deadline;
use crate::particles::excursion::{Beginning, Excursion, Milestone};
use crate::particles::motion::{Motion, lanes};
use crate::particles::random::{Purpose, Random};
use crate::particles::swarm::{Runaway, draw_particle, steps_per_tick};
use crate::particles::well::Well;
use crate::progress::Progress;
use crate::tensor::{LANES, Points};

/// ξ at every point of a block; it increases on the way out.
pub type Coordinate<'a> = &'a (dyn Fn(&Points, &mut [f64; LANES]) + Sync);

/// The parameters of one of several independent splittings.
#[derive(Clone, Copy, Debug)]
pub struct Repetition {
    /// The number n of replicas, rounded up to whole blocks.
    pub count: usize,
    /// The step h.
    pub step: f64,
    /// The dynamical time before excursions are counted.
    pub burn_in: f64,
    /// The dynamical time in which they are counted, on [`COUNTING`] paths.
    pub time: f64,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The number of the repetition; repetitions share no random number.
    pub stream: u32,
    /// The deadline at which it is given up.
    pub deadline: Deadline,
}

/// The number of paths on which excursions are counted.
pub const COUNTING: usize = 4 * LANES;

/// The result of a splitting.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// The number of excursions per unit of dynamical time.
    pub frequency: f64,
    /// The estimated probability that an excursion ends in death.
    pub probability: f64,
    /// The number of rounds of replacement.
    pub rounds: usize,
    /// The number of steps of all paths.
    pub steps: u64,
}

impl Split {
    /// The rate γ.
    pub fn rate(&self) -> f64 {
        self.frequency * self.probability
    }
}

struct Splitting<'a> {
    motion: &'a Motion<'a>,
    well: Well,
    coordinate: Coordinate<'a>,
    step: f64,
    random: Random,
    /// The number of paths begun so far, each with its own random numbers.
    begun: u32,
    /// The number of random choices made so far.
    drawn: u64,
    steps: u64,
    /// Whether to stop.
    stops: &'a dyn Fn() -> bool,
}

/// Estimates the rate once; `None` if interrupted or not finished in time.
///
/// # Errors
/// [`Runaway`] if a particle escapes to infinity, which a shorter step prevents.
pub fn split(
    motion: &Motion,
    well: Well,
    coordinate: Coordinate,
    repetition: &Repetition,
    progress: &Progress,
) -> Result<Option<Split>, Runaway> {
    let random = Random::new(repetition.seed).stream(repetition.stream);
    let (step, stops) = (repetition.step, || repetition.deadline.stops(progress));
    let mut splitting =
        Splitting { motion, well, coordinate, step, random, begun: 0, drawn: 0, steps: 0, stops: &stops };
    let beginnings = splitting.count_excursions(repetition.burn_in, repetition.time)?;
    if stops() {
        return Ok(None);
    }
    let observed = (repetition.time / repetition.step).ceil() * repetition.step;
    let frequency = beginnings.len() as f64 / (observed * COUNTING as f64);
    if beginnings.is_empty() {
        return Ok(Some(Split { frequency, probability: 0.0, rounds: 0, steps: splitting.steps }));
    }
    let count = repetition.count.next_multiple_of(LANES);
    let mut excursions = splitting.first_excursions(&beginnings, count)?;
    let (mut probability, mut rounds) = (1.0, 0);
    loop {
        if stops() {
            return Ok(None);
        }
        let Some(level) = level(&excursions) else { break };
        let (behind, ahead): (Vec<usize>, Vec<usize>) = (0..count).partition(|&k| excursions[k].reach() <= level);
        probability *= 1.0 - behind.len() as f64 / count as f64;
        rounds += 1;
        if ahead.is_empty() {
            break;
        }
        splitting.replace(&mut excursions, &behind, &ahead, level)?;
    }
    let died = excursions.iter().filter(|excursion| excursion.died).count();
    probability *= died as f64 / count as f64;
    Ok(Some(Split { frequency, probability, rounds, steps: splitting.steps }))
}

/// The largest maximum of ξ among the excursions to be replaced next, a sixteenth of all; `None` if these have died.
fn level(excursions: &[Excursion]) -> Option<f64> {
    let replaced = (excursions.len() / 16).max(1);
    let mut reaches: Vec<f64> = excursions.iter().map(Excursion::reach).collect();
    let (_, level, _) = reaches.select_nth_unstable_by(replaced - 1, f64::total_cmp);
    (*level < f64::INFINITY).then_some(*level)
}

impl Splitting<'_> {
    /// A random integer below `bound`.
    fn draw(&mut self, bound: usize) -> usize {
        let [u, _] = self.random.uniforms(0, self.drawn, Purpose::Choice);
        self.drawn += 1;
        draw_particle(u, bound)
    }

    /// Excursions whose beginnings are drawn from these, run to their ends.
    fn first_excursions(&mut self, beginnings: &[Beginning], count: usize) -> Result<Vec<Excursion>, Runaway> {
        let mut excursions: Vec<Excursion> =
            (0..count).map(|_| Excursion::begin(beginnings[self.draw(beginnings.len())])).collect();
        let alive: Vec<usize> = (0..count).filter(|&k| !excursions[k].died).collect();
        self.run(&mut excursions, &alive)?;
        Ok(excursions)
    }

    /// Replaces the excursions `behind` by copies of the excursions `ahead`, cut where these first passed the level,
    /// and continues them.
    fn replace(
        &mut self,
        excursions: &mut [Excursion],
        behind: &[usize],
        ahead: &[usize],
        level: f64,
    ) -> Result<(), Runaway> {
        for &k in behind {
            excursions[k] = excursions[ahead[self.draw(ahead.len())]].cut(level);
        }
        let continued: Vec<usize> = behind.iter().copied().filter(|&k| !excursions[k].died).collect();
        self.run(excursions, &continued)
    }

    /// The beginnings of excursions on plain paths; a path that dies restarts at the centre.
    fn count_excursions(&mut self, burn_in: f64, time: f64) -> Result<Vec<Beginning>, Runaway> {
        let (motion, well, h, random) = (self.motion, self.well, self.step, self.random);
        let steps = |time: f64| (time / h).ceil() as u64;
        let (first, last) = (steps(burn_in), steps(burn_in) + steps(time));
        let mut beginnings = Vec::new();
        for block in 0..COUNTING / LANES {
            if (self.stops)() {
                break;
            }
            let ids = std::array::from_fn(|lane| (block * LANES + lane) as u32);
            let mut paths = motion.paths(well.centre);
            let mut away = [false; LANES];
            self.steps += last * LANES as u64;
            in_steps(motion, random, &ids, &[0; LANES], last, |step, noise| {
                let killed =
                    motion.step(&mut paths, noise, h, |lane| random.uniforms(ids[lane], step, Purpose::Exit)[0]);
                for (lane, away) in away.iter_mut().enumerate() {
                    let (place, is_killed) = (paths.place(lane), killed >> lane & 1 == 1);
                    let radius = well.radius(place);
                    let begins = !*away && (is_killed || radius >= well.outer);
                    if begins && step >= first {
                        beginnings.push((!is_killed).then_some(place));
                    }
                    *away = (*away || begins) && !is_killed && radius > well.inner;
                    if is_killed {
                        paths.set(lane, well.centre, motion.frontier.distance(well.centre));
                    }
                }
            });
            if !(0..LANES).all(|lane| paths.place(lane)[0].is_finite() && paths.place(lane)[1].is_finite()) {
                return Err(Runaway);
            }
        }
        self.begun = COUNTING as u32;
        Ok(beginnings)
    }

    /// Continues excursions from their last milestones to their ends.
    fn run(&mut self, excursions: &mut [Excursion], which: &[usize]) -> Result<(), Runaway> {
        let (motion, well, h, random) = (self.motion, self.well, self.step, self.random);
        let per_tick = steps_per_tick(motion.dimension());
        let mut waiting = which.iter().copied();
        let mut running: [Option<usize>; LANES] = [None; LANES];
        let (mut ids, mut ticks) = ([0; LANES], [0; LANES]);
        let mut paths = motion.paths(well.centre);
        let mut reaches = [0.0; LANES];
        loop {
            for lane in 0..LANES {
                if running[lane].is_none() {
                    running[lane] = waiting.next();
                    let place = running[lane]
                        .and_then(|k| excursions[k].milestones.last())
                        .map_or(well.centre, |milestone| milestone.place);
                    (ids[lane], ticks[lane]) = (self.begun, 0);
                    self.begun += u32::from(running[lane].is_some());
                    paths.set(lane, place, motion.frontier.distance(place));
                }
            }
            if running.iter().all(Option::is_none) || (self.stops)() {
                return Ok(());
            }
            let begun = ticks;
            in_steps(motion, random, &ids, &begun, per_tick, |part, noise| {
                let step = |lane: usize| begun[lane] * per_tick + part;
                let killed =
                    motion.step(&mut paths, noise, h, |lane| random.uniforms(ids[lane], step(lane), Purpose::Exit)[0]);
                (self.coordinate)(paths.places(), &mut reaches);
                for lane in lanes(killed) {
                    if let Some(k) = running[lane].take() {
                        excursions[k].died = true;
                    }
                }
                for lane in 0..LANES {
                    let Some(k) = running[lane] else { continue };
                    self.steps += 1;
                    let place = paths.place(lane);
                    if well.radius(place) <= well.inner {
                        running[lane] = None;
                    } else if reaches[lane] > excursions[k].reach() {
                        excursions[k].milestones.push(Milestone { reach: reaches[lane], place });
                    }
                }
            });
            ticks.iter_mut().for_each(|tick| *tick += 1);
            let gone = |lane: usize| {
                let [x, y] = paths.place(lane);
                running[lane].is_some() && !(x.is_finite() && y.is_finite())
            };
            if (0..LANES).any(gone) {
                return Err(Runaway);
            }
        }
    }
}

/// Calls `step` with the noise of each of several steps of a block, starting from the ticks of its paths.
fn in_steps(
    motion: &Motion,
    random: Random,
    ids: &[u32; LANES],
    ticks: &[u64; LANES],
    steps: u64,
    mut step: impl FnMut(u64, [&[f32; LANES]; 2]),
) {
    let per_tick = steps_per_tick(motion.dimension());
    let mut normals = [[0f32; LANES]; 4];
    let mut ticks = *ticks;
    for first in (0..steps).step_by(per_tick as usize) {
        random.normals(ids, &ticks, Purpose::Noise, &mut normals);
        ticks.iter_mut().for_each(|tick| *tick += 1);
        for part in 0..per_tick.min(steps - first) as usize {
            let noise = match motion.dimension() {
                1 => [&normals[part]; 2],
                _ => [&normals[2 * part], &normals[2 * part + 1]],
            };
            step(first + part as u64, noise);
        }
    }
}
