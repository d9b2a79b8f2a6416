//! Particle steps per second, and how much of a step is its random numbers.
//!
//! The double well (x² − 1)² (+ y²), white noise T = 0.1, killed at x = 0 with the Brownian bridge, steps of 1e-3, 10⁵
//! particles: `cargo bench --bench particles [PARTICLES]`. One swarm, and two that are coupled (steps h and 2h: a step
//! of the longer one counts as none, so that the price of the error bar shows). The last column: normal variables
//! alone, from the same generator, per particle step.

use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;
use saddleflux::config::Config;
use saddleflux::particles::coupled::Swarm;
use saddleflux::particles::deadline::Deadline;
use saddleflux::particles::motion::Motion;
use saddleflux::particles::random::{Purpose, Random};
use saddleflux::particles::swarm::{self, Record, Schedule, Spell};
use saddleflux::problem::Problem;
use saddleflux::progress::Progress;
use saddleflux::tensor::{LANES, Point};

struct Nothing;

impl Record for Nothing {
    fn spell(&mut self, _: Spell) {}
    fn places(&mut self, _: &[Point]) {}
}

fn steps_per_second(problem: &Problem, count: usize, coupled: bool) -> f64 {
    let motion = Motion::diffusion(problem).unwrap();
    let schedule = Schedule {
        deadline: Deadline::default(),
        count,
        step: 1e-3,
        burn_in: 0.1,
        wells: None,
        may_double: false,
        chunk: 0.5,
        exits: u64::MAX,
        time: 4.0,
        seed: 1,
    };
    let swarm = Swarm::new(&motion, &schedule, coupled, problem.valley.start_point);
    let counts = swarm::simulate(&swarm, &schedule, &mut Nothing, &Progress::default()).unwrap();
    1.0 / counts.seconds_per_step
}

/// Normal variables per second, on all threads.
fn normals_per_second() -> f64 {
    const ROUNDS: u64 = 20_000;
    let clock = Instant::now();
    let threads = rayon::current_num_threads();
    let sum: f32 = (0..threads as u32)
        .into_par_iter()
        .map(|thread| {
            let ids = std::array::from_fn(|lane| thread * LANES as u32 + lane as u32);
            let (random, mut sum, mut normals) = (Random::new(1), 0.0, [[0f32; LANES]; 4]);
            for step in 0..ROUNDS {
                random.normals(&ids, &[step; LANES], Purpose::Noise, &mut normals);
                sum += normals[0][0] + normals[3][LANES - 1];
            }
            sum
        })
        .sum();
    assert!(sum.is_finite());
    (ROUNDS as usize * 4 * LANES * threads) as f64 / clock.elapsed().as_secs_f64()
}

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    println!("| dimensions | one swarm | two coupled | share of random numbers in one |");
    println!("|---|---|---|---|");
    for dimension in [1, 2] {
        let y = if dimension == 2 { ", -2.0" } else { "" };
        let text = format!(
            "landscape = {{ kind = 'double-well', dimension = {dimension} }}\nnoise = {{ kind = 'isotropic', temperature = 0.1 }}\n\
             domain = {{ lower = [-2.0{y}], upper = [0.0{}], walls = {{ x = ['reflecting', 'absorbing'] }} }}",
            y.replace('-', "")
        );
        let config = Config::from_text(Path::new("bench.toml"), &text, &[]).unwrap();
        let problem = config.problem().unwrap();
        let best = |coupled| (0..3).map(|_| steps_per_second(&problem, count, coupled)).fold(0.0, f64::max);
        let (one, two) = (best(false), best(true));
        let normals = (0..3).map(|_| normals_per_second()).fold(0.0, f64::max);
        println!("| {dimension} | {one:.2e}/s | {two:.2e}/s | {:.0} % |", 100.0 * one * dimension as f64 / normals);
    }
}
