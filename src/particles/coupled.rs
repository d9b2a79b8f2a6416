//! Particles that follow a [`Motion`], optionally with a coupled second swarm whose steps are twice as long.
//!
//! The longer steps use the sums of the same noise. The difference of the two rates is the discretisation error to
//! first order; after each death the two paths converge to each other again.

use crate::particles::motion::{Motion, Paths, lanes};
use crate::particles::random::{Purpose, Random};
use crate::particles::swarm::{Lives, Movement, Schedule, draw_particle, steps_per_tick};
use crate::tensor::{LANES, Point};

/// A swarm with Euler–Maruyama steps, or an SGD iteration with Gaussian noise, optionally coupled to a swarm with steps
/// twice as long.
pub struct Swarm<'a> {
    motion: &'a Motion<'a>,
    random: Random,
    step: f64,
    coupled: bool,
    start: Point,
}

/// A block of paths of both swarms.
pub struct Pair {
    ids: [u32; LANES],
    fine: Paths,
    coarse: Paths,
}

impl<'a> Swarm<'a> {
    /// A swarm whose particles start at a point.
    pub fn new(motion: &'a Motion<'a>, schedule: &Schedule, coupled: bool, start: Point) -> Swarm<'a> {
        Swarm { motion, random: Random::new(schedule.seed), step: schedule.step, coupled, start }
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
    /// One step of a block of paths. Returns the paths that ended and where; these are already at their restart points.
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
