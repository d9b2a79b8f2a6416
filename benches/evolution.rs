//! The density in time against Crank–Nicolson with a sparse LU factor, for the same generator.
//!
//! A Gaussian of width 0.2 around (−0.9, 0.5) in L = (x² − 1)² + y² at T = 0.2 on N × N cells of [−2, 2]², walls
//! reflecting, to t = 100. `cargo bench --bench evolution [N]` (256 unless given). Every method has its own best
//! setting: the largest number of Crank–Nicolson steps (after four half steps of implicit Euler, with one factor) that
//! is needed, by doubling, for an error of 1e-6 in L1 against Krylov spaces at 1e-10; the tolerances of the others are
//! 1e-6. Below: the cost of more decades, and the flux out of a cold well.
//!
//! `--export FOLDER` writes both chains there with their starts and what was found (8-byte numbers), for
//! `scripts/evolution_peers.py`, which runs this and sets public solvers beside it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use faer::Mat;
use faer::prelude::Solve;
use faer::sparse::{SparseColMat, Triplet};
use saddleflux::config::Config;
use saddleflux::elimination::Workspace;
use saddleflux::generator::Generator;
use saddleflux::grid::{Align, Grid};
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::solve::evolve::start::gaussian;
use saddleflux::solve::{Accuracy, Chain, Discretisation, Evolution, Resources, quasi_stationary};

const TIME: f64 = 100.0;
const TOLERANCE: f64 = 1e-6;
/// Crank–Nicolson with more steps than this is given up.
const MOST_STEPS: usize = 1 << 15;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let n: usize = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(256);
    let export = arguments.windows(2).find(|pair| pair[0] == "--export").map(|pair| PathBuf::from(&pair[1]));
    let text = "landscape = { expression = '(x^2 - 1)^2 + y^2' }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-2.0, -2.0], upper = [2.0, 2.0] }
         solve = { quantities = ['stationary'] }";
    let config = Config::from_text("bench.toml".as_ref(), text, &[]).expect("a right configuration");
    let problem = config.problem().expect("a right problem");
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    let grid = Grid::over(&problem, [n, n], Align::Axes).expect("a grid");
    let on = Discretisation::on(&problem, grid, Weight::InverseAverage, &progress).expect("a generator");
    let generator = on.assembly.killed(vec![0.0; on.states()]);
    let start = gaussian(&on, [-0.9, 0.5], 0.2);
    let total: f64 = start.iter().sum();
    let start: Vec<f64> = start.iter().map(|p| p / total).collect();
    let follow = |is_krylov: bool, accuracy: Accuracy, until: f64| {
        let clock = Instant::now();
        let mut evolution = Evolution::new(&generator, &start, accuracy, resources).expect("a density");
        if is_krylov {
            evolution = evolution.in_spaces(until);
        }
        evolution.advance(until).expect("a way there");
        (evolution.probability().to_vec(), clock.elapsed().as_secs_f64(), evolution.effort())
    };
    let (reference, ..) = follow(true, Accuracy::in_l1(1e-10), TIME);
    if let Some(folder) = &export {
        write(folder, "warm", &generator, &[("start", &start), ("reference", &reference)]);
    }
    let away = |density: &[f64]| density.iter().zip(&reference).map(|(a, b)| (a - b).abs()).sum::<f64>();
    println!("{n} × {n} cells, T = 0.2, t = {TIME}, {TOLERANCE:e} in L1\n");
    println!("| method | seconds | factors | solves | error in L1 | smallest entry |\n|---|---|---|---|---|---|");
    let row = |name: &str, density: &[f64], seconds: f64, factors: usize, solves: usize| {
        let least = density.iter().copied().fold(f64::INFINITY, f64::min);
        println!("| {name} | {seconds:.2} | {factors} | {solves} | {:.1e} | {least:.0e} |", away(density));
    };
    for (name, is_krylov) in [("krylov", true), ("positive, in L1", false)] {
        let (density, seconds, effort) = follow(is_krylov, Accuracy::in_l1(TOLERANCE), TIME);
        row(name, &density, seconds, effort.factorisations, effort.solves);
    }
    let mut steps = 16;
    loop {
        let (density, seconds) = crank_nicolson(&generator, &start, steps);
        row(&format!("Crank–Nicolson, sparse LU, {steps} steps"), &density, seconds, 1, steps + 2);
        if away(&density) <= TOLERANCE || steps >= MOST_STEPS {
            break;
        }
        steps *= 2;
    }
    println!("\n| krylov to t | seconds | factors | solves |\n|---|---|---|---|");
    for decades in [2, 6, 12, 20, 30] {
        let clock = Instant::now();
        let mut evolution = Evolution::new(&generator, &start, Accuracy::in_l1(TOLERANCE), resources)
            .expect("a density")
            .in_spaces(10f64.powi(decades));
        for quarter in -8..=4 * decades {
            evolution.advance(10f64.powf(0.25 * f64::from(quarter))).expect("a way there");
        }
        let effort = evolution.effort();
        let seconds = clock.elapsed().as_secs_f64();
        println!("| 1e{decades}, 4 times a decade | {seconds:.2} | {} | {} |", effort.factorisations, effort.solves);
    }
    cold(resources, export.as_deref());
}

/// Output times of the flux out of the cold well.
const COLD_TIMES: [f64; 4] = [1.0, 10.0, 1e3, 1e10];

/// The flux over survival out of the left well of the same landscape at T = 0.02, killed at x = 0, on 64 × 64 cells,
/// against steps with a tolerance a hundred times finer and γ.
fn cold(resources: Resources<'_>, export: Option<&Path>) {
    let text = "landscape = { expression = '(x^2 - 1)^2 + y^2' }
         noise = { kind = 'isotropic', temperature = 0.02 }
         domain = { lower = [-2.0, -2.0], upper = [0.0, 2.0], walls = { x = ['reflecting', 'absorbing'] } }";
    let config = Config::from_text("bench.toml".as_ref(), text, &[]).expect("a right configuration");
    let problem = config.problem().expect("a right problem");
    let grid = Grid::over(&problem, [64, 64], Align::Axes).expect("a grid");
    let on = Discretisation::on(&problem, grid, Weight::InverseAverage, resources.progress).expect("a generator");
    let chain = Chain::killed(on.clone(), resources).expect("a factor");
    let rate = quasi_stationary(&chain).expect("a rate").rate.value();
    let start = gaussian(&on, [-0.9, 0.5], 0.2);
    let generator = &on.assembly.generator;
    let fluxes = |tolerance: f64| {
        let killing: f64 = generator.killing.iter().sum();
        let accuracy = Accuracy { tolerance, floor: 1e-3 * rate / killing };
        let clock = Instant::now();
        let mut evolution = Evolution::new(generator, &start, accuracy, resources).expect("a density");
        let flux = COLD_TIMES.map(|t| {
            evolution.advance(t).expect("a way there");
            evolution.hazard()
        });
        (flux, clock.elapsed().as_secs_f64())
    };
    let ((found, seconds), (finer, _)) = (fluxes(TOLERANCE), fluxes(0.01 * TOLERANCE));
    println!("\nT = 0.02, 64 × 64 cells, γ = {rate:.13e}; {seconds:.1} s\n");
    println!("| t | j/S | from steps a hundred times finer | from γ |\n|---|---|---|---|");
    for ((t, flux), finer) in COLD_TIMES.iter().zip(found).zip(finer) {
        println!("| {t:e} | {flux:.13e} | {:.1e} | {:.1e} |", (flux / finer - 1.0).abs(), (flux / rate - 1.0).abs());
    }
    if let Some(folder) = export {
        write(folder, "cold", generator, &[("start", &start), ("times", &COLD_TIMES), ("flux", &finer)]);
    }
}

/// A chain and what belongs to it, a file of 8-byte little-endian numbers for each list.
fn write(folder: &Path, name: &str, generator: &Generator, lists: &[(&str, &[f64])]) {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    let save = |name: &str, words: &mut dyn Iterator<Item = u64>| {
        let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        std::fs::write(folder.join(name), bytes).expect("a file");
    };
    let (mut rows, mut columns, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for (i, row) in generator.rates.outer_iterator().enumerate() {
        for (j, &rate) in row.iter() {
            rows.push(i as u64);
            columns.push(j as u64);
            rates.push(rate.to_bits());
        }
    }
    save("rows", &mut rows.into_iter());
    save("columns", &mut columns.into_iter());
    save("rates", &mut rates.into_iter());
    save("killing", &mut generator.killing.iter().map(|rate| rate.to_bits()));
    for (name, values) in lists {
        save(name, &mut values.iter().map(|value| value.to_bits()));
    }
}

/// The density at the end, and the seconds that it took.
fn crank_nicolson(generator: &Generator, start: &[f64], steps: usize) -> (Vec<f64>, f64) {
    let clock = Instant::now();
    let (n, half) = (generator.len(), 0.5 * TIME / steps as f64);
    let mut out = generator.killing.clone();
    let mut flows = Vec::new();
    for (i, row) in generator.rates.outer_iterator().enumerate() {
        for (j, &rate) in row.iter() {
            out[i] += rate;
            flows.push((i, j, rate));
        }
    }
    // 1 − ½ΔtG, transposed, serves the half steps of implicit Euler too.
    let own = out.iter().enumerate().map(|(i, out)| Triplet::new(i, i, 1.0 + half * out));
    let other = flows.iter().map(|&(i, j, rate)| Triplet::new(j, i, -half * rate));
    let entries: Vec<Triplet<usize, usize, f64>> = own.chain(other).collect();
    let matrix = SparseColMat::try_new_from_triplets(n, n, &entries).expect("a matrix");
    let factor = matrix.sp_lu().expect("a factor");
    let mut density = Mat::from_fn(n, 1, |i, _| start[i]);
    for _ in 0..4 {
        density = factor.solve(&density);
    }
    for _ in 2..steps {
        let mut right = Mat::from_fn(n, 1, |i, _| density[(i, 0)] * (1.0 - half * out[i]));
        for &(i, j, rate) in &flows {
            right[(j, 0)] += half * rate * density[(i, 0)];
        }
        density = factor.solve(&right);
    }
    ((0..n).map(|i| density[(i, 0)]).collect(), clock.elapsed().as_secs_f64())
}
