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
    /// Whether a swarm of steps 2h is coupled to it.
    pub coupled: bool,
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
    /// The places of all particles at the end of a chunk.
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

struct Block {
    ids: [u32; LANES],
    fine: Paths,
    coarse: Paths,
    /// The step at which each particle's life began.
    born: [u64; LANES],
    deaths: [[u32; 2]; LANES],
    spells: Vec<Spell>,
}

/// Steps h that one draw of random numbers serves.
pub fn steps_per_tick(dimension: usize) -> u64 {
    if dimension == 1 { 4 } else { 2 }
}

/// Moves a swarm until enough has died.
///
/// # Errors
/// When a particle runs away, which a shorter step prevents.
pub fn simulate(
    motion: &Motion,
    plan: &Plan,
    start: Point,
    record: &mut dyn Record,
    progress: &Progress,
) -> Result<Counts, Runaway> {
    let random = Random::new(plan.seed);
    let per_tick = steps_per_tick(motion.dimension());
    let ticks = |time: f64| (time / (plan.step * per_tick as f64)).ceil().max(1.0) as u64;
    let mut blocks: Vec<Block> = (0..plan.count.div_ceil(LANES))
        .map(|block| Block {
            ids: std::array::from_fn(|lane| (block * LANES + lane) as u32),
            fine: motion.paths(start),
            coarse: motion.paths(start),
            born: [0; LANES],
            deaths: [[0; 2]; LANES],
            spells: Vec::new(),
        })
        .collect();
    let count = blocks.len() * LANES;
    let (mut places, mut coarse_places) = (vec![start; count], vec![start; if plan.coupled { count } else { 0 }]);
    let mut tick = 0;
    let mut chunk = |length: u64, blocks: &mut Vec<Block>, places: &mut Vec<Point>, coarse: &mut Vec<Point>| {
        let swarm = Swarm { motion, plan, random, places, coarse_places: coarse };
        blocks.par_iter_mut().for_each(|block| swarm.run(block, tick, tick + length));
        tick += length;
        for (block, rows) in blocks.iter().zip(places.chunks_exact_mut(LANES)) {
            rows.iter_mut().enumerate().for_each(|(lane, place)| *place = block.fine.place(lane));
        }
        for (block, rows) in blocks.iter().zip(coarse.chunks_exact_mut(LANES)) {
            rows.iter_mut().enumerate().for_each(|(lane, place)| *place = block.coarse.place(lane));
        }
        let finite = |theta: &Point| theta[0].is_finite() && theta[1].is_finite();
        if places.iter().chain(coarse.iter()).all(finite) { Ok(tick * per_tick) } else { Err(Runaway) }
    };

    progress.begin("particles: burn-in", BURN_IN_CHUNKS);
    let mut begun = 0;
    for _ in 0..BURN_IN_CHUNKS {
        begun = chunk(ticks(plan.burn_in / BURN_IN_CHUNKS as f64), &mut blocks, &mut places, &mut coarse_places)?;
        progress.advance(1);
        if progress.is_interrupted() {
            break;
        }
    }
    for block in &mut blocks {
        (block.born, block.deaths) = ([begun; LANES], [[0; 2]; LANES]);
        block.spells.clear();
    }
    let last = begun.saturating_add(ticks(plan.time).saturating_mul(per_tick));
    progress.begin("particles", plan.exits);
    let clock = std::time::Instant::now();
    let (mut now, mut exits) = (begun, 0);
    let length = ticks(plan.chunk);
    while exits < plan.exits && now < last && !progress.is_interrupted() {
        now = chunk(length.min((last - now).div_ceil(per_tick)), &mut blocks, &mut places, &mut coarse_places)?;
        let before = exits;
        for spell in blocks.iter_mut().flat_map(|block| block.spells.drain(..)) {
            exits += 1;
            record.spell(spell);
        }
        progress.advance(exits - before);
        record.places(&places);
    }
    let seconds = clock.elapsed().as_secs_f64();
    for born in blocks.iter().flat_map(|block| block.born) {
        record.spell(Spell { steps: now - born, exit: None });
    }
    let steps = now - begun;
    Ok(Counts {
        deaths: blocks.iter().flat_map(|block| block.deaths).collect(),
        steps,
        interrupted: progress.is_interrupted(),
        seconds_per_step: seconds / (steps as f64 * count as f64),
    })
}

/// Chunks of the burn-in.
const BURN_IN_CHUNKS: u64 = 16;

struct Swarm<'a> {
    motion: &'a Motion<'a>,
    plan: &'a Plan,
    random: Random,
    places: &'a [Point],
    coarse_places: &'a [Point],
}

impl Swarm<'_> {
    fn run(&self, block: &mut Block, from: u64, to: u64) {
        let plane = self.motion.dimension() == 2;
        let per_tick = steps_per_tick(self.motion.dimension());
        let mut normals = [[0f32; LANES]; 4];
        let mut sum = [[0f32; LANES]; 2];
        let Block { ids, fine, coarse, born, deaths, spells } = block;
        for tick in from..to {
            self.random.normals(ids, &[tick; LANES], Purpose::Noise, &mut normals);
            for part in 0..per_tick as usize {
                let step = tick * per_tick + part as u64;
                let noise = if plane { [&normals[2 * part], &normals[2 * part + 1]] } else { [&normals[part]; 2] };
                let draw = |lane: usize| self.random.uniforms(ids[lane], step, Purpose::Exit);
                self.step(fine, noise, self.plan.step, draw, self.places, |lane, place| {
                    deaths[lane][0] += 1;
                    spells.push(Spell { steps: step + 1 - born[lane], exit: Some(place) });
                    born[lane] = step + 1;
                });
                if self.plan.coupled && part % 2 == 1 {
                    let pairs = if plane { [[0, 2], [1, 3]] } else { [[part - 1, part]; 2] };
                    for (sum, [first, second]) in sum.iter_mut().zip(pairs) {
                        for lane in 0..LANES {
                            sum[lane] =
                                std::f32::consts::FRAC_1_SQRT_2 * (normals[first][lane] + normals[second][lane]);
                        }
                    }
                    let noise = [&sum[0], &sum[1]];
                    let long = 2.0 * self.plan.step;
                    let draw = |lane: usize| self.random.uniforms(ids[lane], step, Purpose::CoarseExit);
                    self.step(coarse, noise, long, draw, self.coarse_places, |lane, _| deaths[lane][1] += 1);
                }
            }
        }
    }

    /// One step of a block of paths; those that ended, and where. They stand where they start again.
    #[inline]
    fn step(
        &self,
        paths: &mut Paths,
        noise: [&[f32; LANES]; 2],
        h: f64,
        draw: impl Fn(usize) -> [f64; 2],
        places: &[Point],
        mut ended: impl FnMut(usize, Point),
    ) {
        let killed = self.motion.step(paths, noise, h, |lane| draw(lane)[0]);
        for lane in lanes(killed) {
            ended(lane, self.motion.exit_place(paths, lane));
            let next = places[((draw(lane)[1] * places.len() as f64) as usize).min(places.len() - 1)];
            paths.set(lane, next, self.motion.frontier.distance(next));
        }
    }
}
