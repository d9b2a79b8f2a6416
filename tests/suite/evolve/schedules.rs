//! Schedules of learning rate and batch size against SGD on the same schedule: with Gaussian gradient noise, and on
//! batches drawn from a data set.

use rayon::prelude::*;
use saddleflux::particles::random::{Purpose, Random};

use crate::gallery::solve;

/// A sharp valley at x = 1 (L'' = 0.906) and a flat one at x = −1 (0.156), both with L = 0.
const LOSS: &str = "(x^2 - 1)^2*((x + 1.5)^2 + 1)/64";
const FLOOR: f64 = 0.015;
/// Where it starts, in the sharp valley.
const START: f64 = 1.0;
const WIDTH: f64 = 0.1;
const WALLS: [f64; 2] = [-2.2, 1.8];
const CELLS: usize = 400;
const TIMES: [f64; 5] = [10.0, 20.0, 50.0, 100.0, 200.0];
const PARTICLES: usize = 10_000;
const SAMPLES: u32 = 1000;
/// A little less than that, so that a uniform number of 1 is the last sample.
const SAMPLE_RANGE: f64 = SAMPLES as f64 - 1e-9;

/// Until when, η and B.
type Schedule = &'static [(f64, f64, f64)];

const SCHEDULES: [(&str, Schedule); 4] = [
    ("constant", &[(200.0, 0.05, 1.0)]),
    ("step decay", &[(20.0, 0.05, 1.0), (200.0, 0.02, 1.0)]),
    ("warm-up", &[(20.0, 0.0125, 1.0), (200.0, 0.05, 1.0)]),
    ("batch ramp", &[(20.0, 0.05, 1.0), (50.0, 0.05, 2.0), (200.0, 0.05, 4.0)]),
];

/// L' and L''.
fn slopes(x: f64) -> [f64; 2] {
    let (a, b) = (x * x - 1.0, (x + 1.5) * (x + 1.5) + 1.0);
    let [da, db] = [4.0 * x * a, 2.0 * (x + 1.5)];
    let dda = 12.0 * x * x - 4.0;
    [(da * b + a * a * db) / 64.0, (dda * b + 2.0 * da * db + 2.0 * a * a) / 64.0]
}

/// Samples x_j of a data set, with mean 0 and variance 1: the gradient of one is L' + √L'' x_j, whose covariance is the
/// Hessian.
fn data() -> Vec<f64> {
    let random = Random::new(23);
    let sample = |j: u32| {
        let [u, v] = random.uniforms(j, 0, Purpose::Data);
        (-2.0 * u.ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
    };
    let raw: Vec<f64> = (0..SAMPLES).map(sample).collect();
    let mean = raw.iter().sum::<f64>() / f64::from(SAMPLES);
    let variance = raw.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(SAMPLES);
    raw.iter().map(|x| (x - mean) / variance.sqrt()).collect()
}

/// Whether the particle is on the side of the sharp valley, x > 0, at each time: θ ← θ − ηL' + √(2ηD) ζ with D =
/// ηL''/2B + floor; with a data set θ ← θ − (η/B) Σ_batch (L' + √L'' x_j) + √(2η floor) ζ, B samples drawn with
/// replacement.
fn particle(number: u32, schedule: Schedule, data: Option<&[f64]>) -> [bool; TIMES.len()] {
    let random = Random::new(if data.is_some() { 20 } else { 19 });
    let batch = |data: &[f64], step: u64, size: f64| {
        let drawn = |k: u64| data[(random.uniforms(number, 4 * step + k, Purpose::Batch)[0] * SAMPLE_RANGE) as usize];
        (0..size as u64).map(drawn).sum::<f64>() / size
    };
    let normal = |step: u64| {
        let [u, v] = random.uniforms(number, step, Purpose::Noise);
        (-2.0 * u.ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
    };
    let mut x = START + WIDTH * normal(0);
    let (mut time, mut step, mut found) = (0.0, 1u64, [false; TIMES.len()]);
    for &(until, rate, size) in schedule {
        let mut stops: Vec<f64> = TIMES.iter().copied().filter(|t| *t > time && *t < until).collect();
        stops.push(until);
        for stop in stops {
            for _ in 0..((stop - time) / rate).round() as usize {
                let [slope, curvature] = slopes(x);
                let of_gradient = rate * curvature.abs() / (2.0 * size);
                let (drawn, diffusion) = match data {
                    Some(data) => (rate * curvature.abs().sqrt() * batch(data, step, size), FLOOR),
                    None => (0.0, of_gradient + FLOOR),
                };
                x += -rate * slope - drawn + (2.0 * rate * diffusion).sqrt() * normal(step);
                // The walls reflect.
                x = if x > WALLS[1] { 2.0 * WALLS[1] - x } else { x.max(2.0 * WALLS[0] - x) };
                step += 1;
            }
            time = stop;
            if let Some(place) = TIMES.iter().position(|t| *t == stop) {
                found[place] = x > 0.0;
            }
        }
    }
    found
}

/// The share on the side of the sharp valley at each time.
fn solver(schedule: Schedule) -> Vec<f64> {
    let (last, pieces) = schedule.split_last().unwrap();
    let piece = |&(until, rate, size): &(f64, f64, f64)| {
        format!("{{ until = {until:?}, learning_rate = {rate:?}, batch_size = {size:?} }}")
    };
    let pieces: Vec<String> = pieces.iter().map(piece).collect();
    let [low, high] = WALLS;
    let solution = solve(&format!(
        "landscape = {{ expression = '{LOSS}' }}
         noise = {{ kind = 'hessian', learning_rate = {:?}, batch_size = {:?}, floor = {FLOOR:?} }}
         domain = {{ lower = [{low:?}], upper = [{high:?}] }}
         grid = {{ cells = [{CELLS}] }}
         solve = {{ quantities = ['stationary'] }}
         evolve = {{ times = {TIMES:?}, start = {{ point = [{START:?}], width = {WIDTH:?} }}, schedule = [{}] }}",
        last.1,
        last.2,
        pieces.join(", ")
    ));
    let group = solution.groups.iter().find(|group| group.name == "evolution").unwrap();
    let h = (high - low) / CELLS as f64;
    // x = 0 is a face.
    let first = (-low / h).round() as usize;
    group.values("density").unwrap().chunks(CELLS).map(|density| density[first..].iter().sum::<f64>() * h).collect()
}

/// The shares in the sharp valley at the end of each schedule, by the solver, which those of ten thousand iterations
/// must be near at all times. Of twenty scores one is beyond 4 in one of 800 seeds where both are the same; the
/// iteration itself is not its diffusion limit, by ηL'' = 0.045 of D.
fn scores(data: Option<&[f64]>) -> Vec<f64> {
    let mut finals = Vec::new();
    for (name, schedule) in SCHEDULES {
        let all = (0..PARTICLES as u32).into_par_iter();
        let found: Vec<_> = all.map(|number| particle(number, schedule, data)).collect();
        let shares = solver(schedule);
        for (place, (t, share)) in TIMES.iter().zip(&shares).enumerate() {
            let count = found.iter().filter(|sides| sides[place]).count() as f64 / PARTICLES as f64;
            let spread = (share * (1.0 - share) / PARTICLES as f64).sqrt();
            let z = (count - share) / spread;
            println!("| {name} | {t} | {share:.4} | {count:.4} ± {spread:.4} | {z:+.1} |");
            assert!(z.abs() < 4.0, "{name} at t = {t}: {share} by the solver, {count} ± {spread} by particles");
        }
        finals.push(shares[TIMES.len() - 1]);
    }
    finals
}

/// With Gaussian gradient noise, side by side, on every schedule.
#[test]
fn sgd_on_the_same_schedule_agrees() {
    let [constant, decay, warm_up, ramp] = scores(None)[..] else { panic!("four schedules") };
    // Whatever cools early leaves more in the sharp valley; a warm-up only puts off the way out of it.
    assert!(decay > 1.3 * constant && ramp > 1.3 * constant, "{constant} {decay} {ramp}");
    assert!(warm_up > constant && warm_up < 1.1 * constant, "{constant} {warm_up}");
}

/// On batches of one sample to four, of a thousand.
#[test]
fn sgd_on_batches_of_the_same_schedule_agrees() {
    scores(Some(&data()));
}
