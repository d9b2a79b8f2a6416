//! Many particles in the quasi-stationary state: each moves by itself, and one that dies starts again at the place of another.
//!
//! Time goes in chunks. A particle that dies in a chunk starts again where a randomly drawn particle stood at the chunk's beginning.
//! Through the burn-in this carries the swarm from its starting point to the quasi-stationary law ν, also where escapes are quick
//! (it is the Fleming–Viot process with a delay, whose law is ν within O(1/count)); from then on every particle is a renewal process
//! that starts from ν, and the deaths of all in the time S at risk are a Poisson number of mean γS: γ̂ = N/S.
//!
//! Coupled to it, particle by particle, a second swarm takes steps twice as long with the sums of the same noise. The difference of the
//! two rates is the error of the step, to first order; both contract onto each other after each death.

use rayon::prelude::*;

use crate::particles::motion::{Motion, Paths, lanes};
use crate::particles::random::{Purpose, Random};
use crate::progress::Progress;
use crate::tensor::{LANES, Point};

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Particles; rounded up to whole blocks.
    pub count: usize,
    /// Step h of the finer swarm.
    pub step: f64,
    /// Time before anything is counted.
    pub burn_in: f64,
    /// Time between two renewals of the places to start again from.
    pub chunk: f64,
    /// Ends after this many deaths …
    pub exits: u64,
    /// … or after this time, whichever is first.
    pub time: f64,
    /// Seed of all random numbers.
    pub seed: u64,
}

/// What happened to a particle: it died, or the observation ended.
#[derive(Clone, Copy, Debug)]
pub struct Spell {
    /// Length of its life in steps h.
    pub steps: u64,
    /// Where it died; `None` when it was alive at the end.
    pub exit: Option<Point>,
}

/// What a simulation gathers from its swarm.
pub trait Record {
    /// A life that has ended.
    fn spell(&mut self, spell: Spell);
    /// The places of a particle at the end of a chunk.
    fn places(&mut self, places: &[Point]);
}

/// The counts of a simulation.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Deaths of each particle: in the finer swarm, and in the coarser one.
    pub deaths: Vec<[u32; 2]>,
    /// Steps h of each particle in which it was observed.
    pub steps: u64,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// Seconds per step of one particle, all threads together.
    pub seconds_per_step: f64,
}

/// A particle somewhere where numbers end.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a particle left the finite numbers")]
pub struct Runaway;

/// The lives of a block of particles.
#[derive(Clone, Debug)]
pub struct Lives {
    /// The step at which each began.
    born: [u64; LANES],
    /// Deaths of each: in the finer swarm, and in the coarser one.
    deaths: [[u32; 2]; LANES],
    /// Those that have ended since they were last gathered.
    spells: Vec<Spell>,
}

impl Lives {
    /// All begin with step `from`.
    fn new(from: u64) -> Lives {
        Lives { born: [from; LANES], deaths: [[0; 2]; LANES], spells: Vec::new() }
    }

    /// A life ends with a step, and the next begins.
    pub fn end(&mut self, lane: usize, step: u64, exit: Point) {
        self.deaths[lane][0] += 1;
        self.spells.push(Spell { steps: step + 1 - self.born[lane], exit: Some(exit) });
        self.born[lane] = step + 1;
    }

    /// A life of the coarser swarm ends.
    pub fn end_coarse(&mut self, lane: usize) {
        self.deaths[lane][1] += 1;
    }
}

/// How particles move, a block of [`LANES`] at a time.
pub trait Movement: Sync {
    /// A block.
    type Block: Send;
    /// Steps that one draw of random numbers serves.
    fn steps_per_tick(&self) -> u64;
    /// Points that make up one particle.
    fn points(&self) -> usize;
    /// How many of these, from the first, count as its places.
    fn shown(&self) -> usize;
    /// The block of these particles, all of which stand at the start.
    fn block(&self, ids: [u32; LANES]) -> Self::Block;
    /// Moves a block through ticks; what dies starts again where a random one of `settled`, `points()` for each particle, stood.
    fn run(&self, block: &mut Self::Block, lives: &mut Lives, ticks: std::ops::Range<u64>, settled: &[Point]);
    /// Where the particles of a block stand.
    fn places(&self, block: &Self::Block, places: &mut [Point]);
}

/// Steps h that one draw of random numbers serves.
pub fn steps_per_tick(dimension: usize) -> u64 {
    if dimension == 1 { 4 } else { 2 }
}

/// Moves a swarm until enough has died.
///
/// # Errors
/// When a particle runs away, which a shorter step prevents.
pub fn simulate<M: Movement>(
    movement: &M,
    plan: &Plan,
    record: &mut dyn Record,
    progress: &Progress,
) -> Result<Counts, Runaway> {
    let per_tick = movement.steps_per_tick();
    let ticks = |time: f64| (time / (plan.step * per_tick as f64)).ceil().max(1.0) as u64;
    let mut blocks: Vec<(M::Block, Lives)> = (0..plan.count.div_ceil(LANES))
        .map(|block| (movement.block(std::array::from_fn(|lane| (block * LANES + lane) as u32)), Lives::new(0)))
        .collect();
    let (count, points) = (blocks.len() * LANES, movement.points());
    let mut settled = vec![[0.0; 2]; count * points];
    let gather = |blocks: &[(M::Block, Lives)], settled: &mut [Point]| {
        for ((block, _), places) in blocks.iter().zip(settled.chunks_exact_mut(LANES * points)) {
            movement.places(block, places);
        }
    };
    gather(&blocks, &mut settled);
    let mut tick = 0;
    let mut chunk = |length: u64, blocks: &mut Vec<(M::Block, Lives)>, settled: &mut [Point]| {
        blocks.par_iter_mut().for_each(|(block, lives)| movement.run(block, lives, tick..tick + length, settled));
        tick += length;
        gather(blocks, settled);
        let finite = |theta: &Point| theta[0].is_finite() && theta[1].is_finite();
        if settled.iter().all(finite) { Ok(tick * per_tick) } else { Err(Runaway) }
    };

    progress.begin("particles: burn-in", BURN_IN_CHUNKS);
    let mut begun = 0;
    for _ in 0..BURN_IN_CHUNKS {
        begun = chunk(ticks(plan.burn_in / BURN_IN_CHUNKS as f64), &mut blocks, &mut settled)?;
        progress.advance(1);
        if progress.is_interrupted() {
            break;
        }
    }
    blocks.iter_mut().for_each(|(_, lives)| *lives = Lives::new(begun));
    let last = begun.saturating_add(ticks(plan.time).saturating_mul(per_tick));
    progress.begin("particles", plan.exits);
    let clock = std::time::Instant::now();
    let (mut now, mut exits) = (begun, 0);
    let length = ticks(plan.chunk);
    let mut is_foreseen = false;
    while exits < plan.exits && now < last && !progress.is_interrupted() {
        now = chunk(length.min((last - now).div_ceil(per_tick)), &mut blocks, &mut settled)?;
        let before = exits;
        for spell in blocks.iter_mut().flat_map(|(_, lives)| lives.spells.drain(..)) {
            exits += 1;
            record.spell(spell);
        }
        progress.advance(exits - before);
        let elapsed = clock.elapsed().as_secs_f64();
        if !is_foreseen && elapsed > FORESIGHT {
            is_foreseen = true;
            let share = (exits as f64 / plan.exits as f64).max((now - begun) as f64 / (last - begun) as f64);
            let hours = elapsed / (3600.0 * share);
            if hours > 1.0 {
                progress.announce(format!(
                    "at this pace the simulation takes {hours:.0} hours ({exits} of {} exits in {elapsed:.0} s); Ctrl-C keeps what has been \
                     sampled",
                    plan.exits
                ));
            }
        }
        for particle in settled.chunks_exact(points) {
            record.places(&particle[..movement.shown()]);
        }
    }
    let seconds = clock.elapsed().as_secs_f64();
    for born in blocks.iter().flat_map(|(_, lives)| lives.born) {
        record.spell(Spell { steps: now - born, exit: None });
    }
    let steps = now - begun;
    Ok(Counts {
        deaths: blocks.iter().flat_map(|(_, lives)| lives.deaths).collect(),
        steps,
        interrupted: progress.is_interrupted(),
        seconds_per_step: seconds / (steps as f64 * count as f64),
    })
}

/// Seconds after which the rest is foreseen.
const FORESIGHT: f64 = 10.0;
/// Chunks of the burn-in.
const BURN_IN_CHUNKS: u64 = 16;

/// Euler and Maruyama's steps, or an iteration with Gaussian noise, with a coupled swarm of steps twice as long or without.
pub struct Swarm<'a> {
    motion: &'a Motion<'a>,
    random: Random,
    step: f64,
    coupled: bool,
    start: Point,
}

/// Paths of both swarms.
pub struct Pair {
    ids: [u32; LANES],
    fine: Paths,
    coarse: Paths,
}

impl<'a> Swarm<'a> {
    /// Particles that begin at a point.
    pub fn new(motion: &'a Motion<'a>, plan: &Plan, coupled: bool, start: Point) -> Swarm<'a> {
        Swarm { motion, random: Random::new(plan.seed), step: plan.step, coupled, start }
    }
}

impl Movement for Swarm<'_> {
    type Block = Pair;

    fn steps_per_tick(&self) -> u64 {
        steps_per_tick(self.motion.dimension())
    }

    fn points(&self) -> usize {
        if self.coupled { 2 } else { 1 }
    }

    fn shown(&self) -> usize {
        1
    }

    fn block(&self, ids: [u32; LANES]) -> Pair {
        Pair { ids, fine: self.motion.paths(self.start), coarse: self.motion.paths(self.start) }
    }

    fn places(&self, block: &Pair, places: &mut [Point]) {
        for (lane, particle) in places.chunks_exact_mut(self.points()).enumerate() {
            particle[0] = block.fine.place(lane);
            if self.coupled {
                particle[1] = block.coarse.place(lane);
            }
        }
    }

    fn run(&self, block: &mut Pair, lives: &mut Lives, ticks: std::ops::Range<u64>, settled: &[Point]) {
        let plane = self.motion.dimension() == 2;
        let per_tick = self.steps_per_tick();
        let mut normals = [[0f32; LANES]; 4];
        let mut sum = [[0f32; LANES]; 2];
        let Pair { ids, fine, coarse } = block;
        for tick in ticks {
            self.random.normals(ids, &[tick; LANES], Purpose::Noise, &mut normals);
            for part in 0..per_tick as usize {
                let step = tick * per_tick + part as u64;
                let noise = if plane { [&normals[2 * part], &normals[2 * part + 1]] } else { [&normals[part]; 2] };
                let draw = |lane: usize| self.random.uniforms(ids[lane], step, Purpose::Exit);
                self.step(fine, noise, self.step, draw, (settled, 0), |lane, place| lives.end(lane, step, place));
                if self.coupled && part % 2 == 1 {
                    let pairs = if plane { [[0, 2], [1, 3]] } else { [[part - 1, part]; 2] };
                    for (sum, [first, second]) in sum.iter_mut().zip(pairs) {
                        for lane in 0..LANES {
                            sum[lane] =
                                std::f32::consts::FRAC_1_SQRT_2 * (normals[first][lane] + normals[second][lane]);
                        }
                    }
                    let noise = [&sum[0], &sum[1]];
                    let draw = |lane: usize| self.random.uniforms(ids[lane], step, Purpose::CoarseExit);
                    self.step(coarse, noise, 2.0 * self.step, draw, (settled, 1), |lane, _| lives.end_coarse(lane));
                }
            }
        }
    }
}

impl Swarm<'_> {
    /// One step of a block of paths; those that ended, and where. They stand where they start again.
    #[inline]
    fn step(
        &self,
        paths: &mut Paths,
        noise: [&[f32; LANES]; 2],
        h: f64,
        draw: impl Fn(usize) -> [f64; 2],
        (settled, which): (&[Point], usize),
        mut ended: impl FnMut(usize, Point),
    ) {
        let killed = self.motion.step(paths, noise, h, |lane| draw(lane)[0]);
        for lane in lanes(killed) {
            ended(lane, self.motion.exit_place(paths, lane));
            let next = settled[draw_particle(draw(lane)[1], settled.len() / self.points()) * self.points() + which];
            paths.set(lane, next, self.motion.frontier.distance(next));
        }
    }
}

/// One of `count` particles, from a number in (0, 1].
pub(super) fn draw_particle(uniform: f64, count: usize) -> usize {
    ((uniform * count as f64) as usize).min(count - 1)
}
