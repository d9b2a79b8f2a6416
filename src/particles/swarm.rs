//! Many particles in the quasi-stationary state: each moves independently, and one that dies restarts at the point of
//! another.
//!
//! Time is divided into chunks. A particle that dies in a chunk restarts at the point of a randomly drawn particle at
//! the chunk's beginning. During the burn-in this leads the swarm from its starting point to the quasi-stationary
//! distribution ν, also if escapes are frequent (it is a Fleming–Viot process with a delay, whose distribution is ν
//! within O(1/count)). From then on every particle is a renewal process that starts from ν, and the number of deaths in
//! the total time at risk S is Poisson with mean γS: γ̂ = N/S.

use rayon::prelude::*;

use crate::particles::announcement::Foresight;
use crate::particles::deadline::Deadline;
use crate::particles::memory::{Memory, Settling, Wells};
use crate::progress::Progress;
use crate::tensor::{LANES, Point};

/// The number of particles, the step and the end of a simulation.
#[derive(Clone, Copy, Debug)]
pub struct Schedule<'a> {
    /// The number of particles, rounded up to whole blocks.
    pub count: usize,
    /// The step h of the finer swarm.
    pub step: f64,
    /// The dynamical time before counting begins.
    pub burn_in: f64,
    /// The wells between which particles must relax in that time; `None` if there is at most one.
    pub wells: Option<&'a Wells>,
    /// Whether the burn-in is doubled until they have relaxed.
    pub may_double: bool,
    /// The dynamical time between two updates of the restart points.
    pub chunk: f64,
    /// Ends after this number of deaths …
    pub exits: u64,
    /// … or after this dynamical time …
    pub time: f64,
    /// … or at this deadline, whichever is first.
    pub deadline: Deadline,
    /// The seed of all random numbers.
    pub seed: u64,
}

/// One life of a particle, ended by its death or by the end of the observation.
#[derive(Clone, Copy, Debug)]
pub struct Spell {
    /// The length of the life in steps h.
    pub steps: u64,
    /// The point of death; `None` if it was alive at the end.
    pub exit: Option<Point>,
}

/// The receiver of the results of a simulation.
pub trait Record {
    /// Receives a life that has ended.
    fn spell(&mut self, spell: Spell);
    /// Receives the points of a particle at the end of a chunk.
    fn places(&mut self, places: &[Point]);
}

/// The counts of a simulation.
#[derive(Clone, Debug)]
pub struct Counts {
    /// The deaths of each particle: in the finer swarm, and in the coarser one.
    pub deaths: Vec<[u32; 2]>,
    /// The number of steps h in which each particle was observed.
    pub steps: u64,
    /// The relaxation between several wells in the burn-in.
    pub settling: Option<Settling>,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// The seconds per step of one particle, all threads together.
    pub seconds_per_step: f64,
}

/// A particle escaped to infinity.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a particle left the finite numbers")]
pub struct Runaway;

/// The lives of a block of particles.
#[derive(Clone, Debug)]
pub struct Lives {
    /// The step at which each present life began.
    born: [u64; LANES],
    /// The deaths of each particle: in the finer swarm, and in the coarser one.
    deaths: [[u32; 2]; LANES],
    /// The lives that have ended since they were last collected.
    spells: Vec<Spell>,
}

impl Lives {
    /// All lives begin with the step `from`.
    fn new(from: u64) -> Lives {
        Lives { born: [from; LANES], deaths: [[0; 2]; LANES], spells: Vec::new() }
    }

    /// Ends a life with a step and begins the next.
    pub fn end(&mut self, lane: usize, step: u64, exit: Point) {
        self.deaths[lane][0] += 1;
        self.spells.push(Spell { steps: step + 1 - self.born[lane], exit: Some(exit) });
        self.born[lane] = step + 1;
    }

    /// Ends a life of the coarser swarm.
    pub fn end_coarse(&mut self, lane: usize) {
        self.deaths[lane][1] += 1;
    }
}

/// The motion of particles, a block of [`LANES`] at a time.
pub trait Movement: Sync {
    /// The state of a block.
    type Block: Send;
    /// The number of steps for which one draw of random numbers serves (a tick).
    fn steps_per_tick(&self) -> u64;
    /// The number of points θ that make up one particle.
    fn points(&self) -> usize;
    /// The number of these points, from the first, that count for histograms.
    fn shown(&self) -> usize;
    /// The block of these particles, all at the start.
    fn block(&self, ids: [u32; LANES]) -> Self::Block;
    /// Advances a block by ticks. A particle that dies restarts at the points of a random one of `settled`, which has
    /// `points()` points per particle.
    fn run(&self, block: &mut Self::Block, lives: &mut Lives, ticks: std::ops::Range<u64>, settled: &[Point]);
    /// The points of the particles of a block.
    fn places(&self, block: &Self::Block, places: &mut [Point]);
}

/// The number of steps h for which one draw of random numbers serves.
pub fn steps_per_tick(dimension: usize) -> u64 {
    if dimension == 1 { 4 } else { 2 }
}

/// Advances a swarm until enough particles have died.
///
/// # Errors
/// [`Runaway`] if a particle escapes to infinity, which a shorter step prevents.
pub fn simulate<M: Movement>(
    movement: &M,
    schedule: &Schedule,
    record: &mut dyn Record,
    progress: &Progress,
) -> Result<Counts, Runaway> {
    let mut flock = Flock::new(movement, schedule);
    let settling = flock.settle(progress)?;
    flock.observe(settling, record, progress)
}

/// The particles of a simulation.
struct Flock<'a, M: Movement> {
    movement: &'a M,
    schedule: &'a Schedule<'a>,
    blocks: Vec<(M::Block, Lives)>,
    /// The points of all particles at the end of the last chunk, from which dead particles restart.
    settled: Vec<Point>,
    /// The number of ticks so far.
    tick: u64,
}

impl<'a, M: Movement> Flock<'a, M> {
    /// All particles at the start.
    fn new(movement: &'a M, schedule: &'a Schedule<'a>) -> Flock<'a, M> {
        let ids = |block: usize| std::array::from_fn(|lane| (block * LANES + lane) as u32);
        let blocks = (0..schedule.count.div_ceil(LANES)).map(|block| (movement.block(ids(block)), Lives::new(0)));
        let blocks: Vec<(M::Block, Lives)> = blocks.collect();
        let settled = vec![[0.0; 2]; blocks.len() * LANES * movement.points()];
        let mut flock = Flock { movement, schedule, blocks, settled, tick: 0 };
        flock.gather();
        flock
    }

    /// The number of ticks in a time, at least one.
    fn ticks(&self, time: f64) -> u64 {
        let tick = self.schedule.step * self.movement.steps_per_tick() as f64;
        (time / tick).ceil().max(1.0) as u64
    }

    /// The number of steps so far.
    fn now(&self) -> u64 {
        self.tick * self.movement.steps_per_tick()
    }

    fn gather(&mut self) {
        let places = self.settled.chunks_exact_mut(LANES * self.movement.points());
        for ((block, _), places) in self.blocks.iter().zip(places) {
            self.movement.places(block, places);
        }
    }

    /// Advances all particles by ticks, or by fewer if the simulation is to stop.
    fn advance(&mut self, ticks: u64, progress: &Progress) -> Result<(), Runaway> {
        let end = self.tick + ticks;
        let each = self.blocks.len() as u64 * LANES as u64 * self.movement.steps_per_tick();
        while self.tick < end && !self.schedule.deadline.stops(progress) {
            let (movement, settled) = (self.movement, &self.settled);
            let range = self.tick..end.min(self.tick + (PIECE / each).max(1));
            self.tick = range.end;
            self.blocks.par_iter_mut().for_each(|(block, lives)| movement.run(block, lives, range.clone(), settled));
        }
        self.gather();
        let finite = |theta: &Point| theta[0].is_finite() && theta[1].is_finite();
        if self.settled.iter().all(finite) { Ok(()) } else { Err(Runaway) }
    }

    /// The burn-in: brings the swarm to the quasi-stationary distribution; afterwards lives begin anew. With several
    /// wells it is doubled until the particles have relaxed between them.
    fn settle(&mut self, progress: &Progress) -> Result<Option<Settling>, Runaway> {
        progress.begin("particles: burn-in", BURN_IN_CHUNKS);
        let ticks = self.ticks(self.schedule.burn_in / BURN_IN_CHUNKS as f64);
        self.chunks(1, ticks, None, progress)?;
        let mut settling = Settling { wells: self.schedule.wells.map_or(1, Wells::count), doublings: 0, memory: None };
        loop {
            let mut memory = self.schedule.wells.map(|wells| Memory::new(wells.count()));
            self.chunks(1 << settling.doublings, ticks, memory.as_mut(), progress)?;
            settling.memory = memory.and_then(|memory| memory.correlation());
            if settling.memory.is_none() || settling.is_settled() || !self.may_double(settling.doublings, progress) {
                break;
            }
            settling.doublings += 1;
            progress.begin("particles: burn-in, doubled", BURN_IN_CHUNKS / 2);
        }
        let begun = self.now();
        self.blocks.iter_mut().for_each(|(_, lives)| *lives = Lives::new(begun));
        Ok(self.schedule.wells.map(|_| settling))
    }

    /// Half of the chunks of a burn-in, each of `parts` times as many ticks, at whose ends the wells are compared.
    fn chunks(
        &mut self,
        parts: u64,
        ticks: u64,
        mut memory: Option<&mut Memory>,
        progress: &Progress,
    ) -> Result<(), Runaway> {
        for _ in 0..BURN_IN_CHUNKS / 2 {
            if self.schedule.deadline.stops(progress) {
                break;
            }
            let before = memory.as_ref().map(|_| self.whereabouts());
            for _ in 0..parts {
                self.advance(ticks, progress)?;
            }
            if let Some((memory, before)) = memory.as_deref_mut().zip(before) {
                for ((well, deaths), (after, deaths_after)) in before.into_iter().zip(self.whereabouts()) {
                    if deaths == deaths_after {
                        memory.add(well, after);
                    }
                }
            }
            progress.advance(1);
        }
        Ok(())
    }

    /// The well of each point of each particle, and the number of deaths of the particle.
    fn whereabouts(&self) -> Vec<(usize, u32)> {
        let Some(wells) = self.schedule.wells else { return Vec::new() };
        let deaths = self.blocks.iter().flat_map(|(_, lives)| lives.deaths);
        let places = self.settled.chunks_exact(self.movement.points());
        let of = |(places, [deaths, _]): (&[Point], [u32; 2])| {
            let shown = places.iter().take(self.movement.shown());
            shown.map(|place| (wells.of(*place), deaths)).collect::<Vec<_>>()
        };
        places.zip(deaths).flat_map(of).collect()
    }

    /// Whether the burn-in may be doubled once more: it stays within the observation time and within several times the
    /// number of exits.
    fn may_double(&self, doublings: u32, progress: &Progress) -> bool {
        let deaths: u64 =
            self.blocks.iter().flat_map(|(_, lives)| lives.deaths).map(|[deaths, _]| u64::from(deaths)).sum();
        let next = self.schedule.burn_in * f64::from(2 << doublings.min(29));
        self.schedule.may_double
            && !self.schedule.deadline.stops(progress)
            && next <= self.schedule.time
            && deaths as f64 <= MOST_EXITS * self.schedule.exits as f64
            && doublings < MOST_DOUBLINGS
    }

    /// Counts deaths until there are enough.
    fn observe(
        mut self,
        settling: Option<Settling>,
        record: &mut dyn Record,
        progress: &Progress,
    ) -> Result<Counts, Runaway> {
        let Schedule { exits: wanted, time, chunk, .. } = *self.schedule;
        let (begun, per_tick) = (self.now(), self.movement.steps_per_tick());
        let last = begun.saturating_add(self.ticks(time).saturating_mul(per_tick));
        let (length, points, shown) = (self.ticks(chunk), self.movement.points(), self.movement.shown());
        progress.begin("particles", wanted);
        let mut foresight = Foresight::default();
        let mut exits = 0;
        while exits < wanted && self.now() < last && !self.schedule.deadline.stops(progress) {
            self.advance(length.min((last - self.now()).div_ceil(per_tick)), progress)?;
            let before = exits;
            for spell in self.blocks.iter_mut().flat_map(|(_, lives)| lives.spells.drain(..)) {
                exits += 1;
                record.spell(spell);
            }
            progress.advance(exits - before);
            foresight.look((self.now() - begun) as f64 / (last - begun) as f64, exits, wanted, progress);
            for particle in self.settled.chunks_exact(points) {
                record.places(&particle[..shown]);
            }
        }
        let seconds = foresight.clock.elapsed().as_secs_f64();
        let now = self.now();
        for born in self.blocks.iter().flat_map(|(_, lives)| lives.born) {
            record.spell(Spell { steps: now - born, exit: None });
        }
        let (steps, count) = (now - begun, self.blocks.len() * LANES);
        Ok(Counts {
            deaths: self.blocks.iter().flat_map(|(_, lives)| lives.deaths).collect(),
            steps,
            settling,
            interrupted: progress.is_interrupted(),
            seconds_per_step: seconds / (steps as f64 * count as f64),
        })
    }
}

/// The number of steps of all particles between two checks of the clock: a tenth of a second.
const PIECE: u64 = 30_000_000;

/// The multiple of the exits to be counted at which the burn-in is no longer doubled: a slower relaxation would not
/// show in the counts either.
const MOST_EXITS: f64 = 4.0;
/// The largest number of doublings.
const MOST_DOUBLINGS: u32 = 24;
/// The number of chunks of the burn-in.
const BURN_IN_CHUNKS: u64 = 16;

/// The index of one of `count` particles, from a number in (0, 1].
pub(super) fn draw_particle(uniform: f64, count: usize) -> usize {
    ((uniform * count as f64) as usize).min(count - 1)
}
