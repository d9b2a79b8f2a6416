//! Particles against exact answers, and against solvers that share nothing with them but the problem.
//!
//! Seeds are fixed, so nothing here fails by chance; a z-score beyond 4 would turn up once in 16000 of honest changes.

use std::path::Path;

use saddleflux::config::{Config, advice};
use saddleflux::particles::ParticleWarning;
use saddleflux::particles::estimate::{Ages, Estimate};
use saddleflux::particles::memory::Memory;
use saddleflux::particles::random::{Purpose, Random};
use saddleflux::particles::swarm::Spell;
use saddleflux::progress::Progress;
use saddleflux::study::simulate::{self, ParticleStudy};
use saddleflux::study::{self, Simulation, Solution};
use saddleflux::tensor::LANES;

use crate::cli::command;
use crate::folder::Folder;

const MOST: f64 = 4.0;

fn config(text: &str) -> Config {
    Config::from_text(Path::new("test.toml"), text, &[]).unwrap()
}

fn sampled(text: &str) -> ParticleStudy {
    let config = config(text);
    simulate::alone(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap()
}

/// The solver with the particles beside it.
fn solved(text: &str) -> Solution {
    let config = config(text);
    study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap()
}

/// Against an exact rate.
fn assert_agrees(found: &Simulation, exact: f64) {
    let z = (found.rate.value - exact) / found.rate.standard_error;
    assert!(z.abs() < MOST && found.rate.standard_error < 0.05 * exact, "{:?} against {exact}: z = {z}", found.rate);
    assert!(found.constancy.is_none_or(|test| test.p_value > 1e-4), "{:?}", found.constancy);
}

/// Against the reference that the program has itself found.
fn assert_agrees_with(found: &Simulation, source: &str) {
    let other = found.rate.against.as_ref().unwrap();
    assert_eq!(other.source, source);
    assert!(other.error < 1e-3, "{other:?}");
    assert_agrees(found, other.value);
}

/// Random123's known answers for Philox4x32-10.
#[test]
fn random_words_are_philox() {
    let words = Random::new(0).words(0, 0, Purpose::Noise);
    assert_eq!(words, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    // Counter and key from the digits of π; the lowest four bits of the last word are the purpose.
    let random = Random::new(0x299f_31d0_a409_3822).stream(0x0037_0734);
    let words = random.words(0x243f_6a88, 0x1319_8a2e_85a3_08d3, Purpose::CoarseExit);
    assert_eq!(words, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
}

#[test]
fn normal_variables_have_normal_moments_and_tails() {
    const DRAWS: usize = 8_000;
    let random = Random::new(7);
    let ids = std::array::from_fn(|lane| lane as u32);
    let (mut sums, mut product, mut beyond) = ([0.0; 4], 0.0, [0u64; 4]);
    for step in 0..DRAWS as u64 {
        let mut normals = [[0f32; LANES]; 4];
        random.normals(&ids, &[step; LANES], Purpose::Noise, &mut normals);
        let [a, b, c, d] = normals.map(|lanes| lanes.map(f64::from));
        product += (0..LANES).map(|lane| a[lane] * b[lane] + c[lane] * d[lane] + a[lane] * c[lane]).sum::<f64>();
        for value in [a, b, c, d].into_iter().flatten() {
            (0..4).for_each(|power| sums[power] += value.powi(power as i32 + 1));
            (0..4).for_each(|k| beyond[k] += u64::from(value.abs() > k as f64 + 1.0));
        }
    }
    let n = (4 * LANES * DRAWS) as f64;
    // E zᵏ and the variance of zᵏ.
    for (sum, (mean, variance)) in sums.into_iter().zip([(0.0, 1.0f64), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)]) {
        let z = (sum - n * mean) / (n * variance).sqrt();
        assert!(z.abs() < MOST, "{sum}");
    }
    assert!((product / (0.75 * n).sqrt()).abs() < MOST);
    for (count, share) in beyond.into_iter().zip([0.317_310_507_9, 0.045_500_263_9, 2.699_796_1e-3, 6.334_248_4e-5]) {
        let z = (count as f64 - n * share) / (n * share).sqrt();
        assert!(z.abs() < MOST, "{count} of {}", n * share);
    }
}

#[test]
fn uniform_variables_fill_the_unit_interval() {
    let random = Random::new(11);
    let mut counts = [0u32; 16];
    for step in 0..40_000 {
        for u in random.uniforms(3, step, Purpose::Exit) {
            assert!(u > 0.0 && u <= 1.0);
            counts[(u * 16.0).ceil() as usize - 1] += 1;
        }
    }
    let chi_squared: f64 = counts.iter().map(|&count| (f64::from(count) - 5000.0).powi(2) / 5000.0).sum();
    // 15 degrees of freedom: 44.3 is the quantile of 1 − 1e-4.
    assert!(chi_squared < 44.3, "{chi_squared}");
}

/// At its lower end a rate would show as many exits or more with probability 2.5 %, at its upper end as many or fewer.
#[test]
fn intervals_are_those_of_the_poisson_law() {
    for exits in [0u64, 1, 2, 10, 100, 500] {
        let found = Estimate::new(exits, 2.0);
        let at_most = |count: u64, mean: f64| -> f64 {
            let (mut term, mut sum) = ((-mean).exp(), 0.0);
            for k in 0..=count {
                sum += term;
                term *= mean / (k + 1) as f64;
            }
            sum
        };
        let [low, high] = found.ci95.map(|rate| 2.0 * rate);
        assert_relative_eq!(at_most(exits, high), 0.025, max_relative = 1e-6);
        match exits {
            0 => assert_eq!(low, 0.0),
            _ => assert_relative_eq!(1.0 - at_most(exits - 1, low), 0.025, max_relative = 1e-6),
        }
    }
    // The paper's N = 100: (N − 2)/Σt (1 ± 1.96/√N).
    let paper = Estimate::of_the_paper(100, 50.0).unwrap();
    assert_relative_eq!(paper.value, 1.96, max_relative = 1e-15);
    assert_relative_eq!(paper.ci95[0], 1.96 * 0.804, max_relative = 1e-12);
}

#[test]
fn the_life_table_counts_every_step_once() {
    let mut ages = Ages::default();
    let lives = [1u64, 1, 2, 5, 16, 17, 18, 40, 1000, 123_456];
    for (k, &steps) in lives.iter().enumerate() {
        ages.add(Spell { steps, exit: (k % 3 > 0).then_some([0.0; 2]) });
    }
    let rows = ages.rows();
    assert_eq!(rows.iter().map(|row| row.at_risk).sum::<u64>(), lives.iter().sum::<u64>());
    assert_eq!(rows.iter().map(|row| row.deaths).sum::<u64>(), 6);
    assert!(rows.windows(2).all(|pair| pair[0].to == pair[1].from) && rows[0].from == 0);
    for row in rows {
        let at_risk: u64 = lives.iter().map(|&d| d.clamp(row.from, row.to) - row.from).sum();
        assert_eq!(row.at_risk, at_risk, "{row:?}");
    }
}

/// The test of constancy lets exponential lives pass and stops others: here those of a rate that doubles halfway.
#[test]
fn constancy_tells_exponential_lives_from_others() {
    let random = Random::new(5);
    let (mut honest, mut changing) = (Ages::default(), Ages::default());
    for life in 0..4000 {
        let [u, v] = random.uniforms(life, 0, Purpose::Exit);
        let exponential = |u: f64| (-1000.0 * u.ln()).ceil() as u64;
        honest.add(Spell { steps: exponential(u), exit: Some([0.0; 2]) });
        let young = exponential(u);
        let steps = if young <= 700 { young } else { 700 + exponential(v).div_ceil(2) };
        changing.add(Spell { steps, exit: Some([0.0; 2]) });
    }
    assert!(honest.constancy().unwrap().p_value > 0.01, "{:?}", honest.constancy());
    assert!(changing.constancy().unwrap().p_value < 1e-6, "{:?}", changing.constancy());
}

const FREE: &str = "[landscape]\ndrift = DRIFT\n[noise]\nkind = 'isotropic'\ntemperature = 0.5\n";

/// π²D/w² for each axis of a box that kills at all its walls.
#[test]
fn free_particles_leave_an_interval_and_a_box_at_the_exact_rate() {
    let line = FREE.replace("DRIFT", "['0']")
        + "[domain]\nlower = [0.0]\nupper = [1.0]\nwalls = { x = ['absorbing', 'absorbing'] }\n[particles]\ndt = 2e-3\n";
    let exact = 0.5 * std::f64::consts::PI.powi(2);
    assert_agrees(&sampled(&line).simulation, exact);
    let plane = FREE.replace("DRIFT", "['0', '0']")
        + "[domain]\nlower = [0.0, 0.0]\nupper = [1.0, 2.0]\n\
           walls = { x = ['absorbing', 'absorbing'], y = ['absorbing', 'reflecting'] }\n[particles]\ndt = 2e-3\n";
    assert_agrees(&sampled(&plane).simulation, exact * (1.0 + 1.0 / 16.0));
}

/// j₀² D/r²: the boundary is a circle, which the bridge takes for straight, an error of first order that the
/// extrapolation removes.
#[test]
fn free_particles_leave_a_disc_at_the_exact_rate() {
    let text = FREE.replace("DRIFT", "['0', '0']")
        + "[domain]\nlower = [-1.0, -1.0]\nupper = [1.0, 1.0]\n[valley]\nset = 'x^2 + y^2 < 0.64'\n\
           absorb = 'boundary'\n[particles]\ndt = 1e-3\n";
    assert_agrees(&sampled(&text).simulation, 0.5 * 5.783_185_962_946_784 / 0.64);
}

/// Three readings of one multiplicative noise: three rates, each that of the quadrature.
#[test]
fn interpretations_agree_with_the_quadrature() {
    let mut rates = Vec::new();
    for interpretation in ["ito", "stratonovich", "isothermal"] {
        let text = format!(
            "[landscape]\nkind = 'double-well'\ndimension = 1\n[noise]\nkind = 'expression'\nd11 = '0.5*(1 + 0.4*sin(2*x))'\n\
             interpretation = '{interpretation}'\n[domain]\nlower = [-2.5]\nupper = [2.5]\n[valley]\nabsorb = 'boundary'\n\
             [particles]\n"
        );
        let found = sampled(&text).simulation;
        assert_agrees_with(&found, "the quadrature");
        rates.push(found.rate.against.unwrap().value);
    }
    assert!(rates.windows(2).all(|pair| (pair[0] / pair[1] - 1.0).abs() > 0.05), "{rates:?}");
}

/// A full tensor in two dimensions, against the solver.
#[test]
fn tensor_noise_agrees_with_the_solver() {
    for interpretation in ["ito", "isothermal"] {
        let text = format!(
            "[landscape]\nkind = 'double-well'\ndimension = 2\n[noise]\nkind = 'expression'\nd11 = '0.5 + 0.15*sin(y)'\n\
             d12 = '0.2*cos(x)'\nd22 = '0.4 + 0.05*x^2'\ninterpretation = '{interpretation}'\n[domain]\nlower = [-2.2, -2.5]\n\
             upper = [0.0, 2.5]\nwalls = {{ x = ['reflecting', 'absorbing'] }}\n[grid]\ncells = [160, 160]\n[particles]\nexits = 4000\n"
        );
        let found = solved(&text);
        assert_agrees_with(&found.particles.unwrap(), "the solver");
    }
}

/// The iteration's particles against the chain on quadrature nodes, where the diffusion limit is wrong by a fifth.
#[test]
fn the_iteration_agrees_with_its_own_chain() {
    let text = "[landscape]\nkind = 'double-well'\ndimension = 1\n[noise]\nkind = 'isotropic'\ntemperature = 0.25\n[valley]\n\
                absorb = 'boundary'\n[particles]\nmethod = 'sgd'\ndt = 0.05\n";
    let found = sampled(text).simulation;
    assert_agrees_with(&found, "the iteration's chain with Gaussian noise");
    let per_iteration = found.rate.per_iteration.unwrap();
    assert_relative_eq!(per_iteration.value, 0.05 * found.rate.value, max_relative = 1e-14);
    let limit = sampled(&text.replace("sgd", "euler-maruyama").replace("dt = 0.05", "dt = 0.01"));
    let limit = limit.simulation.rate.against.unwrap().value;
    assert!((found.rate.value / limit - 1.0).abs() > 0.1, "{} and {limit}", found.rate.value);
}

/// The same numbers whatever the number of threads.
#[test]
fn particles_do_not_know_the_threads() {
    let text = "[landscape]\nkind = 'double-well'\ndimension = 2\n[noise]\nkind = 'isotropic'\ntemperature = 0.4\n[valley]\n\
                absorb = 'boundary'\n[particles]\ncount = 300\nexits = 500\nseed = 42\n";
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| sampled(text)).simulation
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one.rate.value.to_bits(), three.rate.value.to_bits());
    assert_eq!(one.rate.fine, three.rate.fine);
    let counts = |found: &Simulation| found.tables.as_ref().unwrap().positions.counts.clone();
    assert_eq!(counts(&one), counts(&three));
    let other = sampled(&text.replace("42", "43")).simulation;
    assert_ne!(one.rate.value, other.rate.value);
}

/// A simulation that takes hours ends when its time is up, with what has been counted by then; with nothing counted it
/// is no result.
#[test]
fn simulations_end_when_their_time_is_up() {
    let well = |method: &str, seconds: f64, more: &str| {
        format!(
            "landscape = {{ kind = 'double-well', dimension = 1 }}
             noise = {{ kind = 'isotropic', temperature = 0.1 }}
             domain = {{ lower = [-2.2], upper = [0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             particles = {{ method = '{method}', most_seconds = {seconds}, {more} }}"
        )
    };
    let late = |found: &Simulation| {
        found.warnings.iter().find_map(|warning| match *warning {
            ParticleWarning::OutOfTime { done, asked, .. } => Some((done, asked)),
            _ => None,
        })
    };
    for (method, more, asked) in [
        ("euler-maruyama", "exits = 1_000_000_000", 1_000_000_000),
        ("splitting", "repetitions = 100_000, count = 64", 100_000),
    ] {
        // Without the end of its time it would not come back.
        let found = sampled(&well(method, 2.0, more)).simulation;
        let (done, all) = late(&found).unwrap();
        assert!((2..asked).contains(&done) && all == asked && !found.interrupted, "{method}: {done} of {all}");
        // How many are counted depends on the machine, so that chance has a say: once in 10⁹ runs.
        assert!(found.rate.against.unwrap().z.abs() < 6.0, "{method}");
    }
    // A time that nothing is counted in, and one that is not reached.
    let nothing = config(&well("euler-maruyama", 1e-3, "burn_in = 1e7"));
    let error = simulate::alone(&nothing.problem().unwrap(), &nothing.request, &Progress::default()).err().unwrap();
    let told = advice::on_study(&error);
    assert_eq!(told.exit_status, 3);
    assert!(told.text().contains("particles.most_seconds"), "{}", told.text());
    assert_eq!(late(&sampled(&well("euler-maruyama", 600.0, "exits = 100")).simulation), None);
    // Beside the solver it costs itself alone.
    let solution = study::run(&nothing.problem().unwrap(), &nothing.request, &Progress::default()).unwrap();
    assert!(solution.rate.is_some() && solution.particles.is_none());
    let told = solution.warnings.iter().map(advice::on_warning).find(|told| told.contains("no particles")).unwrap();
    assert!(told.contains("particles.most_seconds"), "{told}");
}

/// A rate of 1e-22 that no plain simulation could see, by splitting, against the quadrature.
#[test]
fn splitting_reaches_cold_rates() {
    let text = "[landscape]\nkind = 'double-well'\ndimension = 1\n[noise]\nkind = 'isotropic'\ntemperature = 0.02\n[valley]\n\
                absorb = 'boundary'\n[particles]\nmethod = 'splitting'\n";
    let found = sampled(text).simulation;
    let other = found.rate.against.as_ref().unwrap();
    assert!(
        other.value < 1e-21 && found.rate.standard_error < 0.2 * other.value && other.z.abs() < MOST,
        "{:?}",
        found.rate
    );
    let split = found.splitting.unwrap();
    assert_eq!((split.fine.len(), split.coarse.len()), (16, 16));
    assert!(split.rounds > 100.0 && split.probability < 1e-20, "{split:?}");
}

/// A tilted well under a full tensor, against the solver; and the same numbers on any threads.
#[test]
fn splitting_agrees_with_the_solver_in_two_dimensions() {
    let text = "[landscape]\nexpression = '(x^2 - 1)^2 + 0.15*x + (1 + 0.4*x)*y^2'\n[noise]\nkind = 'expression'\nd11 = '0.1'\nd12 = '0.03'\n\
                d22 = '0.08 + 0.02*x^2'\n[domain]\nlower = [-2.0, -2.0]\nupper = [0.0, 2.0]\nwalls = { x = ['reflecting', 'absorbing'] }\n\
                [grid]\ncells = [128, 160]\n[particles]\nmethod = 'splitting'\ncount = 512\nrepetitions = 8\n";
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| solved(text).particles.unwrap())
    };
    let (one, two) = (with(1), with(2));
    let other = one.rate.against.as_ref().unwrap();
    assert!(one.rate.standard_error < 0.25 * other.value && other.z.abs() < MOST, "{:?}", one.rate);
    assert_eq!(one.splitting.unwrap().fine, two.splitting.unwrap().fine);
}

/// γ per iteration of SGD with one sample a step in [lower, upper], reflected at the lower end and killed beyond the
/// upper: power iteration of the density on a fine grid, every sample pushed through in turn (Ulam's method, linear
/// shares).
fn one_sample_at_a_time(
    gradient: &dyn Fn(f64, f64) -> f64,
    samples: &[f64],
    eta: f64,
    [lower, upper]: [f64; 2],
) -> f64 {
    const CELLS: usize = 1200;
    let h = (upper - lower) / CELLS as f64;
    let mut kernel = vec![[0f64; CELLS]; CELLS];
    for (from, row) in kernel.iter_mut().enumerate() {
        let x = lower + (from as f64 + 0.5) * h;
        for sample in samples {
            let to = x - eta * gradient(x, *sample);
            let to = if to < lower { 2.0 * lower - to } else { to };
            let place = ((to - lower) / h - 0.5).max(0.0);
            let (cell, share) = (place as usize, place.fract());
            if to < upper {
                row[cell.min(CELLS - 1)] += (1.0 - share) / samples.len() as f64;
                row[(cell + 1).min(CELLS - 1)] += share / samples.len() as f64;
            }
        }
    }
    let mut density = vec![1.0 / CELLS as f64; CELLS];
    let mut kept = 1.0;
    for _ in 0..300 {
        let mut next = vec![0.0; CELLS];
        for (mass, row) in density.iter().zip(&kernel) {
            next.iter_mut().zip(row).for_each(|(target, rate)| *target += mass * rate);
        }
        kept = next.iter().sum();
        density = next.into_iter().map(|mass| mass / kept).collect();
    }
    1.0 - kept
}

/// Real batches of one sample, in one dimension and in three that share the batch, against all samples pushed through a
/// grid.
#[test]
fn minibatches_follow_their_samples() {
    use saddleflux::particles::minibatch::{Minibatch, Recipe};
    let text = "[landscape]\nkind = 'styblinski-tang-data'\ndimension = 1\nsharpness = 1.5\n[noise]\nkind = 'covariance'\n\
                learning_rate = 0.006\nbatch_size = 1\n[domain]\nlower = [-5.0]\nupper = [3.0]\n[valley]\nset = 'x < 0.15'\n\
                absorb = 'boundary'\n[particles]\nmethod = 'minibatch'\nsamples = 2000\nexits = 6000\nseed = 9\n";
    let posed = config(text);
    let problem = posed.problem().unwrap();
    let loss = problem.dynamics.loss().unwrap().sampled().unwrap();
    let recipe = Recipe { learning_rate: 0.006, batch_size: 1, copies: 3, samples: 2000, seed: 9 };
    let iteration = Minibatch::new(&problem, loss, recipe);
    let root = 1.5f64.sqrt();
    let slope = |x: f64, sample: f64| {
        let t = root * x - sample;
        root * (2.0 * t.powi(3) - 16.0 * t + 2.5)
    };
    let exact: Vec<f64> = (0..3)
        .map(|copy| {
            let samples: Vec<f64> = iteration.samples(copy).map(|sample| sample[0]).collect();
            assert_eq!(samples.len(), 2000);
            one_sample_at_a_time(&slope, &samples, 0.006, [-5.0, 0.15])
        })
        .collect();
    let three = sampled(&format!("{text}dimension = 3\n")).simulation;
    let stays: f64 = exact.iter().map(|rate| (-rate).ln_1p()).sum();
    assert_agrees(&three, -stays.exp_m1() / 0.006);
    let one = sampled(text).simulation;
    assert_agrees(&one, exact[0] / 0.006);
    // Gaussian noise of the same covariance is another process.
    assert!((one.rate.value / one.rate.against.unwrap().value).ln().abs() > 0.5);
}

/// Wells that are independent before and after, wells that are never left, and a symmetric chain of three with known
/// eigenvalues.
#[test]
fn memory_is_the_second_singular_value() {
    let of = |counts: &[&[usize]]| {
        let mut memory = Memory::new(counts.len());
        for (before, row) in counts.iter().enumerate() {
            for (after, &count) in row.iter().enumerate() {
                (0..count).for_each(|_| memory.add(before, after));
            }
        }
        memory.correlation()
    };
    assert!(of(&[&[200, 600], &[50, 150]]).unwrap() < 1e-12);
    assert_relative_eq!(of(&[&[400, 0], &[0, 3]]).unwrap(), 1.0, max_relative = 1e-12);
    assert_relative_eq!(of(&[&[300, 100], &[100, 300]]).unwrap(), 0.5, max_relative = 1e-12);
    // 1 − 3q with q = 0.1, twice; then the chain 0 ⇄ 1 ⇄ 2 with eigenvalues 1, 1 − q, 1 − 3q, q = 0.2.
    assert_relative_eq!(of(&[&[80, 10, 10], &[10, 80, 10], &[10, 10, 80]]).unwrap(), 0.7, max_relative = 1e-12);
    assert_relative_eq!(of(&[&[80, 20, 0], &[20, 60, 20], &[0, 20, 80]]).unwrap(), 0.8, max_relative = 1e-12);
    // All in one well, and too few to tell.
    assert_eq!(of(&[&[500, 0], &[0, 0]]), Some(0.0));
    assert_eq!(of(&[&[50, 1], &[1, 5]]), None);
}

/// Both wells of a double well alive, left over the wall behind the second: nothing dies before it has crossed between
/// them, which takes far longer than to settle in one. The rate is the quadrature's: over four seeds Σ z² exceeds 23.5
/// once in 10,000 honest changes. A burn-in of ten relaxation times of one well misses it, and says so.
#[test]
fn the_burn_in_waits_for_the_slowest_well() {
    const SEEDS: u64 = 4;
    let text = "[landscape]\nexpression = 'x^4/4 - x^2/2'\ndimension = 1\n[noise]\nkind = 'isotropic'\ntemperature = 0.1\n[domain]\n\
                lower = [-2.2]\nupper = [1.5]\nwalls = { x = ['reflecting', 'absorbing'] }\n[valley]\nminimum = [-1.0]\nset = 'x < 1.5'\n\
                [particles]\ncount = 1024\nexits = 800\n";
    let sum = |more: &str, is_settled: bool| -> f64 {
        let z = |seed: u64| {
            let found = sampled(&format!("{text}seed = {seed}\n{more}")).simulation;
            let settling = found.settling.unwrap();
            assert_eq!((settling.wells, settling.is_settled()), (2, is_settled), "{settling:?}");
            let warned = found.warnings.iter().any(|warning| matches!(warning, ParticleWarning::Unsettled { .. }));
            assert_eq!(warned, !is_settled, "{:?}", found.warnings);
            let other = found.rate.against.unwrap();
            assert_eq!(other.source, "the quadrature");
            other.z
        };
        (1..=SEEDS).map(|seed| z(seed).powi(2)).sum()
    };
    let waited = sum("", true);
    assert!(waited < 23.5, "{waited}");
    let hasty = sum("burn_in = 5.0\n", false);
    assert!(hasty > 23.5, "{hasty}");
}

/// Where one well is alive the burn-in is ten of its relaxation times, H = 8, and nothing is watched.
#[test]
fn a_single_well_keeps_its_burn_in() {
    let text = "[landscape]\nkind = 'double-well'\ndimension = 1\n[noise]\nkind = 'isotropic'\ntemperature = 1.0\n[valley]\n\
                absorb = 'boundary'\n[particles]\ncount = 512\nexits = 500\n";
    let found = sampled(text).simulation;
    assert_eq!(found.settling, None);
    // The saddle's H = −4 relaxes more slowly.
    assert_relative_eq!(found.burn_in, 10.0 / 4.0, max_relative = 1e-6);
}

/// Without an exit there is a bound of the rate and no value. Where the clock ended it, `simulate` says with status 3
/// that it is none.
#[test]
fn no_exit_is_no_rate() {
    let folder = Folder::new("particles-no-exit");
    std::fs::write(
        folder.path().join("a.toml"),
        "landscape = { kind = 'double-well', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.02 }
         valley = { minimum = [-1] }
         particles = { count = 50, time = 2.0, burn_in = 0.5 }",
    )
    .unwrap();
    let late = [
        "simulate",
        "a.toml",
        "--quiet",
        "--no-plots",
        "--set",
        "particles.most_seconds=2",
        "--set",
        "particles.time=1e9",
    ];
    let output = command(&late, folder.path());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("no exit was seen") && message.contains("splitting"), "{message}");
    let output = command(&["simulate", "a.toml", "--json", "--no-plots"], folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let particles = &summary["rate"]["particles"];
    assert!(particles.get("value").is_none() && particles.get("z").is_none(), "{particles}");
    assert!(particles["ci95"][0] == 0.0 && particles["ci95"][1].as_f64().unwrap() > 0.0, "{particles}");
    assert!(summary["formula"]["kramers"].get("ratio").is_none());
}
